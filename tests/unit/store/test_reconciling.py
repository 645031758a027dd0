"""Reconciliations are kept as they were made; snapshots cost what changed; a forgotten name is in none of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from planted import planted
from sqlalchemy import func, select

from uchet.errors import Reject
from uchet.mappings.model import Ref
from uchet.sync.reconcile.compare import compare
from uchet.sync.reconcile.reading import stored_form
from uchet.sync.reconcile.types import Allotment, Difference, Reconciliation, Snapshot
from uchet.sync.store import Store
from uchet.sync.store.schema import chunk
from uchet.sync.types import Issue, Link

PAIR = "main"


def made(run: str, snapshot: Snapshot, found: tuple[Difference, ...] = (), day: date | None = None) -> Reconciliation:
    return Reconciliation(run, day, snapshot.taken, {"room": ("204",)}, snapshot.sources, found, {"equipment": 3})


def chunks(store: Store) -> int:
    with store._read() as connection:
        return int(connection.execute(select(func.count()).select_from(chunk)).scalar_one())


def test_what_was_compared_comes_back_as_it_was(path: Path) -> None:
    company = planted(4)
    look = company.look()
    found = compare(look).differences
    with Store.open(path) as store:
        store.put_reconciliation(PAIR, made("r1", look.snapshot, found), stored_form(look.snapshot))
    with Store.open(path) as store:
        again = store.snapshot(PAIR, "r1")
        kept = store.reconciliation(PAIR, "r1")
        assert store.reconciliations(PAIR) == [kept]
        assert store.snapshot(PAIR, "r2") is store.reconciliation(PAIR, "r2") is None
    assert again is not None
    assert kept is not None
    assert kept.differences == found
    assert compare(replace(look, snapshot=again)).differences == found, "the stored snapshot says the same"


def test_a_night_on_which_little_changed_costs_little(path: Path) -> None:
    company = planted(4, agreeing=2000)
    with Store.open(path) as store:
        store.put_reconciliation(PAIR, made("r1", company.snapshot()), company.snapshot())
        first = chunks(store)
        store.put_reconciliation(PAIR, made("r2", company.snapshot()), company.snapshot())
        assert chunks(store) == first
        company.change("equipment", "desk", "d1", room="Подвал")
        store.put_reconciliation(PAIR, made("r3", company.snapshot()), company.snapshot())
        assert chunks(store) == first + 1
        one, two = (store.snapshot(PAIR, run) for run in ("r1", "r3"))
    assert one is not None
    assert two is not None
    rooms = [s.listings["equipment", "desk"].records["d1"].values["room"] for s in (one, two)]
    assert rooms[0] != rooms[1] == "Подвал"


def test_the_first_look_at_a_day_is_found_by_its_scope(path: Path) -> None:
    company, day = planted(4, agreeing=1, each=0), date(2026, 1, 31)
    snapshot = replace(company.snapshot(), day=day)
    with Store.open(path) as store:
        for number, run in enumerate(("r1", "r2")):
            taken = datetime(2026, 2, 1 + number, tzinfo=UTC)
            store.put_reconciliation(PAIR, replace(made(run, snapshot, day=day), taken=taken), snapshot)
        assert store.first_of_day(PAIR, {"room": ("204",)}, day) == "r1"
        assert store.first_of_day(PAIR, {}, day) is None
        assert store.first_of_day(PAIR, {"room": ("204",)}, date(2026, 1, 30)) is None


def test_personal_fields_are_not_kept_and_a_forgotten_name_goes(path: Path) -> None:
    company = planted(4, agreeing=3, each=0)
    company.change("equipment", "desk", "d1", user="Ёлкина Анна Петровна")
    company.change("equipment", "desk", "d3", name="Ноутбук Ёлкиной, Ёлкина Анна Петровна")
    with Store.open(path) as store:
        snapshot = stored_form(company.snapshot())
        store.put_reconciliation(PAIR, made("r1", snapshot), snapshot)
        kept = store.snapshot(PAIR, "r1")
        assert kept is not None
        assert "user" not in kept.listings["equipment", "desk"].records["d1"].values
        assert all("name" not in r.values for r in kept.listings["person", "desk"].records.values())
        store.forget(PAIR, Link("person", "p1", "7"), ["Ёлкина Анна Петровна"], by="anna")
        kept = store.snapshot(PAIR, "r1")
        assert kept is not None
        assert kept.listings["equipment", "desk"].records["d3"].values["name"] == "Ноутбук Ёлкиной, person-1"
    assert "Ёлкина Анна".encode() not in path.read_bytes()


def test_allotments_are_corrected_and_taken_back(path: Path) -> None:
    with Store.open(path) as store:
        one = Allotment("equipment", "b1", "d1", Decimal(2), "monitor", "по описи")
        store.allot(PAIR, one, by="anna")
        store.allot(PAIR, replace(one, quantity=Decimal(3)), by="anna")
        store.allot(PAIR, Allotment("equipment", "b1", "", Decimal(5)), by="anna")
        assert store.allotments(PAIR) == [
            Allotment("equipment", "b1", "", Decimal(5)),
            replace(one, quantity=Decimal(3)),
        ]
        with pytest.raises(Reject):
            store.allot(PAIR, replace(one, quantity=Decimal(0)), by="anna")
        assert store.drop_allotment(PAIR, "equipment", "b1", "d1", by="anna")
        assert not store.drop_allotment(PAIR, "equipment", "b1", "d1", by="anna")
        assert [row.what for row in store.audit(PAIR)] == ["unallot", "allot", "allot", "allot"]
        assert store.verify(PAIR) is None


def test_an_accepted_difference_says_who_and_when_and_ages_anew_once_it_was_gone(path: Path) -> None:
    moments = iter(datetime(2026, 3, n, tzinfo=UTC) for n in range(1, 29))
    issue = Issue("difference:x", "difference_book_only", "equipment", "b1", values={"book": Ref("book", "place", "w")})
    with Store.open(path, clock=lambda: next(moments)) as store:
        [row] = store.report_issues(PAIR, "r1", [issue], lambda row: True).new
        assert row.at is None
        done = store.decide(row.id, "accept", by="anna")
        assert (done.decision, done.by, done.state) == ("accept", "anna", "decided")
        assert done.at is not None
        assert done.at > row.first
        store.report_issues(PAIR, "r2", [issue], lambda row: True)
        [same] = store.issues(PAIR, None)
        assert (same.state, same.first) == ("decided", row.first)
        store.report_issues(PAIR, "r3", [], lambda row: True)
        store.report_issues(PAIR, "r4", [issue], lambda row: True)
        [again] = store.issues(PAIR)
        assert again.first > done.at
        assert again.at is None
