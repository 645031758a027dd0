"""Whether both stocks agree, once everything on its way is taken into account. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

from .feed_facts import Card, FeedFacts, Spot, asked, by_spot_of, cards
from .feed_plan import FeedPlan, effects
from .ids import fingerprint
from .types import Issue
from .world import World

__all__ = ["remainders"]

ZERO = Decimal(0)


def remainders(world: World, facts: FeedFacts, plan: FeedPlan) -> list[Issue]:
    """Per spot of the books: the desk's stock less theirs, less every event and document still on its way. What is
    left is told with all figures, and written nowhere."""
    by_spot = by_spot_of(facts, cards(facts, world.index).values())
    way, coming = _events(facts, plan), _crossings(plan)
    return [issue for spot, found in by_spot.items() if (issue := _remainder(facts, spot, found, way, coming))]


def _events(facts: FeedFacts, plan: FeedPlan) -> dict[str, Decimal]:
    """Card → what events did on the desk that no document of the books says yet, in the card's unit."""
    way: dict[str, Decimal] = {}
    for event in facts.events:
        now = plan.now(event)
        if now.state != "posted" and now.reason != "taken_back":
            for id, quantity in effects(event):
                way[id] = way.get(id, ZERO) + quantity
    return way


def _crossings(plan: FeedPlan) -> dict[str, Decimal]:
    """Card → what this plan brings to it from the books, in the card's unit."""
    coming: dict[str, Decimal] = {}
    for op in plan.operations:
        if op.action == "create" and op.book:
            values = {c.name: c.after for c in op.changes}
            card, quantity = values["supply"].id, values["quantity"]  # type: ignore[union-attr]
            coming[card] = coming.get(card, ZERO) + (-quantity if values["type"] == "expense" else quantity)  # type: ignore[operator]
    return coming


def _remainder(
    facts: FeedFacts, spot: Spot, found: list[Card], way: Mapping[str, Decimal], coming: Mapping[str, Decimal]
) -> Issue | None:
    books = facts.balance.get(spot, ZERO)
    open_ = {card.id: way.get(card.id, ZERO) - coming.get(card.id, ZERO) for card in found}
    rest = sum(((card.quantity - open_[card.id]) * card.factor for card in found), ZERO) - books
    if not rest:
        return None
    # One card is told in its own unit; several of one item only in that of the books.
    one, rate = found[0], [Decimal(1) if len(found) == 1 else card.factor for card in found]
    desk = sum((card.quantity * by for card, by in zip(found, rate, strict=True)), ZERO)
    waits = sum((open_[card.id] * by for card, by in zip(found, rate, strict=True)), ZERO)
    told = {"desk": f"{desk:f}", "book": f"{books:f}", "open": f"{waits:f}", "rest": f"{rest:f}"}
    issue = asked("feed_balance", f"balance:{one.id}", fingerprint({"rest": rest}), name=one.label, **told)
    return replace(issue, desk=one.id)
