"""How changes are found, best way first; whatever the way, a reader gets the whole listing and the network the least.

``plan``: an exchange plan tells what changed. ``versions``: keys and ``DataVersion`` of all objects are read, then only
the objects whose version is new. ``slice``: records without versions (registers, balances) are read whole, because
back-dated posting changes them without a new period, and a digest of each tells which ones differ. ``full``: everything
is read and nothing remembered. A copy is read whole again after a week, and whenever more than a third has changed.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

import structlog

from ...errors import Blocked
from ..base import Delta, Page, Query, Raw
from .exchange import Queue
from .mirror import Copy, Head, Mirror, Part, digest
from .query import Target
from .reader import Reader, record, selected
from .transport import Transport
from .values import CONTROL, Codec, parse_json

__all__ = ["METHODS", "Method", "Tracker"]

log = structlog.get_logger(__name__)

Method = Literal["auto", "plan", "versions", "slice", "full"]
METHODS: tuple[Method, ...] = ("auto", "plan", "versions", "slice", "full")
#: Seconds after which a copy is proved against a full reading.
WEEK = 7 * 86400.0
#: Keys and versions of this many objects are asked for at once: one request is one query, hence a true list.
SCAN = 200_000
#: Where more than this share has changed, fetching by keys costs more than reading all.
SHARE = 1 / 3


#: Bytes of kept messages after which everything is read anew rather than kept on.
LOG_LIMIT = 64 * 2**20
NO_MESSAGE = -1

#: Pages, and at the end how it was found, records in all, changed or new ones, gone ones.
_Found = Generator[Page, None, tuple[str, int, int, int]]


@dataclass(slots=True)
class Tracker:
    """``ways``: collection → method (others are read full). Without a folder for copies everything is."""

    reader: Reader
    transport: Transport
    mirror: Mirror | None
    queue: Queue | None
    ways: Mapping[str, Method]
    index: Callable[[], str]
    note: Callable[[Delta], None]
    clock: Callable[[], float] = time.time
    fresh: bool = False
    #: Why the exchange could not be used in this run.
    stuck: tuple[Blocked, ...] = ()

    def point(self) -> tuple[str, str] | None:
        """Set and key of the exchange node, where one is configured and there."""
        if self.queue is None:
            return None
        try:
            return self.queue.plan, self.queue.key()
        except Blocked:
            return None

    def way(self, query: Query, target: Target) -> Method:
        """The method for a listing: the best one that fits where ``auto`` is asked for."""
        asked = self.ways.get(query.collection, "full")
        versioned = target.key == ("Ref_Key",) and "DataVersion" in target.entity.properties
        planned = versioned and self.queue is not None and not query.where
        if self.mirror is None:
            return "full"
        if asked == "auto":
            return "versions" if versioned else "slice"
        if asked == "plan" and not planned:
            return "versions" if versioned else "slice"
        return "slice" if asked == "versions" and not versioned else asked

    def plain(self, query: Query) -> bool:
        """Whether a listing is simply read, nothing of it being remembered here."""
        return self.way(query, self.reader.resolve(query)[0]) == "full"

    def pages(self, query: Query) -> Iterator[Page]:
        """The listing, found by the method declared for its collection."""
        target, codec = self.reader.resolve(query)
        way = self.way(query, target)
        if way == "full":
            yield from self.reader.pages(query)
            return
        before = (self.transport.requests, self.transport.received)
        if way == "plan" and self._pulled() is None:
            yield Page((), complete=False, notes=self.stuck)
        delta = yield from self._tracked(way, query, target, codec)
        spent = (self.transport.requests - before[0], self.transport.received - before[1])
        self.note(Delta(query.collection, *delta, *spent))

    def _tracked(self, way: Method, query: Query, target: Target, codec: Codec) -> _Found:
        assert self.mirror is not None
        if way == "slice":
            return (yield from self._slice(query, target))
        number = self._pulled() if way == "plan" else None
        copy = self.mirror.load(query, self.index())
        old = self.clock() - copy.head.taken > WEEK if copy else True
        if copy is None or old or (way == "plan" and number is not None and not 0 <= copy.head.number <= number):
            return (yield from self._whole(way, query, target, self._number(way)))
        if way == "plan" and number is not None:
            changed = self.queue.since(copy.head.number, target.set) if self.queue else {}
            return (yield from self._overlay(query, target, codec, copy, changed, number))
        now = self.reader.versions(target, SCAN)
        known = copy.versions()
        if now is None or len(_news(known, now)) > SHARE * max(len(now), 20):
            return (yield from self._whole("versions", query, target, self._number(way)))
        return (yield from self._scanned(query, target, codec, copy, known, now, self._number(way)))

    def _number(self, way: Method) -> int:
        """The message up to which a copy read now holds the changes; none where the exchange has no part in it."""
        return self.queue.last() if way == "plan" and self.queue else NO_MESSAGE

    def _pulled(self) -> int | None:
        """The last message kept; ``None`` where the queue is stuck, which must not stop the night: versions do."""
        assert self.queue is not None
        assert self.mirror is not None
        if self.fresh:
            return None if self.stuck else self.queue.last()
        if self.queue.size() > LOG_LIMIT:
            self.mirror.forget()
            self.queue.clear()
        self.fresh, self.stuck = True, ()
        try:
            return self.queue.pull()
        except Blocked as error:
            found = tuple(self._spoiled()) if error.code == "packet_poisoned" else ()
            self.stuck = found or (error,)
            log.warning("exchange_stuck", code=error.code)
            return None

    def _spoiled(self) -> Iterator[Blocked]:
        """The records whose characters stop the exchange: JSON carries what XML cannot."""
        for collection in (name for name, way in self.ways.items() if way == "plan"):
            target, _ = self.reader.resolve(Query(collection))
            for page in self.reader.pages(Query(collection)):
                for raw in page.records:
                    field = next((name for name, value in raw.data.items() if _odd(value)), None)
                    if field is not None:
                        yield _spoiled(target.set, raw, field)

    # --- the ways

    def _whole(self, way: str, query: Query, target: Target, number: int) -> _Found:
        """Read everything and keep a copy; a listing that did not end well leaves the old one."""
        head = Head(query.collection, self.index(), self.clock(), number)
        assert self.mirror is not None
        count = 0
        with self.mirror.rewrite(query, head) as part:

            def keep(raw: Raw, row: Mapping[str, Any]) -> None:
                part.add(raw.id, raw.version or "", row)

            for page in self.reader.pages(query, keep):
                count += len(page.records)
                part.good = page.complete
                yield page
        return f"{way}:first", count, count, 0

    def _scanned(
        self,
        query: Query,
        target: Target,
        codec: Codec,
        copy: Copy,
        known: dict[str, str],
        now: dict[str, str],
        number: int,
    ) -> _Found:
        wanted = _news(known, now)
        gone = known.keys() - now.keys()
        assert self.mirror is not None
        head = Head(query.collection, self.index(), copy.head.taken, number)
        with self.mirror.rewrite(query, head) as part:
            skip, made = wanted | gone, partial(record, target, codec)
            yield from self._kept(target, codec, copy, skip, part)
            for rows in self.reader.by_keys(target, sorted(wanted)):
                records = tuple(map(made, rows))
                for raw, row in zip(records, rows, strict=True):
                    part.add(raw.id, raw.version or "", row)
                yield Page(records, complete=False)
            part.good = True
            yield Page((), complete=True)
        return "versions", len(now), len(wanted), len(gone)

    def _overlay(
        self,
        query: Query,
        target: Target,
        codec: Codec,
        copy: Copy,
        changed: Mapping[str, dict[str, Any] | None],
        number: int,
    ) -> _Found:
        assert self.mirror is not None
        head = Head(query.collection, self.index(), copy.head.taken, number)
        total, made = 0, partial(record, target, codec)
        with self.mirror.rewrite(query, head) as part:
            for page in self._kept(target, codec, copy, changed.keys(), part):
                total += len(page.records)
                yield page
            rows = [selected(target, row) for row in changed.values() if row is not None]
            records = tuple(map(made, rows))
            for raw, row in zip(records, rows, strict=True):
                part.add(raw.id, raw.version or "", row)
            part.good = True
            yield Page(records, complete=True)
        return "plan", total + len(rows), len(rows), len(changed) - len(rows)

    def _kept(self, target: Target, codec: Codec, copy: Copy, skip: Any, part: Part) -> Iterator[Page]:
        """Pages of what the copy holds, some ids left out, each row kept again as it is."""
        held: list[Raw] = []
        made = partial(record, target, codec)
        for id, version, body in copy.rows():
            if id in skip:
                continue
            part.add(id, version, body)
            held.append(made(parse_json(body)))
            if len(held) == 500:
                yield Page(tuple(held), complete=False)
                held = []
        yield Page(tuple(held), complete=False)

    def _slice(self, query: Query, target: Target) -> _Found:
        assert self.mirror is not None
        copy = self.mirror.load(query, self.index())
        known = copy.versions() if copy is not None else {}
        now: dict[str, str] = {}
        with self.mirror.rewrite(query, Head(query.collection, self.index(), self.clock())) as part:

            def keep(raw: Raw, row: Mapping[str, Any]) -> None:
                now[raw.id] = digest(row)
                part.add(raw.id, now[raw.id], b"")

            for page in self.reader.pages(query, keep):
                part.good = page.complete
                yield page
        first = "slice:first" if copy is None else "slice"
        return first, len(now), len(_news(known, now)), len(known.keys() - now.keys())


def _news(known: Mapping[str, str], now: Mapping[str, str]) -> set[str]:
    return {id for id, version in now.items() if known.get(id) != version}


def _odd(value: Any) -> bool:
    if isinstance(value, tuple):
        return any(_odd(item) for row in value for item in row.values())
    return isinstance(value, str) and CONTROL.search(value) is not None


def _spoiled(collection: str, raw: Raw, field: str) -> Blocked:
    return Blocked(
        "packet_poisoned",
        "1C cannot send its changes: {field} of {set} {id} holds a character that XML does not know.",
        hint="Type the value anew in 1C without invisible characters; until then changes are found by versions.",
        field=field,
        set=collection,
        id=raw.id,
    )
