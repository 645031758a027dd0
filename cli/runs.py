"""``run``, ``schedule``, ``resync`` and ``status``."""

from __future__ import annotations

import signal
from collections.abc import Callable
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer
from rich.text import Text

from ..jobs import JOBS
from ..jobs.lookup import labels_of
from ..jobs.scheduler import Entry, Scheduler, stopping
from ..jobs.wiring import open_store, wired
from ..settings import Settings
from ..sync.resync import Difference, Resync
from ..sync.store import Store
from ..sync.types import Outcome
from .frame import OK, WAITING, Seat, command
from .plans import EXIT
from .show import labels, rows, run_lines, table, verdict_lines
from .words import OUTCOMES, Words

__all__: list[str] = []

#: Drafts that wait for an accountant, or for the register to show what was posted.
PENDING = ("open", "edited", "posted", "adopted")


@command("run", help="Run a job now: nightly.")
def run(seat: Seat, job: Annotated[str, typer.Argument(metavar="JOB", help="Name of the job: nightly.")]) -> int:
    if job not in JOBS:
        raise typer.BadParameter(seat.t("There is no job called {job}. Jobs: {known}.", job=job, known=", ".join(JOBS)))
    with seat.busy(seat.t("Reading both sides…")) as progress, wired(seat.settings, progress=progress) as parts:
        done = parts.engine.run(job)
        stopped = parts.store.plan(done.plan) if done.outcome == "blocked" and done.plan else None
        names = labels_of(parts.store, parts.pair.name)
    seat.emit({"run": done, "reasons": [code for code, _, _ in stopped.verdict.reasons] if stopped else []})
    words = seat.words(labels(names, stopped.plan if stopped else None))
    seat.say(*run_lines(done, words))
    if stopped:
        seat.say(*verdict_lines(stopped.verdict, words))
        seat.say(seat.t("Plan {id} is stopped: look at it, then “uchet approve {id}”.", id=stopped.plan.id))
    return EXIT[done.outcome]


@command("schedule", help="Run the nightly job every day at the time in the settings, until stopped.")
def schedule(seat: Seat) -> int:
    settings = seat.settings
    zone = ZoneInfo(settings.schedule.zone) if settings.schedule.zone else None
    name = f"nightly@{settings.pair}"
    entry = Entry(name, settings.schedule.nightly, zone, _work(seat, settings))
    with open_store(settings) as store, stopping(signal.SIGTERM, signal.SIGINT) as stop:
        scheduler = Scheduler(store, [entry])
        due = scheduler.next(name)
        seat.emit({"job": name, "next": due})
        seat.say(seat.t("{job}: next run {next}. Stop with Ctrl-C.", job=name, next=seat.words().moment(due)))
        scheduler.run(stop)
    return OK


def _work(seat: Seat, settings: Settings) -> Callable[[], Outcome]:
    def work() -> Outcome:
        done = JOBS["nightly"](settings)
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


@command("status", help="Last runs, what waits for whom, and when the next run is due. Asks neither side.")
def status(seat: Seat) -> int:
    settings = seat.settings
    with open_store(settings) as store:
        data = _status(store, settings)
        words = seat.words(labels(labels_of(store, settings.pair)))
        runs = store.runs(settings.pair, 10)
    seat.emit({"pair": settings.pair, "runs": runs, **data})
    seat.say(Text(words.t("Pair {pair}", pair=settings.pair), "bold"))
    made = table(words.t("Started"), words.t("Job"), words.t("Outcome"), words.t("Written"), words.t("Plan"))
    for one in runs:
        outcome = words.t(OUTCOMES[one.outcome])
        rows(made, [[words.moment(one.started), one.job, outcome, str(one.writes), (one.plan or "—")[:12]]])
    seat.say(made if runs else words.t("No run yet: “uchet plan” shows what the first one would do."))
    plan = data["waiting_plan"]
    if plan:
        seat.say(words.t("Plan {id} waits ({count} writes).", id=plan["id"], count=plan["writes"]))
    seat.say(
        words.t(
            "Links {links}, drafts with the accountant {drafts}, open questions {issues}.",
            links=data["links"],
            drafts=len(data["drafts"]),
            issues=data["open_issues"],
        )
    )
    if data["job"]:
        seat.say(words.t("Next scheduled run: {next}.", next=words.moment(data["job"].next)))
    broken = data["audit_broken"]
    if broken is not None:
        seat.say(
            Text(words.t("The audit chain is broken at row {row}: the state was edited by hand.", row=broken), "red")
        )
    return OK


def _status(store: Store, settings: Settings) -> dict[str, Any]:
    pair = settings.pair
    waiting = store.waiting(pair)
    plan = None
    if waiting is not None:
        plan = {"id": waiting.plan.id, "writes": waiting.plan.writes, "stopped": waiting.verdict.stopped}
    return {
        "waiting_plan": plan,
        "links": len(store.links(pair)),
        "drafts": [{"number": d.number, "state": d.state} for d in store.drafts(pair, PENDING)],
        "open_issues": len(store.issues(pair)),
        "job": store.job(f"nightly@{pair}"),
        "audit_head": store.head(pair),
        "audit_broken": store.verify(pair),
    }
