"""How values of different kinds compare: strings as collations do, composites by value and type, guids for equality."""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from .values import is_reference
from .wire import business

__all__ = ["Env", "Expression", "compare", "exact", "fold"]

Env = dict[str, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Expression:
    """A compiled expression: its kind (guid, string, number, boolean, datetime, composite, null) and its value."""

    kind: str
    value: Callable[[Env], Any]
    #: A text of unlimited length, which the query language may refuse to compare.
    unlimited: bool = False


_ORDER = {"gt": operator.gt, "ge": operator.ge, "lt": operator.lt, "le": operator.le}


def compare(
    sign: str, left: Expression, right: Expression, folded: Callable[[Any], Any] | None = None
) -> Callable[[Env], bool]:
    """A comparison chosen by the kinds of both sides; different kinds are never equal."""
    by = folded or fold
    a, b = _plain(left, right, by), _plain(right, left, by)
    if sign in _ORDER:
        if "guid" in (left.kind, right.kind):
            raise business("Ошибка при выполнении запроса. Операция сравнения недопустима для ссылочных типов")
        order = _ORDER[sign]
        return lambda env: _ordered(order, a(env), b(env))
    same = sign == "eq"
    comparable = left.kind == right.kind or "null" in (left.kind, right.kind) or "composite" in (left.kind, right.kind)
    if not comparable:
        return lambda env: not same
    return lambda env: (a(env) == b(env)) is same


def _ordered(order: Callable[[Any, Any], Any], a: Any, b: Any) -> bool:
    return a is not None and b is not None and type(a) is type(b) and bool(order(a, b))


def _plain(side: Expression, other: Expression, by: Callable[[Any], Any]) -> Callable[[Env], Any]:
    value = side.value
    if side.kind == "string":
        return lambda env: by(value(env))
    if side.kind == "number":
        return lambda env: None if value(env) is None else Decimal(value(env))
    if side.kind == "composite" and other.kind not in ("composite", "null"):
        return lambda env: _scalar(value(env), other.kind, by)
    if side.kind == "composite" and other.kind == "null":
        return lambda env: value(env)[0] or None
    return value


def fold(value: Any) -> Any:
    """A string as collations see it."""
    return value.rstrip(" ").casefold() if isinstance(value, str) else value


def exact(value: Any) -> Any:
    """A string as collations that know capitals see it."""
    return value.rstrip(" ") if isinstance(value, str) else value


def _scalar(found: tuple[Any, Any], kind: str, by: Callable[[Any], Any]) -> Any:
    text, type_name = found
    if is_reference(str(type_name)) and str(type_name).partition(".")[2].partition("_")[1]:
        return None
    wanted = {"Edm.String": "string", "Edm.Double": "number", "Edm.DateTime": "datetime", "Edm.Boolean": "boolean"}
    if wanted.get(str(type_name), "string") != kind:
        return None
    if kind == "number":
        return Decimal(str(text))
    if kind == "boolean":
        return str(text).lower() == "true"
    return by(text)
