"""A database beside the state, derived from it and from the sides: lost, damaged or of another uchet it begins anew."""

from __future__ import annotations

import hashlib
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, ClassVar

__all__ = ["Beside", "BesideError", "beside_path", "parts", "remove"]

#: The file cannot be read or written: it is begun anew.
BesideError = sqlite3.Error

#: Values in one IN (…).
_MANY = 500


def beside_path(state: Path, pair: str, ending: str) -> Path:
    """Where something of a pair is kept beside the state."""
    return state.with_name(f"{state.name}.{hashlib.sha256(pair.encode()).hexdigest()[:8]}.{ending}")


class Beside:
    """One pair's database. Everything between ``begin`` and the end of a night is one transaction: a night that does
    not end leaves what the night before kept. Threads take turns."""

    #: Another one means that the file is begun anew.
    FORMAT: ClassVar[int]
    SCHEMA: ClassVar[str]
    #: Settings of the file that must be made before it has pages.
    PRAGMAS: ClassVar[str] = ""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._turn = threading.RLock()
        if path is not None:
            path.touch(mode=0o600, exist_ok=True)
        self._database = sqlite3.connect(path or ":memory:", check_same_thread=False, isolation_level=None)
        try:
            self._prepare()
        except BaseException:
            self._database.close()
            raise

    def _prepare(self) -> None:
        self._database.execute("PRAGMA busy_timeout=0")
        if self.PRAGMAS:
            self._database.executescript(self.PRAGMAS)
        if self._path is not None:
            self._database.execute("PRAGMA journal_mode=WAL")
            self._database.execute("PRAGMA synchronous=NORMAL")  # losing the last night costs work, nothing else
        if self._database.execute("PRAGMA user_version").fetchone()[0] != self.FORMAT:
            script = f"BEGIN; {self._drops()} {self.SCHEMA} PRAGMA user_version={self.FORMAT}; COMMIT;"
            self._database.executescript(script)

    def _drops(self) -> str:
        names = self._database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        return "".join(f'DROP TABLE "{name}";' for (name,) in names)

    def begin(self) -> bool:
        """Start a night; what an earlier one did not finish is taken back. False while another process writes."""
        self.leave()
        try:
            self._database.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            return False
        return True

    def leave(self) -> None:
        """Nothing of this night stays."""
        with self._turn, suppress(sqlite3.Error):
            if self._database.in_transaction:
                self._database.execute("ROLLBACK")

    def close(self) -> None:
        self.leave()
        self._database.close()

    def meta(self, name: str) -> str:
        found = self._database.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
        return str(found[0]) if found else ""

    def _all(self, query: str, *values: object) -> list[Any]:
        with self._turn:
            return self._database.execute(query, values).fetchall()

    def _in(self, query: str, part: Sequence[object], *before: object) -> list[Any]:
        return self._all(f"{query} ({','.join('?' * len(part))})", *before, *part)


def remove(path: Path | None) -> None:
    """Delete such a file with all that SQLite keeps beside it."""
    if path is not None:
        for tail in ("", "-wal", "-shm"):
            with suppress(OSError):
                path.with_name(path.name + tail).unlink(missing_ok=True)


def parts(values: Sequence[Any]) -> Iterator[Sequence[Any]]:
    """``values`` in pieces that fit into one IN (…)."""
    for start in range(0, len(values), _MANY):
        yield values[start : start + _MANY]
