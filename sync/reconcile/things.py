"""Pieces of equipment one by one: where both sides have it, what differs; where one has it, what speaks for what."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from functools import cached_property

from ...mappings.codecs import equal
from ...mappings.keys import inv_key, serial_key
from ...mappings.model import EQUIPMENT, Side, Value, Values
from ...mappings.people import name_key, similarity, things_text
from ..match import MatchResult, match
from ..pair import LinkIndex
from ..types import Link, Record
from .classes import CLASSES
from .counted import Counted, Find
from .scope import Scope
from .types import KEY, Difference, ReconcileRules, Snapshot

__all__ = ["Look", "Things", "compare_things"]

#: Fields that are compared value by value; the books own what the accountant must decide.
_PARTICULARS = ("inventory_number", "serial", "model", "room", "cost")
_HANDS: Mapping[str, str] = {"custodian": "wrong_person", "department": "wrong_place"}
#: From this likeness on a thing of the desk may be what waits on an account for its acceptance.
_SAME_ITEM = 0.85


@dataclass(frozen=True)
class Look:
    """All that a comparison needs beside the two listings. ``first``: key → the day a difference was first seen;
    ``today``: the books' wall clock."""

    snapshot: Snapshot
    scope: Scope
    rules: ReconcileRules
    today: date
    first: Mapping[str, date] = field(default_factory=dict)
    counted: Counted | None = None

    @cached_property
    def result(self) -> MatchResult:
        """Who is whose twin; worked out once."""
        return _matched(self.snapshot, self.index)

    @cached_property
    def index(self) -> LinkIndex:
        return LinkIndex(list(self.snapshot.links))

    def overdue(self, key: str) -> bool:
        """Whether something has been on its way for longer than settings allow."""
        since = self.first.get(key)
        return since is not None and (self.today - since).days > self.rules.timing_days


@dataclass(frozen=True)
class Things:
    """``found``: differences; ``compared``: pairs that were looked at."""

    found: tuple[Difference, ...]
    compared: int


def _matched(snapshot: Snapshot, index: LinkIndex) -> MatchResult:
    """Stored links, and what matching adds: one-to-one inside an organisation, a rejected pair never again."""
    book, desk = snapshot.listing("equipment", "book"), snapshot.listing("equipment", "desk")
    links = [link for link in snapshot.links if link.kind == "equipment"]
    if book is None or desk is None:
        return MatchResult(kept=tuple(links))
    refused = {(b, d) for kind, b, d in snapshot.rejected if kind == "equipment"}
    return match(EQUIPMENT, book, desk, links, refused, index.same, snapshot.listing("position", "book"))


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
    if look.snapshot.whole("equipment"):
        found += _alone(look, result, spoken_for)
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
            yield _state(look, link, book, desk, "settle_state", {"count": "found"})
        return
    if book.retired or desk.retired:
        proposal = "retire_desk" if book.retired else "write_off"
        told: dict[str, Value] = {"book": _service(book), "desk": _service(desk)}
        yield _state(look, link, book, desk, proposal, told)
        return
    if look.counted is not None and look.counted.missing(look.scope, snapshot, find, book):
        yield _presence(look, "not_found", link, book, desk, "yes", "yes", "no")
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
    yield _one_sided(look, alive, find, evidence, link)


def _organization(look: Look, index: LinkIndex, link: Link, book: Record, desk: Record) -> Iterator[Difference]:
    ours, theirs = book.values.get("organization"), desk.values.get("organization")
    if ours is not None and theirs is not None and index.same(ours, theirs) is False:
        yield _field(look, "wrong_organization", link, book, desk, "organization", ours, theirs)


def _hands(look: Look, index: LinkIndex, link: Link, book: Record, desk: Record) -> Iterator[Difference]:
    """Who has it and where it belongs; what a draft is about to say is on its way, for a while."""
    coming = {one.field: one for one in look.snapshot.coming if (one.kind, one.book) == ("equipment", link.book)}
    for name, code in _HANDS.items():
        ours, theirs = book.values.get(name), desk.values.get(name)
        if ours is None or theirs is None or index.same(ours, theirs) is not False:
            continue
        one = _field(look, code, link, book, desk, name, ours, theirs)
        move = coming.get(name)
        if move is not None and index.same(move.wanted, theirs) is not False and not look.overdue(one.key):
            late: dict[str, Value] = {**one.evidence, "draft": move.number}
            one = replace(one, code="timing", owner="accountant", proposal="wait", evidence=late)
        yield one
    custodian = look.snapshot.values(book.values.get("custodian"))
    if custodian.get("active") is False:
        told: dict[str, Value] = {"book": book.values.get("custodian"), "dismissed": True}
        yield _state(look, link, book, desk, "new_custodian", told, "custodian_active")


def _particulars(look: Look, link: Link, book: Record, desk: Record) -> Iterator[Difference]:
    for name in _PARTICULARS:
        ours, theirs = book.values.get(name), desk.values.get(name)
        if ours in (None, "") or theirs in (None, "") or name in book.broken | desk.broken:
            continue
        if _alike(name, ours, theirs):
            continue
        one = _field(look, "attribute", link, book, desk, name, ours, theirs)
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
        one = _field(look, "state_conflict", link, book, desk, "condition", ours, theirs)
        yield replace(one, count=counted, proposal="settle_state")
    elif ours and theirs and ours != theirs:
        yield _field(look, "state_conflict", link, book, desk, "condition", ours, theirs)


def _found_elsewhere(look: Look, link: Link, book: Record, desk: Record, find: Find | None) -> Iterator[Difference]:
    """Counted in another place than the desk says, or outside of what was counted."""
    room = desk.values.get("room")
    if find is None or not find.place:
        return
    if isinstance(room, str) and name_key(room) == name_key(find.place):
        return
    one = _field(look, "wrong_place", link, book, desk, "room", book.values.get("room"), room)
    yield replace(one, count=find.place)


# -- one side has it ---------------------------------------------------------------------------------------------------


def _alone(look: Look, result: MatchResult, spoken_for: frozenset[str]) -> Iterator[Difference]:
    snapshot, counted = look.snapshot, look.counted
    for id in result.book_only:
        record = snapshot.record("equipment", "book", id)
        if record and f"book:{id}" not in spoken_for and look.scope.inside(snapshot, record):
            yield _one_sided(look, record, counted.of(id, None) if counted else None, {}, None)
    retired = _retired_numbers(snapshot)
    arriving = _arriving(snapshot)
    for id in result.desk_only:
        record = snapshot.record("equipment", "desk", id)
        if record and record.values.get("accounting") != "fixed_asset" and snapshot.unsure("position", "book"):
            continue  # it may be one of the positions that could not be read
        if record and id not in spoken_for and look.scope.inside(snapshot, record):
            find = counted.of(None, id) if counted else None
            yield _one_sided(look, record, find, _about(record, retired, arriving), None)


def _one_sided(look: Look, record: Record, find: Find | None, evidence: Values, link: Link | None) -> Difference:
    """There on one side only: which class that is, the count decides."""
    there = find is not None
    by_count = look.counted is not None
    on_books = record.side == "book"
    code = ("not_in_desk" if there else "book_only") if on_books else ("not_in_books" if there else "desk_only")
    book, desk = ("yes", "no") if on_books else ("no", "yes")
    count = ("yes" if there else "no") if by_count else None
    one = _presence(
        look, code, link, record if on_books else None, None if on_books else record, book, desk, count, evidence
    )
    if "written_off" in evidence:
        return replace(one, proposal="retire_desk")
    if "account" in evidence:
        return replace(one, owner="accountant", proposal="in_transit")
    return one


def _retired_numbers(snapshot: Snapshot) -> dict[object, str]:
    """Number → the card that was written off with it."""
    listing = snapshot.listing("equipment", "book")
    found: dict[object, str] = {}
    for record in listing.records.values() if listing else ():
        if record.retired:
            found.update(dict.fromkeys(_numbers(record), record.id))
    return found


def _numbers(record: Record) -> Iterator[object]:
    number, serial = record.values.get("inventory_number"), record.values.get("serial")
    if isinstance(number, str) and inv_key(number):
        yield inv_key(number)
    if isinstance(serial, str) and serial_key(serial):
        yield serial_key(serial)


def _arriving(snapshot: Snapshot) -> dict[str, set[tuple[str, str]]]:
    """What was bought and is not in use yet (bought equipment, and what lies in stock), by each word of its name:
    (account, whole name)."""
    listing = snapshot.listing(snapshot.book_quantity, "book")
    found: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for record in listing.records.values() if listing else ():
        quantity, account = record.values.get("quantity"), record.values.get("account")
        if isinstance(quantity, Decimal) and quantity > 0 and account:
            words = things_text(snapshot.called(record.values.get("item")))
            for word in words.split():
                found[word].add((str(account), words))
    return found


#: A word that stands in more names than this tells nothing.
_COMMON = 100


def _about(
    record: Record, retired: Mapping[object, str], arriving: Mapping[str, set[tuple[str, str]]]
) -> dict[str, Value]:
    """What speaks about a thing that the books do not have: written off, or bought and waiting."""
    for number in _numbers(record):
        if number in retired:
            return {"written_off": retired[number]}
    own = [things_text(v) for n in ("model", "name") if isinstance(v := record.values.get(n), str)]
    near = {
        one for text in own for word in text.split() if len(found := arriving.get(word, ())) <= _COMMON for one in found
    }
    for account, words in sorted(near):
        if any(similarity(one, words) >= _SAME_ITEM for one in own):
            return {"account": account}
    return {}


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
            yield _field(look, "wrong_organization", link, book, desk, "organization", *ends)


# -- how it is told ----------------------------------------------------------------------------------------------------


def _key(book: str | None, desk: str | None, name: str) -> str:
    return f"{KEY}equipment:{book or ''}:{desk or ''}:{name}"


def _label(*records: Record | None) -> str:
    for name in ("inventory_number", "name", "serial"):
        for record in records:
            if record is not None and record.values.get(name):
                return str(record.values[name])
    return next((record.id for record in records if record is not None), "")


def _cost(*records: Record | None) -> Decimal | None:
    costs = (record.values.get("cost") for record in records if record is not None)
    return next((cost for cost in costs if isinstance(cost, Decimal)), None)


def _home(look: Look, book: Record | None, desk: Record | None) -> str:
    record = book or desk
    return look.snapshot.called(record.values.get("organization")) if record else ""


def _field(
    look: Look, code: str, link: Link, book: Record, desk: Record, name: str, ours: Value, theirs: Value
) -> Difference:
    known = CLASSES[code]
    return Difference(
        _key(link.book, link.desk, name),
        code,
        "equipment",
        _label(book, desk),
        link.book,
        link.desk,
        name,
        ours,
        theirs,
        rule=link.rule,
        score=link.score,
        at_risk=_cost(book, desk),
        owner=known.owner,
        proposal=known.proposal,
        organization=_home(look, book, desk),
    )


def _presence(
    look: Look,
    code: str,
    link: Link | None,
    book: Record | None,
    desk: Record | None,
    on_books: Value,
    on_desk: Value,
    counted: Value,
    evidence: Values | None = None,
) -> Difference:
    known = CLASSES[code]
    ids = (link.book, link.desk) if link else (book.id if book else None, desk.id if desk else None)
    return Difference(
        _key(*ids, "presence"),
        code,
        "equipment",
        _label(book, desk),
        *ids,
        "presence",
        on_books,
        on_desk,
        counted,
        rule=link.rule if link else "",
        score=link.score if link else 0,
        at_risk=_cost(book, desk),
        owner=known.owner,
        proposal=known.proposal,
        organization=_home(look, book, desk),
        evidence=evidence or {},
    )


def _state(
    look: Look, link: Link, book: Record, desk: Record, proposal: str, told: Values, name: str = "state"
) -> Difference:
    one = _field(look, "state_conflict", link, book, desk, name, told.get("book"), told.get("desk"))
    evidence = {n: v for n, v in told.items() if n not in ("book", "desk", "count")}
    owner = "accountant" if proposal in ("write_off", "new_custodian") else "it"
    return replace(one, owner=owner, proposal=proposal, count=told.get("count"), evidence=evidence)


def _service(record: Record) -> str:
    return "written_off" if record.retired else "in_service"
