"""Objects of the base as EnterpriseData objects of versions 1.8 and 1.19: the part that equipment and stock need.

A reference is a whole group of key properties, not a bare key. What a base sends for an object marked for deletion is
its removal; a folder and a document that is not posted are not sent. A unit nobody has filled in is sent as pieces.
БП has no supplier's order of its own: what crosses under that name is the supplier's invoice (it is said to send
orders, and the format names a supplier's invoice as received alone; no captured message shows it).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from ..store import Body
from ..values import ZERO

if TYPE_CHECKING:
    from ..base import Base

__all__ = ["KINDS", "VERSIONS", "exported"]

Value = str | list[tuple[str, "Value"]] | None
Group = list[tuple[str, Value]]

VERSIONS = ("1.8", "1.19")
#: Sets that are sent → the name of their objects in the format.
KINDS: Mapping[str, str] = {
    "Catalog_Номенклатура": "Справочник.Номенклатура",
    "Catalog_Склады": "Справочник.Склады",
    "Catalog_ОсновныеСредства": "Справочник.ОсновныеСредства",
    "Document_ПеремещениеТоваров": "Документ.ПеремещениеТоваров",
    "Document_ПоступлениеТоваровУслуг": "Документ.ПоступлениеТоваровУслуг",
    "Document_СчетНаОплатуПоставщика": "Документ.ЗаказПоставщику",
}
_RUBLE: Group = [("ДанныеКлассификатора", [("Код", "643"), ("Наименование", "руб.")])]
_STORES = {
    "ОптовыйСклад": "Оптовый",
    "РозничныйМагазин": "Розничный",
    "НеавтоматизированнаяТорговаяТочка": "НеавтоматизированнаяТорговаяТочка",
}
_FACTS = "InformationRegister_ПервоначальныеСведенияОСБухгалтерскийУчет"
#: The kind of stock by the account it is kept on.
_STOCK = {"10.05": "ЗапасныеЧасти", "10.09": "ИнвентарьИХозяйственныеПринадлежности", "41.01": "СобственныеТовары"}


def exported(base: Base, version: str, collection: str, key: str, body: Body | None) -> str | None:
    """One printed element of a message's body, or None for what is not sent."""
    name = KINDS.get(collection)
    if name is None or (body is not None and body.get("IsFolder")):
        return None
    if body is None or body.get("DeletionMark"):
        reference = f"{name.partition('.')[2]}Ссылка"
        removed: Group = [("СсылкаНаОбъект", [("СсылкаНаОбъект", [(reference, key)])])]
        return _printed("УдалениеОбъекта", removed, 2)
    if collection.startswith("Document_") and not body.get("Posted"):
        return None
    return _printed(name, _WRITERS[collection](_Look(base, version == "1.8"), body), 2)


def _printed(name: str, value: Value, depth: int) -> str:
    tabs = "\t" * depth
    if isinstance(value, list):
        inside = "".join(_printed(child, item, depth + 1) for child, item in value if item not in (None, []))
        return f"{tabs}<{name}>\n{inside}{tabs}</{name}>\n"
    return f"{tabs}<{name}>{escape(value or '')}</{name}>\n"


class _Look:
    """Key properties of what objects refer to."""

    def __init__(self, base: Base, early: bool) -> None:
        self.base = base
        #: Version 1.8: comment and author stand among the object's own properties.
        self.early = early

    def follow(self, body: Body, name: str, collection: str) -> Body | None:
        """The object behind an attribute."""
        return self.base.follow(collection, str(body.get(f"{name}_Key") or ZERO))

    def item(self, found: Body) -> Group:
        """A good's key properties."""
        folder = self.follow(found, "Parent", "Catalog_Номенклатура")
        return [
            ("Ссылка", found["Ref_Key"]),
            ("НаименованиеПолное", _text(found, "НаименованиеПолное")),
            ("КодВПрограмме", _text(found, "Code")),
            ("Артикул", _text(found, "Артикул")),
            ("Наименование", _text(found, "Description") or ""),
            ("Группа", self._folder(folder) if folder else None),
        ]

    def _folder(self, found: Body) -> Group:
        name, code = _text(found, "Description") or "", _text(found, "Code")
        return [("Ссылка", found["Ref_Key"]), ("Наименование", name), ("КодВПрограмме", code)]

    def unit(self, found: Body) -> Group:
        """A good's unit of measure."""
        unit = self.follow(found, "ЕдиницаИзмерения", "Catalog_КлассификаторЕдиницИзмерения")
        if unit is None:
            return [("ДанныеКлассификатора", [("Код", "796"), ("Наименование", "шт")])]
        told: Group = [("Код", _text(unit, "Code")), ("Наименование", _text(unit, "Description"))]
        return [("Ссылка", unit["Ref_Key"]), ("ДанныеКлассификатора", told)]

    def store(self, found: Body) -> Group:
        """A warehouse's key properties."""
        return [
            ("Ссылка", found["Ref_Key"]),
            ("Наименование", _text(found, "Description") or ""),
            ("ТипСклада", _STORES.get(str(found.get("ТипСклада") or ""))),
        ]

    def named(self, found: Body | None) -> Group | None:
        """Key properties that are a key and a name."""
        return [("Ссылка", found["Ref_Key"]), ("Наименование", _text(found, "Description") or "")] if found else None

    def organization(self, found: Body | None) -> Group:
        """An organisation's key properties."""
        body = found or {"Ref_Key": ZERO}
        return [
            ("Ссылка", body["Ref_Key"]),
            ("Наименование", _text(body, "Description") or ""),
            ("НаименованиеСокращенное", _text(body, "НаименованиеСокращенное")),
            ("НаименованиеПолное", _text(body, "НаименованиеПолное")),
            ("ИНН", _text(body, "ИНН")),
            ("КПП", _text(body, "КПП")),
            ("ЮридическоеФизическоеЛицо", "ЮридическоеЛицо"),
        ]

    def supplier(self, found: Body | None) -> Group:
        """A counterparty's key properties."""
        body = found or {"Ref_Key": ZERO}
        return [
            ("Ссылка", body["Ref_Key"]),
            ("Наименование", _text(body, "Description") or ""),
            ("ИНН", _text(body, "ИНН")),
            ("ЮридическоеФизическоеЛицо", "ЮридическоеЛицо"),
        ]

    def remark(self, body: Body) -> Group:
        """The comment where version 1.8 has it."""
        return [("Комментарий", _text(body, "Комментарий"))] if self.early else []

    def common(self, body: Body) -> Group:
        """The properties common to all objects of later versions."""
        text = _text(body, "Комментарий")
        return [] if self.early or text is None else [("ОбщиеСвойстваОбъектовФормата", [("Комментарий", text)])]


def _text(body: Body, name: str) -> str | None:
    """The text of an attribute, None where it is empty."""
    return str(body.get(name) or "").rstrip(" ") or None


def _date(body: Body, name: str) -> str | None:
    text = str(body.get(name) or "")
    return None if text.startswith("0001") or not text else text


def _item(look: _Look, body: Body) -> Group:
    return [
        ("КлючевыеСвойства", look.item(body)),
        ("ТипНоменклатуры", "Услуга" if body.get("Услуга") else "Товар"),
        ("Описание", _text(body, "Комментарий")),
        ("ЕдиницаИзмерения", look.unit(body)),
        *([] if look.early else [("ПрослеживаемыйТовар", _flag(body, "ПрослеживаемыйТовар"))]),
    ]


def _store(look: _Look, body: Body) -> Group:
    department = look.follow(body, "ПодразделениеОрганизации", "Catalog_ПодразделенияОрганизаций")
    return [("КлючевыеСвойства", look.store(body)), ("Подразделение", look.named(department)), *look.common(body)]


def _asset(look: _Look, body: Body) -> Group:
    facts = [*look.base.records_of(_FACTS, body["Ref_Key"])]
    numbers = [row.get("ИнвентарныйНомер") for row in facts]
    cost = facts[-1].get("ПервоначальнаяСтоимость") if facts else None
    return [
        (
            "КлючевыеСвойства",
            [
                ("Ссылка", body["Ref_Key"]),
                ("Наименование", _text(body, "Description") or ""),
                ("ИнвентарныйНомер", str((numbers or [None])[-1] or body.get("Code") or "").strip()),
                ("ЗаводскойНомер", _text(body, "ЗаводскойНомер")),
            ],
        ),
        ("ДатаВыпуска", _date(body, "ДатаВыпуска")),
        ("НомерПаспорта", _text(body, "НомерПаспорта")),
        ("Изготовитель", _text(body, "Изготовитель")),
        *look.remark(body),
        ("СтоимостьОС", [("ПервоначальнаяСтоимостьБУ", str(cost))] if cost else None),
        *look.common(body),
    ]


def _transfer(look: _Look, body: Body) -> Group:
    def department(name: str) -> Group | None:
        return look.named(look.follow(body, name, "Catalog_ПодразделенияОрганизаций"))

    def warehouse(name: str) -> Group:
        found = look.follow(body, name, "Catalog_Склады")
        return look.store(found) if found else [("Наименование", "")]

    rows: Group = [
        ("Строка", [*_line(look, number, row), *_kept(look, row)])
        for number, row in enumerate(body.get("Товары") or [], 1)
    ]
    return [
        ("КлючевыеСвойства", _document(look, body)),
        *look.remark(body),
        ("ПодразделениеОтправитель", department("ПодразделениеОтправитель")),
        ("ПодразделениеПолучатель", department("ПодразделениеПолучатель")),
        ("СкладОтправитель", warehouse("СкладОтправитель")),
        ("СкладПолучатель", warehouse("СкладПолучатель")),
        ("Товары", rows),
        *look.common(body),
    ]


def _document(look: _Look, body: Body) -> Group:
    """A document's key properties; of a purchase, the supplier too."""
    supplier = look.follow(body, "Контрагент", "Catalog_Контрагенты")
    return [
        ("Ссылка", body["Ref_Key"]),
        ("Дата", str(body["Date"])),
        ("Номер", str(body.get("Number") or "").strip()),
        ("Организация", look.organization(look.follow(body, "Организация", "Catalog_Организации"))),
        *([("Контрагент", look.supplier(supplier))] if "Контрагент_Key" in body else []),
    ]


def _receipt(look: _Look, body: Body) -> Group:
    rows: Group = [
        ("Строка", [*_line(look, number, row), *_sums(row), *_kept(look, row)])
        for number, row in enumerate(body.get("Товары") or [], 1)
    ]
    store = look.follow(body, "Склад", "Catalog_Склады")
    return [
        ("КлючевыеСвойства", _document(look, body)),
        ("Товары", rows),
        ("Валюта", _RUBLE),
        ("ВидОперации", "ПокупкаУПоставщика"),
        ("Сумма", str(body.get("СуммаДокумента") or 0)),
        ("Склад", look.store(store) if store else None),
        ("ДанныеВзаиморасчетов", [("ВалютаВзаиморасчетов", _RUBLE)]),
        *look.remark(body),
        *look.common(body),
    ]


def _order(look: _Look, body: Body) -> Group:
    """Version 1.8 has no comment here."""
    rows: Group = [
        ("Строка", [*_line(look, number, row), *_sums(row)]) for number, row in enumerate(body.get("Товары") or [], 1)
    ]
    return [
        ("КлючевыеСвойства", _document(look, body)),
        ("Валюта", _RUBLE),
        ("Сумма", str(body.get("СуммаДокумента") or 0)),
        ("ДанныеВзаиморасчетов", [("ВалютаВзаиморасчетов", _RUBLE)]),
        ("Товары", rows),
        *look.common(body),
    ]


def _line(look: _Look, number: int, row: Body) -> Group:
    good = look.follow(row, "Номенклатура", "Catalog_Номенклатура")
    key: Group = look.item(good) if good else [("Наименование", "")]
    return [
        ("НомерСтрокиДокумента", str(number)),
        ("ДанныеНоменклатуры", [("Номенклатура", key)]),
        ("ЕдиницаИзмерения", look.unit(good or {})),
        ("Количество", str(row.get("Количество") or 0)),
    ]


def _sums(row: Body) -> Group:
    return [("Сумма", str(row.get("Сумма") or 0)), ("Цена", str(row.get("Цена") or 0))]


def _kept(look: _Look, row: Body) -> Group:
    """Under which account, and as which kind of stock."""
    account = look.follow(row, "СчетУчета", "ChartOfAccounts_Хозрасчетный")
    code = _text(account, "Code") if account else None
    return [("ТипЗапасов", _STOCK.get(code or "", "ПрочиеМатериалы")), ("СчетУчета", code)]


def _flag(body: Body, name: str) -> str | None:
    return {True: "true", False: "false"}.get(bool(body[name])) if name in body else None


_WRITERS: Mapping[str, Callable[[_Look, Body], Group]] = {
    "Catalog_Номенклатура": _item,
    "Catalog_Склады": _store,
    "Catalog_ОсновныеСредства": _asset,
    "Document_ПеремещениеТоваров": _transfer,
    "Document_ПоступлениеТоваровУслуг": _receipt,
    "Document_СчетНаОплатуПоставщика": _order,
}
