"""Crash = pause: the real command line, killed at random instants against two real servers, ends where an undisturbed
twin company ends. Both are compared by asking the servers, and by what is remembered of links, questions and drafts.

Three suites of ``UCHET_KILLS`` kills each: a first load, nights with drafts, and recovery itself, killed while it finds
out what an earlier kill left open; in CI the first and the last have a quarter of them.
``UCHET_SEED`` (1) draws the instants. A scenario starts from a copy of a prepared
folder: servers' files, settings and state together are one company at one moment.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from recovering import Recovering
from scene import PER_DAY, PER_LOAD, SEED, Scene, Tally, load, played, week

from uchet.jobs.demo.company import Company
from uchet.jobs.demo.people import ZONE
from uchet.jobs.demo.servers import Ports, free_ports, prepare
from uchet.jobs.demo.twin import Snapshot, differences
from uchet.jobs.demo.week import DAYS

Play = Callable[[Scene, int], None]
#: From so many kills on every suite has all of them.
FULL = 100


@dataclass(frozen=True)
class Stage:
    """One company before a scenario, and how its twin ends that nobody disturbs."""

    origin: Path
    company: Company
    ports: Ports
    lengths: dict[str, float]
    twin: Snapshot


@pytest.fixture(scope="module")
def stages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Stage]:
    folder = tmp_path_factory.mktemp("crash")
    today = datetime.now(ZoneInfo(ZONE)).date()
    found: dict[str, Stage] = {}
    for size, names in (("small", ("load", "week")), ("tiny", ("recovery",))):
        ports, calm = free_ports(), Tally()
        place = folder / size
        company = prepare(place / "fresh", size, SEED, ports, today)
        origin = place / "fresh"
        for name, play in zip(names, (load, week), strict=False):
            twin = played(origin, place / f"{name}-twin", company, ports, calm, partial(play, kills=0))
            found[name] = Stage(origin, company, ports, calm.lengths, twin)
            origin = place / f"{name}-twin"
    return found


#: Suite → (what is played, kills in one scenario).
SUITES: dict[str, tuple[Play, int]] = {
    "load": (load, PER_LOAD),
    "week": (week, PER_DAY * len(DAYS)),
    "recovery": (Recovering(), 2 * PER_LOAD),
}


@pytest.mark.timeout(0)
@pytest.mark.parametrize("suite", SUITES)
def test_a_killed_run_is_a_pause(
    stages: dict[str, Stage], suite: str, kills: int, closing: Callable[[str], None], tmp_path: Path
) -> None:
    (play, most), stage = SUITES[suite], stages[suite]
    if suite != "week" and kills < FULL:
        kills = max(2, kills // 4)
    tally, number = Tally(), 0
    while tally.kills < kills:
        number += 1
        folder, before = tmp_path / f"{suite}-{number}", tally.kills
        tally.lengths = dict(stage.lengths)
        part = partial(play, kills=min(most, kills - tally.kills))
        found = played(stage.origin, folder, stage.company, stage.ports, tally, part)
        lines = differences(stage.twin, found)
        tally.differences += [f"{folder.name}: {line}" for line in lines]
        assert tally.kills > before, "nothing was killed"
        if not lines:
            shutil.rmtree(folder)
    closing(f"{suite}: kills {tally.kills}, runs {tally.runs}, differences {len(tally.differences)}")
    closing(f"{suite}: kills inside a write {tally.inside}")
    assert not tally.differences, "\n".join(tally.differences[:40])
