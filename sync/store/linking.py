"""Links and rejections: which records are the same thing, and which a person said are not."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from sys import intern
from typing import Any, TypeVar

from sqlalchemy import Connection, Row, Select, bindparam, func, select
from sqlalchemy.exc import IntegrityError

from ...errors import Reject
from ..types import Link, Seen, Side, Values
from . import audit
from .core import Core, insert_many
from .schema import link as links
from .schema import rejection
from .serial import dumps, load_as

__all__ = ["Linking", "link_of", "reject_in", "upsert_links"]

T = TypeVar("T")

_ALL = select(links).where(links.c.pair == bindparam("p")).order_by(links.c.id)
_COUNT = select(func.count()).select_from(links).where(links.c.pair == bindparam("p"))
_KIND = _ALL.where(links.c.kind == bindparam("k"))
_BY_BOOK = _KIND.where(links.c.book == bindparam("i"))
_BY_DESK = _KIND.where(links.c.desk == bindparam("i"))
_BESIDE = _ALL.where(links.c.kind.not_in(bindparam("k", expanding=True)))
_AMONG = {
    "book": links.c.book.in_(bindparam("i", expanding=True)),
    "desk": links.c.desk.in_(bindparam("i", expanding=True)),
    "from": (links.c.book >= bindparam("i")) & (links.c.book < bindparam("z")),
}
_WHOLE = {name: _KIND.where(which) for name, which in _AMONG.items()}
_TWINS = select(links.c.id, links.c.book, links.c.desk).where(links.c.pair == bindparam("p"))
_ENDS = {name: _TWINS.where(links.c.kind == bindparam("k"), which) for name, which in _AMONG.items()}
_KEYS = select(links.c.kind, links.c.book, links.c.desk).where(links.c.pair == bindparam("p"))
_EXACT = (
    links.c.pair == bindparam("p"),
    links.c.kind == bindparam("k"),
    links.c.book == bindparam("b"),
    links.c.desk == bindparam("d"),
)
_SEEN = select(links.c.seen).where(*_EXACT)
_LINKER = select(links.c.by).where(*_EXACT)
_CHANGE = links.update().where(*_EXACT)
_DROP = links.delete().where(*_EXACT)
_FORGIVE = rejection.delete().where(
    rejection.c.pair == bindparam("p"),
    rejection.c.kind == bindparam("k"),
    rejection.c.book == bindparam("b"),
    rejection.c.desk == bindparam("d"),
)
_REJECTED = select(rejection).where(rejection.c.pair == bindparam("p"))
#: Ids asked for at once.
_MANY = 500
#: Up to this many links are tried one by one; more are told apart by reading the keys first.
_FEW = 8


def link_of(row: Row[Any]) -> Link:
    """A stored row as the engine's link. What both sides say alike is held once: a night may hold every link."""
    seen = load_as(Seen, row.seen)
    kind, rule, by = map(intern, (row.kind, row.rule, row.by))
    return Link(kind, row.book, row.desk, rule, row.score, by, replace(seen, desk=_shared(seen.book, seen.desk)))


def _shared(book: Values, desk: Values) -> Values:
    """``desk`` out of the texts of ``book`` (days and sums that are the same are held once already)."""
    held = ((name, value, book.get(name)) for name, value in desk.items())
    desk = {name: mine if type(value) is str and mine == value else value for name, value, mine in held}
    same = book.keys() == desk.keys() and all(value is book[name] for name, value in desk.items())
    return book if same else desk


def _where(pair: str, kind: str, book: str, desk: str) -> dict[str, Any]:
    return {"p": pair, "k": kind, "b": book, "d": desk}


def _body(link: Link, now: datetime) -> dict[str, Any]:
    return {"rule": link.rule, "score": link.score, "by": link.by, "seen": dumps(link.seen), "updated": now}


def _change(pair: str, link: Link, now: datetime) -> dict[str, Any]:
    return {**_where(pair, link.kind, link.book, link.desk), **_body(link, now)}


def _insert(connection: Connection, pair: str, new: Sequence[Link], now: datetime) -> None:
    rows = [
        {"pair": pair, "kind": x.kind, "book": x.book, "desk": x.desk, "created": now, **_body(x, now)} for x in new
    ]
    try:
        insert_many(connection, links, rows)
    except IntegrityError as error:
        raise Reject(
            "already_linked",
            "{book} and {desk} cannot be linked: one of them is already linked to something else.",
            hint="Unlink it first (uchet unlink), then link again.",
            book=", ".join(x.book for x in new[:3]),
            desk=", ".join(x.desk for x in new[:3]),
            kind=new[0].kind,
        ) from error


def upsert_links(connection: Connection, pair: str, given: Sequence[Link], now: datetime) -> None:
    """Write ``given`` inside the caller's transaction. Raises Reject("already_linked"): nothing of it then stays."""
    if len(given) <= _FEW:
        for link in given:
            if connection.execute(_CHANGE, _change(pair, link, now)).rowcount == 0:
                _insert(connection, pair, [link], now)
        return
    known = {tuple(row) for row in connection.execute(_KEYS, {"p": pair})}
    newest = {(link.kind, link.book, link.desk): link for link in given}
    old = [link for key, link in newest.items() if key in known]
    new = [link for key, link in newest.items() if key not in known]
    if old:
        connection.execute(_CHANGE, [_change(pair, link, now) for link in old])
    if new:
        _insert(connection, pair, new, now)


def link_in(connection: Connection, pair: str, link: Link, by: str, run: str | None, now: datetime) -> None:
    """A link with its audit row; what was agreed on stays known unless ``link`` tells it anew. A person who links takes
    back an earlier "not the same"."""
    exact = _where(pair, link.kind, link.book, link.desk)
    if link.seen == Seen():
        stands = connection.execute(_SEEN, exact).scalar_one_or_none()
        link = link if stands is None else replace(link, seen=load_as(Seen, stands))
    upsert_links(connection, pair, [link], now)
    connection.execute(_FORGIVE, exact)
    audit.append(connection, pair, now, [audit.of_link("link", by, link, run)])


def linker(connection: Connection, pair: str, kind: str, book: str, desk: str) -> str | None:
    """Who linked exactly these two, None where nobody did."""
    return connection.execute(_LINKER, _where(pair, kind, book, desk)).scalar_one_or_none()


def reject_in(connection: Connection, pair: str, link: Link, by: str, now: datetime) -> None:
    """Never the same thing: a link between the two goes, and they are not offered again."""
    where = _where(pair, link.kind, link.book, link.desk)
    entries = [audit.of_link("reject", by, link)]
    if connection.execute(_DROP, where).rowcount:
        entries.insert(0, audit.of_link("unlink", by, link))
    connection.execute(_FORGIVE, where)
    row = {"pair": pair, "kind": link.kind, "book": link.book, "desk": link.desk, "by": by, "at": now}
    connection.execute(rejection.insert(), row)
    audit.append(connection, pair, now, entries)


def _about(
    connection: Connection,
    statements: Mapping[str, Select[Any]],
    pair: str,
    kind: str,
    books: Iterable[str],
    desks: Iterable[str],
    prefix: str,
    made: Callable[[Row[Any]], T],
) -> list[T]:
    """What is ``made`` of the rows of ``Linking.links_about``, oldest first. A link found by one end is not asked for
    by the other."""
    found: dict[int, T] = {}
    ends: dict[str, set[str]] = {"book": set(), "desk": set()}
    where = {"p": pair, "k": kind}

    def take(statement: str, more: Mapping[str, Any]) -> None:
        for row in connection.execute(statements[statement], {**where, **more}):
            found[row.id] = made(row)
            ends["book"].add(row.book)
            ends["desk"].add(row.desk)

    if prefix:
        take("from", {"i": prefix, "z": f"{prefix}\U0010ffff"})
    for end, ids in (("book", books), ("desk", desks)):
        wanted = sorted({*ids} - ends[end])
        for start in range(0, len(wanted), _MANY):
            take(end, {"i": wanted[start : start + _MANY]})
    return [found[id] for id in sorted(found)]


class Linking(Core):
    """The links of a pair."""

    def links(self, pair: str, kind: str | None = None) -> list[Link]:
        """All links, oldest first."""
        statement = _ALL if kind is None else _KIND
        with self._read() as connection:
            found = connection.execute(statement, {"p": pair} if kind is None else {"p": pair, "k": kind}).all()
        return [link_of(row) for row in found]

    def links_beside(self, pair: str, kinds: Iterable[str]) -> list[Link]:
        """All links but those of ``kinds``, oldest first."""
        with self._read() as connection:
            found = connection.execute(_BESIDE, {"p": pair, "k": list(kinds)}).all()
        return [link_of(row) for row in found]

    def links_about(
        self, pair: str, kind: str, books: Iterable[str], desks: Iterable[str], prefix: str = ""
    ) -> list[Link]:
        """The links of these records, and those whose book id begins with ``prefix`` (if any), oldest first."""
        with self._read() as connection:
            return _about(connection, _WHOLE, pair, kind, books, desks, prefix, link_of)

    def ends_about(
        self, pair: str, kind: str, books: Iterable[str], desks: Iterable[str], prefix: str = ""
    ) -> list[tuple[str, str]]:
        """(book id, desk id) of what ``links_about`` would give, oldest first."""
        with self._read() as connection:
            return _about(connection, _ENDS, pair, kind, books, desks, prefix, lambda row: (row.book, row.desk))

    def count_links(self, pair: str) -> int:
        """How many there are, without reading them."""
        with self._read() as connection:
            return int(connection.execute(_COUNT, {"p": pair}).scalar_one())

    def find_link(self, pair: str, kind: str, side: Side, id: str) -> Link | None:
        """The link of the record ``id`` of ``side``, if it has one."""
        statement = _BY_BOOK if side == "book" else _BY_DESK
        with self._read() as connection:
            row = connection.execute(statement, {"p": pair, "k": kind, "i": id}).one_or_none()
        return None if row is None else link_of(row)

    def put_link(self, pair: str, link: Link, *, by: str, run: str | None = None) -> None:
        """Link two records, or renew a link that stands. Raises Reject("already_linked") when one of them is linked to
        another."""
        with self._write() as connection:
            link_in(connection, pair, link, by, run, self._clock())

    def drop_link(self, pair: str, kind: str, book: str, desk: str, *, by: str) -> None:
        """Unlink. Raises Reject("not_linked") when the two are not linked."""
        with self._write() as connection:
            if connection.execute(_DROP, _where(pair, kind, book, desk)).rowcount == 0:
                raise Reject(
                    "not_linked",
                    "{book} and {desk} are not linked.",
                    hint="Look at the number's links with uchet explain.",
                    book=book,
                    desk=desk,
                )
            gone = Link(kind, book, desk, by=by)
            audit.append(connection, pair, self._clock(), [audit.of_link("unlink", by, gone)])

    def rejected(self, pair: str) -> set[tuple[str, str, str]]:
        """(kind, book id, desk id) of every two a person said are not the same."""
        with self._read() as connection:
            return {(row.kind, row.book, row.desk) for row in connection.execute(_REJECTED, {"p": pair})}

    def reject(self, pair: str, kind: str, book: str, desk: str, *, by: str) -> None:
        """Say that two records are not the same: unlinked if linked, never offered again."""
        with self._write() as connection:
            reject_in(connection, pair, Link(kind, book, desk, by=by), by, self._clock())
