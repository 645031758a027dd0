"""Reconciliations as they were made, the snapshots they stand on, and what stands for what.

A snapshot is kept in chunks under the digest of their content, so that a night on which little changed costs little.
Records go into chunks by a digest of their id: one that is new moves no other into another chunk. Nothing kept here is
read anew from a side, and nothing is overwritten (save a name that must be forgotten).
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, bindparam, select

from ...errors import Reject
from ..reconcile.types import Allotment, Reconciliation, Snapshot
from ..types import Link, Listing, Record, Seen
from . import audit
from .core import Core, insert_many
from .schema import allotment as allotments
from .schema import chunk as chunks
from .schema import reconciliation as reconciliations
from .serial import canonical, dumps, load_as, loads

__all__ = ["Reconciling"]

#: About so many records stand in one chunk.
_MANY = 500
_C = reconciliations.c
_ONE = select(reconciliations).where(_C.pair == bindparam("p"), _C.run == bindparam("r"))
_NEWEST = (
    select(_C.body).where(_C.pair == bindparam("p")).order_by(_C.taken.desc(), _C.run.desc()).limit(bindparam("n"))
)
_OF_DAY = (
    select(_C.run)
    .where(_C.pair == bindparam("p"), _C.scope == bindparam("s"), _C.day == bindparam("d"))
    .order_by(_C.taken, _C.run)
    .limit(1)
)
_KNOWN = select(chunks.c.digest).where(
    chunks.c.pair == bindparam("p"), chunks.c.digest.in_(bindparam("d", expanding=True))
)
_BODIES = select(chunks).where(chunks.c.pair == bindparam("p"), chunks.c.digest.in_(bindparam("d", expanding=True)))
_ALLOTTED = (
    select(allotments)
    .where(allotments.c.pair == bindparam("p"))
    .order_by(allotments.c.kind, allotments.c.card, allotments.c.desk)
)
_DROP = allotments.delete().where(
    allotments.c.pair == bindparam("p"),
    allotments.c.kind == bindparam("k"),
    allotments.c.card == bindparam("c"),
    allotments.c.desk == bindparam("d"),
)
#: Digests asked for in one statement.
_ASK = 500


def _chunked(items: Mapping[str, Any]) -> Iterator[str]:
    """Texts of about ``_MANY`` items each; an item's chunk depends on its key and on the order of magnitude alone."""
    parts = 1
    while parts * _MANY < len(items):
        parts *= 2
    found: dict[int, list[Any]] = defaultdict(list)
    for key in sorted(items):
        bucket = int.from_bytes(hashlib.sha256(key.encode()).digest()[:4], "big") % parts
        found[bucket].append(items[key])
    for bucket in sorted(found):
        yield canonical(tuple(found[bucket]))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _packed(snapshot: Snapshot) -> tuple[dict[str, Any], dict[str, str]]:
    """A snapshot as it is kept: its head, and its chunks under their digests."""
    texts: dict[str, str] = {}

    def put(items: Mapping[str, Any]) -> tuple[str, ...]:
        names = []
        for text in _chunked(items):
            names.append(_digest(text))
            texts[names[-1]] = text
        return tuple(names)

    head = {
        "day": snapshot.day,
        "taken": snapshot.taken,
        "sources": snapshot.sources,
        "listings": tuple(
            (one.kind, one.side, one.complete, one.read, tuple(sorted(one.bad)), put(one.records))
            for _, one in sorted(snapshot.listings.items())
        ),
        "links": put({f"{x.kind}|{x.book}|{x.desk}": replace(x, seen=Seen()) for x in snapshot.links}),
        "rejected": tuple(sorted(snapshot.rejected)),
        "allotments": snapshot.allotments,
        "groups": snapshot.groups,
        "coming": snapshot.coming,
        "waiting": dict(snapshot.waiting),
    }
    return head, texts


class Reconciling(Core):
    """What was compared, and what it showed."""

    def put_reconciliation(self, pair: str, made: Reconciliation, snapshot: Snapshot) -> None:
        """Keep a finished comparison with its snapshot, once and for good; one transaction."""
        with self._write() as connection:
            self._keep(connection, pair, made, snapshot)

    def _keep(
        self, connection: Connection, pair: str, made: Reconciliation, snapshot: Snapshot, *, by: str = "uchet"
    ) -> None:
        """The same inside a transaction of the caller's."""
        head, texts = _packed(snapshot)
        row = {"pair": pair, "run": made.run, "scope": canonical(dict(made.scope)), "day": made.day}
        row |= {"taken": made.taken, "body": dumps(made), "snapshot": dumps(head)}
        details = {"differences": len(made.differences), "fingerprint": made.fingerprint}
        _put_chunks(connection, pair, texts)
        connection.execute(reconciliations.insert(), row)
        audit.append(connection, pair, self._clock(), [audit.Entry("reconciled", by, made.run, details=details)])

    def reconciliation(self, pair: str, run: str) -> Reconciliation | None:
        """The comparison that ``run`` made, as it was kept."""
        with self._read() as connection:
            row = connection.execute(_ONE, {"p": pair, "r": run}).one_or_none()
        return load_as(Reconciliation, row.body) if row else None

    def reconciliations(self, pair: str, limit: int = 20) -> list[Reconciliation]:
        """The newest comparisons, newest first."""
        with self._read() as connection:
            rows = connection.execute(_NEWEST, {"p": pair, "n": limit}).scalars().all()
        return [load_as(Reconciliation, body) for body in rows]

    def first_of_day(self, pair: str, scope: Mapping[str, Any], day: date) -> str | None:
        """The first run that looked at ``scope`` as of ``day``."""
        with self._read() as connection:
            where = {"p": pair, "s": canonical(dict(scope)), "d": day}
            found: str | None = connection.execute(_OF_DAY, where).scalar_one_or_none()
        return found

    def snapshot(self, pair: str, run: str) -> Snapshot | None:
        """What ``run`` compared, as it was read then; ``None`` for a run that compared nothing."""
        with self._read() as connection:
            row = connection.execute(_ONE, {"p": pair, "r": run}).one_or_none()
            if row is None:
                return None
            head = loads(row.snapshot)
            wanted = {name for one in head["listings"] for name in one[5]} | set(head["links"])
            bodies = _bodies(connection, pair, wanted)
        listings = {}
        for kind, side, complete, read, bad, names in head["listings"]:
            records: dict[str, Record] = {r.id: r for name in names for r in bodies[name]}
            ordered = {id: records[id] for id in sorted(records)}
            listings[kind, side] = Listing(kind, side, ordered, complete, frozenset(bad), read)
        links: tuple[Link, ...] = tuple(link for name in head["links"] for link in bodies[name])
        kept = {name: head[name] for name in ("day", "taken", "sources", "allotments", "groups", "coming", "waiting")}
        return Snapshot(listings=listings, links=links, rejected=frozenset(head["rejected"]), **kept)

    # -- what stands for what ---------------------------------------------------------------------------------------

    def allotments(self, pair: str) -> list[Allotment]:
        """All that people said about group cards, kits and cards that share a thing."""
        with self._read() as connection:
            rows = connection.execute(_ALLOTTED, {"p": pair}).all()
        return [Allotment(r.kind, r.card, r.desk, Decimal(r.quantity), r.role, r.reason) for r in rows]

    def allot(self, pair: str, given: Allotment, *, by: str) -> None:
        """Write one down; the same card and thing again is a correction. Raises Reject("allotment_quantity") for a
        quantity that is no positive number."""
        if not given.quantity.is_finite() or given.quantity <= 0:
            raise Reject(
                "allotment_quantity",
                "{quantity} is no quantity of things.",
                hint="Give a number above nought.",
                quantity=str(given.quantity),
            )
        now = self._clock()
        row = {"pair": pair, "kind": given.kind, "card": given.card, "desk": given.desk, "by": by, "at": now}
        row |= {"quantity": str(given.quantity), "role": given.role, "reason": given.reason}
        with self._write() as connection:
            connection.execute(_DROP, {"p": pair, "k": given.kind, "c": given.card, "d": given.desk})
            connection.execute(allotments.insert(), row)
            details = {"quantity": str(given.quantity), "role": given.role}
            entry = audit.Entry("allot", by, None, None, given.kind, given.card, given.desk or None, details)
            audit.append(connection, pair, now, [entry])

    def drop_allotment(self, pair: str, kind: str, card: str, desk: str, *, by: str) -> bool:
        """Take one back; whether there was one."""
        now = self._clock()
        with self._write() as connection:
            gone = connection.execute(_DROP, {"p": pair, "k": kind, "c": card, "d": desk}).rowcount > 0
            if gone:
                audit.append(connection, pair, now, [audit.Entry("unallot", by, None, None, kind, card, desk or None)])
        return gone


def _put_chunks(connection: Connection, pair: str, texts: Mapping[str, str]) -> None:
    names = sorted(texts)
    known: set[str] = set()
    for start in range(0, len(names), _ASK):
        where = {"p": pair, "d": names[start : start + _ASK]}
        known |= set(connection.execute(_KNOWN, where).scalars())
    rows = [{"pair": pair, "digest": name, "body": texts[name]} for name in names if name not in known]
    if rows:
        insert_many(connection, chunks, rows)


def _bodies(connection: Connection, pair: str, wanted: Iterable[str]) -> dict[str, tuple[Any, ...]]:
    names, found = sorted(wanted), {}
    for start in range(0, len(names), _ASK):
        for row in connection.execute(_BODIES, {"p": pair, "d": names[start : start + _ASK]}):
            found[row.digest] = loads(row.body)
    return found
