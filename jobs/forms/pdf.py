"""A form as PDF: the pages of the XLSX and of the HTML, drawn by ReportLab in a font that travels with it (Roboto), so
that it looks the same on every machine. Both come with ``pip install uchet[pdf]``.

A text that does not fit its cell goes on in the next line of it, a page that does not fit its paper on the next one
with the headings repeated: nothing is cut off. Figures are shown as in HTML.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from ...errors import Fatal
from ..tables import unwritable
from .fitting import fronted, scale, widths
from .layout import DRAFT, blanks, depth, heads, shown, signed, stamp_lines
from .paging import Page, Sums, pages, said, sums
from .types import CellType, Column, Paper, Sheet, Table

__all__ = ["Drawing", "Shown", "drawing", "write_pdf"]

#: One cell of a table: its text, and how it is read.
Shown = tuple[str, CellType]
#: Points between the edge of the paper and what is drawn, all round; of the foot more.
_MARGIN, _FOOT = 28, 34
#: No letter is smaller, whatever the width.
_LEAST = 3.2
_STYLES: dict[str, dict[str, Any]] = {
    "title": {"fontName": "Roboto-Bold", "fontSize": 12, "leading": 14, "alignment": 1, "spaceAfter": 3},
    "draft": {"fontName": "Roboto-Bold", "alignment": 1, "textColor": "#c00000", "spaceAfter": 3},
    "note": {"fontName": "Roboto-Italic"},
}


def write_pdf(paper: Paper, path: Path) -> None:
    """``paper`` into ``path``. Raises ``Fatal`` where the file cannot be written, or the drawing library is missing."""
    draw = drawing(landscape=paper.form.landscape)
    mark = "" if paper.posted else f"{DRAFT}. "
    run = f"Запуск {paper.stamp.run}. " if paper.stamp.run else ""
    parts: list[Any] = []
    for sheet in paper.sheets:
        for part in _sections(draw, paper, sheet):
            parts += [*part, draw.next_page()]
    draw.save(path, parts[:-1], f"{mark}{run}", paper.form.name, paper.form.title)


# -- the pages of a form -----------------------------------------------------------------------------------------------


def _sections(draw: Drawing, paper: Paper, sheet: Sheet) -> Iterator[list[Any]]:
    """The pages of one sheet; what follows the last table stands on its last page."""
    parts = [list(_heading(draw, paper, sheet))]
    small = 8 * scale(paper.form) / 100
    for n, table in enumerate(paper.form.tables):
        rows = sheet.rows.get(table.name, ())
        wide = [float(width) for width in widths(paper.form)[: len(table.columns)]]
        for page in pages(table, rows):
            if n or page.number > 1 or fronted(paper.form, sheet):
                parts.append([] if paper.posted else [draw.text(DRAFT, "draft")])
            if table.title and page.number == 1:
                parts[-1].append(draw.text(table.title))
            parts[-1] += _page(draw, table, page, sums(table.totals, rows), wide, small)
    parts[-1] += _end(draw, paper, sheet)
    yield from parts


def _heading(draw: Drawing, paper: Paper, sheet: Sheet) -> Iterator[Any]:
    form = paper.form
    if form.okud:
        text = f"Унифицированная форма № {form.name}. Утверждена: {form.approved}. Форма по ОКУД {form.okud}"
        yield draw.text(text, "note")
    yield draw.text(form.title, "title")
    if not paper.posted:
        yield draw.text(DRAFT, "draft")
    types = {one.text: one.type for one in form.fields}
    if form.fields:
        yield draw.pairs([(text, shown(value, types[text])) for text, value in blanks(form, sheet)])
    yield from (draw.text(text) for text in form.statements)


def _page(draw: Drawing, table: Table, page: Page, whole: Sums, wide: Sequence[float], small: float) -> Iterator[Any]:
    body = [[(shown(row.get(c.name), c.type), c.type) for c in table.columns] for row in page.rows]
    last = page.number == page.of
    totals = []
    if table.totals and page.of > 1:
        totals.append(_total(table.columns, "Итого по странице", page.sums))
    if table.totals and last:
        totals.append(_total(table.columns, "Итого", whole))
    yield draw.table(table.columns, body, totals, wide, small)
    told = [(f"Итого по странице: {one.text}", said(one, page.sums)) for one in table.spoken if page.of > 1]
    told += [(f"Итого по форме: {one.text}", said(one, whole)) for one in table.spoken if last]
    if told:
        yield draw.pairs(told)


def _total(columns: Sequence[Column], text: str, found: Sums) -> list[Shown]:
    at = next((n for n, one in enumerate(columns) if one.name == "title"), 0)
    cells: list[Shown] = [(shown(found.columns.get(c.name), c.type) if c.total else "", c.type) for c in columns]
    cells[at] = (text, "text")
    return cells


def _end(draw: Drawing, paper: Paper, sheet: Sheet) -> Iterator[Any]:
    pairs: list[tuple[str, str]] = []
    for one in paper.form.signatures:
        for role, name in signed(sheet, one):
            pairs += [(role, name), ("", " / ".join(f"({part})" for part in one.parts))]
    if pairs:
        yield draw.pairs(pairs)
    yield from (draw.text(text, "note") for text in (*sheet.notes, *stamp_lines(paper.stamp)))


# -- ReportLab ---------------------------------------------------------------------------------------------------------


def drawing(*, landscape: bool) -> Drawing:
    """What draws on sheets of A4. Raises ``Fatal`` where the library is not installed."""
    try:
        import font_roboto
        from reportlab.lib import pagesizes
        from reportlab.lib.styles import ParagraphStyle
        from reportlab.pdfbase import pdfmetrics
        from reportlab.pdfbase.ttfonts import TTFont
    except ImportError as error:
        raise Fatal(
            "pdf_missing",
            "PDF needs a library that is not installed.",
            hint='Install it: pip install "uchet[pdf]"; or write .xlsx or .html.',
        ) from error
    for name, file in (("Roboto", "Roboto"), ("Roboto-Bold", "RobotoBold"), ("Roboto-Italic", "RobotoItalic")):
        if name not in pdfmetrics.getRegisteredFontNames():
            pdfmetrics.registerFont(TTFont(name, font_roboto.font_files[file]))
    size = pagesizes.landscape(pagesizes.A4) if landscape else pagesizes.A4
    return Drawing(size, ParagraphStyle)


@dataclass(frozen=True)
class Drawing:
    """A4 in points, and what may stand on it."""

    size: tuple[float, float]
    style: Callable[..., Any]

    @property
    def width(self) -> float:
        return self.size[0] - 2 * _MARGIN

    def text(self, text: str, kind: str = "text") -> Any:
        """A paragraph: ``text``, ``title``, ``draft`` or ``note``."""
        from reportlab.platypus import Paragraph

        more = _STYLES.get(kind, {})
        return Paragraph(escape(text), self.style(kind, **{"fontName": "Roboto", "fontSize": 8, "leading": 10, **more}))

    def pairs(self, given: Sequence[tuple[str, str]]) -> Any:
        """Texts with the line that is filled in beside each."""
        from reportlab.platypus import Table as Grid

        grid = Grid([[self.text(left), self.text(right)] for left, right in given], self._parts((4, 6)))
        grid.setStyle(
            [("VALIGN", (0, 0), (-1, -1), "BOTTOM"), ("LINEBELOW", (1, 0), (1, -1), 0.4, "#000000"),
             ("TOPPADDING", (0, 0), (-1, -1), 2), ("BOTTOMPADDING", (0, 0), (-1, -1), 1),
             ("LEFTPADDING", (0, 0), (-1, -1), 0)]
        )  # fmt: skip
        return grid

    def _parts(self, wide: Sequence[float]) -> list[float]:
        """The whole width, shared as ``wide`` says."""
        return [self.width * one / sum(wide) for one in wide]

    def table(
        self,
        columns: Sequence[Column],
        rows: Sequence[Sequence[Shown]],
        totals: Sequence[Sequence[Shown]],
        wide: Sequence[float],
        size: float = 8,
        *,
        numbers: bool = True,
    ) -> Any:
        """Headings over several rows, their ``numbers``, ``rows``, and ``totals`` in bold; ``size`` of the letters."""
        from reportlab.platypus import LongTable

        size = max(_LEAST, size)
        parts, deep = self._parts(wide), depth(columns)
        centre = self._cells("Roboto", size, 1)
        top: list[list[Any]] = [["" for _ in columns] for _ in range(deep)]
        spans = []
        for head in heads(columns):
            end = head.column + head.columns
            top[head.row][head.column] = centre(head.text, sum(parts[head.column : end]))
            spans.append(("SPAN", (head.column, head.row), (end - 1, head.row + head.rows - 1)))
        if numbers:
            top.append([centre(c.number, parts[n]) for n, c in enumerate(columns)])
        body = [self._row(row, parts, "Roboto", size) for row in rows]
        body += [self._row(row, parts, "Roboto-Bold", size) for row in totals]
        grid = LongTable([*top, *body], parts, repeatRows=len(top), splitInRow=1)
        grid.setStyle([*_grid(size, len(top)), *spans, *_right(columns, len(top))])
        return grid

    def _row(self, row: Sequence[Shown], parts: Sequence[float], font: str, size: float) -> list[Any]:
        left, right = self._cells(font, size, 0), self._cells(font, size, 2)
        return [(left if type == "text" else right)(text, parts[n]) for n, (text, type) in enumerate(row)]

    def _cells(self, font: str, size: float, alignment: int) -> Callable[[str, float], Any]:
        """A text for a cell of some width: plain where it fits in one line, else one that goes on in the next."""
        from reportlab.platypus import Paragraph

        style = self.style("cell", fontName=font, fontSize=size, leading=size * 1.15, alignment=alignment)
        plain = font == "Roboto" and alignment != 1

        def cell(text: str, width: float) -> Any:
            return text if plain and self._fits(text, font, size, width) else Paragraph(escape(text), style)

        return cell

    def _fits(self, text: str, font: str, size: float, width: float) -> bool:
        from reportlab.pdfbase.pdfmetrics import stringWidth

        return "\n" not in text and stringWidth(text, font, size) <= width - 3

    def next_page(self) -> Any:
        from reportlab.platypus import PageBreak

        return PageBreak()

    def save(self, path: Path, parts: Sequence[Any], left: str, name: str, title: str) -> None:
        """``parts`` into ``path``; at the foot of each page ``left``, and ``name`` with its number of how many. Raises
        ``Fatal`` where the file cannot be written."""
        from reportlab.platypus import SimpleDocTemplate

        document = SimpleDocTemplate(
            str(path), pagesize=self.size, leftMargin=_MARGIN - 6, rightMargin=_MARGIN - 6, topMargin=_MARGIN - 6,
            bottomMargin=_FOOT, title=title, creator="uchet",
        )  # fmt: skip
        try:
            document.build(list(parts) or [self.text("")], canvasmaker=_numbered(left, name))
        except OSError as error:
            raise unwritable(path, error) from error


def _grid(size: float, top: int) -> list[Any]:
    every = ((0, 0), (-1, -1))
    return [
        ("GRID", *every, 0.3, "#000000"), ("VALIGN", *every, "MIDDLE"), ("FONT", *every, "Roboto", size, size * 1.15),
        ("LEFTPADDING", *every, 1.5), ("RIGHTPADDING", *every, 1.5), ("TOPPADDING", *every, size / 5),
        ("BOTTOMPADDING", *every, size / 4), ("ALIGN", (0, 0), (-1, top - 1), "CENTER"),
    ]  # fmt: skip


def _right(columns: Sequence[Column], top: int) -> Iterator[Any]:
    for n, column in enumerate(columns):
        if column.type != "text":
            yield ("ALIGN", (n, top), (n, -1), "RIGHT")


def _numbered(left: str, name: str) -> Any:
    """A canvas that knows at the end how many pages there are, and writes it below each."""
    from reportlab.pdfgen.canvas import Canvas

    class Numbered(Canvas):  # type: ignore[misc]  # the library has no types
        def __init__(self, *given: Any, **more: Any) -> None:
            super().__init__(*given, **more)
            self.seen: list[dict[str, Any]] = []

        def showPage(self) -> None:
            self.seen.append(dict(self.__dict__))
            self._startPage()

        def save(self) -> None:
            for n, state in enumerate(self.seen, 1):
                self.__dict__.update(state)
                self.setFont("Roboto", 7)
                self.drawString(_MARGIN, _FOOT - 16, left)
                self.drawRightString(self._pagesize[0] - _MARGIN, _FOOT - 16, f"{name}, лист {n} из {len(self.seen)}")
                super().showPage()
            super().save()

    return Numbered
