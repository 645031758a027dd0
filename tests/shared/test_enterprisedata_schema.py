"""Our schema of EnterpriseData against the real XDTO packages: names, order, occurrence, types and limits.

Both are read into the same plain values by code that knows nothing of how the schema was written.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

import uchet
from uchet.connectors.onec.soap.objects import REMOVED, known

pytestmark = pytest.mark.shared

XSD = Path(uchet.__file__).parent / "connectors" / "onec" / "soap" / "xsd"
XS = "{http://www.w3.org/2001/XMLSchema}"
XDTO = "{http://v8.1c.ru/8.1/xdto}"
XSI_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"
LIMITS = ("length", "minLength", "maxLength", "totalDigits", "fractionDigits", "minInclusive", "maxInclusive")
PAIRS = {
    "enterprisedata-1.8.xsd": "EnterpriseData_1_8_6.xdto.xml",
    "enterprisedata-1.19.xsd": "EnterpriseData_1_19_1.xdto.xml",
    "message-header.xsd": "ExchangeMessage.xdto.xml",
}
#: A value of any of many types.
ANY_OF = "AnyOf"


@pytest.mark.parametrize("ours", sorted(PAIRS))
def test_every_type_is_the_packages(shared: Path, ours: str) -> None:
    mine = schema(XSD / ours)
    theirs = package(shared / "fixtures" / "onec" / "ssl" / PAIRS[ours], mine)
    differ = {name: (kind, theirs.get(name)) for name, kind in mine.items() if kind != theirs.get(name)}
    assert not differ
    assert len(mine) > (250 if ours.startswith("enterprise") else 10)


@pytest.mark.parametrize("version", ["1.8", "1.19"])
def test_everything_that_is_read_and_its_removal_are_declared(version: str) -> None:
    top = etree.parse(str(XSD / f"enterprisedata-{version}.xsd")).getroot()
    declared = {item.get("name"): item.get("type") for item in top.iterfind(f"{XS}element")}
    assert declared.pop("Body") is None
    assert all(name == kind for name, kind in declared.items())
    assert {*known(), REMOVED, "Документ.ПередачаМатериаловВЭксплуатацию", "Документ.ИнвентаризацияТоваров"} <= {
        *declared
    }
    assert len(declared) == {"1.8": 39, "1.19": 42}[version]


# --- the schema


def schema(path: Path) -> Mapping[str, Any]:
    top = etree.parse(str(path)).getroot()
    kinds = [*top.iterfind(f"{XS}simpleType"), *top.iterfind(f"{XS}complexType")]
    return {str(kind.get("name")): _xsd_kind(kind) for kind in kinds if kind.get("name") != ANY_OF}


def _xsd_kind(kind: Any) -> Any:
    if kind.tag == f"{XS}simpleType":
        told = kind.find(f"{XS}restriction")
        limits = {etree.QName(item).localname: item.get("value") for item in told if item.tag[len(XS) :] in LIMITS}
        values = tuple(item.get("value") for item in told.iterfind(f"{XS}enumeration"))
        patterns = tuple(item.get("value") for item in told.iterfind(f"{XS}pattern"))
        return "value", _full(told, told.get("base")), limits, values, patterns
    extended = kind.find(f"{XS}complexContent/{XS}extension")
    place = kind if extended is None else extended
    base = None if extended is None else _full(extended, extended.get("base"))
    rows = tuple(_xsd_property(item) for item in place.iterfind(f"{XS}sequence/{XS}element"))
    free = None if base else place.find(f"{XS}sequence/{XS}any") is not None
    return "object", base, free, kind.get("abstract") == "true", rows


def _xsd_property(item: Any) -> Any:
    inner = next(iter(item), None)
    kind = _xsd_kind(inner) if inner is not None else _full(item, item.get("type"))
    upper = item.get("maxOccurs", "1").replace("unbounded", "-1")
    return item.get("name"), kind, item.get("nillable") == "true", item.get("minOccurs", "1"), upper


# --- the package


def package(path: Path, wanted: Collection[str]) -> Mapping[str, Any]:
    top = etree.parse(str(path)).getroot()
    kinds = {str(kind.get("name")): kind for kind in top if kind.get("name")}
    choices = {name for name, kind in kinds.items() if _is_choice(kind)}
    return {name: _xdto_kind(kind, choices) for name, kind in kinds.items() if name in wanted}


def _is_choice(kind: Any) -> bool:
    return kind.get("ordered") == "false" or str(kind.get("name")).startswith("Составной")


def _xdto_kind(kind: Any, choices: set[str]) -> Any:
    if kind.tag == f"{XDTO}valueType" or kind.get(XSI_TYPE) == "ValueType":
        assert not kind.get("memberTypes")
        limits = {limit: kind.get(limit) for limit in LIMITS if kind.get(limit) is not None}
        values = tuple(item.text or "" for item in kind.iterfind(f"{XDTO}enumeration"))
        patterns = tuple(item.text for item in kind.iterfind(f"{XDTO}pattern"))
        return "value", _full(kind, kind.get("base") or "xs:string"), limits, values, patterns
    base = _full(kind, kind.get("base")) if kind.get("base") else None
    rows = tuple(_xdto_property(item, choices) for item in kind.iterfind(f"{XDTO}property"))
    return "object", base, None if base else kind.get("open") == "true", kind.get("abstract") == "true", rows


def _xdto_property(item: Any, choices: set[str]) -> Any:
    inner = item.find(f"{XDTO}typeDef")
    if inner is None:
        kind = _full(item, item.get("type"))
        space, name = kind[1:].split("}")
        kind = f"{{{space}}}{ANY_OF}" if name in choices else kind
    elif _is_choice(inner):
        kind = f"{{{item.getroottree().getroot().get('targetNamespace')}}}{ANY_OF}"
    else:
        kind = _xdto_kind(inner, choices)
    return (
        item.get("name"),
        kind,
        item.get("nillable") == "true",
        item.get("lowerBound", "1"),
        item.get("upperBound", "1"),
    )


def _full(found: Any, text: str) -> str:
    prefix, _, name = text.rpartition(":")
    return f"{{{found.nsmap[prefix or None]}}}{name}"
