"""Kills aimed at recovery: a command dies about to write, and so does each that tries to find out what became of it."""

from __future__ import annotations

import sqlite3
import subprocess
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from scene import PER_LOAD, Scene

__all__ = ["Recovering"]

#: Runs killed one after another while they recover one lost answer.
PER_INTENT = 3
#: Seconds between two looks at the state of a running command.
LOOK = 0.003


@dataclass
class Recovering:
    """Plays a first load on a scene; ``seconds`` an undisturbed recovery takes, measured on the first one."""

    seconds: float | None = None

    def __call__(self, scene: Scene, kills: int) -> None:
        until, missed = scene.tally.kills + kills, 0
        while scene.tally.kills < until and missed < PER_LOAD:
            if not _killed_writing(scene, *scene.words()):
                missed += 1  # a run that stops for approval, or one with nothing left to write
            elif self.seconds is None:
                self.seconds = _recovered(scene, *scene.words())
            else:
                self._kill_recoveries(scene, until)
        scene.settle()

    def _kill_recoveries(self, scene: Scene, until: int) -> None:
        for _ in range(PER_INTENT):
            if scene.tally.kills >= until or not self._killed_recovering(scene, *scene.words()):
                return

    def _killed_recovering(self, scene: Scene, *words: str) -> bool:
        """A command killed between its start and the end of its recovery; False if the recovery was faster: then it is
        killed all the same, else it would go on and leave nothing to be killed, and the next gets less time."""
        before = _newest_run(scene)
        with scene.spawn(*words) as process:
            _until_started(scene, process, before)
            time.sleep(scene.rng.random() * (self.seconds or 0.0))
            recovered = process.poll() is not None or not _intents(scene)
            process.kill()
            process.wait()
        if recovered:
            self.seconds = (self.seconds or 0.0) * 0.8
            return False
        scene.tally.kills += 1
        scene.tally.inside += _intents(scene) > 0
        return True


def _killed_writing(scene: Scene, *words: str) -> bool:
    """A command killed as soon as it is about to write; False if it never was."""
    with scene.spawn(*words) as process:
        while process.poll() is None:
            if _intents(scene):
                process.kill()
                process.wait()
                return _intents(scene) > 0
            time.sleep(LOOK)
    return False


def _recovered(scene: Scene, *words: str) -> float:
    """Seconds a command needs from its start to the end of its recovery; it is killed after that."""
    before = _newest_run(scene)
    with scene.spawn(*words) as process:
        _until_started(scene, process, before)
        began = time.monotonic()
        while process.poll() is None and _intents(scene):
            time.sleep(LOOK)
        took = time.monotonic() - began
        process.kill()  # else it would go on and leave nothing to be killed
        process.wait()
    return took


def _until_started(scene: Scene, process: subprocess.Popen[bytes], before: int) -> None:
    while process.poll() is None and _newest_run(scene) == before:
        time.sleep(LOOK)


def _intents(scene: Scene) -> int:
    return _ask(scene, "SELECT count(*) FROM operation WHERE state = 'intent'")


def _newest_run(scene: Scene) -> int:
    return _ask(scene, "SELECT max(number) FROM run")


def _ask(scene: Scene, question: str) -> int:
    """Past the store, and beside the process that works on it."""
    where = scene.settings.state_url
    if not isinstance(where, Path) or not where.exists():
        return 0
    try:
        with closing(sqlite3.connect(f"{where.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            return int(connection.execute(question).fetchone()[0] or 0)
    except sqlite3.OperationalError:  # before its first table
        return 0
