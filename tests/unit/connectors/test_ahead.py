"""Several requests under way at once: how many, in which order, and what becomes of those that nobody waits for."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing
from itertools import islice

import pytest

from uchet.connectors.ahead import ahead


class Server:
    """Answers every request but those ``held``, and counts what is under way."""

    def __init__(self, held: range = range(0)) -> None:
        self.held = held
        self.let_go = threading.Event()
        self.asked: list[int] = []
        self.busy = threading.Semaphore(0)
        self.lock = threading.Lock()
        self.now = self.most = 0

    def ask(self, number: int) -> int:
        with self.lock:
            self.asked.append(number)
            self.now += 1
            self.most = max(self.most, self.now)
        if number in self.held:
            self.busy.release()
            assert self.let_go.wait(10)
        with self.lock:
            self.now -= 1
        return number


def test_the_first_is_asked_alone() -> None:
    server = Server()
    pages = ahead(server.ask, 4)
    assert next(pages) == 0
    assert server.asked == [0]


@pytest.mark.parametrize("width", [1, 2, 4])
def test_answers_come_in_order_and_no_more_than_allowed_are_under_way(width: int) -> None:
    server = Server()
    with closing(_iterator(ahead(server.ask, width))) as pages:
        assert list(islice(pages, 50)) == list(range(50))
    assert server.most <= width


def test_no_connection_waits_for_whoever_looks_at_an_answer() -> None:
    server = Server(held=range(2, 100))
    with closing(_iterator(ahead(server.ask, 4))) as pages:
        assert list(islice(pages, 2)) == [0, 1]
        under_way = [server.busy.acquire(timeout=10) for _ in range(4)]  # while we look at page 1
        server.let_go.set()
    assert all(under_way)


def test_an_error_that_nobody_waits_for_is_dropped_and_one_that_is_reached_is_raised() -> None:
    def ask(number: int) -> int:
        if number > 2:
            raise ValueError(number)
        return number

    assert list(islice(ahead(ask, 4), 3)) == [0, 1, 2]
    with pytest.raises(ValueError, match="3"):
        list(islice(ahead(ask, 4), 4))


def _iterator(pages: Iterator[int]) -> Iterator[int]:
    """As a generator, which can be closed."""
    yield from pages
