"""``uchet demo --once --json --book soap``: the scripted week with items and warehouses read through an exchange node.

In CI a small company plays it alone; ``./run acceptance`` plays the demo's own, and compares it with the same week
over OData.
"""

from __future__ import annotations

import io
import json
import os
from collections.abc import Callable
from typing import Any

import pytest

from uchet.errors import Fatal
from uchet.jobs.demo.company import Size
from uchet.jobs.demo.play import run_demo

WHOLE = os.environ.get("UCHET_PROFILE") == "nightly"
SIZE: Size = "demo" if WHOLE else "small"


@pytest.mark.timeout(0)
def test_the_week_ends_as_it_does_over_odata(closing: Callable[[str], None]) -> None:
    out = io.StringIO()
    code = run_demo(True, True, book="soap", out=out, size=SIZE, compare=WHOLE)
    told: dict[str, Any] = json.loads(out.getvalue())
    assert (code, told["quiet"]) == (0, True)
    assert told["drafts"] == {"agreed": 1, "open": 1}
    # Warehouses come by the node alone, and so do the names of low-value things.
    assert told["links"]["place"] > 1
    assert told["links"]["equipment"] > 20
    assert {run["outcome"] for run in told["runs"]} == {"blocked", "changed", "clean", "partial"}
    closing(f"demo soap: {sum(told['links'].values())} links, {len(told['runs'])} runs, the last wrote "
            f"{told['runs'][-1]['writes']}")  # fmt: skip
    if WHOLE:
        compared = told["comparison"]
        assert (compared["differences"], compared["quiet"]) == ([], True)
        assert all(ours == theirs for ours, theirs in compared["records"].values())


def test_a_way_that_the_demo_does_not_have_is_named() -> None:
    for book, desk in (("fax", "roundup"), ("soap", "rt")):
        with pytest.raises(Fatal, match="cannot read its books"):
            run_demo(True, True, desk, book)
