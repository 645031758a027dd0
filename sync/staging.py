"""Which records of a large kind must be looked at tonight: the others are as they were when nothing was to do.

Rows are compared as they came, by digest, with those of the last night that ended; only new ones are decoded. A pair is
*quiet* when both records were there and planning had nothing to write, ask, draft or agree on. A quiet pair stays so
while its rows, its link and everything that composing and comparing them uses beside stay the same (``context``; what
happened to links is read from the audit). So the plan for the others is the plan for all: see ``examine`` in plan.py.
Records without a twin are never quiet, nor are those who could be taken for them while one of them is looked for.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import TYPE_CHECKING, Any

from ..connectors.base import Undecoded
from ..errors import Retry
from ..i18n import N_
from ..mappings.model import SIDES, Kind, Ref, Side, Value
from ..mappings.system import KindMap, Source
from .intake import PASSING, Intake
from .lazy import Records
from .match import keys_of
from .pair import Pair
from .store import BesideError, Past, Stage, Store
from .types import UNIT, Link, Listing, Record

if TYPE_CHECKING:
    from .sieve import Taken

__all__ = ["Quiet", "Staging", "staged_kinds"]

#: Rules by which a record says what its rows, keys and labels say, and nothing else (no day, no other record).
_RULES = frozenset({"plain", "fixed_asset"})
#: Records composed at a time.
_PIECE = 500
#: Pairs that need nothing: kind, book id, desk id.
Quiet = Collection[tuple[str, str, str]]


def staged_kinds(pair: Pair) -> tuple[Kind, ...]:
    """Kinds that both sides keep, that no other such kind refers to and none shows by name, composed by a rule that
    looks at the record alone."""
    maps = (pair.book_map.kinds, pair.desk_map.kinds)
    merged = [kind for kind in pair.kinds if all(kind.name in kinds for kinds in maps)]
    referred = {f.of for kind in merged for f in kind.fields}
    referred |= {f.label_of for kinds in maps for mapped in kinds.values() for f in mapped.fields.values()}
    staged = [kind for kind in merged if all(kinds[kind.name].rule in _RULES for kinds in maps)]
    return tuple(kind for kind in staged if kind.name not in referred)


@dataclass(frozen=True, slots=True)
class _Side:
    """One kind on one side as read tonight, nothing of it composed yet."""

    intake: Intake
    mapped: KindMap
    sources: Mapping[str, Taken]

    @property
    def main(self) -> Taken:
        return self.sources[self.mapped.main.name]

    @property
    def changed(self) -> set[str]:
        return {id for taken in self.sources.values() for id in taken.changed}


@dataclass(slots=True)
class Staging:
    """The staged kinds of one planning. ``touched``: links that people or earlier runs changed since the stage was kept
    (``None``: nobody knows); ``watched``: ids per side that must be looked at; ``links`` grows with what was read."""

    pair: Pair
    store: Store
    stage: Stage
    touched: Collection[tuple[str, str | None, str | None]] | None
    watched: Mapping[Side, Collection[str]]
    #: Where the audit stood before anything was read: what happens to a link from then on is for the next night to see.
    head: str
    finish: Callable[[Listing], Listing]
    links: list[Link] = field(default_factory=list)
    contexts: dict[str, str] = field(default_factory=dict)
    #: Whether what was read may be kept: a listing that was cut proves nothing.
    whole: bool = True
    _found: dict[str, dict[Side, Listing]] = field(default_factory=dict)
    _ids: dict[tuple[str, Side], set[str] | None] = field(default_factory=dict)

    # -- reading ----------------------------------------------------------------------------------------------------

    def read(
        self, kind: Kind, intakes: Mapping[Side, Intake], context: str, pieces: Iterable[Record] = ()
    ) -> dict[Side, Listing]:
        """Both listings of ``kind``, composed as far as anybody must look; the rest when somebody does. ``pieces``:
        records of another origin that will be added to them, and are looked at every night."""
        if not all(_plain(intakes[side], kind.name) for side in SIDES):
            self.links += self.store.links(self.pair.name, kind.name)
            read = {side: intakes[side].load(kind.name) for side in SIDES}
            return {side: listing for side, listing in read.items() if listing is not None}
        sides = dict(zip(SIDES, self._both(kind, intakes), strict=True))
        there = {side: one for side, one in sides.items() if one is not None}
        self.contexts[f"context {kind.name}"] = context
        known = self.touched is not None and context == self.stage.meta(f"context {kind.name}")
        self.whole &= len(there) == len(SIDES) and all(one.main.complete for one in there.values())
        if known and self.whole:
            found = self._part(kind, there, pieces)
        else:
            self.links += self.store.links(self.pair.name, kind.name)
            found = {side: self.finish(self._composed(one, None)) for side, one in there.items()}
            self._ids |= {(kind.name, side): None for side in there}
        self._found[kind.name] = found
        return found

    def _both(self, kind: Kind, intakes: Mapping[Side, Intake]) -> Iterator[_Side | None]:
        asked = [(kind.name, intakes[side]) for side in SIDES]
        if max(intake.connector.capabilities.connections for _, intake in asked) == 1:
            yield from (self._side(*one) for one in asked)
            return
        with ThreadPoolExecutor(len(asked), thread_name_prefix="side") as pool:
            yield from pool.map(lambda one: self._side(*one), asked)

    def _side(self, kind: str, intake: Intake) -> _Side | None:
        """Registers before the catalogue they describe, as ``Intake.load`` does."""
        mapped = intake.system.kinds[kind]
        registers = mapped.sources[:0:-1]
        width = intake.connector.capabilities.connections
        try:
            with ThreadPoolExecutor(width, thread_name_prefix="source") as pool:
                found = pool.map(lambda source: self._take(intake, mapped, source), registers)
                taken = {source.name: one for source, one in zip(registers, found, strict=True)}
            taken[mapped.main.name] = self._take(intake, mapped, mapped.main)
        except PASSING as error:
            intake.failed(kind, error)
            return None
        return _Side(intake, mapped, taken)

    def _take(self, intake: Intake, mapped: KindMap, source: Source) -> Taken:
        """Read one source and bring its stage up to date. A cut main listing is incomplete, a cut register is none."""
        query = intake.query(source)
        asked = repr((query.collection, query.fields, sorted(query.where.items()), sorted(query.params)))
        name = f"{intake.side}|{mapped.kind}|{source.name}"
        from .sieve import Sieve  # it brings numpy, which commands that read no rows do without

        sieve = Sieve(self.stage, self.stage.known(name, asked), intake, mapped, source, query)
        complete = False
        try:
            for page in sieve.connector.undecoded(query) or ():
                sieve.take(page)
                complete = page.complete
        except PASSING as error:
            if source is not mapped.main:
                raise
            intake.failed(mapped.kind, error)
            complete = False
        if not complete and source is not mapped.main:
            template = "The listing of {collection} is incomplete."
            raise Retry("source_incomplete", template, collection=source.collection)
        return sieve.end(complete)

    # -- composing --------------------------------------------------------------------------------------------------

    def _composed(self, side: _Side, ids: Collection[str] | None, without: Collection[str] = ()) -> Listing:
        """The records ``ids`` (all: ``None``) out of their staged rows, ``without`` some. Of those that are named, some
        are composed at a time: their rows need not be held together."""
        wanted = side.main.came if ids is None else ids
        if wanted is None:
            return self._piece(side, None, without)
        order = sorted(wanted)
        pieces = [self._piece(side, order[at : at + _PIECE], without) for at in range(0, max(len(order), 1), _PIECE)]
        records = {id: record for piece in pieces for id, record in piece.records.items()}
        return replace(pieces[0], records=records, bad=frozenset().union(*(piece.bad for piece in pieces)))

    def _piece(self, side: _Side, wanted: Collection[str] | None, without: Collection[str]) -> Listing:
        decode = side.intake.connector.decoded  # type: ignore[attr-defined]  # only such connectors are staged
        parts: dict[str, dict[str, list[Mapping[str, Any]]]] = {}
        raws: dict[str, list[Any]] = {}
        for name, taken in side.sources.items():
            rows = [row for row in self.stage.bodies(taken.source, wanted) if row[0] not in without]
            for (id, _), raw in zip(rows, decode(taken.query, [body for _, body in rows]), strict=True):
                if name == side.mapped.main.name:
                    raws[id] = [raw]
                else:
                    parts.setdefault(id, {}).setdefault(name, []).append(raw.data)
        listing = side.intake.decode(side.mapped, raws, parts, side.main.complete)
        return replace(listing, read=side.main.count)

    def _part(self, kind: Kind, sides: Mapping[Side, _Side], pieces: Iterable[Record]) -> dict[Side, Listing]:
        ids: dict[Side, set[str]] = {}
        for side, one in sides.items():
            touched = {book if side == "book" else desk for k, book, desk in self.touched or () if k == kind.name}
            watched = {id for id in (*touched, *self.watched[side]) if id is not None}
            ids[side] = one.changed | self.stage.loud(kind.name, side) | watched
        linked = self._with_twins(kind, ids, UNIT)
        found = {side: self._composed(one, ids[side]) for side, one in sides.items()}
        looked = chain(pieces, *(one.records.values() for one in found.values()))
        for side, more in self._rivals(kind, looked, linked, ids).items():
            part, extra = found[side], self._composed(sides[side], more)
            found[side] = replace(part, records={**part.records, **extra.records}, bad=part.bad | extra.bad)
            ids[side] |= more
        self.links += self.store.links_about(self.pair.name, kind.name, ids["book"], ids["desk"], UNIT)
        self._ids |= {(kind.name, side): ids[side] for side in sides}
        return {side: self._lazy(kind, sides[side], listing, ids[side]) for side, listing in found.items()}

    def _with_twins(self, kind: Kind, ids: Mapping[Side, set[str]], prefix: str = "") -> set[tuple[Side, str]]:
        """Who of these records has a twin, the twins too: these are looked at as well, and added to ``ids``."""
        ends = self.store.ends_about(self.pair.name, kind.name, ids["book"], ids["desk"], prefix)
        ids["desk"].update(desk for _, desk in ends)
        ids["book"].update(book for book, _ in ends if not book.startswith(UNIT))
        return {one for book, desk in ends for one in (("book", book), ("desk", desk))}

    def _rivals(
        self, kind: Kind, looked: Iterable[Record], linked: Collection[tuple[Side, str]], ids: Mapping[Side, set[str]]
    ) -> dict[Side, set[str]]:
        """Records that carry a key of one without a twin, with their own twins: those that are not among ``ids``."""
        free = [record for record in looked if (record.side, record.id) not in linked]
        keys = {key for record in free for key in keys_of(kind, record)}
        more: dict[Side, set[str]] = {side: set() for side in SIDES}
        for side, id in self.stage.rivals(kind.name, keys):
            more["book" if side == "book" else "desk"].add(id)
        more = {side: more[side] - ids[side] for side in SIDES}
        self._with_twins(kind, more)
        return {side: more[side] - ids[side] for side in SIDES}

    def _lazy(self, kind: Kind, side: _Side, listing: Listing, ids: set[str]) -> Listing:
        still = Counter(dict(self.stage.scopes(kind.name, listing.side)))
        still.subtract(dict(self.stage.scopes(kind.name, listing.side, ids)))
        part = self.finish(listing).records
        records = Records(
            part,
            lambda id: id not in ids and not id.startswith(UNIT),
            lambda wanted: self._later(side, wanted, ids),
        )
        return replace(listing, records=records, part=part, still={_scope(s): n for s, n in still.items() if n})

    def _later(self, side: _Side, wanted: Collection[str] | None, without: Collection[str]) -> Mapping[str, Record]:
        try:
            return self.finish(self._composed(side, wanted, without)).records
        except BesideError as error:
            self.store.drop_stage(self.pair.name)
            template = "What both sides held last night can no longer be read from the disk; it is begun anew."
            raise Retry("rows_lost", template, hint=N_("Start the run again.")) from error

    def link(self, ref: Ref) -> Link | None:
        """The link of a record that was not looked at."""
        ids = self._ids.get((ref.kind, ref.side))
        if ids is None or ref.id in ids or ref.id.startswith(UNIT):
            return None
        return self.store.find_link(self.pair.name, ref.kind, ref.side, ref.id)

    # -- remembering ------------------------------------------------------------------------------------------------

    def keep(self, quiet: Quiet) -> None:
        """The run has ended well: what was read is what the next night is compared with."""
        with suppress(BesideError):  # then the night before is
            if self.whole:
                self._keep(quiet)
        self.stage.leave()

    def _keep(self, quiet: Quiet) -> None:
        for name, listings in self._found.items():
            kind = next(k for k in self.pair.kinds if k.name == name)
            for side, listing in listings.items():
                still = {book if side == "book" else desk for k, book, desk in quiet if k == name}
                looked = listing.part if listing.part is not None else listing.records
                loud = looked.keys() - still | listing.bad
                past = [_past(kind, r, r.id in loud) for r in looked.values() if not r.id.startswith(UNIT)]
                bad = [Past(id, True, None, ()) for id in listing.bad if id not in looked]
                ids = self._ids[name, side]
                self.stage.note(name, side, [*past, *bad], ids)
        self.stage.keep({**self.contexts, "head": self.head})


def _plain(intake: Intake, kind: str) -> bool:
    """Whether all sources of ``kind`` can be read as rows, none of them out of a connector's own copy."""
    mapped = intake.system.kinds[kind]
    connector = intake.connector
    if not isinstance(connector, Undecoded) or intake.skipped(mapped.main):
        return False
    return all(connector.undecoded(intake.query(source)) is not None for source in mapped.sources)


def _past(kind: Kind, record: Record, loud: bool) -> Past:
    value = record.values.get(kind.scope) if kind.scope else None
    scope = [value.side, value.kind, value.id] if isinstance(value, Ref) else None
    return Past(record.id, loud, None if record.retired else json.dumps(scope), sorted(keys_of(kind, record)))


def _scope(text: str) -> Value:
    parts = json.loads(text)
    return Ref(*parts) if parts else None
