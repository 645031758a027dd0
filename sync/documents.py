"""Documents of the books read by their ids or by what people call them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..connectors.base import Connector, Query, Raw

__all__ = ["documents"]


def documents(
    book: Connector, collection: str, name: str, values: Sequence[str], fields: tuple[str, ...] = ()
) -> Iterator[Raw]:
    """Those whose field ``name`` is one of ``values``, as many at a time as the books take: whole, or these ``fields``
    of each. Raises what reading raises."""
    size = max(book.capabilities.many_ids, 1)
    for start in range(0, len(values), size):
        for page in book.read(Query(collection, fields, {name: tuple(values[start : start + size])})):
            yield from page.records
