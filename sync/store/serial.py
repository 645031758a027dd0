"""Tagged JSON: the engine's values to text and back, exactly.

Plain JSON has no Decimal, date or reference, and turning one into text by guesswork would make "1.50" and 1.50 the
same thing. So everything JSON does not know carries a tag:

    Decimal   {"$d": "1.50"}            datetime  {"$t": "2026-03-01T10:00:00+03:00"}   (the zone is kept as its offset)
    Ref       {"$ref": [side, kind, id]} date     {"$y": "2026-03-01"}
    list      {"$l": [...]}   (a bare array is a tuple: our values are frozen)
    set       {"$s": [...]}   (read back as a frozenset)        float     itself; {"$f": "inf"} where JSON has no number
    mapping   {...}, or {"$m": [[key, value], ...]} when a key is not text or starts with "$"
    Operation, Plan, Issue ...   {"$Operation": {field: value}}, fields at their default left out
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, fields
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from math import isfinite
from sys import intern
from types import MappingProxyType
from typing import Any, TypeVar

import msgspec

from ...mappings.model import ref_to
from ..counts.types import CountOrder, CountSession, Member
from ..reconcile.types import Allotment, Coming, Correction, Difference, Group, Reconciliation, Source
from ..types import (
    Claim,
    Covers,
    Draft,
    Event,
    FieldChange,
    Issue,
    Link,
    Operation,
    Part,
    Plan,
    Record,
    Ref,
    Seen,
    Verdict,
)

__all__ = ["FORMAT", "canonical", "dumps", "load_as", "loads", "packed_text"]

#: Version of the shape of stored plans and operations; a plan of another version is refused, not guessed at.
FORMAT = 1

T = TypeVar("T")

_PLANNED = (Claim, Covers, Draft, Event, FieldChange, Issue, Link, Operation, Part, Plan, Seen, Verdict)
_RECONCILED = (Allotment, Coming, Correction, Difference, Group, Reconciliation, Record, Source)
_COUNTED = (CountOrder, CountSession, Member)
_CLASSES: Mapping[str, type[Any]] = MappingProxyType(
    {f"${cls.__name__}": cls for cls in (*_PLANNED, *_RECONCILED, *_COUNTED)}
)


def _default(spec: Field[Any]) -> Any:
    if spec.default is not MISSING:
        return spec.default
    return spec.default_factory() if spec.default_factory is not MISSING else MISSING


_FIELDS: Mapping[type[Any], tuple[tuple[str, Any], ...]] = MappingProxyType(
    {cls: tuple((f.name, _default(f)) for f in fields(cls)) for cls in _CLASSES.values()}
)


def _pack_object(value: Any) -> Any:
    body = {}
    for name, default in _FIELDS[type(value)]:
        item = getattr(value, name)
        if default is MISSING or item != default:
            body[name] = item if type(item) in _PLAIN else _pack(item)
    return {f"${type(value).__name__}": body}


class _Later:
    """An object of a sequence, packed when its text is written: a plan has thousands of them."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value


def _packed_now(later: Any) -> Any:
    return _pack_object(later.value)


def _pack_tuple(value: tuple[Any, ...]) -> Any:
    return [_Later(item) if type(item) in _OBJECTS else _pack(item) for item in value]


def _pack_mapping(value: Mapping[Any, Any]) -> Any:
    for key in value:
        if not isinstance(key, str) or key.startswith("$"):
            return {"$m": [[_pack(key), _pack(item)] for key, item in value.items()]}
    return {key: item if type(item) in _PLAIN else _pack(item) for key, item in value.items()}


def _pack_datetime(value: datetime) -> Any:
    return {"$t": [value.isoformat(), 1] if value.fold else value.isoformat()}


_OBJECTS = frozenset(_CLASSES.values())
#: What JSON says by itself.
_PLAIN = frozenset({str, bool, int, type(None)})
#: Exact type → its packed form; looked up first, because a first load packs millions of values.
_PACKERS: Mapping[type[Any], Callable[[Any], Any]] = {
    tuple: _pack_tuple,
    dict: _pack_mapping,
    MappingProxyType: _pack_mapping,
    float: lambda value: value if isfinite(value) else {"$f": repr(value)},
    Decimal: lambda value: {"$d": str(value)},
    datetime: _pack_datetime,
    date: lambda value: {"$y": value.isoformat()},
    Ref: lambda value: {"$ref": [value.side, value.kind, value.id]},
    list: lambda value: {"$l": [_pack(item) for item in value]},
    set: lambda value: {"$s": sorted((_pack(item) for item in value), key=_text)},
    frozenset: lambda value: {"$s": sorted((_pack(item) for item in value), key=_text)},
    **dict.fromkeys(_CLASSES.values(), _pack_object),
}


def _pack(value: Any) -> Any:
    if type(value) in _PLAIN:
        return value
    packer = _PACKERS.get(type(value))
    return packer(value) if packer is not None else _pack_other(value)


def _pack_other(value: Any) -> Any:
    """Subclasses, and mappings of other kinds."""
    if isinstance(value, (str, int)):
        return value
    for cls, packer in _PACKERS.items():
        if isinstance(value, cls):
            return packer(value)
    if isinstance(value, Mapping):
        return _pack_mapping(value)
    raise TypeError(f"a {type(value).__name__} cannot be stored")


def _tuple(items: list[Any]) -> tuple[Any, ...]:
    return tuple(_unpack(item) for item in items)


def _moment(body: Any) -> datetime:
    """A list marks the second of two equal wall-clock times, when the clocks went back (``fold``)."""
    return datetime.fromisoformat(body) if isinstance(body, str) else datetime.fromisoformat(body[0]).replace(fold=1)


#: Days and sums read last are held once, as references are: both sides of a link say the same, and so do many links.
_SHARED = 1024
_TAGS: Mapping[str, Callable[[Any], Any]] = MappingProxyType(
    {
        "$d": lru_cache(_SHARED)(Decimal),
        "$f": float,
        "$t": _moment,
        "$y": lru_cache(_SHARED)(date.fromisoformat),
        "$ref": lambda body: ref_to(*body),
        "$l": lambda body: list(_tuple(body)),
        "$s": lambda body: frozenset(_tuple(body)),
        "$m": lambda body: {_unpack(key): _unpack(item) for key, item in body},
    }
)


def _unpack(value: Any) -> Any:
    if isinstance(value, list):
        return _tuple(value)
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        ((tag, body),) = value.items()
        if tag in _TAGS:
            return _TAGS[tag](body)
        if tag in _CLASSES:
            return _CLASSES[tag](**_items(body))
        if tag.startswith("$"):
            raise ValueError(f"unknown tag {tag}")
    return _items(value)


def _items(packed: dict[str, Any]) -> dict[str, Any]:
    """Names of fields are held once, not once a record."""
    return {intern(key): item if type(item) in _PLAIN else _unpack(item) for key, item in packed.items()}


_AS_IS = msgspec.json.Encoder(enc_hook=_packed_now)
_SORTED = msgspec.json.Encoder(enc_hook=_packed_now, order="deterministic")


def _text(packed: Any, *, sort: bool = False) -> str:
    try:
        return (_SORTED if sort else _AS_IS).encode(packed).decode()
    except (UnicodeEncodeError, OverflowError, TypeError):
        # A lone surrogate out of somebody's JSON, which no database takes raw, or a number of more than 64 bits.
        return json.dumps(packed, separators=(",", ":"), sort_keys=sort, default=_packed_now)


def dumps(value: Any) -> str:
    """``value`` as tagged JSON. ``TypeError`` for what has no stored form (a programmer's error)."""
    return _text(_pack(value))


def packed_text(packed: Any) -> str:
    """What ``dumps`` would have written for a value that is packed already."""
    return _text(packed)


def canonical(value: Any) -> str:
    """Tagged JSON with sorted keys: the same value always gives the same text, for hashing."""
    return _text(_pack(value), sort=True)


def loads(text: str) -> Any:
    """The value ``dumps`` was given. Mappings come back as dicts. ``ValueError`` when the text is not ours."""
    return _unpack(json.loads(text))


def load_as(cls: type[T], text: str) -> T:
    """``loads`` that also holds the result to ``cls``; ``ValueError`` if something else was stored."""
    value = loads(text)
    if not isinstance(value, cls):
        raise ValueError(f"stored {type(value).__name__}, wanted {cls.__name__}")
    return value
