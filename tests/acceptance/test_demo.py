"""``uchet demo --once --json``: one command plays a whole week on two real servers and ends in agreement."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import requests
from wheel import build, called, install

#: A week of two real servers: minutes where the machine is busy.
pytestmark = pytest.mark.timeout(900)

FIGURES = ("reads", "writes", "drafts", "issues")

# The command without ``--once`` for CI: the same, but its company is loaded in less time.
SMALL = """
import sys
from functools import partial
from uchet.cli import main
from uchet.jobs.demo import play
play.run_demo = partial(play.run_demo, size="small")
sys.exit(main(["demo"]))
"""
STAY = ("-m", "uchet", "demo") if os.environ.get("UCHET_PROFILE") == "nightly" else ("-c", SMALL)


@pytest.fixture(scope="module")
def told(root: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """As a newcomer without the repository plays it: from the wheel."""
    folder = tmp_path_factory.mktemp("wheel")
    home = install(next(build(root, folder).glob("*.whl")), folder / "venv")
    answer: dict[str, Any] = json.loads(called(home, "uchet", "demo", "--once", "--json"))
    return answer


def test_prints_one_object_whose_runs_are_numbers(told: dict[str, Any]) -> None:
    assert len(told["runs"]) >= 8
    for run in told["runs"]:
        assert run["outcome"] in ("clean", "changed", "partial", "blocked")
        assert all(type(run[name]) is int for name in FIGURES)
        assert run["reads"] > 500


def test_the_company_is_as_large_as_promised(told: dict[str, Any]) -> None:
    company = told["company"]
    assert company["organizations"] >= 3
    assert company["people"] >= 40
    assert company["places"] >= 12
    assert company["equipment"] >= 400


def test_the_first_load_waits_for_a_person_and_is_then_applied(told: dict[str, Any]) -> None:
    stopped, applied = told["runs"][:2]
    assert (stopped["outcome"], stopped["writes"]) == ("blocked", 0)
    assert applied["writes"] > 200
    assert told["links"]["equipment"] > 250


def test_every_day_of_the_week_changes_something_and_no_other_night_is_stopped(told: dict[str, Any]) -> None:
    days = {run["day"]: run for run in told["runs"]}
    for name in ("day 2", "day 3", "day 4", "day 5"):
        assert days[name]["writes"] > 0, name
        assert days[name]["outcome"] in ("changed", "partial"), name
    assert [days[name]["drafts"] for name in ("day 2", "day 3", "day 4")] == [1, 0, 1]
    assert told["drafts"] == {"agreed": 1, "open": 1}


def test_what_a_person_must_decide_is_asked(told: dict[str, Any]) -> None:
    asked = told["open_issues"]
    assert "conflict" not in asked, "the conflict of day 3 was decided"
    assert asked["refused"] == 1
    assert asked["desk_only"] >= 3


def test_the_last_run_is_quiet(told: dict[str, Any]) -> None:
    assert told["quiet"] is True
    assert told["runs"][-1]["writes"] == 0
    assert told["runs"][-1]["drafts"] == 0


def test_without_once_it_stays_until_ctrl_c_and_leaves_nothing_behind(tmp_path: Path) -> None:
    process = subprocess.Popen(
        (sys.executable, *STAY),
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        # Whoever starts the tests in the background has Ctrl-C ignored, and a child inherits that.
        preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509  no thread runs yet
    )
    stop = threading.Timer(500, process.kill)
    stop.start()
    try:
        assert process.stdout is not None
        lines: list[str] = []
        for line in process.stdout:
            lines.append(line)
            if "Ctrl-C" in line:
                break
        told = "".join(lines)
        addresses = re.findall(r"http://127\.0\.0\.1:\d+/", told)
        assert len(addresses) == 2, told
        assert requests.get(addresses[0], timeout=10).status_code in (200, 403), "the desk asks for a login"
        settings = re.search(r"--settings (\S+/uchet\.toml)", told)
        assert settings, told
        status = subprocess.run(
            (sys.executable, "-m", "uchet", "status", "--json", "--settings", settings[1]),
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert status.returncode == 0, status.stdout + status.stderr
        assert json.loads(status.stdout)
        process.send_signal(signal.SIGINT)
        process.stdout.read()
        assert process.wait(timeout=30) == 0
    finally:
        stop.cancel()
        process.kill()
        process.wait()
        if process.stdout:
            process.stdout.close()
    assert not Path(settings[1]).parent.exists()
    with pytest.raises(requests.ConnectionError):
        requests.get(addresses[0], timeout=5)
