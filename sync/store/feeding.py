"""Events that cross exactly once: what the desk recorded, where each stands, and to which draft it is allocated."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Integer, Row, Select, bindparam, func, select

from ..ids import event_digest
from ..types import EVENT_STATES, Draft, Event, Operation, attempt_of, ordered
from . import audit
from .core import Core
from .schema import event as events
from .serial import dumps, load_as, loads

__all__ = ["Feeding", "allocate", "give_back", "mark_in", "promise"]

_C = events.c
_ALL = select(events).where(_C.pair == bindparam("p")).order_by(_C.number)
_UNSETTLED = (_C.pair == bindparam("p"), _C.state.in_(("pending", "drafted", "refused")), _C.reason != "taken_back")
_IDS = select(_C.id).where(*_UNSETTLED)
#: Events looked up or read at once: databases allow only so many parameters, and events are many.
_AT_ONCE = 2000
#: Less than any number.
_BELOW = -(2**31)
_OPEN = (
    select(events)
    .where(*_UNSETTLED, _C.number > bindparam("n"))
    .order_by(_C.number)
    .limit(bindparam("m", type_=Integer))
)
_OPEN_OF = _OPEN.where(_C.kind.in_(bindparam("k", expanding=True)))
_NUMBERED = select(events).where(_C.pair == bindparam("p"), _C.number.in_(bindparam("n", expanding=True)))
_CLAIMS = select(events).where(_C.pair == bindparam("p"), _C.claims.is_not(None)).order_by(_C.number)
_RECORDS = (
    select(events).where(_C.pair == bindparam("p"), _C.record.in_(bindparam("r", expanding=True))).order_by(_C.number)
)
_KNOWN = select(events).where(_C.pair == bindparam("p"), _C.id.in_(bindparam("i", expanding=True)))
_ENDS = select(func.min(_C.number), func.max(_C.number)).where(_C.pair == bindparam("p"))
#: Of ids that are numbers the longer is the greater.
_RANKED = (
    select(_C.id, func.row_number().over(order_by=(func.length(_C.record), _C.record)).label("rank"))
    .where(_C.pair == bindparam("p"), _C.number < 0)
    .subquery()
)
_PLACE = (
    events.update()
    .where(_C.pair == bindparam("p"), _C.id == _RANKED.c.id)
    .values(number=bindparam("l", type_=Integer) + _RANKED.c.rank)
)
_ALLOCATE = events.update().where(_C.pair == bindparam("p"), _C.id == bindparam("i"), _C.attempt == bindparam("a"))
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


def _found(
    connection: Connection, wanted: Select[Any], pair: str, name: str, values: Sequence[Any]
) -> Iterator[Row[Any]]:
    """The rows of ``wanted``, whose parameter ``name`` is one of ``values``."""
    for start in range(0, len(values), _AT_ONCE):
        yield from connection.execute(wanted, {"p": pair, name: values[start : start + _AT_ONCE]})


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
        """Write down events seen for the first time; how many were new. They have no place among the others yet: until
        ``place_events`` their numbers are below nought."""
        if not found:
            return 0
        now = self._clock()
        with self._write() as connection:
            known = {row.id for row in _found(connection, _KNOWN, pair, "i", [event.id for event in found])}
            first = min(connection.execute(_ENDS, {"p": pair}).one()[0] or 0, 0)
            new = [e for e in {e.id: e for e in found}.values() if e.id not in known]
            rows = [_stored(pair, event, first - n, now) for n, event in enumerate(new, 1)]
            if rows:
                connection.execute(events.insert(), rows)
                details = {"events": len(rows), "first": new[0].id, "last": new[-1].id}
                entry = audit.Entry("events_registered", "uchet", None, None, "movement", details=details)
                audit.append(connection, pair, now, [entry])
        return len(rows)

    def place_events(self, pair: str) -> None:
        """Number the events that have no place yet, behind all others, in the order of the desk's ids: whatever order
        they were listed in."""
        with self._write() as connection:
            last = max(connection.execute(_ENDS, {"p": pair}).one()[1] or 0, 0)
            connection.execute(_PLACE, {"p": pair, "l": last})

    def open_events(self, pair: str, kinds: Collection[str] = ()) -> Iterator[Event]:
        """Events that are not settled (of ``kinds``, where some are given), in the order in which they were recorded.
        There may be very many: a part of them is in memory at a time, as it stands when its turn comes."""
        asked: dict[str, Any] = {"p": pair, "n": _BELOW, "m": _AT_ONCE} | ({"k": sorted(kinds)} if kinds else {})
        while True:
            with self._read() as connection:
                rows = connection.execute(_OPEN_OF if kinds else _OPEN, asked).all()
            yield from map(_event, rows)
            if len(rows) < _AT_ONCE:
                return
            asked["n"] = rows[-1].number

    def open_ids(self, pair: str) -> set[str]:
        """Ids of the events that are not settled."""
        with self._read() as connection:
            return set(connection.execute(_IDS, {"p": pair}).scalars())

    def numbered_events(self, pair: str, numbers: Sequence[int]) -> Iterator[Event]:
        """The events with these numbers, in the order given, a part of them in memory at a time."""
        for start in range(0, len(numbers), _AT_ONCE):
            part = numbers[start : start + _AT_ONCE]
            with self._read() as connection:
                found = {row.number: row for row in _found(connection, _NUMBERED, pair, "n", part)}
            yield from (_event(found[number]) for number in part)

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
            found = _found(connection, _RECORDS, pair, "r", sorted(records))
            return {row.record: _event(row) for row in found}

    def known_events(self, pair: str, ids: Sequence[str]) -> dict[str, tuple[str, Event | None]]:
        """Those of ``ids`` that are registered → the digest of what the desk recorded, and the event while it is
        pending."""
        with self._read() as connection:
            rows = _found(connection, _KNOWN, pair, "i", ids)
            return {row.id: (row.digest, _event(row) if row.state == "pending" else None) for row in rows}

    def release_events(self, pair: str, draft: str, *, by: str) -> None:
        """A draft went with the past of its base: its events are to be drafted anew."""
        now = self._clock()
        with self._write() as connection:
            connection.execute(_RELEASE, {"p": pair, "d": draft, "updated": now})
            entry = audit.Entry("events_released", by, None, None, "movement", details={"draft": draft})
            audit.append(connection, pair, now, [entry])
