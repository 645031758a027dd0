"""The words a Russian company is made of: surnames, names, departments, rooms, models. Data only."""

from __future__ import annotations

from typing import NamedTuple

__all__ = [
    "DEPARTMENTS",
    "FEMALE",
    "FIXED",
    "HOSTS",
    "LOW_VALUE",
    "MALE",
    "ORGANIZATIONS",
    "PEOPLE_FIRST",
    "PLACEHOLDERS",
    "PLACES",
    "SURNAMES",
    "Model",
]


class Model(NamedTuple):
    """A kind of thing: ``group`` is its folder in the books, ``book`` how an accountant writes it, ``desk`` how a
    specialist does; ``price`` in roubles."""

    group: str
    book: str
    desk: str
    maker: str
    prefix: str
    price: int


#: Name in the books, name on the desk (another one: told by the taxpayer number), taxpayer number, inventory pattern.
ORGANIZATIONS: tuple[tuple[str, str, str, str], ...] = (
    ("ООО «Вектор»", "ООО Вектор", "7701234563", "БП-{:06d}"),
    ("АО «Северный завод»", "АО «Северный завод»", "7802345671", "ОС-{:06d}"),
    ("ООО «Вектор-Сервис» (филиал, Казань)", "Вектор-Сервис Казань", "1655123450", "{:09d}"),
)

DEPARTMENTS: tuple[str, ...] = (
    "Администрация",
    "Бухгалтерия",
    "Отдел информационных технологий",
    "Отдел продаж",
    "Производственно-технический отдел",
)

#: Hand-written people, so that every trap of matching names is in every company:
#: (full name, organisation, department, name on the desk or "", number known on the desk).
PEOPLE_FIRST: tuple[tuple[str, int, int, str, bool], ...] = (
    ("Семёнова Анна Петровна", 0, 1, "Семенова А.П.", True),
    ("Иванов Сергей Петрович", 0, 3, "Иванов С.П.", True),
    ("Иванов Сергей Петрович", 0, 4, "С.П. Иванов", True),
    ("Петров Алексей Игоревич", 0, 2, "Петров Алексей Игоревич", False),
    ("Королёв Пётр Ильич", 1, 2, "Королев Петр Ильич", True),
    ("Римская-Корсакова Ольга Дмитриевна", 1, 1, "Римская-Корсакова О.Д.", True),
    ("Алиев Тимур Рашид оглы", 2, 3, "", False),
    ("Ёлкина Фёкла Артёмовна", 0, 0, "Елкина Ф.А.", True),
    ("Смирнов Павел Сергеевич", 1, 3, "Смирнов П.С.", True),
    ("Гайнутдинова Алсу Ринатовна", 2, 1, "", False),
)

SURNAMES: tuple[str, ...] = (
    "Кузнецов", "Соколов", "Попов", "Лебедев", "Козлов", "Новиков", "Морозов", "Волков", "Соловьёв", "Васильев",
    "Зайцев", "Павлов", "Голубев", "Виноградов", "Богданов", "Воробьёв", "Фёдоров", "Михайлов", "Беляев", "Тарасов",
    "Белов", "Комаров", "Орлов", "Киселёв", "Макаров", "Андреев", "Ковалёв", "Ильин", "Гусев", "Титов",
)  # fmt: skip
MALE: tuple[tuple[str, str], ...] = (
    ("Андрей", "Викторович"), ("Дмитрий", "Олегович"), ("Максим", "Юрьевич"), ("Артём", "Николаевич"),
    ("Фёдор", "Павлович"), ("Роман", "Андреевич"), ("Игорь", "Валентинович"), ("Никита", "Евгеньевич"),
)  # fmt: skip
FEMALE: tuple[tuple[str, str], ...] = (
    ("Елена", "Викторовна"), ("Мария", "Олеговна"), ("Наталья", "Юрьевна"), ("Алёна", "Николаевна"),
    ("Ирина", "Павловна"), ("Светлана", "Андреевна"), ("Дарья", "Валентиновна"), ("Юлия", "Евгеньевна"),
)  # fmt: skip

#: name, kind, in the books, on the desk.
PLACES: tuple[tuple[str, str, bool, bool], ...] = (
    ("ИТ склад", "warehouse", True, True),
    ("Основной склад", "warehouse", True, False),
    ("Склад Северного завода", "warehouse", True, True),
    ("Склад Казань", "warehouse", True, False),
    ("каб. 101 (приёмная)", "room", False, True),
    ("каб. 204", "room", False, True),
    ("каб. 205", "room", False, True),
    ("каб. 310 «Бухгалтерия»", "room", False, True),
    ("Серверная", "room", False, True),
    ("Переговорная «Ёлка»", "room", False, True),
    ("Цех № 2, щитовая", "room", False, True),
    ("Офис Казань", "branch", False, True),
    ("Open space, 3 этаж", "room", False, True),
)

FIXED: tuple[Model, ...] = (
    Model("Ноутбуки", "Ноутбук Lenovo ThinkPad T14 Gen 3", "ThinkPad T14 Gen 3", "Lenovo", "PF", 128_400),
    Model("Ноутбуки", "Ноутбук HP ProBook 450 G9", "HP ProBook 450 G9", "HP", "5CD", 109_900),
    Model("Компьютеры", "Системный блок Dell OptiPlex 7090 i5/16Гб", "OptiPlex 7090 16GB", "Dell", "CN0", 114_250),
    Model("Компьютеры", 'Моноблок iRU Agile 23.8" 8ГБ', "iRU Agile 23.8 8 Gb", "iRU", "IRU", 101_500),
    Model("Серверы", "Сервер YADRO Vegman R220", "Vegman R220", "YADRO", "YDR", 1_845_000),
    Model("Сетевое оборудование", "Коммутатор Eltex MES2348B", "MES2348B", "Eltex", "VI4", 146_800),
    Model("Сетевое оборудование", "Маршрутизатор MikroTik CCR2004", "CCR2004-16G-2S+", "MikroTik", "HCY", 118_000),
    Model("Печатающая техника", "МФУ Kyocera TASKalfa 2554ci", "TASKalfa 2554ci", "Kyocera", "R6Q", 389_000),
    Model("Печатающая техника", "Принтер HP LaserJet Enterprise M612dn", "LaserJet M612dn", "HP", "CNB", 121_300),
    Model("Источники питания", "ИБП APC Smart-UPS SRT 5000VA", "Smart-UPS SRT 5000", "APC", "AS2", 472_600),
    Model("Презентационное", "Проектор Epson EB-L630U", "EB-L630U", "Epson", "X9N", 236_000),
)

LOW_VALUE: tuple[Model, ...] = (
    Model("Периферия", 'Монитор Dell P2422H 23.8"', "Dell P2422H", "Dell", "CN0", 21_990),
    Model("Периферия", "Монитор AOC 24B2XH", "AOC 24B2XH", "AOC", "GTL", 11_450),
    Model("Периферия", "Док-станция Lenovo USB-C Gen 2", "ThinkPad USB-C Dock Gen 2", "Lenovo", "ZKW", 18_700),
    Model("Периферия", "Гарнитура Jabra Evolve2 40", "Jabra Evolve2 40", "Jabra", "HSC", 13_200),
    Model("Периферия", "Клавиатура Logitech MX Keys", "Logitech MX Keys", "Logitech", "LGK", 9_800),
    Model("Периферия", "Веб-камера Logitech C920", "Logitech C920", "Logitech", "LGC", 7_600),
    Model("Периферия", "ИБП Ippon Back Basic 850", "Ippon Back Basic 850", "Ippon", "IPN", 8_900),
    Model("Связь", "Телефон IP Yealink SIP-T31P", "Yealink T31P", "Yealink", "YLK", 5_700),
)

#: What firmware and people write where a serial number should be.
PLACEHOLDERS: tuple[str, ...] = (
    "To be filled by O.E.M.", "Default string", "N/A", "б/н", "нет", "0000000", "System Serial Number", "123456789",
)  # fmt: skip

HOSTS: tuple[str, ...] = ("wks", "nb", "msk", "spb", "kzn", "prn", "srv")
