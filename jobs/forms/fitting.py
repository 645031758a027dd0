"""What fits on a page of A4: the scale of a form and the height of its parts, in points. Pure."""

from __future__ import annotations

from .layout import depth
from .types import Form, Sheet, Table

__all__ = ["HEAD", "LINE", "ROW", "fronted", "page_height", "room", "scale", "widths"]

#: A row of the table (two lines of text), one of headings, and a line of text.
ROW, HEAD, LINE = 23, 36, 15
#: Millimetres of a character of the body font; of a page between its margins, across and along.
_CHARACTER = 1.95
_WIDE, _HIGH = {True: 277, False: 190}, {True: 185, False: 272}
_POINTS = 72 / 25.4
#: Excel has no narrower scale.
_LEAST = 10


def widths(form: Form) -> list[int]:
    """Characters of each column of the page: the widest table decides."""
    columns = [[column.width for column in table.columns] for table in form.tables]
    many = max(map(len, columns), default=0)
    return [max(one[n] for one in columns if n < len(one)) for n in range(many)] or [30, 18, 18, 30]


def scale(form: Form) -> int:
    """Percent at which the whole width fits."""
    return max(_LEAST, min(100, int(100 * _WIDE[form.landscape] / (sum(widths(form)) * _CHARACTER))))


def room(form: Form) -> float:
    """Points of height on a page at that scale."""
    return _HIGH[form.landscape] * _POINTS * 100 / scale(form)


def page_height(table: Table, rows: int) -> int:
    """A page of the table with everything that may stand on it: headings, rows, sums of the page and of all."""
    totals = 2 * LINE if table.totals else 0
    return LINE + depth(table.columns) * HEAD + LINE + rows * ROW + totals + 2 * LINE * len(table.spoken)


def fronted(form: Form, sheet: Sheet) -> bool:
    """Whether the heading takes a page of its own: where the form says so, or what follows does not fit below it."""
    if form.front or not form.tables:
        return form.front
    table = form.tables[0]
    rows = min(len(sheet.rows.get(table.name, ())), table.lines)
    heading = LINE * (5 + len(form.fields)) + 2 * LINE * len(form.statements)
    return heading + page_height(table, rows) > room(form)
