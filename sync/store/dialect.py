"""Everything that differs between SQLite and PostgreSQL: opening, locking for a write, and what errors mean."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, create_mock_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError
from sqlalchemy.pool import NullPool

from ...errors import Fatal, Retry, UchetError
from .schema import HEAD, metadata, version

__all__ = [
    "APPLICATION_ID",
    "begin_read",
    "begin_write",
    "create_tables",
    "engine_for",
    "file_of",
    "is_sqlite",
    "translate",
]

#: "ucht": marks our SQLite files, so a restore never takes somebody else's database for ours.
APPLICATION_ID = 0x75636874
#: How long a writer waits for another process's transaction, milliseconds.
BUSY_MS = 30_000

_MEMORY = ":memory:"
_FILE_PRAGMAS: Mapping[str, str | int] = MappingProxyType(
    {"busy_timeout": BUSY_MS, "journal_mode": "WAL", "synchronous": "FULL", "foreign_keys": "ON"}
)


def url_of(url: str | Path) -> URL:
    """A path, ``:memory:`` or an SQLAlchemy URL as a URL."""
    if isinstance(url, str) and "://" in url:
        try:
            return make_url(url)
        except ArgumentError as error:
            raise _unusable("the address is not understood") from error
    return URL.create("sqlite", database=str(url))


def file_of(url: URL) -> Path | None:
    """The file of an SQLite store; ``None`` in memory or on a server."""
    if url.get_backend_name() != "sqlite" or url.database in (None, "", _MEMORY):
        return None
    return Path(str(url.database))


def is_sqlite(engine: Engine) -> bool:
    """True when the held-connection way of working applies."""
    return engine.dialect.name == "sqlite"


def engine_for(url: str | Path) -> Engine:
    """An engine ready for :func:`begin_write`. Raises Fatal when the address or its driver is unusable.

    All in-memory stores share one engine: with no pool every connection is a new, empty database, and the compiled
    statements are shared.
    """
    address = url_of(url)
    if address.get_backend_name() != "sqlite":
        return _server(address)
    return _memory() if file_of(address) is None else _sqlite(address, _FILE_PRAGMAS)


@cache
def _memory() -> Engine:
    return _sqlite(URL.create("sqlite"), MappingProxyType({"foreign_keys": "ON"}))


def _sqlite(url: URL, pragmas: Mapping[str, str | int]) -> Engine:
    engine = create_engine(
        url,
        poolclass=NullPool,
        hide_parameters=True,
        connect_args={"check_same_thread": False, "timeout": BUSY_MS / 1000},
    )
    script = "".join(f"PRAGMA {name}={value};" for name, value in pragmas.items())

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves: see begin_write
        for statement in filter(None, script.split(";")):
            connection.execute(statement)

    return engine


def _server(url: URL) -> Engine:
    try:
        return create_engine(url, pool_pre_ping=True, hide_parameters=True)
    except (ModuleNotFoundError, NoSuchModuleError) as error:
        raise Fatal(
            "store_driver",
            "The driver for the {database} database is not installed.",
            hint="Install it, for PostgreSQL: pip install 'psycopg[binary]' with an address postgresql+psycopg://…",
            database=url.get_backend_name(),
        ) from error


def begin_read(connection: Connection) -> None:
    """One view for all reads of a transaction, whatever others write meanwhile. Call it first in the transaction."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("BEGIN")
    else:
        connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")


def begin_write(connection: Connection) -> None:
    """Take SQLite's write lock at once: a transaction that read first could not be promoted when another one wrote.

    PostgreSQL needs nothing here: rows are locked where they are read for update.
    """
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def create_tables(connection: Connection) -> None:
    """The whole schema at once, stamped: for in-memory stores, where there is nothing to migrate."""
    driver: Any = connection.connection.driver_connection
    driver.deserialize(_fresh())


@cache
def _fresh() -> bytes:
    """A database with nothing but the schema: its pages are copied five times faster than its tables are made."""
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.executescript(_script())
        return connection.serialize()


def _script() -> str:
    statements: list[str] = []

    def collect(ddl: Any, *_args: object, **_options: object) -> None:
        statements.append(str(ddl.compile(dialect=mock.dialect)))

    mock = create_mock_engine("sqlite://", collect)
    metadata.create_all(mock, checkfirst=False)
    stamp = version.insert().values(version_num=HEAD).compile(compile_kwargs={"literal_binds": True})
    return ";\n".join(["BEGIN", *statements, str(stamp), "COMMIT;"])


def _unusable(reason: str, place: str = "?") -> Fatal:
    return Fatal(
        "store_failed",
        "The state store {place} cannot be used: {reason}.",
        hint="Check the address of the store, free disk space and the rights of the account that runs uchet.",
        reason=reason,
        place=place,
    )


#: PostgreSQL: another transaction was first (unique key, serialisation, deadlock, lock).
_RACES = frozenset({"23505", "40001", "40P01", "55P03"})


def _busy(cause: BaseException | None) -> bool:
    if isinstance(cause, sqlite3.OperationalError):
        return cause.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
    return getattr(cause, "sqlstate", None) in _RACES


def translate(error: DBAPIError, url: URL | None = None) -> UchetError:
    """What a database failure means: busy is worth another try, anything else an administrator looks at."""
    cause = error.orig
    if _busy(cause):
        return Retry(
            "store_busy",
            "The state store is busy with another program's transaction.",
            hint="Run the command again; if it stays busy, look for a stuck uchet process.",
            after=BUSY_MS / 1000,
        )
    place = "?" if url is None else str(file_of(url) or url.render_as_string(hide_password=True))
    return _unusable(str(cause).splitlines()[0] if str(cause) else type(cause).__name__, place)
