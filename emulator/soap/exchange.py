"""The exchange through a node of the universal format: nodes, message numbers, background jobs, files in parts.

Changes are registered for a node as for any exchange plan. Preparing data gives the message a number and the
registrations that have none; they are sent again with every message until the other side writes a message with the
``ReceivedNo`` it has. The work is done before the answer to the call that starts it; a poll shows it as active
``active_polls`` times. Jobs and files live as long as the process, so that a restart leaves jobs that nobody knows:
those are told as canceled. Objects that a message brings are passed over: this base declares that it receives none.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC
from decimal import Decimal
from typing import TYPE_CHECKING

from ..exchange import Point
from ..store import Body
from .message import Confirmation, Header, Sent, opened, packed, unpacked, written
from .objects import KINDS, VERSIONS, exported

if TYPE_CHECKING:
    from ..base import Base

__all__ = ["PLAN", "Exchange", "Job"]

PLAN = "СинхронизацияДанныхЧерезУниверсальныйФормат"
_SET = f"ExchangePlan_{PLAN}"


@dataclass(slots=True)
class Job:
    """A background job: its end, and how many polls will still find it active (-1: every one)."""

    status: str
    error: str = ""
    file: str = ""
    parts: int = 0
    polls: int = 0


@dataclass(slots=True)
class Exchange:
    """Nodes, jobs and files of one base; ``code`` is the base's own node. Raises ValueError with 1C's words."""

    base: Base
    code: str = "БП"
    jobs: dict[str, Job] = field(default_factory=dict)
    _files: dict[str, dict[int, bytes]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self.base.hidden_plans.add(_SET)

    # --- nodes

    def add_node(self, code: str, version: str = VERSIONS[0]) -> str:
        """A node as an administrator's set-up makes it: all objects are registered for the first message. Its key."""
        key = str(uuid.uuid4())
        node: Body = {"Ref_Key": key, "Code": code, "ThisNode": False, "Версия": version, "SentNo": 0, "ReceivedNo": 0}
        with self.base.store.write():
            self.base.store.set_meta(f"content:{_SET}", list(KINDS))
            self.base.store.put(_SET, key, node)
            for collection in KINDS:
                for held in self.base.store.keys(collection):
                    self.base.changes.register((_SET, key), collection, held)
        return key

    def node(self, plan: str, code: str) -> Body | None:
        """The node with a code; None where the plan has none."""
        if plan != PLAN:
            raise ValueError(f"План обмена {plan} не найден.")
        return next((node for node in self.base.store.all(_SET) if node["Code"] == code), None)

    def waiting(self, code: str) -> int:
        """How many objects are registered for a node."""
        node = self._known(PLAN, code)
        return self.base.changes.waiting(_SET, node["Ref_Key"])

    def _known(self, plan: str, code: str) -> Body:
        node = self.node(plan, code)
        if node is None:
            raise ValueError(f'Не найден узел плана обмена "{plan}" с кодом "{code}".')
        return node

    # --- messages

    def prepare(self, plan: str, code: str, part_size: Decimal) -> Job:
        """Write the next message for a node and cut it into parts of so many KB (0: one part)."""
        node = self._known(plan, code)
        where: Point = (_SET, node["Ref_Key"])
        with self.base.store.write():
            number = int(node["SentNo"]) + 1
            self.base.store.put(_SET, node["Ref_Key"], {**node, "SentNo": number})
        header = Header(
            version=node["Версия"],
            created=self.base.clock().astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat(),
            confirmation=Confirmation(PLAN, code, self.code, number, int(node["ReceivedNo"])),
            versions=VERSIONS,
            types=tuple(Sent(name, ",".join(VERSIONS), "") for name in KINDS.values()),
        )
        archive = packed(written(header, self._objects(where, number, node["Версия"])))
        size = int(part_size * 1024) or max(1, len(archive))
        parts = {number: archive[at : at + size] for number, at in enumerate(range(0, len(archive), size), 1)}
        name = str(uuid.uuid4())
        with self._lock:
            self._files[name] = parts
        return Job("Completed", file=name, parts=len(parts))

    def _objects(self, where: Point, number: int, version: str) -> Iterator[str]:
        for collection, key, body in self.base.changes.select(where, number):
            text = exported(self.base, version, collection, key, body)
            if text is not None:
                yield text

    def load(self, plan: str, code: str, archive: bytes) -> Job:
        """Take in a message: what the other side confirms is forgotten, its number is kept."""
        header = opened(archive)
        node = self._known(plan, code)
        if header.version and header.version not in VERSIONS:
            raise ValueError(f"Версия формата {header.version} не поддерживается.")
        common = [version for version in VERSIONS if version in header.versions]
        changed: Body = {**node, **({"Версия": common[-1]} if common else {})}
        found = header.confirmation
        if found is not None and found.number > 0:
            if found.plan != plan or found.sender != code or found.to != self.code:
                raise ValueError("Сообщение обмена предназначено для другого узла.")
            if found.number <= int(node["ReceivedNo"]):
                raise ValueError("Номер сообщения обмена меньше или равен номеру ранее принятого сообщения.")
            changed["ReceivedNo"] = found.number
        with self.base.store.write():
            self.base.store.put(_SET, node["Ref_Key"], changed)
            if found is not None and found.number > 0:
                self.base.changes.drop((_SET, node["Ref_Key"]), min(found.received, int(node["SentNo"])))
        return Job("Completed")

    # --- jobs and files

    def start(self, work: Callable[[], Job], polls: int, end: str = "") -> str:
        """Run a job; ``end`` replaces its result (``Failed``, ``Canceled``) without the work done. Its name."""
        try:
            job = Job(end, "Ошибка фонового задания." if end == "Failed" else "") if end else work()
        except ValueError as error:
            job = Job("Failed", str(error))
        name = str(uuid.uuid4())
        with self._lock:
            self.jobs[name] = replace(job, polls=polls)
        return name

    def poll(self, name: str) -> Job:
        """The job as it is told now; one that nobody knows is canceled."""
        try:
            known = str(uuid.UUID(name))
        except ValueError:
            raise ValueError(
                "Преобразование значения к типу Уникальный идентификатор не может быть выполнено."
            ) from None
        with self._lock:
            job = self.jobs.get(known)
            if job is None:
                return Job("Canceled")
            if job.polls:
                job.polls -= 1 if job.polls > 0 else 0
                return Job("Active")
            return job

    def restart(self) -> None:
        """What a restart of the server leaves: no job and no file."""
        with self._lock:
            self.jobs.clear()
            self._files.clear()

    def part(self, name: str, number: int) -> bytes | None:
        """A part of a file."""
        with self._lock:
            return self._files.get(name, {}).get(number)

    def put_part(self, name: str, number: int, data: bytes) -> None:
        """Keep a part; the same number again replaces it."""
        if not name:
            raise ValueError("Не указан идентификатор файла.")
        with self._lock:
            self._files.setdefault(name, {})[number or 1] = data

    def forget(self, name: str) -> None:
        """Delete a file's parts."""
        with self._lock:
            self._files.pop(name, None)

    def joined(self, name: str) -> bytes:
        """The message in an uploaded file: parts 1…count put together and unpacked. The parts are gone then."""
        with self._lock:
            parts = self._files.pop(name, {})
        if not parts:
            raise ValueError("Не найден файл, переданный для загрузки.")
        missing = [number for number in range(1, len(parts) + 1) if number not in parts]
        if missing:
            raise ValueError(f"Не найдена часть файла {missing[0]}.")
        return unpacked(b"".join(parts[number] for number in sorted(parts)))
