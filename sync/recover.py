"""Settle what a crash left open: every intent is answered by the other side before anything new is planned.

A create or a draft is looked up by its own key; an update or a retirement by reading the record. Found as written → the
receipt is completed; otherwise the intent is abandoned and the next plan decides afresh. Where a lost write may still
land, recovery first waits until it no longer can. Being killed here changes nothing: the intents stay open.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal

from ..connectors.base import Raw, Receipt
from ..mappings.model import Values
from ..mappings.text import fold
from .apply import Applier
from .store import Intent
from .types import FieldChange, Operation

__all__ = ["recover"]


def recover(applier: Applier, clock: Callable[[], datetime], sleep: Callable[[float], None]) -> int:
    """Settle all open intents of the pair; returns how many there were."""
    intents = applier.store.intents(applier.targets.pair.name)
    for intent in intents:
        _wait(applier, intent, clock, sleep)
        _settle(applier, intent)
    return len(intents)


def _wait(applier: Applier, intent: Intent, clock: Callable[[], datetime], sleep: Callable[[float], None]) -> None:
    settle = applier.targets.pair.connector(intent.operation.side).capabilities.settle
    left = settle - (clock() - intent.started).total_seconds()
    if left > 0:
        sleep(min(left, settle))  # a clock set back must not make us wait for ever


def _settle(applier: Applier, intent: Intent) -> None:
    """End the intent in the run that began it."""
    op = intent.operation
    raw = _written(applier, op)
    if raw is None:
        applier.store.settle(applier.targets.pair.name, intent.run, op, state="abandoned")
    else:
        applier.done(
            _certain(applier, op, raw), Receipt(raw, created=op.action in ("create", "draft")), None, intent.run
        )


def _certain(applier: Applier, op: Operation, raw: Raw) -> Operation:
    """A created record may have been edited since the crash: only fields that still hold what was sent are agreed on,
    the others are compared afresh."""
    if op.action != "create":
        return op
    values = applier.targets.decode(op.side, op.kind, raw)
    return replace(op, changes=tuple(c for c in op.changes if _holds(applier, op, c, values)))


def _holds(applier: Applier, op: Operation, change: FieldChange, values: Values) -> bool:
    """Whether a field holds what was sent, or what a system makes of that: cut, capitals, rounded, a day's shift.

    Without the second half a crash would turn the question «cannot be stored as it is» into another one.
    """
    if change.name not in values or applier.targets.holds(replace(op, changes=(change,)), values, after=True):
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


def _written(applier: Applier, op: Operation) -> Raw | None:
    """The target as the interrupted write left it, or ``None`` if the write did not happen."""
    targets = applier.targets
    connector = targets.pair.connector(op.side)
    collection = targets.collection(op)
    if op.action in ("create", "draft"):
        return connector.find(collection, op.key)
    raw = connector.get(collection, targets.target_id(op) or "")
    if raw is None:
        return None
    if op.action == "retire":
        return raw if targets.retired(op.side, op.kind, raw) else None
    values = targets.decode(op.side, op.kind, raw)
    return raw if _changed(applier, op, values) and all(_holds(applier, op, c, values) for c in op.changes) else None


def _changed(applier: Applier, op: Operation, values: Values) -> bool:
    """Whether anything is not as it was before the write: a value that was cut to what stood there proves nothing."""
    return not applier.targets.holds(op, values, after=False) or applier.targets.holds(op, values, after=True)
