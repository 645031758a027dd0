"""The clients for 1C that read the same catalogue, each run as a process of its own (``bench/odata.py``).

The peers live in an environment without uchet: nothing but the standard library is imported before a client is chosen.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from functools import partial
from typing import Any
from urllib.parse import quote, urlsplit

from child import report

SET = "Catalog_ОсновныеСредства"
FIELDS = (
    "Ref_Key",
    "DataVersion",
    "DeletionMark",
    "Code",
    "Description",
    "Parent_Key",
    "IsFolder",
    "НаименованиеПолное",
    "Изготовитель",
    "ЗаводскойНомер",
    "НомерПаспорта",
    "ДатаВыпуска",
    "КодПоОКОФ_Key",
    "ГруппаОС",
    "АмортизационнаяГруппа",
    "Комментарий",
    "ТипОС",
    "НедвижимоеИмущество",
    "ЕдиницаУчета",
    "ПрослеживаемыйТовар",
)
PAGE = 1000


def read_ours(address: str, cache: str = "", **settings: int) -> Callable[[], int]:
    """uchet's connector: pages as the engine takes them; with ``cache`` by version scan. ``settings`` as in a book."""
    import logging

    import structlog

    from uchet.connectors.base import Query
    from uchet.connectors.onec.odata import OnecConnector

    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    options: dict[str, Any] = dict(settings)
    if cache:
        options.update(cache=cache, changes={SET: "versions"})

    def read() -> int:
        connector = OnecConnector(address, **options)
        try:
            return sum(len(page.records) for page in connector.read(Query(SET, FIELDS)))
        finally:
            connector.close()

    return read


def _kinds() -> dict[str, Any]:
    from datetime import datetime

    flags = ("DeletionMark", "IsFolder", "НедвижимоеИмущество", "ПрослеживаемыйТовар")
    return {**dict.fromkeys(flags, bool), "ДатаВыпуска": datetime}


def read_bare(address: str) -> Callable[[], int]:
    """requests with a typed decode, a single pass and no check of anything: the floor."""
    import msgspec
    import requests

    kinds = _kinds()
    row = msgspec.defstruct("Row", [(name, kinds.get(name, str)) for name in FIELDS])
    decoder = msgspec.json.Decoder(msgspec.defstruct("Page", [("value", list[row])]))

    def read() -> int:
        count = 0
        session = requests.Session()
        session.trust_env = False
        while True:
            query = f"$select={quote(','.join(FIELDS))}&$orderby=Code&$top={PAGE}&$skip={count}"
            answer = session.get(f"{address}/odata/standard.odata/{quote(SET)}?{query}", timeout=60)
            rows = decoder.decode(answer.content).value
            count += len(rows)
            if len(rows) < PAGE:
                return count

    return read


def read_pyodata1c(address: str) -> Callable[[], int]:
    """PyOData1C as its manual shows it: a model, and pages by top and skip (it has no loop of its own)."""
    import pydantic
    import requests
    from PyOData1C.http import Connection
    from PyOData1C.models import ODataModel
    from PyOData1C.odata import OData

    kinds = {**_kinds(), "Ref_Key": uuid.UUID}
    fields = {f"f{n}": (kinds.get(name, str), pydantic.Field(alias=name)) for n, name in enumerate(FIELDS)}
    model = pydantic.create_model("Card", __base__=ODataModel, **fields)  # type: ignore[call-overload]
    cards = type("Cards", (OData,), {"database": "base", "entity_model": model, "entity_name": SET})
    login = requests.auth.HTTPBasicAuth("u", "p")

    def read() -> int:
        count = 0
        with Connection(host=urlsplit(address).netloc, protocol="http", authentication=login) as connection:
            connection._session.trust_env = False
            while True:
                rows = cards.manager(connection).skip(count).top(PAGE).all()
                count += len(rows)
                if len(rows) < PAGE:
                    return count

    return read


def read_python_1c_odata(address: str, page: int = PAGE) -> Callable[[], int]:
    """python-1c-odata: its asynchronous iteration over a catalogue, plain dicts and no types."""
    import asyncio

    from python_1c_odata import Catalog, Infobase

    parts = urlsplit(address)

    async def read() -> int:
        async with Infobase(f"{parts.scheme}://{parts.netloc}", "base", "u", "p") as base:
            count = 0
            catalog = Catalog(base, SET.partition("_")[2])
            async for _ in catalog.iterate(page_size=page, select=list(FIELDS), orderby="Code"):
                count += 1
            return count

    return lambda: asyncio.run(read())


PYODATA, PYTHON_1C = "PyOData1C", "python-1c-odata"
#: Each imports what it needs and returns what is timed: first all with pages of 1,000, then as each comes (PyOData1C
#: has no pages of its own), and uchet with more connections than one.
CLIENTS: dict[str, Callable[..., Callable[[], int]]] = {
    "uchet": partial(read_ours, page_size=PAGE),
    "bare": read_bare,
    PYODATA: read_pyodata1c,
    PYTHON_1C: read_python_1c_odata,
    "uchet as it comes": read_ours,
    f"{PYTHON_1C} as it comes": partial(read_python_1c_odata, page=100),
    "uchet on 4 connections": partial(read_ours, page_size=PAGE, connections=4),
}


def child(name: str, *arguments: str) -> None:
    """Child: read once and print the figures."""
    report(CLIENTS[name](*arguments))
