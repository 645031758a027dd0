"""What happened once on the desk becomes drafts in the books: each event exactly once, in order per item.

Pure: from the events that are not settled to orders (which ``orders.py`` groups into drafts), questions, and marks that
say where each event stands and why. An event that needs a person does not hold the others up; one that the stock does
not allow holds the later ones of its item and warehouse, for their order is what the books would show.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from .feed_facts import FeedFacts, asked, cards
from .feed_plan import FeedPlan, effects
from .feed_queue import Group, Queue, sliced
from .orders import KIND, Order, answer, asked_about, group_orders
from .types import Event, Issue, ordered
from .works import MODERNIZATION, WORKS, plan_works
from .world import World

__all__ = ["Rest", "plan_events"]


#: Numbers of waiting events, in their order, by when they are to be drafted: those of a draft whose answer was lost
#: first, for they stand in that draft and in no other; then day after day.
_Days = dict[tuple[bool, date], "array[int]"]


@dataclass(frozen=True)
class Rest:
    """Drafts beyond the first slice: all that stock, order and questions need was seen to with it, but the rows of a
    draft take memory, so they are made a slice at a time."""

    world: World
    queue: Queue
    slices: Sequence[Sequence[Group]]

    @property
    def rows(self) -> Mapping[str, int]:
        """Kind and organisation (as the guard counts) → rows of these drafts."""
        found: dict[str, int] = {}
        for group in (group for groups in self.slices for group in groups):
            name = f"{KIND}|{group.organization}"
            found[name] = found.get(name, 0) + group.rows
        return found

    def parts(self) -> Iterator[FeedPlan]:
        """The drafts and questions of one slice after the other."""
        for groups in self.slices:
            part = FeedPlan()
            _draft(self.world, part, *self.queue.orders(groups))
            yield part


def plan_events(world: World, facts: FeedFacts) -> tuple[FeedPlan, Rest]:
    """Drafts, questions and marks for the events of the desk: as many whole drafts as fit one slice, and the rest."""
    plan = FeedPlan()
    known = cards(facts, world.index)
    days, returns = _answered(world, facts, plan)
    originals = facts.events.originals(returns)
    _taken_back(originals, returns, plan)
    queue = Queue(world, facts, plan, known, originals)
    for day in sorted(days):
        for event in map(plan.now, facts.events.numbered(days[day])):
            if event.state == "pending":
                queue.take(event)
    works = [event for event in map(plan.now, facts.works) if event.state == "pending"]
    upgrades = plan_works(world, facts, plan, works)
    first, *later = sliced(queue.groups, facts.settings.slice) or [[]]
    events, orders = queue.orders(first)
    _draft(world, plan, [*events, *map(plan.now, works)], [*orders, *upgrades])
    return plan, Rest(world, queue, later)


def _draft(world: World, plan: FeedPlan, events: Sequence[Event], orders: Iterable[Order]) -> None:
    """The drafts for ``orders``, which ``events`` gave."""
    drafts, issues = group_orders(world, orders)
    promised = {e.key: e for e in events if e.draft}
    for op in drafts:
        kept = [promised[k] for k in ordered(op.members) if k in promised]
        if all(e.draft == op.key for e in kept):
            plan.operations.append(op)
        else:
            _unsure(plan, kept)
    _undrafted(events, plan, issues)


def _unsure(plan: FeedPlan, events: Iterable[Event]) -> None:
    """A draft may still land, and can no longer be written as it was: writing another could double its events."""
    for event in events:
        plan.set(event, "pending", "feed_lost_write", event.draft)
        plan.issues.append(asked("feed_lost_write", f"{event.id}:lost", event.draft, name=event.label))


# -- what people did ---------------------------------------------------------------------------------------------------


def _answered(world: World, facts: FeedFacts, plan: FeedPlan) -> tuple[_Days, list[Event]]:
    """Withdrawn events cross no more; edited ones are told; a refused draft's events cross anew if a person says so.
    The numbers of those that wait for a draft then, and the events that take another back."""
    said = {d.id: choice for d in world.drafts if d.state == "refused" and (choice := answer(world, d))}
    days: _Days = {}
    returns: list[Event] = []
    for event in facts.events:
        _hear(facts, said, plan, event)
        now = plan.now(event)
        if now.state == "pending" and event.kind not in WORKS:
            days.setdefault((not now.draft, event.day), array("q")).append(event.number)
        if event.reverses:
            returns.append(event)
    return days, returns


def _hear(facts: FeedFacts, said: Mapping[str, str], plan: FeedPlan, event: Event) -> None:
    """What people did about one event. ``said``: refused draft → what was answered."""
    withdrawn = event.id in facts.withdrawn
    if withdrawn and event.state == "pending" and not event.draft:
        plan.set(event, "refused", "withdrawn")
    elif (withdrawn or event.id in facts.edited) and event.draft and event.state != "refused":
        code = "feed_withdrawn" if withdrawn else "feed_edited"
        plan.issues.append(asked(code, f"{event.id}:{code}", event.draft, name=event.label))
    elif event.state == "refused" and event.reason == "draft" and event.draft in said:
        if said[event.draft] == "take-desk":
            plan.set(event, "pending", attempt=event.attempt + 1)
        else:
            plan.set(event, "refused", "seen", event.draft)


def _taken_back(originals: Mapping[str, Event], returns: Iterable[Event], plan: FeedPlan) -> None:
    """An event and the one that takes it back, neither of them in the books: both are settled without a document."""
    for event in returns:
        first = originals.get(event.reverses)
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


def _undrafted(events: Iterable[Event], plan: FeedPlan, issues: Sequence[Issue]) -> None:
    """Questions of ``group_orders`` as the feed's own, and the reason at the event."""
    by_key = {e.key: e for e in events} if issues else {}
    for issue in issues:
        event = by_key[asked_about(issue.key)]
        plan.issues.append(replace(issue, key=f"feed:{event.id}:order", kind="movement"))
        # What the accountant decided stays decided while its draft cannot be written.
        kept = event.reason == MODERNIZATION
        plan.set(event, "pending", MODERNIZATION if kept else issue.code, event.draft)
