"""Plans: found by a beginning of their id, approved by a person, never mistaken for another."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from uchet.errors import Blocked, Reject
from uchet.sync.store import Store
from uchet.sync.types import Verdict

STOPPED = Verdict((("too_many", "{count} changes", {"count": 7}),))


def test_a_plan_comes_back_whole(store: Store, clock, make) -> None:
    plan = make.plan("abc123", make.op(1), make.op(2))
    store.save_plan("main", plan, STOPPED, "r1")
    row = store.plan("abc")
    assert row is not None
    assert (row.plan, row.verdict, row.state, row.run, row.by) == (plan, STOPPED, "waiting", "r1", None)
    assert row.created == clock.now
    assert store.waiting("main") == row
    assert store.waiting("other") is None


def test_unknown_and_ambiguous_beginnings(store: Store, make) -> None:
    store.save_plan("main", make.plan("abc1"), Verdict(), "r1")
    store.save_plan("other", make.plan("abc2"), Verdict(), "r1")
    store.save_plan("third", make.plan("abc"), Verdict(), "r1")
    assert store.plan("zzz") is None
    assert store.plan("") is None
    assert store.plan("a%") is None
    exact = store.plan("abc")
    assert exact is not None
    assert exact.plan.id == "abc"
    with pytest.raises(Reject) as caught:
        store.plan("ab")
    assert caught.value.code == "plan_ambiguous"


def test_a_newer_plan_supersedes_the_waiting_one(store: Store, make) -> None:
    store.save_plan("main", make.plan("aa"), Verdict(), "r1")
    store.save_plan("other", make.plan("oo"), Verdict(), "r1")
    store.save_plan("main", make.plan("bb"), Verdict(), "r2")
    states = {id: row.state for id in ("aa", "bb", "oo") if (row := store.plan(id))}
    assert states == {"aa": "superseded", "bb": "waiting", "oo": "waiting"}
    with pytest.raises(Reject) as caught:
        store.approve("aa", by="head")
    assert caught.value.code == "plan_not_waiting"


def test_only_waiting_plans_are_superseded(store: Store, make) -> None:
    for id, state in (("aa", "approved"), ("bb", "applied")):
        store.save_plan("main", make.plan(id), Verdict(), "r1")
        store.mark_plan(id, state)
    store.save_plan("main", make.plan("cc"), Verdict(), "r2")
    assert [row.state for id in ("aa", "bb", "cc") if (row := store.plan(id))] == ["approved", "applied", "waiting"]


def test_approval_holds_for_the_same_content_until_applied(store: Store, make) -> None:
    store.save_plan("main", make.plan("aa"), STOPPED, "r1")
    store.approve("a", by="head")
    store.approve("aa", by="somebody else")
    store.save_plan("main", make.plan("aa"), STOPPED, "r2")
    row = store.plan("aa")
    assert row is not None
    assert (row.state, row.by, row.run) == ("approved", "head", "r2")
    store.mark_plan("aa", "applied")
    store.save_plan("main", make.plan("aa"), STOPPED, "r3")
    row = store.plan("aa")
    assert row is not None
    assert (row.state, row.by) == ("waiting", None)


def test_unknown_plans_are_named(store: Store) -> None:
    for call in (lambda: store.approve("zz", by="head"), lambda: store.mark_plan("zz", "applied")):
        with pytest.raises(Reject) as caught:
            call()
        assert caught.value.code == "plan_unknown"


def test_a_plan_of_another_version_is_refused(store: Store, make) -> None:
    store.save_plan("main", make.plan("aa"), Verdict(), "r1")
    with store._write() as connection:
        connection.execute(text("UPDATE plan SET format = 99"))
    with pytest.raises(Blocked) as caught:
        store.plan("aa")
    assert caught.value.code == "plan_format"
