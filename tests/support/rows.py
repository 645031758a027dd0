"""A side that only holds rows: what a test of reading or translating needs of a connector."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from uchet.connectors.base import Capabilities, Description, Page, Query, Raw, Receipt, Write
from uchet.errors import UchetError

__all__ = ["Rows"]


class Rows:
    """``collections``: name → rows; a row's id is its ``Ref_Key`` or ``id``, else its number.

    ``cut``: collections whose listing ends without being complete; ``broken``: the error in the middle of a listing.
    """

    capabilities = Capabilities()

    def __init__(
        self,
        collections: Mapping[str, Sequence[Mapping[str, Any]]],
        *,
        cut: Sequence[str] = (),
        broken: Mapping[str, UchetError] | None = None,
    ) -> None:
        self.collections = dict(collections)
        self.cut = cut
        self.broken = broken or {}
        self.queries: list[Query] = []

    def describe(self) -> Description:
        return Description("rows", "rows", {})

    def read(self, query: Query, since: str | None = None) -> Iterator[Page]:
        self.queries.append(query)
        found = [
            self._raw(query.collection, n, row) for n, row in enumerate(self.collections.get(query.collection, ()))
        ]
        rows = [raw for raw in found if all(raw.data.get(k) == v for k, v in query.where.items() if k in raw.data)]
        half = len(rows) // 2
        yield Page(tuple(rows[:half]), False)
        if query.collection in self.broken:
            raise self.broken[query.collection]
        yield Page(tuple(rows[half:]), query.collection not in self.cut)

    @staticmethod
    def _raw(collection: str, number: int, row: Mapping[str, Any]) -> Raw:
        id = str(row.get("Ref_Key") or row.get("id") or number)
        return Raw(collection, id, f"v{number}", row, bool(row.get("DeletionMark", False)))

    def get(self, collection: str, id: str) -> Raw | None:
        rows = enumerate(self.collections.get(collection, ()))
        return next((raw for n, row in rows if (raw := self._raw(collection, n, row)).id == id), None)

    def find(self, collection: str, marker: str) -> Raw | None:
        raise AssertionError("these tests look nothing up by marker")

    def write(self, write: Write) -> Receipt:
        raise AssertionError("these tests write nothing")

    def close(self) -> None:
        self.queries.clear()
