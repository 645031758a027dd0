"""Facts of planted companies, and forms read back from what was written."""

from __future__ import annotations

import re
import zipfile
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
from planted import Company

from uchet.jobs.forms.catalog import form
from uchet.jobs.forms.facts import facts_of
from uchet.jobs.forms.inventory import sheets
from uchet.jobs.forms.types import Paper
from uchet.jobs.forms.xlsx import write_xlsx
from uchet.sync.reconcile.compare import compare
from uchet.sync.reconcile.types import Reconciliation

DAY = date(2026, 3, 2)


def paper(made: Company, name: str, *, desk: bool = True, accepted: bool = False) -> Paper:
    """The form ``name`` of that company, from a reconciliation of everything."""
    look = made.look()
    found = compare(look)
    kept = Reconciliation("r1", None, look.snapshot.taken, {}, look.snapshot.sources, found.differences, found.compared)
    one = form(name)
    facts = facts_of(look, kept, desk, lambda key: accepted, lambda record: True, people=one.source == "custody")
    return Paper(one, sheets(one.source, facts, DAY))


@dataclass
class Read:
    """One worksheet as it was read back: rows by column name, sums below pages and in the end, breaks, all texts."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    pages: list[dict[str, Any]] = field(default_factory=list)
    whole: dict[str, Any] = field(default_factory=dict)
    spoken: list[tuple[str, str]] = field(default_factory=list)
    breaks: list[int] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)


def written(given: Paper, path: Path) -> list[Read]:
    """``given`` written to ``path`` and read back, worksheet by worksheet."""
    write_xlsx(given, path)
    book = openpyxl.load_workbook(path, read_only=True)
    with zipfile.ZipFile(path) as archive:
        bodies = [archive.read(f"xl/worksheets/sheet{n}.xml").decode() for n in range(1, len(book.worksheets) + 1)]
    return [_read(given, sheet, body) for sheet, body in zip(book.worksheets, bodies, strict=True)]


def _read(given: Paper, sheet: Any, body: str) -> Read:
    [table] = given.form.tables
    names = [one.name for one in table.columns]
    at = names.index("title")
    found = Read(breaks=[int(row) for row in re.findall(r'<brk id="(\d+)"', body)])
    inside = False
    for cells in sheet.iter_rows(values_only=True):
        row = cells[: len(names)]
        found.texts += [str(value) for value in row if value is not None]
        if [str(value) for value in row] == [one.number for one in table.columns]:
            inside = True
        elif row[at] in ("Итого", "Итого по странице"):
            sums = {n: Decimal(str(v)) for n, v in zip(names, row, strict=True) if v is not None and n != "title"}
            if row[at] == "Итого":
                found.whole = sums
            else:
                found.pages.append(sums)
            inside = False
        elif str(row[0]).startswith("Итого по"):
            found.spoken.append((str(row[0]), next((str(v) for v in row[1:] if v), "")))
            inside = False
        elif inside and row[at] is not None:
            found.rows.append(dict(zip(names, row, strict=True)))
    return found
