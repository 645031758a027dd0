"""An XDTO package of the exchange format as an XML schema, so that a message can be held against the real one.

Written for what the packages of EnterpriseData hold: types with a base, open types, types without a name, lists of
values, limits. Anything else of XDTO would be told, not passed over.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any

from lxml import etree

XDTO = "{http://v8.1c.ru/8.1/xdto}"
XS = "http://www.w3.org/2001/XMLSchema"
MESSAGE = "http://www.1c.ru/SSL/Exchange/Message"
_LIMITS = ("maxLength", "minLength", "length", "totalDigits", "fractionDigits", "minInclusive", "maxInclusive")


def schema(path: Path, names: Collection[str]) -> etree.XMLSchema:
    """The schema of a package: elements of these names, and the types that they need (whole, libxml2 takes 20 s)."""
    top = etree.parse(str(path)).getroot()
    kinds = {kind.get("name"): kind for kind in top if kind.get("name")}
    needed: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name in kinds and name not in needed:
            needed.add(name)
            waiting.extend(_referred(kinds[name]))
    space = top.get("targetNamespace")
    made = etree.Element(f"{{{XS}}}schema", nsmap={"xs": XS, "t": space})
    made.set("targetNamespace", space)
    made.set("elementFormDefault", "qualified")
    for name in sorted(needed):
        simple = kinds[name].tag == f"{XDTO}valueType"
        made.append(_value(kinds[name], name) if simple else _object(kinds[name], name))
    for name in names:
        etree.SubElement(made, f"{{{XS}}}element", name=name).set("type", f"t:{name}")
    return etree.XMLSchema(etree.fromstring(etree.tostring(made)))


def _referred(kind: Any) -> set[str]:
    texts = [item.get(key) for item in kind.iter() for key in ("type", "base") if item.get(key)]
    return {text.rpartition(":")[2] for text in texts}


def _object(kind: Any, name: str | None) -> Any:
    made = etree.Element(f"{{{XS}}}complexType")
    if name:
        made.set("name", name)
    # A type without an order is a choice of what a value may be: one of its properties stands there.
    unordered = kind.get("ordered") == "false"
    group = etree.SubElement(made, f"{{{XS}}}{'choice' if unordered else 'sequence'}")
    for item in kind.iterfind(f"{XDTO}property"):
        _property(group, item, unordered)
    return made


def _property(group: Any, item: Any, chosen: bool) -> None:
    made = etree.SubElement(group, f"{{{XS}}}element", name=item.get("name"))
    if item.get("lowerBound") == "0" and not chosen:
        made.set("minOccurs", "0")
    if item.get("upperBound"):
        made.set("maxOccurs", "unbounded" if item.get("upperBound") == "-1" else item.get("upperBound"))
    if item.get("nillable") == "true":
        made.set("nillable", "true")
    inner = item.find(f"{XDTO}typeDef")
    if inner is None:
        made.set("type", _name(item, item.get("type")))
    elif inner.get("{http://www.w3.org/2001/XMLSchema-instance}type") == "ValueType":
        made.append(_value(inner, None))
    else:
        made.append(_object(inner, None))


def _value(kind: Any, name: str | None) -> Any:
    made = etree.Element(f"{{{XS}}}simpleType")
    if name:
        made.set("name", name)
    members = kind.get("memberTypes")
    base = "xs:string" if members or not kind.get("base") else _name(kind, kind.get("base"))
    limits = etree.SubElement(made, f"{{{XS}}}restriction", base=base)
    for limit in _LIMITS:
        if kind.get(limit) is not None:
            etree.SubElement(limits, f"{{{XS}}}{limit}", value=kind.get(limit))
    for value in kind.iterfind(f"{XDTO}enumeration"):
        etree.SubElement(limits, f"{{{XS}}}enumeration", value=value.text or "")
    for value in kind.iterfind(f"{XDTO}pattern"):
        etree.SubElement(limits, f"{{{XS}}}pattern", value=value.text or "")
    return made


def _name(item: Any, text: str) -> str:
    prefix, _, name = text.rpartition(":")
    space = item.nsmap[prefix or None]
    if space == MESSAGE:
        return "xs:string" if name == "Ref" else "xs:anyType"
    return f"{'xs' if space == XS else 't'}:{name}"
