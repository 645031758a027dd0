"""М-4 of a receipt as 1C has it: who supplied what, how much, and for how much; posted or not.

What a document says once stands in both columns of quantity only where it is posted: until then nobody has accepted it,
and that column is for a pen. Services are no materials: they are told below, with their sum.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from ...mappings.keys import unit_key
from ...mappings.model import Ref, Side
from ...mappings.shapes import RECEIPTS
from ...sync.purchase_world import marked
from ...sync.reconcile.types import Snapshot
from .layout import shown
from .settled import CENT
from .sides import Made, Paperwork, Sides, called, day_of, needed, noted
from .types import Cell, Row, Sheet

__all__ = ["receipt_order"]

_READ: Mapping[Side, Sequence[str]] = {"book": ("organization", "place", "item")}
#: The table that holds no materials.
_SERVICES = "receipt_services"


def receipt_order(sides: Sides) -> Made:
    """The order of the receipt that is asked for. Raises ``Reject`` where there is none, or items could not be read."""
    paper = sides.document(RECEIPTS)
    snapshot = sides.read(_READ)
    needed(sides, snapshot, ("item", "book"))
    notes: list[str] = []
    gross = bool(paper.head("with_vat"))
    goods = [row for one in paper.maps if one.name != _SERVICES for row in paper.rows(one)]
    services = [row for one in paper.maps if one.name == _SERVICES for row in paper.rows(one)]
    lines = tuple(_line(snapshot, row, gross, paper.posted) for row in goods if row.get("quantity"))
    if services:
        whole = sum((_sums(row, gross)["whole"] or Decimal(0) for row in services), Decimal(0))
        notes.append(f"Услуги и права в ордер не входят: строк {len(services)}, на {shown(whole, 'money')} руб. с НДС.")
    values = _heading(sides, snapshot, paper, notes)
    title = f"М-4 {paper.number}".strip()
    sheet = Sheet(title, {n: v for n, v in values.items() if v is not None}, {"lines": lines}, tuple(notes))
    return Made((sheet,), snapshot.sources, posted=paper.posted)


def _heading(sides: Sides, snapshot: Snapshot, paper: Paperwork, notes: list[str]) -> dict[str, Cell]:
    supplier = paper.head("supplier")
    names: Mapping[str, str] = {}
    with noted(notes, "поставщик"):
        names = sides.labels("supplier", [supplier])
    requests: tuple[str, ...] = ()
    with noted(notes, "счёт или заказ"):
        requests = _requests(sides, paper)
    number, day = str(paper.head("in_number") or "").strip(), day_of(paper.head("in_date"))
    told = " от ".join(filter(None, (f"№ {number}" if number else "", f"{day:%d.%m.%Y}" if day else "")))
    return {
        "organization": called(snapshot, "organization", paper.head("organization")),
        "number": paper.number or None,
        "date": paper.day,
        "warehouse": called(snapshot, "place", paper.head("place")),
        "supplier": names.get(str(supplier or "")),
        "accompanying": told or None,
        "request": ", ".join(f"№ {one}" for one in requests) or None,
    }


def _requests(sides: Sides, paper: Paperwork) -> tuple[str, ...]:
    """Numbers of the requests that it came for: those that its comment names, and the comment of its order."""
    rules, found = sides.parts.engine.settings.requests, [str(paper.head("comment") or "")]
    mapped = sides.parts.pair.book_map
    kind = mapped.kinds.get("request")
    order, mine = paper.head("order"), str(kind.options.get("document", "")) if kind else ""
    if order and mine in mapped.documents:
        orders = sides.by_id(mapped.documents[mine].collection, [str(order)])
        found += [str(one.head("comment") or "") for one in orders.values()]
    return tuple(dict.fromkeys(number for text in found for number in marked(text, rules)))


def _line(snapshot: Snapshot, row: Mapping[str, Any], gross: bool, posted: bool) -> Row:
    item = str(row.get("item") or "")
    known = snapshot.values(Ref("book", "item", item))
    unit, quantity, sums = str(known.get("unit") or ""), _number(row.get("quantity")), _sums(row, gross)
    price = _number(row.get("price"))
    if gross and sums["sum"] is not None and quantity:
        price = (sums["sum"] / quantity).quantize(CENT)
    return {
        "title": str(known.get("name") or row.get("text") or item),
        "code": str(known.get("code") or "") or None,
        "okei": unit_key(unit) or None,
        "unit": unit or None,
        "by_document": quantity,
        "accepted": quantity if posted else None,
        "price": price,
        **sums,
    }


def _sums(row: Mapping[str, Any], gross: bool) -> dict[str, Decimal | None]:
    """Without tax, tax, with tax. ``gross``: the document's sums hold the tax already."""
    amount, vat = _number(row.get("amount")), _number(row.get("vat"))
    if amount is None:
        return {"sum": None, "vat": vat, "whole": None}
    tax = vat or Decimal(0)
    return {"sum": amount - tax if gross else amount, "vat": vat, "whole": amount if gross else amount + tax}


def _number(value: Any) -> Decimal | None:
    if value is None or isinstance(value, bool):
        return None
    try:
        return Decimal(str(value))
    except InvalidOperation:
        return None
