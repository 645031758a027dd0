"""Whether a side still remembers what we wrote to it: records, and the drafts that people posted.

A side that went back in time (a base restored from last night's copy, a test copy under the old address) shows it by
writes that are gone, or that stand in a version they had before: a version never repeats.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ..connectors.base import Description
from ..mappings.model import Side
from .context import RECEIPTS
from .guard import SideFacts
from .pair import Pair
from .store import Store
from .types import Draft, Listing
from .watch import Trail, trail

__all__ = ["facts_of"]


def facts_of(
    pair: Pair,
    store: Store,
    side: Side,
    described: Description,
    listings: Iterable[Listing],
    moved: Iterable[Draft],
) -> SideFacts:
    """Who this side is and whether it still remembers what we wrote: as just read, else asked record by record."""
    state = store.side(pair.name, side)
    if state is None:
        return SideFacts(side, described.identity)
    connector = pair.connector(side)
    marks = {c: id for c, id in state.marks.items() if not c.startswith("@")}
    shown = _shown(pair, side, listings)
    missing = [f"{c} {id}" for c, id in marks.items() if (c, id) not in shown and connector.get(c, id) is None]
    since = state.marks.get("@since", "")
    looked, vanished, older = _receipts(pair, store, side, shown, since)
    paper = _papers(pair, store, moved, since) if side == "book" else Trail()
    seen = looked, vanished, ", ".join(missing), older + paper.older, paper.looked, paper.gone + paper.older
    return SideFacts(side, described.identity, state.identity, state.sizes, *seen)


def _papers(pair: Pair, store: Store, moved: Iterable[Draft], since: str) -> Trail:
    """Whether the book still knows what became of our last drafts."""
    rows = [row for row in store.papers(pair.name, RECEIPTS) if row.finished.isoformat() > since]
    return trail(pair.book, pair.book_map, [(row.draft, row.written) for row in rows], moved)


def _shown(pair: Pair, side: Side, listings: Iterable[Listing]) -> dict[tuple[str, str], str]:
    """(collection, id) → version of all records just read on ``side``."""
    kinds = pair.mapping(side).kinds
    return {
        (kinds[one.kind].main.collection, id): record.version
        for one in listings
        if one.side == side and one.kind in kinds
        for id, record in one.looked.items()
        if record.version is not None
    }


def _receipts(
    pair: Pair, store: Store, side: Side, shown: Mapping[tuple[str, str], str], since: str
) -> tuple[int, int, int]:
    """How many of our last writes were looked up, how many of them the side no longer shows, and how many of those it
    shows in an older version: a version never repeats, so such a side was put back.
    """
    rows = [
        row
        for row in store.receipts(pair.name, side, RECEIPTS)
        if row.ref is not None and row.finished.isoformat() > since
    ]
    newest = {(row.operation.kind, row.ref): row for row in reversed(rows)}
    before: dict[tuple[str, str | None], set[str | None]] = {}
    for row in rows:
        versions = before.setdefault((row.operation.kind, row.ref), set())
        versions |= {row.before_version, row.version} - {None, newest[(row.operation.kind, row.ref)].version}
    vanished = older = 0
    for (kind, ref), row in newest.items():
        collection = pair.mapping(side).kinds[kind].main.collection
        version = shown.get((collection, ref or ""))
        if version is None:
            raw = pair.connector(side).get(collection, ref or "")
            vanished += raw is None
            version = raw.version if raw else None
        older += row.before_version != row.version and version in before[(kind, ref)]
    return len(newest), vanished + older, older
