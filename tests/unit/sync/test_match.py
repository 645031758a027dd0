"""The matching cascade, case by case. Its laws are in tests/laws/test_matching.py."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from matching import listing, low, run, same_id, thing

from uchet.i18n import tr
from uchet.i18n.issues import ISSUES, REASONS
from uchet.mappings.model import DEPARTMENT, EQUIPMENT, ORGANIZATION, PERSON, PLACE, Ref
from uchet.sync.match import MatchResult, match
from uchet.sync.types import Issue, Link, Listing, Record


def pairs(result: MatchResult) -> list[tuple[str, str, int]]:
    return [(link.book, link.desk, link.score) for link in result.found]


def codes(issues: Sequence[Issue]) -> list[str]:
    return [issue.code for issue in issues]


# ---------------------------------------------------------------- the cascade


def test_inventory_number_in_one_organisation() -> None:
    result = run({"b1": thing("ОС-00017")}, {"d1": thing("oc 17")})
    assert pairs(result) == [("b1", "d1", 98)]
    assert result.found[0].rule == "inventory_number: ОС-00017 = oc 17"
    assert result.found[0].by == "uchet"
    assert (result.book_only, result.desk_only, result.suggestions, result.problems) == ((), (), (), ())


def test_never_across_organisations() -> None:
    result = run({"b1": thing("БП-1", org="A")}, {"d1": thing("БП-1", org="B")})
    assert not result.found
    assert not result.suggestions
    assert (result.book_only, result.desk_only) == (("b1",), ("d1",))
    same_serial = run({"b1": thing("БП-1", "PF12345", org="A")}, {"d1": thing("БП-1", "PF12345", org="B")})
    assert not same_serial.found
    assert codes(same_serial.problems) == ["match_organization"]


@pytest.mark.parametrize("org", [None, "A?"])
def test_an_unknown_organisation_is_a_question(org: str | None) -> None:
    for book, desk in (
        (thing("БП-1"), thing("БП-1", org=org)),
        (thing(None, "PF12345"), thing("х", "PF12345", org=org)),
    ):
        result = run({"b1": book}, {"d1": desk})
        assert not result.found
        assert codes(result.suggestions) == ["match_suggested"]
        assert "organization_unknown" in result.suggestions[0].params["reasons"]
        assert not result.book_only


def test_serial_number() -> None:
    result = run({"b1": thing("БП-1", "S/N: PF12345")}, {"d1": thing("BP-1", "pf-12345")})
    assert pairs(result) == [("b1", "d1", 96)]


def test_a_contradicting_serial_stops_the_inventory_number() -> None:
    result = run({"b1": thing("БП-1", "PF12345")}, {"d1": thing("БП-1", "MXL9999")})
    assert not result.found
    assert "serial_differs" in result.suggestions[0].params["reasons"]
    lookalike = run({"b1": thing("БП-1", "MXL1O3B8")}, {"d1": thing("БП-1", "MXL10388")})
    assert pairs(lookalike) == [("b1", "d1", 98)]


def test_a_contradicting_model_stops_the_serial() -> None:
    result = run(
        {"b1": thing(None, "PF12345", model="Ноутбук Lenovo T14")},
        {"d1": thing("1", "PF12345", model="МФУ Kyocera M2040")},
    )
    assert not result.found
    assert "model_differs" in result.suggestions[0].params["reasons"]


def test_crossed_evidence_is_never_automatic() -> None:
    result = run(
        {"b1": thing("БП-1", "PF11111")},
        {"d1": thing("БП-1", None), "d2": thing("БП-2", "PF11111")},
    )
    assert not result.found
    assert codes(result.problems) == ["match_cross"]
    assert result.problems[0].params["by_inventory"] == "d1"
    assert result.problems[0].params["by_serial"] == "d2"
    assert not result.book_only
    assert not result.desk_only
    mirrored = run(
        {"b1": thing("БП-1", None), "b2": thing("БП-2", "PF11111")},
        {"d1": thing("БП-1", "PF11111")},
    )
    assert not mirrored.found
    assert codes(mirrored.problems) == ["match_cross"]
    told = run({"b1": thing("БП-1", "PF11111")}, {"d1": thing("БП-1"), "d2": thing("БП-2", "PF11111")},
               rejected={("b1", "d2")})  # fmt: skip
    assert pairs(told) == [("b1", "d1", 98)]


def test_doubled_numbers_are_a_task_and_excluded() -> None:
    result = run({"b1": thing("БП-1"), "b2": thing("бп 001"), "b3": thing("БП-3")},
                 {"d1": thing("БП-1"), "d3": thing("БП-3")})  # fmt: skip
    assert pairs(result) == [("b3", "d3", 98)]
    assert codes(result.problems) == ["match_duplicate"]
    assert result.problems[0].params["books"] == "b1, b2"
    assert result.problems[0].params["desks"] == "d1"
    assert not result.book_only
    other_organisation = run({"b1": thing("БП-1"), "b2": thing("БП-1", org="B")}, {"d1": thing("БП-1")})
    assert pairs(other_organisation) == [("b1", "d1", 98)]
    serials = run({"b1": thing("1", "PF12345")}, {"d1": thing("1", "PF12345"), "d2": thing("2", "PF12345")})
    assert not serials.found


def test_a_written_off_namesake_does_not_double_a_number() -> None:
    result = run({"b0": thing("БП-1", retired=True), "b1": thing("БП-1")}, {"d1": thing("БП-1")})
    assert pairs(result) == [("b1", "d1", 98)]
    assert run({"b0": thing("БП-1", retired=True)}, {"d1": thing("БП-1")}).found == ()
    assert run({"b0": thing("БП-1", retired=True)}, {}).book_only == ()


def test_a_serial_that_stands_everywhere_is_no_number() -> None:
    many = {f"d{n}": thing(f"БП-{n}", "FIRMWARE") for n in range(1, 6)}
    result = run({"b1": thing("БП-1", "FIRMWARE")}, many)
    assert pairs(result) == [("b1", "d1", 98)]
    assert not result.problems


def test_numbers_a_spreadsheet_destroyed() -> None:
    result = run({"b1": thing("БП-1")}, {"d1": thing("1.23E+11"), "d2": thing("б/н")})
    assert codes(result.problems) == ["match_bad_number"]
    assert result.problems[0].params == {"books": "", "desks": "d1", "record": "d1", "value": "1.23E+11"}
    assert result.desk_only == ("d2",)


LAPTOP = {"model": "Ноутбук Lenovo ThinkPad T14"}
LAPTOP_2 = {"model": "Lenovo Thinkpad T14 ноутбук"}


@pytest.mark.parametrize(
    ("book", "desk", "score"),
    [
        (thing("10-0012", "5CD8O12345"), thing("100-12", "5CD8012345"), 88),
        (thing(None, "5CD8O12345", **LAPTOP), thing(None, "5CD8012345", **LAPTOP_2), 88),
        (thing("10-0012", custodian="p", **LAPTOP), thing("100-12", custodian="p", **LAPTOP_2), 84),
        (thing("10-0012", department="p", **LAPTOP), thing("100-12", department="p", **LAPTOP_2), 84),
        (
            thing(custodian="p", commissioned=date(2025, 1, 10), cost=Decimal("98500"), **LAPTOP),
            thing(custodian="p", commissioned=date(2025, 2, 20), cost=Decimal("98900"), **LAPTOP_2),
            76,
        ),
    ],
)
def test_weak_evidence_is_only_suggested(book: Any, desk: Any, score: int) -> None:
    result = run({"b1": book}, {"d1": desk})
    assert not result.found
    assert [issue.params["score"] for issue in result.suggestions] == [score]
    assert result.suggestions[0].key == "match_suggested:equipment:b1:d1"
    assert (result.suggestions[0].book, result.suggestions[0].desk) == ("b1", "d1")
    assert (result.book_only, result.desk_only) == ((), ())
    again = run({"b1": book}, {"d1": desk}, rejected={("b1", "d1")})
    assert not again.suggestions
    assert (again.book_only, again.desk_only) == (("b1",), ("d1",))
    assert not run({"b1": book}, {"d1": {**desk, "organization": "B"}}).suggestions


@pytest.mark.parametrize(
    ("book", "desk"),
    [
        (thing("10-0012", **LAPTOP), thing("100-12", **LAPTOP)),
        (thing("10-0012", custodian="p", **LAPTOP), thing("100-12", custodian="q", **LAPTOP)),
        (thing(custodian="p", **LAPTOP), thing(custodian="p", **LAPTOP)),
        (thing(name="Ноутбук"), thing(name="Ноутбук")),
        (
            thing(custodian="p", commissioned=date(2025, 1, 10), cost=Decimal("98500"), **LAPTOP),
            thing(custodian="p", commissioned=date(2025, 3, 20), cost=Decimal("98500"), **LAPTOP),
        ),
        (
            thing(custodian="p", commissioned=date(2025, 1, 10), cost=Decimal("98500"), **LAPTOP),
            thing(custodian="p", commissioned=date(2025, 1, 10), cost=Decimal("99900"), **LAPTOP),
        ),
    ],
)
def test_too_little_is_nothing(book: Any, desk: Any) -> None:
    result = run({"b1": book}, {"d1": desk})
    assert (result.found, result.suggestions) == ((), ())


def test_dates_are_near_wherever_in_the_calendar_they_stand() -> None:
    start = date(2025, 1, 1)
    alike = {"custodian": "p", "cost": Decimal("98500"), **LAPTOP}
    for apart, suggested in ((-46, 0), (-45, 1), (0, 1), (45, 1), (46, 0)):
        for day in (start + timedelta(n) for n in range(50)):
            book, desk = (thing(commissioned=when, **alike) for when in (day, day + timedelta(apart)))
            assert len(run({"b1": book}, {"d1": desk}).suggestions) == suggested, (day, apart)


# ---------------------------------------------------------------- low-value things


def seen(model: str = "Dell P2419H", person: str | None = "p", **more: Any) -> dict[str, Any]:
    return {"model": model, "custodian": person, "organization": "A", **more}


def test_a_position_of_one_piece_links_when_unique_both_ways() -> None:
    result = run({"u1": low(), "u2": low("Стул офисный")}, {"d1": seen(), "d2": seen("Принтер HP")})
    assert pairs(result) == [("u1", "d1", 95)]
    assert result.found[0].rule.startswith("position_unique")


@pytest.mark.parametrize(
    ("book", "desk"),
    [
        ({"u1": low()}, {"d1": seen(person="q")}),
        ({"u1": low()}, {"d1": seen(person=None)}),
        ({"u1": low(person=None)}, {"d1": seen(person=None)}),
        ({"u1": low()}, {"d1": seen(organization="B")}),
        ({"u1": low()}, {"d1": seen("МФУ Kyocera")}),
        ({"u1": low()}, {"d1": seen("Монитор Dell P2422H")}),
        ({"u1": low()}, {"d1": seen(accounting="fixed_asset")}),
        ({"u1": low()}, {"d1": seen(), "d2": seen()}),
        ({"u1": low(), "u2": low()}, {"d1": seen()}),
    ],
)
def test_a_position_is_never_linked_otherwise(book: Any, desk: Any) -> None:
    result = run(book, desk)
    assert not result.found
    ambiguous = len(book) + len(desk) > 2
    assert (set(codes(result.problems)) == {"match_ambiguous"}) is ambiguous
    assert bool(result.book_only) is not ambiguous


def test_a_bigger_position_of_the_same_thing_makes_it_uncertain() -> None:
    bulk = Record("position", "book", "x", {
        "name": "Монитор Dell P2419H", "custodian": Ref("book", "person", "p"), "quantity": Decimal(3),
        "organization": Ref("book", "organization", "A"),
    })  # fmt: skip
    positions = Listing("position", "book", {"x": bulk}, True)
    assert not run({"u1": low()}, {"d1": seen()}, positions=positions).found
    other = replace(bulk, values={**bulk.values, "custodian": Ref("book", "person", "q")})
    assert run({"u1": low()}, {"d1": seen()}, positions=Listing("position", "book", {"x": other}, True)).found


# ---------------------------------------------------------------- links and reading


def test_a_persons_link_is_never_overridden() -> None:
    manual = Link("equipment", "b1", "d9", "manual", 100, by="ivanov")
    result = run({"b1": thing("БП-1")}, {"d1": thing("БП-1"), "d9": thing("zzz9")}, links=[manual])
    assert result.kept == (manual,)
    assert not result.found
    assert result.desk_only == ("d1",)
    ours = Link("equipment", "b1", "d1", "inventory_number", 98)
    both = run({"b1": thing("БП-1")}, {"d1": thing("БП-1"), "d9": thing("zzz9")}, links=[ours, manual])
    assert both.kept == (manual,)
    assert codes(both.problems) == ["match_link_conflict"]


def test_a_stored_link_is_kept_though_its_records_are_not_seen() -> None:
    old = Link("equipment", "b7", "d7", "inventory_number", 98)
    assert run({}, {}, links=[old]).kept == (old,)


@pytest.mark.parametrize("which", ["book", "desk"])
def test_an_incomplete_listing_concludes_nothing(which: str) -> None:
    sides: list[Listing] = [
        listing(EQUIPMENT, "book", {"b1": thing("1")}, complete=which != "book"),
        listing(EQUIPMENT, "desk", {"d1": thing("1"), "d2": thing("2")}, complete=which != "desk"),
    ]
    result = match(EQUIPMENT, *sides, [], (), same_id)
    assert result == MatchResult()


def test_every_question_has_a_text_in_both_languages() -> None:
    result = run(
        {"b1": thing("БП-1"), "b2": thing("БП-1"), "b3": thing("10-0012", "5CD8O12345"), "b4": thing("1E+11")},
        {"d1": thing("БП-1"), "d3": thing("100-12", "5CD8012345")},
    )
    issues = (*result.problems, *result.suggestions)
    assert len(issues) == 3
    for issue in issues:
        assert all(tr(ISSUES[issue.code].template, language, **issue.params) for language in ("ru", "en"))
    assert set(result.suggestions[0].params["reasons"].split(",")) <= set(REASONS)


# ---------------------------------------------------------------- reference kinds


def test_organisations_by_taxpayer_number_then_name() -> None:
    result = run(
        {"b1": {"name": "ООО «Ромашка»", "inn": "7701234567"}, "b2": {"name": "ИП Иванов", "inn": None}},
        {"d1": {"name": "Ромашка", "inn": "7701234567"}, "d2": {"name": "ИП ИВАНОВ"}},
        kind=ORGANIZATION,
    )
    assert pairs(result) == [("b1", "d1", 98), ("b2", "d2", 97)]


def test_branches_with_one_taxpayer_number_are_told_apart_by_name() -> None:
    book = {"b1": {"name": "Ромашка", "inn": "77"}, "b2": {"name": "Ромашка, филиал", "inn": "77"}}
    result = run(book, {"d1": {"name": "ромашка", "inn": "77"}, "d2": {"name": "Ромашка филиал", "inn": "77"}},
                 kind=ORGANIZATION)  # fmt: skip
    assert [p[:2] for p in pairs(result)] == [("b1", "d1"), ("b2", "d2")]
    assert not result.problems
    unclear = run(book, {"d1": {"name": "Лютик", "inn": "77"}}, kind=ORGANIZATION)
    assert codes(unclear.problems) == ["match_ambiguous"]
    assert (unclear.book_only, unclear.desk_only) == ((), ())


def test_departments_inside_their_organisation() -> None:
    result = run(
        {"b1": {"name": "Бухгалтерия", "code": "000000001", "organization": "A"}},
        {"d1": {"name": "Бух.", "code": "1", "organization": "A"}, "d2": {"name": "Бухгалтерия", "organization": "B"}},
        kind=DEPARTMENT,
    )
    assert pairs(result) == [("b1", "d1", 98)]
    assert result.desk_only == ("d2",)


def test_a_stronger_key_that_differs_makes_a_namesake() -> None:
    result = run(
        {"b1": {"name": "Иванов Иван Иванович", "number": "0000-00012", "organization": "A"}},
        {"d1": {"name": "Иван Иванович Иванов", "number": "0000-00045", "organization": "A"}},
        kind=PERSON,
    )
    assert not result.found
    assert "key_differs" in result.suggestions[0].params["reasons"]


def test_people_by_whole_names_only() -> None:
    def who(name: str) -> dict[str, Any]:
        return {"name": name, "organization": "A"}

    assert pairs(run({"b1": who("Семёнова Анна Петровна")}, {"d1": who("Анна Петровна Семенова")}, kind=PERSON)) == [
        ("b1", "d1", 97)
    ]
    initials = run({"b1": who("Семёнова Анна Петровна")}, {"d1": who("Семенова А.П.")}, kind=PERSON)
    assert not initials.found
    assert initials.suggestions[0].params["reasons"] == "initials,organization"
    assert "Семенова" not in repr(initials.suggestions)
    two = run({"b1": who("Иванов Иван Иванович"), "b2": who("Иванов Иван Иванович")},
              {"d1": who("Иванов Иван Иванович")}, kind=PERSON)  # fmt: skip
    assert not two.found
    assert codes(two.problems) == ["match_ambiguous"]


def test_places_by_code_or_name() -> None:
    result = run(
        {"b1": {"name": "Склад ИТ", "code": "000000003"}}, {"d1": {"name": "склад  ит", "code": None}}, kind=PLACE
    )
    assert pairs(result) == [("b1", "d1", 97)]


def test_thousands_of_records_in_seconds() -> None:
    book = {
        f"b{n}": thing(f"БП-{n:06}", f"PF{n:06}X", custodian=f"p{n % 50}", cost=Decimal(50000), **LAPTOP)
        for n in range(4_000)
    }
    desk = {f"d{n}": thing(f"BP{n}" if n % 10 else f"бп {n}", f"pf-{n:06}x") for n in range(4_000)}
    start = time.process_time()
    result = run(book, desk)
    assert len(result.found) == 4_000
    start, first = time.process_time(), time.process_time() - start
    strangers = run(book, {id: {**row, "serial": None, "inventory_number": f"Q{id}"} for id, row in desk.items()})
    assert not strangers.found
    assert first < 5
    assert time.process_time() - start < 5
