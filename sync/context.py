"""What a quiet pair stays quiet by, beside its rows and link; the rows of the last night, where they may be used."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ..mappings.model import SIDES, Kind, Side
from .intake import Intake
from .pair import EngineSettings, Pair
from .staging import Staging
from .store import Store
from .types import Link, Listing
from .world import WAITING

__all__ = ["RECEIPTS", "Context", "staging_of"]

#: How many of our last writes are looked up to see whether a side went back in time.
RECEIPTS = 10


@dataclass(frozen=True, slots=True)
class Context:
    """All that composing and comparing the records of a staged kind uses beside them and their link."""

    pair: Pair
    settings: EngineSettings
    identities: Mapping[Side, str]
    bindings: Mapping[Side, Mapping[str, str]]
    page: str
    links: Collection[Link]

    def digest(self, kind: Kind, intakes: Mapping[Side, Intake]) -> str:
        rules = (self.pair.kinds, self.settings.restore_book, self.pair.fingerprint, self.page)
        sides = [
            (
                self.identities[side],
                sorted(self.bindings[side].items()),
                sorted(intakes[side].absent),
                intakes[side].labels_for(kind.name),
            )
            for side in SIDES
        ]
        referred = {f.of for f in kind.fields}
        twins = sorted((link.kind, link.book, link.desk) for link in self.links if link.kind in referred)
        return hashlib.sha256(repr((_code(), rules, sides, twins)).encode()).hexdigest()


@cache
def _code() -> str:
    """Changes when another uchet may compose, compare or plan otherwise."""
    here = Path(__file__).parent
    found = hashlib.sha256()
    for file in sorted((*here.glob("*.py"), *(here.parent / "mappings").glob("*.py"))):
        found.update(file.read_bytes())
    return found.hexdigest()


def staging_of(pair: Pair, store: Store, finish: Callable[[Listing], Listing]) -> Staging | None:
    """The rows of the last night, if they may be used: not where somebody's name is not to be kept."""
    stage = None if store.forgotten(pair.name) else store.stage(pair.name)
    if stage is None or not stage.begin():
        return None
    now, head = store.head(pair.name), stage.meta("head")
    touched = store.since(pair.name, head) if head else None
    members = [(m.kind, m.book, m.desk) for d in store.drafts(pair.name, WAITING) for m in d.members]
    known = None if touched is None else [*touched, *members]
    return Staging(pair, store, stage, known, _watched(pair, store), now, finish)


def _watched(pair: Pair, store: Store) -> dict[Side, set[str]]:
    """Records by which a side shows that it is what it was."""
    found: dict[Side, set[str]] = {}
    for side in SIDES:
        state = store.side(pair.name, side)
        marks = {id for name, id in state.marks.items() if not name.startswith("@")} if state else set()
        found[side] = marks | {row.ref for row in store.receipts(pair.name, side, RECEIPTS) if row.ref}
    return found
