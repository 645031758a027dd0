"""The rows of one source that were not there last night: digest by digest, nothing else is decoded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from xxhash import xxh3_64_intdigest

from ..connectors.base import Query, Rows, Undecoded
from ..mappings.compose import key_of
from ..mappings.system import KindMap, Source
from .intake import Intake
from .store import Known, Stage

__all__ = ["Sieve", "Taken"]


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
            at = np.minimum(np.searchsorted(self.known.digests, digests), len(self.seen) - 1)
            hit = self.known.digests[at] == digests
            self.seen[at[hit]] = True
            new = np.flatnonzero(~hit)
        rows = {int(digests[n]): page.rows[n] for n in new.tolist()}
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
            digests = np.array(list(self.fresh), np.uint64)
            numbers = np.array(list(self.fresh.values()), np.int64)
            digests = np.concatenate([self.known.digests[self.seen], digests])
            numbers = np.concatenate([self.known.rows[self.seen], numbers])
            order = np.argsort(digests)
            self.stage.settle(Known(self.known.source, digests[order], numbers[order]), gone)
        count = int(self.seen.sum()) + len(self.ids)
        return Taken(self.known.source, self.query, frozenset(vanished | self.ids), count, complete, came)
