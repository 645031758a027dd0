"""``plan``, ``approve`` and ``apply``: what is shown is what is applied."""

from __future__ import annotations

import getpass
from typing import Annotated, Any

import typer

from ..errors import Reject
from ..jobs.lookup import labels_of
from ..jobs.wiring import open_store, wired
from ..sync.store import PlanRow
from ..sync.types import Plan, Verdict
from .frame import FAILED, OK, PARTIAL, WAITING, Seat, command
from .show import labels, plan_lines, plan_table, run_lines, verdict_lines
from .words import Words

__all__ = ["EXIT", "person", "plan_json"]

#: How many operations of one kind and action ``plan`` shows unless asked for all.
SHOWN = 40
EXIT = {"clean": OK, "changed": OK, "partial": PARTIAL, "blocked": WAITING, "failed": FAILED}

AllOption = Annotated[bool, typer.Option("--all", help="Show every operation, however many there are.")]
PlanArgument = Annotated[str, typer.Argument(metavar="PLAN", help="Number of a plan, or its beginning.")]


def person() -> str:
    """Who sits at the keyboard, for the audit."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "cli"


@command("plan", help="Read both sides and show what a run would change; nothing is written. Exit 3: something would.")
def plan(seat: Seat, show_all: AllOption = False) -> int:
    with seat.busy(seat.t("Reading both sides…")) as progress, wired(seat.settings, progress=progress) as parts:
        made, verdict = parts.engine.plan()
        names = labels_of(parts.store, parts.pair.name)
        row = parts.store.plan(made.id)
    seat.emit(plan_json(made, verdict, row.state if row else "waiting"))
    words = seat.words(labels(names, made))
    _show(seat, made, verdict, words, None if show_all else SHOWN)
    return WAITING if verdict.stopped or made.writes else OK


def plan_json(made: Plan, verdict: Verdict, state: str) -> dict[str, Any]:
    """A plan as ``--json`` shows it."""
    return {
        "plan": made.id,
        "state": state,
        "stopped": verdict.stopped,
        "reasons": [{"code": code, "params": params} for code, _, params in verdict.reasons],
        "writes": made.writes,
        "later": sum(made.later.values()),
        "issues": len(made.issues),
        "operations": made.operations,
    }


def _show(seat: Seat, made: Plan, verdict: Verdict, words: Words, limit: int | None) -> None:
    seat.say(*plan_lines(made, words, limit), "")
    if made.operations:
        seat.say(plan_table(made, words))
    else:
        seat.say(seat.t("Nothing to change: both sides tell the same story."))
    if made.later:
        count = sum(made.later.values())
        seat.say(
            seat.t(
                "Drafts of {count} more rows follow in parts: in the same night, or after “uchet apply” in the next.",
                count=count,
            )
        )
    seat.say(*verdict_lines(verdict, words))
    seat.say(seat.t("Questions for people: {count} (uchet issues list).", count=len(made.issues)))
    if verdict.stopped:
        seat.say(seat.t("Plan {id} is stopped: look at it, then “uchet approve {id}”.", id=made.id))
    elif made.operations:
        seat.say(seat.t("Plan {id} is saved: “uchet apply {id}” applies exactly this.", id=made.id))


@command("approve", help="Allow a stopped plan; the next apply of it goes through.")
def approve(seat: Seat, id: PlanArgument) -> int:
    with open_store(seat.settings) as store:
        row = store.plan(id)
        if row is None:
            raise _unknown(id)
        words = seat.words(labels(labels_of(store, seat.settings.pair), row.plan))
        if seat.interactive:
            _show(seat, row.plan, row.verdict, words, SHOWN)
        if not _agreed(seat, row):
            seat.say(seat.t("Not approved: nothing was changed."))
            seat.emit({"plan": row.plan.id, "state": row.state})
            return WAITING
        store.approve(row.plan.id, by=person())
    seat.emit({"plan": row.plan.id, "state": "approved"})
    seat.say(seat.t("Plan {id} is approved: “uchet apply {id}” applies it.", id=row.plan.id))
    return OK


def _agreed(seat: Seat, row: PlanRow) -> bool:
    """The command itself is a decision; at a terminal it is asked once more, because there is no way back."""
    if not seat.interactive:
        return True
    return seat.confirm(seat.t("Approve {count} writes?", count=row.plan.writes))


@command("apply", help="Apply exactly the plan shown earlier; targets changed since are skipped.")
def apply(seat: Seat, id: PlanArgument) -> int:
    with seat.busy(seat.t("Applying…")) as progress, wired(seat.settings, progress=progress) as parts:
        row = parts.store.plan(id)
        if row is None:
            raise _unknown(id)
        run = parts.engine.apply(row.plan.id)
    seat.emit({"run": run})
    seat.say(*run_lines(run, seat.words()))
    return EXIT[run.outcome]


def _unknown(id: str) -> Reject:
    return Reject("plan_unknown", "There is no plan {id}.", hint="“uchet status” shows the plan that waits.", id=id)
