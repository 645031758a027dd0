"""What happens in a company's month, day by day: pure, seeded, the same for the same arguments.

Neutral words only; who does it, and where, is in ``month_people.py``.
"""

from __future__ import annotations

import random
from calendar import monthrange
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from types import MappingProxyType
from typing import TypeVar

from ...sync.requests import STATES

__all__ = ["FIRST", "HOME", "ITEMS", "PARTS", "PLACES", "Act", "calendar", "how_much", "month_of", "rhythm"]

T = TypeVar("T")

#: The first day of the month that is played: always the same one, so that nothing depends on the day of playing.
FIRST = date(2025, 2, 1)
#: Kind → how often in a month of a company with so many pieces of equipment: 30, 400.
_SMALL, _LARGE = 30, 400
_HOW_MUCH: Mapping[str, tuple[int, int]] = MappingProxyType(
    {
        "issue": (60, 2000),
        "transfer": (4, 120),
        "write_off": (2, 10),
        "receipt": (4, 60),
        "own_receipt": (2, 20),
        "repair": (4, 40),
        "upgrade": (4, 25),
        "swap": (1, 5),
        "kit": (1, 4),
        "request": (len(STATES), 150),
        "scrap": (1, 10),
    }
)
#: Item → (unit of the desk, how many of the books' pieces one is, whether people get it in their hands).
ITEMS: Mapping[str, tuple[str, int, bool]] = {
    "Картридж CE285A": ("шт", 1, False),
    "Бумага А4": ("упак", 5, False),
    "Мышь": ("шт", 1, True),
    "Клавиатура": ("шт", 1, True),
    "Память 8 ГБ": ("шт", 1, False),
    "Блок питания": ("шт", 1, False),
    "Батарея ИБП": ("шт", 1, False),
    "Диск 1 ТБ": ("шт", 1, False),
    "Корпус": ("шт", 1, False),
    "Системный блок": ("шт", 1, False),
}
#: The warehouses that both sides know, and the organisation whose they are.
PLACES, HOME = ("place-1", "place-3"), "org-1"
#: Parts that are fitted into equipment, and the desk's word for each.
PARTS: Mapping[str, str] = {
    "Память 8 ГБ": "ram", "Блок питания": "psu", "Батарея ИБП": "ups_battery", "Диск 1 ТБ": "disk"
}  # fmt: skip
#: How a repair may end.
_ENDS = ("free", "paid", "replaced", "away")


@dataclass(frozen=True, slots=True)
class Act:
    """One thing that somebody does; ``n`` tells things of a kind apart, ``told`` are its own choices."""

    kind: str
    n: int
    told: Mapping[str, object] = field(default_factory=dict)


def how_much(assets: int) -> Mapping[str, int]:
    """Kind → how often it happens in a month of a company with ``assets`` pieces of equipment (30 and more)."""
    share = (assets - _SMALL) / (_LARGE - _SMALL)
    return {kind: round(few + (many - few) * share) for kind, (few, many) in _HOW_MUCH.items()}


def rhythm(assets: int) -> int:
    """Every how many working days the nightly job runs: a small company lets it run every other day."""
    return 1 if assets >= 100 else 2


def month_of(first: date) -> list[date]:
    """The working days of a month."""
    days = [first + timedelta(days=n) for n in range(monthrange(first.year, first.month)[1])]
    return [day for day in days if day.weekday() < 5]


def calendar(assets: int, days: list[date], seed: int) -> dict[date, list[Act]]:
    """What happens on each working day. The last three days are for clearing up."""
    rng = random.Random(seed)
    busy = days[:-3]
    # A request needs a week of nights to come to its end, what is sent to repair some days to come back.
    among = {"request": busy[: len(busy) // 2], "repair": busy[:-3], "swap": busy[2:-3], "kit": busy[2:-3]}
    found: dict[date, list[Act]] = {day: [] for day in days}
    for kind, count in how_much(assets).items():
        for n, told in enumerate(_choices(rng, kind, count)):
            found[rng.choice(among.get(kind, busy))].append(Act(kind, n, told))
    return found


def _choices(rng: random.Random, kind: str, count: int) -> list[dict[str, object]]:
    """What is special about each of ``count`` things of a kind. Whatever the seed, everything that may happen does."""
    if kind == "upgrade":
        return [{"item": part, "pick": rng.random()} for part in _dealt(rng, tuple(PARTS), count)]
    if kind == "request":
        return [{"goal": goal, "price": rng.choice((400, 900, 2500, 12_000))} for goal in _dealt(rng, STATES, count)]
    if kind == "repair":
        ends = _dealt(rng, _ENDS, count)
        return [{"end": end, "days": rng.randint(1, 4), "pick": rng.random()} for end in ends]
    if kind in ("swap", "kit", "scrap"):
        return [{"pick": rng.random()} for _ in range(count)]
    return [_movement(rng, kind, item, n) for n, item in enumerate(_dealt(rng, tuple(ITEMS)[:-2], count))]


def _movement(rng: random.Random, kind: str, item: str, n: int) -> dict[str, object]:
    """Now and then one is recorded days after it happened, or taken back at once."""
    rare = {"late": 4 if n % 12 == 11 else 0, "back": kind == "issue" and n % 25 == 24}
    person = ITEMS[item][2] and rng.random() < 0.8
    return {"item": item, "quantity": rng.randint(1, 3), "place": rng.randrange(2), "person": person, **rare}


def _dealt(rng: random.Random, choices: Sequence[T], count: int) -> list[T]:
    """``count`` of the choices in any order, each as often as any other, or once more."""
    cards = [choices[n % len(choices)] for n in range(count)]
    rng.shuffle(cards)
    return cards
