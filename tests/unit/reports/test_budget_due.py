"""The budget report says by when that month's budget is to be formed, where settings say so."""

from __future__ import annotations

from datetime import date

from uchet.jobs.reports.budget import due_told
from uchet.jobs.reports.turnover import Stretch
from uchet.purchase_rules import BudgetRule
from uchet.workdays import load_workdays


def test_the_due_day_of_a_calendar_month() -> None:
    workdays, rule = load_workdays(), BudgetRule(start=date(2026, 1, 1))
    since, until, today = date(2026, 11, 1), date(2026, 11, 30), date(2026, 10, 5)
    month = Stretch(since, until, today)
    assert list(due_told(rule, workdays, month)) == ["Бюджет этого месяца формируется не позднее 23.10.2026."]
    assert not list(due_told(None, workdays, month))
    assert not list(due_told(rule.model_copy(update={"periods": ("week",)}), workdays, month))
    assert not list(due_told(rule, workdays, Stretch(since, date(2026, 11, 29), today)))
