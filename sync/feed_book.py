"""What the books posted becomes movements of the desk's stock: each quantity once, whatever happens to documents.

A document's effect on one card is a running account: what its records say now, less what crossed already (as the desk
read it back), less what the desk itself had recorded and we drafted. The rest crosses as one movement whose key is the
document, the card and how many crossed before; so a repeat finds the first one's record, a document that was edited or
taken back crosses once more as a correction, and what we wrote ourselves never returns. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from ..mappings.model import Ref, Value
from .feed import FeedPlan, effects, mark
from .feed_facts import KIND, Card, FeedFacts, Spot, asked, cards, spot_of
from .ids import create_key, fingerprint
from .orders import is_order
from .types import Draft, Event, FieldChange, Issue, Link, Operation
from .world import World

__all__ = ["CLAIM", "claim_of", "crossing_id", "marks", "plan_entries", "remainders"]

CLAIM = "claim"
#: (document, spot): one running account.
Account = tuple[str, Spot]
ZERO = Decimal(0)
#: Kinds of event for which a person enters the document.
_AWAITED = frozenset({"feed_task", "feed_return_alone"})


@dataclass(frozen=True, slots=True)
class Entry:
    """What the books' records of one document do at one spot, in the books' unit; the day of the latest."""

    quantity: Decimal
    day: date


def crossing_id(account: Account, number: int) -> str:
    """The book's id of a crossing: document, item, organisation, place, and how many crossed before it."""
    return "|".join([account[0], *account[1], str(number)])


def claim_of(account: Account, quantity: Decimal) -> str:
    """The document of the books that an event was found to be."""
    return "|".join([CLAIM, account[0], *account[1], f"{quantity:f}"])


def plan_entries(world: World, facts: FeedFacts, plan: FeedPlan) -> None:
    """Movements to write on the desk, questions about those that cannot be, events whose document was found."""
    known = cards(facts, world.index)
    by_spot = _by_spot(known.values())
    books = _accounts(facts)
    crossed = _crossed(facts.links)
    ours = _drafted(world.drafts)
    taken = _claimed(facts.claims)
    shown = {document for document, _ in books}
    units = {tuple(link.book.split("|")[1:4]): link.rule for link in facts.links}
    for account in sorted({*books, *crossed, *(one for one in ours if one[0] in shown)}):
        entry = books.get(account)
        # Gone from a whole listing: taken back. A draft of our own that is posted no more is asked about.
        if entry is None and not (facts.entries.complete and (account[0] in shown or account not in ours)):
            continue
        before, count, day = crossed.get(account, (ZERO, 0, facts.settings.start))
        rest = (entry.quantity if entry else ZERO) - before - ours.get(account, ZERO) - taken.get(account, ZERO)
        if rest and entry and not count:
            rest -= _claim(facts, plan, known, account, rest)
        if rest:
            crossing = _Crossing(account, rest, count, entry.day if entry else day, units.get(account[1], ""))
            _cross(world, facts, plan, by_spot, crossing)
    _lost_documents(world, facts, plan, shown, ours)


# -- accounts ----------------------------------------------------------------------------------------------------------


def _accounts(facts: FeedFacts) -> dict[Account, Entry]:
    """Every document's effect per spot, from the day on which the feed began."""
    found: dict[Account, Entry] = {}
    for record in facts.entries.records.values():
        day, document = record.values.get("date"), record.values.get("document")
        if not isinstance(day, date) or day < facts.settings.start or not document:
            continue
        for item, place, name, sign in (("item", "place", "quantity", -1), ("to_item", "to_place", "to_quantity", 1)):
            spot, quantity = spot_of(record, item, place), record.values.get(name)
            if record.values.get("direction") == "in":
                sign = 1
            if spot is None or not isinstance(quantity, Decimal):
                continue
            old = found.get((str(document), spot), Entry(ZERO, day))
            found[(str(document), spot)] = Entry(old.quantity + sign * quantity, max(old.day, day))
    return found


def _crossed(links: Iterable[Link]) -> dict[Account, tuple[Decimal, int, date]]:
    """What crossed per account: the sum as the desk read it back (books' unit), how many, the latest day."""
    found: dict[Account, tuple[Decimal, int, date]] = {}
    for link in links:
        document, item, org, place, number = link.book.split("|")
        quantity, kind = link.seen.desk.get("quantity"), link.seen.desk.get("type")
        if not isinstance(quantity, Decimal):
            continue
        sign = -1 if kind == "expense" else 1
        value = sign * quantity * Decimal(link.rule.rpartition("× ")[2] or 1)
        account = (document, (item, org, place))
        day = link.seen.book.get("date")
        before, count, old = found.get(account, (ZERO, 0, date.min))
        newest = max(old, day) if isinstance(day, date) else old
        found[account] = (before + value, max(count, int(number) + 1), newest)
    return found


def _drafted(drafts: Iterable[Draft]) -> dict[Account, Decimal]:
    """What the events in our drafts did on the desk already, by the draft's document."""
    found: dict[Account, Decimal] = {}
    for draft in drafts:
        for member in draft.members if draft.members and is_order(draft.members[0]) else ():
            row: dict[str, Value] = {c.name: c.after for c in member.changes}
            quantity = row.get("quantity")
            if not isinstance(quantity, Decimal):
                continue
            for name, sign in (("place", -1), ("from_place", -1), ("to_place", 1)):
                item, org, place = row.get("item"), row.get("organization"), row.get(name)
                if isinstance(item, Ref) and isinstance(org, Ref) and isinstance(place, Ref):
                    account = (draft.ref, (item.id, org.id, place.id))
                    found[account] = found.get(account, ZERO) + sign * quantity
    return found


def _claimed(claims: Iterable[Event]) -> dict[Account, Decimal]:
    found: dict[Account, Decimal] = {}
    for event in claims:
        _, document, item, org, place, quantity = event.draft.split("|")
        account = (document, (item, org, place))
        found[account] = found.get(account, ZERO) + Decimal(quantity)
    return found


def _by_spot(found: Iterable[Card]) -> dict[Spot, list[Card]]:
    by_spot: dict[Spot, list[Card]] = {}
    for card in found:
        if not card.problem:
            by_spot.setdefault(card.spot, []).append(card)
    return by_spot


# -- one account -------------------------------------------------------------------------------------------------------


def _claim(facts: FeedFacts, plan: FeedPlan, known: Mapping[str, Card], account: Account, rest: Decimal) -> Decimal:
    """An event of the desk that waits for exactly this document: the two are one. Quantities are alike, so which of two
    equal events is meant makes no difference to either stock."""
    for event in sorted(facts.events, key=lambda e: (e.day, e.number)):
        now = plan.after.get(event.id, event)
        card = known.get(event.supply)
        if now.state != "pending" or now.reason not in _AWAITED or card is None or card.spot != account[1]:
            continue
        (_, moved), *_ = effects(event)
        quantity = card.to_book(moved)
        if quantity == rest:
            plan.set(event, "posted", "found", claim_of(account, rest))
            plan.issues = [i for i in plan.issues if not i.key.startswith(f"feed:{event.id}:")]
            return rest
    return ZERO


@dataclass(frozen=True, slots=True)
class _Crossing:
    """What is left of an account: ``count`` crossed before, the last of them by ``units``."""

    account: Account
    rest: Decimal
    count: int
    day: date
    units: str


def _cross(
    world: World, facts: FeedFacts, plan: FeedPlan, by_spot: Mapping[Spot, list[Card]], crossing: _Crossing
) -> None:
    document, spot = crossing.account
    found = by_spot.get(spot, [])
    if not found and not _tracked(by_spot, spot):
        return  # an item that the desk does not keep
    number = facts.numbers.get(document, "")
    place = world.record("place", "book", spot[2])
    told = {
        "number": number or document,
        "item": _name(facts, spot[0]),
        "quantity": f"{crossing.rest:f}",
        "place": str(place.values.get("name")) if place else spot[2],
    }
    key = "|".join([document, *spot])
    if len(found) != 1:
        code = "feed_two_cards" if found else "feed_no_card"
        plan.issues.append(asked(code, key, fingerprint({"rest": crossing.rest}), **told))
        return
    (card,) = found
    quantity = card.to_desk(crossing.rest)
    if quantity is None or crossing.units not in ("", card.units):
        code = "feed_entry_unit" if quantity is None else "feed_units"
        told |= {"units": card.units, "before": crossing.units}
        issue = asked(code, key, fingerprint({"units": card.units, "rest": crossing.rest}), **told)
        # A change of units is a person's word, not ours.
        if quantity is None or world.choice(issue.key, issue.fingerprint) != "take-desk":
            plan.issues.append(issue)
            return
    plan.operations.append(_movement(world, card, crossing, quantity, number))


def _movement(world: World, card: Card, crossing: _Crossing, quantity: Decimal, number: str) -> Operation:
    id = crossing_id(crossing.account, crossing.count)
    kind = "correction" if crossing.count else "receipt" if quantity > 0 else "expense"
    values: dict[str, Value] = {
        "type": kind,
        "supply": Ref("desk", "supply", card.id),
        "quantity": quantity if kind == "correction" else abs(quantity),
        "date": crossing.day,
        "document": number,
    }
    changes = tuple(FieldChange(name, None, value) for name, value in values.items() if value not in (None, ""))
    key = create_key(world.pair, KIND, id)
    return Operation(
        "", "create", "desk", KIND, id, changes=changes, key=key, rule=card.units,
        scope=crossing.account[1][1], label=f"{card.label} {number}".strip(),
    )  # fmt: skip


def _tracked(by_spot: Mapping[Spot, list[Card]], spot: Spot) -> bool:
    return any((item, org) == spot[:2] for item, org, _ in by_spot)


def _name(facts: FeedFacts, item: str) -> str:
    record = facts.items.records.get(item)
    return str(record.values.get("name") or item) if record else item


def _lost_documents(
    world: World, facts: FeedFacts, plan: FeedPlan, shown: set[str], ours: Mapping[Account, Decimal]
) -> None:
    """A draft that was posted and agreed, and is posted no more: the desk still says what it did."""
    drafted = {document for document, _ in ours}
    for draft in world.drafts if facts.entries.complete else ():
        if draft.ref in drafted and draft.state == "agreed" and draft.ref not in shown:
            told = {"number": draft.number, "name": ", ".join(dict.fromkeys(m.label for m in draft.members))}
            plan.issues.append(asked("feed_unposted", f"draft:{draft.id}:unposted", draft.id, **told))


# -- conservation ------------------------------------------------------------------------------------------------------


def remainders(world: World, facts: FeedFacts, plan: FeedPlan) -> list[Issue]:
    """Per card: the desk's stock less the books', less every event and document still on its way. What is left is told
    with all figures, and written nowhere."""
    known = cards(facts, world.index)
    found: list[Issue] = []
    way: dict[str, Decimal] = {}
    for event in facts.events:
        now = plan.after.get(event.id, event)
        if now.state != "posted" and now.reason != "taken_back":
            for id, quantity in effects(event):
                way[id] = way.get(id, ZERO) + quantity
    coming: dict[Spot, Decimal] = {}
    for op in plan.operations:
        if op.action == "create" and op.book:
            _, item, org, place, _ = op.book.split("|")
            values = {c.name: c.after for c in op.changes}
            sign = -1 if values["type"] == "expense" else 1
            spot = (item, org, place)
            coming[spot] = coming.get(spot, ZERO) + sign * values["quantity"]  # type: ignore[operator]
    for card in known.values():
        if card.problem or facts.kept(card.spot) != card.spot:
            continue
        books = facts.balance.get(card.spot, ZERO)
        open_ = way.get(card.id, ZERO) - coming.get(card.spot, ZERO)
        rest = (card.quantity - open_) * card.factor - books
        if rest:
            told = {"desk": f"{card.quantity:f}", "book": f"{books:f}", "open": f"{open_:f}", "rest": f"{rest:f}"}
            issue = asked("feed_balance", f"balance:{card.id}", fingerprint({"rest": rest}), name=card.label, **told)
            found.append(replace(issue, desk=card.id))
    return found


def marks(plan: FeedPlan, facts: FeedFacts) -> list[Operation]:
    """The local operations for what changed about events."""
    old = {event.id: event for event in facts.events}
    return [mark(event) for id, event in sorted(plan.after.items()) if event != old.get(id)]
