"""Wire values of 1C to ours and back, by the type the base's ``$metadata`` gives.

What 1C says (measured on live bases): ``Edm.Int64`` and ``LineNumber`` are strings, ``Double`` is a number, an empty
reference is the zero guid, an empty date is year 1, an empty enumeration is ``""``, an undefined composite is ``""``
with the type ``StandardODATA.Undefined``; fixed-length strings are padded with spaces. Dates stay text
(``2026-02-10T12:00:00``): they are the server's wall clock and carry no zone.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from ...errors import Blocked, Fatal, Reject, Retry
from .metadata import EntityType, Index, Property
from .url import is_guid

__all__ = ["CONTROL", "EMPTY_DATE", "UNDEFINED", "ZERO", "Codec", "parse_json"]

ZERO = "00000000-0000-0000-0000-000000000000"
EMPTY_DATE = "0001-01-01T00:00:00"
UNDEFINED = "StandardODATA.Undefined"

#: Never sent: the platform's own, or (``Posted``) the accountant's.
_FORBIDDEN = frozenset({"Posted", "DataVersion", "Predefined", "PredefinedDataName", "IsFolder"})
_INTEGERS = {"Edm.Int16": 2**15, "Edm.Int32": 2**31, "Edm.Int64": 2**63}
#: Legal in JSON, not in XML: one of them makes every Atom answer that holds the record fail with 400 (measured).
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")

#: Decodes one value, given the record it stands in.
_Step = Callable[[Any, Mapping[str, Any]], Any]

_DECODER = msgspec.json.Decoder(float_hook=Decimal)


def parse_json(content: bytes) -> Any:
    """JSON with ``Decimal`` for fractions; a byte order mark is dropped. Raises ``ValueError``."""
    content = content.removeprefix(b"\xef\xbb\xbf")
    try:
        return _DECODER.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError):
        pass
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    try:
        # Control characters inside strings come raw from some bases; the strict decoder refuses them.
        return json.loads(content, strict=False, parse_float=Decimal, parse_constant=_no_constant)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def _no_constant(text: str) -> Any:
    raise ValueError(f"{text} is not a number")


class Codec:
    """Decodes and encodes the records of one base. ``zone`` is the server's: a zoned time given is converted to it."""

    def __init__(self, index: Index, zone: ZoneInfo) -> None:
        self._index = index
        self._zone = zone
        self._steps: dict[str, tuple[frozenset[str], list[tuple[str, _Step]]]] = {}

    def decode(self, entity: EntityType, data: Mapping[str, Any]) -> dict[str, Any]:
        """One record; annotations and members that ``$metadata`` does not know are dropped.

        Raises ``Retry`` for a value that is not of its type: then the answer is not what 1C wrote.
        """
        known, steps = self._steps.get(entity.name) or self._prepare(entity)
        out = {name: data[name] for name in data if name in known}
        name = ""
        try:
            for name, step in steps:
                value = out.get(name)
                if value is not None:
                    out[name] = step(value, data)
        except (ValueError, TypeError, ArithmeticError, AttributeError) as error:
            raise Retry("answer_broken", "The answer of 1C came broken.", evidence={"field": name}) from error
        return out

    def rows_of(self, prop: Property) -> Callable[[Any], Any] | None:
        """How the rows of a tabular part are decoded; ``None`` for anything else."""
        rows = self._index.types.get(prop.rows or "")
        if rows is None:
            return None
        return lambda value: tuple(self.decode(rows, row) for row in value if isinstance(row, Mapping))

    def _prepare(self, entity: EntityType) -> tuple[frozenset[str], list[tuple[str, _Step]]]:
        """How to decode each field: worked out once per type, for listings have a hundred thousand rows."""
        steps = [(name, self._step(entity, prop)) for name, prop in entity.properties.items()]
        prepared = frozenset(entity.properties), [pair for pair in steps if pair[1] is not _same]
        self._steps[entity.name] = prepared
        return prepared

    def _step(self, entity: EntityType, prop: Property) -> _Step:
        if entity.is_composite(prop.name):
            kind = f"{prop.name}_Type"
            return lambda value, data: _composite(value, data.get(kind))
        rows = self.rows_of(prop)
        if rows is not None:
            return lambda value, _: rows(value)
        if prop.type in _PLAIN:
            return _same
        simple = _SIMPLE.get(prop.type, _other)
        return lambda value, _: simple(value)

    def encode(self, collection: str, entity: EntityType, values: Mapping[str, Any]) -> dict[str, Any]:
        """A body. Raises ``Blocked`` for a field that is not published, ``Reject`` with the field for a wrong value."""
        body: dict[str, Any] = {}
        for name, value in values.items():
            if name in _FORBIDDEN:
                raise Fatal(
                    "field_forbidden", "The field {field} of {set} is never written.", field=name, set=collection
                )
            prop = entity.properties.get(name)
            if prop is None:
                raise not_published(collection, name)
            if prop.rows is not None:
                body[f"{name}@odata.type"] = f"Collection(StandardODATA.{prop.rows})"
                body[name] = self._rows(collection, prop, value)
            elif entity.is_composite(name):
                body[name] = self._part(name, value, values.get(f"{name}_Type"))
            else:
                body[name] = self._wire(name, prop, value)
        return body

    def _rows(self, collection: str, prop: Property, value: Any) -> list[dict[str, Any]]:
        """Rows numbered from 1 without gaps: 1C answers 400 or 500 to anything else (measured)."""
        rows = self._index.types.get(prop.rows or "")
        if rows is None or not isinstance(value, Sequence) or isinstance(value, str):
            raise _wrong(prop.name)
        out = []
        for number, row in enumerate(value, 1):
            own = {name: item for name, item in row.items() if name not in ("LineNumber", "Ref_Key")}
            coded = self.encode(f"{collection}/{prop.name}", rows, own)
            out.append({"LineNumber": str(number), **coded})
        return out

    def _part(self, name: str, value: Any, kind: Any) -> str:
        """The ``X`` of a composite pair: always text on the wire."""
        if value is None or kind in (None, "", UNDEFINED):
            return ""
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, (datetime, date)):
            return self._moment(name, value)
        if isinstance(value, Decimal):
            return format(value, "f")
        if isinstance(value, (str, int)):
            return _text(name, None, str(value))
        raise _wrong(name)

    def _wire(self, name: str, prop: Property, value: Any) -> Any:
        kind = prop.type
        if kind == "Edm.Guid":
            if value not in (None, "") and not is_guid(value):
                raise _wrong(name)
            return value or ZERO
        if kind == "Edm.DateTime":
            return self._moment(name, value)
        if kind == "Edm.Boolean":
            if value is not None and not isinstance(value, bool):
                raise _wrong(name)
            return value
        if kind in _INTEGERS:
            return _integer(name, kind, value)
        if kind == "Edm.Double":
            return _number(name, value)
        if value is not None and not isinstance(value, str):
            raise _wrong(name)
        return _text(name, prop.length, value or "")

    def _moment(self, name: str, value: Any) -> str:
        if value in (None, ""):
            return EMPTY_DATE
        try:
            if isinstance(value, str):
                value = datetime.fromisoformat(value)
        except ValueError as error:
            raise _wrong(name) from error
        if isinstance(value, datetime):
            if value.tzinfo is not None:
                value = value.astimezone(self._zone)
            return str(value.replace(tzinfo=None, microsecond=0).isoformat())
        if isinstance(value, date):
            return f"{value.isoformat()}T00:00:00"
        raise _wrong(name)


def _same(value: Any, _: Mapping[str, Any]) -> Any:
    return value


def not_published(collection: str, name: str) -> Blocked:
    """The error for a field that the base does not publish."""
    return Blocked(
        "field_not_published",
        "1C does not publish the field {field} of {set}.",
        hint="Check the name in the mapping; publish what the field refers to, or update the mapping.",
        field=name,
        set=collection,
    )


def _guid(value: Any) -> Any:
    return None if value in (ZERO, "") else str(value).lower()


def _date(value: Any) -> Any:
    return None if value in (EMPTY_DATE, "") else str(value)


def _double(value: Any) -> Any:
    return value if isinstance(value, Decimal) else Decimal(value)


def _string(value: Any) -> Any:
    return value.rstrip(" ") if isinstance(value, str) else value


def _other(value: Any) -> Any:
    """Enumerations (an empty one is nothing), flags and whatever has no meaning to us."""
    return None if value == "" else value


#: Types whose values are taken as they come.
_PLAIN = frozenset({"Edm.Boolean"})

_SIMPLE: Mapping[str, Callable[[Any], Any]] = {
    "Edm.Guid": _guid,
    "Edm.DateTime": _date,
    "Edm.Double": _double,
    "Edm.String": _string,
    **dict.fromkeys(_INTEGERS, int),
}


def _composite(value: Any, kind: Any) -> Any:
    if kind in (None, UNDEFINED, "") or value is None:
        return None
    return None if value == ZERO else value


def _integer(name: str, kind: str, value: Any) -> Any:
    """Int64 travels as a string; text in such a field would be dropped by 1C without a word (measured)."""
    if value is None:
        value = 0
    if isinstance(value, Decimal) and value == value.to_integral_value():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not -_INTEGERS[kind] <= value < _INTEGERS[kind]:
        raise _wrong(name)
    return str(value) if kind == "Edm.Int64" else value


def _number(name: str, value: Any) -> Decimal:
    try:
        number = Decimal(value) if isinstance(value, (int, Decimal)) and not isinstance(value, bool) else None
    except InvalidOperation:
        number = None
    if value is None:
        number = Decimal(0)
    if number is None or not number.is_finite():
        raise _wrong(name)
    return number


def _text(name: str, length: int | None, value: str) -> str:
    if CONTROL.search(value):
        raise Reject(
            "control_character",
            "The value of {wire} holds a character that 1C cannot give back.",
            field=name,
            hint="Type the value anew without invisible characters.",
            wire=name,
        )
    if length is not None and len(value) > length:
        raise Reject(
            "too_long",
            "The value of {wire} is longer than the {length} characters 1C keeps.",
            field=name,
            hint="Shorten the value.",
            wire=name,
            length=length,
        )
    return value


def _wrong(name: str) -> Reject:
    return Reject(
        "wrong_value",
        "The value of {wire} does not fit its type in 1C.",
        field=name,
        hint="Correct the value or the mapping of this field.",
        wire=name,
    )
