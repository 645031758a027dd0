"""The journal: an intent before every write, its end with everything that follows from it in one transaction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, bindparam, exists, or_, select

from ...errors import Reject
from ..types import Draft, FieldChange, Link, Operation, Side
from . import audit
from .core import Core, insert_many
from .feeding import allocate, give_back, mark_in, promise
from .linking import upsert_links
from .rows import Intent, OperationRow, PaperRow, ReceiptRow, Settled
from .schema import draft as drafts
from .schema import member as members
from .schema import operation as operations
from .schema import writes
from .serial import dumps, load_as

__all__ = ["Journal", "forgive_in"]

_OPS = operations.c
_ONE = (_OPS.pair == bindparam("p"), _OPS.run == bindparam("r"), _OPS.id == bindparam("i"))
_STATE = select(_OPS.number, _OPS.state).where(*_ONE)
_AGAIN = operations.update().where(*_ONE)
_INTENTS = select(operations).where(_OPS.pair == bindparam("p"), _OPS.state == "intent").order_by(_OPS.number)
#: ``|| ''``: SQLite would take the index of states, by which links come with the few writes, and not that of writes.
_DONE = _OPS.state.concat("") == "done"
_RECEIPTS = (
    select(operations)
    .where(_OPS.pair == bindparam("p"), _OPS.side == bindparam("s"), _DONE)
    .where(writes, _OPS.action != "draft")
    .order_by(_OPS.number.desc())  # a clock may be set back
    .limit(bindparam("n"))
)
_PAPERS = (
    select(drafts.c.body, _OPS.version, _OPS.finished)
    .join(operations, (_OPS.pair == drafts.c.pair) & (_OPS.key == drafts.c.id))
    .where(_OPS.pair == bindparam("p"), _OPS.side == "book", _DONE, _OPS.action == "draft")
    .where(writes, drafts.c.state != "gone")
    .order_by(_OPS.number.desc())  # a clock may be set back
    .limit(bindparam("n"))
)
_AFTER = operations.alias("again")
_TRIED_AGAIN = exists().where(_AFTER.c.pair == _OPS.pair, _AFTER.c.id == _OPS.id, _AFTER.c.number > _OPS.number, writes)
_REFUSED = select(_OPS.id, _OPS.error).where(_OPS.pair == bindparam("p"), _OPS.state == "rejected", ~_TRIED_AGAIN)
_FORGIVE = (
    operations.update()
    .where(_OPS.pair == bindparam("p"), _OPS.id == bindparam("i"), _OPS.state == "rejected")
    .values(state="failed")
)
_DRAFTS = (
    select(drafts)
    .where(drafts.c.pair == bindparam("p"), drafts.c.state.in_(bindparam("s", expanding=True)))
    .order_by(drafts.c.created, drafts.c.id)
)
_DRAFT = drafts.update().where(drafts.c.pair == bindparam("p"), drafts.c.id == bindparam("i"))
#: Texts that many rows of drafts have in common.
_COMMON = ("action", "side", "kind", "book", "label")


def _new(pair: str, run: str, op: Operation, state: str, key: str, now: datetime) -> dict[str, Any]:
    return {
        "pair": pair,
        "run": run,
        "id": op.id,
        "action": op.action,
        "side": op.side,
        "kind": op.kind,
        "book": op.book,
        "desk": op.desk,
        "state": state,
        "key": key,
        "body": dumps(op),
        "started": now,
    }


def _insert(connection: Connection, row: dict[str, Any], op: Operation) -> None:
    result = connection.execute(operations.insert(), row)
    if op.members and result.inserted_primary_key is not None:
        number = result.inserted_primary_key[0]
        moved = [{"operation": number, "kind": m.kind, "book": m.book, "desk": m.desk} for m in op.members]
        connection.execute(members.insert(), moved)


def _end(op: Operation, end: dict[str, Any]) -> dict[str, Any]:
    """A create learns its twin's id from the answer, so that the twin's history begins with it."""
    if (
        op.action == "create"
        and end["state"] == "done"
        and end["ref"]
        and (op.book if op.side == "book" else op.desk) is None
    ):
        return {**end, op.side: end["ref"]}
    return end


def _finish(connection: Connection, pair: str, run: str, op: Operation, end: dict[str, Any]) -> None:
    values = _end(op, end)
    if connection.execute(_AGAIN, {"p": pair, "r": run, "i": op.id, **values}).rowcount == 0:
        _insert(connection, {**_new(pair, run, op, end["state"], "", end["finished"]), **values}, op)


def _upsert_draft(connection: Connection, pair: str, draft: Draft, run: str, now: datetime) -> None:
    body = {"state": draft.state, "ref": draft.ref, "body": dumps(draft), "run": run, "updated": now}
    if connection.execute(_DRAFT, {"p": pair, "i": draft.id, **body}).rowcount == 0:
        connection.execute(drafts.insert(), {"pair": pair, "id": draft.id, "created": now, **body})
    allocate(connection, pair, draft, now)


def _draft_entry(draft: Draft, run: str) -> audit.Entry:
    details = {"draft": draft.id, "document": draft.document, "ref": draft.ref, "state": draft.state}
    return audit.Entry("draft_state", "uchet", run, details=details)


def _lean(draft: Draft, shared: dict[Any, Any]) -> Draft:
    """``draft`` with what its rows have in common with others out of ``shared``."""

    def one(change: FieldChange) -> FieldChange:
        # Numbers that are equal may still be written differently.
        told = (change.name, type(change.before), str(change.before), type(change.after), str(change.after))
        return shared.setdefault((*told, change.note), change)  # type: ignore[no-any-return]

    def row(member: Operation) -> Operation:
        texts = {name: shared.setdefault(text, text) for name in _COMMON if (text := getattr(member, name))}
        seen = shared.setdefault(str(member.seen), member.seen)
        return replace(member, changes=tuple(map(one, member.changes)), seen=seen, **texts)

    return replace(draft, members=tuple(map(row, draft.members)))


def _history(row: Row[Any]) -> OperationRow:
    operation = load_as(Operation, row.body)
    versions = (row.ref, row.before_version, row.version, row.error)
    return OperationRow(operation, row.run, row.state, row.key, *versions, row.started, row.finished)


def _touching(kind: str | None, book: str | None, desk: str | None) -> Select[Any]:
    """Operations on the record itself, and drafts it was a member of."""
    statement = select(operations)
    own = [column == value for column, value in ((_OPS.book, book), (_OPS.desk, desk)) if value is not None]
    if not own:
        return statement if kind is None else statement.where(_OPS.kind == kind)
    moved = [c == v for c, v in ((members.c.book, book), (members.c.desk, desk)) if v is not None]
    same, within = or_(*own), or_(*moved)
    if kind is not None:
        same, within = same & (_OPS.kind == kind), within & (members.c.kind == kind)
    return statement.where(or_(same, _OPS.number.in_(select(members.c.operation).where(within))))


def forgive_in(connection: Connection, pair: str, operation: str) -> None:
    """A person wants a refused operation tried once more."""
    connection.execute(_FORGIVE, {"p": pair, "i": operation})


class Journal(Core):
    """Operations and drafts of a pair."""

    def intend(self, pair: str, run: str, operation: Operation, key: str) -> None:
        """On disk before the write is sent: ``key`` is the marker to look for should the answer be lost.

        An operation that failed may be intended again in the same run; one that is done may not
        (Reject("already_done")): at most once per run, whatever the caller does.
        """
        now = self._clock()
        with self._write() as connection:
            promise(connection, pair, operation, now)
            where = {"p": pair, "r": run, "i": operation.id}
            old = connection.execute(_STATE, where).one_or_none()
            if old is None:
                _insert(connection, _new(pair, run, operation, "intent", key, now), operation)
            elif old.state == "done":
                raise Reject(
                    "already_done",
                    "Operation {id} is already done in this run.",
                    hint="Start another run; the change is planned again if it is still needed.",
                    id=operation.id,
                )
            else:
                again = {"state": "intent", "key": key, "started": now, "finished": None, "error": None}
                connection.execute(_AGAIN, {**where, **again})

    def intents(self, pair: str) -> list[Intent]:
        """Writes whose end is not known, oldest first: recover settles them before anything else."""
        with self._read() as connection:
            found = connection.execute(_INTENTS, {"p": pair}).all()
        return [Intent(load_as(Operation, row.body), row.key, row.run, row.started) for row in found]

    def settle(
        self,
        pair: str,
        run: str,
        operation: Operation,
        *,
        state: Settled,
        ref: str | None = None,
        before_version: str | None = None,
        version: str | None = None,
        link: Link | None = None,
        draft: Draft | None = None,
        error: str | None = None,
    ) -> None:
        """The operation's end, its link with what was seen, its draft and the audit row: all or nothing.

        Works for operations never intended. Raises Reject("already_linked") when the link contradicts another one;
        nothing is then written, and the intent stands.
        """
        now = self._clock()
        end = {"state": state, "ref": ref, "before_version": before_version, "version": version}
        with self._write() as connection:
            _finish(connection, pair, run, operation, {**end, "error": error, "finished": now})
            give_back(connection, pair, operation, state, now)
            entries = [audit.of_operation(operation, run, state, ref)]
            if link is not None:
                upsert_links(connection, pair, [link], now)
                entries.append(audit.of_link("linked", "uchet", link, run))
            if draft is not None:
                _upsert_draft(connection, pair, draft, run, now)
                entries.append(_draft_entry(draft, run))
            audit.append(connection, pair, now, entries)

    def settle_local(self, pair: str, run: str, items: Iterable[tuple[Operation, Link | None]]) -> None:
        """Many operations that write to neither side (link, agree, close, mark), done in one transaction."""
        given = list({operation.id: (operation, link) for operation, link in items}.values())
        if not given:
            return
        now = self._clock()
        with self._write() as connection:
            self._finish_all(connection, pair, run, [operation for operation, _ in given], now)
            upsert_links(connection, pair, [link for _, link in given if link is not None], now)
            mark_in(connection, pair, [operation for operation, _ in given], now)
            entries = [audit.of_operation(operation, run, "done") for operation, _ in given]
            audit.append(connection, pair, now, entries)

    @staticmethod
    def _finish_all(connection: Connection, pair: str, run: str, done: Sequence[Operation], now: datetime) -> None:
        where = (_OPS.pair == pair, _OPS.run == run)
        known = set(connection.execute(select(_OPS.id).where(*where)).scalars())
        again = [op for op in done if op.id in known or op.members]
        for op in again:
            blank = {"ref": None, "before_version": None, "version": None, "error": None}
            _finish(connection, pair, run, op, {"state": "done", "finished": now, **blank})
        rows = [
            {**_new(pair, run, op, "done", "", now), "finished": now}
            for op in done
            if op.id not in known and not op.members
        ]
        if rows:
            insert_many(connection, operations, rows)

    def receipts(self, pair: str, side: Side, limit: int = 20) -> list[ReceiptRow]:
        """Our last writes to records confirmed by ``side``, newest first: should they be gone, it went back in time.
        Drafts are told apart (``papers``): people delete those, and a night may write more of them than we look up."""
        with self._read() as connection:
            found = connection.execute(_RECEIPTS, {"p": pair, "s": side, "n": limit}).all()
        return [
            ReceiptRow(load_as(Operation, x.body), x.ref, x.before_version, x.version, x.finished, x.run) for x in found
        ]

    def papers(self, pair: str, limit: int = 20) -> list[PaperRow]:
        """Our last drafts confirmed by the book, newest first, save those that are known to be gone."""
        with self._read() as connection:
            found = connection.execute(_PAPERS, {"p": pair, "n": limit}).all()
        return [PaperRow(load_as(Draft, row.body), row.version, row.finished) for row in found]

    def operations(
        self,
        pair: str,
        *,
        kind: str | None = None,
        book: str | None = None,
        desk: str | None = None,
        run: str | None = None,
    ) -> list[OperationRow]:
        """History, oldest first: of a record (``book`` or ``desk`` id, either is enough, drafts it was moved by
        included), of a kind, of a run, or of the whole pair."""
        statement = _touching(kind, book, desk).where(_OPS.pair == pair).order_by(_OPS.number)
        if run is not None:
            statement = statement.where(_OPS.run == run)
        with self._read() as connection:
            found = connection.execute(statement).all()
        return [_history(row) for row in found]

    def refused(self, pair: str) -> dict[str, str]:
        """Operation id → why, for operations whose last try the other side refused: not tried again until they change
        or a person forgives them."""
        with self._read() as connection:
            found = connection.execute(_REFUSED, {"p": pair}).all()
        return {row.id: row.error or "" for row in found}

    def drafts(self, pair: str, states: Iterable[str] = ("open", "posted")) -> list[Draft]:
        """Drafts in one of ``states``, oldest first; by default those that still pend. Equal values in their rows are
        one object: all drafts that there ever were may be asked for."""
        shared: dict[Any, Any] = {}
        with self._read() as connection:
            found = connection.execute(_DRAFTS, {"p": pair, "s": sorted(states)})
            return [_lean(load_as(Draft, row.body), shared) for row in found]

    def put_draft(self, pair: str, draft: Draft, *, run: str) -> None:
        """Write a draft down, or move a known one on."""
        now = self._clock()
        with self._write() as connection:
            _upsert_draft(connection, pair, draft, run, now)
            audit.append(connection, pair, now, [_draft_entry(draft, run)])
