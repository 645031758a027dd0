"""Filled count sheets read back: what people counted, tolerant of what Excel does to numbers. Never guesses.

A line is known by its key; a row that people added, by an inventory or serial number. The same thing twice is counted
once; a heap that was counted twice with different results is refused, because nobody knows which of them is right.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

from ...errors import Fatal, Reject
from ...mappings.keys import inv_key, relayout, serial_key
from ...mappings.text import fold
from .lines import ONE, Facts, Line, Person, StockLine, Thing
from .settled import ZERO

__all__ = ["HEADINGS", "Count", "Find", "key_of", "read_counts", "with_count"]

#: Column of a count sheet → its heading. A file may have them in another order.
HEADINGS: Mapping[str, str] = {
    "n": "№",
    "title": "Наименование",
    "inventory_number": "Инвентарный номер",
    "serial": "Заводской номер",
    "custodian": "Ответственное лицо",
    "place": "Место",
    "account": "Счёт",
    "unit": "Ед.",
    "book": "По учёту",
    "fact": "ФАКТ",
    "condition": "Состояние",
    "note": "Примечание",
    "key": "Ключ строки",
}
_YES, _NO = frozenset({"да", "есть", "+", "v", "х", "x", "yes"}), frozenset({"нет", "-", "no", "отсутствует"})
_MILLI = Decimal("0.001")
#: What Excel leaves behind a sum of parts of one is less than this.
_NOISE = Decimal("0.0000001")
_QUANTITY = re.compile(r"^([+-]?[\d\s\u00a0\u202f]+(?:[.,]\d+)?)\s*(?:шт|штук|штуки|штука)?\.?$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Find:
    """Something that people added and nothing on either side has the number of."""

    title: str
    inventory_number: str
    serial: str
    quantity: Decimal
    condition: str = ""


@dataclass(frozen=True)
class Count:
    """``facts``: key of a line → what was counted; ``numbers``: added rows by their numbers. ``heaps``: item,
    organisation and place of stock → what was counted on all its accounts together. ``finished``: what has no fact was
    looked for."""

    facts: Mapping[str, Decimal] = field(default_factory=dict)
    conditions: Mapping[str, str] = field(default_factory=dict)
    added: tuple[Find, ...] = ()
    heaps: Mapping[str, Decimal] = field(default_factory=dict)
    finished: bool = False


def key_of(line: Line) -> str:
    """The key of a line: the same in the sheet and when it is read back."""
    return f"thing:{line.id}" if isinstance(line, Thing) else f"stock:{line.key}|{line.account}"


# -- reading -----------------------------------------------------------------------------------------------------------


def read_counts(paths: Iterable[Path]) -> Count:
    """What all these sheets say together. Raises ``Fatal`` that names file, cell and value."""
    facts: dict[str, tuple[Decimal, str]] = {}
    conditions: dict[str, str] = {}
    added: dict[object, Find] = {}
    for path in paths:
        for place, row in _rows(path):
            key, given = _text(row.get("key")), row.get("fact")
            if given is None or _text(given) == "":
                continue
            quantity = _quantity(path, place, given)
            if not key:
                title, number, serial, condition = (
                    _text(row.get(name)) for name in ("title", "inventory_number", "serial", "condition")
                )
                one = Find(title, number, serial, quantity, condition)
                if quantity:
                    added[inv_key(one.inventory_number) or serial_key(one.serial) or (str(path), place)] = one
                continue
            if key.startswith("thing:") and quantity not in (ZERO, ONE):
                raise _bad(path, place, given, "1 / 0")
            if key in facts and facts[key][0] != quantity:
                raise _twice(path, place, given, *facts[key])
            facts[key] = (quantity, f"{path.name} {place}")
            if condition := _text(row.get("condition")):
                conditions[key] = condition
    return Count({key: value for key, (value, _) in facts.items()}, conditions, tuple(added.values()))


def _rows(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """The cell of the fact, and the row by column name."""
    import openpyxl  # a third of a second that only counts pay

    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    except (OSError, BadZipFile, KeyError, ValueError) as error:
        raise Fatal(
            "count_unreadable",
            "The count sheet {file} cannot be read: {reason}.",
            hint="Save it as .xlsx, and close it in the spreadsheet.",
            file=str(path),
            reason=(error.strerror if isinstance(error, OSError) else None) or str(error),
        ) from error
    wanted = {fold(heading): name for name, heading in HEADINGS.items()}
    at: dict[int, str] = {}
    for sheet in book.worksheets:
        for number, cells in enumerate(sheet.iter_rows(values_only=True), 1):
            found = {n: wanted[fold(c)] for n, c in enumerate(cells) if isinstance(c, str) and fold(c) in wanted}
            if {"key", "fact"} <= set(found.values()):
                at = found
            elif at:
                column = next(n for n, name in at.items() if name == "fact")
                yield f"{_letter(column)}{number}", {name: cells[n] for n, name in at.items() if n < len(cells)}
    book.close()
    if not at:
        raise Fatal(
            "count_headings",
            "{file} is no count sheet: it has no columns “{key}” and “{fact}”.",
            hint="Fill in a sheet that “uchet count sheet” wrote, and leave its headings as they are.",
            file=str(path),
            key=HEADINGS["key"],
            fact=HEADINGS["fact"],
        )


def _letter(column: int) -> str:
    return chr(ord("A") + column)


def _text(value: Any) -> str:
    """A cell as text; a number that Excel made of it without «.0»."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 10**15:
        value = int(value)
    return "" if value is None else str(value).strip()


def _quantity(path: Path, place: str, value: Any) -> Decimal:
    """How many, not less than none, three places at most."""
    if isinstance(value, bool):
        return ONE if value else ZERO
    if isinstance(value, date):
        raise _bad(path, place, value, "1,5")  # Excel took «1.5» for the first of May
    word = fold(_text(value))
    if word in _YES or word in _NO:
        return ONE if word in _YES else ZERO
    text = str(value) if isinstance(value, int | float) else ""
    if not text and (found := _QUANTITY.match(_text(value))):
        text = re.sub(r"[\s\u00a0\u202f]", "", found[1]).replace(",", ".")
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise _bad(path, place, value, "3 / 1,5 / 0") from None
    rounded = number.quantize(_MILLI) if number.is_finite() and abs(number) < 10**12 else None
    if rounded is None or rounded < 0 or abs(rounded - number) > _NOISE:
        raise _bad(path, place, value, "3 / 1,5 / 0")
    return rounded


def _bad(path: Path, place: str, value: Any, known: str) -> Fatal:
    return Fatal(
        "filling_value",
        "{file}: {place} cannot be {value}.",
        hint="What may stand there: {known}.",
        file=str(path),
        place=place,
        value=repr(value.isoformat() if isinstance(value, date) else value),
        known=known,
    )


def _twice(path: Path, place: str, value: Any, before: Decimal, where: str) -> Fatal:
    return Fatal(
        "counted_twice",
        "{file}: {place} says {value}, and {where} said {before} of the same line.",
        hint="Count it once more, and leave one of the two.",
        file=str(path),
        place=place,
        value=_text(value),
        where=where,
        before=f"{before:f}",
    )


# -- into the facts ----------------------------------------------------------------------------------------------------


def with_count(facts: Facts, count: Count) -> Facts:
    """``facts`` with what was counted for the fact; a line that nobody counted has none. Raises ``Reject`` for sheets
    that belong to another comparison."""
    known = {key_of(line) for line in facts.everything()}
    if count.facts and known.isdisjoint(count.facts):
        raise Reject(
            "count_foreign",
            "No line of the count sheets belongs to this comparison and scope.",
            hint="Name the comparison they were written from: --run RUN.",
        )
    found, added = _identified(facts, count)
    seen = {**_missing(facts, count), **{f"thing:{id}": ONE for id in found}, **_spread(facts, count), **count.facts}
    things = [
        replace(one, fact=seen.get(key_of(one)), condition=count.conditions.get(key_of(one), one.condition))
        for one in facts.things
        if one.book or key_of(one) in seen
    ]
    things += [_unknown(facts, n, one) for n, one in enumerate(added, 1)]
    # What the head offset was about the desk's figures, and says nothing of a count.
    stock, held = (
        tuple(replace(one, fact=seen.get(key_of(one)), offset=ZERO, pair="") for one in lines)
        for lines in (facts.stock, facts.held)
    )
    return replace(facts, things=tuple(things), stock=tuple(one for one in stock if one.book or one.fact), held=held)


def _missing(facts: Facts, count: Count) -> dict[str, Decimal]:
    """Cards that a finished count did not find; heaps are never missing by silence."""
    return {key_of(one): ZERO for one in facts.things if one.book} if count.finished else {}


def _spread(facts: Facts, count: Count) -> dict[str, Decimal]:
    """What was counted of a heap as a whole, over its accounts: each takes what it has, the last one the difference."""
    lines: dict[str, list[StockLine]] = {}
    for line in facts.stock:
        lines.setdefault(line.key, []).append(line)
    found: dict[str, Decimal] = {}
    for spot, left in count.heaps.items():
        for line in lines.get(spot, [])[:-1]:
            found[key_of(line)] = max(ZERO, min(line.book, left))
            left -= found[key_of(line)]
        for line in lines.get(spot, [])[-1:]:
            found[key_of(line)] = left
    return found


def _identified(facts: Facts, count: Count) -> tuple[set[str], list[Find]]:
    """Added rows that are things we know, by the only thing that has the number; and the others."""
    by_number: dict[object, set[str]] = {}
    for thing in facts.things:
        for key in (inv_key(thing.inventory_number), serial_key(thing.serial)):
            if key:
                by_number.setdefault(key, set()).add(thing.id)
    found: set[str] = set()
    others: list[Find] = []
    for one in count.added:
        ids: set[str] = set()
        for text in (one.inventory_number, one.serial):
            for tried in (text, relayout(text)):
                # A number may have been written, or scanned, into the other column.
                ids = ids or by_number.get(inv_key(tried), set()) or by_number.get(serial_key(tried), set())
        if len(ids) == 1:
            found |= ids
        else:
            others.append(one)
    return found, others


def _unknown(facts: Facts, n: int, one: Find) -> Thing:
    organizations = {line.at.organization for line in facts.everything()}
    at = Person(organizations.pop() if len(organizations) == 1 else "")
    title = one.title or one.inventory_number or one.serial or "Неизвестный предмет"
    return Thing(
        f"find:{n}", at, title, one.inventory_number, one.serial, None, None, one.condition, ZERO, one.quantity
    )
