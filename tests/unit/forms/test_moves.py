"""ОС-2, М-11, ОС-3, МБ-7, МБ-8 and acts of drafts that stand in the journal."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from kept import PAIR, comparison_kept
from papers import written

from uchet.errors import UchetError
from uchet.jobs.forms.catalog import form
from uchet.jobs.forms.making import Wanted, make
from uchet.jobs.forms.moves import served
from uchet.jobs.forms.types import Paper
from uchet.mappings.model import Ref
from uchet.sync.store import Store
from uchet.sync.types import Draft, FieldChange, Link, Operation, Seen

MOSCOW = ZoneInfo("Europe/Moscow")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with comparison_kept(tmp_path) as (store, _):
        yield store


def put(store: Store, document: str, state: str, header: dict[str, Any], *members: Operation, id: str = "d1") -> None:
    """A draft as applying a plan leaves it: its operation in the journal, and itself."""
    run = store.start_run("nightly", PAIR)
    one = Operation(f"o-{id}", "draft", "book", members[0].kind, key=id, document=document, header=header,
                    members=members)  # fmt: skip
    store.intend(PAIR, run.id, one, id)
    store.put_draft(PAIR, Draft(id, document, f"ref-{id}", None, "c", state, "0001", members), run=run.id)  # type: ignore[arg-type]


def paper(store: Store, name: str, number: str = "0001") -> Paper:
    return make(store, PAIR, MOSCOW, Wanted(form(name), draft=number))


def org(kind: str, id: str) -> Ref:
    return Ref("book", kind, id)


def test_a_move_is_printed_as_os_2(store: Store, tmp_path: Path) -> None:
    seen = {"name": "Сервер", "inventory_number": "БП-9", "cost": Decimal("1000.50"), "commissioned": date(2024, 5, 6)}
    store.put_link(PAIR, Link("equipment", "b9", "d9", seen=Seen(seen, seen)), by="t")
    header = {
        "organization": org("organization", "o1"),
        "from_department": org("department", "o1d0"),
        "to_department": org("department", "o1d1"),
        "from_custodian": org("person", "o1p0"),
        "to_custodian": org("person", "o1p1"),
    }
    member = Operation("m", "update", "book", "equipment", "b9", "d9", label="БП-9")
    put(store, "move", "open", header, member)
    given = paper(store, "ОС-2")
    assert not given.posted
    values = given.sheets[0].values
    assert (values["organization"], values["from"], values["to"]) == ("ООО «o1»", "Отдел 0", "Отдел 1")
    assert (values["gave"], values["received"], values["number"]) == ("Сотрудник o1 0", "Сотрудник o1 1", "0001")
    [read] = written(given, tmp_path / "os.xlsx")
    assert [(r["title"], r["inventory_number"], r["sum"]) for r in read.rows] == [("Сервер", "БП-9", 1000.5)]
    assert read.rows[0]["acquired"].date() == date(2024, 5, 6)
    put(store, "move", "agreed", header, member)
    assert paper(store, "ОС-2", "ref-d1").posted, "posted as it was written"


def test_an_issue_is_printed_as_m_11(store: Store, tmp_path: Path) -> None:
    snapshot = store.snapshot(PAIR, store.reconciliations(PAIR, 1)[0].run)
    assert snapshot is not None
    item = next(r for r in snapshot.listings["item", "book"].records.values() if r.values["name"] == "Тонер")
    row = {"item": item.ref, "quantity": Decimal("2.000"), "price": Decimal("10.05")}
    changes = tuple(FieldChange(name, None, value) for name, value in row.items())
    member = Operation("m", "update", "book", "item", item.id, None, changes, rule="order:e1", label="Заявка 7")
    header = {"organization": org("organization", "o1"), "place": org("place", "w1"), "person": org("person", "o1p2")}
    put(store, "issue_person", "open", header, member)
    given = paper(store, "М-11")
    assert given.sheets[0].values["from"] == "Склад w1"
    assert given.sheets[0].values["received"] == "Сотрудник o1 2"
    [read] = written(given, tmp_path / "m.xlsx")
    [line] = read.rows
    assert (line["title"], line["unit"], line["okei"], line["given"], line["sum"]) == ("Тонер", "шт", "796", 2, 20.1)


def ordered(store: Store, kind: str, id: str, label: str = "Заявка 7", **said: Any) -> Operation:
    changes = tuple(FieldChange(name, None, value) for name, value in said.items())
    return Operation(f"m-{id}", "update", "book", kind, id, None, changes, rule="order:e1", label=label)


def toner(store: Store) -> Ref:
    snapshot = store.snapshot(PAIR, store.reconciliations(PAIR, 1)[0].run)
    assert snapshot is not None
    return next(r.ref for r in snapshot.listings["item", "book"].records.values() if r.values["name"] == "Тонер")


def test_a_move_between_people_is_an_act_of_issue_and_one_of_return(store: Store, tmp_path: Path) -> None:
    book = {"name": "Ноутбук", "inventory_number": "БП-9", "cost": Decimal("1000.50")}
    desk = {"serial": "SN-1", "condition": "in_use"}
    store.put_link(PAIR, Link("equipment", "b9", "d9", seen=Seen(book, desk)), by="t")
    people = {"from_custodian": org("person", "o1p0"), "to_custodian": org("person", "o1p1")}
    header = {"organization": org("organization", "o1"), "to_department": org("department", "o1d1"), **people}
    store.put_link(PAIR, Link("person", "o1p1", "o1p1", seen=Seen({"name": "Сотрудник o1 1", "number": "017"})), by="t")
    put(store, "move", "open", header, Operation("m", "update", "book", "equipment", "b9", "d9", label="БП-9"))
    [sheet] = paper(store, "Акт выдачи").sheets
    told = {n: sheet.values.get(n) for n in ("custodian", "personnel_number", "gave", "received", "department")}
    assert told == {
        "custodian": "Сотрудник o1 1", "personnel_number": "017", "gave": "Сотрудник o1 0",
        "received": "Сотрудник o1 1", "department": "Отдел 1",
    }  # fmt: skip
    [read] = written(paper(store, "Акт выдачи"), tmp_path / "act.xlsx")
    [row] = read.rows
    assert (row["title"], row["inventory_number"], row["serial"], row["quantity"], row["sum"], row["condition"]) == (
        "Ноутбук", "БП-9", "SN-1", 1, 1000.5, "в эксплуатации",
    )  # fmt: skip
    [back] = paper(store, "Акт возврата").sheets
    assert (back.values["custodian"], back.values["gave"], back.values["received"]) == (
        "Сотрудник o1 0", "Сотрудник o1 0", "Сотрудник o1 1",
    )  # fmt: skip
    assert "department" not in back.values, "the document says nothing of where it came from"


def test_things_put_in_use_are_an_act_for_each_person_and_one_list(store: Store, tmp_path: Path) -> None:
    item = toner(store)
    rows = [
        ordered(store, "item", item.id, f"Заявка {n}", item=item, quantity=Decimal(n), person=org("person", f"o1p{n}"))
        for n in (1, 2, 1)
    ]
    header = {"organization": org("organization", "o1"), "place": org("place", "w1"), "date": date(2026, 3, 4)}
    put(store, "put_in_use", "agreed", header, *rows)
    acts = paper(store, "Акт выдачи")
    assert acts.posted
    told = [(one.values["custodian"], one.values["ticket"], len(one.rows["lines"])) for one in acts.sheets]
    assert told == [("Сотрудник o1 1", "Заявка 1", 2), ("Сотрудник o1 2", "Заявка 2", 1)]
    assert len({one.title for one in acts.sheets}) == 2
    [read] = written(paper(store, "МБ-7"), tmp_path / "mb.xlsx")
    assert [(r["person"], r["title"], r["okei"], r["quantity"]) for r in read.rows] == [
        ("Сотрудник o1 1", "Тонер", "796", 1),
        ("Сотрудник o1 1", "Тонер", "796", 1),
        ("Сотрудник o1 2", "Тонер", "796", 2),
    ]
    assert {r["since"].date() for r in read.rows} == {date(2026, 3, 4)}
    assert read.whole["quantity"] == 4


def test_a_write_off_of_things_in_use_is_mb_8(store: Store, tmp_path: Path) -> None:
    item = toner(store)
    header = {"organization": org("organization", "o1"), "person": org("person", "o1p2"), "reason": "Сломана"}
    put(store, "scrap_person", "open", header, ordered(store, "item", item.id, item=item, quantity=Decimal(3)))
    given = paper(store, "МБ-8")
    assert given.sheets[0].values["custodian"] == "Сотрудник o1 2"
    [read] = written(given, tmp_path / "mb.xlsx")
    [row] = read.rows
    assert (row["title"], row["quantity"], row["reason"], row["price"], row["sum"]) == (
        "Тонер",
        3,
        "Сломана",
        None,
        None,
    )


def test_an_upgrade_is_os_3_without_sums_that_nobody_knows(store: Store) -> None:
    seen = {"name": "Сервер", "inventory_number": "БП-9", "cost": Decimal(9000), "commissioned": date(2023, 11, 20)}
    store.put_link(PAIR, Link("equipment", "b9", "d9", seen=Seen(seen, {"serial": "SN-1"})), by="t")
    asset = ordered(store, "equipment", "b9", asset=org("equipment", "b9"))
    header = {"organization": org("organization", "o1"), "department": org("department", "o1d0")}
    put(store, "upgrade", "open", {**header, "date": datetime(2026, 2, 4, 8)}, asset)
    [sheet] = paper(store, "ОС-3").sheets
    assert (sheet.values["department"], sheet.values["date"]) == ("Отдел 0", date(2026, 2, 4))
    assert sheet.rows["objects"] == (
        {"n": 1, "title": "Сервер", "inventory_number": "БП-9", "serial": "SN-1", "service": "2 г. 2 мес."},
    )
    assert sheet.rows["costs"] == ({"n": 1, "title": "Сервер", "work": "модернизация"},)


@pytest.mark.parametrize(
    ("since", "told"),
    [
        (date(2024, 2, 4), "2 г."),
        (date(2024, 2, 5), "1 г. 11 мес."),
        (date(2026, 1, 20), "0 мес."),
        (date(2026, 2, 5), None),
        (None, None),
    ],
)
def test_how_long_a_thing_served(since: date | None, told: str | None) -> None:
    assert served(since, date(2026, 2, 4)) == told


def test_what_is_no_draft_of_that_form_is_refused(store: Store) -> None:
    member = Operation("m", "update", "book", "equipment", "b9", "d9", label="БП-9")
    header = {"organization": org("organization", "o1")}
    for id in ("d1", "d2"):
        put(store, "move", "open", header, member, id=id)
    codes = []
    for name, number in (("ОС-2", "0001"), ("ОС-2", "0009"), ("М-11", "0001"), ("ИНВ-1", "0001")):
        with pytest.raises(UchetError) as caught:
            paper(store, name, number)
        codes.append(caught.value.code)
        assert caught.value.text("ru") != caught.value.text("en")
    assert codes == ["draft_ambiguous", "draft_unknown", "draft_unknown", "form_of_no_draft"]
    assert paper(store, "ОС-2", "ref-d2").sheets
