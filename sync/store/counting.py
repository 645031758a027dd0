"""Counts as sessions: opened with the picture they are held against, scanned by several people, closed once.

What a counter saw is only ever added. Closing names the last scan that its result knows: one that came in after that
makes it fail, so that no scan is lost behind a frozen result.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Row, bindparam, func, select

from ...errors import Reject, Stale
from ..counts.types import CountSession, Scan
from ..reconcile.types import Reconciliation, Snapshot
from . import audit
from .reconciling import Reconciling
from .schema import count as counts
from .schema import count_line as lines
from .serial import dumps, load_as

__all__ = ["Counting"]

_C, _L = counts.c, lines.c
_ONE = select(counts).where(_C.pair == bindparam("p"), _C.number == bindparam("n"))
_ALL = select(counts).where(_C.pair == bindparam("p")).order_by(_C.number.desc())
_LAST = select(func.max(_C.number)).where(_C.pair == bindparam("p"))
_SET = counts.update().where(_C.pair == bindparam("p"), _C.number == bindparam("n"))
_LINES = select(lines).where(_L.pair == bindparam("p"), _L.count == bindparam("n")).order_by(_L.id)
_NEWEST = select(func.max(_L.id)).where(_L.pair == bindparam("p"), _L.count == bindparam("n"))


def _session(row: Row[Any]) -> CountSession:
    kept = load_as(CountSession, row.body)
    return replace(kept, number=row.number, state=row.state, opened=row.opened, closed=row.closed)


def _scan(row: Row[Any]) -> Scan:
    told = (row.place, row.condition, row.photo, row.counter, bool(row.recount))
    return Scan(row.target, row.text, Decimal(row.quantity), *told, row.id, row.at)


def _columns(scan: Scan) -> dict[str, Any]:
    names = ("target", "text", "place", "condition", "photo", "counter")
    told = {name: getattr(scan, name) for name in names}
    return {**told, "quantity": str(scan.quantity), "recount": int(scan.recount)}


class Counting(Reconciling):
    """Sessions and what was seen in them."""

    def open_count(
        self, pair: str, begun: CountSession, made: Reconciliation, snapshot: Snapshot, *, by: str
    ) -> CountSession:
        """Keep a new session with its picture; it gets the next number. One transaction."""
        now = self._clock()
        with self._write() as connection:
            self._keep(connection, pair, made, snapshot, by=by)
            number = (connection.execute(_LAST, {"p": pair}).scalar_one() or 0) + 1
            session = replace(begun, number=number, opened=now)
            row = {"pair": pair, "number": number, "state": "open", "body": dumps(session), "opened": now}
            connection.execute(counts.insert(), row | {"closed": None})
            details: dict[str, Any] = {"count": number, "order": begun.order.number, "drafts": list(begun.drafts)}
            audit.append(connection, pair, now, [audit.Entry("count_opened", by, made.run, details=details)])
        return session

    def counts(self, pair: str) -> list[CountSession]:
        """Every session, the newest first."""
        with self._read() as connection:
            return [_session(row) for row in connection.execute(_ALL, {"p": pair})]

    def count(self, pair: str, number: int) -> CountSession:
        """One session. Raises ``Reject``."""
        with self._read() as connection:
            return _found(connection, pair, number)

    def scans(self, pair: str, number: int) -> list[Scan]:
        """What was seen, in the order in which it was taken in."""
        with self._read() as connection:
            return [_scan(row) for row in connection.execute(_LINES, {"p": pair, "n": number})]

    def add_scans(self, pair: str, number: int, scans: Sequence[Scan]) -> None:
        """All of them or none. Raises ``Reject`` for a session that is not open."""
        now = self._clock()
        with self._write() as connection:
            _still_open(connection, pair, number)
            if scans:
                rows = [_columns(scan) | {"pair": pair, "count": number, "at": now} for scan in scans]
                connection.execute(lines.insert(), rows)

    def close_count(
        self, pair: str, done: CountSession, made: Reconciliation, snapshot: Snapshot, last: int, *, by: str
    ) -> CountSession:
        """Freeze the result with the session, in one transaction. ``last``: the newest scan that it knows. Raises
        ``Reject`` for a session that is not open, ``Stale`` where a scan came in meanwhile."""
        now = self._clock()
        with self._write() as connection:
            _still_open(connection, pair, done.number)
            if (connection.execute(_NEWEST, {"p": pair, "n": done.number}).scalar_one() or 0) != last:
                raise Stale(
                    "count_went_on",
                    "Somebody scanned into count {number} while it was being closed.",
                    hint="Close it again when everybody is done.",
                    number=done.number,
                )
            self._keep(connection, pair, made, snapshot, by=by)
            session = replace(done, closed=now)
            values = {"state": done.state, "body": dumps(session), "closed": now}
            connection.execute(_SET.values(**values), {"p": pair, "n": done.number})
            details: dict[str, Any] = {"count": done.number, "differences": len(made.differences)}
            audit.append(connection, pair, now, [audit.Entry("count_closed", by, made.run, details=details)])
        return session

    def cancel_count(self, pair: str, number: int, reason: str, *, by: str) -> CountSession:
        """Give a session up; what was seen stays. Raises ``Reject`` for one that is not open."""
        now = self._clock()
        with self._write() as connection:
            session = replace(_still_open(connection, pair, number), state="cancelled", absence=reason, closed=now)
            values = {"state": "cancelled", "body": dumps(session), "closed": now}
            connection.execute(_SET.values(**values), {"p": pair, "n": number})
            details: dict[str, Any] = {"count": number}
            audit.append(connection, pair, now, [audit.Entry("count_cancelled", by, session.run, details=details)])
        return session


def _found(connection: Connection, pair: str, number: int) -> CountSession:
    row = connection.execute(_ONE, {"p": pair, "n": number}).one_or_none()
    if row is None:
        raise Reject("no_count", "There is no count {number}.", hint="See them with: uchet count list.", number=number)
    return _session(row)


def _still_open(connection: Connection, pair: str, number: int) -> CountSession:
    session = _found(connection, pair, number)
    if session.state != "open":
        raise Reject(
            "count_closed",
            "Count {number} is closed: its results stand.",
            hint="Open another one: uchet count open.",
            number=number,
        )
    return session
