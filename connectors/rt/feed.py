"""What changed since: RT's transactions, one growing number for assets, tickets and users, deletions included.

A lower number may be committed after a higher one where the database hands numbers out before the commit
(PostgreSQL), so each reading goes back by ``OVERLAP`` numbers and leaves out those it has seen.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ...errors import Fatal
from .transport import Transport

__all__ = ["OVERLAP", "Cursor", "changed", "deleted", "newest", "position"]

OVERLAP = 100


@dataclass(frozen=True, slots=True)
class Cursor:
    """The highest transaction seen and those seen within ``OVERLAP`` below it."""

    at: int
    seen: frozenset[int] = frozenset()

    def dump(self) -> str:
        """As text for the store."""
        return json.dumps({"transaction": self.at, "seen": sorted(self.seen)}, separators=(",", ":"))

    @classmethod
    def load(cls, text: str) -> Cursor:
        """The text back; ``Fatal`` where it is not one of ours."""
        try:
            raw = json.loads(text)
            return cls(int(raw["transaction"]), frozenset(int(one) for one in raw["seen"]))
        except (ValueError, KeyError, TypeError) as error:
            hint = "Run the job once with a full listing."
            raise Fatal("desk_cursor", "The stored reading position of the desk is damaged.", hint=hint) from error


def newest(transport: Transport) -> int:
    """The number of the newest transaction that this login sees; 0 for none."""
    return max((id for id, _ in _rows(transport, "id > 0", "DESC", 1)), default=0)


def position(transport: Transport, kind: str) -> Cursor:
    """Where a listing of ``kind`` (RT's class) that begins now may go on later."""
    ids = [id for id, _ in _rows(transport, f"ObjectType = '{kind}'", "DESC", OVERLAP)]
    at = max(ids, default=0)
    return Cursor(at, frozenset(id for id in ids if id > at - OVERLAP))


def changed(transport: Transport, kind: str, since: Cursor) -> tuple[list[str], Cursor]:
    """Numbers of records with transactions not seen yet, and where to go on."""
    rows: list[tuple[int, str]] = []
    last, full = max(since.at - OVERLAP, 0), True
    while full:
        page = _rows(transport, f"ObjectType = '{kind}' AND id > {last}", "ASC", 100)
        rows += page
        # No count comes with this listing. A short page is the last one for a login that sees everything, and any
        # other is stopped by the first listing of records.
        full = len(page) == 100
        last = max([last, *(id for id, _ in page)])
    fresh = [(id, record) for id, record in rows if id not in since.seen]
    at = max([since.at, *(id for id, _ in fresh)])
    kept = frozenset(id for id in {*since.seen, *(id for id, _ in fresh)} if id > at - OVERLAP)
    return list(dict.fromkeys(record for _, record in fresh)), Cursor(at, kept)


def deleted(transport: Transport, kind: str, after: int) -> tuple[list[str], int]:
    """Numbers of records that were deleted by a transaction above ``after``, and the newest of those transactions."""
    rows: list[tuple[int, str]] = []
    query = f"ObjectType = '{kind}' AND Type = 'Status' AND NewValue = 'deleted' AND id > "
    while page := _rows(transport, f"{query}{after}", "ASC", 100):
        rows += page
        after = max(id for id, _ in page)
        if len(page) < 100:
            break
    return list(dict.fromkeys(record for _, record in rows)), after


def _rows(transport: Transport, query: str, order: str, size: int) -> list[tuple[int, str]]:
    pairs = [("query", query), ("fields", "ObjectId"), ("orderby", "id"), ("order", order), ("per_page", str(size))]
    items: list[Mapping[str, Any]] = transport.json("transactions", pairs)["items"]
    return [(int(row["id"]), str(row["ObjectId"])) for row in items]
