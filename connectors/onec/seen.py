"""Rows told apart by their ids: none twice, and none that a second listing names and the first did not bring.

``seen`` are the ids of the rows so far in the order in which they came. A quiet base lists its keys in that order
again: two lists are compared in a fraction of the time that sets of a hundred thousand take, and nothing is held twice.
"""

from __future__ import annotations

from collections.abc import KeysView, Sequence
from collections.abc import Set as AbstractSet
from itertools import islice
from typing import Any, Protocol, TypeVar

from ...errors import Retry

__all__ = ["Listed", "unseen", "within"]


class _Identified(Protocol):
    @property
    def id(self) -> str: ...


T = TypeVar("T", bound=_Identified)


class Listed:
    """The ids that a further pass names, beside those ``seen`` before (which must not change meanwhile)."""

    def __init__(self, seen: KeysView[str]) -> None:
        self._seen = seen
        self._order = iter(seen)
        self._agreed = 0
        self._own: set[str] | None = None

    def add(self, ids: list[str]) -> None:
        """The ids of the next page."""
        if self._own is None:
            if list(islice(self._order, len(ids))) == ids:
                self._agreed += len(ids)
                return
            self._own = set(islice(self._seen, self._agreed))
        self._own.update(ids)

    def ids(self) -> AbstractSet[str]:
        """All of them; ``seen`` itself where they are the same."""
        if self._own is None and self._agreed == len(self._seen):
            return self._seen
        return set(islice(self._seen, self._agreed)) if self._own is None else self._own


def unseen(rows: list[T], seen: dict[str, None]) -> list[T]:
    """The rows whose id is not in ``seen``, which learns them. Raises ``Retry`` for a row without its key."""
    ids = dict.fromkeys([row.id for row in rows])
    if "" in ids:
        raise Retry("answer_broken", "The answer of 1C came broken.")
    if len(ids) < len(rows) or not seen.keys().isdisjoint(ids):
        first: dict[str, T] = {}
        for row in rows:
            if row.id not in seen:
                first.setdefault(row.id, row)
        rows = list(first.values())
    seen.update(ids)
    return rows


def within(ids: Sequence[Any], others: Sequence[Any]) -> bool:
    """Whether all of ``ids`` are among ``others``; there is at least one."""
    return ids[0] in others and set(ids) <= set(others)
