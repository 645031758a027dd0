"""The chain: whole after honest work, and the first row touched by anyone else is named."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import text

from uchet.sync.store import Store
from uchet.sync.types import FieldChange, Issue

WRITER = """
from uchet.sync.store import Store
from uchet.sync.types import Link
store = Store.open({path!r})
print("writing", flush=True)
for number in range(100_000):
    store.put_link("main", Link("equipment", f"b{{number}}", f"d{{number}}"), by="anna")
"""


def tamper(store: Store, statement: str) -> None:
    with store._write() as connection:
        connection.execute(text(statement))


def fill(store: Store, make) -> list[int]:
    for number in range(5):
        store.put_link("main", make.link(number), by="anna")
        store.put_link("other", make.link(number), by="anna")
    return sorted(row.id for row in store.audit("main"))


def test_an_honest_chain_is_whole_and_its_head_moves(store: Store, make) -> None:
    assert store.head("main") == "0" * 64
    assert store.verify("main") is None
    fill(store, make)
    head = store.head("main")
    assert store.verify("main") is None
    assert store.audit("main", 1)[0].hash == head
    assert head not in (store.head("other"), "0" * 64)


def test_what_was_done_since_an_end_is_told(store: Store, make) -> None:
    assert store.since("main", "0" * 64) == []
    fill(store, make)
    middle = store.head("main")
    store.put_link("main", make.link(7), by="anna")
    store.put_link("other", make.link(8), by="anna")
    added = make.link(7)
    assert store.since("main", middle) == [(added.kind, added.book, added.desk)]
    assert store.since("main", store.head("main")) == []
    assert len(store.since("main", "0" * 64) or ()) == 6
    assert store.since("main", "f" * 64) is None


def test_a_long_chain_is_never_searched_row_by_row(store: Store, make) -> None:
    """Each write adds a row: one that looks at all before it would make a year's state ever slower."""
    fill(store, make)
    asked: list[str] = []
    with store._read() as connection:
        connection.connection.driver_connection.set_trace_callback(asked.append)
    store.put_link("main", make.link(7), by="anna")
    store.since("main", "0" * 64)
    found = {one for one in asked if one.startswith("SELECT") and "FROM audit " in f"{one} ".replace("\n", " ")}
    assert found
    with store._read() as connection:
        for one in found:
            plan = " ".join(row.detail for row in connection.execute(text(f"EXPLAIN QUERY PLAN {one}")))
            assert "previous=?" in plan or "rowid>?" in plan, (one, plan)


@pytest.mark.parametrize(
    "change",
    ["by = 'boris'", "what = 'unlink'", "book = NULL", "at = '2020-01-01 00:00:00.000000'", "at = 'x'", "hash = 'x'",
     "details = '{}'", "run = 'r'", "operation = 'o'", "kind = 'k'", "desk = 'd'", "previous = 'x'", "pair = 'third'"],
)  # fmt: skip
def test_a_changed_row_is_located(store: Store, make, change: str) -> None:
    ids = fill(store, make)
    tamper(store, f"UPDATE audit SET {change} WHERE id = {ids[2]}")
    assert store.verify("main") == (ids[3] if change.startswith("pair") else ids[2])
    assert store.verify("other") is None


def test_a_row_taken_out_is_located(store: Store, make) -> None:
    ids = fill(store, make)
    tamper(store, f"DELETE FROM audit WHERE id = {ids[2]}")
    assert store.verify("main") == ids[3]


def test_a_cut_tail_is_located(store: Store, make) -> None:
    ids = fill(store, make)
    tamper(store, f"DELETE FROM audit WHERE pair = 'main' AND id >= {ids[3]}")
    assert store.verify("main") == ids[4]


def test_a_lost_head_is_located(store: Store, make) -> None:
    ids = fill(store, make)
    tamper(store, "DELETE FROM audit_head")
    assert store.verify("main") == ids[4]


def test_checking_while_another_process_writes(path: Path, child) -> None:
    with child(WRITER.format(path=str(path))) as writer:
        assert writer.stdout.readline() == "writing\n"
        with Store.open(path) as store:
            heads = set()
            for _ in range(200):
                assert store.verify("main") is None
                heads.add(store.head("main"))
                if len(heads) > 20:
                    break
        writer.kill()
    assert len(heads) > 5, "nothing was written meanwhile, so nothing was proven"


def test_a_long_chain_is_checked_to_its_end(store: Store, make) -> None:
    store.settle_local("main", "r1", [(make.op(number), None) for number in range(1_200)])
    assert store.verify("main") is None
    row = store.audit("main", 3)[-1]
    for change in ("by = 'x'", "at = 'x'"):
        tamper(store, f"UPDATE audit SET {change} WHERE id = {row.id}")
        assert store.verify("main") == row.id


def test_no_value_gets_into_the_audit(store: Store, make) -> None:
    secret = "Иванов Иван"
    op = make.op(changes=(FieldChange("user", None, secret),), label=secret)
    issue = Issue("k", "conflict", "equipment", values={"user": secret}, params={"name": secret})
    store.settle("main", "r1", op, state="failed", error=f"bad {secret}")
    store.settle_local("main", "r1", [(make.op(2, label=secret), None)])
    (row,) = store.report_issues("main", "r1", [issue], lambda _: True).new
    store.decide(row.id, "take-book", by="anna")
    rows = store.audit("main")
    assert [x.what for x in rows] == ["decide", "issue_asked", "create", "create"]
    assert rows[3].operation == "op1"
    assert rows[3].details["fields"] == ("user",)
    assert not any(secret in repr(x) for x in rows)
