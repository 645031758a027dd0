"""From what a file, a sheet or a barcode reader gives to what a session keeps. Pure.

What can mean two things, a heap without a quantity and a word that is no condition are given back with the reason:
nothing is guessed, and what is right beside it is taken.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from ...errors import Reject, UchetError
from ...i18n import N_
from ...mappings.people import name_key
from .identify import Index, is_heap
from .types import Scan, condition_of

__all__ = ["Given", "Refused", "Taken", "take"]

ONE = Decimal(1)


@dataclass(frozen=True, slots=True)
class Given:
    """One look as somebody gave it. ``where``: file and line; ``target``: what it is about, where that is known (a
    line of a sheet); ``quantity`` ``None``: not said."""

    where: str
    text: str
    quantity: Decimal | None = None
    place: str = ""
    condition: str = ""
    photo: str = ""
    target: str = ""


@dataclass(frozen=True, slots=True)
class Refused:
    """A look that was not taken, and why."""

    given: Given
    error: UchetError


@dataclass(frozen=True)
class Taken:
    """``scans``: what is kept, with the title of each; ``unknown``: how many of them nobody knows."""

    scans: tuple[tuple[Scan, str], ...]
    refused: tuple[Refused, ...]

    @property
    def unknown(self) -> int:
        return sum(not scan.target for scan, _ in self.scans)


def take(index: Index, given: Iterable[Given], *, counter: str, recount: bool = False) -> Taken:
    """What each of them means. ``counter``: who looked; ``recount``: what was counted of the same before is void."""
    scans: list[tuple[Scan, str]] = []
    refused: list[Refused] = []
    for one in given:
        try:
            scan = _scan(index, one, counter, recount=recount)
        except Reject as error:
            refused.append(Refused(one, error))
        else:
            scans.append((scan, index.title(scan.target) if scan.target else scan.text))
    return Taken(tuple(scans), tuple(refused))


def _scan(index: Index, one: Given, counter: str, *, recount: bool) -> Scan:
    target = one.target or _target(index, one)
    place = one.place.strip()
    quantity = one.quantity
    if is_heap(target):
        if quantity is None:
            raise Reject(
                "scan_quantity",
                "{title} is a heap: how many there are was not said.",
                hint=N_("Give the quantity behind the code: {text};12."),
                title=index.title(target),
                text=one.text,
            )
        if place and name_key(place) == index.warehouse(target):
            place = ""
    elif target and quantity not in (None, Decimal(0), ONE):
        raise Reject(
            "scan_not_one",
            "{title} is one thing and cannot be there {quantity} times.",
            hint=N_("Give 1 for found and 0 for not there."),
            title=index.title(target),
            quantity=f"{quantity:f}",
        )
    if quantity is not None and quantity < 0:
        raise Reject("scan_negative", "{quantity} is no quantity.", hint=N_("Give nought or more."), quantity=quantity)
    many = ONE if quantity is None else quantity
    return Scan(target, one.text, many, place, condition_of(one.condition), one.photo, counter, recount)


def _target(index: Index, one: Given) -> str:
    found = index.means(one.text, one.place)
    if len(found) > 1:
        raise Reject(
            "scan_ambiguous",
            "{text} means more than one thing: {found}.",
            hint=N_("Give another number of it, such as the serial number; for a heap also the warehouse."),
            text=one.text,
            found="; ".join(index.title(target) for target in found),
        )
    return found[0] if found else ""
