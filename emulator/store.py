"""Objects of the emulated base in SQLite (or memory): one writer, committed before any answer leaves.

A write-ahead log with ``synchronous=NORMAL`` survives the death of the process at any instant; a power cut is not
promised. Bodies are kept in memory too and are never changed in place, so that readers need no copies and no locks
beyond the moment of listing.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec

__all__ = ["Body", "Store"]

Body = dict[str, Any]
_ENCODE = msgspec.json.Encoder(decimal_format="number").encode
_DECODE = msgspec.json.Decoder(float_hook=Decimal).decode
_SCHEMA = """
CREATE TABLE IF NOT EXISTS records (collection TEXT, key TEXT, body BLOB, PRIMARY KEY (collection, key));
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value BLOB);
"""


class Store:
    """All records by (collection, key) plus a few named values (the version counter, settings of the base)."""

    def __init__(self, path: Path | str | None = None) -> None:
        self.lock = threading.RLock()
        self._db = sqlite3.connect(str(path) if path else ":memory:", check_same_thread=False, isolation_level=None)
        if path:
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=NORMAL")
        self._db.executescript(_SCHEMA)
        self._data: dict[str, dict[str, Body]] = {}
        for collection, key, body in self._db.execute("SELECT collection, key, body FROM records ORDER BY rowid"):
            self._data.setdefault(collection, {})[key] = _DECODE(body)
        self._meta: dict[str, Any] = {name: _DECODE(value) for name, value in self._db.execute("SELECT * FROM meta")}
        self._undo: list[tuple[str, str, Body | None]] = []
        self._depth = 0
        #: Told of every change in memory as (collection, key, before, after), rollbacks included.
        self.watch: Callable[[str, str, Body | None, Body | None], None] = lambda *_: None
        #: Told of every write as (collection, key) inside its transaction, names that begin with ``@`` excepted.
        self.changed: Callable[[str, str], None] = lambda *_: None

    def close(self) -> None:
        """Close the file; the store must not be used afterwards."""
        with self.lock:
            self._db.close()

    @contextmanager
    def write(self) -> Iterator[None]:
        """One transaction (nested ones join it): all or nothing, on disk when the block ends."""
        with self.lock:
            point = f"level{self._depth}"
            self._db.execute(f"SAVEPOINT {point}" if self._depth else "BEGIN IMMEDIATE")
            mark, meta = len(self._undo), dict(self._meta)
            self._depth += 1
            try:
                yield
            except BaseException:
                self._depth -= 1
                self._db.execute(f"ROLLBACK TO {point}" if self._depth else "ROLLBACK")
                self._restore(mark, meta)
                raise
            self._depth -= 1
            self._db.execute(f"RELEASE {point}" if self._depth else "COMMIT")
            if not self._depth:
                self._undo.clear()

    def _restore(self, mark: int, meta: dict[str, Any]) -> None:
        while len(self._undo) > mark:
            collection, key, body = self._undo.pop()
            now = self._data[collection].get(key)
            if body is None:
                self._data[collection].pop(key, None)
            else:
                self._data[collection][key] = body
            self.watch(collection, key, now, body)
        self._meta = meta

    def get(self, collection: str, key: str) -> Body | None:
        """One record, or None."""
        with self.lock:
            return self._data.get(collection, {}).get(key)

    def items(self) -> Iterator[tuple[str, str, Body]]:
        """Everything, for building indexes at start."""
        for collection, bodies in self._data.items():
            for key, body in bodies.items():
                yield collection, key, body

    def all(self, collection: str) -> list[Body]:
        """A snapshot of a collection's records."""
        with self.lock:
            return list(self._data.get(collection, {}).values())

    def keys(self, collection: str) -> list[str]:
        """A snapshot of a collection's keys."""
        with self.lock:
            return list(self._data.get(collection, {}))

    def put(self, collection: str, key: str, body: Body) -> None:
        """Store a record; only inside ``write``."""
        old = self.get(collection, key)
        self._undo.append((collection, key, old))
        self._data.setdefault(collection, {})[key] = body
        self._db.execute("INSERT OR REPLACE INTO records VALUES (?, ?, ?)", (collection, key, _ENCODE(body)))
        self.watch(collection, key, old, body)
        if not collection.startswith("@"):
            self.changed(collection, key)

    def delete(self, collection: str, key: str) -> None:
        """Drop a record where it exists; only inside ``write``."""
        old = self.get(collection, key)
        if old is not None:
            self._undo.append((collection, key, old))
            del self._data[collection][key]
            self._db.execute("DELETE FROM records WHERE collection = ? AND key = ?", (collection, key))
            self.watch(collection, key, old, None)
            if not collection.startswith("@"):
                self.changed(collection, key)

    def meta(self, name: str, default: Any = None) -> Any:
        """A named value."""
        return self._meta.get(name, default)

    def set_meta(self, name: str, value: Any) -> None:
        """Store a named value; only inside ``write``."""
        self._meta[name] = value
        self._db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (name, _ENCODE(value)))
