"""Whether a request is filled in well enough to be decided: every rule a code, all gaps told at once.

The texts stand in ``i18n/requests.py``. A *gap* sends the request back to its requester; *advice* goes with it to those
who approve (another way is open, or one more approval is wanted) and returns nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from ..mappings.text import fold
from ..purchase_rules import RequestRules
from .approvals import Approval
from .purchase import Line, Request
from .purchase_stock import Stock, Taken
from .requests import OPEN

__all__ = ["ADVICE", "CHECKS", "Around", "Gap", "check", "from_stock", "gaps_of", "outside_standard", "repaired"]

#: Codes that return nothing: what they say is for those who decide.
ADVICE = frozenset(
    {"not_standard", "stock_available", "stock_other_unit", "under_warranty", "over_norm", "over_budget",
     "missing_approval", "approver_is_initiator", "approver_not_in_matrix", "approver_dismissed", "approval_outdated"}
)  # fmt: skip
REASONS = frozenset({"new", "replacement", "reserve", "repair", "project"})


@dataclass(frozen=True, slots=True)
class Gap:
    """One rule that a request breaks. ``line``: the line's id, empty for the header."""

    code: str
    line: str = ""
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Around:
    """What is known around a request, by ids of the desk. ``departments``: those in service; ``active``: people who
    work here; ``assets``: asset → who has it (user or custodian); ``warranty``: asset → its last day; ``stock``: what
    the warehouses can give; ``open``: line → what nobody ordered, drafted or issued of it (all of it where the line is
    not named); ``others``: all requests; ``names``: ``kind:id`` → name; ``allowed``: programs that may be installed."""

    today: date
    rules: RequestRules
    departments: frozenset[str] = frozenset()
    active: frozenset[str] = frozenset()
    assets: Mapping[str, frozenset[str]] = field(default_factory=dict)
    warranty: Mapping[str, date] = field(default_factory=dict)
    stock: Stock = field(default_factory=Stock)
    open: Mapping[str, Decimal] = field(default_factory=dict)
    others: tuple[Request, ...] = ()
    names: Mapping[str, str] = field(default_factory=dict)
    allowed: tuple[str, ...] = ()


Check = Callable[[Request, Around], Iterable[Gap]]


def check(request: Request, around: Around) -> tuple[Gap, ...]:
    """Everything that is wrong with ``request`` or worth knowing before it is decided, in the order of its form."""
    return tuple(gap for rule in CHECKS for gap in rule(request, around))


def gaps_of(found: Iterable[Gap]) -> tuple[Gap, ...]:
    """Those that send the request back."""
    return tuple(gap for gap in found if gap.code not in ADVICE)


def of_approvals(void: Iterable[tuple[Approval, str]], missing: Iterable[str]) -> tuple[Gap, ...]:
    """What is to be said of the approvals: those that do not count, and the roles that are still asked."""
    codes = {
        "initiator": "approver_is_initiator",
        "matrix": "approver_not_in_matrix",
        "dismissed": "approver_dismissed",
        "version": "approval_outdated",
        "unknown": "approver_not_in_matrix",
    }
    told = [Gap(codes[why], params={"role": one.role, "person": one.person}) for one, why in void]
    return (*told, *(Gap("missing_approval", params={"role": role}) for role in missing))


# -- the header --------------------------------------------------------------------------------------------------------

_HEADER = ("organization", "branch", "initiator", "reason", "needed_by", "article", "contact")


def _header(request: Request, around: Around) -> Iterator[Gap]:
    for name in _HEADER:
        if not getattr(request, name):
            yield Gap(f"no_{name}")
    if not (request.beneficiary or request.workplace):
        yield Gap("no_beneficiary")
    if request.reason and request.reason not in REASONS:
        yield Gap("no_reason")
    if not request.lines:
        yield Gap("no_lines")
    if request.total > around.rules.offer_above and not request.offer:
        yield Gap("no_offer", params={"limit": around.rules.offer_above})


def _department(request: Request, around: Around) -> Iterator[Gap]:
    if not request.department or request.department not in around.departments:
        yield Gap("unknown_department")


def _beneficiary(request: Request, around: Around) -> Iterator[Gap]:
    if request.beneficiary and request.beneficiary not in around.active:
        name = around.names.get(f"person:{request.beneficiary}", request.beneficiary)
        yield Gap("beneficiary_dismissed", params={"person": name})


def _deadline(request: Request, around: Around) -> Iterator[Gap]:
    soonest = (request.submitted or around.today) + timedelta(days=around.rules.lead_days)
    if request.needed_by is not None and request.needed_by < soonest:
        yield Gap("too_soon", params={"soonest": soonest})


def _duplicate(request: Request, around: Around) -> Iterator[Gap]:
    things = {_thing(line, around) for line in request.lines} - {""}
    for other in around.others:
        if other.id == request.id or other.state not in OPEN or not request.beneficiary:
            continue
        apart = abs(((request.submitted or around.today) - (other.submitted or around.today)).days)
        # Of two, the later one is the duplicate: else both would go back.
        later = (request.submitted or around.today, _order(request.id)) > (
            other.submitted or around.today,
            _order(other.id),
        )
        same = things & {_thing(line, around) for line in other.lines}
        if later and other.beneficiary == request.beneficiary and same and apart <= around.rules.duplicate_days:
            yield Gap("duplicate", params={"other": other.id, "items": ", ".join(sorted(same))})


def _order(id: str) -> tuple[int, str]:
    return (int(id) if id.isdigit() else 0, id)


def _budget(request: Request, around: Around) -> Iterator[Gap]:
    limit = around.rules.limits.get(request.article)
    if limit is None:
        return
    others = (o.total for o in around.others if o.id != request.id and o.state in OPEN and o.article == request.article)
    asked = sum(others, request.total)
    if asked > limit:
        yield Gap("over_budget", params={"article": request.article, "limit": limit, "asked": asked})


# -- the lines ---------------------------------------------------------------------------------------------------------


def _lines(request: Request, around: Around) -> Iterator[Gap]:
    for line in request.lines:
        if not (line.item or line.text):
            yield Gap("line_no_item", line.id)
        for name in ("category", "unit", "price", "vat", "place"):
            if getattr(line, name) in ("", None):
                yield Gap(f"line_no_{name}", line.id, {"line": line.name})
        if line.quantity is None or line.quantity <= 0:
            yield Gap("line_no_quantity", line.id, {"line": line.name})
        yield from _special(request, line)


def _special(request: Request, line: Line) -> Iterator[Gap]:
    told = {"line": line.name}
    if request.reason == "replacement" and not (line.asset or request.asset):
        yield Gap("line_no_asset", line.id, told)
    if line.category == "software":
        for name in ("term", "seats", "platform"):
            if getattr(line, name) in ("", None):
                yield Gap(f"line_no_{name}", line.id, told)
    if line.category == "media" and not line.security_mark:
        yield Gap("line_no_security_mark", line.id, told)


def _thing(line: Line, around: Around) -> str:
    return fold(_called(line, around))


def _called(line: Line, around: Around) -> str:
    return around.names.get(f"item:{line.item}", line.text)


def outside_standard(request: Request, around: Around) -> tuple[Line, ...]:
    """Lines that are not of the IT standard (programs: nor of those that are allowed); none where the company keeps no
    list."""
    standard, allowed = ({fold(name) for name in names} for names in (around.rules.standard, around.allowed))

    def outside(line: Line) -> bool:
        known = standard | allowed if line.category == "software" else standard
        return bool(known) and _thing(line, around) not in known

    return tuple(line for line in request.lines if outside(line))


def _standard(request: Request, around: Around) -> Iterator[Gap]:
    for line in outside_standard(request, around):
        yield Gap("not_standard", line.id, {"line": line.name, "role": around.rules.outside})


def repaired(request: Request, line: Line, around: Around) -> bool:
    """Whether the thing that ``line`` replaces is under warranty: it is repaired, and nothing comes in its place."""
    until = around.warranty.get(line.asset or request.asset)
    return until is not None and until >= around.today


def from_stock(request: Request, around: Around) -> tuple[Mapping[str, Taken], Stock]:
    """Line → what lies in stock for it, and the stock without all that: one piece is given to one line."""
    found, stock = {}, around.stock
    for line in request.lines:
        wanted = min(around.open.get(line.id, line.still), line.still)
        if wanted > 0 and not repaired(request, line, around):
            taken, stock = stock.give(request.organization, line, wanted, _called(line, around))
            if taken is not None:
                found[line.id] = taken
    return found, stock


def _stock(request: Request, around: Around) -> Iterator[Gap]:
    given, _ = from_stock(request, around)
    for line in request.lines:
        if (taken := given.get(line.id)) is None:
            continue
        told = {"line": line.name, "free": (taken.free, taken.unit), "issue": (taken.quantity, line.unit)}
        if taken.quantity:
            yield Gap("stock_available", line.id, told)
        elif not taken.comparable:
            yield Gap("stock_other_unit", line.id, {**told, "unit": line.unit})


def _replaced(request: Request, around: Around) -> Iterator[Gap]:
    whose = {request.beneficiary, request.initiator} - {""}
    for asset in dict.fromkeys(filter(None, (request.asset, *(line.asset for line in request.lines)))):
        name = around.names.get(f"equipment:{asset}", asset)
        holders = around.assets.get(asset, frozenset())
        if holders and not holders & whose:
            yield Gap("asset_not_theirs", params={"asset": name})
        until = around.warranty.get(asset)
        if until is not None and until >= around.today:
            yield Gap("under_warranty", params={"asset": name, "until": until})


def _norms(request: Request, around: Around) -> Iterator[Gap]:
    """A norm is of the request: two lines of one thing do not make room for twice as much."""
    norms = {fold(norm.item): norm.quantity for norm in around.rules.norms}
    asked: dict[str, Decimal] = {}
    for line in request.lines:
        name = next((name for name in (_thing(line, around), fold(line.category)) if name in norms), None)
        if name is None:
            continue
        before, asked[name] = asked.get(name, Decimal(0)), asked.get(name, Decimal(0)) + line.still
        if before <= norms[name] < asked[name]:
            yield Gap("over_norm", line.id, {"line": line.name, "norm": norms[name]})


def _prices(request: Request, around: Around) -> Iterator[Gap]:
    for line in request.lines:
        if line.price is None:
            continue
        age = (around.today - line.price_date).days if line.price_date else None
        if age is None or age > around.rules.price_days:
            yield Gap("price_old", line.id, {"line": line.name, "days": around.rules.price_days})


CHECKS: tuple[Check, ...] = (
    _header, _department, _beneficiary, _deadline, _duplicate, _lines, _standard, _stock, _replaced, _norms, _prices,
    _budget,
)  # fmt: skip
