"""Names that must never change by themselves: not with the process, the order, the version of the program."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from uchet.mappings.model import Ref, Value
from uchet.sync.ids import create_key, draft_key, fingerprint, operation_id, plan_id, value_text
from uchet.sync.types import FieldChange, Issue, Operation, Seen

OP = Operation(
    "",
    "update",
    "desk",
    "equipment",
    "b-1",
    "d-1",
    (FieldChange("cost", Decimal("1.00"), Decimal("2.00")), FieldChange("name", None, "Монитор")),
    expected="v1",
)
PROGRAM = """
from decimal import Decimal
from uchet.sync.ids import fingerprint, operation_id
from uchet.sync.types import FieldChange, Operation
changes = (FieldChange("cost", Decimal("1.00"), Decimal("2.00")), FieldChange("name", None, "Монитор"))
print(operation_id(Operation("", "update", "desk", "equipment", "b-1", "d-1", changes, expected="v1")))
print(fingerprint({"b": 1, "a": "x"}))
"""
VALUES: tuple[Value, ...] = (
    *(None, "", "-", "1", "1.00", "2026-01-01", "True", "book:equipment:1", True, False, 1, 0),
    *(Decimal(1), Decimal("1.5"), date(2026, 1, 1), datetime(2026, 1, 1, 1), Ref("book", "equipment", "1")),
    Ref("desk", "equipment", "1"),
)


@pytest.mark.parametrize("seed", ["1", "2"])
def test_another_process_gives_the_same_ids(seed: str, tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONUTF8": "1"}
    command = [sys.executable, "-P", "-c", PROGRAM]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=tmp_path, env=environment)
    assert done.stdout.split() == [operation_id(OP), fingerprint({"a": "x", "b": 1})]


def test_keys_that_lie_in_other_systems_never_change() -> None:
    """They are the markers of records already made: another value would make every record a second time."""
    assert create_key("romashka", "equipment", "b-1") == "f9c6d2a9-6134-5360-9b59-a9c46ed1ba33"
    assert draft_key("romashka", "move", ["e2", "e1"]) == "ba1dc51b-88b3-5be3-bd01-9b596af24707"


def test_a_create_key_tells_pair_kind_and_source_apart() -> None:
    keys = {create_key(*parts) for parts in (("p", "k", "1"), ("q", "k", "1"), ("p", "l", "1"), ("p", "k", "2"))}
    assert len(keys) == 4


def test_a_draft_key_is_of_its_events() -> None:
    assert draft_key("p", "move", ["a", "b"]) == draft_key("p", "move", ["b", "a"])
    assert draft_key("p", "move", ["a", "b"]) != draft_key("p", "move", ["a"])
    assert draft_key("p", "move", ["a"]) != draft_key("p", "write_off", ["a"])


@pytest.mark.parametrize(
    "other",
    [
        replace(OP, action="create"),
        replace(OP, side="book"),
        replace(OP, kind="person"),
        replace(OP, book="b-2"),
        replace(OP, desk="d-2"),
        replace(OP, expected="v2"),
        replace(OP, rule="agreed"),
        replace(OP, document="move"),
        replace(OP, key="k"),
        replace(OP, header={"to_custodian": Ref("book", "person", "1")}),
        replace(OP, changes=OP.changes[:1]),
        replace(OP, changes=(replace(OP.changes[0], after=Decimal(3)), OP.changes[1])),
        replace(OP, changes=(replace(OP.changes[0], before=None), OP.changes[1])),
        replace(OP, changes=(replace(OP.changes[0], name="price"), OP.changes[1])),
        replace(OP, seen=Seen({"name": "x"}, {})),
        replace(OP, seen=Seen({}, {"name": "x"})),
        replace(OP, seen=Seen(retired=True)),
        replace(OP, members=(replace(OP, id="m"),)),
    ],
)
def test_an_operation_that_does_something_else_has_another_id(other: Operation) -> None:
    assert operation_id(other) != operation_id(OP)


def test_what_is_only_shown_is_not_in_the_id() -> None:
    assert operation_id(replace(OP, id="x", label="Монитор Пети", scope="romashka", score=7)) == operation_id(OP)


def test_equal_values_written_otherwise_are_one() -> None:
    assert value_text(Decimal("1.50")) == value_text(Decimal("1.5"))
    assert value_text(Decimal("1E+2")) == value_text(Decimal("100"))
    assert fingerprint({"a": 1, "b": None}) == fingerprint({"b": None, "a": 1})


def test_different_values_never_look_alike() -> None:
    assert len({value_text(value) for value in VALUES}) == len(VALUES)


def test_before_and_after_cannot_flow_into_each_other() -> None:
    """A text that looks like our own punctuation stays a text."""
    one, two = FieldChange("name", "a>s:b", "c"), FieldChange("name", "a", "b>s:c")
    assert operation_id(replace(OP, changes=(one,))) != operation_id(replace(OP, changes=(two,)))


def test_a_plan_is_its_operations_its_questions_and_its_mapping() -> None:
    ask = Issue("k", "conflict", "equipment", fingerprint="1")
    op = replace(OP, id="1")
    ids = {
        plan_id([op], [ask], "m"),
        plan_id([], [ask], "m"),
        plan_id([op], [], "m"),
        plan_id([op], [ask], "n"),
        plan_id([op], [replace(ask, fingerprint="2")], "m"),
    }
    assert len(ids) == 5
    assert plan_id([op], [ask], "m") == plan_id([replace(op)], [replace(ask, params={"labels": 1})], "m")
