"""What one planning of the feed sees, and the desk's stock cards as the books call them.

A *card* is an item at a place on the desk. It means something in the books once its code names exactly one item there,
its place and organisation have twins, and its unit is the item's own or has a stored coefficient: nothing is rounded.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from functools import cached_property
from types import MappingProxyType
from typing import Any

from ..mappings.keys import unit_key
from ..mappings.model import Ref, Value
from ..mappings.text import clean, fold
from .feed_plan import UNSTOCKED
from .pair import FeedSettings, LinkIndex
from .types import EVENT_STATES, Draft, Event, Issue, Link, Listing, Operation, Record

__all__ = [
    "KIND",
    "Card",
    "FeedFacts",
    "Spot",
    "Waiting",
    "asked",
    "by_spot_of",
    "cards",
    "cards_of",
    "drafted",
    "ends_of",
    "exact",
    "followed",
    "spot_of",
]

#: The kind under which questions about events stand.
KIND = "movement"
#: An item at a place as the books have it: (item, organisation, place), "" where the books keep no places.
Spot = tuple[str, str, str]
PLACES = Decimal("0.001")
_NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True)
class Waiting:
    """The events that are not settled. There may be very many, so they stay where they are kept: whenever they are gone
    through they are read anew, a part of them in memory at a time.

    ``kept`` gives them in the order of their numbers (of some kinds, where any are given), ``some`` the events with
    these numbers in the order given, and ``of`` the latest event of each of these records of the desk, in whatever
    state; ``now`` is an event as it stands tonight."""

    kept: Callable[[Collection[str]], Iterable[Event]]
    some: Callable[[Sequence[int]], Iterable[Event]]
    of: Callable[[Collection[str]], Mapping[str, Event]]
    now: Callable[[Event], Event]

    def __iter__(self) -> Iterator[Event]:
        return self.of_kinds(())

    def of_kinds(self, kinds: Collection[str]) -> Iterator[Event]:
        """Those of ``kinds``, or all."""
        return (event for event in map(self.now, self.kept(kinds)) if event.state != "posted")

    def numbered(self, numbers: Sequence[int]) -> Iterator[Event]:
        """The events with ``numbers``, one for each."""
        return map(self.now, self.some(numbers))

    def originals(self, events: Iterable[Event]) -> Mapping[str, Event]:
        """By the desk's id, the events that ``events`` take back, as far as they are known."""
        return {record: self.now(one) for record, one in self.of({e.reverses for e in events}).items()}


@dataclass(frozen=True)
class FeedFacts:
    """``claims``: events for which a document of the books was found. ``links``: what crossed from the books.
    ``closed``: organisation → last closed day. ``numbers``: document of the books → its number.
    ``edited``, ``withdrawn``: events that the desk changed or took out since it was registered."""

    settings: FeedSettings
    events: Waiting
    claims: tuple[Event, ...]
    supplies: Listing
    items: Listing
    stock: Listing
    entries: Listing
    links: tuple[Link, ...] = ()
    closed: Mapping[str, date] = field(default_factory=lambda: _NOTHING)
    numbers: Mapping[str, str] = field(default_factory=lambda: _NOTHING)
    edited: frozenset[str] = frozenset()
    withdrawn: frozenset[str] = frozenset()
    #: How many movements of the desk were read, and whether none can be missing.
    read: int = 0
    complete: bool = True
    #: The desk's movements that were read.
    shown: frozenset[str] = frozenset()

    @cached_property
    def works(self) -> tuple[Event, ...]:
        """Those of ``events`` that are work on equipment and move no stock: there are few."""
        return tuple(self.events.of_kinds(UNSTOCKED))

    @cached_property
    def balance(self) -> Mapping[Spot, Decimal]:
        """What the books have at each spot, all accounts together."""
        found: dict[Spot, Decimal] = {}
        for record in self.stock.records.values():
            spot = spot_of(record, "item", "place")
            quantity = record.values.get("quantity")
            if spot is not None and isinstance(quantity, Decimal):
                found[spot] = found.get(spot, Decimal(0)) + quantity
        return found

    @cached_property
    def _bare(self) -> frozenset[tuple[str, str]]:
        """Items of an organisation of which the books say how many there are, and never where."""
        spots = set(self.balance)
        for record in self.entries.records.values():
            ends = (spot_of(record, "item", "place"), spot_of(record, "to_item", "to_place"))
            spots |= {spot for spot in ends if spot is not None}
        return frozenset(s[:2] for s in spots if not s[2]) - {s[:2] for s in spots if s[2]}

    def kept(self, spot: Spot) -> Spot:
        """Where the books keep the balance of ``spot``: of the organisation, where they keep no warehouses."""
        return (*spot[:2], "") if spot[:2] in self._bare else spot


def followed(facts: FeedFacts, drafts: Iterable[Draft]) -> FeedFacts:
    """``facts`` with the events of drafts where these drafts are now: they were looked at since."""
    stands = {d.id: EVENT_STATES[d.state] for d in drafts if d.state in EVENT_STATES}
    before = facts.events.now

    def now(event: Event) -> Event:
        event = before(event)
        seen = event.state == "refused" and event.reason == "seen"
        if event.state == "pending" or seen or event.draft not in stands:
            return event
        state, reason = stands[event.draft]
        return replace(event, state=state, reason=reason)

    return replace(facts, events=replace(facts.events, now=now))


def drafted(member: Operation) -> list[tuple[Spot, Decimal]]:
    """(spot, signed quantity): what one row of a draft does to the stock of the books once it is posted."""
    row: dict[str, Value] = {c.name: c.after for c in member.changes}
    ends = (("item", "quantity", "place", -1), ("item", "quantity", "from_place", -1))
    into = ("to_item", "to_quantity", "place", 1) if "to_item" in row else ("item", "quantity", "to_place", 1)
    found: list[tuple[Spot, Decimal]] = []
    for thing, amount, where, sign in (*ends, into):
        item, org, place, quantity = row.get(thing), row.get("organization"), row.get(where), row.get(amount)
        refs = isinstance(item, Ref) and isinstance(org, Ref) and isinstance(place, Ref)
        if refs and isinstance(quantity, Decimal):
            found.append(((item.id, org.id, place.id), sign * quantity))  # type: ignore[union-attr]
    return found


def spot_of(record: Record, item: str, place: str) -> Spot | None:
    """The spot that a record of the books names in these fields; ``None`` where it names no item."""
    thing = record.values.get(item)
    if not isinstance(thing, Ref):
        return None
    org, where = record.values.get("organization"), record.values.get(place)
    return thing.id, org.id if isinstance(org, Ref) else "", where.id if isinstance(where, Ref) else ""


def ends_of(record: Record) -> list[tuple[Spot, Decimal]]:
    """(spot, signed quantity): what a record of the books did to their stock; one may do two things."""
    found: list[tuple[Spot, Decimal]] = []
    for item, place, name, sign in (("item", "place", "quantity", -1), ("to_item", "to_place", "to_quantity", 1)):
        spot, quantity = spot_of(record, item, place), record.values.get(name)
        if record.values.get("direction") == "in":
            sign = 1
        if spot is not None and isinstance(quantity, Decimal):
            found.append((spot, sign * quantity))
    return found


@dataclass(frozen=True, slots=True)
class Card:
    """A stock card of the desk as the books call it. ``problem``: why it means nothing there; ``units``: the books'
    unit, the desk's and the coefficient, as text."""

    id: str
    label: str
    spot: Spot = ("", "", "")
    factor: Decimal = Decimal(1)
    unit: str = ""
    units: str = ""
    quantity: Decimal = Decimal(0)
    problem: str = ""

    def to_book(self, quantity: Decimal) -> Decimal | None:
        """``quantity`` of the desk's units in those of the books; ``None`` where it is not exact, or a pack would be
        broken (then one side must say what it means)."""
        return exact(quantity * self.factor, whole=self.factor != 1)

    def to_desk(self, quantity: Decimal) -> Decimal | None:
        """The way back, as exact."""
        found = quantity / self.factor
        return exact(found) if found * self.factor == quantity else None


def exact(quantity: Decimal, *, whole: bool = False) -> Decimal | None:
    """``quantity`` in three places if it is just that (and ``whole``: a whole number)."""
    rounded = quantity.quantize(PLACES)
    if rounded != quantity or (whole and rounded != rounded.to_integral_value()):
        return None
    return rounded


def cards(facts: FeedFacts, index: LinkIndex) -> dict[str, Card]:
    """The desk's stock cards by id."""
    return cards_of(facts.items, facts.supplies, index)


def cards_of(items: Listing, supplies: Listing, index: LinkIndex) -> dict[str, Card]:
    """``supplies`` as cards by id, told apart by the codes of ``items``."""
    by_code: dict[str, list[Record]] = {}
    for record in items.records.values():
        if not record.retired and record.values.get("code"):
            by_code.setdefault(clean(str(record.values["code"])), []).append(record)
    return {id: _card(record, by_code, index) for id, record in sorted(supplies.records.items())}


def by_spot_of(facts: FeedFacts, found: Iterable[Card]) -> dict[Spot, list[Card]]:
    """The cards that mean something in the books, by where these keep their balance."""
    by_spot: dict[Spot, list[Card]] = {}
    for card in found:
        if not card.problem:
            by_spot.setdefault(facts.kept(card.spot), []).append(card)
    return by_spot


def _card(record: Record, by_code: Mapping[str, list[Record]], index: LinkIndex) -> Card:
    values = record.values
    label = str(values.get("name") or record.id)
    quantity = values.get("quantity")
    held = quantity if isinstance(quantity, Decimal) else Decimal(0)
    items = by_code.get(clean(str(values.get("code") or "")), [])
    if len(items) != 1:
        return Card(record.id, label, quantity=held, problem="feed_item_unknown")
    twins = [_twin(values.get(name), index) for name in ("organization", "place")]
    if None in twins:
        return Card(record.id, label, quantity=held, problem="feed_place_unknown")
    ours, theirs = str(values.get("unit") or ""), str(items[0].values.get("unit") or "")
    factor = values.get("factor")
    if factor is not None and not (isinstance(factor, Decimal) and factor > 0):
        return Card(record.id, label, quantity=held, problem="feed_unit")
    if factor is None and (unit_key(ours) or fold(ours)) != (unit_key(theirs) or fold(theirs)):
        return Card(record.id, label, unit=ours, quantity=held, problem="feed_unit", units=f"{theirs} / {ours}")
    rate = factor if isinstance(factor, Decimal) else Decimal(1)
    spot = (items[0].id, str(twins[0]), str(twins[1]))
    return Card(record.id, label, spot, rate, ours, f"{theirs} / {ours} × {rate.normalize():f}", held)


def _twin(value: object, index: LinkIndex) -> str | None:
    found = index.on("book", value) if isinstance(value, Ref) else None
    return found.id if found else None


def asked(code: str, key: str, mark: str, **params: Any) -> Issue:
    """A question about the feed; ``mark`` digests what it is about."""
    return Issue(f"feed:{key}", code, KIND, params=params, fingerprint=mark)
