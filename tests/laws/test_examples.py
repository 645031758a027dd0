"""Laws that one shrunk history shows better than a thousand random ones, and those that compare two histories."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from company import OPEN_GUARD, Company
from hostile import THING, Crash
from hypothesis import given
from hypothesis import strategies as st
from oracle import settled

from uchet.errors import Blocked
from uchet.mappings.model import Owner, Side, Value
from uchet.sync.diff import Rules, diff
from uchet.sync.pair import GuardLimits
from uchet.sync.store import Store
from uchet.sync.types import Link, Record, Seen


def agreed(**values: Any) -> tuple[Company, str, str]:
    """A company with one thing that both sides know and have agreed on."""
    company = Company()
    data = {"name": "n1", "label": "v1", "serial": "s1", **values}
    book = company.add("book", "thing", data)
    desk = company.add("desk", "thing", data)
    company.settle()
    return company, book, desk


def test_law_14_edit_plan_edit_back_apply_converges() -> None:
    company, book, desk = agreed()
    company.edit("book", "thing", book, "label", "v2")
    company.desk.trouble.between = lambda: company.edit("book", "thing", book, "label", "v1")
    company.sync()
    assert company.desk.rows["thing"][desk].data["label"] == "v2"  # what the plan said
    company.settle()
    assert company.desk.rows["thing"][desk].data["label"] == "v1"
    assert company.book.rows["thing"][book].data["label"] == "v1"
    settled(company)


def test_law_9_a_target_edited_since_the_plan_is_skipped() -> None:
    company, book, desk = agreed()
    company.edit("book", "thing", book, "label", "from book")
    company.desk.trouble.between = lambda: company.edit("desk", "thing", desk, "label", "at desk")
    run = company.sync()
    assert run.skipped == 1
    assert company.desk.rows["thing"][desk].data["label"] == "at desk"


def test_law_9_a_saved_plan_is_applied_as_it_was_shown() -> None:
    company, book, desk = agreed()
    company.edit("book", "thing", book, "label", "v2")
    plan, _ = company.engine().plan()
    company.edit("book", "thing", book, "serial", "later")
    company.engine().apply(plan.id)
    assert [dict(w.values) for w in company.desk.writes[-1:]] == [{"label": "v2"}]
    assert company.desk.rows["thing"][desk].data["serial"] == "s1"


@pytest.mark.parametrize(
    ("things", "gone", "stopped"), [(10, 1, False), (10, 2, True), (200, 4, False), (200, 5, True)]
)
def test_law_10_the_guard_counts_retirements_on_the_other_side(things: int, gone: int, stopped: bool) -> None:
    company = Company(guard=GuardLimits())
    ids = [company.add("book", "thing", {"name": f"n{n}"}) for n in range(things)]
    company.sync()
    company.settle()
    for id in ids[:gone]:
        company.remove("book", "thing", id)
    run = company.engine().run()
    assert (run.outcome == "blocked") is stopped
    assert company.desk.retired == (0 if stopped else gone)
    if stopped:
        company.store.approve(run.plan or "", by="head")
        company.engine().apply(run.plan or "")
        assert company.desk.retired == gone


def test_law_10_the_first_load_waits_for_a_person() -> None:
    company = Company(guard=GuardLimits())
    company.add("book", "thing", {"name": "n1"})
    run = company.engine().run()
    assert run.outcome == "blocked"
    assert company.writes() == 0
    with pytest.raises(Blocked):
        company.engine().apply(run.plan or "")
    assert company.writes() == 0


@pytest.mark.parametrize("cut", [True, False], ids=["cut", "failed"])
@pytest.mark.parametrize("side", ["book", "desk"])
def test_law_11_absence_needs_completeness(side: Side, cut: bool) -> None:
    company = Company()
    for n in range(9):
        company.add("book", "thing", {"name": f"n{n}"})
    company.settle()
    trouble = company.side(side).trouble
    (trouble.cut if cut else trouble.broken).add("thing")
    run = company.sync()
    assert run.outcome == "partial"
    assert company.desk.retired == 0
    assert not [i for i in company.store.issues("laws") if i.issue.code in ("desk_only", "gone", "desk_gone")]
    settled(company)


def test_law_4_a_deletion_never_destroys_an_edit() -> None:
    company, book, desk = agreed()
    company.edit("desk", "thing", desk, "serial", "new")
    company.remove("book", "thing", book)
    company.sync()
    assert company.desk.retired == 0
    assert [i.issue.code for i in company.store.issues("laws")] == ["gone_but_edited"]


def test_law_18_a_lost_store_retires_and_overwrites_nothing() -> None:
    company, book, desk = agreed()
    company.edit("book", "thing", book, "label", "book says")
    company.edit("desk", "thing", desk, "label", "desk says")
    company.add("desk", "thing", {"name": "n2"})
    company.store = Store.open(":memory:")
    before = company.writes()
    company.sync()
    assert company.writes() == before
    assert {i.issue.code for i in company.store.issues("laws")} == {"first_difference", "desk_only"}
    assert [(link.book, link.desk) for link in company.store.links("laws", "thing")] == [(book, desk)]


def test_a_decision_is_taken_once_and_for_the_values_it_was_taken_on() -> None:
    company, book, desk = agreed()
    company.edit("book", "thing", book, "label", "b")
    company.edit("desk", "thing", desk, "label", "d")
    company.sync()
    (row,) = company.store.issues("laws")
    assert row.issue.code == "conflict"
    company.store.decide(row.id, "take-desk", by="person")
    company.sync()
    assert company.book.rows["thing"][book].data["label"] == "d"
    company.settle()
    assert not company.store.issues("laws")
    settled(company)


# -- two histories -------------------------------------------------------------------------------------------------

STEP = st.tuples(st.sampled_from(["add", "edit", "edit2", "night"]), st.integers(0, 5), st.integers(0, 99))
TROUBLE = st.lists(st.sampled_from(["", "crash-before", "crash-after"]), max_size=6)


def play(steps: list[tuple[str, int, int]], troubles: list[list[str]]) -> Company:
    """The same people at work; the nights of one history are killed where ``troubles`` say, and run again."""
    company = Company()
    ids: list[str] = []
    plagues = iter(troubles)
    for what, which, value in steps:
        if what == "add":
            ids.append(company.add("book", "thing", {"name": f"n{len(ids)}", "label": f"v{value}", "serial": "s"}))
        elif what == "edit" and ids:
            company.edit("book", "thing", ids[which % len(ids)], "label", f"v{value}")
        elif what == "edit2" and ids:
            for link in company.store.links("laws", "thing"):
                if link.book == ids[which % len(ids)]:
                    company.edit("desk", "thing", link.desk, "serial", f"s{value}")
        else:
            company.desk.trouble.writes = list(next(plagues, []))
            while company.crash():
                pass
            company.desk.trouble.writes = []
    company.settle()
    return company


@given(steps=st.lists(STEP, max_size=12), troubles=st.lists(TROUBLE, max_size=6))
def test_law_7_a_crash_is_only_a_pause(steps: list[tuple[str, int, int]], troubles: list[list[str]]) -> None:
    undisturbed, killed = play(steps, []), play(steps, troubles)
    assert killed.canonical() == undisturbed.canonical()
    for company in (undisturbed, killed):
        company.store.close()


@given(steps=st.lists(STEP, max_size=12), bad=st.sampled_from(["value", "key"]))
def test_law_8_one_bad_record_changes_nothing_for_the_others(steps: list[tuple[str, int, int]], bad: str) -> None:
    def others(company: Company) -> Any:
        whole = company.canonical()
        return {
            side: [r for r in whole[side] if "BAD" not in str(r) and "REFUSED" not in str(r)]
            for side in ("book", "desk")
        }

    def with_bad(steps: list[tuple[str, int, int]]) -> Company:
        company = play(steps, [])
        company.add("book", "thing", {"name": "BAD", "label": "REFUSED" if bad == "value" else "v"})
        if bad == "key":
            company.add("book", "thing", {"name": "BAD", "label": "w"})
        company.settle()
        return company

    assert others(with_bad(steps)) == others(play(steps, []))


def test_law_8_a_record_that_cannot_be_read_becomes_a_question() -> None:
    company = Company()
    company.add("book", "thing", {"name": "n1", "label": "v"})
    company.book.rows["thing"][company.book.add("thing", {"name": "n2"})].data["label"] = ["not", "a", "text"]
    company.settle()
    assert "bad_value" in {i.issue.code for i in company.store.issues("laws")}
    assert {row.data["name"] for row in company.desk.rows["thing"].values()} >= {"n1"}


def test_law_29_nothing_refers_to_a_missing_twin() -> None:
    company = Company()
    room = company.add("book", "room", {"name": "r1"})
    company.add("book", "thing", {"name": "n1", "room": room})
    company.desk.trouble.writes = ["lost-before"]  # the room's create; the thing must wait for it
    run = company.sync()
    assert (run.failed, run.skipped) == (1, 1)
    assert not company.desk.rows["thing"]
    company.settle()
    (thing,) = company.desk.rows["thing"].values()
    assert thing.data["room"] in company.desk.rows["room"]


def test_law_31_two_runs_of_one_pair_never_overlap() -> None:
    company, book, _ = agreed()
    company.edit("book", "thing", book, "label", "v2")
    refused: list[str] = []

    def second() -> None:
        try:
            company.engine().run()
        except Blocked as error:
            refused.append(error.code)

    company.desk.trouble.between = second
    company.sync()
    assert refused == ["pair_locked"]


# -- the table of a field ------------------------------------------------------------------------------------------

VALUES = st.sampled_from([None, "a", "b", "c"])
OWNERS: list[Owner] = ["either", "book", "desk"]


def one_field(owner: Owner, seen: tuple[Value, Value] | None, now: tuple[Value, Value]) -> Any:
    from dataclasses import replace

    kind = replace(THING, fields=(replace(THING.by_name["label"], owner=owner, empty="clear"),))
    link = Link("thing", "b", "d", seen=Seen({"label": seen[0]}, {"label": seen[1]}) if seen else Seen())
    sides: Callable[[Side, Value], Record] = lambda side, value: Record("thing", side, side[0], {"label": value})  # noqa: E731
    rules = Rules(lambda a, b: None, lambda key, mark: None, lambda side, name: "field")
    return diff(kind, link, sides("book", now[0]), sides("desk", now[1]), rules)


@given(seen=VALUES, book=VALUES, desk=VALUES, owner=st.sampled_from(OWNERS))
def test_law_5_conflict_exactly_when(seen: Value, book: Value, desk: Value, owner: Owner) -> None:
    outcome = one_field(owner, (seen, seen), (book, desk))
    asked = [f.ask.code for f in outcome if f.ask]
    both_differ = book != seen and desk != seen and book != desk
    assert ("conflict" in asked) is (both_differ and owner == "either")
    if book == desk:
        assert not asked
        assert all(f.agree for f in outcome)


@given(seen=VALUES, book=VALUES, desk=VALUES)
def test_law_17_swapping_the_sides_mirrors_the_outcome(seen: Value, book: Value, desk: Value) -> None:
    """Where nobody owns a field the two sides are treated alike."""
    flip = {"book": "desk", "desk": "book", None: None}
    there = [(f.write, f.agree, f.ask.code if f.ask else None) for f in one_field("either", (seen, seen), (book, desk))]
    back = [
        (flip[f.write], f.agree, f.ask.code if f.ask else None) for f in one_field("either", (seen, seen), (desk, book))
    ]
    assert there == back


def test_the_fakes_really_crash() -> None:
    company = Company()
    company.add("book", "thing", {"name": "n1"})
    company.desk.trouble.writes = ["crash-after"]
    with pytest.raises(Crash):
        company.sync()
    assert len(company.desk.rows["thing"]) == 1
    assert OPEN_GUARD.source_share == 0
