"""Movement lines: whatever was recorded, corrected, deleted or killed, they come to an independent sum of Decimals."""

from __future__ import annotations

import shutil
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Literal

from history import share
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from uchet.sync.store import lines
from uchet.sync.store.lines import OPENING, Line, Lines, Meaning, Move, Spot, thousandths

FIRST = date(2026, 1, 1)
SPOTS = 3
FACTORS = (Decimal(1), Decimal(12), Decimal("0.25"))
Side = Literal["book", "desk"]
Model = dict[Side, dict[str, list[tuple[int, date, Decimal]]]]

days = st.integers(0, 9).map(lambda n: FIRST + timedelta(days=n))
quantities = st.decimals(-1000, 1000, places=3, allow_nan=False, allow_infinity=False)
content = st.lists(st.tuples(st.integers(0, SPOTS - 1), days, quantities), max_size=4)
sides = st.sampled_from(["book", "desk"])
ids = st.integers(0, 5).map(str)


def spot(side: Side, number: int) -> Spot:
    return (f"item{number}", "org", "place") if side == "book" else (f"card{number}", "", "")


class Kept(RuleBasedStateMachine):
    """``now`` is what the sides have, ``was`` what they had in the last night that ended, ``off`` what a side has more
    than its records come to."""

    @initialize()
    def start(self) -> None:
        self.folder = Path(tempfile.mkdtemp())
        self.copies = 0
        self.lines = Lines(self.folder / "lines")
        self.now: Model = {"book": {}, "desk": {}}
        self.was: Model = {"book": {}, "desk": {}}
        self.off: dict[tuple[Side, int], Decimal] = defaultdict(Decimal)
        #: (side, spot) → (day, quantity) of what no record told.
        self.untold: dict[tuple[Side, int], list[tuple[date, Decimal]]] = defaultdict(list)
        self.nights = 0

    def teardown(self) -> None:
        if hasattr(self, "lines"):
            self.lines.close()
            shutil.rmtree(self.folder)

    @rule(side=sides, id=ids, what=content)
    def record_or_correct(self, side: Side, id: str, what: list[tuple[int, date, Decimal]]) -> None:
        self.now[side][id] = what

    @rule(side=sides, id=ids)
    def delete(self, side: Side, id: str) -> None:
        self.now[side].pop(id, None)

    @rule(side=sides, number=st.integers(0, SPOTS - 1), quantity=quantities)
    def change_the_stock_by_hand(self, side: Side, number: int, quantity: Decimal) -> None:
        self.off[side, number] += quantity

    @rule(part=st.integers(0, 6))
    def night_that_is_killed(self, part: int) -> None:
        """The files as they lie when the process dies are all that the next one has."""
        assert self.lines.begin()
        for step in list(self._steps())[:part]:
            step()
        self.copies += 1
        dead, place = self.folder / "lines", self.folder / f"copy{self.copies}"
        place.mkdir()
        for file in self.folder.glob("lines*"):
            if not file.name.endswith("-shm"):
                shutil.copy(file, place / file.name)
        self.lines.close()
        for file in self.folder.glob("lines*"):
            file.unlink()
        for file in place.iterdir():
            file.rename(dead.with_name(file.name))
        self.lines = Lines(dead)

    @rule()
    def night(self) -> None:
        assert self.lines.begin()
        for step in self._steps():
            step()
        self.nights += 1
        self.lines.keep(str(self.nights))
        for side in self.now:
            for number in range(SPOTS):
                told = sum((q for _, q in self.untold[side, number]), Decimal(0))
                day = date.min if self.nights == 1 else FIRST
                self.untold[side, number].append((day, self.off[side, number] - told))
        self.was = {side: dict(moves) for side, moves in self.now.items()}

    def _steps(self) -> Iterator[object]:
        for side in self.now:
            moves = [
                Move(id, "", tuple(Line(spot(side, n), day, thousandths(q)) for n, day, q in what))
                for id, what in self.now[side].items()
            ]
            stock: dict[Spot, int | None] = {spot(side, n): thousandths(self._held(side, n)) for n in range(SPOTS)}
            yield lambda side=side, moves=moves: self.lines.register(side, moves)  # type: ignore[misc]
            yield lambda side=side: self.lines.settle(side)  # type: ignore[misc]
            yield lambda side=side, stock=stock: self.lines.hold(side, stock, FIRST)  # type: ignore[misc]
        meanings = [Meaning(spot("desk", n), spot("book", n), FACTORS[n]) for n in range(SPOTS)]
        yield lambda: self.lines.mean(meanings)

    def _sum(self, model: Model, side: Side, number: int, until: date = date.max, since: date = date.min) -> Decimal:
        lines = (one for what in model[side].values() for one in what)
        return sum((q for n, day, q in lines if n == number and since <= day <= until), Decimal(0))

    def _held(self, side: Side, number: int) -> Decimal:
        return self._sum(self.now, side, number) + self.off[side, number]

    def _kept(self, side: Side, number: int, until: date) -> Decimal:
        told = sum((q for day, q in self.untold[side, number] if day <= until), Decimal(0))
        return self._sum(self.was, side, number, until) + told

    @invariant()
    def balances_are_the_sums(self) -> None:
        if not getattr(self, "nights", 0):
            return
        names = None
        for until in (date.max, FIRST + timedelta(days=4)):
            found = self.lines.balances(until)
            names = names or self.lines.named(found.spot)
            for n, number in enumerate(found.spot):
                own = int(names[int(number)].item[4:])
                assert found.quantity(found.book[n]) == self._kept("book", own, until)
                assert found.quantity(found.desk[n]) == self._kept("desk", own, until) * FACTORS[own]
            assert len(found.spot) == SPOTS

    @invariant()
    def turnover_conserves(self) -> None:
        if not getattr(self, "nights", 0):
            return
        since, until = FIRST + timedelta(days=2), FIRST + timedelta(days=6)
        flows, end = self.lines.turnover(since, until), self.lines.balances(until)
        assert flows.closing.book.tolist() == end.book.tolist()
        assert flows.closing.desk.tolist() == end.desk.tolist()
        names = self.lines.named(end.spot)
        for n, number in enumerate(end.spot):
            own = int(names[int(number)].item[4:])
            inside = [q for w in self.was["book"].values() for m, day, q in w if m == own and since <= day <= until]
            assert flows.came.quantity(flows.came.book[n]) == sum((q for q in inside if q > 0), Decimal(0))
            assert flows.went.quantity(flows.went.book[n]) == -sum((q for q in inside if q < 0), Decimal(0))

    @invariant()
    def what_stands_is_what_is_there(self) -> None:
        if not getattr(self, "nights", 0):
            return
        numbers = self.lines.balances().spot
        names = self.lines.named(numbers)
        found = sorted(
            (one.side, one.event, int(names[one.spot].item[4:]), one.day, one.quantity)
            for one in self.lines.standing(numbers, date.min, date.max)
            if not one.event.startswith(OPENING[0])
        )
        there = sorted(
            (side, id, n, day, q if side == "book" else q * FACTORS[n])
            for side, moves in self.was.items()
            for id, what in moves.items()
            for n, day, q in what
        )
        assert found == there


class Parted(Kept):
    """The same with segments of three lines."""

    @initialize()
    def start(self) -> None:
        self.whole, lines._SEGMENT = lines._SEGMENT, 3
        super().start()

    def teardown(self) -> None:
        super().teardown()
        if hasattr(self, "whole"):
            lines._SEGMENT = self.whole


TestKept = Kept.TestCase
TestKept.settings = settings(stateful_step_count=20, max_examples=share(20))
TestParted = Parted.TestCase
TestParted.settings = settings(stateful_step_count=20, max_examples=share(20))
