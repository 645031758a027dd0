"""What a scanned or typed text means: a thing by its number, its serial or its id, a heap by the code of its item.
Pure.

A barcode reader types like a keyboard: what it types under a Russian layout is read as the Latin keys that it meant.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cached_property

from ...mappings.keys import inv_key, serial_key
from ...mappings.model import Ref, Side
from ...mappings.people import name_key
from ...mappings.text import fold, relayout
from ..feed_facts import spot_of
from ..reconcile.look import Look
from ..reconcile.stock import arriving_account
from ..types import Record

__all__ = ["Index", "is_heap"]

Found = dict[object, set[str]]


def is_heap(target: str) -> bool:
    """Whether a target is a quantity and not one thing."""
    return target.startswith(("stock:", "position:"))


class Index:
    """Everything of one snapshot that can be found by a text. What both sides have is one thing, under its card."""

    def __init__(self, look: Look) -> None:
        self._look = look
        self._live: Found = defaultdict(set)
        self._gone: Found = defaultdict(set)
        twins = {link.desk: link.book for link in (*look.result.kept, *look.result.found)}
        sides: tuple[Side, ...] = ("book", "desk")
        for side in sides:
            for record in self._records("equipment", side):
                target = f"thing:{record.id}" if side == "book" else _of_desk(look, record.id, twins)
                self._put(self._gone if record.retired else self._live, record, target)
        for record in self._records("position", "book"):
            if not record.retired:
                self._put(self._live, record, f"position:{record.id}")
        self._put_stock()

    def means(self, text: str, place: str = "") -> tuple[str, ...]:
        """Every target that ``text`` may be; none for what nobody knows. A heap that lies in several warehouses is told
        by ``place``. What is in service comes before what was written off."""
        for found in (self._live, self._gone):
            for tried in dict.fromkeys((text, relayout(text))):
                # A number of one thing that is the serial number of another means neither of them for sure.
                if ones := {one for key in _keys(tried) for one in found.get(key, ())}:
                    return self._told_apart(ones, place)
        return ()

    def title(self, target: str) -> str:
        """What people call it: number and name."""
        kind, _, id = target.partition(":")
        if kind == "stock":
            item, _, place = (*id.split("|"), "", "")[:3]
            names = (self._called("item", item), self._called("place", place) if place else "")
            return ", ".join(filter(None, names))
        sides: tuple[Side, Side] = ("desk", "book") if kind == "desk" else ("book", "desk")
        record = self._look.snapshot.record("position" if kind == "position" else "equipment", sides[0], id)
        values = record.values if record else {}
        parts = (values.get("inventory_number"), values.get("name") or values.get("model"))
        return " ".join(str(part) for part in parts if part) or id

    def warehouse(self, target: str) -> str:
        """The key of the name of the warehouse where a heap lies; "" for anything else."""
        place = target.split("|")[2] if target.startswith("stock:") else ""
        return name_key(self._called("place", place)) if place else ""

    @cached_property
    def known(self) -> frozenset[str]:
        """Every target there is."""
        return frozenset(one for found in (self._live, self._gone) for ones in found.values() for one in ones)

    def _told_apart(self, found: Iterable[str], place: str) -> tuple[str, ...]:
        ones = sorted(found)
        if len(ones) > 1 and place:
            there = [one for one in ones if self.warehouse(one) == name_key(place)]
            ones = there or ones
        if len(ones) > 1 and not self._look.scope.everything:
            inside = [one for one in ones if self._inside(one)]
            ones = inside if len(inside) == 1 else ones
        return tuple(ones)

    def _inside(self, target: str) -> bool:
        if not target.startswith("stock:"):
            return False
        snapshot = self._look.snapshot
        held = self._records(snapshot.book_quantity, "book")
        spot = tuple(target.removeprefix("stock:").split("|"))
        return any(spot_of(r, "item", "place") == spot and self._look.scope.inside(snapshot, r) for r in held)

    def _records(self, kind: str, side: Side) -> Iterator[Record]:
        listing = self._look.snapshot.listing(kind, side)
        yield from listing.records.values() if listing else ()

    def _put(self, found: Found, record: Record, target: str) -> None:
        number, serial = record.values.get("inventory_number"), record.values.get("serial")
        found[fold(record.id)].add(target)
        if isinstance(number, str) and (key := inv_key(number)):
            found[key].add(target)
        if isinstance(serial, str) and (own := serial_key(serial)):
            found["serial", own].add(target)

    def _put_stock(self) -> None:
        snapshot = self._look.snapshot
        for record in self._records(snapshot.book_quantity, "book"):
            spot = spot_of(record, "item", "place")
            if spot is None or arriving_account(record.values.get("account")):
                continue
            target = "stock:" + "|".join(spot)
            self._live[fold(spot[0])].add(target)
            code = snapshot.values(Ref("book", "item", spot[0])).get("code")
            if isinstance(code, str) and code:
                self._live["code", fold(code)].add(target)

    def _called(self, kind: str, id: str) -> str:
        return self._look.snapshot.called(Ref("book", kind, id))


def _of_desk(look: Look, id: str, twins: dict[str, str]) -> str:
    """The card that a thing of the desk is; itself where it has none that is there."""
    card = twins.get(id)
    known = card is not None and look.snapshot.record("equipment", "book", card) is not None
    return f"thing:{card}" if known else f"desk:{id}"


def _keys(text: str) -> Iterator[object]:
    """Ways to look a text up."""
    yield fold(text)
    if number := inv_key(text):
        yield number
    if serial := serial_key(text):
        yield "serial", serial
    yield "code", fold(text)
