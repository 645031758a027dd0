"""When must a budget of purchases be formed, and who is asked about it?

A month's budget is due on a day of the month, a week's on a weekday; where that is no working day, on the last working
day before it. A period is one question: asked some days ahead, once more the day before and on the day, then of the
head of IT until a person says that the budget is formed or the period is over. Days ahead are calendar days: the run
asks on every night, and whoever comes on Monday finds what was asked on Sunday.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from ..purchase_rules import WEEKDAYS, Approver, BudgetRule
from ..workdays import Workdays
from .ids import fingerprint
from .types import Issue

__all__ = ["KIND", "Deadline", "deadlines", "due_of_month", "head_of_it", "questions"]

KIND = "budget"
#: Days before the due day on which it is asked anew; after it, once more.
STEPS = (3, 1, 0)
OVERDUE = -1
_WEEK = timedelta(days=7)
#: (key, fingerprint) of a question → what was answered.
Choice = Callable[[str, str], str | None]


@dataclass(frozen=True, slots=True)
class Deadline:
    """A budget for the days ``since`` through ``until``, to be formed on ``due`` at the latest."""

    period: Literal["month", "week"]
    since: date
    until: date
    due: date

    @property
    def key(self) -> str:
        """The question's: one for each period."""
        return f"{KIND}:{self.period}:{self.since}"

    def step(self, today: date) -> int | None:
        """The last reminder that ``today`` has reached, ``OVERDUE`` after the due day, ``None`` before the first."""
        left = (self.due - today).days
        return OVERDUE if left < 0 else min((step for step in STEPS if left <= step), default=None)


def deadlines(rule: BudgetRule, workdays: Workdays, today: date) -> tuple[Deadline, ...]:
    """The budgets to be asked about on ``today`` (the company's own day): those whose reminders have begun, whose
    period is not over, and which were due when ``rule`` was in force already."""
    found = [*_months(rule, workdays, today), *_weeks(rule, workdays, today)]
    return tuple(
        one
        for one in found
        if one.period in rule.periods and rule.start <= one.due and today <= one.until and one.step(today) is not None
    )


def due_of_month(rule: BudgetRule, workdays: Workdays, since: date) -> date:
    """The day by which the budget of the month that begins on ``since`` is to be formed."""
    due = _month(since, -rule.months_ahead)
    return workdays.back(due.replace(day=min(rule.day, monthrange(due.year, due.month)[1])))


def _months(rule: BudgetRule, workdays: Workdays, today: date) -> Iterator[Deadline]:
    # The next month's day may lie in this one, where that month begins with days off.
    for n in range(rule.months_ahead + 2):
        since = _month(today, n)
        yield Deadline("month", since, _month(since, 1) - timedelta(days=1), due_of_month(rule, workdays, since))


def _weeks(rule: BudgetRule, workdays: Workdays, today: date) -> Iterator[Deadline]:
    monday = today - timedelta(days=today.weekday())
    # The holidays of January take up to two weeks.
    for n in range(rule.weeks_ahead + 4):
        since = monday + n * _WEEK
        day = since - rule.weeks_ahead * _WEEK + timedelta(days=WEEKDAYS.index(rule.weekday))
        yield Deadline("week", since, since + timedelta(days=6), workdays.back(day))


def _month(day: date, ahead: int) -> date:
    """The first day of a month, counted from that of ``day``."""
    years, month = divmod(day.year * 12 + day.month - 1 + ahead, 12)
    return date(years, month + 1, 1)


def head_of_it(approvers: Iterable[Approver], today: date) -> tuple[str, ...]:
    """Who heads IT on ``today``, as settings name them."""
    held = (one for one in approvers if one.role == "head_of_it")
    return tuple(one.person for one in held if (one.since or today) <= today <= (one.until or today))


def questions(
    rule: BudgetRule, workdays: Workdays, approvers: Iterable[Approver], today: date, choice: Choice
) -> list[Issue]:
    """What a person is asked about budgets on ``today``."""
    head = ", ".join(head_of_it(approvers, today)) or "—"
    return [_issue(one, head, today, choice) for one in deadlines(rule, workdays, today)]


def _issue(one: Deadline, head: str, today: date, choice: Choice) -> Issue:
    """Each step asks anew; a person's word, given at whichever, holds for the later ones: the question it was given to
    is told as it was then, which keeps it silent."""
    marks = {step: fingerprint({"step": str(step)}) for step in (*STEPS, OVERDUE)}
    step = next((n for n, mark in marks.items() if choice(one.key, mark) is not None), one.step(today))
    assert step is not None  # whose reminders have not begun is not asked about
    params: dict[str, object] = {"since": one.since, "until": one.until, "due": one.due}
    code = "budget_overdue" if step == OVERDUE else "budget_due"
    params |= {"head": head} if step == OVERDUE else {"days": max((one.due - today).days, 0)}
    return Issue(one.key, code, KIND, params=params, fingerprint=marks[step])
