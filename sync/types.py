"""The engine's vocabulary: frozen values that flow one way, from records to operations to receipts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any, Literal, get_args

from ..mappings.model import Ref, Side, Value, Values
from .events import EVENT_STATES, Claim, Event, EventState, Part

__all__ = [
    "DRAFT_STATES",
    "EVENT_STATES",
    "ORDER",
    "OURS",
    "UNIT",
    "Action",
    "Claim",
    "Covers",
    "Draft",
    "DraftState",
    "Event",
    "EventState",
    "FieldChange",
    "Issue",
    "Link",
    "Listing",
    "Operation",
    "Outcome",
    "Part",
    "Plan",
    "Record",
    "Ref",
    "Run",
    "Seen",
    "Side",
    "Value",
    "Values",
    "Verdict",
    "attempt_of",
    "ordered",
    "position_of",
    "worst",
]

EMPTY: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Record:
    """One canonical thing as one side holds it. A field missing from ``values`` was not in the answer."""

    kind: str
    side: Side
    id: str
    values: Values
    version: str | None = None
    retired: bool = False
    #: Fields whose value could not be decoded; they are left alone on both sides.
    broken: frozenset[str] = frozenset()

    @property
    def ref(self) -> Ref:
        return Ref(self.side, self.kind, self.id)


@dataclass(frozen=True, slots=True)
class Listing:
    """All records of a kind on one side; ``complete`` only if nothing can be missing. ``bad``: ids that exist but
    could not be decoded: present, so never "gone".

    ``part`` are the records that planning must look at where the others are known to need nothing (``None``: all), and
    ``still`` how many of the others are in service, by organisation. ``records`` are all of them in any case."""

    kind: str
    side: Side
    records: Mapping[str, Record]
    complete: bool
    bad: frozenset[str] = frozenset()
    read: int = 0
    part: Mapping[str, Record] | None = None
    still: Mapping[Any, int] = field(default_factory=lambda: EMPTY)

    @property
    def looked(self) -> Mapping[str, Record]:
        """The records to look at."""
        return self.records if self.part is None else self.part


@dataclass(frozen=True, slots=True)
class Seen:
    """The pair of values, one per side as that side stores it, last agreed on, per field."""

    book: Values = field(default_factory=lambda: EMPTY)
    desk: Values = field(default_factory=lambda: EMPTY)
    #: Both sides had left service when last seen.
    retired: bool = False


#: Who links where no person does.
OURS = "uchet"


@dataclass(frozen=True, slots=True)
class Link:
    """The pair of records that are the same thing, and why we believe it."""

    kind: str
    book: str
    desk: str
    rule: str = ""
    score: int = 100
    by: str = OURS
    seen: Seen = field(default_factory=Seen)

    def on(self, side: Side) -> str:
        """The id this link has on ``side``."""
        return self.book if side == "book" else self.desk


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field of an operation: what the target holds (``before``), what it shall hold (``after``, in canonical form
    of the *source* side: references still point there). ``note`` says why where it is not the plain case
    (``restored``, ``overruled``, ``adopted``, ``decided``)."""

    name: str
    before: Value
    after: Value
    note: str = ""


#: Remote: create, update, retire, draft. Local: link (start a link), agree (move seen), close (settle a draft), mark
#: (where an event stands: ``book`` its id, ``rule`` its state, ``label`` the reason, ``document`` the draft, ``claims``
#: what was found of it).
Action = Literal["create", "update", "retire", "draft", "link", "agree", "close", "mark"]
REMOTE: frozenset[Action] = frozenset({"create", "update", "retire", "draft"})


@dataclass(frozen=True, slots=True)
class Operation:
    """One step of a plan. ``id`` is a hash of what it does, so planning the same change twice gives the same id.

    ``book``/``desk`` are the ids of the pair (one is ``None`` for a create). ``expected`` is the target's version seen.
    ``seen`` is what the link's seen becomes for the fields that agree without a write (source side values as used).
    ``key`` is the idempotency key of a create or a draft.
    ``members`` of a draft: for each asset moved, its book id, desk id and the changes the draft stands for.
    ``parts`` of a draft: rows of its tables beside those, such as the commission of a count.
    """

    id: str
    action: Action
    side: Side
    kind: str
    book: str | None = None
    desk: str | None = None
    changes: tuple[FieldChange, ...] = ()
    expected: str | None = None
    seen: Seen = field(default_factory=Seen)
    rule: str = ""
    score: int = 0
    scope: str | None = None
    label: str = ""
    key: str = ""
    document: str | None = None
    header: Mapping[str, Value] = field(default_factory=lambda: EMPTY)
    members: tuple[Operation, ...] = ()
    claims: tuple[Claim, ...] = ()
    parts: Mapping[str, tuple[Values, ...]] = field(default_factory=lambda: EMPTY)

    @property
    def remote(self) -> bool:
        return self.action in REMOTE


@dataclass(frozen=True, slots=True)
class Issue:
    """A question for a person, asked once: ``key`` makes it get-or-create. ``code`` names its text and what may be
    decided; ``params`` fill the text; ``fingerprint`` of the values it was asked about: other values ask anew."""

    key: str
    code: str
    kind: str
    book: str | None = None
    desk: str | None = None
    field_name: str | None = None
    values: Mapping[str, Value] = field(default_factory=lambda: EMPTY)
    params: Mapping[str, Any] = field(default_factory=lambda: EMPTY)
    fingerprint: str = ""


#: How the id of one piece of a position of low-value items begins: ``position:ID#N``.
UNIT = "position:"


def position_of(id: str) -> str:
    """The position that a piece belongs to; "" for any other id."""
    return id.removeprefix(UNIT).rpartition("#")[0] if id.startswith(UNIT) else ""


DraftState = Literal["open", "posted", "agreed", "adopted", "refused", "edited", "gone"]
#: Whatever became of a draft.
DRAFT_STATES: tuple[DraftState, ...] = get_args(DraftState)


@dataclass(frozen=True, slots=True)
class Draft:
    """A 1C document we wrote and did not post, while a person has not said what becomes of it.

    ``content`` is a digest of what we said in it; ``said``: roles of the header that this draft gave beside those that
    its kind demands.
    """

    id: str
    document: str
    ref: str
    version: str | None
    content: str
    state: DraftState
    number: str = ""
    members: tuple[Operation, ...] = ()
    said: tuple[str, ...] = ()


#: Rule of a draft's member that stands for an event: this, and the event's key.
ORDER = "order:"


def ordered(members: Iterable[Operation]) -> tuple[str, ...]:
    """Keys of the events that the members of a draft stand for, each once."""
    return tuple(dict.fromkeys(m.rule.removeprefix(ORDER) for m in members if m.rule.startswith(ORDER)))


def attempt_of(key: str) -> tuple[str, int]:
    """An event's id and attempt, of its ``key``."""
    id, _, attempt = key.partition("~")
    return id, int(attempt or 0)


@dataclass(frozen=True, slots=True)
class Covers:
    """Which questions a plan looked into, so that one it does not ask is settled: those of ``kinds``, those named by
    ``keys``, and those whose key begins with one of ``begins``. A key that begins as ``save`` says is looked into by
    name alone, whatever its kind; ``waits`` are keys of answers that still have something to do."""

    kinds: frozenset[str] = frozenset()
    keys: frozenset[str] = frozenset()
    begins: tuple[str, ...] = ()
    save: tuple[str, ...] = ()
    waits: frozenset[str] = frozenset()

    def settles(self, issue: Issue) -> bool:
        """Whether ``issue``, asked before and not asked by the plan, is settled."""
        if issue.key in self.waits:
            return False
        named = issue.key in self.keys or issue.key.startswith(self.begins)
        return named or (issue.kind in self.kinds and not issue.key.startswith(self.save))


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run would do. ``id`` is a digest of content alone: the same sources give the same id."""

    id: str
    pair: str
    operations: tuple[Operation, ...]
    issues: tuple[Issue, ...]
    #: "side|kind" → records read; the same → whether the listing was complete.
    read: Mapping[str, int]
    complete: Mapping[str, bool]
    fingerprint: str
    #: "kind|organisation" → how many records a share is a share of (for the guard).
    bases: Mapping[str, int] = field(default_factory=lambda: EMPTY)
    covers: Covers = field(default_factory=Covers)
    #: "kind|organisation" → rows of drafts that follow this plan in parts of their own, in the same run.
    later: Mapping[str, int] = field(default_factory=lambda: EMPTY)

    @property
    def writes(self) -> int:
        return sum(op.remote for op in self.operations)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the guard says of a plan: empty ``reasons`` = go. Each reason is (code, template, params)."""

    reasons: tuple[tuple[str, str, Mapping[str, Any]], ...] = ()

    @property
    def stopped(self) -> bool:
        return bool(self.reasons)


Outcome = Literal["clean", "changed", "partial", "blocked", "failed"]
_ORDER: tuple[Outcome, ...] = ("clean", "changed", "partial", "blocked", "failed")


def worst(*outcomes: Outcome) -> Outcome:
    """Outcomes only escalate: the worst of those given."""
    return max(outcomes, key=_ORDER.index, default="clean")


@dataclass(frozen=True, slots=True)
class Run:
    """One execution with all of it. Times are UTC. The counts are the figures every report shows."""

    id: str
    job: str
    started: datetime
    finished: datetime | None = None
    outcome: Outcome = "clean"
    plan: str | None = None
    reads: int = 0
    writes: int = 0
    drafts: int = 0
    issues: int = 0
    skipped: int = 0
    failed: int = 0
    notes: tuple[str, ...] = ()
