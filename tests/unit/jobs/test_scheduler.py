"""The scheduler: nothing starves, nothing is forgotten, a missed night is made up for once, SIGTERM ends it."""

from __future__ import annotations

import os
import signal
import threading
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
import schedule

from uchet.errors import Blocked
from uchet.jobs.scheduler import Entry, Scheduler, next_due, stopping
from uchet.sync.store import JobRow, Store

MOSCOW = ZoneInfo("Europe/Moscow")
NIGHT = time(2, 30)


class Clock:
    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock(datetime(2026, 11, 22, 20, 0, tzinfo=UTC))


@pytest.fixture
def store(clock: Clock):
    with Store.open(":memory:", clock=clock) as store:
        yield store


def test_the_package_itself_starves_the_job_behind_a_raising_one() -> None:
    """Why everything here is wrapped; when this fails, ``schedule`` has changed."""
    book, ran = schedule.Scheduler(), []

    def bad() -> None:
        raise ValueError

    book.every().second.do(bad)
    book.every().second.do(ran.append, 1)
    for job in book.jobs:
        job.next_run = datetime(2020, 1, 1)
    for _ in range(5):
        with pytest.raises(ValueError):  # noqa: PT011
            book.run_pending()
    assert ran == []


def test_a_raising_job_starves_nothing(store: Store, clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
    ran: list[str] = []

    def bad() -> str:
        ran.append("bad")
        raise ValueError("no")

    def good() -> str:
        ran.append("good")
        return "changed"

    scheduler = Scheduler(store, [Entry("bad", NIGHT, UTC, bad), Entry("good", NIGHT, UTC, good)], clock=clock)
    for _ in range(5):
        clock.now += timedelta(days=1)
        scheduler.tick()
    assert ran == ["bad", "good"] * 5
    assert [store.job(name).outcome for name in ("bad", "good")] == ["failed", "changed"]
    assert "job bad failed" in caplog.text


def test_last_and_next_run_are_kept(store: Store, clock: Clock) -> None:
    scheduler = Scheduler(store, [Entry("nightly", NIGHT, MOSCOW, lambda: "clean")], clock=clock)
    due = datetime(2026, 11, 22, 23, 30, tzinfo=UTC)
    assert store.job("nightly") == JobRow("nightly", None, due, None)
    clock.now = due - timedelta(seconds=1)
    scheduler.tick()
    assert store.job("nightly").last is None
    clock.now = due
    scheduler.tick()
    assert store.job("nightly") == JobRow("nightly", due, due + timedelta(days=1), "clean")


def test_a_blocked_run_is_kept_as_blocked(store: Store, clock: Clock) -> None:
    def locked() -> str:
        raise Blocked("pair_locked", "Another program is working on this pair.")

    scheduler = Scheduler(store, [Entry("nightly", NIGHT, UTC, locked)], clock=clock)
    clock.now += timedelta(days=1)
    scheduler.tick()
    assert store.job("nightly").outcome == "blocked"


def test_a_missed_night_is_made_up_for_once(store: Store, clock: Clock) -> None:
    ran: list[datetime] = []

    def work() -> str:
        ran.append(clock.now)
        return "clean"

    entry = Entry("nightly", NIGHT, UTC, work)
    Scheduler(store, [entry], clock=clock)
    clock.now += timedelta(days=3)  # the machine was off for three nights
    scheduler = Scheduler(store, [entry], clock=clock)
    scheduler.tick()
    scheduler.tick()
    assert ran == [clock.now]
    Scheduler(store, [entry], clock=clock).tick()
    assert len(ran) == 1


def test_a_killed_run_is_repeated_at_the_next_start(store: Store, clock: Clock) -> None:
    ran: list[int] = []
    store.put_job(JobRow("nightly", clock.now, clock.now + timedelta(hours=5), None))  # began, never ended
    Scheduler(store, [Entry("nightly", NIGHT, UTC, lambda: ran.append(1) or "clean")], clock=clock).tick()
    assert ran == [1]


def test_a_changed_time_in_the_settings_counts_at_once(store: Store, clock: Clock) -> None:
    Scheduler(store, [Entry("nightly", NIGHT, UTC, lambda: "clean")], clock=clock)
    scheduler = Scheduler(store, [Entry("nightly", time(23), UTC, lambda: "clean")], clock=clock)
    assert scheduler.next("nightly") == datetime(2026, 11, 22, 23, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("after", "due"),
    [
        ("2026-03-28T12:00", "2026-03-29T01:30"),  # the clocks jump over 02:30 in Berlin: the moment after the jump
        ("2026-10-24T12:00", "2026-10-25T00:30"),  # shown twice: the first one
        ("2026-10-25T00:30", "2026-10-26T01:30"),  # and not again an hour later
    ],
)
def test_due_times_where_clocks_change(after: str, due: str) -> None:
    berlin = ZoneInfo("Europe/Berlin")
    asked = datetime.fromisoformat(after).replace(tzinfo=UTC)
    assert next_due(NIGHT, berlin, asked) == datetime.fromisoformat(due).replace(tzinfo=UTC)


def test_the_machines_own_zone_is_the_default() -> None:
    after = datetime(2026, 11, 22, 12, tzinfo=UTC)
    assert next_due(NIGHT, None, after).astimezone().time() == NIGHT


def test_sigterm_ends_the_loop_after_the_job_at_work(store: Store, clock: Clock) -> None:
    done: list[str] = []

    def work() -> str:
        os.kill(os.getpid(), signal.SIGTERM)
        done.append("finished")
        return "clean"

    before = signal.getsignal(signal.SIGTERM)
    clock.now += timedelta(seconds=1)
    scheduler = Scheduler(store, [Entry("nightly", NIGHT, UTC, work)], clock=clock, poll=1)
    clock.now += timedelta(days=1)
    with stopping(signal.SIGTERM) as stop:
        guard = threading.Timer(20, lambda: (done.append("only by force"), stop.set()))
        guard.start()
        scheduler.run(stop)
        guard.cancel()
    assert done == ["finished"]
    assert store.job("nightly").outcome == "clean"
    assert signal.getsignal(signal.SIGTERM) == before


def test_the_loop_wakes_by_itself(store: Store) -> None:
    ran, stop = threading.Event(), threading.Event()
    soon = datetime.now(UTC) + timedelta(seconds=1)

    def work() -> str:
        ran.set()
        stop.set()
        return "clean"

    Scheduler(store, [Entry("soon", soon.time(), UTC, work)], poll=1).run(stop) if not stop.is_set() else None
    assert ran.is_set()
