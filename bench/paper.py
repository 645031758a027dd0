"""Both sides on paper: ready-made pages of a company with N pieces of equipment, served as fast as a disk allows.

A benchmark of the client must not wait for the server, and a million cards do not fit into the emulator. The answers
have the shape that 1C:Enterprise and Roundup give (Cyrillic names, GUID keys, DataVersion, additional attributes); they
are written once per size into a folder and sent from there by ``python paper.py FOLDER N PORT-FILE DELAY-MS PORT``.
"""

from __future__ import annotations

import json
import sys
import time
import uuid
import zlib
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import parse_qs, unquote, urlsplit

BOOK_PAGE, KEY_PAGE, DESK_PAGE = 1000, 20_000, 5000
BASE = "/base/odata/standard.odata/"
CARD = "Catalog_ОсновныеСредства"
INITIAL = "InformationRegister_ПервоначальныеСведенияОСБухгалтерскийУчет_RecordType"
STATE = "InformationRegister_СостоянияОСОрганизаций_RecordType"
LOCATION = "InformationRegister_МестонахождениеОСБухгалтерскийУчет_RecordType"
SLICES = (INITIAL, STATE, LOCATION)
PROPERTIES = {"ИТ: модель": 1, "ИТ: место": 2, "ИТ: пользователь": 3, "ИТ: состояние": 4}
ORGANIZATIONS, DEPARTMENTS, PEOPLE, PLACES = 2, 12, 40, 20
MODELS = ("HP ProDesk 400 G7", "Dell OptiPlex 7090", "Lenovo ThinkCentre M70q", "Kyocera ECOSYS M2040dn")

Row = dict[str, Any]


def guid(what: str, n: int) -> str:
    """The key of record ``n`` of a set; the first part tells the set, so that keys of two sets never meet."""
    return f"{zlib.crc32(what.encode()):08x}-0000-4000-8000-{n * 2654435761 % 2**48:012x}"


def person(n: int) -> str:
    return f"Сотрудников{n:03d} Иван Петрович{n:03d}"


# -- the books ------------------------------------------------------------------------------------------------------


def card(n: int) -> Row:
    values = (MODELS[n % len(MODELS)], f"Кабинет {n % PLACES:03d}", person(n % PEOPLE), "В эксплуатации")
    part = [
        {
            "Ref_Key": guid(CARD, n),
            "LineNumber": str(i + 1),
            "Свойство_Key": guid("property", i + 1),
            "Значение": value,
            "Значение_Type": "Edm.String",
            "ТекстоваяСтрока": "",
        }
        for i, value in enumerate(values)
    ]
    return {
        "Ref_Key": guid(CARD, n),
        "DataVersion": f"AAAAA{n:07d}=",
        "DeletionMark": False,
        "IsFolder": False,
        "Code": f"{n:09d}",
        "Description": f"Рабочая станция {MODELS[n % len(MODELS)]} №{n}",
        "ЗаводскойНомер": f"CZC{n:07d}X",
        "ЕдиницаУчета": "ИнвентарныйОбъект",
        "ДополнительныеРеквизиты": part,
    }


def initial(n: int) -> Row:
    return {
        "Period": "2024-02-01T12:00:00",
        "Recorder": guid("acceptance", n),
        "Recorder_Type": "StandardODATA.Document_ПринятиеКУчетуОС",
        "ОсновноеСредство_Key": guid(CARD, n),
        "Организация_Key": guid("organization", n % ORGANIZATIONS),
        "ИнвентарныйНомер": f"{n:09d}",
        "ПервоначальнаяСтоимость": 40000 + n % 9000 + 0.5,
    }


def state(n: int) -> Row:
    return {
        "Period": "2024-02-01T12:00:00",
        "Recorder": guid("acceptance", n),
        "Recorder_Type": "StandardODATA.Document_ПринятиеКУчетуОС",
        "ОсновноеСредство_Key": guid(CARD, n),
        "Организация_Key": guid("organization", n % ORGANIZATIONS),
        "Состояние": "ПринятоКУчету",
        "ДатаСостояния": "2024-02-01T00:00:00",
    }


def location(n: int) -> Row:
    return {
        "Period": "2024-02-01T12:00:00",
        "Recorder": guid("acceptance", n),
        "Recorder_Type": "StandardODATA.Document_ПринятиеКУчетуОС",
        "ОсновноеСредство_Key": guid(CARD, n),
        "Организация_Key": guid("organization", n % ORGANIZATIONS),
        "Местонахождение_Key": guid("department", n % DEPARTMENTS),
        "МОЛ_Key": guid("person", n % PEOPLE),
    }


def small_sets() -> dict[str, list[Row]]:
    """Everything of the books that does not grow with N."""
    alive = {"DeletionMark": False, "DataVersion": "AAAAAQAAAAA="}
    return {
        "Catalog_Организации": [
            {"Ref_Key": guid("organization", n), "Code": f"{n:09d}", "Description": f"ООО «Фирма {n}»",
             "ИНН": f"77010000{n:02d}", **alive} for n in range(ORGANIZATIONS)
        ],
        "Catalog_ПодразделенияОрганизаций": [
            {"Ref_Key": guid("department", n), "Code": f"{n:09d}", "Description": f"Отдел {n}",
             "Owner_Key": guid("organization", n % ORGANIZATIONS), "Расформировано": False, **alive}
            for n in range(DEPARTMENTS)
        ],
        "Catalog_ФизическиеЛица": [
            {"Ref_Key": guid("person", n), "Code": f"{n:010d}", "Description": person(n), "IsFolder": False, **alive}
            for n in range(PEOPLE)
        ],
        "Catalog_Сотрудники": [
            {"Ref_Key": guid("employee", n), "Code": f"{n + 1:010d}", "Description": person(n), "ВАрхиве": False,
             "ФизическоеЛицо_Key": guid("person", n), **alive} for n in range(PEOPLE)
        ],
        "InformationRegister_ТекущиеКадровыеДанныеСотрудников": [
            {"Сотрудник_Key": guid("employee", n), "ФизическоеЛицо_Key": guid("person", n),
             "ГоловнаяОрганизация_Key": guid("organization", n % ORGANIZATIONS),
             "ТекущаяОрганизация_Key": guid("organization", n % ORGANIZATIONS),
             "ТекущееПодразделение_Key": guid("department", n % DEPARTMENTS),
             "ОсновноеРабочееМестоВОрганизации": True, "ДатаПриема": "2020-01-01T00:00:00",
             "ДатаУвольнения": "0001-01-01T00:00:00"} for n in range(PEOPLE)
        ],
        "Catalog_Склады": [
            {"Ref_Key": guid("place", n), "Code": f"{n:09d}", "Description": f"Кабинет {n:03d}", "IsFolder": False,
             "ТипСклада": "ОптовыйСклад", **alive} for n in range(PLACES)
        ],
        "ChartOfCharacteristicTypes_ДополнительныеРеквизитыИСведения": [
            {"Ref_Key": guid("property", n), "Code": f"{n:09d}", "Description": title, "Заголовок": title,
             "НаборСвойств_Key": guid("set", 1), **alive} for title, n in PROPERTIES.items()
        ],
        "Catalog_НаборыДополнительныхРеквизитовИСведений": [
            {"Ref_Key": guid("set", 1), "Code": "000000001", "Description": "Основные средства",
             "PredefinedDataName": "Справочник_ОсновныеСредства", "IsFolder": False, **alive}
        ],
        "ChartOfAccounts_Хозрасчетный": [
            {"Ref_Key": guid("account", 1), "Code": "МЦ.04", "Description": "Инвентарь",
             "Parent_Key": str(uuid.UUID(int=0)), **alive}
        ],
        "AccountingRegister_Хозрасчетный": [],
        "Catalog_Номенклатура": [],
    }  # fmt: skip


# -- the desk -------------------------------------------------------------------------------------------------------


def link(class_: str, n: int) -> Row:
    return {"id": str(n + 1), "link": f"http://desk/rest/data/{class_}/{n + 1}"}


def thing(n: int, changed: bool = False) -> Row:
    return {
        "id": str(n + 1),
        "link": f"http://desk/rest/data/equipment/{n + 1}",
        "inventory_number": f"{n:09d}",
        "book_name": f"Рабочая станция {MODELS[n % len(MODELS)]} №{n}",
        "accounting": "fixed_asset",
        "organization": link("organization", n % ORGANIZATIONS),
        "department": link("department", n % DEPARTMENTS),
        "custodian": link("employee", n % PEOPLE),
        "commissioned": "2024-02-01.00:00:00",
        "cost": f"{40000 + n % 9000}.50",
        "serial": f"CZC{n:07d}{'Y' if changed else 'X'}",
        "model": MODELS[n % len(MODELS)],
        "location": link("location", n % PLACES),
        "user": link("employee", n % PEOPLE),
        "status": "in_use",
        "notes": "принтер в приёмной, картридж меняли в марте",
        "uchet_key": guid("key", n),
        "revision": 1,
        "activity": "2026-02-10.09:00:00",
        "creation": "2026-02-01.09:00:00",
    }


def desk_small() -> dict[str, list[Row]]:
    """Classes of the desk that do not grow with N."""
    times = {"activity": "2026-02-10.09:00:00", "creation": "2026-02-01.09:00:00", "revision": 1}
    return {
        "organization": [
            {"id": str(n + 1), "name": f"ООО «Фирма {n}»", "inn": f"77010000{n:02d}", **times}
            for n in range(ORGANIZATIONS)
        ],
        "department": [
            {"id": str(n + 1), "name": f"Отдел {n}", "code": f"{n:09d}",
             "organization": link("organization", n % ORGANIZATIONS), **times} for n in range(DEPARTMENTS)
        ],
        "employee": [
            {"id": str(n + 1), "name": person(n), "number": f"{n + 1:010d}", "active": 1,
             "organization": link("organization", n % ORGANIZATIONS),
             "department": link("department", n % DEPARTMENTS), **times} for n in range(PEOPLE)
        ],
        "location": [
            {"id": str(n + 1), "name": f"Кабинет {n:03d}", "code": f"{n:09d}", "type": "warehouse", **times}
            for n in range(PLACES)
        ],
        "keyword": [{"id": "1", "name": "uchet-identity:bench", **times}],
    }  # fmt: skip


def classes(n: int) -> Row:
    """What ``/rest/uchet`` publishes."""
    text, own = {"type": "string", "of": None, "required": False}, {"revision": {"type": "number", "of": None}}

    def to(name: str) -> Row:
        return {"type": "link", "of": name, "required": False}

    def entry(mark: int, **properties: Row) -> Row:
        return {"properties": {**properties, "uchet_key": text, **own}, "key": None, "mark": str(mark)}

    texts = ("inventory_number", "book_name", "accounting", "serial", "model", "status", "notes", "cost")
    return {
        "organization": entry(ORGANIZATIONS, name=text, inn=text),
        "department": entry(DEPARTMENTS, name=text, code=text, organization=to("organization")),
        "employee": entry(
            PEOPLE,
            name=text,
            number=text,
            organization=to("organization"),
            department=to("department"),
            active={"type": "boolean", "of": None, "required": False},
        ),
        "location": entry(PLACES, name=text, code=text, type=text),
        "keyword": entry(0, name=text),
        "equipment": entry(
            n,
            **dict.fromkeys(texts, text),
            organization=to("organization"),
            department=to("department"),
            custodian=to("employee"),
            user=to("employee"),
            location=to("location"),
            commissioned={"type": "date", "of": None, "required": False},
        ),
    }


# -- writing the pages ----------------------------------------------------------------------------------------------


def _dump(rows: list[Row]) -> bytes:
    """As 1C prints it: one value a line, so that a record of 20 fields has about a kilobyte."""
    return json.dumps(rows, ensure_ascii=False, indent=0).encode()[1:-1]


def _odata(name: str, rows: list[Row]) -> bytes:
    head = json.dumps({"odata.metadata": f"http://book{BASE}$metadata#{name}"}, ensure_ascii=False)
    return head[:-1].encode() + b',"value": [' + _dump(rows) + b"]}"


def _chunks(n: int, size: int) -> Iterator[range]:
    for start in range(0, n, size):
        yield range(start, min(start + size, n))


def write(folder: Path, n: int, changed: bool = False) -> Path:
    """Pages for N pieces of equipment (``changed``: the desk holds another serial number of each); kept if there."""
    place = folder / f"{n}{'-changed' if changed else ''}"
    if (place / "done").exists():
        return place
    place.mkdir(parents=True, exist_ok=True)
    _pages(place / "card", n, BOOK_PAGE, lambda i: _odata(CARD, [card(k) for k in i]))
    _pages(place / "keys", n, KEY_PAGE, lambda i: _odata(CARD, [{"Ref_Key": guid(CARD, k)} for k in i]))
    for name, make in ((INITIAL, initial), (STATE, state), (LOCATION, location)):
        with (place / f"{name}.json").open("wb") as out:
            out.write(_odata(name, [])[:-2])
            for at, chunk in enumerate(_chunks(n, 1000)):
                out.write((b",\n" if at else b"") + _dump([make(k) for k in chunk]))
            out.write(b"]}")
    _pages(place / "desk", n, DESK_PAGE, lambda i: _desk([thing(k, changed) for k in i], i.stop < n))
    ids = [{"id": str(k + 1), "link": f"http://desk/rest/data/equipment/{k + 1}"} for k in range(n)]
    (place / "ids.json").write_bytes(_desk(ids, False))
    (place / "done").touch()
    return place


def _desk(rows: list[Row], more: bool) -> bytes:
    links = {"next": [{"uri": "http://desk/", "rel": "next"}]} if more else {}
    whole = {"data": {"collection": rows, "@links": links, "@total_size": 0}}
    return json.dumps(whole, ensure_ascii=False).encode()


def _pages(place: Path, n: int, size: int, make: Callable[[range], bytes]) -> None:
    place.mkdir(exist_ok=True)
    for number, chunk in enumerate(_chunks(n, size)):
        (place / f"{number}.json").write_bytes(make(chunk))


# -- serving --------------------------------------------------------------------------------------------------------


class Paper(BaseHTTPRequestHandler):
    """Answers from the folder; ``delay`` seconds before every page, as a busy server would."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1  # headers and body leave together: two small packets would wait 40 ms for each other
    disable_nagle_algorithm = True
    folder: Path
    delay = 0.0
    size = 0
    edmx = b""
    names: tuple[str, ...] = ()
    log: ClassVar[list[str]] = []
    books: ClassVar[dict[str, list[Row]]] = small_sets()
    desks: ClassVar[dict[str, list[Row]]] = desk_small()

    def log_message(self, format: str, *args: Any) -> None:
        """Silence: a printed line per request is a cost."""

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        path, query = unquote(parts.path), parse_qs(parts.query)
        if path == "/log":
            return self._send("\n".join(self.log).encode())
        self.log.append(self.path)
        if self.delay:
            time.sleep(self.delay)
        if path.startswith(BASE.rstrip("/")):
            return self._send(self._book(path.removeprefix(BASE.rstrip("/")).lstrip("/"), query))
        return self._send(self._desk(path.removeprefix("/desk/rest/"), query))

    def _send(self, answer: bytes | Path) -> None:
        size = len(answer) if isinstance(answer, bytes) else answer.stat().st_size
        xml = isinstance(answer, bytes) and answer[:1] == b"<"
        self.send_response(200)
        self.send_header("Content-Type", "application/xml" if xml else "application/json;charset=utf-8")
        self.send_header("Content-Length", str(size))
        self.end_headers()
        if isinstance(answer, bytes):
            self.wfile.write(answer)
        else:
            with answer.open("rb") as file:
                self.wfile.flush()
                self.connection.sendfile(file)

    def _book(self, path: str, query: dict[str, list[str]]) -> bytes | Path:
        if path in ("", "$metadata"):
            return self.edmx if path else json.dumps({"value": [{"name": n, "url": n} for n in self.names]}).encode()
        name = path.partition("/")[0].partition("(")[0]
        if name in SLICES:
            return self.folder / f"{name}.json"
        if name == CARD:
            keys = query.get("$select", ["Ref_Key"])[0] == "Ref_Key"
            number = int(query["$skip"][0]) // int(query["$top"][0])
            file = self.folder / ("keys" if keys else "card") / f"{number}.json"
            return file if file.exists() else _odata(name, [])
        rows = self.books.get(name, [])
        skip, top = int(query.get("$skip", ["0"])[0]), int(query.get("$top", ["100000"])[0])
        return _odata(name, rows[skip : skip + top])

    def _desk(self, path: str, query: dict[str, list[str]]) -> bytes | Path:
        if path == "uchet":
            return json.dumps({"data": {"roundup": "2.6.0", "classes": classes(self.size)}}).encode()
        name = path.removeprefix("data/")
        if name != "equipment":
            return _desk(self.desks[name], False)
        if "@fields" not in query:
            return self.folder / "ids.json"
        return self.folder / "desk" / f"{int(query['@page_index'][0]) - 1}.json"


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64


def serve(folder: Path, n: int, port_file: Path, delay: float, port: int) -> None:
    """Serve until killed; the port is written to ``port_file``."""
    from uchet.emulator import bp30

    model = bp30.model()
    Paper.folder, Paper.size, Paper.delay = folder, n, delay
    Paper.edmx, Paper.names = model.source, tuple(model.sets)
    server = _Server(("127.0.0.1", port), Paper)
    port_file.write_text(str(server.server_address[1]))
    server.serve_forever()


if __name__ == "__main__":
    serve(Path(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]), float(sys.argv[4]) / 1000, int(sys.argv[5]))
