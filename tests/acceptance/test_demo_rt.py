"""``uchet demo --once --json --desk rt``: the scripted week on a real Request Tracker ends as it does on Roundup.

In CI the company is a small one; ``./run acceptance`` plays the demo's own.
"""

from __future__ import annotations

import io
import json
import os
from collections.abc import Callable
from typing import Any

import pytest
from rt_server import requires_rt

from uchet.jobs.demo.company import Size
from uchet.jobs.demo.play import run_demo

SIZE: Size = "demo" if os.environ.get("UCHET_PROFILE") == "nightly" else "small"


@pytest.mark.timeout(0)
def test_the_week_ends_alike_on_both_desks_and_quietly(closing: Callable[[str], None]) -> None:
    requires_rt()
    out = io.StringIO()
    code = run_demo(True, True, "rt", out=out, size=SIZE)
    told: dict[str, Any] = json.loads(out.getvalue())
    compared = told["comparison"]
    assert compared["differences"] == []
    assert told["quiet"] is True
    assert compared["quiet"] is True
    assert code == 0
    assert told["runs"][-1]["writes"] == 0
    assert (told["runs"][0]["outcome"], told["runs"][0]["writes"]) == ("blocked", 0)
    assert told["drafts"] == {"agreed": 1, "open": 1}
    assert all(ours == theirs for ours, theirs in compared["records"].values())
    assert compared["records"]["desk equipment"][0] > 60
    closing(f"demo rt = roundup: {sum(n for n, _ in compared['records'].values())} records of both systems alike, "
            f"{len(told['runs'])} runs, the last wrote {told['runs'][-1]['writes']}")  # fmt: skip
