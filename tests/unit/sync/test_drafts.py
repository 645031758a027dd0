"""Keys and groups of drafts: the same events never make a second document, a decided repeat makes its own."""

from __future__ import annotations

import tomllib
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from scenario import Scenario

from uchet.mappings.model import Ref
from uchet.sync.plan import build
from uchet.sync.types import Operation, Plan


@pytest.fixture
def office(root: Path) -> dict[str, Any]:
    """The company of the scenarios."""
    return tomllib.loads((root / "tests/scenarios/office.toml").read_text("utf-8"))


def plan(office: dict[str, Any], moves: dict[str, Any], **told: Any) -> Plan:
    """``moves``: thing (a pattern of the office) → what the desk says otherwise."""
    things = {name: {"like": name, "desk": desk} for name, desk in moves.items()}
    return build(Scenario({"equipment": things, **told}, office).world())


def drafts(plan: Plan) -> list[Operation]:
    return [op for op in plan.operations if op.action == "draft"]


TO_IVANOVA = {"custodian": "ivanova"}
ANSWER = {"question": "draft_refused", "about": "monitor", "answer": "take-desk"}


def refused(number: str, state: str = "refused", thing: str = "monitor", **wanted: str) -> dict[str, Any]:
    return {"number": number, "state": state, "moves": {thing: wanted or TO_IVANOVA}}


def test_the_same_moves_give_the_same_key_on_any_day(office: dict[str, Any]) -> None:
    one = drafts(plan(office, {"monitor": TO_IVANOVA, "printer": TO_IVANOVA}))
    later = datetime(2026, 12, 31, 23, 59)
    two = drafts(plan(office, {"printer": TO_IVANOVA, "monitor": TO_IVANOVA}, today=later))
    assert [op.key for op in one] == [op.key for op in two]
    assert [op.id for op in one] == [op.id for op in two]


def test_other_moves_give_another_key(office: dict[str, Any]) -> None:
    found = [
        drafts(plan(office, moves))[0].key
        for moves in (
            {"monitor": TO_IVANOVA},
            {"printer": TO_IVANOVA},
            {"monitor": TO_IVANOVA, "printer": TO_IVANOVA},
            {"monitor": {"custodian": "ivanova", "department": "accounts"}},
            {"monitor": {"department": "accounts"}},
        )
    ]
    assert len(set(found)) == len(found)


def test_a_repeat_that_a_person_decided_is_a_new_document(office: dict[str, Any]) -> None:
    """Each refusal that the desk overrules gives one more key; without an answer there is no draft at all."""
    moves = {"monitor": TO_IVANOVA}
    once = [refused("1")]
    twice = [*once, refused("2")]
    assert drafts(plan(office, moves, draft=once)) == []
    keys = [drafts(plan(office, moves))[0].key]
    keys += [drafts(plan(office, moves, draft=d, answered=[ANSWER]))[0].key for d in (once, twice)]
    assert len(set(keys)) == 3


def test_the_same_decided_repeat_is_the_same_document(office: dict[str, Any]) -> None:
    moves = {"monitor": TO_IVANOVA}
    ones, twos = (drafts(plan(office, moves, draft=[refused("1")], answered=[ANSWER])) for _ in range(2))
    assert [op.key for op in ones] == [op.key for op in twos]


def test_a_thing_that_went_there_before_and_came_back_may_go_again(office: dict[str, Any]) -> None:
    """The earlier draft is history: the second trip must not be taken for the first one's document."""
    first = drafts(plan(office, {"monitor": TO_IVANOVA}))[0].key
    again = drafts(plan(office, {"monitor": TO_IVANOVA}, draft=[refused("1", "agreed")]))
    assert [op.key == first for op in again] == [False]


@pytest.mark.parametrize("state", ["open", "edited"])
def test_a_thing_in_a_waiting_draft_stands_in_no_other(office: dict[str, Any], state: str) -> None:
    found = plan(office, {"monitor": {"department": "accounts"}, "printer": TO_IVANOVA}, draft=[refused("1", state)])
    assert [[m.book for m in op.members] for op in drafts(found)] == [["b-printer"]]
    assert "draft_waits" in {issue.code for issue in found.issues}


@pytest.mark.parametrize("state", ["agreed", "gone"])
def test_history_is_not_closed_again(office: dict[str, Any], state: str) -> None:
    assert plan(office, {"monitor": {}}, draft=[refused("1", state)]).operations == ()


def test_header_and_members_speak_for_each_side(office: dict[str, Any]) -> None:
    """The header is for 1C, in its references; a member keeps what the desk said, in the desk's."""
    (draft,) = drafts(plan(office, {"monitor": TO_IVANOVA}))
    assert draft.header["from_custodian"] == Ref("book", "person", "b-petrov")
    assert draft.header["to_custodian"] == Ref("book", "person", "b-ivanova")
    assert draft.header["from_department"] == draft.header["to_department"] == Ref("book", "department", "b-it")
    assert draft.members[0].changes[0].after == Ref("desk", "person", "d-ivanova")
    assert draft.scope == "b-romashka"


def test_things_of_two_senders_are_two_documents(office: dict[str, Any]) -> None:
    office["like"]["printer"]["custodian"] = "smirnov"
    found = drafts(plan(office, {"monitor": TO_IVANOVA, "printer": TO_IVANOVA, "server": TO_IVANOVA}))
    labels = sorted(sorted(m.label for m in op.members) for op in found)
    assert labels == [["БП-000001", "БП-000003"], ["БП-000002"]]


def test_one_unfit_receiver_does_not_keep_the_others(office: dict[str, Any]) -> None:
    found = plan(office, {"monitor": {"custodian": "smirnov"}, "printer": TO_IVANOVA})
    assert [[m.book for m in op.members] for op in drafts(found)] == [["b-printer"]]
    assert [(i.code, i.book) for i in found.issues] == [("receiver_dismissed", "b-monitor")]


def test_a_question_about_a_receiver_is_about_that_receiver(office: dict[str, Any]) -> None:
    """An answer about one dismissed person says nothing about the next."""
    office["person"]["petrov"]["agreed"]["active"] = False
    office["like"]["monitor"]["custodian"] = "ivanova"
    marks = {plan(office, {"monitor": {"custodian": who}}).issues[0].fingerprint for who in ("smirnov", "petrov")}
    assert len(marks) == 2
