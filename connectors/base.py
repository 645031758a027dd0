"""What every connector is: five verbs and a list of capabilities (DESIGN §7).

A connector speaks one system's wire format and knows nothing of our business: collections, wire names and wire
values go in and out; mappings give them meaning. Numbers arrive as ``Decimal`` or ``int``, never as ``float``.

Every verb raises from ``uchet.errors`` only: ``Retry`` (nothing was written), ``Reject`` (this record), ``Stale``
(version), ``Unknown`` (a write whose answer was lost), ``Blocked`` (unpublished, drifted, closed) or ``Fatal``
(settings, login). A raw ``requests`` or ``zeep`` exception that escapes is a bug.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, Protocol, runtime_checkable

import msgspec

from ..errors import UchetError

__all__ = [
    "Asked",
    "Capabilities",
    "Connector",
    "Delta",
    "Description",
    "FieldInfo",
    "Licensed",
    "Page",
    "Periods",
    "Preparation",
    "Probing",
    "Query",
    "Raw",
    "Receipt",
    "Reviews",
    "Rows",
    "Undecoded",
    "Write",
]

EMPTY: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What the other side can do; the engine adapts to it and never asks for a system's name."""

    #: How changes are found: ``full`` re-reads the listing; ``timestamp`` filters by last change with an overlap;
    #: ``transactions`` reads a numbered feed of everything that happened.
    changes: Literal["full", "timestamp", "transactions"] = "full"
    #: ``Raw.version`` changes with every write of the record and never repeats.
    versions: bool = False
    #: The server itself refuses a write whose ``expected`` version is old (else the connector compares first).
    conditional_write: bool = False
    #: How a repeated create is recognised: ``own_key`` (we choose the id), ``marker_field`` (looked up by marker),
    #: ``none`` (an ambiguous create is never retried).
    create: Literal["own_key", "marker_field", "none"] = "none"
    #: How a record leaves service: ``status`` (a field says so), ``mark`` (deletion mark), ``none``.
    retire: Literal["status", "mark", "none"] = "none"
    #: Records asked for in one page.
    page_size: int = 500
    #: How many ids one listing may be asked for (``where`` with a tuple of them); 1 where only one by one.
    many_ids: int = 1
    #: Simultaneous connections the administrator allows (each may take a licence).
    connections: int = 1
    #: Seconds after which a write whose answer was lost can no longer land; 0 where a repeated create is refused.
    settle: float = 0.0
    #: Stock movements are kept: a created one changes the stock in the same step, and can no longer be edited.
    movements: bool = False
    #: Records can be created and changed; where they cannot, every ``write`` raises ``Blocked`` and sends nothing.
    writes: bool = True
    #: One record can be asked for by itself; where it cannot, ``get`` and ``find`` raise ``Blocked`` and send nothing.
    single: bool = True
    #: Work on equipment is kept: a finished one changes stock, equipment and composition in the same step, and neither
    #: it nor its lines can be edited any more.
    works: bool = False


@dataclass(frozen=True, slots=True)
class Query:
    """One listing: a collection, the wire fields wanted (empty = all), equality conditions and parameters.

    ``where`` values are compared for equality by the other side: bool, str, int, or ``Decimal``; a tuple of up to
    ``Capabilities.many_ids`` values means any of them.
    ``params`` are meaningful to the connector alone (for 1C: ``period``, ``accounts`` of a virtual table).
    """

    collection: str
    fields: tuple[str, ...] = ()
    where: Mapping[str, Any] = field(default_factory=lambda: EMPTY)
    params: Mapping[str, Any] = field(default_factory=lambda: EMPTY)


class Raw(msgspec.Struct, frozen=True, gc=False):
    """One record as the other side holds it: wire names, decoded JSON types, ``Decimal`` for fractions.

    ``id`` is the stable key inside the collection (for register rows: the joined key parts).
    ``version`` is opaque and may be ``None``. There are hundreds of thousands of them: a structure is made ten times as
    fast as a frozen dataclass, and the collector of cycles need not look at it (measured: a quarter of a reading).
    """

    collection: str
    id: str
    version: str | None
    data: Mapping[str, Any]
    #: The other side no longer lists it, though it still answers by id.
    retired: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """A part of a listing. ``complete`` is true only on the last page of a listing that lost nothing.

    ``notes`` are what a person should know although the listing is good (a way to find changes that is stuck).
    ``cursor`` (on the last page) is what to give as ``since`` next time where changes are found by timestamp;
    a listing asked with ``since`` is never complete.
    """

    records: tuple[Raw, ...]
    complete: bool
    cursor: str | None = None
    notes: tuple[UchetError, ...] = ()


@dataclass(frozen=True, slots=True)
class Delta:
    """What one listing cost and brought where changes are tracked. ``way`` names the method; ``total`` records in all,
    of which ``changed`` are new or differ from the time before, ``gone`` no longer there; ``received`` in bytes."""

    collection: str
    way: str
    total: int
    changed: int
    gone: int
    requests: int
    received: int


@dataclass(frozen=True, slots=True)
class Write:
    """One write. ``id`` is ``None`` for a create; then ``key`` (a uuid) and ``marker`` carry its idempotency.

    ``values`` are wire names and wire values: only what shall change (create: only what is sent).
    ``expected`` is the version the caller saw last; when given and no longer true the connector raises ``Stale``.
    """

    collection: str
    id: str | None
    values: Mapping[str, Any]
    expected: str | None = None
    key: str | None = None
    marker: str | None = None


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the other side holds after the write, read back; ``created`` is false when a create found its own twin."""

    raw: Raw
    created: bool = False


@dataclass(frozen=True, slots=True)
class FieldInfo:
    """A published field: ``type`` in the system's own words, ``length`` in characters where it cuts or refuses."""

    type: str
    length: int | None = None
    required: bool = False


@dataclass(frozen=True, slots=True)
class Description:
    """What the other side really publishes, for drift checks.

    ``identity`` tells one base from its copy (address, base name, stored id). ``marks`` are records that must still
    exist on any later day (collection → highest id ever handed out, where ids only grow).
    """

    identity: str
    product: str
    collections: Mapping[str, Mapping[str, FieldInfo]]
    marks: Mapping[str, str] = field(default_factory=lambda: EMPTY)
    #: The address that people open, for links to records; "" where there is none.
    address: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """One question put to a live system: what holds (``None``: it could not be told), and the answer's status and code
    without anything of the base's own."""

    question: str
    holds: bool | None
    status: int
    code: str


@runtime_checkable
class Probing(Protocol):
    """A connector that can ask its system what its documentation leaves open, and acts on the answers from then on."""

    def probe(self, *, write: bool = False) -> Sequence[Asked]:
        """Ask; ``write`` allows objects of its own, which are taken out of service afterwards."""

    def known_answers(self) -> Mapping[str, bool | None]:
        """What is known of this system by question; ``None``: not asked yet, the worse answer is assumed."""


@runtime_checkable
class Licensed(Protocol):
    """A connector whose every connection takes a licence on the other side."""

    def share_licences(self, hold: Callable[[], None]) -> None:
        """Call ``hold`` before each request; it raises ``Retry`` while no licence is ours to use."""


@runtime_checkable
class Periods(Protocol):
    """A connector that knows which days the accountants have closed."""

    def closed_until(self, organization: str | None) -> date | None:
        """The last closed day of an organisation (its id there; ``None``: the common one); ``None`` where unknown."""


@dataclass(frozen=True, slots=True)
class Preparation:
    """Something that an administrator of the other side must load first: a file, the command (``{file}`` in it stands
    for the path) and what to know about it. A connector's manifest names the function that makes it (``setup``)."""

    file: Path
    command: str
    advice: str


@runtime_checkable
class Reviews(Protocol):
    """A connector that can look closer at its own account and at what it needs beside the mapping's names."""

    def review(self) -> Iterable[UchetError]:
        """What must be put right, each as the error it would end in; reads only."""


@dataclass(frozen=True, slots=True)
class Rows:
    """A page whose rows stand as they came: equal bytes mean an equal record of one query. Else as ``Page``.

    A row may be a ``msgspec.Raw``, a view that holds its whole page: who keeps a row takes ``bytes(row)`` of it. Most
    are looked at once, for they are as they were last night.
    """

    rows: Sequence[bytes]
    complete: bool
    notes: tuple[UchetError, ...] = ()


@runtime_checkable
class Undecoded(Protocol):
    """A connector that can leave the decoding of a listing's rows to whoever looks at them."""

    def undecoded(self, query: Query) -> Iterator[Rows] | None:
        """What ``read`` would give, row by row and none twice; ``None`` where this listing is read in another way."""

    def decoded(self, query: Query, rows: Iterable[bytes]) -> list[Raw]:
        """The records that ``read`` would have made of ``rows`` (``bytes``), in their order.
        Raises what ``read`` raises.
        """


@runtime_checkable
class Connector(Protocol):
    """Five verbs; everything else is a declared capability."""

    capabilities: Capabilities

    def describe(self) -> Description:
        """What is published now. Raises ``Fatal`` (login, address) or ``Blocked`` (nothing published)."""

    def read(self, query: Query, since: str | None = None) -> Iterator[Page]:
        """Pages of a listing; an exception in the middle means the listing is incomplete."""

    def get(self, collection: str, id: str) -> Raw | None:
        """The record now, or ``None`` if there is no such record (a missing collection raises ``Blocked``)."""

    def find(self, collection: str, marker: str) -> Raw | None:
        """The record that carries ``marker`` (see ``Capabilities.create``), or ``None``."""

    def write(self, write: Write) -> Receipt:
        """Create or change one record and read it back.

        A create first looks for its own ``key``/``marker``, so that a repeat finds the first one's record.
        """

    def close(self) -> None:
        """Release the session (and the licence) held on the other side."""
