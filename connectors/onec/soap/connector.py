"""A book that is read through an exchange node alone, where a base publishes its web services and no OData.

EnterpriseData knows messages of what changed and nothing else: no single object can be asked for, nothing is written,
and records have no versions. What is sent is what the exchange's rules send: see ``objects.toml``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn

from ....errors import Blocked
from ...base import Capabilities, Description, Page, Query, Raw, Receipt, Write
from ...http import Retries
from ..url import base_name, root
from .book import PLAN, opened

__all__ = ["EnterpriseConnector"]


class EnterpriseConnector:
    """One published base, read through ``node`` (its code) of ``plan``.

    ``url`` is the base's address; ``timeout`` and ``poll`` (between looks at a background job) are in seconds;
    ``cache`` is the folder for what the node brought: it must be kept, for 1C sends each change once; ``huge_texts``
    allows texts beyond 10 million characters.
    """

    def __init__(
        self,
        url: str,
        user: str = "",
        password: str = "",
        *,
        node: str,
        plan: str = PLAN,
        timeout: float = 120.0,
        connections: int = 1,
        page_size: int = 500,
        poll: float = 2.0,
        huge_texts: bool = False,
        zone: str = "",
        cache: str | Path | None = None,
        retries: Retries | None = None,
    ) -> None:
        self._name = base_name(root(url))
        where = (url, user, password, plan, node, cache)
        self._book = opened(
            *where,
            timeout=timeout,
            connections=connections,
            page_size=page_size,
            poll=poll,
            huge=huge_texts,
            retries=retries,
        )
        self.capabilities = Capabilities(
            changes="full",
            versions=False,
            create="none",
            retire="none",
            page_size=page_size,
            many_ids=page_size,
            connections=connections,
            writes=False,
            single=False,
        )

    def __repr__(self) -> str:
        return f"EnterpriseConnector({self._name!r})"

    def describe(self) -> Description:
        """What the base sends through the node now; receives what is waiting."""
        collections = self._book.describe()
        identity = f"{self._name}#{self._book.sender}"
        return Description(identity, "1C:Enterprise EnterpriseData", collections)

    def read(self, query: Query, since: str | None = None) -> Iterator[Page]:
        """All that is known of a set: what changed is known to the copy, not to the caller."""
        for page in self._book.pages(query):
            yield page if since is None else replace(page, complete=False)

    def get(self, collection: str, id: str) -> Raw | None:
        """Raises ``Blocked``: the protocol has no such question."""
        _impossible()

    def find(self, collection: str, marker: str) -> Raw | None:
        """Raises ``Blocked``: the protocol has no such question."""
        _impossible()

    def write(self, write: Write) -> Receipt:
        """Raises ``Blocked``: nothing is written this way."""
        _impossible()

    def share_licences(self, hold: Callable[[], None]) -> None:
        """See ``base.Licensed``: every call of a web service is a session and takes a licence."""
        self._book.http.gate = hold

    def close(self) -> None:
        """End the connections."""
        self._book.http.close()


def _impossible(*_: Any) -> NoReturn:
    raise Blocked(
        "not_by_exchange",
        "Through an exchange node 1C tells what changed: it answers for no single record, and nothing is written.",
        hint="For this, publish the standard OData interface and use the connector onec.",
    )
