"""What happened once on the desk becomes drafts in the books: each event exactly once, in order per item.

Pure: from the events that are not settled to orders (which ``orders.py`` groups into drafts), questions, and marks that
say where each event stands and why. An event that needs a person does not hold the others up; one that the stock does
not allow holds the later ones of its item and warehouse, for their order is what the books would show.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from ..mappings.model import Ref, Value, Values
from ..mappings.shapes import SHAPES
from .feed_facts import Card, FeedFacts, Spot, asked, cards
from .ids import fingerprint, value_text
from .orders import Order, answer, group_orders
from .types import Draft, Event, Issue, Operation, ordered
from .world import World

__all__ = ["FeedPlan", "effects", "mark", "plan_events"]

#: Events that have no draft of their own: a person enters the document, and uchet finds it when it is posted.
ASKED = frozenset({"receipt", "return", "correction", "expense"})
INCOMING = frozenset({"receipt", "return"})
#: The first second of a draft's day and how many follow: the order inside a day is that of the recording.
_MORNING, _SECONDS = time(8), 36000


@dataclass
class FeedPlan:
    """What is planned so far. ``after``: event → where it will stand, where that is another place than now."""

    operations: list[Operation] = field(default_factory=list)
    issues: list[Issue] = field(default_factory=list)
    after: dict[str, Event] = field(default_factory=dict)

    def set(self, event: Event, state: str, reason: str = "", draft: str = "", attempt: int | None = None) -> None:
        told = event.attempt if attempt is None else attempt
        self.after[event.id] = replace(event, state=state, reason=reason, draft=draft, attempt=told)  # type: ignore[arg-type]


def effects(event: Event) -> list[tuple[str, Decimal]]:
    """(card, signed quantity in its unit): what the desk's stock did when the event was recorded."""
    if event.kind == "transfer":
        return [(event.supply, -event.quantity), (event.to, event.quantity)]
    if event.kind in INCOMING or event.kind == "correction":
        return [(event.supply, event.quantity)]
    return [(event.supply, -event.quantity)]


def mark(event: Event) -> Operation:
    """The local operation that says where ``event`` stands now."""
    attempt = str(event.attempt)
    return Operation(
        "", "mark", "desk", "movement", event.id, event.record,
        rule=event.state, label=event.reason, document=event.draft, key=attempt,
    )  # fmt: skip


def plan_events(world: World, facts: FeedFacts) -> FeedPlan:
    """Drafts, questions and marks for the events of the desk."""
    plan = FeedPlan()
    known = cards(facts, world.index)
    _answered(world, facts, plan)
    _taken_back(facts, plan)
    waiting = [e for e in facts.events if e.state == "pending" and e.id not in plan.after]
    waiting += [e for e in plan.after.values() if e.state == "pending"]
    queue = _Queue(world, facts, plan, known)
    # Events of a draft whose answer was lost first: they stand in that draft and in no other.
    for event in sorted(waiting, key=lambda e: (not e.draft, e.day, e.number)):
        queue.take(event)
    drafts, issues = group_orders(world, queue.orders())
    promised = {e.key: e for e in waiting if e.draft}
    for op in drafts:
        kept = [promised[k] for k in ordered(op.members) if k in promised]
        if all(e.draft == op.key for e in kept):
            plan.operations.append(op)
        else:
            _unsure(plan, kept)
    _undrafted(facts, plan, issues)
    return plan


def _unsure(plan: FeedPlan, events: Iterable[Event]) -> None:
    """A draft may still land, and can no longer be written as it was: writing another could double its events."""
    for event in events:
        plan.set(event, "pending", "feed_lost_write", event.draft)
        plan.issues.append(asked("feed_lost_write", f"{event.id}:lost", event.draft, name=event.label))


# -- what people did ---------------------------------------------------------------------------------------------------


def _answered(world: World, facts: FeedFacts, plan: FeedPlan) -> None:
    """Withdrawn events cross no more; edited ones are told; a refused draft's events cross anew if a person says so."""
    said = {d.id: choice for d in world.drafts if d.state == "refused" and (choice := answer(world, d))}
    for event in facts.events:
        if event.id in facts.withdrawn and event.state == "pending" and not event.draft:
            plan.set(event, "refused", "withdrawn")
        elif event.id in facts.withdrawn | facts.edited and event.draft and event.state != "refused":
            code = "feed_withdrawn" if event.id in facts.withdrawn else "feed_edited"
            plan.issues.append(asked(code, f"{event.id}:{code}", event.draft, name=event.label))
        elif event.state == "refused" and event.reason == "draft" and event.draft in said:
            if said[event.draft] == "take-desk":
                plan.set(event, "pending", attempt=event.attempt + 1)
            else:
                plan.set(event, "refused", "seen", event.draft)


def _taken_back(facts: FeedFacts, plan: FeedPlan) -> None:
    """An event and the one that takes it back, neither of them in the books: both are settled without a document."""
    by_record = {e.record: e for e in facts.events}
    for event in facts.events:
        first = by_record.get(event.reverses) if event.reverses else None
        if first is None or event.state != "pending" or event.draft or {event.id, first.id} & plan.after.keys():
            continue
        free = (first.state == "pending" and not first.draft) or (
            first.state == "refused" and first.reason != "taken_back"
        )
        if free and _opposite(first, event):
            plan.set(first, "refused", "taken_back")
            plan.set(event, "refused", "taken_back")


def _opposite(first: Event, event: Event) -> bool:
    """Whether the two leave the desk's stock as it was."""
    total: dict[str, Decimal] = {}
    for card, quantity in (*effects(first), *effects(event)):
        total[card] = total.get(card, Decimal(0)) + quantity
    return not any(total.values())


def _undrafted(facts: FeedFacts, plan: FeedPlan, issues: Iterable[Issue]) -> None:
    """Questions of ``group_orders`` as the feed's own, and the reason at the event."""
    by_key = {e.key: e for e in (*facts.events, *plan.after.values())}
    for issue in issues:
        event = by_key[issue.key.removeprefix("order:event:")]
        plan.issues.append(replace(issue, key=f"feed:{event.id}:order", kind="movement"))
        plan.set(event, "pending", issue.code, event.draft)


# -- the queue ---------------------------------------------------------------------------------------------------------


@dataclass
class _Group:
    """Events that will share a draft."""

    name: str
    orders: list[Order] = field(default_factory=list)


class _Queue:
    """Takes events in order; keeps what is left in stock, who waits for whom, and the drafts in the making."""

    def __init__(self, world: World, facts: FeedFacts, plan: FeedPlan, known: Mapping[str, Card]) -> None:
        self.world, self.facts, self.plan, self.known = world, facts, plan, known
        self.left = dict(facts.balance)
        self.held: set[Spot] = set()
        self.groups: list[_Group] = []
        self.open: dict[str, int] = {}
        self.last: dict[Spot, int] = {}
        for draft in world.drafts:
            if draft.state in ("open", "edited"):
                self._reserve(draft)

    def _reserve(self, draft: Draft) -> None:
        """Our drafts that are not posted yet will take their part."""
        for member in draft.members:
            row = {c.name: c.after for c in member.changes}
            spot = _spot(row, "from_place" if "from_place" in row else "place")
            quantity = row.get("quantity")
            if spot is not None and isinstance(quantity, Decimal):
                self._move(spot, -quantity)

    def _move(self, spot: Spot, quantity: Decimal) -> Decimal:
        where = self.facts.kept(spot)
        self.left[where] = self.left.get(where, Decimal(0)) + quantity
        return self.left[where]

    def take(self, event: Event) -> None:
        """One event: into a draft, or why not."""
        problem = self._problem(event)
        if problem is not None:
            code, params = problem
            self.plan.set(event, "pending", code, event.draft)
            told = {"name": event.label, "day": event.day.isoformat(), "item": self._label(event.supply), **params}
            facts = fingerprint({"quantity": event.quantity, **{k: str(v) for k, v in params.items()}})
            if code != "feed_behind":
                self.plan.issues.append(asked(code, f"{event.id}:{code}", facts, **told))
            return
        self._draft(event)

    def _label(self, card: str) -> str:
        return self.known[card].label if card in self.known else card

    def _problem(self, event: Event) -> tuple[str, dict[str, object]] | None:
        if event.day < self.facts.settings.start:
            return "feed_before_start", {"start": self.facts.settings.start.isoformat()}
        ends = [event.supply, event.to] if event.kind == "transfer" else [event.supply]
        for end in ends:
            card = self.known.get(end)
            if card is None or card.problem:
                return (card.problem if card else "feed_item_unknown"), {"units": card.units if card else ""}
        card = self.known[event.supply]
        if event.unit and event.unit != card.unit:
            return "feed_unit_changed", {"units": f"{event.unit} → {card.unit}"}
        quantity = card.to_book(event.quantity)
        if quantity is None or (event.kind != "correction" and quantity <= 0) or not quantity:
            return "feed_quantity", {"quantity": f"{event.quantity:f}", "units": card.units}
        if event.kind == "transfer" and not self._same_item(event):
            return "feed_two_items", {}
        if event.kind in ASKED:
            return self._asked(event, quantity)
        if event.draft:
            return None
        return self._unavailable(card, quantity, event)

    def _same_item(self, event: Event) -> bool:
        one, two = self.known[event.supply], self.known[event.to]
        return (one.spot[:2], one.factor) == (two.spot[:2], two.factor) and one.spot != two.spot

    def _asked(self, event: Event, quantity: Decimal) -> tuple[str, dict[str, object]]:
        facts: dict[str, object] = {"kind": event.kind, "quantity": f"{quantity:f}"}
        if event.kind == "return" and event.reverses not in self.facts.originals:
            return "feed_return_alone", facts
        return "feed_task", facts

    def _unavailable(self, card: Card, quantity: Decimal, event: Event) -> tuple[str, dict[str, object]] | None:
        spot = self.facts.kept(card.spot)
        if spot in self.held:
            return "feed_behind", {}
        left = self.left.get(spot, Decimal(0))
        if left < quantity:
            self.held.add(spot)
            return "feed_negative", {"quantity": f"{quantity:f}", "left": f"{left:f}"}
        day = self._day(card, event.day)
        if day > self.world.today.date() and day != event.day:
            self.held.add(spot)
            return "feed_closed", {"until": (day - timedelta(days=1)).isoformat()}
        return None

    # -- drafts ---------------------------------------------------------------------------------------------------

    def _day(self, card: Card, day: date) -> date:
        """The event's own day, or the first open one."""
        until = self.facts.closed.get(card.spot[1])
        return day if until is None or day > until else until + timedelta(days=1)

    def _draft(self, event: Event) -> None:
        card = self.known[event.supply]
        quantity = card.to_book(event.quantity) or Decimal(0)
        self._move(card.spot, -quantity)
        document, header, row = self._roles(event, card, quantity)
        day, note = self._day(card, event.day), ""
        if day != event.day:
            until = (day - timedelta(days=1)).strftime("%d.%m.%Y")
            note = f"фактическая дата {event.day:%d.%m.%Y}, период закрыт по {until}"
        moment = datetime.combine(day, _MORNING) + timedelta(seconds=event.number % _SECONDS)
        order = Order(document, event.key, event.label, header, (row,), note, moment)
        self._put(order, event, {self.facts.kept(s) for s in self._spots(event)})

    def _spots(self, event: Event) -> list[Spot]:
        return [self.known[c].spot for c, _ in effects(event)]

    def _roles(self, event: Event, card: Card, quantity: Decimal) -> tuple[str, Values, Values]:
        """Which document, with what in its header and in the row. Roles that the document has no place for stay with
        us: by them a posted document is compared with what was meant."""
        item, org, place = card.spot
        header: dict[str, Value] = {"organization": Ref("book", "organization", org)}
        where = Ref("book", "place", place)
        row: dict[str, Value] = {"item": Ref("book", "item", item), "quantity": quantity, **header}
        if event.kind == "transfer":
            ends = {"from_place": where, "to_place": Ref("book", "place", self.known[event.to].spot[2])}
            return "stock_transfer", {**header, **ends}, {**row, **ends}
        header["place"] = row["place"] = where
        if event.kind == "write_off":
            return "write_off_stock", header, row
        if event.person is None:
            return "consume", {**header, "department": event.department}, row
        if "issue_person" in self.world.book_map.documents:
            return "issue_person", {**header, "person": event.person}, row
        return "put_in_use", header, {**row, "person": event.person}

    def _put(self, order: Order, event: Event, spots: set[Spot]) -> None:
        """Into the draft of its like, unless an event of the same item stands in a later one."""
        shared = ("organization", *SHAPES[order.document].group)
        day = order.day.date() if isinstance(order.day, datetime) else order.day
        name = "|".join([order.document, *(value_text(order.header.get(r)) for r in shared), str(day)])
        if event.draft:
            name = event.draft
        elif self.facts.settings.group == "ticket":
            name += f"|{event.ticket or event.id}"
        at = self.open.get(name)
        newest = max((self.last.get(s, -1) for s in spots), default=-1)
        full = at is not None and len(self.groups[at].orders) >= self.facts.settings.most
        if at is None or ((newest > at or full) and not event.draft):
            at = self.open[name] = len(self.groups)
            self.groups.append(_Group(name))
        self.groups[at].orders.append(order)
        self.last.update(dict.fromkeys(spots, at))

    def orders(self) -> list[Order]:
        """All orders; those that share a draft share its moment, the first one's."""
        return [replace(o, day=group.orders[0].day) for group in self.groups for o in group.orders]


def _spot(row: Mapping[str, Value], place: str) -> Spot | None:
    item, org, where = row.get("item"), row.get("organization"), row.get(place)
    if not isinstance(item, Ref) or not isinstance(org, Ref):
        return None
    return item.id, org.id, where.id if isinstance(where, Ref) else ""
