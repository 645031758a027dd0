"""Rules of purchase requests and licences, one by one: filling, approvals, tolerance, allocations, seats."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from uchet.i18n.requests import RULES as TEXTS
from uchet.i18n.requests import answer_text
from uchet.purchase_rules import ApprovalRule, Approver, Delegation, LicenceRules, Norm, RequestRules
from uchet.sync.allocations import Allocation, excesses, progress
from uchet.sync.approvals import Approval, Who, judge, required
from uchet.sync.filling import ADVICE, Around, check, of_approvals
from uchet.sync.licences import BookObject, Installation, Licence, questions, seats
from uchet.sync.purchase import Line, Request, snapshot, version_of, within
from uchet.sync.purchase_stock import Stock
from uchet.sync.requests import header_state, line_state

TODAY = date(2026, 3, 2)
LINE = Line(
    "1", text="Мышь", category="hardware", quantity=Decimal(1), unit="шт", price=Decimal(900),
    price_date=TODAY, vat="with", place="p",
)  # fmt: skip
GOOD = Request(
    "12", "Мышь", "submitted", "o", "b", "d", "vera", "vera", reason="new", needed_by=TODAY + timedelta(days=30),
    article="ИТ", contact="204", submitted=TODAY, lines=(LINE,),
)  # fmt: skip
SOFT = replace(LINE, category="software", term="1 год", seats=Decimal(1), platform="Windows")
AROUND = Around(TODAY, RequestRules(), frozenset({"d"}), frozenset({"vera", "anna", "boris"}))


def codes(request: Request = GOOD, **around: Any) -> set[str]:
    return {gap.code for gap in check(request, replace(AROUND, **around))}


def rules(**values: Any) -> dict[str, Any]:
    return {"rules": RequestRules(**values)}


def test_a_good_request_has_no_gaps() -> None:
    assert codes() == set()


#: code → a request (and surroundings) that breaks that rule and no other.
OTHER = replace(GOOD, id="11", submitted=TODAY - timedelta(days=29))
BROKEN: dict[str, tuple[Request, dict[str, Any]]] = {
    **{
        f"no_{name}": (replace(GOOD, **{name: ""}), {})
        for name in ("organization", "branch", "initiator", "reason", "article", "contact", "beneficiary")
    },
    "no_needed_by": (replace(GOOD, needed_by=None), {}),
    "no_lines": (replace(GOOD, lines=()), {}),
    "no_offer": (replace(GOOD, lines=(replace(LINE, price=Decimal(50_001)),)), {}),
    "unknown_department": (replace(GOOD, department="x"), {}),
    "beneficiary_dismissed": (GOOD, {"active": frozenset()}),
    "too_soon": (replace(GOOD, needed_by=TODAY + timedelta(days=4)), {}),
    "duplicate": (GOOD, {"others": (GOOD, OTHER)}),
    "over_budget": (GOOD, rules(limits={"ИТ": 899})),
    "line_no_item": (replace(GOOD, lines=(replace(LINE, text=""),)), {}),
    **{
        f"line_no_{name}": (replace(GOOD, lines=(replace(LINE, **{name: ""}),)), {})
        for name in ("category", "unit", "vat", "place")
    },
    "line_no_price": (replace(GOOD, lines=(replace(LINE, price=None),)), {}),
    "line_no_quantity": (replace(GOOD, lines=(replace(LINE, quantity=Decimal(0)),)), {}),
    "line_no_asset": (replace(GOOD, reason="replacement"), {}),
    "line_no_term": (replace(GOOD, lines=(replace(SOFT, term=""),)), {}),
    "line_no_seats": (replace(GOOD, lines=(replace(SOFT, seats=None),)), {}),
    "line_no_platform": (replace(GOOD, lines=(replace(SOFT, platform=""),)), {}),
    "line_no_security_mark": (replace(GOOD, lines=(replace(LINE, category="media"),)), {}),
    "price_old": (replace(GOOD, lines=(replace(LINE, price_date=TODAY - timedelta(days=91)),)), {}),
    "not_standard": (GOOD, rules(standard=("Клавиатура",))),
    "stock_available": (GOOD, {"stock": Stock({("o", "m"): Decimal(1)}, {"мышь": ("m",)})}),
    "stock_other_unit": (GOOD, {"stock": Stock({("o", "m"): Decimal(1)}, {"мышь": ("m",)}, {"m": "упак"})}),
    "asset_not_theirs": (replace(GOOD, asset="a"), {"assets": {"a": frozenset({"anna"})}}),
    "under_warranty": (replace(GOOD, asset="a"), {"warranty": {"a": TODAY}}),
    "over_norm": (
        replace(GOOD, lines=(replace(LINE, quantity=Decimal(2)),)),
        rules(norms=(Norm(item="мышь", quantity=1),)),
    ),
}  # fmt: skip
OF_APPROVALS = {
    "missing_approval",
    "approver_is_initiator",
    "approver_not_in_matrix",
    "approver_dismissed",
    "approval_outdated",
}


@pytest.mark.parametrize("code", BROKEN)
def test_every_rule_has_its_code(code: str) -> None:
    request, around = BROKEN[code]
    assert codes(request, **around) == {code}


def test_every_code_is_tried_and_has_a_text_in_two_languages() -> None:
    assert set(BROKEN) | OF_APPROVALS | {"rejected"} == set(TEXTS)
    assert set(TEXTS) >= ADVICE
    for code, (request, around) in BROKEN.items():
        told = [(gap.code, gap.params) for gap in check(request, replace(AROUND, **around))]
        assert answer_text(told, "ru") != answer_text(told, "en"), code
        assert "{" not in answer_text(told, "ru")


def test_bounds() -> None:
    assert codes(replace(GOOD, needed_by=TODAY + timedelta(days=5))) == set()
    assert codes(replace(GOOD, lines=(replace(LINE, price=Decimal(50_000)),))) == set()
    assert codes(replace(GOOD, lines=(replace(LINE, price_date=TODAY - timedelta(days=90)),))) == set()
    assert codes(others=(replace(OTHER, submitted=TODAY - timedelta(days=31)),)) == set()
    assert codes(others=(replace(OTHER, state="issued"),)) == {"duplicate"}
    assert codes(others=(replace(OTHER, state="closed"),)) == set()
    assert codes(OTHER, others=(GOOD, OTHER)) == set(), "the earlier of two is no duplicate"
    assert codes(replace(GOOD, asset="a"), warranty={"a": TODAY - timedelta(days=1)}) == set()
    soft, both = replace(GOOD, lines=(SOFT,)), rules(standard=("Клавиатура",))
    assert codes(soft, allowed=("мышь",), **both) == codes(allowed=("Клавиатура",)) == set(), "programs have a list too"
    assert codes(soft, allowed=("Офис",)) == codes(soft, allowed=("Офис",), **both) == {"not_standard"}
    two = replace(GOOD, lines=(LINE, replace(LINE, id="2")))
    assert codes(two, **rules(norms=(Norm(item="мышь", quantity=2),))) == set()
    assert codes(two, **rules(norms=(Norm(item="мышь", quantity=1),))) == {"over_norm"}, "of both lines together"


# -- approvals ---------------------------------------------------------------------------------------------------------

MATRIX = RequestRules(
    matrix=(
        ApprovalRule(role="line_manager"),
        ApprovalRule(role="budget_owner", above=Decimal(1000)),
        ApprovalRule(role="security", categories=("software",)),
        ApprovalRule(role="director", branches=("Север",)),
    ),
    approvers=(
        Approver(role="line_manager", person="0001", until=TODAY),
        Approver(role="budget_owner", person="Борис"),
    ),
    delegations=(Delegation(of="0001", to="Борис", since=TODAY, until=TODAY + timedelta(days=1)),),
)
WHO = Who({"anna": frozenset({"Анна", "0001"}), "boris": frozenset({"Борис"}), "vera": frozenset({"Вера"})}, "Юг", "ИТ")


def word(person: str, role: str = "line_manager", day: date = TODAY, version: str = "v", **more: Any) -> Approval:
    return Approval("12", role, person, more.pop("decision", "approved"), day, version, **more)


def judged(*words: Approval, request: Request = GOOD, **more: Any) -> Any:
    return judge(request, words, MATRIX, WHO, same=lambda version: version == "v", **more)


def test_who_is_asked() -> None:
    assert required(GOOD, MATRIX, WHO) == ("line_manager",)
    dear = replace(GOOD, lines=(replace(SOFT, price=Decimal(1000)),))
    assert required(dear, MATRIX, WHO) == ("line_manager", "budget_owner", "security")
    assert required(GOOD, MATRIX, replace(WHO, branch="север")) == ("line_manager", "director")
    assert required(GOOD, MATRIX, WHO, ["director"]) == ("line_manager", "director")


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (word("anna"), None),
        (word("boris"), None),
        (word("boris", day=TODAY - timedelta(days=1)), "matrix"),
        (word("anna", day=TODAY + timedelta(days=1)), "matrix"),
        (word("vera"), "initiator"),
        (word("anna", version="old"), "version"),
        (word(""), "unknown"),
    ],
    ids=["in person", "delegate", "delegate too early", "no longer in the matrix", "initiator", "version", "nobody"],
)
def test_whose_word_counts(given: Approval, why: str | None) -> None:
    found = judged(given)
    assert found.verdict == ("waiting" if why else "approved")
    assert [code for _, code in found.void] == ([why] if why else [])
    assert all(gap.code in TEXTS for gap in of_approvals(found.void, found.missing))


def test_a_dismissed_approver_and_the_later_word() -> None:
    assert [w for _, w in judged(word("anna"), active=lambda person: False).void] == ["dismissed"]
    assert judged(word("anna", number=1), word("anna", decision="rejected", number=2)).verdict == "rejected"
    assert (
        judged(word("anna", decision="rejected", number=1), word("anna", number=2, where="uchet")).verdict == "approved"
    )


def test_tolerance_is_of_what_was_approved() -> None:
    approved = snapshot(GOOD)

    def near(**values: Any) -> bool:
        now = snapshot(replace(GOOD, lines=(replace(LINE, **values),)))
        return within(approved, now, Decimal("0.1"), Decimal(5000))

    assert near(price=Decimal(990))
    assert not near(price=Decimal("990.01"))
    assert near(price=Decimal(1))
    assert not near(text="Клавиатура")
    assert not near(quantity=Decimal(2))
    assert not within(approved, snapshot(replace(GOOD, lines=(LINE, replace(LINE, id="2")))), Decimal(1), Decimal(5000))
    dear = snapshot(replace(GOOD, lines=(replace(LINE, price=Decimal(100_000)),)))
    more = snapshot(replace(GOOD, lines=(replace(LINE, price=Decimal(105_001)),)))
    assert not within(dear, more, Decimal("0.1"), Decimal(5000))
    for other in ({"beneficiary": "anna"}, {"article": "АХО"}, {"organization": "p"}, {"department": "x"}):
        assert not within(approved, snapshot(replace(GOOD, **other)), Decimal(1), Decimal(5000)), other
    later = replace(GOOD, needed_by=TODAY + timedelta(days=40))
    assert within(approved, snapshot(later), Decimal("0.1"), Decimal(5000))
    assert version_of(GOOD) != version_of(later)
    assert version_of(GOOD) != version_of(replace(GOOD, beneficiary="anna"))
    assert version_of(GOOD) == version_of(replace(GOOD, state="approving", contact="205"))


# -- lines -------------------------------------------------------------------------------------------------------------


def test_allocations_any_number_of_documents_a_line() -> None:
    lines = (replace(LINE, quantity=Decimal(10)), replace(LINE, id="2", quantity=Decimal(1), cancelled=Decimal(1)))
    rows = [
        Allocation("1", "order", "З1", Decimal(10)),
        Allocation("1", "receipt", "П1", Decimal(1), Decimal(6)),
        Allocation("1", "receipt", "П2", Decimal(4)),
    ]
    found = progress(lines, rows)
    assert (line_state(found["1"]), line_state(found["2"]), header_state(found.values())) == (
        "received",
        "cancelled",
        "received",
    )
    assert excesses(found) == ()
    found = progress(lines, [*rows, Allocation("1", "return", "В1", Decimal("0.5"))])
    assert (found["1"].received, header_state(found.values())) == (Decimal("9.500"), "partially_received")
    found = progress(lines, [*rows, Allocation("1", "receipt", "П3", Decimal("0.001"))])
    assert [(one.step, one.have, one.most) for one in excesses(found)] == [("receipt", Decimal("10.001"), Decimal(10))]
    found = progress(lines, [Allocation("1", "issue", "М1", Decimal(3))])
    assert (found["1"].open, header_state(found.values())) == (Decimal(7), "issued_partially")


# -- licences ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("left", "step"), [(91, None), (90, 90), (61, 90), (60, 60), (30, 30), (8, 30), (7, 7), (0, 7)]
)
def test_an_ending_licence_is_told_of_once_a_step(left: int, step: int | None) -> None:
    one = Licence("1", "Офис", None, TODAY + timedelta(days=left))
    found = questions([one], [], None, LicenceRules(), TODAY)
    assert [issue.params["days"] for issue in found] == ([step] if step else [])
    if step and left:
        tomorrow = questions([one], [], None, LicenceRules(), TODAY + timedelta(days=1))
        asked_anew = tomorrow[0].fingerprint != found[0].fingerprint
        assert asked_anew == (left - 1 in (60, 30, 7))
    assert [i.code for i in questions([one], [], None, LicenceRules(), TODAY + timedelta(days=left + 1))] == [
        "licence_expired"
    ]


def test_seats_allow_list_and_the_books() -> None:
    office = Licence("1", "Офис", Decimal(2), book_object="Право на офис")
    more = Licence("2", "офис ", Decimal(1), book_object="b1")
    put = [Installation(str(n), "Офис", "1") for n in range(3)] + [Installation("9", "Игра", "7")]
    assert [(s.licence.id, s.installed, s.free) for s in seats([more, office], put, TODAY)] == [
        ("1", 3, -1),
        ("2", 0, 1),
    ]
    books = [BookObject("b1", "право на ОФИС"), BookObject("b2", "САПР")]
    found = {i.code for i in questions([office, more], put, books, LicenceRules(allowed=("Офис",)), TODAY)}
    assert found == {"licence_overused", "installation_unlicensed", "installation_not_allowed", "licence_book_only"}
    twice = [BookObject("04|b1", "Право на офис"), BookObject("012|b1", "право на офис")]
    assert questions([office], put[:2], twice, LicenceRules(), TODAY) == [], "one object on two accounts"
    lost = replace(office, book_object="нет", seats=None)
    assert {i.code for i in questions([lost], put[:3], [], LicenceRules(), TODAY)} == {"licence_object_unknown"}
