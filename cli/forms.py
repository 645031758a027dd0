"""``form``: the papers that people sign, from a comparison as it was kept."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from ..i18n import N_
from ..jobs.forms.catalog import form as form_called
from ..jobs.forms.catalog import forms
from ..jobs.forms.inventory import SOURCES
from ..jobs.forms.live import LIVE, make_live
from ..jobs.forms.making import Wanted, make, write
from ..jobs.forms.moves import DOCUMENTS
from ..jobs.forms.types import Paper
from ..jobs.state import open_store
from ..jobs.wiring import book_zone, utc_now, wired
from .frame import OK, Seat, command
from .scope import Department, Number, Organization, Person, Warehouse, Words, asked, option
from .show import rows, table

__all__: list[str] = []


NameArgument = Annotated[
    str | None, typer.Argument(metavar="NAME", help="The form, such as ИНВ-3; without it all of them are shown.")
]


@command("form", help="A unified form to print and sign, filled from what is kept, or from a side that is read for it.")
def form(
    seat: Seat,
    name: NameArgument = None,
    out: Annotated[Path | None, option("out", "The file to write: .xlsx, or .html or .pdf to print.")] = None,
    run: Annotated[str | None, option("run", "Of this comparison instead of the last one.")] = None,
    organization: Organization = None,
    department: Department = None,
    warehouse: Warehouse = None,
    person_name: Person = None,
    number: Number = None,
    desk: Annotated[bool, option("desk", "The desk's figures stand for the fact; every sheet says so.")] = False,
    counted: Annotated[
        list[Path] | None, option("counted", "A filled count sheet; may be given several times.")
    ] = None,
    count: Annotated[
        int | None, option("count", "What this count found; its order and commission fill the heading.")
    ] = None,
    draft: Annotated[
        str | None,
        option("draft", "The form of this draft (ОС-2, М-11, ОС-3, МБ-7, МБ-8, acts): its number in 1C or its key."),
    ] = None,
    repaired: Annotated[
        bool, option("repairs", "The repair act or ОС-3 of the repairs that the desk recorded; reads the desk.")
    ] = False,
    document: Annotated[
        str | None,
        option(
            "document",
            "Of this document in 1C (М-4 of a receipt, ОС-4 of a write-off): its number or its key; reads 1C.",
        ),
    ] = None,
    moved: Annotated[
        bool, option("movements", "The М-17 of what came and went in 1C (with --desk: on the desk); reads both sides.")
    ] = False,
    item: Annotated[Words, option("item", "Only the М-17 of this item: its name, code or article.")] = None,
    since: Annotated[str | None, option("since", "The first day of М-17; else the first of the month.")] = None,
    until: Annotated[str | None, option("until", "The last day of М-17; else today.")] = None,
    scrapped: Annotated[
        bool,
        option(
            "write-off",
            help="The ОС-4 of the fixed assets asked for, else of those proposed for write-off; reads both sides.",
        ),
    ] = False,
    fill: Annotated[Path | None, option("fill", "Blanks of the heading and rows from this TOML file.")] = None,
) -> int:
    if name is None:
        return _list(seat)
    wanted_form = form_called(name)
    if out is None:
        raise typer.BadParameter(seat.t("Say where the form goes: --out FILE."))
    about = asked(
        organization=organization, department=department, warehouse=warehouse, person=person_name, numbers=number
    )
    days = (seat.day(since) if since else None, seat.day(until) if until else None)
    made_of = _made_of(
        seat, {"repairs": repaired, "document": bool(document), "movements": moved, "write-off": scrapped}
    )
    kept = (run, about, desk, fill, tuple(counted or ()), draft, count)
    wanted = Wanted(wanted_form, *kept, document, made_of, tuple(item or ()), *days)
    _refuse(seat, wanted)
    paper = _made(seat, wanted)
    write(paper, out)
    lines = sum(len(found) for sheet in paper.sheets for found in sheet.rows.values())
    told = [{"title": one.title, "lines": sum(map(len, one.rows.values()))} for one in paper.sheets]
    seat.emit({"form": wanted_form.name, "file": out, "run": paper.stamp.run or None, "sheets": told})
    seat.say(
        seat.t(
            "{form}: {sheets} sheets, {lines} lines are written to {path}.",
            form=wanted_form.name,
            sheets=len(paper.sheets),
            lines=lines,
            path=str(out),
        )
    )
    return OK


def _refuse(seat: Seat, wanted: Wanted) -> None:
    """Raises ``typer.BadParameter`` for options that do not go together."""
    kept, made_of = any((wanted.counted, wanted.count, wanted.draft)), wanted.made_of
    if sum((wanted.desk, bool(wanted.counted), bool(wanted.count))) > 1:
        raise typer.BadParameter(seat.t("The fact is either the desk's (--desk) or counted (--counted or --count)."))
    movements = made_of == "movements"
    if made_of and (kept or (wanted.run and made_of != "write-off") or (wanted.desk and not movements)):
        raise typer.BadParameter(seat.t("--{option} takes its own rows: leave the other sources out.", option=made_of))
    if (wanted.item or wanted.since or wanted.until) and not movements:
        raise typer.BadParameter(seat.t("--item, --since and --until belong to --movements."))


def _made(seat: Seat, wanted: Wanted) -> Paper:
    """From what is kept without asking anybody; of what a side has now, it is read."""
    if not wanted.made_of:
        with open_store(seat.settings) as store:
            return make(store, seat.settings.pair, book_zone(seat.settings), wanted)
    with seat.busy(seat.t("Reading both sides…")) as progress, wired(seat.settings) as parts:
        return make_live(parts, utc_now(), wanted, lambda step: progress(f"read {step}", 0, 0))


def _made_of(seat: Seat, given: Mapping[str, bool]) -> str:
    """The option that says what is read for the form; "" where none does."""
    named = [name for name, there in given.items() if there]
    if len(named) > 1:
        options = ", ".join(f"--{name}" for name in given)
        raise typer.BadParameter(seat.t("These are given one at a time: {options}.", options=options))
    return named[0] if named else ""


def _list(seat: Seat) -> int:
    listed = [
        {
            "name": one.name,
            "title": one.title,
            "okud": one.okud,
            "filled": one.source in SOURCES,
            "options": list(LIVE.get(one.source, ())),
            "fields": {field.name: field.text for field in one.fields},
            "tables": {
                found.name: {column.name: f"{column.number} {column.heading}" for column in found.columns}
                for found in one.tables
            },
        }
        for one in forms()
    ]
    seat.emit({"forms": listed})
    shown = table(*map(seat.t, (N_("Form"), N_("What it is"), N_("ОКУД code"), N_("Filled from"))))
    for one in forms():
        source = seat.t(N_("comparison")) if one.source in SOURCES else seat.t(N_("file (--fill)"))
        source = seat.t(N_("draft (--draft), file (--fill)")) if one.source in DOCUMENTS else source
        read = ", ".join(f"--{option}" for option in LIVE.get(one.source, ()))
        source = f"{seat.t(N_('what is read now ({options})'), options=read)}, {source}" if read else source
        rows(shown, [[one.name, one.title, one.okud or "—", source]])
    seat.say(shown)
    return OK
