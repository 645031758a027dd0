"""Purchase requests as remembered, and the approvals given in uchet."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlalchemy import bindparam, select

from ..approvals import Approval
from ..requests import Case, Memory
from . import audit
from .core import Core
from .schema import approval as approvals
from .schema import request as requests
from .serial import dumps, loads

__all__ = ["Requesting"]

_ALL = select(requests).where(requests.c.pair == bindparam("p"))
_DROP = requests.delete().where(requests.c.pair == bindparam("p"), requests.c.id == bindparam("i"))
_SPOKEN = select(approvals).where(approvals.c.pair == bindparam("p")).order_by(approvals.c.id)


class Requesting(Core):
    """What a pair remembers of its purchase requests."""

    def requests(self, pair: str) -> Mapping[str, Memory]:
        """Desk id → what is remembered."""
        with self._read() as connection:
            rows = connection.execute(_ALL, {"p": pair}).all()
        found = {}
        for row in rows:
            body = loads(row.body)
            found[row.id] = Memory(Case(row.state, body["marks"]), body["checked"], body["snapshots"])
        return found

    def put_requests(
        self, pair: str, changed: Mapping[str, Memory], steps: Mapping[str, Iterable[str]], run: str
    ) -> None:
        """Remember where requests stand; every step is audited. One transaction."""
        now = self._clock()
        entries: list[audit.Entry] = []
        with self._write() as connection:
            for id, memory in sorted(changed.items()):
                body = {"marks": memory.case.marks, "checked": memory.checked, "snapshots": dict(memory.snapshots)}
                row = {"pair": pair, "id": id, "state": memory.case.state, "body": dumps(body), "updated": now}
                connection.execute(_DROP, {"p": pair, "i": id})
                connection.execute(requests.insert(), row)
                if made := tuple(steps.get(id, ())):
                    entries.append(
                        audit.Entry("request_step", "uchet", run, None, "request", desk=id, details={"steps": made})
                    )
            audit.append(connection, pair, now, entries)

    def approvals(self, pair: str) -> list[Approval]:
        """Approvals given in uchet, oldest first."""
        with self._read() as connection:
            rows = connection.execute(_SPOKEN, {"p": pair}).all()
        return [
            Approval(r.request, r.role, r.person, r.decision, r.day, r.version, r.comment, "uchet", r.id) for r in rows
        ]

    def approve_request(self, pair: str, given: Approval, *, by: str) -> None:
        """Keep one approval for good; ``by`` is who sat at the keyboard."""
        now = self._clock()
        row = {
            "pair": pair,
            "request": given.request,
            "role": given.role,
            "person": given.person,
            "decision": given.decision,
            "version": given.version,
            "comment": given.comment,
            "day": given.day,
            "by": by,
            "at": now,
        }
        details = {"role": given.role, "decision": given.decision, "version": given.version, "person": given.person}
        with self._write() as connection:
            connection.execute(approvals.insert(), row)
            entry = audit.Entry("request_approval", by, None, None, "request", desk=given.request, details=details)
            audit.append(connection, pair, now, [entry])
