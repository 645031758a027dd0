"""Saved plans: what is shown is what is applied."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, Text, bindparam, func, select

from ...errors import Blocked, Reject
from ..types import Plan, Verdict
from . import audit
from .core import Core
from .rows import PlanRow, PlanState
from .schema import plan as plans
from .serial import FORMAT, dumps, load_as

__all__ = ["Planning"]

_EXACT = select(plans).where(plans.c.id == bindparam("i"))
_PREFIX = (
    select(plans)
    .where(func.substr(plans.c.id, 1, func.length(bindparam("i", type_=Text))) == bindparam("i", type_=Text))
    .limit(2)
)
_WAITING = (
    select(plans)
    .where(plans.c.pair == bindparam("p"), plans.c.state == "waiting")
    .order_by(plans.c.number.desc())
    .limit(1)
)
_SUPERSEDE = (
    plans.update()
    .where(plans.c.pair == bindparam("p"), plans.c.state == "waiting", plans.c.id != bindparam("i"))
    .values(state="superseded")
)
_DROP = plans.delete().where(plans.c.id == bindparam("i"))
_MARK = plans.update().where(plans.c.number == bindparam("n"))


def _row(row: Row[Any]) -> PlanRow:
    if row.format != FORMAT:
        raise Blocked(
            "plan_format",
            "Plan {id} was made by another version of uchet and cannot be read by this one.",
            hint="Make a new plan: uchet plan.",
            id=row.id,
        )
    body, verdict = load_as(Plan, row.body), load_as(Verdict, row.verdict)
    return PlanRow(body, verdict, row.state, row.run, row.by, row.created)


def _find(connection: Connection, id: str) -> Row[Any] | None:
    exact = connection.execute(_EXACT, {"i": id}).one_or_none()
    if exact is not None or not id:
        return exact
    found = connection.execute(_PREFIX, {"i": id}).all()
    if len(found) > 1:
        raise Reject(
            "plan_ambiguous",
            "More than one plan begins with {id}.",
            hint="Give more characters of the plan's number.",
            id=id,
        )
    return found[0] if found else None


def _known(connection: Connection, id: str) -> Row[Any]:
    row = _find(connection, id)
    if row is None:
        raise Reject("plan_unknown", "There is no plan {id}.", hint="See the plans with uchet status.", id=id)
    return row


class Planning(Core):
    """The plans of a pair."""

    def save_plan(self, pair: str, plan: Plan, verdict: Verdict, run: str) -> None:
        """Save ``plan`` as the one that waits; plans that waited before are superseded.

        The id is a digest of the content: the same plan saved again keeps its approval while it was not applied, and
        asks anew once it was.
        """
        now = self._clock()
        with self._write() as connection:
            old = connection.execute(_EXACT, {"i": plan.id}).one_or_none()
            kept = old is not None and old.state == "approved"
            connection.execute(_DROP, {"i": plan.id})
            row = {
                "id": plan.id,
                "pair": pair,
                "run": run,
                "state": "approved" if kept else "waiting",
                "by": old.by if old is not None and kept else None,
                "format": FORMAT,
                "body": dumps(plan),
                "verdict": dumps(verdict),
                "created": now,
            }
            connection.execute(plans.insert(), row)
            connection.execute(_SUPERSEDE, {"p": pair, "i": plan.id})
            details = {"plan": plan.id, "writes": plan.writes, "stopped": tuple(x[0] for x in verdict.reasons)}
            audit.append(connection, pair, now, [audit.Entry("plan", "uchet", run, details=details)])

    def plan(self, id: str) -> PlanRow | None:
        """The plan with this id or unique beginning of an id; ``None`` if there is none. Raises
        Reject("plan_ambiguous"), and Blocked("plan_format") for a plan of another version."""
        with self._read() as connection:
            row = _find(connection, id)
        return None if row is None else _row(row)

    def waiting(self, pair: str) -> PlanRow | None:
        """The newest plan that waits for a person or for apply."""
        with self._read() as connection:
            row = connection.execute(_WAITING, {"p": pair}).one_or_none()
        return None if row is None else _row(row)

    def approve(self, id: str, *, by: str) -> None:
        """A person lets a waiting plan through. Approving twice is fine; raises Reject("plan_unknown"), and
        Reject("plan_not_waiting") for one already applied or superseded."""
        with self._write() as connection:
            row = _known(connection, id)
            if row.state == "approved":
                return
            if row.state != "waiting":
                raise Reject(
                    "plan_not_waiting",
                    "Plan {id} is no longer waiting ({state}).",
                    hint="Make a new plan with uchet plan and approve that one.",
                    id=row.id,
                    state=row.state,
                )
            self._mark(connection, row, "approved", by)

    def mark_plan(self, id: str, state: PlanState) -> None:
        """Move a plan on. Raises Reject("plan_unknown")."""
        with self._write() as connection:
            row = _known(connection, id)
            self._mark(connection, row, state, None)

    def _mark(self, connection: Connection, row: Row[Any], state: PlanState, by: str | None) -> None:
        connection.execute(_MARK, {"n": row.number, "state": state, "by": by or row.by})
        entry = audit.Entry(f"plan_{state}", by or "uchet", row.run, details={"plan": row.id})
        audit.append(connection, row.pair, self._clock(), [entry])
