"""МЦ.04: quantities in the books against things linked on the desk."""

from __future__ import annotations

from decimal import Decimal

import pytest
from scenario import Scenario

from uchet.sync.balance import compare_positions, units
from uchet.sync.world import World

PARTS = {"name": "Кресло", "organization": "o", "custodian": "p"}


def world(quantity: str, things: dict[str, str], **position: object) -> World:
    """``things``: name → ``in`` or ``out`` of service; each is linked to the unit of its number."""
    told = {
        name: {"unit_of": f"chairs#{n}", "agreed": {"name": "Кресло"}, "desk": {"out of service": state == "out"}}
        for n, (name, state) in enumerate(things.items(), 1)
    }
    chairs = {"agreed": {**PARTS, "quantity": quantity}, "book": position}
    return Scenario({"position": {"chairs": chairs}, "equipment": told}, {}).world()


def asked(world: World) -> list[tuple[object, object]]:
    listing = world.listing("position", "book")
    assert listing is not None
    return [(i.params["book"], i.params["desk"]) for i in compare_positions(world, listing)]


@pytest.mark.parametrize(
    ("quantity", "things", "differs"),
    [
        ("3", {}, (Decimal(3), 0)),
        ("3", {"a": "in", "b": "in"}, (Decimal(3), 2)),
        ("2", {"a": "in", "b": "in"}, None),
        ("2", {"a": "in", "b": "out"}, (Decimal(2), 1)),
        ("2", {"a": "in", "b": "in", "c": "in"}, (Decimal(2), 3)),
        ("2.5", {"a": "in", "b": "in"}, (Decimal("2.5"), 2)),
        ("1", {}, None),  # a thing of its own, matched and asked about as one
    ],
)
def test_differences(quantity: str, things: dict[str, str], differs: tuple[Decimal, int] | None) -> None:
    assert asked(world(quantity, things)) == ([differs] if differs else [])


def test_a_quantity_that_was_not_in_the_answer_proves_nothing() -> None:
    assert asked(world("3", {}, **{"not in the answer": ["quantity"]})) == []


def test_units_are_counted_by_position() -> None:
    assert units(world("3", {"a": "in", "b": "out", "c": "in"})) == {"b-chairs": ["d-a", "d-c"]}


def test_the_question_is_about_these_two_figures() -> None:
    """Another piece linked, another fingerprint: an old "leave it" does not cover the new difference."""
    marks = set()
    for things in ({}, {"a": "in"}, {"a": "in", "b": "in"}):
        now = world("5", things)
        listing = now.listing("position", "book")
        assert listing is not None
        marks.add(compare_positions(now, listing)[0].fingerprint)
    assert len(marks) == 3


def test_short_positions_explain_lonely_things() -> None:
    assert world("2", {"a": "in"}).short_positions
    assert not world("1", {"a": "in"}).short_positions
