"""A forgotten name is nowhere in the state, its chain is whole, and it does not come back."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from statefile import PAIR, PERSON, fill

from uchet.errors import Blocked, Reject
from uchet.jobs.forgetting import forget
from uchet.mappings.model import KINDS, Ref
from uchet.sync.forget import Eraser, withheld
from uchet.sync.store import Store
from uchet.sync.types import FieldChange, Link, Listing, Operation, Record, Seen

#: Parts that no other text of the state has.
TRACES = ("Ёлкина", "ёлкина", "Елкина", "Петровна", "\\u0401")


@pytest.fixture
def filled(path: Path) -> Path:
    """The filled state, its open intents settled."""
    fill(path)
    return path


def traces(path: Path) -> list[str]:
    """What is left of the name in any byte of the store's files: live rows, free pages, the log."""
    whole = b"".join(one.read_bytes() for one in path.parent.glob(f"{path.name}*"))
    return [trace for trace in TRACES for code in ("utf-8", "utf-16-le") if trace.encode(code) in whole]


def test_no_trace_and_an_intact_chain(filled: Path) -> None:
    assert len(traces(filled)) >= 2
    with Store.open(filled) as store:
        before = store.audit(PAIR, 10_000)
        done = forget(store, PAIR, PERSON.upper().replace("Ё", "Е"), by="anna", holder="test")
        assert traces(filled) == []
        assert (done.book, done.desk, done.alias) == ("p1", "7", "person-1")
        assert done.rows >= 6
        assert store.verify(PAIR) is None
        assert store.audit(PAIR, 10_000)[1:] == before
        newest = store.audit(PAIR, 1)[0]
        assert (newest.what, newest.by, newest.book) == ("forget", "anna", "p1")
        link = store.find_link(PAIR, "person", "book", "p1")
        assert link is not None
        assert link.seen.book["name"] == link.seen.desk["name"] == "person-1"
        assert link.seen.book["number"] == "0042"
        assert [row.operation.id for row in store.operations(PAIR)] == ["op1", "op2", "op4"]
        assert {row.issue.params["name"] for row in store.issues(PAIR, None)} == {f"person-1 ({n})" for n in range(4)}
        assert store.waiting(PAIR) is None, "a plan with the name in it could still be applied"
        assert store.forgotten(PAIR) == {("person", "p1", "7")}
    assert traces(filled) == []


def test_a_name_of_before_and_short_forms_go_too(path: Path) -> None:
    fill(path)
    with Store.open(path) as store:
        old = Operation(
            "old", "update", "desk", "person", "p1", "7", (FieldChange("name", "Берёзина Анна Петровна", PERSON),)
        )
        store.settle(PAIR, "r9", old, state="done", ref="7")
        refused = Operation("ref", "update", "desk", "equipment", "b1", "d1", label="x")
        store.settle(PAIR, "r9", refused, state="rejected", error="А.П. БЕРЕЗИНА, Ёлкина А. П.; анна  петровна ёлкина")
        forget(store, PAIR, "book:person:p1", by="anna", holder="test")
        (row,) = [row for row in store.operations(PAIR) if row.operation.id == "ref"]
        assert row.error == "person-1, person-1; person-1"
    assert traces(path) == []
    assert "Берёзина".encode() not in path.read_bytes()


def test_a_namesake_keeps_her_name(path: Path) -> None:
    fill(path)
    with Store.open(path) as store:
        seen = {"name": PERSON}
        store.put_link(PAIR, Link("person", "p2", "8", seen=Seen(seen, seen)), by="uchet")
        with pytest.raises(Reject) as caught:
            forget(store, PAIR, PERSON, by="anna", holder="test")
        assert caught.value.code == "person_ambiguous"
        forget(store, PAIR, "desk:person:7", by="anna", holder="test")
        other = store.find_link(PAIR, "person", "book", "p2")
        assert other is not None
        assert other.seen.book["name"] == PERSON


def test_forgetting_waits_for_work_and_for_open_writes(path: Path, make) -> None:
    fill(path)
    with Store.open(path) as store:
        with pytest.raises(Reject) as unknown:
            forget(store, PAIR, "Никто Никита", by="anna", holder="test")
        assert unknown.value.code == "person_unknown"
        store.intend(PAIR, "r9", make.op(9), "k9")
        with pytest.raises(Blocked) as caught:
            forget(store, PAIR, PERSON, by="anna", holder="test")
        assert caught.value.code == "forget_open_writes"
        assert traces(path)
        assert not store.forgotten(PAIR)


def test_another_reader_holds_the_old_pages(path: Path) -> None:
    """While somebody reads, the old pages stay in the log: said, and done by repeating."""
    fill(path)
    reader = sqlite3.connect(path, isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM link").fetchone()
    with Store.open(path) as store:
        with store._read() as connection:
            connection.exec_driver_sql("PRAGMA busy_timeout=1")
        with pytest.raises(Exception, match="busy"):
            forget(store, PAIR, PERSON, by="anna", holder="test")
        reader.execute("ROLLBACK")
        reader.close()
        forget(store, PAIR, "book:person:p1", by="anna", holder="test")
        assert traces(path) == []


@pytest.mark.parametrize(
    ("text", "gone"),
    [
        ("Иванов Иван Иванович", True), ("ИВАНОВ  ИВАН\u00a0ИВАНОВИЧ", True), ("Иван Иванович Иванов", True),
        ("Иванов И.И.", True), ("И. И. Иванов", True), ("Иванов Иван", True), ("Иванова Ивана", False),
        ("Петров Пётр", False), ("Иванов", False),
    ],
)  # fmt: skip
def test_forms_of_a_name(text: str, gone: bool) -> None:
    assert (Eraser(["Иванов Иван Иванович"], "x").text(f"({text})") == "(x)") is gone


def test_what_is_read_loses_the_name_wherever_it_stands() -> None:
    people = {"p1": Record("person", "book", "p1", {"name": PERSON, "number": "1"}),
              "p2": Record("person", "book", "p2", {"name": "Другой", "number": "2"}),
              "p3": Record("person", "book", "p3", {"name": "Третий", "number": "3"})}  # fmt: skip
    things = {n: Record("equipment", "desk", n, {"user": user, "custodian": Ref("desk", "person", "7")})
              for n, user in (("d1", PERSON.upper()), ("d2", "Другой"))}  # fmt: skip
    listings = [Listing("person", "book", people, True), Listing("equipment", "desk", things, True)]
    links = [Link("person", "p1", "7")]
    one, two = withheld(KINDS, listings, links, {("person", "p1", "7"), ("person", "p3", "9")})
    left = {id: dict(r.values) for id, r in one.records.items()}
    assert left == {"p1": {"number": "1"}, "p2": {"name": "Другой", "number": "2"}}
    assert one.bad == {"p3"}
    assert set(two.records["d1"].values) == {"custodian"}
    assert two.records["d2"] == things["d2"]
    assert withheld(KINDS, listings, links, ()) == listings
