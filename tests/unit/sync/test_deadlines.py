"""The due day of a budget: worked, never late, and the last such day; which budgets a day asks about."""

from __future__ import annotations

import random
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from uchet.purchase_rules import WEEKDAYS, BudgetRule
from uchet.sync.deadlines import OVERDUE, STEPS, deadlines, due_of_month
from uchet.workdays import Workdays, load_workdays

SHIPPED = load_workdays()
START = date(2025, 1, 1)
RULE = BudgetRule(start=START)
DAY = timedelta(days=1)
DAYS = st.dates(date(2025, 2, 1), date(2028, 12, 31))


def between(first: date, last: date) -> list[date]:
    return [first + n * DAY for n in range((last - first).days + 1)]


def calendar(seed: int) -> Workdays:
    """A week of five days of which one in four is off, and one in four of its weekends is worked."""
    chance = random.Random(seed)
    days = [one for one in between(date(2024, 12, 1), date(2030, 12, 31)) if chance.random() < 0.25]
    return Workdays(SHIPPED.holidays, frozenset(days), frozenset(one for one in days if one.weekday() > 4))


CALENDARS = (SHIPPED, *(calendar(seed) for seed in range(7)))
ONE = st.integers(0, len(CALENDARS) - 1)
#: What is drawn is small, and so is what can go wrong: a year has twelve months.
FEW = settings(max_examples=150)


@FEW
@given(ONE, st.integers(0, 60), st.integers(1, 31))
def test_a_month_is_due_on_the_last_working_day_up_to_the_one_that_is_set(which: int, months: int, day: int) -> None:
    since = date(2025 + months // 12, months % 12 + 1, 1)
    workdays = CALENDARS[which]
    due = due_of_month(RULE.model_copy(update={"day": day}), workdays, since)
    before = (since - DAY).replace(day=1)
    nominal = min(before + (day - 1) * DAY, since - DAY)
    assert workdays.works(due)
    assert due <= nominal
    assert not [one for one in between(due + DAY, nominal) if workdays.works(one)]


@FEW
@given(ONE, DAYS, st.sampled_from(WEEKDAYS), st.integers(1, 31), st.integers(0, 2), st.integers(0, 2))
def test_every_budget_is_asked_about_on_each_day_from_the_first_reminder_to_the_end_of_its_period(
    which: int, today: date, weekday: Any, day: int, months: int, weeks: int
) -> None:
    workdays = CALENDARS[which]
    rule = BudgetRule(start=START, day=day, weekday=weekday, months_ahead=months, weeks_ahead=weeks)
    found = deadlines(rule, workdays, today)
    assert len({one.key for one in found}) == len(found)
    for one in found:
        assert workdays.works(one.due)
        assert today <= one.until
        assert one.step(today) in (*STEPS, OVERDUE)
        for other in (max(one.due - STEPS[0] * DAY, today - 20 * DAY), min(one.until, today + 20 * DAY)):
            assert one in deadlines(rule, workdays, other), "what is asked about once is asked about all the time"


@pytest.mark.parametrize(
    ("since", "due"),
    [
        (date(2026, 11, 1), date(2026, 10, 23)),
        (date(2027, 5, 1), date(2027, 4, 23)),
        (date(2026, 12, 1), date(2026, 11, 25)),
        (date(2027, 1, 1), date(2026, 12, 25)),
    ],
)
def test_the_25th(since: date, due: date) -> None:
    assert due_of_month(RULE, SHIPPED, since) == due
    [one] = [x for x in deadlines(RULE, SHIPPED, due) if x.period == "month" and x.since == since]
    assert (one.due, one.until) == (due, (since + 31 * DAY).replace(day=1) - DAY)


def test_a_week_is_due_on_the_wednesday_before_it() -> None:
    found = [
        (one.since, one.until, one.due) for one in deadlines(RULE, SHIPPED, date(2026, 10, 13)) if one.period == "week"
    ]
    assert found == [
        (date(2026, 10, 12), date(2026, 10, 18), date(2026, 10, 7)),
        (date(2026, 10, 19), date(2026, 10, 25), date(2026, 10, 14)),
    ]


def test_the_period_is_a_setting() -> None:
    same = RULE.model_copy(update={"months_ahead": 0, "weeks_ahead": 0, "day": 31})
    assert [(one.since, one.due) for one in deadlines(same, SHIPPED, date(2026, 2, 27))] == [
        (date(2026, 2, 1), date(2026, 2, 27)),
        (date(2026, 2, 23), date(2026, 2, 25)),
    ]
