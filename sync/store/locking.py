"""One writer per pair, across processes: a row with a holder and a time it lapses."""

from __future__ import annotations

import os
import secrets
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Row, bindparam, select
from sqlalchemy.exc import IntegrityError

from ...errors import Blocked
from .core import Core
from .schema import lock as locks

__all__ = ["Lock", "Locking"]

_HELD = select(locks).where(locks.c.pair == bindparam("p"))
_OURS = (locks.c.pair == bindparam("p"), locks.c.token == bindparam("t"))
_RENEW = locks.update().where(*_OURS)
_FREE = locks.delete().where(*_OURS)


@cache
def _machine() -> str:
    """This machine and, on Linux, this process namespace: two containers may share a host name and a process id."""
    try:
        space = Path("/proc/self/ns/pid").readlink()
    except OSError:
        space = Path()
    return f"{socket.gethostname()} {space}"


def _place() -> str:
    return f"{os.getpid()}@{_machine()}"


def _dead(place: str) -> bool:
    """True only when the holder ran on this machine and its process is surely gone (killed, power lost)."""
    pid, _, machine = place.partition("@")
    if os.name != "posix" or machine != _machine() or not pid.isdigit():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False


@dataclass(slots=True)
class Lock:
    """The pair is ours until ``ttl`` after it was last written down, by :meth:`renew` or at first."""

    pair: str
    holder: str
    ttl: timedelta
    _store: Locking = field(repr=False)
    _token: str = field(repr=False)
    _since: datetime = field(repr=False)

    def renew(self) -> None:
        """Hold it for another ``ttl``; to be called often: written down only when a tenth of the time is gone, as each
        time is a commit. Raises Blocked("lock_lost") when it lapsed and somebody else took it."""
        now = self._store._clock()
        if not self._since <= now < self._since + self.ttl / 10:
            self._store._renew(self, now)
            self._since = now


class Locking(Core):
    """The locks."""

    @contextmanager
    def locked(self, pair: str, holder: str, ttl: timedelta) -> Iterator[Lock]:
        """Work alone on ``pair``. Raises Blocked("pair_locked") while another live holder has it; a lock that lapsed,
        or whose process is gone from this machine, is taken over. Not re-entrant."""
        lock = Lock(pair, holder, ttl, self, secrets.token_hex(8), self._clock())
        self._take(lock)
        try:
            yield lock
        finally:
            with self._write() as connection:
                connection.execute(_FREE, {"p": pair, "t": lock._token})

    def _take(self, lock: Lock) -> None:
        now = lock._since
        values = {"holder": lock.holder, "token": lock._token, "place": _place(), "until": now + lock.ttl}
        with self._write() as connection:
            row = connection.execute(_HELD, {"p": lock.pair}).one_or_none()
            if row is None:
                try:
                    with connection.begin_nested():
                        connection.execute(locks.insert(), {"pair": lock.pair, **values})
                except IntegrityError as error:  # on a server another one may come between the two
                    raise _taken(connection.execute(_HELD, {"p": lock.pair}).one_or_none()) from error
            elif (row.until > now and not _dead(row.place)) or not self._seize(connection, row, values):
                raise _taken(row)

    @staticmethod
    def _seize(connection: Connection, row: Row[Any], values: dict[str, Any]) -> bool:
        """Atomic: only while the row is still the one that was judged dead."""
        return connection.execute(_RENEW, {"p": row.pair, "t": row.token, **values}).rowcount == 1

    def _renew(self, lock: Lock, now: datetime) -> None:
        values = {"p": lock.pair, "t": lock._token, "until": now + lock.ttl}
        with self._write() as connection:
            found = connection.execute(_RENEW, values).rowcount
        if not found:
            raise Blocked(
                "lock_lost",
                "The pair {pair} was taken over by another program while {holder} worked on it.",
                hint="Nothing is lost: run it again, it first settles what was under way.",
                pair=lock.pair,
                holder=lock.holder,
            )


def _taken(row: Row[Any] | None) -> Blocked:
    return Blocked(
        "pair_locked",
        "Another program ({holder}) is working on this pair until {until} UTC at the latest.",
        hint="Wait until it ends and run the command again.",
        holder="?" if row is None else row.holder,
        until="?" if row is None else f"{row.until:%Y-%m-%d %H:%M}",
    )
