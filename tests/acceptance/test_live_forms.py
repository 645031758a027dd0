"""М-4, М-17 and ОС-4 from a 1C that answers over HTTP: the mapping's own names, its balances and its movements."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from firm import Firm, copies, guid, number, stocked

from uchet.cli import main
from uchet.emulator.defaults import known_key
from uchet.jobs.forms.catalog import form
from uchet.jobs.forms.layout import DRAFT
from uchet.jobs.forms.live import make_live
from uchet.jobs.forms.making import Wanted
from uchet.jobs.forms.types import Paper
from uchet.jobs.wiring import Wired
from uchet.mappings.model import Ref
from uchet.settings import ReserveRule
from uchet.sync.orders import Order
from uchet.sync.reconcile.scope import Asked

RECEIPT, OFF = "Document_ПоступлениеТоваровУслуг", "Document_СписаниеОС"


@pytest.fixture(scope="module")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Firm:
    return stocked(tmp_path_factory.mktemp("papers") / "firm")


@pytest.fixture
def firm(origin: Firm, tmp_path: Path) -> Iterator[Firm]:
    made = copies(origin, tmp_path / "firm")()
    yield made
    made.stop()


def make(firm: Firm, name: str, made_of: str, **wanted: Any) -> Paper:
    settings: Any = SimpleNamespace(reserve=ReserveRule())
    parts = Wired(settings, firm.store, firm.engine().pair, firm.engine())
    return make_live(parts, firm.clock(), Wanted(form(name), made_of=made_of, **wanted))


def bought(firm: Firm) -> str:
    """A receipt of toner for a request, with tax in its sums, posted."""
    firm.world.put("Catalog_Контрагенты", {"Ref_Key": guid("shop"), "Description": "ООО «Канцторг»"})
    head = {"Организация_Key": guid("rose"), "Контрагент_Key": guid("shop"), "Date": "2026-02-02T10:00:00"}
    ordered = [{"Содержание": "Тонер, шт", "Количество": 5, "СтавкаНДС": "НДС22"}]
    invoice = {**head, "Number": "0000-000003", "Комментарий": "Заявка в ИТ № 7", "Товары": ordered}
    order = firm.world.write_document("Document_СчетНаОплатуПоставщика", invoice)
    row = {
        "Номенклатура_Key": guid("item toner"), "Количество": 5, "Цена": 122, "Сумма": 610, "СтавкаНДС": "НДС22",
        "СуммаНДС": 110, "СчетУчета_Key": known_key("account 10.09"),
    }  # fmt: skip
    return firm.world.write_document(
        RECEIPT,
        {
            **head, "Number": "П-1", "ВидОперации": "Товары", "Склад_Key": guid("warehouse"), "СуммаВключаетНДС": True,
            "СчетНаОплатуПоставщика_Key": order, "НомерВходящегоДокумента": "УПД-55",
            "ДатаВходящегоДокумента": "2026-02-01T00:00:00", "Товары": [row],
        },
    )  # fmt: skip


def depreciated(firm: Firm, asset: str, sum_: int) -> None:
    record = {
        "Period": "2026-01-31T23:00:00", "Организация_Key": guid("rose"), "AccountCr_Key": known_key("account 02.01"),
        "ExtDimensionCr1": guid(f"asset {asset}"),
        "ExtDimensionCr1_Type": "StandardODATA.Catalog_ОсновныеСредства", "Сумма": sum_,
    }  # fmt: skip
    source = {"Recorder": guid("month"), "Recorder_Type": f"StandardODATA.{RECEIPT}"}
    firm.world.put("AccountingRegister_Хозрасчетный", {**source, "RecordSet": [record]})


def test_a_receipt_and_the_card_of_what_it_brought(firm: Firm) -> None:
    key = bought(firm)
    paper = make(firm, "М-4", "document", document="П-1")
    [sheet] = paper.sheets
    values = {n: sheet.values.get(n) for n in ("organization", "warehouse", "supplier", "accompanying", "request")}
    assert values == {
        "organization": "ООО «Роза»", "warehouse": "Основной склад", "supplier": "ООО «Канцторг»",
        "accompanying": "№ УПД-55 от 01.02.2026", "request": "№ 7",
    }  # fmt: skip
    [row] = sheet.rows["lines"]
    names = ("title", "code", "okei", "by_document", "accepted", "price", "sum", "vat", "whole")
    assert tuple(row[n] for n in names) == ("Тонер", "toner", "796", 5, 5, 100, 500, 110, 610)
    assert paper.posted
    assert make(firm, "М-4", "document", document=key).sheets[0].rows == sheet.rows

    firm.now = max(firm.now, firm.now.replace(year=2026, month=2, day=20))
    wanted = {"item": ("Тонер",), "since": date(2026, 1, 15), "until": date(2026, 2, 10)}
    [card] = make(firm, "М-17", "movements", **wanted).sheets
    told = [(r.get("document"), r["party"], r.get("in"), r["balance"]) for r in card.rows["lines"]]
    assert told[0] == (None, "Остаток на начало", None, 0)
    assert [one[1:] for one in told[1:-1]] == [("Оприходование товаров", 20, 20), ("ООО «Канцторг»", 5, 25)]
    assert told[2][0] == "П-1"
    assert told[-1] == (None, "Остаток на конец", None, 25)
    firm.world.unpost(RECEIPT, key)
    draft = make(firm, "М-4", "document", document="П-1")
    assert not draft.posted
    assert draft.sheets[0].rows["lines"][0]["accepted"] is None


def test_a_write_off_that_somebody_ordered_is_printed_for_the_accountant(firm: Firm) -> None:
    card = Ref("desk", "equipment", firm.it.find("equipment", "inventory_number", number("09")))
    home = Ref("book", "organization", guid("rose"))
    firm.engine().draft([Order("write_off_asset", "task", "Заявка 19", {"organization": home}, ({"asset": card},))])
    [sheet] = make(firm, "ОС-4", "write-off").sheets
    assert [row["inventory_number"] for row in sheet.rows["objects"]] == [number("09")]
    assert sheet.values["basis"] == "Заявка 19"


def test_a_write_off_before_and_after_it_is_posted(firm: Firm) -> None:
    depreciated(firm, "07", 15000)
    wanted = {"asked": Asked(numbers=(number("07"), number("08")))}
    [sheet] = make(firm, "ОС-4", "write-off", **wanted).sheets
    names = ("inventory_number", "serial", "cost", "depreciation", "residual")
    before = [tuple(row[n] for n in names) for row in sheet.rows["objects"]]
    assert before == [(number("07"), "SN77A07", 60000, 15000, 45000), (number("08"), "SN77A08", 60000, 0, 60000)]
    assert sheet.values["custodian"] == "Борисов Борис Богданович"
    off = {"Организация_Key": guid("rose"), "Number": "С-1", "ОС": [{"ОсновноеСредство_Key": guid("asset 07")}]}
    day = (firm.now + timedelta(hours=3)).replace(tzinfo=None)
    firm.world.write_document(OFF, {**off, "Date": day.isoformat(timespec="seconds")})
    paper = make(firm, "ОС-4", "document", document="С-1")
    [row] = paper.sheets[0].rows["objects"]
    assert tuple(row[n] for n in names) == before[0], "as the books had it the day before"
    assert row["accepted"] == date(2026, 1, 12)
    assert paper.posted
    assert row["cost"] - row["depreciation"] == row["residual"] == Decimal(45000)


def test_the_command_reads_the_sides_and_writes(
    firm: Firm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    bought(firm)
    monkeypatch.setenv("UCHET_SETTINGS", str(firm.settings_file(tmp_path / "uchet.toml")))
    for name, options, lines in (
        ("М-4", ["--document", "П-1"], 1),
        ("М-17", ["--movements", "--item", "Тонер", "--since", "2026-01-15", "--until", "2026-02-10"], 4),
        ("ОС-4", ["--write-off", "--number", number("07")], 1),
    ):
        capsys.readouterr()
        assert main(["form", name, *options, "--out", str(tmp_path / "form.html"), "--json"]) == 0
        told = json.loads(capsys.readouterr().out)
        assert [one["lines"] for one in told["sheets"]] == [lines]
        assert (DRAFT in (tmp_path / "form.html").read_text("utf-8")) is (name == "ОС-4")
    assert main(["form", "ОС-4", "--write-off", "--out", str(tmp_path / "none.xlsx")]) != 0
    assert "Нет основных средств к списанию" in capsys.readouterr().err
