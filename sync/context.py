"""What a quiet pair stays quiet by, beside its rows and link; the rows of the last night, where they may be used."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ..connectors.base import Description
from ..mappings.model import SIDES, Kind, Side
from .intake import Intake
from .pair import EngineSettings, LinkIndex, Pair
from .staging import Staging
from .store import Store
from .types import Listing
from .world import WAITING

__all__ = ["RECEIPTS", "Context", "staging_of"]

#: How many of our last writes are looked up to see whether a side went back in time.
RECEIPTS = 10


@dataclass(frozen=True, slots=True)
class Context:
    """All that composing and comparing the records of a staged kind uses beside them and their link."""

    pair: Pair
    settings: EngineSettings
    descriptions: Mapping[Side, Description]
    bindings: Mapping[Side, Mapping[str, str]]
    page: str

    def digest(self, kind: Kind, intakes: Mapping[Side, Intake], index: LinkIndex) -> str:
        """``index``: the links of the kinds that this one refers to, those found tonight among them."""
        rules = ([_rule(one) for one in self.pair.kinds], sorted(self.settings.restore_book), self.pair.fingerprint)
        twins = index.pairs({f.of for f in kind.fields if f.of})
        sides = [self._side(kind, intakes[side]) for side in SIDES]
        return hashlib.sha256(repr((rules, self.page, sides, twins)).encode()).hexdigest()

    def _side(self, kind: Kind, intake: Intake) -> tuple[object, ...]:
        described = self.descriptions[intake.side]
        read = {source.collection for source in intake.system.kinds[kind.name].sources}
        return (
            _code(type(intake.connector)),
            described.identity,
            [(name, sorted(described.collections.get(name, {}).items())) for name in sorted(read)],
            sorted(self.bindings[intake.side].items()),
            sorted(intake.absent),
            intake.labels_for(kind.name),
        )


def _rule(kind: Kind) -> tuple[object, ...]:
    """``kind`` in a form that is the same in every process."""
    sets = (kind.creates, kind.retires, kind.lonely)
    return (kind.name, kind.fields, kind.keys, kind.label, kind.scope, kind.final, *(sorted(one) for one in sets))


@cache
def _code(connector: type) -> str:
    """Changes when another uchet, or another connector, may decode, compose, compare or plan otherwise."""
    root, own = Path(__file__).parent.parent, getattr(sys.modules.get(connector.__module__), "__file__", None)
    files = {file for room in ("sync", "mappings", "connectors") for file in (root / room).rglob("*.py")}
    if own is not None:
        files |= {*Path(own).parent.glob("*.py")}
    found = hashlib.sha256()
    for file in sorted(files):
        found.update(file.read_bytes())
    return found.hexdigest()


def staging_of(pair: Pair, store: Store, finish: Callable[[Listing], Listing]) -> Staging | None:
    """The rows of the last night, if they may be used: not where somebody's name is not to be kept."""
    stage = None if store.forgotten(pair.name) else store.stage(pair.name)
    if stage is None or not stage.begin():
        return None
    now, head = store.head(pair.name), stage.meta("head")
    touched = store.since(pair.name, head) if head else None
    members = {(m.kind, m.book, m.desk) for d in store.drafts(pair.name, WAITING) for m in d.members}
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
