"""Calling virtual tables: both spellings (arguments in parentheses, or options of the query)."""

from __future__ import annotations

from collections.abc import Mapping

from .base import Base
from .edmx import EntityType
from .filters import Predicate, compile_filter
from .query import base_view
from .registers import balance, take_slice
from .store import Body
from .urls import Segment, literal
from .wire import ODataError

__all__ = ["call_table"]


def call_table(
    base: Base, kind: EntityType, collection: str, step: Segment, options: Mapping[str, str]
) -> tuple[EntityType, list[Body], tuple[str, ...]]:
    """Row type, rows and parameter names of ``Set/Function(…)``; 400 code 11 where it is bound to another set."""
    function = base.view.functions.get((kind.name, step.name))
    if function is None or function.changes:
        raise ODataError(400, 11, f"Метод {step.name} не найден")
    given = {**{n: options[n] for n in function.parameters if n in options}, **(step.arguments or {})}
    for name in given:
        if name not in function.parameters:
            raise ODataError(400, 12, f"Неизвестный аргумент {name} метода {step.name}")
    values = {name: literal(text) for name, text in given.items()}
    if step.name in ("SliceLast", "SliceFirst"):
        condition = _condition(base, values.get("Condition"), kind)
        rows = take_slice(
            base, collection, last=step.name == "SliceLast", period=values.get("Period"), condition=condition
        )
        return kind, rows, function.parameters
    if step.name == "Balance":
        row = base.view.complex.get(function.returns or "")
        if row is None:
            raise ODataError(501, 0, f"Метод {step.name} не эмулируется без типа результата")
        checks = [
            _condition(base, values.get(name), _addressed(base, kind, row))
            for name in ("AccountCondition", "Condition")
        ]
        rows = balance(
            base,
            collection,
            row,
            period=values.get("Period"),
            conditions=[check for check in checks if check is not None],
            dimensions=values.get("Dimensions", "").split(","),
        )
        return row, rows, function.parameters
    raise ODataError(501, 0, f"Метод {step.name} не эмулируется")


def _addressed(base: Base, kind: EntityType, row: EntityType) -> EntityType:
    """The row type of a balance with the account's navigation, so that ``Account/Code`` can be asked."""
    records = base.view.type_of(f"{kind.name}_RecordType")
    links = dict(records.navigation) if records else {}
    if "AccountDr" in links:
        links["Account"] = links["AccountDr"]
    return EntityType(row.name, row.keys, row.properties, links)


def _condition(base: Base, text: str | None, kind: EntityType) -> Predicate | None:
    return compile_filter(text, kind, base_view(base)) if text else None
