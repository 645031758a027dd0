"""What becomes of every purchase request tonight: judged, merged along allowed steps, written back, asked. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ..i18n.requests import answer_text, order_text
from ..purchase_rules import RequestRules, Role
from .allocations import Excess, excesses, progress
from .approvals import Judgement, holders, judge
from .filling import Gap, check, from_stock, gaps_of, of_approvals, outside_standard
from .ids import fingerprint, operation_id
from .purchase import Request, snapshot, version_of, within
from .purchase_stock import Stock, Taken
from .purchase_world import Order, Purchases
from .requests import OPEN, Case, Facts, Memory, Merge, Progress, header_state, line_state, merge
from .types import FieldChange, Issue, Operation, Record, Value

__all__ = ["KIND", "RULE", "Review", "Reviews", "issue_of", "outcome", "review_all", "update_of"]

KIND = "request"
LINE = "request_line"
#: ``rule`` of the operations made here: the record has no twin in the books.
RULE = "request"
_CHECKED = frozenset({"approving", "approved", "in_plan"})
_UNCHECKED = frozenset({"draft", "submitted", "on_check", "returned_for_correction"})
#: Another way than buying: told to the specialists too, who can go it.
_OTHER_WAY = frozenset({"stock_available", "stock_other_unit", "under_warranty"})
#: What stock has for a request is kept for it from its approval on, until it is issued.
_PROMISED = frozenset({"approved", "in_plan", "ordered", "partially_received", "received", "issued_partially"})
Choice = Callable[[str, str], str | None]


@dataclass(frozen=True, slots=True)
class Review:
    """One request with everything that is known and decided of it. ``given``: line → what stock gives instead of an
    order; ``overruled``: a person said to buy it all the same."""

    request: Request
    version: str
    gaps: tuple[Gap, ...]
    judgement: Judgement
    progress: Mapping[str, Progress]
    excess: tuple[Excess, ...]
    orders: tuple[Order, ...]
    merge: Merge
    memory: Memory
    given: Mapping[str, Taken] = field(default_factory=dict)
    overruled: bool = False

    @property
    def state(self) -> str:
        """Where it stands now."""
        return self.merge.case.state


@dataclass(frozen=True, slots=True)
class Reviews:
    """What one night makes of all requests. ``memories``: what is to be kept once the writes are done."""

    operations: tuple[Operation, ...]
    issues: tuple[Issue, ...]
    memories: Mapping[str, Memory]
    steps: Mapping[str, tuple[str, ...]]
    reviewed: tuple[Review, ...] = ()


# -- one request -------------------------------------------------------------------------------------------------------


def review_all(known: Purchases, memories: Mapping[str, Memory], choice: Choice) -> tuple[Review, ...]:
    """Every request, in the order of their numbers. ``memories``: what is remembered of them; ``choice(key,
    fingerprint)``: a person's word on a question."""

    def order(id: str) -> tuple[int, str]:
        return len(id), id

    found, stock = {}, known.around.stock
    # What was promised stays so: an earlier request that is approved later takes what is left.
    drafted = {id for id in known.requests if known.orders.get(id) or _drafted(known, id)}
    for id in sorted(known.requests, key=lambda one: (one not in drafted, order(one))):
        found[id], stock = _review(known, id, memories.get(id), choice, stock)
    return tuple(found[id] for id in sorted(found, key=order))


def _drafted(known: Purchases, id: str) -> bool:
    """Whether a draft or a document took something of it."""
    left, lines = known.around.open, known.requests[id].lines
    return any(left.get(line.id, whole := line.still) < whole for line in lines)


def _review(known: Purchases, id: str, old: Memory | None, choice: Choice, stock: Stock) -> tuple[Review, Stock]:
    """One request, and the ``stock`` without what is promised to it."""
    request, around = known.requests[id], replace(known.around, stock=stock)
    version, now = version_of(request), snapshot(request)
    memory = old or _met(request, known.records[id], version)
    rules = around.rules

    def same(other: str) -> bool:
        kept = memory.snapshots.get(other)
        return other == version or (kept is not None and within(kept, now, rules.tolerance_share, rules.tolerance_sum))

    found = check(request, around)
    judged = judge(
        request, known.approvals.get(id, ()), rules, known.who[id],
        same=same, extra=_extra(request, known, found), active=lambda person: person in around.active,
    )  # fmt: skip
    rows, orders = progress(request.lines, known.allocations.get(id, ())), known.orders.get(id, ())
    fresh = memory.checked == version if memory.case.state == "approving" else same(memory.checked)
    posted = any(order.posted for order in orders)
    facts = Facts(bool(gaps_of(found)), judged.verdict, fresh, posted, _together(rows, orders), bool(orders))
    mark = known.records[id].version or ""
    key, print_ = _question(memory.case, request)
    merged = merge(memory.case, request.state, mark, facts, choice(key, print_))
    kept = replace(memory, case=merged.case)
    if "on_check" in merged.steps or (merged.case.state in _CHECKED and not memory.checked):
        kept = replace(kept, checked=version, snapshots={**memory.snapshots, version: now})
    told = (*found, *of_approvals(judged.void, judged.missing)) if merged.case.state in _CHECKED else found
    one = Review(request, version, told, judged, rows, excesses(rows), orders, merged, kept)
    given, rest = from_stock(request, around)
    overruled = any(choice(way.key, way.fingerprint) == "take-desk" for way in _other_way(one))
    if merged.case.state not in _PROMISED or overruled:
        return replace(one, overruled=overruled), stock
    return replace(one, given=given), rest


def _met(request: Request, record: Record, version: str) -> Memory:
    """A request that is not remembered. Where it stands is believed as far as people may put it there, or if it carries
    the mark that uchet gave these very contents; else it starts anew."""
    if record.values.get("version") == version:
        return Memory(Case(request.state), version, {version: snapshot(request)})
    ended = request.state not in OPEN and request.state != "rejected"
    return Memory(Case(request.state if ended else "draft"))


def _extra(request: Request, known: Purchases, found: tuple[Gap, ...]) -> tuple[Role, ...]:
    codes, rules = {gap.code for gap in found}, known.around.rules
    roles: list[Role] = [rules.outside] if outside_standard(request, known.around) else []
    if codes & {"over_budget"}:
        roles.append("budget_owner")
    if codes & {"over_norm"}:
        roles.append("head_of_it")
    return tuple(roles)


def _together(rows: Mapping[str, Progress], orders: tuple[Order, ...]) -> str:
    """What the lines say; where nobody entered receipts, what the books say of their documents."""
    state = header_state(rows.values())
    told = [order.delivery for order in orders if order.posted]
    if state in ("", "ordered") and told:
        if all(one == "whole" for one in told):
            return "received"
        if any(one in ("part", "whole") for one in told):
            return "partially_received"
    return state


def _question(case: Case, request: Request) -> tuple[str, str]:
    return f"{KIND}:{request.id}:step", fingerprint({"seen": case.state, "desk": request.state})


# -- all of them -------------------------------------------------------------------------------------------------------


def outcome(known: Purchases, memories: Mapping[str, Memory], choice: Choice, language: str) -> Reviews:
    """Everything to be written, asked and remembered; ``language`` is what requesters read."""
    operations: list[Operation] = []
    issues: list[Issue] = []
    kept: dict[str, Memory] = {}
    steps: dict[str, tuple[str, ...]] = {}
    reviewed = review_all(known, memories, choice)
    for one in reviewed:
        id = one.request.id
        operations += _writes(known, one, language)
        issues += _issues(known, one, language)
        if one.memory != memories.get(id) and not one.merge.problem:
            kept[id], steps[id] = one.memory, one.merge.steps
    unique = {issue.key: issue for issue in issues}
    return Reviews(tuple(operations), tuple(unique[key] for key in sorted(unique)), kept, steps, reviewed)


def _writes(known: Purchases, one: Review, language: str) -> list[Operation]:
    """The request's own row, and the state of each of its lines."""
    record = known.records[one.request.id]
    wanted: dict[str, Value] = {}
    if not one.merge.problem:
        wanted["step"] = one.merge.write or one.request.state
        if one.state in _CHECKED:
            wanted["version"] = one.version
        elif one.state in _UNCHECKED:
            wanted["version"] = None
        if one.state in (*_CHECKED, "returned_for_correction", "rejected"):
            wanted["answer"] = answer(one, known, language) or None
    if one.orders:
        wanted["orders"] = order_text(one.orders, language)
    found = [update_of(KIND, record, wanted, one.request.title or f"№ {one.request.id}")]
    if one.state in OPEN and one.state not in _UNCHECKED:
        for id, row in sorted(one.progress.items()):
            found.append(update_of(LINE, known.lines[id], {"state": line_state(row)}, id))
    return [op for op in found if op is not None]


def update_of(kind: str, record: Record, wanted: Mapping[str, Value], label: str) -> Operation | None:
    """The edit of a desk's record that lets it hold ``wanted``; ``None`` where it does."""
    changes = tuple(
        FieldChange(name, record.values.get(name), value)
        for name, value in sorted(wanted.items())
        if name in record.values and record.values[name] != value
    )
    if not changes:
        return None
    op = Operation("", "update", "desk", kind, None, record.id, changes, record.version, rule=RULE, label=label)
    return replace(op, id=operation_id(op))


def answer(one: Review, known: Purchases, language: str) -> str:
    """What the requester is told: all gaps at once, or who still has to approve, or why it was rejected."""
    rejected = one.judgement.rejected
    if one.state == "rejected":
        said = rejected.comment if rejected else ""
        role = rejected.role if rejected else ""
        return answer_text([("rejected", {"role": role, "comment": said})], language)
    gaps = gaps_of(one.gaps) if one.state == "returned_for_correction" else one.gaps
    names = known.around.names
    told = [
        (gap.code, {n: names.get(f"person:{v}", v) if n == "person" else v for n, v in gap.params.items()})
        for gap in gaps
    ]
    return answer_text(told, language)


# -- questions ---------------------------------------------------------------------------------------------------------


def _issues(known: Purchases, one: Review, language: str) -> list[Issue]:
    rules, found = known.around.rules, []
    if one.merge.problem:
        seen = one.merge.case
        key, mark = _question(seen, one.request)
        found.append(
            issue_of(one, key, f"request_step_{one.merge.problem}", mark, seen=seen.state, step=one.request.state)
        )
    for excess in one.excess:
        name = next((line.name for line in one.request.lines if line.id == excess.line), excess.line)
        params: dict[str, Any] = {"line": name, "step": excess.step, "have": excess.have, "most": excess.most}
        found.append(issue_of(one, f"{KIND}:{one.request.id}:{excess.line}:{excess.step}", "request_excess", **params))
    if one.state in _CHECKED:
        found += _other_way(one)
    if one.state == "approving":
        found += _nobody(known, one, rules)
    return found


def _other_way(one: Review) -> list[Issue]:
    """The question that tells specialists of another way than buying, where there is one."""
    ways = [gap for gap in one.gaps if gap.code in _OTHER_WAY]
    if not ways:
        return []
    told = {
        lang: answer_text([(gap.code, gap.params) for gap in ways], lang).replace("\n", " ") for lang in ("en", "ru")
    }
    key = f"{KIND}:{one.request.id}:other-way"
    # Asked anew when another quantity can be issued, not whenever somebody else takes one of a heap.
    facts = [(gap.code, gap.line, {n: str(v) for n, v in gap.params.items() if n != "free"}) for gap in ways]
    mark = fingerprint({"ways": str(facts)})
    return [issue_of(one, key, "request_other_way", mark, why=told["en"], why_ru=told["ru"])]


def _nobody(known: Purchases, one: Review, rules: RequestRules) -> list[Issue]:
    """Roles that nobody holds here: the request would wait for ever."""
    who, day = known.who[one.request.id], known.around.today
    return [
        issue_of(one, f"{KIND}:role:{role}:{who.branch}:{who.department}", "request_no_approver", role=role)
        for role in one.judgement.missing
        if not holders(rules, role, who, day)
    ]


def issue_of(one: Review, key: str, code: str, print_: str | None = None, **params: Any) -> Issue:
    name = f"№ {one.request.id} {one.request.title}".strip()
    print_ = print_ or fingerprint({n: str(v) for n, v in params.items()})
    return Issue(key, code, KIND, desk=one.request.id, params={"name": name, **params}, fingerprint=print_)
