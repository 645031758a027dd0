"""A sheet for counting, as XLSX: a line for each thing and heap of the scope, with room for what is found.

Numbers are cells of text, so that Excel rounds none; the key at the end of a line says what it is when the sheet comes
back (``counted``). In blind mode the books' quantity is left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from .counted import HEADINGS, key_of
from .layout import stamp_lines
from .lines import Facts, Line, StockLine, Thing
from .types import Cell, Row, Stamp
from .xlsx import FORMATS, opened, put

__all__ = ["rows_of", "write_count_sheet"]

#: Lines for what is found and stands on no line.
_SPARE = 20
_WIDTHS = {"n": 5, "title": 38, "inventory_number": 16, "serial": 18, "custodian": 26, "place": 20, "account": 8}
_CONDITIONS = ("в эксплуатации", "на складе", "неисправен", "требует ремонта", "сдан в ремонт", "не соответствует")


def rows_of(facts: Facts) -> Iterator[Row]:
    """What the books have inside the scope, by person and place. What only the desk has is found by its number."""
    things = [one for one in facts.things if one.book]
    lines: list[Line] = [*things, *facts.stock, *facts.held]
    for n, line in enumerate(sorted(lines, key=lambda one: _order(facts, one)), 1):
        yield {"n": n, **_line(facts, line), "key": key_of(line)}


def _order(facts: Facts, line: Line) -> tuple[str, ...]:
    place = line.place if isinstance(line, StockLine) else ""
    return (facts.called("person", line.at.custodian), facts.called("place", place), line.title, key_of(line))


def _line(facts: Facts, line: Line) -> Row:
    custodian = facts.called("person", line.at.custodian)
    told: dict[str, Cell] = {"title": line.title, "book": line.book, "custodian": custodian or None}
    if isinstance(line, Thing):
        numbers = {"inventory_number": line.inventory_number or None, "serial": line.serial or None}
        department = facts.called("department", line.at.department)
        return {**told, **numbers, "place": department or None, "account": "01", "unit": "шт"}
    place = facts.called("place", line.place)
    return {**told, "place": place or None, "account": line.account or None, "unit": line.unit or None}


def write_count_sheet(facts: Facts, stamp: Stamp, path: Path, *, blind: bool) -> int:
    """How many lines were written. Raises ``Fatal`` where the file cannot be written."""
    names = [name for name in HEADINGS if not (blind and name == "book")]
    rows = list(rows_of(facts))
    with opened(path) as book:
        head = book.add_format({"bold": True, "text_wrap": True, "border": 1, "bg_color": "#DDE7F0"})
        plain = book.add_format({"border": 1, "num_format": "@", "text_wrap": True})
        room = book.add_format({"border": 1, "num_format": FORMATS["quantity"], "bg_color": "#FFFBE6"})
        figure = book.add_format({"border": 1, "num_format": FORMATS["quantity"]})
        grey = book.add_format({"num_format": "@", "font_color": "#999999", "font_size": 7})
        sheet = book.add_worksheet("Лист пересчёта")
        for n, name in enumerate(names):
            sheet.set_column(n, n, _WIDTHS.get(name, 12))
            put(sheet, 0, n, HEADINGS[name], head)
        for at in range(len(rows) + _SPARE):
            row = rows[at] if at < len(rows) else {}
            for n, name in enumerate(names):
                style = {"fact": room, "book": figure, "key": grey}.get(name, plain)
                value = row.get(name)
                put(sheet, at + 1, n, str(value) if name == "n" and value else value, style)
        last, where = len(rows) + _SPARE, names.index("condition")
        sheet.data_validation(1, where, last, where, {"validate": "list", "source": list(_CONDITIONS),
                                                      "error_type": "warning"})  # fmt: skip
        sheet.freeze_panes(1, 2)
        sheet.autofilter(0, 0, last, len(names) - 1)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(0)
        about = book.add_worksheet("Источники")
        about.set_column(0, 0, 110)
        for at, text in enumerate(stamp_lines(stamp)):
            put(about, at, 0, text, plain)
    return len(rows)
