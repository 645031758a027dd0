"""A book and a desk that are kept in step, and the settings the engine works by."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from types import MappingProxyType
from typing import Literal
from zoneinfo import ZoneInfo

from ..connectors.base import Connector
from ..mappings.model import KINDS, Field, Kind, Side
from ..mappings.system import SystemMap
from ..purchase_rules import BudgetRule, LicenceRules, RequestRules
from ..workdays import Workdays
from .types import Link, Ref, Value

__all__ = ["EngineSettings", "FeedSettings", "GuardLimits", "LinkIndex", "Pair", "other"]


def other(side: Side) -> Side:
    """The other side."""
    return "desk" if side == "book" else "book"


@dataclass(frozen=True, slots=True)
class GuardLimits:
    """How much one run may do without a person. Shares are of the records of one organisation and kind."""

    change_share: float = 0.10
    change_from: int = 5
    change_max: int = 500
    retire_share: float = 0.02
    retire_from: int = 2
    retire_max: int = 50
    source_share: float = 0.80


@dataclass(frozen=True, slots=True)
class FeedSettings:
    """``start``: the day from which movements cross; what happened before is in the opening stock of both sides.
    ``group``: how events share a draft: all of a day and warehouse (and employee, where the document has one), or those
    of one ticket. ``most``: rows of a draft that a person can still read. ``slice``: events whose drafts are planned
    and written at a time, so that memory does not grow with their rows."""

    start: date
    group: Literal["day", "ticket"] = "day"
    most: int = 100
    slice: int = 2000


@dataclass(frozen=True, slots=True)
class EngineSettings:
    """``fields`` overrides a field's owner, mode or empty rule (``"equipment.serial"`` → changed ``Field`` attributes);
    ``restore_book`` is the signed list of fields that may be written back over an accountant's edit; ``zone`` is the
    wall clock of the book; ``kinds`` limits a run to some kinds; ``requests``, ``licences`` and ``budget`` are rules of
    purchases, ``workdays`` the days that the last counts by; ``language`` is what people on the desk read."""

    guard: GuardLimits = field(default_factory=GuardLimits)
    fields: Mapping[str, Mapping[str, str]] = field(default_factory=lambda: MappingProxyType({}))
    restore_book: frozenset[str] = frozenset()
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("Europe/Moscow"))
    kinds: tuple[str, ...] = tuple(k.name for k in KINDS)
    requests: RequestRules = field(default_factory=RequestRules)
    licences: LicenceRules = field(default_factory=LicenceRules)
    budget: BudgetRule | None = None
    workdays: Workdays = field(default_factory=Workdays)
    language: str = "ru"
    #: Movements of consumables, where wanted.
    feed: FeedSettings | None = None

    def apply_to(self, kind: Kind) -> Kind:
        """``kind`` with the administrator's field rules."""
        changed = tuple(self._field(kind, f) for f in kind.fields)
        return kind if changed == kind.fields else replace(kind, fields=changed)

    def _field(self, kind: Kind, f: Field) -> Field:
        overrides = self.fields.get(f"{kind.name}.{f.name}")
        return replace(f, **overrides) if overrides else f  # type: ignore[arg-type]  # checked by settings


@dataclass(frozen=True, slots=True)
class Pair:
    """One book and one desk with their mappings."""

    name: str
    book: Connector
    desk: Connector
    book_map: SystemMap
    desk_map: SystemMap
    kinds: tuple[Kind, ...] = KINDS

    def connector(self, side: Side) -> Connector:
        return self.book if side == "book" else self.desk

    def mapping(self, side: Side) -> SystemMap:
        return self.book_map if side == "book" else self.desk_map

    @property
    def fingerprint(self) -> str:
        """Changes when either mapping means something else."""
        return f"{self.book_map.fingerprint}+{self.desk_map.fingerprint}"


class LinkIndex:
    """Who is whose twin, by kind and side; answers whether two references mean the same thing.

    ``more`` is asked for the link of a record that is not among ``links``."""

    def __init__(self, links: Iterable[Link] = (), more: Callable[[Ref], Link | None] = lambda ref: None) -> None:
        self._by: dict[tuple[str, Side, str], Link] = {}
        self._more = more
        for link in links:
            self.add(link)

    def add(self, link: Link) -> None:
        self._by[(link.kind, "book", link.book)] = link
        self._by[(link.kind, "desk", link.desk)] = link

    def pairs(self, kinds: Collection[str]) -> list[tuple[str, str, str]]:
        """(kind, book id, desk id) of the links known here, in order."""
        known = [link for (kind, side, _), link in self._by.items() if side == "book" and kind in kinds]
        return sorted((link.kind, link.book, link.desk) for link in known)

    def of(self, ref: Ref) -> Link | None:
        return self._by.get((ref.kind, ref.side, ref.id)) or self._more(ref)

    def on(self, side: Side, ref: Ref) -> Ref | None:
        """``ref`` as ``side`` calls it, or ``None`` while it has no twin there."""
        if ref.side == side:
            return ref
        link = self.of(ref)
        return Ref(side, ref.kind, link.on(side)) if link else None

    def same(self, a: Value, b: Value) -> bool | None:
        """Whether two values are the same thing; ``None`` if they are not both references."""
        if not isinstance(a, Ref) or not isinstance(b, Ref):
            return None
        if a.side == b.side:
            return a == b
        return self.on(b.side, a) == b


def book_now(clock: datetime, zone: ZoneInfo) -> datetime:
    """``clock`` (UTC) on the book's wall, without a zone, as 1C writes times."""
    return clock.astimezone(zone).replace(tzinfo=None, microsecond=0)
