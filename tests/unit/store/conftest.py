"""A store in memory, a clock that a test moves, and small operations."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from uchet.sync.store import Store
from uchet.sync.types import FieldChange, Issue, Link, Operation, Plan, Seen


class Clock:
    """A clock that stands still until moved."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 1, 22, 30, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **delta: float) -> None:
        self.now += timedelta(**delta)


class Make:
    """Short forms of the engine's values."""

    @staticmethod
    def op(number: int = 1, **other: object) -> Operation:
        change = FieldChange("cost", None, Decimal("1.50"))
        given: dict[str, object] = {"action": "create", "side": "desk", "book": f"b{number}", "changes": (change,)}
        return Operation(id=f"op{number}", kind="equipment", **{**given, **other})  # type: ignore[arg-type]

    @staticmethod
    def link(number: int = 1, desk: int | None = None, **other: object) -> Link:
        seen = Seen({"cost": Decimal("1.50")}, {"cost": Decimal("1.5")})
        desk_id = f"d{number if desk is None else desk}"
        return Link("equipment", f"b{number}", desk_id, **{"seen": seen, **other})  # type: ignore[arg-type]

    @staticmethod
    def issue(key: str = "k1", fingerprint: str = "f1", **other: object) -> Issue:
        return Issue(key, "conflict", "equipment", fingerprint=fingerprint, **other)  # type: ignore[arg-type]

    @staticmethod
    def plan(id: str = "abc123", *operations: Operation) -> Plan:
        return Plan(id, "main", operations, (), {"book/equipment": 3}, {"book/equipment": True}, "fp")


@pytest.fixture
def make() -> type[Make]:
    return Make


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(clock: Clock) -> Iterator[Store]:
    with Store.open(":memory:", clock=clock) as opened:
        yield opened


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where a store on disk goes."""
    return tmp_path / "state.db"


@pytest.fixture
def child(tmp_path: Path) -> Callable[[str], subprocess.Popen[str]]:
    """Another process that runs Python code, its standard streams piped as text."""

    def start(code: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", code]
        pipe = subprocess.PIPE
        return subprocess.Popen(command, cwd=tmp_path, text=True, stdin=pipe, stdout=pipe, stderr=pipe)

    return start
