"""The exchange itself: what is registered, message numbers, confirmation, jobs and parts."""

from __future__ import annotations

import io
import uuid
import zipfile
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
import requests
from lxml import etree

from uchet.emulator import Emulator, bp30
from uchet.emulator.soap.exchange import PLAN, Exchange
from uchet.emulator.soap.message import FORMAT, MESSAGE, Confirmation, Header, packed, written

PEER = "uchet"


@pytest.fixture
def base() -> Iterator[Emulator]:
    with Emulator(bp30.model()) as started:
        started.soap.exchange.add_node(PEER)
        started.switches.active_polls = 0
        yield started


def message(exchange: Exchange) -> etree._Element:
    """The next message, as it is received."""
    job = exchange.prepare(PLAN, PEER, Decimal(0))
    data = exchange.part(job.file, 1)
    assert data is not None
    with zipfile.ZipFile(io.BytesIO(data)) as found:
        return etree.fromstring(found.read("data.xml"))


def names(found: etree._Element) -> list[str]:
    """What stands in a message's body: keys of objects, or keys with a minus for what is gone."""
    out = []
    for item in found[1]:
        keys = [str(key.text) for key in item.iter("{*}Ссылка")]
        out.append(keys[0] if keys else f"-{''.join(map(str, item.itertext())).strip()}")
    return out


def number(found: etree._Element, name: str) -> int:
    return int(found.findtext(f".//{{{MESSAGE}}}{name}") or -1)


def confirm(exchange: Exchange, number: int, received: int, **changes: Any) -> str:
    """What comes of a message from the other side: the status, or the error."""
    told = {"plan": PLAN, "to": exchange.code, "sender": PEER, "number": number, "received": received, **changes}
    header = Header("1.8", "2026-01-01T00:00:00", Confirmation(**told), ("1.8",))
    exchange.put_part("f", 1, packed(written(header, ())))
    data = exchange.joined("f")
    job = exchange.poll(exchange.start(lambda: exchange.load(PLAN, PEER, data), 0))
    return job.error or job.status


def test_the_first_message_brings_everything_and_unconfirmed_ones_come_again(base: Emulator) -> None:
    exchange = base.soap.exchange
    first = base.world.put("Catalog_Склады", {"Description": "Склад"})
    found = message(exchange)
    assert (names(found), number(found, "MessageNo"), number(found, "ReceivedNo")) == ([first], 1, 0)
    second = base.world.put("Catalog_Номенклатура", {"Description": "Мышь"})
    assert sorted(names(message(exchange))) == sorted([first, second])
    assert confirm(exchange, 1, 1) == "Completed"
    found = message(exchange)
    assert (names(found), number(found, "MessageNo"), number(found, "ReceivedNo")) == ([second], 3, 1)
    assert confirm(exchange, 2, 3) == "Completed"
    assert names(message(exchange)) == []
    assert exchange.waiting(PEER) == 0


def test_what_was_there_before_the_node_is_registered(base: Emulator) -> None:
    held = base.world.put("Catalog_Склады", {"Description": "Склад"})
    base.soap.exchange.add_node("другой")
    assert base.soap.exchange.waiting("другой") == base.soap.exchange.waiting(PEER) == 1
    assert held in names(message(base.soap.exchange))


def test_a_change_over_odata_crosses_and_one_after_sending_is_not_lost(base: Emulator) -> None:
    exchange = base.soap.exchange
    wanted = {"Accept": "application/json"}
    answer = requests.post(f"{base.url}Catalog_Склады", json={"Description": "OData"}, headers=wanted, timeout=10)
    made = answer.json()["Ref_Key"]
    assert names(message(exchange)) == [made]
    base.world.edit("Catalog_Склады", made, {"Description": "После отправки"})
    assert confirm(exchange, 1, 1) == "Completed"  # confirms the state before the edit
    assert names(message(exchange)) == [made]


def test_the_plan_is_not_seen_over_odata(base: Emulator) -> None:
    assert "СинхронизацияДанных" not in requests.get(base.url, timeout=10).text
    assert requests.get(f"{base.url}ExchangePlan_{PLAN}", timeout=10).status_code == 404


def test_folders_and_drafts_are_not_sent_and_marked_ones_are_told_as_gone(base: Emulator) -> None:
    exchange, world = base.soap.exchange, base.world
    world.put("Catalog_Номенклатура", {"Description": "Папка", "IsFolder": True})
    marked = world.put("Catalog_Склады", {"Description": "Закрыт", "DeletionMark": True})
    removed = world.put("Catalog_Склады", {"Description": "Ошибка"})
    world.remove("Catalog_Склады", removed)
    world.put("Document_ПеремещениеТоваров", {"Date": "2026-01-10T00:00:00", "Number": "1", "Posted": False})
    assert sorted(names(message(exchange))) == sorted([f"-{marked}", f"-{removed}"])


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"to": "ЧУЖОЙ"}, "Сообщение обмена предназначено для другого узла."),
        ({"sender": "чужой"}, "Сообщение обмена предназначено для другого узла."),
        ({"plan": "Полный"}, "Сообщение обмена предназначено для другого узла."),
    ],
)
def test_a_message_for_somebody_else_fails(base: Emulator, changes: dict[str, str], text: str) -> None:
    base.world.put("Catalog_Склады", {"Description": "Склад"})
    message(base.soap.exchange)
    assert confirm(base.soap.exchange, 1, 1, **changes) == text
    assert base.soap.exchange.waiting(PEER) == 1


def test_a_message_sent_twice_is_refused_and_one_without_a_number_confirms_nothing(base: Emulator) -> None:
    exchange = base.soap.exchange
    base.world.put("Catalog_Склады", {"Description": "Склад"})
    message(exchange)
    assert confirm(exchange, 5, 0) == "Completed"
    assert confirm(exchange, 5, 1) == "Номер сообщения обмена меньше или равен номеру ранее принятого сообщения."
    assert confirm(exchange, 0, 1) == "Completed"
    assert exchange.waiting(PEER) == 1
    assert confirm(exchange, 6, 99) == "Completed"  # more than was ever sent: what was sent is confirmed
    assert exchange.waiting(PEER) == 0


def test_the_highest_common_version_is_spoken_from_then_on(base: Emulator) -> None:
    exchange = base.soap.exchange
    base.world.put("Catalog_Склады", {"Description": "Склад", "Комментарий": "у лифта"})
    header = Header("", "2026-01-01T00:00:00", None, ("1.17", "1.19", "1.8"))
    assert exchange.load(PLAN, PEER, written(header, ())).status == "Completed"
    found = message(exchange)
    assert found.findtext(f".//{{{MESSAGE}}}Format") == f"{FORMAT}/1.19"
    assert found.findtext(".//{*}ОбщиеСвойстваОбъектовФормата/{*}Комментарий") == "у лифта"


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"<a", "Ошибка чтения файла сообщения"),
        (b"<Message/>", "неверный формат сообщения обмена"),
        (written(Header("1.5", "2026-01-01T00:00:00", None, ("1.5",)), ()), "Версия формата 1.5 не поддерживается."),
    ],
)
def test_what_is_no_message_fails(base: Emulator, data: bytes, text: str) -> None:
    with pytest.raises(ValueError, match=text):
        base.soap.exchange.load(PLAN, PEER, data)


def test_jobs_are_active_for_a_while_and_unknown_ones_are_canceled(base: Emulator) -> None:
    exchange = base.soap.exchange
    name = exchange.start(lambda: exchange.prepare(PLAN, PEER, Decimal(0)), 2)
    assert [exchange.poll(name).status for _ in range(4)] == ["Active", "Active", "Completed", "Completed"]
    file = exchange.poll(name).file
    stuck = exchange.start(lambda: exchange.prepare(PLAN, PEER, Decimal(0)), -1)
    assert {exchange.poll(stuck).status for _ in range(5)} == {"Active"}
    failed = exchange.start(lambda: exchange.prepare(PLAN, "нет", Decimal(0)), 0)
    assert (exchange.poll(failed).status, "Не найден узел" in exchange.poll(failed).error) == ("Failed", True)
    assert exchange.poll(str(uuid.uuid4())).status == "Canceled"
    with pytest.raises(ValueError, match="Уникальный идентификатор"):
        exchange.poll("нет")
    exchange.restart()
    assert exchange.poll(name).status == "Canceled"
    assert exchange.part(file, 1) is None


def test_parts_are_joined_from_one_on_and_sent_again_replaced(base: Emulator) -> None:
    exchange = base.soap.exchange
    whole = packed(b"message")
    exchange.put_part("f", 1, b"wrong")
    exchange.put_part("f", 2, whole[10:])
    exchange.put_part("f", 0, whole[:10])
    assert exchange.joined("f") == b"message"
    exchange.put_part("g", 1, whole[:10])
    exchange.put_part("g", 3, whole[10:])
    with pytest.raises(ValueError, match="часть файла 2"):
        exchange.joined("g")
    with pytest.raises(ValueError, match="Не найден файл"):
        exchange.joined("g")
    exchange.put_part("h", 1, b"no archive")
    with pytest.raises(ValueError, match="архива"):
        exchange.joined("h")
    with pytest.raises(ValueError, match="идентификатор файла"):
        exchange.put_part("", 1, b"")


def test_nodes_and_numbers_outlive_the_process(tmp_path: Any) -> None:
    state = tmp_path / "state.db"
    with Emulator(bp30.model(), state=state) as base:
        base.soap.exchange.add_node(PEER)
        base.world.put("Catalog_Склады", {"Description": "Склад"})
        message(base.soap.exchange)
    with Emulator(bp30.model(), state=state) as base:
        assert number(message(base.soap.exchange), "MessageNo") == 2
        base.world.put("Catalog_Склады", {"Description": "Новый"})
        assert base.soap.exchange.waiting(PEER) == 2
