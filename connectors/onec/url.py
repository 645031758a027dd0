"""Addresses and literals of the standard OData interface.

1C wants UTF-8 percent encoding with ``%20`` for a space: a ``+`` inside ``$filter`` is answered with 400 (measured on
БП 3.0), which is why addresses are built here and not by the HTTP library. A quote inside a literal is doubled; a
literal inside a ``Condition`` is doubled once more. Dates are the server's wall clock and carry no zone.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import quote, unquote, urlsplit, urlunsplit

from ...errors import Fatal

__all__ = [
    "ROOT",
    "Cast",
    "address",
    "base_address",
    "base_name",
    "call",
    "guid",
    "is_guid",
    "key",
    "literal",
    "moment",
    "options",
    "root",
    "segment",
    "text",
]

ROOT = "odata/standard.odata"
#: IIS refuses a path segment of more than 260 characters (249 passed, 292 did not): longer calls use the query string.
SEGMENT_LIMIT = 240

#: Characters left as they are in a query, so that a log of the web server can be read.
_READABLE = "$()',:/"
_GUID = re.compile(r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}")


@dataclass(frozen=True, slots=True)
class Cast:
    """A reference inside a composite attribute: equality with a bare guid is silently empty in 1C."""

    id: str
    type: str


def is_guid(value: object) -> bool:
    """True for the text form of a guid with hyphens."""
    return isinstance(value, str) and _GUID.fullmatch(value) is not None


def address(url: str) -> str:
    """The root of the interface for an address with or without ``/odata/standard.odata``."""
    parts = urlsplit(url.strip())
    path = unquote(parts.path).rstrip("/")
    base = re.sub(r"/odata(/standard\.odata(/.*)?)?$", "", path)
    return urlunsplit((parts.scheme, parts.netloc, quote(f"{base}/{ROOT}"), "", ""))


def root(given: str) -> str:
    """``address`` of what a person gave. Raises ``Fatal`` for one with a query."""
    parts = urlsplit(given.strip())
    if parts.query or parts.fragment:
        raise Fatal(
            "address_form",
            "The address must begin with http:// or https:// and name a host.",
            hint="Correct the address in the settings.",
        )
    return address(given)


def base_address(given: str) -> str:
    """The base's own address, whether the interface was named or not."""
    return root(given).removesuffix(f"/{ROOT}")


def base_name(interface: str) -> str:
    """Host and base of an interface's address, the same for http and https and for any spelling of the host."""
    parts = urlsplit(interface)
    port = "" if parts.port in (None, 80, 443) else f":{parts.port}"
    return f"{(parts.hostname or '').lower()}{port}{unquote(parts.path).removesuffix('/' + ROOT)}"


def segment(name: str) -> str:
    """One path segment."""
    return quote(name, safe="$()',=")


def options(**values: str) -> str:
    """A raw query string; ``_format`` means ``$format`` and so on, the values are encoded here."""
    pairs = ((f"${name[1:]}" if name.startswith("_") else name, value) for name, value in values.items())
    return "&".join(f"{name}={quote(value, safe=_READABLE)}" for name, value in pairs)


def guid(value: str) -> str:
    """``guid'…'`` in small letters. Raises ``ValueError`` for anything else than a guid."""
    if not is_guid(value):
        raise ValueError("not a guid")
    return f"guid'{uuid.UUID(value)}'"


def text(value: str) -> str:
    """A string literal."""
    return "'" + value.replace("'", "''") + "'"


def moment(value: datetime | date) -> str:
    """``datetime'…'`` with a four-digit year. Raises ``ValueError`` for a date with a zone: 1C has none."""
    if isinstance(value, datetime):
        if value.tzinfo is not None:
            raise ValueError("a date for 1C carries no zone")
        return f"datetime'{value.replace(microsecond=0).isoformat()}'"
    return f"datetime'{value.isoformat()}T00:00:00'"


def literal(value: Any, edm: str = "") -> str:
    """``value`` as the EDM type ``edm`` says; without a type, as the value's own type says.

    Raises ``ValueError`` for what cannot be compared: zoned dates, floats, broken guids.
    """
    if isinstance(value, Cast):
        return f"cast({guid(value.id)},{text(value.type.removeprefix('StandardODATA.'))})"
    if edm == "Edm.Guid":
        return guid(value)
    if edm == "Edm.DateTime" and isinstance(value, str):
        value = datetime.fromisoformat(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, date):
        return moment(value)
    if isinstance(value, str):
        if edm.startswith("Edm.Int"):
            return str(int(value))
        return text(value)
    raise ValueError(f"no literal for {type(value).__name__}")


def key(values: Mapping[str, str]) -> str:
    """The part in parentheses from ready literals: ``(guid'…')``, or ``(A=…,B=…)`` for several."""
    if list(values) == ["Ref_Key"]:
        return f"({values['Ref_Key']})"
    return "(" + ",".join(f"{name}={value}" for name, value in values.items()) + ")"


def call(collection: str, function: str, params: Mapping[str, str]) -> tuple[str, str]:
    """Path and query of a virtual table, its parameters being ready literals: in the path while it is short."""
    inside = ",".join(f"{name}={value}" for name, value in params.items())
    if len(function) + len(inside) + 2 <= SEGMENT_LIMIT:
        return f"{segment(collection)}/{segment(f'{function}({inside})')}", ""
    return f"{segment(collection)}/{segment(f'{function}()')}", options(**params)
