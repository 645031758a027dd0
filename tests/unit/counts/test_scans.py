"""What a scan means, what is taken, and what all scans together come to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from planted import Company, company

from uchet.errors import Fatal
from uchet.jobs.counting import given_by, given_in
from uchet.sync.counts.identify import Index
from uchet.sync.counts.looking import uncounted
from uchet.sync.counts.movements import explained, movements
from uchet.sync.counts.taking import Given, take
from uchet.sync.counts.tally import aged, counted_of, tally
from uchet.sync.counts.types import Scan
from uchet.sync.reconcile.compare import compare
from uchet.sync.reconcile.look import Look
from uchet.sync.reconcile.scope import Asked, resolve
from uchet.sync.types import Link

AT = {"organization": "o1", "department": "o1d0", "custodian": "o1p0"}


@pytest.fixture
def made() -> Company:
    found = company(4)
    for n in (1, 2, 3):  # b1..b3 with their twins
        found.thing(**AT, inventory_number=f"IT-00004{n}", serial=f"5CD80123{n}X", name=f"Ноутбук {n}", room="214")
        found.links.append(Link("equipment", f"b{n}", f"d{n}"))
    found.thing("desk", **AT, inventory_number="IT-77", serial="ZZ99881", name="Без карточки")
    found.stock("Тонер", "w1", 5, 5, item="toner")
    found.stock("Тонер", "w2", 2, 2, item="toner")
    return found


def scans(index: Index, *lines: str, counter: str = "a", recount: bool = False, start: int = 0) -> list[Scan]:
    taken = take(index, [given_by(one, str(n)) for n, one in enumerate(lines)], counter=counter, recount=recount)
    assert not taken.refused
    return [replace(one, number=start + n) for n, (one, _) in enumerate(taken.scans, 1)]


@pytest.mark.parametrize(
    "text",
    ["IT-000041", "it-41", "инв. № IT-41", "ше-000041", "5CD801231X", "S/N: 5CD801231X", "5св801231ч", "b1", "d1"],
)
def test_a_thing_is_known_by_number_serial_id_and_in_the_wrong_layout(made: Company, text: str) -> None:
    assert Index(made.look()).means(text) == ("thing:b1",)


def test_what_only_the_desk_has_and_what_nobody_has(made: Company) -> None:
    index = Index(made.look())
    assert index.means("ZZ99881") == index.means("IT-77") == ("desk:d4",)
    assert index.means("НЕТ-ТАКОГО-5") == ()


def test_a_number_that_means_two_things_means_neither(made: Company) -> None:
    made.thing("book", **AT, inventory_number="5CD801231X", name="Монитор")
    index = Index(made.look())
    taken = take(index, [Given("1", "5CD801231X"), Given("2", "IT-42")], counter="a")
    assert [one.error.code for one in taken.refused] == ["scan_ambiguous"]
    assert [one.target for one, _ in taken.scans] == ["thing:b2"], "what is right beside it is taken"


def test_what_left_service_is_found_after_what_is_in_it(made: Company) -> None:
    made.put("equipment", "book", "old", retired=True, inventory_number="IT-000042", organization="o1", name="Старый")
    made.put("equipment", "book", "gone", retired=True, inventory_number="IT-9", organization="o1", name="Списанный")
    look = made.look()
    index = Index(look)
    assert (index.means("IT-42"), index.means("IT-9")) == (("thing:b2",), ("thing:gone",))
    counted = counted_of(look, 1, tally(scans(index, "IT-9")), finished=False)
    [one] = [one for one in compare(replace_counted(look, counted)).differences if one.book_id == "gone"]
    assert (one.code, one.book, one.count) == ("state_conflict", "written_off", "yes")


def replace_counted(look: Look, counted: object) -> Look:
    return replace(look, counted=counted)  # type: ignore[arg-type]


def test_a_heap_needs_its_warehouse_and_its_quantity(made: Company) -> None:
    index = Index(made.look())
    given = ["toner", "toner;3", "toner;3;Склад w1", "toner;3;Склад w2;;", "IT-41;2", "IT-41;0", "IT-41;;;так себе"]
    taken = take(index, [given_by(one, str(n)) for n, one in enumerate(given)], counter="a")
    assert [(one.given.where, one.error.code) for one in taken.refused] == [
        ("0", "scan_ambiguous"), ("1", "scan_ambiguous"), ("4", "scan_not_one"), ("6", "count_condition"),
    ]  # fmt: skip
    assert [(one.target, one.place) for one, _ in taken.scans] == [
        ("stock:toner|o1|w1", ""), ("stock:toner|o1|w2", ""), ("thing:b1", ""),
    ]  # fmt: skip
    [only] = take(index, [given_by("toner;;Склад w1", "1")], counter="a").refused
    assert only.error.code == "scan_quantity"


def test_the_same_thing_by_several_counters_is_counted_once(made: Company) -> None:
    look = made.look()
    index = Index(look)
    first = scans(index, "IT-41;;214", "IT-42", "IT-42;0")
    second = scans(index, "5CD801231X;;300;неисправен;фото/7.jpg", "IT-43;0", counter="b", start=3)
    told = tally([*second, *first])
    assert set(told.things) == {"thing:b1", "thing:b2", "thing:b3"}
    one = told.things["thing:b1"]
    assert (one.place, one.condition, one.photo, one.counter) == ("300", "faulty", "фото/7.jpg", "b"), "the last look"
    assert (told.things["thing:b2"].quantity, told.things["thing:b3"].quantity) == (1, 0), "seen weighs more"
    assert told.again == ("thing:b1",)
    counted = counted_of(look, 1, told, finished=True)
    assert set(counted.book) == {"b1", "b2"}
    assert set(counted.desk) == {"d1", "d2"}
    codes = {
        (d.code, d.book_id, d.field_name) for d in compare(replace_counted(look, counted)).differences if d.book_id
    }
    assert ("not_found", "b3", "presence") in codes
    assert ("wrong_place", "b1", "room") in codes


def quantity(lines: Iterable[Scan]) -> tuple[Decimal | None, int]:
    told = tally(lines)
    return told.quantity("stock:toner|o1|w1"), len(told.conflicts)


def test_heaps_add_up_over_shelves_and_contradict_on_one(made: Company) -> None:
    index = Index(made.look())
    one = scans(index, "toner;3;Склад w1")
    assert quantity(one) == (3, 0)
    target = one[0].target

    def look(quantity: str, shelf: str, n: int, *, recount: bool = False, target: str = target) -> Scan:
        return Scan(target, "toner", Decimal(quantity), shelf, counter=str(n), recount=recount, number=n)

    assert quantity([look("3", "", 1), look("3.0", "", 2)]) == (3, 0), "two counters agree"
    assert quantity([look("3", "полка 1", 1), look("2", "полка 2", 2)]) == (5, 0)
    assert quantity([look("3", "", 1), look("4", "", 2)])[1] == 1
    assert quantity([look("3", "", 1), look("4", "", 2), look("5", "", 3, recount=True)]) == (5, 0)
    again = [look("5", "", 1, recount=True), look("6", "", 2, recount=True), look("5", "", 3, recount=True)]
    assert quantity(again) == (5, 0)
    accounts = [look("1", "", 1, target=f"{target}|10.06"), look("2", "", 2, target=f"{target}|10.09")]
    assert quantity(accounts) == (3, 0)
    assert quantity([*accounts, look("3", "", 3)])[1] == 1, "by account and as a whole"


def test_the_same_unknown_text_is_one_find(made: Company) -> None:
    look = made.look()
    told = tally(scans(Index(look), "ЧУЖОЙ-1", "чужой-0001", "ЧУЖОЙ-2"))
    assert len(told.unknown) == 2
    counted = counted_of(look, 9, told, finished=False)
    found = [one for one in compare(replace_counted(look, counted)).differences if one.code == "unknown_find"]
    assert len(found) == 2


def test_heaps_that_nobody_counted_are_told_and_never_missing(made: Company) -> None:
    made.put(
        "position", "book", "p1", name="Лампа", item="lamp", quantity=Decimal(3), organization="o1", custodian="o1p2"
    )
    look = made.look()
    told = tally(scans(Index(look), "toner;5;Склад w1", "IT-41"))
    assert uncounted(look, told) == ("position:p1", "stock:toner|o1|w2")
    counted = counted_of(look, 1, told, finished=False)
    found = {(one.kind, one.code) for one in compare(replace_counted(look, counted)).differences}
    assert ("stock", "quantity") not in found
    assert ("equipment", "not_found") not in found, "the count is not finished"


def test_found_outside_of_what_was_counted(made: Company) -> None:
    made.thing(**AT, inventory_number="IT-90", room="300")
    made.links.append(Link("equipment", "b7", "d7"))
    snapshot = made.snapshot()
    look = replace(made.look(), scope=resolve(Asked(room=("214",)), snapshot))
    told = tally(scans(Index(look), "IT-41", "IT-42", "IT-43", "IT-90"))
    counted = counted_of(look, 1, told, finished=True, where="214")
    [one] = [d for d in compare(replace(look, counted=counted)).differences if d.kind == "equipment" and d.book_id]
    assert (one.code, one.book_id, one.desk, one.count) == ("wrong_place", "b7", "300", "214")


# -- what moved meanwhile ----------------------------------------------------------------------------------------------


def test_a_movement_explains_a_difference_to_the_last_piece_or_not_at_all(made: Company) -> None:
    then = made.look()
    index = Index(then)
    told = tally(scans(index, "toner;3;Склад w1", "toner;1;Склад w2", "IT-41;;214", "IT-42;;300"))
    counted = counted_of(then, 1, told, finished=True)
    then = replace_counted(then, counted)
    [w1] = [id for id, r in made.rows["supply", "desk"].items() if r.values["place"].id == "w1"]  # type: ignore[union-attr]
    [w2] = [id for id, r in made.rows["supply", "desk"].items() if r.values["place"].id == "w2"]  # type: ignore[union-attr]
    made.change("supply", "desk", w1, quantity=Decimal(3))
    made.change("supply", "desk", w2, quantity=Decimal(8))
    made.change("equipment", "desk", "d2", room="300")
    now = made.look()
    moved = {(one.side, one.kind, one.id, one.field, one.was, one.now) for one in movements(then, now)}
    assert moved == {
        ("desk", "supply", w1, "quantity", 5, 3),
        ("desk", "supply", w2, "quantity", 2, 8),
        ("desk", "equipment", "d2", "room", "214", "300"),
    }
    found = {d.key: d for d in explained(compare(then).differences, then, now)}
    by_name = {(d.book_id, d.field_name): d for d in found.values()}
    assert by_name["toner|o1|w1", "quantity"].code == "timing", "issued meanwhile, to the last piece"
    other = by_name["toner|o1|w2", "quantity"]
    assert (other.code, other.evidence["moved_desk"]) == ("quantity", Decimal(6)), "told, and explains nothing"
    assert by_name["b2", "room"].code == "timing"
    assert by_name["b3", "presence"].code == "not_found"


def test_what_a_count_says_ages_with_what_the_desk_moves(made: Company) -> None:
    then = made.look()
    told = tally(scans(Index(then), "toner;4;Склад w1", "toner;2;Склад w2", "IT-41;;300;неисправен", "IT-42;;300"))
    counted = counted_of(then, 1, told, finished=True)
    for id, row in list(made.rows["supply", "desk"].items()):
        made.change("supply", "desk", id, quantity=Decimal(4) if row.values["place"].id == "w1" else Decimal(9))  # type: ignore[union-attr]
    made.change("equipment", "desk", "d1", room="400", condition="in_stock")
    now = made.look()
    aged_now = aged(counted, then, now)
    assert (aged_now.desk["d1"].place, aged_now.desk["d1"].condition) == ("", "")
    assert aged_now.book["b1"] == aged_now.desk["d1"]
    assert aged_now.desk["d2"].place == "300", "nobody moved it: the count still says where it is"
    assert aged_now.stale == {"toner|o1|w2"}, "w1 was put to what was counted"
    left = {d.book_id: (d.count, d.quantity) for d in compare(replace_counted(now, aged_now)).differences}
    assert left["toner|o1|w1"] == (4, -1), "the books still have five"
    assert left["toner|o1|w2"] == (None, 7), "of this the count says nothing any more: two sides are left"


# -- files -------------------------------------------------------------------------------------------------------------


def test_lists_come_in_either_encoding_with_or_without_a_heading(tmp_path: Path) -> None:
    text = 'Код;Количество;Место\nIT-41;;"Комната 214"\n\nтонер\t1 000,5\tСклад w1\tна складе\tфото\\1.jpg\n'
    for encoding in ("utf-8-sig", "cp1251"):
        path = tmp_path / f"{encoding}.csv"
        path.write_text(text, encoding)
        assert [(g.where, g.text, g.quantity, g.place, g.condition, g.photo) for g in given_in(path)] == [
            (f"{path.name}:2", "IT-41", None, "Комната 214", "", ""),
            (f"{path.name}:4", "тонер", Decimal("1000.5"), "Склад w1", "на складе", "фото\\1.jpg"),
        ]
    for wrong in ("IT-41;-1", "IT-41;много", "IT-41;1.0005", "IT-41;NaN"):
        with pytest.raises(Fatal):
            given_by(wrong, "1")
