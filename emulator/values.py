"""Values between the wire and the store, with the platform's silent habits.

Measured on live bases: too long strings are cut without a word, fixed-length ones padded with spaces, a text in an
Int64 attribute is dropped while the answer is 200, wrong text for Guid or Boolean is 400 code 1, an array where a
scalar is expected is 500 code -1. Inside the store guids are lower-case strings, dates ``YYYY-MM-DDTHH:MM:SS`` of the
server's wall clock, integers ``int`` and numbers ``Decimal``.
"""

from __future__ import annotations

import re
import uuid
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from .edmx import EntityType, Property
from .wire import ODataError, internal

__all__ = [
    "EMPTY_DATE",
    "KEEP",
    "UNDEFINED",
    "ZERO",
    "coerce",
    "default",
    "guid",
    "is_reference",
    "moment",
    "number",
    "pair",
    "render",
]

ZERO: Final = "00000000-0000-0000-0000-000000000000"
EMPTY_DATE: Final = "0001-01-01T00:00:00"
UNDEFINED: Final = "StandardODATA.Undefined"
#: Marks a value that the platform drops without a word.
KEEP: Final = object()
_GUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_DATE = re.compile(r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d)(:\d\d)?")
_INTEGERS = ("Edm.Int16", "Edm.Int32", "Edm.Int64", "Edm.Byte")


def _unparsed(value: object, edm: str) -> ODataError:
    return ODataError(400, 1, f"Не удалось разобрать строку '{value}' как значение типа {edm}!")


def guid(value: object) -> str:
    """A guid in its stored form; raises 400 code 1 on anything else."""
    if not isinstance(value, str) or not _GUID.fullmatch(value):
        raise _unparsed(value, "Edm.Guid")
    return value.lower()


def moment(value: object) -> str:
    """A date in its stored form (four-digit year, no zone); raises 400 code 1 on anything else."""
    found = _DATE.fullmatch(value) if isinstance(value, str) else None
    text = value if found and isinstance(value, str) else ""
    if text and not found[6]:  # type: ignore[index]
        text += ":00"
    try:
        datetime.fromisoformat(text)
    except ValueError:
        raise _unparsed(value, "Edm.DateTime") from None
    return text


def number(value: object) -> Decimal:
    """A decimal without exponent or needless zeros; raises 400 code 1 on NaN and text."""
    try:
        found = Decimal(str(value))
    except InvalidOperation:
        raise _unparsed(value, "Edm.Double") from None
    if not found.is_finite() or isinstance(value, bool):
        raise _unparsed(value, "Edm.Double")
    return found.quantize(Decimal(1)) if found == found.to_integral_value() else found.normalize()


def default(prop: Property) -> Any:
    """What an attribute that nobody set reads as."""
    if prop.many:
        return []
    if prop.type in _INTEGERS:
        return 0
    return {
        "Edm.Guid": ZERO,
        "Edm.Boolean": False,
        "Edm.DateTime": EMPTY_DATE,
        "Edm.Double": Decimal(0),
        "Edm.String": UNDEFINED if prop.name.endswith("_Type") else "",
    }.get(prop.type)


def coerce(prop: Property, value: Any) -> Any:
    """One scalar from a body into its stored form; ``KEEP`` where the platform ignores it; null clears."""
    if value is None:
        return default(prop)
    if prop.type.startswith("Edm.") and isinstance(value, (list, dict)):
        raise internal()
    if prop.type == "Edm.Guid":
        return guid(value)
    if prop.type == "Edm.Boolean":
        if isinstance(value, bool):
            return value
        if value in ("true", "false"):
            return value == "true"
        raise _unparsed(value, "Edm.Boolean")
    if prop.type == "Edm.DateTime":
        return moment(value)
    if prop.type == "Edm.Double":
        return number(value)
    if prop.type in _INTEGERS:
        return _integer(prop, value)
    if prop.type == "Edm.String":
        return _string(prop, value)
    return value


def _integer(prop: Property, value: Any) -> Any:
    text = str(value)
    if not isinstance(value, bool) and re.fullmatch(r"-?\d+(\.0+)?", text):
        return int(Decimal(text))
    if prop.type == "Edm.Int64":
        return KEEP
    raise _unparsed(value, prop.type)


def _string(prop: Property, value: Any) -> str:
    text = value if isinstance(value, str) else str(value).lower() if isinstance(value, bool) else str(value)
    if not prop.length:
        return text
    text = text[: abs(prop.length)]
    return text.ljust(-prop.length) if prop.length < 0 and text else text


def is_reference(type_name: str) -> bool:
    """True for ``StandardODATA.Catalog_X`` and the like."""
    return type_name.startswith("StandardODATA.") and type_name != UNDEFINED


def pair(value: Any, type_name: Any) -> tuple[str, str]:
    """A composite value checked as the platform checks it; raises 400 code 4 on a wrong type name."""
    if type_name in (None, "", UNDEFINED):
        return "", UNDEFINED
    if not isinstance(type_name, str) or not re.match(r"(StandardODATA|Edm)\.|application/|image/", type_name):
        raise ODataError(400, 4, f"Неверное значение свойства составного типа: '{type_name}'")
    text = "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
    if re.match(r"StandardODATA\.(Catalog|Document|ChartOf\w+|ExchangePlan)_", type_name):
        return guid(text), type_name
    if type_name == "Edm.DateTime":
        return moment(text), type_name
    return text, type_name


def render(prop: Property, value: Any) -> Any:
    """A stored scalar as JSON carries it: Int64 as a string, everything else as it is."""
    if prop.type == "Edm.Int64" and value is not None:
        return str(value)
    return value


def fresh_guid() -> str:
    """A new reference."""
    return str(uuid.uuid4())


def scalar_names(kind: EntityType) -> list[str]:
    """Attributes that are not tabular parts."""
    return [prop.name for prop in kind.properties.values() if not prop.many]
