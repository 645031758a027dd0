"""A report as the catalogue describes it, and one that is filled."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ...errors import Reject
from ...mappings.text import fold
from ..forms.layout import stamp_lines
from ..forms.types import CellType, Row, Stamp

__all__ = ["Column", "Filled", "Report", "Table", "report", "reports"]


@dataclass(frozen=True, slots=True)
class Column:
    name: str
    heading: str
    type: CellType = "text"
    width: int = 12


@dataclass(frozen=True, slots=True)
class Table:
    """``chart``: the columns that are drawn as bars over the first one."""

    name: str
    title: str
    columns: tuple[Column, ...]
    chart: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """``kept``: it is made of a reconciliation, ``live``: of what both sides have now; both take a scope. ``lines``: of
    the movement lines that the last night kept; else of the journal. ``period``: which days it is about where nobody
    names them: ``month`` (this one, so far), ``next_month``, ``all``; "": none. ``notes``: how its figures are meant,
    and what no source tells."""

    name: str
    title: str
    tables: tuple[Table, ...]
    kept: bool = False
    live: bool = False
    lines: bool = False
    period: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Filled:
    """``rows``: table → rows by column name; ``notes``: what is to be said of these very figures."""

    report: Report
    rows: Mapping[str, tuple[Row, ...]]
    stamp: Stamp
    notes: tuple[str, ...] = ()

    @property
    def told(self) -> tuple[str, ...]:
        """What figures stand on and how they are meant, line by line."""
        return (*stamp_lines(self.stamp), *self.notes, *self.report.notes)


@cache
def reports() -> tuple[Report, ...]:
    """Every report, in the order of the catalogue."""
    data = tomllib.loads((Path(__file__).parent / "catalog.toml").read_text("utf-8"))
    found = []
    for one in data["reports"]:
        tables = tuple(
            Table(
                table["name"],
                table["title"],
                tuple(Column(c["name"], c["head"], c.get("type", "text"), c["width"]) for c in table["columns"]),
                tuple(table.get("chart", ())),
            )
            for table in one["tables"]
        )
        made_of = {name: one.get(name, False) for name in ("kept", "live", "lines")}
        told = {"period": one.get("period", ""), "notes": tuple(one.get("notes", ()))}
        found.append(Report(one["name"], one["title"], tables, **made_of, **told))
    return tuple(found)


def report(name: str) -> Report:
    """The report called ``name``, or by its Russian title. Raises ``Reject``."""
    for one in reports():
        if fold(name) in (fold(one.name), fold(one.title)):
            return one
    raise Reject(
        "report_unknown",
        "There is no report {name}.",
        hint="Reports: {known}.",
        name=name,
        known=", ".join(one.name for one in reports()),
    )
