"""How a form is laid out, whatever it is written as: its headings over several rows, its texts, its marks. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from .types import Cell, CellType, Column, Form, Sheet, Signature, Stamp

__all__ = ["DRAFT", "Head", "blanks", "depth", "heads", "shown", "signed", "stamp_lines"]

#: Signs that no document can hold.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
#: What every page says until the document stands in the books.
DRAFT = "ЧЕРНОВИК. Не является первичным документом"


@dataclass(frozen=True, slots=True)
class Head:
    """A heading of the table: its first row and column, how many it spans, and its text."""

    row: int
    column: int
    rows: int
    columns: int
    text: str


def depth(columns: Sequence[Column]) -> int:
    """How many rows the headings take, without the row of numbers."""
    return max(len(one.under) for one in columns) + 1


def heads(columns: Sequence[Column]) -> Iterator[Head]:
    """Every heading once: neighbours under the same ones share them; the lowest reaches down to the numbers."""
    deep = depth(columns)
    for level in range(deep):
        at = 0
        while at < len(columns):
            under = columns[at].under
            if level > len(under):
                at += 1
                continue
            if level == len(under):
                yield Head(level, at, deep - level, 1, columns[at].heading)
                at += 1
                continue
            end = at + 1
            while end < len(columns) and columns[end].under[: level + 1] == under[: level + 1]:
                end += 1
            yield Head(level, at, 1, end - at, under[level])
            at = end


def blanks(form: Form, sheet: Sheet) -> Iterator[tuple[str, Cell]]:
    """The heading: each blank with what stands in it."""
    for one in form.fields:
        yield one.text, sheet.values.get(one.name)


def signed(sheet: Sheet, signature: Signature) -> Iterator[tuple[str, str]]:
    """Lines of a signature: who signs, and his name where it is known («должность, ФИО; …» gives several lines)."""
    given = sheet.values.get(signature.names) if signature.names else None
    names = [part.strip() for part in str(given or "").split(";") if part.strip()]
    for n, name in enumerate(names or [""]):
        yield ("" if n else signature.role), name


def shown(value: Cell, type: CellType = "text") -> str:
    """A value as it is printed in Russian: comma, ДД.ММ.ГГГГ, spaces between thousands of roubles."""
    match value:
        case None:
            return ""
        case Decimal():
            if type == "money":
                return f"{value:,.2f}".replace(",", "\N{NO-BREAK SPACE}").replace(".", ",")
            text = f"{value:f}"
            return (text.rstrip("0").rstrip(".") if "." in text else text).replace(".", ",")
        case date():
            return value.strftime("%d.%m.%Y")
        case _:
            return _CONTROL.sub(" ", str(value))


def stamp_lines(stamp: Stamp) -> Iterator[str]:
    """What figures stand on; nothing for what a person wrote in."""
    if not stamp.run or stamp.taken is None:
        return
    taken = _utc(stamp.taken)
    day = f"на конец {stamp.day:%d.%m.%Y}" if stamp.day else f"на {taken}"
    yield f"Данные {day}; прочитано {taken}. Запуск {stamp.run}, отпечаток {stamp.fingerprint}."
    yield from stamp.sources


def _utc(moment: datetime) -> str:
    offset = moment.utcoffset() or timedelta(0)
    return f"{moment - offset:%d.%m.%Y %H:%M} UTC"
