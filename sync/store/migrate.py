"""The schema's age: new files are created, older ones backed up and brought up, newer ones refused."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, inspect, select

from ...errors import Fatal
from .dialect import APPLICATION_ID, begin_read, begin_write
from .schema import HEAD, metadata, version

__all__ = ["SCRIPTS", "copy_database", "foreign", "newer", "prepare", "revision_of"]

SCRIPTS = Path(__file__).parent / "migrations"


def revision_of(connection: Connection) -> str | None:
    """The schema revision of the database; ``None`` for an empty one."""
    if not inspect(connection).has_table(version.name):
        return None
    found: str | None = connection.execute(select(version.c.version_num)).scalar_one_or_none()
    return found


def prepare(
    connection: Connection, path: Path | None, now: datetime, *, head: str = HEAD, scripts: Path = SCRIPTS
) -> Path | None:
    """Bring the schema to ``head`` in one transaction; returns the backup made first, if one was needed.

    Raises Fatal("store_newer") for a schema of a later version and Fatal("store_foreign") for somebody else's file.
    """
    with connection.begin():
        begin_read(connection)
        found = revision_of(connection)
        if found is None and inspect(connection).get_table_names():
            raise foreign(path)
    if found == head:
        return None
    config = _config(scripts)
    if found is not None and found not in _revisions(config):
        raise newer(found)
    backup = None
    if found is not None and path is not None:
        backup = path.with_name(f"{path.name}.{found}-{now:%Y%m%d-%H%M%S}.bak")
        copy_database(path, backup)
    with connection.begin():
        begin_write(connection)
        _upgrade(connection, config, head)
    return backup


def _config(scripts: Path) -> Any:
    from alembic.config import Config  # an up-to-date store opens without paying for Alembic

    config = Config()
    config.set_main_option("script_location", str(scripts).replace("%", "%%"))
    config.set_main_option("path_separator", "newline")
    return config


def _revisions(config: Any) -> frozenset[str]:
    from alembic.script import ScriptDirectory

    return frozenset(script.revision for script in ScriptDirectory.from_config(config).walk_revisions())


def _upgrade(connection: Connection, config: Any, head: str) -> None:
    from alembic import command

    config.attributes.update(connection=connection, metadata=metadata)
    command.upgrade(config, head)
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(f"PRAGMA application_id={APPLICATION_ID}")


@contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(path, timeout=30)) as connection:
        yield connection


def copy_database(source: Path | sqlite3.Connection, target: Path) -> None:
    """A consistent copy while others go on writing (SQLite's online backup, in one step), readable by its owner only.

    Written beside ``target`` and moved into place when whole: a crash leaves no half backup under that name.
    """
    part = target.with_name(f"{target.name}.part")
    part.unlink(missing_ok=True)
    try:
        part.touch(mode=0o600)
        with _opened(part) as copy:
            if isinstance(source, Path):
                with _opened(source) as original:
                    original.backup(copy)
            else:
                source.backup(copy)
            copy.execute("PRAGMA journal_mode=DELETE")  # one plain file, nothing beside it
            if (verdict := copy.execute("PRAGMA quick_check").fetchone()[0]) != "ok":
                raise sqlite3.DatabaseError(f"the copy is damaged: {verdict}")
        part.replace(target)
    except (OSError, sqlite3.Error) as error:
        part.unlink(missing_ok=True)
        raise Fatal(
            "backup_failed",
            "The copy {path} could not be made: {reason}.",
            hint="Check the free space and the rights of the folder, then repeat. The store itself was not touched.",
            path=str(target),
            reason=str(error),
        ) from error


def newer(found: str) -> Fatal:
    """A database of a later uchet: writing into it could lose what we do not know of."""
    return Fatal(
        "store_newer",
        "The state store was made by a newer version of uchet (schema {found}, this version knows {head}).",
        hint="Update uchet, or restore the backup made before that update.",
        found=found,
        head=HEAD,
    )


def foreign(path: Path | None) -> Fatal:
    """A database with tables, none of them ours."""
    return Fatal(
        "store_foreign",
        "{path} is not a state store of uchet.",
        hint="Check the path in the settings; give a file that does not exist yet to start a new store.",
        path="?" if path is None else str(path),
    )
