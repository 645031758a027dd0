"""A company that never was, as both of its systems tell it: pure, seeded, the same for the same arguments.

Neutral words only: ``book.py`` says it in 1C's, ``desk.py`` in the desk's. Cross references are our own keys
(``"org-1"``, ``"fa-0007"``), stable between sizes for the hand-written pieces (see ``things.py``).
"""

from __future__ import annotations

import random
import uuid
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Literal

from .dirt import initials
from .words import DEPARTMENTS, FEMALE, MALE, ORGANIZATIONS, PEOPLE_FIRST, PLACES, SURNAMES

__all__ = [
    "SIZES",
    "Asset",
    "Company",
    "Department",
    "Employment",
    "Organization",
    "Person",
    "Place",
    "Position",
    "Size",
    "Thing",
    "closed_until",
    "key_guid",
    "make_company",
]

#: «small» for tests, «demo» for a person who looks at it.
Size = Literal["tiny", "small", "demo"]


@dataclass(frozen=True, slots=True)
class Scale:
    """How much of everything; ``units`` are pieces of low-value equipment, ``positions`` of quantity 1 among them."""

    people: int
    departments: int
    cards: int
    units: int
    single: int


SIZES: dict[Size, Scale] = {
    "tiny": Scale(people=10, departments=3, cards=16, units=6, single=3),
    "small": Scale(people=14, departments=3, cards=40, units=20, single=12),
    "demo": Scale(people=40, departments=5, cards=260, units=140, single=80),
}

_NAMESPACE = uuid.UUID("6a4a1c5e-0d6b-5a57-9d7e-3b1c1b0f7e21")


def key_guid(key: str) -> str:
    """The ``Ref_Key`` under which a piece of the company lives in 1C; the same in every twin."""
    return str(uuid.uuid5(_NAMESPACE, key))


@dataclass(frozen=True, slots=True)
class Organization:
    key: str
    name: str
    inn: str
    pattern: str
    #: "" where the desk does not know it yet.
    desk_name: str


@dataclass(frozen=True, slots=True)
class Department:
    key: str
    organization: str
    code: str
    name: str
    on_desk: bool


@dataclass(frozen=True, slots=True)
class Employment:
    """One «Сотрудник» of a person; a part-timer has two."""

    key: str
    organization: str
    department: str
    number: str
    hired: date
    dismissed: date | None = None


@dataclass(frozen=True, slots=True)
class Person:
    key: str
    name: str
    employments: tuple[Employment, ...]
    #: What the desk calls him or her, "" where it does not know.
    desk_name: str
    number_on_desk: bool

    @property
    def main(self) -> Employment:
        return self.employments[0]


@dataclass(frozen=True, slots=True)
class Place:
    key: str
    name: str
    type: str
    code: str
    in_book: bool
    on_desk: bool


@dataclass(frozen=True, slots=True)
class Asset:
    """A card of fixed assets. ``state``: accepted, written_off, never (no acceptance posted), marked (for deletion)."""

    key: str
    group: str
    organization: str
    department: str
    custodian: str | None
    inventory: str
    name: str
    maker: str
    serial: str
    cost: Decimal
    commissioned: date
    state: Literal["accepted", "written_off", "never", "marked"] = "accepted"
    quantity: int = 1


@dataclass(frozen=True, slots=True)
class Position:
    """One row of an issue document: item, person, quantity, on МЦ.04 ever after. Rows of one ``batch`` share it."""

    key: str
    organization: str
    item: str
    person: str
    quantity: int
    price: Decimal
    batch: str
    issued: date


@dataclass(frozen=True, slots=True)
class Thing:
    """A piece of equipment on the desk, with the desk's own dirt; ``of`` is the asset or position it is (tests)."""

    key: str
    of: str | None
    inventory: str
    label: str
    serial: str
    model: str
    room: str | None
    user: str | None
    status: str
    organization: str
    department: str | None
    custodian: str | None
    accounting: str = ""
    notes: str = ""
    #: Which trap this piece carries, in words; "" for a clean one.
    trap: str = ""


@dataclass(frozen=True, slots=True)
class Company:
    today: date
    organizations: tuple[Organization, ...]
    departments: tuple[Department, ...]
    people: tuple[Person, ...]
    places: tuple[Place, ...]
    assets: tuple[Asset, ...] = ()
    items: dict[str, str] = field(default_factory=dict)
    positions: tuple[Position, ...] = ()
    things: tuple[Thing, ...] = ()

    def organization(self, key: str) -> Organization:
        return next(o for o in self.organizations if o.key == key)

    def person(self, key: str) -> Person:
        return next(p for p in self.people if p.key == key)

    def staff(self, organization: str) -> list[Person]:
        """People who work in ``organization`` today, in a fixed order."""
        return [p for p in self.people if p.main.organization == organization and p.main.dismissed is None]


def closed_until(today: date) -> date:
    """The last day of the quarter before ``today``: what an accountant has closed."""
    first_month = 3 * ((today.month - 1) // 3) + 1
    return date(today.year, first_month, 1) - timedelta(days=1)


def _organizations() -> tuple[Organization, ...]:
    return tuple(
        Organization(f"org-{n}", name, inn, pattern, desk)
        for n, (name, desk, inn, pattern) in enumerate(ORGANIZATIONS, 1)
    )


def _departments(scale: Scale) -> tuple[Department, ...]:
    found: list[Department] = []
    for org in range(1, len(ORGANIZATIONS) + 1):
        for index, name in enumerate(DEPARTMENTS[: scale.departments]):
            code = f"{org:02d}-{index + 1:03d}"
            found.append(Department(f"dep-{org}-{index}", f"org-{org}", code, name, on_desk=org != 3 and index < 4))
    return tuple(found)


def _places() -> tuple[Place, ...]:
    return tuple(
        Place(f"place-{n}", name, type_, f"{n:09d}", in_book, on_desk)
        for n, (name, type_, in_book, on_desk) in enumerate(PLACES, 1)
    )


def _names(rng: random.Random, count: int) -> list[tuple[str, int, int, str, bool]]:
    """The hand-written people first, then ordinary ones, half of them shortened on the desk."""
    found = list(PEOPLE_FIRST)
    surnames = list(SURNAMES)
    rng.shuffle(surnames)
    for index in range(count - len(found)):
        women = index % 2 == 0
        first, second = rng.choice(FEMALE if women else MALE)
        full = f"{surnames[index] + ('а' if women else '')} {first} {second}"
        short = initials(full).replace("ё", "е")
        numbered = index % 4 != 3  # one the desk knows without a number is told by the full name alone
        desk = "" if index % 9 == 8 else rng.choice((full, short)) if numbered else full
        found.append((full, index % 3, index, desk, numbered))
    return found[:count]


def _people(rng: random.Random, scale: Scale, today: date) -> tuple[Person, ...]:
    people: list[Person] = []
    for n, (name, org, dep, desk_name, numbered) in enumerate(_names(rng, scale.people), 1):
        hired = today - timedelta(days=rng.randint(400, 4000))
        job = Employment(f"job-{n}", f"org-{org + 1}", f"dep-{org + 1}-{dep % scale.departments}", f"{n:05d}", hired)
        jobs = [job]
        if n == 4:  # left, and still has things
            jobs = [replace(job, dismissed=today - timedelta(days=45))]
        if n == 9:  # a part-timer in another organisation
            jobs.append(Employment(f"job-{n}b", "org-1", "dep-1-0", f"{n + 900:05d}", today - timedelta(days=300)))
        people.append(Person(f"person-{n}", name, tuple(jobs), desk_name, numbered))
    return tuple(people)


def _scale(pieces: int) -> Scale:
    """A company with so many pieces of equipment in its books; 400 are «demo»."""
    cards = max(22, pieces * 65 // 100)
    units = pieces - cards
    people = min(40, 9 + pieces // 10)
    return Scale(people, departments=3 if pieces < 100 else 5, cards=cards, units=units, single=units * 4 // 7)


def make_company(size: Size | int = "demo", seed: int = 1, *, today: date) -> Company:
    """The whole company, by name or with so many pieces of equipment (30 and more); ``today`` (a local date) is where
    its year stands."""
    from .things import furnish

    rng = random.Random(seed)
    scale = _scale(size) if isinstance(size, int) else SIZES[size]
    bare = Company(today, _organizations(), _departments(scale), _people(rng, scale, today), _places())
    return furnish(bare, rng, cards=scale.cards, units=scale.units, single=scale.single)
