"""A week on each configuration's own base with a real desk: ERP 2.5, УТ 11 for stock, БП КЗ as it is published.

Every week begins with a first load onto an empty desk and ends quiet.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from enterprise import DEPARTMENTS, PEOPLE, fill, first_load, rest, started
from firm import Firm, guid

from uchet.connectors.onec.odata import OnecConnector
from uchet.connectors.roundup.server import seed
from uchet.emulator import Emulator, erp25
from uchet.emulator.edmx import parse
from uchet.mappings.check import unpublished
from uchet.mappings.load import load_system
from uchet.mappings.model import Ref
from uchet.purchase_rules import RequestRules
from uchet.sync.binding import bind
from uchet.sync.intake import Intake
from uchet.sync.orders import Order

SHOWN, NOTES = "InformationRegister_ИТАктивы", "InformationRegister_ДополнительныеСведения"
MOVE, CUSTODY = "Document_ПеремещениеОС2_4", "Document_ПеремещениеВЭксплуатации"

# -- ERP 2.5 -----------------------------------------------------------------------------------------------------------


def place(firm: Firm, asset: str) -> tuple[str, str]:
    rows = [
        r
        for r in firm.world.rows("InformationRegister_МестонахождениеОС")
        if r["ОсновноеСредство_Key"] == guid(f"asset {asset}")
    ]
    last = max(rows, key=lambda r: r["Period"])
    return last["Местонахождение_Key"], last["МОЛ_Key"]


def shown(firm: Firm) -> dict[str, Any]:
    """The rows of the register «ИТ-активы» by the desk's number."""
    return {row["Актив"]: row for row in firm.world.rows(SHOWN)}


def thing(firm: Firm, number: str, organization: str) -> str:
    """The desk enters a thing; its id."""
    values = {"name": number, "inventory_number": number, "serial": f"SN-{number}", "organization": organization}
    headers = firm.it._headers()
    firm.it._send("POST", firm.it._address("equipment"), json={**values, "accounting": "low_value"}, headers=headers)
    return firm.it.find("equipment", "inventory_number", number)


def work(firm: Firm, inventory: str, **values: Any) -> None:
    id = firm.it.find("equipment", "inventory_number", inventory)
    firm.it.change("equipment", id, **values)


def test_a_week_on_erp(tmp_path: Path) -> None:
    for firm in started(tmp_path / "erp", "erp25", erp25.erp()):
        fill(firm)
        first_load(firm)
        assert len(firm.it.rows("equipment", ("id",))) == 5
        assert sorted(r["name"] for r in firm.it.rows("employee", ("name",))) == sorted(PEOPLE.values())
        # Monday: the desk knows more of the things, and of one that has no card.
        work(firm, "ОС-01", serial="SN-1", model="OptiPlex 7090", status="faulty")
        employee = {name: firm.it.find("employee", "name", full) for name, full in PEOPLE.items()}
        home = firm.it.find("organization", "name", "ООО «Роза»")
        firm.it._send(
            "POST",
            firm.it._address("equipment"),
            json={
                "name": "тел",
                "inventory_number": "Т-000001",
                "book_name": "Телефон Panasonic",
                "accounting": "low_value",
                "organization": home,
                "custodian": employee["anna"],
            },
            headers=firm.it._headers(),
        )
        assert firm.night().failed == 0
        card = firm.world.get("Catalog_ОбъектыЭксплуатации", guid("asset 01"))
        assert card is not None
        assert (card["СерийныйНомер"], card["Модель"]) == ("SN-1", "OptiPlex 7090")
        assert {r["Свойство_Key"]: r["Значение"] for r in card["ДополнительныеРеквизиты"]} == {
            guid("состояние"): "Неисправно"
        }
        rest(firm)
        # Tuesday: one asset and the telephone go to somebody else.
        department = firm.it.find("department", "name", DEPARTMENTS["it"])
        work(firm, "ОС-02", custodian=employee["boris"], department=department)
        work(firm, "Т-000001", custodian=employee["boris"])
        run = firm.night()
        assert (run.drafts, run.failed) == (2, 0), (firm.history(run), firm.codes())
        (move,), (custody,) = firm.world.rows(MOVE), firm.world.rows(CUSTODY)
        assert (move["МОЛ_Key"], move["МОЛПолучатель_Key"], move["ХозяйственнаяОперация"]) == (
            guid("anna"),
            guid("boris"),
            "ПеремещениеОС",
        )
        (row,) = custody["Товары"]
        assert (row["ФизическоеЛицо_Key"], row["ФизическоеЛицоПолучатель_Key"], row["ИнвентарныйНомер"]) == (
            guid("anna"),
            guid("boris"),
            "Т-000001",
        )
        rest(firm)
        # Wednesday: the accountant posts both, writes one off and renames another.
        firm.world.post(MOVE, move["Ref_Key"])
        firm.world.post(CUSTODY, custody["Ref_Key"])
        off = {
            "Date": firm.now.isoformat(timespec="seconds"),
            "Организация_Key": guid("rose"),
            "ОС": [{"ОсновноеСредство_Key": guid("asset 04")}],
        }
        firm.world.write_document("Document_СписаниеОС2_4", off)
        firm.world.edit("Catalog_ОбъектыЭксплуатации", guid("asset 03"), {"Description": "Компьютер 03 (новый)"})
        run = firm.night()
        assert run.failed == 0, firm.history(run)
        assert place(firm, "02") == (guid("it"), guid("boris"))
        gone = firm.it.read("equipment", firm.it.find("equipment", "inventory_number", "ОС-04"))["attributes"]
        assert str(gone["status"]["id"] if isinstance(gone["status"], dict) else gone["status"])
        # Thursday: nothing happens.
        rest(firm)
        assert [c for c in firm.codes() if c != "position_difference"] == [], firm.codes()
        # Friday: the extension is installed, and documents get their property; every thing is shown in 1C.
        world, prop = firm.world, firm.world.add_property("ИТ: номер обращения", guid("request"))
        world.publish(SHOWN)
        run = firm.night()
        assert (run.outcome, run.notes) == ("blocked", ("too_many_changes",)), "five rows at once: a person looks first"
        assert firm.approve(run).failed == 0
        found = shown(firm)
        assert len(found) == 5  # four assets in service and the telephone; the one written off was never shown
        row = found[firm.it.find("equipment", "inventory_number", "ОС-01")]
        assert (row["ОсновноеСредство_Key"], row["Подразделение_Key"]) == (guid("asset 01"), guid("books"))
        phone = found[firm.it.find("equipment", "inventory_number", "Т-000001")]
        assert set(phone["ОсновноеСредство_Key"]) <= {"0", "-"}
        rest(firm)
        work(firm, "ОС-05", custodian=employee["boris"])
        firm.night()
        firm.night()
        (draft,) = (row for row in world.rows(MOVE) if not row["Posted"])
        (note,) = [row for row in world.rows(NOTES) if row["Объект"] == draft["Ref_Key"]]
        assert (note["Свойство_Key"], note["Объект_Type"]) == (prop, f"StandardODATA.{MOVE}")
        rest(firm)


def test_rights_of_use_on_erp(tmp_path: Path) -> None:
    """Balances of the account that settings name, read by kind; a base that does not publish accounts has none."""
    with Emulator(erp25.erp()) as base:
        world = base.world
        world.put("ChartOfAccounts_Хозрасчетный", {"Ref_Key": guid("97.21"), "Code": "97.21", "Type": "Active"})
        record = {
            "Period": "2026-01-15T10:00:00", "Организация_Key": guid("rose"), "AccountDr_Key": guid("97.21"),
            "ExtDimensionDr1": guid("office"), "ExtDimensionDr1_Type": "StandardODATA.Catalog_РасходыБудущихПериодов",
            "Сумма": 12000,
        }  # fmt: skip
        source = {"Recorder": guid("receipt"), "Recorder_Type": "StandardODATA.Document_ПриобретениеТоваровУслуг"}
        world.put("AccountingRegister_Хозрасчетный", {**source, "RecordSet": [record]})
        mapping = load_system("book", "erp25")

        def licences() -> Any:
            book = OnecConnector(base.url)
            absent = unpublished(mapping, book.describe().collections)
            intake = Intake("book", book, mapping, datetime(2026, 2, 1), bind(book, mapping), absent=absent)
            found = intake.load("licence")
            assert intake.issues == []
            book.close()
            return found

        (one,) = licences().records.values()
        assert (one.values["name"], one.values["cost"]) == (guid("office"), Decimal(12000))
        world.unpublish("ChartOfAccounts_Хозрасчетный", "AccountingRegister_Хозрасчетный")
        assert licences() is None


# -- УТ 11 -------------------------------------------------------------------------------------------------------------


def test_a_week_on_trade_for_stock_only(tmp_path: Path) -> None:
    for firm in started(tmp_path / "ut", "ut11", erp25.trade()):
        world = firm.world
        world.put("Catalog_Организации", {"Ref_Key": guid("rose"), "Description": "ООО «Роза»", "ИНН": "7701000001"})
        world.put("Catalog_СтруктураПредприятия", {"Ref_Key": guid("it"), "Description": "Отдел ИТ", "Code": "IT"})
        for key, name in (("warehouse", "Основной склад"), ("cellar", "Подвал")):
            world.put("Catalog_Склады", {"Ref_Key": guid(key), "Description": name, "ТипСклада": "ОптовыйСклад"})
        world.put("Catalog_Номенклатура", {"Ref_Key": guid("toner"), "Code": "1", "Description": "Картридж TK-5240"})
        receipt = {
            "Date": "2026-01-12T12:00:00", "Организация_Key": guid("rose"), "Склад_Key": guid("warehouse"),
            "СтатьяДоходов_Key": guid("x"),
            "Товары": [{"Номенклатура_Key": guid("toner"), "Количество": 10, "Цена": 4000}],
        }  # fmt: skip
        world.write_document("Document_ОприходованиеИзлишковТоваров", receipt)
        world.unpublish(SHOWN)
        first_load(firm)
        assert sorted(r["name"] for r in firm.it.rows("location", ("name",))) == ["Основной склад", "Подвал"]
        assert stock(firm) == {"warehouse": Decimal(10)}
        # Two things happen with consumables; the accountant posts both drafts.
        places = {
            "from_place": Ref("book", "place", guid("warehouse")),
            "to_place": Ref("book", "place", guid("cellar")),
        }
        rose, toner = Ref("book", "organization", guid("rose")), Ref("book", "item", guid("toner"))
        carried = Order(
            "stock_transfer",
            "carried",
            "№ 1",
            {"organization": rose, **places},
            ({"item": toner, "quantity": Decimal("4")},),
        )
        used = Order(
            "consume",
            "used",
            "№ 2",
            {"organization": rose, "place": places["from_place"]},
            ({"item": toner, "quantity": Decimal("1")},),
        )
        assert firm.engine().draft([carried, used]).drafts == 2
        rest(firm)
        assert stock(firm) == {"warehouse": Decimal(10)}, "a draft moves nothing"
        for draft in firm.store.drafts("firm", ("open",)):
            world.post(firm.book_map.documents[draft.document].collection, draft.ref)
        world.edit("Catalog_Склады", guid("cellar"), {"Description": "Подвал № 2"})
        assert firm.night().failed == 0
        assert stock(firm) == {"warehouse": Decimal(5), "cellar": Decimal(4)}
        assert "Подвал № 2" in {r["name"] for r in firm.it.rows("location", ("name",))}
        rest(firm)
        # The extension shows what the desk has, though this base keeps no assets; drafts carry the desk's number.
        id = thing(firm, "ПК-1", firm.it.find("organization", "name", "ООО «Роза»"))
        prop = world.add_property("ИТ: номер обращения", guid("request"))
        world.publish(SHOWN)
        assert firm.engine().draft([replace(used, event="more", number="№ 3")]).drafts == 1
        assert firm.night().failed == 0
        row = shown(firm)[id]
        assert (row["ЗаводскойНомер"], row["Организация_Key"], row["ВЭксплуатации"]) == ("SN-ПК-1", guid("rose"), True)
        assert {(r["Свойство_Key"], r["Значение"]) for r in world.rows(NOTES)} >= {(prop, "№ 3")}
        rest(firm)
        assert firm.codes() == []


def stock(firm: Firm) -> dict[str, Decimal]:
    """Stock as the mapping reads it: key of the warehouse → quantity."""
    intake = Intake("book", firm.book, firm.book_map, firm.now, bind(firm.book, firm.book_map))
    listing = intake.load("stock")
    assert listing is not None
    assert listing.complete
    assert intake.issues == []
    names = {guid(name): name for name in ("warehouse", "cellar")}
    return {names[r.values["place"].id]: r.values["quantity"] for r in listing.records.values()}  # type: ignore[union-attr,misc]


def test_a_request_is_ordered_by_the_order_of_trade_with_its_own_status(tmp_path: Path) -> None:
    """«Заказ поставщику» tells itself where it stands; what came for it is told line by line."""
    for firm in started(tmp_path / "ut", "ut11", erp25.trade()):
        world, day = firm.world, firm.now.date()
        world.put("Catalog_Организации", {"Ref_Key": guid("rose"), "Description": "ООО «Роза»", "ИНН": "7701000001"})
        world.put("Catalog_СтруктураПредприятия", {"Ref_Key": guid("it"), "Description": "Отдел ИТ", "Code": "IT"})
        store = {"Ref_Key": guid("warehouse"), "Description": "Основной склад", "ТипСклада": "ОптовыйСклад"}
        world.put("Catalog_Склады", store)
        world.put("Catalog_Номенклатура", {"Ref_Key": guid("toner"), "Code": "1", "Description": "Картридж TK-5240"})
        world.unpublish(SHOWN)
        first_load(firm)
        firm.settings = replace(firm.settings, requests=RequestRules(matrix=()))  # nobody is asked
        rose = firm.it.find("organization", "name", "ООО «Роза»")
        main = firm.it.find("location", "name", "Основной склад")
        it = firm.it.find("department", "name", "Отдел ИТ")
        [vera] = seed(firm.home, "employee", [{"name": "Вера", "organization": rose, "active": True}])
        card = {"name": "Картридж", "code": "1", "unit": "упак", "factor": "2", "quantity": "0", "organization": rose}
        [toner] = seed(firm.home, "consumable", [card])
        asked = {"title": "Картриджи", "status": "submitted", "organization": rose, "branch": main, "department": it,
                 "initiator": vera, "employee": vera, "reason": "reserve", "article": "ИТ", "contact": "204",
                 "submitted": f"{day}", "needed_by": f"{day.replace(day=28)}"}  # fmt: skip
        [id] = seed(firm.home, "request", [asked])
        row = {"request": id, "consumable": toner, "category": "consumable", "quantity": "3", "unit": "упак",
               "price": "900", "price_date": f"{day}", "vat": "with", "location": main}  # fmt: skip
        seed(firm.home, "request_line", [row])
        firm.nights(2)
        [order] = world.rows("Document_ЗаказПоставщику")
        assert not order["Posted"]
        assert f"Заявка в ИТ № {id}" in order["Комментарий"]
        assert [(r["Номенклатура_Key"], r["Количество"]) for r in order["Товары"]] == [(guid("toner"), 6)]
        bought = {"Партнер_Key": guid("partner"), "Соглашение_Key": guid("agreement"), "Статус": "Подтвержден"}
        rows = [{**r, "ВидЦеныПоставщика_Key": guid("price")} for r in order["Товары"]]
        world.edit("Document_ЗаказПоставщику", order["Ref_Key"], {**bought, "Товары": rows})
        world.post("Document_ЗаказПоставщику", order["Ref_Key"])
        came = {"Date": f"{firm.now.isoformat(timespec='seconds')}", "Number": "П-1", "Организация_Key": guid("rose"),
                "Склад_Key": guid("warehouse"), "ЗаказПоставщику_Key": order["Ref_Key"],
                "Товары": [{"Номенклатура_Key": guid("toner"), "Количество": 4}]}  # fmt: skip
        world.write_document("Document_ПриобретениеТоваровУслуг", came)
        firm.night()
        shown_ = firm.it.read("request", id)["attributes"]
        assert (shown_["status"], "подтверждён" in shown_["orders"]) == ("partially_received", True), shown_
        found = firm.it.rows("allocation", ("step", "document", "quantity"))
        assert [(r["step"], r["document"], r["quantity"]) for r in found] == [
            ("order", order["Number"], "3"),
            ("receipt", "П-1", "2"),
        ]


# -- БП КЗ -------------------------------------------------------------------------------------------------------------


@pytest.mark.shared
def test_a_week_on_the_kazakhstan_base_as_it_is_published(shared: Path, tmp_path: Path) -> None:
    real = parse((shared / "fixtures" / "onec" / "metadata-kz.xml").read_bytes())
    for firm in started(tmp_path / "kz", "bp_kz", real):
        firm.world.put(
            "Catalog_Организации",
            {
                "Ref_Key": guid("rose"),
                "Code": "1",
                "Description": "ТОО «Роза»",
                "ИдентификационныйНомер": "010140000001",
            },
        )
        first_load(firm)
        assert [(r["name"], r["inn"]) for r in firm.it.rows("organization", ("name", "inn"))] == [
            ("ТОО «Роза»", "010140000001")
        ]
        firm.world.edit("Catalog_Организации", guid("rose"), {"Description": "ТОО «Роза Плюс»"})
        firm.world.put(
            "Catalog_Организации",
            {
                "Ref_Key": guid("lily"),
                "Code": "2",
                "Description": "ТОО «Лилия»",
                "ИдентификационныйНомер": "010140000002",
            },
        )
        assert firm.night().writes == 2
        assert sorted(r["name"] for r in firm.it.rows("organization", ("name",))) == ["ТОО «Лилия»", "ТОО «Роза Плюс»"]
        rest(firm)
        rest(firm)
        assert firm.codes() == []
