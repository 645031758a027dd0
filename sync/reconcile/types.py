"""What a reconciliation is made of: where its figures come from, what was compared, what differs and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from types import MappingProxyType
from typing import Any

from ...mappings.model import SIDES, Ref, Side, Value, Values
from ..types import Link, Listing, Record, position_of

__all__ = [
    "KEY",
    "Allotment",
    "Coming",
    "Correction",
    "Difference",
    "Group",
    "ReconcileRules",
    "Reconciliation",
    "Snapshot",
    "Source",
    "Verdicts",
]

EMPTY: Mapping[str, Any] = MappingProxyType({})
#: How the key of a question begins that a reconciliation asked: no other run answers or closes it.
KEY = "difference:"


@dataclass(frozen=True, slots=True)
class ReconcileRules:
    """``timing_days``: so long a movement may be on its way; then it is a difference like any other."""

    timing_days: int = 14


@dataclass(frozen=True, slots=True)
class Source:
    """One listing that the figures stand on. ``as_of``: the day whose end it shows (``None``: the moment ``taken``,
    UTC). ``error`` and ``error_ru``: why it could not be read, in words; then nothing of it is compared."""

    side: Side
    kind: str
    taken: datetime
    read: int = 0
    complete: bool = False
    as_of: date | None = None
    error: str = ""
    error_ru: str = ""

    @property
    def failed(self) -> bool:
        return bool(self.error)


@dataclass(frozen=True, slots=True)
class Allotment:
    """A part of a card or position that a thing of the desk stands for: of a group card, of a kit (``role``), or one of
    several cards of one thing (``reason``).

    ``desk`` is empty in the row about the card itself: ``quantity`` is then how many things it stands for, and
    ``role`` the roles of its kit, joined by commas.
    """

    kind: str
    card: str
    desk: str
    quantity: Decimal = Decimal(1)
    role: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """A card of the books that stands for many things; ``quantity`` ``None``: nobody has said how many."""

    id: str
    label: str
    quantity: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Coming:
    """A move that stands in a draft and not yet in the registers: what ``field`` of a record will be."""

    kind: str
    book: str
    field: str
    wanted: Value
    number: str = ""


@dataclass(frozen=True)
class Snapshot:
    """Both sides as they were read, once. ``day``: the books as of its end (``None``: now). ``links``: who is whose
    twin. ``waiting``: stock card of the desk → quantity (its unit, signed) that moved there and not yet in the books.
    """

    day: date | None
    taken: datetime
    sources: tuple[Source, ...]
    listings: Mapping[tuple[str, Side], Listing]
    links: tuple[Link, ...] = ()
    rejected: frozenset[tuple[str, str, str]] = frozenset()
    allotments: tuple[Allotment, ...] = ()
    groups: tuple[Group, ...] = ()
    coming: tuple[Coming, ...] = ()
    waiting: Mapping[str, Decimal] = field(default_factory=lambda: EMPTY)

    def listing(self, kind: str, side: Side) -> Listing | None:
        return self.listings.get((kind, side))

    def record(self, kind: str, side: Side, id: str | None) -> Record | None:
        one = self.listings.get((kind, side))
        return one.records.get(id) if one and id else None

    def values(self, ref: Value) -> Values:
        """What is known of the record that ``ref`` names."""
        found = self.record(ref.kind, ref.side, ref.id) if isinstance(ref, Ref) else None
        return found.values if found else EMPTY

    def called(self, ref: Value) -> str:
        """The name of the record that ``ref`` names, its id where nobody knows a name."""
        return str(self.values(ref).get("name") or (ref.id if isinstance(ref, Ref) else ref or ""))

    def whole(self, kind: str, *sides: Side) -> bool:
        """Whether nothing of ``kind`` can be missing: only then does absence prove anything."""
        return all((one := self.listing(kind, side)) is not None and one.complete for side in sides or SIDES)

    def unsure(self, kind: str, side: Side) -> bool:
        """Whether that side keeps ``kind`` and it could not be read whole this time."""
        return any((s.side, s.kind) == (side, kind) and (s.failed or not s.complete) for s in self.sources)

    def gone(self, kind: str, side: Side, id: str) -> bool:
        """Whether a record is surely no longer there. A unit of a МЦ.04 position lives as long as its position."""
        if position := position_of(id):
            kind, id = "position", position
        one = self.listing(kind, side)
        return one is not None and one.complete and id not in one.records and id not in one.bad

    @cached_property
    def book_quantity(self) -> str:
        """The kind that holds the books' stock: balances of accounts where they are kept, else stock levels."""
        return "holding" if ("holding", "book") in self.listings else "stock"


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that does not add up.

    ``key`` is the same from night to night while it is about the same; ``code`` is its class (``classes.CLASSES``).
    ``rule``/``score``: why the two records are taken for one. ``book``, ``desk``, ``count``: what each of the three
    says of ``field_name`` (``presence``: about being there at all). ``quantity``: fact less books, in the books'
    unit. ``at_risk``: roubles, ``None`` where nobody knows a cost. ``evidence``: what else speaks for or against.
    ``proposal`` names what to do (``classes.PROPOSALS``), ``owner`` who does it.
    """

    key: str
    code: str
    kind: str
    label: str
    book_id: str | None = None
    desk_id: str | None = None
    field_name: str = "presence"
    book: Value = None
    desk: Value = None
    count: Value = None
    quantity: Decimal | None = None
    rule: str = ""
    score: int = 0
    at_risk: Decimal | None = None
    owner: str = "it"
    proposal: str = ""
    organization: str = ""
    evidence: Values = field(default_factory=lambda: EMPTY)


@dataclass(frozen=True, slots=True)
class Verdicts:
    """The differences found, and which keys were looked at at all: only those may be closed when they are gone.

    ``compared``: pairs (or balances) that were compared, by kind. ``unread``: what was not compared, and why not.
    """

    differences: tuple[Difference, ...]
    compared: Mapping[str, int]
    unread: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Correction:
    """What a side says now, and what it said before: a late posting of the books, or a movement during a count."""

    kind: str
    id: str
    label: str
    field: str
    was: Value
    now: Value
    side: Side = "book"


@dataclass(frozen=True)
class Reconciliation:
    """One finished comparison, as it is kept. ``scope`` in words; ``first``: the run whose snapshot of the same day and
    scope the corrections are measured from."""

    run: str
    day: date | None
    taken: datetime
    scope: Mapping[str, Any]
    sources: tuple[Source, ...]
    differences: tuple[Difference, ...]
    compared: Mapping[str, int]
    unread: tuple[str, ...] = ()
    corrections: tuple[Correction, ...] = ()
    first: str = ""
    #: A digest of everything above but the run: the same figures give the same one.
    fingerprint: str = ""
    #: The count whose finds were the third column; what moved while it was on, and the sources that tell it.
    count: str = ""
    moved: tuple[Correction, ...] = ()
    after: tuple[Source, ...] = ()
