"""Shapes of virtual tables: the functions a register offers and the columns of their rows.

Functions and parameters of accumulation registers, and the parameters being in the order of the alphabet, are those of
real ``$metadata``; the columns are the fields of the query language under their English names. Not settled by a public
source and therefore modest here: corresponding accounts in ``Turnovers``, and the parameters of ``DrCrTurnovers``.
"""

from __future__ import annotations

from collections.abc import Iterator

from .describe import Field, Thing, record_fields, recorder, split, turnover

__all__ = ["Table", "tables"]

#: Function name, the end of its row type's name, and its parameters with their EDM types.
Table = tuple[str, str, dict[str, str]]

_SPAN = {"EndPeriod": "DateTime", "StartPeriod": "DateTime"}
_SUMS = {"Condition": "String", "Dimensions": "String"}
_ACCOUNTS = {"AccountCondition": "String", "ExtraDimensions": "String"}
_BALANCE = ("Balance", "BalanceDr", "BalanceCr", "SplittedBalanceDr", "SplittedBalanceCr")
_TURNOVER = ("Turnover", "TurnoverDr", "TurnoverCr")


def _table(name: str, tail: str, **parameters: str) -> Table:
    return name, tail, dict(sorted(parameters.items()))


def tables(thing: Thing) -> Iterator[tuple[Table, list[Field]]]:
    """The virtual tables of a register of sums with the columns of their rows."""
    if thing.kind == "accumulation":
        yield from _accumulation(thing)
    elif thing.kind == "accounting":
        yield from _accounting(thing)


def _accumulation(thing: Thing) -> Iterator[tuple[Table, list[Field]]]:
    dimensions = [item for item in thing.fields if item.dimension]
    kept = [item.name for item in thing.fields if item.resource]
    moves = ("Turnover",) if turnover(thing) else ("Turnover", "Receipt", "Expense")
    yield _table("Turnovers", "Turnover", **_SPAN, **_SUMS), dimensions + _measures(kept, moves)
    if turnover(thing):
        return
    yield _table("Balance", "Balance", Period="DateTime", **_SUMS), dimensions + _measures(kept, ("Balance",))
    both = ("OpeningBalance", "Receipt", "Expense", "Turnover", "ClosingBalance")
    yield _table("BalanceAndTurnovers", "BalanceAndTurnover", **_SPAN, **_SUMS), dimensions + _measures(kept, both)


def _measures(resources: list[str], ends: tuple[str, ...]) -> list[Field]:
    return [Field(f"{name}{end}", "Edm.Double") for name in resources for end in ends]


def _account(thing: Thing, side: str = "") -> list[Field]:
    out = [Field(f"Account{side}_Key", "Edm.Guid", target=thing.options["chart"])]
    for number in (1, 2, 3):
        out += [Field(f"ExtDimension{side}{number}", "Edm.String")]
        out += [Field(f"ExtDimension{side}{number}_Type", "Edm.String")]
    return out


def _accounting(thing: Thing) -> Iterator[tuple[Table, list[Field]]]:
    dimensions = [item for item in thing.fields if item.dimension]
    kept = [item for item in thing.fields if item.resource]
    names = [item.name for item in kept]
    head = _account(thing) + dimensions
    given = {**_SUMS, **_ACCOUNTS}
    yield _table("Balance", "Balance", Period="DateTime", **given), head + _measures(names, _BALANCE)
    yield _table("Turnovers", "Turnover", **_SPAN, **given), head + _measures(names, _TURNOVER)
    opening = tuple(f"Opening{end}" for end in _BALANCE)
    closing = tuple(f"Closing{end}" for end in _BALANCE)
    both = _measures(names, (*opening, *_TURNOVER, *closing))
    yield _table("BalanceAndTurnovers", "BalanceAndTurnover", **_SPAN, **given), head + both
    yield _table("DrCrTurnovers", "DrCrTurnover", **_SPAN, **_SIDES), _both_sides(thing, dimensions, kept)
    yield _table("ExtDimensions", "ExtDimensions"), _ext_dimensions(thing)
    records = {**_SPAN, "Condition": "String", "Order": "String", "Top": "Int32"}
    yield _table("RecordsWithExtDimensions", "RecordsWithExtDimensions", **records), _records(thing)


_SIDES = {
    "AccountCrCondition": "String",
    "AccountDrCondition": "String",
    "Condition": "String",
    "Dimensions": "String",
}


def _both_sides(thing: Thing, dimensions: list[Field], kept: list[Field]) -> list[Field]:
    out = _account(thing, "Dr") + _account(thing, "Cr")
    for item in dimensions:
        out += [item] if item.balanced else split(item)
    for item in kept:
        out += _measures([item.name], ("Turnover",) if item.balanced else ("TurnoverDr", "TurnoverCr"))
    return out


def _ext_dimensions(thing: Thing) -> list[Field]:
    line = [Field("LineNumber", "Edm.Int64"), Field("RecordType", "Edm.String"), Field("Kind_Key", "Edm.Guid")]
    value = [Field("Value", "Edm.String"), Field("Value_Type", "Edm.String")]
    return [Field("Period", "Edm.DateTime"), *recorder(thing), *line, *value]


def _records(thing: Thing) -> list[Field]:
    out = list(record_fields(thing))
    for side in ("Dr", "Cr"):
        for number in (1, 2, 3):
            out += _account(thing, side)[number * 2 - 1 : number * 2 + 1]
            out.append(Field(f"ExtDimensionType{side}{number}_Key", "Edm.Guid"))
    return out
