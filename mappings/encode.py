"""Canonical changes → the wire values to send, and nothing else.

Fields written as ``document:…`` become drafts elsewhere and fields written ``never`` are not sent: both are left out,
so ask ``writable`` when planning. Additional attributes of a 1C card are one tabular part that is replaced whole:
our rows are merged into the rows that are there, and everybody else's survive as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ..errors import Reject
from .codecs import codec_of, context
from .decode import part_rows
from .model import Ref, Value, Values
from .system import Binding, FieldMap, KindMap, SystemMap

__all__ = ["document_of", "encode", "writable"]


def writable(kind_map: KindMap, field: str) -> bool:
    """Whether a change of ``field`` can be sent to the record itself."""
    found = kind_map.fields.get(field)
    return found is not None and found.write in ("field", "property")


def document_of(kind_map: KindMap, field: str) -> str | None:
    """The document that carries a change of ``field``, if it is one that needs a document."""
    found = kind_map.fields.get(field)
    way, _, name = found.write.partition(":") if found else ("", "", "")
    return name if way == "document" else None


def encode(
    system: SystemMap,
    kind_map: KindMap,
    changes: Values,
    current: Mapping[str, Any] | None,
    binding: Binding,
    wire_id: Callable[[Ref], str],
) -> dict[str, Any]:
    """Wire values for ``changes``. ``current`` is the target's raw data now (needed for additional attributes).

    Raises ``Reject`` for a value the target cannot hold, an attribute that is not bound, or a part that was not read.
    """
    result: dict[str, Any] = {}
    properties: dict[str, Value] = {}
    for name, value in changes.items():
        field = kind_map.fields.get(name)
        if field is None or not writable(kind_map, name):
            continue
        wire = codec_of(field).encode(value, context(system, kind_map.kind, field, wire_id=wire_id))
        if field.write == "property":
            properties[_bound(system, field, binding)] = wire
        else:
            result[field.wire] = wire
    if properties:
        part = system.options["part"]
        result[part["name"]] = _merged(part, current, properties)
    return result


def _bound(system: SystemMap, field: FieldMap, binding: Binding) -> str:
    key = binding.get(field.wire)
    if key:
        return key
    raise Reject(
        "property_missing",
        "The additional attribute «{title}» does not exist in this base.",
        field=field.field,
        hint="Create it for fixed assets under Administration, Additional attributes, with exactly this title.",
        title=system.properties[field.wire].title,
    )


def _merged(
    part: Mapping[str, Any], current: Mapping[str, Any] | None, wanted: Mapping[str, Any]
) -> list[dict[str, Any]]:
    rows = None if current is None else part_rows(current, part)
    if rows is None:
        raise Reject(
            "part_unread",
            "The part {part} of the record was not read, so its other rows could be lost.",
            field=str(part["name"]),
            hint="Publish the part and run again.",
            part=part["name"],
        )
    left = dict(wanted)
    merged: list[dict[str, Any]] = []
    for row in rows:
        key = row.get(part["key"])
        bare = {name: value for name, value in row.items() if "@" not in name}
        if key not in wanted:
            merged.append(bare)
        elif key in left:  # a second row of the same attribute is dropped
            merged.extend(_row(part, key, left.pop(key), bare))
    for key, value in left.items():
        merged.extend(_row(part, key, value, {}))
    return [{**row, part["line"]: str(number)} for number, row in enumerate(merged, 1)]


def _row(part: Mapping[str, Any], key: str, value: Any, base: Mapping[str, Any]) -> list[dict[str, Any]]:
    """One row for a string, none for an empty one. The long form keeps the whole text beside its beginning."""
    text = "" if value is None else str(value)
    if not text:
        return []
    length = int(part.get("value_length", 1024))
    return [
        {
            **base,
            part["key"]: key,
            part["value"]: text[:length],
            part["type"]: part["string_type"],
            part["text"]: text if len(text) > length else "",
        }
    ]
