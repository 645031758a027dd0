"""What moved while a count was on, and which of its differences that explains. Pure.

A count of several days is held against one picture of the books. What was issued, moved or posted meanwhile is told
beside the result with both values; a difference that such a movement explains to the last piece is on its way, any
other stands.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from decimal import Decimal

from ...mappings.people import name_key
from ..reconcile.corrections import corrections
from ..reconcile.look import Look
from ..reconcile.stock import Balance, balances
from ..reconcile.telling import label_of, service_of
from ..reconcile.types import Correction, Difference
from ..types import Record

__all__ = ["explained", "movements"]

#: Fields of the desk that a movement changes.
_FIELDS = {
    "equipment": ("organization", "department", "custodian", "room", "condition"),
    "supply": ("organization", "place", "quantity"),
}


def movements(then: Look, now: Look) -> tuple[Correction, ...]:
    """Everything inside the scope that either side has changed since; what was not read whole both times says
    nothing."""
    return (*corrections(then.snapshot, now.snapshot, then.scope), *_of_desk(then, now))


def _of_desk(then: Look, now: Look) -> Iterator[Correction]:
    for kind, names in _FIELDS.items():
        before, after = then.snapshot.listing(kind, "desk"), now.snapshot.listing(kind, "desk")
        if before is None or after is None or not (before.complete and after.complete):
            continue
        for id in sorted(before.records.keys() | after.records.keys()):
            was, is_ = before.records.get(id), after.records.get(id)
            if then.scope.inside(then.snapshot, was) or then.scope.inside(now.snapshot, is_):
                yield from _of_record(kind, id, was, is_, names)


def _of_record(
    kind: str, id: str, was: Record | None, is_: Record | None, names: Iterable[str]
) -> Iterator[Correction]:
    label = label_of(is_, was)
    if was is None or is_ is None:
        yield Correction(kind, id, label, "*", "yes" if was else "no", "yes" if is_ else "no", "desk")
        return
    if was.retired != is_.retired:
        yield Correction(kind, id, label, "state", service_of(was), service_of(is_), "desk")
    for name in names:
        if was.values.get(name) != is_.values.get(name):
            yield Correction(kind, id, label, name, was.values.get(name), is_.values.get(name), "desk")


def explained(found: Iterable[Difference], then: Look, now: Look) -> tuple[Difference, ...]:
    """``found`` with what moved since: what a movement explains whole is on its way, the rest has it as evidence."""
    before = {"|".join(one.spot): one for one in balances(then)}
    after = {"|".join(one.spot): one for one in balances(now)}
    return tuple(_explained(one, then, now, before, after) for one in found)


def _explained(
    one: Difference, then: Look, now: Look, before: dict[str, Balance], after: dict[str, Balance]
) -> Difference:
    if one.kind == "stock" and one.code == "quantity":
        return _stock(one, before.get(one.book_id or ""), after.get(one.book_id or ""))
    if one.kind == "equipment" and _gone_elsewhere(one, then, now):
        return _on_its_way(one)
    return one


def _stock(one: Difference, was: Balance | None, is_: Balance | None) -> Difference:
    if was is None or is_ is None or one.quantity is None:
        return one
    moved = {"moved_book": is_.book - was.book, "moved_desk": is_.desk - was.desk}
    told = {name: quantity for name, quantity in moved.items() if quantity != Decimal(0)}
    if not told:
        return one
    one = replace(one, evidence={**one.evidence, **told})
    return _on_its_way(one) if one.quantity in told.values() else one


def _gone_elsewhere(one: Difference, then: Look, now: Look) -> bool:
    """Whether a thing left the scope meanwhile, or stands now where it was found."""
    book = now.snapshot.record("equipment", "book", one.book_id)
    desk = now.snapshot.record("equipment", "desk", one.desk_id)
    if one.code == "not_found":
        was = then.scope.inside(then.snapshot, then.snapshot.record("equipment", "desk", one.desk_id))
        moved = any(_moved(then, now, side, id) for side, id in (("book", one.book_id), ("desk", one.desk_id)))
        return moved and was and not now.scope.inside(now.snapshot, desk if desk else book)
    if one.code == "wrong_place" and one.field_name == "room" and isinstance(one.count, str) and desk:
        return name_key(str(desk.values.get("room") or "")) == name_key(one.count)
    return False


def _moved(then: Look, now: Look, side: str, id: str | None) -> bool:
    ends = [look.snapshot.record("equipment", side, id) for look in (then, now)]  # type: ignore[arg-type]
    values = [[end.values.get(name) for name in _FIELDS["equipment"]] if end else None for end in ends]
    return values[0] != values[1]


def _on_its_way(one: Difference) -> Difference:
    return replace(one, code="timing", owner="accountant", proposal="wait")
