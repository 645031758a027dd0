"""Against real material: the metadata of the standard services and the packages of the exchange format."""

from __future__ import annotations

import io
import re
import zipfile
from decimal import Decimal
from pathlib import Path

import mdclasses
import pytest
import xdto_schema
import zeep
from lxml import etree
from sending import everything

from uchet.emulator import Emulator
from uchet.emulator.soap.describing import standard_services
from uchet.emulator.soap.exchange import PLAN
from uchet.emulator.soap.model import Service
from uchet.emulator.soap.objects import KINDS
from uchet.emulator.soap.wsdl import wsdl

pytestmark = pytest.mark.shared

XS = "{http://www.w3.org/2001/XMLSchema}"
MD = "{http://v8.1c.ru/8.3/MDClasses}"
NAMES = (
    "InterfaceVersion",
    "Exchange_3_0_1_1",
    "EnterpriseDataExchange_1_0_1_1",
    "EnterpriseDataUpload_1_0_1_1",
)
#: What two descriptions of a real base have for an address, and how many characters they are long
#: (ArtemPl-lab/1cEnterpriseData at dd1269b0, made by 1C:Accounting 3.0.102.11).
ADDRESS = "{appHost}{pathPrefix}/ws/{name}"
LENGTHS = {"InterfaceVersion": 20_295, "Exchange_3_0_1_1": 44_751}
PACKAGES = {"1.8": "EnterpriseData_1_8_6.xdto.xml", "1.19": "EnterpriseData_1_19_1.xdto.xml"}


@pytest.fixture(scope="module")
def folder(shared: Path) -> Path:
    return shared / "fixtures" / "onec" / "ssl"


def service(folder: Path, name: str) -> Service:
    own = mdclasses.xdto_package(folder / "EnterpriseDataExchange_1_0_1_1.xdto.xml")
    return mdclasses.web_service(folder / f"{name}.xml", {"EnterpriseDataExchange_1_0_1_1": own})


@pytest.mark.parametrize("name", sorted(standard_services()))
def test_our_description_is_the_metadatas(folder: Path, name: str) -> None:
    assert standard_services()[name] == service(folder, name)


@pytest.mark.parametrize("name", sorted(LENGTHS))
def test_the_description_is_as_long_as_the_platforms(folder: Path, name: str) -> None:
    assert len(wsdl(service(folder, name), ADDRESS).decode()) == LENGTHS[name]


@pytest.mark.parametrize("name", NAMES)
def test_every_wrapper_says_what_the_metadata_says(folder: Path, name: str) -> None:
    """The mapping written a second time, straight from one XML to the other."""
    printed = etree.fromstring(wsdl(service(folder, name), "http://x"))
    found = {
        element.get("name"): [
            (child.get("name"), child.get("type").rpartition(":")[2], child.get("nillable") == "true")
            for child in element.iterfind(f"{XS}complexType/{XS}sequence/{XS}element")
        ]
        for element in printed.iterfind(f".//{XS}schema[last()]/{XS}element")
    }
    expected = {}
    for operation in etree.parse(str(folder / f"{name}.xml")).getroot().iter(f"{MD}Operation"):
        told = operation.find(f"{MD}Properties")
        parameters = [
            tuple(
                str(item.findtext(f"{MD}{key}")) for key in ("Name", "XDTOValueType", "Nillable", "TransferDirection")
            )
            for item in operation.iterfind(f"{MD}ChildObjects/{MD}Parameter/{MD}Properties")
        ]
        rows = [(name, kind.rpartition(":")[2], nil == "true", way) for name, kind, nil, way in parameters]
        result = (str(told.findtext(f"{MD}XDTOReturningValueType")), told.findtext(f"{MD}Nillable") == "true")
        head = [("return", result[0].rpartition(":")[2], result[1])]
        call = str(told.findtext(f"{MD}Name"))
        expected[call] = [row[:3] for row in rows if row[3] != "Out"]
        expected[f"{call}Response"] = head + [row[:3] for row in rows if row[3] != "In"]
    assert found == expected
    assert len(expected) > 1


@pytest.mark.parametrize("name", NAMES)
def test_zeep_loads_it_with_both_ports(folder: Path, name: str) -> None:
    text = wsdl(service(folder, name), "http://x")
    settings = zeep.Settings(forbid_dtd=True, forbid_external=True)
    client = zeep.Client(io.BytesIO(text), settings=settings)
    assert list(client.wsdl.services[name].ports) == [f"{name}Soap", f"{name}Soap12"]
    actions = re.findall(r'soapAction="([^"]*)"', text.decode())
    assert len(actions) == 2 * len(service(folder, name).operations)
    assert set(actions) == {service(folder, name).action(item.name) for item in service(folder, name).operations}


@pytest.mark.parametrize("version", sorted(PACKAGES))
def test_what_the_base_sends_fits_the_real_package(folder: Path, version: str) -> None:
    with Emulator() as base:
        everything(base)
        base.soap.exchange.add_node("uchet", version)
        job = base.soap.exchange.prepare(PLAN, "uchet", Decimal(0))
        with zipfile.ZipFile(io.BytesIO(base.soap.exchange.part(job.file, 1) or b"")) as found:
            body = etree.fromstring(found.read("data.xml"))[1]
    known = xdto_schema.schema(folder / PACKAGES[version], [*KINDS.values(), "УдалениеОбъекта"])
    sent = {etree.QName(item).localname for item in body}
    assert sent == {*KINDS.values(), "УдалениеОбъекта"}
    for item in body:
        assert known.validate(item), known.error_log
    item.clear()
    assert not known.validate(item)  # the schema does refuse
