"""``run``, ``schedule`` and ``resync``."""

from __future__ import annotations

import signal
from collections.abc import Callable
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from ..jobs import JOBS, run_job
from ..jobs.lookup import labels_of
from ..jobs.scheduler import Entry, Scheduler, stopping
from ..jobs.wiring import open_store, wired
from ..settings import Settings
from ..sync.resync import Difference, Resync
from ..sync.types import Outcome
from .frame import OK, WAITING, Seat, command
from .plans import EXIT
from .show import labels, rows, run_lines, table, verdict_lines
from .words import Words

__all__: list[str] = []


@command("run", help="Run a job now: nightly or reconcile.")
def run(
    seat: Seat, job: Annotated[str, typer.Argument(metavar="JOB", help="Name of the job: nightly or reconcile.")]
) -> int:
    if job not in JOBS:
        raise typer.BadParameter(seat.t("There is no job called {job}. Jobs: {known}.", job=job, known=", ".join(JOBS)))
    with seat.busy(seat.t("Reading both sides…")) as progress, wired(seat.settings, progress=progress) as parts:
        done = JOBS[job](parts)
        stopped = parts.store.plan(done.plan) if done.outcome == "blocked" and done.plan else None
        names = labels_of(parts.store, parts.pair.name)
    seat.emit({"run": done, "reasons": [code for code, _, _ in stopped.verdict.reasons] if stopped else []})
    words = seat.words(labels(names, stopped.plan if stopped else None))
    seat.say(*run_lines(done, words))
    if stopped:
        seat.say(*verdict_lines(stopped.verdict, words))
        seat.say(seat.t("Plan {id} is stopped: look at it, then “uchet approve {id}”.", id=stopped.plan.id))
    return EXIT[done.outcome]


@command("schedule", help="Run the nightly job and the reconciliation every day at their times, until stopped.")
def schedule(seat: Seat) -> int:
    settings = seat.settings
    zone = ZoneInfo(settings.schedule.zone) if settings.schedule.zone else None
    name = f"nightly@{settings.pair}"
    times = {"nightly": settings.schedule.nightly, "reconcile": settings.schedule.reconcile}
    entries = [Entry(f"{job}@{settings.pair}", at, zone, _work(seat, settings, job)) for job, at in times.items()]
    with open_store(settings) as store, stopping(signal.SIGTERM, signal.SIGINT) as stop:
        scheduler = Scheduler(store, entries)
        due = {entry.name: scheduler.next(entry.name) for entry in entries}
        seat.emit({"job": name, "next": due[name], "jobs": due})
        for job, moment in due.items():
            seat.say(seat.t("{job}: next run {next}. Stop with Ctrl-C.", job=job, next=seat.words().moment(moment)))
        scheduler.run(stop)
    return OK


def _work(seat: Seat, settings: Settings, job: str) -> Callable[[], Outcome]:
    def work() -> Outcome:
        done = run_job(settings, job)
        seat.say(*run_lines(done, seat.words()))
        seat.emit({"run": done})
        return done.outcome

    return work


@command("resync", help="Compare everything on both sides and write nothing. Exit 3: there are differences.")
def resync(seat: Seat) -> int:
    with seat.busy(seat.t("Reading both sides…")) as progress, wired(seat.settings, progress=progress) as parts:
        found = parts.engine.resync()
        names = labels_of(parts.store, parts.pair.name)
    seat.emit(found)
    _show_resync(seat, found, seat.words(labels(names)))
    different = found.differences or found.book_only or found.desk_only or found.verdict.stopped
    return WAITING if different else OK


def _show_resync(seat: Seat, found: Resync, words: Words) -> None:
    made = table(words.t("Kind"), words.t("Record"), words.t("Field"), words.t("Books"), words.t("Desk"))
    for one in found.differences:
        rows(made, _difference(one, words))
    if found.differences:
        seat.say(made)
    seat.say(
        words.t(
            "Compared {compared} pairs: {different} differ; only in the books {book}, only on the desk {desk}. "
            "Nothing was written.",
            compared=found.compared,
            different=len(found.differences),
            book=found.book_only,
            desk=found.desk_only,
        )
    )
    seat.say(*verdict_lines(found.verdict, words))


def _difference(one: Difference, words: Words) -> list[list[str]]:
    lines = []
    for name, (book, desk) in one.fields.items():
        field = words.t("is there at all") if name == "*" else words.field(one.kind, name)
        lines.append([words.kind(one.kind), one.label, field, words.value(book), words.value(desk)])
    return lines
