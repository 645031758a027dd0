"""Reading an exchange plan's queue so that nothing is lost between 1C and us.

A message is asked for by number, kept on disk, and only then confirmed. Whatever fails before that leaves the number
unconfirmed: the same one is asked for again and brings what it brought and what was registered since (measured), so an
entry may come twice and never not at all. One reader per node. The queue is a file of changes in order; each copy of a
listing remembers up to which message it holds them.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import msgspec
import structlog

from ...errors import Blocked, Fatal, Reject, Retry, UchetError
from ..http import encode_json
from . import url
from .atom import Change, changes
from .metadata import Index
from .transport import Transport
from .values import parse_json

__all__ = ["Queue"]

log = structlog.get_logger(__name__)


class _State(msgspec.Struct):
    """``confirmed`` is the last message 1C knows we have, ``asked`` one that is not confirmed yet (0: none)."""

    confirmed: int = 0
    asked: int = 0
    kept: int = 0


class _Line(msgspec.Struct, array_like=True):
    number: int
    set: str
    id: str
    row: bytes | None


@dataclass(slots=True)
class Queue:
    """The queue of one node: ``plan`` is the set (``ExchangePlan_X``), ``node`` its key or code."""

    transport: Transport
    root: str
    plan: str
    node: str
    folder: Path
    index: Callable[[], Index]

    def key(self) -> str:
        """The node's key. Raises ``Blocked`` where it is not there."""
        return self._find()[0]

    def pull(self) -> int:
        """Fetch, keep and confirm what waits; the number of the last message kept. Raises ``Blocked`` for a node that
        is not there and for a packet that one record's character spoils (its code is ``packet_poisoned``)."""
        key, received = self._find()
        state = self._load()
        number = state.asked or max(state.confirmed, received) + 1
        self._save(_State(state.confirmed, number, state.kept))
        point = f"'{unquote(self.root)}/{self.plan}({url.guid(key)})'"
        query = url.options(DataExchangePoint=point, MessageNo=str(number))
        found = list(self._packet(query))
        if found:
            self._append(number, found)
        kept = number if found else state.kept
        self._save(_State(state.confirmed, number, kept))
        if found:
            self.transport.packet("NotifyChangesReceived", query)
        self._save(_State(number if found else state.confirmed, 0, kept))
        return kept

    def since(self, number: int, collection: str) -> dict[str, dict[str, Any] | None]:
        """What changed in a set after message ``number``: id → row, ``None`` for what is gone; the newest state."""
        found: dict[str, dict[str, Any] | None] = {}
        for line in self._lines():
            if line.number > number and line.set == collection:
                found[line.id] = None if line.row is None else parse_json(line.row)
        return found

    def last(self) -> int:
        """The number of the last message kept."""
        return self._load().kept

    def size(self) -> int:
        """Bytes kept."""
        return self._log.stat().st_size if self._log.exists() else 0

    def clear(self) -> None:
        """Forget what is kept; copies that lack it must be read anew."""
        self._log.unlink(missing_ok=True)

    # --- the node

    def _find(self) -> tuple[str, int]:
        """Key and last received number of the node, found by key or by code."""
        rows = self.transport.rows(url.segment(self.plan), what=self.plan)
        for row in rows:
            names = {str(row.get("Ref_Key")), str(row.get("Code", "")).strip(), str(row.get("Description", "")).strip()}
            if self.node in names and not row.get("ThisNode"):
                return str(row["Ref_Key"]), int(row.get("ReceivedNo") or 0)
        raise Blocked(
            "exchange_node",
            "The exchange plan {plan} has no node {node}.",
            hint="Create a node for uchet in 1C and write its code into node of [book.extra]; "
            "never use a node that another exchange reads.",
            plan=self.plan,
            node=self.node,
        )

    def _packet(self, query: str) -> Iterator[Change]:
        try:
            content = self.transport.packet("SelectChanges", query)
            yield from changes(content, self.index())
        except ValueError as error:
            raise Retry("answer_broken", "The answer of 1C came broken.") from error
        except (Fatal, Reject) as error:
            if error.evidence.get("status") == 400 and error.evidence.get("shape") == "odata":
                raise _poisoned(error) from error
            raise

    # --- files

    @property
    def _log(self) -> Path:
        return self.folder / "exchange.rows"

    @property
    def _state(self) -> Path:
        return self.folder / "exchange.state"

    def _load(self) -> _State:
        try:
            return msgspec.json.decode(self._state.read_bytes(), type=_State)
        except (OSError, msgspec.DecodeError):
            return _State()

    def _save(self, state: _State) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        part = self._state.with_suffix(".part")
        _write(part, msgspec.json.encode(state), "wb")
        part.replace(self._state)

    def _append(self, number: int, found: list[Change]) -> None:
        lines = [_Line(number, c.set, c.id, None if c.row is None else encode_json(c.row)) for c in found]
        _write(self._log, b"".join(msgspec.json.encode(_plain(line)) + b"\n" for line in lines), "ab")

    def _lines(self) -> Iterator[_Line]:
        """Lines kept; one cut short by a crash was never confirmed, so it is sent again and may be passed over."""
        try:
            with self._log.open("rb") as file:
                for raw in file:
                    try:
                        number, name, id, row = msgspec.json.decode(raw, type=tuple[int, str, str, str | None])
                    except msgspec.DecodeError:
                        continue
                    yield _Line(number, name, id, None if row is None else row.encode())
        except FileNotFoundError:
            return


def _plain(line: _Line) -> tuple[int, str, str, str | None]:
    return line.number, line.set, line.id, None if line.row is None else line.row.decode()


def _write(path: Path, content: bytes, mode: str) -> None:
    flags = os.O_WRONLY | os.O_CREAT | (os.O_APPEND if "a" in mode else os.O_TRUNC)
    with os.fdopen(os.open(path, flags, 0o600), mode) as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _poisoned(cause: UchetError) -> Blocked:
    return Blocked(
        "packet_poisoned",
        "1C cannot send its changes: one record holds a character that XML does not know.",
        hint="Until it is repaired changes are found by versions, which takes longer.",
        evidence=dict(cause.evidence),
    )
