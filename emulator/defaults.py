"""What every БП base has before anybody works in it: accounts, kinds of ext. dimensions, sections, events."""

from __future__ import annotations

import uuid

from .rules import SECTION
from .world import World

__all__ = ["known_key", "seed"]

_SPACE = uuid.UUID("6c3f1f1e-35f0-5c8b-9a5e-0f6c6f2f6a11")
_ACCOUNTS = (
    ("01", "ОсновныеСредства", "Active", "", "ОсновныеСредства", False),
    ("01.01", "ОСвОрганизации", "Active", "01", "ОсновныеСредства", False),
    ("02", "АмортизацияОсновныхСредств", "Passive", "", "ОсновныеСредства", False),
    ("02.01", "АмортизацияОС_01", "Passive", "02", "ОсновныеСредства", False),
    ("08", "ВложенияВоВнеоборотныеАктивы", "Active", "", "", False),
    ("08.04", "ПриобретениеОбъектовОсновныхСредств", "Active", "08", "", True),
    ("10", "Материалы", "Active", "", "", True),
    ("10.09", "ИнвентарьИХозяйственныеПринадлежности", "Active", "10", "Номенклатура,Склады", True),
    ("10.21", "МалоценноеОборудованиеИЗапасы", "Active", "10", "", True),
    ("10.21.1", "ПриобретениеМалоценногоОборудованияИЗапасов", "Active", "10.21", "Номенклатура,Склады", True),
    ("26", "ОбщехозяйственныеРасходы", "Active", "", "", False),
    ("МЦ", "МатериальныеЦенностиВЭксплуатации", "Active", "", "", False),
    (
        "МЦ.02",
        "СпецодеждаВЭксплуатации",
        "Active",
        "МЦ",
        "Номенклатура,ПартииМатериаловВЭксплуатации,РаботникиОрганизаций",
        True,
    ),
    (
        "МЦ.04",
        "ИнвентарьИХозяйственныеПринадлежностиВЭксплуатации",
        "Active",
        "МЦ",
        "Номенклатура,ПартииМатериаловВЭксплуатации,РаботникиОрганизаций",
        True,
    ),
)
_KINDS = ("ОсновныеСредства", "Номенклатура", "Склады", "ПартииМатериаловВЭксплуатации", "РаботникиОрганизаций")
_EVENTS = (
    ("Принятие к учету с вводом в эксплуатацию", "ПринятиеКУчетуСВводомВЭксплуатацию"),
    ("Внутреннее перемещение", "ВнутреннееПеремещение"),
    ("Списание", "Списание"),
    ("Перевод в малоценное оборудование", "ПереводВМалоценноеОборудование"),
)


def known_key(name: str) -> str:
    """The key that this emulator gives to a predefined thing: the same in every state file."""
    return str(uuid.uuid5(_SPACE, name))


def seed(world: World) -> None:
    """Fill a fresh base once; a base with state is left alone."""
    store = world.base.store
    sets = ("ChartOfAccounts_Хозрасчетный", "ChartOfCharacteristicTypes_ВидыСубконтоХозрасчетные", "Catalog_СобытияОС")
    if store.meta("seeded") or any(world.base.model.type_of(name) is None for name in sets):
        return
    with world.batch():
        store.set_meta("seeded", True)
        world.put_many(
            "ChartOfCharacteristicTypes_ВидыСубконтоХозрасчетные",
            [
                {"Ref_Key": known_key(f"kind {n}"), "Description": n, "PredefinedDataName": n, "Predefined": True}
                for n in _KINDS
            ],
        )
        _accounts(world)
        world.put(
            "ChartOfCharacteristicTypes_РазделыДатЗапретаИзменения",
            {"Ref_Key": SECTION, "Description": "Бухгалтерский учет", "PredefinedDataName": "БухгалтерскийУчет"},
        )
        for name, kind in _EVENTS:
            world.put(
                "Catalog_СобытияОС", {"Ref_Key": known_key(f"event {kind}"), "Description": name, "ВидСобытияОС": kind}
            )
        group = "Справочник_ОсновныеСредства"
        world.put(
            "Catalog_НаборыДополнительныхРеквизитовИСведений",
            {
                "Ref_Key": known_key(group),
                "Description": "Основные средства",
                "PredefinedDataName": group,
                "Predefined": True,
                "ИмяПредопределенногоНабора": group,
                "Используется": True,
            },
        )
        world.set_constant("ИспользоватьДополнительныеРеквизитыИСведения", True)
        if world.base.user:
            world.put(
                "Catalog_Пользователи",
                {"Ref_Key": known_key(f"user {world.base.user}"), "Description": world.base.user},
            )


def _accounts(world: World) -> None:
    for order, (code, name, side, parent, kinds, counted) in enumerate(_ACCOUNTS, 1):
        rows = [
            {
                "ExtDimensionType_Key": known_key(f"kind {kind}"),
                "Predefined": True,
                "Суммовой": True,
                "Количественный": counted,
            }
            for kind in kinds.split(",")
            if kind
        ]
        world.put(
            "ChartOfAccounts_Хозрасчетный",
            {
                "Ref_Key": known_key(f"account {code}"),
                "Code": code,
                "Description": name,
                "PredefinedDataName": name,
                "Predefined": True,
                "Type": side,
                "Order": f"{order:03d}",
                "OffBalance": code.startswith("МЦ"),
                "Количественный": counted,
                "Parent_Key": known_key(f"account {parent}") if parent else None,
                "ExtDimensionTypes": rows,
            },
        )
