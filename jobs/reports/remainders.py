"""Which lines make a difference of stock: of the lines that the last night kept, those that only one side has.

Nobody is asked. Of each item at each place the rows come to its difference, to the thousandth: what both sides have of
one document cancels out, the rest is told. Texts are Russian, as the headings are.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from ...sync.feed_facts import KIND
from ...sync.store import Lines, Store
from ...sync.store.balances import Named, Standing, Turnover
from ...sync.store.lines import OPENING, UNTOLD
from ...sync.types import DRAFT_STATES, Event
from ..forms.types import Cell, Row

__all__ = ["Remainders", "remainders"]

_ZERO = Decimal(0)
#: What is said of a row by who has it.
_OPENING, _UNTOLD = "остаток до первой строки", "остаток изменился без движения"
_BOOK_ALONE, _DESK_ALONE, _BOTH = "нет движения ИТ", "нет документа учёта", "количества расходятся"
_WAITS: Mapping[str, str] = {
    "pending": "ещё нет в учёте",
    "drafted": "черновик {number} ждёт проведения",
    "refused": "в учёт не пойдёт",
}


@dataclass(frozen=True, slots=True)
class Remainders:
    """``taken``: when both sides were read, by the books' clock; ``compared``: how many items at places."""

    lines: tuple[Row, ...]
    spots: tuple[Row, ...]
    taken: str
    compared: int


@dataclass(frozen=True, slots=True)
class Mate:
    """The document that a movement of the desk is in the books ("": none), and where it stands on its way there."""

    document: str = ""
    note: str = ""


@dataclass
class _Group:
    """The lines of one document at one spot. ``desk`` is ``None`` where that side has none of it."""

    day: date
    book: Decimal | None = None
    desk: Decimal | None = None
    documents: dict[str, None] = field(default_factory=dict)
    records: dict[str, None] = field(default_factory=dict)
    note: str = ""

    @property
    def difference(self) -> Decimal:
        return (self.desk or _ZERO) - (self.book or _ZERO)

    def add(self, line: Standing, note: str) -> None:
        self.day, self.note = min(self.day, line.day), self.note or note
        told = line.event not in (OPENING, "") and not line.event.startswith(UNTOLD)
        name = line.label or line.event
        if line.side == "book":
            self.book = (self.book or _ZERO) + line.quantity
            self.documents |= {name: None} if told else {}
        else:
            self.desk = (self.desk or _ZERO) + line.quantity
            self.records |= {name: None} if told else {}


def remainders(store: Store, pair: str, lines: Lines, since: date | None, until: date | None) -> Remainders:
    """Of the days from ``since`` to the end of ``until``, of the books' calendar (``None``: as far as lines go)."""
    first, last = since or date.min, until or date.max
    with lines.view():
        flows = lines.turnover(first, last)
        numbers = [int(n) for n in flows.closing.spot[flows.closing.difference != 0]]
        found = list(lines.standing(numbers, first, last))
        names, taken = lines.named(numbers), lines.meta("taken")
    mates = _mates(store, pair, {one.event for one in found if one.side == "desk"})
    rows = tuple(_rows(flows, names, found, mates))
    return Remainders(rows, tuple(_spots(flows, names)), taken, len(flows.closing.spot))


def _mates(store: Store, pair: str, records: Collection[str]) -> dict[str, Mate]:
    """The desk's movement → what it is in the books."""
    drafts = {draft.id: draft for draft in store.drafts(pair, DRAFT_STATES)} if records else {}
    found = {link.desk: Mate(link.book.partition("|")[0]) for link in store.links(pair, KIND) if link.desk in records}
    for record, event in store.events_of_records(pair, records).items():
        draft = drafts.get(event.draft)
        note = _WAITS.get(event.state, "").format(number=draft.number if draft else "")
        found[record] = Mate(_document(event) or (draft.ref if draft else ""), note)
    return found


def _document(event: Event) -> str:
    return event.claims[0].document if event.claims else ""


def _rows(
    flows: Turnover, names: Mapping[int, Named], found: Iterable[Standing], mates: Mapping[str, Mate]
) -> Iterator[Row]:
    groups: dict[int, dict[str, _Group]] = {number: {} for number in names}
    for one in found:
        mate = mates.get(one.event, Mate()) if one.side == "desk" else Mate()
        key = mate.document or (one.event if one.side == "book" or one.event == OPENING else f"desk:{one.event}")
        groups[one.spot].setdefault(key, _Group(one.day)).add(one, mate.note)
    before = dict(zip(flows.opening.spot.tolist(), flows.opening.difference.tolist(), strict=True))
    for number in sorted(names, key=lambda n: _where(names[n])):
        head = _head(names[number])
        if before[number]:
            text = "расхождение на начало периода"
            yield {**head, "quantity": flows.opening.quantity(before[number]), "note": text}
        for key, group in sorted(groups[number].items(), key=lambda one: (one[1].day, one[0])):
            if group.difference:
                yield {**head, **_told(key, group)}


def _told(key: str, group: _Group) -> dict[str, Cell]:
    return {
        "date": group.day if group.day > date.min else None,
        "document": ", ".join(group.documents) or None,
        "record": ", ".join(group.records) or None,
        "book": group.book,
        "desk": group.desk,
        "quantity": group.difference,
        "note": _note(key, group),
    }


def _note(key: str, group: _Group) -> str:
    if key == OPENING:
        return _OPENING
    if UNTOLD in key:
        return _UNTOLD
    if group.book is not None and group.desk is not None:
        return _BOTH
    return group.note or (_BOOK_ALONE if group.desk is None else _DESK_ALONE)


def _where(named: Named) -> tuple[str, str, str, str]:
    return named.owner, named.at, named.title, named.item


def _head(named: Named) -> dict[str, Cell]:
    return {
        "organization": named.owner or None,
        "place": named.at or None,
        "title": named.title,
        "unit": named.unit or None,
    }


def _spots(flows: Turnover, names: Mapping[int, Named]) -> Iterator[Row]:
    """Opening, what came and went, closing of both sides where they do not agree in the end."""
    parts = {"opening": flows.opening, "in": flows.came, "out": flows.went, "closing": flows.closing}
    at = {int(number): n for n, number in enumerate(flows.closing.spot)}
    for number in sorted(names, key=lambda n: _where(names[n])):
        n = at[number]
        figures = {
            f"{side}_{name}": part.quantity(column[n])
            for name, part in parts.items()
            for side, column in (("book", part.book), ("desk", part.desk))
        }
        yield {**_head(names[number]), **figures, "difference": flows.closing.quantity(flows.closing.difference[n])}
