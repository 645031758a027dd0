"""Both sides read once, as they are now or as the books were at the end of a day. Writes to neither.

A side that does not answer, or a listing that fails, becomes a source with its error: it is told on the report, and
nothing is concluded from what it would have held. The books know any day (slices and balances); the desk knows now.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time
from decimal import Decimal

from ...errors import Reject, UchetError
from ...mappings.model import KINDS, SIDES, Kind, Side
from ..feed_facts import KIND as MOVEMENT
from ..feed_look import FEED, event_of
from ..feed_plan import effects
from ..forget import withheld
from ..intake import Intake, with_units
from ..match import match
from ..pair import EngineSettings, LinkIndex, Pair, book_now
from ..sight import bound, published, reader
from ..store import Store
from ..types import Draft, Event, Link, Listing, Record
from ..world import WAITING
from .types import Coming, Group, Snapshot, Source

__all__ = ["read_kinds", "read_sides", "stored_form"]

#: What is read beside the merge's own kinds, in order of reference.
_MORE: Mapping[Side, tuple[str, ...]] = {
    "book": ("item", "holding", "stock", "licence"),
    "desk": ("supply", "licence", "installation"),
}
#: The merge's kinds that take no part.
_LEFT_OUT = frozenset({"shown", "note"})
_BY_REFERENCE = ("organization", "department", "person", "place")


@dataclass
class _Reading:
    """What is known so far."""

    taken: datetime
    day: date | None
    listings: dict[tuple[str, Side], Listing] = field(default_factory=dict)
    sources: list[Source] = field(default_factory=list)
    groups: dict[str, str] = field(default_factory=dict)

    def note(self, side: Side, kind: str, listing: Listing | None, error: UchetError | None = None) -> None:
        told = (error.text("en"), error.text("ru")) if error else ("", "")
        as_of = self.day if side == "book" else None
        read, complete = (listing.read, listing.complete) if listing else (0, False)
        self.sources.append(Source(side, kind, self.taken, read, complete, as_of, *told))
        if listing is not None:
            self.listings[kind, side] = listing


def read_sides(
    pair: Pair,
    store: Store,
    settings: EngineSettings,
    now: datetime,
    day: date | None = None,
    progress: Callable[[str], None] = lambda step: None,
) -> Snapshot:
    """Everything a reconciliation compares. ``now``: UTC; ``day``: a day of the books' calendar, whose end they show.

    Raises what both sides raised where neither answers: there is nothing to tell then.
    """
    reading = _Reading(now, day)
    clock = book_now(now, settings.zone)
    moments = {"book": datetime.combine(day, time(23, 59, 59)) if day else clock, "desk": clock}
    intakes, errors = _contacts(pair, moments)
    if len(errors) == len(SIDES):
        raise errors["book"]
    for side, error in errors.items():
        for name in _kinds(pair, side):
            reading.note(side, name, None, error)
    for side, intake in intakes.items():
        for name in _kinds(pair, side):
            progress(f"{side} {name}")
            _load(reading, intake, name)
    if day is not None and day < clock.date() and "desk" in intakes:
        _roll_back(reading, intakes["desk"], day)
    return _snapshot(pair, store, reading)


def read_kinds(
    pair: Pair,
    store: Store,
    settings: EngineSettings,
    now: datetime,
    wanted: Mapping[Side, Sequence[str]],
    day: date | None = None,
    since: date | None = None,
    progress: Callable[[str], None] = lambda step: None,
) -> Snapshot:
    """Only the kinds that are ``wanted`` of each side, in that order; every one of them becomes a source, those that a
    side does not keep too. ``day``: the books as of its end; ``since``: movements of the books from that day on. The
    desk is as of ``now``. Raises what every side that was asked raised where none answers."""
    reading = _Reading(now, day)
    clock = book_now(now, settings.zone)
    moments = {"book": datetime.combine(day, time(23, 59, 59)) if day else clock, "desk": clock}
    intakes, errors = _contacts(pair, moments, tuple(wanted))
    if errors and not intakes:
        raise next(iter(errors.values()))
    for side, kinds in wanted.items():
        intake = intakes.get(side)
        if intake is not None and since is not None:
            intake.binding = {**intake.binding, FEED: since.isoformat()}
        for name in kinds:
            progress(f"{side} {name}")
            _load_wanted(reading, side, intake, name, errors.get(side))
    return _snapshot(pair, store, reading)


def _load_wanted(reading: _Reading, side: Side, intake: Intake | None, kind: str, error: UchetError | None) -> None:
    """One listing; a side that keeps no such thing is told like one that could not be read."""
    told = len(reading.sources)
    if intake is not None and kind in intake.system.kinds:
        _load(reading, intake, kind)
    if len(reading.sources) == told:
        reading.note(side, kind, None, error or Reject("not_kept", "This side does not keep it."))


def _kinds(pair: Pair, side: Side) -> Iterator[str]:
    """What ``side`` keeps of that which is compared; stock levels only where no balances of accounts are kept."""
    mapped = pair.mapping(side).kinds
    ours = [k.name for k in pair.kinds if k.name not in _LEFT_OUT]
    for name in (*ours, *_MORE[side]):
        if name in mapped and not (name == "stock" and "holding" in mapped):
            yield name


def _contacts(
    pair: Pair, moments: Mapping[str, datetime], sides: Collection[Side] = SIDES
) -> tuple[dict[Side, Intake], dict[Side, UchetError]]:
    """A reader for each side that answers and publishes what the mapping needs; the errors of the others."""
    intakes: dict[Side, Intake] = {}
    errors: dict[Side, UchetError] = {}
    for side in sides:
        try:
            described = published(pair, side)
            intakes[side] = reader(pair, side, described, bound(pair, side), moments[side])
        except UchetError as error:
            errors[side] = error
    return intakes, errors


def _load(reading: _Reading, intake: Intake, kind: str) -> None:
    """One listing; a failure is that of this source alone. A kind that this base has not got says nothing."""
    errors, issues = len(intake.errors), len(intake.issues)
    try:
        listing = intake.load(kind)
    except UchetError as error:
        reading.note(intake.side, kind, None, error)
        return
    failed = intake.errors[errors] if len(intake.errors) > errors else None
    if listing is not None or failed is not None:
        reading.note(intake.side, kind, listing, failed)
    for issue in intake.issues[issues:]:
        if issue.code == "group_card" and issue.book:
            reading.groups[issue.book] = str(issue.params.get("label") or issue.book)


def _roll_back(reading: _Reading, desk: Intake, day: date) -> None:
    """The desk's stock as it was at the end of ``day``: what it has, less what moved since. Where the movements cannot
    be read whole, today's stock is not held against that day's books."""
    supplies = reading.listings.get(("supply", "desk"))
    if supplies is None or MOVEMENT not in desk.system.kinds:
        return
    _load(reading, desk, MOVEMENT)
    moved = reading.listings.pop((MOVEMENT, "desk"), None)
    if moved is None or not moved.complete:
        del reading.listings["supply", "desk"]
        return
    since: dict[str, Decimal] = {}
    for record in moved.records.values():
        event = event_of(record)
        if event.day > day:
            for card, quantity in effects(event):
                since[card] = since.get(card, Decimal(0)) + quantity
    records = {id: _less(record, since.get(id)) for id, record in supplies.records.items()}
    reading.listings["supply", "desk"] = replace(supplies, records=records)
    reading.sources = [
        replace(one, as_of=day) if (one.side, one.kind) == ("desk", "supply") else one for one in reading.sources
    ]


def _less(record: Record, moved: Decimal | None) -> Record:
    quantity = record.values.get("quantity")
    if not moved:
        return record
    held = quantity if isinstance(quantity, Decimal) else Decimal(0)
    return replace(record, values={**record.values, "quantity": held - moved})


# -- what is remembered ------------------------------------------------------------------------------------------------


def _snapshot(pair: Pair, store: Store, reading: _Reading) -> Snapshot:
    known = [link for link in store.links(pair.name) if link.kind != MOVEMENT]
    rejected = frozenset(store.rejected(pair.name))
    found = withheld(pair.kinds, list(reading.listings.values()), known, store.forgotten(pair.name))
    listings = {(one.kind, one.side): one for one in found}
    if ("equipment", "book") in listings:
        units = with_units(listings["equipment", "book"], listings.get(("position", "book")))
        listings["equipment", "book"] = units
    allotments = tuple(store.allotments(pair.name))
    sizes = {a.card: a.quantity for a in allotments if a.kind == "equipment" and not a.desk}
    return Snapshot(
        reading.day,
        reading.taken,
        tuple(reading.sources),
        listings,
        tuple(_links(pair.kinds, listings, known, rejected)),
        rejected,
        allotments,
        tuple(Group(id, label, sizes.get(id)) for id, label in sorted(reading.groups.items())),
        tuple(_coming(store.drafts(pair.name, WAITING))),
        _waiting(store.open_events(pair.name)),
    )


def _links(
    kinds: Collection[Kind],
    listings: Mapping[tuple[str, Side], Listing],
    known: Collection[Link],
    rejected: Collection[tuple[str, str, str]],
) -> Iterator[Link]:
    """Stored links, and those that a run would make tonight: a first look must not call every person a stranger."""
    yield from known
    index = LinkIndex(list(known))
    for kind in (k for k in kinds if k.name in _BY_REFERENCE):
        book, desk = listings.get((kind.name, "book")), listings.get((kind.name, "desk"))
        if book is None or desk is None:
            continue
        refused = {(b, d) for name, b, d in rejected if name == kind.name}
        for link in match(kind, book, desk, [ln for ln in known if ln.kind == kind.name], refused, index.same).found:
            index.add(link)
            yield link


def _coming(drafts: Collection[Draft]) -> Iterator[Coming]:
    """The latest draft for each field that is still open."""
    found: dict[tuple[str, str, str], Coming] = {}
    for draft in drafts:
        for member in draft.members if draft.state in ("open", "posted", "edited") else ():
            for change in member.changes:
                one = Coming(member.kind, member.book or "", change.name, change.after, draft.number)
                found[one.kind, one.book, one.field] = one
    yield from (found[key] for key in sorted(found))


def _waiting(events: Iterable[Event]) -> dict[str, Decimal]:
    """Stock card → what moved on the desk and is not in the books yet."""
    found: dict[str, Decimal] = {}
    for event in events:
        for card, quantity in effects(event) if event.state in ("pending", "drafted") else ():
            found[card] = found.get(card, Decimal(0)) + quantity
    return {card: quantity for card, quantity in sorted(found.items()) if quantity}


def stored_form(snapshot: Snapshot) -> Snapshot:
    """``snapshot`` as it may be kept: without versions, and without the fields that hold personal data."""
    personal = {kind.name: frozenset(f.name for f in kind.fields if f.personal) for kind in KINDS}
    listings = {
        key: replace(
            one,
            records={
                id: replace(r, version=None, values={n: v for n, v in r.values.items() if n not in personal[one.kind]})
                if one.kind in personal
                else replace(r, version=None)
                for id, r in one.records.items()
            },
        )
        for key, one in snapshot.listings.items()
    }
    return replace(snapshot, listings=listings)
