"""Calls of the exchange's web service: a filled base, a client within limits, an exchange on a clock of its own."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from uchet.connectors.http import HttpClient, Retries
from uchet.connectors.onec.soap.exchange import Exchange, Waiting
from uchet.emulator import Emulator, bp30
from uchet.emulator.base import Switches
from uchet.emulator.soap.exchange import PLAN
from uchet.emulator.soap.message import Confirmation, Header, packed, written

PEER = "uchet"
USER, PASSWORD = "Обмен", "сек рет"


def fill(base: Emulator) -> None:
    """Goods whose message does not fit into one part of a kilobyte."""
    for n in range(40):
        noise = hashlib.sha512(f"{n}".encode()).hexdigest()
        base.world.put("Catalog_Номенклатура", {"Description": f"Товар {n}", "Комментарий": noise})


@contextmanager
def filled() -> Iterator[Emulator]:
    """A base with goods, and a node that they wait for."""
    with Emulator(bp30.model(), user=USER, password=PASSWORD) as started:
        fill(started)
        started.soap.exchange.add_node(PEER)
        yield started


def calm(base: Emulator) -> None:
    """No faults, licences for everybody, addresses as they are."""
    base.faults.clear()
    base.switches.licences = None
    base.switches.address = None
    base.switches.active_polls = Switches().active_polls


def http(base: Emulator, password: str = PASSWORD, **limits: Any) -> HttpClient:
    known: dict[str, Any] = {
        "timeout": (5.0, 5.0),
        "retries": Retries(attempts=1),
        "deadline": 5.0,
        "largest": 30_000_000,
    }
    return HttpClient(base.soap.url, USER, password, **{**known, **limits})


def exchange(base: Emulator, node: str = PEER, client: HttpClient | None = None, **changes: Any) -> Exchange:
    """An exchange that waits on a clock of its own: every look is ten seconds later."""
    ticks = iter(range(0, 100_000, 10))
    settings: dict[str, Any] = {"part_kb": 1, "waiting": Waiting(every=0, longest=60), "clock": lambda: next(ticks)}
    return Exchange(client or http(base), base.soap.url, PLAN, node, **{**settings, **changes})


def outgoing(tmp_path: Path, base: Emulator, number: int, received: int = 0) -> Path:
    confirmation = Confirmation(PLAN, base.soap.exchange.code, PEER, number, received)
    header = Header("1.8", "2026-01-01T00:00:00", confirmation, ("1.8",))
    file = tmp_path / "out.zip"
    file.write_bytes(packed(written(header, ())))
    return file
