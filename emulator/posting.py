"""Posting: fill checks, checks against the books just before the document's moment, and the records it writes.

Refusals are business failures: 500 with code -1, all reasons in one message, one per line; the document stays saved
and unposted.
"""

from __future__ import annotations

from . import erp25, rules
from .base import Base, not_found
from .movements import HANDLERS, Movements
from .stock import CHECKS, REQUIRED, STOCK
from .store import Body
from .values import ZERO
from .wire import ODataError, business

__all__ = ["clear_movements", "parse_mode", "post", "unpost"]


def post(base: Base, collection: str, key: str, *, operational: bool = False) -> Body:
    """Post (or repost) a document; raises 500 code -1 with every reason why it cannot be posted."""
    with base.store.write():
        document = base.store.get(collection, key)
        if document is None:
            raise not_found(collection)
        title = base.title(collection, document)
        if operational:
            raise business(f"Не удалось провести: {title}!\nОперативное проведение документа запрещено!")
        if document["DeletionMark"]:
            raise business(f"Не удалось провести: {title}!\nПомеченный на удаление документ не может быть проведен!")
        rules.check_closed(base, collection, document, document, posting=True)
        clear_movements(base, collection, key)
        reasons: list[str] = []
        movements: Movements = {}
        _check_filled(base, collection, document, reasons)
        handlers = erp25.HANDLERS if erp25.is_erp(base) else HANDLERS
        also = {} if erp25.is_erp(base) else STOCK
        for handler in (handlers.get(collection), also.get(collection)) if not reasons else ():
            for register, rows in (handler(base, document, reasons) if handler else {}).items():
                movements[register] = [*movements.get(register, []), *rows]
        if not reasons and collection in CHECKS and not erp25.is_erp(base):
            CHECKS[collection](base, document, reasons)
        if reasons:
            raise business("\n".join([f"Не удалось провести: {title}!", *reasons]))
        _record(base, collection, document, movements)
        new = {**document, "Posted": True, "DataVersion": base.next_version()}
        base.store.put(collection, key, new)
        return new


def unpost(base: Base, collection: str, key: str) -> Body:
    """Take a document's records out of the registers."""
    with base.store.write():
        document = base.store.get(collection, key)
        if document is None:
            raise not_found(collection)
        rules.check_closed(base, collection, document, document, posting=True)
        clear_movements(base, collection, key)
        new = {**document, "Posted": False, "DataVersion": base.next_version()}
        base.store.put(collection, key, new)
        return new


def clear_movements(base: Base, collection: str, key: str) -> None:
    """Drop the records of a recorder from every register; inside ``write``."""
    for register in base.model.sets:
        if base.model.is_record_set(register):
            base.store.delete(register, base.recorder_key(register, key, f"StandardODATA.{collection}"))


def _record(base: Base, collection: str, document: Body, movements: Movements) -> None:
    recorder, kind = document["Ref_Key"], f"StandardODATA.{collection}"
    for register, rows in movements.items():
        if not rows or base.model.type_of(register) is None:
            continue
        blank = _blank_row(base, register)
        records = [
            {**blank, "Period": document["Date"], "LineNumber": n, "Active": True, **row}
            for n, row in enumerate(rows, 1)
        ]
        entry = {"Recorder": recorder, "Recorder_Type": kind, "Recorder_Key": recorder, "RecordSet": records}
        base.store.put(register, base.recorder_key(register, recorder, kind), entry)


def _blank_row(base: Base, register: str) -> Body:
    row = base.model.row_type(register, "RecordSet")
    return base.blank(row) if row is not None else {}


_REQUIRED: dict[str, tuple[tuple[str, ...], str, tuple[str, ...]]] = {
    "Document_ПринятиеКУчетуОС": (("Организация", "МестонахождениеОС"), "ОС", ("ОсновноеСредство",)),
    "Document_ПеремещениеОС": (("Организация",), "ОС", ("ОсновноеСредство",)),
    "Document_СписаниеОС": (("Организация",), "ОС", ("ОсновноеСредство",)),
    "Document_ПередачаМатериаловВЭксплуатацию": (
        ("Организация", "Склад"),
        "ИнвентарьИХозяйственныеПринадлежности",
        ("Номенклатура", "Количество", "ФизЛицо", "СчетУчета", "СпособОтраженияРасходов"),
    ),
    "Document_ТребованиеНакладная": (
        ("Организация", "Склад", "СчетЗатрат"),
        "Материалы",
        ("Номенклатура", "Количество", "Счет"),
    ),
    "Document_ПереводОСВМалоценноеОборудование": (("Организация",), "ОС", ("ОсновноеСредство", "Номенклатура")),
}


def _required(collection: str, document: Body) -> tuple[tuple[str, ...], str, tuple[str, ...]] | None:
    operation = document.get("ВидОперации")
    if operation == "ПередачаМеждуСотрудниками":
        return (
            ("Организация", "СотрудникОтправитель", "СотрудникПолучатель"),
            "Материалы",
            ("Номенклатура", "Количество"),
        )
    if collection == "Document_ПеремещениеТоваров":
        return ("Организация", "СкладОтправитель", "СкладПолучатель"), "Товары", ("Номенклатура", "Количество")
    if collection == "Document_СписаниеТоваров":
        head = "Сотрудник" if operation == "СписаниеССотрудника" else "Склад"
        part = "Материалы" if operation == "СписаниеССотрудника" else "Товары"
        return ("Организация", head), part, ("Номенклатура", "Количество")
    found = _REQUIRED.get(collection) or REQUIRED.get(collection)
    if found and operation == "ПередачаСотруднику":
        return (*found[0], "Сотрудник"), found[1], found[2]
    return found


def _empty(body: Body, name: str) -> bool:
    value = body.get(f"{name}_Key", body.get(name))
    return value in (None, "", ZERO, 0)


def _check_filled(base: Base, collection: str, document: Body, reasons: list[str]) -> None:
    required = erp25.REQUIRED.get(collection) if erp25.is_erp(base) else _required(collection, document)
    if required is None:
        return
    head, part, columns = required
    reasons += [f'Поле "{name}" не заполнено' for name in head if _empty(document, name)]
    rows = document.get(part) or []
    if not rows:
        reasons.append(f'Не введено ни одной строки в список "{part}"')
    for row in rows:
        for name in columns:
            if _empty(row, name):
                reasons.append(f'Не заполнена колонка "{name}" в строке {row["LineNumber"]} списка "{part}"')
    assets = [row.get("ОсновноеСредство_Key") for row in rows if "ОсновноеСредство_Key" in row]
    for row in rows if len(set(assets)) < len(assets) else []:
        number = row["LineNumber"]
        if row["ОсновноеСредство_Key"] in assets[: number - 1]:
            reasons.append(f'Строка {number} списка "{part}": основное средство повторяется')


def parse_mode(text: str | None) -> bool:
    """``PostingModeOperational`` from the address; raises 400 code 1."""
    if text not in (None, "true", "false"):
        raise ODataError(400, 1, f"Не удалось разобрать строку '{text}' как значение типа Edm.Boolean!")
    return text == "true"
