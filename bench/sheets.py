"""A report as a spreadsheet: uchet's own writer against pandas with openpyxl, out of the same rows.

Sides for ``child.run``: ``uchet N FILE`` writes the report of custody with N rows as ``uchet report`` does; ``pandas N
FILE`` writes the same cells with the same types, formats, heading, widths, frozen pane and filter. The rows stand ready
before either begins, in the form that each takes soonest.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import child

from uchet.jobs.forms.types import Row, Stamp
from uchet.jobs.forms.xlsx import FORMATS
from uchet.jobs.reports.types import Column, Filled, report
from uchet.jobs.reports.writing import write

REPORT = report("custody")
COLUMNS: tuple[Column, ...] = REPORT.tables[0].columns
SHEET = REPORT.tables[0].title
HEAD = "DDE7F0"


def rows(n: int) -> Iterator[Row]:
    for k in range(n):
        yield {
            "organization": f"ООО «Ромашка {k % 3}»",
            "department": f"Отдел {k % 40}",
            "custodian": f"Сотрудников Сотрудник {k % 900}-й",
            "personnel_number": f"{k % 900:05d}",
            "account": "01.01" if k % 3 else "МЦ.04",
            "title": f"Рабочая станция OptiPlex 3090 №{k}",
            "inventory_number": f"{k:09d}",
            "serial": f"CZC{k:07d}X" if k % 5 else None,
            "quantity": Decimal(1 + k % 4),
            "issued": date(2020, 1, 1) + timedelta(k % 2000),
            "sum": Decimal(40_000 + k % 9_000) + Decimal("0.50"),
            "condition": "в эксплуатации",
        }


def ours(n: str, file: str) -> None:
    stamp = Stamp("1", datetime(2026, 3, 2, tzinfo=UTC), date(2026, 3, 2), "bench", ("Строки для измерения.",))
    filled = Filled(REPORT, {REPORT.tables[0].name: tuple(rows(int(n)))}, stamp)

    def work() -> int:
        write(filled, Path(file))
        return len(filled.rows[REPORT.tables[0].name])

    child.report(work)


def theirs(n: str, file: str) -> None:
    """As the manuals of both libraries have it: the frame at once, then what it cannot say cell by cell."""
    import pandas as pd
    from openpyxl.styles import Alignment, Border, Font, NamedStyle, PatternFill, Side
    from openpyxl.utils import get_column_letter

    frame = pd.DataFrame(list(rows(int(n)))).astype({"quantity": float, "sum": float})
    frame["issued"] = pd.to_datetime(frame["issued"])
    thin, top = Side("thin"), Alignment(vertical="top")
    font, fill, box = Font(bold=True), PatternFill("solid", HEAD), Border(thin, thin, thin, thin)
    head = NamedStyle("head", font, fill, box, Alignment(vertical="top", wrap_text=True))
    styles = {name: NamedStyle(name, number_format=text, alignment=top) for name, text in FORMATS.items()}

    def work() -> int:
        with pd.ExcelWriter(file, engine="openpyxl", datetime_format=FORMATS["date"]) as writer:
            headings = [column.heading for column in COLUMNS]
            frame.to_excel(writer, sheet_name=SHEET, header=headings, index=False, freeze_panes=(1, 0))
            sheet = writer.sheets[SHEET]
            sheet.auto_filter.ref = sheet.dimensions
            for style in (head, *styles.values()):
                writer.book.add_named_style(style)
            for cell in sheet[1]:
                cell.style = head.name
            for at, column in enumerate(COLUMNS, 1):
                sheet.column_dimensions[get_column_letter(at)].width = column.width
                for (cell,) in sheet.iter_rows(min_row=2, min_col=at, max_col=at):
                    cell.style = column.type
        return len(frame)

    child.report(work)


if __name__ == "__main__":
    {"uchet": ours, "pandas": theirs}[sys.argv[1]](*sys.argv[2:])
