"""One look at what happened once: the desk's movements registered, stock and records of the books read.

Registering is append-only and writes to neither side: an event seen once is never lost, whatever becomes of the run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date
from decimal import Decimal

from ..connectors.base import Periods, Query
from .feed_facts import FeedFacts
from .ids import event_digest
from .intake import Intake
from .orders import DESK
from .pair import FeedSettings, Pair
from .store import Store
from .types import Event, Link, Listing, Record, Ref

__all__ = ["FEED", "keeps", "look_at_feed"]

FEED = "@feed"
#: Records of either side that the feed reads.
_DESK, _BOOK = ("supply", "movement"), ("item", "stock", "movement")
#: The desk's own records: what the books posted and we brought there.
_OURS = "book"


def keeps(pair: Pair) -> bool:
    """Whether the desk declares that it keeps stock by movements, and both mappings say where."""
    mapped = all(name in pair.desk_map.kinds for name in _DESK) and all(name in pair.book_map.kinds for name in _BOOK)
    return mapped and pair.desk.capabilities.movements


def look_at_feed(
    pair: Pair,
    store: Store,
    settings: FeedSettings,
    book: Intake,
    desk: Intake,
    links: Iterable[Link],
    progress: Callable[[str], None],
) -> FeedFacts | None:
    """Everything the planning of the feed needs; ``None`` where a source could not be read (its question says why)."""
    read: list[Listing] = []
    # The desk first: what is recorded while the books are read waits for the next night.
    for intake, kinds in ((desk, _DESK), (book, _BOOK)):
        for kind in kinds:
            progress(f"{intake.side} {kind}")
            listing = intake.load(kind)
            if listing is None:
                return None
            read.append(listing)
    supplies, movements, items, stock, entries = read
    found = [r for r in movements.records.values() if r.values.get("origin") != _OURS]
    kept = sorted((_event(r) for r in found if _since(r) >= settings.start), key=_recorded)
    known = store.known_events(pair.name)
    store.register_events(pair.name, [e for e in kept if e.id not in known])
    now = {e.id: e for e in kept}
    events = store.open_events(pair.name)
    crossed = tuple(links)
    return FeedFacts(
        settings,
        tuple(_newest(e, now) for e in events),
        store.events_of_records(pair.name, {e.reverses for e in events if e.reverses}),
        tuple(store.claimed_events(pair.name)),
        supplies,
        items,
        stock,
        entries,
        crossed,
        _closed(pair, stock, entries),
        _numbers(pair, entries, crossed, settings.start),
        frozenset(id for id, e in now.items() if id in known and known[id][0] != event_digest(e)),
        frozenset(e.id for e in events if movements.complete and e.id not in now and e.record not in movements.bad),
        movements.read,
        movements.complete,
        frozenset(movements.records),
    )


def _event(record: Record) -> Event:
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


def _since(record: Record) -> date:
    """The day on which the desk's stock changed: that of the recording, where it is known."""
    try:
        return date.fromisoformat(str(record.values.get("recorded") or "")[:10])
    except ValueError:
        day = record.values.get("date")
        return day if isinstance(day, date) else date.max


def _recorded(event: Event) -> tuple[int, str]:
    """Ids that are numbers are compared as such: 10 was recorded after 9."""
    return (int(event.record), "") if event.record.isdigit() else (0, event.record)


def _newest(event: Event, now: dict[str, Event]) -> Event:
    """What the desk says of an event while it is in no draft."""
    told = now.get(event.id)
    if told is None or event.state != "pending":
        return event
    stands = {"state": event.state, "reason": event.reason, "attempt": event.attempt, "draft": event.draft}
    return replace(told, number=event.number, **stands)  # type: ignore[arg-type]


def _closed(pair: Pair, *listings: Listing) -> dict[str, date]:
    """Organisation → last closed day, of those that stand in stock or in its records."""
    if not isinstance(pair.book, Periods):
        return {}
    found = {
        v.id for one in listings for r in one.records.values() if isinstance(v := r.values.get("organization"), Ref)
    }
    dates = {org: pair.book.closed_until(org) for org in sorted(found)}
    return {org: until for org, until in dates.items() if until is not None}


def _numbers(pair: Pair, entries: Listing, links: Iterable[Link], start: date) -> dict[str, str]:
    """Document → the number people know it by, of the documents from which nothing crossed yet."""
    crossed = {link.book.partition("|")[0] for link in links}
    wanted: dict[str, set[str]] = {}
    for record in entries.records.values():
        day, document = record.values.get("date"), str(record.values.get("document") or "")
        kind = str(record.values.get("document_type") or "").rpartition(".")[2]
        if kind and document not in crossed and isinstance(day, date) and day >= start:
            wanted.setdefault(kind, set()).add(document)
    found: dict[str, str] = {}
    size, key = pair.book.capabilities.many_ids, str(pair.book_map.options.get("id", ""))
    number = str(pair.book_map.options.get("number", ""))
    for collection, ids in wanted.items() if key and number else ():
        refs = sorted(ids)
        for start_at in range(0, len(refs), size):
            query = Query(collection, (key, number), {key: tuple(refs[start_at : start_at + size])})
            for page in pair.book.read(query):
                found.update({raw.id: str(raw.data.get(number) or "").strip() for raw in page.records})
    return found
