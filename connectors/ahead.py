"""Several requests under way at once, their answers in order."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from typing import TypeVar

__all__ = ["ahead"]

T = TypeVar("T")


def ahead(ask: Callable[[int], T], width: int) -> Iterator[T]:
    """``ask(0)``, ``ask(1)``, … without end, in this order; from the second on up to ``width`` are asked at once.

    The first answer is waited for alone, for most listings have one page. Whoever iterates stops when he has seen
    enough: what was asked beyond that is dropped, with its errors. An error of an answer that is reached is raised.
    """
    yield ask(0)
    numbers = count(1)
    if width == 1:
        yield from map(ask, numbers)
    with ThreadPoolExecutor(width, thread_name_prefix="page") as pool:
        waiting = deque(pool.submit(ask, next(numbers)) for _ in range(width))
        try:
            while True:
                answer = waiting.popleft().result()
                waiting.append(pool.submit(ask, next(numbers)))  # no connection waits for whoever looks at the answer
                yield answer
        finally:
            for future in waiting:
                future.cancel()
