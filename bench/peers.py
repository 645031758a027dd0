"""What uchet is compared with and needs nothing but uchet's own packages: ``python peers.py WHAT ARGUMENTS``."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import child
import msgspec
import paper
import requests
from sqlalchemy import Column, DateTime, Integer, Text, create_engine, event
from sqlalchemy.orm import DeclarativeBase, Session


class Part(msgspec.Struct):
    Свойство_Key: str
    Значение: str


class Card(msgspec.Struct):
    Ref_Key: str
    DataVersion: str
    DeletionMark: bool
    IsFolder: bool
    Description: str
    ЗаводскойНомер: str
    ЕдиницаУчета: str
    ДополнительныеРеквизиты: list[Part]


class Initial(msgspec.Struct):
    Period: datetime
    ОсновноеСредство_Key: str
    Организация_Key: str
    ИнвентарныйНомер: str
    ПервоначальнаяСтоимость: Decimal


class State(msgspec.Struct):
    Period: datetime
    ОсновноеСредство_Key: str
    Организация_Key: str
    Recorder_Type: str
    Состояние: str
    ДатаСостояния: datetime


class Location(msgspec.Struct):
    Period: datetime
    ОсновноеСредство_Key: str
    Организация_Key: str
    Местонахождение_Key: str
    МОЛ_Key: str


class Key(msgspec.Struct):
    Ref_Key: str


class Link(msgspec.Struct):
    id: str


class Thing(msgspec.Struct):
    id: str
    inventory_number: str
    book_name: str
    accounting: str
    organization: Link
    department: Link
    custodian: Link
    commissioned: str
    cost: Decimal
    serial: str
    model: str
    location: Link
    user: Link
    status: str
    uchet_key: str
    revision: int
    activity: str
    creation: str


class Things(msgspec.Struct):
    collection: list[Thing]


class Ids(msgspec.Struct):
    collection: list[Link]


class Desk(msgspec.Struct):
    data: Things


class DeskIds(msgspec.Struct):
    data: Ids


def _value(row: type) -> type:
    return msgspec.defstruct(f"Page{row.__name__}", [("value", list[row])])  # type: ignore[valid-type]


TYPES: dict[str, type] = {
    "card": _value(Card),
    "keys": _value(Key),
    paper.INITIAL: _value(Initial),
    paper.STATE: _value(State),
    paper.LOCATION: _value(Location),
    "desk": Desk,
    "ids": DeskIds,
}


def kind_of(url: str) -> str:
    """Which of the big listings an address belongs to; empty for the small ones."""
    path = unquote(url)
    for name in paper.SLICES:
        if name in path:
            return name
    if f"/{paper.CARD}?" in path:
        return "keys" if "$select=Ref_Key&" in path else "card"
    if "/data/equipment" in path:
        return "desk" if "@fields" in path else "ids"
    return ""


def _pages(port: str, log: str, use: Callable[[str, requests.Response], int]) -> None:
    urls = [f"http://127.0.0.1:{port}{line}" for line in Path(log).read_text().splitlines()]
    session = requests.Session()
    session.trust_env = False

    def work() -> int:
        return sum(use(kind_of(url), session.get(url, timeout=60)) for url in urls)

    child.report(work)


def typed(port: str, log: str) -> None:
    """The same pages through one requests session, decoded into typed records and nothing else."""
    decoders = {kind: msgspec.json.Decoder(type_) for kind, type_ in TYPES.items()}

    def use(kind: str, response: requests.Response) -> int:
        decoder = decoders.get(kind)
        if decoder is None:
            return len(response.content) * 0
        found: Any = decoder.decode(response.content)
        return len(found.value if hasattr(found, "value") else found.data.collection)

    _pages(port, log, use)


def ordinary(port: str, log: str) -> None:
    """What a plain program does: ``.json()`` and a digest of the canonical JSON of each record."""

    def use(kind: str, response: requests.Response) -> int:
        if not kind:
            return len(response.content) * 0
        answer = response.json()
        rows = answer["value"] if "value" in answer else answer["data"]["collection"]
        digests = [hashlib.sha256(json.dumps(row, sort_keys=True).encode()).digest() for row in rows]
        return len(digests)

    _pages(port, log, use)


def orm(n: str, state: str) -> None:
    """The rows of a first load through the ORM: ``add_all`` of mapped objects and one commit."""
    from ours import PAIR, links, start

    from uchet.sync.store.audit import of_operation
    from uchet.sync.store.serial import canonical, dumps

    class Base(DeclarativeBase):
        pass

    def texts(*names: str) -> dict[str, Any]:
        return {name: Column(Text) for name in names}

    def table(name: str, columns: dict[str, Any]) -> Any:
        key = {"id_": Column(Integer, primary_key=True)}
        return type(name.title(), (Base,), {"__tablename__": name, **key, **columns})

    made = {"created": Column(DateTime), "updated": Column(DateTime), "score": Column(Integer)}
    link_table = table("link", {**texts("pair", "kind", "book", "desk", "rule", "by", "seen"), **made})
    when = {"started": Column(DateTime), "finished": Column(DateTime)}
    names = ("pair", "run", "id", "action", "side", "kind", "book", "desk", "state", "key", "body")
    operation_table = table("operation", {**texts(*names), **when})
    names = ("pair", "by", "what", "run", "operation", "kind", "book", "desk", "details", "previous", "hash")
    audit_table = table("audit", {**texts(*names), "at": Column(DateTime)})
    engine = create_engine(f"sqlite:///{state}")

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: object) -> None:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")

    Base.metadata.create_all(engine)
    items = [start(link) for link in links(int(n))]
    now = datetime(2026, 2, 2)

    def work() -> int:
        rows: list[Any] = []
        previous = "0" * 64
        for op, link in items:
            where = {"pair": PAIR, "kind": link.kind, "book": link.book, "desk": link.desk}
            rows.append(link_table(**where, rule=link.rule, score=link.score, by=link.by, seen=dumps(link.seen),
                                   created=now, updated=now))  # fmt: skip
            rows.append(operation_table(**where, run="1", id=op.id, action=op.action, side=op.side, state="done",
                                        key="", body=dumps(op), started=now, finished=now))  # fmt: skip
            details = canonical(of_operation(op, "1", "done").details)
            sealed = hashlib.sha256(f"{previous}\n{details}{link.book}{link.desk}".encode()).hexdigest()
            rows.append(audit_table(**where, at=now, by="uchet", what=op.action, run="1", operation=op.id,
                                    details=details, previous=previous, hash=sealed))  # fmt: skip
            previous = sealed
        with Session(engine) as session:
            session.add_all(rows)
            session.commit()
        return len(rows)

    child.report(work)


if __name__ == "__main__":
    {"typed": typed, "ordinary": ordinary, "orm": orm}[sys.argv[1]](*sys.argv[2:])
