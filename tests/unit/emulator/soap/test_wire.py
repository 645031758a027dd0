"""The wire of web services: descriptions, envelopes to the byte, and two clients that agree on every operation."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
import requests
import zeep
from lxml import etree
from plain_soap import PlainClient, PlainFault

from uchet.emulator import Emulator, bp30
from uchet.emulator.soap.describing import standard_services
from uchet.emulator.soap.exchange import PLAN

EXCHANGE = standard_services()["EnterpriseDataExchange_1_0_1_1"]
VERSIONS = standard_services()["InterfaceVersion"]
PEER = "uchet"
TAB = "\t\t\t\t\t"


@pytest.fixture
def base() -> Iterator[Emulator]:
    with Emulator(bp30.model()) as started:
        started.world.put("Catalog_Склады", {"Description": "Основной склад", "ТипСклада": "ОптовыйСклад"})
        started.soap.exchange.add_node(PEER)
        yield started


def plain(base: Emulator, version: str = "1.1", service: Any = EXCHANGE) -> PlainClient:
    return PlainClient(base.soap.url + service.name, service.namespace, version)


class Described:
    """The same calls made by zeep from the description."""

    def __init__(self, base: Emulator, version: str, service: Any = EXCHANGE) -> None:
        settings = zeep.Settings(forbid_dtd=True, forbid_external=True)
        client = zeep.Client(f"{base.soap.url}{service.file}?wsdl", settings=settings)
        suffix = "" if version == "1.1" else "12"
        binding = f"{{{service.namespace}}}{service.name}Soap{suffix}Binding"
        self._service = client.create_service(binding, base.soap.url + service.name)

    def call(self, operation: str, **parameters: Any) -> dict[str, Any]:
        try:
            found = self._service[operation](**parameters)
        except zeep.exceptions.Fault as error:
            raise PlainFault(error.message) from None
        names = getattr(found, "__values__", None)
        return {name: found[name] for name in names} if names and "return" in names else {"return": found}


def both(base: Emulator) -> list[Any]:
    clients: list[Any] = [client(base, version) for client in (plain, Described) for version in ("1.1", "1.2")]
    return clients


def told(values: dict[str, Any]) -> dict[str, Any]:
    """What both clients say of an answer: zeep has types and no empty texts."""

    def one(value: Any) -> Any:
        if hasattr(value, "__values__"):
            return {name: one(item) for name, item in value.__values__.items() if name != "_value_1"}
        if isinstance(value, dict):
            return {name: one(item) for name, item in value.items()}
        if isinstance(value, list):
            return value
        if isinstance(value, bool):
            return str(value).lower()
        return str(value) if value not in (None, "") else None

    return {name: one(value) for name, value in values.items()}


def test_both_addresses_and_the_real_one_in_the_description(base: Emulator) -> None:
    for name in (EXCHANGE.name, EXCHANGE.file):
        answer = requests.get(f"{base.soap.url}{name}?wsdl", timeout=10)
        assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/xml; charset=utf-8")
        assert f'location="{base.soap.url}{name}"' in answer.text
    assert requests.get(f"{base.soap.url}Нет?wsdl", timeout=10).status_code == 404
    assert requests.get(f"{base.soap.url}{EXCHANGE.name}", timeout=10).status_code == 405
    base.switches.address = "http://buh-server/base/ws/x"
    assert (
        'location="http://buh-server/base/ws/x"'
        in requests.get(f"{base.soap.url}{EXCHANGE.name}?wsdl", timeout=10).text
    )


def test_an_answer_to_the_byte(base: Emulator) -> None:
    answer = plain(base).post("TestConnection", ExchangePlanName=PLAN, PeerCode=PEER)
    spaces = f'xmlns:xs="http://www.w3.org/2001/XMLSchema"\n{TAB}xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
    assert answer.content.decode() == (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/">\n\t<soap:Body>\n'
        f'\t\t<m:TestConnectionResponse xmlns:m="{EXCHANGE.namespace}">\n'
        f"\t\t\t<m:return {spaces}>true</m:return>\n"
        f'\t\t\t<m:ErrorMessage {spaces}\n{TAB}xsi:nil="true"/>\n'
        "\t\t</m:TestConnectionResponse>\n\t</soap:Body>\n</soap:Envelope>"
    )
    empty = plain(base).post("Ping").content.decode()
    assert f"<m:return {spaces}/>" in empty


def test_a_list_is_in_the_namespace_of_the_core(base: Emulator) -> None:
    answer = plain(base, service=VERSIONS).post("GetVersions", InterfaceName="ОбменДанными").content.decode()
    assert (
        '\t\t\t\t<Value xmlns="http://v8.1c.ru/8.1/data/core"\n\t\t\t\t\t\txsi:type="xs:string">3.0.1.1</Value>\n'
        in answer
    )


@pytest.mark.parametrize("version", ["1.1", "1.2"])
def test_a_fault(base: Emulator, version: str) -> None:
    answer = plain(base, version).post("PutData", ExchangePlanName=PLAN, PeerCode=PEER, FileID="нет")
    text = "{WebСервис.EnterpriseDataExchange_1_0_1_1.Модуль(145)}: Не найден файл, переданный для загрузки."
    assert answer.status_code == 500
    found = etree.fromstring(answer.content)[0][0]
    assert [etree.QName(child).localname for child in found] == {
        "1.1": ["faultcode", "faultstring", "detail"],
        "1.2": ["Code", "Reason", "Detail"],
    }[version]
    assert "".join(found[1].itertext()).strip() == f"Неизвестная ошибка. {text}\nпо причине:\n{text}"


@pytest.mark.parametrize(
    "body",
    [
        b"not xml",
        b"<a/>",
        b'<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>',
        b'<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body/></e:Envelope>',
    ],
)
def test_what_is_no_call_is_the_senders_fault(base: Emulator, body: bytes) -> None:
    answer = requests.post(base.soap.url + EXCHANGE.name, data=body, timeout=10)
    assert (answer.status_code, b"soap:Client" in answer.content) == (500, True)


@pytest.mark.parametrize(
    ("operation", "parameters"),
    [
        ("TestConnection", {"ExchangePlanName": PLAN}),  # a parameter is missing
        ("TestConnection", {"PeerCode": PEER, "ExchangePlanName": PLAN}),  # another order
        ("TestConnection", {"ExchangePlanName": PLAN, "PeerCode": None}),  # may not be empty
        ("GetDataPart", {"FileID": "x", "PartNumber": "1,0"}),
        ("ConfirmGettingFile", {"FileID": "x", "ClearDataPool": "Истина"}),
        ("PutFilePart", {"FileID": "x", "PartNumber": 1, "PartData": "не base64"}),
        ("Delete", {}),
    ],
)
def test_parameters_are_held_against_the_description(
    base: Emulator, operation: str, parameters: dict[str, Any]
) -> None:
    answer = plain(base).post(operation, **parameters)
    assert (answer.status_code, b"soap:Client" in answer.content) == (500, True)


def prepared(client: Any, part_size: int = 0) -> dict[str, Any]:
    started = told(
        client.call("PrepareDataForGetting", ExchangePlanName=PLAN, PeerCode=PEER, PartSize=Decimal(part_size))
    )
    assert started.keys() == {"return", "OperationID", "ErrorMessage"}
    first, last = (told(client.call("PrepareDataActionResult", OperationID=started["OperationID"])) for _ in range(2))
    assert first["return"]["Status"] == "Active"
    return dict(last["return"])


def test_two_clients_and_two_versions_agree_on_every_operation(base: Emulator) -> None:
    seen = []
    for number, client in enumerate(both(base), 1):
        answers = [
            client.call("Ping"),
            client.call("TestConnection", ExchangePlanName=PLAN, PeerCode=PEER),
            client.call("TestConnection", ExchangePlanName=PLAN, PeerCode="чужой"),
        ]
        file = prepared(client)
        assert file.pop("FileID")
        part = client.call("GetDataPart", FileID="нет", PartNumber=1)
        answers += [file, part, client.call("ConfirmGettingFile", FileID="нет", ClearDataPool=True)]
        name = f"file {number}"
        for at, data in ((None, b"zip?"), (0, archive(settings()))):  # no number and zero are the first part
            answers.append(client.call("PutFilePart", FileID=name, PartNumber=at, PartData=data))
        put = client.call("PutData", ExchangePlanName=PLAN, PeerCode=PEER, FileID=name)
        polls = [client.call("PutDataActionResult", OperationID=put["OperationID"]) for _ in range(2)]
        assert [found["return"] for found in polls] == ["Active", "Completed"]
        assert put.pop("OperationID")
        answers += [put, *polls]
        with pytest.raises(PlainFault) as fault:
            client.call("PutData", ExchangePlanName=PLAN, PeerCode=PEER, FileID=name)  # the parts are gone
        seen.append([*map(told, answers), str(fault.value)])
    assert seen[0][0] == {"return": None}
    assert seen[1:] == seen[:1] * 3
    lists = [client(base, version, VERSIONS) for client in (plain, Described) for version in ("1.1", "1.2")]
    assert [client.call("GetVersions", InterfaceName="ОбменДанными")["return"][-1] for client in lists] == [
        "3.0.2.2"
    ] * 4


def test_a_file_in_parts_is_the_same_for_both(base: Emulator) -> None:
    for n in range(60):
        base.world.put("Catalog_Номенклатура", {"Description": f"Картридж {n}", "Комментарий": str(hash(n) ** 5)})
    for client in both(base):
        file = prepared(client, part_size=1)
        count = int(file["PartCount"])
        assert count > 1
        answers = [
            client.call("GetDataPart", FileID=file["FileID"], PartNumber=n)["return"] for n in range(1, count + 1)
        ]
        parts = [plain_bytes(part) for part in answers]
        assert {len(part) for part in parts[:-1]} == {1024}
        with zipfile.ZipFile(io.BytesIO(b"".join(parts))) as found:
            assert found.namelist() == ["data.xml"]
            assert found.read("data.xml").count(b"<\xd0\xa1\xd0\xbf\xd1\x80") == 61


def plain_bytes(part: Any) -> bytes:
    import base64

    return part if isinstance(part, bytes) else base64.b64decode(part)


def archive(message: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        made.writestr("любое имя.xml", message)
    return out.getvalue()


def settings() -> str:
    return (
        '<Message xmlns:msg="http://www.1c.ru/SSL/Exchange/Message"><msg:Header>'
        "<msg:Format>http://v8.1c.ru/edi/edi_stnd/EnterpriseData</msg:Format>"
        "<msg:CreationDate>2026-01-01T00:00:00</msg:CreationDate><msg:AvailableVersion>1.8</msg:AvailableVersion>"
        "</msg:Header></Message>"
    )


def test_a_login_and_a_licence_are_asked_for() -> None:
    with Emulator(bp30.model(), user="Администратор", password="секрет") as base:
        url = f"{base.soap.url}{EXCHANGE.name}?wsdl"
        assert requests.get(url, timeout=10).status_code == 401
        login = ("Администратор".encode(), "секрет".encode())
        assert requests.get(url, auth=login, timeout=10).status_code == 200
        base.switches.licences = 0
        assert requests.get(url, auth=login, timeout=10).status_code == 406
