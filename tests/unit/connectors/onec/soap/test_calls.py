"""Calls of web services against the emulator: what goes well, and what never leaves."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
import responses
from soap_calls import PEER, exchange, http, outgoing

from uchet.connectors.http import HttpClient, Retries
from uchet.connectors.onec.soap.decoding import elements
from uchet.connectors.onec.soap.exchange import SERVICE, interface_versions, message
from uchet.connectors.onec.soap.service import WebService
from uchet.emulator import Emulator
from uchet.emulator.soap.exchange import PLAN
from uchet.errors import Blocked, Fatal, Retry


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
@pytest.mark.parametrize(
    ("inside", "way"),
    [
        ("<xs:schema", '<xs:import namespace="urn:z" schemaLocation="{0}"/>'),
        ("<xs:schema", '<xs:include schemaLocation="{0}"/>'),
        ("<definitions", '<import namespace="urn:z" location="{0}"/>'),
    ],
)
def test_a_description_that_names_another_address_makes_nobody_go_there(inside: str, way: str) -> None:
    from uchet.emulator.soap.describing import standard_services
    from uchet.emulator.soap.wsdl import wsdl

    url, elsewhere = "http://1c.test/base/ws/X", "http://10.0.0.1/secret"
    text = wsdl(standard_services()["InterfaceVersion"], "http://other/").decode()
    head, found, rest = text.partition(inside)
    body = head + found + rest.replace(">", ">" + way.format(elsewhere), 1)
    responses.get(f"{url}?wsdl", body=body.encode(), content_type="text/xml")
    responses.get(elsewhere, body=b"<a/>", content_type="text/xml")
    with pytest.raises(Fatal, match="description"):
        WebService(HttpClient(url, retries=Retries(attempts=1)), url).call("GetVersions", Nothing, InterfaceName="x")
    assert [call.request.url for call in responses.calls] == [f"{url}?wsdl"]


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
