"""What one piece of equipment says about itself, normalised once per record: numbers, words, day and cost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import TypeVar

from ..mappings.keys import InvKey, inv_key, key_skeleton, serial_key
from ..mappings.people import things_text
from .match_base import Matcher
from .types import Record

__all__ = ["BLOCK", "Evidence", "cost_of", "day_of", "numbers_of", "pairs", "text_of"]

T = TypeVar("T")

#: A serial number on more records than this is a default of some firmware, not a number.
_REPEATED = 3
#: Blocks of weak evidence with more pairs than this tell nothing.
BLOCK = 2500


class Evidence:
    """Keys of all records in service on one side, computed once."""

    def __init__(self, matcher: Matcher, records: Mapping[str, Record]) -> None:
        self.records = records
        self.scope = {id: matcher.scope(record) for id, record in records.items()}
        self.inv: dict[str, InvKey] = {id: inv_key(text_of(r, "inventory_number")) for id, r in records.items()}
        serials = {id: serial_key(text_of(r, "serial")) for id, r in records.items()}
        counts = Counter(serials.values())
        self.serial = {id: "" if counts[serial] > _REPEATED else serial for id, serial in serials.items()}
        self.skeleton = {id: key_skeleton(serial) for id, serial in self.serial.items()}
        self._words: dict[str, tuple[str, ...]] = {}

    def words(self, id: str) -> tuple[str, ...]:
        """What the thing is called: model and name, normalised."""
        if id not in self._words:
            texts = (things_text(text_of(self.records[id], name)) for name in ("model", "name"))
            self._words[id] = tuple(dict.fromkeys(text for text in texts if text))
        return self._words[id]

    def number(self, id: str) -> tuple[str | None, InvKey] | None:
        return (self.scope[id], self.inv[id]) if self.inv[id] else None


def numbers_of(record: Record) -> list[tuple[str, object]]:
    """The numbers by which a piece of equipment is looked for."""
    numbers = (("inv", inv_key(text_of(record, "inventory_number"))), ("serial", serial_key(text_of(record, "serial"))))
    return [(name, number) for name, number in numbers if number]


def text_of(record: Record, name: str) -> str | None:
    value = record.values.get(name)
    return value if isinstance(value, str) else None


def pairs(ones: Sequence[T], twos: Sequence[T]) -> list[tuple[T, T]]:
    """Every one with every other, unless there are so many that they tell nothing."""
    return [(one, two) for one in ones for two in twos] if len(ones) * len(twos) <= BLOCK else []


def day_of(record: Record) -> date | None:
    value = record.values.get("commissioned")
    return value.date() if isinstance(value, datetime) else value if isinstance(value, date) else None


def cost_of(record: Record) -> Decimal | None:
    value = record.values.get("cost")
    return value if isinstance(value, Decimal) and value > 0 else None
