"""Forms of a draft that uchet wrote (ОС-2, М-11, ОС-3, МБ-7, МБ-8, acts): who gives, who takes, and what. Read from the
journal and from what was last agreed on, not from a side; what neither says stays empty, for a pen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from ...errors import Reject
from ...mappings.keys import unit_key
from ...mappings.model import Ref, Value, Values
from ...sync.orders import is_order
from ...sync.pair import book_now
from ...sync.reconcile.types import Snapshot
from ...sync.store import Store
from ...sync.types import DRAFT_STATES, Draft, Operation, Seen
from ..lookup import labels_of
from .inventory import CONDITIONS
from .settled import CENT
from .types import Cell, Form, Row, Sheet

__all__ = ["DOCUMENTS", "dated", "draft_sheets", "said", "served", "waybill"]

#: Source of a form → the kinds of document it is printed of.
DOCUMENTS: Mapping[str, frozenset[str]] = {
    "moves": frozenset({"move"}),
    "stock_moves": frozenset({"stock_transfer", "consume", "issue_person", "put_in_use", "return_from_use"}),
    "issued": frozenset({"move", "custody", "issue_person", "put_in_use"}),
    "returned": frozenset({"move", "custody", "return_from_use"}),
    "issue_list": frozenset({"issue_person", "put_in_use"}),
    "scrapped": frozenset({"scrap_in_use", "scrap_person"}),
    "upgraded": frozenset({"upgrade"}),
}
#: A document that stands in the books as we wrote it: the form is no draft any more.
_POSTED = frozenset({"posted", "agreed"})
#: Roles of who gives, and of who takes.
_GIVES, _TAKES = ("from_custodian", "from_person"), ("to_custodian", "to_person")


def draft_sheets(
    store: Store, pair: str, zone: ZoneInfo, form: Form, number: str, last: str
) -> tuple[tuple[Sheet, ...], bool]:
    """The form of the draft called ``number`` (its number in 1C or its key), a sheet for each person where the form is
    one person's, and whether it was posted. ``last``: the comparison whose snapshot knows the items. Raises
    ``Reject``."""
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
    links = list(store.links(pair))
    snapshot = store.snapshot(pair, last) if last else None
    names = {(kind, id): name for (side, kind, id), name in labels_of(store, pair).items() if side == "book"}
    things = {link.book: link.seen for link in links if link.kind == "equipment"}
    numbers = {link.book: link.seen.book.get("number") for link in links if link.kind == "person"}
    called = _Called(names, snapshot, things, numbers)
    found = _PRINTERS[form.source](header, draft.members, called, dated(header) or day)
    values = {"number": draft.number or None, "date": dated(header) or day}
    title = f"{form.name} {draft.number}".strip()
    sheets = tuple(
        Sheet(f"{title} {name}".strip(), {n: v for n, v in {**told, **values}.items() if v is not None}, rows)
        for name, told, rows in found
    )
    return sheets, draft.state in _POSTED


def _found(store: Store, pair: str, form: Form, number: str) -> Draft:
    ours = [one for one in store.drafts(pair, DRAFT_STATES) if one.document in DOCUMENTS[form.source] and one.members]
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


#: What a value is called, for people.
Naming = Callable[[Value], str | None]
#: One sheet: whose it is, the blanks of its heading, its rows.
Filled = tuple[str, Mapping[str, Cell], Mapping[str, tuple[Row, ...]]]


@dataclass(frozen=True)
class _Called:
    """Names of records: as last agreed on, else as they were read for a comparison. ``things``: what was last agreed on
    of a thing; ``numbers``: of people."""

    names: Mapping[tuple[str, str], str]
    snapshot: Snapshot | None
    things: Mapping[str, Seen]
    numbers: Mapping[str, Value]

    def __call__(self, value: Value) -> str | None:
        if not isinstance(value, Ref):
            return str(value) if value else None
        return self.names.get((value.kind, value.id)) or (self.snapshot.called(value) if self.snapshot else value.id)

    def values(self, value: Value) -> Values:
        return self.snapshot.values(value) if self.snapshot else {}

    def number(self, person: Value) -> str | None:
        """The personnel number."""
        if not isinstance(person, Ref):
            return None
        return str(self.numbers.get(person.id) or self.values(person).get("number") or "") or None

    def thing(self, member: Operation) -> Row:
        """What was last agreed on of the thing that a row is about."""
        seen = self.things.get(member.book or "", Seen())
        cost, commissioned = seen.book.get("cost"), seen.book.get("commissioned")
        told = {name: str(seen.book.get(name) or seen.desk.get(name) or "") for name in _TEXTS}
        return {
            "title": told["name"] or told["model"] or member.label,
            "acquired": commissioned if isinstance(commissioned, date) else None,
            "inventory_number": told["inventory_number"] or None,
            "serial": told["serial"] or None,
            "condition": CONDITIONS.get(told["condition"]),
            "quantity": Decimal(1),
            "cost": cost if isinstance(cost, Decimal) else None,
            "sum": cost if isinstance(cost, Decimal) else None,
        }


_TEXTS = ("name", "model", "inventory_number", "serial", "condition")


def _first(header: Values, called: Naming, *roles: str) -> str | None:
    return next((name for role in roles if (name := called(header.get(role)))), None)


def dated(header: Values) -> date | None:
    """The day that a draft was given."""
    value = header.get("date")
    return value.date() if isinstance(value, datetime) else value if isinstance(value, date) else None


def said(member: Operation) -> dict[str, Value]:
    """The roles of a row."""
    return {**member.header, **{change.name: change.after for change in member.changes}}


def _numbered(rows: Iterable[Row]) -> tuple[Row, ...]:
    return tuple({"n": n, **row} for n, row in enumerate(rows, 1))


# -- waybills ----------------------------------------------------------------------------------------------------------


def waybill(header: Values, called: Naming) -> dict[str, Cell]:
    """Who gives and who takes, by whatever role the document has for them."""
    return {
        "organization": _first(header, called, "organization"),
        "from": _first(header, called, "from_department", "from_place", "place"),
        "to": _first(header, called, "to_department", "to_place", "department", "person"),
        "gave": _first(header, called, *_GIVES),
        "received": _first(header, called, *_TAKES, "person"),
    }


def _moves(header: Values, members: Iterable[Operation], called: _Called, day: date) -> Iterator[Filled]:
    rows = _numbered(called.thing(member) for member in members)
    yield "", waybill(header, called), {"lines": rows}


def _stock_moves(header: Values, members: Iterable[Operation], called: _Called, day: date) -> Iterator[Filled]:
    yield "", waybill(header, called), {"lines": tuple(_item(member, called) for member in members)}


def _item(member: Operation, called: _Called) -> Row:
    told = said(member)
    item, quantity, price = told.get("item"), told.get("quantity"), told.get("price")
    known = called.values(item)
    unit = str(known.get("unit") or "")
    many, each = (value if isinstance(value, Decimal) else None for value in (quantity, price))
    return {
        "title": called(item) or member.label,
        "code": str(known.get("code") or "") or None,
        "inventory_number": called(told.get("inventory_number")),
        "okei": unit_key(unit) or None,
        "unit": unit or None,
        "requested": many,
        "given": many,
        "quantity": many,
        "price": each,
        "sum": (many * each).quantize(CENT) if many is not None and each is not None else None,
    }


# -- people ------------------------------------------------------------------------------------------------------------


def _by_person(
    header: Values, members: Iterable[Operation], roles: tuple[str, ...]
) -> Iterator[tuple[Value, list[Operation]]]:
    """Rows by the person that the header names, or each row where the document keeps people there."""
    found: dict[str, tuple[Value, list[Operation]]] = {}
    for member in members:
        told = {**said(member), **{role: header[role] for role in roles if header.get(role)}}
        person = next((told[role] for role in roles if told.get(role)), None)
        found.setdefault(str(person), (person, []))[1].append(member)
    yield from found.values()


def _act(header: Values, members: Iterable[Operation], called: _Called, *, back: bool) -> Iterator[Filled]:
    """One act for each employee. ``back``: the employee gives."""
    roles = (*(_GIVES if back else _TAKES), "person")
    for person, rows in _by_person(header, members, roles):
        mine, other = called(person), _first(header, called, *(_TAKES if back else _GIVES))
        place = ("from_department", "department") if back else ("to_department", "department")
        told: dict[str, Cell] = {
            "organization": _first(header, called, "organization"),
            "department": _first(header, called, *place),
            "custodian": mine,
            "personnel_number": called.number(person),
            "ticket": ", ".join(dict.fromkeys(one.label for one in rows if is_order(one) and one.label)) or None,
            "gave": mine if back else other,
            "received": other if back else mine,
        }
        yield mine or "", told, {"lines": _numbered(_thing_or_item(one, called) for one in rows)}


def _thing_or_item(member: Operation, called: _Called) -> Row:
    return called.thing(member) if member.kind == "equipment" else _item(member, called)


def _issue_list(header: Values, members: Iterable[Operation], called: _Called, day: date) -> Iterator[Filled]:
    """МБ-7: everybody on one list. ``since``: the day of the document."""
    rows = [
        {**_item(one, called), "person": called(person), "personnel_number": called.number(person), "since": day}
        for person, mine in _by_person(header, members, ("person",))
        for one in mine
    ]
    told = {n: _first(header, called, n) for n in ("organization", "department")}
    yield "", told, {"lines": _numbered(rows)}


def _scrapped(header: Values, members: Iterable[Operation], called: _Called, day: date) -> Iterator[Filled]:
    """МБ-8: one act for each employee whose things are written off."""
    for person, mine in _by_person(header, members, ("person",)):
        told = {n: _first(header, called, n) for n in ("organization", "department")}
        reason = _first(header, called, "reason", "@note")
        rows = _numbered({**_item(one, called), "reason": reason} for one in mine)
        name = called(person)
        yield name or "", {**told, "custodian": name}, {"lines": rows}


# -- upgrades ----------------------------------------------------------------------------------------------------------


def _upgraded(header: Values, members: Iterable[Operation], called: _Called, day: date) -> Iterator[Filled]:
    """ОС-3: what is upgraded. Its worth today and what the work cost are accounting's: those cells stay empty."""
    things = [called.thing(member) for member in members]
    names = ("title", "inventory_number", "serial")
    objects = _numbered({n: one[n] for n in names} | {"service": served(one["acquired"], day)} for one in things)
    costs = _numbered({"title": one["title"], "work": "модернизация"} for one in things)
    told = {n: _first(header, called, n) for n in ("organization", "department")}
    yield "", told, {"objects": objects, "costs": costs}


def served(since: Cell, day: date) -> str | None:
    """How long a thing was in service, in whole months, as ОС-3 has it; ``None`` where nobody knows."""
    if not isinstance(since, date) or since > day:
        return None
    years, months = divmod((day.year - since.year) * 12 + day.month - since.month - (day.day < since.day), 12)
    return " ".join([*([f"{years} г."] if years else []), *([f"{months} мес."] if months or not years else [])])


_PRINTERS: Mapping[str, Callable[[Values, Iterable[Operation], _Called, date], Iterator[Filled]]] = {
    "moves": _moves,
    "stock_moves": _stock_moves,
    "issued": lambda header, members, called, day: _act(header, members, called, back=False),
    "returned": lambda header, members, called, day: _act(header, members, called, back=True),
    "issue_list": _issue_list,
    "scrapped": _scrapped,
    "upgraded": _upgraded,
}
