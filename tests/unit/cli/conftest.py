"""A settings file, a store with something in it, and the command line run in this process."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from uchet.cli import main, plans, runs
from uchet.emulator import Emulator
from uchet.errors import Blocked
from uchet.mappings.model import Ref
from uchet.settings import Settings, load_settings
from uchet.sync.resync import Difference, Resync
from uchet.sync.store import Store
from uchet.sync.types import FieldChange, Issue, Link, Operation, Plan, Run, Seen, Verdict

PAIR = "main"
TEXT = """
language = "en"
[book]
connector = "onec"
mapping = "bp30"
url = "{book}"
timeout = 5
[desk]
connector = "roundup"
mapping = "roundup"
url = "http://127.0.0.1:{port}"
user = "uchet"
"""


@dataclass
class Answer:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in list(os.environ):
        if name.startswith("UCHET_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("UCHET_DESK_PASSWORD", "hush-desk")
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


@pytest.fixture(scope="session")
def onec() -> Iterator[Emulator]:
    """The shipped 1C, empty, no login asked."""
    with Emulator() as emulator:
        yield emulator


@pytest.fixture
def file(tmp_path: Path, onec: Emulator, free_port: int) -> Path:
    """Settings with a 1C that answers and a desk that does not."""
    path = tmp_path / "uchet.toml"
    path.write_text(TEXT.format(book=onec.url, port=free_port), encoding="utf-8")
    return path


@pytest.fixture
def settings(file: Path) -> Settings:
    return load_settings(file)


@pytest.fixture
def cli(file: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., Answer]:
    def run(*words: str) -> Answer:
        code = main(list(words))
        captured = capsys.readouterr()
        return Answer(code, captured.out, captured.err)

    return run


@pytest.fixture
def store(settings: Settings) -> Iterator[Store]:
    """The state of the settings file, with one linked pair."""
    with Store.open(settings.state_url) as store:
        seen = {"inventory_number": "БП-1", "name": "Сервер"}
        store.put_link(PAIR, Link("equipment", "g1", "21", "inventory_number: БП-1", seen=Seen(seen, seen)), by="t")
        it = {"name": "ИТ-отдел"}
        store.put_link(PAIR, Link("department", "d1", "4", "code", seen=Seen(it, it)), by="t")
        yield store


def make_plan() -> Plan:
    move = FieldChange("department", Ref("book", "department", "d9"), Ref("book", "department", "d1"), "overruled")
    operations = (
        Operation("op1", "link", "desk", "equipment", "g2", "22", label="БП-2"),
        Operation("op2", "update", "desk", "equipment", "g1", "21", (move,), label="БП-1"),
        Operation("op3", "create", "desk", "person", "p1", None, (FieldChange("active", None, True),), label="Иванов"),
    )
    issue = Issue("k1", "conflict", "equipment", "g1", "21", "serial", {"book": "A", "desk": "B"}, {"name": "БП-1"})
    return Plan("abcdef0123456789", PAIR, operations, (issue,), {}, {}, "f")


FIRST = Verdict(
    (("first_load", "This is the first load of the pair: {operations} operations wait.", {"operations": 3}),)
)


class FakeEngine:
    """Plans and applies one fixed plan in the real store."""

    def __init__(self, store: Store, plan: Plan, verdict: Verdict, outcome: str) -> None:
        self.store, self.made, self.verdict, self.outcome = store, plan, verdict, outcome

    def plan(self) -> tuple[Plan, Verdict]:
        run = self.store.start_run("plan", PAIR)
        self.store.save_plan(PAIR, self.made, self.verdict, run.id)
        self.store.report_issues(PAIR, run.id, self.made.issues, lambda row: True)
        return self.made, self.verdict

    def _finish(self, job: str) -> Run:
        run = replace(self.store.start_run(job, PAIR), outcome=self.outcome, plan=self.made.id, writes=2)  # type: ignore[arg-type]
        self.store.finish_run(run)
        return run

    def apply(self, plan_id: str) -> Run:
        row = self.store.plan(plan_id)
        assert row is not None
        if row.verdict.stopped and row.state != "approved":
            raise Blocked("needs_approval", "Plan {id} was stopped and waits for approval.", id=plan_id)
        self.store.mark_plan(plan_id, "applied")
        return self._finish("apply")

    def run(self, job: str) -> Run:
        self.plan()
        return self._finish(job)

    def resync(self) -> Resync:
        unlike = Difference("equipment", "g1", "21", "БП-1", {"serial": ("A", "B")})
        return Resync(1, (unlike,) if self.outcome == "partial" else (), 0, 0, Verdict())


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch, store: Store) -> Callable[..., FakeEngine]:
    """Puts a fake engine where ``plan``, ``apply``, ``run`` and ``resync`` take theirs."""

    def put(plan: Plan | None = None, verdict: Verdict | None = None, outcome: str = "changed") -> FakeEngine:
        fake = FakeEngine(store, plan or make_plan(), verdict or Verdict(), outcome)

        @contextmanager
        def wired(settings: Settings, progress: Any = None) -> Iterator[Any]:
            yield SimpleNamespace(store=store, pair=SimpleNamespace(name=PAIR), engine=fake, settings=settings)

        for module in (plans, runs):
            monkeypatch.setattr(module, "wired", wired)
        return fake

    return put


@pytest.fixture
def empty_plan() -> Plan:
    return Plan("00ff00ff", PAIR, (), (), {}, {}, "f")


@pytest.fixture
def first() -> Verdict:
    return FIRST
