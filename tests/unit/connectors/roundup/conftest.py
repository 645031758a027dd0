"""One real tracker for all tests of this folder."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count

import pytest

from uchet.connectors.http import Retries
from uchet.connectors.roundup.connector import RoundupConnector
from uchet.connectors.roundup.server import Desk, install

PASSWORDS = {"admin": "админ", "uchet": "интеграция", "support": "поддержка"}


@pytest.fixture(scope="session")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    home = tmp_path_factory.mktemp("tracker") / "desk"
    install(home, url="http://127.0.0.1:1/", passwords=PASSWORDS, rounds=1000)
    with Desk(home) as running:
        yield running


@pytest.fixture
def connector(desk: Desk) -> Iterator[RoundupConnector]:
    made = RoundupConnector(desk.url, "uchet", PASSWORDS["uchet"], page_size=3, retries=Retries(attempts=1))
    yield made
    made.close()


@pytest.fixture(scope="session")
def fresh() -> Callable[[], str]:
    """A name nobody has used."""
    numbers = count(1)
    return lambda: f"Т-{next(numbers):05}"
