"""What each kind of document checks against the books and writes into registers when it is posted.

A fixed asset is checked as of the moment just before the document's: its organisation, that it is on the books, the
department and the person (МОЛ) it stands with. Low-value items live on the off-balance account МЦ.04 by item, batch
and person; a transfer between people keeps item and batch.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from . import rules
from .base import Base
from .registers import state_before
from .store import Body
from .totals import balance
from .values import ZERO

__all__ = ["HANDLERS", "Movements"]

Movements = dict[str, list[Body]]
STATES = "InformationRegister_СостоянияОСОрганизаций"
INITIAL = "InformationRegister_ПервоначальныеСведенияОСБухгалтерскийУчет"
PLACES = "InformationRegister_МестонахождениеОСБухгалтерскийУчет"
EVENTS = "InformationRegister_СобытияОСОрганизаций"
LEDGER = "AccountingRegister_Хозрасчетный"
IN_USE = "МЦ.04"


def _at(document: Body) -> tuple[str, str]:
    return document["Date"], document["Ref_Key"]


def _asset(base: Base, row: Body) -> str:
    return f'"{base.presentation("Catalog_ОсновныеСредства", row["ОсновноеСредство_Key"]).strip()}"'


def _on_books(base: Base, document: Body, row: Body, reasons: list[str]) -> bool:
    asset, at = row["ОсновноеСредство_Key"], _at(document)
    initial = state_before(base, INITIAL, asset, at)
    state = state_before(base, STATES, asset, at, document["Организация_Key"])
    head = f"Строка №{row['LineNumber']}: основное средство {_asset(base, row)}"
    name = base.presentation("Catalog_Организации", document["Организация_Key"])
    if not state and initial.get("Организация_Key") != document["Организация_Key"]:
        reasons.append(f'{head} не принадлежит организации "{name}"')
    elif state.get("Состояние") != "ПринятоКУчету":
        reasons.append(f'{head} не принято к учету в организации "{name}"')
    else:
        return True
    return False


def _keys(document: Body, row: Body) -> Body:
    return {"ОсновноеСредство_Key": row["ОсновноеСредство_Key"], "Организация_Key": document["Организация_Key"]}


def _event(document: Body, row: Body, name: str) -> Body:
    return {
        **_keys(document, row),
        "Событие_Key": document.get("СобытиеОС_Key", ZERO),
        "НазваниеДокумента": name,
        "НомерДокумента": document["Number"],
    }


def _accept(base: Base, document: Body, reasons: list[str]) -> Movements:
    rows = document["ОС"]
    share = Decimal(document["СтоимостьБУ"] or 0) / len(rows)
    cost = share.quantize(Decimal("0.01"))
    out: Movements = {INITIAL: [], STATES: [], PLACES: [], EVENTS: []}
    for row in rows:
        asset = row["ОсновноеСредство_Key"]
        state = state_before(base, STATES, asset, _at(document), document["Организация_Key"])
        if state.get("Состояние") == "ПринятоКУчету":
            reasons.append(f"Строка №{row['LineNumber']}: основное средство {_asset(base, row)} уже принято к учету")
        card = base.follow("Catalog_ОсновныеСредства", asset) or {}
        out[INITIAL].append(
            {
                **_keys(document, row),
                "ИнвентарныйНомер": row["ИнвентарныйНомер"] or str(card.get("Code", "")).strip(),
                "СпособПоступления": document["СпособПоступления"] or "ПриобретениеЗаПлату",
                "ПервоначальнаяСтоимость": cost,
                "СпособНачисленияАмортизации": document["СпособНачисленияАмортизацииБУ"],
            }
        )
        out[STATES].append({**_keys(document, row), "ДатаСостояния": document["Date"], "Состояние": "ПринятоКУчету"})
        out[PLACES].append(
            {
                **_keys(document, row),
                "МОЛ_Key": document["МОЛБУ_Key"],
                "Местонахождение_Key": document["МестонахождениеОС_Key"],
            }
        )
        out[EVENTS].append(_event(document, row, "Принятие к учету ОС"))
    return out


def _move(base: Base, document: Body, reasons: list[str]) -> Movements:
    out: Movements = {PLACES: [], EVENTS: []}
    for row in document["ОС"]:
        if _on_books(base, document, row, reasons):
            _check_sender(base, document, row, reasons)
        _check_quantity(base, row, reasons)
        out[PLACES].append(
            {
                **_keys(document, row),
                "МОЛ_Key": document["МОЛПолучатель_Key"],
                "Местонахождение_Key": document["ПодразделениеПолучатель_Key"],
            }
        )
        out[EVENTS].append(_event(document, row, "Перемещение ОС"))
    return out


def _check_sender(base: Base, document: Body, row: Body, reasons: list[str]) -> None:
    asset = row["ОсновноеСредство_Key"]
    place = state_before(base, PLACES, asset, _at(document), document["Организация_Key"])
    head = f"Строка №{row['LineNumber']}: основное средство {_asset(base, row)} не отражалось в учете"
    if place.get("МОЛ_Key", ZERO) != document["МОЛОрганизации_Key"]:
        person = base.presentation("Catalog_ФизическиеЛица", document["МОЛОрганизации_Key"])
        reasons.append(f'{head} за МОЛ "{person}"')
    if place.get("Местонахождение_Key", ZERO) != document["ПодразделениеОрганизации_Key"]:
        department = base.presentation("Catalog_ПодразделенияОрганизаций", document["ПодразделениеОрганизации_Key"])
        reasons.append(f'{head} в местонахождении "{department}"')


def _check_quantity(base: Base, row: Body, reasons: list[str]) -> None:
    card = base.follow("Catalog_ОсновныеСредства", row["ОсновноеСредство_Key"]) or {}
    if card.get("ЕдиницаУчета") == "ГрупповойОбъект" and not row["Количество"]:
        reasons.append(f'Не заполнена колонка "Количество" в строке {row["LineNumber"]} списка "ОС"')


def _write_off(base: Base, document: Body, reasons: list[str]) -> Movements:
    out: Movements = {STATES: [], EVENTS: []}
    for row in document["ОС"]:
        _on_books(base, document, row, reasons)
        out[STATES].append({**_keys(document, row), "ДатаСостояния": document["Date"], "Состояние": "СнятоСУчета"})
        out[EVENTS].append(_event(document, row, "Списание ОС"))
    return out


def _person(key: str, side: str) -> Body:
    return {f"ExtDimension{side}3": key, f"ExtDimension{side}3_Type": "StandardODATA.Catalog_ФизическиеЛица"}


def _entry(
    base: Base, document: Body, side: str, item: str, batch: tuple[str, str], person: str, count: Decimal
) -> Body:
    return {
        "Организация_Key": document["Организация_Key"],
        f"Account{side}_Key": rules.account(base, IN_USE) or ZERO,
        f"ExtDimension{side}1": item,
        f"ExtDimension{side}1_Type": "StandardODATA.Catalog_Номенклатура",
        f"ExtDimension{side}2": batch[0],
        f"ExtDimension{side}2_Type": batch[1],
        **_person(person, side),
        f"Количество{side}": count,
    }


def _hand_out(base: Base, document: Body, rows: list[Body], kind: str, person: str = ZERO) -> Movements:
    batch = (document["Ref_Key"], f"StandardODATA.{kind}")
    return {
        LEDGER: [
            _entry(
                base,
                document,
                "Dr",
                row["Номенклатура_Key"],
                batch,
                row.get("ФизЛицо_Key", person) if row.get("ФизЛицо_Key", ZERO) != ZERO else person,
                Decimal(row["Количество"] or 1),
            )
            for row in rows
        ]
    }


def _issue(base: Base, document: Body, reasons: list[str]) -> Movements:
    rows = document["ИнвентарьИХозяйственныеПринадлежности"]
    return _hand_out(base, document, rows, "Document_ПередачаМатериаловВЭксплуатацию")


def _demand(base: Base, document: Body, reasons: list[str]) -> Movements:
    watched = document["СпособУчетаМатериаловПоСотруднику"] == "РасходИОстатки"
    if document["ВидОперации"] != "ПередачаСотруднику" or not watched:
        return {}
    return _hand_out(base, document, document["Материалы"], "Document_ТребованиеНакладная", document["Сотрудник_Key"])


def _downgrade(base: Base, document: Body, reasons: list[str]) -> Movements:
    out = _write_off(base, document, reasons)
    rows = []
    for row in document["ОС"]:
        place = state_before(base, PLACES, row["ОсновноеСредство_Key"], _at(document), document["Организация_Key"])
        person = row["ФизЛицо_Key"] if row["ФизЛицо_Key"] != ZERO else place.get("МОЛ_Key", ZERO)
        rows.append({**row, "ФизЛицо_Key": person})
    return {**out, **_hand_out(base, document, rows, "Document_ПереводОСВМалоценноеОборудование")}


def _batches(base: Base, document: Body, person: str, row: Body, reasons: list[str]) -> list[tuple[str, str, Decimal]]:
    item, need = row["Номенклатура_Key"], Decimal(row["Количество"])
    kind = base.model.complex[f"{LEDGER}_Balance"]
    wanted = {
        "Account_Key": rules.account(base, IN_USE),
        "Организация_Key": document["Организация_Key"],
        "ExtDimension1": item,
        "ExtDimension3": person,
    }
    rows = balance(base, LEDGER, kind, conditions=[lambda e: all(e.get(k) == v for k, v in wanted.items())])
    out = []
    for held in sorted(rows, key=lambda r: _batch_age(base, r)):
        take = min(need, held["КоличествоBalance"])
        if take > 0:
            out.append((held["ExtDimension2"], held["ExtDimension2_Type"], take))
            need -= take
    if need > 0:
        name = base.presentation("Catalog_Номенклатура", item).strip()
        reasons.append(
            f'Строка №{row["LineNumber"]}: не хватает {need} "{name}" в эксплуатации у сотрудника '
            f'"{base.presentation("Catalog_ФизическиеЛица", person)}"'
        )
    return out


def _batch_age(base: Base, row: Body) -> tuple[str, str]:
    found = base.follow(str(row["ExtDimension2_Type"]).removeprefix("StandardODATA."), row["ExtDimension2"])
    return str((found or {}).get("Date", "")), row["ExtDimension2"]


def _between_people(base: Base, document: Body, reasons: list[str]) -> Movements:
    if document["ВидОперации"] != "ПередачаМеждуСотрудниками":
        return {}
    giver, taker, out = document["СотрудникОтправитель_Key"], document["СотрудникПолучатель_Key"], []
    for row in document["Материалы"]:
        for batch, kind, count in _batches(base, document, giver, row, reasons):
            one = (base, document)
            item = row["Номенклатура_Key"]
            out.append(
                {
                    **_entry(*one, "Cr", item, (batch, kind), giver, count),
                    **_entry(*one, "Dr", item, (batch, kind), taker, count),
                }
            )
    return {LEDGER: out}


def _scrap(base: Base, document: Body, reasons: list[str]) -> Movements:
    if document["ВидОперации"] != "СписаниеССотрудника":
        return {}
    person = document["Сотрудник_Key"]
    return {
        LEDGER: [
            _entry(base, document, "Cr", row["Номенклатура_Key"], (batch, kind), person, count)
            for row in document["Материалы"]
            for batch, kind, count in _batches(base, document, person, row, reasons)
        ]
    }


HANDLERS: dict[str, Callable[[Base, Body, list[str]], Movements]] = {
    "Document_ПринятиеКУчетуОС": _accept,
    "Document_ПеремещениеОС": _move,
    "Document_СписаниеОС": _write_off,
    "Document_ПередачаМатериаловВЭксплуатацию": _issue,
    "Document_ТребованиеНакладная": _demand,
    "Document_ПереводОСВМалоценноеОборудование": _downgrade,
    "Document_ПеремещениеТоваров": _between_people,
    "Document_СписаниеТоваров": _scrap,
}
