"""``count``: physical counts from the order to the results, by several people at once."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from ..errors import UchetError
from ..i18n import N_
from ..jobs import counting
from ..jobs import reconcile as comparisons
from ..jobs.forms.labels import label_page
from ..jobs.forms.making import count_sheet
from ..jobs.state import open_store
from ..jobs.wiring import book_zone, wired
from ..sync.counts.looking import uncounted
from ..sync.counts.session import Closing, Opening
from ..sync.counts.taking import Taken
from ..sync.counts.tally import Tally
from ..sync.counts.types import CountOrder, CountSession
from .frame import OK, PARTIAL, Seat, command
from .plans import person
from .reconcile import code_of, tell
from .scope import Department, Number, Organization, Person, Warehouse, asked, option
from .show import labels, rows, run_lines, table

__all__: list[str] = []

CountArgument = Annotated[int, typer.Argument(metavar="COUNT", help="The number of the count.")]
STATES = {"open": N_("open"), "closed": N_("closed"), "cancelled": N_("given up")}


@command("open", group="count", help="Begin a count by an order: reads both sides and keeps what they have.")
def open_(
    seat: Seat,
    order: Annotated[str, option("order", "The number of the order.")],
    order_date: Annotated[str, option("order-date", N_("The day of the order."))],
    reason: Annotated[str, option("reason", "Why it is counted.")],
    start: Annotated[str, option("start", "The day it begins.")],
    end: Annotated[str, option("end", "The day it ends.")],
    chairman: Annotated[str, option("chairman", "The chairman: name or personnel number.")],
    members: Annotated[list[str], option("member", "A member of the commission; may be given several times.")],
    hand_in: Annotated[
        str | None, option("hand-in", N_("By when accounting has the papers; else the day it ends."))
    ] = None,
    organization: Organization = None,
    department: Department = None,
    warehouse: Warehouse = None,
    room: Annotated[list[str] | None, option("room", "Only what stands in this room.")] = None,
    person_name: Person = None,
    kinds: Annotated[
        list[str] | None, option("class", "Only this class: fixed_asset, low_value, stock or licence.")
    ] = None,
    day: Annotated[str | None, option("date", "As of the end of this day.")] = None,
    blind: Annotated[bool, option("blind", "Leave out what the books have.")] = False,
    signed: Annotated[str, option("signed", "Why it begins although drafts are not posted.")] = "",
) -> int:
    about = asked(
        organization=organization, department=department, warehouse=warehouse, room=room, person=person_name, kind=kinds
    )
    given = CountOrder(
        order, seat.day(order_date), reason, seat.day(start), seat.day(end), seat.day(hand_in or end)
    )  # fmt: skip
    wanted = Opening(given, chairman, tuple(members), about, seat.day(day) if day else None, blind, signed)
    with seat.busy(seat.t("Reading both sides…")) as progress, wired(seat.settings, progress=progress) as parts:
        session = counting.open_session(parts, wanted, person())
    seat.emit({"count": session})
    seat.say(seat.t("Count {number} is open; its sheet: uchet count sheet {number} --out FILE.", number=session.number))
    if session.drafts:
        seat.say(seat.t("Begun although these documents are not posted: {drafts}.", drafts=", ".join(session.drafts)))
    if session.unread:
        text = N_("These documents could not be looked at, so nobody knows whether some wait unposted: {documents}.")
        seat.say(seat.t(text, documents=", ".join(session.unread)))
    return OK


@command(
    "sheet", group="count", help="A sheet to count by (XLSX), from a count or the last comparison; reads neither side."
)
def sheet(
    seat: Seat,
    out: Annotated[Path, option("out", "The file to write: .xlsx.")],
    count: Annotated[
        int | None, typer.Argument(metavar="[COUNT]", help="The sheet of this count, blind where that is.")
    ] = None,
    run: Annotated[str | None, option("run", "Of this comparison instead of the last one.")] = None,
    organization: Organization = None,
    department: Department = None,
    warehouse: Warehouse = None,
    person_name: Person = None,
    number: Number = None,
    blind: Annotated[bool, option("blind", "Leave out what the books have.")] = False,
) -> int:
    about = asked(
        organization=organization, department=department, warehouse=warehouse, person=person_name, numbers=number
    )
    zone = book_zone(seat.settings)
    with open_store(seat.settings) as store:
        its, lines = count_sheet(store, seat.settings.pair, zone, run, about, out, blind=blind, session=count)
    seat.emit({"file": out, "run": its, "lines": lines})
    seat.say(seat.t("{lines} lines to count are written to {path}.", lines=lines, path=str(out)))
    return OK


@command("labels", group="count", help="Labels with QR codes to print and stick on (HTML); reads neither side.")
def labels_(
    seat: Seat,
    out: Annotated[Path, option("out", "The file to write: .html.")],
    count: Annotated[int | None, typer.Argument(metavar="[COUNT]", help="Of this count's things only.")] = None,
    run: Annotated[str | None, option("run", "Of this comparison instead of the last one.")] = None,
    organization: Organization = None,
    department: Department = None,
    warehouse: Warehouse = None,
    person_name: Person = None,
    number: Number = None,
) -> int:
    about = asked(
        organization=organization, department=department, warehouse=warehouse, person=person_name, numbers=number
    )
    with open_store(seat.settings) as store:
        its, lines = label_page(store, seat.settings.pair, run, about, out, session=count)
    seat.emit({"file": out, "run": its, "labels": lines})
    seat.say(seat.t("{count} labels are written to {path}.", count=lines, path=str(out)))
    return OK


@command(
    "scan", group="count", help="Take in what was seen: sheets, lists of scans, or line by line from a barcode reader."
)
def scan(
    seat: Seat,
    count: CountArgument,
    files: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[FILE]", help="Filled sheets (.xlsx) or lists: CODE;QUANTITY;PLACE;CONDITION;PHOTO."),
    ] = None,
    counter: Annotated[str, option("counter", "Who counted; without it, who sits here.")] = "",
    place: Annotated[str, option("place", "Room or shelf of all that names none.")] = "",
    recount: Annotated[bool, option("recount", "Counted anew: what was counted of the same before is void.")] = False,
) -> int:
    who = counter or person()
    with open_store(seat.settings) as store:
        collector = counting.Collector(store, seat.settings.pair, count)
        if files:
            taken = collector.take(counting.read_files(files, place), counter=who, recount=recount)
            _told(seat, taken)
            return PARTIAL if taken.refused else OK
        return _keyboard(seat, collector, place, who, recount=recount)


def _keyboard(seat: Seat, collector: counting.Collector, place: str, who: str, *, recount: bool) -> int:
    """Line by line, each kept before the next is read; an empty line is passed over."""
    bad = 0
    seen: list[dict[str, Any]] = []
    if seat.interactive:
        seat.err.print(seat.t("Scan: a code a line, with ;QUANTITY for a heap. End with Ctrl+D."))
    for number, line in enumerate(sys.stdin, 1):
        if not line.strip():
            continue
        try:
            taken = collector.take([counting.given_by(line, str(number), place)], counter=who, recount=recount)
            errors = [one.error for one in taken.refused]
        except UchetError as error:
            if error.code in ("count_closed", "store_busy", "store_failed"):
                raise
            taken, errors = Taken((), ()), [error]
        bad += len(errors)
        seen += [_json(one, title) for one, title in taken.scans]
        for one, title in taken.scans:
            seat.say(
                f"✓ {title}" if one.target else "? " + seat.t("{text}: nobody knows it, kept as a find", text=title)
            )
        for why in errors:
            seat.say("! " + why.text(seat.language))
    seat.emit({"count": collector.number, "scans": seen, "refused": bad})
    return PARTIAL if bad else OK


def _told(seat: Seat, taken: Taken) -> None:
    refused = [{"where": one.given.where, "text": one.given.text, "code": one.error.code} for one in taken.refused]
    seat.emit({"scans": [_json(one, title) for one, title in taken.scans], "refused": refused})
    seat.say(seat.t("{count} looks are taken in, {unknown} of them at what nobody knows.",
                    count=len(taken.scans), unknown=taken.unknown))  # fmt: skip
    for one in taken.refused:
        seat.say(f"! {one.given.where}: {one.error.text(seat.language)}")


def _json(one: Any, title: str) -> dict[str, Any]:
    names = ("target", "text", "quantity", "place", "condition", "photo", "counter", "recount")
    return {**{name: getattr(one, name) for name in names}, "title": title}


@command("close", group="count", help="Work out and freeze the results of a count. Exit 3: there are differences.")
def close(
    seat: Seat,
    count: CountArgument,
    absent: Annotated[
        list[str] | None, option("absent", "A member who was not there; may be given several times.")
    ] = None,
    absence: Annotated[str, option("absence", "Why the chairman lets the results stand all the same.")] = "",
    unfinished: Annotated[bool, option("unfinished", "Not everything was looked at: then nothing is missing.")] = False,
    drafts: Annotated[bool, option("drafts", "Then write the count's own documents to 1C, as drafts.")] = False,
) -> int:
    closing = Closing(tuple(absent or ()), absence, unfinished)
    with seat.busy(seat.t("Reading both sides…")) as progress, wired(seat.settings, progress=progress) as parts:
        session, made = counting.close(parts, count, closing, person())
        standing = comparisons.asked_of(parts.store, parts.pair.name, made)
        names = comparisons.names_of(parts.store, parts.pair.name, made.run)
        written = counting.draft(parts, count) if drafts else None
        left = counting.left_out(parts.store, parts.pair.name, written) if written else ()
    seat.say(*left)
    seat.say(seat.t("Count {number} is closed, its results are frozen.", number=session.number))
    return tell(seat, made, seat.words(labels(names)), standing, None, None, written)


@command("draft", group="count", help="Write the own documents of a closed count to 1C, as drafts, once.")
def draft(seat: Seat, count: CountArgument) -> int:
    with seat.busy(seat.t("Reading both sides…")) as progress, wired(seat.settings, progress=progress) as parts:
        written = counting.draft(parts, count)
        left = counting.left_out(parts.store, parts.pair.name, written)
    seat.emit({"run": written, "left_out": left})
    seat.say(*run_lines(written, seat.words()), *left)
    return PARTIAL if written.outcome == "partial" else OK


@command("cancel", group="count", help="Give a count up; what was seen stays.")
def cancel(seat: Seat, count: CountArgument, reason: Annotated[str, option("reason", "Why it is given up.")]) -> int:
    with open_store(seat.settings) as store:
        session = store.cancel_count(seat.settings.pair, count, reason, by=person())
    seat.emit({"count": session})
    seat.say(seat.t("Count {number} is given up.", number=session.number))
    return OK


@command("list", group="count", help="The counts there are.")
def list_(seat: Seat) -> int:
    with open_store(seat.settings) as store:
        found = store.counts(seat.settings.pair)
    words = seat.words()
    seat.emit({"counts": found})
    heads = (N_("Count"), N_("State"), N_("Order"), N_("From"), N_("To"), N_("Reason"))
    shown = table(*map(words.t, heads))
    for one in found:
        days = (words.value(one.order.starts), words.value(one.order.ends))
        rows(shown, [[str(one.number), words.t(STATES[one.state]), one.order.number, *days, one.order.reason]])
    seat.say(shown if found else words.t("Nothing was counted yet."))
    return OK


@command("show", group="count", help="How far a count is, or what came of it; reads neither side.")
def show(seat: Seat, count: CountArgument) -> int:
    with open_store(seat.settings) as store:
        pair = seat.settings.pair
        collector = counting.Collector(store, pair, count)
        made = collector.tally()
        session = collector.session
        if session.result:
            result = comparisons.kept(store, pair, session.result)
            standing = comparisons.asked_of(store, pair, result)
            names = comparisons.names_of(store, pair, session.result)
            tell(seat, result, seat.words(labels(names)), standing, None, None, None)
            return code_of(result)
    left = uncounted(collector.look, made)
    seat.emit({"count": session, **_progress(made), "left": left})
    seat.say(*_lines(seat, session, made, left, collector))
    return OK


def _progress(made: Tally) -> dict[str, Any]:
    found = sum(1 for one in made.things.values() if one.quantity)
    return {
        "things": found,
        "heaps": len(made.heaps),
        "unknown": [one.text for one in made.unknown],
        "again": made.again,
        "contradictions": made.conflicts,
    }


def _lines(
    seat: Seat, session: CountSession, made: Tally, left: tuple[str, ...], collector: counting.Collector
) -> Iterator[str]:
    """How far it is. A blind count tells of nothing that the books have and nobody has seen."""
    title = collector.index.title
    told = _progress(made)
    yield seat.t("Count {number}, order {order}: {state}.",
                 number=session.number, order=session.order.number, state=seat.t(STATES[session.state]))  # fmt: skip
    yield seat.t(
        "Seen: {things} things, {heaps} heaps; {unknown} that nobody knows; {again} things more than once.",
        things=told["things"],
        heaps=told["heaps"],
        unknown=len(made.unknown),
        again=len(made.again),
    )
    yield from (f"? {one.text}" for one in made.unknown)
    for conflict in made.conflicts:
        quantities = " / ".join(f"{one:f}" for one in conflict.quantities)
        template = N_("{title}: counted as {quantities}; count it anew with --recount.")
        yield "! " + seat.t(template, title=title(conflict.target), quantities=quantities)
    if session.blind:
        yield seat.t("Heaps not counted yet: {count}.", count=len(left))
    else:
        yield from (seat.t("Not counted yet: {title}", title=title(one)) for one in left)
