"""Nights around the day on which a budget is due, each as a script and what it must tell (``budget/*.txt``).

The questions go through a real store, so that what is asked anew, stays open or is silent is what a person would see.
After a wanted change: ``UCHET_GOLDEN=update``, and read the difference.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

import pytest

from uchet.i18n.issues import choices, describe
from uchet.purchase_rules import Approver, BudgetRule
from uchet.sync.deadlines import KIND, questions
from uchet.sync.store import IssueRow, Store
from uchet.sync.types import Covers, Issue
from uchet.workdays import load_workdays

GOLDEN = Path(__file__).parent / "budget"
UPDATE = os.environ.get("UCHET_GOLDEN") == "update"
WORKDAYS, COVERS = load_workdays(), Covers(frozenset({KIND}))
MONTHS = BudgetRule(start=date(2026, 10, 1), periods=("month",))
WEEKS = BudgetRule(start=date(2026, 10, 1), periods=("week",))
HEAD = (Approver(role="head_of_it", person="Борис", since=date(2026, 1, 1)), Approver(role="director", person="Глеб"))


class Clock:
    """Half past two at night of the day that a script plays."""

    day = date(2026, 10, 1)

    def __call__(self) -> datetime:
        return datetime.combine(self.day, time(2, 30), UTC)


@dataclass
class Nights:
    """One company's nights, and what people found in the morning."""

    pair: str
    store: Store
    clock: Clock
    told: list[str] = field(default_factory=list)

    def run(self, rule: BudgetRule, *days: date, approvers: tuple[Approver, ...] = HEAD) -> None:
        for day in days:
            self.clock.day = day
            said = self.store.decisions(self.pair)
            taken = {key: (one.choice, one.fingerprint) for key, one in said.items()}

            def choice(key: str, mark: str, taken: dict[str, Any] = taken) -> str | None:
                return taken[key][0] if key in taken and taken[key][1] == mark else None

            found = questions(rule, WORKDAYS, approvers, day, choice)
            report = self.store.report_issues(self.pair, "r", found, lambda row: COVERS.settles(row.issue))
            fresh = {row.issue.key for row in report.new}
            self.told.append(f"{day:%d.%m.%Y %a}")
            self.told += [f"  asked: {text(row.issue)}" for row in report.new]
            self.told += [f"  open:  {text(row.issue)}" for row in report.open if row.issue.key not in fresh]
            self.told += [f"  over:  {row.issue.key}" for row in report.closed]

    def answer(self, choice: Any = "formed", until: date | None = None) -> None:
        for row in self.open():
            assert choice in choices(row.issue.code)
            self.store.decide(row.id, choice, by="anna", until=until)
            self.told.append(f"  {choice}{f' {until:%d.%m.%Y}' if until else ''}: {row.issue.key}")

    def open(self) -> list[IssueRow]:
        return self.store.issues(self.pair)


def text(issue: Issue) -> str:
    days = {name: f"{value:%d.%m.%Y}" for name, value in issue.params.items() if isinstance(value, date)}
    return f"{issue.code}: {describe(issue.code, {**issue.params, **days}, 'en')}"


def october(*days: int) -> list[date]:
    return [date(2026, 10, day) for day in days]


@pytest.fixture(scope="module")
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="module")
def store(clock: Clock) -> Iterator[Store]:
    with closing(Store.open(":memory:", clock=clock)) as made:
        yield made


# -- the scripts -------------------------------------------------------------------------------------------------------


def the_25th_is_a_sunday(nights: Nights) -> None:
    """25.10.2026: due on Friday the 23rd; nobody answers."""
    nights.run(MONTHS, *october(19, 20, 21, 22, 23, 24, 25, 26))


def the_25th_is_a_sunday_in_april(nights: Nights) -> None:
    """25.04.2027: due on the 23rd."""
    rule = MONTHS.model_copy(update={"start": date(2027, 4, 1)})
    nights.run(rule, *(date(2027, 4, day) for day in (19, 20, 22, 23, 26)))
    nights.answer()
    nights.run(rule, date(2027, 4, 27))


def formed_at_the_first_reminder(nights: Nights) -> None:
    """Said three days ahead: the day before, the day itself and the days after are silent, until the period is over."""
    nights.run(MONTHS, *october(20))
    nights.answer()
    nights.run(MONTHS, *october(21, 22, 23, 26), date(2026, 11, 21), date(2026, 11, 22))
    nights.answer()
    nights.run(MONTHS, date(2026, 11, 30), date(2026, 12, 1))


def formed_when_it_was_overdue(nights: Nights) -> None:
    """The head of IT says so after the day: silent from then on."""
    nights.run(MONTHS, *october(23, 26))
    nights.answer()
    nights.run(MONTHS, *october(27), date(2026, 11, 1))


def never_formed(nights: Nights) -> None:
    """It is asked about until the month that it is for is over."""
    nights.run(MONTHS, *october(26), date(2026, 11, 20), date(2026, 11, 30), date(2026, 12, 1))


def put_off(nights: Nights) -> None:
    """Quiet through the day that was named, though the day before the due day lies in between; then asked anew."""
    nights.run(MONTHS, *october(20))
    nights.answer("ignore-until", date(2026, 10, 22))
    nights.run(MONTHS, *october(21, 22, 23))


def a_night_was_missed(nights: Nights) -> None:
    """The machine was off: the reminder comes on the next night there is."""
    nights.run(MONTHS, *october(19, 21, 23))


def nobody_heads_it(nights: Nights) -> None:
    """Settings name nobody any more: a dash, and the question all the same."""
    gone = Approver(role="head_of_it", person="Борис", until=date(2026, 9, 30))
    nights.run(MONTHS, *october(26), approvers=(gone,))


def due_before_it_was_turned_on(nights: Nights) -> None:
    """The section came with the 24th: what was due on the 23rd is nobody's question."""
    nights.run(MONTHS.model_copy(update={"start": date(2026, 10, 24)}), *october(24, 26), date(2026, 11, 22))


def wednesday_is_a_holiday(nights: Nights) -> None:
    """04.11.2026: the week's budget is due on Tuesday; its first reminder falls on a Saturday."""
    rule = WEEKS.model_copy(update={"start": date(2026, 11, 1)})
    nights.run(rule, *october(30, 31), *(date(2026, 11, day) for day in (1, 2, 3, 4)))
    nights.answer()
    nights.run(rule, date(2026, 11, 5), date(2026, 11, 8))


def the_holidays_of_january(nights: Nights) -> None:
    """Two weeks are due on one day: 30.12.2026 is the last that is worked before Wednesday, 06.01.2027."""
    rule = WEEKS.model_copy(update={"start": date(2026, 12, 24)})
    nights.run(rule, date(2026, 12, 26), date(2026, 12, 27), date(2026, 12, 30))
    nights.answer()
    nights.run(rule, date(2026, 12, 31), date(2027, 1, 10), date(2027, 1, 11))


SCRIPTS: tuple[Callable[[Nights], None], ...] = (
    the_25th_is_a_sunday,
    the_25th_is_a_sunday_in_april,
    formed_at_the_first_reminder,
    formed_when_it_was_overdue,
    never_formed,
    put_off,
    a_night_was_missed,
    nobody_heads_it,
    due_before_it_was_turned_on,
    wednesday_is_a_holiday,
    the_holidays_of_january,
)


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: str(script.__name__))
def test_the_nights_are_those_wanted(script: Callable[[Nights], None], store: Store, clock: Clock) -> None:
    nights = Nights(script.__name__, store, clock)
    script(nights)
    told = "\n".join([*nights.told, ""])
    path = GOLDEN / f"{script.__name__}.txt"
    if UPDATE:
        path.write_text(told, encoding="utf-8")
    assert told == path.read_text(encoding="utf-8"), "other questions; if they are right: UCHET_GOLDEN=update"


def test_every_golden_file_has_its_script() -> None:
    assert {path.stem for path in GOLDEN.iterdir()} == {script.__name__ for script in SCRIPTS}
