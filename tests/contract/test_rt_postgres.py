"""The contract suite against a real Request Tracker 5 on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from rt_subject import assets

from uchet.connectors.contract import ConnectorContract, Subject


@pytest.fixture(scope="module")
def running() -> Iterator[Subject]:
    with assets("postgres") as subject:
        yield subject


class TestAssets(ConnectorContract):
    """All checks of the suite."""

    @pytest.fixture
    def subject(self, running: Subject) -> Subject:
        return running
