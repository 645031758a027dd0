"""Runs, jobs and the sides' last state come back as they were put."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from uchet.errors import Reject
from uchet.sync.store import JobRow, SideState, Store
from uchet.sync.types import Run


def test_runs_newest_first_with_all_figures(store: Store, clock) -> None:
    first, second = store.start_run("nightly", "main"), store.start_run("nightly", "main")
    store.start_run("nightly", "other")
    assert first.id != second.id
    assert first.started == clock.now
    clock.forward(minutes=5)
    done = replace(
        second,
        finished=clock.now,
        outcome="partial",
        plan="abc",
        reads=10,
        writes=3,
        drafts=1,
        issues=2,
        skipped=4,
        failed=5,
        notes=("Одна запись", "two"),
    )
    store.finish_run(done)
    assert store.runs("main") == [done, first]
    assert store.runs("main", limit=1) == [done]
    assert store.audit("main")[0].details["writes"] == 3
    store.finish_run(first)
    assert store.runs("main")[1].finished == clock.now


def test_an_unknown_run_is_named(store: Store, clock) -> None:
    with pytest.raises(Reject) as caught:
        store.finish_run(Run("zz", "nightly", clock.now))
    assert caught.value.code == "run_unknown"


def test_sides(store: Store) -> None:
    assert store.side("main", "book") is None
    state = SideState("http://1c|base", {"version": "AAA="}, {"equipment": 5}, "fp")
    store.put_side("main", "book", state)
    store.put_side("main", "desk", SideState("desk"))
    moved = replace(state, marks={"version": "BBB="})
    store.put_side("main", "book", moved)
    assert store.side("main", "book") == moved
    assert store.side("main", "desk") == SideState("desk")
    store.put_side("main", "book", replace(state, identity="another base"))
    assert [x.details["identity"] for x in store.audit("main")] == ["another base", "desk", "http://1c|base"]


def test_jobs(store: Store) -> None:
    assert store.job("nightly") is None
    job = JobRow("nightly", datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 3, 2, tzinfo=UTC), "clean")
    store.put_job(JobRow("nightly"))
    store.put_job(job)
    assert store.job("nightly") == job


def test_naive_times_are_refused(store: Store) -> None:
    with pytest.raises(ValueError, match="aware"):
        store.put_job(JobRow("nightly", datetime(2026, 3, 1)))
