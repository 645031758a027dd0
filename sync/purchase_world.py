"""Purchase requests and what they are judged by, as both sides hold it now: read, joined, turned into values."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from ..mappings.text import fold
from ..purchase_rules import RequestRules
from .allocations import Allocation
from .approvals import Approval, Who
from .filling import Around
from .purchase import Line, Request
from .purchase_books import BookLine, Good, Spread
from .purchase_rows import ALLOCATION, Rows, id_of, of_type, open_of, parts_of, texts_of
from .purchase_stock import stock_of
from .types import Listing, Record, Side
from .world import World

__all__ = ["DESK_KINDS", "Bought", "Order", "Purchases", "gather", "marked"]

#: What is read of the desk; without all of it nothing is decided that night.
DESK_KINDS = ("request", "request_line", "approval", ALLOCATION, "warranty")
Label = Callable[[str, str], str | None]
Buy = Callable[[Mapping[str, Request], Mapping[str, tuple["Order", ...]]], "Bought"]


@dataclass(frozen=True, slots=True)
class Order:
    """An order or invoice of the books for a request, by the mark in its comment. One that is not posted is a draft:
    nothing is ordered by it yet."""

    id: str
    number: str
    day: date | None
    state: str
    delivery: str
    posted: bool = True


@dataclass(frozen=True)
class Bought:
    """What the books say of the orders of open requests: every row of theirs and of their receipts. ``goods``: line →
    the item it asks for; ``units``: item → its unit, as far as items were read. ``whole``: nothing of it is missing."""

    rows: tuple[BookLine, ...] = ()
    goods: Mapping[str, Good] = field(default_factory=dict)
    whole: bool = False
    units: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Purchases:
    """Everything by the desk's request id. ``records``: the desk's own rows, for what is written back."""

    requests: Mapping[str, Request]
    records: Mapping[str, Record]
    lines: Mapping[str, Record]
    approvals: Mapping[str, tuple[Approval, ...]]
    allocations: Mapping[str, tuple[Allocation, ...]]
    orders: Mapping[str, tuple[Order, ...]]
    around: Around
    who: Mapping[str, Who] = field(default_factory=dict)
    #: Whether the books' orders were read: else there may be some.
    books: bool = True
    #: Rows of the books given to lines, and what stands on the desk of them already, by the key of its creation.
    spread: Spread = field(default_factory=Spread)
    written: Mapping[str, Record] = field(default_factory=dict)
    goods: Mapping[str, Good] = field(default_factory=dict)
    #: Whether rows of the books that are no longer there are gone for sure.
    whole: bool = False


def gather(
    world: World,
    listings: Mapping[tuple[str, Side], Listing],
    labels: Mapping[Side, Label],
    rules: RequestRules,
    given: list[Approval],
    buy: Buy = lambda requests, orders: Bought(),
) -> Purchases:
    """``listings``: what was read for this beside the world's own; ``given``: approvals of uchet itself; ``buy``: reads
    what the books say of the orders of requests."""
    desk = {kind: listings[kind, "desk"].records for kind in DESK_KINDS}
    alive = {id: record for id, record in desk["request"].items() if not record.retired}
    lines = {id: r for id, r in desk["request_line"].items() if not r.retired and id_of(r, "request") in alive}
    requests = {
        id: _request(record, [r for r in lines.values() if id_of(r, "request") == id]) for id, record in alive.items()
    }
    people = {} if (found := world.listing("person", "desk")) is None else found.records
    names = _names(world, labels["desk"], lines)
    orders = _orders(listings.get(("request", "book")), alive, rules)
    bought = buy(requests, orders)
    rows = Rows.of(desk[ALLOCATION], lines)
    documents = {id: {one.id for one in found} for id, found in orders.items()}
    said, whole = (bought.rows, bought.goods), listings[ALLOCATION, "desk"].complete
    parts = parts_of(world, requests, documents, said, names, rows, whole=whole)
    allocations = rows.together(requests, parts if bought.whole else None)
    around = Around(
        world.today.date(),
        rules,
        _alive(world, "department"),
        frozenset(id for id, r in people.items() if not r.retired and r.values.get("active") is not False),
        _holders(world),
        {id: until for id, r in desk["warranty"].items() if isinstance(until := r.values.get("until"), date)},
        stock_of(world, listings.get(("stock", "book")), labels["book"], bought.units, bought.goods),
        open_of(world.drafts, requests.values(), allocations, bought.goods, names),
        tuple(requests.values()),
        names,
        world.settings.licences.allowed,
    )
    called = {id: frozenset(texts_of(r, "name", "number").values()) - {""} for id, r in people.items()}
    return Purchases(
        requests,
        alive,
        lines,
        _approvals(desk["approval"], given, alive),
        allocations,
        orders,
        around,
        {
            id: Who(called, names.get(f"place:{r.branch}", ""), names.get(f"department:{r.department}", ""))
            for id, r in requests.items()
        },
        ("request", "book") in listings,
        parts,
        rows.ours,
        bought.goods,
        bought.whole,
    )


# -- records → values --------------------------------------------------------------------------------------------------


def _request(record: Record, lines: list[Record]) -> Request:
    refs = {n: id_of(record, n) for n in ("organization", "branch", "department", "initiator", "beneficiary", "asset")}
    texts = texts_of(record, "title", "workplace", "reason", "article", "contact", "offer")
    return Request(
        record.id,
        state=str(record.values.get("step") or "draft"),
        needed_by=of_type(record.values.get("needed_by"), date),
        submitted=of_type(record.values.get("submitted"), date),
        lines=tuple(_line(one) for one in sorted(lines, key=lambda r: (len(r.id), r.id))),
        **refs,
        **texts,
    )


def _line(record: Record) -> Line:
    texts = texts_of(record, "category", "unit", "vat", "term", "platform", "security_mark")
    return Line(
        record.id,
        item=id_of(record, "item"),
        text=str(record.values.get("name") or ""),
        quantity=of_type(record.values.get("quantity"), Decimal),
        price=of_type(record.values.get("price"), Decimal),
        price_date=of_type(record.values.get("price_date"), date),
        place=id_of(record, "place"),
        asset=id_of(record, "asset"),
        seats=of_type(record.values.get("seats"), Decimal),
        cancelled=of_type(record.values.get("cancelled"), Decimal) or Decimal(0),
        **texts,
    )


def _approvals(
    rows: Mapping[str, Record], given: list[Approval], known: Mapping[str, Record]
) -> dict[str, tuple[Approval, ...]]:
    found: dict[str, list[Approval]] = {}
    for row in rows.values():
        day, decision = row.values.get("date"), row.values.get("decision")
        if row.retired or not isinstance(day, date) or decision not in ("approved", "rejected"):
            continue
        texts = texts_of(row, "role", "version", "comment")
        number = int(row.id) if row.id.isdigit() else 0
        told = (id_of(row, "request"), texts["role"], id_of(row, "person"), decision, day, texts["version"])
        one = Approval(*told, texts["comment"], "desk", number)  # type: ignore[arg-type]  # a decision was checked
        found.setdefault(one.request, []).append(one)
    for one in given:
        found.setdefault(one.request, []).append(one)
    return {id: tuple(rows) for id, rows in found.items() if id in known}


# -- what stands around ------------------------------------------------------------------------------------------------


def _alive(world: World, kind: str) -> frozenset[str]:
    listing = world.listing(kind, "desk")
    return frozenset(id for id, r in listing.records.items() if not r.retired) if listing else frozenset()


def _holders(world: World) -> dict[str, frozenset[str]]:
    """Asset → its custodian; the user is kept as a text and proves nobody."""
    listing = world.listing("equipment", "desk")
    rows = listing.records.items() if listing else ()
    return {id: frozenset({id_of(r, "custodian")} - {""}) for id, r in rows}


def _names(world: World, label: Label, lines: Mapping[str, Record]) -> dict[str, str]:
    """``kind:id`` → name of the people, departments, places, things and items that requests refer to."""
    found: dict[str, str] = {}
    for kind, field_ in (
        ("department", "name"),
        ("place", "name"),
        ("equipment", "inventory_number"),
        ("person", "name"),
    ):
        listing = world.listing(kind, "desk")
        for id, record in (listing.records if listing else {}).items():
            if shown := record.values.get(field_):
                found[f"{kind}:{id}"] = str(shown)
    for record in lines.values():
        if (item := id_of(record, "item")) and (name := label("item", item)):
            found[f"item:{item}"] = name
    return found


def _orders(listing: Listing | None, known: Mapping[str, Record], rules: RequestRules) -> dict[str, tuple[Order, ...]]:
    """Documents by the request numbers that their comments name; one document may name several requests."""
    found: dict[str, list[Order]] = {}
    for id, record in sorted(listing.records.items()) if listing else ():
        if record.retired or record.values.get("state") == "cancelled":
            continue
        texts = texts_of(record, "number", "state", "delivery")
        day, posted = of_type(record.values.get("date"), date), record.values.get("posted") is not False
        order = Order(id, texts["number"].strip(), day, texts["state"], texts["delivery"], posted)
        for number in marked(str(record.values.get("comment") or ""), rules):
            if number in known:
                found.setdefault(number, []).append(order)
    return {id: tuple(orders) for id, orders in found.items()}


def marked(comment: str, rules: RequestRules) -> tuple[str, ...]:
    """The numbers of the requests that a comment names, by the mark that settings agree on."""
    before, after = fold(rules.mark).split("{number}")
    sought = re.compile(rf"(?<!\w){re.escape(before.strip())}\s*(\d+)(?!\d){re.escape(after)}")
    return tuple(dict.fromkeys(sought.findall(fold(comment))))
