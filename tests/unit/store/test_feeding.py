"""Events are written down as they are read and placed when all were; very many are gone through a part at a time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

import pytest

from uchet.sync.store import Store, feeding
from uchet.sync.types import Event

PAIR = "pair"


@pytest.fixture(params=[1, 2, 2000])
def store(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    monkeypatch.setattr(feeding, "_AT_ONCE", request.param)
    with Store.open(":memory:") as opened:
        yield opened


def event(record: str, kind: str = "issue") -> Event:
    return Event(f"desk:{record}", record, kind, "1", Decimal(1), date(2026, 2, 3), 0)


def records(store: Store, *kinds: str) -> list[str]:
    return [one.record for one in store.open_events(PAIR, kinds)]


def test_events_are_placed_by_the_desks_ids_behind_those_that_have_a_place(store: Store) -> None:
    store.register_events(PAIR, [event("7")])
    store.place_events(PAIR)
    store.register_events(PAIR, [event("10"), event("9")])  # a look that ended here: neither has a place yet
    assert set(records(store)) == {"7", "9", "10"}
    store.register_events(PAIR, [event("2"), event("10"), event("100")])
    store.place_events(PAIR)
    assert records(store) == ["7", "2", "9", "10", "100"]
    assert [one.number for one in store.open_events(PAIR)] == [1, 2, 3, 4, 5]
    store.place_events(PAIR)
    assert records(store) == ["7", "2", "9", "10", "100"], "once"


def test_another_pair_has_numbers_of_its_own(store: Store) -> None:
    for pair in (PAIR, "another"):
        store.register_events(pair, [event("2"), event("1")])
        store.place_events(pair)
        assert [(one.record, one.number) for one in store.open_events(pair)] == [("1", 1), ("2", 2)]


def test_events_are_found_by_kind_number_and_record(store: Store) -> None:
    store.register_events(PAIR, [event("1"), event("2", "swap"), event("3"), event("4", "sent")])
    store.place_events(PAIR)
    assert records(store, "swap", "sent") == ["2", "4"]
    assert [one.record for one in store.numbered_events(PAIR, [3, 1, 2, 3])] == ["3", "1", "2", "3"]
    assert set(store.events_of_records(PAIR, {"1", "3", "5"})) == {"1", "3"}
    assert set(store.known_events(PAIR, ["desk:1", "desk:4", "desk:5"])) == {"desk:1", "desk:4"}
    assert store.open_ids(PAIR) == {"desk:1", "desk:2", "desk:3", "desk:4"}


def test_what_is_gone_through_may_be_changed_meanwhile(store: Store) -> None:
    store.register_events(PAIR, [event(str(n)) for n in range(1, 6)])
    store.place_events(PAIR)
    found = []
    for one in store.open_events(PAIR):
        found.append(one.record)
        store.register_events(PAIR, [event("9")])
    assert found == ["1", "2", "3", "4", "5"]
