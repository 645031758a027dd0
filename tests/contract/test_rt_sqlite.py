"""The contract suite against a real Request Tracker 5 on SQLite: assets; tickets and users too in ./run acceptance."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from rt_subject import assets, people, tickets

from uchet.connectors.contract import ConnectorContract, Subject


@pytest.fixture(scope="module")
def running() -> Iterator[Subject]:
    with assets("sqlite") as subject:
        yield subject


class TestAssets(ConnectorContract):
    """All checks of the suite."""

    @pytest.fixture
    def subject(self, running: Subject) -> Subject:
        return running


if os.environ.get("UCHET_PROFILE") == "nightly":

    class TestTickets(ConnectorContract):
        """All checks of the suite."""

        @pytest.fixture
        def subject(self, running: Subject) -> Subject:
            return tickets(running)

    class TestUsers(ConnectorContract):
        """All checks of the suite."""

        @pytest.fixture
        def subject(self, running: Subject) -> Subject:
            return people(running)
