"""A purchase request as values: what it asks for, the digest of its contents, and how far two contents are apart."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

__all__ = ["Line", "Request", "Snapshot", "amount", "snapshot", "version_of", "within"]


@dataclass(frozen=True, slots=True)
class Line:
    """One thing asked for. ``item``: the id of the desk's item, empty for a free ``text``. ``price`` is per unit in
    roubles, on the ``vat`` basis told (``with``, ``without``). Quantities: Decimal, three places."""

    id: str
    item: str = ""
    text: str = ""
    category: str = ""
    quantity: Decimal | None = None
    unit: str = ""
    price: Decimal | None = None
    price_date: date | None = None
    vat: str = ""
    place: str = ""
    asset: str = ""
    term: str = ""
    seats: Decimal | None = None
    platform: str = ""
    security_mark: str = ""
    cancelled: Decimal = Decimal(0)

    @property
    def name(self) -> str:
        return self.text or self.item or self.id

    @property
    def still(self) -> Decimal:
        """What is still asked for: less what was cancelled, nought where no quantity is told."""
        return max((self.quantity or Decimal(0)) - self.cancelled, Decimal(0))


@dataclass(frozen=True, slots=True)
class Request:
    """A request as the desk holds it; every id is the desk's. ``state`` is the desk's own word for where it stands."""

    id: str
    title: str = ""
    state: str = "draft"
    organization: str = ""
    branch: str = ""
    department: str = ""
    initiator: str = ""
    beneficiary: str = ""
    workplace: str = ""
    reason: str = ""
    asset: str = ""
    needed_by: date | None = None
    article: str = ""
    contact: str = ""
    offer: str = ""
    submitted: date | None = None
    lines: tuple[Line, ...] = ()

    @property
    def total(self) -> Decimal:
        """Roubles, as far as prices are known."""
        return sum((amount(line) for line in self.lines), Decimal(0))

    @property
    def categories(self) -> frozenset[str]:
        return frozenset(line.category for line in self.lines)


def amount(line: Line) -> Decimal:
    """Quantity × price of what is still asked for; nought where either is unknown."""
    if line.quantity is None or line.price is None:
        return Decimal(0)
    return (line.quantity - line.cancelled) * line.price


#: What an approval was given for: line id → (what, quantity, price), all as text; under ``WHO`` for whom and on what.
Snapshot = Mapping[str, tuple[str, str, str]]
WHO = ""


def snapshot(request: Request) -> dict[str, tuple[str, str, str]]:
    """What an approval is about, for later comparison."""
    return {WHO: ("|".join(_who(request)), "", ""), **_lines(request)}


def _lines(request: Request) -> dict[str, tuple[str, str, str]]:
    return {
        line.id: (f"{line.item}|{line.text}|{line.category}", _number(line.quantity), _number(line.price))
        for line in request.lines
    }


def _who(request: Request) -> tuple[str, ...]:
    who = (request.organization, request.branch, request.department, request.initiator, request.beneficiary)
    return (*who, request.reason, request.asset, request.article)


def _number(value: Decimal | None) -> str:
    return "" if value is None else f"{value.normalize() + 0:f}"


def version_of(request: Request) -> str:
    """A digest of everything that people approve: it changes when what is asked for, by whom or for whom changes."""
    told = _who(request)
    who, why = [*told[:5]], [*told[5:], str(request.needed_by)]
    text = json.dumps([who, why, sorted(_lines(request).items())], ensure_ascii=False)
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


def within(approved: Snapshot, now: Snapshot, share: Decimal, most: Decimal) -> bool:
    """Whether ``now`` is still what was approved: the same things for the same people on the same article, and no line
    or sum grown beyond ``share`` of what it was and no more than ``most`` roubles in all, whichever is reached first.
    Another day by which it is needed is no other request."""
    if WHO not in approved:  # remembered before that was kept
        now = {id: row for id, row in now.items() if id != WHO}
    if approved.keys() != now.keys() or any(approved[id][0] != now[id][0] for id in now):
        return False
    before, after = (sum((_sum(one[id]) for id in one), Decimal(0)) for one in (approved, now))
    if any(approved[id][i] == "" != now[id][i] for id in now for i in (1, 2)):
        return False
    grown = any(_value(now[id][i]) > _value(approved[id][i]) * (1 + share) for id in now for i in (1, 2))
    return not grown and after - before <= min(most, before * share)


def _value(text: str) -> Decimal:
    return Decimal(text or 0)


def _sum(row: tuple[str, str, str]) -> Decimal:
    return _value(row[1]) * _value(row[2])
