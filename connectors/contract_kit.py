"""What the contract suite must know of a connector to test it, and small helpers of its checks."""

from __future__ import annotations

import itertools
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Protocol, TypeVar

from ..errors import UchetError
from .base import Connector, Page, Query, Raw, Receipt, Write
from .contract_proxy import Fault, add_unknown

__all__ = [
    "Connect",
    "Made",
    "Rejected",
    "Sample",
    "Stock",
    "Subject",
    "asked",
    "change",
    "create",
    "creation",
    "everything",
    "label",
    "listing",
    "made",
    "opened",
    "raised",
    "several",
    "token",
]

E = TypeVar("E", bound=BaseException)
_numbers = itertools.count(1)


class Connect(Protocol):
    """Makes a connector to ``url``: no or quick repeats, ``timeout`` in seconds, ``page_size`` records in a page."""

    def __call__(
        self, url: str, *, page_size: int = ..., timeout: float = ..., password: str | None = ...
    ) -> Connector:
        """``password``: another one than the right one."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A wire value that must survive: ``sent`` into ``field``, read back as ``kept`` (the same unless said)."""

    field: str
    sent: Any
    kept: Any = ...

    @property
    def expected(self) -> Any:
        return self.sent if self.kept is ... else self.kept


@dataclass(frozen=True, slots=True)
class Rejected:
    """A value that the other side refuses, and the field it must be blamed on (``None``: the side does not say).

    ``stored``: the other side takes it and keeps something else, which shows only afterwards.
    """

    values: Mapping[str, Any]
    field: str | None
    stored: bool = False


@dataclass(frozen=True, slots=True)
class Stock:
    """How a desk that keeps stock says so: ``values`` make a movement in ``collection`` that brings ``amount`` to the
    record ``id`` of the collection ``card``, whose field ``level`` holds the quantity. ``edit`` is a change of a
    movement, ``refused`` turns ``values`` into a movement that the desk does not take."""

    collection: str
    card: str
    id: str
    level: str
    amount: Decimal
    values: Mapping[str, Any]
    edit: Mapping[str, Any]
    refused: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Subject:
    """A connector under test against a server at ``url`` that is running and may be written to.

    ``values(label)`` gives wire values of a new valid record, another one for each label, with ``label`` in ``text``.
    ``empty`` is a published collection without records; ``longest`` the characters that ``text`` holds. ``retire`` are
    the values that take a record out of service. Records made by the suite stay.
    """

    name: str
    url: str
    connect: Connect
    secret: str
    collection: str
    text: str
    values: Callable[[str], Mapping[str, Any]]
    empty: str
    missing_id: str
    longest: int
    samples: Sequence[Sample] = ()
    rejected: Sequence[Rejected] = ()
    retire: Mapping[str, Any] = field(default_factory=dict)
    #: Only of a desk that claims to keep stock by movements.
    stock: Stock | None = None
    #: Only of a connector that claims no writes: makes a record of these values by other means and gives its id.
    make: Callable[[Mapping[str, Any]], str] | None = None
    #: What a newer server answers: something more than is known.
    newer: Fault = add_unknown
    #: The method of requests that read.
    reads_by: str = "GET"


@dataclass(frozen=True, slots=True)
class Made:
    """A receipt with the token that finds its record again."""

    receipt: Receipt
    token: str


def creation(subject: Subject, label: str, **values: Any) -> Write:
    """A create of its own key and marker."""
    key = str(uuid.uuid4())
    return Write(subject.collection, None, {**subject.values(label), **values}, key=key, marker=f"uchet-{key}")


def token(connector: Connector, write: Write) -> str:
    """What ``find`` must be asked for after this create."""
    return str(write.key if connector.capabilities.create == "own_key" else write.marker)


def create(subject: Subject, connector: Connector, **values: Any) -> Made:
    """A new record with a text of its own."""
    write = creation(subject, label(), **values)
    return Made(connector.write(write), token(connector, write))


def made(subject: Subject, connector: Connector, **values: Any) -> Raw:
    """A new record, made by the connector or, where it claims no writes, by other means and read."""
    if subject.make is None:
        return create(subject, connector, **values).receipt.raw
    id = subject.make({**subject.values(label()), **values})
    connector.describe()
    return listing(subject, connector)[id]


def several(subject: Subject, connector: Connector, count: int) -> set[str]:
    """Ids of so many new records."""
    if subject.make is None:
        return {create(subject, connector).receipt.raw.id for _ in range(count)}
    return {subject.make(subject.values(label())) for _ in range(count)}


def asked(subject: Subject, connector: Connector) -> Any:
    """One small question: for a record that is not there, or for a listing where no single one can be asked for."""
    if connector.capabilities.single:
        return connector.get(subject.collection, subject.missing_id)
    return list(connector.read(Query(subject.collection)))


def change(raw: Raw, values: Mapping[str, Any], expected: str | None = None) -> Write:
    """A change of ``raw``."""
    return Write(raw.collection, raw.id, values, expected=expected)


def label() -> str:
    """A text nobody has used."""
    return f"Проба {next(_numbers)} {uuid.uuid4().hex[:8]}"


def everything(pages: Iterator[Page]) -> dict[str, Raw]:
    """A listing by id; fails on a record that comes twice."""
    found: dict[str, Raw] = {}
    for page in pages:
        for raw in page.records:
            assert raw.id not in found, f"{raw.collection} {raw.id} came twice"
            found[raw.id] = raw
    return found


def listing(subject: Subject, connector: Connector, **query: Any) -> dict[str, Raw]:
    """The collection written to, by id."""
    return everything(connector.read(Query(subject.collection, **query)))


def raised(kinds: type[E] | tuple[type[E], ...], call: Callable[[], Any], within: float = 20.0) -> E:
    """The error that ``call`` raises; fails on another one, on none, or when it took longer than ``within`` seconds."""
    started = time.monotonic()
    try:
        result = call()
    except kinds as error:
        assert time.monotonic() - started < within, f"took {time.monotonic() - started:.1f} s to fail"
        return error
    except UchetError as error:
        raise AssertionError(f"expected {kinds}, got {type(error).__name__}: {error}") from error
    raise AssertionError(f"expected {kinds}, got an answer: {result!r}")


@contextmanager
def opened(connector: Connector) -> Iterator[Connector]:
    """Closed at the end."""
    try:
        yield connector
    finally:
        connector.close()
