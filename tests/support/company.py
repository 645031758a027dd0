"""A model company for the laws: two hostile sides, a store, people at work, and an oracle that asks only the sides."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from hostile import KINDS, Crash, HostileSide, system

from uchet.mappings.model import Side
from uchet.sync.engine import Engine
from uchet.sync.pair import EngineSettings, GuardLimits, Pair
from uchet.sync.store import Store
from uchet.sync.types import Run

OPEN_GUARD = GuardLimits(change_share=1, retire_share=1, change_max=10**6, retire_max=10**6, source_share=0)


def cut(text: str) -> str:
    """What the desk makes of a text: trimmed, at most eight characters."""
    return text.strip()[:8]


@dataclass(frozen=True)
class Edit:
    """The last thing a person wrote into a field of a record."""

    side: Side
    kind: str
    id: str
    name: str
    value: Any


class Company:
    """``guard`` off by default: everything is approved, as the laws ask. Each look at the clock takes a minute."""

    def __init__(self, seed: int = 0, guard: GuardLimits = OPEN_GUARD, fingerprint: str = "1") -> None:
        self.book = HostileSide("book", own_key=True, seed=seed)
        self.desk = HostileSide("desk", own_key=False, seed=seed + 1, store_as=cut)
        self.store = Store.open(":memory:")
        self.settings = EngineSettings(guard=guard, kinds=tuple(k.name for k in KINDS))
        self.now = datetime(2026, 2, 10, 1, 0, tzinfo=UTC)
        self.fingerprint = fingerprint
        self.edits: dict[tuple[Side, str, str, str], Edit] = {}
        self.removed: set[tuple[Side, str, str]] = set()

    def clock(self) -> datetime:
        self.now += timedelta(minutes=1)
        return self.now

    def side(self, side: Side) -> HostileSide:
        return self.book if side == "book" else self.desk

    def engine(self) -> Engine:
        maps = [system(s, self.fingerprint) for s in ("book", "desk")]  # type: ignore[arg-type]
        pair = Pair("laws", self.book, self.desk, maps[0], maps[1], KINDS)
        return Engine(pair, self.store, self.settings, clock=self.clock, sleep=lambda seconds: None)

    # -- runs -------------------------------------------------------------------------------------------------------

    def sync(self) -> Run:
        """One run with everything approved."""
        run = self.engine().run()
        if run.outcome == "blocked" and run.plan:
            self.store.approve(run.plan, by="person")
            run = self.engine().apply(run.plan)
        return run

    def crash(self) -> bool:
        """One run that may be killed; true if it was."""
        try:
            self.sync()
        except Crash:
            self.unlock()
            return True
        return False

    def unlock(self) -> None:
        """A killed process leaves its lock behind; it expires."""
        self.now += timedelta(hours=1)

    def settle(self, runs: int = 3) -> Run:
        """Runs without trouble, enough for everything that was postponed to go through."""
        for side in (self.book, self.desk):
            side.trouble = type(side.trouble)()
        for _ in range(runs):
            run = self.sync()
        return run

    # -- people -----------------------------------------------------------------------------------------------------

    def add(self, side: Side, kind: str, data: dict[str, Any]) -> str:
        id = self.side(side).add(kind, data)
        for name in data:
            self._note(side, kind, id, name)
        return id

    def edit(self, side: Side, kind: str, id: str, name: str, value: Any) -> None:
        self.side(side).edit(kind, id, name, value)
        self._note(side, kind, id, name)

    def remove(self, side: Side, kind: str, id: str) -> None:
        self.side(side).remove(kind, id)
        self.removed.add((side, kind, id))

    def _note(self, side: Side, kind: str, id: str, name: str) -> None:
        value = self.side(side).rows[kind][id].data[name]
        self.edits[(side, kind, id, name)] = Edit(side, kind, id, name, value)

    # -- the oracle -------------------------------------------------------------------------------------------------

    def writes(self) -> int:
        return len(self.book.writes) + len(self.desk.writes)

    def canonical(self) -> dict[str, Any]:
        """Both sides and the links with ids replaced by names: what two histories are compared by."""
        links = sorted(
            (one.kind, self._name("book", one.kind, one.book), self._name("desk", one.kind, one.desk))
            for one in self.store.links("laws")
        )
        issues = sorted(
            (r.issue.code, self._name("book", r.issue.kind, r.issue.book)) for r in self.store.issues("laws")
        )
        return {"book": self._side("book"), "desk": self._side("desk"), "links": links, "issues": issues}

    def _name(self, side: Side, kind: str, id: str | None) -> str:
        row = self.side(side).rows.get(kind, {}).get(id or "")
        return f"{row.data.get('name')}" if row else "-"

    def _side(self, side: Side) -> list[Any]:
        rows = self.side(side).rows
        out = []
        for kind, records in rows.items():
            for row in records.values():
                data = {n: v for n, v in row.data.items() if n not in ("notes", "room")}
                out.append(
                    (
                        kind,
                        self._name(side, "room", row.data.get("room")),
                        tuple(sorted((n, str(v)) for n, v in data.items())),
                    )
                )
        return sorted(out)


@dataclass
class Verdicts:
    """Collects what an oracle found wrong, so that a failing law says all of it."""

    wrong: list[str] = field(default_factory=list)

    def expect(self, holds: bool, text: Callable[[], str] | str) -> None:
        if not holds:
            self.wrong.append(text if isinstance(text, str) else text())

    def check(self) -> None:
        assert not self.wrong, "\n".join(self.wrong)
