"""The company in 1C's words: catalogues, posted acceptances and issues, additional attributes, closed period.

Everything goes through what a base would do: an asset is on the books because a posted ПринятиеКУчетуОС says so, a
low-value thing because a posted ПередачаМатериаловВЭксплуатацию does. Wall-clock times are the base's own.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any

from ...emulator.defaults import known_key
from ...emulator.world import World
from .company import Asset, Company, Position, closed_until, key_guid

__all__ = ["ATTRIBUTES", "MOVED", "ZERO", "acceptance", "card", "fill_book", "write_off"]

ZERO = "00000000-0000-0000-0000-000000000000"
#: The additional attributes an administrator has made for the desk, and one that is somebody else's.
ATTRIBUTES: Mapping[str, str] = {
    "model": "ИТ: модель",
    "room": "ИТ: место",
    "user": "ИТ: пользователь",
    "condition": "ИТ: состояние",
    "foreign": "Ответственный за ремонт",
}
#: What a base calls its events of fixed assets.
ACCEPTED = known_key("event ПринятиеКУчетуСВводомВЭксплуатацию")
MOVED = known_key("event ВнутреннееПеремещение")
WRITTEN_OFF = known_key("event Списание")


def fill_book(world: World, company: Company) -> None:
    """Put ``company`` into an empty base; the last quarter is closed at the end, as an accountant would."""
    with world.batch():
        world.unpublish("InformationRegister_ИТАктивы")  # comes with an extension that this company has not installed
        _attributes(world)
        _structure(world, company)
        _people(world, company)
        _cards(world, company)
        for asset in company.assets:
            if asset.state != "never":
                world.write_document("Document_ПринятиеКУчетуОС", acceptance(asset), post=True)
        _issues(world, company)
        _write_offs(world, company)
        world.close_period(closed_until(company.today).isoformat())


def _item(key: str, code: str, name: str, /, **more: Any) -> dict[str, Any]:
    return {"Ref_Key": key_guid(key), "Code": code, "Description": name, "DeletionMark": False, **more}


def _moment(day: date, hour: int = 12) -> str:
    return datetime.combine(day, time(hour)).isoformat()


def _attributes(world: World) -> None:
    for name, title in ATTRIBUTES.items():
        world.add_property(title, key_guid(f"attribute-{name}"))


def _structure(world: World, company: Company) -> None:
    for number, organization in enumerate(company.organizations, 1):
        row = _item(organization.key, f"{number:09d}", organization.name, ИНН=organization.inn)
        world.put("Catalog_Организации", {**row, "НаименованиеПолное": organization.name})
    for department in company.departments:
        row = _item(department.key, department.code, department.name, Parent_Key=ZERO)
        world.put("Catalog_ПодразделенияОрганизаций", {**row, "Owner_Key": key_guid(department.organization)})
    world.put("Catalog_Склады", _item("place-folder", "000000000", "Склады", IsFolder=True, Parent_Key=ZERO))
    for place in company.places:
        if place.in_book:
            row = _item(place.key, place.code, place.name, IsFolder=False, Parent_Key=key_guid("place-folder"))
            world.put("Catalog_Склады", {**row, "ТипСклада": "ОптовыйСклад"})
    way = _item("way-of-expense", f"{'1':>9}", "Общехозяйственные расходы (26)")
    world.put("Catalog_СпособыОтраженияРасходовПоАмортизации", way)
    for key, name in (("accountant", "Бухгалтер"), ("uchet", "Обмен uchet")):
        world.put(
            "Catalog_Пользователи", {"Ref_Key": key_guid(f"user-{key}"), "Description": name, "DeletionMark": False}
        )


def _people(world: World, company: Company) -> None:
    world.put("Catalog_ФизическиеЛица", _item("people", "0000000000", "Сотрудники", IsFolder=True, Parent_Key=ZERO))
    for number, person in enumerate(company.people, 1):
        surname, *rest = person.name.split()
        row = _item(person.key, f"{number:010d}", person.name, IsFolder=False, Parent_Key=key_guid("people"))
        parts = {"Фамилия": surname, "Имя": rest[0], "Отчество": " ".join(rest[1:]), "ФИО": person.name}
        world.put("Catalog_ФизическиеЛица", {**row, **parts})
        for job in person.employments:
            row = _item(job.key, job.number, person.name, ФизическоеЛицо_Key=key_guid(person.key))
            world.put("Catalog_Сотрудники", {**row, "ГоловнаяОрганизация_Key": key_guid(job.organization)})
            world.put(
                "InformationRegister_ТекущиеКадровыеДанныеСотрудников",
                {
                    "ФизическоеЛицо_Key": key_guid(person.key),
                    "Сотрудник_Key": key_guid(job.key),
                    "ГоловнаяОрганизация_Key": key_guid(job.organization),
                    "ТекущаяОрганизация_Key": key_guid(job.organization),
                    "ТекущееПодразделение_Key": key_guid(job.department),
                    "ДатаПриема": _moment(job.hired, 0),
                    "ДатаУвольнения": _moment(job.dismissed, 0) if job.dismissed else "0001-01-01T00:00:00",
                    "ОсновноеРабочееМестоВОрганизации": job is person.main,
                    "ОформленПоТрудовомуДоговору": True,
                },
            )


def _cards(world: World, company: Company) -> None:
    folders = sorted({asset.group for asset in company.assets})
    for number, folder in enumerate(folders, 1):
        row = _item(f"folder-{folder}", f"П{number:08d}", folder, IsFolder=True, Parent_Key=ZERO)
        world.put("Catalog_ОсновныеСредства", row)
    for number, asset in enumerate(company.assets, 1):
        world.put("Catalog_ОсновныеСредства", card(asset, number))


def card(asset: Asset, number: int) -> dict[str, Any]:
    """The catalogue item of a fixed asset; inventory number, cost and place are not its business."""
    row = _item(asset.key, f"{number:09d}", asset.name, IsFolder=False)
    row["Parent_Key"] = key_guid(f"folder-{asset.group}")
    row["DeletionMark"] = asset.state == "marked"
    row["НаименованиеПолное"] = asset.name
    row["ЗаводскойНомер"] = asset.serial
    row["Изготовитель"] = asset.maker
    row["ГруппаОС"] = "ОфисноеОборудование"
    row["ЕдиницаУчета"] = "ГрупповойОбъект" if asset.quantity > 1 else "ИнвентарныйОбъект"
    row["ДополнительныеРеквизиты"] = [foreign_row()] if number in (18, 25, 30) else []
    return row


def foreign_row() -> dict[str, Any]:
    """An attribute of somebody else's: it must survive every write of ours."""
    return {
        "LineNumber": "1",
        "Свойство_Key": key_guid("attribute-foreign"),
        "Значение": "ИП Гаврилов, договор № 14",
        "Значение_Type": "Edm.String",
        "ТекстоваяСтрока": "",
    }


def acceptance(asset: Asset) -> dict[str, Any]:
    """ПринятиеКУчетуОС of one asset, dated when it was commissioned."""
    return {
        "Ref_Key": key_guid(f"acceptance-{asset.key}"),
        "Date": _moment(asset.commissioned),
        "ВидОперации": "Оборудование",
        "Организация_Key": key_guid(asset.organization),
        "МестонахождениеОС_Key": key_guid(asset.department),
        "ПодразделениеОрганизации_Key": key_guid(asset.department),
        "МОЛБУ_Key": key_guid(asset.custodian) if asset.custodian else ZERO,
        "СобытиеОС_Key": ACCEPTED,
        "СтоимостьБУ": asset.cost,
        "СпособПоступления": "ПриобретениеЗаПлату",
        "Ответственный_Key": key_guid("user-accountant"),
        "ОС": [
            {
                "LineNumber": "1",
                "ОсновноеСредство_Key": key_guid(asset.key),
                "ИнвентарныйНомер": asset.inventory,
            }
        ],
    }


def _issues(world: World, company: Company) -> None:
    for key, name in company.items.items():
        row = _item(key, f"00-{key.removeprefix('item-').zfill(8)}", name, IsFolder=False, Parent_Key=ZERO)
        world.put("Catalog_Номенклатура", {**row, "НаименованиеПолное": name})
    batches: dict[str, list[Position]] = defaultdict(list)
    for position in company.positions:
        batches[position.batch].append(position)
    for batch, rows in batches.items():
        world.write_document("Document_ПередачаМатериаловВЭксплуатацию", issue(batch, rows), post=True)


def issue(batch: str, rows: list[Position]) -> dict[str, Any]:
    """ПередачаМатериаловВЭксплуатацию: from then on the things are on МЦ.04, with this document as their batch."""
    return {
        "Ref_Key": key_guid(batch),
        "Date": _moment(rows[0].issued),
        "Организация_Key": key_guid(rows[0].organization),
        "Склад_Key": key_guid("place-1"),
        "Ответственный_Key": key_guid("user-accountant"),
        "ИнвентарьИХозяйственныеПринадлежности": [
            {
                "LineNumber": str(number),
                "Номенклатура_Key": key_guid(row.item),
                "Количество": row.quantity,
                "ФизЛицо_Key": key_guid(row.person),
                "СчетУчета_Key": known_key("account 10.09"),
                "СпособОтраженияРасходов_Key": key_guid("way-of-expense"),
            }
            for number, row in enumerate(rows, 1)
        ],
    }


def write_off(asset: Asset, moment: str) -> dict[str, Any]:
    """СписаниеОС of one asset at ``moment`` (the base's wall clock)."""
    return {
        "Ref_Key": key_guid(f"write-off-{asset.key}"),
        "Date": moment,
        "Организация_Key": key_guid(asset.organization),
        "ПодразделениеОрганизации_Key": key_guid(asset.department),
        "СобытиеОС_Key": WRITTEN_OFF,
        "Ответственный_Key": key_guid("user-accountant"),
        "ОС": [{"LineNumber": "1", "ОсновноеСредство_Key": key_guid(asset.key), "Количество": 1}],
    }


def _write_offs(world: World, company: Company) -> None:
    for asset in company.assets:
        if asset.state == "written_off":
            day = closed_until(company.today)
            world.write_document("Document_СписаниеОС", write_off(asset, _moment(day, 15)), post=True)
