"""The store's ground floor: one connection, one transaction per call, a clock."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError, StatementError

from .dialect import begin_read, begin_write, file_of, is_sqlite, translate

__all__ = ["Clock", "Core", "utc_now"]

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """The default clock."""
    return datetime.now(UTC)


class Core:
    """Connections and transactions. SQLite keeps one connection for life; a server lends one per transaction.

    Threads of one process take turns; processes are kept apart by the database.
    """

    def __init__(self, engine: Engine, held: Connection | None, clock: Clock) -> None:
        self._engine = engine
        self._held = held
        self._clock = clock
        self._turn = threading.RLock()

    @property
    def path(self) -> Path | None:
        """The store's file; ``None`` in memory or on a database server."""
        return file_of(self._engine.url) if is_sqlite(self._engine) else None

    @contextmanager
    def _connection(self) -> Iterator[Connection]:
        try:
            with self._turn:
                if self._held is not None:
                    yield self._held
                else:
                    with self._engine.connect() as lent:
                        yield lent
        except DBAPIError as error:
            raise translate(error, self._engine.url) from error
        except StatementError as error:  # a value no database takes, refused before it was sent
            raise ValueError(str(error.orig)) from error

    @contextmanager
    def _read(self) -> Iterator[Connection]:
        """One consistent view of the data; inside a write of the same thread, that write's own."""
        with self._connection() as connection:
            if connection.in_transaction():
                yield connection
                return
            with connection.begin():
                begin_read(connection)
                yield connection

    @contextmanager
    def _write(self) -> Iterator[Connection]:
        """One transaction: everything or nothing, on disk before this returns."""
        with self._connection() as connection, connection.begin():
            begin_write(connection)
            yield connection

    def close(self) -> None:
        """Let go of the database; the store is not usable afterwards. Closing twice is fine."""
        with self._turn:
            if self._held is not None:
                self._held.close()
            if self.path is not None or not is_sqlite(self._engine):
                self._engine.dispose()
