"""ОС-2 and М-11 of a draft that uchet wrote: who gives, who takes, and what. Read from the journal, not from a side."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from zoneinfo import ZoneInfo

from ...errors import Reject
from ...mappings.keys import unit_key
from ...mappings.model import Ref, Value, Values
from ...sync.pair import book_now
from ...sync.reconcile.types import Snapshot
from ...sync.store import Store
from ...sync.types import Draft, Operation
from ..lookup import labels_of
from .settled import CENT
from .types import Cell, Form, Row, Sheet

__all__ = ["DOCUMENTS", "draft_sheet"]

#: Source of a form → the kinds of document it is printed of.
DOCUMENTS: Mapping[str, frozenset[str]] = {
    "moves": frozenset({"move"}),
    "stock_moves": frozenset({"stock_transfer", "consume", "issue_person", "put_in_use", "return_from_use"}),
}
_STATES = ("open", "edited", "posted", "agreed", "adopted", "refused", "gone")
#: A document that stands in the books as we wrote it: the form is no draft any more.
_POSTED = frozenset({"posted", "agreed"})


def draft_sheet(store: Store, pair: str, zone: ZoneInfo, form: Form, number: str, last: str) -> tuple[Sheet, bool]:
    """The form of the draft called ``number`` (its number in 1C or its key), and whether it was posted. ``last``: the
    comparison whose snapshot knows the items. Raises ``Reject``."""
    draft = _found(store, pair, form, number)
    written = [
        row
        for row in store.operations(pair, kind=draft.members[0].kind, book=draft.members[0].book)
        if row.operation.action == "draft" and row.operation.key == draft.id
    ]
    if not written:
        raise Reject(
            "draft_unknown",
            "uchet wrote no draft {number} that {form} is printed of.",
            hint="See them with: uchet report drafts --out drafts.xlsx.",
            number=number,
            form=form.name,
        )
    header, day = written[-1].operation.header, book_now(written[-1].started, zone).date()
    snapshot = store.snapshot(pair, last) if last else None
    names = {(kind, id): name for (side, kind, id), name in labels_of(store, pair).items() if side == "book"}
    called = _Called(names, snapshot)
    values = {**_heading(header, called), "number": draft.number or None, "date": _day(header) or day}
    rows = _assets(store, pair, draft) if form.source == "moves" else _items(draft, called)
    numbered = tuple({"n": n, **row} if form.source == "moves" else row for n, row in enumerate(rows, 1))
    filled = {name: value for name, value in values.items() if value is not None}
    return Sheet(f"{form.name} {draft.number}".strip(), filled, {"lines": numbered}), draft.state in _POSTED


def _found(store: Store, pair: str, form: Form, number: str) -> Draft:
    ours = [one for one in store.drafts(pair, _STATES) if one.document in DOCUMENTS[form.source] and one.members]
    found = [one for one in ours if number in (one.number, one.ref, one.id)]
    if len(found) == 1:
        return found[0]
    if found:
        raise Reject(
            "draft_ambiguous",
            "There are {count} drafts with the number {number}.",
            hint="Give the key of the document instead, as “uchet report drafts” has it.",
            count=len(found),
            number=number,
        )
    raise Reject(
        "draft_unknown",
        "uchet wrote no draft {number} that {form} is printed of.",
        hint="See them with: uchet report drafts --out drafts.xlsx.",
        number=number,
        form=form.name,
    )


class _Called:
    """Names of records: as last agreed on, else as they were read for a comparison."""

    def __init__(self, names: Mapping[tuple[str, str], str], snapshot: Snapshot | None) -> None:
        self.names, self.snapshot = names, snapshot

    def __call__(self, value: Value) -> str | None:
        if not isinstance(value, Ref):
            return str(value) if value else None
        return self.names.get((value.kind, value.id)) or (self.snapshot.called(value) if self.snapshot else value.id)

    def values(self, value: Value) -> Values:
        return self.snapshot.values(value) if self.snapshot else {}


def _heading(header: Values, called: _Called) -> dict[str, Cell]:
    """Who gives and who takes, by whatever role the document has for them."""

    def first(*roles: str) -> str | None:
        return ", ".join(filter(None, (called(header.get(role)) for role in roles))) or None

    return {
        "organization": first("organization"),
        "from": first("from_department") or first("from_place") or first("place"),
        "to": first("to_department") or first("to_place") or first("department") or first("person"),
        "gave": first("from_custodian") or first("from_person"),
        "received": first("to_custodian") or first("to_person") or first("person"),
    }


def _day(header: Values) -> date | None:
    value = header.get("date")
    return value if isinstance(value, date) else None


def _assets(store: Store, pair: str, draft: Draft) -> Iterator[Row]:
    seen = {link.book: link.seen.book for link in store.links(pair) if link.kind == "equipment"}
    for member in draft.members:
        values = seen.get(member.book or "", {})
        cost, commissioned = values.get("cost"), values.get("commissioned")
        worth = cost if isinstance(cost, Decimal) else None
        yield {
            "title": str(values.get("name") or member.label),
            "acquired": commissioned if isinstance(commissioned, date) else None,
            "inventory_number": str(values.get("inventory_number") or "") or None,
            "quantity": Decimal(1),
            "cost": worth,
            "sum": worth,
        }


def _items(draft: Draft, called: _Called) -> Iterator[Row]:
    for member in draft.members:
        said = _said(member)
        item, quantity, price = said.get("item"), said.get("quantity"), said.get("price")
        known = called.values(item)
        unit = str(known.get("unit") or "")
        many, each = (value if isinstance(value, Decimal) else None for value in (quantity, price))
        yield {
            "title": called(item) or member.label,
            "code": str(known.get("code") or "") or None,
            "okei": unit_key(unit) or None,
            "unit": unit or None,
            "requested": many,
            "given": many,
            "price": each,
            "sum": (many * each).quantize(CENT) if many is not None and each is not None else None,
        }


def _said(member: Operation) -> dict[str, Value]:
    """The roles of a row."""
    return {**member.header, **{change.name: change.after for change in member.changes}}
