"""What happened once and needs a document in the books: events grouped into drafts, or told to a person.

An *order* is one event in our words (an issue, a write-off, a count, a purchase): its roles come from the desk or from
a person, nothing is made up. Orders of one organisation, with the same roles that a draft has only once, share a draft;
an event already drafted is never drafted again. What cannot be drafted is a question with all the facts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from types import MappingProxyType
from typing import Any

from ..mappings.model import Ref, Value, Values
from ..mappings.shapes import SHAPES, TASKS, Shape, missing
from .ids import draft_key, fingerprint, operation_id, value_text
from .tables import tables_of
from .types import ORDER, Draft, FieldChange, Issue, Operation
from .world import World

__all__ = [
    "DESK",
    "KIND",
    "Order",
    "answer",
    "asked_about",
    "closings_of_orders",
    "group_orders",
    "is_order",
    "question_about",
]

#: How the ids of events begin that the desk recorded by itself.
DESK = "desk:"
#: The kind under which questions about orders stand: no record of either side.
KIND = "order"
_QUESTION = f"{KIND}:event:"
EMPTY: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Order:
    """One event. ``document`` names a shape or a task; ``event`` is its id at its source and makes the draft's key;
    ``number`` is what people call it (the request's number) and goes into the comment. ``header`` and ``rows`` hold
    roles; references may be of either side. ``parts``: rows of other tables, such as a ``commission``. ``note``: reason
    or basis in words, for the comment. ``left``: what of it is not written, in words."""

    document: str
    event: str
    number: str
    header: Values = field(default_factory=lambda: EMPTY)
    rows: tuple[Values, ...] = ()
    note: str = ""
    day: date | None = None
    parts: Mapping[str, tuple[Values, ...]] = field(default_factory=lambda: EMPTY)
    left: tuple[str, ...] = ()


def is_order(op: Operation) -> bool:
    """Whether an operation or a draft's member stands for an event and not for a record's fields."""
    return op.rule.startswith(ORDER)


def question_about(event: str) -> str:
    """The key of the question about an order for ``event``."""
    return f"{_QUESTION}{event}"


def asked_about(key: str) -> str:
    """The event that a question is about; "" for a question about anything else."""
    return key.removeprefix(_QUESTION) if key.startswith(_QUESTION) else ""


def group_orders(world: World, orders: Iterable[Order]) -> tuple[list[Operation], list[Issue]]:
    """The drafts for ``orders`` and the questions about those that become none; the same orders, the same drafts."""
    wanted = {ORDER + one.event: one for one in orders}
    drafted = {m.rule for draft in world.drafts for m in draft.members if m.rule in wanted}
    groups: dict[str, list[Order]] = {}
    issues: list[Issue] = []
    for order in sorted(wanted.values(), key=lambda one: one.event):
        if ORDER + order.event in drafted:
            continue
        ready = _ready(world, order)
        if isinstance(ready, Issue):
            issues.append(ready)
        else:
            groups.setdefault(_group(ready), []).append(ready)
    return [_draft(world, groups[name]) for name in sorted(groups)], issues


# -- one order ---------------------------------------------------------------------------------------------------------


def _ready(world: World, order: Order) -> Order | Issue:
    """``order`` as the books call everything in it, or why it cannot be drafted."""
    if order.document in TASKS or _foreign(world, order):
        return _issue(world, order, "order_task")
    shape = SHAPES[order.document]
    if order.document not in world.book_map.documents or order.document in world.undocumented:
        return _issue(world, order, "order_no_document")
    unknown: list[str] = []
    header = {role: _own(world, role, value, unknown) for role, value in order.header.items()}
    rows = tuple({role: _own(world, role, value, unknown) for role, value in row.items()} for row in order.rows)
    if unknown:
        return _issue(world, order, "order_unresolved", roles=", ".join(dict.fromkeys(unknown)))
    unfit = _unfit(world, header, rows)
    if unfit:
        return _issue(world, order, "order_unfit", roles=unfit)
    lacking = missing(_asked(world, shape), {**header}, [{**header, **row} for row in rows])
    if lacking:
        return _issue(world, order, "order_incomplete", roles=", ".join(lacking))
    parts, left = tables_of(world, order.document, order.parts)
    return replace(order, header=header, rows=rows, parts=parts, left=left)


def _asked(world: World, shape: Shape) -> Shape:
    """``shape`` as far as this configuration's document has attributes for it."""
    document = world.book_map.documents[shape.name]
    there = {*document.header, *document.row}
    return replace(
        shape,
        header=tuple(r for r in shape.header if r in there),
        rows=tuple(r for r in shape.rows if r in document.row or r in document.header),
    )


def _own(world: World, role: str, value: Value, unknown: list[str]) -> Value:
    if not isinstance(value, Ref) or value.side == "book":
        return value
    found = world.index.on("book", value)
    if found is None:
        unknown.append(role)
    return found


def _foreign(world: World, order: Order) -> bool:
    """Things that cross between legal entities, or branches with books of their own, are never drafted."""
    ends = [order.header.get(role) for role in ("organization", "to_organization")]
    known = {world.index.on("book", one) or one for one in ends if isinstance(one, Ref)}
    return len(known) > 1


def _unfit(world: World, header: Values, rows: Iterable[Values]) -> str:
    """The first role whose record cannot stand in a document of this organisation: gone, dismissed, or another's."""
    home = header.get("organization")
    for values in (header, *rows):
        for role, value in values.items():
            record = world.record(value.kind, "book", value.id) if isinstance(value, Ref) else None
            if record is None:
                continue
            theirs = record.values.get("organization")
            dismissed = role.startswith("to_") and record.values.get("active") is False
            another = value.kind == "department" and theirs is not None and theirs != home  # type: ignore[union-attr]
            if record.retired or dismissed or another:
                return role
    return ""


# -- drafts ------------------------------------------------------------------------------------------------------------


def _group(order: Order) -> str:
    shape = SHAPES[order.document]
    roles = ("organization", *shape.group)
    parts = [order.document, *(f"{r}={value_text(order.header.get(r))}" for r in roles), str(order.day)]
    return "|".join([*parts, order.event] if shape.single else parts)


def _draft(world: World, orders: list[Order]) -> Operation:
    first = orders[0]
    header: dict[str, Value] = {}
    for order in reversed(orders):
        header.update({role: value for role, value in order.header.items() if value is not None})
    left = tuple(dict.fromkeys(line for order in orders for line in order.left))
    header["@note"] = "; ".join(dict.fromkeys([*(order.note for order in orders if order.note), *left])) or None
    if left:
        header["@left"] = "; ".join(left)
    if first.day is not None:
        header["date"] = first.day
    organization = header.get("organization")
    members = tuple(_member(order, number, row) for order in orders for number, row in enumerate(order.rows, 1))
    return Operation(
        "",
        "draft",
        "book",
        KIND,
        document=first.document,
        header=header,
        members=members,
        rule=ORDER,
        key=draft_key(world.pair, first.document, [order.event for order in orders]),
        scope=organization.id if isinstance(organization, Ref) else "",
        label=", ".join(dict.fromkeys(order.number for order in orders)),
        parts=first.parts,
    )


def _member(order: Order, number: int, row: Values) -> Operation:
    """One row. Its record, where it has one, is the asset's or the item's: ``uchet explain`` finds the draft by it."""
    thing = row.get("asset") or row.get("item")
    book = thing.id if isinstance(thing, Ref) else f"{order.event}#{number}"
    kind = thing.kind if isinstance(thing, Ref) else KIND
    changes = tuple(FieldChange(role, None, value) for role, value in sorted(row.items()) if value is not None)
    member = Operation("", "update", "book", kind, book, None, changes, rule=ORDER + order.event)
    return replace(member, id=operation_id(member), label=order.number)


# -- what became of them -----------------------------------------------------------------------------------------------


def closings_of_orders(world: World, draft: Draft) -> tuple[Operation | None, Issue | None]:
    """Posted as written: settled. Posted otherwise, marked or deleted: a person is told, once, and says it was seen."""
    if draft.state == "posted":
        return _close(draft, "agreed"), None
    refused = "feed_refused" if draft.members[0].rule.startswith(f"{ORDER}{DESK}") else "order_refused"
    code = {"adopted": "order_changed", "refused": refused}.get(draft.state)
    if code is None:
        return None, None
    if answer(world, draft):
        return _close(draft, "gone" if draft.state == "refused" else "agreed"), None
    return None, _fate(world, draft, code)


def answer(world: World, draft: Draft) -> str:
    """What a person said to the fate of ``draft``: ``take-book`` (seen), ``take-desk`` (its events anew)."""
    issue = _fate(world, draft, "order_refused" if draft.state == "refused" else "order_changed")
    choice = world.choice(issue.key, issue.fingerprint)
    return choice if choice == "take-book" or (choice == "take-desk" and draft.state == "refused") else ""


def _close(draft: Draft, state: str) -> Operation:
    return Operation("", "close", "book", "equipment", document=draft.id, rule=state, label=draft.number)


def _fate(world: World, draft: Draft, code: str) -> Issue:
    document = world.book_map.documents.get(draft.document)
    labels = ", ".join(dict.fromkeys(m.label for m in draft.members))
    params = {
        "name": labels,
        "number": draft.number,
        "document": document.title_en if document else draft.document,
        "document_ru": document.title_ru if document else draft.document,
    }
    mark = fingerprint({"state": draft.state, "version": draft.version})
    return Issue(f"{KIND}:draft:{draft.id}", code, KIND, params=params, fingerprint=mark)


def _issue(world: World, order: Order, code: str, **params: Any) -> Issue:
    facts = _facts(world, order)
    told: dict[str, Any] = {"name": order.number, "document": order.document, "facts": facts, **params}
    if cards := _cards(world, order):
        told["cards"] = cards
    mark = fingerprint({"facts": facts, **{name: str(value) for name, value in params.items()}})
    return Issue(question_about(order.event), code, KIND, params=told, fingerprint=mark)


def _cards(world: World, order: Order) -> list[str]:
    """Ids of the books' cards that the order is about: a form of them can be printed."""
    assets = [asset for row in order.rows if isinstance(asset := row.get("asset"), Ref)]
    return [own.id for asset in assets if (own := world.index.on("book", asset))]


def _facts(world: World, order: Order) -> str:
    """Everything known of the event in one line: what the accountant needs where we draft nothing."""
    parts = [f"{role}={_shown(world, value)}" for role, value in sorted(order.header.items()) if value is not None]
    for row in order.rows:
        parts.append("[" + ", ".join(f"{r}={_shown(world, v)}" for r, v in sorted(row.items()) if v is not None) + "]")
    return "; ".join([*parts, order.note] if order.note else parts)


def _shown(world: World, value: Value) -> str:
    record = world.record(value.kind, value.side, value.id) if isinstance(value, Ref) else None
    return str(record.values.get("name") or value) if record else str(value)
