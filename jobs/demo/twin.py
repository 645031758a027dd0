"""Two companies compared: what both servers hold (asked from them, not from the engine), and what is remembered.

Everything that must be alike in two twins is here; what may differ is replaced by stable names: the desk's ids by its
records' own numbers and names, keys and numbers of documents written by uchet, times. Keys that the company itself
chose (cards, people, departments in 1C) are the same in every twin and stay.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from ...settings import Settings
from ..wiring import open_store
from .people import Accountant, Specialist

__all__ = ["Snapshot", "differences", "snapshot"]

#: Section → its records as sorted JSON texts; equal twins have equal snapshots.
Snapshot = Mapping[str, tuple[str, ...]]

_DESK: Mapping[str, tuple[str, ...]] = {
    "organization": ("name", "inn", "uchet_key"),
    "department": ("name", "code", "organization", "uchet_key"),
    "location": ("name", "code", "type", "uchet_key"),
    "employee": ("name", "number", "organization", "department", "active", "uchet_key"),
    "equipment": (
        "inventory_number", "name", "book_name", "accounting", "organization", "department", "custodian",
        "commissioned", "cost", "serial", "model", "location", "user", "status", "notes", "uchet_key",
    ),
}  # fmt: skip
_LINKS: Mapping[str, str] = {
    "organization": "organization",
    "department": "department",
    "custodian": "employee",
    "user": "employee",
    "location": "location",
}
#: Which desk class holds a kind.
_CLASSES: Mapping[str, str] = {"person": "employee", "place": "location"}

_BOOK: Mapping[str, tuple[str, ...]] = {
    "Catalog_Организации": ("Ref_Key", "Description", "ИНН", "DeletionMark"),
    "Catalog_ПодразделенияОрганизаций": ("Ref_Key", "Code", "Description", "Owner_Key", "DeletionMark"),
    "Catalog_ФизическиеЛица": ("Ref_Key", "Description", "DeletionMark"),
    "Catalog_Сотрудники": ("Ref_Key", "Code", "Description", "ФизическоеЛицо_Key", "DeletionMark"),
    "Catalog_Склады": ("Ref_Key", "Code", "Description", "DeletionMark"),
    "Catalog_Номенклатура": ("Ref_Key", "Description", "DeletionMark"),
    "Catalog_СобытияОС": ("Description", "ВидСобытияОС", "DeletionMark"),
}
_CARD = ("Ref_Key", "Code", "Description", "ЗаводскойНомер", "Изготовитель", "Комментарий", "DeletionMark")
_SLICES: Mapping[str, tuple[str, ...]] = {
    "ПервоначальныеСведенияОСБухгалтерскийУчет": (
        "ОсновноеСредство_Key", "Организация_Key", "ИнвентарныйНомер", "ПервоначальнаяСтоимость",
    ),
    "СостоянияОСОрганизаций": ("ОсновноеСредство_Key", "Организация_Key", "Состояние"),
    "МестонахождениеОСБухгалтерскийУчет": ("ОсновноеСредство_Key", "Организация_Key", "МОЛ_Key", "Местонахождение_Key"),
}  # fmt: skip
_MOVE = (
    "Организация_Key", "ПодразделениеОрганизации_Key", "МОЛОрганизации_Key", "ПодразделениеПолучатель_Key",
    "МОЛПолучатель_Key", "СобытиеОС_Key", "НачислениеАмортизации", "Комментарий", "Posted", "DeletionMark",
)  # fmt: skip

_UNSTABLE = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|\b[0-9a-f]{12,64}\b")


def snapshot(
    book: Accountant, desk: Specialist, settings: Settings | None = None, aside: Collection[str] = ()
) -> Snapshot:
    """Both servers, and with ``settings`` links, issues and drafts from the state too. ``aside``: sets of the books
    and fields of the desk (``class.field``) that two twins need not have in common."""
    names = _Names(desk, aside)
    found: dict[str, list[Any]] = {}
    for collection, rows in names.rows.items():
        found[f"desk {collection}"] = [names.readable(collection, row) for row in rows.values()]
    found.update(_book(book, aside))
    if settings is not None:
        found.update(_remembered(settings, names))
    return {
        section: tuple(sorted(json.dumps(row, ensure_ascii=False, sort_keys=True, default=str) for row in rows))
        for section, rows in found.items()
    }


def differences(one: Snapshot, two: Snapshot) -> list[str]:
    """What one twin has and the other has not, one line per record: ``-`` only in ``one``, ``+`` only in ``two``."""
    lines: list[str] = []
    for section in sorted({*one, *two}):
        left, right = Counter(one.get(section, ())), Counter(two.get(section, ()))
        lines += [f"- {section}: {row}" for row in (left - right).elements()]
        lines += [f"+ {section}: {row}" for row in (right - left).elements()]
    return lines


class _Names:
    """The desk's records by id, and a name for each that does not depend on the id."""

    def __init__(self, desk: Specialist, aside: Collection[str]) -> None:
        self.fields = {
            collection: tuple(name for name in fields if f"{collection}.{name}" not in aside)
            for collection, fields in _DESK.items()
        }
        self.rows: dict[str, dict[str, dict[str, Any]]] = {
            collection: {str(row["id"]): row for row in desk.rows(collection, fields)}
            for collection, fields in self.fields.items()
        }

    def of(self, collection: str, id: object) -> str | None:
        """The stable name of a record, ``None`` for no record, a complaint for one that is not listed."""
        if id in (None, ""):
            return None
        key = str(id["id"] if isinstance(id, Mapping) else id)
        row = self.rows[collection].get(key)
        if row is None:
            return f"{collection}: not listed"
        if collection == "equipment":
            return str(row["inventory_number"])
        home = self.of("organization", row["organization"]) if "organization" in row else None
        parts = (home, row.get("number") or row.get("code"), row["name"])
        return " / ".join(str(part) for part in parts if part)

    def readable(self, collection: str, row: Mapping[str, Any]) -> dict[str, Any]:
        shown = {
            name: self.of(_LINKS[name], row.get(name)) if name in _LINKS else row.get(name)
            for name in self.fields[collection]
        }
        if "active" in shown:  # one desk says 0 and 1, another no and yes
            shown["active"] = bool(shown["active"])
        return shown


def _book(book: Accountant, aside: Collection[str]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {
        name: _picked(book.rows(name), fields) for name, fields in _BOOK.items() if name not in aside
    }
    found["cards"] = [
        {**{name: row.get(name) for name in _CARD}, "attributes": _attributes(row)}
        for row in book.rows("Catalog_ОсновныеСредства")
    ]
    for register, fields in _SLICES.items():
        rows = book.rows(f"InformationRegister_{register}_RecordType/SliceLast")
        found[register] = _picked(rows, fields)
    found["moves"] = [
        {**{n: _stable(row.get(n)) if n == "Комментарий" else row.get(n) for n in _MOVE}, "assets": _assets(row)}
        for row in book.rows("Document_ПеремещениеОС")
    ]
    return found


def _picked(rows: Iterable[Mapping[str, Any]], fields: tuple[str, ...]) -> list[Any]:
    return [{name: row.get(name) for name in fields} for row in rows]


def _attributes(row: Mapping[str, Any]) -> list[tuple[str, str]]:
    return sorted((str(a["Свойство_Key"]), str(a["Значение"])) for a in row.get("ДополнительныеРеквизиты", ()))


def _assets(row: Mapping[str, Any]) -> list[str]:
    return sorted(str(line["ОсновноеСредство_Key"]) for line in row.get("ОС", ()))


def _stable(text: object) -> str:
    return _UNSTABLE.sub("…", str(text or ""))


def _remembered(settings: Settings, names: _Names) -> dict[str, list[Any]]:
    def desk(kind: str, id: str | None) -> str | None:
        collection = _CLASSES.get(kind, kind)
        return names.of(collection, id) if collection in names.rows else id

    with open_store(settings) as store:
        links = [(x.kind, x.book, desk(x.kind, x.desk), x.rule, x.seen.retired) for x in store.links(settings.pair)]
        issues = [
            (r.issue.code, r.issue.kind, r.issue.book, desk(r.issue.kind, r.issue.desk), r.issue.field_name, r.state)
            for r in store.issues(settings.pair, None)
            if r.state != "closed"
        ]
        drafts = [
            (d.document, d.state, sorted((m.kind, str(m.book), str(desk(m.kind, m.desk))) for m in d.members))
            for d in store.drafts(settings.pair, ("open", "edited", "posted", "agreed", "adopted", "refused", "gone"))
        ]
    return {"links": links, "issues": issues, "drafts": drafts}
