"""A week on each configuration's own base with a real desk: ERP 2.5, УТ 11 for stock, БП КЗ as it is published.

Every week begins with a first load onto an empty desk and ends quiet.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from firm import PASSWORDS, ZERO, Firm, guid

from uchet.connectors.roundup.server import install
from uchet.emulator import erp25
from uchet.emulator.edmx import parse
from uchet.emulator.wire import ODataError
from uchet.jobs.demo.servers import free_ports
from uchet.mappings.load import load_system
from uchet.mappings.model import Ref
from uchet.sync.intake import Intake, bind
from uchet.sync.orders import Order

MOVE, CUSTODY = "Document_ПеремещениеОС2_4", "Document_ПеремещениеВЭксплуатации"
PEOPLE = {"anna": "Андреева Анна Антоновна", "boris": "Борисов Борис Богданович"}
DEPARTMENTS = {"books": "Бухгалтерия", "it": "Отдел ИТ"}


def started(folder: Path, mapping: str, model: Any) -> Iterator[Firm]:
    folder.mkdir(parents=True, exist_ok=True)
    firm = Firm(folder, free_ports(), book_map=load_system("book", mapping), model=model)
    install(firm.home, url="http://127.0.0.1:1/", passwords=PASSWORDS, rounds=1000)
    firm.start()
    try:
        yield firm
    finally:
        firm.stop()


def first_load(firm: Firm) -> None:
    run = firm.night()
    assert run.outcome == "blocked", run
    done = firm.approve(run)
    assert done.failed == 0, firm.history(done)
    firm.night()
    rest(firm)


def rest(firm: Firm) -> None:
    """The next night writes nothing on either side and asks nothing anew."""
    asked = {(i.id, i.issue.code) for i in firm.open()}
    run = firm.night()
    assert (run.outcome, run.writes, run.drafts, run.failed, run.skipped) == ("clean", 0, 0, 0, 0), firm.history(run)
    assert {(i.id, i.issue.code) for i in firm.open()} == asked
    assert not firm.store.intents("firm")


# -- ERP 2.5 -----------------------------------------------------------------------------------------------------------


def fill_erp(firm: Firm) -> None:
    world = firm.world
    with world.batch():
        for title in ("пользователь", "состояние"):
            world.add_property(f"ИТ: {title}", guid(title))
        world.put("Catalog_Организации", {"Ref_Key": guid("rose"), "Description": "ООО «Роза»", "ИНН": "7701000001"})
        for key, name in DEPARTMENTS.items():
            world.put("Catalog_СтруктураПредприятия", {"Ref_Key": guid(key), "Description": name, "Code": key.upper()})
        for key, name in (("warehouse", "Основной склад"), ("cellar", "Подвал")):
            world.put("Catalog_Склады", {"Ref_Key": guid(key), "Description": name, "ТипСклада": "ОптовыйСклад"})
        for n, (key, name) in enumerate(PEOPLE.items(), 1):
            world.put("Catalog_ФизическиеЛица", {"Ref_Key": guid(key), "Code": f"{n:010}", "Description": name})
            row = {
                "Ref_Key": guid(f"job {key}"),
                "Code": f"{n:04}",
                "Description": name,
                "ФизическоеЛицо_Key": guid(key),
            }
            world.put("Catalog_Сотрудники", {**row, "ГоловнаяОрганизация_Key": guid("rose")})
        world.put("Catalog_ФизическиеЛица", {"Ref_Key": guid("stranger"), "Description": "Клиент Иван"})
        for n in range(1, 6):
            accept(firm, f"{n:02}")
        world.put("Catalog_Номенклатура", {"Ref_Key": guid("phone"), "Code": "1", "Description": "Телефон Panasonic"})
        issue = {
            "Date": "2026-01-12T13:00:00", "Организация_Key": guid("rose"), "Склад_Key": guid("warehouse"),
            "Подразделение_Key": guid("books"), "ХозяйственнаяОперация": "ПередачаВЭксплуатацию",
            "Товары": [
                {
                    "Номенклатура_Key": guid("phone"), "Количество": 1, "ФизическоеЛицо_Key": guid("anna"),
                    "ИнвентарныйНомер": "Т-000001",
                },
            ],
        }  # fmt: skip
        world.write_document("Document_ВнутреннееПотребление", issue)


def accept(firm: Firm, asset: str) -> None:
    row = {"Ref_Key": guid(f"asset {asset}"), "Code": f"{asset:0>9}", "Description": f"Компьютер {asset}"}
    firm.world.put(
        "Catalog_ОбъектыЭксплуатации", {**row, "ИнвентарныйНомер": f"ОС-{asset}", "ТипОС": "ОбъектЭксплуатации"}
    )
    body = {
        "Date": f"2026-01-12T12:00:{asset}", "Организация_Key": guid("rose"), "Местонахождение_Key": guid("books"),
        "МОЛ_Key": guid("anna"), "ОС": [{"ОсновноеСредство_Key": guid(f"asset {asset}"), "СтоимостьБУ": 90000}],
    }  # fmt: skip
    firm.world.write_document("Document_ПринятиеКУчетуОС2_4", body)


def place(firm: Firm, asset: str) -> tuple[str, str]:
    rows = [
        r
        for r in firm.world.rows("InformationRegister_МестонахождениеОС")
        if r["ОсновноеСредство_Key"] == guid(f"asset {asset}")
    ]
    last = max(rows, key=lambda r: r["Period"])
    return last["Местонахождение_Key"], last["МОЛ_Key"]


def work(firm: Firm, inventory: str, **values: Any) -> None:
    id = firm.it.find("equipment", "inventory_number", inventory)
    firm.it.change("equipment", id, **values)


def test_a_week_on_erp(tmp_path: Path) -> None:
    for firm in started(tmp_path / "erp", "erp25", erp25.erp()):
        fill_erp(firm)
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


def test_drafts_of_erp_are_written_and_those_that_need_no_judgement_post(tmp_path: Path) -> None:
    for firm in started(tmp_path / "erp", "erp25", erp25.erp()):
        fill_erp(firm)
        first_load(firm)
        orders = [
            Order(
                name, name, f"№ {name}", {"organization": Ref("book", "organization", guid("rose")), **header}, (row,)
            )
            for name, (header, row) in erp_orders().items()
        ]
        run = firm.engine().draft(orders)
        assert (run.drafts, run.failed) == (len(orders), 0), (firm.history(run), firm.codes())
        posted: set[str] = set()
        reasons: dict[str, str] = {}
        for draft in firm.store.drafts("firm", ("open",)):
            try:
                firm.world.post(firm.book_map.documents[draft.document].collection, draft.ref)
                posted.add(draft.document)
            except ODataError as error:  # posting refuses what a person has to fill in
                reasons[draft.document] = str(error)
        # A surplus wants its price and income, an order its agreement, an upgrade its project: judgement.
        assert set(reasons) == {"surplus", "order", "upgrade"}
        assert all("заполнен" in reason for reason in reasons.values()), reasons
        assert posted == set(erp_orders()) - set(reasons)
        firm.night()
        assert {d.document for d in firm.store.drafts("firm", ("agreed",))} == posted
        rest(firm)


def erp_orders() -> dict[str, tuple[dict[str, Any], dict[str, Any]]]:
    warehouse, cellar = Ref("book", "place", guid("warehouse")), Ref("book", "place", guid("cellar"))
    anna, boris, books = (
        Ref("book", "person", guid("anna")),
        Ref("book", "person", guid("boris")),
        Ref("book", "department", guid("books")),
    )
    line = {"item": Ref("book", "item", guid("phone")), "quantity": Decimal(1)}
    number = {**line, "inventory_number": "Т-000001"}
    asset = {"asset": Ref("book", "equipment", guid("asset 01"))}
    return {
        "stock_transfer": ({"from_place": warehouse, "to_place": cellar}, line),
        "custody": (
            {"from_person": anna, "to_person": boris, "from_department": books, "to_department": books},
            number,
        ),
        "issue_person": ({"place": warehouse, "person": anna, "department": books}, line),
        "consume": ({"place": warehouse, "department": books}, line),
        "scrap_in_use": ({"department": books}, {**number, "person": boris, "batch": Ref("book", "batch", ZERO)}),
        "write_off_stock": ({"place": warehouse}, line),
        "surplus": ({"place": warehouse}, line),
        "upgrade": ({"department": books}, asset),
        "order": ({"place": warehouse}, line),
        "count_assets": ({"department": books, "person": anna}, {**asset, "present": True}),
        "count_stock": ({"place": warehouse}, {"item": line["item"], "counted": Decimal(3), "expected": Decimal(2)}),
        "count_in_use": ({"department": books}, {"item": line["item"], "counted": Decimal(1)}),
    }


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
