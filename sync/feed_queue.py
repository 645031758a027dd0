"""Events of stock in the order in which they happened: into which draft each goes, or why it waits.

Keeps what is left in stock, who waits for whom, and the drafts in the making. Pure.
"""

from __future__ import annotations

from array import array
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from ..i18n import N_, tr
from ..mappings.model import Ref, Value, Values
from ..mappings.shapes import SHAPES
from .feed_facts import Card, FeedFacts, Spot, asked, drafted
from .feed_plan import KITS, FeedPlan, effects
from .ids import fingerprint, value_text
from .orders import Order
from .types import Draft, Event, Part
from .world import World

__all__ = ["Group", "Queue", "day_note", "drafts_kits", "open_day", "sliced"]

#: Events that have no draft of their own: a person enters the document, and uchet finds it when it is posted.
ASKED = frozenset({"receipt", "return", "correction", "expense"})
#: The first second of a draft's day and how many follow: the order inside a day is that of the recording.
_MORNING, _SECONDS, _EVENING = time(8), 36000, time(23, 59, 59)
#: What stands in the comment of a draft that could not get its own day.
_LATE = N_("actual date {day}, the period is closed until {until}")


def open_day(facts: FeedFacts, organization: str, day: date) -> date:
    """The event's own day, or the first open one."""
    until = facts.closed.get(organization)
    return day if until is None or day > until else until + timedelta(days=1)


def day_note(world: World, actual: date, day: date) -> str:
    """Why a draft is dated ``day``; "" where that is its own day."""
    if day == actual:
        return ""
    until = f"{day - timedelta(days=1):%d.%m.%Y}"
    return tr(_LATE, world.settings.language, day=f"{actual:%d.%m.%Y}", until=until)


@dataclass(slots=True)
class Group:
    """Events that will share a draft, by their numbers: its moment, the organisation and how many rows it has. The
    rows themselves are made when the draft is: events are many."""

    moment: datetime
    organization: str
    numbers: array[int] = field(default_factory=lambda: array("q"))
    rows: int = 0


def sliced(groups: Iterable[Group], size: int) -> list[list[Group]]:
    """``groups`` in order, in slices of up to ``size`` events; no group is divided."""
    found: list[list[Group]] = []
    room = 0
    for group in groups:
        if not found or len(group.numbers) > room:
            found.append([])
            room = size
        found[-1].append(group)
        room -= len(group.numbers)
    return found


class Queue:
    """Takes events in order; keeps what is left in stock, who waits for whom, and the drafts in the making.
    ``originals``: by the desk's id, the events that others take back."""

    def __init__(
        self, world: World, facts: FeedFacts, plan: FeedPlan, known: Mapping[str, Card], originals: Collection[str]
    ) -> None:
        self.world, self.facts, self.plan, self.known, self.originals = world, facts, plan, known, originals
        self.left = dict(facts.balance)
        self.held: set[Spot] = set()
        self.groups: list[Group] = []
        self.open: dict[str, int] = {}
        self.last: dict[Spot, int] = {}
        self.latest: dict[date, tuple[int, datetime]] = {}
        for draft in world.drafts:
            if draft.state in ("open", "edited"):
                self._reserve(draft)

    def _reserve(self, draft: Draft) -> None:
        """Our drafts that are not posted yet will take their part."""
        for member in draft.members:
            for spot, quantity in drafted(member):
                if quantity < 0:
                    self._move(spot, quantity)

    def _move(self, spot: Spot, quantity: Decimal) -> None:
        where = self.facts.kept(spot)
        self.left[where] = self.left.get(where, Decimal(0)) + quantity

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
        for line in _lines(event):
            problem = self._unfit(line, event.kind == "correction")
            if problem is not None:
                return problem
        if event.kind == "transfer" and not self._same_item(event):
            return "feed_two_items", {}
        if event.kind in KITS and not self._one_place(event):
            return "feed_kit_places", {}
        if event.kind in ASKED:
            return self._asked(event, self._book(event.supply, event.quantity))
        if event.kind == "disassembly" or (event.kind in KITS and not drafts_kits(self.world)):
            return "feed_kit_task", {"lines": self._told(event)}
        return None if event.draft else self._unavailable(event)

    def _unfit(self, line: Part, signed: bool) -> tuple[str, dict[str, object]] | None:
        """Why a line means nothing in the books."""
        card = self.known.get(line.supply)
        if card is None or card.problem:
            return (card.problem if card else "feed_item_unknown"), {"units": card.units if card else ""}
        if line.unit and line.unit != card.unit:
            return "feed_unit_changed", {"units": f"{line.unit} → {card.unit}"}
        quantity = card.to_book(line.quantity)
        if quantity is None or (not signed and quantity <= 0) or not quantity:
            return "feed_quantity", {"quantity": f"{line.quantity:f}", "units": card.units}
        return None

    def _book(self, card: str, quantity: Decimal) -> Decimal:
        return self.known[card].to_book(quantity) or Decimal(0)

    def _one_place(self, event: Event) -> bool:
        spots = {self.known[line.supply].spot[1:] for line in _lines(event)}
        return bool(event.parts) and len(spots) == 1

    def _told(self, event: Event) -> str:
        """The lines of an event in words: what the accountant needs where we draft nothing."""
        signed = [(self._label(card), self._book(card, quantity)) for card, quantity in effects(event)]
        return ", ".join(f"{label} {quantity:+f}" for label, quantity in signed)

    def _same_item(self, event: Event) -> bool:
        one, two = self.known[event.supply], self.known[event.to]
        return (one.spot[:2], one.factor) == (two.spot[:2], two.factor) and one.spot != two.spot

    def _asked(self, event: Event, quantity: Decimal) -> tuple[str, dict[str, object]]:
        facts: dict[str, object] = {"kind": event.kind, "quantity": f"{quantity:f}"}
        if event.kind == "return" and event.reverses not in self.originals:
            return "feed_return_alone", facts
        return "feed_task", facts

    def _unavailable(self, event: Event) -> tuple[str, dict[str, object]] | None:
        """Why what leaves stock cannot leave it yet; the later events of these spots wait behind it."""
        needed: dict[Spot, Decimal] = {}
        for card, quantity in effects(event):
            if quantity < 0:
                spot = self.facts.kept(self.known[card].spot)
                needed[spot] = needed.get(spot, Decimal(0)) + self._book(card, -quantity)
        if self.held & needed.keys():
            self.held |= needed.keys()
            return "feed_behind", {}
        for spot, quantity in needed.items():
            left = self.left.get(spot, Decimal(0))
            if left < quantity:
                self.held |= needed.keys()
                return "feed_negative", {"quantity": f"{quantity:f}", "left": f"{left:f}"}
        day = open_day(self.facts, self.known[event.supply].spot[1], event.day)
        if day > self.world.today.date() and day != event.day:
            self.held |= needed.keys()
            return "feed_closed", {"until": (day - timedelta(days=1)).isoformat()}
        return None

    # -- drafts ---------------------------------------------------------------------------------------------------

    def _draft(self, event: Event) -> None:
        for one, moved in effects(event):
            if moved < 0:
                self._move(self.known[one].spot, -self._book(one, -moved))
        self._put(self._order(event), event, {self.facts.kept(self.known[c].spot) for c, _ in effects(event)})

    def _order(self, event: Event, moment: datetime | None = None) -> Order:
        """What ``event`` is in the books; its draft is of ``moment``."""
        card = self.known[event.supply]
        quantity = self._book(event.supply, event.quantity)
        if event.kind in KITS:
            document, header, rows = self._kit(event, card, quantity)
        else:
            document, header, row = self._roles(event, card, quantity)
            rows = (row,)
        day = open_day(self.facts, card.spot[1], event.day)
        note = day_note(self.world, event.day, day)
        return Order(document, event.key, event.label, header, rows, note, moment or day)

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

    def _kit(self, event: Event, card: Card, quantity: Decimal) -> tuple[str, Values, tuple[Values, ...]]:
        """A thing made of parts. What is made stands in the header of the document; it goes along with the first row,
        so that a draft's rows alone say all that it does to stock."""
        item, org, place = card.spot
        where: dict[str, Value] = {
            "organization": Ref("book", "organization", org),
            "place": Ref("book", "place", place),
        }
        made: dict[str, Value] = {"item": Ref("book", "item", item), "quantity": quantity}
        rows: list[Values] = [
            {
                **where,
                "item": Ref("book", "item", self.known[part.supply].spot[0]),
                "quantity": self._book(part.supply, part.quantity),
                "share": part.share if part.share is not None else Decimal(1),
            }
            for part in event.parts
        ]
        rows[0] = {**rows[0], "to_item": made["item"], "to_quantity": quantity}
        return "assemble", {**where, **made}, tuple(rows)

    def _put(self, order: Order, event: Event, spots: set[Spot]) -> None:
        """Into the draft of its like, unless an event of the same item stands in a later one."""
        shared = ("organization", *SHAPES[order.document].group)
        name = "|".join([order.document, *(value_text(order.header.get(r)) for r in shared), str(order.day)])
        if event.draft:
            name = event.draft
        elif self.facts.settings.group == "ticket":
            name += f"|{event.ticket or event.id}"
        at = self.open.get(name)
        newest = max((self.last.get(s, -1) for s in spots), default=-1)
        full = at is not None and len(self.groups[at].numbers) >= self.facts.settings.most
        if at is None or ((newest > at or full) and not event.draft):
            at = self.open[name] = len(self.groups)
            moment = self._moment(order.day or event.day, event.number)
            self.groups.append(Group(moment, self.known[event.supply].spot[1]))
        self.groups[at].numbers.append(event.number)
        self.groups[at].rows += len(order.rows)
        self.last.update(dict.fromkeys(spots, at))

    def _moment(self, day: date, number: int) -> datetime:
        """When in its day a new draft stands: by the number of its first event. Numbers begin again at some point of a
        day; what was recorded later still stands later, for in this order the documents are posted."""
        moment = datetime.combine(day, _MORNING) + timedelta(seconds=number % _SECONDS)
        last, before = self.latest.get(day, (-1, moment))
        if number > last:
            if last >= 0 and moment <= before:
                moment = min(before + timedelta(seconds=1), datetime.combine(day, _EVENING))
            self.latest[day] = number, moment
        return moment

    def orders(self, groups: Sequence[Group]) -> tuple[list[Event], list[Order]]:
        """The events of ``groups`` and their orders; those that share a draft share its moment. What was found in the
        books since, in a document of a person's own, is no draft of ours any more."""
        numbers = array("q", (number for group in groups for number in group.numbers))
        moments = (group.moment for group in groups for _ in group.numbers)
        events = map(self.plan.now, self.facts.events.numbered(numbers))
        still = [(e, moment) for e, moment in zip(events, moments, strict=True) if e.state == "pending"]
        return [event for event, _ in still], [self._order(event, moment) for event, moment in still]


def _lines(event: Event) -> list[Part]:
    """Every card that an event names, with how much of it."""
    found = [Part(event.supply, event.quantity, event.unit), *event.parts]
    return [*found, Part(event.to, event.quantity, event.unit)] if event.kind == "transfer" else found


def drafts_kits(world: World) -> bool:
    """Whether this base has a document for assemblies, as the mapping calls it."""
    return "assemble" in world.book_map.documents and "assemble" not in world.undocumented
