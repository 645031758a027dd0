"""Each reason to stop, at its border: what just passes and what just does not."""

from __future__ import annotations

import pytest

from uchet.mappings.model import Side
from uchet.sync.guard import SideFacts, check
from uchet.sync.pair import GuardLimits
from uchet.sync.types import Action, Operation, Plan, Verdict

LIMITS = GuardLimits()


def ops(count: int, action: Action = "update", kind: str = "equipment", scope: str = "romashka") -> list[Operation]:
    return [
        Operation(f"{action}{kind}{scope}{n}", action, "desk", kind, f"b{n}", f"d{n}", scope=scope)
        for n in range(count)
    ]


def plan(operations: list[Operation], bases: dict[str, int] | None = None, read: dict[str, int] | None = None) -> Plan:
    return Plan("p", "pair", tuple(operations), (), read or {}, {}, "f", bases or {})


def codes(verdict: Verdict) -> list[str]:
    return [code for code, _, _ in verdict.reasons]


def judged(operations: list[Operation], base: int, limits: GuardLimits = LIMITS) -> list[str]:
    return codes(check(plan(operations, {"equipment|romashka": base}), limits, (), first=False))


@pytest.mark.parametrize(
    ("count", "base", "stopped"),
    [
        (4, 4, False),  # a handful may all change
        (5, 50, False),  # exactly a tenth
        (5, 49, True),
        (500, 100_000, False),
        (501, 100_000, True),  # the ceiling, whatever the share
        (5, 0, True),  # nobody knows how many there are
    ],
)
def test_share_and_number_of_changes(count: int, base: int, stopped: bool) -> None:
    assert judged(ops(count), base) == (["too_many_changes"] if stopped else [])


@pytest.mark.parametrize(
    ("count", "base", "stopped"),
    [(1, 1, False), (2, 100, False), (2, 99, True), (50, 100_000, False), (51, 100_000, True)],
)
def test_share_and_number_of_retirements(count: int, base: int, stopped: bool) -> None:
    assert ("too_many_retirements" in judged(ops(count, "retire"), base)) == stopped


def test_a_retirement_is_a_change_too() -> None:
    assert judged([*ops(4), *ops(1, "retire")], 40) == ["too_many_changes"]


def test_organisations_and_kinds_are_counted_apart() -> None:
    """Three of ten in each of two organisations, and three people: no single count reaches five."""
    many = [*ops(3), *ops(3, scope="vasilek"), *ops(3, kind="person")]
    bases = {"equipment|romashka": 10, "equipment|vasilek": 10, "person|romashka": 10}
    assert not check(plan(many, bases), LIMITS, (), first=False).stopped
    one = check(plan([*many, *ops(2, "create")], bases), LIMITS, (), first=False)
    assert [params["scope"] for _, _, params in one.reasons] == [" (romashka)"]
    assert one.reasons[0][2]["count"] == 5


def test_a_draft_weighs_as_many_things_as_it_moves() -> None:
    members = tuple(ops(5))
    draft = Operation("d", "draft", "book", "equipment", scope="romashka", members=members)
    assert judged([draft], 10) == ["too_many_changes"]


@pytest.mark.parametrize("kind", ["movement", "order", "request", "request_line", "allocation"])
def test_what_happens_once_is_a_share_of_nothing(kind: str) -> None:
    assert judged(ops(500, kind=kind), 0) == []
    assert judged(ops(501, kind=kind), 0) == ["too_many_changes"]


def test_local_operations_harm_nobody() -> None:
    assert judged([*ops(50, "link"), *ops(50, "agree"), *ops(50, "close")], 10) == []


def test_limits_are_settings() -> None:
    assert judged(ops(2), 3, GuardLimits(change_from=2)) == ["too_many_changes"]
    assert judged(ops(50), 50, GuardLimits(change_share=1)) == []


@pytest.mark.parametrize("side", ["book", "desk"])
def test_another_base_than_before(side: Side) -> None:
    same = SideFacts(side, "srv/base", known="srv/base")
    assert codes(check(plan([]), LIMITS, (SideFacts(side, "srv/base"), same), first=False)) == []
    verdict = check(plan([]), LIMITS, (SideFacts(side, "srv/copy", known="srv/base"),), first=False)
    assert codes(verdict) == ["identity_changed"]
    assert verdict.reasons[0][2] == {"side": side, "known": "srv/base", "now": "srv/copy"}


@pytest.mark.parametrize(
    ("receipts", "vanished", "stopped"), [(10, 0, False), (0, 0, False), (10, 4, False), (10, 5, True), (1, 1, True)]
)
def test_half_of_our_writes_are_gone(receipts: int, vanished: int, stopped: bool) -> None:
    facts = SideFacts("book", "b", receipts=receipts, vanished=vanished)
    assert codes(check(plan([]), LIMITS, (facts,), first=False)) == (["went_back"] if stopped else [])


def test_one_version_older_than_our_write_is_proof_enough() -> None:
    """A record that is gone may have been deleted; a version never comes back but from an old copy."""
    facts = SideFacts("book", "b", receipts=10, vanished=1, older=1)
    assert codes(check(plan([]), LIMITS, (facts,), first=False)) == ["went_back"]


@pytest.mark.parametrize(("papers", "lost", "stopped"), [(1, 1, False), (2, 2, True), (10, 4, False), (10, 5, True)])
def test_half_of_the_posted_documents_are_gone(papers: int, lost: int, stopped: bool) -> None:
    """Writes to records that are older than the copy say nothing."""
    facts = SideFacts("book", "b", receipts=10, papers=papers, lost=lost)
    verdict = check(plan([]), LIMITS, (facts,), first=False)
    assert codes(verdict) == (["went_back"] if stopped else [])
    assert all(params["vanished"] == lost for _, _, params in verdict.reasons)


@pytest.mark.parametrize(
    ("facts", "forget"),
    [
        (SideFacts("book", "b", "b", receipts=10, vanished=4), False),
        (SideFacts("book", "b", "b", receipts=10, vanished=5), True),
        (SideFacts("book", "b", "b", receipts=10, vanished=1, older=1), True),
        (SideFacts("book", "b", "b", missing_mark="card 1"), True),
        (SideFacts("book", "copy", "b"), True),
        (SideFacts("book", "b", None), False),
    ],
)
def test_when_what_was_agreed_no_longer_holds(facts: SideFacts, forget: bool) -> None:
    assert facts.went_back == forget


def test_a_record_that_must_exist_is_gone() -> None:
    verdict = check(plan([]), LIMITS, (SideFacts("desk", "d", missing_mark="equipment 17"),), first=False)
    assert codes(verdict) == ["went_back"]
    assert verdict.reasons[0][2]["mark"] == "equipment 17"


@pytest.mark.parametrize(
    ("before", "now", "stopped"),
    [(100, 80, False), (100, 79, True), (4, 0, False), (5, 3, True), (5, 4, False), (100, None, False)],
)
def test_a_source_that_shrank(before: int, now: int | None, stopped: bool) -> None:
    """``None``: not read this time; its absence is told elsewhere."""
    read = {} if now is None else {"desk|equipment": now}
    facts = SideFacts("desk", "d", sizes={"equipment": before})
    verdict = check(plan([], read=read), LIMITS, (facts,), first=False)
    assert codes(verdict) == (["source_shrunk"] if stopped else [])


def test_the_sizes_of_one_side_say_nothing_of_the_other() -> None:
    facts = SideFacts("book", "b", sizes={"equipment": 100})
    assert not check(plan([], read={"desk|equipment": 1}), LIMITS, (facts,), first=False).stopped


def test_the_first_load_is_one_question() -> None:
    """Its volume is no reason of its own; an empty plan needs nobody's approval."""
    verdict = check(plan(ops(900)), LIMITS, (), first=True)
    assert codes(verdict) == ["first_load"]
    assert verdict.reasons[0][2] == {"operations": 900}
    assert not check(plan([]), LIMITS, (), first=True).stopped


def test_all_reasons_are_told_at_once() -> None:
    facts = SideFacts("book", "copy", "base", {"equipment": 10}, missing_mark="card 1")
    verdict = check(plan(ops(5), {}, {"book|equipment": 1}), LIMITS, (facts,), first=False)
    assert codes(verdict) == ["identity_changed", "went_back", "source_shrunk", "too_many_changes"]
    for _, template, params in verdict.reasons:
        assert template.format(**params)
