"""Who may count: the order's days, the commission, its quorum, and drafts that stop a count."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from planted import Company, company

from uchet.errors import Reject
from uchet.mappings.model import Ref, Value
from uchet.sync.counts.rules import check_commission, check_order, check_quorum, custodians_of, unposted
from uchet.sync.counts.types import CountOrder, Member, condition_of
from uchet.sync.reconcile.scope import Asked, resolve
from uchet.sync.types import ORDER, Draft, FieldChange, Operation

BOSS, HELP = Member("o1p0", chairman=True), Member("o1p1")


@pytest.fixture
def made() -> Company:
    found = company(5)
    found.thing(organization="o1", custodian="o1p3", department="o1d0", room="214")
    found.thing(organization="o1", custodian="o1p4", department="o1d1", room="215")
    found.put(
        "position", "book", "p1", name="Телефон", item="i1", quantity=Decimal(2), organization="o1", custodian="o1p5"
    )
    return found


def refused(call: Any, *args: Any) -> str:
    with pytest.raises(Reject) as caught:
        call(*args)
    return caught.value.code


def test_the_days_of_an_order_follow_one_another() -> None:
    days = [date(2026, 3, n) for n in (1, 2, 3, 4)]
    check_order(CountOrder("1", days[0], "смена МОЛ", *days[1:]))
    check_order(CountOrder("1", days[0], "смена МОЛ", *[days[0]] * 3))
    for wrong in ((1, 0, 2, 3), (0, 2, 1, 3), (0, 1, 3, 2)):
        first, *rest = [days[n] for n in wrong]
        assert refused(check_order, CountOrder("1", first, "", *rest)) == "count_order"


def test_who_answers_for_things_is_found_by_scope(made: Company) -> None:
    snapshot = made.snapshot()
    assert custodians_of(snapshot, resolve(Asked(), snapshot)) == ("o1p3", "o1p4", "o1p5")
    assert custodians_of(snapshot, resolve(Asked(kind=("low_value",)), snapshot)) == ("o1p5",)
    assert custodians_of(snapshot, resolve(Asked(room=("214",)), snapshot)) == ("o1p3",)
    assert custodians_of(snapshot, resolve(Asked(person=("o1p2",)), snapshot)) == ("o1p2",), "named, with nothing yet"


def test_a_commission_is_none_of_those_who_answer(made: Company) -> None:
    snapshot = made.snapshot()
    check_commission(snapshot, (BOSS, HELP), ("o1p3",))
    assert refused(check_commission, snapshot, (BOSS, Member("o1p3")), ("o1p3",)) == "custodian_in_commission"
    assert refused(check_commission, snapshot, (BOSS,), ()) == "commission_small"
    assert refused(check_commission, snapshot, (BOSS, Member("o1p0")), ()) == "commission_small"
    assert refused(check_commission, snapshot, (Member("o1p0"), HELP), ()) == "commission_small"
    made.change("person", "book", "o1p1", active=False)
    assert refused(check_commission, made.snapshot(), (BOSS, HELP), ()) == "member_dismissed"


def test_a_fifth_of_the_commission_absent_needs_the_chairmans_word() -> None:
    five = (BOSS, *(Member(f"o1p{n}") for n in range(1, 5)))
    six = (*five, Member("o1p5"))
    check_quorum(five, (), "")
    check_quorum(six, ("o1p1",), "")
    assert refused(check_quorum, five, ("o1p1",), "") == "commission_absent", "exactly a fifth"
    check_quorum(five, ("o1p1",), "болел, пересчитали с заместителем")
    assert refused(check_quorum, six, ("o1p1", "o1p2"), "") == "commission_absent"
    assert refused(check_quorum, five, ("чужой",), "да") == "absent_stranger"


def draft(number: str, member: Operation, state: Any = "open") -> Draft:
    return Draft(number, "move", number, "v", "c", state, number, (member,))


def test_drafts_of_those_who_answer_stop_a_count(made: Company) -> None:
    snapshot = made.snapshot()

    def found(asked: Asked, one: Draft, header: dict[str, Value] | None = None) -> list[str]:
        scope = resolve(asked, snapshot)
        waiting = unposted(snapshot, scope, custodians_of(snapshot, scope), [(one, header or {})])
        return [it.number for it in waiting]

    here, there = Asked(room=("214",)), Asked(room=("215",))
    moved = Operation("1", "update", "book", "equipment", "b1", "d1")
    assert found(here, draft("7", moved)) == ["7"]
    assert found(there, draft("7", moved)) == []
    assert found(there, draft("7", moved, "posted")) == found(here, draft("7", moved, "posted")) == []
    assert found(here, draft("7", moved, "edited")) == ["7"]
    assert found(here, replace(draft("7", moved), document="count_assets")) == [], "an earlier count moves nothing"
    to = FieldChange("custodian", None, Ref("desk", "person", "o1p4"))
    assert found(there, draft("7", Operation("1", "update", "book", "equipment", "b1", "d1", (to,)))) == ["7"], (
        "receives"
    )
    row = Operation("2", "update", "book", "item", "i9", rule=f"{ORDER}e1")
    assert found(Asked(), draft("8", row)) == ["8"], "everything is counted"
    assert found(Asked(warehouse=("Склад w1",)), draft("8", row), {"from_place": Ref("book", "place", "w1")}) == ["8"]
    assert found(Asked(warehouse=("Склад w1",)), draft("8", row), {"from_place": Ref("book", "place", "w2")}) == []


def test_a_condition_is_a_word_of_the_sheet_or_ours() -> None:
    assert [condition_of(one) for one in ("", " Неисправен ", "in_use", "ТРЕБУЕТ  ремонта")] == [
        "", "faulty", "in_use", "needs_repair",
    ]  # fmt: skip
    assert refused(condition_of, "так себе") == "count_condition"
