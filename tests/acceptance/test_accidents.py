"""What happens to a machine: power fails, the disk fills up or turns read-only, two programs start at once.

A real command line against real servers. Where this process may mount, the disk is a small tmpfs of its own; else the
same answers of the system come from a limit on the size of files and from a user who may not write.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from office import COMMAND, Site, running

from uchet.sync.store import Store

PAIR = "admin"
pytestmark = pytest.mark.timeout(1_200)
CARD = "Catalog_ОсновныеСредства"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """A pair before its first load."""
    with running(tmp_path / "site", loaded=False) as site:
        yield site


def waiting_plan(site: Site) -> str:
    """The first load, approved by a person and not applied yet."""
    plan = str(site.uchet("run", "nightly", "--json").json["run"]["plan"])
    assert site.uchet("approve", plan, "--yes").code == 0
    return plan


def background(site: Site, *words: str, **more: Any) -> subprocess.Popen[str]:
    pipe = subprocess.PIPE
    return subprocess.Popen(
        (str(COMMAND), *words), cwd=site.folder, env=site.environment(), stdin=subprocess.DEVNULL, stdout=pipe,
        stderr=pipe, text=True, **more,
    )  # fmt: skip


def state(site: Site) -> Path:
    return site.folder / "state" / "uchet.db"


def settled(site: Site) -> None:
    """Run until a run writes nothing; then everything is there once."""
    for _ in range(6):
        run = site.uchet("run", "nightly", "--json")
        if run.code == 3:
            plan = run.json["run"]["plan"]
            assert site.uchet("approve", plan, "--yes").code == 0
            assert site.uchet("apply", plan, "--json").code in (0, 1)
        elif not run.json["run"]["writes"]:
            break
    else:
        pytest.fail(f"the runs never came to rest: {run}")
    with site.specialist() as desk:
        rows = desk.rows("equipment", ("inventory_number", "uchet_key"))
    keys = [row["uchet_key"] for row in rows if row["uchet_key"]]
    assert len(keys) == len(set(keys)), "something was written twice"
    with Store.open(state(site)) as store:
        assert store.verify(PAIR) is None
        assert not store.intents(PAIR)
        links = store.links(PAIR, "equipment")
    assert len({link.book for link in links}) == len({link.desk for link in links}) == len(links)
    assert len(links) >= len(keys) > 0, "something was lost"


# -- power ---------------------------------------------------------------------------------------------------------


def frozen_copy(site: Site, process: subprocess.Popen[str], folder: Path, torn: int) -> Path:
    """The state's files as they are at one instant; ``torn`` bytes of a half-written page end the log."""
    os.kill(process.pid, signal.SIGSTOP)
    folder.mkdir(parents=True)
    for part in ("", "-wal"):
        beside = state(site).with_name(state(site).name + part)
        if beside.exists():
            shutil.copy(beside, folder / beside.name)
    if torn:
        with (folder / f"{state(site).name}-wal").open("ab") as log:
            log.write(random.Random(torn).randbytes(torn))
    process.kill()
    process.wait()
    return folder


@pytest.mark.timeout(0)
def test_power_fails_while_the_state_is_written(
    site: Site, tmp_path: Path, kills: int, closing_line: Callable[[str], None]
) -> None:
    """The machine dies with the state between two pages: what was committed is there, the rest is found out."""
    kills = max(2, kills // 4)
    plan, rng, failures, inside = waiting_plan(site), random.Random(1), 0, 0
    while failures < kills:
        with background(site, "apply", plan, "--json") as process:
            began = writes(site)
            while process.poll() is None and writes(site) < began + 2:
                time.sleep(0.002)
            time.sleep(rng.random() * 0.2)
            if process.poll() is not None:
                break  # the load is through
            copy = frozen_copy(site, process, tmp_path / f"copy{failures}", rng.choice([0, 24, 1000, 4200]))
        failures += 1
        for part in ("", "-wal", "-shm"):
            state(site).with_name(state(site).name + part).unlink(missing_ok=True)
        for part in copy.iterdir():
            shutil.copy(part, state(site).parent / part.name)
        with Store.open(state(site)) as store:
            assert store.verify(PAIR) is None
            inside += bool(store.intents(PAIR))
        with closing(sqlite3.connect(state(site))) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        row = site.uchet("status", "--json").json["waiting_plan"]
        if row is None and failures < kills:
            run = site.uchet("run", "nightly", "--json")
            if run.code != 3:
                break
            plan = run.json["run"]["plan"]
            site.uchet("approve", plan, "--yes")
    closing_line(f"power failures {failures}, inside a write {inside}")
    assert failures > 0
    settled(site)


def writes(site: Site) -> int:
    with closing(sqlite3.connect(f"{state(site).as_uri()}?mode=ro", uri=True)) as connection:
        return int(connection.execute("SELECT count(*) FROM operation").fetchone()[0])


@pytest.fixture
def closing_line(record_property: Callable[[str, object], None]) -> Callable[[str], None]:
    return lambda line: record_property("closing line", line)


# -- disks ---------------------------------------------------------------------------------------------------------


@contextmanager
def disk(folder: Path, kilobytes: int) -> Iterator[bool]:
    """``folder`` as a file system of its own; False where this process may not mount."""
    mount = ("mount", "-t", "tmpfs", "-o", f"size={kilobytes}k", "uchet-test", str(folder))
    done = shutil.which("mount") and os.geteuid() == 0 and subprocess.run(mount, capture_output=True, check=False)
    mounted = bool(done) and done.returncode == 0  # type: ignore[union-attr]
    try:
        yield mounted
    finally:
        if mounted:
            subprocess.run(("umount", "-l", str(folder)), capture_output=True, check=True)


def test_the_disk_fills_up_in_the_middle_of_a_run(site: Site, tmp_path: Path) -> None:
    """The run ends with one message; nothing is half-written, and with room again it goes on where it was."""
    plan = waiting_plan(site)
    room = sum(part.stat().st_size for part in state(site).parent.glob("uchet.db*")) // 1024
    keep = tmp_path / "keep"
    shutil.copytree(state(site).parent, keep)
    with disk(state(site).parent, 4 * room + 600) as mounted:
        if mounted:
            shutil.copytree(keep, state(site).parent, dirs_exist_ok=True)
        done = _starved(site, plan, mounted=mounted, room=room)
        assert done.returncode == 4, (done.stdout, done.stderr)
        assert len(done.stderr.strip().splitlines()) == 1
        assert "Traceback" not in done.stderr
        assert "free disk space" in done.stderr
        (state(site).parent / "filler").unlink(missing_ok=True)
        with Store.open(state(site)) as store:
            assert store.verify(PAIR) is None
            kept = len(store.operations(PAIR))
        assert kept > 0, "the disk was full before anything was written"
        shutil.rmtree(keep)
        shutil.copytree(state(site).parent, keep)
    for part in keep.iterdir():
        if part.is_file():
            shutil.copy(part, state(site).parent / part.name)
    settled(site)


def _starved(site: Site, plan: str, *, mounted: bool, room: int) -> subprocess.CompletedProcess[str]:
    """``uchet apply`` whose disk has no room left once it has begun to write."""
    limit = () if mounted else ("sh", "-c", f'ulimit -f {2 * room + 60}; exec "$@"', "sh")
    process = subprocess.Popen(
        (*limit, str(COMMAND), "apply", plan, "--lang", "en"), cwd=site.folder, env=site.environment(),
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    if mounted:
        site.forget()
        while process.poll() is None and len(site.writes) < 5:
            time.sleep(0.002)
        _fill(state(site).parent / "filler")
    out, err = process.communicate(timeout=240)
    return subprocess.CompletedProcess((), process.returncode, out, err)


def _fill(path: Path) -> None:
    try:
        with path.open("wb", buffering=0) as file:
            while True:
                file.write(b"x" * 4096)
    except OSError:
        pass


def test_a_read_only_file_system_is_one_message_and_nothing_written(site: Site, tmp_path: Path) -> None:
    plan = waiting_plan(site)
    keep = tmp_path / "keep"
    shutil.copytree(state(site).parent, keep)
    folder = state(site).parent
    with disk(folder, 8192) as mounted:
        if mounted:
            shutil.copytree(keep, folder, dirs_exist_ok=True)
            subprocess.run(("mount", "-o", "remount,ro", str(folder)), capture_output=True, check=True)
            user: dict[str, Any] = {}
        else:
            for part in (*folder.iterdir(), folder):
                part.chmod(0o555 if part.is_dir() else 0o444)
            user = {"user": 65534} if os.geteuid() == 0 else {}
        site.forget()
        for words in (("run", "nightly"), ("apply", plan)):
            with background(site, *words, "--lang", "en", **user) as process:
                out, err = process.communicate(timeout=120)
            assert process.returncode == 4, (out, err)
            assert len(err.strip().splitlines()) == 1, err
            assert "uchet.db" in err
        assert site.writes == []
        if not mounted:
            folder.chmod(0o755)
            for part in folder.iterdir():
                part.chmod(0o644)
    settled(site)


# -- two at once ---------------------------------------------------------------------------------------------------


def test_two_runs_started_at_once_are_one_run(site: Site) -> None:
    """Nightly by the scheduler and by hand at one instant: one works, the other says who does."""
    plan = waiting_plan(site)
    for words in (("apply", plan), ("run", "nightly"), ("run", "nightly")):
        with background(site, *words, "--lang", "en") as one, background(site, *words, "--lang", "en") as two:
            ends = [(process.communicate(timeout=240)[1], process.returncode) for process in (one, two)]
        codes = sorted(code for _, code in ends)
        assert codes[0] in (0, 1), ends
        # The second one found the first at work, or came after it: an applied plan, or a quiet night.
        assert codes[1] in (0, 1, 3), ends
        assert not any("Traceback" in err for err, _ in ends)
        if 3 in codes:
            assert any("Another program" in err for err, _ in ends), ends
    settled(site)
