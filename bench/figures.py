"""A figure against its goal, and what is told of the runs it was made of."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from child import Figure


@dataclass(frozen=True, slots=True)
class Result:
    """``figure`` against ``goal`` (``least``: it must be at least that much); ``sides`` are told beside it."""

    figure: float
    goal: float
    unit: str
    sides: str
    least: bool = False

    @property
    def ok(self) -> bool:
        return self.figure >= self.goal if self.least else self.figure <= self.goal

    def line(self, name: str) -> str:
        sign = ">=" if self.least else "<="
        figure, goal = f"{self.figure:.3g}{self.unit}", f"{sign}{self.goal:.3g}{self.unit}"
        return f"bench {name} figure={figure} goal={goal} {'ok' if self.ok else 'MISS'} {self.sides}"


def told(name: str, figures: Sequence[Figure]) -> str:
    """Median seconds with the range, memory added and peak, in MiB."""
    seconds = sorted(f.work for f in figures)
    clock = f"{name}={work(figures):.3f}s[{seconds[0]:.3f}-{seconds[-1]:.3f}] cpu={busy(figures):.3f}s"
    return f"{clock} +{added(figures):.0f}MiB of {peak(figures):.0f}MiB"


def work(figures: Sequence[Figure]) -> float:
    return statistics.median(f.work for f in figures)


def busy(figures: Sequence[Figure]) -> float:
    """Processor time: for a program against itself, where the clock would compare two moments of a busy machine."""
    return statistics.median(f.cpu for f in figures)


def added(figures: Sequence[Figure]) -> float:
    return statistics.median(f.added for f in figures)


def peak(figures: Sequence[Figure]) -> float:
    return statistics.median(f.peak for f in figures)


def ratio(one: Sequence[Figure], two: Sequence[Figure]) -> float:
    """The median of the ratios of rounds that ran side by side: a busy machine slows both halves of a round."""
    return statistics.median(a.work / b.work for a, b in zip(one, two, strict=True))
