"""Tables that a document has beside its rows (the commission of a count): what of them can be written here. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from ..i18n import N_, tr
from ..mappings.model import Ref, Value, Values
from .world import World

__all__ = ["tables_of"]

_CALLED = {"commission": N_("commission")}


def tables_of(
    world: World, document: str, told: Mapping[str, tuple[Values, ...]]
) -> tuple[Mapping[str, tuple[Values, ...]], tuple[str, ...]]:
    """The rows that this base has a table for and whose records it knows; and a line, in the language of the desk, for
    whatever is left out. Nobody is named there: what is said goes into the comment and into the journal."""
    kept: dict[str, tuple[Values, ...]] = {}
    left: list[str] = []
    for name, rows in told.items():
        if not rows:
            continue
        title = tr(_CALLED[name], world.settings.language)
        if name not in world.book_map.documents[document].parts or f"{document}/{name}" in world.undocumented:
            left.append(tr(N_("{what}: this document has no such table here"), world.settings.language, what=title))
            continue
        found = [_own(world, row) for row in rows]
        kept[name] = tuple(row for row in found if row is not None)
        if lost := len(found) - len(kept[name]):
            text = N_("{what}: {count} of {all} are not in the books (any more) and must be entered by hand")
            left.append(tr(text, world.settings.language, what=title, count=lost, all=len(found)))
    return kept, tuple(left)


def _own(world: World, row: Values) -> Values | None:
    """``row`` as the books call everything in it; ``None`` where they do not know a record of it, or marked it."""
    made: dict[str, Value] = {}
    for role, value in row.items():
        made[role] = value
        if isinstance(value, Ref):
            found = world.index.on("book", value) if value.side == "desk" else value
            record = world.record(found.kind, "book", found.id) if found else None
            if found is None or record is None or record.retired:
                return None
            made[role] = found
    return made
