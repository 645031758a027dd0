"""Licences: seats bought, installed and free, what ends soon, what nobody allowed, and what the books know of them.

One object of the books may stand for many seats and many licences of the desk; a licence of the desk names its object
by the name (or id) that the books have for it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from ..mappings.text import fold
from ..purchase_rules import LicenceRules
from .ids import fingerprint
from .types import Issue

__all__ = ["KIND", "BookObject", "Installation", "Licence", "Seats", "questions", "seats"]

KIND = "licence"


@dataclass(frozen=True, slots=True)
class Licence:
    """A right of use as the desk keeps it; ``seats`` ``None``: not counted (a site licence)."""

    id: str
    product: str
    seats: Decimal | None = None
    expires: date | None = None
    book_object: str = ""


@dataclass(frozen=True, slots=True)
class Installation:
    """One seat taken: of the ``licence``, or of none that anybody knows."""

    id: str
    product: str = ""
    licence: str = ""
    where: str = ""


@dataclass(frozen=True, slots=True)
class BookObject:
    """What the books hold as a right of use (accounts that settings name), with its cost in roubles."""

    id: str
    name: str
    cost: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Seats:
    """One licence's balance of seats; ``free`` is negative where more is installed than was bought."""

    licence: Licence
    installed: int
    left: int | None

    @property
    def free(self) -> Decimal | None:
        return None if self.licence.seats is None else self.licence.seats - self.installed


def seats(licences: Iterable[Licence], installed: Iterable[Installation], today: date) -> tuple[Seats, ...]:
    """Every licence with its seats, by product. ``left``: days until it ends, negative once it has."""
    counted: dict[str, int] = {}
    for one in installed:
        counted[one.licence] = counted.get(one.licence, 0) + 1
    rows = (Seats(one, counted.get(one.id, 0), (one.expires - today).days if one.expires else None) for one in licences)
    return tuple(sorted(rows, key=lambda row: (fold(row.licence.product), row.licence.id)))


def questions(
    licences: Iterable[Licence],
    installed: Iterable[Installation],
    books: Iterable[BookObject] | None,
    rules: LicenceRules,
    today: date,
) -> list[Issue]:
    """What a person must look at. ``books`` is ``None`` where this base's rights were not read: they prove nothing."""
    licences, installed = list(licences), list(installed)
    found: list[Issue] = []
    for row in seats(licences, installed, today):
        found += _of_one(row, rules)
    found += _unlicensed(installed, licences, rules)
    return found + (_of_books(licences, list(books)) if books is not None else [])


def _of_one(row: Seats, rules: LicenceRules) -> list[Issue]:
    one, found = row.licence, []
    if row.free is not None and row.free < 0:
        found.append(_issue("licence_overused", one.id, one.product, seats=one.seats, installed=row.installed))
    due = [days for days in sorted(rules.days) if row.left is not None and row.left <= days]
    if row.left is not None and row.left < 0:
        found.append(_issue("licence_expired", one.id, one.product, until=one.expires))
    elif due:
        # The step of the alert is in the fingerprint: each of 90, 60, 30 and 7 days asks anew, the days between do not.
        found.append(_issue("licence_expires", one.id, one.product, until=one.expires, days=due[0]))
    return found + _allowed(one.id, one.product, rules)


def _allowed(id: str, product: str, rules: LicenceRules, code: str = "licence_not_allowed") -> list[Issue]:
    known = {fold(name) for name in rules.allowed}
    return [_issue(code, id, product)] if known and fold(product) not in known else []


def _unlicensed(installed: Iterable[Installation], licences: Iterable[Licence], rules: LicenceRules) -> list[Issue]:
    known = {one.id for one in licences}
    found: list[Issue] = []
    for one in installed:
        if one.licence in known:
            continue
        found.append(_issue("installation_unlicensed", f"installation:{one.id}", one.product, where=one.where))
        found += _allowed(f"installation:{one.id}", one.product, rules, "installation_not_allowed")
    return found


def _of_books(licences: Iterable[Licence], books: list[BookObject]) -> list[Issue]:
    """Both ways: an object that no licence names, and a licence whose object the books do not have (any more)."""
    keys: dict[str, set[str]] = {}
    for one in books:
        # One object may stand on several accounts: whoever names it names all of it.
        for key in {fold(one.name), fold(one.id)} - {""}:
            keys.setdefault(key, set()).add(one.id)
    named: set[str] = set()
    found: list[Issue] = []
    for licence in licences:
        if not licence.book_object:
            continue
        if not (ids := keys.get(fold(licence.book_object))):
            found.append(_issue("licence_object_unknown", licence.id, licence.product, object=licence.book_object))
        named |= ids or set()
    for book in books:
        if book.id not in named:
            found.append(
                Issue(f"{KIND}:book:{book.id}", "licence_book_only", KIND, book=book.id, params={"name": book.name})
            )
    return found


def _issue(code: str, id: str, name: str, **params: object) -> Issue:
    mark = fingerprint({key: str(value) for key, value in params.items()})
    desk = None if ":" in id else id  # an installation is no record of this kind
    return Issue(f"{KIND}:{id}:{code}", code, KIND, desk=desk, params={"name": name, **params}, fingerprint=mark)
