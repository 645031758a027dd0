"""The production calendar: what it ships, what a file of one's own may say."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from uchet.errors import Fatal
from uchet.workdays import Workdays, load_workdays


def worked(workdays: Workdays, year: int) -> int:
    days = (date(year, 1, 1) + timedelta(days=n) for n in range(366))
    return sum(workdays.works(day) for day in days if day.year == year)


def test_as_many_days_are_worked_as_the_published_calendars_count() -> None:
    shipped = load_workdays()
    assert [worked(shipped, year) for year in (2025, 2026)] == [247, 247]


@pytest.mark.parametrize("day", ["2025-11-01", "2027-02-20", "2026-10-23", "2026-11-03"])
def test_worked(day: str) -> None:
    assert load_workdays().works(date.fromisoformat(day))


@pytest.mark.parametrize("day", ["2025-11-03", "2026-01-09", "2026-05-11", "2027-02-22", "2026-10-25", "2030-06-12"])
def test_not_worked(day: str) -> None:
    assert not load_workdays().works(date.fromisoformat(day))


def test_a_file_of_ones_own(tmp_path: Path) -> None:
    path = tmp_path / "days.toml"
    path.write_text('holidays = ["03-21"]\noff = [2026-03-23]\nworked = [2026-03-28]\n', "utf-8")
    workdays = load_workdays(path)
    assert [workdays.works(date(2026, 3, day)) for day in (21, 23, 24, 28, 29)] == [False, False, True, True, False]
    assert workdays.works(date(2026, 11, 4))
    assert workdays.back(date(2026, 3, 23)) == date(2026, 3, 20)


@pytest.mark.parametrize(
    "text", ['holidays = ["13-01"]', "off = [1]", "worked = 2026-01-01", "other = 1", "off = [", 'holidays = ["1-1"]']
)
def test_what_is_no_calendar_is_told(tmp_path: Path, text: str) -> None:
    path = tmp_path / "days.toml"
    path.write_text(text, "utf-8")
    with pytest.raises(Fatal) as told:
        load_workdays(path)
    assert told.value.code == "workdays_unreadable"
    assert str(path) in told.value.text("ru")


def test_a_calendar_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(Fatal, match="cannot be read"):
        load_workdays(tmp_path / "none.toml")
