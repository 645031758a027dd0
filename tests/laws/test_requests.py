"""Law 34: request states move only along allowed steps; concurrent different steps conflict; an old step is no step.

Two hostile hands on one request: the desk, where people put it anywhere and old pictures arrive late and twice, and the
facts, which change between two looks. What may follow what is written down here anew, apart from the engine.
"""

from __future__ import annotations

import os
import sys
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from uchet.sync import requests
from uchet.sync.requests import STATES, Case, Facts, merge

#: From → to, as domain experts draw it: the oracle.
DRAWN = """
    draft>submitted draft>withdrawn draft>cancelled submitted>on_check submitted>withdrawn submitted>cancelled
    submitted>on_hold on_check>returned_for_correction on_check>approving on_check>withdrawn on_check>cancelled
    on_check>on_hold returned_for_correction>on_check returned_for_correction>submitted
    returned_for_correction>withdrawn returned_for_correction>cancelled approving>approved approving>rejected
    approving>on_check approving>withdrawn approving>cancelled approving>on_hold approved>in_plan approved>on_check
    approved>withdrawn approved>cancelled approved>on_hold in_plan>ordered in_plan>issued_partially in_plan>issued
    in_plan>on_check in_plan>withdrawn in_plan>cancelled in_plan>on_hold ordered>partially_received ordered>received
    ordered>issued_partially ordered>issued ordered>cancelled ordered>on_hold partially_received>received
    partially_received>issued_partially partially_received>issued partially_received>ordered
    partially_received>cancelled partially_received>on_hold received>issued_partially received>issued
    received>partially_received received>ordered issued_partially>issued issued_partially>received
    issued_partially>partially_received issued_partially>closed issued>closed issued>issued_partially
    issued>received rejected>draft rejected>closed on_hold>submitted on_hold>on_check on_hold>withdrawn
    on_hold>cancelled
"""
EDGES = {tuple(edge.split(">")) for edge in DRAWN.split()}
#: What people put a request on; everything else is brought about by a check, by approvals, or by allocations.
HAND = {"draft", "submitted", "withdrawn", "cancelled", "on_hold", "in_plan", "ordered", "closed"}
BEFORE_ORDER = {
    "draft", "submitted", "on_check", "returned_for_correction", "approving", "approved", "in_plan", "on_hold",
}  # fmt: skip
FACTS = st.builds(
    Facts,
    gaps=st.booleans(),
    verdict=st.sampled_from(["waiting", "approved", "rejected"]),
    fresh=st.booleans(),
    document=st.booleans(),
    progress=st.sampled_from(
        ["", "ordered", "partially_received", "received", "issued_partially", "issued", "cancelled"]
    ),
)


class Request(RuleBasedStateMachine):
    """One request; a *look* is what a night does."""

    def __init__(self) -> None:
        super().__init__()
        self.case = Case("draft")
        self.desk = "draft"
        self.edit = 1
        #: Every picture of the desk that was ever taken, and those that a look was given.
        self.pictures: list[tuple[str, str]] = []
        self.taken: set[str] = set()
        self.facts = Facts(gaps=False)

    @initialize(state=st.sampled_from(STATES), facts=FACTS)
    def it_stands_somewhere(self, state: str, facts: Facts) -> None:
        self.case, self.desk, self.facts = Case(state), state, facts

    @rule(state=st.sampled_from(STATES))
    def somebody_puts(self, state: str) -> None:
        """Anywhere, step or no step."""
        self._edit(state)

    def _edit(self, state: str) -> None:
        self.desk = state
        self.edit += 1

    @rule(data=st.data())
    def somebody_takes_a_step(self, data: st.DataObject) -> None:
        self._step(data)

    def _step(self, data: st.DataObject) -> None:
        """As people really do: from where it stands, one step."""
        steps = sorted(after for before, after in EDGES if before == self.case.state and after in HAND)[::-1]
        if steps:
            self._edit(data.draw(st.sampled_from(steps)))

    @rule(facts=FACTS, data=st.data())
    def both_sides_step_on_one_day(self, facts: Facts, data: st.DataObject) -> None:
        """The interesting day, made frequent."""
        self.facts = facts
        self._step(data)
        self._night(lost=False, answer=None)

    @rule(facts=FACTS)
    def the_facts_change(self, facts: Facts) -> None:
        self.facts = facts

    @rule(lost=st.booleans(), answer=st.sampled_from([None, None, "take-desk", "take-book"]))
    def a_night(self, lost: bool, answer: str | None) -> None:
        self._night(lost, answer)

    def _night(self, lost: bool, answer: str | None) -> None:
        """``lost``: the machine died after the desk was written and before that was remembered."""
        mark = str(self.edit)
        self.pictures.append((self.desk, mark))
        before = self.case
        ours = requests.path(before.state, self.facts)
        done = merge(before, self.desk, mark, self.facts, answer)
        self._follows(before, done)
        stepped = self.desk != before.state
        if done.problem:
            assert stepped, "a conflict about nothing"
            assert done.case == before, "a question changes nothing"
            assert done.write is None
        by_hand = (before.state, self.desk) in EDGES and self.desk in HAND
        if mark not in before.marks and stepped and answer is None:
            if self.desk in ours:
                assert not done.problem, "the same step on both sides agrees"
            elif ours and by_hand:
                assert done.problem == "conflict", "two different steps from one state"
            elif not by_hand:
                assert done.problem == "refused", (before.state, self.desk)
        if done.write is not None and done.write != self.desk:
            self.desk = done.write
            self.edit += 1
            if lost:
                return
        self.taken.add(mark)
        self.case = done.case

    @precondition(lambda self: self.pictures)
    @rule(data=st.data())
    def an_old_picture_arrives(self, data: st.DataObject) -> None:
        state, mark = data.draw(st.sampled_from(self.pictures))
        if mark not in self.case.marks or state == self.case.state:
            return
        done = merge(self.case, state, mark, self.facts)
        assert done.case == self.case, "an old step is no step"
        assert (done.write, done.problem, done.steps) == (None, "", ())

    def _follows(self, before: Case, done: requests.Merge) -> None:
        """All steps, one after the other, are edges; together they lead where the case is now."""
        at = before.state
        for step in done.steps:
            assert (at, step) in EDGES, (at, step)
            if step == "withdrawn":
                assert at in BEFORE_ORDER
            at = step
        assert at == done.case.state

    @invariant()
    def nothing_more_to_do_twice(self) -> None:
        """Idempotence: after a look that agreed, the same look does nothing."""
        if self.desk == self.case.state and str(self.edit) in self.taken:
            first = merge(self.case, self.desk, str(self.edit), self.facts)
            again = merge(first.case, first.case.state, "next", self.facts)
            assert again.steps == () or not self.facts.fresh


def check(examples: int) -> None:
    quick = settings(
        max_examples=examples,
        stateful_step_count=20,
        report_multiple_bugs=False,
        phases=[Phase.generate],
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(Request, settings=quick)  # type: ignore[no-untyped-call]


COUNT = {"dev": 60, "ci": 200, "nightly": 10_000}.get(os.environ.get("UCHET_PROFILE", "dev"), 60)


def test_law_34() -> None:
    check(COUNT)


def any_step(before: str, after: str) -> bool:
    return True


def forgets_marks(case: Case, desk: str, mark: str, facts: Facts, choice: str | None = None) -> requests.Merge:
    return requests.merge(replace(case, marks=frozenset()), desk, mark, facts, choice)


def last_writer_wins(case: Case, desk: str, mark: str, facts: Facts, choice: str | None = None) -> requests.Merge:
    done = requests.merge(case, desk, mark, facts, choice)
    return requests.merge(case, desk, mark, facts, "take-book") if done.problem == "conflict" else done


@pytest.mark.parametrize(
    ("place", "name", "mutant"),
    [
        (requests, "by_hand", any_step),
        (None, "merge", forgets_marks),
        (None, "merge", last_writer_wins),
    ],
    ids=["any step goes", "old pictures count", "last writer wins"],
)
def test_the_law_kills_mutants(monkeypatch: pytest.MonkeyPatch, place: object, name: str, mutant: object) -> None:
    monkeypatch.setattr(place or sys.modules[__name__], name, mutant)
    with pytest.raises(AssertionError):
        check(200)
