"""Which questions does a plan settle by not asking them?"""

from __future__ import annotations

from ..mappings.model import SIDES
from .feed_facts import KIND as MOVEMENT
from .ids import field_key, gone_key
from .orders import KIND as ORDERED
from .pair import other
from .types import Covers, Plan
from .world import World

__all__ = ["covers_of"]


def covers_of(world: World, plan: Plan) -> Covers:
    """What a plan for the whole of ``world`` looked into: kinds that were read whole on every side that keeps them; of
    what was drafted, what became of the drafts. An answer is spent once nothing of it is left to do; until then a write
    that failed may need it again."""
    kinds = {kind.name for kind in world.kinds if _looked(world, plan, kind.name)}
    # Of drafts that follow in parts it is not known yet what will be asked.
    if world.feed is not None and not plan.later and _looked(world, plan, MOVEMENT):
        kinds |= {ORDERED, MOVEMENT}
    save = f"{ORDERED}:"  # an event that a person ordered is looked at when it is ordered
    return Covers(frozenset(kinds), begins=(f"{save}draft:",), save=(save,), waits=_decided(plan))


def _looked(world: World, plan: Plan, kind: str) -> bool:
    sides = [side for side in SIDES if kind in (world.book_map if side == "book" else world.desk_map).kinds]
    return bool(sides) and all(plan.complete.get(f"{side}|{kind}", False) for side in sides)


def _decided(plan: Plan) -> frozenset[str]:
    """The questions whose answers this plan carries out."""
    found = set()
    for op in (*plan.operations, *(m for draft in plan.operations for m in draft.members)):
        if op.action == "retire":
            found.add(gone_key(op.kind, op.book, op.desk, other(op.side)))
        found |= {field_key(op.kind, op.book, op.desk, c.name) for c in op.changes if c.note == "decided"}
    for issue in plan.issues:  # answers that wait: for another draft, or for a person's word about a refusal
        names = str(issue.params.get("decided") or "").split()
        found |= {field_key(issue.kind, issue.book, issue.desk, name) for name in names}
    return frozenset(found)
