"""Turnover of consumables: both sides add up over any days, and what was not read leaves no figure."""

from __future__ import annotations

import random
from collections import defaultdict
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from planted import NOW, Company
from shop import ANNA, PAIR, SHELF, Firm

from uchet.jobs.reports.live import make_live
from uchet.jobs.reports.making import Wanted
from uchet.jobs.reports.turnover import Stretch, turnover
from uchet.jobs.reports.turnover_rows import by_department, ending, lines
from uchet.jobs.reports.types import report
from uchet.jobs.wiring import Wired
from uchet.settings import ReserveRule
from uchet.sync.reconcile.scope import Scope
from uchet.sync.reconcile.types import Snapshot
from uchet.sync.types import Listing

FIRST, RULE = date(2026, 1, 1), ReserveRule()
STRETCH = Stretch(date(2026, 1, 20), date(2026, 2, 10), date(2026, 3, 2))
#: Card → item, and how many of the books' units one of the card's is; the last one means nothing in the books.
CARDS = {"s1": ("toner", 1), "s2": ("paper", 5), "s3": ("mystery", 1)}
SIGNS = {"receipt": 1, "issue": -1, "write_off": -1, "return": 1, "expense": -1}


def snapshot(made: Company) -> Snapshot:
    listings = {(k, s): Listing(k, s, rows, complete=True) for (k, s), rows in made.rows.items()}
    return Snapshot(None, NOW, (), listings, tuple(made.links))


def without(given: Snapshot, *gone: tuple[str, str]) -> Snapshot:
    return replace(given, listings={key: one for key, one in given.listings.items() if key not in gone})


class World:
    """Both sides of a shop with what happened there, kept day by day beside them."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.made = made = Company(self.rng)
        made.twin("organization", "o1", name="Роза")
        made.twin("place", "w1", name="Склад")
        for n in (1, 2):
            made.twin("department", f"d{n}", name=f"Отдел {n}")
        made.put("person", "desk", "p1", name="Анна", department="d2")
        for item in ("toner", "paper"):
            made.put("item", "book", item, name=item, code=item, unit="шт")
        self.desk = {card: Decimal(100) for card in CARDS}
        self.book = {"toner": Decimal(100), "paper": Decimal(500)}
        #: (day, card or item) → what moved.
        self.moved: list[tuple[date, str, Decimal]] = []
        self.used: dict[str, Decimal] = defaultdict(Decimal)
        for n in range(60):
            self._desk_moves(n)
            self._books_move(n)

    def _desk_moves(self, n: int) -> None:
        day, card = FIRST + timedelta(days=self.rng.randrange(60)), self.rng.choice([*CARDS])
        kind, quantity = self.rng.choice([*SIGNS]), Decimal(self.rng.randrange(1, 3))
        at: dict[str, Any] = self.rng.choice([{"department": "d1"}, {"person": "p1"}, {}])
        self.made.put("movement", "desk", str(n), type=kind, supply=card, quantity=quantity, date=day, **at)
        self.moved.append((day, card, SIGNS[kind] * quantity))
        if kind != "receipt" and STRETCH.holds(day):
            self.used[card] -= SIGNS[kind] * quantity * CARDS[card][1]

    def _books_move(self, n: int) -> None:
        day, item = FIRST + timedelta(days=self.rng.randrange(60)), self.rng.choice([*self.book])
        names = self.rng.choice([("item", "place", "quantity"), ("to_item", "to_place", "to_quantity")])
        values = dict(zip(names, (item, "w1", Decimal(self.rng.randrange(1, 9))), strict=True))
        self.made.put("movement", "book", str(n), date=day, organization="o1", **values)
        self.moved.append((day, item, values[names[2]] * (1 if names[0] == "to_item" else -1)))

    def held(self, name: str, day: date) -> Decimal:
        """What there was at the end of ``day``."""
        start = self.desk.get(name, self.book.get(name, Decimal(0)))
        return start + sum((q for d, what, q in self.moved if what == name and d <= day), Decimal(0))

    def read(self) -> tuple[Snapshot, Snapshot]:
        """Both sides as of the last day, and the books as of the day before the first."""
        found = []
        for day in (STRETCH.until, STRETCH.since - timedelta(days=1)):
            for item in self.book:
                where = {"item": item, "place": "w1", "organization": "o1"}
                self.made.put("stock", "book", item, **where, quantity=self.held(item, day), cost=Decimal(5))
            for card, (code, factor) in CARDS.items():
                quantity = self.held(card, date.max)
                more = {"factor": Decimal(factor)} if factor > 1 else {}
                self.made.put("supply", "desk", card, name=card, code=code, unit="упак" if more else "шт",
                              organization="o1", place="w1", quantity=quantity, minimum=Decimal(3), **more)  # fmt: skip
            found.append(snapshot(self.made))
            self.made.rows = {key: dict(rows) for key, rows in self.made.rows.items()}
        return found[0], found[1]


@pytest.mark.parametrize("seed", range(20))
def test_both_sides_add_up_over_any_days(seed: int) -> None:
    world = World(seed)
    now, opening = world.read()
    found = turnover(now, opening, STRETCH, Scope(), RULE)
    rows = {row["title"]: row for row in lines(found, RULE)}
    assert set(rows) == {"toner", "paper", "s3"}
    before = STRETCH.since - timedelta(days=1)
    for card, (item, factor) in CARDS.items():
        row: Any = rows[item if item in rows else card]
        for side, name, rate in (("desk", card, factor), ("book", item, 1)):
            if side == "book" and item == "mystery":
                assert "book_closing" not in row
                continue
            start, came, went, end = (row[f"{side}_{part}"] for part in ("opening", "in", "out", "closing"))
            assert (start, end) == (world.held(name, before) * rate, world.held(name, STRETCH.until) * rate)
            assert start + came - went == end
    assert "не сопоставлена" in str(rows["s3"]["note"])
    assert rows["toner"]["note"] is None
    # Use is worked out for a period that ends today, and for no other.
    assert rows["toner"]["used"] is None
    told: dict[str, Decimal] = defaultdict(Decimal)
    for part in by_department(now, found, STRETCH):
        told[str(part["title"])] += part["quantity"]  # type: ignore[operator, assignment]
    assert {card: told[item if item in rows else card] for card, (item, _) in CARDS.items()} == {
        card: world.used[card] for card in CARDS
    }


def test_what_was_not_read_leaves_no_figure() -> None:
    now, opening = World(1).read()

    def row(now: Snapshot, opening: Snapshot = opening) -> Any:
        return next(
            one for one in lines(turnover(now, opening, STRETCH, Scope(), RULE), RULE) if one["title"] == "toner"
        )

    for lost in (("movement", "book"), ("stock", "book")):
        assert "book_closing" not in row(without(now, lost))
    assert "book_closing" not in row(now, without(opening, ("stock", "book")))
    assert "desk_closing" not in row(without(now, ("supply", "desk")))
    lame = row(without(now, ("movement", "desk")))
    assert (lame.get("desk_closing"), lame["difference"]) == (None, None)
    cut = replace(
        now, listings={**now.listings, ("stock", "book"): replace(now.listings["stock", "book"], complete=False)}
    )
    assert "book_closing" not in row(cut)
    assert row(now)["ordered"] is None, "no requests were read: nobody knows what is on its way"


def test_books_that_do_not_add_up_say_so() -> None:
    world = World(2)
    now, opening = world.read()
    stock = now.listings["stock", "book"]
    more = replace(stock.records["toner"], values={**stock.records["toner"].values, "quantity": Decimal(7000)})
    wrong = replace(
        now, listings={**now.listings, ("stock", "book"): replace(stock, records={**stock.records, "toner": more})}
    )
    row = next(one for one in lines(turnover(wrong, opening, STRETCH, Scope(), RULE), RULE) if one["title"] == "toner")
    assert str(row["note"]).startswith("учёт: остатки и движения расходятся на ")


def test_reserve_counts_what_is_on_its_way_and_what_waits_for_somebody() -> None:
    made = Company(random.Random(1))
    made.twin("organization", "o1", name="Роза")
    made.twin("place", "w1", name="Склад")
    made.stock("Тонер", "w1", 30, 30, item="t")
    made.put("stock", "book", "t", item="t", place="w1", organization="o1", quantity=Decimal(30), cost=Decimal(3000))
    [card] = made.rows["supply", "desk"]
    today = date(2026, 3, 2)
    for n in range(10):
        made.put(
            "movement", "desk", str(n), type="issue", supply=card, quantity=Decimal(2), date=today - timedelta(days=n)
        )
    made.put("movement", "book", "1", date=today)
    for id, step in (("1", "ordered"), ("2", "closed")):
        made.put("request", "desk", id, step=step)
        made.put("request_line", "desk", id, request=id, item=card, quantity=Decimal(20))
        for n, (kind, quantity) in enumerate((("order", 15), ("receipt", 6), ("return", 1), ("issue", 2))):
            made.put("allocation", "desk", f"{id}{n}", line=id, step=kind, quantity=Decimal(quantity))
    now, rule = snapshot(made), ReserveRule(lead_days=10, safety_days=5, cover_days=20, use_days=90)
    [found] = turnover(now, now, Stretch(today, today, today), Scope(), rule)
    # Ten days are known: two a day. On the shelf 30, 10 on their way, 3 of them here for somebody.
    assert (found.used, found.ordered, found.reserved, found.available) == (2, 10, 3, 37)
    assert (found.point(rule), found.days(), found.to_order(rule)) == (30, 18, None)
    later = rule.model_copy(update={"safety_days": 10})
    assert (found.point(later), found.to_order(later)) == (40, 43)
    assert [row["title"] for row in ending([found], rule)] == ["Тонер, Склад"]
    assert found.price == 100


def test_a_desk_without_requests_is_told_and_nothing_else_is_lost() -> None:
    firm = Firm()
    card = f"{'toner'}-{SHELF}"
    firm.desk.record({"type": "issue", "supply": card, "quantity": Decimal(3), "date": "2026-02-10", "person": ANNA})
    engine = firm.engine()
    settings: Any = SimpleNamespace(reserve=RULE)
    made = make_live(Wired(settings, firm.store, engine.pair, engine), firm.clock(), Wanted(report("turnover")))
    row: Any = next(one for one in made.rows["lines"] if (one["title"], one["place"]) == ("toner", "Полка"))
    assert (row["desk_out"], row["desk_closing"], row["ordered"]) == (3, 37, None)
    assert "НЕ ПРОЧИТАНО (ИТ, Заявка в ИТ и её заказ): Эта сторона такого не ведёт." in made.told
    assert made.stamp.run == firm.store.runs(PAIR, 1)[0].id


def test_a_register_that_says_the_direction_of_each_record() -> None:
    """УТ and ERP keep one warehouse a record, and whether it came or went beside it."""
    made = World(1).made
    made.rows |= {("movement", "book"): {}, ("stock", "book"): {}}
    day, at = date(2026, 2, 1), {"item": "toner", "place": "w1", "organization": "o1"}
    for id, direction, quantity in (("a", "in", 7), ("b", "out", 3)):
        made.put("movement", "book", id, date=day, direction=direction, quantity=Decimal(quantity), **at)
    given = snapshot(made)
    [row] = [one for one in turnover(given, given, STRETCH, Scope(), RULE) if one.spot[0] == "toner" and one.book]
    assert row.book is not None
    assert (row.book.came, row.book.went) == (7, 3)
