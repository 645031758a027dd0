"""The month of the demo: what happens in it, and what its account takes for explained."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uchet.cli import main
from uchet.jobs.demo.company import make_company
from uchet.jobs.demo.month_account import explained
from uchet.jobs.demo.month_plan import FIRST, PARTS, calendar, how_much, month_of
from uchet.sync.requests import STATES
from uchet.sync.types import Event, EventState

DAYS = month_of(FIRST)
SEEDS = st.integers(0, 2**32)


@given(seed=SEEDS, assets=st.sampled_from([30, 31, 100, 400]))
def test_whatever_the_seed_everything_happens(seed: int, assets: int) -> None:
    acts = [act for day in calendar(assets, DAYS, seed).values() for act in day]
    for kind, count in how_much(assets).items():
        assert sum(act.kind == kind for act in acts) == count

    def told(kind: str, name: str) -> set[object]:
        return {act.told[name] for act in acts if act.kind == kind}

    assert told("request", "goal") == set(STATES)
    assert told("repair", "end") == {"free", "paid", "replaced", "away"}
    assert told("upgrade", "item") == set(PARTS)
    assert told("issue", "back") == {True, False}
    assert told("issue", "late") == {0, 4}


def test_a_company_of_400_has_the_month_that_is_asked_for() -> None:
    meant = how_much(400)
    assert [meant[k] for k in ("issue", "request", "repair", "upgrade", "write_off", "scrap")] == [
        2000,
        150,
        40,
        25,
        10,
        10,
    ]


@given(seed=SEEDS)
def test_the_same_seed_is_the_same_month(seed: int) -> None:
    assert calendar(30, DAYS, seed) == calendar(30, DAYS, seed)
    assert calendar(30, DAYS, seed) != calendar(30, DAYS, seed + 1)


@pytest.mark.parametrize("pieces", [30, 47, 100, 400])
def test_a_company_has_as_many_pieces_as_it_is_asked_for(pieces: int) -> None:
    company = make_company(pieces, 7, today=date(2025, 1, 31))
    assert len(company.assets) + sum(position.quantity for position in company.positions) == pieces


@pytest.mark.parametrize(
    ("state", "reason", "draft", "drafts", "asked", "told"),
    [
        ("posted", "", "d", {"d": "posted"}, [], True),
        ("posted", "", "d", {"d": "open"}, [], False),
        ("posted", "", "d", {}, [], False),
        ("posted", "found", "", {}, [], True),
        ("posted", "", "", {}, [], False),
        ("drafted", "", "d", {"d": "edited"}, [], True),
        ("drafted", "", "d", {"d": "refused"}, [], False),
        ("refused", "seen", "d", {"d": "refused"}, [], True),
        ("refused", "", "", {}, [], False),
        ("pending", "feed_task", "", {}, ["feed:e1:feed_task"], True),
        ("pending", "feed_task", "", {}, ["feed:e10:feed_task"], False),
        ("pending", "work_away", "", {}, [], True),
        ("pending", "", "", {}, [], False),
    ],
)
def test_what_is_explained(
    state: EventState, reason: str, draft: str, drafts: dict[str, str], asked: list[str], told: bool
) -> None:
    event = Event("e1", "1", "issue", "3", Decimal(1), date(2025, 2, 3), 1, state=state, reason=reason, draft=draft)
    assert explained(event, drafts, asked) is told


@pytest.mark.parametrize("words", [[], ["--once", "--desk", "rt"], ["--once", "--book", "soap"]])
def test_a_month_is_played_once_and_on_the_demos_own_desk(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", "--month", *words]) == 2
    assert capsys.readouterr().out == ""


def test_a_company_may_be_too_small_for_a_month(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", "--once", "--month", "--assets", "29"]) == 4
    assert "30" in capsys.readouterr().err
