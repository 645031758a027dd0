"""Low-value items in use (МЦ.04): one position of the books, N things on the desk, compared as a balance.

The books keep a quantity per organisation, item and batch; which of five equal monitors is whose is the desk's
knowledge. So nothing is merged and nothing is written: the difference is explained and a person links or moves.
"""

from __future__ import annotations

from decimal import Decimal

from .ids import fingerprint
from .types import Issue, Listing, Record, position_of
from .world import World

__all__ = ["compare_positions", "units"]


def units(world: World) -> dict[str, list[str]]:
    """Position id → desk ids of the things linked to its units and still in service."""
    found: dict[str, list[str]] = {}
    for link in world.links:
        position = position_of(link.book) if link.kind == "equipment" else ""
        if position:
            thing = world.record("equipment", "desk", link.desk)
            if thing is None or not thing.retired:
                found.setdefault(position, []).append(link.desk)
    return found


def compare_positions(world: World, positions: Listing) -> list[Issue]:
    """A question for every position of more than one piece whose quantity differs from the desk's linked things."""
    linked = units(world)
    found = []
    for id in sorted(positions.records):
        record = positions.records[id]
        quantity = record.values.get("quantity")
        if not isinstance(quantity, Decimal) or quantity == 1:
            continue
        have = len(linked.get(id, ()))
        if quantity != have:
            found.append(_difference(record, quantity, have))
    return found


def _difference(record: Record, quantity: Decimal, have: int) -> Issue:
    values = {"quantity": quantity, "linked": Decimal(have)}
    params = {"name": record.values.get("name"), "book": quantity, "desk": have}
    return Issue(
        f"position:{record.id}:quantity",
        "position_difference",
        "position",
        record.id,
        field_name="quantity",
        values=values,
        params=params,
        fingerprint=fingerprint(values),
    )
