"""Planning from the rows that changed, held against planning from everything."""

from __future__ import annotations

from uchet.sync.engine import Engine
from uchet.sync.plan import build
from uchet.sync.sight import Contact, Sight, look
from uchet.sync.types import Plan

__all__ = ["looked_at", "part_and_whole"]


def seen(engine: Engine, *, part: bool) -> tuple[Plan, Sight]:
    """What would be planned now; nothing is written or kept."""
    contact = Contact.make(engine.pair)
    sight = look(engine.pair, engine.store, engine.settings, engine.clock(), contact, lambda step: None, part=part)
    plan = build(sight.world)
    engine.store.leave_stage(engine.pair.name)
    return plan, sight


def part_and_whole(engine: Engine) -> tuple[Plan, Plan]:
    """The plan from what must be looked at, and the plan from everything."""
    return seen(engine, part=True)[0], seen(engine, part=False)[0]


def looked_at(engine: Engine, kind: str) -> int | None:
    """How many records of ``kind`` would be looked at, on both sides together; ``None``: all."""
    parts = [one.part for one in seen(engine, part=True)[1].world.listings if one.kind == kind]
    return None if None in parts else sum(len(part) for part in parts if part is not None)
