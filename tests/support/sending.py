"""A base with one of everything that an exchange node of the universal format is sent."""

from __future__ import annotations

from decimal import Decimal

from uchet.emulator import Emulator


def everything(base: Emulator) -> None:
    """Fill every attribute that crosses."""
    put = base.world.put
    unit = put("Catalog_КлассификаторЕдиницИзмерения", {"Code": "796", "Description": "шт"})
    group = put("Catalog_Номенклатура", {"Description": "Расходники", "IsFolder": True})
    good = {"Description": "Картридж <76A>", "НаименованиеПолное": "Картридж & тонер", "Артикул": "CF276A"}
    good |= {"ЕдиницаИзмерения_Key": unit, "Parent_Key": group, "Комментарий": "для LJ", "ПрослеживаемыйТовар": False}
    item = put("Catalog_Номенклатура", good)
    put("Catalog_Номенклатура", {"Description": "Заправка", "Услуга": True})
    firm = put("Catalog_Организации", {"Description": "Ромашка", "ИНН": "7700000000", "КПП": "770001001"})
    room = put("Catalog_ПодразделенияОрганизаций", {"Description": "ИТ", "Owner_Key": firm})
    stores = [
        put(
            "Catalog_Склады",
            {"Description": name, "ТипСклада": kind, "ПодразделениеОрганизации_Key": room, "Комментарий": "э"},
        )
        for name, kind in (("Основной", "ОптовыйСклад"), ("Киоск", "НеавтоматизированнаяТорговаяТочка"))
    ]
    card = {"Description": "Ноутбук", "Изготовитель": "Lenovo", "ЗаводскойНомер": "PF1", "НомерПаспорта": "7"}
    put("Catalog_ОсновныеСредства", {**card, "ДатаВыпуска": "2024-05-01T00:00:00", "Комментарий": "с сумкой"})
    put("Catalog_Склады", {"Description": "Лишний", "DeletionMark": True})
    row = {"Номенклатура_Key": item, "Количество": Decimal("2.500"), "СчетУчета_Key": base.world.account("10.09")}
    head = {"Date": "2026-02-10T12:00:00", "Number": "0000-000001", "Организация_Key": firm, "Комментарий": "по заявке"}
    ends = {"СкладОтправитель_Key": stores[0], "СкладПолучатель_Key": stores[1], "ПодразделениеОтправитель_Key": room}
    base.world.write_document("Document_ПеремещениеТоваров", {**head, **ends, "Товары": [row]})
    bought = {"Контрагент_Key": put("Catalog_Контрагенты", {"Description": "ООО «Тонер»", "ИНН": "7800000000"})}
    bought["ДоговорКонтрагента_Key"] = put("Catalog_ДоговорыКонтрагентов", {"Description": "Основной"})
    rows = [{**row, "Цена": Decimal("10.50"), "Сумма": Decimal("26.25"), "СтавкаНДС": "НДС20"}]
    body = {**head, **bought, "Склад_Key": stores[0], "СуммаДокумента": Decimal("26.25"), "Товары": rows}
    base.world.write_document("Document_ПоступлениеТоваровУслуг", {**body, "ВидОперации": "Товары"})
    bill = {name: value for name, value in rows[0].items() if name != "СчетУчета_Key"}
    del body["Склад_Key"]
    base.world.write_document("Document_СчетНаОплатуПоставщика", {**body, "Товары": [bill]})
