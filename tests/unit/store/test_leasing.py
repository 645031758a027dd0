"""Licences shared by processes: never more than there are, freed by time, by the end and by death."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from uchet.connectors.http import Retries
from uchet.connectors.onec.odata import OnecConnector
from uchet.emulator import Emulator
from uchet.errors import Retry
from uchet.sync.store import Store
from uchet.sync.store.leasing import Lease


@pytest.fixture
def now() -> list[datetime]:
    return [datetime(2026, 3, 1, tzinfo=UTC)]


@pytest.fixture
def leases(tmp_path: Path, now: list[datetime]) -> Iterator[Callable[[str], Lease]]:
    made: list[Lease] = []
    with closing(Store.open(tmp_path / "s.db", clock=lambda: now[0])) as store:

        def lease(holder: str) -> Lease:
            made.append(Lease(store, "book", 2, holder))
            return made[-1]

        yield lease
        for held in made:
            held.release()


def test_only_as_many_as_there_are(leases: Callable[[str], Lease]) -> None:
    one, two, three = (leases(name) for name in ("one", "two", "three"))
    one.hold()
    two.hold()
    one.hold()
    with pytest.raises(Retry) as caught:
        three.hold()
    assert caught.value.code == "licence_taken"
    one.release()
    three.hold()


def test_a_licence_lapses_and_is_renewed_while_it_is_used(leases: Callable[[str], Lease], now: list[datetime]) -> None:
    one, two, three = (leases(name) for name in ("one", "two", "three"))
    one.hold()
    two.hold()
    for _ in range(5):
        now[0] += timedelta(minutes=2)
        one.hold()
    three.hold()
    two.release()
    with pytest.raises(Retry):
        two.hold()


def test_the_connector_asks_for_it_before_each_request(leases: Callable[[str], Lease]) -> None:
    with Emulator(licences=1) as base:
        connectors = [OnecConnector(base.url, retries=Retries(attempts=1)) for _ in range(3)]
        held = [leases(str(n)) for n in range(3)]
        for connector, lease in zip(connectors, held, strict=True):
            connector.share_licences(lease.hold)
        connectors[0].describe()
        connectors[1].describe()
        with pytest.raises(Retry) as caught:
            connectors[2].describe()
        assert caught.value.code == "licence_taken"
        held[0].release()
        connectors[2].describe()
        for connector in connectors:
            connector.close()
