"""The exchange of EnterpriseData through a node: files in parts, background jobs watched to their end.

A file never lies in memory whole: parts go to disk as they come. What a message says is the caller's, and so is its
confirmation: 1C forgets what it sent only when a message comes back that names the number as received.
"""

from __future__ import annotations

import time
import uuid
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import IO

import msgspec

from ....errors import Blocked, Reject, Retry, UchetError, Unknown
from ...http import HttpClient
from ..errors import Fault, explain, mask
from .service import WebService

__all__ = ["SERVICE", "Exchange", "Waiting", "interface_versions", "message"]

SERVICE = "EnterpriseDataExchange_1_0_1_1"
_LARGEST = 4_000_000_000


@dataclass(frozen=True, slots=True)
class Waiting:
    """How a background job is watched: seconds between polls, and after how many it is given up."""

    every: float = 2.0
    longest: float = 1800.0


class _Plain(msgspec.Struct):
    result: str | None = msgspec.field(name="return", default=None)
    error: str | None = msgspec.field(name="ErrorMessage", default=None)


class _Started(_Plain):
    operation: str | None = msgspec.field(name="OperationID", default=None)


class _Tested(msgspec.Struct):
    result: bool = msgspec.field(name="return")
    error: str | None = msgspec.field(name="ErrorMessage", default=None)


class _Result(msgspec.Struct):
    status: str = msgspec.field(name="Status")
    file: str | None = msgspec.field(name="FileID", default=None)
    parts: int | None = msgspec.field(name="PartCount", default=None)
    error: str | None = msgspec.field(name="ErrorMessage", default=None)


class _Prepared(msgspec.Struct):
    result: _Result = msgspec.field(name="return")
    error: str | None = msgspec.field(name="ErrorMessage", default=None)


class _Part(msgspec.Struct):
    data: bytes | None = msgspec.field(name="return", default=None)
    error: str | None = msgspec.field(name="ErrorMessage", default=None)


class _Versions(msgspec.Struct):
    values: list[str] = msgspec.field(name="Value", default_factory=list)


class _Interfaces(msgspec.Struct):
    result: _Versions = msgspec.field(name="return")


def interface_versions(service: WebService, interface: str) -> tuple[str, ...]:
    """Versions of a programming interface, as the base's ``InterfaceVersion`` names them."""
    return tuple(service.call("GetVersions", _Interfaces, InterfaceName=interface).result.values)


class Exchange:
    """One node of a plan; ``part_kb`` is the size of a part in KB. Raises from ``uchet.errors`` only."""

    def __init__(
        self,
        http: HttpClient,
        root: str,
        plan: str,
        node: str,
        *,
        part_kb: int = 1024,
        waiting: Waiting | None = None,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
        **options: object,
    ) -> None:
        url = f"{root.rstrip('/')}/{SERVICE}"
        self._service = WebService(http, url, writes=frozenset({"PutData"}), **options)  # type: ignore[arg-type]
        self._where = {"ExchangePlanName": plan, "PeerCode": node}
        self._part_kb = part_kb
        self._waiting = waiting or Waiting()
        self._sleep = sleep
        self._clock = clock

    def test(self) -> None:
        """Whether the node is known and may exchange now; raises Blocked with 1C's reason."""
        self._service.call("Ping", _Plain)
        found = self._service.call("TestConnection", _Tested, **self._where)
        if not found.result:
            raise Blocked(
                "exchange_refused",
                "1C does not exchange with this node: {reason}",
                hint="Check the exchange plan and the code of the node, in the settings and in 1C.",
                reason=mask(found.error or ""),
            )

    def receive(self, file: Path) -> None:
        """Ask for the next message and put its archive into ``file``; what 1C keeps of it is deleted."""
        size = Decimal(self._part_kb)
        started = self._service.call("PrepareDataForGetting", _Started, **self._where, PartSize=size)
        operation = _accepted(started)

        def poll() -> _Result:
            found = self._service.call("PrepareDataActionResult", _Prepared, OperationID=operation)
            return msgspec.structs.replace(found.result, error=found.result.error or found.error)

        result = self._ended(poll)
        with file.open("wb") as out:
            for number in range(1, (result.parts or 0) + 1):
                out.write(self._part(result.file or "", number))
        _whole(file)
        self._service.call("ConfirmGettingFile", _Plain, FileID=result.file or "", ClearDataPool=True)

    def send(self, file: Path) -> None:
        """Send an archive with a message; raises Unknown where it is not known whether 1C took it in."""
        name, size = str(uuid.uuid4()), self._part_kb * 1024
        with file.open("rb") as source:
            for number, data in enumerate(iter(lambda: source.read(size), b""), 1):
                put = self._service.call("PutFilePart", _Plain, FileID=name, PartNumber=number, PartData=data)
                if put.error:
                    raise _told(put.error)
        operation = _accepted(self._service.call("PutData", _Started, **self._where, FileID=name))

        def poll() -> _Result:
            found = self._service.call("PutDataActionResult", _Plain, OperationID=operation)
            return _Result(found.result or "", error=found.error)

        try:
            self._ended(poll)
        except Retry as error:
            raise Unknown(
                "message_lost",
                "1C was sent a message and does not say what became of it.",
                hint="Nothing to do: the next run finds out whether it was done.",
                evidence={"code": error.code},
            ) from error

    def _part(self, file: str, number: int) -> bytes:
        found = self._service.call("GetDataPart", _Part, FileID=file, PartNumber=number)
        if found.data is None:
            raise Retry(
                "part_missing",
                "1C does not have part {number} of the message any more.",
                hint="Nothing to do: the next run asks for the message anew.",
                number=number,
            )
        return found.data

    def _ended(self, poll: Callable[[], _Result]) -> _Result:
        """The job's result once it is no longer active."""
        until = self._clock() + self._waiting.longest
        while True:
            found = poll()
            if found.status == "Completed":
                return found
            if found.status == "Failed":
                raise _told(found.error or "")
            if found.status != "Active":
                raise Retry(
                    "job_canceled",
                    "The background job of 1C was canceled (status {status}).",
                    hint="Nothing to do: the next run starts it anew. If it happens again, look into 1C's event log.",
                    status=found.status,
                )
            if self._clock() >= until:
                raise Retry(
                    "job_endless",
                    "The background job of 1C does not end.",
                    hint="Look for it among the background jobs of the base; the next run starts another one.",
                )
            self._sleep(self._waiting.every)


def _accepted(started: _Started) -> str:
    if started.error or not started.operation:
        raise _told(started.error or "")
    return started.operation


def _told(text: str) -> UchetError:
    """The error for a text of 1C in a good answer: what the texts tell apart, else the exchange waits for a person."""
    found = explain(Fault(500, "", text, "odata"), write=False)
    if not isinstance(found, Reject):
        return found
    if "временно недоступ" in text.lower():
        return Retry(
            "exchange_busy",
            "1C does not exchange data now: {reason}",
            hint="Nothing to do: the next run tries again. If it stays so, ask who updates the base.",
            after=300.0,
            reason=mask(text),
        )
    return Blocked(
        "exchange_failed",
        "The exchange failed in 1C: {reason}",
        hint="The full text is in 1C, in the event log of the exchange.",
        reason=mask(text),
    )


def _whole(file: Path) -> None:
    """Whether the archive came as it was sent: its sums are those of its content."""
    try:
        with zipfile.ZipFile(file) as archive:
            _bounded(archive, _LARGEST)
            if archive.testzip() is None:
                return
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError) as error:
        raise _damaged() from error
    raise _damaged()


def _damaged() -> Retry:
    return Retry(
        "archive_broken",
        "The message of 1C came damaged.",
        hint="Nothing to do: the next run asks for the message anew.",
    )


@contextmanager
def message(file: Path, largest: int = _LARGEST) -> Iterator[IO[bytes]]:
    """The message in an archive, as a stream of at most ``largest`` bytes; raises Blocked beyond."""
    with zipfile.ZipFile(file) as archive:
        inside = _bounded(archive, largest)
        with archive.open(inside) as source:
            yield source


def _bounded(archive: zipfile.ZipFile, largest: int) -> zipfile.ZipInfo:
    """The archive's message; no member may unpack to more than ``largest`` bytes."""
    if not archive.infolist():
        raise zipfile.BadZipFile("nothing in it")
    size = max(member.file_size for member in archive.infolist())
    if size > largest:
        raise Blocked(
            "message_too_large",
            "The message of 1C unpacks to {size} MB, more than is allowed.",
            hint="Check the address; if it is right, ask 1C's administrator why so much is sent at once.",
            size=size // 1_000_000,
        )
    return archive.infolist()[0]
