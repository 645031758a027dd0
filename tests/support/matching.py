"""Two listings in a line each, for the tests and the laws of matching."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any

from uchet.mappings.model import EQUIPMENT, Kind, Ref, Side, Value
from uchet.sync.match import AUTO, MatchResult, match
from uchet.sync.types import Link, Listing, Record

SameRef = Callable[[Value, Value], "bool | None"]


def same_id(book: Value, desk: Value) -> bool | None:
    """In these tests twins carry the same id; an id with a question mark is known to nobody."""
    if not isinstance(book, Ref) or not isinstance(desk, Ref) or "?" in book.id + desk.id:
        return None
    return book.id == desk.id


def listing(kind: Kind, side: Side, rows: dict[str, dict[str, Any]], complete: bool = True) -> Listing:
    records = {}
    for id, row in rows.items():
        values: dict[str, Value] = {}
        for name, value in row.items():
            field = kind.by_name.get(name)
            reference = field is not None and field.type == "reference" and value is not None
            values[name] = Ref(side, (field.of or "") if field else "", value) if reference else value
        retired = bool(values.pop("retired", False))
        records[id] = Record(kind.name, side, id, values, retired=retired)
    return Listing(kind.name, side, records, complete, read=len(records))


def run(
    book: dict[str, dict[str, Any]],
    desk: dict[str, dict[str, Any]],
    *,
    kind: Kind = EQUIPMENT,
    links: Sequence[Link] = (),
    rejected: Collection[tuple[str, str]] = (),
    threshold: int = AUTO,
    same: SameRef = same_id,
    positions: Listing | None = None,
) -> MatchResult:
    sides = listing(kind, "book", book), listing(kind, "desk", desk)
    return match(kind, *sides, links, rejected, same, positions, threshold=threshold)


def thing(inv: str | None = None, serial: str | None = None, org: str | None = "A", **more: Any) -> dict[str, Any]:
    return {"inventory_number": inv, "serial": serial, "organization": org, **more}


def low(name: str = "Монитор Dell P2419H", person: str | None = "p", org: str = "A") -> dict[str, Any]:
    return {"accounting": "low_value", "name": name, "custodian": person, "organization": org}
