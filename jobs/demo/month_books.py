"""The accountant of the month: what she does in 1C, over HTTP alone."""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from ...emulator.defaults import known_key
from ...emulator.rules import SECTION
from .book import write_off
from .company import Asset, Company, key_guid
from .month_plan import HOME, ITEMS, PLACES
from .people import Accountant
from .things import TRAPS

__all__ = ["DRAFTS", "WRITTEN", "Books"]

RECEIPT = "Document_ОприходованиеТоваров"
INVOICE = "Document_СчетНаОплатуПоставщика"
CONSUME = "Document_ТребованиеНакладная"
UPGRADE = "Document_МодернизацияОС"
SCRAP = "Document_СписаниеОС"
#: Kinds of draft that the accountant goes through, and what she fills in before she posts.
DRAFTS: Mapping[str, Mapping[str, Any]] = {
    "Document_ПеремещениеТоваров": {},
    CONSUME: {"СчетЗатрат_Key": known_key("account 26")},
    "Document_СписаниеТоваров": {},
    "Document_КомплектацияНоменклатуры": {},
    "Document_ПеремещениеОС": {},
    UPGRADE: {
        "ОбъектСтроительства_Key": key_guid("project"),
        "СчетУчетаВнеоборотногоАктива_Key": known_key("account 08.03"),
    },
}
#: What becomes of each so many drafts of a morning: one waits for another day, one is deleted, two are changed.
_FATES = ("later", "delete", "otherwise", "otherwise", *("post",) * 18)
#: Every kind of document that anybody writes in the month.
WRITTEN = (*DRAFTS, RECEIPT, INVOICE, SCRAP)


def _told(row: Mapping[str, Any]) -> tuple[str, str]:
    """The day of a draft and what it is about: its number, and our key in the comment, differ from play to play."""
    return str(row["Date"]), str(row["Комментарий"]).partition(" ")[2].partition(" ")[2]


class Books:
    """The accountant."""

    def __init__(self, book: Accountant, company: Company, rng: random.Random) -> None:
        self.book, self.company, self.rng = book, company, rng
        self.posted: set[str] = set()
        self.scrapped: list[Asset] = []
        self.deleted = self.edited = 0
        self.closed: date | None = None
        self.fates = self._deal()
        #: How many are to be posted otherwise, as soon as there is one that can be.
        self.otherwise = 0

    def _deal(self) -> Iterator[str]:
        while True:
            yield from self.rng.sample(_FATES, len(_FATES))

    def open_stock(self, day: date, quantity: int) -> None:
        """The catalogue of materials, and what there is of them before the month begins."""
        unit = key_guid("unit-piece")
        self.book.create("Catalog_КлассификаторЕдиницИзмерения", {"Ref_Key": unit, "Code": "796", "Description": "шт"})
        for n, item in enumerate(ITEMS):
            row = {"Ref_Key": key_guid(item), "Code": f"М-{n:02}", "Description": item, "IsFolder": False}
            self.book.create("Catalog_Номенклатура", {**row, "ЕдиницаИзмерения_Key": unit})
        events = {"Ref_Key": key_guid("event-upgrade"), "Description": "Модернизация", "ВидСобытияОС": "Модернизация"}
        self.book.create("Catalog_СобытияОС", events)
        self.book.create("Catalog_Контрагенты", {"Ref_Key": key_guid("supplier"), "Description": "ООО «Поставка»"})
        for place in PLACES:
            self.receive([(item, quantity * ITEMS[item][1]) for item in ITEMS], place, day)

    def receive(self, lines: Iterable[tuple[str, int]], place: str, day: date) -> None:
        rows = [
            {"LineNumber": str(n), "Номенклатура_Key": key_guid(item), "Количество": quantity,
             "СчетУчета_Key": known_key("account 10.09")}
            for n, (item, quantity) in enumerate(lines, 1)
        ]  # fmt: skip
        head = {"Date": f"{day}T09:00:00", "Организация_Key": key_guid(HOME), "Склад_Key": key_guid(place)}
        self.posted.add(
            self.book.enter(RECEIPT, {**head, "СтатьяПрочихДоходовРасходов_Key": key_guid("income"), "Товары": rows})
        )

    def scrap(self, day: date) -> None:
        """The next piece that carries no trap is written off."""
        asset = self.company.assets[len(TRAPS) + len(self.scrapped)]
        self.posted.add(self.book.enter(SCRAP, write_off(asset, f"{day}T17:00:00")))
        self.scrapped.append(asset)

    def clear(self, *, whole: bool) -> None:
        """Drafts are posted, changed, deleted or left for later; ``whole``: all are posted."""
        for document, filled in DRAFTS.items():
            for row in sorted(self.book.drafts(document), key=_told):
                fate = "post" if whole else next(self.fates)
                if fate == "delete":
                    self.book.change(document, row["Ref_Key"], DeletionMark=True)
                    self.deleted += 1
                elif fate != "later":
                    self.otherwise += fate == "otherwise"
                    self._post(document, row, filled, at_once=whole)

    def _post(self, document: str, row: Mapping[str, Any], filled: Mapping[str, Any], *, at_once: bool) -> None:
        """Every other one that she changes is left to lie for a while, unless ``at_once``."""
        values, key, lies = dict(filled), row["Ref_Key"], False
        lines = row["Материалы"] if document == CONSUME else []
        if self.otherwise and lines and Decimal(lines[0]["Количество"]) > 1:
            values["Материалы"] = [{**lines[0], "Количество": int(Decimal(lines[0]["Количество"])) - 1}, *lines[1:]]
            self.otherwise -= 1
            self.edited += 1
            lies = not at_once and self.edited % 2 == 0
        if document == UPGRADE:
            values["ОС"] = [{**line, "СпособУчетаНДС": "Распределяется"} for line in row["ОС"]]
        if values:
            self.book.change(document, key, **values)
        if not lies:
            self.book.post(document, key)
            self.posted.add(key)

    def close(self, until: date) -> None:
        """The first days of the month are closed for the organisation that keeps stock."""
        row = {
            "Раздел_Key": SECTION,
            "Объект": key_guid(HOME),
            "Объект_Type": "StandardODATA.Catalog_Организации",
            "Пользователь": "ДляВсехПользователей",
            "Пользователь_Type": "StandardODATA.ВидыНазначенияДатЗапрета",
            "ДатаЗапрета": f"{until}T00:00:00",
        }
        self.book.create("InformationRegister_ДатыЗапретаИзменения", row)
        self.closed = until

    def order(self, request: str, day: date) -> None:
        """The invoice for an approved request: the draft that waits for its supplier, or one entered by hand."""
        mark = f"Заявка в ИТ № {request}"
        sought = re.compile(rf"{re.escape(mark)}(?!\d)")
        known = next((row for row in self.book.rows(INVOICE) if sought.search(str(row["Комментарий"]))), None)
        if known is not None and known["Posted"]:
            return
        head = {"Организация_Key": key_guid(HOME), "Комментарий": mark}
        key = str((known or self.book.create(INVOICE, {**head, "Date": f"{day}T15:00:00"}))["Ref_Key"])
        lines = known["Товары"] if known else [{"LineNumber": "1", "Количество": 2, "Содержание": mark}]
        rows = [{**line, "СтавкаНДС": "НДС20"} for line in lines]
        self.book.change(INVOICE, key, Контрагент_Key=key_guid("supplier"), Товары=rows)
        self.book.post(INVOICE, key)
        self.posted.add(key)
        status = {"Организация_Key": key_guid(HOME), "Документ": key, "Документ_Type": f"StandardODATA.{INVOICE}"}
        self.book.create(
            "InformationRegister_СтатусыДокументов",
            {**status, "Статус": "НеОплачен", "ДополнительныйСтатус": "НеПолучен"},
        )
