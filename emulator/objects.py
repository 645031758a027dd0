"""Writing: create, change, delete, with everything the platform accepts silently and everything it refuses.

Measured on live bases: unknown members are ignored, a tabular part that is present replaces all its rows, rows need
``LineNumber`` (missing: 500) that runs from 1 (otherwise 400), ``Ref_Key`` in a PATCH is ignored, POST to an
independent register answers 200 and refuses a repeated key, DELETE is physical and checks no references.
"""

from __future__ import annotations

from typing import Any

from . import rules
from .base import Base, not_found, register_key
from .edmx import EntityType
from .posting import clear_movements, post
from .store import Body
from .values import KEEP, ZERO, coerce, fresh_guid, guid, pair
from .wire import ODataError, internal

__all__ = ["change", "create", "create_raw", "delete", "find", "replace_records"]

_FIXED = {"Ref_Key", "DataVersion", "Posted"}
_OBJECTS = ("Catalog_", "Document_", "ChartOf", "ExchangePlan_", "BusinessProcess_", "Task_")


def find(base: Base, collection: str, key: str) -> Body:
    """A stored record; raises 404 code 9."""
    found = base.store.get(collection, key)
    if found is None:
        raise not_found(collection)
    return found


def create(base: Base, collection: str, body: Body, *, load: bool = False) -> Body:
    """POST to a set: a new object, register record or record set; raises the refusals of the dialect."""
    kind = base.kind(collection)
    if base.model.owner_of_part(collection) is not None:
        raise ODataError(400, 13, "Строки табличной части не могут быть созданы непосредственно")
    if base.model.record_set(collection) is not None or collection.startswith("DocumentJournal_"):
        raise ODataError(405, 19, "Метод не разрешен для данного ресурса")
    with base.store.write():
        if base.model.is_record_set(collection):
            return replace_records(base, collection, body)
        if not collection.startswith(_OBJECTS):
            return _create_record(base, collection, kind, body)
        new = _new_object(base, kind, body)
        ref = new["Ref_Key"]
        if base.store.get(collection, ref) is not None and base.switches.refuse_repeats:
            raise ODataError(400, 15, f'Сущность "{collection}" с таким ключом уже существует')
        merge(base, kind, new, body)
        if not load:
            rules.fill_defaults(base, collection, new, body)
            rules.check_closed(base, collection, None, new)
            rules.before_write(base, collection, new)
        rules.assign_number(base, collection, new)
        return _save(base, collection, ref, new)


def create_raw(base: Base, collection: str, body: Body) -> Body:
    """Seed a record past all handlers and checks, as a data load would; an existing key is overwritten."""
    kind = base.kind(collection)
    with base.store.write():
        if base.model.is_record_set(collection):
            return replace_records(base, collection, body)
        if not collection.startswith(_OBJECTS):
            new = merge(base, kind, base.blank(kind), body)
            if "Period" in kind.keys:
                new["Period"] = rules.rounded(base, collection, new["Period"])
            base.store.put(collection, _record_key(collection, kind, new), new)
            return new
        new = _new_object(base, kind, body)
        merge(base, kind, new, body)
        rules.assign_number(base, collection, new)
        return _save(base, collection, new["Ref_Key"], new)


def _new_object(base: Base, kind: EntityType, body: Body) -> Body:
    new = base.blank(kind)
    given = body.get("Ref_Key")
    chosen = guid(given) if given and base.switches.client_keys else ZERO
    new["Ref_Key"] = fresh_guid() if chosen == ZERO else chosen
    return new


def _save(base: Base, collection: str, key: str, new: Body) -> Body:
    if "DataVersion" in new:
        new["DataVersion"] = base.next_version()
    base.store.put(collection, key, new)
    return new


def _record_key(collection: str, kind: EntityType, body: Body) -> str:
    return "constant" if collection.startswith("Constant_") else register_key(kind, body)


def _create_record(base: Base, collection: str, kind: EntityType, body: Body) -> Body:
    missing = [name for name in kind.keys if name not in body and not collection.startswith("Constant_")]
    if missing:
        raise ODataError(400, 5, f"Не указано значение обязательного свойства {missing[0]}")
    new = merge(base, kind, base.blank(kind), body)
    if "Period" in kind.keys:
        new["Period"] = rules.rounded(base, collection, new["Period"])
    key = _record_key(collection, kind, new)
    if base.store.get(collection, key) is not None:
        raise ODataError(400, 15, f'Запись "{collection}" с таким ключом уже существует')
    base.next_version()
    base.store.put(collection, key, new)
    return new


def change(base: Base, collection: str, key: str, body: Body, *, load: bool = False, match: str | None = None) -> Body:
    """PATCH an object or a record by its stored key; ``match`` is the ``If-Match`` value where it is honoured."""
    kind = base.kind(collection)
    if base.model.owner_of_part(collection) is not None or base.model.record_set(collection) is not None:
        raise ODataError(405, 19, "Метод не разрешен для данного ресурса")
    with base.store.write():
        if base.model.is_record_set(collection):
            recorder_type, _, recorder = key.partition("|")
            return replace_records(base, collection, {**body, "Recorder": recorder, "Recorder_Type": recorder_type})
        old = base.rows(collection)[0] if collection.startswith("Constant_") else find(base, collection, key)
        if match is not None and match.strip('W/"') != str(old.get("DataVersion", "")).strip('"'):
            raise ODataError(412, 2, "Версия объекта не совпадает с переданной")
        new = merge(base, kind, dict(old), body)
        if collection.startswith(_OBJECTS):
            if not load:
                rules.check_closed(base, collection, old, new)
                rules.before_write(base, collection, new)
            if new.get("DeletionMark") and new.get("Posted"):
                clear_movements(base, collection, key)
                new["Posted"] = False
            saved = _save(base, collection, key, new)
            if new.get("Posted") and base.switches.renew_movements:
                return post(base, collection, key)
            return saved
        base.next_version()
        new_key = _record_key(collection, kind, new)
        if new_key != key:
            base.store.delete(collection, key)
        base.store.put(collection, new_key, new)
        return new


def delete(base: Base, collection: str, key: str, *, match: str | None = None) -> None:
    """Physical deletion without reference control; a document's movements go with it."""
    with base.store.write():
        old = find(base, collection, key)
        if match is not None and match.strip('W/"') != str(old.get("DataVersion", "")).strip('"'):
            raise ODataError(412, 2, "Версия объекта не совпадает с переданной")
        rules.check_closed(base, collection, old, None)
        if collection.startswith("Document_"):
            clear_movements(base, collection, key)
        base.next_version()
        base.store.delete(collection, key)


def merge(base: Base, kind: EntityType, target: Body, body: Body) -> Body:
    """Put a body's members into ``target``; unknown members, annotations and fixed ones are dropped."""
    if not isinstance(body, dict):
        raise internal()
    for raw, raw_value in body.items():
        name, value = _bound(raw, raw_value)
        prop = kind.properties.get(name)
        if prop is None or (name in _FIXED and "Ref_Key" in kind.keys):
            continue
        stem = name.removesuffix("_Type")
        if prop.many:
            target[name] = _rows(base, prop.type, value, target.get("Ref_Key"))
        elif kind.composite(name) or (stem != name and kind.composite(stem)):
            target[stem], target[f"{stem}_Type"] = pair(
                body.get(stem, target.get(stem)), body.get(f"{stem}_Type", target.get(f"{stem}_Type"))
            )
        else:
            coerced = coerce(prop, value)
            if coerced is not KEEP:
                target[name] = coerced
    return target


def _bound(name: str, value: Any) -> tuple[str, Any]:
    if name.endswith("@odata.bind") and isinstance(value, str):
        inner = value.rpartition("guid'")[2].partition("'")[0]
        return name.removesuffix("@odata.bind") + "_Key", inner
    return name, value


def _rows(base: Base, type_name: str, value: Any, owner: Any) -> list[Any]:
    kind = base.model.complex.get(type_name) or base.model.types.get(type_name)
    if value is None:
        return []
    if not isinstance(value, list):
        raise internal()
    if kind is None:
        return value
    if not all(isinstance(row, dict) and row.get("LineNumber") is not None for row in value):
        raise internal()
    if [str(row["LineNumber"]) for row in value] != [str(number) for number in range(1, len(value) + 1)]:
        raise ODataError(400, 4, "Неверное значение свойства LineNumber")
    out = []
    for row in value:
        new = merge(base, kind, base.blank(kind), row)
        if "Ref_Key" in kind.properties:
            new["Ref_Key"] = owner
        out.append(new)
    return out


def _recorder(kind: EntityType, body: Body) -> tuple[str, str]:
    """Whose records these are: a pair, or the key alone where one kind of document writes the register."""
    given = body.get("Recorder_Key", body.get("Recorder"))
    if "Recorder_Key" in kind.properties:
        return (guid(given), "") if given else ("", "")
    return pair(given, body.get("Recorder_Type"))


def replace_records(base: Base, collection: str, body: Body) -> Body:
    """Write a record set of one recorder whole; an empty one removes it."""
    kind = base.kind(collection)
    recorder, recorder_type = _recorder(kind, body)
    if not recorder:
        raise ODataError(400, 7, "Не указано значение ключа Recorder")
    given = body.get("RecordSet") or []
    if not isinstance(given, list) or not all(isinstance(row, dict) for row in given):
        raise internal()
    numbered = [{**row, "LineNumber": str(n)} for n, row in enumerate(given, 1)]
    extra = [{k: v for k, v in row.items() if k.startswith("ExtDimension")} for row in given]
    rows = _rows(base, kind.properties["RecordSet"].type, numbered, None)
    for row, more, source in zip(rows, extra, given, strict=True):
        row.update(more, Active=bool(source.get("Active", True)))
    for row in rows:
        if row.get("Period"):
            row["Period"] = rules.rounded(base, collection, row["Period"])
    key = base.recorder_key(collection, recorder, recorder_type)
    entry = {"Recorder": recorder, "Recorder_Type": recorder_type, "Recorder_Key": recorder, "RecordSet": rows}
    with base.store.write():
        base.next_version()
        if rows:
            base.store.put(collection, key, entry)
        else:
            base.store.delete(collection, key)
    return entry
