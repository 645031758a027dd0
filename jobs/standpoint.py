"""What a report or a form of both sides stands on: where it reads, and when."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from ..mappings.model import Side
from ..sync.pair import book_now
from ..sync.reconcile.reading import read_kinds
from ..sync.reconcile.types import Snapshot, Source
from .wiring import Wired

__all__ = ["Progress", "Standpoint", "lost"]

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Standpoint:
    """``now``: UTC; ``progress`` is told of each listing before it is read."""

    parts: Wired
    now: datetime
    progress: Progress

    @property
    def today(self) -> date:
        """Of the books' calendar."""
        return book_now(self.now, self.parts.engine.settings.zone).date()

    def read(self, kinds: Mapping[Side, Sequence[str]], day: date | None = None, since: date | None = None) -> Snapshot:
        """As ``read_kinds``."""
        parts = self.parts
        return read_kinds(parts.pair, parts.store, parts.engine.settings, self.now, kinds, day, since, self.progress)


def lost(snapshot: Snapshot) -> Iterator[Source]:
    """Sources that are not there whole; the others are told once, by the other reading."""
    yield from (one for one in snapshot.sources if one.failed or not one.complete)
