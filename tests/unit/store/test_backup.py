"""A copy made under load is whole; bringing it back keeps what was there before."""

from __future__ import annotations

import sqlite3
import stat
import threading
from datetime import timedelta
from pathlib import Path

import pytest

from uchet.errors import Blocked, Fatal
from uchet.sync.store import Store, restore

LOAD = """
import os
from uchet.sync.store import Store
from uchet.sync.types import Link, Operation
store = Store.open({path!r})
print("writing", flush=True)
parent = os.getppid()
for number in range(100_000):
    if os.getppid() != parent:
        break  # a test that was itself killed must not leave a writer behind
    book, desk = f"b{{number}}", f"d{{number}}"
    op = Operation(f"op{{number}}", "create", "desk", "equipment", book=book)
    store.settle("main", "r1", op, state="done", ref=desk, link=Link("equipment", book, desk))
"""


def whole(path: Path) -> int:
    """The number of links of a store in which everything of every transaction is there."""
    with Store.open(path) as store:
        links, history = store.links("main"), store.operations("main")
        assert [x.book for x in links] == [x.operation.book for x in history]
        assert len(store.audit("main", 1_000_000)) == 2 * len(links)
        assert store.verify("main") is None
        return len(links)


def test_a_backup_under_load_is_consistent(path: Path, tmp_path: Path, child) -> None:
    with Store.open(path) as store, child(LOAD.format(path=str(path))) as writer:
        assert writer.stdout.readline() == "writing\n"
        targets = [tmp_path / f"copy{number}.db" for number in range(3)]
        for target in targets:
            before = len(store.links("main"))
            store.backup(target)
            assert before <= whole(target)
        assert len(store.links("main")) > before, "nothing was written meanwhile, so nothing was proven"
        writer.kill()
    assert whole(path) > 0


def test_a_backup_while_threads_of_ours_write(store: Store, tmp_path: Path, make) -> None:
    numbers = iter(range(10_000))
    stop = threading.Event()

    def write() -> None:
        while not stop.is_set():
            number = next(numbers)
            store.settle("main", "r1", make.op(number), state="done", link=make.link(number))

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for number in range(3):
            store.backup(tmp_path / f"copy{number}.db")
    finally:
        stop.set()
        writer.join()
    assert whole(tmp_path / "copy2.db") > 0


def test_a_backup_is_one_private_file(path: Path, tmp_path: Path) -> None:
    with Store.open(path) as store:
        store.backup(tmp_path / "copy.db")
        store.backup(tmp_path / "copy.db")
    assert stat.S_IMODE((tmp_path / "copy.db").stat().st_mode) == 0o600
    assert [x.name for x in tmp_path.iterdir() if x.name.startswith("copy")] == ["copy.db"]


def test_a_backup_that_cannot_be_written_says_so(store: Store, tmp_path: Path) -> None:
    with pytest.raises(Fatal) as caught:
        store.backup(tmp_path / "no" / "such" / "folder.db")
    assert caught.value.code == "backup_failed"


def test_restore_brings_back_and_keeps_the_old(path: Path, tmp_path: Path, clock, make) -> None:
    copy = tmp_path / "copy.db"
    with Store.open(path, clock=clock) as store:
        store.put_link("main", make.link(1), by="anna")
        with store.locked("main", "nightly", timedelta(days=9)):
            store.backup(copy)
        store.put_link("main", make.link(2), by="anna")
    aside = restore(copy, path, clock=clock)
    with Store.open(path, clock=clock) as store:
        assert store.links("main") == [make.link(1)]
        assert store.verify("main") is None
        with store.locked("main", "nightly", timedelta(days=9)):
            pass
    assert aside is not None
    with Store.open(aside) as store:
        assert len(store.links("main")) == 2
    assert copy.exists()
    assert not list(tmp_path.glob("*.restoring"))


def test_restore_to_where_nothing_is(path: Path, tmp_path: Path, make) -> None:
    with Store.open(path) as store:
        store.put_link("main", make.link(1), by="anna")
        store.backup(tmp_path / "copy.db")
    assert restore(tmp_path / "copy.db", tmp_path / "new.db") is None
    with Store.open(tmp_path / "new.db") as store:
        assert store.links("main") == [make.link(1)]


def test_restore_replaces_a_ruined_store(path: Path, tmp_path: Path, make) -> None:
    with Store.open(path) as store:
        store.put_link("main", make.link(1), by="anna")
        store.backup(tmp_path / "copy.db")
    path.write_bytes(b"ruined " * 1000)
    aside = restore(tmp_path / "copy.db", path)
    assert aside is not None
    assert aside.read_bytes().startswith(b"ruined")
    with Store.open(path) as store:
        assert store.links("main") == [make.link(1)]


def test_restore_waits_for_whoever_works(path: Path, tmp_path: Path, clock) -> None:
    with Store.open(path, clock=clock) as store:
        store.backup(tmp_path / "copy.db")
        with store.locked("main", "nightly", timedelta(minutes=5)), pytest.raises(Blocked) as caught:
            restore(tmp_path / "copy.db", path, clock=clock)
        assert caught.value.code == "store_in_use"
    restore(tmp_path / "copy.db", path, clock=clock)


def test_what_is_not_a_backup_is_refused(path: Path, tmp_path: Path) -> None:
    text, empty, other = tmp_path / "notes.txt", tmp_path / "empty.db", tmp_path / "other.db"
    text.write_text("not a database " * 100)
    empty.touch()
    with sqlite3.connect(other) as connection:
        connection.execute("CREATE TABLE alembic_version (version_num TEXT)")
    connection.close()
    for backup in (text, empty, other, tmp_path / "missing.db"):
        with pytest.raises(Fatal) as caught:
            restore(backup, path)
        assert caught.value.code == "store_foreign"
    assert not path.exists()


def test_a_backup_of_a_newer_version_is_refused(path: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    with Store.open(path) as store:
        store.backup(copy)
    with sqlite3.connect(copy) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    with pytest.raises(Fatal) as caught:
        restore(copy, path)
    assert caught.value.code == "store_newer"
