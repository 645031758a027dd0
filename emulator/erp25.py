"""Bases of ERP 2.5 and УТ 11, built from the names kept as data, and what their documents write when posted.

An asset's place is one register (dimension: the asset alone), its state another, things in use and stock are
accumulation registers with person, department and inventory number. Only what equipment and stock need is described.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from functools import cache

from . import names
from .base import Base
from .edmx import Model
from .movements import Movements
from .publish import described
from .registers import state_before
from .store import Body
from .totals import balance
from .values import ZERO

__all__ = ["HANDLERS", "REQUIRED", "erp", "is_erp", "trade"]

PLACES, STATES, INITIAL = (
    f"InformationRegister_{name}" for name in ("МестонахождениеОС", "ПорядокУчетаОСБУ", "ПервоначальныеСведенияОС")
)
IN_USE, STOCK = "AccumulationRegister_ТМЦВЭксплуатации", "AccumulationRegister_ТоварыНаСкладах"
_COMMON = (
    "catalog Организации", "catalog СтруктураПредприятия", "catalog Склады", "catalog Номенклатура", "catalog Партнеры",
    "document ПеремещениеТоваров", "document ВнутреннееПотребление", "document ПересчетТоваров",
    "document СписаниеНедостачТоваров", "document ОприходованиеИзлишковТоваров", "document ЗаказПоставщику",
    "accumulation ТоварыНаСкладах", "kinds РазделыДатЗапретаИзменения", "information ДатыЗапретаИзменения",
    "constant ИспользоватьДатыЗапретаИзменения", "information ИТАктивы", "information ДополнительныеСведения",
    "catalog НаборыДополнительныхРеквизитовИСведений", "kinds ДополнительныеРеквизитыИСведения",
    "constant ИспользоватьДополнительныеРеквизитыИСведения",
)  # fmt: skip
_ASSETS = (
    "catalog ОбъектыЭксплуатации", "catalog ФизическиеЛица", "catalog Сотрудники",
    "document ПринятиеКУчетуОС2_4", "document ПеремещениеОС2_4", "document СписаниеОС2_4", "document МодернизацияОС2_4",
    "document ИнвентаризацияОС", "document ПеремещениеВЭксплуатации", "document СписаниеИзЭксплуатации",
    "document ИнвентаризацияТМЦВЭксплуатации", "information МестонахождениеОС", "information ПорядокУчетаОСБУ",
    "information ПервоначальныеСведенияОС", "accumulation ТМЦВЭксплуатации", "chart Хозрасчетный",
    "accounting Хозрасчетный",
)  # fmt: skip


@cache
def erp() -> Model:
    """The part of ERP 2.5 that equipment and stock need; shared, so it must not be changed."""
    return described(names.text("erp25", (*_COMMON, *_ASSETS)))


@cache
def trade() -> Model:
    """The part of УТ 11 that stock needs: its documents are those of ERP."""
    return described(names.text("erp25", _COMMON))


def is_erp(base: Base) -> bool:
    """Whether the base keeps stock as ERP and УТ do."""
    return base.model.type_of(STOCK) is not None


_LINE = ("Номенклатура", "Количество")
REQUIRED: dict[str, tuple[tuple[str, ...], str, tuple[str, ...]]] = {
    "Document_ПринятиеКУчетуОС2_4": (("Организация", "Местонахождение"), "ОС", ("ОсновноеСредство",)),
    "Document_ПеремещениеОС2_4": (("Организация", "ХозяйственнаяОперация"), "ОС", ("ОсновноеСредство",)),
    "Document_ПеремещениеТоваров": (("Организация", "СкладОтправитель", "СкладПолучатель"), "Товары", _LINE),
    "Document_ВнутреннееПотребление": (("Организация", "Склад", "ХозяйственнаяОперация"), "Товары", _LINE),
    "Document_ПеремещениеВЭксплуатации": (("Организация",), "Товары", (*_LINE, "ФизическоеЛицо")),
    "Document_СписаниеИзЭксплуатации": (("Организация", "Подразделение"), "Товары", _LINE),
    "Document_СписаниеНедостачТоваров": (("Организация", "Склад"), "Товары", _LINE),
    "Document_ОприходованиеИзлишковТоваров": (("Организация", "Склад", "СтатьяДоходов"), "Товары", (*_LINE, "Цена")),
    "Document_ЗаказПоставщику": (("Организация", "Партнер", "Соглашение"), "Товары", (*_LINE, "ВидЦеныПоставщика")),
    "Document_МодернизацияОС2_4": (("Организация", "ОбъектСтроительства"), "ОС", ("ОсновноеСредство",)),
}


def _accept(base: Base, document: Body, reasons: list[str]) -> Movements:
    out: Movements = {INITIAL: [], STATES: [], PLACES: []}
    for row in document["ОС"]:
        keys = {"ОсновноеСредство_Key": row["ОсновноеСредство_Key"], "Организация_Key": document["Организация_Key"]}
        cost = {"ПервоначальнаяСтоимостьБУ": row["СтоимостьБУ"], "ДатаВводаВЭксплуатациюБУ": document["Date"]}
        out[INITIAL].append({**keys, **cost})
        out[STATES].append({**keys, "СостояниеБУ": "ПринятоКУчету"})
        place = {"МОЛ_Key": document["МОЛ_Key"], "Местонахождение_Key": document["Местонахождение_Key"]}
        out[PLACES].append({**keys, **place})
    return out


def _move(base: Base, document: Body, reasons: list[str]) -> Movements:
    """Every row must stand where the header says it comes from, as of the moment before the document's."""
    out: Movements = {PLACES: []}
    for row in document["ОС"]:
        asset = row["ОсновноеСредство_Key"]
        now = state_before(base, PLACES, asset, (document["Date"], document["Ref_Key"]))
        head = f"Строка №{row['LineNumber']}: объект эксплуатации не отражался в учете"
        if now.get("Организация_Key") != document["Организация_Key"]:
            reasons.append(f"{head} организации")
        for wanted, held in (("МОЛ_Key", "МОЛ_Key"), ("Подразделение_Key", "Местонахождение_Key")):
            if now.get(held, ZERO) != document[wanted]:
                reasons.append(f"{head} в местонахождении или за МОЛ, указанными в документе")
        out[PLACES].append(
            {
                "ОсновноеСредство_Key": asset,
                "Организация_Key": document["Организация_Key"],
                "МОЛ_Key": document["МОЛПолучатель_Key"],
                "Местонахождение_Key": document["ПодразделениеПолучатель_Key"],
            }
        )
    return out


def _write_off_asset(base: Base, document: Body, reasons: list[str]) -> Movements:
    keys = {"Организация_Key": document["Организация_Key"], "СостояниеБУ": "СнятоСУчета"}
    return {STATES: [{**keys, "ОсновноеСредство_Key": row["ОсновноеСредство_Key"]} for row in document["ОС"]]}


def _use(document: Body, row: Body, kind: str, person: str, department: str) -> Body:
    return {
        "RecordType": kind,
        "Организация_Key": document["Организация_Key"],
        "Подразделение_Key": document[department],
        "ФизическоеЛицо_Key": row[person],
        "Номенклатура_Key": row["Номенклатура_Key"],
        "ИнвентарныйНомер": row.get("ИнвентарныйНомер", ""),
        "Партия_Key": row.get("Партия_Key", ZERO),
        "Количество": Decimal(row["Количество"] or 0),
    }


def _stock(row: Body, kind: str, place: str) -> Body:
    count = Decimal(row["Количество"] or 0)
    return {"RecordType": kind, "Склад_Key": place, "Номенклатура_Key": row["Номенклатура_Key"], "ВНаличии": count}


def _consume(base: Base, document: Body, reasons: list[str]) -> Movements:
    rows = document["Товары"]
    out: Movements = {STOCK: [_stock(row, "Expense", document["Склад_Key"]) for row in rows]}
    if document["ХозяйственнаяОперация"] == "ПередачаВЭксплуатацию":
        out[IN_USE] = [_use(document, row, "Receipt", "ФизическоеЛицо_Key", "Подразделение_Key") for row in rows]
    return out


#: Columns that tell whose things in use a row is about.
_HELD = ("Организация_Key", "Подразделение_Key", "ФизическоеЛицо_Key", "Номенклатура_Key", "ИнвентарныйНомер")


def _between(base: Base, document: Body, reasons: list[str]) -> Movements:
    out: list[Body] = []
    for row in document["Товары"]:
        given = _use(document, row, "Expense", "ФизическоеЛицо_Key", "Подразделение_Key")
        kind = base.model.complex[f"{IN_USE}_Balance"]
        rows = [row for row in balance(base, IN_USE, kind) if all(row.get(n) == given[n] for n in _HELD)]
        if sum((r["КоличествоBalance"] for r in rows), Decimal(0)) < given["Количество"]:
            reasons.append(f"Строка №{row['LineNumber']}: не хватает ТМЦ в эксплуатации")
        taken = _use(document, row, "Receipt", "ФизическоеЛицоПолучатель_Key", "ПодразделениеПолучатель_Key")
        out += [given, taken]
    return {IN_USE: out}


def _transfer(base: Base, document: Body, reasons: list[str]) -> Movements:
    rows = document["Товары"]
    gone = [_stock(row, "Expense", document["СкладОтправитель_Key"]) for row in rows]
    return {STOCK: [*gone, *(_stock(row, "Receipt", document["СкладПолучатель_Key"]) for row in rows)]}


def _flow(kind: str) -> Callable[[Base, Body, list[str]], Movements]:
    def write(base: Base, document: Body, reasons: list[str]) -> Movements:
        return {STOCK: [_stock(row, kind, document["Склад_Key"]) for row in document["Товары"]]}

    return write


def _scrap(base: Base, document: Body, reasons: list[str]) -> Movements:
    rows = [_use(document, row, "Expense", "ФизическоеЛицо_Key", "Подразделение_Key") for row in document["Товары"]]
    return {IN_USE: rows}


HANDLERS: dict[str, Callable[[Base, Body, list[str]], Movements]] = {
    "Document_ПринятиеКУчетуОС2_4": _accept,
    "Document_ПеремещениеОС2_4": _move,
    "Document_СписаниеОС2_4": _write_off_asset,
    "Document_ВнутреннееПотребление": _consume,
    "Document_ПеремещениеВЭксплуатации": _between,
    "Document_СписаниеИзЭксплуатации": _scrap,
    "Document_ПеремещениеТоваров": _transfer,
    "Document_СписаниеНедостачТоваров": _flow("Expense"),
    "Document_ОприходованиеИзлишковТоваров": _flow("Receipt"),
}
