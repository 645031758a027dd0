"""Two wire dialects and what a codec needs to know, for the tests of codecs: 1C's with its empty values, a desk's."""

from __future__ import annotations

from uchet.mappings.codecs import Context, Wire
from uchet.mappings.model import Field
from uchet.mappings.system import FieldMap

ZERO = "00000000-0000-0000-0000-000000000000"
ONEC = Wire("", ZERO, "0001-01-01T00:00:00", 0, "datetime", "number")
DESK = Wire(None, None, None, None, "date", "text")
CHOICES = {"in_use": "В эксплуатации", "in_stock": "На складе"}
TYPES = ("text", "name", "number", "money", "quantity", "date", "flag", "choice", "reference")
CODES = tuple(CHOICES)


def field(type: str) -> Field:
    return Field("x", type, "Поле", "Field", choices=CODES if type == "choice" else ())  # type: ignore[arg-type]


def ctx(type: str, wire: Wire) -> Context:
    choices = CHOICES if type == "choice" else {}
    return Context("desk", FieldMap("x", "main", "X", type, choices=choices), "person", wire)
