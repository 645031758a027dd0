"""A large answer of a web service: raw decoding into typed records against the objects that zeep builds.

Sides for ``child.run``: ``raw FILE`` streams the records of an envelope in a file, ``zeep FILE`` gives the same
envelope to zeep with its description, ``first URL`` asks a running base for the versions of an interface and for the
first record of an exchange message (the whole process counts), ``receive URL`` takes a large message and reads it.

Memory is the high-water mark of the process itself (``VmHWM``): ``ru_maxrss`` begins with that of its parent.
"""

from __future__ import annotations

import io
import sys
import tempfile
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import child
import msgspec

PLAN = "СинхронизацияДанныхЧерезУниверсальныйФормат"
SPACE, KIND = "urn:bench:objects", "Строки"
FIELDS = ("Ссылка", "Код", "Наименование", "Артикул", "Единица", "Количество", "Сумма", "Дата", "Услуга", "Комментарий")
TYPES = ("string", "string", "string", "string", "string", "decimal", "decimal", "dateTime", "boolean", "string")


class Row(msgspec.Struct):
    key: str = msgspec.field(name="Ссылка")
    code: str = msgspec.field(name="Код")
    name: str = msgspec.field(name="Наименование")
    article: str = msgspec.field(name="Артикул")
    unit: str = msgspec.field(name="Единица")
    count: Decimal = msgspec.field(name="Количество")
    amount: Decimal = msgspec.field(name="Сумма")
    when: datetime = msgspec.field(name="Дата")
    service: bool = msgspec.field(name="Услуга")
    remark: str | None = msgspec.field(name="Комментарий")


def write(size: int, target: Path) -> None:
    """An envelope with so many objects, in the platform's form."""
    xs = 'xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
    with target.open("w", encoding="utf-8") as out:
        out.write('<?xml version="1.0" encoding="UTF-8"?>\n<soap:Envelope xmlns:soap="')
        out.write('http://schemas.xmlsoap.org/soap/envelope/">\n\t<soap:Body>\n')
        out.write(f'\t\t<m:GetObjectsResponse xmlns:m="{SPACE}">\n\t\t\t<m:return {xs}>\n')
        for n in range(size):
            values = (f"{n:036d}", f"{n:011d}", f"Картридж {n}", f"CF{n}", "шт", f"{n}.500", f"{n}.25")
            values += (f"2026-02-{n % 28 + 1:02d}T12:00:00", "true" if n % 2 else "false", f"для принтера {n}")
            pairs = zip(FIELDS, values, strict=True)
            out.write(
                "<m:Строка>" + "".join(f"<m:{name}>{value}</m:{name}>" for name, value in pairs) + "</m:Строка>\n"
            )
        out.write("\t\t\t</m:return>\n\t\t</m:GetObjectsResponse>\n\t</soap:Body>\n</soap:Envelope>")


def description() -> bytes:
    """The WSDL of the service that answers so."""
    from uchet.emulator.soap.model import XS, Element, ObjectType, Operation, Package, QName, Service
    from uchet.emulator.soap.wsdl import wsdl

    row = tuple(Element(name, QName(XS, kind)) for name, kind in zip(FIELDS, TYPES, strict=True))
    rows = Element("Строка", QName(SPACE, "Строка"), lower=0, upper=-1)
    package = Package(SPACE, (ObjectType("Строка", row), ObjectType(KIND, (rows,))))
    operation = Operation("GetObjects", (), QName(SPACE, KIND))
    return wsdl(Service("Bench", SPACE, "bench.1cws", (package,), (operation,)), "http://127.0.0.1/")


def marked(work: Callable[[], int]) -> dict[str, float]:
    """What work found, and the MiB that it added at its peak."""

    def status(name: str) -> float:
        lines = Path("/proc/self/status").read_text().splitlines()
        return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(name))

    before = status("VmRSS:")
    found = work()
    return {"rows": found, "added": round(max(0.0, status("VmHWM:") - before), 1)}


def raw(file: str) -> None:
    from uchet.connectors.onec.soap.decoding import records

    def work() -> int:
        with open(file, "rb") as source:
            return sum(1 for _ in records(source, Row, ["{*}Строка"]))

    child.report(lambda: marked(work))


def by_zeep(file: str) -> None:
    import requests
    import zeep

    client: Any = zeep.Client(io.BytesIO(description()), settings=zeep.Settings(forbid_dtd=True, forbid_external=True))
    binding = client.wsdl.bindings[f"{{{SPACE}}}BenchSoapBinding"]

    def work() -> int:
        response = requests.Response()
        response.status_code = 200
        response._content = Path(file).read_bytes()
        return len(binding.process_reply(client, binding.get("GetObjects"), response))

    child.report(work)


def first(url: str) -> None:
    from uchet.connectors.http import HttpClient
    from uchet.connectors.onec.soap.decoding import elements
    from uchet.connectors.onec.soap.exchange import Exchange, Waiting, interface_versions, message
    from uchet.connectors.onec.soap.service import WebService

    def work() -> str:
        http = HttpClient(url)
        interface_versions(WebService(http, f"{url}InterfaceVersion"), "ОбменДанными")
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "in.zip"
            Exchange(http, url, PLAN, "bench", waiting=Waiting(every=0.0)).receive(file)
            with message(file) as source:
                return str(next(elements(source, ["{*}Справочник.Номенклатура"])).tag).rpartition("}")[2]

    child.report(work)


def receive(url: str) -> None:
    from uchet.connectors.http import HttpClient
    from uchet.connectors.onec.soap.decoding import elements
    from uchet.connectors.onec.soap.exchange import Exchange, Waiting, message

    def work() -> int:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "in.zip"
            waiting = Waiting(every=0.0)
            Exchange(HttpClient(url, timeout=(10.0, 300.0)), url, PLAN, "bench", waiting=waiting).receive(file)
            with message(file) as source:
                return sum(1 for _ in elements(source, ["{*}Справочник.Номенклатура"]))

    child.report(lambda: marked(work))


if __name__ == "__main__":
    {"raw": raw, "zeep": by_zeep, "first": first, "receive": receive}[sys.argv[1]](sys.argv[2])
