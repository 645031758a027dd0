"""Surplus and shortage that may be one (пересортица): pairs to propose, never an offset.

The four conditions: the same checked period, the same responsible person (one warehouse stands for both here, since it
has one), the same name in kind, an equal quantity. The decision is the head's.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from decimal import Decimal

from ...mappings.keys import unit_key
from ...mappings.model import Ref
from ...mappings.people import things_text
from ...mappings.text import fold
from .classes import CLASSES
from .types import KEY, Difference, Snapshot

__all__ = ["regradings"]


def regradings(snapshot: Snapshot, found: Iterable[Difference]) -> Iterator[Difference]:
    """One proposal for each pair that fits; where several fit, each differs only by who takes whose place: the first in
    the order of names is proposed."""
    groups: dict[tuple[str, str, str, str, Decimal], list[Difference]] = defaultdict(list)
    for one in sorted(found, key=lambda one: (one.label, one.key)):
        if one.code == "quantity" and one.kind == "stock" and one.quantity:
            groups[(*_place(one), _noun(one.label), _unit(snapshot, one), abs(one.quantity))].append(one)
    for key in sorted(groups, key=str):
        over = [one for one in groups[key] if one.quantity is not None and one.quantity > 0]
        under = [one for one in groups[key] if one.quantity is not None and one.quantity < 0]
        if key[2]:
            yield from (_proposal(short, long) for short, long in zip(under, over, strict=False))


def _place(one: Difference) -> tuple[str, str]:
    """Organisation and warehouse."""
    _, org, place = (one.book_id or "||").split("|")
    return org, place


def _noun(name: str) -> str:
    """The word that says what kind of thing it is: «Картридж HP 12A» and «Картридж HP 85A» are cartridges."""
    words = things_text(name).split()
    return next((word for word in words if word.isalpha() and len(word) > 2), "")


def _unit(snapshot: Snapshot, one: Difference) -> str:
    item = one.evidence.get("item")
    unit = str(snapshot.values(item).get("unit") or "") if isinstance(item, Ref) else ""
    return unit_key(unit) or fold(unit)


def _proposal(short: Difference, long: Difference) -> Difference:
    known = CLASSES["regrading"]
    values = [worth for worth in (short.at_risk, long.at_risk) if worth is not None]
    sum_difference = abs(values[0] - values[1]) if len(values) == 2 else None
    return replace(
        short,
        key=f"{KEY}regrading:{short.book_id}:{long.book_id}",
        code="regrading",
        label=f"{short.label} ↔ {long.label}",
        desk_id=long.desk_id,
        field_name="item",
        book=short.evidence.get("item"),
        desk=long.evidence.get("item"),
        count=None,
        quantity=long.quantity,
        at_risk=sum_difference,
        owner=known.owner,
        proposal=known.proposal,
        evidence={"shortage": short.key, "surplus": long.key, "place": short.evidence.get("place")},
    )
