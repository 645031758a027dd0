"""``uchet draft``: what a person orders in a file, in people's words, becomes a plan of drafts.

A file holds ``orders`` (TOML or JSON): the document in our words, the number that people know the event by, roles of
the header, ``rows``. Records are named as people name them (name, code, inventory number, taxpayer number) and looked
up in the books; what is not there, or is there twice, is refused before anything is planned.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from types import MappingProxyType
from typing import Any
from uuid import UUID

from ..connectors.base import Query
from ..errors import Fatal, Reject
from ..mappings.keys import inv_key, serial_key
from ..mappings.model import Ref, Side, Value
from ..mappings.shapes import OWN, ROLE_TYPES, SHAPES, TASKS
from ..mappings.system import SystemMap
from ..mappings.text import fold, parse_day
from ..sync.binding import bind
from ..sync.ids import fingerprint
from ..sync.intake import Intake
from ..sync.orders import Order
from ..sync.pair import book_now
from ..sync.sight import reader
from ..sync.types import Record
from .wiring import Wired

__all__ = ["Asked", "Document", "Names", "documents", "orders_of", "read_file"]

#: Role → the kind its record is of. Roles of references that are not here are given by their key.
_KINDS: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(("organization", "to_organization"), "organization"),
        **dict.fromkeys(("place", "from_place", "to_place"), "place"),
        **dict.fromkeys(("department", "from_department", "to_department", "own_department", "location"), "department"),
        **dict.fromkeys(("person", "from_person", "to_person", "from_custodian", "to_custodian"), "person"),
        "item": "item",
        "asset": "equipment",
        "supplier": "supplier",
    }
)
#: Fields by which a record may be named, beside its key.
_NAMES = ("name", "code", "number", "inn", "article")
_FIXED = frozenset({"document", "number", "day", "note", "event", "rows"})
_ROLES = frozenset({*ROLE_TYPES, *_KINDS, "batch", "basis", "contract", "agreement", "project", "event"})
#: What 1C or settings fill in: no order says it.
_NOT_ORDERED = frozenset({*OWN, "comment", "line", "date", "event"})


@dataclass(frozen=True, slots=True)
class Asked:
    """One order as the file has it: roles and what stands for them there."""

    document: str
    number: str
    header: Mapping[str, Any]
    rows: tuple[Mapping[str, Any], ...]
    day: date | None = None
    note: str = ""
    event: str = ""


@dataclass(frozen=True, slots=True)
class Document:
    """A kind of draft as the configuration has it: the roles that must be there and those that may."""

    name: str
    title_ru: str
    title_en: str
    needed: tuple[str, ...]
    more: tuple[str, ...]
    row_needed: tuple[str, ...]
    row_more: tuple[str, ...]


def documents(system: SystemMap) -> Iterator[Document]:
    """Every kind of draft of the configuration that a person may order."""
    for name, document in system.documents.items():
        shape = SHAPES.get(name)
        if shape is None:  # only read
            continue
        header = [role for role in document.header if role not in _NOT_ORDERED]
        row = [role for role in document.row if role not in (*_NOT_ORDERED, "batch_type")]
        there = {*header, *row}
        needed = tuple(role for role in shape.header if role in there)
        rows = tuple(role for role in shape.rows if role in row)
        yield Document(
            name,
            document.title_ru,
            document.title_en,
            needed,
            tuple(role for role in header if role not in needed),
            rows,
            tuple(role for role in row if role not in (*rows, *needed)),
        )


# -- the file ----------------------------------------------------------------------------------------------------------


def read_file(path: Path) -> tuple[Asked, ...]:
    """The orders of a file. Raises ``Fatal`` where it cannot be read as such."""
    try:
        text = path.read_text(encoding="utf-8")
        read = json.loads if path.suffix == ".json" else tomllib.loads
        found: Any = read(text, parse_float=Decimal)
    except (OSError, ValueError) as error:
        raise _unfit(path, str(error)) from error
    orders = found.get("orders") if isinstance(found, dict) else None
    if not isinstance(orders, list) or not orders or not all(isinstance(one, dict) for one in orders):
        raise _unfit(path, "orders")
    return tuple(_asked(path, number, one) for number, one in enumerate(orders, 1))


def _asked(path: Path, number: int, told: Mapping[str, Any]) -> Asked:
    where = f"orders[{number}]"
    document, label, rows = told.get("document"), str(told.get("number") or "").strip(), told.get("rows", [])
    if document not in SHAPES and document not in TASKS:
        raise _unfit(path, f"{where}.document: {document}")
    if not label:
        raise _unfit(path, f"{where}.number")
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise _unfit(path, f"{where}.rows")
    header = {name: value for name, value in told.items() if name not in _FIXED}
    for name in (*header, *(name for row in rows for name in row)):
        if name not in _ROLES or name in OWN:
            raise _unfit(path, f"{where}.{name}")
    day = _day(told["day"]) if "day" in told else None
    if "day" in told and day is None:
        raise _unfit(path, f"{where}.day: {told['day']}")
    note, event = str(told.get("note") or ""), str(told.get("event") or "")
    return Asked(str(document), label, header, tuple(rows), day, note, event)


def _unfit(path: Path, problem: str) -> Fatal:
    return Fatal(
        "orders_file",
        "{file} cannot be read as orders for drafts: {problem}.",
        hint="“uchet draft” without a file shows the documents and their roles.",
        file=str(path),
        problem=problem,
    )


# -- names into records ------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Names:
    """The books' records by what people call them; each kind is read when first asked for."""

    parts: Wired
    now: datetime
    labels: dict[tuple[Side, str, str], str] = field(default_factory=dict)
    _intake: Intake | None = None
    _records: dict[str, list[tuple[str, Mapping[str, Any]]]] = field(default_factory=dict)

    def find(self, role: str, text: str, organization: str = "") -> Ref:
        """The one record that ``text`` names, of ``organization`` where several have that name. Raises ``Reject`` where
        there is none, or more than one."""
        kind = _KINDS[role]
        found = [(id, values) for id, values in self._known(kind) if _fits(kind, id, values, text)]
        if len(found) > 1 and organization:
            home = Ref("book", "organization", organization)
            found = [one for one in found if one[1].get("organization") == home] or found
        if len(found) == 1:
            id, values = found[0]
            self.labels[("book", kind, id)] = str(values.get("name") or text)
            return Ref("book", kind, id)
        if not found:
            raise Reject(
                "order_name",
                "{role}: the books have nothing called {text}.",
                hint="Write it as 1C does, or give its key.",
                role=role,
                text=text,
            )
        raise Reject(
            "order_name_twice",
            "{role}: {text} means more than one record: {found}.",
            hint="Give the key of the right one instead.",
            role=role,
            text=text,
            found=", ".join(sorted(id for id, _ in found)),
        )

    def _known(self, kind: str) -> list[tuple[str, Mapping[str, Any]]]:
        if kind not in self._records:
            self._records[kind] = list(self._read(kind))
        return self._records[kind]

    def _read(self, kind: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
        book, system = self.parts.pair.book, self.parts.pair.book_map
        if kind not in system.kinds:
            place = (system.options.get("labels") or {}).get(kind)
            if place is None:
                return
            for page in book.read(Query(place["collection"], tuple(place.get("fields", ())))):
                yield from ((raw.id, {"name": raw.data.get(place["field"])}) for raw in page.records if not raw.retired)
            return
        if self._intake is None:
            today = book_now(self.now, self.parts.engine.settings.zone)
            self._intake = reader(self.parts.pair, "book", book.describe(), bind(book, system), today)
        listing = self._intake.load(kind)
        if self._intake.errors:
            raise self._intake.errors[0]
        records: Iterable[Record] = listing.records.values() if listing else ()
        yield from ((record.id, record.values) for record in records if not record.retired)


def _is_key(text: str) -> bool:
    try:
        return str(UUID(text)) == text.lower()
    except ValueError:
        return False


def _fits(kind: str, id: str, values: Mapping[str, Any], text: str) -> bool:
    if id == text.lower() or any(fold(str(values[name])) == fold(text) for name in _NAMES if values.get(name)):
        return True
    if kind != "equipment":
        return False
    number, serial = str(values.get("inventory_number") or ""), str(values.get("serial") or "")
    return bool(inv_key(text) and inv_key(number) == inv_key(text)) or bool(
        serial_key(text) and serial_key(serial) == serial_key(text)
    )


def orders_of(asked: Iterable[Asked], names: Names) -> list[Order]:
    """The orders as the engine takes them. One written the same way twice is the same event, and drafted once."""
    return [_order(one, names) for one in asked]


def _order(one: Asked, names: Names) -> Order:
    header = dict(_values(one.header, names, ""))
    organization = header.get("organization")
    home = organization.id if isinstance(organization, Ref) else ""
    rows = tuple(MappingProxyType(dict(_values(row, names, home))) for row in one.rows)
    header = dict(_values(one.header, names, home))
    content = {"document": one.document, "number": one.number, "day": str(one.day), "header": header, "rows": rows}
    event = one.event or f"hand:{fingerprint({name: repr(value) for name, value in content.items()})}"
    return Order(one.document, event, one.number, MappingProxyType(header), rows, one.note, one.day)


def _values(told: Mapping[str, Any], names: Names, home: str) -> Iterator[tuple[str, Value]]:
    for role, value in told.items():
        yield role, _value(role, value, names, home)


def _value(role: str, value: Any, names: Names, home: str) -> Value:
    if role in _KINDS:
        return names.find(role, str(value).strip(), home)
    wanted = ROLE_TYPES.get(role, "text")
    made: Value | None = None
    if wanted == "reference" or role == "agreement":
        made = Ref("book", role, str(value).lower()) if _is_key(str(value)) else None
    elif wanted == "number":
        made = _number(value)
    elif wanted == "date":
        made = _day(value)
    elif wanted == "flag":
        made = value if isinstance(value, bool) else None
    else:
        made = str(value)
    if made is None:
        raise Reject(
            "order_value",
            "{value} cannot stand for {role} in an order.",
            hint="A number, a date (2026-02-04), true or false, or the key of a record in 1C, as the role asks for.",
            value=str(value),
            role=role,
        )
    return made


def _number(value: Any) -> Decimal | None:
    try:
        found = Decimal(str(value).replace(",", ".")) if not isinstance(value, bool) else None
    except InvalidOperation:
        return None
    return found if found is not None and found.is_finite() else None


def _day(value: Any) -> date | None:
    if isinstance(value, date):
        return None if isinstance(value, datetime) else value
    return parse_day(str(value))
