"""A reconciliation from beginning to end: read, compare, keep, ask. Neither side is written to.

A run as of now asks about what it found and closes the questions that are settled; one of an earlier day shows how
things stood then, and leaves today's questions alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from ...errors import Reject
from ...mappings.model import Ref, Side
from ..engine import Engine
from ..ids import fingerprint, value_text
from ..pair import book_now
from ..store import IssueRow, Store
from ..types import Issue, Outcome, Run, worst
from .compare import compare, questions
from .corrections import corrections
from .counted import Counted
from .look import Look
from .reading import read_sides, stored_form
from .scope import Asked, resolve
from .types import KEY, Difference, ReconcileRules, Reconciliation, Snapshot, Verdicts

__all__ = ["JOB", "Answer", "ages", "ask", "by_count", "issue_for", "keep", "made_of", "question_of", "reconcile"]

JOB = "reconcile"
#: Questions of the nightly run about a record being there at all, or in service.
_PRESENCE = frozenset(
    {
        *("desk_only", "gone", "desk_gone", "gone_but_edited", "position_without_twin", "position_difference"),
        *("licence_book_only", "licence_object_unknown", "licence_overused"),
    }
)
#: Kind of a difference → the listings that must be whole before its absence means anything.
_NEEDS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "equipment": (("equipment", "book"), ("equipment", "desk")),
    "position": (("position", "book"), ("equipment", "desk")),
    "stock": (("item", "book"), ("supply", "desk")),
    "supply": (("item", "book"), ("supply", "desk")),
    "licence": (("licence", "desk"), ("installation", "desk")),
}


@dataclass(frozen=True)
class Answer:
    """What a reconciliation says: itself, its run, and for each difference the question it stands under (``None``: an
    earlier day, nothing is asked). ``asked``: matching's questions about the scope."""

    made: Reconciliation
    run: Run
    rows: Mapping[str, IssueRow]
    asked: tuple[IssueRow, ...] = ()
    #: (side, kind, id) → name, of the records that the differences refer to, as they were just read.
    names: Mapping[tuple[Side, str, str], str] = field(default_factory=dict)


def reconcile(
    engine: Engine,
    asked: Asked | None = None,
    day: date | None = None,
    rules: ReconcileRules | None = None,
    counted: Callable[[Look], Counted] | None = None,
) -> Answer:
    """Compare both sides inside what is ``asked``, as of now or of the end of ``day`` (the books' calendar).
    ``counted``: what a count says of the two as they were just read.

    Raises ``Blocked`` while another run of the pair is at work, ``Reject`` for a scope or a day that means nothing,
    and what both sides raise where neither can be read.
    """
    asked = asked or Asked()
    rules = rules or ReconcileRules()
    store, pair = engine.store, engine.pair.name
    today = book_now(engine.clock(), engine.settings.zone).date()
    if day is not None and day > today:
        raise Reject("day_ahead", "{day} is still to come.", hint="Give today or a day before.", day=str(day))
    with engine.running(JOB) as run:
        snapshot = read_sides(engine.pair, engine.store, engine.settings, engine.clock(), day, engine.reading)
        scope = resolve(asked, snapshot)
        look = Look(snapshot, scope, rules, today, ages(store, pair))
        if counted is not None:
            look = replace(look, counted=counted(look))
        made = made_of(store, pair, run, asked.told(), look, compare(look))
        store.put_reconciliation(pair, made, stored_form(snapshot))
        rows, more = ({}, ()) if day is not None else ask(engine, run, look, made)
        return Answer(made, keep(engine, run, made), rows, more, dict(_names(snapshot, made.differences)))


def _names(snapshot: Snapshot, found: Iterable[Difference]) -> Iterator[tuple[tuple[Side, str, str], str]]:
    for one in found:
        for value in (one.book, one.desk, one.count, *one.evidence.values()):
            if isinstance(value, Ref):
                yield (value.side, value.kind, value.id), snapshot.called(value)


def ages(store: Store, pair: str) -> dict[str, date]:
    """Key → the day a difference was first seen, of those that are not settled."""
    rows = store.issues(pair, None)
    return {r.issue.key: r.first.date() for r in rows if r.issue.key.startswith(KEY) and r.state != "closed"}


def made_of(
    store: Store, pair: str, run: Run, told: Mapping[str, Any], look: Look, verdicts: Verdicts
) -> Reconciliation:
    """What ``verdicts`` come to, as it is kept. ``told``: the scope in words."""
    snapshot = look.snapshot
    first = store.first_of_day(pair, told, snapshot.day) if snapshot.day else None
    before = store.snapshot(pair, first) if first else None
    late = tuple(corrections(before, stored_form(snapshot), look.scope)) if before else ()
    made = Reconciliation(
        run.id,
        snapshot.day,
        snapshot.taken,
        dict(told),
        snapshot.sources,
        verdicts.differences,
        dict(verdicts.compared),
        verdicts.unread,
        late,
        first or "",
        count=look.counted.id if look.counted else "",
    )
    return replace(made, fingerprint=_digest(made))


def _digest(made: Reconciliation) -> str:
    """The same figures give the same digest, whenever and by whichever run they were found."""
    parts: dict[str, Any] = {"day": str(made.day), "scope": str(sorted(made.scope.items()))}
    parts |= {f"compared {name}": str(count) for name, count in made.compared.items()}
    parts |= {f"read {s.side} {s.kind}": f"{s.read} {s.complete} {s.error}" for s in made.sources}
    parts |= {one.key: f"{one.code} {_mark(one)}" for one in made.differences}
    return fingerprint(parts)


# -- questions ---------------------------------------------------------------------------------------------------------


def ask(engine: Engine, run: Run, look: Look, made: Reconciliation) -> tuple[dict[str, IssueRow], tuple[IssueRow, ...]]:
    """Each difference under one question: the nightly run's own where it already asks, else one of ours."""
    store, pair = engine.store, engine.pair.name
    standing = [row for row in store.issues(pair, None) if row.state != "closed"]
    theirs = {one.key: row for one in made.differences if (row := question_of(one, standing))}
    if look.counted is None:  # what a count showed stands until another one
        told = {row.issue.key: row for row in standing if by_count(row)}
        theirs |= {one.key: told[one.key] for one in made.differences if one.key in told}
    mine = [issue_for(one) for one in made.differences if one.key not in theirs]
    others = questions(look)
    store.report_issues(pair, run.id, [*mine, *others], lambda row: _covered(look, row))
    now = {row.issue.key: row for row in store.issues(pair, None)}
    rows = {one.key: theirs.get(one.key) or now[one.key] for one in made.differences}
    return rows, tuple(now[issue.key] for issue in others)


def question_of(one: Difference, rows: Iterable[IssueRow]) -> IssueRow | None:
    """The question that the nightly run asks about the same thing: a person is not asked twice."""
    for row in rows:
        issue = row.issue
        same = (issue.kind, issue.book, issue.desk) == (one.kind, one.book_id, one.desk_id)
        if same and not issue.key.startswith(KEY) and (issue.field_name == one.field_name or issue.code in _PRESENCE):
            if issue.code in _PRESENCE and one.field_name not in ("presence", "state", "quantity", "seats"):
                continue
            return row
    return None


def issue_for(one: Difference) -> Issue:
    """``one`` as a question for a person."""
    values = {"book": one.book, "desk": one.desk, "count": one.count}
    params: dict[str, Any] = {
        "name": one.label,
        "quantity": one.quantity,
        "at_risk": one.at_risk,
        "owner": one.owner,
        "proposal": one.proposal,
        "matched_by": one.rule,
        "certainty": one.score,
        **one.evidence,
    }
    told = {name: value for name, value in params.items() if value not in (None, "")}
    return Issue(
        one.key,
        f"difference_{one.code}",
        one.kind,
        one.book_id,
        one.desk_id,
        one.field_name,
        {name: value for name, value in values.items() if value is not None},
        told,
        _mark(one),
    )


def _mark(one: Difference) -> str:
    """A digest of what a person would decide about; evidence alone asks nobody anew."""
    told = (one.code, one.book, one.desk, one.count, one.quantity, one.proposal)
    return fingerprint({str(n): value_text(value) for n, value in enumerate(told)})


def by_count(row: IssueRow) -> bool:
    """Whether a count raised the question: a look at both sides alone says nothing of what is there."""
    return row.issue.key.startswith(KEY) and "count" in row.issue.values


def _covered(look: Look, row: IssueRow) -> bool:
    """Whether this run looked at all that the question is about: only then does its absence close it."""
    issue, snapshot = row.issue, look.snapshot
    if by_count(row) and not (look.counted and look.counted.finished):
        return False
    if not issue.key.startswith(KEY) or issue.key.startswith(f"{KEY}find:"):
        return False
    needs = [*_NEEDS.get(issue.kind, ())]
    if issue.kind == "stock":
        needs.append((snapshot.book_quantity, "book"))
    if issue.kind == "equipment" and snapshot.unsure("position", "book"):
        return False
    if not needs or not all(snapshot.whole(kind, side) for kind, side in needs):  # type: ignore[arg-type]
        return False
    if look.scope.everything:
        return True
    kinds = {kind for kind, _ in needs}
    ends = [snapshot.record(kind, side, id) for kind in kinds for side, id in _ends(issue)]
    return look.scope.inside(snapshot, *ends)


def _ends(issue: Issue) -> list[tuple[Any, str | None]]:
    return [("book", issue.book), ("desk", issue.desk)]


def keep(engine: Engine, run: Run, made: Reconciliation) -> Run:
    """The run is over: how it ended, in figures."""
    partial = made.unread or any(one.failed or not one.complete for one in made.after)
    outcome: Outcome = worst("clean", "partial" if partial else "clean")
    done = replace(
        run,
        finished=engine.clock(),
        outcome=outcome,
        reads=sum(source.read for source in (*made.sources, *made.after)),
        issues=len(engine.store.issues(engine.pair.name)),
        notes=made.unread,
    )
    engine.store.finish_run(done)
    return done
