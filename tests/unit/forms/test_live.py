"""М-4, М-17 and ОС-4 of what both sides have now: what is written is read back and held against the sides' own rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from counter import NOW, Counter, wire
from kept import comparison_kept

from uchet.connectors.base import Page, Query, Raw
from uchet.errors import UchetError
from uchet.jobs.forms.catalog import form
from uchet.jobs.forms.html import write_html
from uchet.jobs.forms.layout import DRAFT
from uchet.jobs.forms.live import make_live
from uchet.jobs.forms.making import Wanted
from uchet.jobs.forms.types import Paper
from uchet.jobs.forms.xlsx import write_xlsx
from uchet.sync.reconcile.scope import Asked
from uchet.sync.store import Store

D = Decimal
SUPPLIER = {"supplier": "c1", "organization": "o1", "place": "w1"}


class Shop:
    """A small company on both sides: one organisation, two warehouses, two people."""

    def __init__(self, store: Store) -> None:
        self.book, self.desk, self.store = Counter("book"), Counter("desk"), store
        for side in (self.book, self.desk):
            side.put("organization", "o1", name="ООО «Роза»", inn="7701")
            side.put("department", "d1", name="Отдел продаж", code="1", organization="o1")
            side.put("person", "p1", name="Андреева Анна Антоновна", number="0017", organization="o1", active=True)
            side.put("person", "p2", name="Борисов Борис Богданович", number="0018", organization="o1", active=True)
            side.put("place", "w1", name="Склад ИТ", code="1")
            side.put("place", "w2", name="Подвал", code="2")
        self.book.put("supplier", "c1", name="ООО «Канцторг»")
        self.book.put("item", "toner", name="Картридж TK-5240", code="00-17", article="TK5240", unit="шт")
        self.book.put("item", "paper", name="Бумага А4", code="00-18", unit="пачка")

    def make(self, name: str, made_of: str, *without: str, **wanted: Any) -> Paper:
        parts = wire(self.book, self.desk, self.store, *without)
        return make_live(parts, NOW, Wanted(form(name), made_of=made_of, **wanted))

    def refused(self, name: str, made_of: str, **wanted: Any) -> UchetError:
        with pytest.raises(UchetError) as caught:
            self.make(name, made_of, **wanted)
        for language in ("ru", "en"):
            assert "{" not in caught.value.text(language)
        assert caught.value.text("ru") != caught.value.text("en")
        return caught.value


@pytest.fixture
def shop() -> Iterator[Shop]:
    with Store.open(":memory:") as store:
        yield Shop(store)


class Sheet:
    """One worksheet read back: the rows of each table by column name, what stands below them as «Итого», all texts."""

    def __init__(self, paper: Paper, sheet: Any) -> None:
        self.rows: dict[str, list[dict[str, Any]]] = {one.name: [] for one in paper.form.tables}
        self.totals: dict[str, dict[str, Any]] = {}
        self.texts: list[str] = []
        waiting, table = list(paper.form.tables), None
        for cells in sheet.iter_rows(values_only=True):
            self.texts += [str(value) for value in cells if value is not None]
            if waiting and [str(c) for c in cells[: len(waiting[0].columns)]] == [c.number for c in waiting[0].columns]:
                table = waiting.pop(0)
            elif table is not None:
                row = {one.name: value for one, value in zip(table.columns, cells, strict=False)}
                if "Итого" in row.values():
                    self.totals[table.name], table = {n: v for n, v in row.items() if v not in (None, "Итого")}, None
                elif any(value is not None for value in row.values()):
                    self.rows[table.name].append(row)


def read_back(paper: Paper, folder: Path) -> list[Sheet]:
    write_xlsx(paper, folder / "form.xlsx")
    return [Sheet(paper, one) for one in openpyxl.load_workbook(folder / "form.xlsx").worksheets]


def html(paper: Paper, folder: Path) -> str:
    write_html(paper, folder / "form.html")
    return (folder / "form.html").read_text("utf-8")


# -- М-17 --------------------------------------------------------------------------------------------------------------


def stocked(shop: Shop, *, stock: int = 14) -> None:
    """Toner at the shelf: 10 on 1 March 2026 (with the desk's own card beside it), then what March brought."""
    shop.book.put("stock", "toner", item="toner", place="w1", organization="o1", quantity=D(stock), cost=D(1400))
    shop.book.put("receipt", "r1", number="0000-000007", posted=True, supplier="c1")
    shop.book.put("demand", "i1", number="0000-000012", posted=True, kind="person", person="p1", department="d1")
    shop.book.put("demand", "i2", number="0000-000013", posted=True, kind="use", person="", department="d1")
    at = {"organization": "o1", "item": "toner", "place": "w1"}
    to = {"organization": "o1", "to_item": "toner", "to_place": "w1"}
    entries = [
        ("i1", "demand", "2026-03-01", at | {"quantity": D(2)}),
        ("r1", "receipt", "2026-03-01", to | {"to_quantity": D("10.5")}),
        ("i2", "demand", "2026-03-02", at | {"quantity": D("1.5")}),
        ("i2", "demand", "2026-03-02", at | {"quantity": D(1)}),
        ("t1", "shift", "2026-03-02", at | {"quantity": D(4), "to_item": "toner", "to_place": "w2"}),
    ]
    for n, (paper, kind, day, values) in enumerate(entries):
        more = {"to_quantity": D(4)} if "to_item" in values and "item" in values else {}
        shop.book.put(
            "movement", str(n), date=day, document=paper, document_type=f"StandardODATA.{kind}", **values, **more
        )


class Openings(Counter):
    """Books whose stock of the day before is another one."""

    asked = 0

    def read(self, query: Query, since: str | None = None) -> Iterator[Page]:
        self.asked += query.collection == "stock"
        for page in super().read(query, since):
            early = query.collection == "stock" and self.asked == 2
            yield replace(page, records=tuple(map(_earlier, page.records))) if early else page


def _earlier(raw: Raw) -> Raw:
    return Raw(raw.collection, raw.id, raw.version, {**raw.data, "quantity": D(12)})


@pytest.fixture
def march(shop: Shop) -> Shop:
    shop.book = Openings("book", rows=shop.book.rows)
    stocked(shop)
    return shop


def test_a_stock_card_adds_up_and_names_documents_and_people(march: Shop, tmp_path: Path) -> None:
    paper = march.make("М-17", "movements", asked=Asked(warehouse=("Склад ИТ",)), item=("tk5240",))
    [sheet] = read_back(paper, tmp_path)
    told = [(r["n"], r["document"], r["party"], r["in"], r["out"], r["balance"]) for r in sheet.rows["lines"]]
    assert told == [
        (None, None, "Остаток на начало", None, None, 12),
        (1, "0000-000007", "ООО «Канцторг»", 10.5, None, 22.5),
        (2, "0000-000012", "Андреева Анна Антоновна", None, 2, 20.5),
        (3, None, "Подвал", None, 4, 16.5),
        (4, "0000-000013", "Отдел продаж", None, 2.5, 14),
        (None, None, "Остаток на конец", None, None, 14),
    ]
    lines = sheet.rows["lines"]
    assert lines[0]["balance"] + sheet.totals["lines"]["in"] - sheet.totals["lines"]["out"] == lines[-1]["balance"]
    assert {"Картридж TK-5240", "00-17", "Склад ИТ", "100,00"} <= set(sheet.texts)
    assert paper.posted, "made of posted documents alone"
    text = html(paper, tmp_path)
    for word in ("0000-000012", "Андреева Анна Антоновна", "22,5", "Остаток на конец"):
        assert word in text
    assert not any("расходятся" in one for one in sheet.texts)


def test_a_card_that_does_not_add_up_says_by_how_much(march: Shop, tmp_path: Path) -> None:
    march.book.rows["stock"]["toner"]["quantity"] = D(13)
    [sheet] = read_back(march.make("М-17", "movements", item=("00-17",), asked=Asked(warehouse=("1",))), tmp_path)
    assert [r["balance"] for r in sheet.rows["lines"]][-2:] == [14, 13]
    assert "Остатки и движения расходятся на 1." in sheet.texts


def test_documents_that_cannot_be_read_are_told(march: Shop, tmp_path: Path) -> None:
    march.book.stopped = {"demand", "supplier"}
    [sheet] = read_back(march.make("М-17", "movements", item=("00-17",), asked=Asked(warehouse=("1",))), tmp_path)
    told = [text for text in sheet.texts if text.startswith("НЕ ПРОЧИТАНО")]
    assert any("Расход материалов" in text for text in told)
    assert any("поставщики" in text for text in told)
    march.book.stopped = {"movement"}
    assert "Движение запасов" in march.refused("М-17", "movements").text("ru")
    march.book.stopped = set()
    assert march.refused("М-17", "movements", item=("Нечто",)).code == "form_no_stock"
    assert march.refused("М-17", "movements", until=date(2026, 4, 1)).code == "report_future"


def test_the_desks_own_card_is_in_the_books_units(shop: Shop, tmp_path: Path) -> None:
    shop.book.put("stock", "paper", item="paper", place="w1", organization="o1", quantity=D(50), cost=D(0))
    card = {"name": "Бумага", "code": "00-18", "organization": "o1", "place": "w1", "unit": "упак", "factor": D(5)}
    shop.desk.put("supply", "s1", **card, quantity=D(8), minimum=D(2))
    moves = [("receipt", 5, "2026-03-01", {}), ("issue", 2, "2026-03-02", {"person": "p1", "ticket": "Заявка 7"})]
    for n, (kind, quantity, day, more) in enumerate(moves):
        shop.desk.put("movement", str(n), type=kind, supply="s1", quantity=D(quantity), date=day, **more)
    paper = shop.make("М-17", "movements", item=("00-18",), desk=True)
    [sheet] = read_back(paper, tmp_path)
    told = [(r["document"], r["party"], r["in"], r["out"], r["balance"]) for r in sheet.rows["lines"]]
    assert told == [
        (None, "Остаток на начало", None, None, 25),
        ("№0", "приход", 25, None, 50),
        ("Заявка 7", "Андреева Анна Антоновна", None, 10, 40),
        (None, "Остаток на конец", None, None, 40),
    ]
    assert "10" in sheet.texts, "the minimum, in the books' unit"
    assert not paper.posted
    shop.desk.stopped = {"movement"}
    assert shop.refused("М-17", "movements", desk=True).code == "form_sides_unread"


# -- М-4 ---------------------------------------------------------------------------------------------------------------


def received(shop: Shop, **more: Any) -> None:
    shop.book.put("invoice", "z1", number="0000-000003", comment="Оплатить; Заявка в ИТ № 7")
    goods = [
        {"item": "toner", "quantity": D(10), "price": D("122.00"), "amount": D("1220.00"), "vat": D("220.00")},
        {"item": "paper", "quantity": D(3), "price": D("100.01"), "amount": D("300.03"), "vat": D("54.10")},
    ]
    services = [{"item": "x", "quantity": D(1), "price": D(500), "amount": D(500), "vat": D("90.16")}]
    values = {
        "number": "0000-000007", "date": "2026-02-27T12:00:00", "posted": True, "with_vat": True, "order": "z1",
        "in_number": "УПД-55", "in_date": "2026-02-26T00:00:00", "goods": goods, "equipment": [], "services": services,
    }  # fmt: skip
    shop.book.put("receipt", "r1", **SUPPLIER, **{**values, **more})


def test_a_receipt_is_printed_with_its_sums(shop: Shop, tmp_path: Path) -> None:
    received(shop)
    paper = shop.make("М-4", "document", document="0000-000007")
    [sheet] = read_back(paper, tmp_path)
    names = ("title", "code", "okei", "by_document", "accepted", "price", "sum", "vat", "whole")
    assert [tuple(r[n] for n in names) for r in sheet.rows["lines"]] == [
        ("Картридж TK-5240", "00-17", "796", 10, 10, 100, 1000, 220, 1220),
        ("Бумага А4", "00-18", "728", 3, 3, 81.98, 245.93, 54.1, 300.03),
    ]
    totals = sheet.totals["lines"]
    assert (totals["by_document"], totals["sum"], totals["vat"], totals["whole"]) == (13, 1245.93, 274.1, 1520.03)
    told = {"ООО «Роза»", "Склад ИТ", "ООО «Канцторг»", "27.02.2026", "№ УПД-55 от 26.02.2026", "№ 7"}
    assert told <= set(sheet.texts)
    assert "Услуги и права в ордер не входят: строк 1, на 500,00 руб. с НДС." in sheet.texts
    assert paper.posted
    assert DRAFT not in sheet.texts
    text = html(paper, tmp_path)
    for word in ("Картридж TK-5240", "1\N{NO-BREAK SPACE}245,93", "ООО «Канцторг»", "№ 7"):
        assert word in text


def test_what_is_not_posted_is_a_draft_that_nobody_accepted_yet(shop: Shop, tmp_path: Path) -> None:
    received(shop, posted=False, with_vat=False)
    paper = shop.make("М-4", "document", document="0000-000007")
    [sheet] = read_back(paper, tmp_path)
    first = sheet.rows["lines"][0]
    assert (first["by_document"], first["accepted"]) == (10, None)
    assert (first["price"], first["sum"], first["vat"], first["whole"]) == (122, 1220, 220, 1440)
    assert "accepted" not in sheet.totals["lines"]
    assert DRAFT in sheet.texts


def test_a_file_goes_over_the_heading_of_a_receipt(shop: Shop, tmp_path: Path) -> None:
    received(shop)
    file = tmp_path / "своё.toml"
    file.write_text('supplier = "ИП Петров"\nreceived = "кладовщик, Иванов И. И."\n', "utf-8")
    [sheet] = read_back(shop.make("М-4", "document", document="0000-000007", fill=file), tmp_path)
    assert {"ИП Петров", "кладовщик, Иванов И. И."} <= set(sheet.texts)
    assert len(sheet.rows["lines"]) == 2


def test_receipts_that_are_not_there_or_there_twice(shop: Shop, tmp_path: Path) -> None:
    received(shop)
    assert shop.refused("М-4", "document", document="0000-000009").code == "document_unknown"
    shop.book.put("receipt", "r2", **shop.book.rows["receipt"]["r1"])
    assert "r1" in shop.refused("М-4", "document", document="0000-000007").text("ru")
    shop.book.rows["receipt"]["r2"]["marked"] = True
    assert shop.make("М-4", "document", document="0000-000007").posted
    shop.book.stopped = {"supplier"}
    [sheet] = read_back(shop.make("М-4", "document", document="0000-000007"), tmp_path)
    assert any(text.startswith("НЕ ПРОЧИТАНО (учёт, поставщик)") for text in sheet.texts)
    shop.book.stopped = {"item"}
    assert "Номенклатура" in shop.refused("М-4", "document", document="0000-000007").text("ru")
    assert shop.refused("М-11", "document", document="0000-000007").code == "form_other_source"


# -- ОС-4 --------------------------------------------------------------------------------------------------------------


def owned(shop: Shop) -> None:
    at = {"accounting": "fixed_asset", "organization": "o1", "department": "d1"}
    cards = [("b1", "БП-1", "p1", D("90000.50")), ("b2", "БП-2", "p1", D(50000)), ("b3", "БП-3", "p2", D(70000))]
    for id, number, person, cost in cards:
        more = {"serial": "SN-1"} if id == "b1" else {}
        shop.book.put("equipment", id, **at, inventory_number=number, name=f"Сервер {number}", custodian=person,
                      cost=cost, commissioned="2023-11-20", **more)  # fmt: skip
    shop.book.put("depreciation", "o1|02.01|b1", asset="b1", organization="o1", amount=D("60000.25"))
    shop.book.put("depreciation", "o1|02.03|b1", asset="b1", organization="o1", amount=D(5))
    shop.book.put("depreciation", "o1|02.01|b3", asset="b3", organization="o1", amount=D(70000))


def test_cards_to_be_written_off_stand_in_an_act_for_each_person(shop: Shop, tmp_path: Path) -> None:
    owned(shop)
    paper = shop.make("ОС-4", "write-off", asked=Asked(numbers=("БП-1", "БП-2", "БП-3")))
    one, two = read_back(paper, tmp_path)
    names = ("title", "inventory_number", "serial", "made", "service", "cost", "depreciation", "residual")
    assert [tuple(r[n] for n in names) for r in one.rows["objects"]] == [
        ("Сервер БП-1", "БП-1", "SN-1", None, "2 г. 3 мес.", 90000.5, 60005.25, 29995.25),
        ("Сервер БП-2", "БП-2", None, None, "2 г. 3 мес.", 50000, 0, 50000),
    ]
    assert one.rows["objects"][0]["accepted"].date() == date(2023, 11, 20)
    assert one.totals["objects"] == {"cost": 140000.5, "depreciation": 60005.25, "residual": 79995.25}
    assert [r["residual"] for r in two.rows["objects"]] == [0]
    assert {"Андреева Анна Антоновна", "0017", "Отдел продаж"} <= set(one.texts)
    assert "Борисов Борис Богданович" in two.texts
    assert DRAFT in one.texts
    assert "Амортизация: остаток счёта 02 на конец 02.03.2026." in one.texts
    text = html(paper, tmp_path)
    assert "60\N{NO-BREAK SPACE}005,25" in text
    assert "79\N{NO-BREAK SPACE}995,25" in text


def test_depreciation_that_was_not_read_is_told_and_left_empty(shop: Shop, tmp_path: Path) -> None:
    owned(shop)
    for lame in (lambda: shop.make("ОС-4", "write-off", "depreciation", asked=Asked(numbers=("БП-1",))),
                 lambda: shop.make("ОС-4", "write-off", asked=Asked(numbers=("БП-1",)))):  # fmt: skip
        [sheet] = read_back(lame(), tmp_path)
        [row] = sheet.rows["objects"]
        assert (row["cost"], row["depreciation"], row["residual"]) == (90000.5, None, None)
        assert any("НЕ ПРОЧИТАНО (учёт, Амортизация)" in text for text in sheet.texts)
        assert "Амортизация не прочитана: графы 8 и 9 заполняет бухгалтерия." in sheet.texts
        shop.book.stopped = {"depreciation"}
    shop.book.stopped = {"equipment"}
    assert shop.refused("ОС-4", "write-off", asked=Asked(numbers=("БП-1",))).code == "form_sides_unread"


def test_a_write_off_in_the_books_is_printed_until_and_after_it_is_posted(shop: Shop, tmp_path: Path) -> None:
    owned(shop)
    off = {"number": "0000-000001", "date": "2026-03-02T15:00:00", "rows": [{"asset": "b3"}]}
    shop.book.put("write_off", "w1", **off, posted=False)
    paper = shop.make("ОС-4", "document", document="0000-000001")
    assert not paper.posted
    assert paper.stamp.day == date(2026, 3, 1), "the books as of the day before"
    [sheet] = read_back(paper, tmp_path)
    assert [r["inventory_number"] for r in sheet.rows["objects"]] == ["БП-3"]
    assert "written_off" not in paper.sheets[0].values
    shop.book.rows["write_off"]["w1"]["posted"] = True
    posted = shop.make("ОС-4", "document", document="0000-000001")
    assert posted.posted
    assert posted.sheets[0].values["written_off"] == date(2026, 3, 2)
    shop.book.rows["write_off"]["w1"]["rows"] = [{"asset": "b9"}]
    assert "b9" in shop.refused("ОС-4", "document", document="0000-000001").text("ru")


def test_without_a_word_those_are_taken_whose_write_off_was_proposed(shop: Shop, tmp_path: Path) -> None:
    owned(shop)
    with comparison_kept(tmp_path) as (store, made):
        found = next(one for one in made.differences if one.kind == "equipment")
        run = store.start_run("reconcile", "main")
        difference = replace(found, key="difference:x", book_id="b2", proposal="write_off")
        snapshot = store.snapshot("main", made.run)
        assert snapshot is not None
        store.put_reconciliation("main", replace(made, run=run.id, differences=(difference,)), snapshot)
        shop.store = store
        [sheet] = shop.make("ОС-4", "write-off", run=run.id).sheets
        assert [row["inventory_number"] for row in sheet.rows["objects"]] == ["БП-2"]
        assert shop.refused("ОС-4", "write-off", run=made.run).code == "form_no_write_off"
