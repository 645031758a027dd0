"""Work on equipment that the desk recorded: repair and warranty, upgrade, swap. What the books need, and who says.

Most of it needs no document of ours: a repair is the accountant's, a swap is two moves that the merge drafts anyway, a
part that was fitted leaves stock by a movement of its own. What is left are questions, and the document of an upgrade
for a fixed asset once the accountant has said that it is one. Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Any, Literal

from ..i18n import N_, tr
from ..mappings.model import Ref, Value
from .feed_facts import FeedFacts, asked
from .feed_plan import UNSTOCKED, FeedPlan
from .feed_queue import day_note, open_day
from .ids import fingerprint
from .orders import Order
from .types import UNIT, Event, Link, Record
from .world import World, label_of

__all__ = ["MODERNIZATION", "WORKS", "acts", "plan_works", "proposal"]

WORKS = UNSTOCKED
#: Kinds of component that bring back what was there, and those that make the thing better.
_RESTORING = frozenset({"psu", "ups_battery", "keyboard"})
_IMPROVING = frozenset({"ram", "cpu", "video", "network"})
_ACT = N_("swap by act {act}: {old} → {new}")
#: The event's reason while its draft is wanted, because the accountant said so.
MODERNIZATION = "modernization"
_CODES = {"repair": "work_repair", MODERNIZATION: "work_modernization", "": "work_undecided"}
Proposal = Literal["repair", "modernization", ""]


def proposal(told: Mapping[str, Value]) -> Proposal:
    """Repair (the same function restored) or modernization (better than before), as far as what the desk says tells;
    "" where it does not. The specialist's own word comes first, then the sizes, then the kind of component."""
    effect, kind = told.get("effect"), told.get("component")
    before, after = told.get("size_before"), told.get("size_after")
    if effect in ("restored", "improved"):
        return "repair" if effect == "restored" else "modernization"
    if isinstance(before, Decimal) and isinstance(after, Decimal):
        return "repair" if before == after else "modernization" if after > before else ""
    if kind in _RESTORING:
        return "repair"
    return "modernization" if kind in _IMPROVING else ""


def plan_works(world: World, facts: FeedFacts, plan: FeedPlan, events: Iterable[Event]) -> list[Order]:
    """Marks and questions for works, and the orders of those that become a draft."""
    waiting = sorted(events, key=lambda e: (e.day, e.number))
    ended = {str(e.told["follows"]) for e in waiting if e.told.get("follows")}
    orders: list[Order] = []
    for event in waiting:
        if event.day < facts.settings.start:
            _ask(world, plan, event, "feed_before_start", start=facts.settings.start.isoformat())
        elif event.kind == "sent":
            _sent(world, plan, event, ended)
        elif event.kind == "upgrade":
            orders += _upgrade(world, facts, plan, event)
        else:
            _PLANNERS[event.kind](world, plan, event)
    return orders


def acts(world: World) -> dict[str, str]:
    """The desk's id of a thing → what stands in the comment of the draft that moves it: one act, two movements."""
    found: dict[str, str] = {}
    for event in world.feed.works if world.feed else ():
        if event.kind == "swap" and event.state == "pending" and event.asset and event.other:
            names = {"old": _thing(world, event.asset), "new": _thing(world, event.other)}
            text = tr(_ACT, world.settings.language, act=event.told.get("act") or event.label, **names)
            found |= {event.asset.id: text, event.other.id: text}
    return found


# -- repair and warranty -----------------------------------------------------------------------------------------------


def _sent(world: World, plan: FeedPlan, event: Event, ended: set[str]) -> None:
    """Away until it comes back; the books have no posting for that."""
    if event.record in ended:
        plan.set(event, "posted", "ended")
        return
    due = event.told.get("due")
    today = world.today.date()
    if due is not None and due < today:  # type: ignore[operator]
        _ask(world, plan, event, "work_overdue", due=str(due), days=(today - due).days)  # type: ignore[operator]
        return
    plan.set(event, "pending", "work_away", event.draft)


def _returned(world: World, plan: FeedPlan, event: Event) -> None:
    """A repair that cost something is the accountant's: service and parts. One for nothing needs no document."""
    cost, until = event.told.get("cost"), event.told.get("warranty")
    if not isinstance(cost, Decimal) or cost <= 0:
        plan.set(event, "posted", "no_document")
        return
    warranted = until is not None and until >= event.day  # type: ignore[operator]
    code = "work_paid_warranty" if warranted else "work_paid"
    _told(world, plan, event, code, cost=f"{cost:f}", until=str(until or ""))


def _replaced(world: World, plan: FeedPlan, event: Event) -> None:
    """Another unit came back. The serial number on the card follows the desk; the rest is the accountant's."""
    link = _link(world, event)
    card = world.record("equipment", "book", link.book) if link else None
    shown = str(card.values.get("serial") or "") if card else ""
    serials = {name: str(event.told.get(name) or "") for name in ("old_serial", "serial")}
    _told(world, plan, event, "work_replaced", shown=shown, **serials)


# -- upgrade -----------------------------------------------------------------------------------------------------------


def _upgrade(world: World, facts: FeedFacts, plan: FeedPlan, event: Event) -> list[Order]:
    """The part itself left stock by a movement. Whether the thing is worth more now is the accountant's to say, and
    only of a fixed asset."""
    link = _link(world, event)
    card = world.record("equipment", "book", link.book) if link else None
    if link is None or card is None:
        _ask(world, plan, event, "work_unlinked")
        return []
    if link.book.startswith(UNIT) or card.values.get("accounting") == "low_value":
        plan.set(event, "posted", "issue_only")
        return []
    if not event.draft and event.reason != MODERNIZATION:
        decided = _decision(world, plan, event)
        if decided != MODERNIZATION:
            return []
    plan.set(event, "pending", MODERNIZATION, event.draft)
    return [_modernization(world, facts, event, card)]


def _decision(world: World, plan: FeedPlan, event: Event) -> str:
    """What the accountant said; where nothing, she is asked with what the rule proposes."""
    shown = ("component", "size_before", "size_after", "effect")
    mark = fingerprint({"asset": event.asset, **{name: event.told.get(name) for name in shown}})
    part = " ".join(str(event.told[name]) for name in ("component", "size_after") if event.told.get(name))
    card = world.feed.supplies.records.get(event.supply) if world.feed else None
    name = str(card.values.get("name") or part) if card else part
    code = _CODES[proposal(event.told)]
    issue = asked(code, f"{event.id}:upgrade", mark, **_words(world, event), part=name)
    choice = world.choice(issue.key, mark)
    if choice == "repair":
        plan.set(event, "posted", "repair")
        return choice
    if choice != MODERNIZATION:
        plan.set(event, "pending", code, event.draft)
        plan.issues.append(issue)
        return ""
    return choice


def _modernization(world: World, facts: FeedFacts, event: Event, card: Record) -> Order:
    organization = card.values.get("organization")
    home = organization.id if isinstance(organization, Ref) else ""
    day = open_day(facts, home, event.day)
    moment = datetime.combine(day, time(8)) + timedelta(seconds=event.number % 36000)
    header = {"organization": organization, "department": card.values.get("department")}
    note = "; ".join(n for n in (str(event.told.get("act") or ""), day_note(world, event.day, day)) if n)
    return Order("upgrade", event.key, event.label, header, ({"asset": card.ref},), note, moment)


# -- swap --------------------------------------------------------------------------------------------------------------


def _swap(world: World, plan: FeedPlan, event: Event) -> None:
    """Done once both things stand in the books where the desk has them; their moves are drafted as any others."""
    for ref in (event.asset, event.other):
        link = world.index.of(ref) if ref else None
        if ref is None or link is None:
            _ask(world, plan, event, "work_unlinked", thing=_thing(world, ref) if ref else "")
            return
        if not _stands(world, link):
            plan.set(event, "pending", "work_moving", event.draft)
            return
    plan.set(event, "posted", "moved")


def _stands(world: World, link: Link) -> bool:
    book, desk = world.record("equipment", "book", link.book), world.record("equipment", "desk", link.desk)
    if book is None or desk is None:
        return False
    for name in ("custodian", "department"):
        ours, theirs = book.values.get(name), desk.values.get(name)
        same = world.index.same(ours, theirs)
        if theirs is not None and not (ours == theirs if same is None else same):
            return False
    return True


_PLANNERS: Mapping[str, Callable[[World, FeedPlan, Event], None]] = {
    "returned": _returned,
    "replaced": _replaced,
    "swap": _swap,
}


# -- questions ---------------------------------------------------------------------------------------------------------


def _link(world: World, event: Event) -> Link | None:
    return world.index.of(event.asset) if event.asset else None


def _thing(world: World, ref: Ref) -> str:
    record = world.record(ref.kind, ref.side, ref.id)
    return label_of(next(k for k in world.kinds if k.name == ref.kind), record) if record else ref.id


def _words(world: World, event: Event) -> dict[str, Any]:
    told = {name: str(event.told.get(name) or "") for name in ("contractor", "act")}
    thing = _thing(world, event.asset) if event.asset else ""
    return {"name": event.label, "day": event.day.isoformat(), "thing": thing, "item": thing, **told}


def _ask(world: World, plan: FeedPlan, event: Event, code: str, **more: Any) -> None:
    """A question that goes away by itself once the matter does."""
    plan.set(event, "pending", code, event.draft)
    mark = fingerprint({name: str(value) for name, value in more.items() if name != "days"})
    plan.issues.append(asked(code, f"{event.id}:{code}", mark, **{**_words(world, event), **more}))


def _told(world: World, plan: FeedPlan, event: Event, code: str, **more: Any) -> None:
    """A task for the accountant, until she says that it was seen."""
    issue = asked(code, f"{event.id}:{code}", fingerprint({"record": event.record}), **{**_words(world, event), **more})
    if world.choice(issue.key, issue.fingerprint) == "take-book":
        plan.set(event, "posted", "seen")
        return
    plan.set(event, "pending", code, event.draft)
    plan.issues.append(issue)
