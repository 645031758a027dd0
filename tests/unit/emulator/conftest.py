"""A started emulator of the shipped base, a plain HTTP client of it, and a small company inside."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import pytest
import requests

from uchet.emulator import Emulator


@dataclass
class Client:
    """Raw requests with our own percent-encoding; JSON asked for unless said otherwise."""

    url: str
    session: requests.Session = field(default_factory=requests.Session)

    def call(self, method: str, path: str, body: Any = None, query: str = "", **headers: str) -> requests.Response:
        """One request; ``query`` is taken as ``name=value&…`` and encoded with %20."""
        tail = "&".join(f"{n}={quote(v, safe='')}" for n, _, v in (i.partition("=") for i in query.split("&") if i))
        address = self.url + quote(path, safe="/()'=,$") + (f"?{tail}" if tail else "")
        given = {"Accept": "application/json", **{name.replace("_", "-"): value for name, value in headers.items()}}
        return self.session.request(method, address, json=body, headers=given, timeout=20)

    def get(self, path: str, query: str = "") -> Any:
        """The JSON of a successful GET."""
        answer = self.call("GET", path, query=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def value(self, path: str, query: str = "") -> list[dict[str, Any]]:
        """The rows of a list."""
        rows: list[dict[str, Any]] = self.get(path, query)["value"]
        return rows

    def refused(self, method: str, path: str, body: Any = None, query: str = "") -> tuple[int, str, str]:
        """Status, code and message of a refusal."""
        answer = self.call(method, path, body, query)
        error = answer.json()["odata.error"]
        return answer.status_code, error["code"], error["message"]["value"]


@dataclass
class Company:
    """Keys of a small company with one accepted notebook in the accounting department."""

    org: str
    books: str
    store: str
    ivanov: str
    petrov: str
    notebook: str
    acceptance: str


def settle(emulator: Emulator) -> Company:
    """Seed the company and accept its notebook on 10 January 2026."""
    world = emulator.world
    org = world.put("Catalog_Организации", {"Description": "ООО Ромашка", "Префикс": "РМ", "ИНН": "7701234567"})
    books = world.put("Catalog_ПодразделенияОрганизаций", {"Description": "Бухгалтерия", "Owner_Key": org})
    store = world.put("Catalog_ПодразделенияОрганизаций", {"Description": "Склад", "Owner_Key": org})
    ivanov = world.put("Catalog_ФизическиеЛица", {"Description": "Иванов Иван"})
    petrov = world.put("Catalog_ФизическиеЛица", {"Description": "Петров Пётр"})
    notebook = world.put("Catalog_ОсновныеСредства", {"Description": "Ноутбук Lenovo", "ЗаводскойНомер": "SN-1"})
    acceptance = world.write_document(
        "Document_ПринятиеКУчетуОС",
        {
            "Date": "2026-01-10T10:00:00",
            "Организация_Key": org,
            "МестонахождениеОС_Key": books,
            "МОЛБУ_Key": ivanov,
            "СтоимостьБУ": "50000.50",
            "ОС": [{"ОсновноеСредство_Key": notebook, "ИнвентарныйНомер": "000000017"}],
        },
    )
    return Company(org, books, store, ivanov, petrov, notebook, acceptance)


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    """The shipped base in memory, with the control path open."""
    with Emulator(control=True) as started:
        yield started


@pytest.fixture
def connect() -> Iterator[Callable[[str], Client]]:
    """Make a client of any address; its connections are closed after the test."""
    with ExitStack() as stack:

        def made(url: str) -> Client:
            found = Client(url)
            stack.callback(found.session.close)
            return found

        yield made


@pytest.fixture
def client(emulator: Emulator, connect: Callable[[str], Client]) -> Client:
    """A client of it."""
    return connect(emulator.url)


@pytest.fixture
def company(emulator: Emulator) -> Company:
    """The company inside it."""
    return settle(emulator)
