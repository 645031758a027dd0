"""What RT would cut, drop or misread is refused before it is sent; what it says is read as it means it."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from uchet.connectors.rt.feed import Cursor
from uchet.connectors.rt.reader import quoted
from uchet.connectors.rt.schema import CORE, Collection, Field
from uchet.connectors.rt.values import bodies, decode, same
from uchet.errors import Blocked, Fatal, Reject

FIELDS = (
    Field("CF.Номер", "Freeform", "3"),
    Field("CF.Вид", "Select", "4"),
    Field("CF.Дата", "Date", "5"),
    Field("CF.Время", "DateTime", "6"),
    Field("CF.Метки", "Freeform", "7", multiple=True),
)
THINGS = Collection("catalog:Вещи", "asset", "2", "Вещи", {**CORE["asset"], **{one.name: one for one in FIELDS}})
TICKETS = Collection("queue:Заявки", "ticket", "3", "Заявки", CORE["ticket"])


def sent(values: dict[str, Any], *, create: bool = False, of: Collection = THINGS) -> dict[str, Any]:
    return bodies(of, values, lambda one: ("а", "б") if one.type == "Select" else None, create=create)


def test_custom_fields_travel_by_id() -> None:
    assert sent({"CF.Номер": "1", "CF.Метки": ("x", "y")}) == {"CustomFields": {"3": "1", "7": ["x", "y"]}}
    assert sent({"CF.Номер": None}) == {"CustomFields": {"3": None}}
    assert sent({"CF.Номер": None, "Name": "x"}, create=True) == {"Name": "x"}
    assert sent({"CF.Номер": Decimal("10.50")}) == {"CustomFields": {"3": "10.50"}}


def test_times_go_out_as_rt_understands_them() -> None:
    moment = datetime(2026, 12, 1, 13, tzinfo=UTC)
    assert sent({"Due": "2026-12-01T13:00:00+03:00"}, of=TICKETS) == {"Due": "2026-12-01 10:00:00"}
    assert sent({"Due": None}, of=TICKETS) == {"Due": "1970-01-01 00:00:00"}
    assert sent({"CF.Время": moment}) == {"CustomFields": {"6": "2026-12-01T13:00:00+00:00"}}
    assert sent({"CF.Время": "2026-12-01T13:00:00Z"}) == {"CustomFields": {"6": "2026-12-01T13:00:00+00:00"}}


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ({"CF.Вид": "в"}, "CF.Вид"),
        ({"CF.Дата": "01.12.2026"}, "CF.Дата"),
        ({"CF.Время": "2026-12-01T13:00:00"}, "CF.Время"),
        ({"CF.Время": "завтра"}, "CF.Время"),
        ({"Owner": "ivanov"}, "Owner"),
        ({"HeldBy": ["x@example.org"]}, "HeldBy"),
        ({"Name": "101"}, "Name"),
        ({"Name": "ж" * 128}, "Name"),
        ({"Created": "2026-12-01T13:00:00Z"}, "Created"),
        ({"Description": 1.5}, "Description"),
    ],
)
def test_what_rt_would_spoil_is_refused_first(values: dict[str, Any], name: str) -> None:
    with pytest.raises(Reject) as refused:
        sent(values)
    assert refused.value.field == name


def test_an_unpublished_field_is_blocked() -> None:
    with pytest.raises(Blocked):
        sent({"CF.Нет": "1"})


def test_empty_is_empty_however_rt_says_it() -> None:
    def shown(values: list[Any]) -> Any:
        return decode(THINGS, {"CustomFields": [{"id": "3", "values": values}]}, lambda name: None)["CF.Номер"]

    assert shown([]) is shown([None]) is shown([""]) is None
    assert shown([" x "]) == " x "
    assert decode(TICKETS, {"Due": "1970-01-01T00:00:00Z"}, lambda name: None)["Due"] is None


def test_people_are_numbers_and_several_are_no_single_person() -> None:
    def holds(member: Any) -> Any:
        return decode(THINGS, {"HeldBy": member}, {"ivanov": "46"}.get)["HeldBy"]

    nobody = {"type": "user", "id": 6, "_url": "http://rt/REST/2.0/user/Nobody"}
    one = {"type": "user", "id": "ivanov", "_url": "http://rt/REST/2.0/user/ivanov"}
    two = {"type": "user", "id": 47, "_url": "http://rt/REST/2.0/user/petrov"}
    assert holds([]) is holds([nobody]) is None
    assert holds([one]) == "46"
    assert holds([one, two]) == ("46", "47")
    assert holds([{"type": "group", "id": "12", "_url": "x"}]) == "group:12"


def test_what_is_held_is_compared_by_meaning() -> None:
    assert same(Field("CF.Номер", "Freeform", "3"), None, "")
    assert not same(Field("CF.Номер", "Freeform", "3"), "Ключ", "ключ")
    assert same(Field("CF.Время", "DateTime", "6"), "2026-12-01T10:00:00Z", "2026-12-01T13:00:00+03:00")
    assert same(Field("HeldBy", "people", multiple=True), "46", ("46",))
    assert not same(Field("HeldBy", "people", multiple=True), "46", ("46", "47"))
    assert same(Field("Priority", "number"), 0, None)


def test_literals_are_escaped() -> None:
    assert quoted("O'Brien \\ x") == "'O\\'Brien \\\\ x'"


def test_a_cursor_comes_back_or_says_that_it_is_damaged() -> None:
    cursor = Cursor(120, frozenset({119, 120}))
    assert Cursor.load(cursor.dump()) == cursor
    for text in ("", "x", "{}", '{"transaction": "x", "seen": []}'):
        with pytest.raises(Fatal):
            Cursor.load(text)
