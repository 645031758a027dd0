"""The rules beside the classes: what absence proves, what is on its way, what may be a pair, what was posted late."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from planted import TODAY, Company, company

from uchet.mappings.model import Ref
from uchet.sync.feed_look import event_of
from uchet.sync.feed_plan import effects
from uchet.sync.reconcile.compare import compare, questions
from uchet.sync.reconcile.corrections import corrections
from uchet.sync.reconcile.look import Look
from uchet.sync.reconcile.reading import _waiting
from uchet.sync.reconcile.run import issue_for, question_of
from uchet.sync.reconcile.scope import Asked, Scope, resolve
from uchet.sync.reconcile.types import Coming, Difference, Source
from uchet.sync.store import IssueRow, Store
from uchet.sync.types import Event, Issue, Link, Part, Record


@pytest.fixture
def made() -> Company:
    return company(11)


def found(look: Look) -> list[tuple[str, str]]:
    return [(one.code, one.label) for one in compare(look).differences]


def cut(look: Look, kind: str, side: str, *, failed: bool = False) -> Look:
    """The same look with a listing that was cut, or not read at all."""
    listings = dict(look.snapshot.listings)
    one = listings.pop((kind, side))  # type: ignore[arg-type]
    if not failed:
        listings[kind, side] = replace(one, complete=False)  # type: ignore[index]
    sources = [s for s in look.snapshot.sources if (s.side, s.kind) != (side, kind)]
    sources.append(Source(side, kind, look.snapshot.taken, error="lost" if failed else ""))  # type: ignore[arg-type]
    return replace(look, snapshot=replace(look.snapshot, listings=listings, sources=tuple(sources)))


@pytest.mark.parametrize("failed", [False, True], ids=["cut", "failed"])
def test_absence_from_what_was_not_read_whole_proves_nothing(made: Company, failed: bool) -> None:
    made.thing("book")
    made.thing("desk")
    book, desk = made.thing()
    made.links.append(Link("equipment", book, desk))
    made.rows["equipment", "desk"].pop(desk)
    look = made.look()
    assert sorted(code for code, _ in found(look)) == ["book_only", "book_only", "desk_only"]
    for side in ("book", "desk"):
        less = cut(look, "equipment", side, failed=failed)
        # A card that was read, and whose twin is not on the whole listing of the desk, has lost it all the same.
        proved = ["book_only"] if side == "book" and not failed else []
        assert [code for code, _ in found(less) if code in ("book_only", "desk_only")] == proved
        assert f"{side}|equipment" in compare(less).unread


def test_a_twin_that_is_surely_gone_is_told_with_its_id(made: Company) -> None:
    book, desk = made.thing()
    made.links.append(Link("equipment", book, desk))
    made.rows["equipment", "desk"].pop(desk)
    [one] = compare(made.look()).differences
    assert (one.code, one.book_id, one.desk_id, one.evidence) == ("book_only", book, desk, {"lost_twin": desk})


def test_a_unit_lives_as_long_as_its_position_and_its_thing_is_not_judged_without_it(made: Company) -> None:
    person = {"organization": "o1", "custodian": "o1p1"}
    made.put("position", "book", "p1", name="Телефон", item="i1", quantity=Decimal(2), **person)
    for n in (1, 2):
        made.put("equipment", "desk", f"t{n}", accounting="low_value", model="Телефон", **person)
        made.links.append(Link("equipment", f"position:p1#{n}", f"t{n}"))
    made.put("equipment", "desk", "t3", accounting="low_value", model="Лампа", **person)
    look = made.look()
    assert found(look) == [("desk_only", "t3")]
    assert found(cut(look, "position", "book", failed=True)) == []
    made.rows["position", "book"].clear()
    assert {one.desk_id for one in compare(made.look()).differences} == {"t1", "t2", "t3"}


def test_a_draft_explains_only_what_it_says_and_only_for_a_while(made: Company) -> None:
    book, desk = made.thing(organization="o1", custodian="o1p0", department="o1d0")
    made.change("equipment", "desk", desk, custodian="o1p1")
    made.coming.append(Coming("equipment", book, "custodian", Ref("desk", "person", "o1p2"), "7"))
    [other] = compare(made.look()).differences
    assert other.code == "wrong_person", "the draft moves it to somebody else"
    made.coming[:] = [Coming("equipment", book, "custodian", Ref("book", "person", "o1p1"), "7")]
    [waits] = compare(made.look()).differences
    assert (waits.code, waits.evidence) == ("timing", {"draft": "7"})
    for days, code in ((14, "timing"), (15, "wrong_person")):
        [one] = compare(made.look(first={waits.key: TODAY - timedelta(days=days)})).differences
        assert (one.code, one.key) == (code, waits.key)


def test_what_stands_on_an_account_waits_and_what_was_written_off_goes(made: Company) -> None:
    made.thing("desk", model="Nettop Z9000", name="Неттоп Z9000", inventory_number="Я-1")
    made.put("item", "book", "n1", name="Неттоп Z9000", code="n1")
    values = {"item": "n1", "organization": "o1", "account": "08.04"}
    made.put("holding", "book", "h1", **values, quantity=Decimal(1), cost=Decimal(1))
    [one] = compare(made.look()).differences
    assert (one.proposal, one.owner, one.evidence) == ("in_transit", "accountant", {"account": "08.04"})
    made.put("equipment", "book", "x", retired=True, inventory_number="я-001", organization="o1")
    [one] = compare(made.look()).differences
    assert (one.proposal, one.evidence) == ("retire_desk", {"written_off": "x"})


def test_two_shortages_of_one_size_are_nobodys_transfer(made: Company) -> None:
    for place, book, desk in (("w1", 5, 3), ("w2", 5, 3), ("w3", 1, 3)):
        made.stock("Тонер", place, book, desk, item="toner")
    assert [code for code, _ in found(made.look())] == ["quantity"] * 3
    made.stock("Мышь", "w1", 5, 3, item="mouse")
    made.stock("Мышь", "w2", 1, 3, item="mouse")
    assert [code for code, label in found(made.look()) if label == "Мышь"] == ["wrong_warehouse"]


def test_an_offset_needs_all_four_conditions(made: Company) -> None:
    made.stock("Картридж HP 12A", "w1", 10, 8)
    made.stock("Картридж HP 85A", "w2", 10, 12)  # another warehouse
    made.stock("Картридж HP 90A", "w1", 10, 13)  # another quantity
    made.stock("Бумага A4", "w1", 10, 12)  # another thing
    assert not [label for code, label in found(made.look()) if code == "regrading"]
    made.stock("Картридж HP 26X", "w1", 10, 12)
    [one] = [one for one in compare(made.look()).differences if one.code == "regrading"]
    assert (one.label, one.quantity, one.owner) == ("Картридж HP 12A ↔ Картридж HP 26X", Decimal(2), "head")


def test_items_and_warehouses_that_the_desk_never_kept_are_not_its_business(made: Company) -> None:
    made.stock("Тонер", "w1", 5, 5, item="toner")
    made.stock("Тонер", "w3", 5, None, item="toner")
    made.stock("Бензин АИ-92", "w1", 500, None)
    assert found(made.look()) == []
    made.stock("Бумага", "w3", 5, 5, item="paper")
    assert found(made.look()) == [("quantity", "Тонер")], "w3 is kept now, and toner is known"


def test_money_is_exact_and_unknown_where_nobody_knows_it(made: Company) -> None:
    made.stock("Тонер", "w1", 3, 1, cost=0)
    made.stock("Бумага", "w1", 3, 1, cost=Decimal("33.33"))  # type: ignore[arg-type]
    worth = {one.label: one.at_risk for one in compare(made.look()).differences}
    assert worth == {"Тонер": None, "Бумага": Decimal("66.66")}


def test_matching_asks_in_the_nightly_runs_own_words_and_only_about_the_scope(made: Company) -> None:
    for org, count in (("o1", 2), ("o2", 2)):
        for n in range(count):
            made.put("equipment", "book", f"{org}b{n}", inventory_number="Д-1", name="Стол", organization=org)
    look = made.look()
    one, two = questions(look)
    assert one.code == two.code == "match_duplicate"
    assert one.params["labels"] == {"book:o1b0": "Д-1 Стол", "book:o1b1": "Д-1 Стол"}
    only = questions(replace(look, scope=resolve(Asked(organization=("o2",)), look.snapshot)))
    assert only == (two,)


def test_a_difference_stands_under_the_question_that_is_asked_already(made: Company) -> None:
    with Store.open(":memory:") as store:
        asked = [
            Issue("field:equipment:b1:d1:custodian", "conflict", "equipment", "b1", "d1", "custodian"),
            Issue("desk_only:d2", "desk_only", "equipment", None, "d2"),
            Issue("difference:x", "difference_desk_only", "equipment", None, "d3"),
        ]
        rows: list[IssueRow] = list(store.report_issues("main", "r", asked, lambda row: False).new)
    hands = Difference("k1", "wrong_person", "equipment", "1", "b1", "d1", "custodian")
    assert question_of(hands, rows) == rows[0]
    assert question_of(replace(hands, field_name="department"), rows) is None
    assert question_of(replace(hands, book_id=None, desk_id="d2", field_name="presence"), rows) == rows[1]
    assert question_of(replace(hands, book_id=None, desk_id="d2", field_name="serial"), rows) is None
    assert question_of(replace(hands, book_id=None, desk_id="d3", field_name="presence"), rows) is None


def test_evidence_alone_asks_nobody_anew() -> None:
    one = Difference("k", "desk_only", "equipment", "1", None, "d1", "presence", "no", "yes", proposal="check_desk")
    assert issue_for(one).fingerprint == issue_for(replace(one, evidence={"draft": "7"}, score=5)).fingerprint
    for other in (replace(one, code="timing"), replace(one, desk="no"), replace(one, quantity=Decimal(1))):
        assert issue_for(one).fingerprint != issue_for(other).fingerprint


def test_late_postings_are_what_the_books_say_otherwise_of_the_same_day(made: Company) -> None:
    book, _ = made.thing(cost=Decimal(100))
    made.stock("Тонер", "w1", 5, 5, item="toner")
    before = replace(made.snapshot(), day=date(2026, 1, 31))
    made.change("equipment", "book", book, cost=Decimal(120))
    made.change("holding", "book", "h2", quantity=Decimal(7))
    late, _ = made.thing("book")
    after = replace(made.snapshot(), day=date(2026, 1, 31))
    told = [(one.kind, one.field, one.was, one.now) for one in corrections(before, after, Scope())]
    assert told == [
        ("equipment", "cost", Decimal(100), Decimal(120)),
        ("equipment", "*", "no", "yes"),
        ("holding", "quantity", Decimal(5), Decimal(7)),
    ]
    assert late
    assert not list(corrections(before, before, Scope()))
    listings = {**after.listings, ("holding", "book"): replace(after.listings["holding", "book"], complete=False)}
    assert "holding" not in {one.kind for one in corrections(before, replace(after, listings=listings), Scope())}


def test_an_assembly_on_its_way_explains_what_it_made_and_what_it_took() -> None:
    parts = (Part("ram", Decimal(4)), Part("case", Decimal(1)))
    made = Event("desk:work/1", "work/1", "assembly", "pc", Decimal(2), TODAY, 1, parts=parts)
    assert _waiting([made, replace(made, state="posted")]) == {"case": -1, "pc": 2, "ram": -4}


@pytest.mark.parametrize(
    ("kind", "moved"), [("receipt", 2), ("assembly_in", 2), ("assembly_out", -2), ("issue", -2), ("expense", -2)]
)
def test_stock_of_a_day_gone_by_knows_every_kind_of_movement(kind: str, moved: int) -> None:
    values = {"type": kind, "supply": Ref("desk", "supply", "c1"), "quantity": Decimal(2), "date": TODAY}
    assert effects(event_of(Record("movement", "desk", "7", values, None))) == [("c1", moved)]
