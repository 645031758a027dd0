"""A report from what is kept: a reconciliation with its snapshot, or the journal of runs and drafts. Reads no side
(``live.py`` makes those that do)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from ...errors import Reject
from ...sync.ids import fingerprint
from ...sync.pair import book_now
from ...sync.reconcile.look import Look
from ...sync.reconcile.scope import Asked, resolve
from ...sync.reconcile.types import ReconcileRules
from ...sync.store import OperationRow, Store
from ...sync.types import Draft, Record
from ..forms.facts import facts_of
from ..forms.inventory import sheets
from ..forms.making import chosen, named, sources_told
from ..forms.types import Row, Stamp
from ..reconcile import asked_of
from .comparison import classes, concerns, differences, licences
from .quality import quality
from .remainders import remainders
from .types import Filled, Report

__all__ = ["Wanted", "digest_of", "make", "refuse_period", "written_drafts"]

#: Drafts that wait for somebody, and what is said of them.
_STATES = {"open": "ждёт проведения", "edited": "изменён, ждёт проведения", "posted": "проведён, ждёт регистра"}
_OUTCOMES = {
    "clean": "без изменений",
    "changed": "изменения внесены",
    "partial": "частично",
    "blocked": "остановлен, ждёт решения",
    "failed": "не выполнен",
}
#: So many runs stand in the protocol.
_RUNS = 500


@dataclass(frozen=True, slots=True)
class Wanted:
    """``run``: a reconciliation (``None``: the last one). ``titles``: kind of document → what 1C calls it. ``since``,
    ``until``: days of the books' calendar, both included, for a report that is about some."""

    report: Report
    run: str | None = None
    asked: Asked = field(default_factory=Asked)
    titles: dict[str, str] = field(default_factory=dict)
    since: date | None = None
    until: date | None = None


def make(store: Store, pair: str, zone: ZoneInfo, now: datetime, wanted: Wanted) -> Filled:
    """The report with its rows. ``now``: UTC. Raises ``Reject`` where nothing was compared yet, for words that mean
    nothing, and for a scope of a report that has none."""
    refuse_period(wanted)
    if wanted.report.kept:
        return _kept(store, pair, zone, wanted)
    if wanted.run or wanted.asked.told():
        raise Reject(
            "report_scope",
            "The report {name} is about the whole pair and takes no scope.",
            hint="Leave the scope and --run out.",
            name=wanted.report.name,
        )
    if wanted.report.lines:
        return _remainders(store, pair, now, wanted)
    rows = tuple(_drafts(store, pair, zone, now, wanted) if wanted.report.name == "drafts" else _runs(store, pair))
    last = next(iter(store.runs(pair, 1)), None)
    digest = digest_of({"lines": rows})
    sources = (f"Журнал uchet, пара {pair}.",)
    return Filled(wanted.report, {"lines": rows}, Stamp(last.id if last else "—", now, None, digest, sources))


def refuse_period(wanted: Wanted) -> None:
    """Raises ``Reject`` where days are given to a report that is about none."""
    if (wanted.since or wanted.until) and not wanted.report.period:
        raise Reject(
            "report_period",
            "The report {name} is about no period.",
            hint="Leave --since and --until out.",
            name=wanted.report.name,
        )


def digest_of(rows: Mapping[str, Sequence[Row]]) -> str:
    """The fingerprint of a report's rows: the same figures give the same one."""
    return fingerprint(
        {f"{table} {n}": str(sorted(row.items(), key=str)) for table in rows for n, row in enumerate(rows[table])}
    )


def _kept(store: Store, pair: str, zone: ZoneInfo, wanted: Wanted) -> Filled:
    made = chosen(store, pair, wanted.run)
    snapshot = named(store, pair, made.run)
    told: dict[str, Any] = {name: tuple(words) for name, words in made.scope.items()}
    ours, more = resolve(Asked(**told), snapshot), resolve(wanted.asked, snapshot)
    day = made.day or book_now(made.taken, zone).date()
    look = Look(snapshot, ours, ReconcileRules(), day)

    def inside(record: Record) -> bool:
        return ours.inside(snapshot, record) and more.inside(snapshot, record)

    asked = asked_of(store, pair, made)
    rows: dict[str, tuple[Row, ...]]
    match wanted.report.name:
        case "reconciliation":
            found = [one for one in made.differences if concerns(snapshot, more, one)]
            rows = {
                "differences": tuple(differences(look, found, asked)),
                "classes": tuple(classes(found, asked, day)),
            }
        case "custody":
            facts = facts_of(look, made, False, lambda key: False, inside)
            cards = sheets("custody", facts, day)
            rows = {"lines": tuple({**one.values, **row} for one in cards for row in one.rows["lines"])}
        case "licences":
            rows = {"lines": tuple(licences(snapshot, inside, day))}
        case _:
            rows = {"lines": tuple(quality(snapshot, made, inside))}
    stamp = Stamp(made.run, made.taken, made.day, made.fingerprint, tuple(sources_told(made.sources)))
    return Filled(wanted.report, rows, stamp)


def _remainders(store: Store, pair: str, now: datetime, wanted: Wanted) -> Filled:
    lines = store.lines(pair)
    if lines is None or not lines.meta("taken"):
        raise Reject(
            "no_lines",
            "No movement lines are kept of this pair.",
            hint="The nightly run keeps them where [feed] is set in uchet.toml and the state is a file.",
        )
    made = remainders(store, pair, lines, wanted.since, wanted.until)
    rows = {"lines": made.lines, "spots": made.spots}
    source = f"Строки движений обеих сторон, прочитаны {made.taken} (время учёта)."
    told = f"Сравнено остатков: {made.compared}, расходятся: {len(made.spots)}."
    last = next(iter(store.runs(pair, 1)), None)
    stamp = Stamp(last.id if last else "—", now, wanted.until, digest_of(rows), (source,))
    return Filled(wanted.report, rows, stamp, (told,))


# -- the journal -------------------------------------------------------------------------------------------------------


def _drafts(store: Store, pair: str, zone: ZoneInfo, now: datetime, wanted: Wanted) -> Iterator[Row]:
    """Drafts that wait, oldest first, with the day they were written and what was said in them."""
    written = written_drafts(store, pair)
    today = book_now(now, zone).date()
    for draft in store.drafts(pair, _STATES):
        its = written.get(draft.id)
        day = book_now(its.started, zone).date() if its else None
        note = its.operation.header.get("@note") if its else None
        yield {
            "date": day,
            "document": wanted.titles.get(draft.document, draft.document),
            "number": draft.number or None,
            "state": _STATES[draft.state],
            "age": (today - day).days if day else None,
            "count": len(draft.members),
            "things": _things(draft),
            "note": str(note) if note else None,
            "ref": draft.ref,
        }


def written_drafts(store: Store, pair: str) -> dict[str, OperationRow]:
    """Draft → the write that made it, whose header says what was told in it."""
    return {op.operation.key: op for op in store.operations(pair) if op.operation.action == "draft"}


def _things(draft: Draft) -> str:
    return ", ".join(dict.fromkeys(member.label for member in draft.members if member.label))


def _runs(store: Store, pair: str) -> Iterator[Row]:
    """Runs, newest first."""
    for run in store.runs(pair, _RUNS):
        yield {
            "run": run.id,
            "job": run.job,
            "date": run.started.date(),
            "started": f"{run.started:%H:%M:%S}",
            "finished": f"{run.finished:%H:%M:%S}" if run.finished else None,
            "outcome": _OUTCOMES[run.outcome] if run.finished else "не завершён",
            "reads": run.reads,
            "writes": run.writes,
            "drafts": run.drafts,
            "skipped": run.skipped,
            "failed": run.failed,
            "issues": run.issues,
            "unread": ", ".join(run.notes) or None,
        }
