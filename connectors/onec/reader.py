"""Listings that lose no row while others write.

1C pages only by ``$skip``, so a record removed or renamed between two pages moves the next page and hides a row
(measured: 82 of 87 rows came). Therefore rows are told apart by key, and after a listing of several pages the keys
alone are read again in far larger pages: one request is one query and hence a true list of what exists, several must
agree twice running. Rows that were missed are fetched by key. A listing that never settles is given as incomplete.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from decimal import Decimal
from functools import partial
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import msgspec
import structlog

from ...errors import Retry
from ..ahead import ahead
from ..base import Page, Query, Raw, Rows
from . import url
from .answers import Answers
from .asking import divided, joined
from .conditions import QUERY_LIMIT, Fields, batches
from .metadata import Index
from .query import Target, resolve, row_id
from .seen import Listed, unseen, within
from .shapes import Bare, Decode, keys, packed, shape, split, undecoded, unpacked
from .transport import Transport
from .values import Codec

__all__ = ["Reader", "record", "selected"]

log = structlog.get_logger(__name__)

#: Passes over the keys before a listing that keeps moving is called incomplete.
ROUNDS = 5
#: A page of keys alone weighs about a twelfth of a page of records (measured), so it may hold far more of them.
KEY_PAGES = 20
#: Told of a record and of the row it came as.
Keep = Callable[[Raw, Mapping[str, Any]], None]
T = TypeVar("T", Raw, Bare)


class Reader:
    """Reads what the index of ``catalogue()`` publishes: ``page_size`` records a request, ``connections`` at once."""

    def __init__(
        self,
        transport: Transport,
        catalogue: Callable[[], tuple[Index, Codec]],
        zone: ZoneInfo,
        page_size: int,
        connections: int = 1,
    ) -> None:
        self._transport = transport
        self._catalogue = catalogue
        self._zone = zone
        self._size = page_size
        self._connections = connections
        #: What the base was found to do (``answers.py``).
        self.answers = Answers()

    def pages(self, query: Query, keep: Keep | None = None) -> Iterator[Page]:
        """The listing; only the last page may be complete. ``keep`` is told of every row as it came."""
        pieces, wanted = divided(self._catalogue()[0], query, self._zone, self.answers)
        if len(pieces) == 1 and wanted is None:
            yield from self._pages(pieces[0], keep)
            return
        known: set[str] = set()
        complete = True
        kept = None if keep is None else lambda raw, row: keep(raw, row) if wanted is None or wanted(raw) else None
        for number, piece in enumerate(pieces, 1):
            last = False
            for page in joined(self._pages(piece, kept), known):
                last = page.complete
                records = page.records if wanted is None else tuple(filter(wanted, page.records))
                yield Page(records, complete=last and complete and number == len(pieces))
            complete = complete and last

    def _pages(self, query: Query, keep: Keep | None) -> Iterator[Page]:
        target, codec = self.resolve(query)
        if not target.order:
            yield Page(self._whole(target, codec, keep), complete=True)
            return
        typed = _shape(target, codec, keep)
        for fresh, complete in self._listing(target, codec, typed, partial(record, target, codec), keep):
            yield Page(tuple(fresh), complete)

    def rows(self, query: Query) -> Iterator[Rows] | None:
        """The same listing with its rows as they came. ``None`` where it is asked for in pieces or sifted after."""
        pieces, wanted = divided(self._catalogue()[0], query, self._zone, self.answers)
        return self._rows(query) if len(pieces) == 1 and wanted is None else None

    def _rows(self, query: Query) -> Iterator[Rows]:
        target, codec = self.resolve(query)
        if not target.order:
            rows = self._transport.rows(target.path, _query(target), what=target.collection, decode=split)
            yield Rows([row if isinstance(row, msgspec.Raw) else packed(row) for row in rows], complete=True)
            return
        typed = undecoded if target.key == ("Ref_Key",) else None

        def made(row: Mapping[str, Any]) -> Bare:
            return Bare(record(target, codec, row).id, packed(row))

        for fresh, complete in self._listing(target, codec, typed, made):
            yield Rows([row.body for row in fresh], complete)

    def decoded(self, query: Query, rows: Iterable[bytes]) -> list[Raw]:
        """The records of such rows."""
        target, codec = self.resolve(query)
        found = [record(target, codec, unpacked(row)) for row in rows]
        bare = target.order or target.entity.key
        return found if bare else [msgspec.structs.replace(raw, data=_zeros(target, raw.data)) for raw in found]

    def _listing(
        self,
        target: Target,
        codec: Codec,
        typed: Decode[T] | None,
        made: Callable[[Mapping[str, Any]], T],
        keep: Keep | None = None,
    ) -> Iterator[tuple[list[T], bool]]:
        """The typed rows of each page, what ``made`` makes of others, no row twice, and whether that was all."""
        seen: dict[str, None] = {}
        for requests, rows in enumerate(self._pass(target, self._size, typed), 1):
            fresh = self._fresh(made, rows, seen, keep)
            if requests == 1 and len(rows) < self._size:
                yield fresh, True
                return
            yield fresh, False
        yield from self._settle(target, codec, seen, made, keep)

    def resolve(self, query: Query) -> tuple[Target, Codec]:
        """What a query asks for, and how its rows are read."""
        index, codec = self._catalogue()
        return resolve(index, query, self._zone), codec

    def versions(self, target: Target, size: int) -> dict[str, str] | None:
        """Key → ``DataVersion`` of every object, in one request where ``size`` holds them all. ``None`` where several
        pages did not agree twice running: then nobody knows what there is."""
        keys_only, before = replace(target, select=("Ref_Key", "DataVersion")), None
        for _ in range(ROUNDS):
            pages = list(self._pass(keys_only, size))
            now = {str(row["Ref_Key"]).lower(): str(row["DataVersion"]) for page in pages for row in page}
            if len(pages) == 1 or now == before:
                return now
            before = now
        return None

    def by_keys(self, target: Target, keys: Iterable[str]) -> Iterator[list[dict[str, Any]]]:
        """Objects by ``Ref_Key``, as many in a request as the web server's limit on addresses allows."""
        index, _ = self._catalogue()
        fields = Fields(index, target.entity, target.collection)
        # Cyrillic names weigh six times their letters in an address: long lists of them leave no room for keys.
        bare = replace(target, select=()) if _room(target) < QUERY_LIMIT // 2 else target
        for condition in batches(fields, "Ref_Key", keys, target.filter, _room(bare)):
            asked = _query(replace(bare, filter=condition))
            rows = self._transport.rows(target.path, asked, what=target.collection)
            yield rows if bare is target else [selected(target, row) for row in rows]

    def _whole(self, target: Target, codec: Codec, keep: Keep | None) -> tuple[Raw, ...]:
        """A virtual table or record sets in one request; rows that only look alike stay apart by a running number."""
        rows = self._transport.rows(target.path, _query(target), what=target.collection)
        found: dict[str, Raw] = {}
        for row in rows:
            raw = record(target, codec, row)
            if not target.entity.key:
                raw = msgspec.structs.replace(raw, data=_zeros(target, raw.data))
            name, number = raw.id, 1
            while raw.id in found:
                number += 1
                raw = msgspec.structs.replace(raw, id=f"{name}#{number}")
            found[raw.id] = raw
            if keep is not None:
                keep(raw, row)
        return tuple(found.values())

    def _pass(self, target: Target, size: int, typed: Decode[Any] | None = None) -> Iterator[list[Any]]:
        """Pages until a short one. Two pages running of nothing but the rows of the one before end it too, with a full
        last page: such a server does not heed ``$skip``."""
        stale = 0
        before: Sequence[Any] = ()

        def ask(number: int) -> list[Any]:
            asked = _query(target, size, number * size)
            return self._transport.rows(target.path, asked, what=target.collection, decode=typed)

        for rows in ahead(ask, self._connections):
            yield rows
            if len(rows) < size:
                return
            now = _identities(target, rows)
            stale = stale + 1 if within(now, before) else 0
            if stale == 2:
                return
            before = now

    def _settle(
        self,
        target: Target,
        codec: Codec,
        seen: dict[str, None],
        made: Callable[[Mapping[str, Any]], T],
        keep: Keep | None,
    ) -> Iterator[tuple[list[T], bool]]:
        size, keys_only = self._size * KEY_PAGES, replace(target, select=target.key)
        typed = keys if target.key == ("Ref_Key",) else None
        known = seen.keys()
        before: AbstractSet[str] = known
        for _ in range(ROUNDS):
            listed = Listed(known)
            pages = last = 0
            for rows in self._pass(keys_only, size, typed):
                pages, last = pages + 1, len(rows)
                listed.add(_ids(target, codec, rows))
            now = listed.ids()
            # What is still unseen has gone meanwhile, unless the rows had to be looked for by another pass.
            settled = last < size and (pages == 1 or now is before or now == before)
            missing = set() if now is known else now - known
            if missing:
                log.debug("rows_missed", set=target.set, count=len(missing))
            for rows in self._missed(target, missing):
                fresh = self._fresh(made, rows, seen, keep)
                if fresh:
                    yield fresh, False
            if settled and (target.key == ("Ref_Key",) or now <= known):
                yield [], True
                return
            before = now
        log.warning("listing_never_settled", set=target.set)
        yield [], False

    def _missed(self, target: Target, missing: AbstractSet[str]) -> Iterator[list[dict[str, Any]]]:
        if target.key != ("Ref_Key",):
            if missing:
                yield from self._pass(target, self._size)
            return
        yield from self.by_keys(target, sorted(missing))

    def _fresh(
        self, made: Callable[[Mapping[str, Any]], T], rows: list[Any], seen: dict[str, None], keep: Keep | None
    ) -> list[T]:
        if _typed(rows):
            return unseen(rows, seen)
        found = []
        for row in rows:
            one = made(row)
            if one.id not in seen:
                seen[one.id] = None
                found.append(one)
                if keep is not None and isinstance(one, Raw):
                    keep(one, row)
        return found


def _typed(rows: list[Any]) -> bool:
    """Whether a page fitted its shape: a page comes whole either so or as dictionaries."""
    return bool(rows) and not isinstance(rows[0], dict)


def selected(target: Target, row: Mapping[str, Any]) -> dict[str, Any]:
    """A row that came whole, as the listing would give it."""
    wanted = {name.partition("/")[0] for name in target.select}
    return {name: value for name, value in row.items() if name in wanted} if wanted else dict(row)


def record(target: Target, codec: Codec, row: Mapping[str, Any]) -> Raw:
    """One row as a record. Raises ``Retry`` for a row without its key: the answer is not what was asked for."""
    data = codec.decode(target.entity, row)
    if target.order and not all(name in data for name in target.key):
        raise Retry("answer_broken", "The answer of 1C came broken.")
    version = data.get("DataVersion")
    return Raw(
        target.collection,
        row_id(target, data),
        str(version) if version else None,
        data,
        retired=data.get("DeletionMark") is True,
    )


def _shape(target: Target, codec: Codec, keep: Keep | None) -> Decode[Raw] | None:
    """Typed reading of a listing, where its fields are named and nobody wants the rows as they came."""
    if keep is not None or target.key != ("Ref_Key",) or not target.select:
        return None
    return shape(codec, target.entity, target.collection, target.select)


def _identities(target: Target, rows: list[Any]) -> Sequence[Any]:
    """What tells rows apart, as it came where they are dictionaries."""
    if not _typed(rows):
        return [tuple(row.get(name) for name in target.key) for row in rows]
    return rows if isinstance(rows[0], str) else [row.id for row in rows]


def _ids(target: Target, codec: Codec, rows: list[Any]) -> list[str]:
    """The ids of a page of keys alone."""
    return rows if _typed(rows) else [row_id(target, codec.decode(target.entity, row)) for row in rows]


def _zeros(target: Target, data: Mapping[str, Any]) -> dict[str, Any]:
    """Numbers that a row of balances leaves out mean zero (measured)."""
    wanted = target.select or tuple(target.entity.properties)
    numbers = {
        p.name: Decimal(0) for p in target.entity.properties.values() if p.type == "Edm.Double" and p.name in wanted
    }
    return {**numbers, **{name: value for name, value in data.items() if value is not None or name not in numbers}}


def _room(target: Target) -> int:
    """What is left of the web server's limit for the condition, once the fields are named."""
    return QUERY_LIMIT - len(_query(replace(target, filter="")))


def _query(target: Target, top: int | None = None, skip: int = 0) -> str:
    values = {}
    if target.select:
        values["_select"] = ",".join(target.select)
    if target.filter:
        values["_filter"] = target.filter
    if top is not None:
        values["_orderby"] = ",".join(target.order)
        values["_top"] = str(top)
        values["_skip"] = str(skip)
    mine = url.options(**values)
    return "&".join(part for part in (target.query, mine) if part)
