"""A model company for the laws: two hostile sides, a store, people at work, and a ledger that asks only the sides."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from hostile import KINDS, Crash, HostileSide, Trouble, system
from ledger import Ledger, Snapshot
from parts import seen
from sqlalchemy import Connection

from uchet.errors import Reject
from uchet.mappings.model import Side
from uchet.sync.engine import Engine
from uchet.sync.pair import EngineSettings, GuardLimits, Pair
from uchet.sync.store import Stage, Store
from uchet.sync.types import Link, Plan, Run, Verdict

OPEN_GUARD = GuardLimits(change_share=1, retire_share=1, change_max=10**6, retire_max=10**6, source_share=0)
#: Limits that a company of ten things meets every few nights.
TIGHT_GUARD = GuardLimits(
    change_share=0.5, change_from=3, change_max=6, retire_share=0.2, retire_from=2, retire_max=3, source_share=0
)
PAIR = "laws"


# -- what each side makes of a value -------------------------------------------------------------------------------


def cut(text: str) -> str:
    """What the desk makes of a label: trimmed, at most eight characters."""
    return text.strip()[:8]


def shout(text: str) -> str:
    """What the desk makes of a name: capitals, no ё."""
    return text.strip().upper().replace("Ё", "Е")


def rounded(value: Any) -> Any:
    """What the desk makes of a sum of money: one place is enough for it."""
    try:
        return str(Decimal(str(value)).quantize(Decimal("0.1")))
    except InvalidOperation:
        return value


def early(day: str) -> str:
    """What the desk makes of a day: midnight of Moscow, written in UTC."""
    try:
        return f"{datetime.fromisoformat(day[:10]) - timedelta(hours=3):%Y-%m-%dT%H:%M:%S}"
    except ValueError:
        return day


DESK_STORES = {
    "label": cut,
    "note": lambda text: " ".join(text.split()),
    "name": shout,
    "cost": rounded,
    "since": early,
}
BOOK_STORES = {"label": lambda text: text.rstrip()[:12], "serial": lambda text: text[:6]}


class FragileStore(Store):
    """A store whose process can be killed at any of its own commits.

    ``fuse`` counts transactions down; at nought the process dies, ``late``: just after that commit, else just before.
    Dead, nothing more is written, so that no clean-up code runs either.
    """

    fuse: int | None = None
    late: bool = False
    dead: bool = False
    #: Whether the rows of the last night are kept; else every night looks at everything.
    staged: bool = True
    #: How many plans were saved.
    saved: int = 0

    def save_plan(self, pair: str, plan: Plan, verdict: Verdict, run: str) -> None:
        super().save_plan(pair, plan, verdict, run)
        self.saved += 1

    def stage(self, pair: str) -> Stage | None:
        return super().stage(pair) if self.staged else None

    @contextmanager
    def _write(self) -> Iterator[Connection]:
        if self.dead:
            raise Crash
        last = False
        if self.fuse is not None:
            last, self.fuse = self.fuse <= 0, self.fuse - 1
        if last and not self.late:
            self.dead = True
            raise Crash
        with super()._write() as connection:
            yield connection
        if last:
            self.dead = True
            raise Crash

    def revive(self) -> None:
        self.fuse, self.dead = None, False


@dataclass(frozen=True)
class Edit:
    """The last thing a person wrote into a field of a record."""

    side: Side
    kind: str
    id: str
    name: str
    value: Any


class Company:
    """``guard`` off by default: everything is approved, as the laws ask. Each look at the clock takes a second. Every
    other ``seed`` is that of a company whose nights look at what changed; the others look at everything."""

    def __init__(self, seed: int = 0, guard: GuardLimits = OPEN_GUARD, fingerprint: str = "1") -> None:
        self.staged = seed % 2 == 1
        self.book = HostileSide("book", own_key=True, seed=seed, stores=BOOK_STORES, conditional=False)
        self.desk = HostileSide("desk", own_key=False, seed=seed + 1, stores=DESK_STORES)
        self.now = datetime(2026, 2, 10, 1, 0, tzinfo=UTC)
        self.store = self.new_store()
        self.settings = EngineSettings(guard=guard, kinds=tuple(k.name for k in KINDS))
        self.fingerprint = fingerprint
        self.ledger = Ledger(guard)
        self.plans: dict[str, Snapshot] = {}

    #: A person took a side that went back in time as it is now: nothing agreed with it before counts any more.
    accepted = False

    def new_store(self) -> FragileStore:
        store = FragileStore.open(":memory:", clock=lambda: self.now)
        store.staged = self.staged
        return store

    def clock(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now

    def side(self, side: Side) -> HostileSide:
        return self.book if side == "book" else self.desk

    def sides(self) -> tuple[HostileSide, HostileSide]:
        return self.book, self.desk

    def engine(self) -> Engine:
        maps = [system(s, self.fingerprint) for s in ("book", "desk")]  # type: ignore[arg-type]
        pair = Pair(PAIR, self.book, self.desk, maps[0], maps[1], KINDS)
        return Engine(pair, self.store, self.settings, clock=self.clock, sleep=lambda seconds: None)

    #: Whether every night is planned twice before it: from the rows that changed, and from everything.
    twice = False

    def same_plan(self) -> None:
        """What is planned from the rows that changed is what is planned from everything, in any trouble."""
        engine = self.engine()
        before = [(s, {*s.trouble.cut}, {*s.trouble.broken}, s.random.getstate()) for s in self.sides()]
        plans = []
        for part in (True, False):
            plans.append(seen(engine, part=part)[0])
            for side, cut, broken, state in before:
                side.trouble.cut, side.trouble.broken = {*cut}, {*broken}
                side.random.setstate(state)
        assert plans[0] == plans[1], "the plan for the part is not the plan for the whole"

    # -- runs -------------------------------------------------------------------------------------------------------

    def night(self) -> Run:
        """One run that nobody watches: what the guard stops stays undone."""
        if self.twice:
            self.same_plan()
        before = self.ledger.snapshot(self)
        with self._watched(before, approved=False) as ended:
            run = self.engine().run()
            ended += [] if run.outcome == "blocked" else [run]
        if run.outcome == "blocked" and run.plan:
            self.plans[run.plan] = before
        return run

    def sync(self) -> Run:
        """One run with everything approved."""
        run = self.night()
        if run.outcome == "blocked" and run.plan:
            run = self.approve(run.plan)
        return run

    def approve(self, plan: str) -> Run:
        """A person lets a stopped plan through."""
        row = self.store.plan(plan)
        assert row is not None
        self.accepted |= any(code in ("went_back", "identity_changed") for code, _, _ in row.verdict.reasons)
        self.store.approve(plan, by="person")
        return self.apply(plan)

    def apply(self, plan: str) -> Run:
        """A saved plan, whatever happened on the sides since it was made."""
        with self._watched(self.plans[plan], approved=True) as ended:
            run = self.engine().apply(plan)
            ended.append(run)
            return run

    def plan(self) -> str:
        """A saved plan; its id."""
        before = self.ledger.snapshot(self)
        plan, _ = self.engine().plan()
        self.plans[plan.id] = before
        return plan.id

    @contextmanager
    def _watched(self, before: Snapshot, *, approved: bool) -> Iterator[list[Run]]:
        self.ledger.begin(self)
        ended: list[Run] = []
        try:
            yield ended
        finally:
            for side in self.sides():
                side.trouble.between = None
            self.store.revive()
            self.ledger.end(self, before, approved=approved, through=bool(ended))

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

    def quiet(self) -> None:
        """No more trouble."""
        for side in self.sides():
            side.trouble = Trouble()

    def settle(self) -> Run:
        """Runs without trouble: two since the last new pair. A name given to one twin, on the last of them too, may
        free an old name by which another record is recognised on the next night; there are only so many names.
        """
        self.quiet()
        run, left, known = self.sync(), 1, self._pairs()
        for _ in range(12):
            if not left and not (run.writes and self._recognises()):
                break
            run, pairs = self.sync(), self._pairs()
            left = max(left - 1, 0) if pairs <= known else 1
            known = pairs
        return run

    def _recognises(self) -> bool:
        """Whether the next night would find a pair."""
        plan, _ = self.engine().plan()
        return any(operation.action == "link" for operation in plan.operations)

    def _pairs(self) -> set[tuple[str, str, str]]:
        return {(link.kind, link.book, link.desk) for link in self.store.links(PAIR)}

    # -- people -----------------------------------------------------------------------------------------------------

    def add(self, side: Side, kind: str, data: dict[str, Any]) -> str:
        return self.side(side).add(kind, data)

    def edit(self, side: Side, kind: str, id: str, name: str, value: Any) -> None:
        self.side(side).edit(kind, id, name, value)

    def remove(self, side: Side, kind: str, id: str) -> None:
        self.side(side).remove(kind, id)

    def lose_the_store(self) -> None:
        """Everything remembered is gone; what people decided too."""
        self.store.close()
        self.store = self.new_store()
        self.ledger.forget()
        self.plans.clear()

    def decide(self, number: int, choice: Any) -> bool:
        """A person answers a question; false if that is no answer to it."""
        row = self.store.issue(number)
        assert row is not None
        try:
            self.store.decide(number, choice, by="person")
        except Reject:
            return False
        issue = row.issue
        if choice in ("take-book", "take-desk"):
            self.ledger.decide(issue, choice)
        elif issue.book is not None and issue.desk is not None and choice in ("link", "reject"):
            self.ledger.person(choice, issue.kind, issue.book, issue.desk)
        return True

    def link(self, kind: str, book: str, desk: str) -> None:
        try:
            self.store.put_link(PAIR, Link(kind, book, desk, rule="manual", by="person"), by="person")
        except Reject:
            return
        self.ledger.person("link", kind, book, desk)

    def reject(self, kind: str, book: str, desk: str) -> None:
        self.store.reject(PAIR, kind, book, desk, by="person")
        self.ledger.person("reject", kind, book, desk)

    # -- comparing two companies --------------------------------------------------------------------------------------

    def writes(self) -> int:
        return len(self.book.log) + len(self.desk.log)

    def canonical(self) -> dict[str, Any]:
        """Both sides and the links with ids replaced by names: what two histories are compared by."""
        links = sorted(
            (one.kind, self._name("book", one.kind, one.book), self._name("desk", one.kind, one.desk))
            for one in self.store.links(PAIR)
        )
        issues = sorted(
            (
                r.issue.code,
                self._name("book", r.issue.kind, r.issue.book),
                self._name("desk", r.issue.kind, r.issue.desk),
            )
            for r in self.store.issues(PAIR)
        )
        return {"book": self._side("book"), "desk": self._side("desk"), "links": links, "issues": issues}

    def _name(self, side: Side, kind: str, id: str | None) -> str:
        row = self.side(side).rows.get(kind, {}).get(id or "")
        return f"{row.data.get('name')}" if row else "-"

    def _side(self, side: Side) -> list[Any]:
        out = []
        for kind, records in self.side(side).rows.items():
            for row in records.values():
                data = {n: v for n, v in row.data.items() if n not in ("notes", "room")}
                room = self._name(side, "room", row.data.get("room"))
                out.append((kind, room, tuple(sorted((n, str(v)) for n, v in data.items() if v is not None))))
        return sorted(out)


class Verdicts:
    """Collects what an oracle found wrong, so that a failing law says all of it."""

    def __init__(self) -> None:
        self.wrong: list[str] = []

    def expect(self, holds: bool, text: Callable[[], str] | str) -> None:
        if not holds:
            self.wrong.append(text if isinstance(text, str) else text())

    def check(self) -> None:
        assert not self.wrong, "\n".join(self.wrong)
