"""What movement lines come to: balances on a day and turnover over some, compared where both sides keep the same.

Everything is an integer of thousandths, so nothing is rounded: opening + came - went = closing, to the last one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Literal

from .beside import Beside, parts
from .columns import codes, quantities

if TYPE_CHECKING:
    from .columns import Codes, Numbers

    Side = Literal["book", "desk"]

__all__ = ["Balances", "Compared", "Named", "Standing", "Turnover"]

#: A row of ``segment``: an eighth column only where a day divides it.
_SUMS = "SELECT lines, spot, quantity, CASE WHEN last > :day THEN day END FROM segment WHERE first <= :day"
_FLOWS = "SELECT lines, spot, quantity, day, back FROM segment WHERE first <= :day"
_LINES = "SELECT spot, quantity, day, event, line, lines FROM segment WHERE NOT back AND first <= ? AND last >= ?"
_EVENTS = "SELECT number, side, id, label FROM event WHERE NOT gone AND number IN"
_NAMES = "SELECT number, item, organization, place, title, unit, at, owner FROM spot WHERE number IN"
_EVER = date.max


@dataclass(frozen=True, slots=True)
class Compared:
    """``book``, ``desk``: what each has at ``spot``, a number of the books', in the books' unit; ``scale`` times
    thousandths."""

    spot: Numbers
    book: Numbers
    desk: Numbers
    scale: int = 1

    @property
    def difference(self) -> Numbers:
        return self.desk - self.book

    def quantity(self, number: int) -> Decimal:
        """A figure of one of the columns."""
        return Decimal(int(number)).scaleb(-2 - len(str(self.scale)))


@dataclass(frozen=True, slots=True)
class Turnover:
    """The same spots in all three."""

    opening: Compared
    came: Compared
    went: Compared

    @property
    def closing(self) -> Compared:
        first, more, less = self.opening, self.came, self.went
        book, desk = first.book + more.book - less.book, first.desk + more.desk - less.desk
        return Compared(first.spot, book, desk, first.scale)


@dataclass(frozen=True, slots=True)
class Standing:
    """A line that stands. ``spot``: the number of the books' spot it is compared at; ``quantity``: in the books' unit,
    signed as stock goes; ``event``: the document of the books, or the desk's movement; ``label``: what people call
    it."""

    side: str
    spot: int
    event: str
    label: str
    line: int
    day: date
    quantity: Decimal


@dataclass(frozen=True, slots=True)
class Named:
    """A spot of the books: ids, and what people call it."""

    item: str
    organization: str
    place: str
    title: str
    unit: str
    at: str
    owner: str


class Balances(Beside):
    """The reading half of ``Lines``."""

    @contextmanager
    def view(self) -> Iterator[None]:
        """Everything read inside belongs together, whatever a night writes meanwhile."""
        if self._database.in_transaction:
            yield
            return
        self._database.execute("BEGIN")
        try:
            yield
        finally:
            self._database.execute("COMMIT")

    def sums(self, until: date = _EVER) -> Numbers:
        """By number of spot: what all lines up to the end of ``until`` come to, in its own unit."""
        import numpy as np

        found = np.zeros(self._size(), np.int64)
        for lines, spot, quantity, day in self._database.execute(_SUMS, {"day": until.toordinal()}):
            where, much = codes(spot), quantities(quantity, lines)
            if day is not None:
                inside = codes(day) <= until.toordinal()
                where, much = where[inside], much[inside]
            np.add.at(found, where, much)
        return found

    def balances(self, until: date = _EVER) -> Compared:
        """What both sides have at the end of ``until``, spot by spot."""
        with self.view():
            return self._compared(self.sums(until))

    def turnover(self, since: date, until: date) -> Turnover:
        """What both sides had before ``since``, and what came and went up to the end of ``until``."""
        import numpy as np

        first = since.toordinal()
        with self.view():
            opening, came, went = (np.zeros(self._size(), np.int64) for _ in range(3))
            for lines, spot, quantity, day, back in self._database.execute(_FLOWS, {"day": until.toordinal()}):
                where, much, when = codes(spot), quantities(quantity, lines), codes(day)
                rises = (much > 0) != bool(back)  # a line taken back lessens what it had raised
                inside = (when >= first) & (when <= until.toordinal())
                for sums, chosen in ((opening, when < first), (came, inside & rises), (went, inside & ~rises)):
                    np.add.at(sums, where[chosen], much[chosen])
            return Turnover(self._compared(opening), self._compared(came), self._compared(-went))

    def standing(self, spots: Collection[int], since: date, until: date) -> Iterator[Standing]:
        """Every line of some of the books' spots from ``since`` to the end of ``until``, both days included."""
        import numpy as np

        twin, rate, scale = self._meaning()
        scaled = Compared(twin, twin, twin, scale)
        wanted = np.flatnonzero(np.isin(twin, np.array(sorted(spots), np.int64)) & (twin > 0))
        found = self._database.execute(_LINES, (until.toordinal(), since.toordinal()))
        for spot, quantity, day, event, line, lines in found:
            where, when = codes(spot), codes(day)
            inside = np.isin(where, wanted) & (when >= since.toordinal()) & (when <= until.toordinal())
            places = np.flatnonzero(inside)
            if not len(places):
                continue
            much, events = quantities(quantity, lines), codes(event)
            told = self._told(events[places])
            for n in places:
                if known := told.get(int(events[n])):
                    at = int(where[n])
                    figure = scaled.quantity(int(much[n]) * int(rate[at]))
                    yield Standing(
                        known[0], int(twin[at]), *known[1:], int(codes(line)[n]), date.fromordinal(int(when[n])), figure
                    )

    def named(self, spots: Collection[int]) -> dict[int, Named]:
        """Spots by their numbers."""
        rows = [row for part in parts(sorted(int(n) for n in spots)) for row in self._in(_NAMES, part)]
        return {number: Named(*(text or "" for text in rest)) for number, *rest in rows}

    def _told(self, events: Codes) -> dict[int, tuple[str, str, str]]:
        """Events that stand: number → side, id, label."""
        numbers = sorted({int(n) for n in events})
        return {number: tuple(rest) for part in parts(numbers) for number, *rest in self._in(_EVENTS, part)}

    def _size(self) -> int:
        """Numbers of spots are less than that."""
        return int(self._database.execute("SELECT max(number) FROM spot").fetchone()[0] or 0) + 1

    def _meaning(self) -> tuple[Numbers, Numbers, int]:
        """By number of spot: the books' spot that it is compared at (0: none), the rate into its unit times the scale,
        and the scale."""
        import numpy as np

        row = self._database.execute("SELECT twin, rate, scale FROM meaning").fetchone() or (b"", b"", 1)
        return np.frombuffer(row[0], np.int64), np.frombuffer(row[1], np.int64), int(row[2])

    def _compared(self, sums: Numbers) -> Compared:
        import numpy as np

        twin, rate, scale = self._meaning()
        sums = sums[: len(twin)]
        if len(sums) and int(np.abs(sums).max()) * int(rate.max()) >= 2**63:
            raise OverflowError("quantities of this size cannot be compared exactly")
        own = twin == np.arange(len(twin))
        book = np.flatnonzero(own & (twin > 0))
        others = np.flatnonzero(~own & (twin > 0))
        desk = np.zeros(len(twin), np.int64)
        np.add.at(desk, twin[others], sums[others] * rate[others])
        return Compared(book, sums[book] * scale, desk[book], scale)
