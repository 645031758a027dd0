"""Exchange plans: registration, the packet, its number, and the character that stops it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

import pytest
import requests
import zoo
from lxml import etree

from uchet.emulator import Emulator, ODataError

PLAN, NODE = "ExchangePlan_Обмен", zoo.key("узел")
ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture
def base() -> Iterator[Emulator]:
    with Emulator(zoo.model()) as started:
        zoo.populate(started)
        started.world.add_node(PLAN, "desk", NODE)
        yield started


@pytest.fixture
def zoo_client(base: Emulator, connect: Callable[[str], Any]) -> Any:
    return connect(base.url)


def asked(base: Emulator, verb: str, number: int, **changes: str) -> requests.Response:
    point = f"'{base.url}{PLAN}(guid'{NODE}')'"
    query = {"DataExchangePoint": point, "MessageNo": str(number), **changes}
    tail = "&".join(f"{name}={quote(value, safe='')}" for name, value in query.items())
    return requests.post(f"{base.url}{verb}?{tail}", timeout=10)


def packet(answer: requests.Response) -> tuple[list[str], list[str]]:
    """Types of the entries and addresses of the tombstones."""
    assert answer.status_code == 200, answer.text
    root = etree.fromstring(answer.content)
    kinds = [e.find(f"{ATOM}category").get("term").removeprefix("StandardODATA.") for e in root.iter(f"{ATOM}entry")]
    gone = [e.get("ref") for e in root.iter("{http://purl.org/atompub/tombstones/1.0}deleted-entry")]
    return kinds, gone


def test_changes_are_kept_until_they_are_said_to_be_received(base: Emulator, zoo_client: Any) -> None:
    assert packet(asked(base, "SelectChanges", 1)) == ([], []), "nothing before the node"
    base.world.edit("Catalog_Товары", zoo.key("Мышь"), {"Description": "Мышь 2"})
    base.world.put("Catalog_Партнеры", {"Description": "не в плане"})
    for _ in range(2):
        assert packet(asked(base, "SelectChanges", 1)) == (["Catalog_Товары"], [])
    base.world.remove("Catalog_Товары", zoo.key("Кабель"))
    kinds, gone = packet(asked(base, "SelectChanges", 1))
    assert (kinds, gone) == (["Catalog_Товары"], [f"{base.url}Catalog_Товары(guid'{zoo.key('Кабель')}')"])
    base.world.edit("Catalog_Товары", zoo.key("Мышь"), {"Description": "Мышь 3"})
    assert asked(base, "NotifyChangesReceived", 1).status_code == 200
    assert packet(asked(base, "SelectChanges", 2)) == (["Catalog_Товары"], []), "changed after it was sent"
    assert zoo_client.get(f"{PLAN}(guid'{NODE}')")["ReceivedNo"] == "1"
    asked(base, "NotifyChangesReceived", 2)
    assert packet(asked(base, "SelectChanges", 3)) == ([], [])


def test_records_and_constants_come_whole_and_refused_writes_do_not(base: Emulator) -> None:
    recorder = {"Recorder": zoo.key("Приход 1"), "Recorder_Type": "StandardODATA.Document_Приход"}
    rows = [{"Period": "2026-03-01T10:00:00", "RecordType": "Receipt", "Количество": "1"}]
    base.world.put("AccumulationRegister_Запасы", {**recorder, "RecordSet": rows})
    base.world.set_constant("Включено", True)
    base.world.put("InformationRegister_Цены", {"Period": "2026-03-01T00:00:00", "Товар_Key": zoo.key("Мышь")})
    with pytest.raises(ODataError):
        base.world.edit("Catalog_Склады", zoo.key("Главный"), {"Parent_Key": "не ключ"})
    kinds, gone = packet(asked(base, "SelectChanges", 1))
    assert sorted(kinds) == ["AccumulationRegister_Запасы", "Constant_Включено", "InformationRegister_Цены"]
    assert gone == []
    base.world.put("AccumulationRegister_Запасы", {**recorder, "RecordSet": []})
    assert len(packet(asked(base, "SelectChanges", 1))[1]) == 1, "an empty record set is gone"


def test_one_character_poisons_the_whole_packet(base: Emulator) -> None:
    base.world.edit("Catalog_Склады", zoo.key("Главный"), {"Description": "Новый"})
    base.world.edit("Catalog_Товары", zoo.key("Мышь"), {"Description": "Мы\x02шь"})
    assert asked(base, "SelectChanges", 1).status_code == 400
    base.world.edit("Catalog_Товары", zoo.key("Мышь"), {"Description": "Мышь"})
    assert sorted(packet(asked(base, "SelectChanges", 1))[0]) == ["Catalog_Склады", "Catalog_Товары"]


def test_unpublished_sets_are_left_out_and_forbidden_ones_refuse(base: Emulator) -> None:
    base.world.edit("Catalog_Товары", zoo.key("Мышь"), {"Description": "Мышь 2"})
    base.world.unpublish("Catalog_Товары")
    assert packet(asked(base, "SelectChanges", 1)) == ([], [])
    base.world.publish("Catalog_Товары")
    base.switches.forbidden = ("Catalog_Товары",)
    assert asked(base, "SelectChanges", 1).status_code == 401


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"MessageNo": "0"}, 400),
        ({"MessageNo": "x"}, 400),
        ({"DataExchangePoint": "ExchangePlan_Обмен"}, 400),
        ({"DataExchangePoint": f"'http://h/b/odata/standard.odata/ExchangePlan_Нет(guid'{NODE}')'"}, 404),
        ({"DataExchangePoint": f"'http://h/b/odata/standard.odata/{PLAN}(guid'{zoo.key('нет')}')'"}, 404),
        ({"$top": "1", "$nonsense": "1"}, 400),
    ],
)
def test_wrong_calls(base: Emulator, changes: dict[str, str], status: int) -> None:
    assert asked(base, "SelectChanges", 1, **changes).status_code == status


def test_json_only_where_the_base_gives_it(base: Emulator) -> None:
    base.world.edit("Catalog_Товары", zoo.key("Мышь"), {"Description": "Мышь 2"})
    assert packet(asked(base, "SelectChanges", 1, **{"$format": "json"}))[0] == ["Catalog_Товары"]
    base.switches.changes_json = True
    rows = asked(base, "SelectChanges", 1, **{"$format": "json"}).json()["value"]
    assert [row["odata.type"] for row in rows] == ["StandardODATA.Catalog_Товары"]


def test_registrations_survive_a_restart(tmp_path: Any) -> None:
    with Emulator(zoo.model(), state=tmp_path / "b.sqlite") as first:
        zoo.populate(first)
        first.world.add_node(PLAN, "desk", NODE)
        first.world.edit("Catalog_Товары", zoo.key("Мышь"), {"Description": "Мышь 2"})
    with Emulator(zoo.model(), state=tmp_path / "b.sqlite") as second:
        assert packet(asked(second, "SelectChanges", 1)) == (["Catalog_Товары"], [])
