"""Balances and turnovers of accounting and accumulation registers, computed for whatever columns the row type has.

As in the query language: a balance is taken before its moment, turnovers include both ends of their span, a balance of
an active account stands on the debit side even when it is negative (passive: credit), and split balances are summed
from the finest rows. Rows with nothing but zeros are left out. Records that are not active count nowhere.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from .base import Base
from .edmx import EntityType
from .entries import account_kinds
from .filters import Predicate
from .store import Body
from .values import UNDEFINED, ZERO

__all__ = ["Asked", "balance", "summed"]

_MEASURE = re.compile(
    r"(?P<resource>\w+?)(?:(?P<when>Opening|Closing)?(?P<split>Splitted)?Balance|(?P<move>Turnover|Receipt|Expense))"
    r"(?P<side>Dr|Cr)?"
)
Key = tuple[Any, ...]
#: Opening debit, opening credit, debit and credit within the span: receipts are debits, expenses are credits.
Sums = list[Decimal]


@dataclass(frozen=True, slots=True)
class Asked:
    """Parameters of a call, parsed: moments as stored, predicates over the rows' own columns, dimension names."""

    start: str | None = None
    end: str | None = None
    checks: tuple[Predicate, ...] = ()
    dimensions: frozenset[str] = frozenset()
    #: Keys of kinds of ext. dimensions: these alone, in this order, of the accounts that have them all.
    kinds: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Measure:
    name: str
    resource: str
    when: str
    split: bool
    move: str
    side: str


@dataclass(slots=True)
class _Entry:
    """One side of a record: its columns and what it adds to each resource, debit and credit."""

    row: Body
    debit: dict[str, Decimal] = field(default_factory=dict)
    credit: dict[str, Decimal] = field(default_factory=dict)


def balance(base: Base, register: str, kind: EntityType, *, conditions: Iterable[Predicate] = ()) -> list[Body]:
    """All balances as they are now."""
    return summed(base, register, kind, Asked(checks=tuple(conditions)), opening=True)


def summed(base: Base, register: str, kind: EntityType, asked: Asked, *, opening: bool) -> list[Body]:
    """Rows of ``kind`` for one call; ``opening``: balances before ``asked.end``, else the span's turnovers too."""
    measures = list(_measures(kind))
    names = {m.name for m in measures}
    keys = [name for name in kind.properties if name not in names]
    totals: dict[Key, dict[str, Sums]] = {}
    for period, entry in _entries(base, register, kind, keys, {m.resource for m in measures}):
        phase = _phase(period, asked, opening)
        if phase is None or not _taken(base, entry.row, asked):
            continue
        held = totals.setdefault(tuple(entry.row.get(name) for name in keys), {})
        for resource, sums in _amounts(entry):
            kept = held.setdefault(resource, [Decimal(0)] * 4)
            kept[phase] += sums[0]
            kept[phase + 1] += sums[1]
    return _rows(base, kind, keys, measures, totals, asked.dimensions)


def _taken(base: Base, row: Body, asked: Asked) -> bool:
    """Whether one side of a record counts; its ext. dimensions stand as they were asked for from then on."""
    return _arranged(base, row, asked.kinds) and all(check(row) for check in asked.checks)


def _arranged(base: Base, row: Body, kinds: tuple[str, ...]) -> bool:
    """Let ``ExtDimension1…3`` stand for ``kinds``; false where the account lacks one. No kinds: as its account has."""
    if not kinds:
        return True
    own = account_kinds(base, row.get("Account_Key"))
    if not set(kinds) <= set(own):
        return False
    for end, empty in (("", ""), ("_Type", UNDEFINED)):
        values = [row.get(f"ExtDimension{own.index(key) + 1}{end}", empty) for key in kinds]
        for number in (1, 2, 3):
            row[f"ExtDimension{number}{end}"] = values[number - 1] if number <= len(values) else empty
    return True


def _measures(kind: EntityType) -> Iterator[_Measure]:
    for name, prop in kind.properties.items():
        found = _MEASURE.fullmatch(name) if prop.type != "Edm.Guid" and prop.type != "Edm.String" else None
        if found:
            yield _Measure(
                name,
                found["resource"],
                found["when"] or "",
                bool(found["split"]),
                found["move"] or "",
                found["side"] or "",
            )


def _phase(period: str, asked: Asked, opening: bool) -> int | None:
    if opening:
        return 0 if asked.end is None or period < asked.end else None
    if asked.end is not None and period > asked.end:
        return None
    return 0 if asked.start is not None and period < asked.start else 2


def _amounts(entry: _Entry) -> Iterator[tuple[str, tuple[Decimal, Decimal]]]:
    for resource in entry.debit.keys() | entry.credit.keys():
        yield resource, (entry.debit.get(resource, Decimal(0)), entry.credit.get(resource, Decimal(0)))


# --- what a record adds


def _entries(
    base: Base, register: str, kind: EntityType, keys: list[str], resources: set[str]
) -> Iterator[tuple[str, _Entry]]:
    made: Callable[[Body, list[str], set[str]], Iterable[_Entry]] = _accumulated
    if register.startswith("AccountingRegister_"):
        made = _both_at_once if "AccountDr_Key" in kind.properties else _side_by_side
    for row in base.records(register):
        if row.get("Active", True):
            for entry in made(row, keys, resources):
                yield row["Period"], entry


def _accumulated(row: Body, keys: list[str], resources: set[str]) -> Iterator[_Entry]:
    amounts = {name: Decimal(row.get(name) or 0) for name in resources}
    entry = _Entry({name: row.get(name) for name in keys})
    if row.get("RecordType") == "Expense":
        entry.credit = amounts
    else:
        entry.debit = amounts
    yield entry


def _side_by_side(row: Body, keys: list[str], resources: set[str]) -> Iterator[_Entry]:
    for side in ("Dr", "Cr"):
        account = row.get(f"Account{side}_Key", ZERO)
        if account in (ZERO, None):
            continue
        entry = _Entry({name: _of_side(row, name, side) for name in keys})
        amounts = {n: Decimal(row.get(n, row.get(f"{n}{side}", 0)) or 0) for n in resources}
        if side == "Dr":
            entry.debit = amounts
        else:
            entry.credit = amounts
        yield entry


def _of_side(row: Body, name: str, side: str) -> Any:
    """The column of a one-sided row: ``Account_Key`` is ``AccountDr_Key`` or ``AccountCr_Key`` of the record."""
    if name == "Account_Key":
        return row.get(f"Account{side}_Key", ZERO)
    if name.startswith("ExtDimension"):
        stem = name.removesuffix("_Type")
        found = row.get(stem.replace("ExtDimension", f"ExtDimension{side}") + name[len(stem) :])
        return (UNDEFINED if stem != name else "") if found is None else found
    stem = name.removesuffix("_Key")
    empty = ZERO if stem != name else None
    return row.get(name, row.get(f"{stem}{side}{name[len(stem) :]}", empty))


def _both_at_once(row: Body, keys: list[str], resources: set[str]) -> Iterator[_Entry]:
    """Turnovers between two accounts: one entry a record; a doubled resource has its sides in the measures' names."""
    entry = _Entry({})
    for name in keys:
        empty = ZERO if name.endswith("_Key") else UNDEFINED if name.endswith("_Type") else ""
        entry.row[name] = row.get(name, empty)
    for name in resources:
        single = name in row
        entry.debit[name] = Decimal(row.get(name if single else f"{name}Dr", 0) or 0)
        entry.credit[name] = Decimal(0) if single else Decimal(row.get(f"{name}Cr", 0) or 0)
    yield entry


# --- from sums to rows


def _rows(
    base: Base,
    kind: EntityType,
    keys: list[str],
    measures: list[_Measure],
    totals: dict[Key, dict[str, Sums]],
    dimensions: frozenset[str],
) -> list[Body]:
    kept = [name for name in keys if not dimensions or _wanted(name, dimensions)]
    sides = _account_sides(base, kind)
    grouped: dict[Key, dict[str, list[Sums]]] = {}
    for key, held in totals.items():
        row = dict(zip(keys, key, strict=True))
        place = grouped.setdefault(tuple(row[name] for name in kept), {})
        for resource, sums in held.items():
            place.setdefault(resource, []).append(sums)
    out = []
    for group, parts in grouped.items():
        row = dict(zip(kept, group, strict=True))
        side = sides(row.get("Account_Key"))
        values = {m.name: _value(m, parts.get(m.resource, []), side) for m in measures}
        if any(values.values()):
            out.append({**row, **values})
    return out


def _wanted(name: str, dimensions: frozenset[str]) -> bool:
    """Accounts always stay; ``Склад`` names ``Склад_Key``, or ``Склад`` with ``Склад_Type``."""
    return name.startswith("Account") or name in dimensions or re.sub(r"_(Key|Type)$", "", name) in dimensions


def _account_sides(base: Base, kind: EntityType) -> Callable[[Any], str]:
    charts = [name for name in base.model.sets if name.startswith("ChartOfAccounts_")]

    def side(account: Any) -> str:
        for chart in charts:
            found = base.follow(chart, account) if account else None
            if found is not None:
                return str(found.get("Type") or "")
        return ""

    return side


def _value(measure: _Measure, parts: list[Sums], account: str) -> Decimal:
    debit, credit = sum((p[2] for p in parts), Decimal(0)), sum((p[3] for p in parts), Decimal(0))
    if measure.move:
        plain = {"Receipt": debit, "Expense": credit, "Turnover": debit - credit}[measure.move]
        return {"Dr": debit, "Cr": credit}.get(measure.side, plain)
    balances = [p[0] - p[1] + (p[2] - p[3] if measure.when != "Opening" else Decimal(0)) for p in parts]
    if measure.split:
        sign = 1 if measure.side == "Dr" else -1
        return sum((max(sign * value, Decimal(0)) for value in balances), Decimal(0))
    total = sum(balances, Decimal(0))
    if not measure.side:
        return total
    standing = account if account in ("Active", "Passive") else "Active" if total >= 0 else "Passive"
    mine = "Active" if measure.side == "Dr" else "Passive"
    return Decimal(0) if standing != mine else total if mine == "Active" else -total
