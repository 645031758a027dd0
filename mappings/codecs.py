"""Values on the wire ↔ canonical values, and what "equal" means for each type of field.

A codec keeps a value as it was given: ``decode`` only takes the wrapping off and ``encode`` puts it on again.
Comparing goes through ``canon``, which forgives what people and systems do to a value (spaces, case, zeros).
A value that cannot be decoded raises ``Reject`` with its cause and never anything else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from functools import cache, lru_cache
from typing import Any, Protocol

from ..errors import Reject
from .model import Field, Ref, Side, Value, ref_to
from .once import ALL_KINDS
from .system import FieldMap, SystemMap
from .text import clean, fold

__all__ = ["CODECS", "Codec", "Context", "Wire", "canon", "codec_of", "context", "equal", "wire_of"]


@dataclass(frozen=True, slots=True)
class Wire:
    """How one system writes an empty value, a date and a number (table ``[wire]`` of its TOML).

    ``date``: ``date`` = 2026-02-10, ``datetime`` = 2026-02-10T00:00:00 (wall clock of that system, no zone).
    ``number``: ``number`` = a JSON number, ``text`` = a string with a decimal point.
    """

    empty_text: Any = None
    empty_reference: Any = None
    empty_date: Any = None
    empty_number: Any = None
    date: str = "date"
    number: str = "number"


def wire_of(system: SystemMap) -> Wire:
    """The ``[wire]`` table of a mapping; ``None`` is every empty value where nothing is said."""
    return _wire(tuple(system.options.get("wire", {}).items()))


@cache
def _wire(items: tuple[tuple[str, Any], ...]) -> Wire:
    return Wire(**dict(items))


def _no_label(_kind: str, _id: str) -> str | None:
    return None


def _no_id(ref: Ref) -> str:
    return ref.id


@dataclass(frozen=True, slots=True)
class Context:
    """What a codec may need besides the value. ``of``: the kind a reference points to."""

    side: Side
    field: FieldMap
    of: str = ""
    wire: Wire = Wire()
    label: Callable[[str, str], str | None] = _no_label
    wire_id: Callable[[Ref], str] = _no_id


class Codec(Protocol):
    """One way of writing a value. Both directions raise ``Reject`` for a value they cannot carry."""

    def decode(self, value: Any, ctx: Context) -> Value: ...

    def encode(self, value: Value, ctx: Context) -> Any: ...


_REFERENCES: Mapping[tuple[str, str], str] = {(k.name, f.name): f.of for k in ALL_KINDS for f in k.fields if f.of}


def context(
    system: SystemMap,
    kind: str,
    field: FieldMap,
    *,
    label: Callable[[str, str], str | None] = _no_label,
    wire_id: Callable[[Ref], str] = _no_id,
) -> Context:
    """The context of one field. A codec written ``reference:KIND`` names the kind itself (kinds outside ``model``)."""
    plain = _context(system, kind, field)
    return plain if label is _no_label and wire_id is _no_id else replace(plain, label=label, wire_id=wire_id)


@lru_cache(maxsize=1024)
def _context(system: SystemMap, kind: str, field: FieldMap) -> Context:
    of = field.codec.partition(":")[2] or field.label_of or _REFERENCES.get((kind, field.field), "")
    return Context(system.side, field, of, wire_of(system))


@lru_cache(maxsize=1024)
def codec_of(field: FieldMap) -> Codec:
    """How a field is written. Raises ``KeyError`` for a codec that nobody knows."""
    return CODECS[field.codec.partition(":")[0]]


def _bad(ctx: Context, value: object, what: str) -> Reject:
    return Reject(
        "bad_value",
        "{wire}: the value {value} is not {what}.",
        field=ctx.field.wire,
        hint="Correct the value where it was entered.",
        wire=ctx.field.wire,
        value=repr(str(value)[:80]),
        what=what,
    )


class _Text:
    def decode(self, value: Any, ctx: Context) -> Value:
        if value is None or isinstance(value, str):
            return value if value and clean(value) else None
        if isinstance(value, (int, Decimal)) and not isinstance(value, bool):
            return str(value)
        raise _bad(ctx, value, "a text")

    def encode(self, value: Value, ctx: Context) -> Any:
        if value is None or isinstance(value, str):
            return value if value and clean(value) else ctx.wire.empty_text
        raise _bad(ctx, value, "a text")


class _Number:
    what = "a number"

    def decode(self, value: Any, ctx: Context) -> Value:
        if value is None or value == "":
            return None
        if isinstance(value, bool) or not isinstance(value, (str, int, Decimal)):
            raise _bad(ctx, value, self.what)
        try:
            number = Decimal(value.strip() if isinstance(value, str) else value)
        except InvalidOperation:
            raise _bad(ctx, value, self.what) from None
        if not number.is_finite() or abs(number.adjusted()) > 30:
            raise _bad(ctx, value, self.what)
        return number

    def encode(self, value: Value, ctx: Context) -> Any:
        if value is None:
            return ctx.wire.empty_number
        number = self.decode(value, ctx)
        if not isinstance(number, Decimal):
            raise _bad(ctx, value, self.what)
        plain = format(number, "f")  # never an exponent: 1C and people read digits
        return plain if ctx.wire.number == "text" else Decimal(plain)


class _Money(_Number):
    what = "an amount of money"


class _Quantity(_Number):
    what = "a quantity"


class _Date:
    """Wall clock of the system that holds it; 1C's empty date is the year 1."""

    def decode(self, value: Any, ctx: Context) -> Value:
        if value is None or value == "":
            return None
        if isinstance(value, str):
            try:
                # Roundup writes 2026-02-10.00:00:00, 1C 2026-02-10T00:00:00; the day is what counts.
                value = date.fromisoformat(value.strip()[:10])
            except ValueError:
                raise _bad(ctx, value, "a date") from None
        if isinstance(value, datetime):
            value = value.date()
        if not isinstance(value, date):
            raise _bad(ctx, value, "a date")
        return None if value.year == 1 else value

    def encode(self, value: Value, ctx: Context) -> Any:
        day = self.decode(value, ctx)
        if not isinstance(day, date):
            return ctx.wire.empty_date
        return f"{day.isoformat()}T00:00:00" if ctx.wire.date == "datetime" else day.isoformat()


_FLAGS: Mapping[object, bool] = {"true": True, "1": True, "да": True, "false": False, "0": False, "нет": False}


class _Flag:
    def decode(self, value: Any, ctx: Context) -> Value:
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, (str, int)):
            text = fold(str(value))
            if not text:
                return None
            if text in _FLAGS:
                return _FLAGS[text]
        raise _bad(ctx, value, "yes or no")

    def encode(self, value: Value, ctx: Context) -> Any:
        if value is None or isinstance(value, bool):
            return value
        raise _bad(ctx, value, "yes or no")


class _Choice:
    """``choices`` maps canonical → wire; several wire values that mean the same stand with ``|`` between, the first
    is the one written (lossy, so only written when the meaning changes)."""

    def decode(self, value: Any, ctx: Context) -> Value:
        if value is None or (isinstance(value, str) and not clean(value)):
            return None
        wanted = fold(str(value))
        for name, wire in ctx.field.choices.items():
            if any(fold(one) == wanted for one in wire.split("|")):
                return name
        if not ctx.field.choices and isinstance(value, str):
            return value
        raise _bad(ctx, value, self._words(ctx))

    def encode(self, value: Value, ctx: Context) -> Any:
        if value is None:
            return ctx.wire.empty_text
        if isinstance(value, str) and not ctx.field.choices:
            return value
        if isinstance(value, str) and value in ctx.field.choices:
            return ctx.field.choices[value].split("|")[0]
        raise _bad(ctx, value, ", ".join(ctx.field.choices))

    @staticmethod
    def _words(ctx: Context) -> str:
        return ", ".join(wire.replace("|", ", ") for wire in ctx.field.choices.values())


#: 1C's empty reference; other systems leave the field empty.
_ZERO = "00000000-0000-0000-0000-000000000000"


def _id(value: Any, ctx: Context) -> str | None:
    if isinstance(value, Mapping):  # Roundup gives a link as {"id": …, "link": …}
        value = value.get("id")
    if value is None or value in ("", _ZERO):
        return None
    if isinstance(value, (str, int)) and not isinstance(value, bool):
        return str(value)
    raise _bad(ctx, value, "a reference")


class _Reference:
    def decode(self, value: Any, ctx: Context) -> Value:
        id = _id(value, ctx)
        return None if id is None else ref_to(ctx.side, ctx.of, id)

    def encode(self, value: Value, ctx: Context) -> Any:
        if value is None:
            return ctx.wire.empty_reference
        if not isinstance(value, Ref):
            raise _bad(ctx, value, "a reference")
        return ctx.wire_id(value)


class _Label:
    """A reference on the wire, its label's text for us. One way: a label does not tell which record was meant.
    ``id``: whether the reference itself stands for a record that cannot be read."""

    def __init__(self, *, id: bool = False) -> None:
        self._id = id

    def decode(self, value: Any, ctx: Context) -> Value:
        id = _id(value, ctx)
        if id is None:
            return None
        text = ctx.label(ctx.of, id)
        if not text and self._id:
            return id
        if text is None:
            raise _bad(ctx, id, "a record that can be read")
        return text if clean(text) else None

    def encode(self, value: Value, ctx: Context) -> Any:
        if value is None:
            return ctx.wire.empty_reference
        raise _bad(ctx, value, "something that can be written here")


CODECS: Mapping[str, Codec] = {
    "text": _Text(),
    "name": _Text(),
    "number": _Number(),
    "money": _Money(),
    "quantity": _Quantity(),
    "date": _Date(),
    "flag": _Flag(),
    "choice": _Choice(),
    "reference": _Reference(),
    "label": _Label(),
    "label_or_id": _Label(id=True),
}


_PLACES = {"money": Decimal("0.01"), "quantity": Decimal("0.001")}


def canon(field: Field, value: Value) -> Value:
    """``value`` as it is compared, never as it is stored; idempotent. Empty text is ``None``.

    text: spaces; name: spaces, case and ё; money: two places; quantity: three; number: value; date: the day.
    """
    if isinstance(value, str):
        text = fold(value) if field.type == "name" else clean(value)
        return text or None
    if isinstance(value, bool) or value is None or isinstance(value, Ref):
        return value
    if isinstance(value, datetime):
        return value.date() if field.type == "date" else value
    if isinstance(value, (int, Decimal)):
        return _rounded(field, Decimal(value))
    return value


def _rounded(field: Field, number: Decimal) -> Decimal:
    places = _PLACES.get(field.type)
    if places and number.adjusted() < 20:
        number = number.quantize(places, ROUND_HALF_UP)
    return number.normalize() + 0  # + 0: there is no minus zero in the books


def equal(field: Field, a: Value, b: Value) -> bool:
    """Whether two values of ``field`` say the same. References are equal only if they are the same record."""
    return canon(field, a) == canon(field, b)
