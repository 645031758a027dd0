"""Every virtual table, journals, and the periods registers keep, on a base that has one of every kind of object."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest
import zoo

from uchet.emulator import Emulator

STOCK, SALES, LEDGER = "AccumulationRegister_Запасы", "AccumulationRegister_Продажи", "AccountingRegister_Учет"
MAIN, SPARE = zoo.key("Главный"), zoo.key("Запасной")
PAPER, MOUSE = zoo.key("Бумага"), zoo.key("Мышь")


@pytest.fixture
def base() -> Iterator[Emulator]:
    with Emulator(zoo.model(), control=True) as started:
        zoo.populate(started)
        yield started


@pytest.fixture
def zoo_client(base: Emulator, connect: Callable[[str], Any]) -> Any:
    return connect(base.url)


def stock(base: Emulator, day: int, *rows: tuple[str, str, str, str]) -> None:
    """Records of one receipt: (RecordType, warehouse, item, quantity)."""
    recorder = {"Recorder": zoo.key(f"Приход {day}"), "Recorder_Type": "StandardODATA.Document_Приход"}
    period = f"2026-03-{day:02d}T10:00:00"
    body = [
        {"Period": period, "RecordType": kind, "Склад_Key": place, "Товар_Key": item, "Количество": n, "Сумма": n}
        for kind, place, item, n in rows
    ]
    base.world.put(STOCK, {**recorder, "RecordSet": body})


def entry(base: Emulator, day: int, debit: str, credit: str, amount: str, **more: Any) -> None:
    recorder = {"Recorder": zoo.key(f"Приход {day}"), "Recorder_Type": "StandardODATA.Document_Приход"}
    row = {"Period": f"2026-03-{day:02d}T10:00:00", "Организация_Key": zoo.key("Свой"), "Сумма": amount}
    sides = {"AccountDr_Key": zoo.key(debit), "AccountCr_Key": zoo.key(credit)}
    base.world.put(LEDGER, {**recorder, "RecordSet": [{**row, **sides, **more}]})


def test_accumulation_balance_turnovers_and_both(base: Emulator, zoo_client: Any) -> None:
    stock(base, 1, ("Receipt", MAIN, PAPER, "10"), ("Receipt", MAIN, MOUSE, "2"))
    stock(base, 3, ("Expense", MAIN, PAPER, "4.5"), ("Receipt", SPARE, PAPER, "1"))
    balance = zoo_client.value(f"{STOCK}/Balance(Dimensions='Товар')")
    assert {(r["Товар_Key"], r["КоличествоBalance"]) for r in balance} == {(PAPER, 6.5), (MOUSE, 2)}
    before = zoo_client.value(f"{STOCK}/Balance(Period=datetime'2026-03-03T10:00:00',Dimensions='Товар')")
    assert {(r["Товар_Key"], r["КоличествоBalance"]) for r in before} == {(PAPER, 10), (MOUSE, 2)}, "the moment itself"
    span = "StartPeriod=datetime'2026-03-02T00:00:00',EndPeriod=datetime'2026-03-03T10:00:00'"
    moved = zoo_client.value(f"{STOCK}/Turnovers({span},Condition='Склад_Key eq guid''{MAIN}''')")
    assert [(r["КоличествоReceipt"], r["КоличествоExpense"], r["КоличествоTurnover"]) for r in moved] == [
        (0, 4.5, -4.5)
    ]
    both = zoo_client.value(f"{STOCK}/BalanceAndTurnovers({span})", f"$filter=Товар_Key eq guid'{PAPER}'")
    shown = {(r["Склад_Key"], r["КоличествоOpeningBalance"], r["КоличествоClosingBalance"]) for r in both}
    assert shown == {(MAIN, 10, 5.5), (SPARE, 0, 1)}


def test_turnover_registers_have_no_balance(base: Emulator, zoo_client: Any) -> None:
    rows = [{"Period": "2026-03-01T10:00:00", "Товар_Key": PAPER, "Количество": "3"}]
    base.world.put(SALES, {"Recorder_Key": zoo.key("Расход 1"), "RecordSet": rows})
    assert [r["КоличествоTurnover"] for r in zoo_client.value(f"{SALES}/Turnovers()")] == [3]
    assert zoo_client.refused("GET", f"{SALES}/Balance()")[:2] == (400, "11")
    one = zoo_client.get(f"{SALES}(guid'{zoo.key('Расход 1')}')")
    assert (one["Recorder_Key"], len(one["RecordSet"])) == (zoo.key("Расход 1"), 1)
    assert zoo_client.value(f"{SALES}_RecordType")[0]["Recorder_Key"] == zoo.key("Расход 1")


def test_accounting_sides_follow_the_kind_of_account(base: Emulator, zoo_client: Any) -> None:
    goods = {"ExtDimensionDr1": PAPER, "ExtDimensionDr1_Type": "StandardODATA.Catalog_Товары", "КоличествоDr": "5"}
    entry(base, 1, "10", "60", "100", **goods)
    entry(base, 2, "76", "10", "130", ExtDimensionCr1=MOUSE, ExtDimensionCr1_Type="StandardODATA.Catalog_Товары")
    rows = {
        r["Account_Key"]: (r["СуммаBalance"], r["СуммаBalanceDr"], r["СуммаBalanceCr"], r["СуммаSplittedBalanceCr"])
        for r in zoo_client.value(f"{LEDGER}/Balance(Dimensions='Организация')")
    }
    assert rows[zoo.key("10")] == (-30, -30, 0, 130), "an active account stays on its side"
    assert rows[zoo.key("60")] == (-100, 0, 100, 100)
    assert rows[zoo.key("76")] == (130, 130, 0, 0)
    account = f"AccountCondition='Account_Key eq guid''{zoo.key('10')}'''"
    span = "StartPeriod=datetime'2026-03-02T00:00:00',EndPeriod=datetime'2026-03-31T00:00:00'"
    both = zoo_client.value(f"{LEDGER}/BalanceAndTurnovers({span},{account},Dimensions='Организация')")
    found = [(r["СуммаOpeningBalance"], r["СуммаTurnoverCr"], r["СуммаClosingBalance"]) for r in both]
    assert found == [(100, 130, -30)]
    turned = zoo_client.value(f"{LEDGER}/Turnovers({account},Dimensions='Организация')")
    assert [(r["СуммаTurnoverDr"], r["СуммаTurnoverCr"], r["КоличествоTurnoverDr"]) for r in turned] == [(100, 130, 5)]


def test_ext_dimensions_of_the_kinds_asked_for(base: Emulator, zoo_client: Any) -> None:
    goods, places = "StandardODATA.Catalog_Товары", "StandardODATA.Catalog_Склады"
    for day, place, amount in ((1, MAIN, "100"), (2, SPARE, "50")):
        first = {"ExtDimensionDr1": PAPER, "ExtDimensionDr1_Type": goods}
        entry(base, day, "10", "60", amount, **first, ExtDimensionDr2=place, ExtDimensionDr2_Type=places)
    entry(base, 3, "76", "60", "7", ExtDimensionDr1=MOUSE, ExtDimensionDr1_Type=goods)

    def asked(*kinds: str) -> set[tuple[Any, ...]]:
        keys = ",".join(zoo.key(f"вид {kind}") for kind in kinds)
        rows = zoo_client.value(f"{LEDGER}/Balance(ExtraDimensions='{keys}')")
        shown = ("Account_Key", "ExtDimension1", "ExtDimension1_Type", "ExtDimension2", "СуммаBalance")
        return {tuple(row[name] for name in shown) for row in rows}

    assert asked("Товары") == {
        (zoo.key("10"), PAPER, goods, "", 150),
        (zoo.key("76"), MOUSE, goods, "", 7),
    }, "accounts without the kind are left out, other kinds are added up"
    assert asked("Склады", "Товары") == {
        (zoo.key("10"), MAIN, places, PAPER, 100),
        (zoo.key("10"), SPARE, places, PAPER, 50),
    }, "in the order asked for"
    assert zoo_client.refused("GET", f"{LEDGER}/Balance(ExtraDimensions='Товары')")[0] == 400


def test_turnovers_between_accounts(base: Emulator, zoo_client: Any) -> None:
    entry(base, 1, "10", "60", "100", КоличествоDr="5")
    entry(base, 2, "10", "60", "7.5", КоличествоDr="1")
    rows = zoo_client.value(f"{LEDGER}/DrCrTurnovers()")
    kept = [(r["AccountDr_Key"], r["AccountCr_Key"], r["СуммаTurnover"], r["КоличествоTurnoverDr"]) for r in rows]
    assert kept == [(zoo.key("10"), zoo.key("60"), Decimal("107.5"), 6)]
    only = f"{LEDGER}/DrCrTurnovers(AccountDrCondition='AccountDr_Key eq guid''{zoo.key('60')}''')"
    assert zoo_client.value(only) == []


def test_records_with_ext_dimensions_and_their_traps(base: Emulator, zoo_client: Any) -> None:
    kind = "StandardODATA.Catalog_Товары"
    for day, item in ((1, PAPER), (2, MOUSE), (4, PAPER)):
        entry(base, day, "10", "60", "1", ExtDimensionDr1=item, ExtDimensionDr1_Type=kind)
    place = f"{LEDGER}/RecordsWithExtDimensions"
    span = "(StartPeriod=datetime'2026-03-01T00:00:00',EndPeriod=datetime'2026-03-02T23:59:59')"
    rows = zoo_client.value(f"{place}{span}")
    assert {(r["ExtDimensionDr1"], r["ExtDimensionTypeDr1_Key"]) for r in rows} == {
        (PAPER, zoo.key("вид Товары")),
        (MOUSE, zoo.key("вид Товары")),
    }
    assert zoo_client.refused("GET", f"{place}()", query="$skip=1")[:2] == (400, "0")
    assert len(zoo_client.value(f"{place}(Top=1)")) == 1
    recorder = zoo.key("Приход 1")
    assert zoo_client.refused("GET", f"{place}(Condition='Recorder eq guid''{recorder}''')")[:2] == (500, "-1")
    assert zoo_client.value(f"{place}(Condition='Recorder eq ''{recorder}''')") == [], "silently nothing"
    assert len(zoo_client.value(f"{place}(Condition='AccountDr_Key eq guid''{zoo.key('10')}''')")) == 3
    assert "ExtDimensionDr1" not in zoo_client.value(f"{LEDGER}_RecordType")[0], "not part of the records themselves"
    kinds = zoo_client.value(f"{LEDGER}/ExtDimensions()")
    assert [(r["RecordType"], r["Value"]) for r in kinds].count(("Debit", PAPER)) == 2


def test_periods_are_kept_as_the_register_rounds_them(zoo_client: Any) -> None:
    price = {"Period": "2026-03-05T17:40:00", "Товар_Key": PAPER, "Цена": 5}
    assert zoo_client.call("POST", "InformationRegister_Цены", price).json()["Period"] == "2026-03-05T00:00:00"
    again = zoo_client.refused("POST", "InformationRegister_Цены", {**price, "Period": "2026-03-05T09:00:00"})
    assert again[:2] == (400, "15"), "the same day"
    rate = {"Period": "2026-03-05T17:40:00", "Валюта": "KZT", "Курс": 5}
    assert zoo_client.call("POST", "InformationRegister_Курсы", rate).json()["Period"] == "2026-03-01T00:00:00"
    last = zoo_client.value("InformationRegister_Цены/SliceLast(Period=datetime'2026-03-05T00:00:00')")
    assert [r["Цена"] for r in last] == [5]


def test_journals_show_their_documents_and_take_nothing(zoo_client: Any) -> None:
    rows = zoo_client.value("DocumentJournal_Складские", "$orderby=Date,Number")
    assert len(rows) == 10
    assert {r["Ref_Type"] for r in rows} == {"StandardODATA.Document_Приход", "StandardODATA.Document_Расход"}
    assert rows[0]["Склад_Key"] == MAIN
    assert zoo_client.call("POST", "DocumentJournal_Складские", {}).status_code == 405
