"""Records of which planning needs a part: the others are composed when somebody asks for them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping

from .types import Record

__all__ = ["Records"]

#: Composes some records, or all (``None``).
Compose = Callable[["Collection[str] | None"], Mapping[str, Record]]


class Records(Mapping[str, Record]):
    """``part`` is there; ``beyond(id)`` says whether a record that is not in it may be one of the others."""

    def __init__(self, part: Mapping[str, Record], beyond: Callable[[str], bool], compose: Compose) -> None:
        self._part = part
        self._beyond = beyond
        self._compose = compose
        self._all: Mapping[str, Record] | None = None

    def also(self, more: Mapping[str, Record]) -> Records:
        """With records of another origin."""
        return Records({**self._part, **more}, self._beyond, self._compose)

    def __getitem__(self, id: str) -> Record:
        if self._all is not None or id in self._part or not self._beyond(id):
            return (self._all or self._part)[id]
        return self._compose({id})[id]

    def _whole(self) -> Mapping[str, Record]:
        if self._all is None:
            self._all = {**self._compose(None), **self._part}
        return self._all

    def __iter__(self) -> Iterator[str]:
        return iter(self._whole())

    def __len__(self) -> int:
        return len(self._whole())
