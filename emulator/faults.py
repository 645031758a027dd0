"""Faults on demand: what networks, proxies, licences and crashes do to a client, each a counted number of times."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Any, Final

__all__ = ["KINDS", "Fault", "Faults"]

#: drop_before: the connection breaks and nothing happened. drop_after: the write is committed, the answer is lost.
#: slow: an answer after ``seconds``. html500: a web server's page and nothing written. truncate: half a body.
#: unauthorized: 401 with an empty body. licence: no free licence. duplicate_page: the page before is sent again.
#: wrong_page: the page is off by one row. lock: a lock conflict, rolled back (500, code -1). unavailable: a 503 page.
#: login_page: a cloud's login page with status 200. forbidden, not_found, bad_gateway: pages with 403, 404, 502.
#: wrong_length: less is announced than comes. drip: the body comes in small pieces, ``seconds`` between them.
#: Of web services alone. soap_fault: an exception of the module. error_message: the parameter of that name and nothing
#: else. job_failed, job_canceled: the end of the job that is started; job_stuck: it never ends. dtd, entities,
#: external: an answer with a document type, entities that grow, an entity of a file. huge_text: a result of 11 million
#: characters. missing_part, duplicate_part: a part is not there, or another comes instead. localised: «Истина» for
#: true, a comma in numbers. extra_element: an element in the result that no description names.
KINDS: Final = (
    "drop_before",
    "drop_after",
    "slow",
    "html500",
    "truncate",
    "unauthorized",
    "licence",
    "duplicate_page",
    "wrong_page",
    "lock",
    "unavailable",
    "login_page",
    "forbidden",
    "not_found",
    "bad_gateway",
    "wrong_length",
    "drip",
    "soap_fault",
    "error_message",
    "job_failed",
    "job_canceled",
    "job_stuck",
    "dtd",
    "entities",
    "external",
    "huge_text",
    "missing_part",
    "duplicate_part",
    "localised",
    "extra_element",
)


@dataclass(slots=True)
class Fault:
    """One fault: acts on ``count`` requests that match, after letting ``after`` matching ones pass."""

    kind: str
    count: int = 1
    method: str | None = None
    collection: str | None = None
    after: int = 0
    seconds: float = 0.0

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"unknown fault {self.kind!r}; known: {', '.join(KINDS)}")

    def matches(self, method: str, collection: str, paged: bool) -> bool:
        """Whether a request is one that this fault waits for (page faults wait for ``$top``)."""
        if self.kind in ("duplicate_page", "wrong_page") and not paged:
            return False
        return self.method in (None, method) and self.collection in (None, collection)


@dataclass(slots=True)
class Faults:
    """The faults that wait for their requests."""

    _waiting: list[Fault] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, kind: str, **options: Any) -> Fault:
        """Arm a fault; raises ValueError on an unknown kind, TypeError on an unknown option."""
        fault = Fault(kind, **options)
        with self._lock:
            self._waiting.append(fault)
        return fault

    def clear(self) -> None:
        """Forget all faults."""
        with self._lock:
            self._waiting.clear()

    def waiting(self) -> list[Fault]:
        """Faults that have not been used up."""
        with self._lock:
            return list(self._waiting)

    def take(self, method: str, collection: str, paged: bool) -> set[str]:
        """The kinds that act on this request; counts them down. Seconds come as ``slow:N``, ``drip:N``."""
        acting = set()
        with self._lock:
            for fault in list(self._waiting):
                if not fault.matches(method, collection, paged):
                    continue
                if fault.after > 0:
                    fault.after -= 1
                    continue
                acting.add(f"{fault.kind}:{fault.seconds}" if fault.kind in ("slow", "drip") else fault.kind)
                fault.count -= 1
                if fault.count <= 0:
                    self._waiting.remove(fault)
        return acting
