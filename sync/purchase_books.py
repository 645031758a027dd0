"""What the books' orders and receipts say of purchase requests, line by line: N:M, posted documents alone.

A row belongs to the request whose mark the order's comment carries, and to that line of it which asks for the same
item (or, where nobody named an item, for the same words). Rows that fit several lines fill them in the order of the
requests; what is more than all of them ask for stays with the last one and is told as over-delivery. What came and is
no whole part of a line's unit (five pieces of a pack of twelve) is told, never rounded. Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from ..connectors.base import Raw
from ..mappings.keys import unit_key
from ..mappings.system import DocumentMap
from ..mappings.text import clean, fold
from .allocations import Allocation
from .feed_facts import PLACES
from .purchase import Line, Request
from .types import Listing, Record

__all__ = ["BookLine", "Crossing", "Good", "Spread", "alike", "goods_of", "lines_of", "spread"]

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class BookLine:
    """One row of a posted order (``step`` ``order``) or receipt (``receipt``) in the books. ``order``: the order it is
    of or for; ``name``: what the item is called there; ``quantity`` in the item's own ``unit`` ("" where unknown)."""

    step: str
    document: str
    number: str
    day: str
    line: str
    order: str
    item: str
    name: str
    text: str
    quantity: Decimal
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Good:
    """The books' item that a request's line asks for. ``factor``: its units in one of the line's."""

    item: str
    factor: Decimal = Decimal(1)


@dataclass(frozen=True, slots=True)
class Crossing:
    """Part of a document of the books given to a line: what shall stand on the desk under ``id``. ``quantity`` in the
    line's unit, three places."""

    id: str
    request: str
    line: str
    step: str
    document: str
    document_line: str
    quantity: Decimal

    @property
    def row(self) -> Allocation:
        return Allocation(self.line, self.step, self.document, self.quantity, document_line=self.document_line)


@dataclass(frozen=True, slots=True)
class Spread:
    """``crossings`` of all requests; ``strange``: rows of receipts that no line takes, or what is left of them, with
    the id of the request."""

    crossings: tuple[Crossing, ...] = ()
    strange: tuple[tuple[str, BookLine], ...] = ()


def lines_of(document: DocumentMap, raw: Raw, step: str, label: Callable[[str, str], str | None]) -> list[BookLine]:
    """The rows of one document as it was read whole; none where it is not posted, or marked."""
    head = document.header
    if raw.retired or not raw.data.get(head["posted"]):
        return []
    order = raw.id if step == "order" else str(raw.data.get(head.get("order", "")) or "")
    number = str(raw.data.get(head.get("number", "")) or "").strip()
    day = raw.data.get(head.get("date", ""))
    found = []
    for place, row in enumerate(raw.data.get(document.part) or (), 1):
        item, quantity = _wire(document, row, "item"), _wire(document, row, "quantity")
        if not quantity:
            continue
        line = str(_wire(document, row, "line") or place)
        told = (step, raw.id, number, str(day)[:10], line, str(_wire(document, row, "order") or order))
        name = label("item", str(item)) if item else None
        text = str(_wire(document, row, "text") or "")
        found.append(BookLine(*told, str(item or ""), name or "", text, Decimal(str(quantity))))
    return found


def _wire(document: DocumentMap, row: Mapping[str, Any], role: str) -> Any:
    return row.get(document.row[role]) if role in document.row else None


# -- items -------------------------------------------------------------------------------------------------------------


def goods_of(lines: Iterable[Line], supplies: Listing | None, items: Listing | None) -> dict[str, Good]:
    """Line → the item of the books it asks for: by the code of the desk's stock card alone, in a unit that is known to
    be the item's or has a stored coefficient."""
    if supplies is None or items is None:
        return {}
    by_code: dict[str, list[Record]] = {}
    for record in items.records.values():
        if not record.retired and record.values.get("code"):
            by_code.setdefault(clean(str(record.values["code"])), []).append(record)
    found: dict[str, Good] = {}
    for line in lines:
        card = supplies.records.get(line.item)
        known = by_code.get(clean(str(card.values.get("code") or "")), []) if card else []
        factor = _factor(line, card, known[0]) if card and len(known) == 1 else None
        if factor is not None:
            found[line.id] = Good(known[0].id, factor)
    return found


def _factor(line: Line, card: Record, item: Record) -> Decimal | None:
    unit = str(card.values.get("unit") or "")
    if line.unit and not alike(line.unit, unit):
        return None
    factor = card.values.get("factor")
    if isinstance(factor, Decimal):
        return factor if factor > 0 else None
    # Books whose items do not tell their unit are counted in as the desk counts.
    same = "unit" not in item.values or alike(str(item.values["unit"] or ""), unit)
    return Decimal(1) if same else None


def alike(one: str, two: str) -> bool:
    """Whether two texts name the same unit."""
    return (unit_key(one) or fold(one)) == (unit_key(two) or fold(two))


# -- rows → lines ------------------------------------------------------------------------------------------------------


def spread(
    rows: Iterable[BookLine],
    requests: Iterable[Request],
    orders: Mapping[str, Collection[str]],
    goods: Mapping[str, Good],
    names: Mapping[str, str],
    people: Mapping[str, Iterable[Allocation]],
) -> Spread:
    """``orders``: request → its documents in the books; ``names``: ``item:id`` of the desk → name; ``people``: request
    → rows that people entered: where they name a document, theirs is the word on that document."""
    asked = sorted((one for one in requests if orders.get(one.id)), key=lambda one: (len(one.id), one.id))
    room = _Room(asked, people)
    given: dict[str, Crossing] = {}
    strange: list[tuple[str, BookLine]] = []
    known = sorted(rows, key=lambda row: (row.day, row.number, row.document, len(row.line), row.line))
    ordered = {(row.order, row.item or fold(row.text)) for row in known if row.step == "order"}
    for row in known:
        mine = [request for request in asked if row.order in orders[request.id]]
        free = [request for request in mine if not room.spoken(request, row)]
        takers = [(r, line, f) for r in free for line in r.lines if (f := _asks(line, goods.get(line.id), row, names))]
        left = _share(row, takers, room, given)
        if not (left and free and row.step == "receipt"):
            continue
        # What is no part of the request was bought along with it; a substitute was not ordered.
        if takers or (row.order, row.item or fold(row.text)) not in ordered:
            request = takers[-1][0] if takers else free[0]
            strange.append((request.id, replace(row, quantity=left)))
    return Spread(tuple(given[id] for id in sorted(given)), tuple(strange))


class _Room:
    """How much of each step every line may still take."""

    def __init__(self, requests: Iterable[Request], people: Mapping[str, Iterable[Allocation]]) -> None:
        self.left: dict[tuple[str, str], Decimal] = {}
        self._spoken: set[tuple[str, str, str]] = set()
        for request in requests:
            for line in request.lines:
                for step in ("order", "receipt"):
                    self.left[line.id, step] = (line.quantity or ZERO) - line.cancelled
            for row in people.get(request.id, ()):
                step = "receipt" if row.step == "return" else row.step
                sign = -1 if row.step == "return" else 1
                self.left[row.line, step] = self.left.get((row.line, step), ZERO) - sign * row.own
                self._spoken.add((request.id, row.step, fold(row.document)))

    def spoken(self, request: Request, row: BookLine) -> bool:
        """Whether people said themselves what this document is to that request."""
        return (request.id, row.step, fold(row.number)) in self._spoken

    def take(self, line: str, step: str, rest: Decimal, factor: Decimal, *, all_: bool) -> Decimal:
        """How much the line takes of ``rest``, in its own unit of ``factor`` of the item's: nothing where that is no
        number of three places. ``all_``: be it more than it asks for."""
        left = max(self.left.get((line, step), ZERO), ZERO)
        taken = left
        if all_ or left * factor > rest:
            whole = (rest / factor).quantize(PLACES)
            taken = whole if whole * factor == rest else ZERO
        self.left[line, step] = self.left.get((line, step), ZERO) - taken
        return taken


def _asks(line: Line, good: Good | None, row: BookLine, names: Mapping[str, str]) -> Decimal | None:
    """Units of the row's item in one of the line's, where the row is what the line asks for; else ``None``."""
    if good is not None and row.item:
        return good.factor if good.item == row.item else None
    name = names.get(f"item:{line.item}", "") or line.text
    # A draft of ours says the unit along with the name.
    if name and fold(row.text) == fold(f"{name}, {line.unit}"):
        return Decimal(1)
    same = name and fold(name) in {fold(row.text), fold(row.name)}
    known = not (row.unit and line.unit) or alike(row.unit, line.unit)
    return Decimal(1) if same and known else None


def _share(
    row: BookLine, takers: list[tuple[Request, Line, Decimal]], room: _Room, given: dict[str, Crossing]
) -> Decimal:
    """Give the row to the lines that ask for it; what none of them takes, in the row's own unit."""
    rest = row.quantity
    for place, (request, line, factor) in enumerate(takers, 1):
        taken = room.take(line.id, row.step, rest, factor, all_=place == len(takers))
        if not taken:
            continue
        rest -= taken * factor
        id = "|".join([row.step, row.document, line.id])
        old = given.get(id)
        part = ", ".join(filter(None, (old.document_line if old else "", row.line)))
        total = taken + (old.quantity if old else ZERO)
        given[id] = Crossing(id, request.id, line.id, row.step, row.number, part, total)
    return rest
