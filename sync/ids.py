"""Stable names: the same content gives the same id on every machine and every night."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal

from .types import Event, FieldChange, Issue, Operation, Ref, Value

__all__ = [
    "create_key",
    "draft_key",
    "event_digest",
    "field_key",
    "fingerprint",
    "gone_key",
    "operation_id",
    "plan_id",
    "value_text",
]

_NAMESPACE = uuid.UUID("6f1c7c0e-5d0b-5a53-9d0a-0d4d7e6b6a11")


def value_text(value: Value) -> str:
    """``value`` as text in which different values never look alike (type included)."""
    match value:
        case None:
            return "-"
        case bool():
            return f"b:{value:d}"
        case Decimal():
            return f"d:{value.normalize():f}"
        case datetime() | date():
            return f"t:{value.isoformat()}"
        case Ref():
            return f"r:{value}"
        case _:
            return f"{type(value).__name__[0]}:{value}"


def _digest(parts: Iterable[str]) -> str:
    whole = hashlib.blake2b(digest_size=12)
    for part in parts:
        whole.update(part.encode("utf-8", "surrogatepass"))
        whole.update(b"\x00")
    return whole.hexdigest()


def fingerprint(values: Mapping[str, Value]) -> str:
    """A digest of a set of values: a decision taken on it holds only while they stay the same."""
    return _digest(f"{name}={value_text(values[name])}" for name in sorted(values))


def _changes(changes: Iterable[FieldChange]) -> list[str]:
    return [part for c in changes for part in (c.name, value_text(c.before), value_text(c.after))]


def operation_id(op: Operation) -> str:
    """A digest of everything ``op`` would do, its own ``id`` left out."""
    parts = [op.action, op.side, op.kind, op.book or "", op.desk or "", op.expected or "", op.document or "", op.key]
    parts += _changes(op.changes)
    parts += [f"{k}={value_text(op.header[k])}" for k in sorted(op.header)]
    parts += [f"b{k}={value_text(op.seen.book[k])}" for k in sorted(op.seen.book)]
    parts += [f"d{k}={value_text(op.seen.desk[k])}" for k in sorted(op.seen.desk)]
    parts += [f"{op.seen.retired:d}", op.rule]
    parts += [m.id for m in op.members]
    # Only where there is something: a draft without such tables has the id that it always had.
    parts += [
        f"{n}#{i} {k}={value_text(r[k])}"
        for n in sorted(op.parts)
        for i, r in enumerate(op.parts[n])
        for k in sorted(r)
    ]
    parts += ["|".join([c.document, c.item, c.organization, c.place, value_text(c.quantity)]) for c in op.claims]
    return _digest(parts)


def event_digest(event: Event) -> str:
    """A digest of what the desk recorded: another one means that it was edited since."""
    told = [
        event.kind,
        event.supply,
        event.to,
        value_text(event.quantity.normalize()),
        value_text(event.day),
        event.unit,
    ]
    told += [value_text(event.person), value_text(event.department), event.reverses]
    # Only where there is something: what was registered before these were kept has the digest that it had.
    told += [f"{name}={value}" for name, value in (("asset", event.asset), ("other", event.other)) if value is not None]
    told += [
        f"part={p.supply}|{value_text(p.quantity.normalize())}|{p.unit}|{value_text(p.share)}" for p in event.parts
    ]
    told += [f"{name}={value_text(event.told[name])}" for name in sorted(event.told)]
    return _digest(told)


def create_key(pair: str, kind: str, source: str) -> str:
    """The key of a create: from the pair, the kind and the source's id, never from a version, so a repeat finds it."""
    return str(uuid.uuid5(_NAMESPACE, f"{pair}|{kind}|{source}"))


def field_key(kind: str, book: str | None, desk: str | None, name: str) -> str:
    """The key of the question about one field of a pair."""
    return f"field:{kind}:{book}:{desk}:{name}"


def gone_key(kind: str, book: str | None, desk: str | None, side: str) -> str:
    """The key of the question about a pair whose record on ``side`` left service."""
    return f"gone:{kind}:{book}:{desk}:{side}"


def draft_key(pair: str, document: str, events: Iterable[str]) -> str:
    """The key of a draft: from the events it stands for, so the same events never make a second document."""
    return str(uuid.uuid5(_NAMESPACE, "|".join([pair, document, *sorted(events)])))


def plan_id(operations: Iterable[Operation], issues: Iterable[Issue], fingerprint: str) -> str:
    """A digest of content alone: planning twice from the same sources gives the same id."""
    return _digest([fingerprint, *(op.id for op in operations), *(f"{i.key}#{i.fingerprint}" for i in issues)])
