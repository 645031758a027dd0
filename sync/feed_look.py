"""One look at what happened once: the desk's movements registered, stock and records of the books read.

Registering is append-only and writes to neither side: an event seen once is never lost, whatever becomes of the run.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from functools import partial

from ..connectors.base import Periods
from .documents import documents
from .feed_facts import FeedFacts, Waiting
from .feed_plan import KITS
from .ids import event_digest
from .intake import Intake
from .orders import DESK
from .pair import FeedSettings, Pair
from .store import Store
from .types import Draft, Event, Link, Listing, Part, Record, Ref, Value

__all__ = ["FEED", "KIT_MOVES", "WORK", "event_of", "keeps", "keeps_works", "look_at_feed"]

FEED = "@feed"
#: How the records of works are told from those of movements.
WORK = "work/"
#: Records of either side that the feed reads.
_DESK, _BOOK = ("supply", "movement"), ("item", "stock", "movement")
#: Work on equipment and its lines, where the desk keeps them.
_WORK = ("work", "work_part")
#: The desk's own records: what the books posted and we brought there.
_OURS = "book"
#: What an assembly did to stock: it is told by the work.
KIT_MOVES = frozenset({"assembly_in", "assembly_out"})
#: What a work says beside what every event says.
_TOLD = (
    *("component", "effect", "size_before", "size_after", "follows", "contractor", "act", "due", "warranty"),
    *("cost", "old_serial", "serial"),
)


def keeps(pair: Pair) -> bool:
    """Whether the desk declares that it keeps stock by movements, and both mappings say where."""
    mapped = all(name in pair.desk_map.kinds for name in _DESK) and all(name in pair.book_map.kinds for name in _BOOK)
    return mapped and pair.desk.capabilities.movements


def keeps_works(pair: Pair, absent: Collection[str] = ()) -> bool:
    """Whether the desk declares that it keeps work on equipment, and its mapping says where. ``absent``: what this desk
    does not publish, because it was made before there was such a thing."""
    kinds = [pair.desk_map.kinds[name] for name in _WORK if name in pair.desk_map.kinds]
    there = len(kinds) == len(_WORK) and not any(kind.main.collection in absent for kind in kinds)
    return there and pair.desk.capabilities.works


def look_at_feed(
    pair: Pair,
    store: Store,
    settings: FeedSettings,
    book: Intake,
    desk: Intake,
    links: tuple[Link, ...],
    drafts: Callable[[], Iterable[Draft]],
    progress: Callable[[str], None],
    shown: Callable[[Listing], None] = lambda movements: None,
) -> FeedFacts | None:
    """Everything the planning of the feed needs; ``None`` where a source could not be read (its question says why).
    ``drafts`` gives all that we ever drafted; it is asked once the movements were read, for both may be very many.
    ``shown`` is told of the desk's movements, all of them, some at a time."""
    # The desk first: what is recorded while the books are read waits for the next night.
    progress("desk supply")
    supplies = desk.load("supply")
    progress("desk movement")
    seen = _movements(pair, store, settings, desk, links, shown) if supplies is not None else None
    if supplies is None or seen is None:
        return None
    read: list[Listing] = []
    works = _WORK if keeps_works(pair, desk.absent) else ()
    for intake, kinds in ((desk, works), (book, _BOOK)):
        for kind in kinds:
            progress(f"{intake.side} {kind}")
            listing = intake.load(kind)
            if listing is None:
                return None
            read.append(listing)
    *work, items, stock, entries = read
    _look_at_works(pair, store, settings, seen, work)
    store.place_events(pair.name)
    gone = seen.gone(pair, store)
    own = {draft.ref: draft.number for draft in drafts()}
    return FeedFacts(
        settings,
        Waiting(
            partial(store.open_events, pair.name),
            partial(store.numbered_events, pair.name),
            partial(store.events_of_records, pair.name),
            seen.newest,
        ),
        tuple(store.claimed_events(pair.name)),
        supplies,
        items,
        stock,
        entries,
        links,
        _closed(pair, stock, entries),
        {**_numbers(pair, entries, {*own, *(link.book.partition("|")[0] for link in links)}, settings.start), **own},
        frozenset(seen.edited),
        gone,
        seen.read,
        seen.complete,
        frozenset(seen.shown),
    )


@dataclass
class _Seen:
    """What one reading of the desk showed. ``unseen``: ids of events that are not settled and were not shown yet;
    ``edited``: events that are not as they were registered, as they are now; ``renamed``: pending events that stand on
    another ticket now; ``bad``: records that could not be read; ``shown``: those that crossed from the books. Nothing
    else is kept of a movement: there may be very many."""

    unseen: set[str]
    edited: dict[str, Event] = field(default_factory=dict)
    renamed: dict[str, str] = field(default_factory=dict)
    bad: set[str] = field(default_factory=set)
    shown: set[str] = field(default_factory=set)
    read: int = 0
    complete: bool = False

    def gone(self, pair: Pair, store: Store) -> frozenset[str]:
        """Events that are not settled and that the desk no longer has. What was not shown is not kept any longer."""
        unseen, self.unseen = self.unseen if self.complete else set(), set()
        return frozenset(unseen - {e.id for e in store.events_of_records(pair.name, self.bad).values()})

    def newest(self, event: Event) -> Event:
        """What the desk says of an event while it is in no draft."""
        if event.state != "pending":
            return event
        told = self.edited.get(event.id)
        if told is None:
            return replace(event, ticket=self.renamed[event.id]) if event.id in self.renamed else event
        stands = {"state": event.state, "reason": event.reason, "attempt": event.attempt, "draft": event.draft}
        return replace(told, number=event.number, **stands)  # type: ignore[arg-type]

    def note(self, pair: Pair, store: Store, found: Sequence[Event]) -> None:
        """Note ``found``; those of them that were never seen before are written down."""
        known = store.known_events(pair.name, [e.id for e in found])
        for event in (e for e in found if e.id in known):
            digest, kept = known[event.id]
            if digest != event_digest(event):
                self.edited[event.id] = event
            elif kept is not None and kept.ticket != event.ticket:
                self.renamed[event.id] = event.ticket
        self.unseen.difference_update(known)
        store.register_events(pair.name, [event for event in found if event.id not in known])


def _movements(
    pair: Pair,
    store: Store,
    settings: FeedSettings,
    desk: Intake,
    links: Iterable[Link],
    told: Callable[[Listing], None],
) -> _Seen | None:
    """The desk's movements, page by page: new ones are written down. ``None`` where they could not be read at all."""
    seen, crossed = _Seen(store.open_ids(pair.name)), {link.desk for link in links}
    listing = None
    for listing in desk.pages("movement"):
        told(listing)
        own = [r for r in listing.records.values() if r.values.get("origin") != _OURS]
        own = [r for r in own if r.values.get("type") not in KIT_MOVES and _since(r) >= settings.start]
        seen.note(pair, store, [event_of(r) for r in own])
        seen.bad |= listing.bad
        seen.shown |= crossed & listing.records.keys()
        seen.read += listing.read
        seen.complete = listing.complete
    return seen if listing is not None else None


def _look_at_works(pair: Pair, store: Store, settings: FeedSettings, seen: _Seen, work: list[Listing]) -> None:
    """Finished works are events as movements are."""
    seen.note(pair, store, [event for event in _works(work) if event.day >= settings.start])
    seen.bad |= {f"{WORK}{id}" for one in work[:1] for id in one.bad}
    seen.complete &= all(one.complete for one in work)


def event_of(record: Record) -> Event:
    """A movement of the desk (or the head of a work) as an event that nothing is known of yet."""
    values = record.values
    day, quantity = values.get("date"), values.get("quantity")

    def ref(name: str) -> Ref | None:
        value = values.get(name)
        return value if isinstance(value, Ref) else None

    supply, to = ref("supply"), ref("to_supply")
    recorded = str(values.get("recorded") or "")
    return Event(
        f"{DESK}{record.id}@{recorded}" if recorded else f"{DESK}{record.id}",
        record.id,
        str(values.get("type") or ""),
        supply.id if supply else "",
        quantity if isinstance(quantity, Decimal) else Decimal(0),
        day if isinstance(day, date) else date.min,
        0,
        str(values.get("unit") or ""),
        to.id if to else "",
        ref("person"),
        ref("department"),
        str(values.get("ticket") or ""),
        str(values.get("reverses") or ""),
    )


def _works(listings: list[Listing]) -> list[Event]:
    """Finished works as events, with their lines."""
    if not listings:
        return []
    works, lines = listings
    parts: dict[str, list[Part]] = {}
    for _, line in sorted(lines.records.items(), key=lambda one: _numeric(one[0])):
        work, supply, quantity = (line.values.get(name) for name in ("work", "supply", "quantity"))
        if isinstance(work, Ref) and isinstance(supply, Ref) and isinstance(quantity, Decimal):
            share = line.values.get("share")
            unit = str(line.values.get("unit") or "")
            part = Part(supply.id, quantity, unit, share if isinstance(share, Decimal) else None)
            parts.setdefault(work.id, []).append(part)
    done = [record for record in works.records.values() if record.values.get("recorded")]
    return [_work(record, tuple(parts.get(record.id, ()))) for record in done]


def _work(record: Record, parts: tuple[Part, ...]) -> Event:
    values = record.values
    plain = event_of(record)
    told: dict[str, Value] = {name: values[name] for name in _TOLD if values.get(name) not in (None, "")}
    if told.get("follows"):
        told["follows"] = f"{WORK}{told['follows']}"
    asset, other = values.get("asset"), values.get("other")
    return replace(
        plain,
        id=f"{DESK}{WORK}{record.id}@{values['recorded']}",
        record=f"{WORK}{record.id}",
        asset=asset if isinstance(asset, Ref) else None,
        other=other if isinstance(other, Ref) else None,
        parts=parts if plain.kind in KITS else (),
        told=told,
    )


def _since(record: Record) -> date:
    """The day on which the desk's stock changed: that of the recording, where it is known."""
    try:
        return date.fromisoformat(str(record.values.get("recorded") or "")[:10])
    except ValueError:
        day = record.values.get("date")
        return day if isinstance(day, date) else date.max


def _numeric(id: str) -> tuple[int, str]:
    """Ids that are numbers are compared as such: 10 was recorded after 9."""
    return (int(id), "") if id.isdigit() else (0, id)


def _closed(pair: Pair, *listings: Listing) -> dict[str, date]:
    """Organisation → last closed day, of those that stand in stock or in its records."""
    if not isinstance(pair.book, Periods):
        return {}
    found = {
        v.id for one in listings for r in one.records.values() if isinstance(v := r.values.get("organization"), Ref)
    }
    dates = {org: pair.book.closed_until(org) for org in sorted(found)}
    return {org: until for org, until in dates.items() if until is not None}


def _numbers(pair: Pair, entries: Listing, known: Collection[str], start: date) -> dict[str, str]:
    """Document → the number people know it by, of all but the ``known`` ones: those that are ours, and those from which
    something crossed already."""
    wanted: dict[str, set[str]] = {}
    for record in entries.records.values():
        day, document = record.values.get("date"), str(record.values.get("document") or "")
        kind = str(record.values.get("document_type") or "").rpartition(".")[2]
        if kind and document not in known and isinstance(day, date) and day >= start:
            wanted.setdefault(kind, set()).add(document)
    found: dict[str, str] = {}
    key, number = (str(pair.book_map.options.get(name, "")) for name in ("id", "number"))
    for collection, ids in wanted.items() if key and number else ():
        rows = documents(pair.book, collection, key, sorted(ids), (key, number))
        found.update({raw.id: str(raw.data.get(number) or "").strip() for raw in rows})
    return found
