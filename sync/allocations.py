"""What was ordered, received, issued and sent back for each line of a request: N:M rows, summed and held against it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from .purchase import Line
from .requests import Progress

__all__ = ["Allocation", "Excess", "excesses", "progress"]

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Allocation:
    """Part of one document line given to one request line. ``step``: ``order``, ``receipt``, ``issue`` or ``return``
    (to the supplier: it lowers what was received). ``coefficient``: units of the request's line in one of the
    document's (a substitute, a pack)."""

    line: str
    step: str
    document: str
    quantity: Decimal
    coefficient: Decimal = Decimal(1)
    document_line: str = ""

    @property
    def own(self) -> Decimal:
        """The quantity in the unit of the request's line, three places."""
        return (self.quantity * self.coefficient).quantize(Decimal("0.001"))


@dataclass(frozen=True, slots=True)
class Excess:
    """More was taken in one step than the step before gave: a person is asked, nothing is put right by itself."""

    line: str
    step: str
    have: Decimal
    most: Decimal


def progress(lines: Iterable[Line], rows: Iterable[Allocation]) -> dict[str, Progress]:
    """How far each line is. A return lowers what was received, never below nought."""
    sums: dict[tuple[str, str], Decimal] = {}
    for row in rows:
        sums[(row.line, row.step)] = sums.get((row.line, row.step), ZERO) + row.own
    return {line.id: _progress(line, sums) for line in lines}


def _progress(line: Line, sums: Mapping[tuple[str, str], Decimal]) -> Progress:
    def of(step: str) -> Decimal:
        return sums.get((line.id, step), ZERO)

    received = max(of("receipt") - of("return"), ZERO)
    return Progress(line.quantity or ZERO, line.cancelled, of("order"), received, of("issue"))


def excesses(found: Mapping[str, Progress]) -> tuple[Excess, ...]:
    """Over-ordering, over-delivery, and more issued than asked for. Issues without a receipt come from stock."""
    told: list[Excess] = []
    for id in sorted(found):
        line = found[id]
        for step, have in (("order", line.ordered), ("receipt", line.received), ("issue", line.issued)):
            if have > line.approved:
                told.append(Excess(id, step, have, line.approved))
    return tuple(told)
