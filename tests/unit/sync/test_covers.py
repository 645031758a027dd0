"""Which questions a plan settles by not asking them."""

from __future__ import annotations

import pytest

from uchet.sync.types import Covers, Issue

COVERS = Covers(
    kinds=frozenset({"equipment", "order"}),
    keys=frozenset({"order:event:7"}),
    begins=("order:draft:",),
    save=("order:",),
    waits=frozenset({"equipment:answered"}),
)


@pytest.mark.parametrize(
    ("key", "kind", "settled"),
    [
        ("equipment:1", "equipment", True),
        ("equipment:answered", "equipment", False),
        ("person:1", "person", False),
        ("order:draft:d1", "order", True),
        ("order:event:7", "order", True),
        ("order:event:77", "order", False),
        ("refused:op", "order", True),
    ],
)
def test_a_question_is_settled_by_the_plan_that_looked_into_it(key: str, kind: str, settled: bool) -> None:
    assert COVERS.settles(Issue(key, "code", kind)) is settled
    assert not Covers().settles(Issue(key, "code", kind))
