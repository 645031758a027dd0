"""«Заявка в ИТ» as a state machine: which steps there are, who may make them, and how two sides' steps are merged.

A request lives on the desk; what uchet finds out (gaps, approvals, orders, receipts) moves it from the other side. Both
sides step from the state last agreed on: one step is taken over, two equal ones agree, two different ones are a
conflict for a person. A step that was seen before is no step.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from types import MappingProxyType
from typing import Literal

__all__ = [
    "BY_HAND",
    "LINE_STATES",
    "OPEN",
    "STATES",
    "STEPS",
    "Case",
    "Facts",
    "Memory",
    "Merge",
    "Progress",
    "allowed",
    "by_hand",
    "header_state",
    "line_state",
    "merge",
    "next_states",
    "path",
]

#: State → where it may go next. What is not here is no step, whoever asks for it.
STEPS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "draft": frozenset({"submitted", "withdrawn", "cancelled"}),
        "submitted": frozenset({"on_check", "withdrawn", "cancelled", "on_hold"}),
        "on_check": frozenset({"returned_for_correction", "approving", "withdrawn", "cancelled", "on_hold"}),
        "returned_for_correction": frozenset({"on_check", "submitted", "withdrawn", "cancelled"}),
        # Contents that change under approval are checked anew; so are approved ones beyond the tolerance.
        "approving": frozenset({"approved", "rejected", "on_check", "withdrawn", "cancelled", "on_hold"}),
        "approved": frozenset({"in_plan", "on_check", "withdrawn", "cancelled", "on_hold"}),
        "in_plan": frozenset(
            {"ordered", "issued_partially", "issued", "on_check", "withdrawn", "cancelled", "on_hold"}
        ),
        "ordered": frozenset({"partially_received", "received", "issued_partially", "issued", "cancelled", "on_hold"}),
        "partially_received": frozenset({"received", "issued_partially", "issued", "ordered", "cancelled", "on_hold"}),
        "received": frozenset({"issued_partially", "issued", "partially_received", "ordered"}),
        "issued_partially": frozenset({"issued", "received", "partially_received", "closed"}),
        "issued": frozenset({"closed", "issued_partially", "received"}),
        "rejected": frozenset({"draft", "closed"}),
        "on_hold": frozenset({"submitted", "on_check", "withdrawn", "cancelled"}),
        "withdrawn": frozenset(),
        "cancelled": frozenset(),
        "closed": frozenset(),
    }
)
STATES: tuple[str, ...] = tuple(STEPS)
#: Steps that people make on the desk by hand. Approval comes from approvals alone, receipt and issue from allocations.
BY_HAND = frozenset({"draft", "submitted", "withdrawn", "cancelled", "on_hold", "in_plan", "ordered", "closed"})
#: Where something is still to be done.
OPEN = frozenset(STATES) - {"draft", "withdrawn", "cancelled", "closed", "rejected"}
#: Where goods are on their way or here: what comes next is read from allocations.
_MOVING = frozenset({"ordered", "partially_received", "received", "issued_partially", "issued"})
LINE_STATES: tuple[str, ...] = (
    "open", "ordered", "partially_received", "received", "issued_partially", "issued", "cancelled",
)  # fmt: skip


def allowed(before: str, after: str) -> bool:
    """Whether ``before`` → ``after`` is one step of a request."""
    return after in STEPS.get(before, frozenset())


def by_hand(before: str, after: str) -> bool:
    """Whether people may make that step on the desk."""
    return after in BY_HAND and allowed(before, after)


# -- lines -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Progress:
    """How far one line is, in its own unit: Decimal, three places. ``received`` is less what went back."""

    wanted: Decimal
    cancelled: Decimal = Decimal(0)
    ordered: Decimal = Decimal(0)
    received: Decimal = Decimal(0)
    issued: Decimal = Decimal(0)

    @property
    def approved(self) -> Decimal:
        """What is still meant to come."""
        return self.wanted - self.cancelled

    @property
    def open(self) -> Decimal:
        """What nobody has ordered, bought or issued yet; never below nought. Issued above what came: from stock."""
        from_stock = max(self.issued - self.received, Decimal(0))
        return max(self.approved - max(self.ordered, self.received) - from_stock, Decimal(0))


def line_state(line: Progress) -> str:
    """The state of a line, from its quantities alone."""
    if line.approved <= 0:
        return "cancelled"
    if line.issued > 0:
        return "issued" if line.issued >= line.approved else "issued_partially"
    if line.received > 0:
        return "received" if line.received >= line.approved else "partially_received"
    return "ordered" if line.ordered > 0 else "open"


def header_state(lines: Iterable[Progress]) -> str:
    """What the lines together say of the request: "" while nothing was ordered, "cancelled" where nothing is left."""
    states = [line_state(line) for line in lines]
    alive = [state for state in states if state != "cancelled"]
    if not alive:
        return "cancelled" if states else ""
    if all(state == "issued" for state in alive):
        return "issued"
    if any(state in ("issued", "issued_partially") for state in alive):
        return "issued_partially"
    if all(state == "received" for state in alive):
        return "received"
    if any(state in ("received", "partially_received") for state in alive):
        return "partially_received"
    return "ordered" if any(state == "ordered" for state in alive) else ""


# -- what uchet finds out ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a request beside its state. ``gaps``: its contents lack something. ``verdict`` of the approvals
    that count for these contents. ``fresh``: these contents are what was last checked, or within the tolerance of it.
    ``document``: the books hold a posted order or invoice for it; ``planned``: there is one, be it a draft.
    ``progress``: what its lines together say."""

    gaps: bool
    verdict: Literal["waiting", "approved", "rejected"] = "waiting"
    fresh: bool = True
    document: bool = False
    progress: str = ""
    planned: bool = False


def next_states(state: str, facts: Facts) -> str:
    """The one step that the facts ask for, or ``state`` itself."""
    match state:
        case "submitted":
            return "on_check"
        case "on_check":
            return "returned_for_correction" if facts.gaps else "approving"
        case "approving" | "approved" | "in_plan" if not facts.fresh:
            return "on_check"
        case "approving":
            return state if facts.verdict == "waiting" else facts.verdict
        case "approved":
            there = facts.document or facts.planned or facts.progress not in ("", "cancelled")
            return "in_plan" if there else state
        case "in_plan":
            moved = "" if facts.progress in ("", "cancelled") else "ordered"
            return "ordered" if facts.document or moved else state
    if state in _MOVING and facts.progress in _MOVING and allowed(state, facts.progress):
        return facts.progress
    return state


def path(state: str, facts: Facts) -> tuple[str, ...]:
    """All steps that the facts ask for, one after the other; empty where there is nothing to do."""
    found: list[str] = []
    while (after := next_states(state, facts)) != state and after not in found:
        found.append(after)
        if after == "on_check":
            facts = replace(facts, fresh=True)  # what is checked now is fresh
        state = after
    return tuple(found)


# -- two sides ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Case:
    """What is remembered of a request: the state last agreed on, and the marks of the desk's edits seen so far."""

    state: str
    marks: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Memory:
    """All that is kept of a request between runs. ``checked``: the version of the contents checked last;
    ``snapshots``: version → what it asked for, for every version that was open to approval."""

    case: Case
    checked: str = ""
    snapshots: Mapping[str, Mapping[str, tuple[str, str, str]]] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class Merge:
    """``case`` as it is now; ``write``: the state that the desk must be given, if any; ``problem``: ``conflict`` (both
    sides stepped, differently) or ``refused`` (the desk made a step that there is not)."""

    case: Case
    write: str | None = None
    problem: str = ""
    steps: tuple[str, ...] = ()


def merge(case: Case, desk: str, mark: str, facts: Facts, choice: str | None = None) -> Merge:
    """The desk shows ``desk`` in its edit ``mark``; the facts ask for steps of their own. ``choice``: a person's word
    on a conflict or a refused step: ``take-desk`` (never for a refused one) or ``take-book`` (uchet's own)."""
    if mark in case.marks and desk != case.state:
        return Merge(case)  # an old picture of the desk, delivered late: no step
    seen = replace(case, marks=case.marks | {mark})
    if desk == case.state:
        return _ours(seen, facts)
    ours = path(case.state, facts)
    if desk in ours:
        return _then(replace(seen, state=desk), facts, ours[: ours.index(desk) + 1])
    fits = by_hand(case.state, desk)
    if fits and (not ours or choice == "take-desk"):
        return _then(replace(seen, state=desk), facts, (desk,))
    if choice == "take-book":
        done = _ours(seen, facts)
        return replace(done, write=done.case.state)
    return Merge(case, problem="conflict" if fits else "refused")


def _ours(case: Case, facts: Facts) -> Merge:
    steps = path(case.state, facts)
    return Merge(replace(case, state=steps[-1]), steps[-1], steps=steps) if steps else Merge(case)


def _then(case: Case, facts: Facts, taken: tuple[str, ...]) -> Merge:
    """After the desk's step ours go on from there."""
    more = _ours(case, facts)
    return replace(more, steps=(*taken, *more.steps))
