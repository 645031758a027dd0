"""The schema's life: made by migrations, equal to the tables, backed up before a change, never downgraded."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.exc import OperationalError

from uchet.errors import Fatal
from uchet.sync.store import Store
from uchet.sync.store.dialect import engine_for
from uchet.sync.store.migrate import SCRIPTS, _config, prepare
from uchet.sync.store.schema import HEAD, metadata

NEXT = """
import sqlalchemy as sa
from alembic import op
revision = "9001"
down_revision = "HEAD"
def upgrade():
    op.add_column("link", sa.Column("colour", sa.Text, nullable=False, server_default="grey"))
    op.create_table("extra", sa.Column("id", sa.Integer, primary_key=True))
"""


def ask(path: Path, statement: str) -> list[tuple[object, ...]]:
    connection = sqlite3.connect(path)
    try:
        return connection.execute(statement).fetchall()
    finally:
        connection.commit()
        connection.close()


@pytest.fixture
def scripts(tmp_path: Path) -> Path:
    """The migrations of a later version: ours and one more."""
    shutil.copytree(SCRIPTS, tmp_path / "scripts")
    (tmp_path / "scripts" / "versions" / "v9001.py").write_text(NEXT.replace("HEAD", HEAD))
    return tmp_path / "scripts"


@pytest.fixture
def older(path: Path, make) -> Path:
    """A store with data, of the version before."""
    with Store.open(path) as store:
        store.put_link("main", make.link(), by="anna")
    return path


def test_migrations_and_tables_agree(path: Path) -> None:
    with Store.open(path) as store, store._read() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    with Store.open(":memory:") as store, store._read() as connection:
        memory = connection.exec_driver_sql("SELECT name FROM sqlite_master ORDER BY name").all()
        assert MigrationContext.configure(connection).get_current_revision() == HEAD
    assert ask(path, "SELECT name FROM sqlite_master ORDER BY name") == [tuple(row) for row in memory]


def test_head_is_the_newest_migration() -> None:
    assert ScriptDirectory.from_config(_config(SCRIPTS)).get_current_head() == HEAD


def test_files_are_safe_against_power_loss(path: Path) -> None:
    with Store.open(path) as store, store._read() as connection:
        found = [
            connection.exec_driver_sql(f"PRAGMA {x}").scalar() for x in ("journal_mode", "synchronous", "foreign_keys")
        ]
    assert found == ["wal", 2, 1]


def test_a_migration_backs_up_first(older: Path, scripts: Path, clock, make) -> None:
    with engine_for(older).connect() as connection:
        backup = prepare(connection, older, clock.now, head="9001", scripts=scripts)
        assert prepare(connection, older, clock.now, head="9001", scripts=scripts) is None
    assert backup == older.with_name(f"state.db.{HEAD}-20260301-223000.bak")
    assert ask(older, "SELECT version_num, colour FROM alembic_version, link") == [("9001", "grey")]
    with Store.open(backup) as store:
        assert store.links("main") == [make.link()]


def test_a_failed_migration_changes_nothing(older: Path, scripts: Path, clock, make) -> None:
    broken = scripts / "versions" / "v9001.py"
    broken.write_text(broken.read_text() + '    op.execute("SELECT * FROM nowhere")\n')
    with engine_for(older).connect() as connection, pytest.raises(OperationalError):
        prepare(connection, older, clock.now, head="9001", scripts=scripts)
    with Store.open(older) as store:
        assert store.links("main") == [make.link()]
    assert ask(older, "SELECT count(*) FROM sqlite_master WHERE name = 'extra'") == [(0,)]


def test_no_migration_without_a_backup(older: Path, scripts: Path, clock) -> None:
    older.with_name(f"state.db.{HEAD}-20260301-223000.bak").mkdir()
    with engine_for(older).connect() as connection, pytest.raises(Fatal) as caught:
        prepare(connection, older, clock.now, head="9001", scripts=scripts)
    assert caught.value.code == "backup_failed"
    assert ask(older, "SELECT version_num FROM alembic_version") == [(HEAD,)]


def test_a_newer_schema_is_refused(older: Path) -> None:
    ask(older, "UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(Fatal) as caught:
        Store.open(older)
    assert caught.value.code == "store_newer"
    assert "9999" in caught.value.text("en")


def test_somebody_elses_database_is_refused(path: Path, tmp_path: Path) -> None:
    ask(path, "CREATE TABLE theirs (id)")
    with pytest.raises(Fatal) as caught:
        Store.open(path)
    assert caught.value.code == "store_foreign"
    assert ask(path, "SELECT name FROM sqlite_master") == [("theirs",)]
    text = tmp_path / "notes.txt"
    text.write_text("not a database " * 100)
    with pytest.raises(Fatal) as caught:
        Store.open(text)
    assert caught.value.code == "store_failed"


def test_addresses(tmp_path: Path) -> None:
    for address in (f"sqlite:///{tmp_path}/a.db", str(tmp_path / "b.db")):
        with Store.open(address) as store:
            assert store.path is not None
            assert store.path.exists()
    with Store.open("sqlite://") as one, Store.open(":memory:") as two:
        assert one.path is None
        one.start_run("nightly", "main")
        assert two.runs("main") == []
    for address, code in (
        (tmp_path / "no" / "folder.db", "store_failed"),
        ("nonsense://x", "store_driver"),
        ("://", "store_failed"),
    ):
        with pytest.raises(Fatal) as caught:
            Store.open(address)
        assert caught.value.code == code
