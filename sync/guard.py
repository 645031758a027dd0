"""Stops before harm. Each limit names the accident it prevents. Pure: it sees the plan, never the listing alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..mappings.model import Side
from .feed_facts import KIND as MOVEMENT
from .orders import KIND as EVENTS
from .pair import GuardLimits
from .types import Operation, Plan, Verdict

__all__ = ["SideFacts", "check"]

Reason = tuple[str, str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class SideFacts:
    """What is known of one side beside its records: who it says it is, who it was, and signs of an older copy.

    ``sizes`` are the records of each kind at the last complete read. ``vanished``: our own late writes that are no
    longer there or show a version older than our write, ``older`` of them by such a version, which nothing but an old
    copy explains (a record that is gone may have been deleted); ``missing_mark``: a record that must still exist and
    does not. ``papers``: our last drafts that were posted, ``lost`` of them that are gone or older than they were.
    """

    side: Side
    identity: str
    known: str | None = None
    sizes: Mapping[str, int] = field(default_factory=dict)
    receipts: int = 0
    vanished: int = 0
    missing_mark: str = ""
    older: int = 0
    papers: int = 0
    lost: int = 0

    @property
    def most_vanished(self) -> bool:
        """So many of our writes are gone that people cannot have deleted them one by one. One posted document may be
        taken out of a base by those who own it; half of the last ones are not."""
        records = self.vanished > 0 and self.vanished * 2 >= self.receipts
        return records or (self.lost > 1 and self.lost * 2 >= self.papers)

    @property
    def went_back(self) -> bool:
        """Whether what was agreed with this side can no longer be relied on."""
        other = self.known is not None and self.known != self.identity
        return other or bool(self.missing_mark) or self.older > 0 or self.most_vanished


#: Kinds whose every record is expected to change: each step answers what a person did.
_UNSHARED = frozenset({EVENTS, MOVEMENT, "request", "request_line", "allocation"})


def check(plan: Plan, limits: GuardLimits, sides: tuple[SideFacts, ...], *, first: bool) -> Verdict:
    """Everything that speaks against applying ``plan`` without a person. ``first``: nothing was ever linked."""
    reasons: list[Reason] = []
    for facts in sides:
        reasons += _identity(facts) + _time(facts) + _shrunk(plan, facts, limits)
    if plan.operations and first:
        reasons.append(
            (
                "first_load",
                "This is the first load of the pair: {operations} operations wait.",
                {"operations": len(plan.operations)},
            )
        )
    elif not first:
        reasons += _volume(plan, limits)
    return Verdict(tuple(reasons))


def _identity(facts: SideFacts) -> list[Reason]:
    """A test copy opened under the old settings would be filled with real changes."""
    if facts.known is None or facts.known == facts.identity:
        return []
    template = "The {side} is not the one seen before: it was «{known}», it is «{now}»."
    return [("identity_changed", template, {"side": facts.side, "known": facts.known, "now": facts.identity})]


def _time(facts: SideFacts) -> list[Reason]:
    """A base restored from last night's copy would carry yesterday's values over today's work."""
    if facts.missing_mark:
        template = "The {side} went back in time: record {mark} was there and is gone."
        return [("went_back", template, {"side": facts.side, "mark": facts.missing_mark})]
    if facts.older or facts.most_vanished:
        template = "The {side} went back in time: {vanished} of our last {receipts} writes are no longer there."
        gone, looked = facts.vanished + facts.lost, facts.receipts + facts.papers
        return [("went_back", template, {"side": facts.side, "vanished": gone, "receipts": looked})]
    return []


def _shrunk(plan: Plan, facts: SideFacts, limits: GuardLimits) -> list[Reason]:
    """A source that lost a fifth of its records overnight is more often broken than smaller."""
    found: list[Reason] = []
    for kind, before in sorted(facts.sizes.items()):
        now = plan.read.get(f"{facts.side}|{kind}")
        if now is not None and before >= limits.change_from and now < before * limits.source_share:
            template = "The {side} returned {now} records of {kind} where it had {before}."
            params = {"side": facts.side, "now": now, "kind": kind, "before": before}
            found.append(("source_shrunk", template, params))
    return found


def _volume(plan: Plan, limits: GuardLimits) -> list[Reason]:
    """A wrong mapping or a bulk mistake on one side would be copied to the other in one night."""
    changes = dict(plan.later)  # what follows in parts is counted with the first of them
    retired: dict[str, int] = {}
    for op in plan.operations:
        if op.remote:
            name = f"{op.kind}|{op.scope or ''}"
            changes[name] = changes.get(name, 0) + _weight(op)
            if op.action == "retire":
                retired[name] = retired.get(name, 0) + 1
    found: list[Reason] = []
    for name, count in sorted(changes.items()):
        # Events and steps are a share of nothing: for them there is the ceiling alone.
        least = limits.change_max + 1 if name.partition("|")[0] in _UNSHARED else limits.change_from
        if _over(count, plan.bases.get(name, 0), limits.change_share, least, limits.change_max):
            found.append(
                _reason(
                    "too_many_changes", "{count} of {base} records of {kind} would change{scope}.", plan, name, count
                )
            )
    for name, count in sorted(retired.items()):
        if _over(count, plan.bases.get(name, 0), limits.retire_share, limits.retire_from, limits.retire_max):
            template = "{count} of {base} records of {kind} would leave service{scope}."
            found.append(_reason("too_many_retirements", template, plan, name, count))
    return found


def _weight(op: Operation) -> int:
    return len(op.members) if op.action == "draft" else 1


def _over(count: int, base: int, share: float, least: int, most: int) -> bool:
    return count > most or (count >= least and count > base * share)


def _reason(code: str, template: str, plan: Plan, name: str, count: int) -> Reason:
    kind, _, scope = name.partition("|")
    where = f" ({scope})" if scope else ""
    return code, template, {"count": count, "base": plan.bases.get(name, 0), "kind": kind, "scope": where}
