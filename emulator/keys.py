"""Keys in addresses: which stored record ``Set(…)`` means; all parts must be present when there are several."""

from __future__ import annotations

from . import objects
from .base import Base, not_found, register_key
from .edmx import EntityType
from .store import Body
from .urls import Segment, literal
from .values import coerce, guid
from .wire import ODataError

__all__ = ["find_row", "is_stored", "stored_key"]


def is_stored(base: Base, collection: str) -> bool:
    """True for sets that are kept as they are; parts and records are derived from others and only read."""
    return base.model.owner_of_part(collection) is None and base.model.record_set(collection) is None


def find_row(base: Base, collection: str, kind: EntityType, head: Segment) -> Body:
    """The row behind a key; raises 404 code 9, 400 code 7 where a part is missing."""
    if is_stored(base, collection):
        key = stored_key(base, collection, kind, head)
        if collection.startswith("Constant_"):
            return base.rows(collection)[0]
        return objects.find(base, collection, key)
    wanted = _values(kind, head)
    for row in base.rows(collection):
        if all(row.get(name) == value for name, value in wanted.items()):
            return row
    raise not_found(collection)


def _values(kind: EntityType, head: Segment) -> Body:
    given = dict(head.arguments or {})
    if head.single is not None:
        if len(kind.keys) != 1:
            raise ODataError(400, 7, "Указаны не все части ключа")
        given = {kind.keys[0]: head.single}
    for name in kind.keys:
        if name not in given:
            raise ODataError(400, 7, f"Не указана часть ключа {name}")
    return {name: coerce(kind.properties[name], literal(given[name])) for name in kind.keys}


def stored_key(base: Base, collection: str, kind: EntityType, head: Segment) -> str:
    """The key under which a record is stored; raises 400 on literals of a wrong form."""
    if collection.startswith("Constant_"):
        return "constant"
    if base.model.is_record_set(collection):
        return _recorder(base, kind, head)
    if kind.keys == ("Ref_Key",):
        text = head.single if head.single is not None else (head.arguments or {}).get("Ref_Key", "")
        if not text.startswith("guid'"):
            raise ODataError(400, 1, f"Не удалось разобрать строку '{text}' как значение типа Edm.Guid!")
        return guid(literal(text))
    return register_key(kind, _values(kind, head))


def _recorder(base: Base, kind: EntityType, head: Segment) -> str:
    given = head.arguments or {}
    if "Recorder_Key" in kind.keys:
        recorder = guid(literal(head.single or given.get("Recorder_Key", "")))
        return base.recorder_key(kind.name, recorder, "")
    if not {"Recorder", "Recorder_Type"} <= set(given):
        raise ODataError(400, 7, "Указаны не все части ключа")
    recorder_type = literal(given["Recorder_Type"])
    if not recorder_type.startswith("StandardODATA."):
        raise ODataError(400, 4, f"Неверное значение свойства составного типа: '{recorder_type}'")
    return f"{recorder_type}|{guid(literal(given['Recorder']))}"
