"""A question is told with people's names, and nobody is looked up who is not in it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from uchet.sync.naming import named
from uchet.sync.types import Issue, Record

THINGS = {("book", "b1"): "0001", ("desk", "7"): "0007", ("desk", "None"): "a thing called None"}


def test_only_records_of_the_question_are_looked_up() -> None:
    asked: list[tuple[str, str]] = []

    def record(kind: str, side: Any, id: str) -> Record | None:
        asked.append((side, id))
        number = THINGS.get((side, id))
        return Record(kind, side, id, {"inventory_number": number}, None) if number else None

    world: Any = SimpleNamespace(record=record)
    alone = named(world, Issue("k", "desk_only", "equipment", desk="7"))
    assert (asked, alone.params["labels"]) == ([("desk", "7")], {"desk:7": "0007"})
    asked.clear()
    book = named(world, Issue("k", "match_duplicate", "equipment", "b1", params={"books": "b1, b2", "desks": ""}))
    assert book.params["labels"] == {"book:b1": "0001"}
    assert sorted(set(asked)) == [("book", "b1"), ("book", "b2")]
    nobody = Issue("k", "side_note", "equipment")
    assert named(world, nobody) is nobody
