"""Crash = pause on a real Request Tracker 5, on SQLite and on PostgreSQL, whose unique fields do not hold in a race.

Two ways to die: the whole command line in the middle of a first load, compared with an undisturbed twin; and four
writers at once that create the same records under the same keys, killed and started again. ``UCHET_RT_KILLS`` kills
per database and way: 3 in CI, 50 for acceptance, which tries both ways on both databases. In CI each way has one: the
load, a single client, SQLite; the writers PostgreSQL, where their transactions really run beside each other.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from functools import partial
from zoneinfo import ZoneInfo

import pytest
from rt_server import DATABASES, PASSWORDS, folder, raised, requires_rt
from scene import PER_LOAD, SEED, Tally, load, played

from uchet.connectors.rt.server import Database
from uchet.jobs.demo.desks import RT
from uchet.jobs.demo.people import ZONE
from uchet.jobs.demo.rt import RtSpecialist, fill_rt
from uchet.jobs.demo.servers import free_ports, prepare
from uchet.jobs.demo.twin import differences

KILLS = int(os.environ.get("UCHET_RT_KILLS", "2"))
#: From so many kills on each way is tried on both databases.
FULL = 10
LOADED: tuple[Database, ...] = DATABASES if KILLS >= FULL else ("sqlite",)
WRITTEN: tuple[Database, ...] = DATABASES if KILLS >= FULL else ("postgres",)
WRITERS, RECORDS = 4, 4


@pytest.mark.timeout(0)
@pytest.mark.parametrize("database", LOADED)
def test_a_killed_first_load_is_a_pause(database: Database, closing: Callable[[str], None]) -> None:
    requires_rt(database)
    desk = replace(RT, fill=lambda home, port, company: fill_rt(home, company, database))
    with folder() as place:
        ports, fresh = free_ports(), place / "fresh"
        company = prepare(fresh, "tiny", SEED, ports, datetime.now(ZoneInfo(ZONE)).date(), desk)
        calm, tally = Tally(), Tally()
        twin = played(fresh, place / "twin", company, ports, calm, partial(load, kills=0), desk)
        number = 0
        while tally.kills < KILLS:
            number += 1
            tally.lengths, before = dict(calm.lengths), tally.kills
            play = partial(load, kills=min(PER_LOAD, KILLS - before))
            found = played(fresh, place / f"load-{number}", company, ports, tally, play, desk)
            tally.differences += differences(twin, found)
            assert tally.kills > before, "nothing was killed"
        closing(f"rt/{database}: kills {tally.kills}, inside a write {tally.inside}, runs {tally.runs}, "
                f"differences {len(tally.differences)}")  # fmt: skip
        assert not tally.differences, "\n".join(tally.differences[:40])


# What one of several writers does: create all records, change each, tell which it made itself.
WRITER = """
import json, sys
from uchet.connectors.base import Write
from uchet.connectors.rt.connector import RtConnector
from uchet.errors import Stale, Unknown
url, secret, turn, keys = sys.argv[1], sys.argv[2], int(sys.argv[3]), json.loads(sys.argv[4])
connector = RtConnector(url, secret, "uchet")
for number, key in enumerate(keys[turn:] + keys[:turn]):
    for collection, values in (
        ("catalog:Оборудование", {"CF.Инвентарный номер": f"И-{key}", "CF.Примечание": key}),
        ("user", {"RealName": f"Иванов {key[:8]}", "CF.Табельный номер": key[:5]}),
    ):
        for attempt in range(4):
            try:
                made = connector.write(Write(collection, None, values, key=key, marker=key))
                if number % 3 == 0 and collection != "user":
                    model = {"CF.Модель": f"модель {key[:4]}"}
                    connector.write(Write(collection, made.raw.id, model, made.raw.version))
            except (Stale, Unknown):
                continue
            print(collection, key, made.created, flush=True)
            break
"""


@pytest.mark.timeout(0)
@pytest.mark.parametrize("database", WRITTEN)
def test_four_writers_killed_at_any_instant_make_each_record_once(
    database: Database, closing: Callable[[str], None]
) -> None:
    rng = random.Random(f"{SEED}/{database}")
    keys: list[str] = []
    kills = rounds = 0
    with raised(database) as desk:
        length = 0.0
        while kills < KILLS:
            keys += (fresh := [f"{rng.getrandbits(128):032x}" for _ in range(RECORDS)])
            kills += _writers(desk.url, fresh, rng.uniform(0.2, 0.9) * length) if rounds else 0
            began = time.monotonic()
            assert _writers(desk.url, fresh, None) == 0
            length, rounds = length or time.monotonic() - began, rounds + 1
            assert rounds <= 3 * KILLS, "nothing was killed"
        with RtSpecialist(f"{desk.url}/", "root", PASSWORDS["root"]) as person:
            things = person.rows("equipment", ("uchet_key", "inventory_number", "notes"))
            people = person.rows("employee", ("uchet_key", "name"))
    for rows in (things, people):
        assert Counter(row["uchet_key"] for row in rows) == Counter(keys)
    assert all((row["inventory_number"], row["notes"]) == (f"И-{row['uchet_key']}", row["uchet_key"]) for row in things)
    closing(f"rt/{database}: {WRITERS} writers at once, {len(keys)} assets and users, kills {kills}, duplicates 0")


def _writers(url: str, keys: list[str], deadline: float | None) -> int:
    """Four writers at once; after ``deadline`` seconds those still at work are killed. How many were, or failed."""
    command = (sys.executable, "-c", WRITER, url, PASSWORDS["uchet"])
    running = [
        subprocess.Popen((*command, str(n), json.dumps(keys)), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        for n in range(WRITERS)
    ]
    until, dead = time.monotonic() + (deadline if deadline is not None else 240), 0
    for process in running:
        try:
            _, said = process.communicate(timeout=max(0.0, until - time.monotonic()))
            assert process.returncode == 0, said.decode()[-3000:]
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            dead += 1
    return dead
