"""What a count found, as a comparison sees it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from types import MappingProxyType
from typing import TYPE_CHECKING

from ..types import Record

if TYPE_CHECKING:
    from .scope import Scope
    from .types import Snapshot

__all__ = ["Counted", "Find"]

EMPTY: Mapping[str, Find] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Find:
    """One thing (or one heap of an item) that people saw: how many, where and in which condition. ``text``: what was
    written or scanned, for what nobody could identify."""

    quantity: Decimal = Decimal(1)
    place: str = ""
    condition: str = ""
    text: str = ""


@dataclass(frozen=True)
class Counted:
    """Finds by the record that they are: ids of the books and of the desk (a thing of both stands under both), stock by
    ``item|organisation|place`` of the books. ``finished``: everything in scope was looked at; only then is what was
    not found missing."""

    id: str = ""
    finished: bool = False
    book: Mapping[str, Find] = field(default_factory=lambda: EMPTY)
    desk: Mapping[str, Find] = field(default_factory=lambda: EMPTY)
    stock: Mapping[str, Find] = field(default_factory=lambda: EMPTY)
    unknown: tuple[Find, ...] = ()
    where: str = ""
    stale: frozenset[str] = frozenset()

    def of(self, book: str | None, desk: str | None) -> Find | None:
        found = self.book.get(book) if book else None
        return found or (self.desk.get(desk) if desk else None)

    def missing(self, scope: Scope, snapshot: Snapshot, find: Find | None, book: Record) -> bool:
        """Whether a card was to be found and was not: its place or person *in the books* must be inside the scope."""
        return self.finished and find is None and scope.inside(snapshot, book)
