"""Metadata of a configuration as its own tools write it to files: web services and XDTO packages, read into the
emulator's description of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from lxml import etree

from uchet.emulator.soap.describing import core
from uchet.emulator.soap.model import Element, ObjectType, Operation, Package, Parameter, QName, Service, ValueType

MD = "{http://v8.1c.ru/8.3/MDClasses}"
XDTO = "{http://v8.1c.ru/8.1/xdto}"
XSI = "{http://www.w3.org/2001/XMLSchema-instance}"


def web_service(path: Path, packages: Mapping[str, Package]) -> Service:
    """A ``WebServices/<Name>.xml``; ``packages`` by the names of the configuration's own."""
    found = etree.parse(str(path)).getroot()[0]
    properties = found.find(f"{MD}Properties")
    used = [str(value.text) for value in properties.iterfind("{*}XDTOPackages/{*}Item/{*}Value")]
    return Service(
        name=_text(properties, "Name"),
        namespace=_text(properties, "Namespace"),
        file=_text(properties, "DescriptorFileName"),
        packages=tuple(
            core() if name == core().namespace else packages[name.removeprefix("XDTOPackage.")] for name in used
        ),
        operations=tuple(_operation(item) for item in found.iterfind(f"{MD}ChildObjects/{MD}Operation")),
    )


def xdto_package(path: Path) -> Package:
    """An ``XDTOPackages/<Name>/Ext/Package.bin``."""
    top = etree.parse(str(path)).getroot()
    kinds = [_value(kind) for kind in top.iterfind(f"{XDTO}valueType")]
    return Package(top.get("targetNamespace"), (*kinds, *(_object(kind) for kind in top.iterfind(f"{XDTO}objectType"))))


def _operation(found: Any) -> Operation:
    properties = found.find(f"{MD}Properties")
    returned = properties.find(f"{MD}XDTOReturningValueType")
    parameters = [
        Parameter(
            _text(item, "Name"),
            _qname(item.find(f"{MD}XDTOValueType")),
            _text(item, "Nillable") == "true",
            _text(item, "TransferDirection"),  # type: ignore[arg-type]
        )
        for item in found.iterfind(f"{MD}ChildObjects/{MD}Parameter/{MD}Properties")
    ]
    result = _qname(returned) if returned is not None and returned.text else None
    return Operation(_text(properties, "Name"), tuple(parameters), result, _text(properties, "Nillable") == "true")


def _object(kind: Any) -> ObjectType:
    base = _resolved(kind, kind.get("base"))
    return ObjectType(
        kind.get("name"), _elements(kind), base, kind.get("open") == "true", kind.get("abstract") == "true"
    )


def _elements(kind: Any) -> tuple[Element, ...]:
    return tuple(
        Element(
            item.get("name"),
            _resolved(item, item.get("type")),
            item.get("nillable") == "true",
            int(item.get("lowerBound", "1")),
            int(item.get("upperBound", "1")),
        )
        for item in kind.iterfind(f"{XDTO}property")
    )


def _value(kind: Any) -> ValueType:
    values: Sequence[str] = [str(item.text or "") for item in kind.iterfind(f"{XDTO}enumeration")]
    base = _resolved(kind, kind.get("base")) or QName("http://www.w3.org/2001/XMLSchema", "string")
    return ValueType(kind.get("name"), base, tuple(values))


def _text(found: Any, name: str) -> str:
    return str(found.findtext(f"{MD}{name}"))


def _qname(found: Any) -> QName:
    result = _resolved(found, found.text)
    assert result is not None
    return result


def _resolved(found: Any, text: str | None) -> QName | None:
    if not text:
        return None
    prefix, _, name = text.rpartition(":")
    return QName(found.nsmap[prefix or None], name)
