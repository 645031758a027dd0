"""A form as XLSX: one worksheet for each place and person, pages broken where the form breaks them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

import xlsxwriter

from ..tables import unwritable
from .fitting import HEAD, ROW, fronted, scale, widths
from .layout import DRAFT, blanks, depth, heads, shown, signed, stamp_lines
from .paging import Page, pages, said, sums
from .types import Cell, CellType, Column, Form, Paper, Row, Sheet, Signature, Table

__all__ = ["FORMATS", "PLAIN", "opened", "put", "sheet_name", "write_xlsx"]

#: Nothing that comes from data may become a formula, a link or a number: only ``put`` decides what a cell is.
PLAIN = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
#: How each sort of cell is shown.
FORMATS: dict[CellType, str] = {
    "text": "@",
    "number": "0",
    "quantity": "#,##0.###;-#,##0.###",
    "money": "#,##0.00",
    "date": "dd.mm.yyyy",
}


@contextmanager
def opened(path: Path, **options: bool) -> Iterator[Any]:
    """A workbook, written when the block ends; ``options`` are XlsxWriter's. Raises ``Fatal`` where it cannot be."""
    book = xlsxwriter.Workbook(str(path), {**PLAIN, **options})
    try:
        yield book
        book.close()
    except (OSError, xlsxwriter.exceptions.FileCreateError) as error:
        raise unwritable(path, error) from error


def put(sheet: Any, row: int, column: int, value: Cell | bool | datetime, style: Any) -> None:
    """One cell, by what it is: a number, a day, else text as it stands."""
    match value:
        case str() if value:  # nearly all cells
            sheet.write_string(row, column, value, style)
        case None | "":
            sheet.write_blank(row, column, None, style)
        case bool():
            sheet.write_boolean(row, column, value, style)
        case Decimal() | int():
            sheet.write_number(row, column, value, style)
        case datetime():
            sheet.write_datetime(row, column, value.replace(tzinfo=None), style)
        case date():
            sheet.write_datetime(row, column, datetime.combine(value, time()), style)
        case _:
            sheet.write_string(row, column, str(value), style)


def sheet_name(title: str, taken: set[str]) -> str:
    """A name that Excel takes: 31 characters, none of its signs, no two the same but for case."""
    bare = re.sub(r"[\[\]:*?/\\]", " ", title).strip().strip("'") or "Лист"
    name, n = bare[:31].strip(), 1
    while name.lower() in taken or name.lower() == "history":
        n += 1
        tail = f" {n}"
        name = bare[: 31 - len(tail)].strip() + tail
    taken.add(name.lower())
    return name


def write_xlsx(paper: Paper, path: Path) -> None:
    """``paper`` into ``path``. Raises ``Fatal`` where the file cannot be written."""
    with opened(path) as book:
        styles, taken = _Styles(book), set[str]()
        for one in paper.sheets:
            _Writer(book.add_worksheet(sheet_name(one.title, taken)), styles, paper, one).write()


class _Styles:
    """The formats of a workbook, each made once."""

    def __init__(self, book: Any) -> None:
        base = {"font_name": "Arial", "font_size": 8, "valign": "vcenter"}
        box = base | {"border": 1, "text_wrap": True}
        self.cells = {
            name: book.add_format(box | {"num_format": text, "align": "left" if name == "text" else "right"})
            for name, text in FORMATS.items()
        }
        self.head = book.add_format(box | {"align": "center"})
        self.total = {
            name: book.add_format(box | {"num_format": FORMATS[name], "bold": True, "align": "right"})
            for name in FORMATS
        }
        self.title = book.add_format(base | {"bold": True, "font_size": 12, "align": "center", "text_wrap": True})
        self.draft = book.add_format(base | {"bold": True, "align": "center", "font_color": "#C00000"})
        self.text = book.add_format(base | {"text_wrap": True})
        self.blank = book.add_format(base | {"bottom": 1, "text_wrap": True})
        self.note = book.add_format(base | {"italic": True, "text_wrap": True})


class _Writer:
    """One worksheet, from top to bottom."""

    def __init__(self, sheet: Any, styles: _Styles, paper: Paper, values: Sheet) -> None:
        self.sheet, self.styles, self.paper, self.values = sheet, styles, paper, values
        self.form: Form = paper.form
        self.row = 0
        self.breaks: list[int] = []
        self.widths = widths(self.form)

    def write(self) -> None:
        self._page_setup()
        self._heading()
        for n, table in enumerate(self.form.tables):
            if n or fronted(self.form, self.values):
                self._break()
            self._table(table, self.values.rows.get(table.name, ()))
        for one in self.form.signatures:
            self._signature(one)
        for text in (*self.values.notes, *stamp_lines(self.paper.stamp)):
            self._line(text, self.styles.note)
        self.sheet.set_h_pagebreaks(self.breaks)
        self.sheet.print_area(0, 0, self.row, len(self.widths) - 1)

    def _page_setup(self) -> None:
        sheet = self.sheet
        if self.form.landscape:
            sheet.set_landscape()
        sheet.set_paper(9)
        sheet.set_margins(left=0.4, right=0.4, top=0.4, bottom=0.6)
        # Not "fit to a page": with that, Excel forgets the breaks of pages.
        sheet.set_print_scale(scale(self.form))
        mark = "" if self.paper.posted else f"{DRAFT}. "
        run = f"Запуск {self.paper.stamp.run}. " if self.paper.stamp.run else ""
        sheet.set_footer(f"&L&8{mark}{run}&R&8{self.form.name}, лист &P из &N")
        for n, width in enumerate(self.widths):
            sheet.set_column(n, n, width)

    def _break(self) -> None:
        """A new page, which says that it is a draft."""
        self.breaks.append(self.row)
        if not self.paper.posted:
            self._line(DRAFT, self.styles.draft)

    def _line(self, text: str, style: Any) -> None:
        """A text over the whole width, as high as it needs to be."""
        self.sheet.merge_range(self.row, 0, self.row, len(self.widths) - 1, "", style)
        self.sheet.write_string(self.row, 0, text, style)
        self.sheet.set_row(self.row, 12 * (1 + len(text) * 9 // (10 * sum(self.widths))))
        self.row += 1

    def _pair(self, left: str, right: str, height: int = 15) -> None:
        """A text and the line that is filled in beside it."""
        half = _half(self.widths)
        last = len(self.widths) - 1
        for first, end, text, style in ((0, half, left, self.styles.text), (half + 1, last, right, self.styles.blank)):
            if end > first:
                self.sheet.merge_range(self.row, first, self.row, end, "", style)
            self.sheet.write_string(self.row, first, text, style)
        lines = 1 + len(left) // max(10, sum(self.widths[: half + 1]))
        self.sheet.set_row(self.row, max(height, 12 * lines))
        self.row += 1

    def _heading(self) -> None:
        form = self.form
        if form.okud:
            self._line(f"Унифицированная форма № {form.name}. Утверждена: {form.approved}", self.styles.note)
            self._line(f"Форма по ОКУД {form.okud}", self.styles.note)
        self._line(form.title, self.styles.title)
        self.sheet.set_row(self.row - 1, 20)
        if not self.paper.posted:
            self._line(DRAFT, self.styles.draft)
        types = {one.text: one.type for one in form.fields}
        for text, value in blanks(form, self.values):
            self._pair(text, shown(value, types[text]))
        for text in form.statements:
            self._line(text, self.styles.text)
        self.row += 1

    # -- tables -----------------------------------------------------------------------------------------------------

    def _table(self, table: Table, rows: tuple[Row, ...]) -> None:
        if table.title:
            self._line(table.title, self.styles.text)
        for page in pages(table, rows):
            if page.number > 1:
                self._break()
            self._heads(table.columns)
            self._rows(table, page)
        whole = sums(table.totals, rows)
        if table.totals:
            self._total(table, "Итого", whole.columns)
        for one in table.spoken:
            self._pair(f"Итого по форме: {one.text}", said(one, whole))
        self.row += 1

    def _heads(self, columns: tuple[Column, ...]) -> None:
        for head in heads(columns):
            first, last = self.row + head.row, self.row + head.row + head.rows - 1
            if head.rows * head.columns > 1:
                end = head.column + head.columns - 1
                self.sheet.merge_range(first, head.column, last, end, "", self.styles.head)
            self.sheet.write_string(first, head.column, head.text, self.styles.head)
        for n in range(depth(columns)):
            self.sheet.set_row(self.row + n, HEAD)
        self.row += depth(columns)
        for n, column in enumerate(columns):
            put(self.sheet, self.row, n, column.number, self.styles.head)
        self.row += 1

    def _rows(self, table: Table, page: Page) -> None:
        for row in page.rows:
            for n, column in enumerate(table.columns):
                put(self.sheet, self.row, n, row.get(column.name), self.styles.cells[column.type])
            self.sheet.set_row(self.row, ROW)
            self.row += 1
        if page.of == 1:
            return
        if table.totals:
            self._total(table, "Итого по странице", page.sums.columns)
        for one in table.spoken:
            self._pair(f"Итого по странице: {one.text}", said(one, page.sums))

    def _total(self, table: Table, text: str, found: Any) -> None:
        for n, column in enumerate(table.columns):
            value = found.get(column.name) if column.total else None
            put(self.sheet, self.row, n, value, self.styles.total[column.type])
        at = next((n for n, one in enumerate(table.columns) if one.name == "title"), 0)
        self.sheet.write_string(self.row, at, text, self.styles.total["text"])
        self.row += 1

    def _signature(self, one: Signature) -> None:
        for role, name in signed(self.values, one):
            self._pair(role, name, 20)
            self._pair("", " / ".join(f"({part})" for part in one.parts))


def _half(widths: list[int]) -> int:
    """The last column of the left part of a line: a good third of the width, and something stays at the right."""
    sum_, limit = 0, sum(widths) * 0.4
    for n, width in enumerate(widths[:-1]):
        sum_ += width
        if sum_ >= limit:
            return n
    return max(0, len(widths) - 2)
