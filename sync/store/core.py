"""The store's ground floor: one connection, one transaction per call, a clock."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Dialect, Engine, Table
from sqlalchemy.exc import DBAPIError, StatementError

from .dialect import begin_read, begin_write, file_of, is_sqlite, translate
from .lines import Lines
from .stage import Stage

__all__ = ["Clock", "Core", "insert_many", "utc_now"]

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """The default clock."""
    return datetime.now(UTC)


def insert_many(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows that all have the same columns, by one statement handed to the driver as it is.

    What SQLAlchemy does for every row and column of an ordinary insert is done here once per statement, and once per
    distinct time: a first load inserts three rows for each of a hundred thousand records.
    """
    names = tuple(rows[0])
    text, order, made = _insert(table, names, connection.dialect)
    kept: dict[Any, Any] = {}

    def value(name: str, given: Any) -> Any:
        if name not in made or given is None:
            return given
        if given not in kept:
            kept[given] = made[name](given)
        return kept[given]

    if order:
        positional = [tuple(value(n, row[n]) if n in made else row[n] for n in order) for row in rows]
        connection.exec_driver_sql(text, positional)
    else:
        connection.exec_driver_sql(text, [{n: value(n, row[n]) for n in names} for row in rows])


@lru_cache(maxsize=64)
def _insert(table: Table, names: tuple[str, ...], dialect: Dialect) -> tuple[str, Sequence[str], Mapping[str, Any]]:
    """The statement, the order of its parameters (empty: by name), and what turns a value into the driver's own."""
    compiled = table.insert().compile(dialect=dialect, column_keys=names)
    made = {n: p for n in names if (p := table.c[n].type.dialect_impl(dialect).bind_processor(dialect))}
    return str(compiled), tuple(getattr(compiled, "positiontup", None) or ()), made


class Core:
    """Connections and transactions. SQLite keeps one connection for life; a server lends one per transaction.

    Threads of one process take turns; processes are kept apart by the database.
    """

    def __init__(self, engine: Engine, held: Connection | None, clock: Clock) -> None:
        self._engine = engine
        self._held = held
        self._clock = clock
        self._turn = threading.RLock()
        self._stages: dict[str, Stage] = {}
        self._lines: dict[str, Lines] = {}

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
