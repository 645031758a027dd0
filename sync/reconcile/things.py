"""Pieces of equipment one by one: where both sides have it, what differs; where one has it, what speaks for what."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from ...mappings.codecs import equal
from ...mappings.keys import inv_key, serial_key
from ...mappings.model import EQUIPMENT, Side, Value
from ...mappings.people import name_key
from ..match import MatchResult
from ..pair import LinkIndex
from ..types import Link, Record
from .alone import alone, one_sided
from .counted import Find
from .look import Look
from .telling import field_difference, presence_difference, service_of, state_difference
from .types import Difference

__all__ = ["Things", "compare_things"]

#: Fields that are compared value by value; the books own what the accountant must decide.
_PARTICULARS = ("inventory_number", "serial", "model", "room", "cost")
_HANDS: Mapping[str, str] = {"custodian": "wrong_person", "department": "wrong_place"}


@dataclass(frozen=True)
class Things:
    """``found``: differences; ``compared``: pairs that were looked at."""

    found: tuple[Difference, ...]
    compared: int


def compare_things(look: Look, spoken_for: frozenset[str] = frozenset()) -> Things:
    """Every piece of equipment inside the scope. ``spoken_for``: ids of the desk (and cards ``book:ID``) that
    allotments or quantities account for: they are alone for a good reason."""
    index = look.index
    result = look.result
    found: list[Difference] = []
    compared = 0
    for link in (*result.kept, *result.found):
        book = look.snapshot.record("equipment", "book", link.book)
        desk = look.snapshot.record("equipment", "desk", link.desk)
        if look.scope.inside(look.snapshot, book, desk):
            compared += 1
            found += _pair(look, index, link, book, desk)
        elif book and desk and look.counted and (find := look.counted.of(link.book, link.desk)):
            found += _strayed(look, link, book, desk, find)
    if look.snapshot.whole("equipment"):
        found += alone(look, result, spoken_for)
        found += _organizations(look, result)
    return Things(tuple(found), compared)


# -- both sides have it ------------------------------------------------------------------------------------------------


def _pair(look: Look, index: LinkIndex, link: Link, book: Record | None, desk: Record | None) -> Iterator[Difference]:
    snapshot = look.snapshot
    find = look.counted.of(link.book, link.desk) if look.counted else None
    if book is None or desk is None:
        yield from _halved(look, link, book, desk, find)
        return
    if book.retired and desk.retired:
        if find is not None:
            yield state_difference(look, link, book, desk, "settle_state", {"count": "found"})
        return
    if book.retired or desk.retired:
        proposal = "retire_desk" if book.retired else "write_off"
        told: dict[str, Value] = {"book": service_of(book), "desk": service_of(desk)}
        yield state_difference(look, link, book, desk, proposal, told)
        return
    if look.counted is not None and look.counted.missing(look.scope, snapshot, find, book):
        yield presence_difference(look, "not_found", link, book, desk, "yes", "yes", "no")
    yield from _organization(look, index, link, book, desk)
    yield from _hands(look, index, link, book, desk)
    yield from _particulars(look, link, book, desk)
    yield from _conditions(look, link, book, desk, find)
    yield from _found_elsewhere(look, link, book, desk, find)


def _halved(
    look: Look, link: Link, book: Record | None, desk: Record | None, find: Find | None
) -> Iterator[Difference]:
    """A link of which one end is gone; only a whole listing proves that."""
    alive = book or desk
    if alive is None or alive.retired:
        return
    side: Side = "desk" if book else "book"
    id = link.on(side)
    if not look.snapshot.gone("equipment", side, id):
        return
    evidence: dict[str, Value] = {"lost_twin": id}
    yield one_sided(look, alive, find, evidence, link)


def _organization(look: Look, index: LinkIndex, link: Link, book: Record, desk: Record) -> Iterator[Difference]:
    ours, theirs = book.values.get("organization"), desk.values.get("organization")
    if ours is not None and theirs is not None and index.same(ours, theirs) is False:
        yield field_difference(look, "wrong_organization", link, book, desk, "organization", ours, theirs)


def _hands(look: Look, index: LinkIndex, link: Link, book: Record, desk: Record) -> Iterator[Difference]:
    """Who has it and where it belongs; what a draft is about to say is on its way, for a while."""
    coming = look.coming.get(("equipment", link.book), {})
    for name, code in _HANDS.items():
        ours, theirs = book.values.get(name), desk.values.get(name)
        if ours is None or theirs is None or index.same(ours, theirs) is not False:
            continue
        one = field_difference(look, code, link, book, desk, name, ours, theirs)
        move = coming.get(name)
        if move is not None and index.same(move.wanted, theirs) is not False and not look.overdue(one.key):
            late: dict[str, Value] = {**one.evidence, "draft": move.number}
            one = replace(one, code="timing", owner="accountant", proposal="wait", evidence=late)
        yield one
    custodian = look.snapshot.values(book.values.get("custodian"))
    if custodian.get("active") is False:
        told: dict[str, Value] = {"book": book.values.get("custodian"), "dismissed": True}
        yield state_difference(look, link, book, desk, "new_custodian", told, "custodian_active")


def _particulars(look: Look, link: Link, book: Record, desk: Record) -> Iterator[Difference]:
    for name in _PARTICULARS:
        ours, theirs = book.values.get(name), desk.values.get(name)
        if ours in (None, "") or theirs in (None, "") or name in book.broken | desk.broken:
            continue
        if _alike(name, ours, theirs):
            continue
        one = field_difference(look, "attribute", link, book, desk, name, ours, theirs)
        yield replace(one, owner="accountant") if name in ("cost", "inventory_number") else one


def _alike(name: str, ours: Value, theirs: Value) -> bool:
    """Whether two spellings say the same: numbers by their keys, the rest by its codec."""
    if isinstance(ours, str) and isinstance(theirs, str):
        if name == "inventory_number" and inv_key(ours) and inv_key(theirs):
            return inv_key(ours) == inv_key(theirs)
        if name == "serial" and serial_key(ours) and serial_key(theirs):
            return serial_key(ours) == serial_key(theirs)
        if name == "room":
            return name_key(ours) == name_key(theirs)
    return equal(EQUIPMENT.by_name[name], ours, theirs)


def _conditions(look: Look, link: Link, book: Record, desk: Record, find: Find | None) -> Iterator[Difference]:
    ours, theirs = book.values.get("condition"), desk.values.get("condition")
    counted = find.condition if find else ""
    if counted and theirs and counted != theirs:
        one = field_difference(look, "state_conflict", link, book, desk, "condition", ours, theirs)
        yield replace(one, count=counted, proposal="settle_state")
    elif ours and theirs and ours != theirs:
        yield field_difference(look, "state_conflict", link, book, desk, "condition", ours, theirs)


def _found_elsewhere(look: Look, link: Link, book: Record, desk: Record, find: Find | None) -> Iterator[Difference]:
    """Counted in another place than the desk says, or outside of what was counted."""
    room = desk.values.get("room")
    if find is None or not find.place:
        return
    if isinstance(room, str) and name_key(room) == name_key(find.place):
        return
    one = field_difference(look, "wrong_place", link, book, desk, "room", book.values.get("room"), room)
    yield replace(one, count=find.place)


def _strayed(look: Look, link: Link, book: Record, desk: Record, find: Find) -> Iterator[Difference]:
    """It stands elsewhere by both sides, and was found inside of what was counted."""
    room = desk.values.get("room")
    one = field_difference(look, "wrong_place", link, book, desk, "room", book.values.get("room"), room)
    where = find.place or (look.counted.where if look.counted else "")
    if not (isinstance(room, str) and name_key(room) == name_key(find.place)):
        yield replace(one, count=where)


def _organizations(look: Look, result: MatchResult) -> Iterator[Difference]:
    """One serial number in two organisations: nothing is linked or moved across them."""
    for issue in result.problems:
        if issue.code != "match_organization" or not issue.book or not issue.desk:
            continue
        book = look.snapshot.record("equipment", "book", issue.book)
        desk = look.snapshot.record("equipment", "desk", issue.desk)
        if book and desk and look.scope.inside(look.snapshot, book, desk):
            link = Link("equipment", book.id, desk.id, "serial_number", 0)
            ends = book.values.get("organization"), desk.values.get("organization")
            yield field_difference(look, "wrong_organization", link, book, desk, "organization", *ends)
