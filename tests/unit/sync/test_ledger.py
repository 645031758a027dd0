"""Movement lines of a shop, night by night: they come to what both sides have, and tell what makes a difference."""

from __future__ import annotations

import sqlite3
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from shop import CELLAR, PAIR, SHELF, Firm

from uchet.errors import Reject
from uchet.jobs.reports.making import Wanted, make
from uchet.jobs.reports.types import Filled, report
from uchet.sync.pair import ZoneInfo
from uchet.sync.store import Lines, Store

TONER = f"toner-{SHELF}"


def kept(firm: Firm) -> Lines:
    lines = firm.store.lines(PAIR)
    assert lines is not None
    return lines


def stock(firm: Firm) -> dict[tuple[str, str], tuple[Decimal, Decimal]]:
    """(item, place) → what the kept lines say that the books have, and the desk."""
    lines = kept(firm)
    found = lines.balances()
    names = lines.named(found.spot)
    figures = zip(found.spot, found.book, found.desk, strict=True)
    return {(names[n].title, names[n].at): (found.quantity(b), found.quantity(d)) for n, b, d in figures}


def told(firm: Firm, **days: date) -> Filled:
    return make(firm.store, PAIR, ZoneInfo("UTC"), firm.now, Wanted(report("remainders"), **days))


def held(firm: Firm) -> dict[tuple[str, str], tuple[Decimal, Decimal]]:
    """The same from the two sides themselves."""
    book, where = firm.book.stock(), {SHELF: "Полка", CELLAR: "Подвал"}
    return {
        (row["name"], where[row["place"]]): (
            book[row["code"], row["place"]],
            row["quantity"] * (row["factor"] or 1),
        )
        for row in firm.desk.rows["supply"].values()
    }


def test_lines_come_to_what_both_sides_have() -> None:
    firm = Firm()
    for step in range(6):
        firm.record("issue", TONER, Decimal(2))
        firm.record("transfer", f"paper-{SHELF}", Decimal(1), to_supply=f"paper-{CELLAR}")
        if step % 2:
            firm.receive("paper", SHELF, Decimal(10))
        for id in firm.ours()[:step]:
            firm.touch(id).posted = True
        firm.night()
        crossing = firm.desk.writes
        firm.night()
        assert firm.desk.writes == crossing
        assert stock(firm) == held(firm)


def test_a_difference_is_told_by_the_lines_that_one_side_has() -> None:
    firm = Firm()
    firm.record("issue", TONER, Decimal(2))
    firm.night()
    for id in firm.ours():
        firm.touch(id).posted = True
    firm.night()
    assert told(firm).rows == {"lines": (), "spots": ()}, "the draft was posted: both have it"
    ticket = firm.desk.rows["movement"][firm.record("issue", TONER, Decimal(3))]["ticket"]
    firm.night()
    firm.desk.rows["supply"][TONER]["quantity"] -= 1  # by hand, past all movements
    firm.night()
    made = told(firm)
    first, second = made.rows["lines"]
    assert (first["record"], first["document"], first["desk"], first["quantity"]) == (ticket, None, -3, -3)
    assert str(first["note"]).endswith("ждёт проведения")
    assert (second["record"], second["quantity"], second["note"]) == (None, -1, "остаток изменился без движения")
    [spot] = made.rows["spots"]
    assert (spot["book_closing"], spot["desk_closing"], spot["difference"]) == (38, 34, -4)
    for row in made.rows["spots"]:
        for side in ("book", "desk"):
            start, came, went, end = (row[f"{side}_{n}"] for n in ("opening", "in", "out", "closing"))
            assert start + came - went == end  # type: ignore[operator]


def test_rows_come_to_the_difference_over_any_days() -> None:
    firm = Firm()
    for back in range(9, 0, -1):
        day = firm.today - timedelta(days=back)
        firm.record("issue", TONER, Decimal(back), day)
        firm.record("write_off", f"paper-{CELLAR}", Decimal(1), day)
        firm.receive("toner", SHELF, Decimal(back), day)
        if back % 3 == 0:
            firm.night()
    firm.desk.rows["supply"][f"paper-{SHELF}"]["quantity"] -= 5
    firm.night()
    for since in (None, firm.today - timedelta(days=6)):
        for until in (None, firm.today - timedelta(days=2)):
            made = told(firm, **{n: d for n, d in (("since", since), ("until", until)) if d})
            sums: dict[Any, Decimal] = {}
            for row in made.rows["lines"]:
                key = (row["title"], row["place"])
                sums[key] = sums.get(key, Decimal(0)) + row["quantity"]  # type: ignore[operator]
            wanted = {(row["title"], row["place"]): row["difference"] for row in made.rows["spots"]}
            assert wanted
            assert sums == wanted


def test_a_night_that_read_not_all_leaves_the_lines_of_the_night_before() -> None:
    firm = Firm()
    firm.record("issue", TONER, Decimal(2))
    firm.night()
    before, taken = stock(firm), kept(firm).meta("taken")
    for side, kind in ((firm.desk, "movement"), (firm.book, "stock"), (firm.book, "movement")):
        firm.record("issue", TONER, Decimal(1))
        firm.record("issue", TONER, Decimal(1))
        side.cut.add(kind)
        firm.night()
        assert (stock(firm), kept(firm).meta("taken")) == (before, taken)
    firm.night()
    assert stock(firm) == held(firm)
    assert kept(firm).meta("taken") > taken


def test_a_lost_file_costs_the_night_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    firm = Firm()
    firm.record("issue", TONER, Decimal(2))

    def full(self: Lines, *_: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(Lines, "register", full)
        assert firm.night().outcome == "changed"
    assert not kept(firm).meta("taken")
    firm.night()
    assert stock(firm) == held(firm)


def test_without_lines_there_is_no_report(tmp_path: Path) -> None:
    with Store.open(tmp_path / "state.db") as store, pytest.raises(Reject, match=r"No movement lines"):
        make(store, PAIR, ZoneInfo("UTC"), Firm().now, Wanted(report("remainders")))
