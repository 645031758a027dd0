"""One company on two real servers, driven by the command line and killed at random instants."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from uchet.jobs.demo.company import Company
from uchet.jobs.demo.desks import ROUNDUP, DemoDesk
from uchet.jobs.demo.play import decide_conflict
from uchet.jobs.demo.servers import Ports, Servers
from uchet.jobs.demo.twin import Snapshot, snapshot
from uchet.jobs.demo.week import DAYS
from uchet.jobs.wiring import open_store
from uchet.settings import Settings, load_settings
from uchet.sync.types import Run

__all__ = ["PER_DAY", "PER_LOAD", "SEED", "Scene", "Tally", "load", "played", "week"]

SEED = int(os.environ.get("UCHET_SEED", "1"))
#: Kills in one scenario: a first load is long and takes more of them than a day of a week.
PER_LOAD, PER_DAY = 5, 2
PEOPLE = "test"


@dataclass
class Tally:
    """What the closing line says."""

    kills: int = 0
    runs: int = 0
    differences: list[str] = field(default_factory=list)
    #: Kills that left a write whose end nobody knew.
    inside: int = 0
    #: Seconds that a command of each verb takes as busy as the machine is now: instants are drawn from as many.
    lengths: dict[str, float] = field(default_factory=dict)


@dataclass
class Scene:
    """One company on its feet, driven by the command line."""

    company: Company
    servers: Servers
    tally: Tally
    rng: random.Random

    @property
    def settings(self) -> Settings:
        return load_settings(self.servers.settings)

    def spawn(self, *words: str) -> subprocess.Popen[bytes]:
        self.tally.runs += 1
        command = (sys.executable, "-m", "uchet", *words, "--json", "--settings", str(self.servers.settings))
        with (self.servers.folder / "cli.log").open("ab") as log:
            return subprocess.Popen(command, cwd=self.servers.folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def whole(self, *words: str) -> int:
        """A command that nobody disturbs; its exit code."""
        began = time.monotonic()
        with self.spawn(*words) as process:
            code = process.wait(timeout=240)
        took = time.monotonic() - began
        self.tally.lengths[words[0]] = max(took, self.tally.lengths.get(words[0], 0.0))
        return code

    def killed(self, *words: str) -> bool:
        """A command killed at a random instant of the time it needs; False if it was faster: the next gets less."""
        early, began = (0.0 if self.rng.random() < 0.1 else 0.25), time.monotonic()
        with self.spawn(*words) as process:
            try:
                process.wait(timeout=self.rng.uniform(early, 1.0) * self.tally.lengths[words[0]])
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                self.tally.kills += 1
                self.tally.inside += self.open_writes()
                return True
        self.tally.lengths[words[0]] = time.monotonic() - began
        return False

    def words(self) -> tuple[str, ...]:
        """What a person would run now: the plan that was approved and is not yet applied, else the nightly job."""
        settings = self.settings
        with open_store(settings) as store:
            run = next((r for r in store.runs(settings.pair, 5) if r.plan), None)
            row = store.plan(run.plan) if run and run.plan else None
            if row is None or not row.verdict.stopped or row.state not in ("waiting", "approved"):
                return ("run", "nightly")
            if row.state == "waiting":
                store.approve(row.plan.id, by=PEOPLE)
            return ("apply", row.plan.id)

    def disturb(self, kills: int) -> None:
        """``kills`` commands die; a few that finish in time do not count."""
        until = self.tally.kills + kills
        for _ in range(6 * kills):
            if self.tally.kills >= until:
                return
            self.killed(*self.words())

    def settle(self) -> None:
        """Run undisturbed until a run writes nothing."""
        for _ in range(8):
            words = self.words()
            code = self.whole(*words)
            assert code in (0, 1, 3), (code, (self.servers.folder / "cli.log").read_text()[-3000:])
            run = self.last()
            if words[0] == "run" and run.outcome != "blocked" and not run.writes and not run.drafts:
                return
        pytest.fail(f"the runs never came to rest: {run}")

    def last(self) -> Run:
        settings = self.settings
        with open_store(settings) as store:
            return store.runs(settings.pair, 1)[0]

    def open_writes(self) -> bool:
        settings = self.settings
        with open_store(settings) as store:
            return bool(store.intents(settings.pair))

    def photograph(self) -> Snapshot:
        with self.servers.accountant() as book, self.servers.specialist() as desk:
            return snapshot(book, desk, self.settings)


def load(scene: Scene, kills: int) -> None:
    """The first load of the pair."""
    scene.disturb(kills)
    scene.settle()


def week(scene: Scene, kills: int) -> None:
    """People work for four days, then decide; every night may be disturbed."""
    for number, (_, happen) in enumerate(DAYS):
        with scene.servers.accountant() as book, scene.servers.specialist() as desk:
            happen(scene.company, book, desk)
        scene.disturb(min(PER_DAY, max(0, kills - number * PER_DAY)))
        scene.settle()
    decide_conflict(scene.settings)
    scene.settle()


def played(
    origin: Path,
    folder: Path,
    company: Company,
    ports: Ports,
    tally: Tally,
    play: Callable[[Scene], None],
    desk: DemoDesk = ROUNDUP,
) -> Snapshot:
    """``play`` on a copy of ``origin`` in ``folder``, and what it leaves behind."""
    shutil.copytree(origin, folder)
    with Servers(folder, ports, desk) as servers:
        scene = Scene(company, servers, tally, random.Random(f"{SEED}/{folder.name}"))
        play(scene)
        return scene.photograph()
