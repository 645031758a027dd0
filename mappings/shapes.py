"""The kinds of draft there are, in our words: which roles a header and a row must have, and what one draft may hold.

A *shape* says what a document is for; which document of a configuration that is, and what its attributes are called,
stands in the mapping's ``[documents.NAME]``. Rules of accounting: what posting would refuse is refused before writing,
what needs judgement is left empty so that posting refuses it, and what cannot be known is a question, never a guess.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from .system import DocumentMap

__all__ = ["OWN", "PARTS", "READ", "RECEIPTS", "ROLE_TYPES", "SHAPES", "STILL", "TASKS", "Shape", "body", "missing"]

EMPTY: Mapping[str, Any] = MappingProxyType({})
#: Header roles that 1C or a person sets: never sent empty by us.
OWN = frozenset({"number", "posted", "deleted", "responsible"})


@dataclass(frozen=True, slots=True)
class Shape:
    """``header`` and ``rows``: roles without which there is nothing to write. ``group``: header roles that all events
    of one draft share (with the organisation and the day). ``single``: one event a draft."""

    name: str
    header: tuple[str, ...]
    rows: tuple[str, ...]
    group: tuple[str, ...] = ()
    single: bool = False


def _shape(name: str, header: str, rows: str, group: str = "", *, single: bool = False) -> Shape:
    return Shape(name, tuple(header.split()), tuple(rows.split()), tuple(group.split()), single)


_MOVE = "from_department from_custodian to_department to_custodian"
SHAPES: Mapping[str, Shape] = MappingProxyType(
    {
        one.name: one
        for one in (
            # A fixed asset goes to another department or responsible person: posting compares both senders.
            _shape("move", "organization", "asset", _MOVE),
            _shape("stock_transfer", "organization from_place to_place", "item quantity", "from_place to_place"),
            # Things in use go from one employee to another: the batches are the server's choice.
            _shape("custody", "organization from_person to_person", "item quantity", "from_person to_person"),
            _shape("issue_person", "organization place person", "item quantity", "place person"),
            _shape("consume", "organization place", "item quantity", "place department"),
            # The older way into use: the person stands in the row.
            _shape("put_in_use", "organization place", "item quantity person", "place"),
            _shape("return_from_use", "organization place", "item quantity person batch", "place"),
            _shape("scrap_in_use", "organization department", "item quantity person batch", "department"),
            _shape("scrap_person", "organization person", "item quantity", "person"),
            _shape("write_off_stock", "organization place", "item quantity", "place basis"),
            _shape("surplus", "organization place", "item quantity", "place basis"),
            _shape("upgrade", "organization", "asset", "department"),
            _shape("assemble", "organization place item quantity", "item quantity", "place item", single=True),
            _shape("return_supplier", "organization place supplier", "item quantity", "place supplier contract"),
            # Whom to buy from is the buyer's to say: posting refuses an order without it.
            _shape("invoice", "organization", "quantity", "supplier contract in_number", single=True),
            _shape("order", "organization place", "item quantity", "place supplier", single=True),
            _shape("count_assets", "organization", "asset", "department person", single=True),
            _shape("count_stock", "place", "item counted", "place person", single=True),
            _shape("count_in_use", "organization", "item counted", "department person", single=True),
        )
    }
)
#: Tables that a document may have beside its rows, by what they are called in a mapping.
PARTS = ("commission",)
#: What each role holds, where a role can hold one thing only.
ROLE_TYPES: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(("date", "started", "ended", "order_date", "in_date", "wanted"), "date"),
        **dict.fromkeys(("posted", "deleted", "present", "with_vat", "chairman"), "flag"),
        **dict.fromkeys(("comment", "reason", "number", "text", "order_number", "order_kind", "in_number"), "text"),
        **dict.fromkeys(("quantity", "counted", "price", "amount", "vat", "packs", "share"), "number"),
        **dict.fromkeys(("organization", "place", "from_place", "to_place", "item", "asset", "event"), "reference"),
        **dict.fromkeys(("department", "from_department", "to_department", "responsible", "supplier"), "reference"),
        **dict.fromkeys(("person", "from_person", "to_person", "from_custodian", "to_custodian"), "reference"),
        **dict.fromkeys(
            ("account", "new_account", "cost_account", "batch", "basis", "contract", "project", "order"), "reference"
        ),
    }
)
#: Documents of the books that are read for what they say and never written: what came for an order, one a tabular part.
RECEIPTS = ("receipt", "receipt_equipment", "receipt_services")
#: Every document that is read and never written; of write-offs and acceptances it is asked which ones wait unposted.
READ = (*RECEIPTS, "write_off_asset", "accept_asset")
#: Documents that move nothing: what is ordered, and what earlier counts found.
STILL = frozenset({"invoice", "order", "count_assets", "count_stock", "count_in_use"})
#: Never a draft, always a task with all the facts for the accountant: these change what the company owns or owes.
TASKS = frozenset({"write_off_asset", "accept_asset", "receipt", "between_branches", "between_entities"})


def missing(shape: Shape, header: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """The roles without which the draft is not written; ``rows`` where there are none at all."""
    found = [role for role in shape.header if header.get(role) is None]
    found += [role for role in shape.rows if any(row.get(role) is None for row in rows)]
    return tuple(dict.fromkeys(found if rows else [*found, "rows"]))


def body(
    document: DocumentMap,
    header: Mapping[str, Any],
    rows: Iterable[Mapping[str, Any]],
    parts: Mapping[str, Iterable[Mapping[str, Any]]] = EMPTY,
) -> dict[str, Any]:
    """Wire values of one draft. Every mapped header attribute is sent, an unknown one empty: what a body leaves out, 1C
    fills with the defaults of the user who writes. Roles that the document has no attribute for are left out, and so
    are tables of ``parts`` with nothing in them."""
    roles = {name: header.get(name) for name in document.header if name in header or name not in OWN}
    values: dict[str, Any] = {document.header[name]: value for name, value in roles.items()}
    values.update(document.constants)
    # Where a configuration keeps in the rows what another keeps in the header, the rows get it.
    values[document.part] = [_row(document, {**_shared(document, header), **row}) for row in rows]
    for name, table in document.parts.items():
        told = [{wire: row[role] for role, wire in table.row.items() if role in row} for row in parts.get(name, ())]
        if told:
            values[table.part] = told
    return values


def _shared(document: DocumentMap, header: Mapping[str, Any]) -> dict[str, Any]:
    shape = SHAPES[document.name]
    return {role: header[role] for role in (*shape.header, *shape.group) if role in document.row and role in header}


def _row(document: DocumentMap, row: Mapping[str, Any]) -> dict[str, Any]:
    known = {wire: row[role] for role, wire in document.row.items() if row.get(role) is not None}
    return {**document.row_constants, **known}
