"""Law 38: the plan from the rows that changed is the plan from everything."""

from __future__ import annotations

from typing import Any

import pytest
from company import PAIR, Company
from history import share
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, rule
from machines import World
from parts import looked_at

from uchet.sync.types import Link


class Staged(World):
    """Every night is planned both ways before it."""

    @initialize(seed=st.sampled_from([1, 3, 5, 7, 9]))
    def start(self, seed: int) -> None:
        self.company = Company(seed)
        self.company.twice = True

    @rule()
    def lose_the_rows(self) -> None:
        self.company.store.drop_stage(PAIR)


TestStaged = Staged.TestCase
TestStaged.settings = settings(stateful_step_count=20, max_examples=share(20))


def settled(things: int = 6) -> tuple[Company, list[str]]:
    """A company in which nights have nothing to do, and the books' ids of its things."""
    company = Company(seed=1)
    room = {side: company.add(side, "room", {"name": "r1"}) for side in ("book", "desk")}  # type: ignore[arg-type]
    ids = []
    for n in range(things):
        data = {"name": f"n{n}", "label": "a", "note": "b", "serial": f"s{n}", "cost": "1"}
        ids.append(company.add("book", "thing", {**data, "room": room["book"]}))
        company.add("desk", "thing", {**data, "room": room["desk"]})
    company.settle()
    company.sync()
    company.twice = True
    return company, ids


def looked(company: Company) -> int | None:
    return looked_at(company.engine(), "thing")


def twin(company: Company, id: str) -> Link:
    return next(link for link in company.store.links(PAIR, "thing") if link.book == id)


#: Our last writes are looked up every night.
QUIET = 10


def test_law_38_a_quiet_night_looks_at_nothing_but_our_last_writes() -> None:
    company, _ = settled(things=20)
    assert looked(company) is not None
    assert looked(company) <= 2 * QUIET  # type: ignore[operator]
    assert company.night().outcome == "clean"


def edited(company: Company, id: str) -> None:
    company.edit("book", "thing", id, "label", "new")


def edited_on_the_desk(company: Company, id: str) -> None:
    company.edit("desk", "thing", twin(company, id).desk, "serial", "new")


def vanished(company: Company, id: str) -> None:
    company.remove("book", "thing", id)


def unlinked(company: Company, id: str) -> None:
    company.store.drop_link(PAIR, "thing", id, twin(company, id).desk, by="person")


def told_apart(company: Company, id: str) -> None:
    company.reject("thing", id, twin(company, id).desk)


def a_rival(company: Company, id: str) -> None:
    company.add("desk", "thing", {"name": company.book.rows["thing"][id].data["name"], "label": "x"})


def another_mapping(company: Company, id: str) -> None:
    company.fingerprint = "2"


def rows_lost(company: Company, id: str) -> None:
    company.store.drop_stage(PAIR)


def a_room_unlinked(company: Company, id: str) -> None:
    (link,) = company.store.links(PAIR, "room")
    company.store.drop_link(PAIR, "room", link.book, link.desk, by="person")


def a_side_put_back(company: Company, id: str) -> None:
    row = company.desk.rows["thing"][twin(company, id).desk]
    row.data["label"], row.version = "old", 1


def a_state_put_back(company: Company, id: str) -> None:
    """Everything remembered is of another day, the rows are of today."""
    rows = company.store._stages.pop(PAIR)
    company.lose_the_store()
    company.store._stages[PAIR] = rows


CHANGES: list[Any] = [
    edited, edited_on_the_desk, vanished, unlinked, told_apart, a_rival, another_mapping, rows_lost, a_room_unlinked,
    a_side_put_back, a_state_put_back,
]  # fmt: skip


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_law_38_whatever_changed_is_seen(change: Any) -> None:
    company, ids = settled()
    change(company, ids[2])
    for _ in range(3):
        company.sync()


@pytest.mark.parametrize("change", [another_mapping, rows_lost, a_room_unlinked, a_state_put_back],
                         ids=lambda change: change.__name__)  # fmt: skip
def test_law_38_what_speaks_of_all_records_looks_at_all(change: Any) -> None:
    company, ids = settled()
    change(company, ids[2])
    assert looked(company) is None


def test_law_38_a_night_that_was_killed_leaves_the_rows_of_the_night_before() -> None:
    company, ids = settled(things=20)
    edited(company, ids[15])
    company.store.fuse = 3
    assert company.crash()
    company.store.revive()
    edited(company, ids[16])
    company.sync()
    assert {company.desk.rows["thing"][twin(company, ids[n]).desk].data["label"] for n in (15, 16)} == {"new"}


def test_law_38_a_pair_that_was_decided_on_is_looked_at_again() -> None:
    """A conflict stays loud night after night, until a person has answered."""
    company, ids = settled(things=20)
    edited(company, ids[18])
    company.edit("desk", "thing", twin(company, ids[18]).desk, "label", "other")
    company.sync()
    company.sync()
    (row,) = (r for r in company.store.issues(PAIR) if r.issue.code == "conflict")
    company.decide(row.id, "take-book")
    company.sync()
    assert company.desk.rows["thing"][twin(company, ids[18]).desk].data["label"] == "new"


def test_law_38_what_a_person_does_during_a_night_is_seen_by_the_next() -> None:
    company, ids = settled(things=20)
    edited(company, ids[15])
    company.desk.trouble.between = lambda: unlinked(company, ids[3])
    company.sync()
    company.sync()
