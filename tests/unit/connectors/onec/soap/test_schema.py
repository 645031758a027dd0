"""Our schema of EnterpriseData messages: what either side sends fits it, and what does not fit is told."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from copy import deepcopy
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from lxml import etree
from sending import everything

from uchet.connectors.onec.soap.messages import FORMAT, MESSAGE, Header, receipt
from uchet.connectors.onec.soap.objects import REMOVED, known
from uchet.connectors.onec.soap.schema import fit, schema
from uchet.emulator import Emulator
from uchet.emulator.soap.exchange import PLAN
from uchet.errors import Fatal

M = f"{{{MESSAGE}}}"


@pytest.fixture(scope="module", params=["1.8", "1.19"])
def sent(request: pytest.FixtureRequest) -> Iterator[etree._Element]:
    """The first message of a base that has one of everything."""
    with Emulator() as base:
        everything(base)
        base.soap.exchange.add_node("uchet", request.param)
        job = base.soap.exchange.prepare(PLAN, "uchet", Decimal(0))
        yield opened(base.soap.exchange.part(job.file, 1) or b"")


def opened(archive: bytes) -> etree._Element:
    with zipfile.ZipFile(io.BytesIO(archive)) as found:
        return etree.fromstring(found.read("data.xml"))


def test_what_the_emulator_sends_fits_and_each_kind_is_declared(sent: etree._Element) -> None:
    assert schema().validate(sent), schema().error_log
    assert {etree.QName(item).localname for item in sent[1]} == {*known(), REMOVED}


def test_an_object_without_its_first_child_or_out_of_order_does_not_fit(sent: etree._Element) -> None:
    for number in range(len(sent[1])):
        copy = deepcopy(sent)
        copy[1][number].remove(copy[1][number][0])
        assert not schema().validate(copy), etree.tostring(copy[1][number], encoding="unicode")
        copy = deepcopy(sent)
        found = copy[1][number]
        if len(found) > 1:
            found.append(found[0])
            assert not schema().validate(copy), etree.tostring(found, encoding="unicode")


def test_a_value_of_another_type_does_not_fit(sent: etree._Element) -> None:
    tried = 0
    for number in range(len(sent[1])):
        copy = deepcopy(sent)
        for item in copy[1][number].iter("{*}Количество", "{*}Дата", "{*}ТипСклада", "{*}ТипНоменклатуры"):
            item.text = "неверно"
            tried += 1
            assert not schema().validate(copy), item.tag
    assert tried > 5


def test_objects_that_are_not_declared_are_not_looked_into(sent: etree._Element) -> None:
    copy = deepcopy(sent)
    etree.SubElement(copy[1], f"{{{etree.QName(copy[1]).namespace}}}Справочник.Валюты").text = "?"
    assert schema().validate(copy)


@pytest.mark.parametrize("version", ["1.8", "1.19", "1.17"])
def test_a_confirmation_fits_and_one_without_its_sender_is_never_sent(version: str) -> None:
    found = Header(version, PLAN, "БП", "uchet", 7, 3, None)
    top = opened(receipt(found, 4, datetime(2026, 1, 1, 12), known().keys()))
    assert schema().validate(top), schema().error_log
    assert top[1].tag == f"{{{FORMAT}/{version}}}Body"
    told: Any = top[0].find(f"{M}Confirmation")
    told.remove(told.find(f"{M}From"))
    with pytest.raises(Fatal) as caught:
        fit(top)
    assert caught.value.code == "message_built"
