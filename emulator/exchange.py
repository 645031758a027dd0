"""Exchange plans: who is told of what, ``SelectChanges`` and ``NotifyChangesReceived``.

Every write of an object that a plan contains is registered for each of the plan's nodes but ``ThisNode``. A selection
gives the message's number to registrations that have none and returns all of them, so the same number asked again
returns what it returned before and what came since (measured); a later change of an object takes its number away.
A notification drops registrations with numbers up to its own. ``$top``, ``$filter`` and ``$select`` do not act, objects
outside the composition are left out without a word, and one character that XML cannot hold fails the whole packet.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import unquote

from .store import Body
from .values import guid
from .wire import ODataError

if TYPE_CHECKING:
    from .base import Base

__all__ = ["Changes", "Point", "point"]

_PREFIX = "@changes:"
Point = tuple[str, str]


class Changes:
    """The registrations of one base, kept in its store and so rolled back with a failed write."""

    def __init__(self, base: Base) -> None:
        self._base = base
        self._nodes: dict[str, tuple[Point, ...]] | None = None
        base.store.changed = self._register

    def forget(self) -> None:
        """Look the nodes up anew before the next write."""
        self._nodes = None

    def _watchers(self, collection: str) -> tuple[Point, ...]:
        """(plan, node) pairs that are told of changes of a set."""
        if self._nodes is None:
            found: dict[str, list[Point]] = {}
            plans = {name for name in self._base.model.sets if name.startswith("ExchangePlan_")}
            for plan in sorted(plans | self._base.hidden_plans):
                nodes = [row["Ref_Key"] for row in self._base.store.all(plan) if not row.get("ThisNode")]
                for name in self._base.content(plan):
                    found.setdefault(name, []).extend((plan, node) for node in nodes)
            self._nodes = {name: tuple(points) for name, points in found.items()}
        return self._nodes.get(collection, ())

    def _register(self, collection: str, key: str) -> None:
        if collection.startswith("ExchangePlan_"):
            self.forget()
        for where in self._watchers(collection):
            self.register(where, collection, key)

    def register(self, where: Point, collection: str, key: str) -> None:
        """Register one object for a node; inside ``write``."""
        entry: Body = {"collection": collection, "key": key, "number": 0}
        self._base.store.put(_PREFIX + "|".join(where), f"{collection}|{key}", entry)

    def select(self, where: Point, number: int) -> Iterator[tuple[str, str, Body | None]]:
        """(set, stored key, body or None where it is gone) of everything registered; gives it the message's number."""
        place = _PREFIX + "|".join(where)
        with self._base.store.write():
            found = self._base.store.all(place)
            for entry in found:
                if not entry["number"]:
                    key = f"{entry['collection']}|{entry['key']}"
                    self._base.store.put(place, key, {**entry, "number": number})
        for entry in found:
            body = self._base.store.get(entry["collection"], entry["key"])
            yield entry["collection"], entry["key"], body

    def received(self, where: Point, number: int) -> None:
        """Drop what was sent in messages up to ``number``."""
        plan, node = where
        with self._base.store.write():
            self.drop(where, number)
            held = self._base.store.get(plan, node) or {}
            if int(held.get("ReceivedNo") or 0) < number:
                self._base.store.put(plan, node, {**held, "ReceivedNo": number})

    def drop(self, where: Point, number: int) -> None:
        """Forget the registrations with numbers up to this one; inside ``write``."""
        place = _PREFIX + "|".join(where)
        for entry in self._base.store.all(place):
            if 0 < entry["number"] <= number:
                self._base.store.delete(place, f"{entry['collection']}|{entry['key']}")

    def waiting(self, plan: str, node: str) -> int:
        """How many registrations a node has."""
        return len(self._base.store.all(f"{_PREFIX}{plan}|{node}"))


def point(base: Base, text: str | None) -> Point:
    """The node behind ``DataExchangePoint``: a quoted canonical address. Raises 400 or 404 as the platform does."""
    if not text:
        raise ODataError(400, 12, "Не указан обязательный аргумент DataExchangePoint")
    found = re.fullmatch(r"'https?://.+/odata/standard\.odata/(ExchangePlan_\w+)\(guid'([^']*)'\)'", unquote(text))
    if not found:
        raise ODataError(400, 4, "Неверное значение аргумента DataExchangePoint")
    plan, node = found[1], guid(found[2])
    if base.view.type_of(plan) is None:
        raise ODataError(404, 8, f'Тип сущности "{plan}" не найден.')
    if base.store.get(plan, node) is None:
        raise ODataError(404, 9, f'Экземпляр сущности "{plan}" не найден по переданному ключу.')
    return plan, node
