"""Nothing half-written: neither after an error nor after the process is killed in the middle of a transaction."""

from __future__ import annotations

import signal
import sqlite3
from pathlib import Path

import pytest

from uchet.errors import Retry
from uchet.sync.store import Store, audit, core

KILLED = """
import os, signal
from uchet.sync.store import Store, audit
from uchet.sync.types import Draft, Link, Operation
store = Store.open({path!r})
op = Operation("op1", "create", "desk", "equipment", book="b1")
store.intend("main", "r1", op, "key")
append = audit.append
def die(*args):
    append(*args)
    os.kill(os.getpid(), signal.SIGKILL)
audit.append = die
draft = Draft("dr", "document", "ref", None, "", "open")
store.settle("main", "r1", op, state="done", ref="d1", link=Link("equipment", "b1", "d1"), draft=draft)
"""


def untouched(store: Store) -> None:
    assert [x.key for x in store.intents("main")] == ["key"]
    assert store.links("main") == []
    assert store.drafts("main") == []
    assert store.audit("main") == []
    assert store.verify("main") is None


def test_killed_between_the_last_write_and_the_commit(path: Path, child) -> None:
    with child(KILLED.format(path=str(path))) as victim:
        assert victim.wait(30) == -signal.SIGKILL, victim.stderr.read()
    with Store.open(path) as store:
        untouched(store)


def test_an_error_in_the_middle_rolls_back(store: Store, make, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise KeyError("in the middle")

    store.intend("main", "r1", make.op(), "key")
    with monkeypatch.context() as patch:
        patch.setattr(audit, "append", fail)
        with pytest.raises(KeyError):
            store.settle("main", "r1", make.op(), state="done", link=make.link())
        with pytest.raises(KeyError):
            store.settle_local("main", "r1", [(make.op(n), make.link(n)) for n in range(2, 30)])
    untouched(store)
    store.settle("main", "r1", make.op(), state="done", link=make.link())
    assert store.links("main") == [make.link()]


def test_a_busy_database_is_worth_another_try(path: Path, monkeypatch: pytest.MonkeyPatch, make) -> None:
    with Store.open(path) as store:
        with store._read() as connection:
            connection.exec_driver_sql("PRAGMA busy_timeout=1")
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(Retry) as caught:
            store.put_link("main", make.link(), by="anna")
        assert caught.value.code == "store_busy"
        assert store.links("main") == [], "readers go on while another writes"
        other.execute("ROLLBACK")
        other.close()
        store.put_link("main", make.link(), by="anna")


def test_the_default_clock_knows_its_zone() -> None:
    assert core.utc_now().utcoffset() is not None
