"""From what counters saw to what was counted: each thing once, each heap once a place, contradictions told. Pure.

A heap may lie on several shelves: what was counted at different places is added up. The same place counted twice must
come to the same, or be counted anew (``recount``); a heap told by account and as a whole is told twice.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from ...mappings.keys import inv_key, serial_key
from ...mappings.people import name_key
from ...mappings.text import fold
from ..reconcile.counted import Counted, Find
from ..reconcile.look import Look
from ..reconcile.stock import Balance, balances
from ..reconcile.types import Snapshot
from .identify import is_heap
from .types import Scan

__all__ = ["Conflict", "Tally", "aged", "counted_of", "tally"]

ZERO = Decimal(0)
ONE = Decimal(1)
EMPTY: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Conflict:
    """A heap of which two scans say different things."""

    target: str
    place: str
    quantities: tuple[Decimal, ...]


@dataclass(frozen=True)
class Tally:
    """``things``: target → the last look at it (``quantity`` nought: looked for and not there). ``heaps``: target
    without account → account ("" for all together) → quantity. ``unknown``: what nobody could tell, each text once.
    ``again``: things that were seen more than once."""

    things: Mapping[str, Scan] = field(default_factory=lambda: EMPTY)
    heaps: Mapping[str, Mapping[str, Decimal]] = field(default_factory=lambda: EMPTY)
    conditions: Mapping[str, str] = field(default_factory=lambda: EMPTY)
    unknown: tuple[Scan, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    again: tuple[str, ...] = ()

    def quantity(self, heap: str) -> Decimal | None:
        """How much of a heap was counted, all accounts together."""
        parts = self.heaps.get(heap)
        return sum(parts.values(), ZERO) if parts else None


def tally(scans: Iterable[Scan]) -> Tally:
    """What all these scans come to, in the order in which they were taken in."""
    things: dict[str, list[Scan]] = defaultdict(list)
    heaps: dict[str, list[Scan]] = defaultdict(list)
    unknown: dict[object, Scan] = {}
    for scan in sorted(scans, key=lambda one: one.number):
        if not scan.target:
            if scan.quantity:
                unknown[_mark(scan.text)] = scan
        elif is_heap(scan.target):
            known = heaps[heap_of(scan.target)]
            if scan.recount:
                known.clear()
            known.append(scan)
        else:
            things[scan.target].append(scan)
    conflicts: list[Conflict] = []
    quantities = {heap: _heap(heap, ones, conflicts) for heap, ones in sorted(heaps.items())}
    conditions = {s.target: s.condition for ones in heaps.values() for s in ones if s.condition}
    again = tuple(target for target, ones in sorted(things.items()) if sum(1 for s in ones if s.quantity) > 1)
    seen = {target: _thing(ones) for target, ones in sorted(things.items())}
    return Tally(seen, quantities, conditions, tuple(unknown.values()), tuple(conflicts), again)


def heap_of(target: str) -> str:
    """A heap's target without its account."""
    return "|".join(target.split("|")[:3])


def account_of(target: str) -> str:
    """The account a heap's target names; "" for all of them together."""
    parts = target.split("|", 3)
    return parts[3] if len(parts) == 4 else ""


def _mark(text: str) -> object:
    return inv_key(text) or serial_key(text) or fold(text)


def _thing(scans: list[Scan]) -> Scan:
    """The last look; somebody's having seen it weighs more than another's not having found it."""
    recount = max((n for n, one in enumerate(scans) if one.recount), default=0)
    left = scans[recount:]
    seen = [one for one in left if one.quantity] or left
    condition = next((one.condition for one in reversed(seen) if one.condition), "")
    place = next((one.place for one in reversed(seen) if one.place), "")
    photo = next((one.photo for one in reversed(seen) if one.photo), "")
    quantity = ONE if seen[-1].quantity else ZERO
    return replace(seen[-1], quantity=quantity, condition=condition, place=place, photo=photo)


def _heap(heap: str, scans: list[Scan], conflicts: list[Conflict]) -> dict[str, Decimal]:
    """Account → quantity."""
    slots: dict[tuple[str, str], list[Decimal]] = defaultdict(list)
    for scan in scans:
        told = slots[account_of(scan.target), name_key(scan.place)]
        if scan.quantity not in told:
            told.append(scan.quantity)
    for (_, place), told in slots.items():
        if len(told) > 1:
            conflicts.append(Conflict(heap, place, tuple(told)))
    accounts = {account for account, _ in slots}
    if "" in accounts and len(accounts) > 1:
        conflicts.append(Conflict(heap, "", tuple(told[-1] for told in slots.values())))
    found: dict[str, Decimal] = defaultdict(lambda: ZERO)
    for (account, _), told in slots.items():
        found[account] += told[-1]
    return dict(found)


# -- as a comparison sees it -------------------------------------------------------------------------------------------


def counted_of(look: Look, number: int, made: Tally, *, finished: bool, where: str = "") -> Counted:
    """The third column of a comparison. ``where``: how the scope is told, for what was found outside of it."""
    twins = {link.book: link.desk for link in (*look.result.kept, *look.result.found)}
    book: dict[str, Find] = {}
    desk: dict[str, Find] = {}
    for target, scan in made.things.items():
        if not scan.quantity:
            continue
        kind, _, id = target.partition(":")
        # What needs repair is faulty to the desk, which has one word for both.
        find = Find(ONE, scan.place, {"needs_repair": "faulty"}.get(scan.condition, scan.condition), scan.text)
        (desk if kind == "desk" else book)[id] = find
        if kind == "thing" and id in twins:
            desk[twins[id]] = find
    stock: dict[str, Find] = {}
    for heap, parts in made.heaps.items():
        kind, _, id = heap.partition(":")
        (book if kind == "position" else stock)[id] = Find(sum(parts.values(), ZERO))
    unknown = tuple(Find(one.quantity, one.place, one.condition, one.text) for one in made.unknown)
    return Counted(str(number), finished, book, desk, stock, unknown, where)


def aged(counted: Counted, then: Look, now: Look) -> Counted:
    """What a count of ``then`` still says ``now``: nothing about the place and condition of things that the desk has
    moved or changed since, and nothing about heaps that came or went on the desk (save to what was counted)."""
    desk = {id: _aged(find, then.snapshot, now.snapshot, id) for id, find in counted.desk.items()}
    newer = {id(find): desk[key] for key, find in counted.desk.items()}
    book = {key: newer.get(id(find), find) for key, find in counted.book.items()}
    was = {one.spot: one.desk for one in balances(then)}
    stale = {
        "|".join(one.spot)
        for one in balances(now)
        if one.spot in was and was[one.spot] != one.desk and _counted(counted, one) != one.desk
    }
    return replace(counted, desk=desk, book=book, stale=frozenset(stale))


def _counted(counted: Counted, one: Balance) -> Decimal | None:
    find = counted.stock.get("|".join(one.spot))
    return find.quantity if find else None


def _aged(find: Find, then: Snapshot, now: Snapshot, key: str) -> Find:
    was, is_ = then.record("equipment", "desk", key), now.record("equipment", "desk", key)
    if was is None or is_ is None:
        return find
    if was.values.get("room") != is_.values.get("room"):
        find = replace(find, place="")
    if was.values.get("condition") != is_.values.get("condition"):
        find = replace(find, condition="")
    return find
