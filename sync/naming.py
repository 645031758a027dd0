"""Who is a question about, in people's words? Ids say nothing to an accountant."""

from __future__ import annotations

from dataclasses import replace

from ..mappings.model import Side
from .types import Issue
from .world import World

__all__ = ["named"]


def named(world: World, issue: Issue) -> Issue:
    """``issue`` with people's names for the records it is about."""
    ids: list[tuple[Side, str | None]] = [("book", issue.book), ("desk", issue.desk)]
    ids += [("book", id) for id in str(issue.params.get("books", "")).split(", ")]
    ids += [("desk", id) for id in str(issue.params.get("desks", "")).split(", ")]
    labels = {f"{side}:{id}": name for side, id in ids if id and (name := _label(world, issue.kind, side, id))}
    return replace(issue, params={**issue.params, "labels": labels}) if labels else issue


def _label(world: World, kind: str, side: Side, id: str) -> str:
    record = world.record(kind, side, id)
    if record is None:
        return ""
    number, name = record.values.get("inventory_number"), record.values.get("name")
    return " ".join(str(part) for part in (number, name) if part)
