"""A company on ERP 2.5: two departments, two people, two warehouses, five fixed assets and a telephone in use.

УТ 11 keeps its stock the same way. Every life of it begins with a first load onto an empty desk.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from firm import PASSWORDS, Firm, guid

from uchet.connectors.roundup.server import install
from uchet.jobs.demo.servers import free_ports
from uchet.mappings.load import load_system

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


def fill(firm: Firm) -> None:
    world = firm.world
    with world.batch():
        world.unpublish("InformationRegister_ИТАктивы")  # an extension that this company has not installed
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
