"""The company's desk on a Request Tracker 5: how it is filled, and the specialist who works there.

The specialist speaks RT's REST by himself, field names as people see them, and never through our connector: what the
demo and the tests compare must not be read by the code that wrote it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ...connectors.rt.server import Database, install, seed
from .company import Company
from .desk import fill_desk
from .people import Specialist

__all__ = ["RT_PASSWORDS", "RtSpecialist", "fill_rt"]

#: Logins of a toy desk on loopback: shown on the screen, secret from nobody.
RT_PASSWORDS = {"root": "demo-root", "uchet": "demo-uchet"}

_CATALOGS: Mapping[str, str] = {
    "organization": "Организации",
    "department": "Подразделения",
    "location": "Места",
    "equipment": "Оборудование",
}
_CUSTOM: Mapping[str, Mapping[str, str]] = {
    "organization": {"inn": "ИНН", "uchet_key": "Ключ uchet"},
    "department": {"code": "Код", "organization": "Организация", "uchet_key": "Ключ uchet"},
    "location": {"code": "Код", "type": "Вид места", "uchet_key": "Ключ uchet"},
    "employee": {"number": "Табельный номер", "organization": "Организация", "department": "Подразделение"},
    "equipment": {
        "inventory_number": "Инвентарный номер",
        "book_name": "Наименование по учёту",
        "accounting": "Вид учёта",
        "organization": "Организация",
        "department": "Подразделение",
        "commissioned": "Введено в эксплуатацию",
        "cost": "Первоначальная стоимость",
        "serial": "Заводской номер",
        "model": "Модель",
        "location": "Место",
        "status": "Состояние",
        "notes": "Примечание",
        "uchet_key": "Ключ uchet",
    },
}
_ROLES: Mapping[str, str] = {"custodian": "Owner", "user": "HeldBy"}
_CHOICES: Mapping[str, Mapping[str, str]] = {
    "status": {
        "in_use": "Используется",
        "in_stock": "На складе",
        "faulty": "Неисправно",
        "in_repair": "В ремонте",
        "written_off": "Списано",
    },
    "accounting": {"fixed_asset": "Основное средство", "low_value": "Малоценное"},
    "type": {"branch": "Филиал", "warehouse": "Склад", "room": "Помещение"},
}
#: Accounts of RT itself and ours: nobody of the company.
_NOT_STAFF = frozenset({"root", "uchet", "RT_System", "Nobody"})
_MARKED = "uchet-"


def fill_rt(home: Path, company: Company, database: Database = "sqlite") -> None:
    """A new RT in ``home`` (absent or empty) with the desk's part of ``company``."""
    install(home, passwords=RT_PASSWORDS, database=database)
    fill_desk(lambda name, rows: seed(home, [_row(name, n, row) for n, row in enumerate(rows, 1)]), company)


def _row(name: str, number: int, row: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """One record of the desk as RT keeps it."""
    values: dict[str, Any] = {}
    for word, value in row.items():
        if value is not None and word != "active":
            values.update(_wire(name, word, value))
    if name == "employee":
        return "user", {"Name": f"staff{number:04d}", "Privileged": 0, **values}
    return f"catalog:{_CATALOGS[name]}", values


def _wire(name: str, word: str, value: Any) -> dict[str, Any]:
    if word in _CUSTOM[name]:
        return {f"CF.{_CUSTOM[name][word]}": _CHOICES.get(word, {}).get(value, value)}
    if word in _ROLES:
        return {_ROLES[word]: value}
    return {"RealName" if name == "employee" else "Name": value}


class RtSpecialist(Specialist):
    """Works at an RT under the vocabulary of the demo (classes and fields of our Roundup tracker)."""

    def _address(self, collection: str, id: str = "") -> str:
        return f"{self.root}REST/2.0/{collection}" + (f"/{id}" if id else "")

    def find(self, collection: str, field: str, value: str) -> str:
        """The id of the only record whose ``field`` is exactly ``value``."""
        ids = [row["id"] for row in self.rows(collection, (field,)) if row[field] == value]
        if len(ids) != 1:
            raise RuntimeError(f"{collection}.{field} = {value!r}: {len(ids)} found")
        return str(ids[0])

    def rows(self, collection: str, fields: tuple[str, ...]) -> list[dict[str, Any]]:
        if collection == "employee":
            return list(self._staff(fields))
        names = ["Name", *_ROLES.values()] + (["CustomFields"] if set(fields) & _CUSTOM[collection].keys() else [])
        query = {
            "query": f"Catalog = '{_CATALOGS[collection]}' AND id > 0",
            "fields": ",".join(names),
            "fields[Owner]": "id",
            "fields[HeldBy]": "id",
        }
        return [self._shown(collection, item, fields) for item in self._pages("assets", query)]

    def _staff(self, fields: Sequence[str]) -> Iterator[dict[str, Any]]:
        query = {"fields": "id,Name,RealName,CustomFields"}
        working = {item["id"] for item in self._pages("users", query)}
        for item in self._pages("users", {**query, "find_disabled_rows": "1"}):
            if item["Name"] not in _NOT_STAFF:
                row = self._shown("employee", item, fields)
                yield {**row, **({"active": item["id"] in working} if "active" in fields else {})}

    def _pages(self, path: str, query: Mapping[str, str]) -> Iterator[dict[str, Any]]:
        page = 1
        while True:
            more = {"orderby": "id", "per_page": "100", "page": str(page)}
            items = self._send("GET", self._address(path), params={**query, **more}).json()["items"]
            yield from items
            if len(items) < 100:
                return
            page += 1

    @staticmethod
    def _shown(collection: str, item: Mapping[str, Any], fields: Iterable[str]) -> dict[str, Any]:
        held = {one["name"]: one["values"] for one in item.get("CustomFields") or ()}
        row: dict[str, Any] = {"id": str(item["id"])}
        for word in fields:
            if word in _CUSTOM[collection]:
                text = next((value for value in held.get(_CUSTOM[collection][word], ()) if value), None)
                row[word] = next((k for k, v in _CHOICES.get(word, {}).items() if v == text), text)
            elif word in _ROLES:
                members = item.get(_ROLES[word]) or []
                people = [m for m in (members if isinstance(members, list) else [members]) if m]
                row[word] = next((str(m["id"]) for m in people if not m["_url"].endswith("/Nobody")), None)
            elif word == "uchet_key":
                row[word] = item["Name"].removeprefix(_MARKED) if item["Name"].startswith(_MARKED) else None
            elif word == "name":
                row[word] = item["RealName" if collection == "employee" else "Name"] or None
        return row

    def read(self, collection: str, id: str) -> dict[str, Any]:
        found: dict[str, Any] = self._send("GET", self._address(self._form(collection), id)).json()
        return found

    @staticmethod
    def _form(collection: str) -> str:
        return "user" if collection == "employee" else "asset"

    def change(self, collection: str, id: str, **values: Any) -> None:
        body: dict[str, Any] = {"CustomFields": {}}
        for word, value in values.items():
            if word == "location" and value and not str(value).isdigit():
                value = self.find("location", "name", value)
            for name, wire in _wire(collection, word, value).items():
                if name.startswith("CF."):
                    body["CustomFields"][name[3:]] = wire
                else:
                    body[name] = int(wire) if word in _ROLES else wire
        answer = self._send("PUT", self._address(self._form(collection), id), json=body)
        # RT answers 200 whatever became of the values: a person would look, too.
        if len(answer.json()) < len(values):
            raise RuntimeError(f"{collection} {id}: {json.dumps(answer.json(), ensure_ascii=False)}")
