"""A company that never was, as a reconciliation sees it: both sides, a count, and every difference that was planted.

Seeded: the same arguments give the same company and the same truth. What is not planted agrees, so every difference
found beside the truth is a false one. ``spoil`` makes the desk's numbers as people do; who is whose twin stays known.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from uchet.mappings.keys import serial_key
from uchet.mappings.model import Ref, Side, Value
from uchet.mappings.once import ALL_KINDS
from uchet.sync.reconcile.counted import Counted, Find
from uchet.sync.reconcile.look import Look
from uchet.sync.reconcile.scope import Scope
from uchet.sync.reconcile.types import Allotment, Coming, Difference, Group, ReconcileRules, Snapshot, Source
from uchet.sync.types import Link, Listing, Record

TODAY = date(2026, 3, 2)
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
MODELS = ("OptiPlex 3090", "ThinkPad T14", "LaserJet M404dn", "P2419H", "Catalyst 2960X", "Smart-UPS 1500")
NOUNS = ("Системный блок", "Ноутбук", "Принтер", "Монитор", "Коммутатор", "ИБП")
KINDS = {kind.name: kind for kind in ALL_KINDS}
ORGS, DEPARTMENTS, PEOPLE = ("o1", "o2"), 3, 6
#: What was planted: class, and the ids of both records ("" where a side has none).
Truth = tuple[str, str, str]


@dataclass
class Company:
    """Both sides under construction. ``twins``: book id → desk id of everything that is one thing."""

    rng: random.Random
    rows: dict[tuple[str, Side], dict[str, Record]] = field(default_factory=dict)
    links: list[Link] = field(default_factory=list)
    truth: set[Truth] = field(default_factory=set)
    twins: dict[str, str] = field(default_factory=dict)
    allotments: list[Allotment] = field(default_factory=list)
    groups: list[Group] = field(default_factory=list)
    coming: list[Coming] = field(default_factory=list)
    waiting: dict[str, Decimal] = field(default_factory=dict)
    finds: dict[str, dict[str, Find]] = field(default_factory=lambda: {"book": {}, "desk": {}, "stock": {}})
    unknown: list[Find] = field(default_factory=list)
    number: int = 0

    # -- building blocks --------------------------------------------------------------------------------------------

    def put(self, kind: str, side: Side, id: str, *, retired: bool = False, **values: Any) -> str:
        known = KINDS[kind].by_name
        given: dict[str, Value] = {}
        for name, value in values.items():
            reference = known[name].type == "reference" and isinstance(value, str)
            given[name] = Ref(side, known[name].of or "", value) if reference else value
        self.rows.setdefault((kind, side), {})[id] = Record(kind, side, id, given, retired=retired)
        return id

    def twin(self, kind: str, id: str, **values: Any) -> None:
        """A reference record that both sides have under one id."""
        for side in ("book", "desk"):
            self.put(kind, side, id, **values)  # type: ignore[arg-type]
        self.links.append(Link(kind, id, id))

    def change(self, kind: str, side: Side, id: str, *, retired: bool | None = None, **values: Any) -> None:
        row = self.rows[kind, side][id]
        known = KINDS[kind].by_name
        new = {
            n: Ref(side, known[n].of or "", v) if known[n].type == "reference" and isinstance(v, str) else v
            for n, v in values.items()
        }
        merged = {n: v for n, v in {**row.values, **new}.items() if v is not None}
        gone = row.retired if retired is None else retired
        self.rows[kind, side][id] = replace(row, values=merged, retired=gone)

    def thing(self, sides: str = "both", **more: Any) -> tuple[str, str]:
        """A fixed asset with a number of its own on each side; its ids there ("" where it is not)."""
        n = self.number = self.number + 1
        at = self.rng.randrange(len(MODELS))
        org = ORGS[n % 2]
        day = TODAY - timedelta(days=self.rng.randrange(100, 3000))
        values: dict[str, Any] = {
            "inventory_number": f"БП-{n:06}",
            "serial": f"SN{self.rng.getrandbits(40):010X}Q{n}",
            "model": MODELS[at],
            "name": f"{NOUNS[at]} {MODELS[at]}",
            "organization": org,
            "department": f"{org}d{self.rng.randrange(DEPARTMENTS)}",
            "custodian": f"{org}p{self.rng.randrange(PEOPLE)}",
            "cost": Decimal(self.rng.randrange(10_000, 200_000)) + Decimal("0.50"),
            "commissioned": day,
            "accounting": "fixed_asset",
            "room": f"Комната {n % 40}",
            "condition": "in_use",
        } | more
        ids = f"b{n}", f"d{n}"
        for side, id in zip(("book", "desk"), ids, strict=True):
            if sides in ("both", side):
                self.put("equipment", side, id, **values)  # type: ignore[arg-type]
        if sides == "both":
            self.twins[ids[0]] = ids[1]
        return (ids[0] if sides != "desk" else "", ids[1] if sides != "book" else "")

    def seen(self, book: str, desk: str, **more: Any) -> None:
        """The count finds it, where the desk says it is unless told otherwise."""
        record = self.rows["equipment", "desk"].get(desk) or self.rows["equipment", "book"][book]
        find = Find(**({"place": str(record.values.get("room") or ""), "condition": "in_use"} | more))
        for side, id in (("book", book), ("desk", desk)):
            if id:
                self.finds[side][id] = find

    def stock(self, name: str, place: str, book: int | None, desk: int | None, *, cost: int = 100, **more: Any) -> str:
        """One item at a warehouse of the first organisation; the id of its balance (item|organisation|place)."""
        n = self.number = self.number + 1
        item = more.pop("item", f"i{n}")
        unit = more.pop("unit", "шт")
        self.put("item", "book", item, name=name, code=item, unit="шт")
        if book is not None:
            values = {"item": item, "place": place, "organization": "o1", "account": more.pop("account", "10.06")}
            self.put("holding", "book", f"h{n}", **values, quantity=Decimal(book), cost=Decimal(book * cost))
        if desk is not None:
            values = {"name": name, "code": item, "unit": unit, "organization": "o1", "place": place}
            self.put("supply", "desk", f"s{n}", **values, quantity=Decimal(desk))
        return f"{item}|o1|{place}"

    # -- what comes out ---------------------------------------------------------------------------------------------

    def snapshot(self) -> Snapshot:
        kinds = {
            "book": ("organization", "department", "person", "place", "equipment", "position", "item", "holding"),
            "desk": ("organization", "department", "person", "place", "equipment", "supply", "licence", "installation"),
        }
        listings: dict[tuple[str, Side], Listing] = {}
        for side, names in kinds.items():
            for kind in (*names, "licence"):
                rows = self.rows.get((kind, side), {})  # type: ignore[call-overload]
                listings[kind, side] = Listing(kind, side, dict(rows), True, read=len(rows))  # type: ignore[index, arg-type]
        sources = tuple(Source(side, kind, NOW, one.read, True) for (kind, side), one in listings.items())
        return Snapshot(
            None,
            NOW,
            sources,
            listings,
            tuple(self.links),
            frozenset(),
            tuple(self.allotments),
            tuple(self.groups),
            tuple(self.coming),
            dict(self.waiting),
        )

    def look(self, *, counted: bool = False, first: dict[str, date] | None = None) -> Look:
        found = Counted("c1", True, **self.finds, unknown=tuple(self.unknown)) if counted else None
        return Look(self.snapshot(), Scope(), ReconcileRules(), TODAY, first or {}, found)


def company(seed: int = 1) -> Company:
    """The people and places; nothing in them yet."""
    made = Company(random.Random(seed))
    for org in ORGS:
        made.twin("organization", org, name=f"ООО «{org}»", inn=f"77{org[1]:0>8}")
        for n in range(DEPARTMENTS):
            made.twin("department", f"{org}d{n}", name=f"Отдел {n}", code=f"{n}", organization=org)
        for n in range(PEOPLE):
            values = {"number": f"{n}", "organization": org, "department": f"{org}d{n % DEPARTMENTS}", "active": True}
            made.twin("person", f"{org}p{n}", name=f"Сотрудник {org} {n}", **values)
    for place in ("w1", "w2", "w3"):
        made.twin("place", place, name=f"Склад {place}", code=place, type="warehouse")
    return made


def planted(seed: int = 1, *, agreeing: int = 60, each: int = 3, counted: bool = False) -> Company:
    """A company in which every class of difference occurs ``each`` times among ``agreeing`` things that agree."""
    made = company(seed)
    for _ in range(agreeing):
        made.seen(*made.thing())
        made.stock("Бумага A4", "w3", 5, 5)
    for _ in range(each):
        for plant in (_things, _alone, _states, _stock, _many, _licences):
            plant(made, counted)
        if counted:
            _by_count(made)
    if counted:
        for spot, quantity in list(_desk_stock(made)):
            made.finds["stock"].setdefault(spot, Find(quantity))
    return made


def _desk_stock(made: Company) -> Iterator[tuple[str, Decimal]]:
    for row in made.rows["supply", "desk"].values():
        values = row.values
        quantity = values["quantity"]
        assert isinstance(quantity, Decimal)
        yield f"{values['code']}|o1|{values['place'].id}", quantity  # type: ignore[union-attr]


def _other(made: Company, id: str, kind: str) -> str:
    """Another person or department of the same organisation."""
    name = "custodian" if kind == "p" else "department"
    now = made.rows["equipment", "book"][id].values[name].id  # type: ignore[union-attr]
    every = [f"{now[:2]}{kind}{n}" for n in range(PEOPLE if kind == "p" else DEPARTMENTS)]
    return made.rng.choice([one for one in every if one != now])


def _things(made: Company, counted: bool) -> None:
    for name, value in (("serial", "WRONG-77120"), ("model", "Nothing 1"), ("cost", Decimal("1.00"))):
        book, desk = made.thing()
        made.change("equipment", "desk", desk, **{name: f"{value}{made.number}" if name == "serial" else value})
        # A number that says one thing and a serial that says another is no pair by itself: a person linked these.
        made.links.append(Link("equipment", book, desk, "person", by="anna"))
        made.truth.add(("attribute", book, desk))
        made.seen(book, desk)
    book, desk = made.thing()
    made.change("equipment", "desk", desk, custodian=_other(made, book, "p"))
    made.truth.add(("wrong_person", book, desk))
    made.seen(book, desk)
    book, desk = made.thing()
    made.change("equipment", "desk", desk, department=_other(made, book, "d"))
    made.truth.add(("wrong_place", book, desk))
    made.seen(book, desk)
    book, desk = made.thing()
    to = _other(made, book, "p")
    made.change("equipment", "desk", desk, custodian=to)
    made.coming.append(Coming("equipment", book, "custodian", Ref("desk", "person", to), "0000-000007"))
    made.truth.add(("timing", book, desk))
    made.seen(book, desk)
    # The same serial number, in another organisation and under another inventory number.
    book, desk = made.thing()
    org = made.rows["equipment", "book"][book].values["organization"].id  # type: ignore[union-attr]
    there = ORGS[org == "o1"]
    moved = {"organization": there, "department": f"{there}d0", "custodian": f"{there}p0"}
    made.change("equipment", "desk", desk, inventory_number=f"ЧЖ-{made.number}", **moved)
    made.truth.add(("wrong_organization", book, desk))
    made.twins.pop(book)
    made.seen(book, desk)


def _alone(made: Company, counted: bool) -> None:
    book, _ = made.thing("book")
    made.truth.add(("book_only", book, ""))
    _, desk = made.thing("desk")
    made.truth.add(("desk_only", "", desk))
    # On the desk only, and written off in the books under the same number.
    _, desk = made.thing("desk")
    values = made.rows["equipment", "desk"][desk].values
    made.put("equipment", "book", f"x{made.number}", retired=True, inventory_number=values["inventory_number"],
             organization=values["organization"].id)  # type: ignore[union-attr] # fmt: skip
    made.truth.add(("desk_only", "", desk))
    # Bought and not accepted yet.
    _, desk = made.thing("desk", model="Nettop Z9000", name="Неттоп Z9000")
    made.put("item", "book", f"new{made.number}", name="Неттоп Z9000", code=f"new{made.number}")
    values = {"item": f"new{made.number}", "organization": "o1", "account": "08.04"}
    made.put("holding", "book", f"hn{made.number}", **values, quantity=Decimal(1), cost=Decimal(90000))
    made.truth.add(("desk_only", "", desk))


def _states(made: Company, counted: bool) -> None:
    book, desk = made.thing()
    made.links.append(Link("equipment", book, desk))
    made.change("equipment", "book", book, retired=True)
    made.truth.add(("state_conflict", book, desk))
    book, desk = made.thing()
    made.links.append(Link("equipment", book, desk))
    made.change("equipment", "desk", desk, retired=True)
    made.truth.add(("state_conflict", book, desk))
    book, desk = made.thing()
    n = made.number
    for side in ("book", "desk"):
        org = made.rows["equipment", "book"][book].values["organization"].id  # type: ignore[union-attr]
        made.put("person", side, f"left{n}", name=f"Уволенный {n}", organization=org, active=False)  # type: ignore[arg-type]
        made.change("equipment", side, book if side == "book" else desk, custodian=f"left{n}")  # type: ignore[arg-type]
    made.links.append(Link("person", f"left{n}", f"left{n}"))
    made.truth.add(("state_conflict", book, desk))
    made.seen(book, desk)
    book, desk = made.thing()
    made.change("equipment", "desk", desk, condition="in_repair")
    made.truth.add(("state_conflict", book, desk))
    made.seen(book, desk)


def _stock(made: Company, counted: bool) -> None:
    n = made.number
    spot = made.stock(f"Мышь беспроводная {n}", "w1", 10, 7 + n % 2)
    made.truth.add(("quantity", spot, ""))
    item = f"moved{n}"
    here = made.stock(f"Клавиатура {n}", "w1", 6, 2, item=item)
    made.stock(f"Клавиатура {n}", "w2", 1, 5, item=item)
    made.truth.add(("wrong_warehouse", here, ""))
    spot = made.stock(f"Тонер {n}", "w1", 9, 4)
    made.waiting[f"s{made.number}"] = Decimal(-5)
    if counted:  # people counted four, and the books will know of them once the issue is posted
        made.finds["stock"][spot] = Find(Decimal(9))
    else:
        made.truth.add(("timing", spot, ""))
    made.stock(f"Бумага {n}", "w2", 10, 2, unit="пачка")
    made.truth.add(("unit", "", f"s{made.number}"))
    if counted:
        made.finds["stock"][f"i{made.number}|o1|w2"] = Find(Decimal(10))
    quantity = 31 + n
    short = made.stock(f"Картридж HP 12A-{n}", "w1", quantity + 10, 10)
    long = made.stock(f"Картридж HP 85A-{n}", "w1", 10, quantity + 10)
    made.truth |= {("quantity", short, ""), ("quantity", long, ""), ("regrading", short, "")}


def _position(made: Company, model: str, quantity: int, cost: int) -> int:
    """A position of low-value items of which the desk has two; its number."""
    n = made.number = made.number + 1
    person, name = {"organization": "o1", "custodian": f"o1p{n % PEOPLE}"}, f"{model}{n}"
    values = {"name": name, "item": f"pi{n}", "quantity": Decimal(quantity), "cost": Decimal(cost), **person}
    made.put("position", "book", f"p{n}", **values)
    for part in range(2):
        low = {"model": name, "accounting": "low_value", "inventory_number": f"М-{n}-{part}"}
        made.put("equipment", "desk", f"pd{n}-{part}", **low, **person)
        made.finds["desk"][f"pd{n}-{part}"] = Find(condition="in_use")
    return n


def _many(made: Company, counted: bool) -> None:
    n = _position(made, "Телефон Panasonic KX", 3, 9000)
    made.truth.add(("quantity", f"p{n}", ""))
    _position(made, "Гарнитура Jabra EV", 2, 900)  # nothing is missing of this one
    # A group card of four with three things, and a kit that lacks its monitor.
    card, _ = made.thing("book", name="Стулья (4 шт.)")
    made.allotments.append(Allotment("equipment", card, "", Decimal(4)))
    for part in range(3):
        desk = made.put("equipment", "desk", f"gd{card}-{part}", organization="o1", inventory_number=f"Г-{card}-{part}")
        made.allotments.append(Allotment("equipment", card, desk))
        made.finds["desk"][desk] = Find(condition="in_use")
    made.truth.add(("quantity", card, ""))
    card, _ = made.thing("book", name="Рабочее место")
    made.allotments.append(Allotment("equipment", card, "", Decimal(1), "monitor,unit"))
    desk = made.put("equipment", "desk", f"kd{card}", organization="o1", inventory_number=f"К-{card}")
    made.allotments.append(Allotment("equipment", card, desk, Decimal(1), "unit"))
    made.finds["desk"][desk] = Find(condition="in_use")
    made.truth.add(("kit", card, ""))


def _licences(made: Company, counted: bool) -> None:
    n = made.number = made.number + 1
    made.put("licence", "book", f"lb{n}", name=f"Право Office {n}", organization="o1", cost=Decimal(5000))
    made.truth.add(("book_only", f"lb{n}", ""))
    made.put("licence", "desk", f"ld{n}", name=f"Visio {n}", organization="o1", book_object=f"Нет такого {n}")
    made.truth.add(("not_in_books" if counted else "desk_only", "", f"ld{n}"))
    made.put("licence", "book", f"lt{n}", name=f"Право Project {n}", organization="o1", cost=Decimal(5000))
    right = {"organization": "o1", "seats": Decimal(1), "book_object": f"Право Project {n}"}
    made.put("licence", "desk", f"lu{n}", name=f"Project {n}", **right)
    for seat in range(2):
        made.put("installation", "desk", f"in{n}-{seat}", name=f"Project {n}", licence=f"lu{n}")
    made.truth.add(("quantity", "", f"lu{n}"))


def _by_count(made: Company) -> None:
    """What only a count can tell."""
    book, desk = made.thing()
    made.truth.add(("not_found", book, desk))
    book, _ = made.thing("book")
    made.seen(book, "")
    made.truth.add(("not_in_desk", book, ""))
    _, desk = made.thing("desk")
    made.seen("", desk)
    made.truth.add(("not_in_books", "", desk))
    made.unknown.append(Find(text=f"ЧУЖОЙ-{made.number}", place="Комната 1"))
    made.truth.add(("unknown_find", "", f"ЧУЖОЙ-{made.number}"))
    book, desk = made.thing()
    made.seen(book, desk, place="Совсем другая комната")
    made.truth.add(("wrong_place", book, desk))
    book, desk = made.thing()
    made.seen(book, desk, condition="faulty")
    made.truth.add(("state_conflict", book, desk))


def told(one: Difference) -> Truth:
    """A found difference in the words of the truth."""
    if one.code == "unknown_find":
        return one.code, "", one.label
    if one.kind == "stock":
        return one.code, one.book_id or "", ""
    return one.code, one.book_id or "", one.desk_id or ""


@dataclass(frozen=True, slots=True)
class Score:
    planted: int
    found: int
    right: int

    @property
    def recall(self) -> float:
        return self.right / self.planted if self.planted else 1.0

    @property
    def precision(self) -> float:
        return self.right / self.found if self.found else 1.0


def scores(truth: set[Truth], found: list[Truth]) -> dict[str, Score]:
    """Per class: how many were planted, found, and found rightly."""
    names = sorted({one[0] for one in truth} | {one[0] for one in found})
    return {
        name: Score(
            sum(one[0] == name for one in truth),
            sum(one[0] == name for one in found),
            sum(one[0] == name and one in truth for one in set(found)),
        )
        for name in names
    }


# -- dirty keys --------------------------------------------------------------------------------------------------------

_LOOKALIKE = str.maketrans("БПАВЕКМНОРСТХ", "БПABEKMHOPCTX")


def spoil(made: Company, *, share: float = 0.6) -> None:
    """Spoil the desk's numbers as people and programs do; everything keeps its twin. Some stickers are exchanged: keys
    that lie. Those keep their serial numbers, because a lie that nothing contradicts nobody can tell from the truth."""
    rng = made.rng
    desks = made.rows["equipment", "desk"]
    ids = sorted(made.twins.values(), key=lambda id: int(id[1:]))
    for id in ids:
        if rng.random() < share:
            rng.choice((_harmless, _harmless, _no_number, _no_serial, _read_off, _prefix_lost))(made, id)
    books = made.rows["equipment", "book"]
    kept = [b for b, d in sorted(made.twins.items()) if _serial(books[b]) == _serial(desks[d])]
    lying = [made.twins[b] for b in rng.sample(kept, max(2, len(ids) // 500) // 2 * 2)]
    for one, two in zip(lying[::2], lying[1::2], strict=True):
        a, b = desks[one].values.get("inventory_number"), desks[two].values.get("inventory_number")
        made.change("equipment", "desk", one, inventory_number=b)
        made.change("equipment", "desk", two, inventory_number=a)


def _serial(record: Record) -> str:
    return serial_key(str(record.values.get("serial") or ""))


def _harmless(made: Company, id: str) -> None:
    """Spellings that mean the same."""
    values = made.rows["equipment", "desk"][id].values
    number, serial = str(values.get("inventory_number") or ""), str(values.get("serial") or "")
    shape = made.rng.randrange(4)
    spelt = (f"инв. № {number}", number.lower(), number.replace("-0", "-"), number.translate(_LOOKALIKE))[shape]
    made.change("equipment", "desk", id, inventory_number=spelt, serial=f"S/N: {serial[:4]}-{serial[4:].lower()}")


def _no_number(made: Company, id: str) -> None:
    made.change("equipment", "desk", id, inventory_number=made.rng.choice([None, "б/н", "1.23E+11", "000"]))


def _no_serial(made: Company, id: str) -> None:
    made.change("equipment", "desk", id, serial=made.rng.choice([None, "To be filled by O.E.M.", "нет", "00000000"]))


def _read_off(made: Company, id: str) -> None:
    """The serial number was typed from a worn label, the inventory number is gone."""
    serial = str(made.rows["equipment", "desk"][id].values.get("serial") or "")
    swapped = serial.replace("0", "O", 1) if "0" in serial else serial.replace("5", "S", 1).replace("8", "B", 1)
    made.change("equipment", "desk", id, serial=swapped, inventory_number=None)


def _prefix_lost(made: Company, id: str) -> None:
    """Only the digits of the inventory number were written down, and no serial number."""
    number = str(made.rows["equipment", "desk"][id].values.get("inventory_number") or "")
    made.change("equipment", "desk", id, inventory_number=number.rpartition("-")[2], serial=None)
