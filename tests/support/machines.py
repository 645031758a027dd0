"""Laws 1–6, 8–16, 18–20 and 27 as one state machine: people, faults and runs in any order over two hostile sides.

What a single run may do is judged by the ledger as each run ends (support/ledger.py: laws 3, 4, 6, 9, 10, 11, 16, 20,
27), what must hold when all is quiet by the oracle at the end of each history (support/oracle.py: laws 1, 2, 5, 13).
"""

from __future__ import annotations

from functools import partial
from typing import Any

from company import TIGHT_GUARD, Company
from hostile import HostileSide
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, multiple, precondition, rule
from ledger import same
from oracle import settled

from uchet.errors import Blocked, Reject, UchetError
from uchet.mappings.model import Side

#: Texts as people write them: plain, spaced, too long for either side, shared between people, refused by both sides.
TEXTS = st.one_of(
    st.integers(0, 3).map(lambda n: f"same{n}"),
    st.integers(0, 999).map(lambda n: f" v{n} "),
    st.integers(0, 999).map(lambda n: f"long-text-{n}"),
    st.sampled_from(["REFUSED", "", "two  words"]),
)
NAMES = st.sampled_from(["n1", "n2", "n3", "n4", "N5", "ёлка", "ЕЛЬ"])
COSTS = st.sampled_from(["1", "2.50", "10.04", "0.06", "twelve", ""])
DAYS = st.sampled_from(["2026-02-10", "2026-03-01", "2026-03-01T12:30:00", ""])
VALUES: dict[str, st.SearchStrategy[str]] = {
    "name": NAMES, "label": TEXTS, "note": TEXTS, "serial": TEXTS, "cost": COSTS, "since": DAYS,
}  # fmt: skip
CHANGES = st.sampled_from(sorted(VALUES)).flatmap(lambda name: st.tuples(st.just(name), VALUES[name]))
SIDES: st.SearchStrategy[Side] = st.sampled_from(["book", "desk"])
TROUBLES = st.lists(
    st.sampled_from(["", "busy", "crash-before", "crash-after", "lost-before", "lost-after"]), max_size=4
)
CHOICES = st.sampled_from(["take-book", "take-desk", "ignore-until", "link", "reject", "retry"])

Thing = tuple[Side, str]


class World(RuleBasedStateMachine):
    """One pair over many nights, everything that needs approval approved."""

    things: Bundle[Thing] = Bundle("things")
    rooms: Bundle[Thing] = Bundle("rooms")

    @initialize(seed=st.integers(0, 9))
    def start(self, seed: int) -> None:
        self.company = Company(seed)

    # -- people -----------------------------------------------------------------------------------------------------

    @rule(target=rooms, side=SIDES, name=st.sampled_from(["r1", "r2", "r3"]))
    def new_room(self, side: Side, name: str) -> Thing:
        return side, self.company.add(side, "room", {"name": name})

    @rule(target=things, side=SIDES, name=NAMES, label=TEXTS, serial=TEXTS, cost=COSTS)
    def new_thing(self, side: Side, name: str, label: str, serial: str, cost: str) -> Thing:
        data = {"name": name, "label": label, "serial": serial, "cost": cost}
        return side, self.company.add(side, "thing", data)

    @rule(target=things, name=NAMES, label=TEXTS, note=TEXTS)
    def known_to_both(self, name: str, label: str, note: str) -> Any:
        data = {"name": name, "label": label, "note": note, "serial": "s", "since": "2026-02-10"}
        ids: list[Thing] = [(side, self.company.add(side, "thing", data)) for side in ("book", "desk")]
        return multiple(*ids)

    @rule(thing=things, change=CHANGES)
    def edit(self, thing: Thing, change: tuple[str, str]) -> None:
        if self._there(thing):
            self.company.edit(thing[0], "thing", thing[1], *change)

    @rule(thing=things, change=CHANGES)
    def edit_both(self, thing: Thing, change: tuple[str, str]) -> None:
        """Two people at once: on the twin as well."""
        name, value = change
        for link in self.company.store.links("laws", "thing"):
            if link.on(thing[0]) == thing[1]:
                for side in ("book", "desk"):
                    if self._there((side, link.on(side))):
                        mine = value if side == thing[0] else value + "x"
                        self.company.edit(side, "thing", link.on(side), name, mine)

    @rule(thing=things, room=rooms)
    def move(self, thing: Thing, room: Thing) -> None:
        side, id = thing
        if room[0] == side and self._there(thing) and room[1] in self.company.side(side).rows["room"]:
            self.company.edit(side, "thing", id, "room", room[1])

    @rule(thing=things)
    def remove(self, thing: Thing) -> None:
        if self._there(thing):
            self.company.remove(thing[0], "thing", thing[1])

    @rule(thing=things)
    def write_off(self, thing: Thing) -> None:
        if self._there(thing):
            self.company.edit(thing[0], "thing", thing[1], "state", "out")

    @rule(thing=things)
    def bring_back(self, thing: Thing) -> None:
        self.company.side(thing[0]).bring_back("thing", thing[1])

    @rule(which=st.integers(0, 9), choice=CHOICES)
    def decide(self, which: int, choice: str) -> None:
        """A person answers some open question; the next night does as told, or asks again because things changed."""
        company = self.company
        rows = company.store.issues("laws")
        if not rows:
            return
        issue = rows[which % len(rows)].issue
        if not company.decide(rows[which % len(rows)].id, choice):
            return
        before = company.ledger.snapshot(company)
        run = self.sync()
        if choice in ("take-book", "take-desk") and issue.code == "conflict" and run is not None and issue.field_name:
            self._obeyed(issue, choice, before)

    def _obeyed(self, issue: Any, choice: str, before: Any) -> None:
        """Law 27: the loser now says what the winner said, as far as the loser can, or refuses it."""
        winner, loser = ("book", "desk") if choice == "take-book" else ("desk", "book")
        ids = {"book": issue.book, "desk": issue.desk}
        said = before[winner]["thing"].get(ids[winner], {}).get(issue.field_name)
        now = self.company.side(loser).rows["thing"].get(ids[loser])
        was = before[loser]["thing"].get(ids[loser])
        if now is None or was is None or "out" in (now.data["state"], before[winner]["thing"][ids[winner]]["state"]):
            return
        if issue.field_name == "room" or self.company.store.links("laws") == [] or "REFUSED" in str(said):
            return
        asked = [i for i in self.company.store.issues("laws") if i.issue.key == issue.key]
        wanted = self.company.side(loser).stored(issue.field_name, said)
        done = same([], "thing", issue.field_name, now.data.get(issue.field_name), wanted)
        assert done or asked or any(i.issue.code == "refused" for i in self.company.store.issues("laws"))

    @rule(one=things, two=things)
    def link_by_hand(self, one: Thing, two: Thing) -> None:
        """Law 27: whatever a person links is linked."""
        ids = dict([one, two])
        if len(ids) == 2:
            self.company.link("thing", ids["book"], ids["desk"])

    @rule(which=st.integers(0, 9))
    def tell_apart(self, which: int) -> None:
        """Law 27: two linked records are not the same thing, says a person."""
        links = self.company.store.links("laws", "thing")
        if links:
            link = links[which % len(links)]
            self.company.reject("thing", link.book, link.desk)

    # -- nights -----------------------------------------------------------------------------------------------------

    def sync(self) -> Any:
        return self.company.sync()

    @rule()
    def night(self) -> None:
        self.sync()

    @rule(side=SIDES, troubles=TROUBLES)
    def troubled_night(self, side: Side, troubles: list[str]) -> None:
        self.company.side(side).trouble.writes = troubles
        self._survive()

    @rule(fuse=st.integers(0, 12), late=st.booleans())
    def killed_at_a_commit(self, fuse: int, late: bool) -> None:
        self.company.store.fuse, self.company.store.late = fuse, late
        self._survive()

    @rule(side=SIDES, kind=st.sampled_from(["room", "thing"]), broken=st.booleans())
    def cut_night(self, side: Side, kind: str, broken: bool) -> None:
        """Law 11: what an incomplete or failed listing leaves out is not gone."""
        company = self.company
        trouble = company.side(side).trouble
        (trouble.broken if broken else trouble.cut).add(kind)
        links = {link.desk: link.book for link in company.store.links("laws", kind)}
        marks = len(company.desk.log)
        rows = {id: dict(row.data) for id, row in company.book.rows[kind].items()}
        company.night()
        company.quiet()
        for done in company.desk.log[marks:]:
            if done.retired and done.collection == kind:
                book = links[done.id]
                assert side == "desk" or book in company.book.shown[kind], "law 11: retired for being left out"
                assert side == "book" or done.id in company.desk.shown[kind]
                assert book not in rows or rows[book]["state"] == "out"

    @rule(thing=things, change=CHANGES, back=st.booleans(), early=st.booleans(), planned=st.integers(0, 9))
    def edit_while_applying(self, thing: Thing, change: tuple[str, str], back: bool, early: bool, planned: int) -> None:
        """Laws 9 and 14: a person edits (and perhaps edits back) between plan and apply, most often a field that the
        plan is about to write, because its twin was edited before."""
        name, value = change
        for link in self.company.store.links("laws", "thing") if planned else ():
            other: Side = "desk" if thing[0] == "book" else "book"
            if link.on(thing[0]) == thing[1] and self._there((other, link.on(other))):
                self.company.edit(other, "thing", link.on(other), name, f"{planned}" if name == "cost" else value + "y")

        saved = self.company.store.saved

        def at_work(at: HostileSide) -> None:
            if self.company.store.saved == saved:  # recovery looks, or the guard: the plan is still to come
                at.trouble.between = partial(at_work, at)
            elif self._there(thing):
                old = self.company.side(thing[0]).rows["thing"][thing[1]].data.get(name)
                self.company.edit(thing[0], "thing", thing[1], name, value)
                if back:
                    self.company.edit(thing[0], "thing", thing[1], name, old)

        for side in self.company.sides():
            # 1C ignores the version it is given: only what happens before the last look can be noticed there.
            side.trouble.early = early or not side.conditional
            side.trouble.between = partial(at_work, side) if side.conditional or thing[0] == "book" else None
        self._survive()

    @rule(thing=things, first=CHANGES, second=CHANGES)
    def aba(self, thing: Thing, first: tuple[str, str], second: tuple[str, str]) -> None:
        """Law 14: edit, plan, edit back, apply."""
        if not self._there(thing):
            return
        row = self.company.side(thing[0]).rows["thing"][thing[1]]
        old = row.data.get(first[0])
        self.company.edit(thing[0], "thing", thing[1], *first)
        plan = self.company.plan()
        self.company.edit(thing[0], "thing", thing[1], first[0], old)
        if second[0] != first[0]:
            self.company.edit(thing[0], "thing", thing[1], *second)
        self._apply(plan)

    @rule(one=things, two=things, apart=st.booleans(), which=st.integers(0, 9))
    def said_after_the_plan(self, one: Thing, two: Thing, apart: bool, which: int) -> None:
        """Law 27: a plan waits, a person links or parts two records, then it is applied."""
        plan = self.company.plan()
        if apart:
            self.tell_apart(which)
        else:
            self.link_by_hand(one, two)
        self._apply(plan)

    def _apply(self, plan: str) -> None:
        """Law 9: a saved plan, after the world moved on."""
        row = self.company.store.plan(plan)
        assert row is not None
        try:
            self.company.approve(plan) if row.verdict.stopped else self.company.apply(plan)
        except (Blocked, Reject) as error:
            if error.code not in ("plan_used", "plan_unknown", "plan_outdated"):
                raise

    @rule(size=st.integers(1, 7))
    def plan_twice(self, size: int) -> None:
        """Laws 12 and 15: planning writes nothing and gives the same plan, whatever the order and the page size."""
        company = self.company
        company.plan()  # settles what crashes left open
        before, links = company.ledger.snapshot(company), company.store.links("laws")
        first, _ = company.engine().plan()
        company.book.page_size, company.desk.page_size = size, 8 - size
        second, _ = company.engine().plan()
        company.book.page_size = company.desk.page_size = 3
        assert first.id == second.id, "law 12"
        assert (first.operations, first.issues) == (second.operations, second.issues), "law 15"
        assert company.ledger.snapshot(company) == before, "law 12: planning wrote to a side"
        assert company.store.links("laws") == links, "law 12: planning changed what is remembered"

    @rule()
    def lose_the_store(self) -> None:
        """Law 18: without memory nothing is retired, nothing overwritten except by its owner (the ledger's base)."""
        self.company.lose_the_store()
        retired = self.company.desk.retired
        self.sync()
        assert self.company.desk.retired == retired, "law 18"

    @rule(number=st.integers(2, 9), seed=st.integers(0, 99))
    def change_the_mapping(self, number: int, seed: int) -> None:
        """Law 19: a new mapping that shows less never retires anything in its first run."""
        company = self.company
        known = company.store.side("laws", "book")
        company.fingerprint = str(number)
        if known is None or f"book{number}+" in known.fingerprint:
            return
        hidden = {id for n, id in enumerate(sorted(company.book.rows["thing"])) if (seed >> n % 6) & 1}
        company.book.trouble.hidden = hidden
        retired = company.desk.retired
        company.night()
        company.quiet()
        assert company.desk.retired == retired, "law 19"

    # -- helpers ----------------------------------------------------------------------------------------------------

    def _there(self, thing: Thing) -> bool:
        return thing[1] in self.company.side(thing[0]).rows["thing"]

    def _survive(self) -> None:
        self.company.crash()
        self.company.quiet()

    def teardown(self) -> None:
        if hasattr(self, "company"):
            try:
                self.company.settle()
                settled(self.company)
            except UchetError as error:
                raise AssertionError(f"a quiet night failed: {error}") from error
            finally:
                self.company.store.close()


class GuardedWorld(World):
    """The same with tight limits; a person approves what the guard stops only now and then. Law 10."""

    @initialize(seed=st.integers(0, 9))
    def start(self, seed: int) -> None:
        self.company = Company(seed, guard=TIGHT_GUARD)
        self.waiting: str | None = None

    def sync(self) -> Any:
        run = self.company.night()
        self.waiting = run.plan if run.outcome == "blocked" else None
        return run if run.outcome != "blocked" else None

    @rule(count=st.integers(3, 9))
    def many(self, count: int) -> None:
        """A stock of things that both sides know, so that shares mean something."""
        for n in range(count):
            for side in ("book", "desk"):
                self.company.add(side, "thing", {"name": f"m{n}", "label": "a"})

    @rule(least=st.integers(0, 3), gone=st.booleans())
    def many_leave(self, least: int, gone: bool) -> None:
        rows = self.company.book.rows["thing"]
        for id in sorted(rows)[least:]:
            if gone:
                self.company.remove("book", "thing", id)
            else:
                self.company.edit("book", "thing", id, "state", "out")

    @precondition(lambda self: getattr(self, "waiting", None))
    @rule()
    def approve(self) -> None:
        plan, self.waiting = self.waiting, None
        row = self.company.store.plan(plan or "")
        if row is not None and row.state == "waiting":
            self._apply(plan or "")

    @rule()
    def another_base(self) -> None:
        """A test copy opened under the old settings is not filled with real changes."""
        if self.company.store.side("laws", "desk") is None:
            return
        writes = self.company.writes()
        self.company.desk.identity = "a copy"
        run = self.company.night()
        self.company.desk.identity = "hostile-desk"
        assert self.company.writes() == writes, "law 10: written into another base"
        assert run.outcome == "blocked"

    def _survive(self) -> None:
        try:
            super()._survive()
        except Blocked:
            self.company.quiet()
