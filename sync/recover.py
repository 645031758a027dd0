"""Settle what a crash left open: every intent is answered by the other side before anything new is planned.

A create or a draft is looked up by its own key; an update or a retirement by reading the record. Found as written → the
receipt is completed; otherwise the intent is abandoned and the next plan decides afresh. Where a lost write may still
land, recovery first waits until it no longer can. Being killed here changes nothing: the intents stay open.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from ..connectors.base import Raw, Receipt
from .apply import Applier
from .evidence import was_written
from .store import Intent
from .types import Operation

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
        applier.done(op, Receipt(raw, created=False), None, intent.run)


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
    return raw if was_written(targets, op, targets.decode(op.side, op.kind, raw)) else None
