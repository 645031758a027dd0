"""Forgetting a person: the name goes from every row and every page of the state; ids, and with them the audit, stay.

Names lie in what was seen, planned, written and asked, as JSON. The audit holds ids and names of fields only, so its
chain is never touched.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, String, Table, Text, bindparam, func, select

from ...errors import Blocked, Retry
from ..forget import Eraser
from ..types import Link
from . import audit as chain
from .core import Core
from .schema import audit, audit_head, forgotten, link, metadata, operation, plan, version
from .serial import packed_text

__all__ = ["Forgetting", "Forgotten"]

_KEPT = frozenset({audit.name, audit_head.name, forgotten.name, version.name})
_LIST = select(forgotten).where(forgotten.c.pair == bindparam("p"))
_COUNT = select(func.count()).select_from(forgotten)
_OPEN = (
    select(func.count()).select_from(operation).where(operation.c.pair == bindparam("p"), operation.c.state == "intent")
)
_OLD = (
    plan.update()
    .where(plan.c.number == bindparam("n"), plan.c.state.in_(("waiting", "approved")))
    .values(state="superseded")
)


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What became of a name: the text that stands in its place, and how many rows held it."""

    alias: str
    rows: int


class Forgetting(Core):
    """Who is not to be named any more."""

    def forgotten(self, pair: str) -> set[tuple[str, str, str]]:
        """(kind, book id, desk id) of everybody whose name is not kept."""
        with self._read() as connection:
            return {(row.kind, row.book, row.desk) for row in connection.execute(_LIST, {"p": pair})}

    def forget(self, pair: str, person: Link, names: Iterable[str], *, by: str) -> Forgotten:
        """Put an alias in the place of every one of ``names`` (and their short forms) and leave no trace in the file.

        Plans that wait and hold the name can no longer be applied. Raises Blocked("forget_open_writes") while a write
        is open whose end is not known, and Retry("store_busy") while another program reads the old pages.
        """
        self._scrubbing(on=True)
        try:
            with self._write() as connection:
                if connection.execute(_OPEN, {"p": pair}).scalar_one():
                    raise _open_writes()
                alias = _alias(connection, pair, person, by, self._clock())
                eraser = Eraser(names, alias)
                rows = sum(_scrub(connection, table, eraser, person) for table in _tables())
                ends = (person.kind, person.book, person.desk)
                entry = chain.Entry("forget", by, None, None, *ends, details={"rows": rows})
                chain.append(connection, pair, self._clock(), [entry])
            self._compact()
        finally:
            self._scrubbing(on=False)
        return Forgotten(alias, rows)

    def _scrubbing(self, *, on: bool) -> None:
        """SQLite overwrites what it frees only when told to."""
        if self._held is not None:
            with self._connection() as connection:
                connection.exec_driver_sql(f"PRAGMA secure_delete={'ON' if on else 'OFF'}")
                connection.commit()

    def _compact(self) -> None:
        """The file written anew, without free pages, and nothing left in the write-ahead log."""
        if self.path is None:
            return
        with self._connection() as connection:
            connection.exec_driver_sql("VACUUM")
            busy = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()[0]
            connection.commit()
        if busy:
            raise Retry(
                "store_busy",
                "The state store is busy with another program's transaction.",
                hint="Run the command again; if it stays busy, look for a stuck uchet process.",
            )


def _alias(connection: Connection, pair: str, person: Link, by: str, now: datetime) -> str:
    """The text for the name: the one it got before, else a new one."""
    for known in connection.execute(_LIST, {"p": pair}):
        if (known.kind, known.book, known.desk) == (person.kind, person.book, person.desk):
            return str(known.alias)
    alias = f"person-{connection.execute(_COUNT).scalar_one() + 1}"
    ends = {"pair": pair, "kind": person.kind, "book": person.book, "desk": person.desk}
    connection.execute(forgotten.insert(), {**ends, "alias": alias, "by": by, "at": now})
    return alias


def _open_writes() -> Blocked:
    return Blocked(
        "forget_open_writes",
        "A write is under way whose end is not known yet, and it may need the name.",
        hint="Run “uchet run nightly”: it settles that first. Then repeat.",
    )


def _tables() -> Iterator[Table]:
    yield from (table for table in metadata.sorted_tables if table.name not in _KEPT)


def _scrub(connection: Connection, table: Table, eraser: Eraser, person: Link) -> int:
    """Rows of ``table`` that held the name. A namesake's own link stays: it is somebody else's name."""
    texts = [column.name for column in table.columns if isinstance(column.type, (Text, String))]
    changes = []
    for row in connection.execute(select(table)).mappings():
        if table is link and row["kind"] == person.kind and (row["book"], row["desk"]) != (person.book, person.desk):
            continue
        changed = {name: new for name in texts if (new := _clean(row[name], eraser)) != row[name]}
        if changed:
            changes.append((row, changed))
    for row, changed in changes:
        where = [column == row[column.name] for column in table.primary_key.columns]
        connection.execute(table.update().where(*where).values(changed))
        if table is plan:
            connection.execute(_OLD, {"n": row["number"]})
    return len(changes)


def _clean(value: str | None, eraser: Eraser) -> str | None:
    """A column's text without the name, whether it is plain or JSON."""
    if not value or not eraser.suspects(value):
        return value
    try:
        given = json.loads(value)
    except ValueError:
        return eraser.text(value)
    clean = _inside(given, eraser)
    return value if clean == given else packed_text(clean)


def _inside(value: Any, eraser: Eraser) -> Any:
    if isinstance(value, str):
        return eraser.text(value)
    if isinstance(value, list):
        return [_inside(item, eraser) for item in value]
    if isinstance(value, dict):
        return {eraser.text(key): _inside(item, eraser) for key, item in value.items()}
    return value
