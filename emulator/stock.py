"""Stock in БП and what documents about it write: accounts 10.*, by item and warehouse, amounts left to the accountant.

Postings here never run out of stock: that check is a setting of the base («Разрешается списание при отсутствии
остатков»), and balances of a base that began in the middle of its life would refuse everything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal

from . import rules
from .base import Base
from .movements import LEDGER, Movements
from .store import Body
from .values import ZERO

__all__ = ["CHECKS", "REQUIRED", "STOCK"]

#: Header attributes, part and columns that posting wants filled.
REQUIRED: dict[str, tuple[tuple[str, ...], str, tuple[str, ...]]] = {
    "Document_ВозвратМатериаловИзЭксплуатации": (
        ("Организация", "Склад"),
        "Спецодежда",
        ("Номенклатура", "ПартияМатериаловВЭксплуатации", "ФизЛицо", "Количество", "СчетУчета"),
    ),
    "Document_СписаниеМатериаловИзЭксплуатации": (
        ("Организация", "ПодразделениеОрганизации", "СпособСписанияРасходов"),
        "ИнвентарьИХозяйственныеПринадлежности",
        ("Номенклатура", "ПартияМатериаловВЭксплуатации", "ФизЛицо", "Количество"),
    ),
    "Document_ОприходованиеТоваров": (
        ("Организация", "Склад", "СтатьяПрочихДоходовРасходов"),
        "Товары",
        ("Номенклатура", "Количество", "СчетУчета"),
    ),
    "Document_МодернизацияОС": (
        ("Организация", "ОбъектСтроительства", "СчетУчетаВнеоборотногоАктива"),
        "ОС",
        ("ОсновноеСредство", "СпособУчетаНДС"),
    ),
    "Document_КомплектацияНоменклатуры": (
        ("ВидОперации", "Организация", "Склад", "Номенклатура", "Количество", "СчетУчета"),
        "Комплектующие",
        ("Номенклатура", "Количество", "СчетУчета"),
    ),
    "Document_ВозвратТоваровПоставщику": (
        ("Организация", "Склад", "Контрагент", "ДоговорКонтрагента"),
        "Товары",
        ("Номенклатура", "Количество", "СчетУчета"),
    ),
    "Document_СчетНаОплатуПоставщика": (("Организация", "Контрагент"), "Товары", ("Количество", "СтавкаНДС")),
    "Document_ИнвентаризацияОС": (("Организация",), "ОС", ("ОсновноеСредство",)),
    "Document_ИнвентаризацияТоваровНаСкладе": (("Организация",), "Товары", ("Номенклатура", "СчетУчета")),
}


def _entry(base: Base, document: Body, side: str, row: Body, place: str, count: Decimal | None = None) -> Body:
    account = next((row[n] for n in ("СчетУчета_Key", "Счет_Key") if row.get(n, ZERO) != ZERO), None)
    return {
        "Организация_Key": document["Организация_Key"],
        f"Account{side}_Key": account or rules.account(base, "10.09") or ZERO,
        f"ExtDimension{side}1": row["Номенклатура_Key"],
        f"ExtDimension{side}1_Type": "StandardODATA.Catalog_Номенклатура",
        f"ExtDimension{side}2": place,
        f"ExtDimension{side}2_Type": "StandardODATA.Catalog_Склады",
        f"Количество{side}": Decimal(row["Количество"] or 0) if count is None else count,
    }


def _flow(part: str, side: str, place: str = "Склад_Key") -> Callable[[Base, Body, list[str]], Movements]:
    """A document whose rows all come to, or go from, one warehouse."""

    def write(base: Base, document: Body, reasons: list[str]) -> Movements:
        return {LEDGER: [_entry(base, document, side, row, document[place]) for row in document[part]]}

    return write


def _transfer(base: Base, document: Body, reasons: list[str]) -> Movements:
    rows = document["Товары"] if document["ВидОперации"] == "ПередачаМеждуСкладами" else []
    out = [
        {
            **_entry(base, document, "Cr", row, document["СкладОтправитель_Key"]),
            **_entry(base, document, "Dr", row, document["СкладПолучатель_Key"]),
        }
        for row in rows
    ]
    return {LEDGER: out}


def _write_off(base: Base, document: Body, reasons: list[str]) -> Movements:
    rows = document["Товары"] if document["ВидОперации"] == "СписаниеСоСклада" else []
    return {LEDGER: [_entry(base, document, "Cr", row, document["Склад_Key"]) for row in rows]}


def _assemble(base: Base, document: Body, reasons: list[str]) -> Movements:
    """Parts go and the whole comes, or the other way round; a disassembly needs every part's share of the cost."""
    apart = document["ВидОперации"] == "Разукомплектация"
    parts, whole = ("Dr", "Cr") if apart else ("Cr", "Dr")
    reasons += [
        f"Строка №{row['LineNumber']}: не заполнена доля стоимости"
        for row in document["Комплектующие"]
        if apart and not row["ДоляСтоимости"]
    ]
    out = [_entry(base, document, parts, row, document["Склад_Key"]) for row in document["Комплектующие"]]
    return {LEDGER: [*out, _entry(base, document, whole, document, document["Склад_Key"])]}


def _in_use(part: str, back: bool) -> Callable[[Base, Body, list[str]], Movements]:
    """Things leave МЦ.04 with their batch and person; where they come back, the warehouse gets them."""

    def write(base: Base, document: Body, reasons: list[str]) -> Movements:
        out: list[Body] = []
        for row in document[part]:
            gone = {
                "Организация_Key": document["Организация_Key"],
                "AccountCr_Key": rules.account(base, "МЦ.02" if back else "МЦ.04") or ZERO,
                "ExtDimensionCr1": row["Номенклатура_Key"],
                "ExtDimensionCr1_Type": "StandardODATA.Catalog_Номенклатура",
                "ExtDimensionCr2": row["ПартияМатериаловВЭксплуатации"],
                "ExtDimensionCr2_Type": row["ПартияМатериаловВЭксплуатации_Type"],
                "ExtDimensionCr3": row["ФизЛицо_Key"],
                "ExtDimensionCr3_Type": "StandardODATA.Catalog_ФизическиеЛица",
                "КоличествоCr": Decimal(row["Количество"] or 0),
            }
            out.append(gone)
            out += [_entry(base, document, "Dr", row, document["Склад_Key"])] if back else []
        return {LEDGER: out}

    return write


def _upgrade(base: Base, document: Body, reasons: list[str]) -> Movements:
    total = sum((Decimal(row["СуммаМодернизацииБУ"] or 0) for row in document["ОС"]), Decimal(0))
    if total != Decimal(document["СтоимостьБУ"] or 0):
        reasons.append("Сумма модернизации по строкам не совпадает со стоимостью в шапке документа")
    return {}


def _marks(rows: Iterable[Body], names: tuple[str, str], what: str, reasons: list[str]) -> None:
    for row in rows:
        if not any(row[name] for name in names):
            reasons.append(f"Строка №{row['LineNumber']}: {what}")


def _count_assets(base: Base, document: Body, reasons: list[str]) -> None:
    names = ("НаличиеПоДаннымУчета", "НаличиеФактическое")
    _marks(document["ОС"], names, "не указано ни наличие по учету, ни фактическое наличие", reasons)


def _count_stock(base: Base, document: Body, reasons: list[str]) -> None:
    _marks(document["Товары"], ("Количество", "КоличествоУчет"), "не указано количество", reasons)


#: Movements of stock, beside those of ``movements.HANDLERS``.
STOCK: dict[str, Callable[[Base, Body, list[str]], Movements]] = {
    "Document_ПеремещениеТоваров": _transfer,
    "Document_ТребованиеНакладная": _flow("Материалы", "Cr"),
    "Document_ПередачаМатериаловВЭксплуатацию": _flow("ИнвентарьИХозяйственныеПринадлежности", "Cr"),
    "Document_СписаниеТоваров": _write_off,
    "Document_ОприходованиеТоваров": _flow("Товары", "Dr"),
    "Document_ВозвратТоваровПоставщику": _flow("Товары", "Cr"),
    "Document_ПоступлениеТоваровУслуг": _flow("Товары", "Dr"),
    "Document_КомплектацияНоменклатуры": _assemble,
    "Document_СписаниеМатериаловИзЭксплуатации": _in_use("ИнвентарьИХозяйственныеПринадлежности", back=False),
    "Document_ВозвратМатериаловИзЭксплуатации": _in_use("Спецодежда", back=True),
    "Document_МодернизацияОС": _upgrade,
}
#: What posting checks of documents that write nothing.
CHECKS: dict[str, Callable[[Base, Body, list[str]], None]] = {
    "Document_ИнвентаризацияОС": _count_assets,
    "Document_ИнвентаризацияТоваровНаСкладе": _count_stock,
}
