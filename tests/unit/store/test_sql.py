"""SQL lives in one room, and says nothing that PostgreSQL does not understand."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateIndex, CreateTable

from uchet.errors import Fatal
from uchet.sync.store import JobRow, SideState, Store, schema
from uchet.sync.store.dialect import _memory
from uchet.sync.types import Draft, Verdict

ROOMS = ("cli", "connectors", "emulator", "jobs", "i18n", "mappings", "sync")
FORBIDDEN = {"sqlalchemy", "alembic", "sqlite3", "psycopg"}
VERBS = ("SELECT ", "INSERT INTO ", "UPDATE ", "DELETE FROM ", "CREATE TABLE ", "PRAGMA ")


def sources(root: Path) -> Iterator[Path]:
    yield from root.glob("*.py")
    for room in ROOMS:
        yield from (x for x in (root / room).rglob("*.py") if (root / "sync" / "store") not in x.parents)


def imported(tree: ast.AST) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            names.add(node.module.partition(".")[0])
    return names


def statements(tree: ast.AST) -> list[str]:
    texts = (x.value for x in ast.walk(tree) if isinstance(x, ast.Constant) and isinstance(x.value, str))
    return [text for text in texts if text.lstrip().startswith(VERBS)]


def test_no_sql_outside_the_store(root: Path) -> None:
    looked = list(sources(root))
    assert len(looked) > 10
    for source in looked:
        tree = ast.parse(source.read_text(encoding="utf-8"))
        allowed = {"sqlite3"} if root / "emulator" in source.parents else set()
        assert not imported(tree) & (FORBIDDEN - allowed), source
        assert allowed or not statements(tree), source


def test_the_scan_sees_what_it_looks_for() -> None:
    tree = ast.parse("import sqlite3\nfrom sqlalchemy.orm import x\nfrom .schema import y\nq = 'SELECT 1'")
    assert imported(tree) & FORBIDDEN == {"sqlite3", "sqlalchemy"}
    assert statements(tree) == ["SELECT 1"]


def everything(store: Store, make: Any) -> None:
    """Every call that talks to the database."""
    run = store.start_run("nightly", "main")
    with store.locked("main", "nightly", timedelta(minutes=1)) as lock:
        lock.renew()
    store.put_link("main", make.link(1), by="anna")
    store.reject("main", "equipment", "b1", "d1", by="anna")
    store.put_link("main", make.link(1), by="anna")
    store.drop_link("main", "equipment", "b1", "d1", by="anna")
    store.links("main"), store.links("main", "equipment"), store.rejected("main")
    store.find_link("main", "equipment", "book", "b1"), store.find_link("main", "equipment", "desk", "d1")
    store.save_plan("main", make.plan("aa"), Verdict(), run.id)
    store.plan("a"), store.waiting("main"), store.approve("aa", by="head"), store.mark_plan("aa", "applied")
    paper = make.op(1, members=(make.op(2),))
    store.intend("main", run.id, paper, "k")
    store.intend("main", run.id, paper, "k")
    draft = Draft("dr", "document", "ref", None, "", "open")
    store.settle("main", run.id, paper, state="done", ref="d1", link=make.link(1), draft=draft)
    store.put_draft("main", draft, run=run.id)
    store.settle_local("main", run.id, [(make.op(n), make.link(n)) for n in range(1, 20)])
    store.intents("main"), store.receipts("main", "desk"), store.papers("main"), store.drafts("main")
    store.operations("main", kind="equipment", book="b1", desk="d1", run=run.id)
    rows = store.report_issues("main", run.id, [make.issue("k1"), make.issue("k2")], lambda _: True).new
    store.decide(rows[0].id, "ignore-until", by="anna", until=date(2026, 3, 9))
    store.report_issues("main", run.id, [], lambda _: True)
    store.issues("main"), store.issues("main", None), store.issue(rows[0].id), store.decisions("main")
    for identity in ("one", "two"):
        store.put_side("main", "book", SideState(identity))
        store.put_job(JobRow("nightly"))
    store.side("main", "book"), store.job("nightly"), store.finish_run(run), store.runs("main")
    store.audit("main"), store.head("main"), store.verify("main")


def test_every_statement_compiles_for_postgresql(store: Store, make) -> None:
    dialect = postgresql.dialect()
    compiled: list[str] = []
    raw: set[str] = set()

    def seen(_connection: object, element: Any, multi: Any, params: Any, _options: object) -> None:
        if isinstance(element, str):
            raw.add(element)
            return
        keys = list((multi or [params])[0]) or None
        compiled.append(str(element.compile(dialect=dialect, column_keys=keys)))

    event.listen(_memory(), "before_execute", seen)
    try:
        everything(store, make)
    finally:
        event.remove(_memory(), "before_execute", seen)
    assert len(set(compiled)) > 50
    assert any("FOR UPDATE" in statement for statement in compiled), "writers of a chain queue up there"
    assert any("RETURNING" in statement for statement in compiled), "new numbers are read back there"
    assert raw <= {"BEGIN", "BEGIN IMMEDIATE"}


def test_every_table_compiles_for_postgresql() -> None:
    dialect = postgresql.dialect()
    ddl = [str(CreateTable(table).compile(dialect=dialect)) for table in schema.metadata.sorted_tables]
    ddl += [str(CreateIndex(x).compile(dialect=dialect)) for t in schema.metadata.sorted_tables for x in t.indexes]
    text = "\n".join(ddl)
    assert "id SERIAL NOT NULL" in text
    assert "TIMESTAMP WITH TIME ZONE" in text
    assert "AUTOINCREMENT" not in text


def test_a_missing_driver_says_what_to_install() -> None:
    with pytest.raises(Fatal) as caught:
        Store.open("postgresql+psycopg://user:secret@127.0.0.1/uchet")
    assert caught.value.code == "store_driver"
    assert "psycopg" in caught.value.text("en")
    assert "secret" not in caught.value.text("en") + repr(caught.value)
