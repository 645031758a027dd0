"""Objects of EnterpriseData as records with the names that the configuration itself uses, as OData gives them.

A reference crosses as the whole group of key properties of what it points to; its ``Ссылка`` is the key. Where nothing
was ever loaded through a node, that key is the base's own (BSP keeps another one only for objects matched with the
peer's). A value that does not fit its type stays the text that came: decoding judges it, and blames its record alone.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from lxml import etree

from ...base import FieldInfo
from ..url import is_guid

__all__ = ["REMOVED", "Known", "attributes", "known", "read", "removed"]

#: What a base sends for an object that is marked for deletion or gone.
REMOVED = "УдалениеОбъекта"
_NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"
_EMPTY_KEY = "00000000-0000-0000-0000-000000000000"
_TYPES = {"key": "Edm.Guid", "text": "Edm.String", "date": "Edm.DateTime", "number": "Edm.Double"}
_WORDS: Mapping[str, Mapping[str, Any]] = {
    "service": {"Товар": False, "Услуга": True},
    "store": {
        "Оптовый": "ОптовыйСклад",
        "Розничный": "РозничныйМагазин",
        "НеавтоматизированнаяТорговаяТочка": "НеавтоматизированнаяТорговаяТочка",
    },
}

#: Local name → what stands there: the attribute with its type, or another level.
Plan = Mapping[str, "tuple[str, str] | Plan"]


@dataclass(frozen=True, slots=True)
class Known:
    """One type of objects: its name in the format, the set it stands for, and where its attributes are.

    ``nowhere``: attributes of the configuration that the format does not carry. ``types``: attribute → its type.
    """

    name: str
    collection: str
    constants: Mapping[str, Any]
    nowhere: tuple[str, ...]
    types: Mapping[str, str]
    plan: Plan
    parts: Mapping[str, Plan]


@cache
def known() -> Mapping[str, Known]:
    """Every type that is read, by its name in the format."""
    data = tomllib.loads((Path(__file__).parent / "objects.toml").read_text(encoding="utf-8"))
    return {name: _known(name, table) for name, table in data.items()}


def attributes(kind: Known) -> Mapping[str, FieldInfo]:
    """What can be asked for; attributes that the format does not carry have no type."""
    found = {name: FieldInfo(_TYPES.get(type_, "Edm.String")) for name, type_ in kind.types.items()}
    found |= {name: FieldInfo("Edm.Boolean") for name in kind.constants}
    found |= {name: FieldInfo(f"Collection({name})") for name in kind.parts}
    return {**found, **{name: FieldInfo("") for name in kind.nowhere}}


def read(kind: Known, element: etree._Element) -> dict[str, Any]:
    """One object; its ``Ref_Key`` is missing where it came without one."""
    data: dict[str, Any] = dict(kind.constants)
    _fill(element, kind.plan, data)
    for child in element:
        plan = kind.parts.get(_local(child.tag))
        if plan is not None:
            rows: list[dict[str, Any]] = []
            for line in child:
                row: dict[str, Any] = {}
                _fill(line, plan, row)
                rows.append(row)
            data[_local(child.tag)] = rows
    return data


def removed(element: etree._Element) -> tuple[str, str] | None:
    """Type and key of an object that is gone; None for one that is not read here, or that nothing tells apart."""
    for item in element.iter():
        name = _local(item.tag)
        if name.endswith("Ссылка") and len(item) == 0 and is_guid((item.text or "").strip()):
            kind = _by_reference().get(name)
            return (kind, (item.text or "").strip().lower()) if kind else None
    return None


@cache
def _by_reference() -> Mapping[str, str]:
    return {f"{name.partition('.')[2]}Ссылка": name for name in known()}


def _known(name: str, table: Mapping[str, Any]) -> Known:
    paths = {attribute: text.split(" ", 1) for attribute, text in table["fields"].items()}
    early = {attribute: text.split(" ", 1) for attribute, text in table.get("early", {}).items()}
    parts = {
        part: _plan({a: t.split(" ", 1) for a, t in rows.items()}) for part, rows in table.get("parts", {}).items()
    }
    return Known(
        name,
        table["collection"],
        table["constants"],
        tuple(table["nowhere"]),
        {attribute: type_ for attribute, (type_, _) in paths.items()},
        _plan(paths, early),
        parts,
    )


def _plan(*tables: Mapping[str, list[str]]) -> Plan:
    made: dict[str, Any] = {}
    for table in tables:
        for attribute, (type_, path) in table.items():
            *above, last = path.split("/")
            place = made
            for step in above:
                place = place.setdefault(step, {})
            place[last] = (attribute, type_)
    return made


def _fill(element: etree._Element, plan: Plan, data: dict[str, Any]) -> None:
    for child in element:
        found = plan.get(_local(child.tag))
        if isinstance(found, tuple):
            name, type_ = found
            data[name] = _value(type_, "" if child.get(_NIL) in ("true", "1") else (child.text or ""))
        elif found is not None:
            _fill(child, found, data)


def _value(type_: str, text: str) -> Any:
    if type_ == "text":
        return text
    text = text.strip()
    if type_ == "key":
        return None if text in ("", _EMPTY_KEY) else text.lower()
    if not text:
        return None
    if type_ == "date":
        return _moment(text)
    if type_ == "number":
        return _number(text)
    if type_ == "whole":
        return int(text) if text.isdecimal() else text
    return _WORDS[type_].get(text, text)


def _moment(text: str) -> str | None:
    """1C's dates are its own wall clock; the first year is its empty date."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return text
    return None if moment.year == 1 else moment.replace(tzinfo=None).isoformat(timespec="seconds")


def _number(text: str) -> Decimal | str:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return text
    return number if number.is_finite() else text


@lru_cache(maxsize=4096)
def _local(tag: Any) -> str:
    """The name without its namespace; "" for what is no element. Names are the sender's: not all may be kept."""
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""
