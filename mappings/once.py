"""Kinds of record that no merge goes over: what happens once (stock, movements, work on equipment), purchase requests
and licences. They are read, compared and told; ``ALL_KINDS`` are these and the merge's own.
"""

from __future__ import annotations

from types import MappingProxyType

from .model import KINDS, Field, Kind

__all__ = [
    "ALLOCATION",
    "ALL_KINDS",
    "APPROVAL",
    "COMPONENT",
    "DEPRECIATION",
    "HOLDING",
    "INSTALLATION",
    "ITEM",
    "LICENCE",
    "MOVEMENT",
    "MOVEMENT_TYPES",
    "REQUEST",
    "REQUEST_LINE",
    "STOCK",
    "SUPPLY",
    "WARRANTY",
    "WORK",
    "WORK_PART",
    "WORK_TYPES",
    "kind",
]


def _read(name: str, ru: str, en: str, *fields: Field, scope: str | None = None, final: bool = False) -> Kind:
    """A kind that features read by name and the merge does not touch."""
    return Kind(name, ru, en, fields, scope=scope, creates=frozenset(), retires=frozenset(), final=final)


#: Kinds that mappings know and the nightly merge leaves alone: features ask for them by name.
ITEM = _read(
    "item",
    "Номенклатура",
    "Item",
    Field("name", "name", "Наименование", "Name"),
    Field("code", "text", "Код", "Code"),
    Field("article", "text", "Артикул", "Article"),
    Field("unit", "text", "Единица измерения", "Unit"),
)
#: How much of an item stands at a place in the books; ``place`` is empty where the books keep no warehouses.
STOCK = _read(
    "stock",
    "Остаток на складе",
    "Stock level",
    Field("item", "reference", "Номенклатура", "Item", of="item"),
    Field("place", "reference", "Склад", "Warehouse", of="place"),
    Field("organization", "reference", "Организация", "Organisation", of="organization"),
    Field("quantity", "quantity", "Количество", "Quantity"),
    Field("cost", "money", "Сумма", "Amount"),
    scope="organization",
)
#: What accounts hold of an item at a place, each account a row of its own: what a reconciliation reads. ``account`` is
#: the account's code.
HOLDING = _read(
    "holding",
    "Остаток по счёту",
    "Balance of an account",
    Field("item", "reference", "Номенклатура", "Item", of="item"),
    Field("place", "reference", "Склад", "Warehouse", of="place"),
    Field("organization", "reference", "Организация", "Organisation", of="organization"),
    Field("account", "text", "Счёт", "Account"),
    Field("quantity", "quantity", "Количество", "Quantity"),
    Field("cost", "money", "Сумма", "Amount"),
    scope="organization",
)
#: How much of a fixed asset's cost the books have written off by and by; several accounts of one card are rows each.
DEPRECIATION = _read(
    "depreciation",
    "Амортизация",
    "Depreciation",
    Field("asset", "reference", "Основное средство", "Fixed asset", of="equipment"),
    Field("organization", "reference", "Организация", "Organisation", of="organization"),
    Field("amount", "money", "Сумма", "Amount"),
    scope="organization",
)
#: One stock card of the desk: an item at a place. ``factor``: how many of the books' units one of the desk's is.
SUPPLY = _read(
    "supply",
    "Расходный материал",
    "Consumable",
    Field("name", "name", "Наименование", "Name"),
    Field("code", "text", "Код", "Code"),
    Field("unit", "text", "Единица измерения", "Unit"),
    Field("factor", "number", "Единиц учёта в единице", "Book units in one"),
    Field("organization", "reference", "Организация", "Organisation", of="organization"),
    Field("place", "reference", "Склад", "Warehouse", of="place"),
    Field("quantity", "quantity", "Количество", "Quantity"),
    Field("minimum", "quantity", "Неснижаемый остаток", "Minimum stock"),
    scope="organization",
)
#: What a movement of the desk is; ``receipt`` and ``expense`` are also what the books' documents become there.
MOVEMENT_TYPES = (
    *("receipt", "issue", "transfer", "return", "write_off", "correction", "expense"),
    # What an assembly did to stock: the work says it as a whole.
    *("assembly_in", "assembly_out"),
)
#: One record of stock that came or went. In the books a record may do both (``item``… left, ``to_item``… came); on the
#: desk it names its card, and ``recorded`` (the moment it was recorded) makes its id one that is never given again.
MOVEMENT = _read(
    "movement",
    "Движение запасов",
    "Movement",
    Field("date", "date", "Дата", "Date"),
    Field("document", "text", "Документ", "Document"),
    Field("document_type", "text", "Вид документа", "Kind of document"),
    Field("direction", "choice", "Вид движения", "Direction", choices=("in", "out")),
    Field("organization", "reference", "Организация", "Organisation", of="organization"),
    Field("item", "reference", "Номенклатура", "Item", of="item"),
    Field("place", "reference", "Склад", "Warehouse", of="place"),
    Field("quantity", "quantity", "Количество", "Quantity"),
    Field("to_item", "reference", "Номенклатура прихода", "Item received", of="item"),
    Field("to_place", "reference", "Склад-получатель", "Receiving warehouse", of="place"),
    Field("to_quantity", "quantity", "Количество прихода", "Quantity received"),
    Field("type", "choice", "Вид события", "Event", choices=MOVEMENT_TYPES),
    Field("supply", "reference", "Материал", "Consumable", of="supply"),
    Field("to_supply", "reference", "Материал на складе-получателе", "Consumable received", of="supply"),
    Field("unit", "text", "Единица измерения", "Unit"),
    Field("person", "reference", "Сотрудник", "Employee", of="person"),
    Field("department", "reference", "Подразделение", "Department", of="department"),
    Field("ticket", "text", "Обращение", "Ticket"),
    Field("reverses", "text", "Отменяет", "Takes back"),
    Field("origin", "text", "Источник", "Origin"),
    Field("recorded", "text", "Записано", "Recorded"),
    final=True,
)
#: What is done to a piece of equipment, or made of stock: each once, and whole when it is recorded.
WORK_TYPES = ("sent", "returned", "replaced", "upgrade", "swap", "assembly", "disassembly")
WORK = _read(
    "work",
    "Работа с оборудованием",
    "Work on equipment",
    Field("type", "choice", "Вид работы", "Kind of work", choices=WORK_TYPES),
    Field("date", "date", "Дата", "Date"),
    Field("asset", "reference", "Оборудование", "Equipment", of="equipment"),
    Field("other", "reference", "Выдано взамен", "Given instead", of="equipment"),
    Field("supply", "reference", "Материал", "Consumable", of="supply"),
    Field("quantity", "quantity", "Количество", "Quantity"),
    Field("unit", "text", "Единица измерения", "Unit"),
    Field("component", "text", "Комплектующая", "Component"),
    Field("effect", "text", "Что стало", "Effect"),
    Field("size_before", "number", "Было", "Size before"),
    Field("size_after", "number", "Стало", "Size after"),
    Field("follows", "text", "Завершает", "Ends"),
    Field("removes", "reference", "Снято", "Removes", of="component"),
    Field("contractor", "text", "Подрядчик", "Contractor"),
    Field("act", "text", "Акт", "Act"),
    Field("due", "date", "Срок", "Due"),
    Field("warranty", "date", "Гарантия до", "Warranty until"),
    Field("cost", "money", "Стоимость", "Cost"),
    Field("old_serial", "text", "Прежний заводской номер", "Serial number before"),
    Field("serial", "text", "Заводской номер", "Serial number"),
    Field("ticket", "text", "Обращение", "Ticket"),
    Field("recorded", "text", "Записано", "Recorded"),
    final=True,
)
#: One line of a work that makes a thing of several, or several of one.
WORK_PART = _read(
    "work_part",
    "Строка работы",
    "Line of a work",
    Field("work", "reference", "Работа", "Work", of="work"),
    Field("supply", "reference", "Материал", "Consumable", of="supply"),
    Field("quantity", "quantity", "Количество", "Quantity"),
    Field("unit", "text", "Единица измерения", "Unit"),
    Field("share", "number", "Доля стоимости", "Share of cost"),
    final=True,
)
#: One part of a piece of equipment, in it still or taken out (``removed``); ``work`` is the one that fitted it.
COMPONENT = _read(
    "component",
    "Комплектующая",
    "Component",
    Field("asset", "reference", "Оборудование", "Equipment", of="equipment"),
    Field("type", "text", "Вид", "Kind"),
    Field("name", "name", "Наименование", "Name"),
    Field("serial", "text", "Заводской номер", "Serial number"),
    Field("size", "number", "Объём", "Size"),
    Field("quantity", "quantity", "Количество", "Quantity"),
    Field("fitted", "date", "Установлено", "Fitted"),
    Field("removed", "date", "Снято", "Removed"),
    Field("work", "reference", "Работа", "Work", of="work"),
)
#: «Заявка в ИТ» on the desk, and the order or invoice for it in the books: each side has fields of its own.
REQUEST = _read(
    "request",
    "Заявка в ИТ и её заказ",
    "Purchase request and its order",
    Field("number", "text", "Номер", "Number"),
    Field("date", "date", "Дата", "Date"),
    Field("organization", "reference", "Организация", "Organisation", of="organization"),
    Field("supplier", "text", "Поставщик", "Supplier"),
    Field("amount", "money", "Сумма", "Amount"),
    Field("state", "choice", "Статус", "State", choices=("open", "agreed", "ordered", "paid", "closed", "cancelled")),
    Field("delivery", "choice", "Поступление", "Delivery", choices=("none", "part", "whole")),
    Field("posted", "flag", "Проведён", "Posted"),
    Field("comment", "text", "Комментарий", "Comment"),
    Field("title", "text", "Тема", "Subject"),
    Field("step", "text", "Этап", "Step", owner="either"),
    Field("version", "text", "Проверенная версия", "Checked version", empty="clear"),
    Field("answer", "text", "Ответ", "Answer", empty="clear"),
    Field("orders", "text", "Заказы в 1С", "Orders in 1C", empty="clear"),
    Field("branch", "reference", "Филиал", "Branch", owner="desk", of="place"),
    Field("department", "reference", "Подразделение", "Department", owner="desk", of="department"),
    Field("initiator", "reference", "Инициатор", "Initiator", owner="desk", of="person"),
    Field("beneficiary", "reference", "Для кого", "Beneficiary", owner="desk", of="person"),
    Field("workplace", "text", "Рабочее место", "Workplace", owner="desk"),
    Field("reason", "text", "Причина", "Reason", owner="desk"),
    Field("asset", "reference", "Взамен", "Replaces", owner="desk", of="equipment"),
    Field("needed_by", "date", "Нужно к", "Needed by", owner="desk"),
    Field("submitted", "date", "Подана", "Submitted", owner="desk"),
    Field("article", "text", "Статья бюджета", "Budget article", owner="desk"),
    Field("contact", "text", "Контакт", "Contact", owner="desk", personal=True),
    Field("offer", "text", "Предложение поставщика", "Offer", owner="desk"),
    scope="organization",
)
REQUEST_LINE = _read(
    "request_line",
    "Строка заявки",
    "Line of a request",
    Field("request", "reference", "Заявка", "Request", of="request"),
    Field("item", "reference", "Номенклатура", "Item", of="item"),
    Field("name", "text", "Описание", "Description"),
    Field("category", "text", "Класс", "Class"),
    Field("quantity", "quantity", "Количество", "Quantity"),
    Field("cancelled", "quantity", "Отменено", "Cancelled"),
    Field("unit", "text", "Ед.", "Unit"),
    Field("price", "money", "Цена", "Price"),
    Field("price_date", "date", "Дата цены", "Date of the price"),
    Field("vat", "text", "НДС", "VAT"),
    Field("place", "reference", "Склад", "Warehouse", of="place"),
    Field("asset", "reference", "Взамен", "Replaces", of="equipment"),
    Field("term", "text", "Срок", "Term"),
    Field("seats", "quantity", "Рабочих мест", "Seats"),
    Field("platform", "text", "Платформа", "Platform"),
    Field("security_mark", "text", "Отметка безопасности", "Security mark"),
    Field("state", "text", "Состояние", "State"),
)
#: One word of a person about a request, given on the desk; ``version`` is the contents it was given for.
APPROVAL = _read(
    "approval",
    "Согласование",
    "Approval",
    Field("request", "reference", "Заявка", "Request", of="request"),
    Field("role", "text", "Роль", "Role"),
    Field("person", "reference", "Кто", "Who", of="person"),
    Field("decision", "text", "Решение", "Decision"),
    Field("date", "date", "Дата", "Date"),
    Field("version", "text", "Версия", "Version"),
    Field("comment", "text", "Комментарий", "Comment"),
)
#: Part of a document's line given to a request's line: N:M.
ALLOCATION = _read(
    "allocation",
    "Исполнение строки",
    "Allocation",
    Field("line", "reference", "Строка заявки", "Request line", of="request_line"),
    Field("step", "text", "Вид", "Step"),
    Field("document", "text", "Документ", "Document"),
    Field("document_line", "text", "Строка документа", "Line of the document"),
    Field("quantity", "quantity", "Количество", "Quantity"),
    Field("coefficient", "number", "Коэффициент", "Coefficient"),
    Field("key", "text", "Ключ записи", "Key of the record"),
)
#: How long the supplier repairs a thing at no cost; the record is the thing's own.
WARRANTY = _read("warranty", "Гарантия", "Warranty", Field("until", "date", "Гарантия до", "Warranty until"))
#: Rights of use: in the books a balance of accounts that settings name, on the desk seats of a product.
LICENCE = _read(
    "licence",
    "Лицензия",
    "Licence",
    Field("name", "text", "Объект учёта", "Object"),
    Field("organization", "reference", "Организация", "Organisation", of="organization"),
    Field("cost", "money", "Сумма", "Amount"),
    Field("seats", "quantity", "Рабочих мест", "Seats"),
    Field("expires", "date", "Действует до", "Valid until"),
    Field("book_object", "text", "Объект учёта в 1С", "Object in 1C"),
    Field("right", "text", "Вид права", "Kind of right"),
    Field("document", "text", "Документ", "Document"),
    Field("responsible", "reference", "Ответственный", "Responsible", of="person"),
    Field("account", "text", "Счёт учёта", "Account"),
    scope="organization",
)
INSTALLATION = _read(
    "installation",
    "Установка программы",
    "Installation",
    Field("name", "text", "Программа", "Product"),
    Field("licence", "reference", "Лицензия", "Licence", of="licence"),
    Field("asset", "reference", "Оборудование", "Equipment", of="equipment"),
)
#: Every kind a mapping may name.
ALL_KINDS: tuple[Kind, ...] = (
    *(*KINDS, ITEM, STOCK, HOLDING, DEPRECIATION, SUPPLY, MOVEMENT, WORK, WORK_PART, COMPONENT),
    *(REQUEST, REQUEST_LINE, APPROVAL, ALLOCATION, WARRANTY, LICENCE, INSTALLATION),
)

_BY_NAME = MappingProxyType({k.name: k for k in ALL_KINDS})


def kind(name: str) -> Kind:
    """The kind called ``name``; ``KeyError`` if there is none."""
    return _BY_NAME[name]
