"""Calling virtual tables: both spellings (arguments in parentheses, or options of the query)."""

from __future__ import annotations

from collections.abc import Mapping

from .base import Base
from .edmx import EntityType, Function
from .entries import check_condition, ext_dimensions, records
from .filters import Predicate, compile_filter
from .query import base_view
from .registers import take_slice
from .store import Body
from .totals import Asked, summed
from .urls import Segment, literal
from .values import guid, moment
from .wire import ODataError

__all__ = ["call_table"]

_CONDITIONS = ("AccountCondition", "AccountDrCondition", "AccountCrCondition", "Condition")
#: Characters of a parameter that some bases do not read from the query string.
LONG = 260
Result = tuple[EntityType, list[Body], tuple[str, ...]]


def call_table(base: Base, kind: EntityType, collection: str, step: Segment, options: Mapping[str, str]) -> Result:
    """Row type, rows and parameter names of ``Set/Function(…)``; 400 code 11 where it is bound to another set."""
    function = base.view.functions.get((kind.name, step.name))
    if function is None or function.changes:
        raise ODataError(400, 11, f"Метод {step.name} не найден")
    values = _arguments(function, step, options)
    _refuse(base, function, options)
    if step.name in ("SliceLast", "SliceFirst"):
        if "Condition" in values and not base.switches.slice_conditions:
            raise ODataError(400, 12, "Неизвестный аргумент Condition")
        shown = base.view.type_of(function.returns or "") or kind
        condition = _condition(base, values.get("Condition"), shown)
        last, period = step.name == "SliceLast", values.get("Period")
        return shown, take_slice(base, shown.name, last=last, period=period, condition=condition), function.parameters
    row = base.view.complex.get(function.returns or "")
    if row is None:
        raise ODataError(501, 0, f"Метод {step.name} не эмулируется без типа результата")
    if step.name in ("RecordsWithExtDimensions", "ExtDimensions"):
        return row, _entries(base, kind, collection, row, step.name, values, options), function.parameters
    if step.name not in ("Balance", "Turnovers", "BalanceAndTurnovers", "DrCrTurnovers"):
        raise ODataError(501, 0, f"Метод {step.name} не эмулируется")
    asked = _asked(base, kind, row, values)
    return row, summed(base, collection, row, asked, opening=step.name == "Balance"), function.parameters


def _arguments(function: Function, step: Segment, options: Mapping[str, str]) -> dict[str, str]:
    given = {**{n: options[n] for n in function.parameters if n in options}, **(step.arguments or {})}
    for name in given:
        if name not in function.parameters:
            raise ODataError(400, 12, f"Неизвестный аргумент {name} метода {function.name}")
    return {name: literal(text) for name, text in given.items()}


def _refuse(base: Base, function: Function, options: Mapping[str, str]) -> None:
    long = any(len(options.get(name, "")) > LONG for name in function.parameters)
    if long and not base.switches.long_conditions:
        raise ODataError(400, 14, "Ошибка разбора параметров запроса")


def _asked(base: Base, kind: EntityType, row: EntityType, values: Mapping[str, str]) -> Asked:
    wide = _addressed(base, kind, row)
    checks = [_condition(base, values.get(name), wide) for name in _CONDITIONS]
    dimensions = frozenset(name.strip() for name in values.get("Dimensions", "").split(",") if name.strip())
    for name in dimensions:
        if not {name, f"{name}_Key"} & row.properties.keys():
            raise ODataError(400, 10, f"Поле не найдено {name}")
    start, end = values.get("StartPeriod"), values.get("EndPeriod", values.get("Period"))
    return Asked(
        moment(start) if start else None,
        moment(end) if end else None,
        tuple(check for check in checks if check is not None),
        dimensions,
        _kinds(row, values.get("ExtraDimensions", "")),
    )


def _kinds(row: EntityType, text: str) -> tuple[str, ...]:
    """Keys of kinds of ext. dimensions, with commas between them.

    So the client DataReducer writes them (github.com/datareducer/console, ``getExtraDimensionsString``). No source
    tells what the platform answers to other texts, nor how two-sided tables show them.
    """
    found = tuple(guid(part.strip()) for part in text.split(",") if part.strip())
    if found and "Account_Key" not in row.properties:
        raise ODataError(501, 0, "Параметр ExtraDimensions не эмулируется")
    return found


def _entries(
    base: Base,
    kind: EntityType,
    collection: str,
    row: EntityType,
    name: str,
    values: Mapping[str, str],
    options: Mapping[str, str],
) -> list[Body]:
    if "$skip" in options:
        raise ODataError(400, 0, "Параметр $skip не поддерживается")
    if name == "ExtDimensions":
        return list(ext_dimensions(base, collection, row))
    check_condition(values.get("Condition"))
    condition = _condition(base, values.get("Condition"), _addressed(base, kind, row))
    start, end = values.get("StartPeriod"), values.get("EndPeriod")
    found = [
        record
        for record in records(base, collection, row)
        if (not start or record["Period"] >= moment(start))
        and (not end or record["Period"] <= moment(end))
        and (condition is None or condition(record))
    ]
    top = values.get("Top", "")
    return found[: int(top)] if top.isdigit() and int(top) else found


def _addressed(base: Base, kind: EntityType, row: EntityType) -> EntityType:
    """The row type with the navigation of the register's records, so that ``Account/Code`` can be asked."""
    own = base.view.type_of(f"{kind.name}_RecordType")
    links = dict(own.navigation) if own else {}
    if "AccountDr" in links:
        links["Account"] = links["AccountDr"]
    kept = {name: link for name, link in links.items() if f"{name}_Key" in row.properties}
    return EntityType(row.name, row.keys, row.properties, kept)


def _condition(base: Base, text: str | None, kind: EntityType) -> Predicate | None:
    return compile_filter(text, kind, base_view(base)) if text else None
