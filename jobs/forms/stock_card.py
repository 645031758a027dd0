"""М-17: what came and went of an item at a warehouse over some days, as the turnover report reads it.

The books' records name their document: its number, and from whom or to whom, are read of it. With the desk's figures
the movements are the desk's own, in the books' unit. Opening, what came, what went and the closing add up on every
sheet, or the sheet says by how much they do not.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta

from ...errors import Reject
from ...mappings.keys import unit_key
from ...mappings.model import Ref, Side
from ...mappings.people import name_key
from ...mappings.text import fold
from ...sync.reconcile.scope import resolve
from ...sync.reconcile.types import Snapshot
from ..reports.turnover import Flow, Stretch, Turnover, turnover
from ..standpoint import lost
from .layout import shown
from .settled import CENT
from .sides import Made, Sides, needed
from .stock_entries import Entry, of_books, of_desk
from .types import Cell, Row, Sheet

__all__ = ["stock_cards"]

#: In order of reference, so that names are there when they are asked for.
_READ: Mapping[Side, Sequence[str]] = {
    "book": ("organization", "department", "person", "place", "item", "stock", "movement"),
    "desk": ("organization", "department", "person", "place", "supply", "movement"),
}
_OPENING: Mapping[Side, Sequence[str]] = {"book": ("stock",)}
_BOOK: tuple[tuple[str, Side], ...] = (("item", "book"), ("stock", "book"), ("movement", "book"))
_DESK: tuple[tuple[str, Side], ...] = (("supply", "desk"), ("movement", "desk"))
BY_DESK = "Движения и остатки показаны по данным службы ИТ."


def stock_cards(sides: Sides) -> Made:
    """A card for each item at each warehouse that is asked for. Raises ``Reject`` where something was not read whole,
    for days or words that mean nothing, and where nothing lies or moved there."""
    wanted, until = sides.wanted, sides.wanted.until or sides.today
    stretch = Stretch(wanted.since or until.replace(day=1), until, sides.today).checked(past=True)
    snapshot = sides.read(_READ, until, stretch.since)
    opening = sides.read(_OPENING, stretch.since - timedelta(days=1))
    needed(sides, snapshot, *(_DESK if wanted.desk else _BOOK))
    if not wanted.desk:
        needed(sides, opening, ("stock", "book"))
    rule = sides.parts.settings.reserve
    found = turnover(snapshot, opening, stretch, resolve(wanted.asked, snapshot), rule)
    meant = [one for one in found if (one.desk if wanted.desk else one.book) and _meant(snapshot, one, wanted.item)]
    entries, notes = (of_desk if wanted.desk else of_books)(sides, snapshot, stretch, meant)
    cards = [_sheet(sides, snapshot, stretch, one, entries.get(one.spot, []), notes) for one in meant]
    sheets = tuple(sheet for one, sheet in zip(meant, cards, strict=True) if wanted.item or _lives(one, sheet))
    if not sheets:
        raise Reject(
            "form_no_stock",
            "Nothing of what was asked for lies or moved there in these days.",
            hint="Give the item by its name or code, and the warehouse, as 1C has them.",
        )
    day = until if until < sides.today else None
    return Made(sheets, (*snapshot.sources, *lost(opening)), posted=not wanted.desk, day=day)


def _meant(snapshot: Snapshot, one: Turnover, words: Iterable[str]) -> bool:
    """Whether one of ``words`` names the item: its name, code, article or id."""
    values = snapshot.values(Ref("book", "item", one.spot[0]))
    exact = {fold(str(value)) for value in (one.spot[0], values.get("code"), values.get("article")) if value}
    asked = list(words)
    return not asked or any(fold(word) in exact or name_key(word) == name_key(one.title) for word in asked)


def _lives(one: Turnover, sheet: Sheet) -> bool:
    flow = one.desk or one.book or Flow()
    return bool(flow.opening or flow.closing or len(sheet.rows["lines"]) > 2)


# -- one card ----------------------------------------------------------------------------------------------------------


def _sheet(
    sides: Sides, snapshot: Snapshot, stretch: Stretch, one: Turnover, entries: list[Entry], notes: Iterable[str]
) -> Sheet:
    desk = sides.wanted.desk
    flow = (one.desk if desk else one.book) or Flow()
    unit = one.unit
    values: dict[str, Cell] = {
        "organization": one.organization or None,
        "date": sides.today,
        "warehouse": one.place or None,
        "material": one.title,
        "code": str(snapshot.values(Ref("book", "item", one.spot[0])).get("code") or "") or None,
        "unit": ", ".join(filter(None, (unit, unit_key(unit) and f"код по ОКЕИ {unit_key(unit)}"))) or None,
        "price": one.price.quantize(CENT) if one.price is not None else None,
        "norm": one.minimum or None,
    }
    told = [f"Период: {stretch.since:%d.%m.%Y} – {stretch.until:%d.%m.%Y}, оба дня включительно.", *notes]
    if flow.off:
        told.append(f"Остатки и движения расходятся на {shown(flow.off, 'quantity')}.")
    if desk:
        told.append(BY_DESK)
        if one.spot[0] == "":
            told.append("Карточка ИТ не сопоставлена с учётом: количество в её единицах.")
    title = ", ".join(filter(None, (one.title, one.place)))
    known = {name: value for name, value in values.items() if value is not None}
    return Sheet(title, known, {"lines": tuple(_rows(stretch, flow, entries))}, tuple(told))


def _rows(stretch: Stretch, flow: Flow, entries: Iterable[Entry]) -> Iterator[Row]:
    """From the opening to the closing; what came on a day stands before what went."""
    balance = flow.opening
    yield {"date": stretch.since, "party": "Остаток на начало", "balance": balance}
    ordered = sorted(entries, key=lambda one: (one.day, one.went != 0, one.document, one.party))
    for n, one in enumerate(ordered, 1):
        balance += one.came - one.went
        yield {
            "n": n,
            "date": one.day,
            "document": one.document or None,
            "party": one.party or None,
            "in": one.came or None,
            "out": one.went or None,
            "balance": balance,
        }
    yield {"date": stretch.until, "party": "Остаток на конец", "balance": flow.closing}
