"""State files of every released schema, kept as they were written then: each upgrades, with a copy made first."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from statefile import PAIR, fill

from uchet.errors import Fatal
from uchet.sync.store import Store
from uchet.sync.store.schema import HEAD, metadata
from uchet.sync.types import Claim

_YOUNGER = frozenset({"request_approval", "reconciled", "allot", "count_opened"})
FIXTURES = sorted((Path(__file__).parents[2] / "fixtures").glob("state-*.db"))


@pytest.fixture(params=FIXTURES, ids=[path.stem for path in FIXTURES])
def older(request: pytest.FixtureRequest, path: Path) -> Path:
    """A copy of a kept file."""
    shutil.copy(request.param, path)
    return path


def told(path: Path) -> dict[str, Any]:
    """Everything the store says of the pair."""
    with Store.open(path) as store:
        audit = store.audit(PAIR, 10_000)
        assert store.verify(PAIR) is None
        return {
            "links": store.links(PAIR),
            "rejected": store.rejected(PAIR),
            "operations": store.operations(PAIR),
            "drafts": store.drafts(PAIR, ("open",)),
            # When a question was answered came with 0005.
            "issues": [replace(row, at=None) for row in store.issues(PAIR, None)],
            "decisions": store.decisions(PAIR),
            "refused": store.refused(PAIR),
            "runs": store.runs(PAIR),
            "plan": store.waiting(PAIR),
            "sides": [store.side(PAIR, "book"), store.side(PAIR, "desk")],
            "job": store.job("nightly@main"),
            # Approvals came with 0003, reconciliations with 0005, counts with 0007: older files tell of none.
            "audit": [(row.what, row.by, row.kind, row.book, row.desk) for row in audit if row.what not in _YOUNGER],
            "forgotten": store.forgotten(PAIR),
        }


def test_the_present_schema_has_its_file() -> None:
    assert f"state-{HEAD}.db" in {path.name for path in FIXTURES}, "keep one: tests/support/statefile.py"
    assert "state-0001.db" in {path.name for path in FIXTURES}


def test_a_kept_file_upgrades_and_says_what_a_new_one_says(older: Path, tmp_path: Path) -> None:
    with sqlite3.connect(older) as connection:
        found = connection.execute("SELECT version_num FROM alembic_version").fetchone()[0]
    connection.close()
    fill(tmp_path / "new.db")
    assert told(older) == told(tmp_path / "new.db")
    copies = list(older.parent.glob(f"{older.name}.*.bak"))
    assert len(copies) == (found != HEAD), "a migration backs up first, and nothing else does"
    for copy in copies:
        with sqlite3.connect(copy) as connection:
            assert connection.execute("SELECT version_num FROM alembic_version").fetchone() == (found,)
        connection.close()
    assert told(older) == told(tmp_path / "new.db"), "opening it again"
    assert len(list(older.parent.glob(f"{older.name}.*.bak"))) == len(copies)


def test_a_kept_file_has_something_in_every_table(tmp_path: Path) -> None:
    fill(tmp_path / "new.db")
    with Store.open(tmp_path / "new.db") as store, store._read() as connection:
        empty = [t.name for t in metadata.sorted_tables if connection.execute(select(t)).first() is None]
    assert sorted(empty) == ["event", "forgotten", "lock"], "tables younger than the oldest file"


def test_a_file_of_a_later_version_is_refused_and_left_as_it_is(older: Path) -> None:
    with sqlite3.connect(older) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    before = older.read_bytes()
    with pytest.raises(Fatal) as caught:
        Store.open(older)
    assert caught.value.code == "store_newer"
    assert older.read_bytes() == before


def test_a_migration_that_is_killed_is_made_at_the_next_start(older: Path) -> None:
    """SIGKILL in the middle of the upgrade: the old state is there, or the new one, never half of it."""
    code = (
        "import os, signal; from pathlib import Path; from uchet.sync.store import Store, migrate\n"
        "upgrade = migrate._upgrade\n"
        "def die(connection, config, head):\n"
        "    upgrade(connection, config, head); os.kill(os.getpid(), signal.SIGKILL)\n"
        f"migrate._upgrade = die\nStore.open(Path({str(older)!r}))\n"
    )
    subprocess.run((sys.executable, "-c", code), timeout=60, check=False, capture_output=True)
    assert told(older)["links"]


def test_what_stood_inside_other_texts_has_a_place_of_its_own(path: Path) -> None:
    """0006: a claim was a text in the event's draft, a coefficient a text in the rule of a movement's link."""
    shutil.copy(FIXTURES[0].with_name("state-0005.db"), path)
    event = '{"$Event":{"id":"desk:7","record":"7","kind":"receipt","supply":"c1","quantity":{"$d":"7"},'
    event += '"day":{"$y":"2026-02-10"},"number":1}}'
    claim = "claim|doc|toner|o1|w1|7.000"
    texts = (PAIR, "desk:7", "7", "receipt", "c1", 1, "posted", "found", 0, claim, event, "digest")
    seen = '{"$Seen":{"book":{"date":{"$y":"2026-02-10"}},"desk":{"quantity":{"$d":"2"}}}}'
    at = "2026-02-10 03:00:00.000000"
    with sqlite3.connect(path) as connection:
        names = "pair, id, record, kind, item, number, state, reason, attempt, draft, body, digest, created, updated"
        connection.execute(f"INSERT INTO event ({names}) VALUES ({','.join('?' * 14)})", (*texts, at, at))
        link = (PAIR, "movement", "doc|paper|o1|w1|0", "9", "шт / упак × 5", 100, "uchet", seen, at, at)
        names = "pair, kind, book, desk, rule, score, by, seen, created, updated"
        connection.execute(f"INSERT INTO link ({names}) VALUES ({','.join('?' * 10)})", link)
    connection.close()
    with Store.open(path) as store:
        (found,) = store.claimed_events(PAIR)
        assert (found.draft, found.claims) == ("", (Claim("doc", "toner", "o1", "w1", Decimal("7.000")),))
        (moved,) = store.links(PAIR, "movement")
        assert moved.rule == "created"
        assert moved.seen.book == {"date": date(2026, 2, 10), "units": "шт / упак × 5", "factor": Decimal(5)}
        assert moved.seen.desk == {"quantity": Decimal(2)}
