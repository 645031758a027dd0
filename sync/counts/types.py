"""What a count is made of: the order it was called by, the commission, and what people saw.

People stand here by their ids in the books, never by name. Times are UTC; days are those of the books' calendar.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Literal

from ...errors import Reject
from ...i18n import N_

__all__ = ["CONDITIONS", "CountOrder", "CountSession", "CountState", "Member", "Scan", "condition_of"]

EMPTY: Mapping[str, Any] = MappingProxyType({})
CountState = Literal["open", "closed", "cancelled"]
#: Condition of a thing as a commission tells it (ФСБУ 28/2023, 4: not only that it is there) → its words on a sheet.
CONDITIONS: Mapping[str, str] = MappingProxyType(
    {
        "in_use": "в эксплуатации",
        "in_stock": "на складе",
        "faulty": "неисправен",
        "needs_repair": "требует ремонта",
        "in_repair": "сдан в ремонт",
        "unfit": "не соответствует",
    }
)


@dataclass(frozen=True, slots=True)
class CountOrder:
    """The order of the head (ИНВ-22): its number and day, why, from when to when, and by when accounting has the
    papers."""

    number: str
    day: date
    reason: str
    starts: date
    ends: date
    hand_in: date


@dataclass(frozen=True, slots=True)
class Member:
    """One of the commission; ``person`` an id of the books."""

    person: str
    chairman: bool = False


@dataclass(frozen=True, slots=True)
class CountSession:
    """One count. ``scope`` in words, as a reconciliation has it; ``run`` the comparison that was kept when it was
    opened: its snapshot is what the count is held against, now and ever. ``custodians``: who answers for what is
    counted.

    ``signed``: why it began although ``drafts`` (documents about it, by title, number and day) were not posted;
    ``unread``: documents of which the base did not tell whether any waits. ``absent`` and ``absence``: who of the
    commission was not there, and why the chairman lets the results stand. ``finished``: everything in scope was looked
    at. ``result``: the run that closed it, with the comparison that was frozen then.
    """

    number: int
    order: CountOrder
    members: tuple[Member, ...]
    custodians: tuple[str, ...]
    run: str
    scope: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: EMPTY)
    people: tuple[str, ...] = ()
    state: CountState = "open"
    blind: bool = False
    drafts: tuple[str, ...] = ()
    signed: str = ""
    unread: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    absence: str = ""
    finished: bool = False
    result: str = ""
    opened: datetime | None = None
    closed: datetime | None = None

    @property
    def present(self) -> tuple[Member, ...]:
        """Those of the commission who sign: the chairman, and every member who was there."""
        there = [one for one in self.members if one.chairman or one.person not in self.absent]
        return tuple(sorted(there, key=lambda one: not one.chairman))

    @property
    def chairman(self) -> str:
        return next((one.person for one in self.members if one.chairman), "")


@dataclass(frozen=True, slots=True)
class Scan:
    """What a counter saw, as it was given and what it was taken for.

    ``target``: ``thing:ID`` of the books (a card, a piece of a position), ``desk:ID`` of a thing that only the desk
    has, ``position:ID`` of МЦ.04, ``stock:ITEM|ORGANISATION|PLACE`` with ``|ACCOUNT`` where one is known; "" for what
    nobody knows. ``quantity`` nought: looked for and not there. ``place``: room or shelf in words. ``photo``: where it
    lies; the picture itself is not kept. ``recount``: takes back what was counted of the same before. ``number``: the
    order in which the state took them in.
    """

    target: str
    text: str
    quantity: Decimal = Decimal(1)
    place: str = ""
    condition: str = ""
    photo: str = ""
    counter: str = ""
    recount: bool = False
    number: int = 0
    at: datetime | None = None


def condition_of(text: str) -> str:
    """The condition that ``text`` means, in our words or a sheet's; "" for none. Raises ``Reject``."""
    word = " ".join(text.casefold().replace("ё", "е").split())
    if not word:
        return ""
    for name, said in CONDITIONS.items():
        if word in (name, said):
            return name
    raise Reject(
        "count_condition",
        "{text} is no condition of a thing.",
        hint=N_("Conditions: {known}."),
        text=text,
        known=", ".join(CONDITIONS.values()),
    )
