"""``report``: what people take away in a file, from what is kept or from what both sides have now."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..i18n import N_
from ..jobs.reports.live import make_live
from ..jobs.reports.making import Wanted, make
from ..jobs.reports.types import Filled, Report, reports
from ..jobs.reports.types import report as report_called
from ..jobs.reports.writing import write
from ..jobs.state import open_store
from ..jobs.wiring import book_zone, system_map, utc_now, wired
from .frame import OK, Seat, command
from .scope import Department, Number, Organization, Person, Warehouse, asked, option
from .show import rows, table

__all__: list[str] = []


NameArgument = Annotated[str | None, typer.Argument(metavar="NAME", help="The report, such as reconciliation.")]


@command("report", help="A report in a file (XLSX, PDF, CSV, JSON, HTML); writes to neither side.")
def report(
    seat: Seat,
    name: NameArgument = None,
    listed: Annotated[bool, option("list", "The reports there are.")] = False,
    out: Annotated[Path | None, option("out", "The file to write: .xlsx, .pdf, .csv, .json or .html.")] = None,
    run: Annotated[str | None, option("run", "Of this comparison instead of the last one.")] = None,
    since: Annotated[str | None, option("since", "The first day, of a report about some days.")] = None,
    until: Annotated[str | None, option("until", "The last day, of a report about some days.")] = None,
    organization: Organization = None,
    department: Department = None,
    warehouse: Warehouse = None,
    person_name: Person = None,
    number: Number = None,
) -> int:
    if listed or name is None:
        return _list(seat)
    wanted_report = report_called(name)
    if out is None:
        raise typer.BadParameter(seat.t("Say where the report goes: --out FILE."))
    about = asked(
        organization=organization, department=department, warehouse=warehouse, person=person_name, numbers=number
    )
    titles = {name: one.title_ru for name, one in system_map(seat.settings, "book").documents.items()}
    days = (seat.day(since) if since else None, seat.day(until) if until else None)
    filled = _made(seat, Wanted(wanted_report, run, about, titles, *days))
    write(filled, out)
    counts = {table.name: len(filled.rows[table.name]) for table in wanted_report.tables}
    stamp = filled.stamp
    seat.emit(
        {"report": wanted_report.name, "file": out, "run": stamp.run, "fingerprint": stamp.fingerprint, "rows": counts}
    )
    main = counts[wanted_report.tables[0].name]
    seat.say(seat.t("{report}: {count} rows are written to {path}.", report=name, count=main, path=str(out)))
    return OK


def _made(seat: Seat, wanted: Wanted) -> Filled:
    """From what is kept without asking anybody; else both sides are read."""
    if not wanted.report.live:
        with open_store(seat.settings) as store:
            return make(store, seat.settings.pair, book_zone(seat.settings), utc_now(), wanted)
    with seat.busy(seat.t("Reading both sides…")) as progress, wired(seat.settings) as parts:
        return make_live(parts, utc_now(), wanted, lambda step: progress(f"read {step}", 0, 0))


def _list(seat: Seat) -> int:
    seat.emit(
        {
            "reports": [
                {"name": one.name, "title": one.title, "scoped": one.kept or one.live, "period": bool(one.period)}
                for one in reports()
            ]
        }
    )
    shown = table(*map(seat.t, (N_("Report"), N_("What it is"), N_("Made of"))))
    for one in reports():
        rows(shown, [[one.name, one.title, seat.t(_source(one))]])
    seat.say(shown)
    return OK


def _source(one: Report) -> str:
    if one.kept:
        return N_("comparison")
    if one.live:
        return N_("both sides, now")
    return N_("movement lines of the last night") if one.lines else N_("journal of the pair")
