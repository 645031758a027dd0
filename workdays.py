"""Which days are worked: a production calendar, which is a data file (``workdays.toml``, or one that settings name)."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError, field_validator

from .errors import Fatal

__all__ = ["Workdays", "load_workdays"]

SHIPPED = Path(__file__).with_name("workdays.toml")


@dataclass(frozen=True, slots=True)
class Workdays:
    """A week of five days with its exceptions. ``holidays``: (month, day) of every year; ``off`` and ``worked``: single
    days. Of a year of which neither names a day only weekends and ``holidays`` are known, so a day off that the
    Government moved in such a year counts as worked."""

    holidays: frozenset[tuple[int, int]] = frozenset()
    off: frozenset[date] = frozenset()
    worked: frozenset[date] = frozenset()

    def works(self, day: date) -> bool:
        """Whether ``day`` is worked."""
        if day in self.worked:
            return True
        return day.weekday() < 5 and day not in self.off and (day.month, day.day) not in self.holidays

    def back(self, day: date) -> date:
        """``day``, or the last one before it that is worked."""
        while not self.works(day):
            day -= timedelta(days=1)
        return day


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")

    holidays: tuple[str, ...] = ()
    off: tuple[date, ...] = ()
    worked: tuple[date, ...] = ()

    @field_validator("holidays")
    @classmethod
    def _days(cls, days: tuple[str, ...]) -> tuple[str, ...]:
        for day in days:
            date.fromisoformat(f"2024-{day}")  # a leap year has every day there is
        if len(set(days)) > 100:
            raise ValueError("more than a hundred holidays a year")
        return days


def load_workdays(path: Path | None = None) -> Workdays:
    """The calendar in ``path`` (``None``: the shipped one). Raises ``Fatal`` ("workdays_unreadable") where it is
    missing or says something else."""
    path = path or SHIPPED
    try:
        told = _File.model_validate(tomllib.loads(path.read_text(encoding="utf-8-sig")))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, ValidationError) as error:
        reason = error.errors()[0]["msg"] if isinstance(error, ValidationError) else str(error)
        raise Fatal(
            "workdays_unreadable",
            "The calendar of working days {file} cannot be read: {reason}.",
            hint='It holds holidays = ["01-01"], off = [2026-01-09] and worked = [2025-11-01]; without calendar in '
            "[budget] the shipped one is used.",
            file=str(path),
            reason=reason,
        ) from None
    holidays = frozenset((int(day[:2]), int(day[3:])) for day in told.holidays)
    return Workdays(holidays, frozenset(told.off), frozenset(told.worked))
