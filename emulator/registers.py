"""Slices of information registers: by dimensions, the moment asked for included.

Conditions act before the slice is taken; ``$filter`` acts on its result. Records that are not active count nowhere.
"""

from __future__ import annotations

from typing import Any

from .base import Base
from .filters import Predicate
from .store import Body
from .values import moment

__all__ = ["position", "state_before", "take_slice"]

_SERVICE = {"Period", "Recorder", "Recorder_Type", "Recorder_Key", "LineNumber", "Active"}


def position(row: Body) -> tuple[str, str]:
    """Where a record stands in time: its date, then its recorder."""
    return row["Period"], row.get("Recorder") or ""


def take_slice(
    base: Base, collection: str, *, last: bool, period: str | None = None, condition: Predicate | None = None
) -> list[Body]:
    """One record per combination of dimensions: the latest not after ``period``, or the earliest not before it."""
    kind = base.kind(collection)
    # $metadata of real bases lists slices of registers without periods too: each record is then the last and the first.
    if "Period" not in kind.properties:
        return [row for row in base.rows(collection) if condition is None or condition(row)]
    dimensions = [name for name in kind.keys if name not in _SERVICE]
    edge = moment(period) if period else None
    best: dict[tuple[Any, ...], Body] = {}
    for row in base.rows(collection):
        if not row.get("Active", True) or (condition is not None and not condition(row)):
            continue
        if edge and (row["Period"] > edge if last else row["Period"] < edge):
            continue
        key = tuple(row.get(name) for name in dimensions)
        held = best.get(key)
        if held is None or (position(row) > position(held)) is last:
            best[key] = row
    return list(best.values())


def state_before(base: Base, register: str, asset: str, at: tuple[str, str], organization: str | None = None) -> Body:
    """The record of an asset just before a document's moment, empty where there is none."""
    best: Body = {}
    for row in base.records_of(register, asset):
        if not row.get("Active", True) or position(row) >= at:
            continue
        if organization is not None and row["Организация_Key"] != organization:
            continue
        if not best or position(row) > position(best):
            best = row
    return best
