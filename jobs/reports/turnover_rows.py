"""Rows of the turnover of consumables: each item, what departments used up, what lasts least. Pure, in Russian."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from decimal import Decimal

from ...mappings.model import Ref
from ...settings import ReserveRule
from ...sync.feed_facts import PLACES
from ...sync.feed_look import event_of
from ...sync.reconcile.types import Snapshot
from ..forms.types import Cell, Row
from .coming import ZERO, whole
from .turnover import BACK, USED, Flow, Stretch, Turnover

__all__ = ["by_department", "ending", "lines"]

#: So many items are drawn: more bars nobody reads.
_DRAWN = 30


def lines(found: Iterable[Turnover], rule: ReserveRule) -> Iterator[Row]:
    """One row for each item at each place."""
    for one in found:
        book, desk = one.book, one.desk
        yield {
            "organization": one.organization or None,
            "place": one.place or None,
            "title": one.title,
            "unit": one.unit or None,
            **_flow("book", book),
            **_flow("desk", desk),
            "difference": desk.closing - book.closing if book and desk else None,
            "note": _note(one),
            **_reserve(one, rule),
        }


def _flow(side: str, flow: Flow | None) -> dict[str, Cell]:
    if flow is None:
        return {}
    return {
        f"{side}_opening": flow.opening,
        f"{side}_in": flow.came,
        f"{side}_out": flow.went,
        f"{side}_closing": flow.closing,
    }


def _reserve(one: Turnover, rule: ReserveRule) -> dict[str, Cell]:
    return {
        "ordered": one.ordered,
        "reserved": one.reserved,
        "minimum": one.minimum or None,
        "used": one.used.quantize(PLACES) if one.used is not None else None,
        "days": one.days(),
        "point": one.point(rule),
        "to_order": one.to_order(rule),
    }


def _note(one: Turnover) -> str | None:
    told = [
        f"{side}: остатки и движения расходятся на {flow.off.normalize():f}".replace(".", ",")
        for side, flow in (("учёт", one.book), ("ИТ", one.desk))
        if flow is not None and flow.off
    ]
    if one.spot[0] == "":
        told.append("карточка ИТ не сопоставлена с учётом, в её единицах")
    return "; ".join(told) or None


def ending(found: Iterable[Turnover], rule: ReserveRule) -> Iterator[Row]:
    """Stock against reserve: what lasts least first."""
    known = [one for one in found if one.point(rule) is not None and one.available is not None]
    for one in sorted(known, key=lambda one: (_left(one, rule), one.title, one.place))[:_DRAWN]:
        yield {
            "title": f"{one.title}, {one.place}" if one.place else one.title,
            "unit": one.unit or None,
            "available": one.available,
            "point": one.point(rule),
            "days": one.days(),
            "to_order": one.to_order(rule),
        }


def _left(one: Turnover, rule: ReserveRule) -> Decimal:
    """What is available as a part of the point where one must order."""
    return (one.available or ZERO) / (one.point(rule) or Decimal(1))


def by_department(snapshot: Snapshot, found: Iterable[Turnover], stretch: Stretch) -> Iterator[Row]:
    """What each department used up, as the desk recorded it; what came back is taken off."""
    cards = {id: one for one in found for id in one.cards}
    rates = _rates(snapshot)
    sums: dict[tuple[str, str, str, str], Decimal] = defaultdict(Decimal)
    for record in (whole(snapshot, "movement", "desk") or {}).values():
        event = event_of(record)
        one = cards.get(event.supply)
        sign = 1 if event.kind in USED else -1 if event.kind == BACK else 0
        if one is None or not sign or not stretch.holds(event.day):
            continue
        unit = event.department or _ref_of(snapshot.values(event.person).get("department"))
        name = snapshot.called(unit) if unit else "не указано"
        rate = Decimal(1) if one.spot[0] == "" else rates.get(event.supply, Decimal(1))
        sums[name, one.place, one.title, one.unit] += sign * event.quantity * rate
    for (name, where, title, measure), quantity in sorted(sums.items()):
        yield {
            "department": name,
            "place": where or None,
            "title": title,
            "unit": measure or None,
            "quantity": quantity,
        }


def _ref_of(value: object) -> Ref | None:
    return value if isinstance(value, Ref) else None


def _rates(snapshot: Snapshot) -> dict[str, Decimal]:
    return {
        id: factor
        for id, record in (whole(snapshot, "supply", "desk") or {}).items()
        if isinstance(factor := record.values.get("factor"), Decimal) and factor > 0
    }
