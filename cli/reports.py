"""``report``: what people take away in a file, from what is kept."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..i18n import N_
from ..jobs.reports.making import Wanted, make
from ..jobs.reports.types import report as report_called
from ..jobs.reports.types import reports
from ..jobs.reports.writing import write
from ..jobs.state import open_store
from ..jobs.wiring import book_zone, system_map, utc_now
from .frame import OK, Seat, command
from .scope import Department, Number, Organization, Person, Warehouse, asked, option
from .show import rows, table

__all__: list[str] = []


NameArgument = Annotated[str | None, typer.Argument(metavar="NAME", help="The report, such as reconciliation.")]


@command("report", help="A report in a file (XLSX, CSV, JSON, HTML) from what is kept; reads neither side.")
def report(
    seat: Seat,
    name: NameArgument = None,
    listed: Annotated[bool, option("list", "The reports there are.")] = False,
    out: Annotated[Path | None, option("out", "The file to write: .xlsx, .csv, .json or .html.")] = None,
    run: Annotated[str | None, option("run", "Of this comparison instead of the last one.")] = None,
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
    with open_store(seat.settings) as store:
        wanted = Wanted(wanted_report, run, about, titles)
        filled = make(store, seat.settings.pair, book_zone(seat.settings), utc_now(), wanted)
    write(filled, out)
    counts = {table.name: len(filled.rows[table.name]) for table in wanted_report.tables}
    stamp = filled.stamp
    seat.emit(
        {"report": wanted_report.name, "file": out, "run": stamp.run, "fingerprint": stamp.fingerprint, "rows": counts}
    )
    main = counts[wanted_report.tables[0].name]
    seat.say(seat.t("{report}: {count} rows are written to {path}.", report=name, count=main, path=str(out)))
    return OK


def _list(seat: Seat) -> int:
    seat.emit({"reports": [{"name": one.name, "title": one.title, "scoped": one.kept} for one in reports()]})
    shown = table(*map(seat.t, (N_("Report"), N_("What it is"), N_("Made of"))))
    for one in reports():
        source = seat.t(N_("comparison")) if one.kept else seat.t(N_("journal of the pair"))
        rows(shown, [[one.name, one.title, source]])
    seat.say(shown)
    return OK
