"""Two sides that are only read: rows by kind and whole documents, wire names being our names. For what a form reads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

from shop import Shop

from uchet.connectors.base import Capabilities, Description, FieldInfo, Page, Query, Raw
from uchet.errors import Blocked
from uchet.jobs.wiring import Wired
from uchet.mappings.model import KINDS as MERGED
from uchet.mappings.model import Side
from uchet.mappings.once import DEPRECIATION, ITEM, MOVEMENT, REQUEST, STOCK, SUPPLY
from uchet.mappings.system import DocumentMap, FieldMap, KindMap, Source, SystemMap
from uchet.settings import ReserveRule
from uchet.sync.engine import Engine
from uchet.sync.pair import EngineSettings, Pair
from uchet.sync.store import Store

PAIR = "main"
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
_PLAIN = tuple(k for k in MERGED if k.name in ("organization", "department", "person", "place", "equipment"))
KINDS = {"book": (*_PLAIN, ITEM, STOCK, MOVEMENT, DEPRECIATION, REQUEST), "desk": (*_PLAIN, SUPPLY, MOVEMENT)}
HEAD = ("date", "number", "posted", "comment", "organization", "place", "supplier", "order", "with_vat", "in_number")
MORE = ("in_date", "person", "department")
ROW = ("item", "quantity", "price", "amount", "vat", "person", "asset")


def document(name: str, collection: str, part: str, title: str, **constants: Any) -> DocumentMap:
    return DocumentMap(
        name, collection, {r: r for r in (*HEAD, *MORE)}, part, {r: r for r in ROW}, constants, {}, title, title
    )


DOCUMENTS = (
    document("issue_person", "demand", "rows", "Расход материалов (передача сотруднику)", kind="person"),
    document("consume", "demand", "rows", "Расход материалов", kind="use"),
    document("invoice", "invoice", "rows", "Счёт от поставщика"),
    document("receipt", "receipt", "goods", "Поступление: товары"),
    document("receipt_equipment", "receipt", "equipment", "Поступление: оборудование"),
    document("receipt_services", "receipt", "services", "Поступление: услуги и права"),
    document("write_off_asset", "write_off", "rows", "Списание ОС"),
)
OPTIONS: Mapping[str, Any] = {
    "wire": {},
    "id": "id",
    "number": "number",
    "labels": {"supplier": {"collection": "supplier", "key_field": "id", "field": "name"}},
}


def system(side: Side, without: tuple[str, ...] = ()) -> SystemMap:
    """A mapping in which wire names are our names; ``without`` kinds that this configuration has not got."""
    kinds = {}
    for kind in KINDS[side]:
        if kind.name in without:
            continue
        fields = {
            f.name: FieldMap(
                f.name, "main", f.name, f"reference:{f.of}" if f.of else f.type, "never", {c: c for c in f.choices}
            )
            for f in kind.fields
        }
        options = {"document": "invoice"} if kind.name == "request" else {}
        kinds[kind.name] = KindMap(
            kind.name, "plain", (Source("main", kind.name, ("id",), tuple(fields)),), fields, options=options
        )
    documents = {one.name: one for one in DOCUMENTS} if side == "book" else {}
    return SystemMap("counter", side, kinds, documents, {}, OPTIONS, f"counter-{side}")


@dataclass
class Counter(Shop):
    """``rows``: collection → id → wire values. ``stopped``: collections that answer with an error. ``days``: collection
    → day (ISO) of a question → rows instead."""

    stopped: set[str] = field(default_factory=set)
    capabilities = Capabilities(versions=True, many_ids=2)

    def put(self, collection: str, id: str, **values: Any) -> str:
        self.rows.setdefault(collection, {})[id] = values
        return id

    def describe(self) -> Description:
        fields = {k.name: {n: FieldInfo("text") for n in ("id", *k.by_name)} for k in KINDS[self.side]}
        fields |= {d.collection: {w: FieldInfo("text") for w in (*d.header.values(), d.part)} for d in DOCUMENTS}
        return Description("counter", "1", fields)

    def read(self, query: Query, since: str | None = None) -> Iterator[Page]:
        if query.collection in self.stopped:
            raise Blocked("not_allowed", "Not allowed.")
        found = [raw for raw in self.listing(query.collection) if _fits(raw, query)]
        yield Page(tuple(found), complete=True)

    def listing(self, collection: str) -> Iterator[Raw]:
        for id, data in self.rows.get(collection, {}).items():
            yield Raw(collection, id, "1", {"id": id, **data}, retired=bool(data.get("marked")))


def _fits(raw: Raw, query: Query) -> bool:
    for name, value in query.where.items():
        wanted = value if isinstance(value, tuple) else (value,)
        if raw.data.get(name) not in wanted:
            return False
    return True


def wire(book: Counter, desk: Counter, store: Store, *without: str) -> Wired:
    """Everything a job works with, on these two sides."""
    pair = Pair(PAIR, book, desk, system("book", without), system("desk"), _PLAIN)
    settings: Any = SimpleNamespace(reserve=ReserveRule())
    engine = Engine(pair, store, EngineSettings(kinds=tuple(k.name for k in _PLAIN)), clock=lambda: NOW)
    return Wired(settings, store, pair, engine)
