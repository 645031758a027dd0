"""Movement lines as they are kept: one transaction a night, only added, begun anew when damaged."""

from __future__ import annotations

import signal
import subprocess
import sys
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from uchet.sync.store import Store, lines
from uchet.sync.store.lines import Line, Lines, Meaning, Move, lines_path, thousandths
from uchet.sync.types import Link

PAIR = "p"
DAY = date(2026, 3, 1)
BOOK, DESK = ("item", "org", "place"), ("card", "", "")


def move(id: str, quantity: int, day: date = DAY, *, desk: bool = False) -> Move:
    return Move(id, f"N{id}", (Line(DESK if desk else BOOK, day, quantity),))


def night(kept: Lines, book: list[Move], desk: list[Move], stock: int | None = None) -> None:
    assert kept.begin()
    kept.register("book", book)
    kept.settle("book")
    if stock is not None:
        kept.hold("book", {BOOK: stock}, DAY)
    kept.register("desk", desk)
    kept.settle("desk")
    kept.mean([Meaning(DESK, BOOK, Decimal("0.5"), "Тонер", "шт")])
    kept.keep("now")


def held(kept: Lines) -> tuple[Decimal, Decimal]:
    found = kept.balances()
    [book], [desk] = found.book, found.desk
    return found.quantity(book), found.quantity(desk)


def test_a_night_that_does_not_end_leaves_nothing() -> None:
    kept = Lines(None)
    night(kept, [move("1", 5000)], [move("1", 3001, desk=True)])
    assert held(kept) == (Decimal(5), Decimal("1.5005"))
    assert kept.begin()
    kept.register("book", [move("1", 7000), move("2", 1)])
    kept.settle("book")
    kept.leave()
    assert held(kept) == (Decimal(5), Decimal("1.5005"))
    night(kept, [move("1", 5000), move("2", 1)], [])
    assert held(kept) == (Decimal("5.001"), 0)


def test_what_changed_and_what_went_is_taken_back_where_it_stood() -> None:
    kept = Lines(None)
    later = DAY + timedelta(days=5)
    night(kept, [move("1", 5000), move("2", -2000, later)], [])
    night(kept, [move("1", 6000, later)], [])
    found = kept.turnover(DAY, DAY + timedelta(days=1))
    assert [part.book.tolist() for part in (found.opening, found.came, found.went)] == [[0], [0], [0]]
    found = kept.turnover(later, later)
    assert [part.book.tolist() for part in (found.came, found.went, found.closing)] == [[60000], [0], [60000]]
    [line] = kept.standing(found.closing.spot, date.min, date.max)
    assert (line.event, line.label, line.day, line.quantity) == ("1", "N1", later, 6)


def test_lines_that_do_not_come_to_the_stock_are_made_to_by_one_that_says_so() -> None:
    kept = Lines(None)
    night(kept, [move("1", 5000)], [], stock=8000)
    night(kept, [move("1", 5000)], [], stock=7500)
    night(kept, [move("1", 5000)], [], stock=7500)
    told = [(one.event, one.day, one.quantity) for one in kept.standing([1], date.min, date.max)]
    assert sorted(told) == [("1", DAY, 5), ("@opening", date.min, 3), ("@untold1", DAY, Decimal("-0.5"))]
    assert held(kept)[0] == Decimal("7.5")
    assert kept.balances(DAY - timedelta(days=1)).book.tolist() == [30000]


def test_small_segments_and_what_was_taken_back_go_in_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "_SEGMENT", 3)
    kept = Lines(None)
    moves = [move(str(n), n) for n in range(20)]
    for change in range(6):
        night(kept, [move(str(n), n + change) for n in range(10)] + moves[10:], [])
        stand = kept._all("SELECT count(*) FROM event WHERE gone")[0][0]
        assert stand <= 20
    assert held(kept)[0] == Decimal(sum(range(20)) + 50) / 1000
    assert len(list(kept.standing([1], date.min, date.max))) == 20


def test_wide_quantities_are_exact() -> None:
    kept = Lines(None)
    most = 10**15 - 1
    night(kept, [move("1", most), move("2", most), move("3", 1)], [])
    assert held(kept)[0] == Decimal(2 * most + 1) / 1000


def test_what_three_places_do_not_hold_is_refused() -> None:
    assert thousandths(Decimal("-0.125")) == -125
    for wrong in ("0.0001", "1E+12"):
        with pytest.raises(ValueError, match="no quantity"):
            thousandths(Decimal(wrong))


def test_a_rate_that_is_no_coefficient_is_not_compared() -> None:
    kept = Lines(None)
    assert kept.begin()
    kept.mean([Meaning(DESK, BOOK, Decimal("1E-9"))])
    kept.keep("now")
    assert not len(kept.balances().spot)


def test_one_process_at_a_time(tmp_path: Path) -> None:
    one, two = Lines(tmp_path / "lines"), Lines(tmp_path / "lines")
    night(one, [move("1", 5000)], [])
    assert one.begin()
    assert not two.begin()
    one.register("book", [])
    one.settle("book")
    assert held(two)[0] == 5, "who reads meanwhile sees the night before"
    one.close()
    two.close()


_DYING = """
import os, signal, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from test_lines import BOOK, DAY, Lines, move
kept = Lines(Path(sys.argv[2]))
assert kept.begin()
kept.register("book", [move("1", 9000), *(move(str(n), 1) for n in range(2, 5000))])
kept.settle("book")
kept.hold("book", {BOOK: 1}, DAY)
kept.meta("taken") if sys.argv[3] == "before" else kept.keep("later")
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.parametrize(("when", "holds"), [("before", Decimal(5)), ("after", Decimal("0.001"))])
def test_a_killed_night_is_there_whole_or_not_at_all(tmp_path: Path, when: str, holds: Decimal) -> None:
    kept = Lines(tmp_path / "lines")
    night(kept, [move("1", 5000)], [])
    kept.close()
    words = [sys.executable, "-c", _DYING, str(Path(__file__).parent), str(tmp_path / "lines"), when]
    done = subprocess.run(words, check=False, capture_output=True, text=True)
    assert done.returncode == -signal.SIGKILL, done.stderr
    kept = Lines(tmp_path / "lines")
    assert held(kept)[0] == holds
    night(kept, [move("1", 5000)], [], stock=5000)
    assert held(kept)[0] == 5
    kept.close()


def test_a_damaged_file_is_begun_anew(tmp_path: Path) -> None:
    path = lines_path(tmp_path / "state.db", PAIR)
    path.write_bytes(b"not a database, whatever its name says" * 500)
    with Store.open(tmp_path / "state.db") as store:
        assert store.lines(PAIR) is None
        assert store.lines(PAIR) is not None
        assert path.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("opened", [True, False])
def test_forgetting_somebody_removes_it(tmp_path: Path, opened: bool) -> None:
    with Store.open(tmp_path / "state.db") as store:
        person = Link("person", "b", "d")
        store.put_link(PAIR, person, by="test")
        kept = Lines(lines_path(tmp_path / "state.db", PAIR)) if not opened else store.lines(PAIR)
        assert kept is not None
        if not opened:
            kept.close()
        store.forget(PAIR, person, ["Иванов Иван"], by="test")
        assert not list(tmp_path.glob("state.db.*lines*"))


def test_reading_balances_needs_no_database_library() -> None:
    program = (
        "import sys; from uchet.sync.store import Lines; Lines(None).balances(); print('sqlalchemy' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
