"""The rows of requests on the desk that tell how far a line is: what people entered, and what the books say. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from ..mappings.model import Ref
from .allocations import Allocation, progress
from .ids import create_key
from .purchase import Request
from .purchase_books import BookLine, Crossing, Good, Spread, spread
from .requests import OPEN
from .types import Draft, Record, ordered
from .world import World

__all__ = ["ALLOCATION", "Rows", "id_of", "of_type", "open_of", "parts_of", "texts_of"]

#: The kind of the desk's rows that tell how far a line is.
ALLOCATION = "allocation"


def id_of(record: Record, name: str) -> str:
    """The id that a reference of ``record`` points to; "" where there is none."""
    value = record.values.get(name)
    return value.id if isinstance(value, Ref) else ""


def texts_of(record: Record, *names: str) -> dict[str, str]:
    """Fields of ``record`` as texts; "" where there is none."""
    return {name: str(record.values.get(name) or "") for name in names}


def of_type(value: object, kind: type[Any]) -> Any:
    """``value`` where it is of ``kind``, else ``None``."""
    return value if isinstance(value, kind) else None


@dataclass(frozen=True)
class Rows:
    """The desk's allocations by request: those that people entered, and those written from the books, by their key."""

    people: Mapping[str, tuple[Allocation, ...]]
    books: Mapping[str, tuple[Allocation, ...]]
    ours: Mapping[str, Record]

    @classmethod
    def of(cls, rows: Mapping[str, Record], lines: Mapping[str, Record]) -> Rows:
        found: dict[bool, dict[str, list[Allocation]]] = {True: {}, False: {}}
        ours: dict[str, Record] = {}
        for row in rows.values():
            line, quantity = id_of(row, "line"), row.values.get("quantity")
            if row.retired or line not in lines or not isinstance(quantity, Decimal):
                continue
            texts = texts_of(row, "step", "document", "document_line", "key")
            if texts["key"]:
                ours[texts["key"]] = row
            coefficient = of_type(row.values.get("coefficient"), Decimal) or Decimal(1)
            one = Allocation(line, texts["step"], texts["document"], quantity, coefficient, texts["document_line"])
            found[bool(texts["key"])].setdefault(id_of(lines[line], "request"), []).append(one)
        people, books = ({id: tuple(rows) for id, rows in found[key].items()} for key in (False, True))
        return cls(people, books, ours)

    def together(self, requests: Mapping[str, Request], parts: Spread | None) -> dict[str, tuple[Allocation, ...]]:
        """What people entered and what the books say now; of a request that ended, or where the books were not read
        (``None``), what was written from them."""
        now: dict[str, list[Allocation]] = {}
        for one in parts.crossings if parts else ():
            now.setdefault(one.request, []).append(one.row)
        found = {}
        for id, request in requests.items():
            fresh = parts is not None and request.state in OPEN
            books = tuple(now.get(id, ())) if fresh else self.books.get(id, ())
            if rows := (*self.people.get(id, ()), *books):
                found[id] = rows
        return found


def parts_of(
    world: World,
    requests: Mapping[str, Request],
    documents: Mapping[str, Collection[str]],
    bought: tuple[Iterable[BookLine], Mapping[str, Good]],
    names: Mapping[str, str],
    rows: Rows,
    *,
    whole: bool,
) -> Spread:
    """The books' rows given to lines, without those that a person took away on the desk: they are not made again.
    ``documents``: request → its orders; ``bought``: the rows, and the item that each line asks for; ``whole``: all rows
    of the desk were read."""
    alive = [request for request in requests.values() if request.state in OPEN]
    book_rows, goods = bought
    found = spread(book_rows, alive, documents, goods, names, rows.people)

    def taken_away(one: Crossing) -> bool:
        known = world.index.of(Ref("book", ALLOCATION, one.id)) is not None
        return known and whole and create_key(world.pair, ALLOCATION, one.id) not in rows.ours

    return replace(found, crossings=tuple(one for one in found.crossings if not taken_away(one)))


# -- what is left of each line -----------------------------------------------------------------------------------------


def open_of(
    drafts: Iterable[Draft],
    requests: Iterable[Request],
    allocations: Mapping[str, Iterable[Allocation]],
    goods: Mapping[str, Good],
    names: Mapping[str, str],
) -> dict[str, Decimal]:
    """Line → what nobody ordered, received or issued of it, and no draft of ours that waits in 1C orders."""
    waiting = _rows_of(drafts)
    found: dict[str, Decimal] = {}
    for request in requests:
        rows = waiting.get(request.id, [])
        orders = {request.id: {row.order for row in rows}}
        given = spread(rows, [request], orders, goods, names, {}).crossings if rows else ()
        for id, line in progress(request.lines, allocations.get(request.id, ())).items():
            drafted = sum((one.quantity for one in given if one.line == id), Decimal(0))
            found[id] = max(line.open - drafted, Decimal(0))
    return found


def _rows_of(drafts: Iterable[Draft]) -> dict[str, list[BookLine]]:
    """Request → the rows of the drafts that were made for it and that nobody posted or took away."""
    found: dict[str, list[BookLine]] = {}
    for draft in drafts:
        ids = [key.split(":")[1] for key in ordered(draft.members) if key.startswith("request:")]
        if draft.state not in ("open", "edited") or not ids:
            continue
        for place, member in enumerate(draft.members, 1):
            row = {change.name: change.after for change in member.changes}
            item, quantity = row.get("item"), row.get("quantity")
            told = ("order", draft.id, draft.number, "", str(place), draft.id, item.id if isinstance(item, Ref) else "")
            if isinstance(quantity, Decimal):
                found.setdefault(ids[0], []).append(BookLine(*told, "", str(row.get("text") or ""), quantity))
    return found
