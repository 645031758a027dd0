"""Approved purchase requests become drafts of the books' order or invoice: one a version, never posted. Pure.

Only what is not in stock is ordered, and nothing that replaces a thing under warranty, unless a person says so. What
becomes of the draft is followed like that of any other.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from ..mappings.model import Ref, Value
from ..mappings.text import fold
from .filling import repaired
from .ids import create_key, fingerprint, operation_id
from .orders import Order, asked_about, group_orders, is_order
from .purchase import Line, Request, snapshot, within
from .purchase_books import BookLine, Crossing
from .purchase_rows import ALLOCATION
from .purchase_stock import in_books
from .purchase_world import Purchases
from .purchasing import KIND, RULE, Review, issue_of, update_of
from .requests import OPEN
from .types import ORDER, Draft, FieldChange, Issue, Operation
from .world import World

__all__ = ["Ordered", "allocation_writes", "order_drafts"]

ZERO = Decimal(0)
_WANTING = frozenset({"approved", "in_plan"})
#: States of a draft in which it may still become the order.
_LIVE = frozenset({"open", "edited", "posted", "adopted"})
_ENDED = frozenset({"withdrawn", "cancelled", "rejected", "returned_for_correction", "draft"})


@dataclass(frozen=True, slots=True)
class Ordered:
    """The drafts to write and what is to be asked about orders."""

    operations: tuple[Operation, ...] = ()
    issues: tuple[Issue, ...] = ()


def order_drafts(world: World, known: Purchases, reviews: Iterable[Review]) -> Ordered:
    """What must be ordered for ``reviews``, and questions where it cannot be drafted or a draft is out of date."""
    document = str(world.book_map.kinds[KIND].options.get("document", "")) if KIND in world.book_map.kinds else ""
    drafts = _drafts(world.drafts)
    orders: dict[str, tuple[Review, Order]] = {}
    issues: list[Issue] = []
    for one in reviews:
        mine = drafts.get(one.request.id, [])
        issues += _outdated(known, one, mine)
        if one.state not in _WANTING or one.orders or not known.books or any(d.state in _LIVE for d in mine):
            continue
        order = _order(world, known, one, document)
        if not order.rows:
            continue
        made = any(d.state == "agreed" or order.event in _events(d) for d in mine)
        if made or document not in world.book_map.documents or not known.around.rules.drafts:
            issues.append(_by_hand(known, one))
        else:
            orders[order.event] = (one, order)
    operations, asked = group_orders(world, [order for _, order in orders.values()])
    for issue in asked:
        one = orders[asked_about(issue.key)][0]
        key = f"{KIND}:{one.request.id}:order"
        issues.append(replace(issue, key=key, kind=KIND, desk=one.request.id))
    return Ordered(tuple(_own(op) for op in operations), tuple(issues))


def _own(op: Operation) -> Operation:
    """The draft as one of requests: who looks into requests looks into what became of writing it."""
    op = replace(op, kind=KIND)
    return replace(op, id=operation_id(op))


def _by_hand(known: Purchases, one: Review) -> Issue:
    mark = known.around.rules.mark.format(number=one.request.id)
    return issue_of(one, f"{KIND}:{one.request.id}:order", "request_to_order", mark=mark)


# -- one order ---------------------------------------------------------------------------------------------------------


def _order(world: World, known: Purchases, one: Review, document: str) -> Order:
    request = one.request
    mapped = world.book_map.documents.get(document)
    roles = frozenset({*mapped.header, *mapped.row}) if mapped else frozenset()
    rows = tuple(_row(known, line, quantity, roles) for line, quantity in _wanted(known, one))
    mark = known.around.rules.mark.format(number=request.id)
    note = "; ".join(filter(None, (request.article, request.offer)))
    return Order(document or "order", _event(request.id, one.version), mark, _header(request, roles), rows, note)


def _event(request: str, version: str) -> str:
    return f"{KIND}:{request}:{version}"


def _wanted(known: Purchases, one: Review) -> list[tuple[Line, Decimal]]:
    """What is still to be bought of each line: less what stock gives and what is to be repaired instead."""
    found = []
    for line in one.request.lines:
        given = one.given.get(line.id)
        quantity = one.progress[line.id].open - (given.quantity if given else ZERO)
        if quantity > 0 and (one.overruled or not repaired(one.request, line, known.around)):
            found.append((line, quantity.normalize() + 0))
    return found


def _header(request: Request, roles: frozenset[str]) -> dict[str, Value]:
    place = next((line.place for line in request.lines if line.place), "")
    told: dict[str, Value] = {
        "organization": Ref("desk", "organization", request.organization) if request.organization else None,
        "place": Ref("desk", "place", place) if place else None,
        "department": Ref("desk", "department", request.department) if request.department else None,
        "wanted": request.needed_by,
        "with_vat": all(line.vat == "with" for line in request.lines),
    }
    return {role: value for role, value in told.items() if role in roles and value is not None}


def _row(known: Purchases, line: Line, quantity: Decimal, roles: frozenset[str]) -> dict[str, Value]:
    """A row in the books' words. Without an item there the words say it, with the unit that the number is in."""
    good = known.goods.get(line.id)
    base = in_books(quantity, good.factor, unbroken=True) if good else None
    if base is None:  # what is no number of the books' units is said in words
        good, base = None, quantity
    name = known.around.names.get(f"item:{line.item}", "") or line.text
    told: dict[str, Value] = {"text": name if good else ", ".join(filter(None, (name, line.unit)))}
    told["quantity"] = base.normalize() + 0
    if good is not None:
        told["item"] = Ref("book", "item", good.item)
    if line.price is not None and (good is None or good.factor == 1):
        told["price"], told["amount"] = line.price, line.price * quantity
    if "packs" in roles:
        told["packs"] = told["quantity"]
    return {role: value for role, value in told.items() if role in roles}


# -- drafts there are --------------------------------------------------------------------------------------------------


def _events(draft: Draft) -> frozenset[str]:
    return frozenset(m.rule.removeprefix(ORDER) for m in draft.members)


def _drafts(drafts: Iterable[Draft]) -> Mapping[str, list[Draft]]:
    """Request → the drafts that were made for it."""
    found: dict[str, list[Draft]] = {}
    for draft in drafts:
        if draft.members and is_order(draft.members[0]):
            kind, _, rest = draft.members[0].rule.removeprefix(ORDER).partition(":")
            if kind == KIND:
                found.setdefault(rest.partition(":")[0], []).append(draft)
    return found


def _outdated(known: Purchases, one: Review, drafts: Iterable[Draft]) -> list[Issue]:
    """Drafts that nobody posted yet, of contents that are no longer asked for, or of a request that ended."""
    found = []
    for draft in drafts:
        if draft.state not in ("open", "edited"):
            continue
        versions = {event.rpartition(":")[2] for event in _events(draft)}
        if one.state in _ENDED:
            code = "request_order_needless"
        elif not all(_same(known, one, version) for version in versions):
            code = "request_order_outdated"
        else:
            continue
        told: dict[str, Any] = {"number": draft.number, "state": one.state}
        key = f"{KIND}:{one.request.id}:draft:{draft.id}"
        found.append(issue_of(one, key, code, fingerprint({"version": one.version, "state": one.state}), **told))
    return found


def _same(known: Purchases, one: Review, version: str) -> bool:
    kept, rules = one.memory.snapshots.get(version), known.around.rules
    near = kept is not None and within(kept, snapshot(one.request), rules.tolerance_share, rules.tolerance_sum)
    return version == one.version or near


# -- what comes back ---------------------------------------------------------------------------------------------------


def allocation_writes(world: World, known: Purchases, reviews: Iterable[Review]) -> Ordered:
    """Rows of orders and receipts as they shall stand at the lines of requests on the desk, and receipts of what nobody
    asked for. A row whose document is posted no more stays, with nought."""
    if not known.whole or world.how("desk", ALLOCATION, "line") != "field":
        return Ordered()
    keys = {create_key(world.pair, ALLOCATION, one.id): one for one in known.spread.crossings}
    found = []
    for key, one in keys.items():
        row = known.written.get(key)
        label = f"№ {one.request} {one.document}".strip()
        op = _create(one, key, label) if row is None else update_of(ALLOCATION, row, _values(one), label)
        found += [op] if op else []
    alive = {line.id for review in reviews if review.request.state in OPEN for line in review.request.lines}
    for key, row in known.written.items():
        line = row.values.get("line")
        if key not in keys and isinstance(line, Ref) and line.id in alive:
            op = update_of(ALLOCATION, row, {"quantity": ZERO}, str(row.values.get("document") or ""))
            found += [op] if op else []
    by_id = {review.request.id: review for review in reviews}
    strange = _together(known.spread.strange).items()
    told = [_strange(by_id[id], came, what) for (id, _, what), came in strange if id in by_id]
    return Ordered(tuple(found), tuple(told))


def _values(one: Crossing) -> dict[str, Value]:
    return {"quantity": one.quantity.normalize() + 0, "document": one.document, "document_line": one.document_line}


def _create(one: Crossing, key: str, label: str) -> Operation:
    values: dict[str, Value] = {"line": Ref("desk", "request_line", one.line), "step": one.step, **_values(one)}
    changes = tuple(FieldChange(name, None, value) for name, value in sorted(values.items()) if value not in (None, ""))
    op = Operation("", "create", "desk", ALLOCATION, one.id, changes=changes, key=key, rule=RULE, label=label)
    return replace(op, id=operation_id(op))


def _together(rows: Iterable[tuple[str, BookLine]]) -> dict[tuple[str, str, str], BookLine]:
    """Rows of one document for one thing as one, by request, document and thing."""
    found: dict[tuple[str, str, str], BookLine] = {}
    for id, row in rows:
        key = (id, row.document, row.item or fingerprint({"text": fold(row.text)}))
        old = found.get(key)
        found[key] = replace(row, quantity=row.quantity + old.quantity) if old else row
    return found


def _strange(one: Review, row: BookLine, what: str) -> Issue:
    told: dict[str, Any] = {"document": row.number, "item": row.name or row.text or row.item, "quantity": row.quantity}
    return issue_of(one, f"{KIND}:{one.request.id}:{row.document}:{what}", "request_receipt_strange", **told)
