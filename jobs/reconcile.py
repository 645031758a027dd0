"""Reconciliation for people and for the night: settings and words in, a kept comparison out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import date
from pathlib import Path

from ..errors import Fatal, Reject
from ..mappings.model import Ref, Side, Value
from ..sync.counts.looking import asked_in, count_of
from ..sync.pair import book_now
from ..sync.reconcile.proposals import orders_of
from ..sync.reconcile.run import Answer, question_of
from ..sync.reconcile.run import reconcile as compare
from ..sync.reconcile.scope import Asked
from ..sync.reconcile.types import ReconcileRules, Reconciliation
from ..sync.store import IssueRow, Store
from ..sync.types import Run
from .lookup import labels_of
from .wiring import Wired

__all__ = ["asked_of", "called", "draft", "kept", "names_of", "numbers_of", "reconcile"]


def reconcile(parts: Wired, asked: Asked | None = None, day: date | None = None, count: int | None = None) -> Answer:
    """Compare both sides, and what a closed ``count`` found (over its scope, where no other is asked for). Raises
    ``Blocked`` while another run of the pair is at work, ``Reject`` for words that mean nothing, ``Fatal`` or
    ``Retry`` where neither side can be read."""
    rules = ReconcileRules(parts.settings.reconcile.timing_days)
    if count is None:
        return compare(parts.engine, asked, day, rules)
    store, pair = parts.store, parts.pair.name
    session = store.count(pair, count)
    about = asked if asked and asked.told() else asked_in(session)
    return compare(parts.engine, about, day, rules, lambda look: count_of(store, pair, count, look))


def draft(parts: Wired, answer: Answer) -> Run | None:
    """Write the drafts that people accepted and that still fit; ``None`` where there are none. An answer is carried out
    once. Raises what a run raises."""
    snapshot = parts.store.snapshot(parts.pair.name, answer.made.run)
    if snapshot is None or answer.made.day is not None:
        return None
    today = book_now(parts.engine.clock(), parts.engine.settings.zone).date()
    orders = orders_of(answer, snapshot, today, parts.engine.settings.language)
    return parts.engine.draft(orders) if orders else None


def kept(store: Store, pair: str, run: str) -> Reconciliation:
    """What a run found, as it was kept; nothing is read anew. Raises ``Reject``."""
    found = store.reconciliation(pair, run)
    if found is None:
        raise Reject(
            "no_reconciliation",
            "The run {run} compared nothing.",
            hint="See the runs with «uchet reconcile --list».",
            run=run,
        )
    return found


def asked_of(store: Store, pair: str, made: Reconciliation) -> Mapping[str, IssueRow]:
    """Key of a difference → the question it stands under: its own, or the nightly run's about the same thing. Nothing
    is asked about an earlier day."""
    if made.day is not None:
        return {}
    standing = store.issues(pair, None)
    own = {row.issue.key: row for row in standing}
    about: dict[tuple[str, str | None, str | None], list[IssueRow]] = defaultdict(list)
    for row in standing:
        if row.state != "closed":
            about[row.issue.kind, row.issue.book, row.issue.desk].append(row)
    found: dict[str, IssueRow] = {}
    for one in made.differences:
        theirs = question_of(one, about.get((one.kind, one.book_id, one.desk_id), ()))
        if its := own.get(one.key) or theirs:
            found[one.key] = its
    return found


def names_of(store: Store, pair: str, run: str) -> Mapping[tuple[Side, str, str], str]:
    """What the records of a kept comparison are called: as last agreed on, else as they were read then. Names of people
    stand in the first alone."""
    snapshot = store.snapshot(pair, run)
    found: dict[tuple[Side, str, str], str] = {}
    for (kind, side), listing in snapshot.listings.items() if snapshot else ():
        for id, record in listing.records.items():
            name = record.values.get("name")
            if isinstance(name, str):
                found[side, kind, id] = name
    return {**found, **labels_of(store, pair)}


def called(names: Mapping[tuple[Side, str, str], str], value: Value) -> Value:
    """``value``, a reference by its name."""
    return names.get((value.side, value.kind, value.id), value.id) if isinstance(value, Ref) else value


def numbers_of(file: Path) -> tuple[str, ...]:
    """The inventory or serial numbers in a text file, one a line. Raises ``Fatal``."""
    try:
        lines = file.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else None
        raise Fatal(
            "numbers_file",
            "The list of numbers {file} cannot be read: {reason}.",
            hint="Save it as text in UTF-8, one number a line.",
            file=str(file),
            reason=reason or str(error),
        ) from error
    return tuple(line.strip() for line in lines if line.strip())
