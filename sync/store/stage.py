"""The rows that both sides gave last night, as they came: what did not change since need not be looked at again.

A file beside the state, and derived from it and from the sides: lost, damaged or of another uchet it is begun anew, and
one night looks at everything. It holds names of people, so ``uchet forget`` removes it.

    source   one listing, and its query
    digest   the digests of a source in ascending order, each with the number of its row, a part of them in each line
    row      a row as it came, and the record that it belongs to
    record   a record as last composed: whether it must be looked at every night (loud), and its organisation
    key      what could make another record its rival
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from .beside import Beside, BesideError, beside_path, parts, remove

if TYPE_CHECKING:  # a command that only opens the state needs no arrays, which take long to load
    import numpy as np
    import numpy.typing as npt

    Numbers = npt.NDArray[np.int64]
    Digests = npt.NDArray[np.uint64]

__all__ = ["Known", "Past", "Stage", "remove", "stage_path"]


_SCHEMA = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;
CREATE TABLE source (id INTEGER PRIMARY KEY, name TEXT UNIQUE, query TEXT);
CREATE TABLE digest (source INTEGER, part INTEGER, digests BLOB, rows BLOB, PRIMARY KEY (source, part));
CREATE TABLE row (number INTEGER PRIMARY KEY, source INTEGER, record TEXT, body BLOB);
CREATE INDEX row_of ON row (source, record);
CREATE TABLE record (kind TEXT, side TEXT, id TEXT, loud INTEGER, scope TEXT, PRIMARY KEY (kind, side, id))
    WITHOUT ROWID;
CREATE INDEX record_loud ON record (kind, side) WHERE loud;
CREATE TABLE key (kind TEXT, side TEXT, id TEXT, key TEXT, PRIMARY KEY (kind, side, id, key)) WITHOUT ROWID;
CREATE INDEX key_of ON key (kind, key);
"""


@dataclass(frozen=True, slots=True)
class Known:
    """The rows of one source: digests in ascending order, and each row's number."""

    source: int
    digests: Digests
    rows: Numbers


@dataclass(frozen=True, slots=True)
class Past:
    """A composed record as it is remembered: ``scope`` is ``None`` for one out of service."""

    id: str
    loud: bool
    scope: str | None
    keys: Sequence[str]


def stage_path(state: Path, pair: str) -> Path:
    """Where the rows of a pair are kept."""
    return beside_path(state, pair, "rows")


class Stage(Beside):
    """The staged rows of one pair."""

    FORMAT = 2
    SCHEMA = _SCHEMA

    # -- one night --------------------------------------------------------------------------------------------------

    def keep(self, meta: Mapping[str, str]) -> None:
        """The night is over: what was read and noted stays; what an earlier night kept and this one did not is void."""
        with self._turn:
            self._database.execute("DELETE FROM meta")
            self._database.executemany("INSERT INTO meta VALUES (?, ?)", meta.items())
            self._database.execute("COMMIT")

    # -- rows -------------------------------------------------------------------------------------------------------

    def known(self, name: str, query: str) -> Known:
        """What is known of a source; nothing where another query was asked before."""
        import numpy as np

        with self._turn:
            row = self._database.execute("SELECT * FROM source WHERE name = ?", (name,)).fetchone()
            if row is not None and row[2] != query:
                for table, column in (("row", "source"), ("digest", "source"), ("source", "id")):
                    self._database.execute(f"DELETE FROM {table} WHERE {column} = ?", (row[0],))
                row = None
            if row is None:
                made = self._database.execute("INSERT INTO source VALUES (NULL, ?, ?)", (name, query))
                row = (made.lastrowid, name, query)
            size = "SELECT coalesce(sum(length(digests)), 0) FROM digest WHERE source = ?"
            count = self._database.execute(size, (row[0],)).fetchone()[0] // 8
            digests, rows, at = np.empty(count, np.uint64), np.empty(count, np.int64), 0
            pieces = self._database.execute("SELECT digests, rows FROM digest WHERE source = ? ORDER BY part", row[:1])
            for one, two in pieces:
                if len(one) != len(two) or len(one) % 8:
                    raise BesideError("digests without their rows")
                end = at + len(one) // 8
                digests[at:end], rows[at:end] = np.frombuffer(one, np.uint64), np.frombuffer(two, np.int64)
                at = end
        return Known(row[0], digests, rows)

    def add(self, source: int, rows: Sequence[tuple[str, bytes]]) -> Numbers:
        """Rows with the record each belongs to; their numbers."""
        import numpy as np

        with self._turn:
            last = self._database.execute("SELECT max(number) FROM row").fetchone()[0] or 0
            numbers = range(last + 1, last + 1 + len(rows))
            given = [(n, source, id, body) for n, (id, body) in zip(numbers, rows, strict=True)]
            self._database.executemany("INSERT INTO row VALUES (?, ?, ?, ?)", given)
        return np.arange(last + 1, last + 1 + len(rows), dtype=np.int64)

    def settle(self, source: int, pieces: Iterable[tuple[Digests, Numbers]], gone: Numbers) -> None:
        """What ``source`` consists of now, a piece at a time: digests in ascending order, and their rows; ``gone`` are
        rows that are no longer part of it."""
        with self._turn:
            self._database.executemany("DELETE FROM row WHERE number = ?", [(int(n),) for n in gone])
            self._database.execute("DELETE FROM digest WHERE source = ?", (source,))
            lines = ((source, part, digests, rows) for part, (digests, rows) in enumerate(pieces))
            self._database.executemany("INSERT INTO digest VALUES (?, ?, ?, ?)", lines)

    def records_of(self, numbers: Numbers) -> set[str]:
        """The records that rows belong to."""
        found: set[str] = set()
        for part in parts([int(n) for n in numbers]):
            found.update(id for (id,) in self._in("SELECT record FROM row WHERE number IN", part))
        return found

    def bodies(self, source: int, ids: Collection[str] | None) -> Iterator[tuple[str, bytes]]:
        """(record, row as it came) of some records, or of all."""
        if ids is None:
            with self._turn:
                found = self._database.execute(
                    "SELECT record, body FROM row WHERE source = ? ORDER BY number", (source,)
                ).fetchall()
            yield from found
            return
        for part in parts(sorted(ids)):
            yield from self._in("SELECT record, body FROM row WHERE source = ? AND record IN", part, source)

    # -- records ----------------------------------------------------------------------------------------------------

    def loud(self, kind: str, side: str) -> set[str]:
        """Records that must be looked at every night."""
        rows = self._all("SELECT id FROM record WHERE kind = ? AND side = ? AND loud", kind, side)
        return {id for (id,) in rows}

    def scopes(self, kind: str, side: str, ids: Collection[str] | None = None) -> list[tuple[str, int]]:
        """Organisation → how many records in service, of some records or of all."""
        query = "SELECT scope, count(*) FROM record WHERE kind = ? AND side = ? AND scope IS NOT NULL"
        if ids is None:
            return list(self._all(f"{query} GROUP BY scope", kind, side))
        found = []
        for part in parts(sorted(ids)):
            marks = ",".join("?" * len(part))
            found += self._all(f"{query} AND id IN ({marks}) GROUP BY scope", kind, side, *part)
        return found

    def rivals(self, kind: str, keys: Collection[str]) -> set[tuple[str, str]]:
        """(side, id) of the records that carry one of ``keys``."""
        found: set[tuple[str, str]] = set()
        for part in parts(sorted(keys)):
            found.update(self._in("SELECT side, id FROM key WHERE kind = ? AND key IN", part, kind))
        return found

    def note(self, kind: str, side: str, past: Iterable[Past], looked: Iterable[str] | None) -> None:
        """What is remembered of the records ``looked`` at this night (``None``: of all), in place of what was."""
        past = list(past)
        with self._turn:
            run = self._database.executemany
            for table in ("record", "key"):
                if looked is None:
                    self._database.execute(f"DELETE FROM {table} WHERE kind = ? AND side = ?", (kind, side))
                else:
                    old = [(kind, side, id) for id in looked]
                    run(f"DELETE FROM {table} WHERE kind = ? AND side = ? AND id = ?", old)
            run("INSERT INTO record VALUES (?, ?, ?, ?, ?)", [(kind, side, p.id, p.loud, p.scope) for p in past])
            run("INSERT INTO key VALUES (?, ?, ?, ?)", [(kind, side, p.id, key) for p in past for key in p.keys])
