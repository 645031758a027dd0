"""The audit: one append-only chain per pair, each row sealed by a hash over the row before it.

A row says who did what, when, to which records and which fields: ids and names of fields, never values, so that no
personal data gets into a record that can never be rewritten.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, bindparam, select
from sqlalchemy.exc import IntegrityError

from ..types import Link, Operation
from .core import Core, insert_many
from .rows import AuditRow
from .schema import audit, audit_head
from .serial import canonical, loads

__all__ = ["GENESIS", "Audit", "Entry", "append", "of_link", "of_operation"]

#: What the first row of a chain follows.
GENESIS = "0" * 64

_HEAD = select(audit_head.c.hash).where(audit_head.c.pair == bindparam("p")).with_for_update()
#: By what a row follows, which is indexed, and not by its own hash: a chain grows for years.
_AFTER = select(audit.c.id).where(audit.c.pair == bindparam("p"), audit.c.previous == bindparam("h"))
_MOVE = audit_head.update().where(audit_head.c.pair == bindparam("p"))
_CHAIN = select(audit).where(audit.c.pair == bindparam("p")).order_by(audit.c.id)
_NUMBERS = select(audit.c.id).where(audit.c.pair == bindparam("p")).order_by(audit.c.id)
_BETWEEN = _CHAIN.where(audit.c.id.between(bindparam("a"), bindparam("z")))
#: ``|| ''``: SQLite would take the pair's index, which is the whole chain, and not the few last ids.
_SINCE = select(audit.c.kind, audit.c.book, audit.c.desk).where(
    audit.c.pair.concat("") == bindparam("p"), audit.c.id >= bindparam("i")
)
#: Rows checked at a time.
_PAGE = 500
_NEWEST = select(audit).where(audit.c.pair == bindparam("p")).order_by(audit.c.id.desc()).limit(bindparam("n"))
_ENDS = select(audit_head).where(audit_head.c.pair == bindparam("p"))


@dataclass(frozen=True, slots=True)
class Entry:
    """What is to be written down; the store adds the pair, the time and the seal."""

    what: str
    by: str
    run: str | None = None
    operation: str | None = None
    kind: str | None = None
    book: str | None = None
    desk: str | None = None
    details: Mapping[str, Any] = field(default_factory=dict)


def of_link(what: str, by: str, link: Link, run: str | None = None) -> Entry:
    """A link made, changed or dropped, and the evidence for it."""
    evidence = {"rule": link.rule, "score": link.score}
    return Entry(what, by, run, kind=link.kind, book=link.book, desk=link.desk, details=evidence)


def of_operation(operation: Operation, run: str, state: str, ref: str | None = None) -> Entry:
    """An operation's end: names of the fields and ids of a draft's members, no values and no label."""
    details: dict[str, Any] = {"state": state, "side": operation.side}
    if operation.changes:
        details["fields"] = tuple(change.name for change in operation.changes)
    if operation.members:
        details["members"] = tuple((m.kind, m.book, m.desk, *(c.name for c in m.changes)) for m in operation.members)
    if ref is not None:
        details["ref"] = ref
    where = (operation.kind, operation.book, operation.desk)
    return Entry(operation.action, "uchet", run, operation.id, *where, details=details)


def _seal(row: Mapping[str, Any]) -> str:
    at: datetime = row["at"]
    parts = (row["pair"], at.astimezone(UTC).isoformat(), row["by"], row["what"], row["run"], row["operation"])
    body = canonical((*parts, row["kind"], row["book"], row["desk"], row["details"]))
    return hashlib.sha256(f"{row['previous']}\n{body}".encode()).hexdigest()


def _columns(entry: Entry) -> dict[str, Any]:
    columns = {f.name: getattr(entry, f.name) for f in fields(entry)}
    return {**columns, "details": canonical(entry.details)}


def _end(connection: Connection, pair: str) -> str:
    """The chain's last hash, its row held until the transaction ends: the next writer waits for ours."""
    found: str | None = connection.execute(_HEAD, {"p": pair}).scalar_one_or_none()
    if found is not None:
        return found
    try:
        with connection.begin_nested():
            connection.execute(audit_head.insert(), {"pair": pair, "last": 0, "hash": GENESIS})
    except IntegrityError:  # on a server another one may have begun the chain meanwhile
        begun: str = connection.execute(_HEAD, {"p": pair}).scalar_one()
        return begun
    return GENESIS


def append(connection: Connection, pair: str, at: datetime, entries: Iterable[Entry]) -> None:
    """Add ``entries`` to the pair's chain inside the caller's transaction."""
    given = tuple(entries)
    if not given:
        return
    previous = _end(connection, pair)
    rows = []
    for entry in given:
        row = {"pair": pair, "at": at, **_columns(entry), "previous": previous}
        row["hash"] = previous = _seal(row)
        rows.append(row)
    insert_many(connection, audit, rows)
    last = connection.execute(_AFTER, {"p": pair, "h": rows[-1]["previous"]}).scalar_one()
    connection.execute(_MOVE, {"p": pair, "last": last, "hash": previous})


def _seals(connection: Connection, pair: str) -> Iterator[tuple[int, tuple[str, str] | None]]:
    """Each row's id, with (hash before, own hash) when its seal holds."""
    numbers = connection.execute(_NUMBERS, {"p": pair}).scalars().all()
    for start in range(0, len(numbers), _PAGE):
        for number, row in _rows(connection, pair, numbers[start : start + _PAGE]):
            whole = row is not None and row["hash"] == _seal(row)
            yield number, (row["previous"], row["hash"]) if row is not None and whole else None


def _rows(connection: Connection, pair: str, numbers: Sequence[int]) -> Iterator[tuple[int, Mapping[Any, Any] | None]]:
    """Rows by id; ``None`` for one that holds a time nobody can read."""
    try:
        found = connection.execute(_BETWEEN, {"p": pair, "a": numbers[0], "z": numbers[-1]}).mappings().all()
        yield from ((int(row["id"]), row) for row in found)
    except ValueError:
        if len(numbers) == 1:
            yield numbers[0], None
            return
        for number in numbers:
            yield from _rows(connection, pair, [number])


class Audit(Core):
    """Reading and checking the chain."""

    def verify(self, pair: str) -> int | None:
        """The id of the first row that is not what was written (changed, or following a row that is gone); ``None``
        when the chain is whole. A cut-off tail gives the id of the row that should be last."""
        previous, last = GENESIS, 0
        with self._read() as connection:
            for number, sealed in _seals(connection, pair):
                if sealed is None or sealed[0] != previous:
                    return number
                previous, last = sealed[1], number
            end = connection.execute(_ENDS, {"p": pair}).one_or_none()
        if end is None:
            return last or None
        return None if (end.hash, end.last) == (previous, last) else int(end.last)

    def head(self, pair: str) -> str:
        """The hash that seals the whole chain so far: print it on reports, compare it later."""
        with self._read() as connection:
            end = connection.execute(_ENDS, {"p": pair}).one_or_none()
        return GENESIS if end is None else str(end.hash)

    def since(self, pair: str, head: str) -> list[tuple[str, str | None, str | None]] | None:
        """(kind, book id, desk id) of all done since the chain ended with ``head``; ``None`` where it never did."""
        with self._read() as connection:
            end = connection.execute(_ENDS, {"p": pair}).one_or_none()
            if head == (GENESIS if end is None else end.hash):
                return []
            first = connection.execute(_AFTER, {"p": pair, "h": head}).scalar_one_or_none()
            if first is None:
                return None
            found = connection.execute(_SINCE, {"p": pair, "i": first}).all()
        return [(row.kind, row.book, row.desk) for row in found if row.kind is not None]

    def audit(self, pair: str, limit: int = 100) -> list[AuditRow]:
        """The newest rows, newest first."""
        with self._read() as connection:
            found = connection.execute(_NEWEST, {"p": pair, "n": limit}).mappings().all()
        return [AuditRow(**{**row, "details": loads(row["details"])}) for row in found]
