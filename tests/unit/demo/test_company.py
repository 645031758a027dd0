"""The company that never was: as large as promised, the same every time, with every trap of real bases in it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from uchet.jobs.demo.company import Company, closed_until, key_guid, make_company
from uchet.jobs.demo.dirt import INVENTORY, SERIAL
from uchet.jobs.demo.things import TRAPS
from uchet.jobs.demo.week import CONFLICT, MOVES, thing
from uchet.mappings.keys import inv_key, serial_key

TODAY = date(2026, 11, 22)


@pytest.fixture(scope="module")
def company() -> Company:
    return make_company("demo", 1, today=TODAY)


def test_is_as_large_as_promised(company: Company) -> None:
    assert len(company.organizations) == 3
    assert len(company.people) == 40
    assert len(company.places) >= 12
    assert len(company.assets) == 260
    assert sum(position.quantity for position in company.positions) == 140
    assert sum(position.quantity == 1 for position in company.positions) >= 80


def test_is_the_same_for_the_same_seed_and_another_for_another(company: Company) -> None:
    assert make_company("demo", 1, today=TODAY) == company
    assert make_company("demo", 2, today=TODAY) != company
    assert key_guid("fa-0001") == key_guid("fa-0001") != key_guid("fa-0002")


@pytest.mark.parametrize("size", ["small", "demo"])
def test_every_size_holds_every_trap(size: str) -> None:
    made = make_company(size, 1, today=TODAY)  # type: ignore[arg-type]
    assert len(made.assets) > max(TRAPS)
    assert {a.state for a in made.assets} == {"accepted", "never", "marked", "written_off"}
    assert any(a.quantity > 1 and "шт.)" in a.name for a in made.assets)
    assert any(a.custodian is None for a in made.assets)
    gone = {p.key for p in made.people if p.main.dismissed}
    assert any(a.custodian in gone for a in made.assets)
    assert any(len(p.employments) == 2 for p in made.people)
    names = [p.name for p in made.people]
    assert len(set(names)) < len(names), "namesakes"
    known = {t.of for t in made.things}
    assert any(a.key not in known for a in made.assets if a.state == "accepted")
    assert any(t.of is None for t in made.things)


def test_numbers_fit_the_books(company: Company) -> None:
    assert all(len(a.inventory) <= 9 for a in company.assets)
    desk = [t.inventory for t in company.things]
    assert len(set(desk)) == len(desk), "the desk's key is unique"
    assert all(isinstance(a.cost, Decimal) for a in company.assets)


def test_spoilt_numbers_keep_their_key() -> None:
    for number in ("БП-000123", "ОС-000123", "000000123"):
        for name, spoil in INVENTORY:
            assert inv_key(spoil(number)) == inv_key(number), name
    for name, spoil in SERIAL:
        assert serial_key(spoil("PF3AKNWX7")) == serial_key("PF3AKNWX7"), name


def test_the_week_touches_pieces_without_traps() -> None:
    for size in ("small", "demo"):
        made = make_company(size, 1, today=TODAY)  # type: ignore[arg-type]
        for number in (20, 21, 22, 24, CONFLICT, *MOVES, 31):
            assert thing(made, number).trap in ("", "Latin look-alikes", "«инв. №»", "№"), number


@pytest.mark.parametrize(
    ("today", "closed"),
    [
        (date(2026, 11, 22), date(2026, 9, 30)),
        (date(2026, 1, 1), date(2025, 12, 31)),
        (date(2026, 4, 1), date(2026, 3, 31)),
    ],
)
def test_the_last_quarter_is_closed(today: date, closed: date) -> None:
    assert closed_until(today) == closed
