"""Questions about what was planned and cannot be written: the other side refuses it, or knows nobody of that name."""

from __future__ import annotations

from .drafts import answered
from .ids import field_key, fingerprint
from .types import FieldChange, Issue, Operation

__all__ = ["refusal", "unreached"]


def unreached(op: Operation, change: FieldChange, label: str) -> Issue:
    """The question about a reference that has no twin on the side it would be written to."""
    book, desk = (change.before, change.after) if op.side == "book" else (change.after, change.before)
    values = {"book": book, "desk": desk}
    params = {"name": label, "field": change.name, "decided": answered([change])}
    key = f"{field_key(op.kind, op.book, op.desk, change.name)}:no-twin"
    return Issue(key, "twin_missing", op.kind, op.book, op.desk, change.name, values, params, fingerprint(values))


def refusal(op: Operation, why: str) -> Issue:
    """The standing question about an operation the other side refuses; ``why`` is English, a line break, Russian."""
    english, _, russian = why.partition("\n")
    params = {"operation": op.id, "side": op.side, "name": op.label, "why": english, "why_ru": russian or english}
    fields = ", ".join(c.name for c in op.changes)
    params["decided"] = answered(op.changes)
    one = op.members[0] if len(op.members) == 1 else op
    return Issue(f"refused:{op.id}", "refused", op.kind, one.book, one.desk, fields or None, params=params)
