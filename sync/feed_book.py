"""What the books posted becomes movements of the desk's stock: each quantity once, whatever happens to documents.

A document's effect on one card is a running account: what its records say now, less what crossed already (as the desk
read it back), less what the desk itself had recorded and we drafted. The rest crosses as one movement whose key is the
document, the card and how many crossed before; so a repeat finds the first one's record, a document that was edited or
taken back crosses once more as a correction, and what we wrote ourselves never returns. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from ..mappings.model import Ref, Value
from .feed_facts import KIND, Card, FeedFacts, Spot, asked, by_spot_of, cards, drafted, ends_of
from .feed_plan import FeedPlan, effects, mark
from .ids import create_key, fingerprint
from .orders import is_order
from .types import Claim, Draft, Event, FieldChange, Link, Operation, Seen
from .world import World

__all__ = ["crossing_id", "marks", "plan_entries"]

#: (document, spot): one running account.
Account = tuple[str, Spot]
ZERO = Decimal(0)
#: Why an event waits for a document that a person enters.
_AWAITED = frozenset({"feed_task", "feed_return_alone", "feed_kit_task", "order_no_document"})


@dataclass(frozen=True, slots=True)
class Entry:
    """What the books' records of one document do at one spot, in the books' unit; the day of the latest."""

    quantity: Decimal
    day: date


def crossing_id(account: Account, number: int) -> str:
    """The book's id of a crossing: document, item, organisation, place, and how many crossed before it."""
    return "|".join([account[0], *account[1], str(number)])


def plan_entries(world: World, facts: FeedFacts, plan: FeedPlan) -> None:
    """Movements to write on the desk, questions about those that cannot be, events whose document was found."""
    known = cards(facts, world.index)
    by_spot = by_spot_of(facts, known.values())
    books = _accounts(facts)
    crossed = _crossed(facts)
    taken = _claimed(facts)
    shown = {document for document, _ in books}
    # Drafts that wait for the accountant may be many: of a document that did nothing yet there is no account.
    moved = shown | {document for document, _ in crossed}
    ours = _drafted(facts, (draft for draft in world.drafts if draft.ref in moved))
    units = {tuple(link.book.split("|")[1:4]): str(link.seen.book.get("units") or "") for link in facts.links}
    left: list[_Crossing] = []
    for account in sorted({*books, *crossed, *(one for one in ours if one[0] in shown)}):
        entry = books.get(account)
        # Gone from a whole listing: taken back. A draft of our own that is posted no more is asked about.
        if entry is None and not (facts.entries.complete and (account[0] in shown or account not in ours)):
            continue
        before, count, day = crossed.get(account, (ZERO, 0, facts.settings.start))
        rest = (entry.quantity if entry else ZERO) - before - ours.get(account, ZERO) - taken.get(account, ZERO)
        if rest:
            left.append(_Crossing(account, rest, count, entry.day if entry else day, units.get(account[1], "")))
    found = _find(facts, plan, known, {c.account: c.rest for c in left if c.account in books and not c.count})
    for crossing in left:
        if crossing.account not in found:
            _cross(world, facts, plan, by_spot, crossing)
    _lost_documents(world, facts, plan, shown)


# -- accounts ----------------------------------------------------------------------------------------------------------


def _accounts(facts: FeedFacts) -> dict[Account, Entry]:
    """Every document's effect per spot, from the day on which the feed began."""
    found: dict[Account, Entry] = {}
    for record in facts.entries.records.values():
        day, document = record.values.get("date"), record.values.get("document")
        if not isinstance(day, date) or day < facts.settings.start or not document:
            continue
        for spot, quantity in ends_of(record):
            account = (str(document), facts.kept(spot))
            old = found.get(account, Entry(ZERO, day))
            found[account] = Entry(old.quantity + quantity, max(old.day, day))
    return found


def _crossed(facts: FeedFacts) -> dict[Account, tuple[Decimal, int, date]]:
    """What crossed per account: the sum as the desk read it back (books' unit), how many, the latest day."""
    found: dict[Account, tuple[Decimal, int, date]] = {}
    for link in facts.links:
        document, item, org, place, number = link.book.split("|")
        moved = _moved(link)
        if moved is None:
            continue
        account = (document, facts.kept((item, org, place)))
        day = link.seen.book.get("date")
        before, count, old = found.get(account, (ZERO, 0, date.min))
        newest = max(old, day) if isinstance(day, date) else old
        found[account] = (before + moved, max(count, int(number) + 1), newest)
    return found


def _moved(link: Link) -> Decimal | None:
    """What a movement that crossed did on the desk, in the books' unit by the coefficient it crossed with."""
    quantity, factor = link.seen.desk.get("quantity"), link.seen.book.get("factor")
    if not isinstance(quantity, Decimal):
        return None
    sign = -1 if link.seen.desk.get("type") == "expense" else 1
    return sign * quantity * (factor if isinstance(factor, Decimal) else 1)


def _drafted(facts: FeedFacts, drafts: Iterable[Draft]) -> dict[Account, Decimal]:
    """What the events in our drafts did on the desk already, by the draft's document."""
    found: dict[Account, Decimal] = {}
    for draft in drafts:
        for spot, quantity in _rows(draft):
            account = (draft.ref, facts.kept(spot))
            found[account] = found.get(account, ZERO) + quantity
    return found


def _rows(draft: Draft) -> list[tuple[Spot, Decimal]]:
    """What the rows of a draft for events do to the stock of the books."""
    members = draft.members if draft.members and is_order(draft.members[0]) else ()
    return [effect for member in members for effect in drafted(member)]


def _claimed(facts: FeedFacts) -> dict[Account, Decimal]:
    found: dict[Account, Decimal] = {}
    for claim in (claim for event in facts.claims for claim in event.claims):
        account = (claim.document, facts.kept((claim.item, claim.organization, claim.place)))
        found[account] = found.get(account, ZERO) + claim.quantity
    return found


# -- documents that a person entered -----------------------------------------------------------------------------------


def _find(
    facts: FeedFacts, plan: FeedPlan, known: Mapping[str, Card], rests: Mapping[Account, Decimal]
) -> set[Account]:
    """Accounts of documents that events of the desk wait for: the two are one. A document is an event's own where it
    does all that the event did and in the same quantities, so which of two equal events is meant makes no difference
    to either stock."""
    taken: set[Account] = set()
    by_effect: dict[tuple[Spot, Decimal], list[str]] = {}
    for (document, spot), rest in rests.items():
        by_effect.setdefault((spot, rest), []).append(document)
    waiting = map(plan.now, facts.events if by_effect else ())
    awaited = [event for event in waiting if event.state == "pending" and event.reason in _AWAITED]
    for now in sorted(awaited, key=lambda e: (e.day, e.number)):
        done = _in_books(facts, known, now)
        for document in by_effect.get(done[0], ()) if done else ():
            accounts = [(document, spot) for spot, _ in done]
            if not taken.intersection(accounts) and all(rests.get((document, s)) == q for s, q in done):
                taken.update(accounts)
                plan.found(now, [Claim(document, *spot, quantity) for spot, quantity in done])
                break
    return taken


def _in_books(facts: FeedFacts, known: Mapping[str, Card], event: Event) -> list[tuple[Spot, Decimal]]:
    """What ``event`` would do in the books, spot by spot; nothing where a card or a quantity means nothing there."""
    found: dict[Spot, Decimal] = {}
    for id, quantity in effects(event):
        card = known.get(id)
        exact = card.to_book(quantity) if card is not None and not card.problem else None
        if card is None or exact is None:
            return []
        spot = facts.kept(card.spot)
        found[spot] = found.get(spot, ZERO) + exact
    return [(spot, quantity) for spot, quantity in sorted(found.items()) if quantity]


# -- one account -------------------------------------------------------------------------------------------------------


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
        "", "create", "desk", KIND, id, changes=changes, key=key,
        scope=crossing.account[1][1], label=f"{card.label} {number}".strip(),
        seen=Seen(book={"units": card.units, "factor": card.factor}),
    )  # fmt: skip


def _tracked(by_spot: Mapping[Spot, list[Card]], spot: Spot) -> bool:
    return any((item, org) == spot[:2] for item, org, _ in by_spot)


def _name(facts: FeedFacts, item: str) -> str:
    record = facts.items.records.get(item)
    return str(record.values.get("name") or item) if record else item


def _lost_documents(world: World, facts: FeedFacts, plan: FeedPlan, shown: set[str]) -> None:
    """A draft that was posted and agreed, and is posted no more: the desk still says what it did."""
    for draft in world.drafts if facts.entries.complete else ():
        if draft.state == "agreed" and draft.ref not in shown and _rows(draft):
            told = {"number": draft.number, "name": ", ".join(dict.fromkeys(m.label for m in draft.members))}
            plan.issues.append(asked("feed_unposted", f"draft:{draft.id}:unposted", draft.id, **told))


def marks(plan: FeedPlan) -> list[Operation]:
    """The local operations for what changed about events."""
    return [mark(event) for id, event in sorted(plan.after.items()) if event != plan.before[id]]
