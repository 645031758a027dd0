"""The night's work on purchase requests and licences: what must be read beside the merge's own kinds, and what follows.

It comes after the merge, under the same lock, guard and journal. A desk that keeps no requests costs nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

from ..connectors.base import Raw
from ..errors import UchetError
from ..mappings.model import Ref
from ..mappings.shapes import RECEIPTS
from ..mappings.text import fold
from .deadlines import KIND as BUDGET
from .deadlines import questions as of_budgets
from .documents import documents
from .ids import plan_id
from .intake import PASSING
from .licences import BookObject, Installation, Licence, questions
from .pair import Pair
from .purchase import Request
from .purchase_books import BookLine, goods_of, lines_of
from .purchase_orders import allocation_writes, order_drafts
from .purchase_rows import id_of
from .purchase_world import DESK_KINDS, Bought, Order, Purchases, gather
from .purchasing import Reviews, outcome
from .refusals import refusal
from .requests import OPEN, Memory
from .sight import Sight
from .store import Store
from .types import Covers, Issue, Listing, Plan, Record, Side
from .world import World

__all__ = [
    "Asides",
    "LicenceWorld",
    "licences_of",
    "look_aside",
    "read_licences",
    "read_purchases",
    "remember_requests",
]

_LICENCES = ("licence", "installation")


@dataclass(slots=True)
class Reading:
    """Loads kinds beside the merge; knows which were read whole and what went wrong."""

    sight: Sight
    listings: dict[tuple[str, Side], Listing] = field(default_factory=dict)
    whole: dict[str, bool] = field(default_factory=dict)
    issues: list[Issue] = field(default_factory=list)

    def keeps(self, pair: Pair, side: Side, kinds: Iterable[str]) -> bool:
        """Whether that side keeps all of ``kinds``: an older desk of ours has no requests."""
        published, mapped = self.sight.contact.descriptions[side].collections, pair.mapping(side).kinds
        return all(kind in mapped and mapped[kind].main.collection in published for kind in kinds)

    def load(self, side: Side, *kinds: str) -> bool:
        """Read ``kinds``; whether all of them are there now (whole or cut)."""
        intake = self.sight.intakes[side]
        for kind in kinds:
            before = len(intake.issues)
            listing = intake.load(kind)
            self.issues += intake.issues[before:]
            # Neither there nor failed: this base has no such thing, and nothing of it is left to ask.
            whole = listing.complete if listing is not None else len(intake.issues) == before
            self.whole[kind] = self.whole.get(kind, True) and whole
            if listing is not None:
                self.listings[kind, side] = listing
        return all((kind, side) in self.listings for kind in kinds)

    def both(self, pair: Pair, desk: str, book: str) -> tuple[Listing | None, Listing | None]:
        """A kind of the desk and one of the books, as the feed read them tonight or read now."""
        feed = self.sight.world.feed
        if feed is not None and (desk, book) == ("supply", "item"):
            return feed.supplies, feed.items
        known = self.keeps(pair, "desk", [desk]) and book in pair.book_map.kinds
        if not known or not (self.load("desk", desk) and self.load("book", book)):
            return None, None
        return self.listings[desk, "desk"], self.listings[book, "book"]

    def whole_of(self, pair: Pair, collection: str, name: str, ids: list[str]) -> Iterator[Raw]:
        """Whole documents of the books whose field ``name`` is one of ``ids``; a set that is not published has none."""
        if collection not in self.sight.contact.descriptions["book"].collections:
            return
        yield from documents(pair.book, collection, name, ids)

    def failed(self, side: Side, kind: str, error: UchetError) -> None:
        """A source that could not be read leaves the questions of its kind as they are."""
        self.whole[kind] = False
        params = {"kind": kind, "side": side, "why": error.text("en"), "why_ru": error.text("ru")}
        self.issues.append(Issue(f"source:{side}:{kind}:rows", "source_failed", kind, params=params))


@dataclass(frozen=True)
class Asides:
    """What the night makes of requests and licences."""

    plan: Plan
    reviews: Reviews


def look_aside(pair: Pair, store: Store, sight: Sight) -> Asides | None:
    """Read and decide; writes nothing. ``None`` where the desk keeps neither requests nor licences."""
    reading = Reading(sight)
    settings, world = sight.world.settings, sight.world
    known = read_purchases(pair, store, reading)
    licences = read_licences(pair, reading)
    if known is None and licences is None and not reading.issues:
        return None
    reviews = Reviews((), (), {}, {})
    if known is not None:
        reviews = outcome(known, store.requests(pair.name), world.choice, settings.language)
        for more in (allocation_writes(world, known, reviews.reviewed), order_drafts(world, known, reviews.reviewed)):
            operations, issues = (*reviews.operations, *more.operations), (*reviews.issues, *more.issues)
            reviews = replace(reviews, operations=operations, issues=issues)
        reviews = _accepted(world, reviews)
    asked = [*reading.issues, *reviews.issues]
    if known is not None:
        asked += _budgets(world)
        reading.whole[BUDGET] = True
    if licences is not None:
        rows = (licences.licences, licences.installed, licences.books)
        asked += questions(*rows, settings.licences, world.today.date())
    return Asides(_plan(pair, reviews, asked, reading), reviews)


def _budgets(world: World) -> list[Issue]:
    settings, today = world.settings, world.today.date()
    if settings.budget is None:
        return []
    return of_budgets(settings.budget, settings.workdays, settings.requests.approvers, today, world.choice)


def _accepted(world: World, reviews: Reviews) -> Reviews:
    """What the other side refused is a question and not tried again."""
    told = tuple(refusal(op, world.refused[op.id]) for op in reviews.operations if op.id in world.refused)
    fit = tuple(op for op in reviews.operations if op.id not in world.refused)
    return replace(reviews, operations=fit, issues=(*reviews.issues, *told))


def _plan(pair: Pair, reviews: Reviews, asked: list[Issue], reading: Reading) -> Plan:
    issues = tuple(sorted({issue.key: issue for issue in asked}.values(), key=lambda issue: issue.key))
    id = plan_id(reviews.operations, issues, pair.fingerprint)
    read = {f"{side}|{kind}": listing.read for (kind, side), listing in reading.listings.items()}
    whole = {f"{side}|{kind}": listing.complete for (kind, side), listing in reading.listings.items()}
    covers = Covers(frozenset(kind for kind, whole in reading.whole.items() if whole))
    return Plan(id, pair.name, reviews.operations, issues, read, whole, pair.fingerprint, covers=covers)


def remember_requests(store: Store, pair: str, run: str, asides: Asides) -> None:
    """Keep where requests stand now, save those whose write was not done: the next night decides them anew."""
    states = {row.operation.id: row.state for row in store.operations(pair, kind="request", run=run)}
    failed = {op.desk for op in asides.reviews.operations if op.kind == "request" and states.get(op.id) != "done"}
    kept: dict[str, Memory] = {id: one for id, one in asides.reviews.memories.items() if id not in failed}
    if kept:
        store.put_requests(pair, kept, asides.reviews.steps, run)


# -- requests ----------------------------------------------------------------------------------------------------------


def read_purchases(pair: Pair, store: Store, reading: Reading) -> Purchases | None:
    """Requests with all that they are judged by; of the books what open ones need. ``None``: not kept, or unread."""
    if not reading.keeps(pair, "desk", DESK_KINDS) or not reading.load("desk", "request"):
        return None
    # A desk without a single request costs one read.
    rest = [kind for kind in DESK_KINDS if kind != "request"]
    if not reading.listings["request", "desk"].records:
        reading.listings.update({(kind, "desk"): Listing(kind, "desk", {}, complete=True) for kind in rest})
    elif not reading.load("desk", *rest):
        return None
    sight = reading.sight
    rows = reading.listings["request", "desk"].records.values()
    books = any(row.values.get("step") in OPEN for row in rows if not row.retired)
    for kind in ("request", "stock") if books else ():
        if kind in pair.book_map.kinds:
            reading.load("book", kind)
    labels = {side: intake.label for side, intake in sight.intakes.items()}
    given = store.approvals(pair.name)

    def buy(requests: Mapping[str, Request], orders: Mapping[str, tuple[Order, ...]]) -> Bought:
        return read_bought(pair, reading, requests, orders) if books else Bought()

    return gather(sight.world, reading.listings, labels, sight.world.settings.requests, given, buy)


def read_bought(
    pair: Pair, reading: Reading, requests: Mapping[str, Request], orders: Mapping[str, tuple[Order, ...]]
) -> Bought:
    """The rows of the orders of open requests and of their receipts, and the items that the requests' lines ask for."""
    alive = [one for one in requests.values() if one.state in OPEN]
    lines = [line for one in alive for line in one.lines]
    supplies = items = None
    label = reading.sight.intakes["book"].label
    stocked = _stocked(reading.listings.get(("stock", "book")), label)
    if reading.sight.world.feed is not None or any(line.item or fold(line.text) in stocked for line in lines):
        supplies, items = reading.both(pair, "supply", "item")
    goods = goods_of(lines, supplies, items)
    units = {id: str(unit) for id, r in items.records.items() if (unit := r.values.get("unit"))} if items else {}
    mapped = pair.book_map.documents
    mine = str(pair.book_map.kinds["request"].options.get("document", "")) if "request" in pair.book_map.kinds else ""
    if ("request", "book") not in reading.listings or mine not in mapped:
        return Bought(goods=goods, units=units)
    ids = sorted({order.id for one in alive for order in orders.get(one.id, ())})
    key = str(pair.book_map.options.get("id", ""))
    found: list[BookLine] = []
    try:
        for raw in reading.whole_of(pair, mapped[mine].collection, key, ids):
            found += lines_of(mapped[mine], raw, "order", label)
        receipts = [mapped[name] for name in RECEIPTS if name in mapped]
        for place in dict.fromkeys((one.collection, one.header["order"]) for one in receipts):
            for raw in reading.whole_of(pair, *place, ids):
                for document in receipts:
                    found += lines_of(document, raw, "receipt", label) if document.collection == place[0] else []
    except PASSING as error:
        reading.failed("book", "request", error)
        return Bought(goods=goods, units=units)
    rows = tuple(replace(row, unit=units.get(row.item, "")) for row in found)
    return Bought(rows, goods, reading.listings["request", "book"].complete, units)


def _stocked(stock: Listing | None, label: Callable[[str, str], str | None]) -> frozenset[str]:
    """What the items in the books' warehouses are called."""
    ids = {id_of(record, "item") for record in stock.records.values()} if stock else set()
    return frozenset(fold(name) for id in ids if id and (name := label("item", id)))


# -- licences ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LicenceWorld:
    """Licences and installations of the desk; the books' objects, ``None`` where they were not read."""

    licences: tuple[Licence, ...]
    installed: tuple[Installation, ...]
    books: tuple[BookObject, ...] | None


def read_licences(pair: Pair, reading: Reading) -> LicenceWorld | None:
    """``None`` where the desk keeps none, or could not be read."""
    if not reading.keeps(pair, "desk", _LICENCES) or not reading.load("desk", *_LICENCES):
        return None
    rows = [reading.listings[kind, "desk"].records.values() for kind in _LICENCES]
    if not any(rows):
        return None
    books = None
    if "licence" in pair.book_map.kinds and reading.load("book", "licence"):
        books = reading.listings["licence", "book"]
    return licences_of(rows[0], rows[1], books)


def licences_of(licences: Iterable[Record], installed: Iterable[Record], books: Listing | None) -> LicenceWorld:
    """Records as values; what left service on the desk is left out."""
    return LicenceWorld(
        tuple(_licence(row) for row in licences if not row.retired),
        tuple(_installation(row) for row in installed if not row.retired),
        tuple(_object(row) for row in books.records.values()) if books else None,
    )


def _text(row: Record, name: str) -> str:
    return str(row.values.get(name) or "")


def _licence(row: Record) -> Licence:
    seats, expires = row.values.get("seats"), row.values.get("expires")
    return Licence(
        row.id,
        _text(row, "name"),
        seats if isinstance(seats, Decimal) else None,
        expires if isinstance(expires, date) else None,
        _text(row, "book_object"),
    )


def _installation(row: Record) -> Installation:
    licence, asset = row.values.get("licence"), row.values.get("asset")
    ids = [value.id if isinstance(value, Ref) else "" for value in (licence, asset)]
    return Installation(row.id, _text(row, "name"), *ids)


def _object(row: Record) -> BookObject:
    cost = row.values.get("cost")
    return BookObject(row.id, _text(row, "name"), cost if isinstance(cost, Decimal) else None)
