"""Two hostile sides that keep consumables, for laws 32 and 33: answers are lost, writes land late, processes die.

The book posts documents and has nothing but what posted documents say; the desk's stock changes by movements alone.
What really happened is asked from the two sides; the engine is never asked about itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from company import OPEN_GUARD, FragileStore
from hostile import Crash

from uchet.connectors.base import Capabilities, Description, FieldInfo, Page, Query, Raw, Receipt, Write
from uchet.errors import Blocked, Reject, Retry, Unknown
from uchet.mappings.model import ORGANIZATION, PERSON, PLACE, Kind, Side
from uchet.mappings.once import ITEM, MOVEMENT, STOCK, SUPPLY
from uchet.mappings.shapes import SHAPES
from uchet.mappings.system import DocumentMap, FieldMap, KindMap, Source, SystemMap
from uchet.sync.engine import Engine
from uchet.sync.pair import EngineSettings, FeedSettings, Pair
from uchet.sync.types import Run

PAIR = "shop"
MERGED = (ORGANIZATION, PERSON, PLACE)
KINDS: Mapping[Side, tuple[Kind, ...]] = {"book": (*MERGED, ITEM, STOCK, MOVEMENT), "desk": (*MERGED, SUPPLY, MOVEMENT)}
DOCUMENTS = ("consume", "issue_person", "stock_transfer", "write_off_stock")
WRITTEN = ("type", "supply", "quantity", "date", "document")
START = date(2026, 2, 1)
ORG, ANNA, SHELF, CELLAR = "o1", "p1", "w1", "w2"
ITEMS = ("toner", "paper")
#: How many of the books' units one of the desk's is.
FACTOR = {"toner": Decimal(1), "paper": Decimal(5)}
OPENING = Decimal(40)
#: Records in one page of a listing.
PAGE = 5
SIGN = {"receipt": 1, "return": 1, "correction": 1, "issue": -1, "write_off": -1, "transfer": -1, "expense": -1}


def system(side: Side) -> SystemMap:
    """A mapping in which wire names are our names."""
    kinds = {}
    for kind in KINDS[side]:
        fields = {}
        for f in kind.fields:
            codec = f"reference:{f.of}" if f.of else f.type
            writable = kind in MERGED or (side == "desk" and kind is MOVEMENT and f.name in WRITTEN)
            choices = {choice: choice for choice in f.choices}
            fields[f.name] = FieldMap(f.name, "main", f.name, codec, "field" if writable else "never", choices)
        source = Source("main", kind.name, ("id",), tuple(fields))
        create = {"origin": "book"} if kind is MOVEMENT else {}
        kinds[kind.name] = KindMap(kind.name, "plain", (source,), fields, create=create)
    documents = {name: _document(name) for name in DOCUMENTS} if side == "book" else {}
    return SystemMap("shop", side, kinds, documents, {}, {"wire": {}}, f"shop-{side}")


def _document(name: str) -> DocumentMap:
    shape = SHAPES[name]
    roles = dict.fromkeys(("date", "comment", "number", "posted", *shape.header, *shape.group))
    row = dict.fromkeys(shape.rows)
    return DocumentMap(name, name, {r: r for r in roles}, "rows", {r: r for r in row}, {}, {}, name, name)


@dataclass
class Doc:
    """A document of the books; ``tickets`` are those its comment named when it was written."""

    kind: str
    data: dict[str, Any]
    version: int
    posted: bool = False
    marked: bool = False
    tickets: tuple[str, ...] = ()


@dataclass
class Shop:
    """What a side shares: trouble, versions, delayed writes."""

    side: Side
    trouble: list[str] = field(default_factory=list)
    late: list[Callable[[], Any]] = field(default_factory=list)
    rows: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)
    clock: int = 0
    cut: set[str] = field(default_factory=set)
    writes: int = 0

    def tick(self) -> int:
        self.clock += 1
        return self.clock

    def land(self) -> None:
        """Writes whose sender gave up arrive now."""
        waiting, self.late = self.late, []
        for write in waiting:
            try:
                write()
            except (Reject, Blocked):
                continue

    def describe(self) -> Description:
        fields = {k.name: {n: FieldInfo("text") for n in ("id", "origin", *k.by_name)} for k in KINDS[self.side]}
        documents = system(self.side).documents.values()
        fields |= {d.collection: {wire: FieldInfo("text") for wire in d.header.values()} for d in documents}
        return Description(f"shop-{self.side}", "shop", fields)

    def read(self, query: Query, since: str | None = None) -> Iterator[Page]:
        found = list(self.listing(query.collection))
        if query.collection in self.cut:
            self.cut.discard(query.collection)
            yield Page(tuple(found[: len(found) // 2]), complete=False)
            return
        for start in range(0, max(len(found), 1), PAGE):
            yield Page(tuple(found[start : start + PAGE]), complete=start + PAGE >= len(found))

    def listing(self, collection: str) -> Iterator[Raw]:
        for id, data in self.rows.get(collection, {}).items():
            yield Raw(collection, id, str(data.get("version", 1)), {"id": id, **data})

    def get(self, collection: str, id: str) -> Raw | None:
        return next((raw for raw in self.listing(collection) if raw.id == id), None)

    def write(self, write: Write) -> Receipt:
        trouble = self.trouble.pop(0) if self.trouble else ""
        if trouble == "busy":
            raise Retry("busy", "The other side is busy.")
        if trouble == "refused":
            raise Reject("refused", "Refused.")
        if trouble == "crash-before":
            raise Crash
        if trouble in ("lost-late", "crash-late"):
            self.late.append(lambda: self.perform(write))
            if trouble == "crash-late":
                raise Crash
            raise Unknown("lost", "The answer was lost.")
        if trouble == "lost-before":
            raise Unknown("lost", "The answer was lost.")
        receipt = self.perform(write)
        self.writes += 1
        if trouble == "crash-after":
            raise Crash
        if trouble == "lost-after":
            raise Unknown("lost", "The answer was lost.")
        return receipt

    def perform(self, write: Write) -> Receipt:
        raise NotImplementedError

    def close(self) -> None:
        pass


@dataclass
class Book(Shop):
    """The books. ``docs`` by key: ours carry the key we chose, others have one of their own."""

    docs: dict[str, Doc] = field(default_factory=dict)
    until: date | None = None
    capabilities = Capabilities(versions=True, create="own_key", retire="mark")

    def closed_until(self, organization: str | None) -> date | None:
        return self.until

    def find(self, collection: str, marker: str) -> Raw | None:
        return self._raw(marker) if marker in self.docs and self.docs[marker].kind == collection else None

    def get(self, collection: str, id: str) -> Raw | None:
        if collection in DOCUMENTS:
            return self._raw(id) if id in self.docs else None
        return super().get(collection, id)

    def _raw(self, id: str) -> Raw:
        doc = self.docs[id]
        data = {**doc.data, "id": id, "posted": doc.posted, "number": f"N{id[:4]}"}
        return Raw(doc.kind, id, str(doc.version), data, retired=doc.marked)

    def perform(self, write: Write) -> Receipt:
        assert write.id is None, "the books' documents are never changed"
        key = write.key or ""
        if key in self.docs:
            return Receipt(self._raw(key))
        day = str(write.values["date"])[:10]
        if self.until is not None and date.fromisoformat(day) <= self.until:
            raise Blocked("closed_period", "The period is closed.")
        comment = str(write.values["comment"])
        tickets = tuple(word.strip(",;") for word in comment.split() if word.startswith("T"))
        self.docs[key] = Doc(write.collection, dict(write.values), self.tick(), tickets=tickets)
        return Receipt(self._raw(key), created=True)

    def effects(self, id: str) -> dict[tuple[str, str], Decimal]:
        """(item, place) → what the document does when it is posted."""
        doc = self.docs[id]
        found: dict[tuple[str, str], Decimal] = {}
        for row in doc.data["rows"]:
            ends = [(doc.data.get("place"), -1)]
            if doc.kind == "stock_transfer":
                ends = [(doc.data["from_place"], -1), (doc.data["to_place"], 1)]
            elif doc.kind == "receipt":
                ends = [(doc.data["place"], 1)]
            for place, sign in ends:
                spot = (row["item"], str(place))
                found[spot] = found.get(spot, Decimal(0)) + sign * Decimal(row["quantity"])
        return found

    def posted(self) -> dict[str, dict[tuple[str, str], Decimal]]:
        return {id: self.effects(id) for id, doc in self.docs.items() if doc.posted and not doc.marked}

    def stock(self) -> dict[tuple[str, str], Decimal]:
        """What the books have."""
        held = {(item, place): OPENING * FACTOR[item] for item in ITEMS for place in (SHELF, CELLAR)}
        for effect in self.posted().values():
            for spot, quantity in effect.items():
                held[spot] += quantity
        return held

    def listing(self, collection: str) -> Iterator[Raw]:
        if collection == "stock":
            for (item, place), quantity in self.stock().items():
                data = {"item": item, "place": place, "organization": ORG, "quantity": quantity}
                yield Raw("stock", f"{item}|{place}", None, data)
        elif collection == "movement":
            for id in self.posted():
                yield from self._entries(id)
        else:
            yield from super().listing(collection)

    def _entries(self, id: str) -> Iterator[Raw]:
        doc = self.docs[id]
        for n, ((item, place), quantity) in enumerate(sorted(self.effects(id).items())):
            names = ("to_item", "to_place", "to_quantity") if quantity > 0 else ("item", "place", "quantity")
            data = {"document": id, "date": str(doc.data["date"])[:10], "organization": ORG}
            data |= dict(zip(names, (item, place, abs(quantity)), strict=True))
            if quantity:
                yield Raw("movement", f"{id}|{n}", None, data)


@dataclass
class Desk(Shop):
    """The desk: a movement changes the stock of its card as it is recorded, twice never."""

    capabilities = Capabilities(versions=True, create="marker_field", movements=True)

    def find(self, collection: str, marker: str) -> Raw | None:
        found = [id for id, row in self.rows[collection].items() if row.get("key") == marker]
        return self.get(collection, found[0]) if found else None

    def perform(self, write: Write) -> Receipt:
        known = self.find(write.collection, write.marker or "")
        if known is not None:
            return Receipt(known)
        if write.collection != "movement":
            raise Reject("unwanted", "Only movements are written here.")
        id = self.record({**write.values, "key": write.marker})
        raw = self.get("movement", id)
        assert raw is not None
        return Receipt(raw, created=True)

    def record(self, data: Mapping[str, Any]) -> str:
        id = str(self.tick())
        self.rows["movement"][id] = {"origin": None, **data, "version": 1}
        amount = Decimal(data["quantity"])
        self._add(data["supply"], SIGN[data["type"]] * amount)
        if data.get("to_supply"):
            self._add(data["to_supply"], amount)
        return id

    def _add(self, card: str, amount: Decimal) -> None:
        self.rows["supply"][card]["quantity"] += amount


class Firm:
    """The company: its two sides, its people, and nights."""

    def __init__(self, group: str = "day", size: int = 2000) -> None:
        self.book, self.desk = Book("book"), Desk("desk")
        for side in (self.book, self.desk):
            side.rows = {k.name: {} for k in KINDS[side.side]}
            side.rows["organization"] = {ORG: {"name": "Роза", "inn": "7701"}}
            side.rows["person"] = {
                ANNA: {"name": "Андреева Анна Антоновна", "number": "1", "organization": ORG, "active": True}
            }
            side.rows["place"] = {SHELF: {"name": "Полка", "code": "1"}, CELLAR: {"name": "Подвал", "code": "2"}}
        self.book.rows["item"] = {item: {"name": item, "code": item, "unit": "шт"} for item in ITEMS}
        self.desk.rows["supply"] = {
            f"{item}-{place}": {
                "name": item,
                "code": item,
                "unit": "шт" if FACTOR[item] == 1 else "упак",
                "factor": None if FACTOR[item] == 1 else FACTOR[item],
                "organization": ORG,
                "place": place,
                "quantity": OPENING,
            }
            for item in ITEMS
            for place in (SHELF, CELLAR)
        }
        self.now = datetime(2026, 2, 10, 1, tzinfo=UTC)
        self.store = FragileStore.open(":memory:", clock=lambda: self.now)
        feed = FeedSettings(START, group=group, slice=size)  # type: ignore[arg-type]
        self.settings = EngineSettings(guard=OPEN_GUARD, kinds=tuple(k.name for k in MERGED), feed=feed)
        self.tickets = 0
        self.events: dict[str, tuple[str, str, Decimal, str]] = {}
        #: Tickets whose refused draft a person wanted anew.
        self.again: set[str] = set()
        run = self.engine().run()
        assert run.plan
        self.store.approve(run.plan, by="person")
        self.engine().apply(run.plan)

    def engine(self) -> Engine:
        pair = Pair(PAIR, self.book, self.desk, system("book"), system("desk"), MERGED)
        return Engine(pair, self.store, self.settings, clock=self.clock, sleep=lambda seconds: None)

    def clock(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now

    @property
    def today(self) -> date:
        return self.now.date()

    def night(self) -> Run:
        self.now += timedelta(hours=1)
        return self.engine().run()

    def crash(self) -> bool:
        """One run that may be killed; true if it was."""
        try:
            self.night()
        except Crash:
            return True
        finally:
            self.store.revive()
            self.now += timedelta(hours=1)  # its lock expires
        return False

    # -- people -------------------------------------------------------------------------------------------------------

    def record(self, kind: str, card: str, quantity: Decimal, day: date | None = None, **more: Any) -> str:
        """A specialist records a movement; its ticket."""
        self.tickets += 1
        ticket = f"T{self.tickets}"
        data = {"type": kind, "supply": card, "quantity": quantity, "date": f"{day or self.today}", "ticket": ticket}
        unit = self.desk.rows["supply"][card]["unit"]
        id = self.desk.record({**data, "unit": unit, "recorded": f"{self.now:%Y-%m-%dT%H:%M:%S}", **more})
        self.events[ticket] = (kind, card, quantity, str(more.get("to_supply") or ""))
        return id

    def receive(self, item: str, place: str, quantity: Decimal, day: date | None = None) -> str:
        """The accountant posts a receipt."""
        id = f"receipt-{len(self.book.docs)}"
        rows = [{"item": item, "quantity": quantity}]
        data = {"date": f"{day or self.today}", "place": place, "rows": rows, "organization": ORG}
        self.book.docs[id] = Doc("receipt", data, self.book.tick(), posted=True)
        return id

    def touch(self, id: str) -> Doc:
        doc = self.book.docs[id]
        doc.version = self.book.tick()
        return doc

    def ours(self) -> list[str]:
        """Our drafts that are still in the books, oldest first."""
        return [id for id, doc in self.book.docs.items() if doc.kind != "receipt"]

    def effects(self, ticket: str) -> list[tuple[str, Decimal]]:
        """(card, signed quantity) of a recorded movement."""
        kind, card, quantity, to = self.events[ticket]
        return [(card, SIGN[kind] * quantity), *([(to, quantity)] if to else [])]

    def spot(self, card: str) -> tuple[str, str]:
        row = self.desk.rows["supply"][card]
        return row["code"], row["place"]
