"""The state is copied while a run is at work and comes back whole; ``uchet schedule`` runs the night by itself."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from office import COMMAND, Site, running

from uchet.sync.store import JobRow, Store

#: A zone whose minute is the machine's own: the time of the night is given on its wall clock.
ZONE = "Asia/Yekaterinburg"
JOB = "nightly@admin"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with running(tmp_path_factory.mktemp("keeping"), loaded=False) as site:
        yield site


def background(site: Site, *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        (COMMAND, *words), cwd=site.folder, env=site.environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL, text=True,
    )  # fmt: skip


def state(site: Site) -> Path:
    return site.folder / "state" / "uchet.db"


def status(site: Site) -> dict[str, Any]:
    found: dict[str, Any] = site.uchet("status", "--json").json
    return found


def test_a_backup_during_a_run_is_whole_and_comes_back(site: Site, tmp_path: Path) -> None:
    plan = site.uchet("run", "nightly", "--json").json["run"]["plan"]
    assert site.uchet("approve", plan, "--yes").code == 0
    site.forget()
    with background(site, "apply", plan, "--json") as run:
        while not site.writes:
            time.sleep(0.02)
        during = site.uchet("backup", str(tmp_path / "during.db"), "--json")
        at_work = run.poll() is None
        blocked = site.uchet("restore", str(tmp_path / "during.db"), "--yes", "--lang", "ru") if at_work else None
        assert run.wait(timeout=240) in (0, 1)
    assert during.code == 0, during
    assert at_work, "the run was over before the copy was made"
    assert blocked is not None
    assert (blocked.code, len(blocked.err.strip().splitlines())) == (3, 1)
    with Store.open(tmp_path / "during.db") as copy:
        assert copy.verify("admin") is None
    after, whole = tmp_path / "after.db", status(site)
    assert site.uchet("backup", str(after)).code == 0
    assert site.uchet("backup", str(after), "--lang", "en").code == 4  # never written over unasked
    assert site.uchet("restore", str(tmp_path / "during.db")).code == 3  # nobody to ask
    assert status(site)["links"] == whole["links"]

    assert site.uchet("restore", str(tmp_path / "during.db"), "--yes").code == 0
    assert status(site)["audit_broken"] is None
    assert status(site)["audit_head"] != whole["audit_head"]
    back = site.uchet("restore", str(after), "--yes", "--json")
    assert back.code == 0
    assert Path(back.json["aside"]).is_file()
    assert {n: v for n, v in status(site).items() if n != "job"} == {n: v for n, v in whole.items() if n != "job"}
    assert site.uchet("run", "nightly", "--json").json["run"]["outcome"] == "clean"


def test_schedule_runs_the_night_at_its_local_time_and_stops_in_peace(site: Site) -> None:
    due = datetime.now(ZoneInfo(ZONE)) + timedelta(seconds=75)
    due = due.replace(second=0, microsecond=0)
    section = f'\n[schedule]\nnightly = "{due:%H:%M}"\nzone = "{ZONE}"\n'
    with site.settings_changed(("", section)), background(site, "schedule", "--lang", "en") as process:
        try:
            waiting = _until(site, lambda job: True)
            assert datetime.fromisoformat(waiting["job"]["next"]) == due
            assert waiting["job"]["last"] is None
            assert not any(secret in _arguments(process.pid) for secret in site.secrets)
            done = _until(site, lambda job: job.outcome is not None, seconds=150)
        finally:
            process.send_signal(signal.SIGTERM)
            out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert "Traceback" not in err
    assert done["job"]["outcome"] == "clean"
    assert timedelta(0) <= datetime.fromisoformat(done["job"]["last"]) - due < timedelta(seconds=60)
    tomorrow = datetime.fromisoformat(done["job"]["next"]).astimezone(ZoneInfo(ZONE))
    assert (tomorrow.date() - due.date(), tomorrow.time()) == (timedelta(days=1), due.time())
    assert "clean" in out
    assert not any(secret in out + err for secret in site.secrets)


def test_a_night_that_fails_ends_nothing(site: Site) -> None:
    """The first night finds 1C shut; the process lives, and says how it went."""
    before = datetime.now(ZoneInfo(ZONE)) - timedelta(minutes=5)
    with Store.open(state(site)) as store:
        row = store.job(JOB)
        assert row is not None
        store.put_job(type(row)(row.name, row.last, before.astimezone(ZoneInfo("UTC")), row.outcome))  # a missed night
    site.onec.switches.licences = 0
    try:
        with background(site, "schedule", "--lang", "en") as process:
            try:
                failed = _until(site, lambda job: job.outcome == "failed")
                assert process.poll() is None
            finally:
                process.send_signal(signal.SIGTERM)
                _, err = process.communicate(timeout=60)
    finally:
        site.onec.switches.licences = None
    assert process.returncode == 0
    assert "no free licence" in err
    assert "Traceback" not in err
    assert datetime.fromisoformat(failed["job"]["next"]) > datetime.now(ZoneInfo("UTC"))


def _until(site: Site, wanted: Callable[[JobRow], bool], seconds: float = 60) -> dict[str, Any]:
    """The status as soon as the job is as wanted. What waits asks the state: a command every second is much work."""
    until, job = time.monotonic() + seconds, None
    with Store.open(state(site)) as store:
        while time.monotonic() < until:
            job = store.job(JOB)
            if job is not None and wanted(job):
                return status(site)
            time.sleep(0.5)
    raise AssertionError(job)


def _arguments(pid: int) -> str:
    """The process and its children as anybody on the machine sees them."""
    children = Path(f"/proc/{pid}/task/{pid}/children")
    pids = [str(pid), *(children.read_text().split() if children.exists() else ())]
    return " ".join(Path(f"/proc/{one}/cmdline").read_text() for one in pids)
