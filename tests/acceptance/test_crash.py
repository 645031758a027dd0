"""Crash = pause: the real command line, killed at random instants against two real servers, ends where an undisturbed
twin company ends. Both are compared by asking the servers, and by what is remembered of links, questions and drafts.

``UCHET_KILLS`` kills are spread over scenarios, ``UCHET_SEED`` (1) draws the instants. A scenario starts from a
copy of a prepared folder: servers' files, settings and state together are one company at one moment.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from scene import PER_DAY, PER_LOAD, SEED, Tally, load, played, week

from uchet.jobs.demo.people import ZONE
from uchet.jobs.demo.servers import free_ports, prepare
from uchet.jobs.demo.twin import differences
from uchet.jobs.demo.week import DAYS


@pytest.mark.timeout(0)
def test_a_killed_run_is_a_pause(tmp_path: Path, kills: int, closing: Callable[[str], None]) -> None:
    ports = free_ports()
    fresh, loaded = tmp_path / "fresh", tmp_path / "loaded"
    company = prepare(fresh, "small", SEED, ports, datetime.now(ZoneInfo(ZONE)).date())
    tally, calm = Tally(), Tally()
    twins = {
        "load": played(fresh, loaded, company, ports, calm, partial(load, kills=0)),
        "week": played(loaded, tmp_path / "twin", company, ports, calm, partial(week, kills=0)),
    }
    number = 0
    while tally.kills < kills:
        number += 1
        name, origin, play, most = (
            ("load", fresh, load, PER_LOAD) if number % 2 else ("week", loaded, week, PER_DAY * len(DAYS))
        )
        folder, before = tmp_path / f"{name}-{number}", tally.kills
        tally.lengths = dict(calm.lengths)
        wanted = min(most, kills - tally.kills)
        found = played(origin, folder, company, ports, tally, partial(play, kills=wanted))
        lines = differences(twins[name], found)
        tally.differences += [f"{folder.name}: {line}" for line in lines]
        assert tally.kills > before, "nothing was killed"
        if not lines:
            shutil.rmtree(folder)
    closing(f"kills {tally.kills}, runs {tally.runs}, differences {len(tally.differences)}")
    closing(f"kills inside a write {tally.inside}")
    assert not tally.differences, "\n".join(tally.differences[:40])
