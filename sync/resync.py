"""Compare everything as on the first day and write nothing: what a person reads before trusting a side again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..mappings.codecs import equal
from ..mappings.model import SIDES, Kind, Value
from .guard import check
from .plan import build
from .sight import Sight, forgotten
from .types import Link, Record, Verdict
from .world import World, label_of

__all__ = ["Difference", "Resync", "compare"]


@dataclass(frozen=True, slots=True)
class Difference:
    """One linked pair that is unlike: field → (book, desk); ``*`` where one of the two is missing (``None``)."""

    kind: str
    book: str
    desk: str
    label: str
    fields: Mapping[str, tuple[Value, Value]]


@dataclass(frozen=True, slots=True)
class Resync:
    """What a full comparison found: linked pairs compared, those that differ, records with no twin, and what the
    guard says. Nothing was written, on either side or in the state."""

    compared: int
    differences: tuple[Difference, ...]
    book_only: int
    desk_only: int
    verdict: Verdict


def compare(sight: Sight) -> Resync:
    """The full comparison of what ``sight`` shows, earlier agreements left aside."""
    world = forgotten(sight.world)
    plan = build(world)
    kinds = {kind.name: kind for kind in world.kinds}
    found = [_difference(world, kinds[link.kind], link) for link in world.links if link.kind in kinds]
    return Resync(
        len(found),
        tuple(d for d in found if d is not None),
        sum(op.action == "create" for op in plan.operations),
        sum(issue.code == "desk_only" for issue in plan.issues),
        check(plan, world.settings.guard, sight.facts, first=sight.first),
    )


def _difference(world: World, kind: Kind, link: Link) -> Difference | None:
    book, desk = (world.record(kind.name, side, link.on(side)) for side in SIDES)
    record = book or desk
    if record is None:
        return None
    fields = _fields(world, kind, book, desk) if book and desk else {"*": (_label(kind, book), _label(kind, desk))}
    return Difference(kind.name, link.book, link.desk, _label(kind, record) or record.id, fields) if fields else None


def _label(kind: Kind, record: Record | None) -> str | None:
    return label_of(kind, record) if record else None


def _fields(world: World, kind: Kind, book: Record, desk: Record) -> dict[str, tuple[Value, Value]]:
    found: dict[str, tuple[Value, Value]] = {}
    for f in kind.fields:
        if f.name in book.values and f.name in desk.values:
            a, b = book.values[f.name], desk.values[f.name]
            known = world.index.same(a, b)
            if not (equal(f, a, b) if known is None else known):
                found[f.name] = (a, b)
    return found
