"""A report as a file: XLSX, CSV for a Russian Excel, JSON for programs, HTML and PDF to print. Data never becomes a
formula."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from lxml.builder import E
from lxml.etree import tostring

from ...errors import Fatal
from ..forms.layout import shown
from ..forms.pdf import drawing
from ..forms.types import Cell, Row
from ..forms.types import Column as Shape
from ..forms.xlsx import FORMATS, opened, put, sheet_name
from ..tables import harmless, save_text
from .types import Filled, Table

__all__ = ["ENDINGS", "write"]

#: Characters of letters of full size across a sheet of A4.
_PAGE = 150
#: Rows of a PDF: some two hundred sheets of paper.
_MOST = 5000

_STYLE = """
body { font: 9pt Arial, sans-serif } table { border-collapse: collapse; margin-bottom: 8pt }
th, td { border: 0.5pt solid #888; padding: 1pt 3pt; vertical-align: top } td.n { text-align: right }
thead { display: table-header-group } .stamp { font-style: italic; margin: 1pt 0 } @page { size: A4 landscape }
"""


def write(filled: Filled, path: Path) -> None:
    """``filled`` in the format that the ending of ``path`` says. Raises ``Fatal`` where that means nothing, or the file
    cannot be written."""
    ending = path.suffix.lower()
    if ending == ".xlsx":
        _xlsx(filled, path)
    elif ending == ".pdf":
        _pdf(filled, path)
    elif ending in _TEXTS:
        encoding = "utf-8-sig" if ending == ".csv" else "utf-8"
        save_text(path, _TEXTS[ending](filled), encoding)
    else:
        raise Fatal(
            "report_ending",
            "{path}: a report is written as {known}.",
            hint="Give the file one of these endings.",
            path=str(path),
            known=", ".join(ENDINGS),
        )


# -- XLSX --------------------------------------------------------------------------------------------------------------


def _xlsx(filled: Filled, path: Path) -> None:
    """A worksheet for each table, then one with the stamp. Rows are written as they come: memory stays flat."""
    with opened(path, constant_memory=True) as book:
        head = book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bg_color": "#DDE7F0", "border": 1})
        styles = {name: book.add_format({"num_format": text, "valign": "top"}) for name, text in FORMATS.items()}
        taken: set[str] = set()
        for table in filled.report.tables:
            name = sheet_name(table.title, taken)
            sheet = book.add_worksheet(name)
            rows = filled.rows.get(table.name, ())
            for n, column in enumerate(table.columns):
                sheet.set_column(n, n, column.width)
                put(sheet, 0, n, column.heading, head)
            cells = [(n, column.name, styles[column.type]) for n, column in enumerate(table.columns)]
            for at, row in enumerate(rows, 1):
                for n, key, style in cells:
                    put(sheet, at, n, row.get(key), style)
            sheet.freeze_panes(1, 0)
            sheet.autofilter(0, 0, max(1, len(rows)), len(table.columns) - 1)
            sheet.set_landscape()
            sheet.set_paper(9)
            sheet.fit_to_pages(1, 0)
            sheet.repeat_rows(0)
            _chart(book, sheet, name, table, len(rows))
        stamp = book.add_worksheet(sheet_name("Источники", taken))
        stamp.set_column(0, 0, 120, book.add_format({"text_wrap": True, "valign": "top"}))
        for at, text in enumerate((filled.report.title, *filled.told)):
            stamp.write_string(at, 0, text)


def _chart(book: Any, sheet: Any, name: str, table: Table, rows: int) -> None:
    """Bars beside a table whose figures a person would rather see."""
    if not table.chart or not rows:
        return
    names = [column.name for column in table.columns]
    chart = book.add_chart({"type": "bar"})
    for at in map(names.index, table.chart):
        values = {"categories": [name, 1, 0, rows, 0], "values": [name, 1, at, rows, at]}
        chart.add_series({"name": [name, 0, at], **values})
    headings = [table.columns[names.index(one)].heading for one in table.chart]
    chart.set_title({"name": f"{table.title}: {', '.join(headings)}"})
    chart.set_legend({"none": True} if len(headings) == 1 else {"position": "bottom"})
    # The first row on top, as in the table, and room for every bar.
    chart.set_y_axis({"reverse": True})
    chart.set_size({"width": 720, "height": max(288, 24 * rows * len(headings))})
    sheet.insert_chart(1, len(table.columns) + 1, chart)


# -- texts -------------------------------------------------------------------------------------------------------------


def _csv(filled: Filled) -> str:
    """The first table; the stamp stands below it, in the first column."""
    out = io.StringIO()
    table = filled.report.tables[0]
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow([column.heading for column in table.columns])
    for row in filled.rows.get(table.name, ()):
        writer.writerow([_safe(row.get(column.name)) for column in table.columns])
    writer.writerow([])
    writer.writerows([_safe(text)] for text in filled.told)
    return out.getvalue()


def _safe(value: Cell) -> str:
    """A value as a Russian Excel reads it; text that would be a formula stays text."""
    return harmless(shown(value)) if isinstance(value, str) else shown(value)


def _json(filled: Filled) -> str:
    stamp = filled.stamp
    data = {
        "report": filled.report.name,
        "title": filled.report.title,
        "stamp": {
            "run": stamp.run,
            "taken": stamp.taken.isoformat() if stamp.taken else None,
            "day": stamp.day.isoformat() if stamp.day else None,
            "fingerprint": stamp.fingerprint,
            "sources": list(stamp.sources),
            "notes": [*filled.notes, *filled.report.notes],
        },
        "tables": {
            table.name: [_plain(table, row) for row in filled.rows.get(table.name, ())]
            for table in filled.report.tables
        },
    }
    return json.dumps(data, ensure_ascii=False, indent=1) + "\n"


def _plain(table: Table, row: Row) -> dict[str, object]:
    """Money and quantities as text, so that nobody's float rounds them."""

    def plain(value: Cell) -> object:
        if isinstance(value, Decimal):
            return f"{value:f}"
        return value.isoformat() if isinstance(value, date) else value

    return {column.name: plain(row.get(column.name)) for column in table.columns}


def _html(filled: Filled) -> str:
    head = E.head(E.meta(charset="utf-8"), E.title(filled.report.title), E.style(_STYLE))
    body = E.body(E.h1(filled.report.title), *_parts(filled))
    return "<!doctype html>\n" + str(tostring(E.html(head, body, lang="ru"), encoding="unicode", method="html"))


def _parts(filled: Filled) -> Iterator[Any]:
    yield from (E.p(text, {"class": "stamp"}) for text in filled.told)
    for table in filled.report.tables:
        rows = (
            E.tr(*(E.td(shown(row.get(c.name), c.type), {"class": "t" if c.type == "text" else "n"})
                   for c in table.columns))
            for row in filled.rows.get(table.name, ())
        )  # fmt: skip
        yield E.h2(table.title)
        yield E.table(E.thead(E.tr(*(E.th(column.heading) for column in table.columns))), E.tbody(*rows))


def _pdf(filled: Filled, path: Path) -> None:
    """Sheets of A4: the stamp, then each table under its headings, as wide as the paper. Raises ``Fatal`` for more rows
    than anybody prints."""
    many = sum(map(len, filled.rows.values()))
    if many > _MOST:
        raise Fatal(
            "report_pdf_long",
            "{count} rows are too many for PDF, which holds {most}.",
            hint="Narrow the scope, or take .xlsx.",
            count=many,
            most=_MOST,
        )
    draw = drawing(landscape=True)
    parts = [draw.text(filled.report.title, "title"), *(draw.text(text, "note") for text in filled.told)]
    for table in filled.report.tables:
        columns = [Shape("", c.name, c.heading, (), c.type, c.width) for c in table.columns]
        rows = [[(shown(row.get(c.name), c.type), c.type) for c in columns] for row in filled.rows.get(table.name, ())]
        wide = [float(one.width) for one in columns]
        size = min(8.0, 8.0 * _PAGE / sum(wide))
        parts += [draw.text(table.title, "title"), draw.table(columns, rows, (), wide, size, numbers=False)]
    draw.save(path, parts, filled.stamp.run, filled.report.title, filled.report.title)


_TEXTS = {".csv": _csv, ".json": _json, ".html": _html}
ENDINGS = (".xlsx", ".pdf", *_TEXTS)
