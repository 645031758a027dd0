"""Both sides are read at once where more than one connection is allowed, and never otherwise."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

import pytest

from uchet.connectors.base import Capabilities, Page, Query
from uchet.mappings.load import load_system
from uchet.mappings.model import ORGANIZATION, SIDES, Side
from uchet.sync.intake import Intake
from uchet.sync.sight import _both


@dataclass
class Waiting:
    """A side whose listing waits until the other side is being read too."""

    meeting: threading.Barrier
    capabilities: Capabilities
    seen: list[str] = field(default_factory=list)

    def read(self, query: Query, since: str | None = None) -> Iterator[Page]:
        self.meeting.wait()
        yield Page((), complete=True)


def intakes(connections: int, timeout: float) -> dict[Side, Intake]:
    meeting = threading.Barrier(2, timeout=timeout)
    maps = {"book": load_system("book", "bp30"), "desk": load_system("desk", "roundup")}
    sides = {s: Waiting(meeting, Capabilities(connections=connections if s == "book" else 1)) for s in SIDES}
    return {s: Intake(s, sides[s], maps[s], datetime(2026, 2, 2)) for s in SIDES}  # type: ignore[arg-type]


def test_at_once() -> None:
    found = dict(_both(ORGANIZATION, intakes(2, 20.0), lambda step: None))
    assert all(listing is not None and listing.complete for listing in found.values())


def test_one_after_the_other() -> None:
    with pytest.raises(threading.BrokenBarrierError):
        list(_both(ORGANIZATION, intakes(1, 0.2), lambda step: None))
