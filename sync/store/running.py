"""Runs, jobs, and what each side looked like last time."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, select

from ...errors import Reject
from ..types import Run, Side
from . import audit
from .core import Core
from .rows import JobRow, SideState
from .schema import job as jobs
from .schema import run as runs
from .schema import side as sides
from .serial import dumps, loads

__all__ = ["Running"]

_COUNTS = ("reads", "writes", "drafts", "issues", "skipped", "failed")
_NAME = runs.update().where(runs.c.number == bindparam("n")).values(id=bindparam("i"))
_BY_ID = select(runs).where(runs.c.id == bindparam("i"))
_FINISH = runs.update().where(runs.c.id == bindparam("i"))
_NEWEST = select(runs).where(runs.c.pair == bindparam("p")).order_by(runs.c.number.desc()).limit(bindparam("n"))
_SIDE_WHERE = (sides.c.pair == bindparam("p"), sides.c.side == bindparam("s"))
_SIDE = select(sides).where(*_SIDE_WHERE)
_PUT_SIDE = sides.update().where(*_SIDE_WHERE)
_JOB = select(jobs).where(jobs.c.name == bindparam("i"))
_PUT_JOB = jobs.update().where(jobs.c.name == bindparam("i"))


def _run(row: Row[Any]) -> Run:
    counts = (row.reads, row.writes, row.drafts, row.issues, row.skipped, row.failed)
    when = (row.started, row.finished)
    return Run(row.id, row.job, *when, row.outcome, row.plan, *counts, loads(row.notes))


def _figures(run: Run) -> dict[str, Any]:
    figures: dict[str, Any] = {name: getattr(run, name) for name in _COUNTS}
    return {"outcome": run.outcome, "plan": run.plan, **figures}


class Running(Core):
    """What ran, and what it found on each side."""

    def start_run(self, job: str, pair: str) -> Run:
        """A new run: its id is the UTC second it began and its number in this store."""
        now = self._clock()
        blank = Run("", job, now)
        row = {"id": f"starting {pair} {now.isoformat()}", "pair": pair, "job": job, "started": now, "notes": "[]"}
        with self._write() as connection:
            result = connection.execute(runs.insert(), {**row, **_figures(blank)})
            key: Any = result.inserted_primary_key
            id = f"{now:%Y%m%d-%H%M%S}-{key[0]}"
            connection.execute(_NAME, {"n": key[0], "i": id})
        return Run(id, job, now)

    def finish_run(self, run: Run) -> None:
        """The run's end with all its figures. Raises Reject("run_unknown")."""
        finished: datetime = run.finished or self._clock()
        values = {**_figures(run), "finished": finished, "notes": dumps(tuple(run.notes))}
        with self._write() as connection:
            row = connection.execute(_BY_ID, {"i": run.id}).one_or_none()
            if row is None:
                raise Reject("run_unknown", "There is no run {id}.", hint="See them with uchet status.", id=run.id)
            connection.execute(_FINISH, {"i": run.id, **values})
            entry = audit.Entry("run", "uchet", run.id, details={"job": run.job, **_figures(run)})
            audit.append(connection, row.pair, self._clock(), [entry])

    def runs(self, pair: str, limit: int = 20) -> list[Run]:
        """The pair's runs, newest first."""
        with self._read() as connection:
            found = connection.execute(_NEWEST, {"p": pair, "n": limit}).all()
        return [_run(row) for row in found]

    def side(self, pair: str, side: Side) -> SideState | None:
        """What ``side`` looked like last time; ``None`` before the first time."""
        with self._read() as connection:
            row = connection.execute(_SIDE, {"p": pair, "s": side}).one_or_none()
        if row is None:
            return None
        return SideState(row.identity, loads(row.marks), loads(row.sizes), row.fingerprint)

    def put_side(self, pair: str, side: Side, state: SideState) -> None:
        """Remember what ``side`` looks like; another identity is written into the audit."""
        now = self._clock()
        where = {"p": pair, "s": side}
        values = {
            "identity": state.identity,
            "marks": dumps(dict(state.marks)),
            "sizes": dumps(dict(state.sizes)),
            "fingerprint": state.fingerprint,
            "updated": now,
        }
        with self._write() as connection:
            old = connection.execute(_SIDE, where).one_or_none()
            if old is None:
                connection.execute(sides.insert(), {"pair": pair, "side": side, **values})
            else:
                connection.execute(_PUT_SIDE, {**where, **values})
            if old is None or old.identity != state.identity:
                details = {"side": side, "identity": state.identity}
                audit.append(connection, pair, now, [audit.Entry("side", "uchet", details=details)])

    def job(self, name: str) -> JobRow | None:
        """When the job last ran and will run next; ``None`` if it never did."""
        with self._read() as connection:
            row = connection.execute(_JOB, {"i": name}).one_or_none()
        return None if row is None else JobRow(row.name, row.last, row.next, row.outcome)

    def put_job(self, job: JobRow) -> None:
        """Write a job's times down."""
        values = {"last": job.last, "next": job.next, "outcome": job.outcome}
        with self._write() as connection:
            if connection.execute(_PUT_JOB, {"i": job.name, **values}).rowcount == 0:
                connection.execute(jobs.insert(), {"name": job.name, **values})
