"""Movement lines of both sides, kept column by column: of them every balance and every turnover of stock is made.

A file beside the state (``STATE.XXXXXXXX.lines``), filled from what the nightly run reads anyway. It holds no names of
people.

    spot      an item of an organisation at a place, as one side has it
    event     one version of a document of the books, or of a movement of the desk
    segment   lines in columns: spot, signed thousandths, day, event and place in it
    meaning   at which spot of the books each is compared, and at what rate

Lines are only added. Those of a version that changed or went are taken back: they stand once more, with the other sign,
in a segment that says so (``back``). A balance is therefore a plain sum over all segments.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from .balances import Balances
from .beside import beside_path, parts
from .columns import Buffer, Columns, codes, quantities

if TYPE_CHECKING:
    from .balances import Side

__all__ = ["OPENING", "UNTOLD", "Line", "Lines", "Meaning", "Move", "Spot", "lines_path", "thousandths"]

#: An item of an organisation at a place: (item, organisation, place), "" where a side has none.
Spot = tuple[str, str, str]
#: Begins the id of an event that no side told: what there was before the first line…
OPENING = "@opening"
#: … and what a side has more, or less, than its lines come to.
UNTOLD = "@untold"

_SCHEMA = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;
CREATE TABLE spot (number INTEGER PRIMARY KEY, side TEXT, item TEXT, organization TEXT, place TEXT,
    title TEXT, unit TEXT, at TEXT, owner TEXT, UNIQUE (side, item, organization, place));
CREATE TABLE event (number INTEGER PRIMARY KEY, side TEXT, id TEXT, label TEXT, digest BLOB, gone INTEGER);
CREATE UNIQUE INDEX event_of ON event (side, id) WHERE NOT gone;
CREATE TABLE segment (number INTEGER PRIMARY KEY, back INTEGER, lines INTEGER, first INTEGER, last INTEGER,
    spot BLOB, quantity BLOB, day BLOB, event BLOB, line BLOB);
CREATE TABLE meaning (twin BLOB, rate BLOB, scale INTEGER);
"""
#: Lines of a segment: so many are in memory at a time.
_SEGMENT = 1 << 18
#: Events looked up at a time.
_BATCH = 500
_KNOWN = "SELECT id, number, digest FROM event WHERE NOT gone AND side = ? AND id IN"
_SPOT = "SELECT number FROM spot WHERE side = ? AND item = ? AND organization = ? AND place = ?"
_FIRST = date.min.toordinal()
_MOST = 10**15
#: Places of a rate, and the greatest one: others are no coefficient of units.
_PLACES, _RATE = 6, 10**6


@dataclass(frozen=True, slots=True)
class Line:
    """``day``: of the books' calendar; ``quantity``: thousandths, signed as stock goes."""

    spot: Spot
    day: date
    quantity: int


@dataclass(frozen=True, slots=True)
class Move:
    """A document of the books, or a movement of the desk, as it is now. ``label``: what people call it."""

    id: str
    label: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Meaning:
    """A spot of the desk is compared at a spot of the books: one of its units is ``factor`` of theirs. The rest is what
    people call the item, its unit, the place and the organisation there."""

    desk: Spot
    book: Spot
    factor: Decimal = Decimal(1)
    title: str = ""
    unit: str = ""
    at: str = ""
    owner: str = ""


def lines_path(state: Path, pair: str) -> Path:
    """Where the movement lines of a pair are kept."""
    return beside_path(state, pair, "lines")


def thousandths(quantity: Decimal) -> int:
    """Raises ``ValueError`` for one that fifteen digits, three of them places, do not hold: 1C has no others."""
    found = quantity.scaleb(3)
    if found != found.to_integral_value() or abs(found) >= _MOST:
        raise ValueError(f"{quantity} is no quantity of three places")
    return int(found)


class Lines(Balances):
    """The movement lines of one pair. Of each side: ``register`` all that it shows, then ``settle``, then ``hold``; and
    ``mean``, ``keep``."""

    FORMAT = 1
    SCHEMA = _SCHEMA
    #: Columns are read in long stretches, straight from the file where it is mapped; a first night writes the
    #: dictionary in no order, of which no more than 32 MiB are held.
    PRAGMAS = f"PRAGMA page_size=16384; PRAGMA mmap_size={1 << 40}; PRAGMA cache_size=-32768;"

    def __init__(self, path: Path | None) -> None:
        super().__init__(path)
        self._forget()

    def _forget(self) -> None:
        """Nothing of a night is in memory."""
        self._buffer = Buffer()
        self._spots: dict[tuple[str, Spot], int] = {}
        self._shown: dict[str, set[int]] = {}
        self._back: set[int] = set()
        self._next = 0

    def begin(self) -> bool:
        if not super().begin():
            return False
        self._next = int(self._all("SELECT max(number) FROM event")[0][0] or 0) + 1
        return True

    def leave(self) -> None:
        super().leave()
        self._forget()

    def keep(self, taken: str) -> None:
        """The night is over, and all of it stays. ``taken``: when both sides were read, as text."""
        with self._turn:
            self._flush()
            self._database.execute("INSERT OR REPLACE INTO meta VALUES ('taken', ?)", (taken,))
            self._database.execute("COMMIT")
            self._forget()

    # -- what a side shows ------------------------------------------------------------------------------------------

    def register(self, side: Side, moves: Iterable[Move]) -> None:
        """What is new, or not as it was, is written down; of an id that comes twice the last one counts."""
        given = iter(moves)
        while part := {move.id: move for move in islice(given, _BATCH)}:
            with self._turn:
                self._register(side, part)

    def _register(self, side: Side, moves: Mapping[str, Move]) -> None:
        known = {id: rest for id, *rest in self._in(_KNOWN, list(moves), side)}
        shown, gone, new = self._shown.setdefault(side, set()), [], []
        for move in moves.values():
            number, digest = known.get(move.id, (0, b""))
            lines = [(self._spot(side, one.spot), one.day.toordinal(), one.quantity) for one in move.lines]
            fresh = _digest(move.label, lines)
            if fresh == digest:
                shown.add(number)
                continue
            gone += [number] if number else []
            new.append((self._next, side, move.id, move.label, fresh))
            shown.add(self._next)
            self._buffer.add(self._next, lines)
            self._next += 1
        self._drop(gone)
        self._database.executemany("INSERT INTO event VALUES (?, ?, ?, ?, ?, 0)", new)
        if len(self._buffer) >= _SEGMENT:
            self._flush()

    def _drop(self, events: Sequence[int]) -> None:
        self._database.executemany("UPDATE event SET gone = 1 WHERE number = ?", [(n,) for n in events])
        self._back.update(events)

    def settle(self, side: Side) -> None:
        """``side`` has shown all it has: what it did not show is gone."""
        with self._turn:
            told = self._all("SELECT number FROM event WHERE NOT gone AND side = ? AND digest <> x''", side)
            self._drop([n for (n,) in told if n not in self._shown.get(side, ())])
            self._flush()
            if self._heavy():
                self._compact()

    def hold(self, side: Side, stock: Mapping[Spot, int | None], day: date) -> None:
        """``stock`` is all that ``side`` has on ``day``, in thousandths (``None``: not to be told in them). Where its
        lines do not come to that, a line that nobody told says so: at first what there was before them all."""
        import numpy as np

        with self._turn:
            wanted = {self._spot(side, spot): quantity for spot, quantity in stock.items()}
            self._flush()
            known = self._all("SELECT count(*) FROM event WHERE side = ? AND digest = x''", side)[0][0]
            sums = self.sums()
            held = np.zeros(len(sums), np.int64)
            for number, quantity in wanted.items():
                held[number] = sums[number] if quantity is None else quantity
            own = np.array([n for (n,) in self._all("SELECT number FROM spot WHERE side = ?", side)], np.int64)
            own = own[held[own] != sums[own]]
            id, when = (f"{UNTOLD}{known}", day.toordinal()) if known else (OPENING, _FIRST)
            if len(own) or not known:
                self._database.execute("INSERT INTO event VALUES (?, ?, ?, '', x'', 0)", (self._next, side, id))
                self._buffer.add(self._next, [(int(n), when, int(held[n] - sums[n])) for n in own])
                self._next += 1
                self._flush()

    def mean(self, meanings: Iterable[Meaning]) -> None:
        """What is compared with what from now on; nothing else is."""
        import numpy as np

        found = [one for one in meanings if _exponent(one.factor) >= -_PLACES and 0 < one.factor < _RATE]
        scale = 10 ** max((-_exponent(one.factor) for one in found), default=0)
        pairs = [(self._spot("desk", one.desk), self._spot("book", one.book), one) for one in found]
        twin, rate = np.zeros(self._size(), np.int64), np.zeros(self._size(), np.int64)
        for desk, book, one in pairs:
            twin[desk], rate[desk] = book, int(one.factor * scale)
            twin[book], rate[book] = book, scale
        names = [(one.title, one.unit, one.at, one.owner, book) for _, book, one in pairs]
        with self._turn:
            run = self._database.executemany
            run("UPDATE spot SET title = ?, unit = ?, at = ?, owner = ? WHERE number = ?", names)
            self._database.execute("DELETE FROM meaning")
            run("INSERT INTO meaning VALUES (?, ?, ?)", [(twin.tobytes(), rate.tobytes(), scale)])

    def _spot(self, side: Side, spot: Spot) -> int:
        found = self._spots.get((side, spot))
        if found is None:
            row = self._database.execute(_SPOT, (side, *spot)).fetchone()
            insert = "INSERT INTO spot (side, item, organization, place) VALUES (?, ?, ?, ?)"
            found = int(row[0] if row else self._database.execute(insert, (side, *spot)).lastrowid or 0)
            self._spots[side, spot] = found
        return found

    # -- segments ---------------------------------------------------------------------------------------------------

    def _flush(self) -> None:
        """What waits becomes segments: new lines, and those of versions that stand no more."""
        if len(self._buffer):
            self._write(self._buffer.columns(), back=False)
            self._buffer = Buffer()
        if self._back:
            for _, columns in self._of(self._back):
                self._write(columns.negated(), back=True)
            self._back = set()

    def _of(self, events: Iterable[int], *, without: bool = False) -> Iterator[tuple[int, Columns]]:
        """(segment, its lines of ``events``, or all but those)."""
        import numpy as np

        wanted = np.array(sorted(events), np.int32)
        for (number,) in self._all("SELECT number FROM segment WHERE NOT back"):
            [row] = self._all("SELECT lines, spot, quantity, day, event, line FROM segment WHERE number = ?", number)
            columns = Columns(codes(row[1]), quantities(row[2], row[0]), *map(codes, row[3:]))
            chosen = np.isin(columns.event, wanted) != without
            if chosen.any():
                yield number, columns.at(chosen)

    def _write(self, columns: Columns, *, back: bool) -> None:
        row = (back, len(columns), int(columns.day.min()), int(columns.day.max()), *columns.ordered().blobs())
        self._database.execute(f"INSERT INTO segment VALUES (NULL, {', '.join('?' * len(row))})", row)

    def _heavy(self) -> bool:
        """Whether more lines were taken back than stand."""
        query = "SELECT total(lines) FILTER (WHERE NOT back), total(lines) FILTER (WHERE back) FROM segment"
        plain, back = self._all(query)[0]
        return bool(2 * back > plain)

    def _compact(self) -> None:
        """Versions that stand no more go, with what took them back."""
        gone = [n for (n,) in self._all("SELECT number FROM event WHERE gone")]
        old = [n for (n,) in self._all("SELECT number FROM segment")]
        for _, columns in self._of(gone, without=True):
            self._write(columns, back=False)
        for part in parts(old):
            self._in("DELETE FROM segment WHERE number IN", part)
        self._all("DELETE FROM event WHERE gone")


def _digest(label: str, lines: Sequence[tuple[int, int, int]]) -> bytes:
    """``lines`` by the numbers of their spots, which stay while the file does."""
    return hashlib.blake2b(repr((label, lines)).encode(), digest_size=8).digest()


def _exponent(factor: Decimal) -> int:
    """Nought or less: how many places there are."""
    exponent = factor.normalize().as_tuple().exponent
    return min(exponent, 0) if isinstance(exponent, int) else -_PLACES - 1
