"""The rows of one source that were not there last night: digest by digest, nothing else is decoded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from xxhash import xxh3_64_intdigest

from ..connectors.base import Query, Rows, Undecoded
from ..mappings.compose import key_of
from ..mappings.system import KindMap, Source
from .intake import Intake
from .store import Known, Stage

if TYPE_CHECKING:
    from .store.stage import Digests, Numbers

__all__ = ["Sieve", "Taken"]

#: Digests written down at a time.
_PIECE = 1 << 16


@dataclass(frozen=True, slots=True)
class Taken:
    """One source as read tonight. ``changed``: records with a new or a vanished row; ``came``: those that have a row of
    a listing that was cut."""

    source: int
    query: Query
    changed: frozenset[str]
    count: int
    complete: bool
    came: frozenset[str] | None = None


class Sieve:
    """Lets through the rows of one source that were not there last night."""

    def __init__(
        self, stage: Stage, known: Known, intake: Intake, mapped: KindMap, source: Source, query: Query
    ) -> None:
        assert isinstance(intake.connector, Undecoded)
        self.connector: Undecoded = intake.connector
        self.stage, self.known, self.intake, self.query = stage, known, intake, query
        self.mapped, self.source = mapped, source
        self.seen = np.zeros(len(known.digests), bool)
        self.fresh: dict[int, int] = {}
        self.ids: set[str] = set()

    def take(self, page: Rows) -> None:
        self.intake.noted(self.mapped.kind, page)
        digests = np.fromiter(map(xxh3_64_intdigest, page.rows), np.uint64, len(page.rows))
        new = np.arange(len(digests))
        if len(self.seen):
            order = np.argsort(digests)
            sought = digests[order]  # in order, the search goes through memory in one direction
            at = np.minimum(np.searchsorted(self.known.digests, sought), len(self.seen) - 1)
            hit = self.known.digests[at] == sought
            self.seen[at[hit]] = True
            new = np.sort(order[~hit])
        rows = {int(digests[n]): bytes(page.rows[n]) for n in new.tolist()}
        self._add({digest: row for digest, row in rows.items() if digest not in self.fresh})

    def _add(self, rows: Mapping[int, bytes]) -> None:
        if not rows:
            return
        raws = self.connector.decoded(self.query, rows.values())
        main = self.source is self.mapped.main
        ids = [raw.id if main else key_of(self.source, raw.data) for raw in raws]
        numbers = self.stage.add(self.known.source, list(zip(ids, rows.values(), strict=True)))
        self.fresh.update(zip(rows, map(int, numbers), strict=True))
        self.ids.update(ids)

    def end(self, complete: bool) -> Taken:
        """Bring the stage up to date. Of a cut listing nothing has vanished but what was replaced."""
        gone, came = self.known.rows[~self.seen], None
        vanished = self.stage.records_of(gone)
        if not complete:
            gone = np.array([n for n in gone if self.stage.records_of(np.array([n])) <= self.ids], np.int64)
            came = frozenset(self.stage.records_of(self.known.rows[self.seen]) | self.ids)
        if self.fresh or len(gone):
            self.stage.settle(self.known.source, self._pieces(), gone)
        count = int(self.seen.sum()) + len(self.ids)
        return Taken(self.known.source, self.query, frozenset(vanished | self.ids), count, complete, came)

    def _pieces(self) -> Iterator[tuple[Digests, Numbers]]:
        """What the source consists of tonight, in order. A million rows are 16 MB: no copy more than must be."""
        fresh = sorted(self.fresh.items())
        held = int(self.seen.sum())
        digests, rows = np.empty(held + len(fresh), np.uint64), np.empty(held + len(fresh), np.int64)
        np.compress(self.seen, self.known.digests, out=digests[:held])
        np.compress(self.seen, self.known.rows, out=rows[:held])
        digests[held:], rows[held:] = [digest for digest, _ in fresh], [number for _, number in fresh]
        order = np.argsort(digests, kind="stable")  # it sees that these are two runs in order already
        for start in range(0, len(order), _PIECE):
            part = order[start : start + _PIECE]
            yield digests[part], rows[part]
