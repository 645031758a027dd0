"""Listings of what a node brought, asked for as of any other book: fields, equalities, pages."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ....errors import Fatal
from ...base import FieldInfo, Page, Query, Raw
from ...http import HttpClient, Retries
from ..query import unpublished
from ..url import base_address
from ..values import not_published
from .exchange import Exchange, Waiting
from .node import Node
from .objects import Known, attributes, known
from .service import client

__all__ = ["PLAN", "EnterpriseBook", "opened"]

PLAN = "СинхронизацияДанныхЧерезУниверсальныйФормат"


class EnterpriseBook:
    """What the node ``code`` of ``plan`` is sent by the base at ``address``; copies are kept in ``folder``.

    The first listing after ``describe`` asks 1C for what is new; the others show the same moment.
    """

    def __init__(
        self,
        http: HttpClient,
        address: str,
        plan: str,
        code: str,
        folder: str | Path | None,
        *,
        page_size: int = 500,
        waiting: Waiting | None = None,
        huge: bool = False,
    ) -> None:
        if folder is None:
            raise Fatal(
                "copy_folder",
                "There is no folder to keep what 1C sends through the exchange node.",
                hint="Name one in [book.extra]: cache = “folder”. It must outlive each run: 1C sends a change once.",
            )
        self.http = http
        exchange = Exchange(http, f"{address}/ws", plan, code, waiting=waiting, huge=huge)
        # Not by the host: a base that is reached by another name is still the one that sent what is kept here.
        self._node = Node(exchange, Path(folder), f"{urlsplit(address).path}|{plan}|{code}", huge=huge)
        self._size = page_size
        self._fresh = False
        self._lock = threading.Lock()

    @staticmethod
    def may_send(collection: str) -> bool:
        """Whether the format knows such objects; ``pages`` says whether the base sends them."""
        return any(kind.collection == collection for kind in known().values())

    @property
    def sender(self) -> str:
        """The code of the base's own node."""
        return self._node.sender

    def describe(self) -> Mapping[str, Mapping[str, FieldInfo]]:
        """The sets that are sent now, with their attributes (those without a type are never in an answer)."""
        self._node.test()
        self._node.receive()
        self._fresh = False
        return {name: attributes(kind) for name, kind in self._node.kinds().items()}

    def pages(self, query: Query) -> Iterator[Page]:
        """A listing; complete on its last page. Raises ``Blocked`` for what is not sent."""
        self._refresh()
        kind = self._kind(query)
        notes = self._node.notes
        batch: list[Raw] = []
        for row in self._node.rows(query.collection):
            if all(_equal(row.get(name), value) for name, value in query.where.items()):
                if len(batch) == self._size:
                    yield Page(tuple(batch), complete=False)
                    batch = []
                batch.append(_raw(kind, query, row))
        yield Page(tuple(batch), complete=True, notes=notes)

    def _refresh(self) -> None:
        with self._lock:
            if not self._fresh:
                self._node.receive()
                self._fresh = True

    def _kind(self, query: Query) -> Known:
        kind = self._node.kinds().get(query.collection)
        if kind is None or query.params:
            raise unpublished(query.collection)
        offered = attributes(kind)
        for name in query.fields:
            if name not in offered:
                raise not_published(query.collection, name)
        for name in query.where:
            if name not in offered or name in kind.nowhere:
                raise not_published(query.collection, name)
        return kind


def opened(
    url: str,
    user: str,
    password: str,
    plan: str,
    node: str,
    cache: str | Path | None,
    *,
    timeout: float,
    connections: int = 1,
    page_size: int,
    poll: float,
    huge: bool,
    retries: Retries | None,
) -> EnterpriseBook:
    """A book on a client of its own; seconds throughout."""
    address = base_address(url)
    http = client(address, user, password, timeout=timeout, connections=connections, retries=retries)
    waiting = Waiting(every=poll)
    return EnterpriseBook(http, address, plan or PLAN, node, cache, page_size=page_size, waiting=waiting, huge=huge)


def _raw(kind: Known, query: Query, row: Mapping[str, Any]) -> Raw:
    wanted = {*query.fields, "Ref_Key"}
    data = {name: value for name, value in row.items() if name in wanted} if query.fields else dict(row)
    return Raw(kind.collection, str(row["Ref_Key"]), None, data, row.get("DeletionMark") is True)


def _equal(held: Any, wanted: Any) -> bool:
    if isinstance(wanted, tuple):
        return any(_equal(held, one) for one in wanted)
    if isinstance(wanted, bool) or isinstance(held, bool):
        return held is wanted
    if isinstance(wanted, (int, Decimal)):
        return isinstance(held, (int, Decimal)) and held == wanted
    return bool(held == wanted)
