"""From a ``Query`` to an address: what to select, how to filter, in which order, and what identifies a row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from ...errors import Blocked, Fatal
from ..base import Query
from . import url
from .conditions import Condition, Fields
from .metadata import EntityType, Function, Index
from .values import not_published

__all__ = ["Target", "resolve", "row_id", "unpublished", "where"]

#: Parts of a register's key that are not dimensions.
_SERVICE = frozenset({"Period", "Recorder", "Recorder_Key", "Recorder_Type", "LineNumber", "Active"})
_PERIODS = {"period": "Period", "start": "StartPeriod", "end": "EndPeriod"}


@dataclass(frozen=True, slots=True)
class Target:
    """One listing, ready to ask. ``key`` are the fields whose values make a row's id; ``order`` is unique or empty
    (then the listing is asked for in one request). ``select`` is empty for "everything"."""

    collection: str
    set: str
    path: str
    query: str
    entity: EntityType
    key: tuple[str, ...]
    order: tuple[str, ...]
    select: tuple[str, ...]
    filter: str


def resolve(index: Index, query: Query, zone: ZoneInfo) -> Target:
    """What to ask for. Raises ``Blocked`` for what is not published, ``Fatal`` for a wrong parameter."""
    name, _, inner = query.collection.partition("/")
    try:
        found = index.virtual(name, inner) if inner else None
        if found is not None:
            return _virtual(index, query, zone, *found)
        name = f"{name}_{inner}" if inner else name
        entity = index.entity(name)
        if entity is None:
            raise unpublished(query.collection)
        if query.params:
            raise ValueError("a plain listing takes no parameters")
        return Target(
            query.collection,
            name,
            url.segment(name),
            "",
            entity,
            entity.key,
            _order(entity),
            _select(query, entity, entity.key),
            where(index, query.collection, entity, query.where),
        )
    except ValueError as error:
        raise Fatal(
            "query",
            "The listing of {set} is asked for wrongly: {problem}.",
            hint="Correct the source in the mapping.",
            set=query.collection,
            problem=str(error),
        ) from error


def unpublished(collection: str) -> Blocked:
    """The error for a set that the base does not publish."""
    return Blocked(
        "not_published",
        "1C does not publish {set}.",
        hint="Add it to the OData composition: «Настройка стандартного интерфейса OData» in 1C.",
        set=collection,
    )


def row_id(target: Target, row: Mapping[str, Any]) -> str:
    """The id of a decoded row: its key values joined with ``|``, an empty one being nothing."""
    return "|".join("" if row.get(name) is None else str(row[name]) for name in target.key)


def where(index: Index, collection: str, entity: EntityType, conditions: Mapping[str, Any]) -> str:
    """Equalities joined with ``and``. A tuple of values means any of them; ``X`` with ``X_Type`` is cast."""
    fields, parts = Fields(index, entity, collection), []
    for name, value in conditions.items():
        if name.endswith("_Type") and name.removesuffix("_Type") in conditions:
            continue
        kind = conditions.get(f"{name}_Type")
        if kind is not None and entity.is_composite(name):
            value = url.Cast(str(value), str(kind))
        parts.append(fields.any_of(name, value if isinstance(value, tuple) else (value,)).text)
    return " and ".join(parts)


def _order(entity: EntityType) -> tuple[str, ...]:
    """A unique order over which pages are stable while nobody writes.

    ``Ref_Key`` alone orders by presentation (measured), so a short unique field goes first; record sets take no order.
    """
    if "RecordSet" in entity.properties or not entity.key:
        return ()
    if entity.key != ("Ref_Key",):
        return entity.key
    if "Date" in entity.properties and "Number" in entity.properties:
        return ("Date", "Number", "Ref_Key")
    return ("Code", "Ref_Key") if "Code" in entity.properties else ("Ref_Key",)


def _select(query: Query, entity: EntityType, key: Sequence[str]) -> tuple[str, ...]:
    """The fields asked for and those that the answer cannot do without."""
    if not query.fields:
        return ()
    for name in query.fields:
        if name.partition("/")[0] not in entity.properties:
            raise not_published(query.collection, name)
    service = [name for name in ("DataVersion", "DeletionMark") if name in entity.properties]
    types = [f"{name}_Type" for name in query.fields if entity.is_composite(name)]
    return tuple(dict.fromkeys((*query.fields, *types, *key, *service)))


def _virtual(index: Index, query: Query, zone: ZoneInfo, name: str, function: Function) -> Target:
    entity = index.types.get(function.returns)
    if entity is None:
        raise unpublished(query.collection)
    path, options = url.call(name, function.name, _arguments(index, query, entity, function, zone))
    key = _dimensions(entity)
    return Target(
        query.collection,
        name,
        path,
        options,
        entity,
        key,
        (),
        _select(query, entity, key),
        where(index, query.collection, entity, query.where),
    )


def _dimensions(entity: EntityType) -> tuple[str, ...]:
    """What tells the rows of a slice or a balance apart: the dimensions; of records, the recorder and the line.

    An entity says so by its key; a complex type has none, there everything that is no number is a dimension.
    """
    if entity.key:
        return tuple(name for name in entity.key if name not in _SERVICE)
    if "LineNumber" in entity.properties:
        line = ("Recorder", "Recorder_Type", "Recorder_Key", "LineNumber", "RecordType", "Kind_Key")
        return tuple(name for name in line if name in entity.properties)
    kinds = ("Edm.Guid", "Edm.String")
    return tuple(p.name for p in entity.properties.values() if p.type in kinds and p.name not in _SERVICE)


#: Lists of accounts: the parameter of ours, 1C's name of it, the column it is about.
_ACCOUNTS = {
    "accounts": ("AccountCondition", "Account_Key"),
    "debit": ("AccountDrCondition", "AccountDr_Key"),
    "credit": ("AccountCrCondition", "AccountCr_Key"),
}


def _arguments(index: Index, query: Query, entity: EntityType, function: Function, zone: ZoneInfo) -> dict[str, str]:
    """The parameters as literals; conditions are strings, so the quotes inside them are doubled.

    ``Order`` and ``Top`` of records are not offered: the first does nothing, the second takes any subset (measured).
    """
    found: dict[str, str] = {}
    for name, value in query.params.items():
        if name in _PERIODS:
            found[_PERIODS[name]] = url.moment(_wall(value, zone))
        elif name in _ACCOUNTS:
            parameter, column = _ACCOUNTS[name]
            if not value:
                raise ValueError("no accounts")
            keys = [f"{column} eq {url.guid(account)}" for account in value]
            found[parameter] = Condition(" or ".join(keys)).literal()
        elif name == "condition":
            found["Condition"] = url.text(where(index, query.collection, entity, value))
        elif name == "dimensions":
            found["Dimensions"] = url.text(",".join(_named(entity, item) for item in value))
        else:
            raise ValueError(f"no parameter {name}")
    for name in found:
        if name not in function.params:
            raise ValueError(f"{function.name} takes no {name}")
    return found


def _named(entity: EntityType, name: str) -> str:
    """A dimension by its name in 1C, with or without the ``_Key`` of its column."""
    plain = name.removesuffix("_Key")
    if not {plain, f"{plain}_Key"} & entity.properties.keys():
        raise ValueError(f"no dimension {name}")
    return plain


def _wall(value: Any, zone: ZoneInfo) -> datetime:
    """The server's wall clock: a naive time is already that."""
    if not isinstance(value, datetime):
        raise ValueError("a period is a date and time")
    return value if value.tzinfo is None else value.astimezone(zone).replace(tzinfo=None)
