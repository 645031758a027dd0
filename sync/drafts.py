"""Moves that need a 1C document: grouped into as few drafts as an accountant expects.

A draft ПеремещениеОС has one sender and one receiver (department and responsible person each): posting compares every
row with the header's sender. So moves are grouped by organisation, both senders, both receivers and date; an asset that
already stands in an open draft waits until a person has posted, changed or deleted that draft.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from ..mappings.model import Kind, Ref, Side, Value, Values
from .ids import draft_key, fingerprint, operation_id, value_text
from .orders import closings_of_orders, is_order
from .types import UNIT, Draft, FieldChange, Issue, Link, Operation, Record
from .works import acts
from .world import WAITING, World, label_of

__all__ = ["OPEN", "Move", "answered", "closings", "group_moves"]

#: States in which a draft still waits for a person: until then its assets stand in no other draft.
OPEN = frozenset({"open", "edited"})

#: document → canonical field → the roles of its header that carry the field from and to.
_ROLES = {
    "move": {"department": ("from_department", "to_department"), "custodian": ("from_custodian", "to_custodian")},
    "custody": {"department": ("from_department", "to_department"), "custodian": ("from_person", "to_person")},
}
#: What a thing that the books know as a quantity brings into its row.
_UNIT_ROLES = ("item", "inventory_number")


@dataclass(frozen=True, slots=True)
class Move:
    """One asset whose custody changed on the desk; ``changes`` hold the book's value before and the desk's after."""

    kind: Kind
    link: Link
    book: Record
    desk: Record
    document: str
    changes: tuple[FieldChange, ...]


def group_moves(world: World, moves: Iterable[Move]) -> tuple[list[Operation], list[Issue]]:
    """The drafts for ``moves`` and the questions for those that cannot be drafted."""
    groups: dict[str, tuple[str, dict[str, Value], list[Operation], list[str]]] = {}
    issues: list[Issue] = []
    for move in moves:
        problem = _problem(world, move)
        if problem is not None:
            issues.append(problem)
            continue
        header = _header(world, move)
        name = move.document + "|" + "|".join(f"{k}={value_text(header[k])}" for k in sorted(header))
        _, _, members, events = groups.setdefault(name, (move.document, header, [], []))
        member = _member(move)
        members.append(member)
        events.append(f"{member.id}|{_attempt(world, move)}")
    return [_draft(world, *groups[name]) for name in sorted(groups)], issues


def _header(world: World, move: Move) -> dict[str, Value]:
    header: dict[str, Value] = {"organization": move.book.values.get("organization")}
    wanted = {c.name: c.after for c in move.changes}
    for name, (sender, receiver) in _ROLES[move.document].items():
        before = move.book.values.get(name)
        after = wanted.get(name, before)
        header[sender] = before
        # A receiver left out is written as empty by posting: what does not move is repeated.
        header[receiver] = world.index.on("book", after) if isinstance(after, Ref) else after
    return header


def _member(move: Move) -> Operation:
    own = move.book.values if move.link.book.startswith(UNIT) else {}
    row = {name: own[name] for name in _UNIT_ROLES if own.get(name) is not None}
    member = Operation("", "update", "book", move.kind.name, move.link.book, move.link.desk, move.changes, header=row)
    label = label_of(move.kind, move.book)
    return replace(member, id=operation_id(member), label=label)


def _draft(world: World, document: str, header: Values, members: list[Operation], events: list[str]) -> Operation:
    members = sorted(members, key=lambda m: (m.label, m.id))
    organization = header["organization"]
    scope = organization.id if isinstance(organization, Ref) else ""
    labels = ", ".join(m.label for m in members)
    known = acts(world)
    notes = dict.fromkeys(known[m.desk] for m in members if m.desk in known)
    header = {**header, "@note": "; ".join(notes)} if notes else header
    return Operation(
        "",
        "draft",
        "book",
        members[0].kind,
        document=document,
        header=header,
        members=tuple(members),
        key=draft_key(world.pair, document, events),
        scope=scope,
        label=labels,
    )


def _attempt(world: World, move: Move) -> int:
    """How many drafts of this very move there were: a repeat after a refusal, or after the thing came back, is a new
    event and needs a document of its own."""
    wanted = {(c.name, value_text(c.after)) for c in move.changes}
    return sum(
        any(
            m.book == move.link.book and {(c.name, value_text(c.after)) for c in m.changes} == wanted for m in d.members
        )
        for d in world.drafts
    )


# -- what forbids a draft ------------------------------------------------------------------------------------------


def _problem(world: World, move: Move) -> Issue | None:
    if any(p.state in OPEN for p in world.pending.get((move.kind.name, move.link.book), {}).values()):
        return _issue(move, "draft_waits", None)
    for change in move.changes:
        if isinstance(change.after, Ref) and (code := _unfit(world, move, change.after)):
            return _issue(move, code, change)
    return None


def _unfit(world: World, move: Move, wanted: Ref) -> str | None:
    """Why the receiver cannot stand in a draft of this asset's organisation, or ``None``."""
    receiver = world.index.on("book", wanted)
    if receiver is None:
        return "receiver_unknown"
    record = world.record(receiver.kind, "book", receiver.id)
    if record is None or record.retired:
        return "receiver_unknown"
    if record.values.get("active") is False:
        return "receiver_dismissed"
    # A structure of the enterprise (ERP) belongs to no organisation, and so to none but ours.
    theirs, ours = record.values.get("organization"), move.book.values.get("organization")
    if receiver.kind == "department" and theirs != ours and "organization" in record.values:
        return "receiver_foreign"
    return None


def answered(changes: Iterable[FieldChange]) -> str:
    """The fields that change because a person said so."""
    return " ".join(c.name for c in changes if c.note == "decided")


def _issue(move: Move, code: str, change: FieldChange | None) -> Issue:
    name = label_of(move.kind, move.book)
    field_name = change.name if change else None
    values = {"book": change.before, "desk": change.after} if change else {}
    key = f"move:{move.kind.name}:{move.link.book}:{code}"
    params = {"name": name, "field": field_name or "", "decided": answered(move.changes)}
    mark = fingerprint(values)
    return Issue(key, code, move.kind.name, move.link.book, move.link.desk, field_name, values, params, mark)


# -- drafts that are settled ---------------------------------------------------------------------------------------


def closings(world: World) -> tuple[list[Operation], list[Issue]]:
    """Local operations that close drafts about which nothing is open any more, and a question for every asset whose
    move is settled while its draft can still be posted: that would move it once more."""
    found: list[Operation] = []
    issues: list[Issue] = []
    for draft in (d for d in world.drafts if d.state in WAITING):
        if draft.members and is_order(draft.members[0]):
            closed, told = closings_of_orders(world, draft)
            found += [closed] if closed else []
            issues += [told] if told else []
        elif draft.state in OPEN:
            issues += [_needless(draft, m) for m in draft.members if _settled(world, draft, m)]
        elif all(_settled(world, draft, m) for m in draft.members):
            state = "gone" if draft.state == "refused" else "agreed"
            found.append(Operation("", "close", "book", "equipment", document=draft.id, rule=state, label=draft.number))
    return found, issues


def _needless(draft: Draft, member: Operation) -> Issue:
    key = f"draft:{draft.id}:{member.book}:needless"
    params = {"name": member.label, "number": draft.number}
    return Issue(key, "draft_needless", member.kind, member.book, member.desk, params=params)


def _settled(world: World, draft: Draft, member: Operation) -> bool:
    """Whether nothing of the move is open: the sides hold the same, or one of them no longer has the thing; a posted
    draft is settled by the books alone, a refused one also when the desk no longer wants it."""
    book = world.record(member.kind, "book", member.book or "")
    desk = world.record(member.kind, "desk", member.desk or "")
    if book is None or desk is None:
        sides: tuple[tuple[Side, str | None], ...] = (("book", member.book), ("desk", member.desk))
        return any(world.gone(member.kind, side, id or "") for side, id in sides)
    if book.retired or desk.retired:
        return True
    for change in member.changes:
        held, shown = book.values.get(change.name), desk.values.get(change.name)
        done = _equal(world, held, shown)
        done = done or (draft.state == "posted" and _equal(world, held, change.after))
        done = done or (draft.state == "refused" and not _equal(world, shown, change.after))
        if not done:
            return False
    return True


def _equal(world: World, a: Value, b: Value) -> bool:
    known = world.index.same(a, b)
    return a == b if known is None else known
