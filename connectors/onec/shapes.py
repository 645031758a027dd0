"""Rows of one listing read into their types at once.

Listings have a hundred thousand rows; reading each into a dictionary first and then asking every field what it is costs
twice what the answer itself does (measured). Where all fields of a listing are known and plain, the JSON is decoded
straight into a structure, and one function written for exactly these fields makes the records. An answer that does not
fit (a field missing, a raw control character) is read the slow way.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any, NamedTuple, TypeVar

import msgspec

from ...errors import Retry
from ..base import Raw
from ..http import encode_json
from .metadata import EntityType, Property
from .values import EMPTY_DATE, ZERO, Codec, parse_json

__all__ = ["Bare", "Decode", "keys", "packed", "shape", "split", "undecoded", "unpacked"]

_INTEGERS = ("Edm.Int16", "Edm.Int32")
#: EDM type → what the JSON is decoded into, and the expression that makes our value of it.
_FIELDS: dict[str, tuple[Any, str]] = {
    "Edm.Guid": (str | None, f"None if not {{0}} or {{0}} == {ZERO!r} else {{0}}.lower()"),
    "Edm.DateTime": (str | None, f"None if not {{0}} or {{0}} == {EMPTY_DATE!r} else {{0}}"),
    "Edm.String": (str | None, "{0}.rstrip(' ') if {0} and {0}[-1] == ' ' else {0}"),
    "Edm.Boolean": (bool | None, "{0}"),
    "Edm.Double": (Decimal | None, "{0}"),
    "Edm.Int64": (str | int | None, "None if {0} is None else int({0})"),
    **dict.fromkeys(_INTEGERS, (int | None, "{0}")),
}
T = TypeVar("T")
#: Gives what the rows of an answer are to us, or raises ``ValueError``.
Decode = Callable[[bytes], list[T]]


class Bare(NamedTuple):
    """A row as it came, and its key."""

    id: str
    body: bytes


class _Key(msgspec.Struct, rename={"id": "Ref_Key"}, gc=False):
    id: str


class _Split(msgspec.Struct):
    value: list[msgspec.Raw]


class _Keys(msgspec.Struct):
    value: list[_Key]


_SPLIT, _KEYS = msgspec.json.Decoder(_Split), msgspec.json.Decoder(_Keys)
_MARK = b"\xef\xbb\xbf"


def split(content: bytes) -> list[msgspec.Raw]:
    """The rows of an answer, undecoded. Raises ``msgspec.DecodeError``."""
    return _SPLIT.decode(content.removeprefix(_MARK)).value


def packed(row: Any) -> bytes:
    """A row that had to be decoded, in bytes again. Raises ``Retry`` for text that no JSON in UTF-8 can hold."""
    try:
        return encode_json(row)
    except (ValueError, TypeError) as error:
        raise _broken() from error


def unpacked(row: bytes) -> dict[str, Any]:
    """A row that was left undecoded. Raises ``Retry`` where it is no object after all."""
    try:
        found = parse_json(row)
    except ValueError as error:
        raise _broken() from error
    if not isinstance(found, dict):
        raise _broken()
    return found


def _broken() -> Retry:
    return Retry("answer_broken", "The answer of 1C came broken.")


def keys(content: bytes) -> list[str]:
    """The keys of objects, of which nothing else is read. Raises ``msgspec.DecodeError``."""
    return [row.id.lower() for row in _KEYS.decode(content.removeprefix(_MARK)).value]


def undecoded(content: bytes) -> list[Bare]:
    """Objects of which nothing but the key is read. Raises ``msgspec.DecodeError``."""
    return [Bare(key, row) for key, row in zip(keys(content), split(content), strict=True)]


def shape(codec: Codec, entity: EntityType, collection: str, names: Sequence[str]) -> Decode[Raw] | None:
    """What reads a listing that asks for ``names``; ``None`` where one of them is not plain."""
    if "Ref_Key" not in names or any("/" in name for name in names):
        return None
    fields: list[Any] = []
    values: list[str] = []
    steps: list[Any] = []
    for place, name in ((f"f{number}", name) for number, name in enumerate(names)):
        prop = entity.properties.get(name)
        found = _field(entity, prop) if prop is not None else None
        rows = codec.rows_of(prop) if prop is not None and found is None else None
        if found is None and rows is None:
            return None
        kind, value = found or (list[Any], f"steps[{len(steps)}]({{0}})")
        fields.append((place, kind, msgspec.field(name=name)))
        values.append(value.format(place))
        steps += [rows] if rows is not None else []
    row: Any = msgspec.defstruct("Row", fields, gc=False)
    answer: Any = msgspec.defstruct("Answer", [("value", list[row])])
    decoder, records = msgspec.json.Decoder(answer), _maker(names, values, steps, collection)
    return lambda content: records(decoder.decode(content.removeprefix(_MARK)).value)


def _field(entity: EntityType, prop: Property) -> tuple[Any, str] | None:
    """Type and expression of a plain attribute; the value of a composite depends on its type and is none."""
    return None if entity.is_composite(prop.name) else _FIELDS.get(prop.type)


#: What a record says of itself beside its fields.
_OWN = {"Ref_Key": "id = ", "DataVersion": "version = ", "DeletionMark": "gone = "}


def _maker(names: Sequence[str], values: list[str], steps: list[Any], collection: str) -> Callable[[Any], list[Raw]]:
    """A function written for these fields: names and places come from ``$metadata`` by ``repr``, never as code.

    Filling a copy of a dictionary that has all the names already is the quickest way to a new one (measured).
    """
    source = "\n".join(
        (
            "def records(rows):",
            "    made, version, gone = [], None, None",
            "    for row in rows:",
            f"        {', '.join(f'f{number}' for number in range(len(names)))}, = values(row)",
            "        d = empty()",
            *(f"        {_OWN.get(name, '')}d[{name!r}] = {value}" for name, value in zip(names, values, strict=True)),
            "        made.append(Raw(collection, id or '', version or None, d, gone is True))",
            "    return made",
        )
    )
    empty = dict.fromkeys(names).copy
    space: dict[str, Any] = {
        "Raw": Raw, "collection": collection, "steps": steps, "values": msgspec.structs.astuple, "empty": empty
    }  # fmt: skip
    exec(compile(source, "<rows>", "exec"), space)
    found: Callable[[Any], list[Raw]] = space["records"]
    return found
