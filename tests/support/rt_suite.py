"""The contract suite on what an RT holds; the file that takes them says on which database ``running`` stands."""

from __future__ import annotations

import os

import pytest
from rt_subject import people, tickets

from uchet.connectors.contract import ConnectorContract, Subject

__all__ = ["FULL", "OnAssets", "OnTickets", "OnUsers"]

#: Tickets and users too: in ./run acceptance.
FULL = os.environ.get("UCHET_PROFILE") == "nightly"


class OnAssets(ConnectorContract):
    """All checks of the suite."""

    @pytest.fixture
    def subject(self, running: Subject) -> Subject:
        return running


class OnTickets(ConnectorContract):
    """All checks of the suite."""

    @pytest.fixture
    def subject(self, running: Subject) -> Subject:
        return tickets(running)


class OnUsers(ConnectorContract):
    """All checks of the suite."""

    @pytest.fixture
    def subject(self, running: Subject) -> Subject:
        return people(running)
