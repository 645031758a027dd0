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

__all__ = ["OVERLAP", "Cursor", "changed", "newest", "position"]

OVERLAP = 200


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
    pairs = [("query", "id > 0"), ("orderby", "id"), ("order", "DESC"), ("per_page", "1")]
    items = transport.json("transactions", pairs)["items"]
    return int(items[0]["id"]) if items else 0


def position(transport: Transport, kind: str) -> Cursor:
    """Where a listing that begins now may go on later."""
    at = newest(transport)
    return Cursor(at, frozenset(row for row, _ in _walk(transport, kind, at - OVERLAP) if row <= at))


def changed(transport: Transport, kind: str, since: Cursor) -> tuple[list[str], Cursor]:
    """Numbers of records of ``kind`` (RT's class) with transactions not seen yet, and where to go on."""
    rows = [(id, record) for id, record in _walk(transport, kind, since.at - OVERLAP) if id not in since.seen]
    at = max([since.at, *(id for id, _ in rows)])
    kept = frozenset(id for id in {*since.seen, *(id for id, _ in rows)} if id > at - OVERLAP)
    return list(dict.fromkeys(record for _, record in rows)), Cursor(at, kept)


def _walk(transport: Transport, kind: str, after: int) -> list[tuple[int, str]]:
    """Until an empty page: no count comes with this listing."""
    rows: list[tuple[int, str]] = []
    last = max(after, 0)
    while True:
        query = f"ObjectType = '{kind}' AND id > {last}"
        pairs = [("query", query), ("fields", "ObjectId"), ("orderby", "id"), ("per_page", "100")]
        items: list[Mapping[str, Any]] = transport.json("transactions", pairs)["items"]
        rows += [(int(row["id"]), str(row["ObjectId"])) for row in items]
        if not items:
            return rows
        last = max(last, *(int(row["id"]) for row in items))
