"""What is wrong with the records of things themselves: numbers, people, twins. Pure; texts are Russian."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping

from ...mappings.keys import inv_junk, inv_key, serial_junk, serial_key
from ...mappings.model import SIDES, Ref, Side
from ...sync.reconcile.types import Reconciliation, Snapshot
from ...sync.types import Record
from ..forms.types import Row
from .comparison import Inside, rows_of

__all__ = ["quality"]

_SIDES: Mapping[Side, str] = {"book": "учёт", "desk": "ИТ"}


def quality(snapshot: Snapshot, made: Reconciliation, inside: Inside) -> Iterator[Row]:
    """What is wrong with the records themselves, things of both sides."""
    alone = {
        (side, id): text
        for one in made.differences
        if one.kind == "equipment" and one.field_name == "presence"
        for side, id, code, text in (
            ("book", one.book_id, "book_only", "нет записи в ИТ"),
            ("desk", one.desk_id, "desk_only", "нет карточки в учёте"),
        )
        if one.code == code and id
    }
    for side in SIDES:
        things = [r for r in rows_of(snapshot, "equipment", side) if not r.retired and inside(r)]
        numbers, serials = _twice(things, "inventory_number", inv_key), _twice(things, "serial", serial_key)
        for record in things:
            for problem, value in _problems(snapshot, record, numbers, serials):
                yield _problem(snapshot, record, problem, value)
            if text := alone.get((side, record.id)):
                yield _problem(snapshot, record, text, "")


def _twice(things: Iterable[Record], name: str, key: Callable[[str], object]) -> dict[tuple[object, object], int]:
    """(organisation, key of the number) → how many things have it."""
    found: dict[tuple[object, object], int] = defaultdict(int)
    for record in things:
        if own := key(str(record.values.get(name) or "")):
            found[record.values.get("organization"), own] += 1
    return found


def _problems(
    snapshot: Snapshot,
    record: Record,
    numbers: Mapping[tuple[object, object], int],
    serials: Mapping[tuple[object, object], int],
) -> Iterator[tuple[str, str]]:
    values, org = record.values, record.values.get("organization")
    number, serial = str(values.get("inventory_number") or ""), str(values.get("serial") or "")
    if not number:
        yield "инвентарный номер не заполнен", ""
    elif inv_junk(number):
        yield "инвентарный номер негоден", number
    elif numbers.get((org, inv_key(number)), 0) > 1:
        yield "инвентарный номер повторяется", number
    if serial and serial_junk(serial):
        yield "заводской номер негоден", serial
    elif serial and serials.get((org, serial_key(serial)), 0) > 1:
        yield "заводской номер повторяется", serial
    custodian = values.get("custodian")
    if not isinstance(custodian, Ref):
        yield "ответственное лицо не указано", ""
    elif snapshot.values(custodian).get("active") is False:
        yield "ответственное лицо уволено", snapshot.called(custodian)


def _problem(snapshot: Snapshot, record: Record, problem: str, value: str) -> Row:
    values = record.values
    return {
        "side": _SIDES[record.side],
        "organization": snapshot.called(values.get("organization")) or None,
        "inventory_number": str(values.get("inventory_number") or "") or None,
        "serial": str(values.get("serial") or "") or None,
        "title": str(values.get("name") or values.get("model") or "") or None,
        "problem": problem,
        "value": value or None,
        "id": record.id,
    }
