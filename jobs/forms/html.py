"""A form as HTML to print: the same pages as in XLSX, one file, nothing fetched from anywhere. A browser prints it to
paper or PDF."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lxml.builder import E
from lxml.etree import tostring

from ..tables import save_text
from .fitting import fronted
from .layout import DRAFT, blanks, depth, heads, shown, signed, stamp_lines
from .paging import Page, Sums, pages, said, sums
from .types import Column, Paper, Row, Sheet, Table

__all__ = ["STYLE", "html_of", "write_html"]

STYLE = """
@page { size: A4 %s; margin: 10mm }
body { font: 8pt Arial, sans-serif; color: #000 }
section { break-after: page } section:last-child { break-after: auto }
h1 { font-size: 12pt; text-align: center; margin: 4pt 0 }
table { border-collapse: collapse; width: 100%% }
table.form th, table.form td { border: 0.5pt solid #000; padding: 1pt 2pt; font-weight: normal }
table.form td { overflow-wrap: anywhere }
table.form td.n { text-align: right; white-space: nowrap } tr { break-inside: avoid } tr.sum td { font-weight: bold }
table.blanks td { vertical-align: bottom; padding: 2pt } table.blanks td:first-child { width: 40%% }
table.blanks td + td { border-bottom: 0.5pt solid #000 }
.draft { color: #c00000; font-weight: bold; text-align: center } .note { font-style: italic; margin: 1pt 0 }
"""


def write_html(paper: Paper, path: Path) -> None:
    """``paper`` into ``path``. Raises ``Fatal`` where the file cannot be written."""
    save_text(path, html_of(paper))


def html_of(paper: Paper) -> str:
    """The whole page as text."""
    style = STYLE % ("landscape" if paper.form.landscape else "portrait")
    head = E.head(E.meta(charset="utf-8"), E.title(paper.form.title), E.style(style))
    body = E.body(*(section for sheet in paper.sheets for section in _sections(paper, sheet)))
    return "<!doctype html>\n" + str(tostring(E.html(head, body, lang="ru"), encoding="unicode", method="html"))


def _sections(paper: Paper, sheet: Sheet) -> Iterator[Any]:
    """The pages of one sheet; what follows the last table stands on its last page."""
    parts = [list(_heading(paper, sheet))]
    for n, table in enumerate(paper.form.tables):
        rows = sheet.rows.get(table.name, ())
        for page in pages(table, rows):
            if n or page.number > 1 or fronted(paper.form, sheet):
                parts.append([] if paper.posted else [E.p(DRAFT, {"class": "draft"})])
            if table.title and page.number == 1:
                parts[-1].append(E.p(table.title))
            parts[-1].extend(_page(table, page, sums(table.totals, rows)))
    parts[-1].extend(_end(paper, sheet))
    for part in parts:
        yield E.section(*part)


def _heading(paper: Paper, sheet: Sheet) -> Iterator[Any]:
    form = paper.form
    if form.okud:
        text = f"Унифицированная форма № {form.name}. Утверждена: {form.approved}. Форма по ОКУД {form.okud}"
        yield E.p(text, {"class": "note"})
    yield E.h1(form.title)
    if not paper.posted:
        yield E.p(DRAFT, {"class": "draft"})
    types = {one.text: one.type for one in form.fields}
    yield _blanks([(text, shown(value, types[text])) for text, value in blanks(form, sheet)])
    yield from (E.p(text) for text in form.statements)


def _blanks(pairs: list[tuple[str, str]]) -> Any:
    return E.table(*(E.tr(E.td(left), E.td(right)) for left, right in pairs), {"class": "blanks"})


def _page(table: Table, page: Page, whole: Sums) -> Iterator[Any]:
    body = [_row(table.columns, row) for row in page.rows]
    last = page.number == page.of
    if table.totals and page.of > 1:
        body.append(_total(table.columns, "Итого по странице", page.sums))
    if table.totals and last:
        body.append(_total(table.columns, "Итого", whole))
    yield E.table(*_heads(table.columns), E.tbody(*body), {"class": "form"})
    told = [(f"Итого по странице: {one.text}", said(one, page.sums)) for one in table.spoken if page.of > 1]
    told += [(f"Итого по форме: {one.text}", said(one, whole)) for one in table.spoken if last]
    if told:
        yield _blanks(told)


def _heads(columns: tuple[Column, ...]) -> Iterator[Any]:
    rows = [E.tr() for _ in range(depth(columns))]
    for head in heads(columns):
        rows[head.row].append(E.th(head.text, rowspan=str(head.rows), colspan=str(head.columns)))
    yield E.thead(*rows, E.tr(*(E.th(column.number) for column in columns)))


def _row(columns: tuple[Column, ...], row: Row) -> Any:
    cells = (E.td(shown(row.get(c.name), c.type), {"class": "t" if c.type == "text" else "n"}) for c in columns)
    return E.tr(*cells)


def _total(columns: tuple[Column, ...], text: str, found: Sums) -> Any:
    at = next((n for n, one in enumerate(columns) if one.name == "title"), 0)
    cells = [E.td(shown(found.columns.get(c.name), c.type) if c.total else "", {"class": "n"}) for c in columns]
    cells[at].text = text
    return E.tr(*cells, {"class": "sum"})


def _end(paper: Paper, sheet: Sheet) -> Iterator[Any]:
    pairs: list[tuple[str, str]] = []
    for one in paper.form.signatures:
        for role, name in signed(sheet, one):
            pairs += [(role, name), ("", " / ".join(f"({part})" for part in one.parts))]
    if pairs:
        yield _blanks(pairs)
    yield from (E.p(text, {"class": "note"}) for text in (*sheet.notes, *stamp_lines(paper.stamp)))
