"""Who is a question about, in people's words? Ids say nothing to an accountant."""

from __future__ import annotations

from dataclasses import replace

from ..mappings.model import Ref, Side
from .types import Issue
from .world import World

__all__ = ["named", "refs_of"]


def named(world: World, issue: Issue) -> Issue:
    """``issue`` with people's names for the records it is about."""
    labels = {f"{ref.side}:{ref.id}": name for ref in refs_of(issue) if (name := _label(world, ref))}
    return replace(issue, params={**issue.params, "labels": labels}) if labels else issue


def refs_of(issue: Issue) -> list[Ref]:
    """The records that ``issue`` is about."""
    ids: list[tuple[Side, str | None]] = [("book", issue.book), ("desk", issue.desk)]
    ids += [("book", id) for id in str(issue.params.get("books", "")).split(", ")]
    ids += [("desk", id) for id in str(issue.params.get("desks", "")).split(", ")]
    return [Ref(side, issue.kind, id) for side, id in ids if id]


def _label(world: World, ref: Ref) -> str:
    record = world.record(ref.kind, ref.side, ref.id)
    if record is None:
        return ""
    number, name = record.values.get("inventory_number"), record.values.get("name")
    return " ".join(str(part) for part in (number, name) if part)
