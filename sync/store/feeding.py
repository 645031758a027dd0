"""Events that cross exactly once: what the desk recorded, where each stands, and to which draft it is allocated."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, func, select

from ..ids import event_digest
from ..types import EVENT_STATES, Draft, Event, Operation, attempt_of, ordered
from . import audit
from .core import Core
from .schema import event as events
from .serial import dumps, load_as, loads

__all__ = ["Feeding", "allocate", "give_back", "mark_in", "promise"]

_C = events.c
_ALL = select(events).where(_C.pair == bindparam("p")).order_by(_C.number)
_OPEN = (
    select(events)
    .where(_C.pair == bindparam("p"), _C.state.in_(("pending", "drafted", "refused")), _C.reason != "taken_back")
    .order_by(_C.number)
)
_CLAIMS = select(events).where(_C.pair == bindparam("p"), _C.claims.is_not(None)).order_by(_C.number)
_RECORDS = (
    select(events).where(_C.pair == bindparam("p"), _C.record.in_(bindparam("r", expanding=True))).order_by(_C.number)
)
_KNOWN = select(_C.id, _C.digest).where(_C.pair == bindparam("p"), _C.id.in_(bindparam("i", expanding=True)))
#: Ids asked for at once: databases allow only so many parameters.
_AT_ONCE = 5000
_LAST = select(func.max(_C.number)).where(_C.pair == bindparam("p"))
_ALLOCATE = events.update().where(_C.pair == bindparam("p"), _C.id == bindparam("i"), _C.attempt == bindparam("a"))
#: What many events have in common.
_COMMON = ("kind", "supply", "quantity", "day", "unit", "to", "person", "department", "ticket", "reason", "draft")
#: Ends of a write after which it can no longer land.
_UNWRITTEN = frozenset({"failed", "rejected", "stale", "deferred"})
_GIVE_BACK = (
    events.update().where(_C.pair == bindparam("p"), _C.draft == bindparam("d"), _C.state == "pending").values(draft="")
)
_MARK = events.update().where(_C.pair == bindparam("p"), _C.id == bindparam("i"))
_RELEASE = (
    events.update()
    .where(_C.pair == bindparam("p"), _C.draft == bindparam("d"))
    .values(state="pending", reason="", draft="", attempt=_C.attempt + 1)
)


def _event(row: Row[Any]) -> Event:
    stands = {"state": row.state, "reason": row.reason, "attempt": row.attempt, "draft": row.draft}
    stands["claims"] = loads(row.claims) if row.claims else ()
    return replace(load_as(Event, row.body), number=row.number, **stands)


def _lean(event: Event, shared: dict[Any, Any]) -> Event:
    """``event`` with the values that it has in common with others out of ``shared``."""
    values = {name: getattr(event, name) for name in _COMMON}
    # Numbers that are equal may still be written differently.
    return replace(event, **{name: shared.setdefault((type(v), str(v)), v) for name, v in values.items()})


def _digests(connection: Connection, pair: str, ids: Sequence[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for start in range(0, len(ids), _AT_ONCE):
        asked = {"p": pair, "i": ids[start : start + _AT_ONCE]}
        found |= {row.id: row.digest for row in connection.execute(_KNOWN, asked)}
    return found


def _stored(pair: str, event: Event, number: int, now: datetime) -> dict[str, Any]:
    return {
        "pair": pair,
        "id": event.id,
        "record": event.record,
        "kind": event.kind,
        "item": event.supply,
        "number": number,
        "state": event.state,
        "reason": event.reason,
        "attempt": event.attempt,
        "draft": event.draft,
        "claims": dumps(event.claims) if event.claims else None,
        "body": dumps(event),
        "digest": event_digest(event),
        "created": now,
        "updated": now,
    }


def allocate(connection: Connection, pair: str, draft: Draft, now: datetime) -> None:
    """The events of ``draft`` follow it, in the transaction that writes it down."""
    stands = EVENT_STATES.get(draft.state)
    if stands is not None:
        _put(connection, pair, draft.members, now, state=stands[0], reason=stands[1], draft=draft.id)


def _put(connection: Connection, pair: str, members: Iterable[Operation], now: datetime, **values: str) -> None:
    """``values`` into the events that ``members`` stand for."""
    rows = []
    for id, attempt in map(attempt_of, ordered(members)):
        rows.append({"p": pair, "i": id, "a": attempt, "updated": now, **values})
    if rows:
        connection.execute(_ALLOCATE, rows)


def promise(connection: Connection, pair: str, op: Operation, now: datetime) -> None:
    """The events of a draft about to be sent belong to it, whatever becomes of the answer: should the write land late,
    the same events must not stand in a draft of another name."""
    if op.action == "draft":
        _put(connection, pair, op.members, now, draft=op.key)


def give_back(connection: Connection, pair: str, op: Operation, state: str, now: datetime) -> None:
    """A draft that was surely not written leaves its events to any other."""
    if op.action == "draft" and state in _UNWRITTEN:
        connection.execute(_GIVE_BACK, {"p": pair, "d": op.key, "updated": now})


def mark_in(connection: Connection, pair: str, ops: Iterable[Operation], now: datetime) -> None:
    """Where events stand now, as local operations say it."""
    rows = [
        {
            "p": pair,
            "i": op.book,
            "state": op.rule,
            "reason": op.label,
            "draft": op.document or "",
            "claims": dumps(op.claims) if op.claims else None,
            "attempt": int(op.key or 0),
            "updated": now,
        }
        for op in ops
        if op.action == "mark"
    ]
    if rows:
        connection.execute(_MARK, rows)


class Feeding(Core):
    """The events of a pair."""

    def register_events(self, pair: str, found: Collection[Event]) -> int:
        """Write down events seen for the first time, numbered in the order given; how many were new."""
        if not found:
            return 0
        now = self._clock()
        with self._write() as connection:
            known = _digests(connection, pair, [event.id for event in found])
            last = connection.execute(_LAST, {"p": pair}).scalar() or 0
            new = [e for e in {e.id: e for e in found}.values() if e.id not in known]
            rows = [_stored(pair, event, last + n, now) for n, event in enumerate(new, 1)]
            if rows:
                connection.execute(events.insert(), rows)
                details = {"events": len(rows), "first": new[0].id, "last": new[-1].id}
                entry = audit.Entry("events_registered", "uchet", None, None, "movement", details=details)
                audit.append(connection, pair, now, [entry])
        return len(rows)

    def open_events(self, pair: str) -> list[Event]:
        """Events that are not settled, in the order in which they were recorded; equal values in them are one object,
        for there may be very many."""
        shared: dict[Any, Any] = {}
        with self._read() as connection:
            return [_lean(_event(row), shared) for row in connection.execute(_OPEN, {"p": pair})]

    def all_events(self, pair: str) -> list[Event]:
        """Every event there ever was, in the order in which they were recorded."""
        with self._read() as connection:
            return [_event(row) for row in connection.execute(_ALL, {"p": pair})]

    def claimed_events(self, pair: str) -> list[Event]:
        """Events for which a document of the books was found."""
        with self._read() as connection:
            return [_event(row) for row in connection.execute(_CLAIMS, {"p": pair})]

    def events_of_records(self, pair: str, records: Collection[str]) -> dict[str, Event]:
        """The desk's record → its latest event, in whatever state."""
        with self._read() as connection:
            found = connection.execute(_RECORDS, {"p": pair, "r": sorted(records)}) if records else ()
            return {row.record: _event(row) for row in found}

    def known_events(self, pair: str, ids: Sequence[str]) -> dict[str, str]:
        """Those of ``ids`` that are registered → the digest of what the desk recorded."""
        with self._read() as connection:
            return _digests(connection, pair, ids)

    def release_events(self, pair: str, draft: str, *, by: str) -> None:
        """A draft went with the past of its base: its events are to be drafted anew."""
        now = self._clock()
        with self._write() as connection:
            connection.execute(_RELEASE, {"p": pair, "d": draft, "updated": now})
            entry = audit.Entry("events_released", by, None, None, "movement", details={"draft": draft})
            audit.append(connection, pair, now, [entry])
