"""``uchet demo --once --month --json``: a calendar month of a company on two real servers, everything accounted for.

A company of ``UCHET_MONTH`` pieces of equipment: 30, and 400 for acceptance, where the month is also played twice.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from uchet.jobs.demo.month_plan import how_much
from uchet.sync.requests import STATES

ASSETS = int(os.environ.get("UCHET_MONTH", "30"))
#: The month that is played twice.
SMALL = 30
DEMO = (sys.executable, "-m", "uchet", "demo", "--once", "--month", "--json")
#: Stages that a request only passes on its way: where those that are meant to stop there end.
PASSED = {"submitted", "on_check", "approved"}


def play(folder: Path, assets: int, *more: str) -> dict[str, Any]:
    words = (*DEMO, "--assets", str(assets), *more)
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, timeout=600 + 30 * assets, check=False)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return play(tmp_path_factory.mktemp("month"), ASSETS)


@pytest.mark.timeout(0)
def test_everything_that_happened_is_accounted_for(told: dict[str, Any], closing: Callable[[str], None]) -> None:
    events = told["events"]
    posted, pending, refused = (sum(events[state].values()) for state in ("posted", "pending", "refused"))
    closing(
        f"month: assets {told['assets']}, events {events['total']}: posted {posted}, pending {pending}, "
        f"refused {refused}, unexplained {told['unexplained']}, quiet {str(told['quiet']).lower()}"
    )
    assert posted + pending + refused == events["total"]
    assert told["gaps"] == dict.fromkeys(told["gaps"], 0)
    assert (told["unexplained"], told["quiet"]) == (0, True)
    assert posted > 0.8 * events["total"]


def test_everything_happens_in_that_month(told: dict[str, Any]) -> None:
    meant, kinds = how_much(ASSETS), told["kinds"]
    assert told["assets"] == ASSETS
    for kind, count in {
        "issue": meant["issue"] + meant["upgrade"], "transfer": meant["transfer"], "write_off": meant["write_off"],
        "receipt": meant["own_receipt"], "return": meant["issue"] // 25, "sent": meant["repair"],
        "upgrade": meant["upgrade"], "swap": meant["swap"], "assembly": meant["kit"],
    }.items():  # fmt: skip
        assert kinds[kind] == count, kind
    assert kinds["returned"] >= 1
    assert kinds["replaced"] >= 1
    assert all(told["accountant"][what] for what in ("posted", "edited", "deleted", "closed_until"))
    assert told["accountant"]["scrapped"] == meant["scrap"]
    assert told["answered"]


def test_requests_come_to_every_stage(told: dict[str, Any]) -> None:
    assert set(told["requests"]) == set(STATES) - PASSED
    assert sum(told["requests"].values()) == how_much(ASSETS)["request"]


if "UCHET_MONTH" in os.environ:  # two more months: too long for every day

    @pytest.mark.timeout(0)
    @pytest.mark.parametrize("seed", [1, 2])
    def test_the_same_seed_is_the_same_month(tmp_path: Path, seed: int) -> None:
        one, other = (play(tmp_path, SMALL, "--seed", str(seed)) for _ in range(2))
        assert one == other
