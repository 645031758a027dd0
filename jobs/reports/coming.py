"""What is on its way for purchase requests, and what is here for them, by stock card of the desk. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal

from ...mappings.model import Ref, Side
from ...sync.allocations import Allocation, progress
from ...sync.purchase import Line
from ...sync.reconcile.types import Snapshot
from ...sync.requests import OPEN
from ...sync.types import Record

__all__ = ["ZERO", "coming", "quantity_of", "whole"]

ZERO = Decimal(0)


def whole(snapshot: Snapshot, kind: str, side: Side) -> Mapping[str, Record] | None:
    """Records of a listing of which nothing is missing; ``None`` where something may be."""
    listing = snapshot.listing(kind, side)
    return listing.records if listing is not None and listing.complete else None


def quantity_of(record: Record, name: str = "quantity") -> Decimal:
    value = record.values.get(name)
    return value if isinstance(value, Decimal) else ZERO


def coming(snapshot: Snapshot) -> dict[str, tuple[Decimal, Decimal]] | None:
    """Card → what is ordered and not here yet, and what is here for a request and not issued yet; ``None`` where the
    desk keeps no requests, or they were not read whole."""
    read = [whole(snapshot, kind, "desk") for kind in ("request", "request_line", "allocation")]
    if any(one is None for one in read):
        return None
    requests, rows, given = (one or {} for one in read)
    alive = {id for id, r in requests.items() if not r.retired and r.values.get("step") in OPEN}
    cards = {id: item.id for id, r in rows.items() if _id(r, "request") in alive and (item := _ref(r, "item"))}
    asked = [Line(id, quantity=quantity_of(rows[id]), cancelled=quantity_of(rows[id], "cancelled")) for id in cards]
    found: dict[str, tuple[Decimal, Decimal]] = {}
    for id, one in progress(asked, _allocations(given)).items():
        ordered, reserved = found.get(cards[id], (ZERO, ZERO))
        more = max(one.ordered - one.received, ZERO), max(one.received - one.issued, ZERO)
        found[cards[id]] = ordered + more[0], reserved + more[1]
    return found


def _allocations(records: Mapping[str, Record]) -> Iterator[Allocation]:
    for record in records.values():
        quantity, factor = record.values.get("quantity"), record.values.get("coefficient")
        if not record.retired and isinstance(quantity, Decimal):
            rate = factor if isinstance(factor, Decimal) else Decimal(1)
            yield Allocation(_id(record, "line"), str(record.values.get("step") or ""), "", quantity, rate)


def _ref(record: Record, name: str) -> Ref | None:
    value = record.values.get(name)
    return value if isinstance(value, Ref) else None


def _id(record: Record, name: str) -> str:
    ref = _ref(record, name)
    return ref.id if ref else ""
