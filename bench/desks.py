"""What a desk costs: requests and seconds per 1,000 unchanged and per 1,000 changed records, for every desk there is.

Real servers on loopback: Roundup on SQLite, Request Tracker 5 on SQLite and on PostgreSQL (where Debian's packages are
installed), each with ``--records`` pieces of equipment (default 300), through our connectors as a night uses them:

- *whole listing*: all records read, nothing having changed;
- *changes only*: the same question with the cursor of that listing;
- *changed*: one field of every record written with its version, read back and compared.

    ./run bench desks [--records N] [--json]
"""

from __future__ import annotations

import argparse
import json
import logging
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import requests
import structlog

from uchet.connectors.base import Connector, Query, Write
from uchet.connectors.roundup.connector import RoundupConnector
from uchet.connectors.roundup.server import Desk as RoundupDesk
from uchet.connectors.roundup.server import install as install_roundup
from uchet.connectors.roundup.server import seed as seed_roundup
from uchet.connectors.rt import server as rt
from uchet.connectors.rt.connector import RtConnector
from uchet.jobs.demo.servers import free_port

PASSWORD = "bench-secret"


@dataclass(frozen=True)
class Cost:
    """Requests and seconds for one thing, per 1,000 records; measured on ``records``."""

    desk: str
    what: str
    records: int
    requests: float
    seconds: float


@dataclass(frozen=True)
class Place:
    """A running desk with equipment in it."""

    title: str
    connector: Connector
    collection: str
    field: str
    fields: tuple[str, ...]


@contextmanager
def counted() -> Iterator[list[int]]:
    """How many requests leave this process meanwhile."""
    sent, plain = [0], requests.Session.send

    def send(self: requests.Session, request: requests.PreparedRequest, **more: Any) -> requests.Response:
        sent[0] += 1
        return plain(self, request, **more)

    requests.Session.send = send  # type: ignore[method-assign]
    try:
        yield sent
    finally:
        requests.Session.send = plain  # type: ignore[method-assign]


@contextmanager
def roundup(folder: Path, records: int) -> Iterator[Place]:
    home = folder / "roundup"
    install_roundup(home, url="http://127.0.0.1:1/", passwords={"admin": "a", "uchet": PASSWORD})
    seed_roundup(home, "organization", [{"name": "ООО «Ромашка»"}])
    rows = ({"inventory_number": f"ОС-{n:06d}", "name": f"pc-{n}", "organization": "1", "status": "in_use",
             "serial": f"SN{n}", "model": "OptiPlex"} for n in range(records))  # fmt: skip
    seed_roundup(home, "equipment", rows)
    with RoundupDesk(home) as desk:
        fields = ("inventory_number", "book_name", "organization", "department", "custodian", "serial", "model",
                  "location", "user", "status", "cost", "commissioned", "accounting")  # fmt: skip
        yield Place("Roundup, SQLite", RoundupConnector(desk.url, "uchet", PASSWORD), "equipment", "model", fields)


def request_tracker(database: rt.Database) -> Callable[[Path, int], Any]:
    @contextmanager
    def raised(folder: Path, records: int) -> Iterator[Place]:
        home = folder / f"rt-{database}"
        rt.install(home, passwords={"root": PASSWORD, "uchet": PASSWORD}, database=database)
        things = "catalog:Оборудование"
        rows = [(things, {"Name": f"pc-{n}", "CF.Инвентарный номер": f"ОС-{n:06d}", "CF.Организация": "1",
                          "CF.Состояние": "Используется", "CF.Заводской номер": f"SN{n}", "CF.Модель": "OptiPlex"})
                for n in range(records)]  # fmt: skip
        rt.seed(home, rows)
        with rt.Desk(home, free_port()) as desk:
            names = ("Инвентарный номер", "Наименование по учёту", "Организация", "Подразделение", "Заводской номер",
                     "Модель", "Место", "Состояние", "Первоначальная стоимость", "Введено в эксплуатацию",
                     "Вид учёта")  # fmt: skip
            fields = (*(f"CF.{name}" for name in names), "Owner", "HeldBy")
            title = f"Request Tracker 5, {'SQLite' if database == 'sqlite' else 'PostgreSQL'}"
            yield Place(title, RtConnector(desk.url, PASSWORD, "uchet"), things, "CF.Модель", fields)

    return raised


def measure(place: Place) -> list[Cost]:
    """One night's questions, and one write of every record."""
    place.connector.describe()
    costs: list[Cost] = []

    def cost(what: str, records: int, work: Callable[[], Any]) -> Any:
        with counted() as sent:
            began = time.monotonic()
            result = work()
            took = time.monotonic() - began
        scale = 1000 / records
        costs.append(Cost(place.title, what, records, round(sent[0] * scale, 1), round(took * scale, 2)))
        return result

    query = Query(place.collection, place.fields)
    whole = list(place.connector.read(query))
    count = sum(len(page.records) for page in whole)
    pages = cost("unchanged, whole listing", count, lambda: list(place.connector.read(query)))
    cost("unchanged, changes only", count, lambda: list(place.connector.read(query, since=pages[-1].cursor)))
    rows = [raw for page in pages for raw in page.records]

    def write() -> None:
        for number, raw in enumerate(rows):
            place.connector.write(Write(place.collection, raw.id, {place.field: f"модель {number}"}, raw.version))

    cost("changed, written and read back", count, write)
    cost("changed, read by the cursor", count, lambda: list(place.connector.read(query, since=pages[-1].cursor)))
    return costs


def main(arguments: list[str] | None = None) -> int:
    """Print the table; 0."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=300)
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args(arguments)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    desks: list[tuple[bool, Callable[[Path, int], Any]]] = [
        (True, roundup),
        (rt.installed("sqlite"), request_tracker("sqlite")),
        (rt.installed("postgres"), request_tracker("postgres")),
    ]
    costs: list[Cost] = []
    folder = Path(tempfile.mkdtemp(prefix="uchet-bench-"))
    folder.chmod(0o711)  # PostgreSQL runs as another user than root
    try:
        for there, raise_it in desks:
            if there:
                with raise_it(folder, chosen.records) as place:
                    costs += measure(place)
                    place.connector.close()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    sys.stdout.write(
        json.dumps([asdict(c) for c in costs], ensure_ascii=False, indent=2) if chosen.json else table(costs)
    )
    sys.stdout.write("\n")
    return 0


def table(costs: list[Cost]) -> str:
    lines = [f"{'per 1,000 records':<28} {'':<32} {'requests':>9} {'seconds':>9}   measured on"]
    lines += [f"{c.desk:<28} {c.what:<32} {c.requests:>9} {c.seconds:>9}   {c.records}" for c in costs]
    return "\n".join(lines)


if __name__ == "__main__":
    raise SystemExit(main())
