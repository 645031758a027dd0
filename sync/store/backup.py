"""Backups while work goes on, and bringing one back."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError

from ...errors import Blocked, Fatal
from .core import Clock, Core, utc_now
from .dialect import APPLICATION_ID, begin_read, begin_write, engine_for, translate
from .migrate import SCRIPTS, copy_database, foreign, newer
from .schema import HEAD, lock, version

__all__ = ["Backups", "restore"]


class Backups(Core):
    """Copies of the store."""

    def backup(self, target: Path) -> None:
        """A consistent copy of a living SQLite store, as one file. Raises Fatal for a database server
        ("backup_server": it has better means of its own) and when the copy cannot be written ("backup_failed")."""
        if self._held is None:
            raise Fatal(
                "backup_server",
                "This state store lives on a database server and is not copied by uchet.",
                hint="Use the server's own means, for PostgreSQL: pg_dump.",
            )
        if self.path is not None:
            copy_database(self.path, Path(target))
            return
        with self._connection() as connection:
            driver: Any = connection.connection.driver_connection
            copy_database(driver, Path(target))


def restore(backup: Path, target: Path, *, clock: Clock = utc_now) -> Path | None:
    """Put ``backup`` in the place of the store ``target``; returns where the old store now lies (``None``: there was
    none). An older schema is brought up when the store is next opened.

    Raises Fatal when the backup is not ours, damaged, or of a newer version, and Blocked("store_in_use") while
    something works on the old store. Locks that the backup caught are cleared.
    """
    now = clock()
    _check(backup)
    fresh = target.with_name(f"{target.name}.restoring")
    copy_database(backup, fresh)
    try:
        _clear_locks(fresh)
        aside = _set_aside(target, now) if target.exists() else None
        fresh.replace(target)
    finally:
        fresh.unlink(missing_ok=True)
    return aside


def _check(backup: Path) -> None:
    if not backup.is_file():
        raise foreign(backup)
    try:
        with closing(sqlite3.connect(f"{backup.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            ours = connection.execute("PRAGMA application_id").fetchone()[0] == APPLICATION_ID
            whole = connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
            found = connection.execute(f"SELECT version_num FROM {version.name}").fetchone() if ours else None
    except sqlite3.DatabaseError as error:
        raise foreign(backup) from error
    if not ours or found is None:
        raise foreign(backup)
    if not whole:
        raise Fatal(
            "backup_damaged",
            "The backup {path} is damaged.",
            hint="Take another backup; the store was not touched.",
            path=str(backup),
        )
    if found[0] != HEAD and not (SCRIPTS / "versions" / f"v{found[0]}.py").exists():
        raise newer(found[0])


def _clear_locks(path: Path) -> None:
    engine = engine_for(path)
    with engine.connect() as connection, connection.begin():
        begin_write(connection)
        connection.execute(lock.delete())
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA journal_mode=DELETE")
    engine.dispose()


def _set_aside(target: Path, now: datetime) -> Path:
    """Move the old store with everything beside it; a store somebody works on stays."""
    busy = 0
    engine = engine_for(target)
    try:
        with engine.connect() as connection, connection.begin():
            begin_read(connection)
            statement = select(func.count()).select_from(lock).where(lock.c.until > now)
            busy = connection.execute(statement).scalar_one()
    except DBAPIError as error:
        if isinstance(error.orig, sqlite3.OperationalError) and "no such table" not in str(error.orig):
            raise translate(error) from error
    finally:
        engine.dispose()
    if busy:
        raise Blocked(
            "store_in_use",
            "A program is working on the state store {path}.",
            hint="Wait until it ends (or stop the service), then restore again.",
            path=str(target),
        )
    aside = target.with_name(f"{target.name}.{now:%Y%m%d-%H%M%S}.old")
    target.replace(aside)
    for tail in ("-wal", "-shm"):
        beside = target.with_name(target.name + tail)
        if beside.exists():
            beside.replace(aside.with_name(aside.name + tail))
    return aside
