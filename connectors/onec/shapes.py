"""Rows of one listing read into their types at once.

Listings have a hundred thousand rows; reading each into a dictionary first and then asking every field what it is costs
twice what the answer itself does (measured). Where all fields of a listing are known and plain, the JSON is decoded
straight into a structure, and one function written for exactly these fields makes the record. An answer that does not
fit (a field missing, a raw control character) is read the slow way.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from operator import attrgetter
from typing import Any, NamedTuple

import msgspec

from ...errors import Retry
from ..base import Raw
from ..http import encode_json
from .metadata import EntityType, Property
from .values import EMPTY_DATE, ZERO, Codec, parse_json

__all__ = ["Bare", "Shape", "packed", "shape", "split", "undecoded", "unpacked"]

_INTEGERS = ("Edm.Int16", "Edm.Int32")
#: EDM type → what the JSON is decoded into, and the expression that makes our value of it.
_FIELDS: dict[str, tuple[Any, str]] = {
    "Edm.Guid": (str | None, f"None if not (v := {{0}}) or v == {ZERO!r} else v.lower()"),
    "Edm.DateTime": (str | None, f"None if not (v := {{0}}) or v == {EMPTY_DATE!r} else v"),
    "Edm.String": (str | None, "v.rstrip(' ') if (v := {0}) else v"),
    "Edm.Boolean": (bool | None, "{0}"),
    "Edm.Double": (Decimal | None, "{0}"),
    "Edm.Int64": (str | int | None, "None if (v := {0}) is None else int(v)"),
    **dict.fromkeys(_INTEGERS, (int | None, "{0}")),
}


@dataclass(frozen=True, slots=True)
class Shape:
    """``decode`` gives the typed rows of an answer or raises ``msgspec.DecodeError``; ``make`` a record of one of them;
    ``key`` is what tells it apart, as it came. ``row`` is the rows' type."""

    row: type
    decode: Callable[[bytes], list[Any]]
    make: Callable[[Any], Any]
    key: Callable[[Any], str]


class Bare(NamedTuple):
    """A row as it came, and its key."""

    id: str
    body: bytes


class _Split(msgspec.Struct):
    value: list[msgspec.Raw]


class _Key(msgspec.Struct):
    Ref_Key: str


class _Keys(msgspec.Struct):
    value: list[_Key]


_SPLIT, _KEYS = msgspec.json.Decoder(_Split), msgspec.json.Decoder(_Keys)


def split(content: bytes) -> list[bytes]:
    """The rows of an answer, undecoded. Raises ``msgspec.DecodeError``."""
    return [bytes(row) for row in _SPLIT.decode(content.removeprefix(b"\xef\xbb\xbf")).value]


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


def undecoded() -> Shape:
    """The shape of a listing of objects of which nothing but the key is read."""

    def decode(content: bytes) -> list[Bare]:
        bare = content.removeprefix(b"\xef\xbb\xbf")
        keys, rows = _KEYS.decode(bare).value, _SPLIT.decode(bare).value
        return [Bare(key.Ref_Key.lower(), bytes(row)) for key, row in zip(keys, rows, strict=True)]

    return Shape(Bare, decode, lambda row: row, attrgetter("id"))


def shape(codec: Codec, entity: EntityType, collection: str, names: Sequence[str]) -> Shape | None:
    """The shape of a listing that asks for ``names``; ``None`` where one of them is not plain."""
    if "Ref_Key" not in names or any("/" in name for name in names):
        return None
    fields: list[Any] = []
    lines: list[str] = []
    steps: list[Any] = []
    for number, name in enumerate(names):
        prop = entity.properties.get(name)
        found = _field(entity, prop) if prop is not None else None
        if prop is None:
            return None
        place = f"r.f{number}"
        if found is None:
            rows = codec.rows_of(prop)
            if rows is None:
                return None
            fields.append((f"f{number}", list[Any], msgspec.field(name=name)))
            lines.append(f"{name!r}: steps[{len(steps)}]({place})")
            steps.append(rows)
            continue
        fields.append((f"f{number}", found[0], msgspec.field(name=name)))
        lines.append(f"{name!r}: ({found[1].format(place)})")
    row = msgspec.defstruct("Row", fields)
    answer: Any = msgspec.defstruct("Answer", [("value", list[row])])  # type: ignore[valid-type]
    decoder = msgspec.json.Decoder(answer)
    return Shape(
        row,
        lambda content: list(decoder.decode(content.removeprefix(b"\xef\xbb\xbf")).value),
        _maker(lines, steps, collection),
        attrgetter(f"f{names.index('Ref_Key')}"),
    )


def _field(entity: EntityType, prop: Property) -> tuple[Any, str] | None:
    """Type and expression of a plain attribute; the value of a composite depends on its type and is none."""
    return None if entity.is_composite(prop.name) else _FIELDS.get(prop.type)


def _maker(lines: list[str], steps: list[Any], collection: str) -> Callable[[Any], Raw]:
    """A function written for these fields: names and places come from ``$metadata`` by ``repr``, never as code."""
    source = (
        "def make(r):\n"
        f"    d = {{{', '.join(lines)}}}\n"
        "    return Raw(collection, d['Ref_Key'], d.get('DataVersion') or None, d, d.get('DeletionMark') is True)\n"
    )
    space: dict[str, Any] = {"Raw": Raw, "collection": collection, "steps": steps}
    exec(compile(source, "<rows>", "exec"), space)
    made: Callable[[Any], Raw] = space["make"]
    return made
