"""What happened once on the desk, as the engine keeps it until the books say so too. Frozen values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Literal

from ..mappings.model import Ref, Values

__all__ = ["EVENT_STATES", "Claim", "Event", "EventState", "Part"]

EMPTY: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Claim:
    """What an event was found to be in the books: a document's effect on one item at one place, in the books' unit,
    signed as stock goes."""

    document: str
    item: str
    organization: str
    place: str
    quantity: Decimal


@dataclass(frozen=True, slots=True)
class Part:
    """One line of an event that has several: a stock card of the desk and how much of it, in the card's unit."""

    supply: str
    quantity: Decimal
    unit: str = ""
    share: Decimal | None = None


EventState = Literal["pending", "drafted", "posted", "refused"]
#: What the state of a draft makes of its events (state, reason); in the other states they stay where they stand.
EVENT_STATES: Mapping[str, tuple[EventState, str]] = MappingProxyType(
    {
        "open": ("drafted", ""),
        "edited": ("drafted", "edited"),
        "posted": ("posted", ""),
        "adopted": ("posted", "otherwise"),
        "agreed": ("posted", ""),
        "refused": ("refused", "draft"),
    }
)


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened once on the desk: consumables came, went or changed their place.

    ``id`` is stable and never reused, ``record`` the desk's own id of it. ``supply`` and ``to`` are stock cards of the
    desk, ``quantity`` is in the card's unit (``unit`` as it was called then), signed for a correction alone. ``number``
    is the order in which the desk recorded. ``reverses``: the desk's id of the event that this one takes back.

    ``asset`` and ``other`` are pieces of equipment it is about, ``parts`` its lines where it has several, ``told`` what
    else the desk says of it.

    The last five are ours: ``reason`` why it stands where it stands, ``attempt`` how often a draft for it was let go,
    ``draft`` the draft it is allocated to, ``claims`` the document of the books that was found to be it.
    """

    id: str
    record: str
    kind: str
    supply: str
    quantity: Decimal
    day: date
    number: int
    unit: str = ""
    to: str = ""
    person: Ref | None = None
    department: Ref | None = None
    ticket: str = ""
    reverses: str = ""
    asset: Ref | None = None
    other: Ref | None = None
    parts: tuple[Part, ...] = ()
    told: Values = field(default_factory=lambda: EMPTY)
    state: EventState = "pending"
    reason: str = ""
    attempt: int = 0
    draft: str = ""
    claims: tuple[Claim, ...] = ()

    @property
    def label(self) -> str:
        """What people call it: the ticket, else the act, else the desk's number of it."""
        return self.ticket or str(self.told.get("act") or "") or f"№{self.record}"

    @property
    def key(self) -> str:
        """Its name in a draft; another attempt is another member."""
        return f"{self.id}~{self.attempt}" if self.attempt else self.id
