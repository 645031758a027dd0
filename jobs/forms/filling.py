"""What a person says of a form in a file: blanks of the heading, and rows where nothing else fills them.

The file is TOML: ``name = value`` for a blank, ``[[lines]]`` for a row of the table of that name. A blank that takes
several people takes a list.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from ...errors import Fatal
from ...mappings.text import parse_day
from .types import Cell, CellType, Form, Row

__all__ = ["Filling", "read_filling"]


@dataclass(frozen=True, slots=True)
class Filling:
    values: Mapping[str, Cell] = field(default_factory=dict)
    rows: Mapping[str, tuple[Row, ...]] = field(default_factory=dict)


def read_filling(path: Path, form: Form) -> Filling:
    """What ``path`` says of ``form``. Raises ``Fatal`` that names the file, the place, the value and what to write."""
    data = _read(path)
    tables = {one.name: {c.name: c.type for c in one.columns} for one in form.tables}
    blanks = {one.name: one.type for one in form.fields}
    values: dict[str, Cell] = {}
    rows: dict[str, tuple[Row, ...]] = {}
    for name, value in data.items():
        if name in tables:
            rows[name] = _rows(path, name, value, tables[name])
        elif name in blanks:
            values[name] = _cell(path, name, value, blanks[name])
        else:
            raise _bad(path, name, value, ", ".join((*blanks, *tables)))
    return Filling(values, rows)


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8-sig"))
    except (OSError, ValueError) as error:
        raise Fatal(
            "filling_unreadable",
            "The file {file} cannot be read: {reason}.",
            hint='Write it as TOML in UTF-8: name = "value" on each line.',
            file=str(path),
            reason=(error.strerror if isinstance(error, OSError) else None) or str(error),
        ) from error


def _rows(path: Path, table: str, given: Any, columns: Mapping[str, CellType]) -> tuple[Row, ...]:
    if not isinstance(given, list) or not all(isinstance(one, dict) for one in given):
        raise _bad(path, table, given, f"[[{table}]]")
    found = []
    for n, one in enumerate(given, 1):
        for name in one:
            if name not in columns:
                raise _bad(path, f"{table} {n}: {name}", one[name], ", ".join(columns))
        row = {name: _cell(path, f"{table} {n}: {name}", value, columns[name]) for name, value in one.items()}
        found.append({"n": n, **row} if columns.get("n") == "number" else row)
    return tuple(found)


def _cell(path: Path, place: str, value: Any, type: CellType) -> Cell:
    if type == "text":
        if isinstance(value, list):
            return "; ".join(str(one) for one in value)
        return value.strftime("%d.%m.%Y") if isinstance(value, date) else str(value)
    if type == "date":
        day = value if isinstance(value, date) else parse_day(str(value))
        if day is None:
            raise _bad(path, place, value, "2026-11-22")
        return day.date() if isinstance(day, datetime) else day
    number = _number(value)
    if number is None:
        raise _bad(path, place, value, "1234.50")
    if type == "number":
        return int(number) if number == number.to_integral_value() else number
    return number.quantize(Decimal("0.01")) if type == "money" else number


def _number(value: Any) -> Decimal | None:
    """A number as TOML has it, or as people write one: «1 234,50»."""
    if isinstance(value, bool):
        return None
    text = re.sub(r"[\s\u00a0\u202f]", "", str(value)).replace(",", ".")
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _bad(path: Path, place: str, value: Any, known: str) -> Fatal:
    return Fatal(
        "filling_value",
        "{file}: {place} cannot be {value}.",
        hint="What may stand there: {known}.",
        file=str(path),
        place=place,
        value=repr(value),
        known=known,
    )
