"""What a record that was found again proves about a write whose answer we never saw."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

from ..connectors.base import Raw
from ..mappings.model import Values
from ..mappings.text import fold
from .targets import Targets
from .types import FieldChange, Operation

__all__ = ["certain", "was_written"]


def certain(targets: Targets, op: Operation, raw: Raw) -> Operation:
    """``op`` with only the fields that still hold what was sent. A record that a create found by its key may have been
    edited since it was made, or made from other values: those fields are compared afresh, not agreed on."""
    values = targets.decode(op.side, op.kind, raw)
    return replace(op, changes=tuple(c for c in op.changes if _holds(targets, op, c, values)))


def was_written(targets: Targets, op: Operation, values: Values) -> bool:
    """Whether the target shows what ``op`` wrote; a value that was cut to what stood there before proves nothing."""
    moved = not targets.holds(op, values, after=False) or targets.holds(op, values, after=True)
    return moved and all(_holds(targets, op, change, values) for change in op.changes)


def _holds(targets: Targets, op: Operation, change: FieldChange, values: Values) -> bool:
    """Whether a field holds what was sent, or what a system makes of that: cut, capitals, rounded, a day's shift.

    Without the second half a crash would turn the question «cannot be stored as it is» into another one.
    """
    if change.name not in values or targets.holds(replace(op, changes=(change,)), values, after=True):
        return True
    match change.after, values[change.name]:
        case str() as sent, str() as now:
            return bool(fold(now)) and fold(sent).startswith(fold(now))
        case Decimal() as sent, Decimal() as now:
            return sent.is_finite() and abs(sent - now) * 2 <= Decimal(1).scaleb(int(now.as_tuple().exponent))
        case date() as sent, date() as now:
            return abs((now - sent).days) <= 1
        case _:
            return False
