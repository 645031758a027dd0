"""One node of the universal format: what its messages brought, kept on disk, and the numbers that say who knows what.

1C sends what changed since the last confirmed message and nothing else, so what was ever received is the only full
listing there is: it is kept in copies (``mirror.py``), one a set. A message is laid into the copies first, then its
number is written down, then it is confirmed. Whatever fails before that leaves it unconfirmed: 1C sends the same
objects again with the next message, and laying them in twice changes nothing. One reader per node.

An object that 1C reports as gone stays with ``DeletionMark`` set: a mark for deletion and a removal look alike here. A
document whose posting is taken back is not reported at all (by the usual rules), and stays as it was.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

import msgspec
import structlog
from lxml import etree

from ....errors import Blocked, Retry, UchetError, Unknown
from ...base import Query
from ...http import encode_json
from ..mirror import Head, Mirror
from ..values import parse_json
from .exchange import Exchange, message
from .messages import Header, header, objects, receipt
from .objects import REMOVED, Known, known, read, removed

__all__ = ["Node"]

log = structlog.get_logger(__name__)

_INDEX = "EnterpriseData"
_GONE = "-"


class _State(msgspec.Struct):
    """``sent``: the last number given to a message of ours; ``received``: the last message laid into the copies."""

    sent: int = 0
    received: int = 0
    sender: str = ""
    sends: list[str] | None = None
    #: Set → how many objects its copy holds: one that holds another number is not ours.
    kept: dict[str, int] = {}
    format: int = 1


class Node:
    """What the node of ``exchange`` brought, in ``folder``. Raises from ``uchet.errors`` only."""

    def __init__(
        self,
        exchange: Exchange,
        folder: Path,
        where: str,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        *,
        huge: bool = False,
    ) -> None:
        name = hashlib.sha256(where.encode()).hexdigest()[:16]
        self._exchange = exchange
        self._folder = folder / f"onec-node-{name}"
        self._mirror = Mirror(self._folder, name, "kept")
        self._now = now
        self._huge = huge
        self._lock = threading.Lock()
        #: What a person should know although the copies are good.
        self.notes: tuple[UchetError, ...] = ()

    @property
    def sender(self) -> str:
        """The code of the base's own node; "" before the first message."""
        return self._state().sender

    def kinds(self) -> Mapping[str, Known]:
        """What the base said it sends, by the set it stands for; nothing before the first message."""
        state = self._state()
        sends = known().keys() if state.sends is None else {*state.sends}
        return {kind.collection: kind for name, kind in known().items() if state.received and name in sends}

    def test(self) -> None:
        """Whether the node is known and may exchange; raises ``Blocked`` with 1C's reason."""
        self._exchange.test()

    def receive(self) -> None:
        """Everything that is waiting, laid into the copies and confirmed."""
        with self._lock, ExitStack() as stack:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="message-", dir=self._folder))
            file = Path(folder) / "message.zip"
            self._exchange.receive(file)
            with message(file) as source:
                found = header(source, huge=self._huge)
            state = self._state()
            _check(state, found)
            brought, kept = self._laid_in(file, found, Path(folder), state.kept)
            state.kept.update(kept)
            state.received, state.sender = found.number, found.sender
            state.sends = None if found.sends is None else sorted(found.sends)
            self._keep(state)
            log.info("message_received", number=found.number, objects=brought)
            self.notes = self._confirmed(state, found, Path(folder)) if brought else ()

    def rows(self, collection: str) -> Iterator[dict[str, Any]]:
        """Everything known of one set, as it was last received."""
        expected, found = self._state().kept.get(collection, 0), 0
        copy = self._mirror.load(Query(collection), _INDEX)
        for _, gone, body in copy.rows() if copy else ():
            found += 1
            row: dict[str, Any] = parse_json(body)
            yield {**row, "DeletionMark": True} if gone == _GONE else row
        if found != expected:
            raise _behind()

    # --- laying in

    def _laid_in(
        self, file: Path, found: Header, folder: Path, before: Mapping[str, int]
    ) -> tuple[int, dict[str, int]]:
        """How many objects came (those of types that are not read are passed over), and what each copy holds now."""
        count, kept, pieces = 0, dict[str, int](), _Pieces(folder)
        with pieces, message(file) as source:
            for element in objects(source, found.version, {REMOVED, *known(), *(found.sends or ())}, huge=self._huge):
                count += 1
                pieces.put(*_piece(etree.QName(element).localname, element))
            for kind, file_ in pieces.files():
                if before.get(kind.collection) and self._mirror.load(Query(kind.collection), _INDEX) is None:
                    raise _behind()
                kept[kind.collection] = self._merge(kind, file_, found.number)
        return count, kept

    def _merge(self, kind: Known, pieces: IO[bytes], number: int) -> int:
        """Rewrite one copy with what came: the last word on an object counts. How many it holds then."""
        count = 0
        last = {line[:36]: at for at, line in enumerate(pieces)}
        query = Query(kind.collection)
        old = self._mirror.load(query, _INDEX)
        pieces.seek(0)
        gone = {line[:36].decode() for at, line in enumerate(pieces) if last[line[:36]] == at and line[37:38] == b"-"}
        with self._mirror.rewrite(query, Head(kind.collection, _INDEX, time.time(), number)) as part:
            for id, mark, body in old.rows() if old else ():
                if id in gone or id.encode() not in last:
                    part.add(id, _GONE if id in gone else mark, body)
                    count += 1
            pieces.seek(0)
            for at, line in enumerate(pieces):
                if last[line[:36]] == at and line[37:38] != b"-":
                    part.add(line[:36].decode(), "", line[37:-1])
                    count += 1
            part.good = True
        return count

    # --- numbers

    def _confirmed(self, state: _State, found: Header, folder: Path) -> tuple[UchetError, ...]:
        """Tell 1C what we have. What that fails with spoils no listing: 1C will send the same once more."""
        state.sent += 1
        self._keep(state)  # before it is sent: a number that 1C may have seen is never used again
        archive = folder / "receipt.zip"
        archive.write_bytes(receipt(found, state.sent, self._now(), known().keys()))
        try:
            self._exchange.send(archive)
        except (Retry, Unknown) as error:
            log.warning("message_unconfirmed", number=found.number, code=error.code)
        except Blocked as error:
            return (error,)
        return ()

    def _state(self) -> _State:
        try:
            return msgspec.json.decode((self._folder / "node.json").read_bytes(), type=_State)
        except FileNotFoundError:
            return _State()
        except msgspec.DecodeError as error:
            raise _behind() from error

    def _keep(self, state: _State) -> None:
        with _replacing(self._folder / "node.json") as file:
            file.write(msgspec.json.encode(state))


class _Pieces:
    """What a message brought, sorted by type into files: a key, then the object or a minus, a line each."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files: dict[str, IO[bytes]] = {}
        self._stack = ExitStack()

    def __enter__(self) -> _Pieces:
        return self

    def __exit__(self, *exc: object) -> None:
        self._stack.close()

    def put(self, name: str, key: str, body: bytes) -> None:
        """Keep one line; without a key nothing is kept: nobody could tell the object again."""
        if not key:
            return
        if name not in self._files:
            self._files[name] = self._stack.enter_context((self._folder / f"piece-{len(self._files)}").open("w+b"))
        self._files[name].write(b"%s %s\n" % (key.encode(), body))

    def files(self) -> Iterator[tuple[Known, IO[bytes]]]:
        """Each type with its file, from the beginning."""
        for name, file in self._files.items():
            file.seek(0)
            yield known()[name], file


def _piece(name: str, element: etree._Element) -> tuple[str, str, bytes]:
    """Type, key and line of one object; the key is empty for what is passed over."""
    if name == REMOVED:
        return (*(removed(element) or ("", "")), b"-")
    kind = known().get(name)
    if kind is None:
        return "", "", b""
    data = read(kind, element)
    key = data.get("Ref_Key")
    if not isinstance(key, str) or len(key) != 36:
        log.warning("object_without_key", type=name)
        return "", "", b""
    return name, key, encode_json(data)


def _check(state: _State, found: Header) -> None:
    """Whether this message follows what we have: neither side went back in time, and it is the same base."""
    if state.sender and state.sender != found.sender:
        raise Blocked(
            "other_base",
            "Another base answers through the node: its code is {peer}, it was {before}.",
            hint="Check the address. If the base was replaced on purpose, make a new node in 1C and name it here.",
            peer=found.sender,
            before=state.sender,
        )
    if found.number <= state.received:
        raise Blocked(
            "message_old",
            "1C numbers its messages from {number} again, and {received} was received already.",
            hint="The base was restored from a copy. Make a new node for uchet in 1C and name it in the settings.",
            number=found.number,
            received=state.received,
        )
    if found.received > state.sent:
        raise _behind()


def _behind() -> Blocked:
    return Blocked(
        "copy_behind",
        "1C has confirmations that this copy knows nothing of: what they confirmed is not here.",
        hint="Somebody else reads through this node, or uchet's folder was lost or restored. Make a new node for uchet "
        "in 1C (it is sent everything once) and name it in the settings.",
    )


@contextmanager
def _replacing(path: Path) -> Iterator[IO[bytes]]:
    """Write a file so that the old one or the new one is there, whatever happens."""
    part = path.with_suffix(".part")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        yield file
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
