"""Moves that need a 1C document: grouped into as few drafts as an accountant expects.

A draft ПеремещениеОС has one sender and one receiver (department and responsible person each): posting compares every
row with the header's sender. So moves are grouped by organisation, both senders, both receivers and date; an asset that
already stands in an open draft waits until a person has posted, changed or deleted that draft.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, time

from ..mappings.model import Kind, Ref, Value, Values
from .ids import draft_key, operation_id, value_text
from .types import Draft, FieldChange, Issue, Link, Operation, Record
from .world import World

__all__ = ["OPEN", "Move", "closings", "group_moves"]

#: States in which a draft still waits for a person (or for the register to show what was posted).
OPEN = frozenset({"open", "edited", "posted", "adopted"})

#: canonical field → the roles of a draft's header that carry it from and to.
_ROLES = {"department": ("from_department", "to_department"), "custodian": ("from_custodian", "to_custodian")}


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
    header["date"] = datetime.combine(world.today.date(), time(12))
    wanted = {c.name: c.after for c in move.changes}
    for name, (sender, receiver) in _ROLES.items():
        before = move.book.values.get(name)
        after = wanted.get(name, before)
        header[sender] = before
        # A receiver left out is written as empty by posting: what does not move is repeated.
        header[receiver] = world.index.on("book", after) if isinstance(after, Ref) else after
    return header


def _member(move: Move) -> Operation:
    member = Operation("", "update", "book", move.kind.name, move.link.book, move.link.desk, move.changes)
    label = str(move.book.values.get("inventory_number") or move.book.values.get("name") or move.book.id)
    return replace(member, id=operation_id(member), label=label)


def _draft(world: World, document: str, header: Values, members: list[Operation], events: list[str]) -> Operation:
    members = sorted(members, key=lambda m: m.id)
    organization = header["organization"]
    scope = organization.id if isinstance(organization, Ref) else ""
    labels = ", ".join(m.label for m in members)
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
    """How many drafts of this very move a person has refused: a decided repeat is a new event."""
    wanted = {(c.name, value_text(c.after)) for c in move.changes}
    return sum(
        any(
            m.book == move.link.book and {(c.name, value_text(c.after)) for c in m.changes} == wanted for m in d.members
        )
        for d in world.drafts
        if d.state == "refused"
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
    if receiver.kind == "department" and record.values.get("organization") != move.book.values.get("organization"):
        return "receiver_foreign"
    return None


def _issue(move: Move, code: str, change: FieldChange | None) -> Issue:
    name = str(move.book.values.get("inventory_number") or move.book.id)
    field_name = change.name if change else None
    values = {"book": change.before, "desk": change.after} if change else {}
    key = f"move:{move.kind.name}:{move.link.book}:{code}"
    params = {"name": name, "field": field_name or ""}
    return Issue(key, code, move.kind.name, move.link.book, move.link.desk, field_name, values, params)


# -- drafts that are settled ---------------------------------------------------------------------------------------


def closings(world: World) -> list[Operation]:
    """Local operations that close drafts whose every move the books now show (or that nobody wants any more)."""
    found = []
    for draft in world.drafts:
        if draft.state in OPEN and all(_shown(world, m) for m in draft.members):
            found.append(_close(draft, "agreed" if draft.state != "adopted" else "adopted"))
        elif draft.state == "refused" and not any(_still_wanted(world, m) for m in draft.members):
            found.append(_close(draft, "gone"))
    return found


def _close(draft: Draft, state: str) -> Operation:
    return Operation("", "close", "book", "equipment", document=draft.id, rule=state, label=draft.number)


def _shown(world: World, member: Operation) -> bool:
    """The books and the desk hold the same for everything the draft was to move."""
    book = world.record(member.kind, "book", member.book or "")
    desk = world.record(member.kind, "desk", member.desk or "")
    if book is None or desk is None:
        return False
    return all(_equal(world, book.values.get(c.name), desk.values.get(c.name)) for c in member.changes)


def _still_wanted(world: World, member: Operation) -> bool:
    desk = world.record(member.kind, "desk", member.desk or "")
    return desk is None or any(_equal(world, c.after, desk.values.get(c.name)) for c in member.changes)


def _equal(world: World, a: Value, b: Value) -> bool:
    known = world.index.same(a, b)
    return a == b if known is None else known
