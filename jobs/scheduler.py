"""Runs jobs at their time of day on the ``schedule`` package, so that no job can hurt another.

``schedule`` never plans a job that raised again and then starves those behind it, and it remembers nothing
(measured on schedule 1.2.2). So here every entry is wrapped until it cannot raise, and the time it is due is kept in
the store: ``schedule`` only wakes the entries up. A due time that passed while nothing was running, or a run that was
killed, is made up for once at the next start.
"""

from __future__ import annotations

import logging
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from threading import Event
from types import FrameType
from typing import Protocol
from zoneinfo import ZoneInfo

import schedule

from ..errors import Blocked, UchetError
from ..sync.store import JobRow
from ..sync.types import Outcome

__all__ = ["Entry", "JobMemory", "Scheduler", "next_due", "stopping"]

log = logging.getLogger(__name__)


class JobMemory(Protocol):
    """The part of the store a scheduler needs. A job that began and has no outcome yet is at work, or was killed."""

    def job(self, name: str) -> JobRow | None: ...

    def put_job(self, job: JobRow) -> None: ...


@dataclass(frozen=True, slots=True)
class Entry:
    """One job: ``at`` is a wall-clock time in ``zone`` (``None``: this machine's zone); ``work`` returns an outcome."""

    name: str
    at: time
    zone: ZoneInfo | None
    work: Callable[[], Outcome]


def next_due(at: time, zone: ZoneInfo | None, after: datetime) -> datetime:
    """The first moment (UTC) later than ``after`` (UTC) when the wall clock shows ``at``.

    Where the clocks jump over ``at`` the moment after the jump is taken; where they show it twice, the first one.
    """
    local = after.astimezone(zone)
    for days in range(3):
        naive = datetime.combine(local.date() + timedelta(days=days), at)
        due = (naive.replace(tzinfo=zone) if zone else naive.astimezone()).astimezone(UTC)
        if due > after:
            return due
    raise AssertionError("a day is never longer than two days")


class Scheduler:
    """Wakes the entries every ``poll`` seconds and runs those that are due, one after another."""

    def __init__(
        self,
        memory: JobMemory,
        entries: Sequence[Entry],
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        poll: int = 15,
    ) -> None:
        self._memory = memory
        self._clock = clock
        self._next: dict[str, datetime] = {}
        self._book = schedule.Scheduler()
        self._poll = poll
        for entry in entries:
            self._book.every(poll).seconds.do(self._safely, entry)
            self._next[entry.name] = self._first(entry)

    def next(self, name: str) -> datetime:
        """When the entry ``name`` is due (UTC)."""
        return self._next[name]

    def tick(self) -> None:
        """Wake every entry now."""
        self._book.run_all()

    def run(self, stop: Event) -> None:
        """Work until ``stop`` is set; a job at work is finished first."""
        self.tick()
        while not stop.wait(min(self._poll, max(self._book.idle_seconds or 0.0, 0.05))):
            self._book.run_pending()

    def _first(self, entry: Entry) -> datetime:
        """The due time at start: a missed one (or a killed run) is due at once, else the next by the settings."""
        now = self._clock()
        row = self._memory.job(entry.name) or JobRow(entry.name)
        killed = row.last is not None and row.outcome is None
        missed = killed or (row.next is not None and row.next <= now)
        due = now if missed else next_due(entry.at, entry.zone, now)
        self._memory.put_job(replace(row, next=due))
        return due

    def _safely(self, entry: Entry) -> None:
        """Run ``entry`` if it is due. Nothing escapes: an exception here would starve every job behind this one."""
        try:
            if self._next[entry.name] <= self._clock():
                self._run(entry)
        except Exception:
            log.exception("job %s: its last and next run could not be kept", entry.name)

    def _run(self, entry: Entry) -> None:
        started = self._clock()
        due = self._next[entry.name] = next_due(entry.at, entry.zone, started)
        self._memory.put_job(JobRow(entry.name, started, due))
        outcome: Outcome = "failed"
        try:
            outcome = entry.work()
        except UchetError as error:
            outcome = "blocked" if isinstance(error, Blocked) else "failed"
            log.error("job %s: %s", entry.name, error)
        except Exception:
            log.exception("job %s failed", entry.name)
        finally:
            self._memory.put_job(JobRow(entry.name, started, due, outcome))


@contextmanager
def stopping(*signals: signal.Signals) -> Iterator[Event]:
    """An event that the first of ``signals`` sets; a second signal ends the process the usual way."""
    stop = Event()
    before = {number: signal.getsignal(number) for number in signals}

    def on_signal(number: int, _frame: FrameType | None) -> None:
        stop.set()
        signal.signal(number, before[signal.Signals(number)])

    for number in signals:
        signal.signal(number, on_signal)
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
