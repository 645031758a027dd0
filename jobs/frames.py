"""A reconciliation as pandas frames, for notebooks and spreadsheets: the same figures as on the command line.

Money and quantities stay ``Decimal`` (columns of objects): sums are exact, and ``.astype(float)`` serves a chart. An
empty cell is ``None``. Times are UTC.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..settings import Settings, load_settings
from ..sync.reconcile.classes import CLASSES
from ..sync.reconcile.scope import Asked
from ..sync.reconcile.types import Difference, Reconciliation
from ..sync.store import IssueRow
from .reconcile import asked_of, called, kept, names_of
from .reconcile import reconcile as compare
from .state import open_store
from .wiring import wired

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["COLUMNS", "Frames", "frames_of", "reconcile"]

Names = Mapping[Any, str]

#: Frame → its columns, and what stands in them.
COLUMNS: Mapping[str, Mapping[str, str]] = {
    "differences": {
        "key": "the same from run to run while it is about the same",
        "class": "class of the difference, such as wrong_person",
        "kind": "equipment, position, stock, supply or licence",
        "record": "inventory number or name",
        "organization": "name of the organisation in the books",
        "book_id": "id in the books; of stock: item|organisation|warehouse",
        "desk_id": "id on the desk",
        "field": "what differs; presence: being there at all",
        "book": "what the books say; of a record: its name",
        "desk": "what the desk says",
        "count": "what was counted",
        "quantity": "fact less books, in the books' unit (Decimal)",
        "value_at_risk": "roubles (Decimal)",
        "matched_by": "why the two records are taken for one",
        "score": "how surely, up to 100",
        "owner": "who must act: it, accountant, custodian or head",
        "proposal": "what to do",
        "question": "number of the question it stands under",
        "state": "open, decided or ignored",
        "decision": "what a person answered",
        "by": "who",
        "at": "when (UTC)",
        "since": "when it was first seen (UTC)",
    },
    "sources": {
        "side": "book or desk",
        "kind": "what was listed",
        "read": "rows read",
        "complete": "whether nothing can be missing",
        "as_of": "the day whose end it shows; empty: as of now",
        "taken": "when it was read (UTC)",
        "error": "why it could not be read; then nothing of it was compared",
    },
    "classes": {
        "class": "class of the difference",
        "differences": "how many",
        "value_at_risk": "their sum in roubles (Decimal); empty where nobody knows a cost",
    },
    "corrections": {
        "kind": "equipment, position, holding, stock or licence",
        "id": "id in the books",
        "record": "inventory number or name",
        "field": "what changed; *: being there at all",
        "was": "what the books said when the day was first looked at",
        "now": "what they say now",
    },
}


@dataclass(frozen=True)
class Frames:
    """One reconciliation; ``COLUMNS`` tells the columns of each frame. ``unread``: ``side|kind`` of what could not be
    read whole."""

    run: str
    day: date | None
    taken: datetime
    fingerprint: str
    unread: tuple[str, ...]
    differences: pd.DataFrame
    sources: pd.DataFrame
    classes: pd.DataFrame
    corrections: pd.DataFrame


def reconcile(
    settings: Settings | Path | str,
    *,
    organization: Sequence[str] = (),
    branch: Sequence[str] = (),
    department: Sequence[str] = (),
    warehouse: Sequence[str] = (),
    room: Sequence[str] = (),
    person: Sequence[str] = (),
    model: Sequence[str] = (),
    kind: Sequence[str] = (),
    numbers: Sequence[str] = (),
    day: date | None = None,
    run: str | None = None,
) -> Frames:
    """Compare books and desk as ``uchet reconcile`` does, with the same scopes; writes to neither.

    ``settings``: read already, or the path of an ``uchet.toml``. ``day``: the books as of its end. ``run``: a run of
    before as it was kept, nothing is read. Raises ``Reject`` for words or a run that mean nothing, ``Blocked`` while
    another run is at work, ``Fatal`` or ``Retry`` where neither side can be read.
    """
    ours = settings if isinstance(settings, Settings) else load_settings(Path(settings))
    if run is not None:
        with open_store(ours) as store:
            made = kept(store, ours.pair, run)
            return frames_of(made, names_of(store, ours.pair, run), asked_of(store, ours.pair, made))
    words = (organization, branch, department, warehouse, room, person, model, kind, numbers)
    asked = Asked(*(_several(one) for one in words))
    with wired(ours) as parts:
        answer = compare(parts, asked, day)
        names = {**names_of(parts.store, parts.pair.name, answer.made.run), **answer.names}
        return frames_of(answer.made, names, answer.rows)


def _several(words: Sequence[str]) -> tuple[str, ...]:
    return (words,) if isinstance(words, str) else tuple(words)


def frames_of(made: Reconciliation, names: Names, rows: Mapping[str, IssueRow]) -> Frames:
    """``made`` as frames; ``rows``: the question under which each difference stands."""
    differences = [_difference(one, names, rows.get(one.key)) for one in made.differences]
    sources = [(s.side, s.kind, s.read, s.complete, s.as_of, s.taken, s.error or None) for s in made.sources]
    corrections = [
        (c.kind, c.id, c.label, c.field, called(names, c.was), called(names, c.now)) for c in made.corrections
    ]
    frames = [
        _frame(name, lines)
        for name, lines in (
            ("differences", differences),
            ("sources", sources),
            ("classes", _classes(made)),
            ("corrections", corrections),
        )
    ]
    return Frames(made.run, made.day, made.taken, made.fingerprint, made.unread, *frames)


def _frame(name: str, lines: Iterable[Sequence[Any]]) -> pd.DataFrame:
    import pandas as pd  # half a second that only frames pay

    return pd.DataFrame(list(lines), columns=list(COLUMNS[name]), dtype="object")


def _difference(one: Difference, names: Names, row: IssueRow | None) -> tuple[Any, ...]:
    said = (called(names, one.book), called(names, one.desk), called(names, one.count))
    who = (one.key, one.code, one.kind, one.label, one.organization or None, one.book_id, one.desk_id, one.field_name)
    why = (one.quantity, one.at_risk, one.rule or None, one.score or None, one.owner, one.proposal or None)
    asked = (row.id, row.state, row.decision, row.by, row.at, row.first) if row else (None,) * 6
    return (*who, *said, *why, *asked)


def _classes(made: Reconciliation) -> Iterable[tuple[Any, ...]]:
    for code in CLASSES:
        found = [one for one in made.differences if one.code == code]
        worth = [one.at_risk for one in found if one.at_risk is not None]
        if found:
            yield code, len(found), sum(worth[1:], worth[0]) if worth else None
