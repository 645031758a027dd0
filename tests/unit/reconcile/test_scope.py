"""What a scope holds: words of people on either side, twins included."""

from __future__ import annotations

from dataclasses import replace

import pytest
from planted import Company, company

from uchet.errors import Reject
from uchet.sync.reconcile.compare import compare
from uchet.sync.reconcile.scope import Asked, resolve


@pytest.fixture
def made() -> Company:
    """Four things that differ, in two organisations, and stock in two warehouses."""
    made = company(3)
    places = (("o1", "d0", "p0", "Комната 204"), ("o1", "d1", "p1", "Комната 205"), ("o2", "d0", "p0", "Комната 204"))
    for org, department, person, room in places:
        _, desk = made.thing(organization=org, department=org + department, custodian=org + person, room=room)
        made.change("equipment", "desk", desk, condition="faulty")
    made.change("equipment", "desk", "d2", user="Сотрудник o1 3")
    made.stock("Тонер", "w1", 3, 2)
    made.stock("Бумага", "w2", 3, 2)
    return made


def labels(made: Company, **asked: tuple[str, ...]) -> list[str]:
    look = made.look()
    scope = resolve(Asked(**asked), look.snapshot)
    return [one.label for one in compare(replace(look, scope=scope)).differences]


ALL = ["БП-000001", "БП-000002", "БП-000003", "Тонер", "Бумага"]


@pytest.mark.parametrize(
    ("asked", "wanted"),
    [
        ({}, ALL),
        ({"organization": ("ООО «o2»",)}, ["БП-000003"]),
        ({"organization": ("7700000001",)}, ["БП-000001", "БП-000002", "Тонер", "Бумага"]),
        ({"department": ("o1d1",)}, ["БП-000002"]),
        ({"department": ("отдел 0",)}, ["БП-000001", "БП-000003"]),
        ({"branch": ("ООО «o2»", "o1d1")}, ["БП-000002", "БП-000003"]),
        ({"organization": ("o1",), "department": ("отдел 0",)}, ["БП-000001"]),
        ({"room": ("комната 204",)}, ["БП-000001", "БП-000003"]),
        ({"room": ("Нигде",)}, []),
        ({"warehouse": ("Склад w2",)}, ["Бумага"]),
        ({"warehouse": ("w1", "w2")}, ["Тонер", "Бумага"]),
        ({"person": ("o1p1",)}, ["БП-000002"]),
        ({"person": ("Сотрудник o1 3",)}, ["БП-000002"]),
        ({"kind": ("fixed_asset",)}, ["БП-000001", "БП-000002", "БП-000003"]),
        ({"kind": ("stock", "low_value")}, ["Тонер", "Бумага"]),
        ({"numbers": ("инв. № бп-1", "БП-000003")}, ["БП-000001", "БП-000003"]),
    ],
)
def test_a_scope_holds_what_is_inside_it(made: Company, asked: dict[str, tuple[str, ...]], wanted: list[str]) -> None:
    assert sorted(labels(made, **asked)) == sorted(wanted)


def test_models_and_serial_numbers_are_told_as_people_write_them(made: Company) -> None:
    record = made.rows["equipment", "book"]["b2"].values
    assert "БП-000002" in labels(made, model=(str(record["model"]).lower(),))
    assert labels(made, numbers=(str(record["serial"]).lower(),)) == ["БП-000002"]


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"person": ("Никто Никтович",)}, "scope_unknown"),
        ({"person": ("3",)}, "scope_ambiguous"),
        ({"kind": ("furniture",)}, "scope_unknown"),
        ({"warehouse": ("Подвал",)}, "scope_unknown"),
    ],
)
def test_a_word_that_means_nothing_or_too_much_is_refused(
    made: Company, asked: dict[str, tuple[str, ...]], code: str
) -> None:
    with pytest.raises(Reject) as caught:
        resolve(Asked(**asked), made.look().snapshot)
    assert caught.value.code == code
