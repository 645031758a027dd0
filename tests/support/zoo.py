"""A small configuration that has one of every kind of object the interface can publish, and rows for all of them."""

from __future__ import annotations

import uuid
from pathlib import Path

from uchet.emulator import Emulator
from uchet.emulator.describe import read
from uchet.emulator.edmx import Model
from uchet.emulator.publish import described, to_edmx

_CONTENT = ",".join(
    (
        "Catalog_Товары",
        "Catalog_Склады",
        "Document_Приход",
        "AccumulationRegister_Запасы",
        "Constant_Включено",
        "InformationRegister_Цены",
    )
)

TEXT = f"""
catalog Товары folders code=f9 name=50
Артикул s25; Вес n15.3; Остаток n12; Мест n4; Активен b; Выпущен d; Вид e; Описание s; Метка g
Поставщик >Catalog_Партнеры; Хранение *
tab Штрихкоды
Код s13; Количество n10.3; Склад >Catalog_Склады
catalog Склады tree code=9 name=50
catalog Партнеры code=9 name=100
catalog Договоры owner=Catalog_Партнеры code=9 name=50
kinds ВидыСубконто code=9 name=50
calculations Начисления code=9 name=50
chart Основной code=8 name=50
Количественный b
tab ExtDimensionTypes
ExtDimensionType >ChartOfCharacteristicTypes_ВидыСубконто; TurnoversOnly b; Суммовой b
constant ОсновнойСклад
Value >Catalog_Склады
constant Включено
Value b
exchange Обмен code=10 name=50 content={_CONTENT}
Префикс s4
journal Складские content=Document_Приход,Document_Расход
Склад >Catalog_Склады; Комментарий s
document Приход
Склад >Catalog_Склады; Комментарий s; Сумма n15.2; Основание *
tab Товары
Товар >Catalog_Товары; Количество n15.3; Сумма n15.2
document Расход
Склад >Catalog_Склады; Комментарий s
tab Товары
Товар >Catalog_Товары; Количество n15.3
information Настройки
Пользователь s50 dim; Ключ s50 dim; Значение *
information Цены periodic every=day
Товар >Catalog_Товары dim; Цена n15.2; Валюта s3
information Курсы periodic every=month
Валюта s3 dim; Курс n15.4
information Статусы subordinate recorder=Document_Приход every=second
Товар >Catalog_Товары dim; Статус e
information Места subordinate
Товар >Catalog_Товары dim; Склад >Catalog_Склады
information Очередь subordinate every=none
Товар >Catalog_Товары dim; Порядок n4
accumulation Запасы subordinate
Склад >Catalog_Склады dim; Товар >Catalog_Товары dim; Количество n15.3; Сумма n15.2; Примечание s50 attr
accumulation Продажи subordinate turnover recorder=Document_Расход
Товар >Catalog_Товары dim; Количество n15.3
accounting Учет subordinate chart=ChartOfAccounts_Основной
Организация >Catalog_Партнеры bal; Отдел >Catalog_Склады; Сумма n15.2 bal; Количество n15.3; Содержание s100 attr
"""


def model() -> Model:
    """The configuration as the emulator keeps it."""
    return described(TEXT)


def metadata(folder: Path) -> Path:
    """Its ``$metadata`` as a file (lengths, contents and periods, which EDMX does not tell, are lost there)."""
    path = folder / "zoo.xml"
    path.write_bytes(to_edmx(read(TEXT)))
    return path


def key(name: str) -> str:
    """The same key for the same name in every run."""
    return str(uuid.uuid5(uuid.NAMESPACE_OID, name))


def populate(base: Emulator) -> None:
    """References, accounts with ext. dimensions, documents and an exchange node."""
    world = base.world
    with world.batch():
        for name in ("Главный", "Запасной"):
            world.put("Catalog_Склады", {"Ref_Key": key(name), "Description": name})
        for name in ("Бумага", "Мышь", "Монитор", "Кабель"):
            world.put("Catalog_Товары", {"Ref_Key": key(name), "Description": name, "Артикул": f"А-{name[:1]}"})
        for name in ("Свой", "Чужой"):
            world.put("Catalog_Партнеры", {"Ref_Key": key(name), "Description": name})
        for name in ("Товары", "Склады"):
            world.put("ChartOfCharacteristicTypes_ВидыСубконто", {"Ref_Key": key(f"вид {name}"), "Description": name})
        accounts = (("10", "Active", ("Товары", "Склады")), ("60", "Passive", ()), ("76", "ActivePassive", ("Товары",)))
        for code, side, kinds in accounts:
            rows = [{"ExtDimensionType_Key": key(f"вид {name}")} for name in kinds]
            body = {"Ref_Key": key(code), "Code": code, "Description": code, "Type": side, "ExtDimensionTypes": rows}
            world.put("ChartOfAccounts_Основной", body)
        for kind in ("Приход", "Расход"):
            for day in range(1, 6):
                body = {"Ref_Key": key(f"{kind} {day}"), "Date": f"2026-03-{day:02d}T10:00:00"}
                world.put(f"Document_{kind}", {**body, "Склад_Key": key("Главный"), "Комментарий": f"{kind} {day}"})
