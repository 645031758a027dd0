"""Lines of М-17 by item and warehouse: records of the books with the documents they name, or movements of the desk."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from ...mappings.model import Ref
from ...mappings.system import DocumentMap
from ...sync.feed_facts import Spot, ends_of
from ...sync.feed_look import event_of
from ...sync.feed_plan import effects
from ...sync.reconcile.types import Snapshot
from ...sync.types import Event, Record
from ..reports.coming import ZERO
from ..reports.turnover import MOVED_RU, Stretch, Turnover
from .sides import Paperwork, Sides, called, noted

__all__ = ["Entry", "of_books", "of_desk"]

#: Documents whose department is the one that takes what went.
_TO_DEPARTMENT = frozenset({"consume", "issue_person", "put_in_use"})


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the card, in the books' unit. ``document``: the number people know it by."""

    day: date
    document: str
    party: str
    came: Decimal = ZERO
    went: Decimal = ZERO


def _together(entries: Iterable[tuple[Spot, Entry]]) -> dict[Spot, list[Entry]]:
    """Lines of one document with the same party as one, in and out apart."""
    found: dict[tuple[Spot, date, str, str, bool], Entry] = {}
    for spot, one in entries:
        key = (spot, one.day, one.document, one.party, one.went != 0)
        old = found.get(key)
        found[key] = replace(one, came=old.came + one.came, went=old.went + one.went) if old else one
    cards: dict[Spot, list[Entry]] = defaultdict(list)
    for key, one in found.items():
        cards[key[0]].append(one)
    return cards


# -- the books ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Move:
    """A record of the books as one spot sees it. ``other``: the warehouse at the other end, "" where there is none."""

    spot: Spot
    day: date
    collection: str
    document: str
    other: str
    came: Decimal = ZERO
    went: Decimal = ZERO


def of_books(
    sides: Sides, snapshot: Snapshot, stretch: Stretch, meant: Iterable[Turnover]
) -> tuple[dict[Spot, list[Entry]], list[str]]:
    """Lines by spot, and what could not be read of their documents."""
    spots = {one.spot for one in meant}
    listing = snapshot.listing("movement", "book")
    moves = [move for record in (listing.records.values() if listing else ()) for move in _moves(record, stretch)]
    mine = [move for move in moves if move.spot in spots]
    papers, suppliers, notes = _papers(sides, mine)

    def entry(move: _Move) -> Entry:
        paper = papers.get((move.collection, move.document))
        party = _party(snapshot, move, paper, suppliers)
        return Entry(move.day, paper.number if paper else "", party, move.came, move.went)

    return _together((move.spot, entry(move)) for move in mine), notes


def _moves(record: Record, stretch: Stretch) -> Iterator[_Move]:
    day = record.values.get("date")
    if not isinstance(day, date) or not stretch.holds(day):
        return
    ends = ends_of(record)
    kind = str(record.values.get("document_type") or "").rpartition(".")[2]
    about = (day, kind, str(record.values.get("document") or ""))
    for spot, quantity in ends:
        other = next((there[2] for there, _ in ends if there[2] != spot[2]), "")
        yield _Move(spot, *about, other, max(quantity, ZERO), max(-quantity, ZERO))


def _papers(
    sides: Sides, moves: Iterable[_Move]
) -> tuple[dict[tuple[str, str], Paperwork], Mapping[str, str], list[str]]:
    """The documents of ``moves``, what their suppliers are called, and a line for each set that could not be read."""
    wanted: dict[str, set[str]] = defaultdict(set)
    for move in moves:
        if move.collection and move.document:
            wanted[move.collection].add(move.document)
    found: dict[tuple[str, str], Paperwork] = {}
    suppliers: dict[str, str] = {}
    notes: list[str] = []
    for collection, ids in sorted(wanted.items()):
        with noted(notes, f"документы «{_title(sides.maps_of(collection), collection)}»"):
            found |= {(collection, id): one for id, one in sides.by_id(collection, ids).items()}
    with noted(notes, "поставщики"):
        suppliers = sides.labels("supplier", (one.head("supplier") for one in found.values()))
    return found, suppliers, notes


def _party(snapshot: Snapshot, move: _Move, paper: Paperwork | None, suppliers: Mapping[str, str]) -> str:
    """From whom or to whom; what the document is where it names nobody."""
    if move.other:
        return snapshot.called(Ref("book", "place", move.other))
    if paper is None:
        return _title((), move.collection)
    if supplier := paper.head("supplier"):
        return suppliers.get(str(supplier), "")
    ids = [str(paper.head("person") or ""), *_people(paper, move.spot[0])]
    people = [name for id in dict.fromkeys(ids) if (name := called(snapshot, "person", id))]
    first = paper.maps[0] if paper.maps else None
    to = paper.head("department") if first and first.name in _TO_DEPARTMENT and not move.came else None
    department = called(snapshot, "department", to)
    told = [*people, *([department] if department and not people else [])]
    return ", ".join(told) or _title(paper.maps, move.collection)


def _people(paper: Paperwork, item: str) -> Iterator[str]:
    """Those whom the rows of the item name."""
    for one in paper.maps[:1]:
        for row in paper.rows(one):
            if row.get("item") == item and row.get("person"):
                yield str(row["person"])


def _title(maps: Sequence[DocumentMap], collection: str) -> str:
    return maps[0].title_ru.partition(":")[0] if maps else collection.rpartition("_")[2]


# -- the desk ----------------------------------------------------------------------------------------------------------


def of_desk(
    sides: Sides, snapshot: Snapshot, stretch: Stretch, meant: Iterable[Turnover]
) -> tuple[dict[Spot, list[Entry]], list[str]]:
    """The desk's movements by spot, each card's in the books' unit."""
    cards = {id: one.spot for one in meant for id in one.cards}
    listing = snapshot.listing("movement", "desk")
    found: list[tuple[Spot, Entry]] = []
    for record in listing.records.values() if listing else ():
        event = event_of(record)
        for id, quantity in effects(event) if stretch.holds(event.day) else ():
            if id in cards and quantity:
                one = quantity * (_factor(snapshot, id) if cards[id][0] else 1)
                party = _with_whom(snapshot, event, event.to if id == event.supply else event.supply)
                number = str(record.values.get("document") or "") or event.label
                found.append((cards[id], Entry(event.day, number, party, max(one, ZERO), max(-one, ZERO))))
    return _together(found), []


def _factor(snapshot: Snapshot, card: str) -> Decimal:
    factor = snapshot.values(Ref("desk", "supply", card)).get("factor")
    return factor if isinstance(factor, Decimal) and factor > 0 else Decimal(1)


def _with_whom(snapshot: Snapshot, event: Event, other: str) -> str:
    """Who took it or brought it back, or the warehouse at the other end; else what it was."""
    place = snapshot.values(Ref("desk", "supply", other)).get("place") if event.kind == "transfer" else None
    known = (ref for ref in (place, event.person, event.department) if isinstance(ref, Ref))
    return next((snapshot.called(ref) for ref in known), MOVED_RU.get(event.kind, ""))
