"""Lines of things, stock and rights as forms print them: the books' figures, and the fact where one is known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from ...mappings.keys import unit_key
from .settled import ZERO, Settled, priced

__all__ = ["ONE", "POSITION_ACCOUNT", "DeskSide", "Facts", "Line", "Person", "Right", "StockLine", "Thing"]

ONE = Decimal(1)
POSITION_ACCOUNT = "МЦ.04"


@dataclass(frozen=True, slots=True)
class Person:
    """Ids of the books and what people call it; "" where the books name none."""

    organization: str = ""
    department: str = ""
    custodian: str = ""


@dataclass(frozen=True, slots=True)
class Thing:
    """One card of 01, or (``book`` 0) a thing that only the desk has. ``fact``: ``None``: nobody looked."""

    id: str
    at: Person
    title: str
    inventory_number: str
    serial: str
    commissioned: date | None
    cost: Decimal | None
    condition: str = ""
    book: Decimal = ONE
    fact: Decimal | None = None


@dataclass(frozen=True, slots=True)
class StockLine:
    """One item on one account at one warehouse, or (МЦ.04) with one person. ``waiting``: part of the difference that
    stands in movements on their way; ``offset``: with which line the head offset it, and how much."""

    key: str
    at: Person
    place: str
    account: str
    title: str
    code: str
    unit: str
    book: Decimal
    cost: Decimal
    fact: Decimal | None = None
    waiting: Decimal = ZERO
    offset: Decimal = ZERO
    pair: str = ""
    serial: str = ""

    @property
    def okei(self) -> str:
        return unit_key(self.unit)

    @property
    def price(self) -> Decimal | None:
        return priced(ONE, self.book, self.cost) if self.book != ONE else self.cost or None

    @property
    def fact_sum(self) -> Decimal | None:
        return None if self.fact is None else priced(self.fact, self.book, self.cost)

    @property
    def settled(self) -> Settled | None:
        """How the difference is accounted for; ``None`` where there is none, or nobody knows."""
        if self.fact is None or self.fact == self.book:
            return None
        difference = self.fact - self.book
        whole = priced(abs(difference), self.book, self.cost)
        on_its_way = self.waiting if self.waiting * difference > 0 else ZERO
        clarified = min(abs(on_its_way), abs(difference) - self.offset)
        return Settled(difference, whole, clarified, self.offset)


#: What can be counted.
Line = Thing | StockLine


@dataclass(frozen=True, slots=True)
class Right:
    """One right of use on an account that settings name."""

    at: Person
    title: str
    cost: Decimal | None


@dataclass(frozen=True)
class DeskSide:
    """What the desk says of things in people's hands where the books say otherwise. ``read``: whether it was read
    whole; ``only``: things that it has with somebody (``at``) and the books have not; ``other``: card of 01 → who has
    it by the desk, in words."""

    read: bool = False
    only: tuple[Thing, ...] = ()
    other: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Facts:
    """All lines of one reconciliation. ``names``: (kind, id of the books) → name; ``numbers``: of people; ``desk``: for
    what people hold."""

    things: tuple[Thing, ...]
    stock: tuple[StockLine, ...]
    held: tuple[StockLine, ...]
    rights: tuple[Right, ...]
    names: Mapping[tuple[str, str], str] = field(default_factory=dict)
    numbers: Mapping[str, str] = field(default_factory=dict)
    desk: DeskSide = field(default_factory=DeskSide)

    def called(self, kind: str, id: str) -> str:
        return self.names.get((kind, id), id)

    def everything(self) -> tuple[Line, ...]:
        """What can be counted: things, stock and what people hold."""
        return (*self.things, *self.stock, *self.held)
