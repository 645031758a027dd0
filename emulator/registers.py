"""Virtual tables: slices of information registers and balances of accounting and accumulation registers.

A slice includes the moment it is asked for, a balance does not (both as in the query language). Conditions act before
the slice is taken; ``$filter`` acts on its result. Records that are not active count nowhere.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from .base import Base
from .edmx import EntityType
from .filters import Predicate
from .store import Body
from .values import UNDEFINED, ZERO, moment

__all__ = ["balance", "position", "state_before", "take_slice"]

_SERVICE = {"Period", "Recorder", "Recorder_Type", "Recorder_Key", "LineNumber", "Active"}


def position(row: Body) -> tuple[str, str]:
    """Where a record stands in time: its date, then its recorder."""
    return row["Period"], row.get("Recorder", "")


def take_slice(
    base: Base, collection: str, *, last: bool, period: str | None = None, condition: Predicate | None = None
) -> list[Body]:
    """One record per combination of dimensions: the latest not after ``period``, or the earliest not before it."""
    kind = base.kind(collection)
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


def _sides(row: Body) -> Iterable[tuple[str, str, int]]:
    for side, sign in (("Dr", 1), ("Cr", -1)):
        account = row.get(f"Account{side}_Key", ZERO)
        if account not in (ZERO, None):
            yield side, account, sign


def _accounting_entries(row: Body, kind: EntityType) -> Iterable[Body]:
    for side, account, sign in _sides(row):
        entry: Body = {"Account_Key": account}
        for name in kind.properties:
            stem = name.removesuffix("_Type")
            if stem.startswith("ExtDimension"):
                source = stem.replace("ExtDimension", f"ExtDimension{side}")
                empty = UNDEFINED if stem != name else ""
                entry[name] = row.get(source + ("_Type" if stem != name else ""), empty)
            elif name.endswith("_Key") and name != "Account_Key":
                sided = f"{name.removesuffix('_Key')}{side}_Key"
                entry[name] = row.get(name, row.get(sided, ZERO))
            elif name.endswith("Balance"):
                resource = name.removesuffix("Balance")
                entry[name] = Decimal(row.get(resource, row.get(f"{resource}{side}", 0)) or 0) * sign
        yield entry


def _accumulation_entries(row: Body, kind: EntityType) -> Iterable[Body]:
    sign = -1 if row.get("RecordType") == "Expense" else 1
    entry = {name: row.get(name) for name in kind.properties}
    for name in kind.properties:
        if name.endswith("Balance"):
            entry[name] = Decimal(row.get(name.removesuffix("Balance"), 0) or 0) * sign
    yield entry


def balance(
    base: Base,
    register: str,
    kind: EntityType,
    *,
    period: str | None = None,
    conditions: Iterable[Predicate] = (),
    dimensions: Iterable[str] = (),
) -> list[Body]:
    """Balances before ``period`` by account, dimensions and ext. dimensions; rows with nothing left are dropped."""
    edge, wanted = (moment(period) if period else None), {name.strip() for name in dimensions if name.strip()}
    resources = [name for name in kind.properties if name.endswith("Balance")]
    keys = [name for name in kind.properties if "Balance" not in name]
    if wanted:
        stems = wanted | {"Account"}
        keys = [n for n in keys if n.removesuffix("_Type").removesuffix("_Key") in stems or n in wanted]
    entries_of = _accounting_entries if register.startswith("AccountingRegister_") else _accumulation_entries
    checks, totals = list(conditions), dict[tuple[Any, ...], list[Decimal]]()
    for row in base.records(register):
        if not row.get("Active", True) or (edge and row["Period"] >= edge):
            continue
        for entry in entries_of(row, kind):
            if all(check(entry) for check in checks):
                key = tuple(entry.get(name) for name in keys)
                sums = totals.setdefault(key, [Decimal(0)] * len(resources))
                totals[key] = [total + entry[name] for total, name in zip(sums, resources, strict=True)]
    rows = [
        {**dict(zip(keys, key, strict=True)), **dict(zip(resources, sums, strict=True))}
        for key, sums in totals.items()
        if any(sums)
    ]
    return [_with_sides(row, kind, resources) for row in rows]


def _with_sides(row: Body, kind: EntityType, resources: list[str]) -> Body:
    for name in resources:
        if f"{name}Dr" in kind.properties:
            row[f"{name}Dr"], row[f"{name}Cr"] = max(row[name], Decimal(0)), max(-row[name], Decimal(0))
    return row
