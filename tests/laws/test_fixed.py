"""One short history per law that is otherwise only tried on random ones: quick enough to be run on every mutant."""

from __future__ import annotations

from typing import Any

import pytest
from company import Company
from history import agreed
from oracle import settled

from uchet.connectors.base import Page
from uchet.mappings.model import Side

PAIR = "laws"


def names(company: Company) -> list[str]:
    return sorted(str(row.data["name"]) for row in company.desk.rows["thing"].values())


@pytest.mark.parametrize("side", ["book", "desk"])
def test_law_1_an_edit_crosses_and_all_is_quiet(side: Side) -> None:
    company, book, desk = agreed()
    company.edit(side, "thing", book if side == "book" else desk, "label", "v2")
    company.sync()
    assert company.book.rows["thing"][book].data["label"] == company.desk.rows["thing"][desk].data["label"] == "v2"
    settled(company)


def test_law_2_a_value_that_the_other_side_changes_is_written_once() -> None:
    company, book, desk = agreed()
    company.edit("book", "thing", book, "cost", "10.04")
    company.edit("book", "thing", book, "name", "ёлка")
    company.settle()
    assert company.desk.rows["thing"][desk].data["name"] == "ЕЛКА"
    settled(company)


def test_law_3_what_is_written_is_what_the_twin_says() -> None:
    company, book, desk = agreed(note="old", since="2026-02-10")
    for name, value in (("label", "v2"), ("note", "new"), ("cost", "2.5"), ("since", "2026-03-01")):
        company.edit("book", "thing", book, name, value)
    company.settle()
    assert company.desk.rows["thing"][desk].data["note"] == "new"
    settled(company)


def test_law_4_an_edit_that_meets_another_one_stays_in_its_place() -> None:
    company, book, desk = agreed()
    company.edit("book", "thing", book, "label", "b")
    company.edit("desk", "thing", desk, "label", "d")
    company.sync()
    assert company.book.rows["thing"][book].data["label"] == "b"
    assert company.desk.rows["thing"][desk].data["label"] == "d"
    settled(company)


def test_law_4_an_edit_of_a_desk_owned_field_is_not_lost_to_an_old_value() -> None:
    company, book, desk = agreed(note="n")
    company.edit("desk", "thing", desk, "note", "mine")
    company.sync()
    assert company.book.rows["thing"][book].data["note"] == "mine"
    settled(company)


def test_law_6_a_create_whose_answer_was_lost_is_not_repeated() -> None:
    company = Company()
    company.add("book", "thing", {"name": "n1", "label": "v"})
    company.desk.trouble.writes = ["lost-after"]
    company.sync()
    company.settle()
    assert names(company) == ["N1"]
    settled(company)


def test_law_7_our_own_write_before_a_crash_is_not_taken_for_an_edit() -> None:
    company, book, desk = agreed()
    company.edit("book", "thing", book, "label", "v2")
    company.desk.trouble.writes = ["crash-after"]
    assert company.crash()
    company.edit("book", "thing", book, "label", "v3")  # a person edits before the next night
    company.settle()
    assert company.desk.rows["thing"][desk].data["label"] == "v3"
    assert not company.store.issues(PAIR)
    settled(company)


def test_law_8_one_failure_stops_nobody_else() -> None:
    company = Company()
    for n in range(4):
        company.add("book", "thing", {"name": f"n{n}"})
    company.desk.trouble.writes = ["", "busy"]
    run = company.sync()
    assert (run.writes, run.failed) == (3, 1)
    assert len(names(company)) == 3


def test_law_9_a_target_edited_since_the_plan_is_skipped_on_either_side() -> None:
    company, book, desk = agreed()
    company.edit("desk", "thing", desk, "label", "d")
    company.book.trouble.early = True
    company.book.trouble.between = lambda: company.edit("book", "thing", book, "label", "b")
    assert company.sync().skipped == 1
    assert company.book.rows["thing"][book].data["label"] == "b"


def test_law_12_and_15_planning_twice_gives_one_plan_and_changes_nothing() -> None:
    company = Company()
    for n in range(9):
        for side in ("book", "desk"):
            company.add(side, "thing", {"name": f"n{n}", "label": "v"})  # type: ignore[arg-type]
        company.add("book", "thing", {"name": f"m{n}"})
    before, links = company.ledger.snapshot(company), company.store.links(PAIR)
    plans = [company.engine().plan()[0] for _ in range(3)]
    company.book.page_size, company.desk.page_size = 1, 7
    plans += [company.engine().plan()[0] for _ in range(3)]
    assert len({plan.id for plan in plans}) == 1, "law 12"
    assert all(plan.operations == plans[0].operations for plan in plans), "law 15"
    assert company.ledger.snapshot(company) == before, "law 12: planning wrote to a side"
    assert company.store.links(PAIR) == links, "law 12: planning changed what is remembered"


def test_law_16_an_update_carries_the_changed_field_alone() -> None:
    """On both sides: before a write to the one that ignores versions the whole record is at hand."""
    company, book, desk = agreed(note="n", since="2026-02-10")
    company.edit("book", "thing", book, "label", "v2")
    company.edit("desk", "thing", desk, "serial", "s2")
    before = {side.side: len(side.log) for side in company.sides()}
    company.sync()
    written = {s.side: [(d.id, dict(d.values)) for d in s.log[before[s.side] :]] for s in company.sides()}
    assert written == {"book": [(book, {"serial": "s2"})], "desk": [(desk, {"label": "v2"})]}


def test_law_19_a_new_mapping_that_shows_less_retires_nothing_in_its_first_run() -> None:
    company = Company()
    ids = [company.add("book", "thing", {"name": f"n{n}"}) for n in range(6)]
    company.settle()
    company.fingerprint = "2"
    company.book.trouble.hidden = set(ids[:3])
    company.night()
    assert company.desk.retired == 0, "law 19"


def test_law_20_what_is_not_mapped_is_not_touched() -> None:
    company, book, desk = agreed()
    company.edit("book", "thing", book, "label", "v2")
    company.edit("desk", "thing", desk, "serial", "s2")
    company.sync()
    notes: dict[Any, Any] = {id: row.data["notes"] for s in company.sides() for id, row in s.rows["thing"].items()}
    assert notes == {book: f"n-{book}", desk: f"n-{desk}"}
    assert [set(done.values) for side in company.sides() for done in side.log] == [{"serial"}, {"label"}]


def test_law_11_a_listing_that_lies_about_its_end_proves_nothing() -> None:
    """Complete pages and then silence: only the last page may say that nothing is missing."""
    company = Company()
    for n in range(7):
        company.add("book", "thing", {"name": f"n{n}"})
    company.settle()
    whole = company.book.read

    def cut(query: Any, since: str | None = None) -> Any:
        pages = list(whole(query, since))
        yield from (Page(page.records, complete=False) for page in pages[:1])

    company.book.read = cut  # type: ignore[method-assign]
    company.sync()
    assert company.desk.retired == 0, "law 11"


def test_law_13_our_own_write_never_comes_back() -> None:
    company, book, desk = agreed()
    company.edit("book", "thing", book, "name", "ёлка")
    company.edit("book", "thing", book, "label", "long-text-1")
    company.sync()
    writes, row = company.writes(), dict(company.desk.rows["thing"][desk].data)
    for _ in range(3):
        assert company.sync().writes == 0
    assert company.writes() == writes
    assert dict(company.desk.rows["thing"][desk].data) == row
    assert company.book.rows["thing"][book].data["label"] == "long-text-1"
