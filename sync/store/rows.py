"""What the store hands out: frozen rows around the engine's own values. Every datetime is aware, in UTC."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from types import MappingProxyType
from typing import Any, Literal

from ..types import Draft, Issue, Operation, Outcome, Plan, Verdict

__all__ = [
    "AuditRow",
    "Choice",
    "Decision",
    "Intent",
    "IssueReport",
    "IssueRow",
    "IssueState",
    "JobRow",
    "OperationRow",
    "OperationState",
    "PaperRow",
    "PlanRow",
    "PlanState",
    "ReceiptRow",
    "Settled",
    "SideState",
]

Settled = Literal["done", "failed", "stale", "rejected", "abandoned", "deferred"]
OperationState = Literal["intent", "done", "failed", "stale", "rejected", "abandoned", "deferred"]
PlanState = Literal["waiting", "approved", "applied", "superseded"]
IssueState = Literal["open", "decided", "ignored", "closed"]
Choice = Literal[
    "take-book", "take-desk", "ignore-until", "link", "reject", "retry", "accept", "repair", "modernization", "formed"
]

_EMPTY: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Intent:
    """A write we were about to send when the run stopped: it may or may not have happened. ``key`` is its marker."""

    operation: Operation
    key: str
    run: str
    started: datetime


@dataclass(frozen=True, slots=True)
class ReceiptRow:
    """One write the other side confirmed: ``ref`` is its id there, the versions are those before and after."""

    operation: Operation
    ref: str | None
    before_version: str | None
    version: str | None
    finished: datetime
    run: str


@dataclass(frozen=True, slots=True)
class PaperRow:
    """A draft as it is remembered, and the version in which it was written (UTC ``finished``)."""

    draft: Draft
    written: str | None
    finished: datetime


@dataclass(frozen=True, slots=True)
class OperationRow:
    """One operation's whole life in one run, for ``explain``."""

    operation: Operation
    run: str
    state: OperationState
    key: str
    ref: str | None
    before_version: str | None
    version: str | None
    error: str | None
    started: datetime
    finished: datetime | None


@dataclass(frozen=True, slots=True)
class IssueRow:
    """A question and what became of it. ``until`` is the last day (UTC) an ignored question stays silent; ``at``: when
    somebody (``by``) answered."""

    id: int
    issue: Issue
    state: IssueState
    decision: str | None
    until: date | None
    by: str | None
    first: datetime
    last: datetime
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class IssueReport:
    """What one report did: ``new`` were asked or asked again now, ``open`` all found that wait (new ones too),
    ``closed`` went away."""

    new: tuple[IssueRow, ...] = ()
    open: tuple[IssueRow, ...] = ()
    closed: tuple[IssueRow, ...] = ()


@dataclass(frozen=True, slots=True)
class Decision:
    """What a person said to an issue, and the fingerprint of the values it was said about."""

    choice: str
    fingerprint: str
    until: date | None = None


@dataclass(frozen=True, slots=True)
class PlanRow:
    """A saved plan; ``by`` is who approved it."""

    plan: Plan
    verdict: Verdict
    state: PlanState
    run: str
    by: str | None
    created: datetime


@dataclass(frozen=True, slots=True)
class SideState:
    """What a side looked like last time: who it was, its high-water marks, sizes per kind, and its mapping."""

    identity: str
    marks: Mapping[str, str] = field(default_factory=lambda: _EMPTY)
    sizes: Mapping[str, int] = field(default_factory=lambda: _EMPTY)
    fingerprint: str = ""


@dataclass(frozen=True, slots=True)
class JobRow:
    """When a job last ran, when it will run next, and how the last run ended."""

    name: str
    last: datetime | None = None
    next: datetime | None = None
    outcome: Outcome | None = None


@dataclass(frozen=True, slots=True)
class AuditRow:
    """One link of a pair's audit chain. It holds ids and field names, never the values of fields."""

    id: int
    pair: str
    at: datetime
    by: str
    what: str
    run: str | None
    operation: str | None
    kind: str | None
    book: str | None
    desk: str | None
    details: Mapping[str, Any]
    previous: str
    hash: str
