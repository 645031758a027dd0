"""Copies of listings beside the state, so that only what changed has to be fetched.

A copy is one file: a head that says what it is a copy of, then each row as it came, with its id and version. It is
written anew beside the old one and put in its place when the listing has ended well, so a run that dies leaves the
copy it found. Rows are streamed; memory holds ids and versions alone. A copy holds what the base holds, people's names
too: the files are readable by their owner only and may be deleted at any time, which costs one full reading.
"""

from __future__ import annotations

import hashlib
import os
import struct
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from ..base import Query
from ..http import encode_json

__all__ = ["Copy", "Head", "Mirror", "Part", "digest"]

FORMAT = 1
_LENGTH = struct.Struct(">I")


class Head(msgspec.Struct, frozen=True):
    """What a copy is of. ``index`` is the digest of the ``$metadata`` it was read under, ``taken`` the time (seconds
    since 1970) of the last full reading, ``number`` the exchange message it holds the changes of."""

    collection: str
    index: str
    taken: float
    number: int = 0
    format: int = FORMAT


class Copy:
    """One stored listing."""

    def __init__(self, path: Path, head: Head) -> None:
        self.head = head
        self._path = path

    def rows(self) -> Iterator[tuple[str, str, bytes]]:
        """(id, version, the row as JSON), in the order they were kept."""
        with self._path.open("rb") as file:
            _chunk(file)
            while (found := _chunk(file)) is not None:
                id, version, body = msgspec.msgpack.decode(found, type=tuple[str, str, bytes])
                yield id, version, body

    def versions(self) -> dict[str, str]:
        """Id → version of everything."""
        return {id: version for id, version, _ in self.rows()}


class Part:
    """A copy being written."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.good = False

    def add(self, id: str, version: str, row: Mapping[str, Any] | bytes) -> None:
        """Keep one row."""
        body = row if isinstance(row, bytes) else encode_json(_bare(row))
        _put(self._file, msgspec.msgpack.encode((id, version, body)))


class Mirror:
    """The copies of one base in one folder. Files that end in anything else than ``rows`` are not for anybody to
    delete."""

    def __init__(self, folder: Path, base: str, end: str = "rows") -> None:
        self._folder = folder
        self._base = base
        self._end = end

    def path(self, query: Query) -> Path:
        """Where the copy of a listing is: another file for other fields, conditions or parameters."""
        asked = [query.collection, list(query.fields), repr(sorted(query.where.items())), sorted(query.params)]
        name = hashlib.sha256(msgspec.json.encode([self._base, asked])).hexdigest()[:24]
        return self._folder / f"copy-{name}.{self._end}"

    def load(self, query: Query, index: str) -> Copy | None:
        """The copy, if there is one and the base still publishes what it did then."""
        path = self.path(query)
        try:
            with path.open("rb") as file:
                head = msgspec.msgpack.decode(_chunk(file) or b"", type=Head)
        except (OSError, msgspec.DecodeError, ValueError):
            return None
        fits = head.format == FORMAT and head.collection == query.collection and head.index == index
        return Copy(path, head) if fits else None

    @contextmanager
    def rewrite(self, query: Query, head: Head) -> Iterator[Part]:
        """Write a copy; it replaces the old one only if the block ends with ``part.good`` set."""
        path = self.path(query)
        self._folder.mkdir(parents=True, exist_ok=True)
        part_path = path.with_suffix(f".{os.getpid()}.part.{self._end}")
        descriptor = os.open(part_path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            with os.fdopen(descriptor, "wb", buffering=1 << 20) as file:
                part = Part(file)
                _put(file, msgspec.msgpack.encode(head))
                yield part
                if part.good:
                    file.flush()
                    os.fsync(file.fileno())
            if part.good:
                part_path.replace(path)
        finally:
            with suppress(OSError):
                part_path.unlink(missing_ok=True)

    def forget(self) -> None:
        """Delete all copies: everything is read anew next time."""
        for path in self._folder.glob("copy-*"):
            path.unlink(missing_ok=True)


def digest(row: Mapping[str, Any]) -> str:
    """What stands for a version where records have none: equal for equal values, whatever their order."""
    return hashlib.blake2b(encode_json(dict(sorted(_bare(row).items()))), digest_size=12).hexdigest()


def _bare(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if "@" not in name and not name.startswith("odata.")}


def _put(file: BinaryIO, body: bytes) -> None:
    file.write(_LENGTH.pack(len(body)))
    file.write(body)


def _chunk(file: BinaryIO) -> bytes | None:
    length = file.read(_LENGTH.size)
    return file.read(_LENGTH.unpack(length)[0]) if len(length) == _LENGTH.size else None
