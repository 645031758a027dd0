"""Turnover of consumables over some days: what both sides had, what came and went, and how long the stock will last.

Pure; texts are Russian, as the headings are. Quantities are ``Decimal`` in the books' unit where a card of the desk
means something there, else in the card's own. A side that was not read whole has no figures: empty cells, never nought.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import ROUND_CEILING, Decimal

from ...errors import Reject
from ...mappings.model import Ref
from ...settings import ReserveRule
from ...sync.feed_facts import PLACES, Card, Spot, cards_of, ends_of, spot_of
from ...sync.feed_look import event_of
from ...sync.feed_plan import effects
from ...sync.pair import LinkIndex
from ...sync.reconcile.scope import Scope
from ...sync.reconcile.types import Snapshot
from ...sync.types import Event, Listing, Record
from .coming import ZERO, coming, quantity_of, whole

__all__ = ["BACK", "MOVED_RU", "USED", "Flow", "Stretch", "Turnover", "turnover"]

#: What a movement of the desk was.
MOVED_RU: Mapping[str, str] = {
    "receipt": "приход",
    "issue": "выдача",
    "transfer": "перемещение",
    "return": "возврат",
    "write_off": "списание",
    "correction": "исправление остатка",
    "expense": "расход по учёту",
    "assembly_in": "сборка: приход",
    "assembly_out": "сборка: расход",
}
#: Kinds of movement by which stock is used up, and the one that takes that back.
USED = frozenset({"issue", "write_off", "expense"})
BACK = "return"


@dataclass(frozen=True, slots=True)
class Stretch:
    """Days of the books' calendar, both included; ``today`` is the day of the reading."""

    since: date
    until: date
    today: date

    def holds(self, day: date) -> bool:
        return self.since <= day <= self.until

    def checked(self, *, past: bool = False) -> Stretch:
        """Itself. Raises ``Reject`` where the days do not follow each other, or (``past``) have not come yet."""
        if self.since > self.until:
            raise Reject(
                "report_days",
                "{since} is later than {until}.",
                hint="Give the first day with --since and the last one with --until.",
                since=self.since,
                until=self.until,
            )
        if past and self.until > self.today:
            raise Reject(
                "report_future",
                "{until} has not come yet.",
                hint="Give a last day that is not after today.",
                until=self.until,
            )
        return self


@dataclass
class Flow:
    """What one side says of one item at one place: at the beginning, what came, what went, in the end. ``cost``:
    roubles of that in the end, of the books alone."""

    opening: Decimal = ZERO
    came: Decimal = ZERO
    went: Decimal = ZERO
    closing: Decimal = ZERO
    cost: Decimal = ZERO

    @property
    def off(self) -> Decimal:
        """By how much its own figures do not add up."""
        return self.opening + self.came - self.went - self.closing


@dataclass
class Turnover:
    """One item at one place. ``book``, ``desk``: ``None`` where that side does not keep it, or was not read. ``used``:
    what one day takes; ``ordered``, ``reserved``: on its way for open requests, and here for them."""

    spot: Spot
    title: str
    unit: str
    place: str
    organization: str
    book: Flow | None = None
    desk: Flow | None = None
    minimum: Decimal = ZERO
    used: Decimal | None = None
    ordered: Decimal | None = None
    reserved: Decimal | None = None
    cards: list[str] = field(default_factory=list)

    @property
    def available(self) -> Decimal | None:
        """On the shelf and on its way, less what is here for somebody."""
        stock = self.desk or self.book
        if stock is None:
            return None
        return stock.closing + (self.ordered or ZERO) - (self.reserved or ZERO)

    @property
    def price(self) -> Decimal | None:
        """The books' average of what they hold; ``None`` where that says nothing."""
        book = self.book
        return book.cost / book.closing if book and book.closing > 0 and book.cost > 0 else None

    def point(self, rule: ReserveRule) -> Decimal | None:
        """Where one must order: the minimum of the card, or what is used until new stock is here and in some days more,
        whichever is more; ``None`` where nothing is known of either."""
        wanted = (self.used or ZERO) * (rule.lead_days + rule.safety_days)
        most = max(self.minimum, wanted)
        return most.quantize(PLACES, ROUND_CEILING) if most > 0 else None

    def to_order(self, rule: ReserveRule) -> Decimal | None:
        """Up to the point and what is used in the days that an order is to cover; whole units."""
        point, available = self.point(rule), self.available
        if point is None or available is None or available > point:
            return None
        missing = point + (self.used or ZERO) * rule.cover_days - available
        return missing.to_integral_value(ROUND_CEILING) if missing > 0 else None

    def days(self) -> Decimal | None:
        """How long what is available lasts."""
        if not self.used or self.available is None:
            return None
        return max(ZERO, self.available / self.used).to_integral_value()


def turnover(
    snapshot: Snapshot, opening: Snapshot, stretch: Stretch, scope: Scope, rule: ReserveRule
) -> list[Turnover]:
    """Every item at every place inside the scope. ``snapshot``: both sides as of the last day; ``opening``: the books'
    stock as of the day before the first."""
    index = LinkIndex(list(snapshot.links))
    found: dict[Spot, Turnover] = {}
    books = _books(snapshot, opening, stretch)
    for spot, flow in books.items():
        record = _named(snapshot, spot)
        if scope.inside(snapshot, record):
            found[spot] = _of_spot(snapshot, spot)
            found[spot].book = flow
    supplies = snapshot.listing("supply", "desk")
    items = snapshot.listing("item", "book") or Listing("item", "book", {}, complete=False)
    if supplies is not None and supplies.complete:
        cards = cards_of(items, supplies, index)
        inside = {id: card for id, card in cards.items() if scope.inside(snapshot, supplies.records[id])}
        _add_desk(snapshot, found, inside, books, stretch, rule)
    return [found[key] for key in sorted(found, key=lambda key: (found[key].place, found[key].title, key))]


# -- the books ---------------------------------------------------------------------------------------------------------


def _books(snapshot: Snapshot, opening: Snapshot, stretch: Stretch) -> dict[Spot, Flow]:
    """What the books had and did; nothing at all where one of the three was not read whole."""
    before, after = whole(opening, "stock", "book"), whole(snapshot, "stock", "book")
    moved = whole(snapshot, "movement", "book")
    found: dict[Spot, Flow] = defaultdict(Flow)
    if before is None or after is None or moved is None:
        return found
    for record in before.values():
        if spot := spot_of(record, "item", "place"):
            found[spot].opening += quantity_of(record)
    for record in after.values():
        if spot := spot_of(record, "item", "place"):
            found[spot].closing += quantity_of(record)
            found[spot].cost += quantity_of(record, "cost")
    for record in moved.values():
        day = record.values.get("date")
        if not isinstance(day, date) or not stretch.holds(day):
            continue
        for spot, quantity in ends_of(record):
            found[spot].came += max(quantity, ZERO)
            found[spot].went += max(-quantity, ZERO)
    return found


def _named(snapshot: Snapshot, spot: Spot) -> Record:
    """The spot as a record that a scope can look at."""
    item, org, place = spot
    refs = {"item": Ref("book", "item", item), "organization": Ref("book", "organization", org)}
    return Record("stock", "book", "|".join(spot), {**refs, "place": Ref("book", "place", place)})


def _of_spot(snapshot: Snapshot, spot: Spot) -> Turnover:
    item, org, place = spot
    values = snapshot.values(Ref("book", "item", item))
    return Turnover(
        spot,
        str(values.get("name") or item),
        str(values.get("unit") or ""),
        snapshot.called(Ref("book", "place", place)) if place else "",
        snapshot.called(Ref("book", "organization", org)) if org else "",
    )


# -- the desk ----------------------------------------------------------------------------------------------------------


def _add_desk(
    snapshot: Snapshot,
    found: dict[Spot, Turnover],
    cards: Mapping[str, Card],
    books: Mapping[Spot, Flow],
    stretch: Stretch,
    rule: ReserveRule,
) -> None:
    """The desk's cards, each beside the balance of the books that it means; one that means none stands alone."""
    placed = {spot[:2] for spot in books if spot[2]}
    moved = whole(snapshot, "movement", "desk")
    flows = _flows(cards, [event_of(record) for record in moved.values()], stretch) if moved is not None else None
    # What is on its way and what is to be ordered is told of today alone.
    current = stretch.until == stretch.today
    used = _used([event_of(r) for r in moved.values()], stretch, rule) if current and moved is not None else None
    ahead = coming(snapshot) if current else None
    supplies = snapshot.listings["supply", "desk"].records
    for id, card in cards.items():
        record = supplies[id]
        bare = (*card.spot[:2], "")
        spot = bare if bare in books and card.spot[:2] not in placed else card.spot
        key = spot if not card.problem else ("", id, "")
        row = found.get(key) or (_of_spot(snapshot, spot) if not card.problem else _alone(snapshot, record, card))
        found[key] = row
        row.cards.append(id)
        row.minimum += quantity_of(record, "minimum") * card.factor if current else ZERO
        if flows is not None:
            row.desk = _added(row.desk or Flow(), flows[id], card.factor)
        if used is not None:
            row.used = (row.used or ZERO) + used.get(id, ZERO) * card.factor
        if ahead is not None:
            ordered, reserved = ahead.get(id, (ZERO, ZERO))
            row.ordered = (row.ordered or ZERO) + ordered * card.factor
            row.reserved = (row.reserved or ZERO) + reserved * card.factor


def _alone(snapshot: Snapshot, record: Record, card: Card) -> Turnover:
    values = record.values
    place, org = snapshot.called(values.get("place")), snapshot.called(values.get("organization"))
    return Turnover(("", record.id, ""), card.label, str(values.get("unit") or ""), place, org)


def _flows(cards: Mapping[str, Card], events: Iterable[Event], stretch: Stretch) -> dict[str, Flow]:
    """What each card had and did: what it has now, less what moved since."""
    found = {id: Flow(closing=card.quantity) for id, card in cards.items()}
    for event in events:
        for id, quantity in effects(event):
            flow = found.get(id)
            if flow is None:
                continue
            if event.day > stretch.until:
                flow.closing -= quantity
            elif event.day >= stretch.since:
                flow.came += max(quantity, ZERO)
                flow.went += max(-quantity, ZERO)
    for flow in found.values():
        flow.opening = flow.closing - flow.came + flow.went
    return found


def _added(one: Flow, more: Flow, factor: Decimal) -> Flow:
    return Flow(
        one.opening + more.opening * factor,
        one.came + more.came * factor,
        one.went + more.went * factor,
        one.closing + more.closing * factor,
    )


def _used(events: Iterable[Event], stretch: Stretch, rule: ReserveRule) -> dict[str, Decimal]:
    """Card → what one day takes, over the last days of the rule, or as many as the desk has kept movements for."""
    listed = list(events)
    first = min((event.day for event in listed), default=stretch.until)
    start = max(first, stretch.until - timedelta(days=rule.use_days - 1))
    days = max(1, (stretch.until - start).days + 1)
    found: dict[str, Decimal] = defaultdict(Decimal)
    for event in listed:
        if start <= event.day <= stretch.until and event.supply:
            sign = 1 if event.kind in USED else -1 if event.kind == BACK else 0
            found[event.supply] += sign * event.quantity
    return {id: max(ZERO, quantity) / days for id, quantity in found.items()}
