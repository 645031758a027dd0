"""Movement lines written down by the way: what one look at the feed read of both sides, kept for balances of any day
and for the lines behind a difference. Nothing is read for it.

The file is derived: whatever is wrong with it, the night goes on without. A night on which something was not read whole
leaves the lines of the night before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date
from decimal import Decimal

from .feed_facts import Card, FeedFacts, by_spot_of, cards, ends_of
from .feed_look import event_of
from .feed_plan import effects
from .intake import Intake
from .pair import LinkIndex
from .store import BesideError, Lines, Store
from .store.lines import Line, Meaning, Move, Spot, thousandths
from .types import Listing, Record

__all__ = ["Ledger"]


class Ledger:
    """The lines of one pair in one night."""

    def __init__(self, store: Store, pair: str) -> None:
        self._store, self._pair = store, pair
        self._whole = True
        self._open = True
        self._safely(self._begin)

    def _begin(self, lines: Lines) -> None:
        self._open = lines.begin()

    def _safely(self, step: Callable[[Lines], None]) -> None:
        lines = self._store.lines(self._pair) if self._open else None
        self._open = lines is not None
        if lines is None:
            return
        try:
            step(lines)
        except BesideError:
            self._open = False
            self._store.drop_lines(self._pair)

    def note(self, movements: Listing) -> None:
        """Some of the desk's movements: as they come, for they may be very many."""
        self._whole &= not _lost(movements)
        self._safely(lambda lines: lines.register("desk", map(_of_desk, movements.records.values())))

    def keep(self, facts: FeedFacts | None, index: LinkIndex, book: Intake) -> None:
        """All else that a look at the feed knows. ``book`` read it, and knows what things are called."""
        if facts is None or not self._whole or not _whole(facts):
            self._safely(Lines.leave)
        else:
            self._safely(lambda lines: _keep(lines, facts, index, book))


def _whole(facts: FeedFacts) -> bool:
    """A row of 1C's registers that cannot be read is of a document, or of an item, that nobody knows."""
    read = (facts.entries, facts.stock, facts.supplies, facts.items)
    return facts.complete and all(one.complete for one in read) and not (_lost(facts.entries) or _lost(facts.stock))


def _lost(listing: Listing) -> set[str]:
    """Records that are there and were not read with all that they say. One that is only asked about is read."""
    read = listing.records
    return {id for id in listing.bad if id not in read or read[id].broken - read[id].values.keys()}


def _keep(lines: Lines, facts: FeedFacts, index: LinkIndex, book: Intake) -> None:
    day = book.today.date()
    lines.settle("desk")
    held = {(id, "", ""): _held(record.values.get("quantity")) for id, record in facts.supplies.records.items()}
    lines.hold("desk", {**held, **{(id, "", ""): None for id in _lost(facts.supplies)}}, day)
    lines.register("book", _of_books(facts))
    lines.settle("book")
    lines.hold("book", {facts.kept(spot): _held(quantity) for spot, quantity in facts.balance.items()}, day)
    lines.mean(_meanings(facts, by_spot_of(facts, cards(facts, index).values()).items(), book))
    lines.keep(f"{book.today:%Y-%m-%d %H:%M}")


def _held(quantity: object) -> int | None:
    if not isinstance(quantity, Decimal):
        return 0
    try:
        return thousandths(quantity)
    except ValueError:
        return None


def _lines(day: date, done: Iterable[tuple[Spot, Decimal]]) -> Iterator[Line]:
    """What three places do not hold is left out: the balance then tells it as a line that nobody told."""
    for spot, quantity in done:
        exact = _held(quantity)
        if exact:
            yield Line(spot, day, exact)


def _of_desk(record: Record) -> Move:
    event = event_of(record)
    done = (((card, "", ""), quantity) for card, quantity in effects(event))
    return Move(record.id, event.label, tuple(_lines(event.day, done)))


def _of_books(facts: FeedFacts) -> Iterator[Move]:
    """What each document did, line by line."""
    found: dict[str, list[Line]] = {}
    for record in facts.entries.records.values():
        day, document = record.values.get("date"), record.values.get("document")
        if isinstance(day, date) and document:
            done = ((facts.kept(spot), quantity) for spot, quantity in ends_of(record))
            found.setdefault(str(document), []).extend(_lines(day, done))
    for document, lines in found.items():
        yield Move(document, facts.numbers.get(document, ""), tuple(lines))


def _meanings(facts: FeedFacts, by_spot: Iterable[tuple[Spot, list[Card]]], book: Intake) -> Iterator[Meaning]:
    for spot, found in by_spot:
        item, organization, place = spot
        values = facts.items.records[item].values
        names = (str(values.get("name") or item), str(values.get("unit") or ""))
        where = (book.label("place", place) or place, book.label("organization", organization) or organization)
        for card in found:
            yield Meaning((card.id, "", ""), spot, card.factor, *names, *where)
