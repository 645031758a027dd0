"""A large EnterpriseData message in parts through the whole connector: memory stays flat, and nothing is lost."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from uchet.emulator import Emulator
from uchet.emulator.soap.exchange import Exchange
from uchet.emulator.soap.objects import exported

CHILD = Path(__file__).parents[1] / "support" / "soap_peak.py"
ITEMS, NODE = "Catalog_Номенклатура", "uchet"
#: Bytes of the message, and the MB that taking, keeping and listing it may add.
SIZE, BOUND = 50_000_000, 100


def goods(pattern: str) -> Iterator[str]:
    """One printed object again and again, each with a key of its own and a text that no archive makes smaller."""
    noise, made, number = random.Random(8), 0, 0
    while made < SIZE:
        number += 1
        text = pattern.replace("@key", str(uuid.UUID(int=number))).replace("@text", noise.randbytes(400).hex())
        made += len(text.encode())
        yield text


@pytest.fixture
def base(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Emulator, int]]:
    """A base whose next message is that large, and how many objects it brings. Printing each of them by the rules of
    the exchange would cost the most of the test."""
    with Emulator() as started:
        card = {"Description": "Картридж", "Комментарий": "@text", "Артикул": "CF276A", "Code": "00-00000001"}
        key = started.world.put(ITEMS, card)
        pattern = exported(started.soap.exchange.base, "1.19", ITEMS, key, started.world.get(ITEMS, key))
        assert pattern is not None
        started.soap.exchange.add_node(NODE, "1.19")
        objects = [*goods(pattern.replace(key, "@key"))]
        waiting = [objects]  # for the first message; later ones bring nothing
        monkeypatch.setattr(Exchange, "_objects", lambda *_: iter(waiting.pop() if waiting else ()))
        yield started, len(objects)


@pytest.mark.timeout(600)
def test_a_message_of_50_mb_adds_less_than_100(
    base: tuple[Emulator, int], tmp_path: Path, closing: Callable[[str], None]
) -> None:
    started, count = base
    address = started.url.removesuffix("/odata/standard.odata/")
    command = (sys.executable, str(CHILD), address, NODE, str(tmp_path), ITEMS)
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    parts = max(job.parts for job in started.soap.exchange.jobs.values())
    assert (told["rows"], parts > 10) == (count, True)
    assert told["added"] < BOUND, told
    node = started.soap.exchange.node("СинхронизацияДанныхЧерезУниверсальныйФормат", NODE)
    assert node is not None
    assert node["ReceivedNo"] == 1, "confirmed once, whole"
    closing(f"soap 50 MB: {count} objects in {parts} parts, {told['added']:.0f} MB added")
