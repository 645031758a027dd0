"""Licences of the other side, shared by every process that works on this state.

A licence is a numbered place; who holds one may be connected. It lapses with its time or with its holder's process, so
a crash frees it. Holders renew while they work, by the way.
"""

from __future__ import annotations

import threading
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import timedelta

from ...errors import Blocked, Retry
from .locking import Lock, Locking

__all__ = ["Lease"]


@dataclass(slots=True)
class Lease:
    """One of ``places`` licences named ``name``, held from the first ``hold`` on until ``release``."""

    store: Locking
    name: str
    places: int
    holder: str
    ttl: timedelta = timedelta(minutes=3)
    _stack: ExitStack = field(default_factory=ExitStack, init=False, repr=False)
    _lock: Lock | None = field(default=None, init=False, repr=False)
    _guard: threading.RLock = field(default_factory=threading.RLock, init=False, repr=False)

    def hold(self) -> None:
        """Make sure that a licence is ours now. Raises ``Retry`` ("licence_taken") while all are held by others."""
        with self._guard:
            if self._lock is None or not self._renewed():
                self._lock = self._take()

    def release(self) -> None:
        """Give the licence back."""
        with self._guard:
            self._lock = None
            self._stack.close()

    def _renewed(self) -> bool:
        assert self._lock is not None
        try:
            self._lock.renew()
        except Blocked:  # it lapsed while nothing was asked for, and somebody took it
            self.release()
            return False
        return True

    def _take(self) -> Lock:
        for place in range(max(1, self.places)):
            try:
                return self._stack.enter_context(
                    self.store.locked(f"licence {self.name} {place}", self.holder, self.ttl)
                )
            except Blocked:
                continue
        raise Retry(
            "licence_taken",
            "All {places} licences for {name} are held by other programs of ours.",
            after=60.0,
            hint="Wait until they end, or allow more in licences of uchet.toml.",
            places=self.places,
            name=self.name,
        )
