"""Functions of ``$filter``: those that the platform's manual lists, and no others (``length`` and ``tolower`` fail)."""

from __future__ import annotations

import operator
import re
from calendar import monthrange
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import Any

__all__ = ["EXACT", "FUNCTIONS", "Function", "like"]


@dataclass(frozen=True, slots=True)
class Function:
    """A function, how many arguments it takes and the kind of its value."""

    kind: str
    arity: tuple[int, ...]
    call: Callable[..., Any]


def _text(value: Any) -> str:
    return "" if value is None else str(value).casefold()


@lru_cache(maxsize=256)
def _pattern(template: str, escape: str) -> re.Pattern[str]:
    out, position = "", 0
    while position < len(template):
        char = template[position]
        if escape and char == escape and position + 1 < len(template):
            position += 1
            out += re.escape(template[position])
        elif char in "%_":
            out += ".*" if char == "%" else "."
        elif char == "[" and "]" in template[position:]:
            end = template.index("]", position)
            body = template[position + 1 : end].replace("\\", "\\\\")
            out += f"[{body}]"
            position = end
        else:
            out += re.escape(char)
        position += 1
    return re.compile(out, re.IGNORECASE | re.DOTALL)


def like(value: Any, template: Any, escape: Any = "") -> bool:
    """The template language of the query function ПОДОБНО: ``%``, ``_``, ``[a-z]``, ``[^a]`` and an escape sign."""
    return _pattern(str(template), str(escape)).fullmatch("" if value is None else str(value)) is not None


def _substring(value: Any, start: Any, length: Any = None) -> str:
    first = max(int(start), 1) - 1
    text = "" if value is None else str(value)
    return text[first:] if length is None else text[first : first + int(length)]


def _when(value: Any) -> datetime:
    return datetime.fromisoformat(value)


def _date_add(value: Any, unit: Any, count: Any) -> str:
    when, many, name = _when(value), int(count), str(unit).lower()
    months = {"month": 1, "quarter": 3, "year": 12}.get(name)
    if months:
        total = when.year * 12 + when.month - 1 + many * months
        year, month = total // 12, total % 12 + 1
        moved = when.replace(year=year, month=month, day=min(when.day, monthrange(year, month)[1]))
    else:
        seconds = {"second": 1, "minute": 60, "hour": 3600, "day": 86400, "week": 604800}.get(name, 86400)
        moved = when + timedelta(seconds=many * seconds)
    return moved.isoformat()


def _difference(first: Any, second: Any, unit: Any) -> Decimal:
    a, b, name = _when(first), _when(second), str(unit).lower()
    months = {"month": 1, "quarter": 3, "year": 12}.get(name)
    if months:
        return Decimal((b.year * 12 + b.month - 1) // months - (a.year * 12 + a.month - 1) // months)
    seconds = {"second": 1, "minute": 60, "hour": 3600, "day": 86400}.get(name, 86400)
    start = datetime(1, 1, 1)  # 1C dates carry no zone
    first_unit, second_unit = (int((when - start).total_seconds()) // seconds for when in (a, b))
    return Decimal(second_unit - first_unit)


def _part(name: str) -> Callable[[Any], Decimal]:
    takers: dict[str, Callable[[datetime], int]] = {
        "quarter": lambda when: (when.month + 2) // 3,
        "dayofweek": lambda when: when.isoweekday(),
        "dayofyear": lambda when: when.timetuple().tm_yday,
    }
    take = takers.get(name) or operator.attrgetter(name)
    return lambda value: Decimal(take(_when(value)))


def _round(value: Any, digits: Any = 0) -> Decimal:
    return Decimal(value or 0).quantize(Decimal(1).scaleb(-int(digits)), ROUND_HALF_UP)


#: The same where texts compare by case.
EXACT: dict[str, Callable[..., Any]] = {
    "endswith": lambda a, b: str(a or "").rstrip(" ").endswith(str(b)),
    "startswith": lambda a, b: str(a or "").startswith(str(b)),
    "substringof": lambda a, b: str(a) in str(b or ""),
}

FUNCTIONS: dict[str, Function] = {
    "concat": Function("string", (2,), lambda a, b: f"{a or ''}{b or ''}"),
    "endswith": Function("boolean", (2,), lambda a, b: _text(a).rstrip(" ").endswith(_text(b))),
    "startswith": Function("boolean", (2,), lambda a, b: _text(a).startswith(_text(b))),
    "substringof": Function("boolean", (2,), lambda a, b: _text(a) in _text(b)),
    "substring": Function("string", (2, 3), _substring),
    "like": Function("boolean", (2, 3), like),
    "dateadd": Function("datetime", (3,), _date_add),
    "datedifference": Function("number", (3,), _difference),
    "round": Function("number", (1, 2), _round),
    **{
        name: Function("number", (1,), _part(name))
        for name in ("year", "quarter", "month", "day", "dayofweek", "dayofyear", "hour", "minute", "second")
    },
}
