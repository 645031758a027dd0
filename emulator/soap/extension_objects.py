"""Objects of the base as our extension gives and takes them: the configuration's own names, a kind beside every value.

Attributes of a composite type, value storages and predefined names do not cross. A record of an information register
is an object too: known by its only dimension, without a version, and told of no change.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from .. import objects
from ..edmx import EntityType, Property
from ..store import Body
from ..values import EMPTY_DATE, ZERO

if TYPE_CHECKING:
    from ..base import Base

__all__ = ["collection_of", "described", "given", "held", "is_register", "told", "type_of", "write_record"]

_STANDARD: Mapping[str, str] = {
    "Code": "Код",
    "Description": "Наименование",
    "DeletionMark": "ПометкаУдаления",
    "Parent_Key": "Родитель",
    "Owner_Key": "Владелец",
    "IsFolder": "ЭтоГруппа",
    "Number": "Номер",
    "Date": "Дата",
    "Posted": "Проведен",
}
_OURS = {ours: name for name, ours in _STANDARD.items()}
_FIXED = {"Ref_Key", "DataVersion", "LineNumber", "Predefined", "PredefinedDataName"}
_KINDS = {"Edm.Guid": "ref", "Edm.Boolean": "flag", "Edm.DateTime": "date", "Edm.String": "text"}
_SETS = {"Справочник": "Catalog", "Документ": "Document", "РегистрСведений": "InformationRegister"}


def collection_of(kind: str) -> str:
    """The set of a type."""
    family, _, name = kind.partition(".")
    return f"{_SETS.get(family, family)}_{name}"


def type_of(collection: str) -> str:
    """The type of a set."""
    family, _, name = collection.partition("_")
    return f"{next(ours for ours, theirs in _SETS.items() if theirs == family)}.{name}"


def is_register(collection: str) -> bool:
    """Whether the objects of a set are records of a register."""
    return collection.startswith("InformationRegister_")


def held(base: Base, collection: str) -> dict[str, str]:
    """How each object of a set is called → its stored key."""
    keys = base.store.keys(collection)
    return {str(json.loads(key)[0]): key for key in keys} if is_register(collection) else {key: key for key in keys}


def described(base: Base, kind: str) -> dict[str, Any]:
    """What a type has: its attributes, and those of its tabular parts."""
    found = base.kind(collection_of(kind))
    return {
        "Name": kind,
        "Attribute": _described(found),
        "Part": [{"Name": name, "Attribute": _described(row)} for name, row in _parts(base, found)],
    }


def told(base: Base, collection: str, body: Body) -> dict[str, Any]:
    """One object."""
    kind = base.kind(collection)
    parts = [
        {"Name": name, "Row": [{"Attribute": _told(row, line)} for line in body.get(name) or []]}
        for name, row in _parts(base, kind)
        if body.get(name)
    ]
    if is_register(collection):
        return {"Type": type_of(collection), "Ref": body[kind.keys[0]], "Attribute": _told(kind, body)}
    head = {"Type": type_of(collection), "Ref": body["Ref_Key"], "DataVersion": body["DataVersion"]}
    return {**head, "Attribute": _told(kind, body), "Part": parts}


def given(base: Base, collection: str, sent: Mapping[str, Any]) -> Body:
    """What of an object shall change, as the base keeps it. Raises ValueError with a code and a text."""
    kind = base.kind(collection)
    rows = dict(_parts(base, kind))
    body = _given(kind, sent["Attribute"])
    for part in sent["Part"]:
        row = rows.get(part["Name"])
        if row is None:
            raise ValueError("part_unknown", f"Нет табличной части {part['Name']}.")
        lines = enumerate(part["Row"], 1)
        body[part["Name"]] = [{**_given(row, line["Attribute"]), "LineNumber": str(number)} for number, line in lines]
    return body


def write_record(base: Base, collection: str, sent: Mapping[str, Any], body: Body) -> dict[str, Any]:
    """Write one record of a register as a catalog's object is written. Raises ValueError with a code and a text."""
    (dimension,) = base.kind(collection).keys
    ref = sent.get("Ref") or sent.get("ExternalId")
    if not ref:
        raise ValueError("refused", "Не указан ключ объекта.")
    if sent.get("DataVersion") is not None:
        raise ValueError("version_differs", "У записей регистра нет версий.")
    key = held(base, collection).get(ref)
    if key is None and "Ref" in sent:
        raise ValueError("not_found", "Объект не найден.")
    if key is not None and "Ref" not in sent:
        return {"Ref": ref, "Status": "unchanged"}
    if body.setdefault(dimension, ref) != ref:
        raise ValueError("value", f"Измерение {dimension} отличается от ключа записи.")
    if key is None:
        objects.create(base, collection, body)
        return {"Ref": ref, "Status": "created"}
    before = base.store.get(collection, key) or {}
    if all(before.get(name) == value for name, value in body.items()):
        return {"Ref": ref, "Status": "unchanged"}
    objects.change(base, collection, key, body)
    return {"Ref": ref, "Status": "updated"}


def _described(kind: EntityType) -> list[dict[str, Any]]:
    return [
        {"Name": name, "Kind": _kind(prop), **({"Length": abs(prop.length)} if prop.length else {})}
        for name, prop in _attributes(kind)
    ]


def _attributes(kind: EntityType) -> Iterator[tuple[str, Property]]:
    for name, prop in kind.properties.items():
        compound = kind.composite(name) or name.endswith(("_Type", "_Base64Data"))
        if name not in _FIXED and not prop.many and not compound and prop.type.startswith("Edm."):
            yield _STANDARD.get(name, name.removesuffix("_Key") if prop.type == "Edm.Guid" else name), prop


def _parts(base: Base, kind: EntityType) -> Iterator[tuple[str, EntityType]]:
    for name, prop in kind.properties.items():
        found = (base.model.complex.get(prop.type) or base.model.types.get(prop.type)) if prop.many else None
        if found is not None:
            yield name, found


def _kind(prop: Property) -> str:
    return _KINDS.get(prop.type, "number")


def _told(kind: EntityType, body: Body) -> list[dict[str, Any]]:
    made = []
    for name, prop in _attributes(kind):
        value = body.get(prop.name)
        empty = value is None or value in ("", ZERO, EMPTY_DATE)
        text = str(value).lower() if isinstance(value, bool) else str(value)
        made.append({"Name": name, "Kind": _kind(prop), **({} if empty else {"Value": text})})
    return made


def _given(kind: EntityType, attributes: list[Mapping[str, Any]]) -> Body:
    known = dict(_attributes(kind))
    body: Body = {}
    for item in attributes:
        prop = known.get(item["Name"])
        if prop is None or item["Kind"] != _kind(prop):
            raise ValueError("attribute_unknown", f"Нет реквизита {item['Name']} вида {item['Kind']}.")
        try:
            body[prop.name] = _value(item["Kind"], item.get("Value"))
        except (KeyError, InvalidOperation):
            raise ValueError("value", f"Неверное значение реквизита {item['Name']}.") from None
        length = prop.length or 0
        if item["Kind"] == "text" and 0 < abs(length) < len(body[prop.name]):
            raise ValueError("value", f"Значение реквизита {item['Name']} длиннее {abs(length)}.")
    return body


def _value(kind: str, text: str | None) -> Any:
    if kind == "flag":
        return {"true": True, "false": False, None: False}[text]
    if kind == "number":
        return Decimal(text or 0)
    return text or {"ref": ZERO, "date": EMPTY_DATE, "text": ""}[kind]
