"""The contract suite against a real Request Tracker 5 on SQLite: assets; all it holds in ./run acceptance."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from rt_subject import assets
from rt_suite import FULL, OnAssets, OnTickets, OnUsers

from uchet.connectors.contract import Subject


@pytest.fixture(scope="module")
def running() -> Iterator[Subject]:
    with assets("sqlite") as subject:
        yield subject


class TestAssets(OnAssets):
    pass


if FULL:

    class TestTickets(OnTickets):
        pass

    class TestUsers(OnUsers):
        pass
