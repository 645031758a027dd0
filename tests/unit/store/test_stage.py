"""The rows of the last night: one transaction a night, begun anew when damaged, gone when a name must go."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from uchet.sync.store import BesideError, Past, Stage, Store
from uchet.sync.store.stage import stage_path
from uchet.sync.types import Link

PAIR = "p"


def fill(stage: Stage) -> None:
    known = stage.known("desk|thing|main", "q")
    numbers = stage.add(known.source, [("1", b"one"), ("2", b"two")])
    digests = np.array([5, 9], np.uint64)
    pieces = [(digests[:1], numbers[:1]), (digests[1:], numbers[1:])]
    stage.settle(known.source, pieces, np.array([], np.int64))
    stage.note("thing", "desk", [Past("1", True, "null", ["k"]), Past("2", False, "null", ["k", "l"])], None)


def held(stage: Stage) -> list[tuple[str, bytes]]:
    return list(stage.bodies(stage.known("desk|thing|main", "q").source, None))


def test_a_night_that_does_not_end_leaves_nothing() -> None:
    stage = Stage(None)
    assert stage.begin()
    fill(stage)
    stage.keep({"head": "h"})
    assert stage.begin()
    source = stage.known("desk|thing|main", "q")
    assert source.digests.tolist() == [5, 9]
    stage.settle(source.source, [(source.digests[:1], source.rows[:1])], source.rows[1:])
    assert held(stage) == [("1", b"one")]
    stage.leave()
    assert held(stage) == [("1", b"one"), ("2", b"two")]
    assert stage.meta("head") == "h"


def test_what_is_remembered_of_records() -> None:
    stage = Stage(None)
    fill(stage)
    assert stage.loud("thing", "desk") == {"1"}
    assert stage.rivals("thing", {"k"}) == {("desk", "1"), ("desk", "2")}
    assert stage.scopes("thing", "desk") == [("null", 2)]
    stage.note("thing", "desk", [Past("1", False, None, [])], {"1"})
    assert stage.loud("thing", "desk") == set()
    assert stage.rivals("thing", {"k"}) == {("desk", "2")}
    assert stage.scopes("thing", "desk", {"2"}) == [("null", 1)]


def test_another_query_begins_anew() -> None:
    stage = Stage(None)
    fill(stage)
    assert len(stage.known("desk|thing|main", "q").digests) == 2
    assert not len(stage.known("desk|thing|main", "other").digests)
    assert held(stage) == []


def test_digests_without_their_rows_are_damage() -> None:
    stage = Stage(None)
    fill(stage)
    source = stage.known("desk|thing|main", "q")
    stage.settle(source.source, [(source.digests, source.rows[:1])], source.rows[1:])
    with pytest.raises(BesideError):
        stage.known("desk|thing|main", "q")


def test_one_process_at_a_time(tmp_path: Path) -> None:
    one, two = Stage(tmp_path / "rows"), Stage(tmp_path / "rows")
    assert one.begin()
    assert not two.begin()
    one.leave()
    assert two.begin()
    two.close()
    one.close()


def test_a_damaged_file_is_begun_anew(tmp_path: Path) -> None:
    path = stage_path(tmp_path / "state.db", PAIR)
    path.write_bytes(b"not a database, whatever its name says" * 100)
    with Store.open(tmp_path / "state.db") as store:
        assert store.stage(PAIR) is None
        assert store.stage(PAIR) is not None


def test_nobody_else_may_read_it(tmp_path: Path) -> None:
    with Store.open(tmp_path / "state.db") as store:
        assert store.stage(PAIR) is not None
        assert stage_path(tmp_path / "state.db", PAIR).stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("opened", [True, False])
def test_forgetting_somebody_removes_it(tmp_path: Path, opened: bool) -> None:
    with Store.open(tmp_path / "state.db") as store:
        person = Link("person", "b", "d")
        store.put_link(PAIR, person, by="test")
        stage = Stage(stage_path(tmp_path / "state.db", PAIR)) if not opened else store.stage(PAIR)
        assert stage is not None
        if not opened:
            stage.close()
        store.forget(PAIR, person, ["Иванов Иван"], by="test")
        assert not list(tmp_path.glob("state.db.*rows*"))
