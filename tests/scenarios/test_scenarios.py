"""Every behaviour of planning, told as a script and held against the plan written beside it."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from scenario import read, render

from uchet.i18n.issues import ISSUES
from uchet.sync.plan import build
from uchet.sync.types import Listing
from uchet.sync.world import World

HERE = Path(__file__).parent
SCRIPTS = sorted(path for path in HERE.glob("*.toml") if path.stem != "office")
UPDATE = os.environ.get("UCHET_GOLDEN") == "update"


def _backwards(world: World) -> World:
    """The same evening, everything told in the opposite order."""
    listings = tuple(_turned(listing) for listing in reversed(world.listings))
    return replace(world, listings=listings, links=tuple(reversed(world.links)))


def _turned(listing: Listing) -> Listing:
    return replace(listing, records=dict(reversed([*listing.records.items()])))


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_plan(script: Path) -> None:
    world = read(script).world()
    plan = build(world)
    text = render(world, plan)
    golden = script.with_suffix(".plan")
    if UPDATE:
        golden.write_text(text, "utf-8")
    assert text == golden.read_text("utf-8"), f"another plan; if it is right: UCHET_GOLDEN=update ({script.name})"
    assert build(_backwards(world)).id == plan.id, "the order in which records arrive changes the plan"
    assert build(world) == plan, "planning twice gives two plans"


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_every_script_says_why(script: Path) -> None:
    told = read(script).script
    assert told["title"]
    assert told["why"]


def test_every_plan_has_its_script(closing: Callable[[str], None]) -> None:
    plans = {path.stem for path in HERE.glob("*.plan")}
    assert plans == {path.stem for path in SCRIPTS}
    closing(f"scenarios {len(plans)}, each planned forwards and backwards")


def test_every_question_has_a_text() -> None:
    asked = {i.code for script in SCRIPTS for i in build(read(script).world()).issues}
    assert asked <= set(ISSUES)
