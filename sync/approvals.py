"""Who must approve a request, and which of the approvals given count: for these contents, by the right person.

Approvals of the desk and of uchet are one list; where a person spoke twice in a role, the later word counts.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from ..mappings.text import fold
from ..purchase_rules import Approver, RequestRules, Role
from .purchase import Request

__all__ = ["Approval", "Judgement", "Who", "holders", "judge", "required"]

Decision = Literal["approved", "rejected"]


@dataclass(frozen=True, slots=True)
class Who:
    """Names that rules are written in, for the ids of a request: people by personnel number and name."""

    people: Mapping[str, frozenset[str]]
    branch: str = ""
    department: str = ""

    def called(self, person: str, name: str) -> bool:
        """Whether the desk's ``person`` is who the rules call ``name``."""
        return fold(name) in {fold(one) for one in self.people.get(person, frozenset())}


@dataclass(frozen=True, slots=True)
class Approval:
    """One word about a request: ``person`` is the desk's id, ``version`` the digest of the contents it was given for.
    ``where``: ``desk`` or ``uchet``."""

    request: str
    role: str
    person: str
    decision: Decision
    day: date
    version: str
    comment: str = ""
    where: str = "desk"
    number: int = 0


@dataclass(frozen=True, slots=True)
class Judgement:
    """``missing``: roles nobody spoke in; ``void``: approvals that do not count, with the code of why."""

    required: tuple[Role, ...]
    missing: tuple[Role, ...]
    rejected: Approval | None
    void: tuple[tuple[Approval, str], ...]

    @property
    def verdict(self) -> Literal["waiting", "approved", "rejected"]:
        if self.rejected is not None:
            return "rejected"
        return "waiting" if self.missing else "approved"


def required(request: Request, rules: RequestRules, who: Who, extra: Iterable[Role] = ()) -> tuple[Role, ...]:
    """The roles that must approve, in the order of the matrix; ``extra``: those that this very request needs beside
    them (outside the IT standard, over a norm or a limit)."""
    found = [
        rule.role
        for rule in rules.matrix
        if request.total >= rule.above
        and (not rule.categories or request.categories & set(rule.categories))
        and _named(rule.branches, who.branch)
    ]
    return tuple(dict.fromkeys([*found, *extra]))


def _named(names: Collection[str], name: str) -> bool:
    return not names or fold(name) in {fold(one) for one in names}


def holders(rules: RequestRules, role: str, who: Who, day: date) -> tuple[Approver, ...]:
    """Who holds ``role`` for this branch and department on ``day``."""
    return tuple(
        one
        for one in rules.approvers
        if one.role == role
        and _named(one.branches, who.branch)
        and _named(one.departments, who.department)
        and (one.since is None or one.since <= day)
        and (one.until is None or day <= one.until)
    )


def _entitled(rules: RequestRules, approval: Approval, who: Who) -> bool:
    """In the matrix for that role on that day, in person or as somebody's delegate."""
    for holder in holders(rules, approval.role, who, approval.day):
        if who.called(approval.person, holder.person):
            return True
        for one in rules.delegations:
            if (
                fold(one.of) == fold(holder.person)
                and one.since <= approval.day <= one.until
                and who.called(approval.person, one.to)
            ):
                return True
    return False


def judge(
    request: Request,
    approvals: Iterable[Approval],
    rules: RequestRules,
    who: Who,
    *,
    same: Callable[[str], bool],
    extra: Iterable[Role] = (),
    active: Callable[[str], bool] = lambda person: True,
) -> Judgement:
    """Which approvals count. ``same``: whether an approved version still covers the present contents (equal, or within
    the tolerance). ``active``: whether a person still works here; a dismissed approver's word no longer counts for a
    request that was not approved while he was here."""
    roles = required(request, rules, who, extra)
    void: list[tuple[Approval, str]] = []
    counted: dict[str, Approval] = {}
    for one in sorted(approvals, key=lambda a: (a.day, a.number)):
        why = _void(request, one, rules, who, same, active)
        if why:
            void.append((one, why))
        elif one.role in roles:
            counted[one.role] = one
    rejected = next((counted[role] for role in roles if role in counted and counted[role].decision == "rejected"), None)
    missing = tuple(role for role in roles if role not in counted)
    return Judgement(roles, missing, rejected, tuple(void))


def _void(
    request: Request,
    approval: Approval,
    rules: RequestRules,
    who: Who,
    same: Callable[[str], bool],
    active: Callable[[str], bool],
) -> str:
    if not same(approval.version):
        return "version"
    if approval.person in ("", request.initiator):
        return "initiator" if approval.person else "unknown"
    if not active(approval.person):
        return "dismissed"
    return "" if _entitled(rules, approval, who) else "matrix"
