"""A company whose desk recorded very many movements since last night: for the bench of the feed and its small test.

``python flood.py build FOLDER EVENTS ITEMS`` makes it, ``python flood.py serve FOLDER`` serves both sides of it until
it is terminated, always under the same addresses.
"""

from __future__ import annotations

import json
import logging
import random
import signal
import sqlite3
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime
from email.utils import format_datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import structlog
from bulk import record
from firm import LIMITS, PAIR, PASSWORDS, ZONE, Firm, build, guid

from uchet.connectors.base import Query, Rows
from uchet.connectors.onec.odata import OnecConnector
from uchet.connectors.roundup.connector import RoundupConnector
from uchet.connectors.roundup.server import seed
from uchet.emulator.defaults import known_key
from uchet.jobs.demo.servers import Ports
from uchet.mappings.load import load_system
from uchet.sync.engine import Engine
from uchet.sync.pair import EngineSettings, FeedSettings, Pair
from uchet.sync.store import Store

START, SLICE = date(2026, 2, 1), FeedSettings(date.min).slice
PLACES = {"warehouse": "Основной склад", "cellar": "Подвал"}
RECEIPT = "Document_ОприходованиеТоваров"


def flood(folder: Path, events: int, items: int) -> None:
    """Build the company: ``items`` items at two warehouses, the same stock on both sides, ``events`` movements."""
    firm = build(folder).start()
    put = firm.world.put
    put("Catalog_Склады", {"Ref_Key": guid("cellar"), "Code": "2", "Description": PLACES["cellar"]})
    put("Catalog_КлассификаторЕдиницИзмерения", {"Ref_Key": guid("unit"), "Code": "796", "Description": "шт"})
    rows = [_item(n) for n in range(items)]
    firm.world.put_many("Catalog_Номенклатура", rows)
    for place in PLACES:
        firm.world.write_document(RECEIPT, _opening(place, rows, 10 * events))
    firm.night()
    places = [firm.it.find("location", "name", name) for name in PLACES.values()]
    unit = {"unit": "шт", "quantity": str(10 * events)}
    unit["organization"] = firm.it.find("organization", "name", "ООО «Роза»")
    people = [r["id"] for r in firm.it.rows("employee", ("id", "name")) if r["name"].startswith(("Андр", "Борис"))]
    department = firm.it.find("department", "name", "Отдел ИТ")
    firm.stop()
    (folder / "ports.json").write_text(json.dumps([firm.ports.book, firm.ports.desk]))
    cards = seed(
        firm.home,
        "consumable",
        [{**unit, "name": r["Code"], "code": r["Code"], "location": p} for r in rows for p in places],
    )
    record(firm.home, list(_movements(events, cards, people, department)))


def _item(n: int) -> dict[str, Any]:
    code = f"i{n:05}"
    return {"Ref_Key": guid(f"item {code}"), "Code": code, "Description": code, "ЕдиницаИзмерения_Key": guid("unit")}


def _opening(place: str, rows: list[dict[str, Any]], quantity: int) -> dict[str, Any]:
    account = known_key("account 10.09")
    told = [{"Номенклатура_Key": r["Ref_Key"], "Количество": quantity, "СчетУчета_Key": account} for r in rows]
    return {
        "Date": "2026-01-20T09:00:00",
        "Организация_Key": guid("rose"),
        "Склад_Key": guid(place),
        "СтатьяПрочихДоходовРасходов_Key": guid("income"),
        "Товары": told,
    }


def _movements(events: int, cards: Any, people: list[str], department: str) -> Iterator[dict[str, Any]]:
    """Two working weeks: mostly issues, in the order of the days."""
    rng = random.Random(1)
    for n in range(events):
        kind = rng.choice(["issue", "issue", "issue", "write_off", "transfer"])
        at = rng.randrange(len(cards))
        row = {"type": kind, "consumable": cards[at], "quantity": str(rng.randint(1, 4))}
        row["date"] = f"2026-02-{2 + n * 10 // events:02}"
        if kind == "transfer":
            row["to_consumable"] = cards[at ^ 1]
        elif kind == "issue":
            row |= {"employee": rng.choice(people)} if n % 2 else {"department": department}
        yield row


# -- the night after ---------------------------------------------------------------------------------------------------


def engine(book: str, desk: str, store: Store, clock: Callable[[], datetime], size: int = SLICE) -> Engine:
    """The pair as the program makes it, of a base that was asked by ``uchet probe --write``."""
    onec = OnecConnector(book)
    onec.probe(write=True)
    tracker = RoundupConnector(desk, "uchet", PASSWORDS["uchet"])
    pair = Pair(PAIR, onec, tracker, load_system("book", "bp30"), load_system("desk", "roundup"))
    feed = FeedSettings(START, slice=size)
    settings = EngineSettings(guard=replace(LIMITS, change_max=10**7), zone=ZONE, feed=feed)
    return Engine(pair, store, settings, clock=clock, sleep=lambda seconds: None)


@contextmanager
def pages_read() -> Iterator[list[int]]:
    """How many records each part of a listing of 1C brought."""
    sizes: list[int] = []
    read, undecoded = OnecConnector.read, OnecConnector.undecoded

    def reading(self: OnecConnector, *args: Any) -> Iterator[Any]:
        for page in read(self, *args):
            sizes.append(len(page.records))
            yield page

    def taking(self: OnecConnector, query: Query) -> Iterator[Rows] | None:
        parts = undecoded(self, query)
        return None if parts is None else map(noted, parts)

    def noted(part: Rows) -> Rows:
        sizes.append(len(part.rows))
        return part

    OnecConnector.read, OnecConnector.undecoded = reading, taking  # type: ignore[method-assign]
    try:
        yield sizes
    finally:
        OnecConnector.read, OnecConnector.undecoded = read, undecoded  # type: ignore[method-assign]


def calm(made: Engine, answered: Callable[[], Mapping[str, int]]) -> int:
    """The night after, in which nothing happens; its requests."""
    before = sum(answered().values())
    run = made.run()
    assert (run.failed, run.writes, run.drafts) == (0, 0, 0), run
    return sum(answered().values()) - before


def night(made: Engine, answered: Callable[[], Mapping[str, int]]) -> dict[str, int]:
    """One night and what it cost; ``answered``: how many requests the emulated 1C has answered so far, by method."""
    before = answered()
    with pages_read() as sizes:
        run = made.run()
    sent = {method: count - before.get(method, 0) for method, count in answered().items()}
    assert (run.failed, run.skipped) == (0, 0), run
    assert run.drafts, "nothing was drafted"
    states = {event.state for event in made.store.open_events(PAIR)}
    assert states == {"drafted"}, "not all of it was drafted"
    posts = sent.get("POST", 0)
    return {"drafts": run.drafts, "requests": sum(sent.values()), "pages": len(sizes), "posts": posts}


class Listed:
    """Roundup as it is, save that listings of movements come straight from its database, in the same form.

    Roundup itself formats everything from a page's start to the listing's end before it cuts the page off: of 100,000
    movements a page takes it minutes, which is the desk's time and not what is measured.
    """

    def __init__(self, inner: Any, home: Path, url: str) -> None:
        self.inner, self.url = inner, url
        self.db = sqlite3.connect(home / "db" / "db", timeout=60, check_same_thread=False)
        own = {name: name for name in ("consumable", "employee", "department", "equipment")}
        self.links = {**own, "to_consumable": "consumable", "ticket": "issue", "reverses": "movement"}

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Any:
        if environ["REQUEST_METHOD"] != "GET" or environ["PATH_INFO"] != "/rest/data/movement":
            return self.inner(environ, start)
        asked = dict(parse_qsl(environ["QUERY_STRING"]))
        body = json.dumps({"data": self._page(asked)}, ensure_ascii=False).encode()
        head = [("Content-Type", "application/json"), ("Content-Length", str(len(body)))]
        start("200 OK", [*head, ("Date", format_datetime(datetime.now(UTC), usegmt=True))])
        return [body]

    def _page(self, asked: dict[str, str]) -> dict[str, Any]:
        size, index = int(asked.get("@page_size", 0)), int(asked.get("@page_index", 1))
        names = [name for name in asked.get("@fields", "").split(",") if name]
        columns = ", ".join(["id", *(f"_{name}" for name in names)])
        limit = f" limit {size + 1} offset {size * (index - 1)}" if size else ""
        rows = self.db.execute(f"select {columns} from _movement where not __retired__ order by id{limit}").fetchall()
        more = bool(size) and len(rows) > size
        page = {"collection": [self._row(names, row) for row in rows[: size or None]]}
        return page | ({"@links": {"next": [{"rel": "next", "uri": self.url}]}} if more else {})

    def _row(self, names: list[str], row: tuple[Any, ...]) -> dict[str, Any]:
        told = {"id": str(row[0]), "link": f"{self.url}/rest/data/movement/{row[0]}"}
        return told | {name: self._value(name, value) for name, value in zip(names, row[1:], strict=True)}

    def _value(self, name: str, value: Any) -> Any:
        if value is None:
            return None
        if name in self.links:
            return {"id": str(value), "link": f"{self.url}/rest/data/{self.links[name]}/{value}"}
        if name in ("activity", "creation"):
            return f"{value[:4]}-{value[4:6]}-{value[6:8]}.{value[8:10]}:{value[10:12]}:{value[12:14]}"
        return value


def quiet() -> None:
    """Requests are counted, not told: standard output is for figures."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))


def ports(folder: Path) -> list[int]:
    """Of the book and of the desk: an address is part of a side's identity."""
    return list(json.loads((folder / "ports.json").read_text()))


def serve(folder: Path) -> None:
    firm = Firm(folder, Ports(*ports(folder))).start()
    firm.emulator.switches.control = True
    server: Any = firm.desk._server
    server.set_app(Listed(server.get_app(), firm.home, firm.desk.url))
    sys.stdout.write(json.dumps([firm.emulator.url, firm.desk.url]) + "\n")
    sys.stdout.flush()
    done = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: done.set())
    done.wait()
    firm.stop()


if __name__ == "__main__":
    quiet()
    if sys.argv[1] == "build":
        flood(Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))
    else:
        serve(Path(sys.argv[2]))
