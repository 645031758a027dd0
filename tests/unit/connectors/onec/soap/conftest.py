"""A base with goods that a node waits for, shared by the tests of a module and calm again after each of them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from soap_calls import calm, filled

from uchet.emulator import Emulator


@pytest.fixture(scope="module")
def running() -> Iterator[Emulator]:
    with filled() as started:
        yield started


@pytest.fixture
def base(running: Emulator) -> Iterator[Emulator]:
    yield running
    calm(running)
