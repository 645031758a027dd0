"""Calls of web services against the emulator: what goes well, and every kind of fault with the error it ends in."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import responses

from uchet.connectors.http import HttpClient, Retries
from uchet.connectors.onec.soap.decoding import elements
from uchet.connectors.onec.soap.exchange import SERVICE, Exchange, Waiting, interface_versions, message
from uchet.connectors.onec.soap.service import WebService
from uchet.emulator import Emulator, bp30
from uchet.emulator.soap.exchange import PLAN
from uchet.emulator.soap.message import Confirmation, Header, packed, written
from uchet.errors import Blocked, Fatal, Reject, Retry, UchetError, Unknown

PEER = "uchet"
USER, PASSWORD = "Обмен", "сек рет"


def fill(base: Emulator) -> None:
    """Goods whose message does not fit into one part of a kilobyte."""
    for n in range(40):
        noise = hashlib.sha512(f"{n}".encode()).hexdigest()
        base.world.put("Catalog_Номенклатура", {"Description": f"Товар {n}", "Комментарий": noise})


@pytest.fixture(scope="module")
def running() -> Iterator[Emulator]:
    with Emulator(bp30.model(), user=USER, password=PASSWORD) as started:
        fill(started)
        started.soap.exchange.add_node(PEER)
        yield started


@pytest.fixture
def base(running: Emulator) -> Iterator[Emulator]:
    yield running
    running.faults.clear()
    running.switches.licences = None
    running.switches.address = None


def http(base: Emulator, password: str = PASSWORD, **limits: Any) -> HttpClient:
    known: dict[str, Any] = {
        "timeout": (5.0, 5.0),
        "retries": Retries(attempts=1),
        "deadline": 5.0,
        "largest": 30_000_000,
    }
    return HttpClient(base.soap.url, USER, password, **{**known, **limits})


def exchange(base: Emulator, node: str = PEER, client: HttpClient | None = None, **changes: Any) -> Exchange:
    """An exchange that waits on a clock of its own: every look is ten seconds later."""
    ticks = iter(range(0, 100_000, 10))
    settings: dict[str, Any] = {"part_kb": 1, "waiting": Waiting(every=0, longest=60), "clock": lambda: next(ticks)}
    return Exchange(client or http(base), base.soap.url, PLAN, node, **{**settings, **changes})


def outgoing(tmp_path: Path, base: Emulator, number: int, received: int = 0) -> Path:
    confirmation = Confirmation(PLAN, base.soap.exchange.code, PEER, number, received)
    header = Header("1.8", "2026-01-01T00:00:00", confirmation, ("1.8",))
    file = tmp_path / "out.zip"
    file.write_bytes(packed(written(header, ())))
    return file


@pytest.mark.parametrize("version", ["1.1", "1.2"])
def test_a_message_comes_in_parts_and_its_confirmation_is_taken(base: Emulator, tmp_path: Path, version: Any) -> None:
    base.world.put("Catalog_Склады", {"Description": f"Новый {version}"})
    base.switches.address = "http://buh-server.local/base/ws/x"  # a name that only the server knows
    client = exchange(base, version=version)
    client.test()
    client.receive(tmp_path / "in.zip")
    with message(tmp_path / "in.zip") as source:
        names = [
            found.findtext("{*}КлючевыеСвойства/{*}Наименование")
            for found in elements(source, ["{*}Справочник.Склады"])
        ]
    assert f"Новый {version}" in names
    node = base.soap.exchange.node(PLAN, PEER)
    assert node is not None
    client.send(outgoing(tmp_path, base, int(node["ReceivedNo"]) + 1, int(node["SentNo"])))
    assert base.soap.exchange.waiting(PEER) == 0
    base.world.put("Catalog_Склады", {"Description": "Ещё один"})  # the next test has something to receive


@pytest.mark.parametrize("version", ["1.1", "1.2"])
def test_versions_of_an_interface(base: Emulator, version: Any) -> None:
    service = WebService(http(base), f"{base.soap.url}InterfaceVersion.1cws", version=version)
    assert interface_versions(service, "ОбменДанными")[-1] == "3.0.2.2"
    assert interface_versions(service, "Нет такого") == ()


def receive(base: Emulator, folder: Path) -> None:
    exchange(base).receive(folder / "in.zip")


def send(base: Emulator, folder: Path) -> None:
    node = base.soap.exchange.node(PLAN, PEER)
    exchange(base).send(outgoing(folder, base, int((node or {})["ReceivedNo"]) + 1))


def greet(base: Emulator, _: Path) -> None:
    exchange(base).test()


Step = Callable[[Emulator, Path], None]

#: Number, kind, the operation that meets it (``wsdl``: the description), what is asked, the error and its code.
FAULTS: list[tuple[int, str, str, Step, type[UchetError], str]] = [
    (1, "soap_fault", "GetDataPart", receive, Fatal, "rights_exchange"),
    (2, "soap_fault", "PutData", send, Fatal, "rights_exchange"),
    (3, "error_message", "PrepareDataForGetting", receive, Retry, "exchange_busy"),
    (4, "error_message", "PutFilePart", send, Retry, "exchange_busy"),
    (5, "error_message", "TestConnection", greet, Blocked, "exchange_refused"),
    (6, "job_failed", "PrepareDataForGetting", receive, Blocked, "exchange_failed"),
    (7, "job_failed", "PutData", send, Blocked, "exchange_failed"),
    (8, "job_canceled", "PrepareDataForGetting", receive, Retry, "job_canceled"),
    (9, "job_canceled", "PutData", send, Unknown, "message_lost"),
    (10, "job_stuck", "PrepareDataForGetting", receive, Retry, "job_endless"),
    (11, "job_stuck", "PutData", send, Unknown, "message_lost"),
    (12, "unauthorized", "Ping", greet, Fatal, "login"),
    (13, "forbidden", "Ping", greet, Fatal, "forbidden"),
    (14, "not_found", "Ping", greet, Fatal, "web_service"),
    (15, "not_found", "wsdl", greet, Fatal, "web_service"),
    (16, "login_page", "wsdl", greet, Fatal, "login_page"),
    (17, "login_page", "Ping", greet, Fatal, "login_page"),
    (18, "html500", "Ping", greet, Retry, "server_failed"),
    (19, "html500", "PutData", send, Unknown, "answer_lost_status"),
    (20, "bad_gateway", "GetDataPart", receive, Retry, "server_failed"),
    (21, "unavailable", "PutData", send, Unknown, "answer_lost_status"),
    (22, "licence", "Ping", greet, Retry, "licence"),
    (23, "drop_before", "Ping", greet, Retry, "unreachable"),
    (24, "drop_before", "PutData", send, Unknown, "answer_lost"),
    (25, "drop_after", "PutData", send, Unknown, "answer_lost"),
    (26, "truncate", "GetDataPart", receive, Retry, "unreachable"),
    (27, "truncate", "PutData", send, Unknown, "answer_lost"),
    (28, "wrong_length", "GetDataPart", receive, Retry, "malformed"),
    (29, "wrong_length", "PutData", send, Unknown, "answer_unread"),
    (30, "dtd", "Ping", greet, Fatal, "document_type"),
    (31, "dtd", "wsdl", greet, Fatal, "description"),
    (32, "entities", "Ping", greet, Fatal, "document_type"),
    (33, "entities", "wsdl", greet, Fatal, "description"),
    (34, "external", "Ping", greet, Fatal, "document_type"),
    (35, "external", "wsdl", greet, Fatal, "description"),
    (36, "huge_text", "Ping", greet, Blocked, "huge_text"),
    (37, "missing_part", "GetDataPart", receive, Retry, "part_missing"),
    (38, "localised", "TestConnection", greet, Reject, "answer_value"),
    (39, "localised", "PrepareDataActionResult", receive, Reject, "answer_value"),
]


@pytest.mark.parametrize(
    ("number", "kind", "where", "step", "error", "code"), FAULTS, ids=[f"{f[0]}-{f[1]}" for f in FAULTS]
)
def test_every_fault_ends_in_its_error(
    base: Emulator, tmp_path: Path, number: int, kind: str, where: str, step: Step, error: type[UchetError], code: str
) -> None:
    base.faults.add(kind, collection=where)
    with pytest.raises(UchetError) as found:
        step(base, tmp_path)
    assert (type(found.value), found.value.code) == (error, code), found.value
    assert base.faults.waiting() == []
    for secret in (PASSWORD, "0J7QsdC80LXQvQ"):  # the password, and the login as it travels
        assert secret not in f"{found.value} {found.value.evidence}"
    assert found.value.text("ru") != found.value.text("en")


def test_a_part_that_comes_twice_is_a_damaged_message(base: Emulator, tmp_path: Path) -> None:
    fill(base)
    base.faults.add("duplicate_part", collection="GetDataPart", after=1)
    with pytest.raises(Retry, match="archive_broken"):
        receive(base, tmp_path)


@pytest.mark.parametrize("kind", ["extra_element", "slow"])
def test_what_is_accepted(base: Emulator, kind: str) -> None:
    """40, 41: an element that no description names, and an answer that is late but in time."""
    base.faults.add(kind, collection="TestConnection", seconds=0.3)
    exchange(base).test()
    assert base.faults.waiting() == []


def test_a_slow_drip_is_left_at_the_deadline(base: Emulator) -> None:
    """42: every piece is in time, the whole is not."""
    client = exchange(base, client=http(base, deadline=2))
    client.test()
    base.faults.add("drip", collection="Ping", seconds=0.5)
    begun = time.monotonic()
    with pytest.raises(Retry, match="unreachable"):
        client.test()
    assert time.monotonic() - begun < 10


def test_an_answer_beyond_the_limit_is_not_read(base: Emulator) -> None:
    """43: eleven million characters where one is allowed."""
    client = exchange(base, client=http(base, largest=1_000_000))
    base.faults.add("huge_text", collection="Ping")
    with pytest.raises(Fatal, match="answer_too_large"):
        client.test()


def test_huge_texts_by_setting_alone(base: Emulator) -> None:
    base.faults.add("huge_text", collection="Ping")
    exchange(base, huge=True).test()


def test_a_restart_of_the_server_costs_one_attempt(base: Emulator, tmp_path: Path) -> None:
    """44: the job is unknown afterwards; nothing is lost, the next message brings the same again."""
    waiting = base.soap.exchange.waiting(PEER)
    client = exchange(base, sleep=lambda _: base.soap.exchange.restart())
    with pytest.raises(Retry, match="job_canceled"):
        client.receive(tmp_path / "in.zip")
    assert base.soap.exchange.waiting(PEER) == waiting > 0
    receive(base, tmp_path)


def test_an_unknown_node_and_a_wrong_password(base: Emulator, tmp_path: Path) -> None:
    with pytest.raises(Blocked, match="exchange_refused"):
        exchange(base, "чужой").test()
    with pytest.raises(Blocked, match="exchange_failed"):
        exchange(base, "чужой").receive(tmp_path / "in.zip")
    with pytest.raises(Fatal, match="login"):
        exchange(base, client=http(base, password="другой")).test()


def test_a_message_that_unpacks_to_too_much_is_not_unpacked(tmp_path: Path) -> None:
    """45: a bomb says its size before it goes off."""
    file = tmp_path / "in.zip"
    file.write_bytes(packed(b"<a>" + b" " * 5_000_000 + b"</a>"))
    with pytest.raises(Blocked, match="message_too_large"), message(file, largest=4_000_000):
        pass


class Nothing(msgspec.Struct):
    pass


def test_a_request_that_does_not_fit_never_leaves(base: Emulator) -> None:
    service = WebService(http(base), base.soap.url + SERVICE)
    service.call("Ping", Nothing)
    base.faults.add("soap_fault")  # would meet whatever is sent
    with pytest.raises(Fatal, match="request_built"):
        service.call("TestConnection", Nothing, ExchangePlanName=PLAN)
    with pytest.raises(Blocked, match="operation_missing"):
        service.call("Удалить", Nothing)
    assert len(base.faults.waiting()) == 1


@responses.activate
def test_a_description_that_is_something_else() -> None:
    url = "http://1c.test/base/ws/X"
    responses.get(f"{url}?wsdl", body=b"<?xml version='1.0'?><rss/>", content_type="text/xml")
    client = HttpClient(url, retries=Retries(attempts=1))
    with pytest.raises(Fatal, match="description"):
        WebService(client, url).call("Ping", Nothing)


@responses.activate
def test_a_cyrillic_action_and_a_fault_under_a_default_namespace() -> None:
    from uchet.emulator.soap.model import XS, Operation, QName, Service
    from uchet.emulator.soap.wsdl import wsdl

    url = "http://1c.test/base/ws/Остатки"
    service = Service("Остатки", "urn:x", "x.1cws", (), (Operation("ПолучитьОстатки", (), QName(XS, "string")),))
    responses.get(f"{url}?wsdl", body=wsdl(service, "http://other/"), content_type="text/xml")
    text = (
        '<Envelope xmlns="http://schemas.xmlsoap.org/soap/envelope/"><Body><Fault><faultcode>Server</faultcode>'
        "<faultstring>Конфликт блокировок при выполнении транзакции</faultstring></Fault></Body></Envelope>"
    )
    responses.post(url, body=text.encode(), status=500, content_type="text/xml")
    with pytest.raises(Retry, match="lock"):
        WebService(HttpClient(url, retries=Retries(attempts=1)), url).call("ПолучитьОстатки", Nothing)
    sent = responses.calls[1].request.headers["SOAPAction"]
    assert sent.encode("latin-1").decode() == '"urn:x#Остатки:ПолучитьОстатки"'
