"""Two hostile fakes for the laws: systems that trim, cut, refuse, forget to answer, lie about completeness and crash.

Each fake keeps its own count of what really happened to it, so that the laws never ask the engine about itself.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from uchet.connectors.base import Capabilities, Description, FieldInfo, Page, Query, Raw, Receipt, Write
from uchet.errors import Reject, Retry, Stale, Unknown
from uchet.mappings.model import Field, Kind, Side
from uchet.mappings.system import FieldMap, KindMap, Source, SystemMap

#: Kinds of the model world: a room that things refer to, and a thing with one field per owner.
ROOM = Kind("room", "Комната", "Room", (Field("name", "text", "Имя", "Name"),), keys=(("name",),))
THING = Kind(
    "thing",
    "Вещь",
    "Thing",
    (
        Field("name", "text", "Имя", "Name"),
        Field("label", "text", "Метка", "Label", owner="either"),
        Field("serial", "text", "Серийный", "Serial", owner="desk"),
        Field("room", "reference", "Комната", "Room", owner="either", of="room"),
    ),
    keys=(("name",),),
    lonely=frozenset({"desk"}),
)
KINDS = (ROOM, THING)
FIELDS = {kind.name: [f.name for f in kind.fields] for kind in KINDS}


class Crash(BaseException):
    """The process is killed here: nothing after this line runs, no handler sees it."""


def system(side: Side, fingerprint: str = "1") -> SystemMap:
    """A mapping in which wire names are our names."""
    kinds = {}
    for kind in KINDS:
        fields = {
            f.name: FieldMap(f.name, "main", f.name, f"reference:{f.of}" if f.of else "text", "field")
            for f in kind.fields
        }
        source = Source("main", kind.name, ("id",), tuple(fields))
        kinds[kind.name] = KindMap(kind.name, "plain", (source,), fields, retire={"state": "out"})
    return SystemMap("hostile", side, kinds, {}, {}, {}, f"{side}{fingerprint}")


@dataclass
class Row:
    """One record: wire values, a version that never repeats, the key it was created under."""

    data: dict[str, Any]
    version: int
    key: str | None = None


@dataclass
class Trouble:
    """What goes wrong next; each entry is used up by the write or read it hits.

    ``writes``: per write from now on, one of "" (fine), "crash-before", "crash-after", "lost-before", "lost-after".
    ``cut``: collections whose next listing is cut in half; ``broken``: those whose next listing fails in the middle.
    ``between``: called once, just before the next write (a person at work between plan and apply).
    """

    writes: list[str] = field(default_factory=list)
    cut: set[str] = field(default_factory=set)
    broken: set[str] = field(default_factory=set)
    between: Callable[[], None] | None = None


class HostileSide:
    """A system of its own: ids, versions, normalisation, refusals. Implements ``connectors.base.Connector``."""

    def __init__(self, side: Side, *, own_key: bool, seed: int = 0, store_as: Callable[[str], str] = str) -> None:
        self.side = side
        self.capabilities = Capabilities(
            versions=True,
            conditional_write=True,
            create="own_key" if own_key else "marker_field",
            retire="status",
            page_size=3,
        )
        self.rows: dict[str, dict[str, Row]] = {kind.name: {} for kind in KINDS}
        self.trouble = Trouble()
        self.store_as = store_as
        self.random = random.Random(seed)
        self.page_size = 3
        self.clock = 0
        self.identity = f"hostile-{side}"
        # What really happened, for the oracle.
        self.writes: list[Write] = []
        self.values: set[Any] = set()
        self.retired = 0
        self.wide: list[str] = []

    # -- people at work ---------------------------------------------------------------------------------------------

    def _tick(self) -> int:
        self.clock += 1
        return self.clock

    def add(self, kind: str, data: Mapping[str, Any]) -> str:
        id = f"{self.side[0]}{self._tick()}"
        stored = {n: self._stored(v) for n, v in data.items()}
        self.rows[kind][id] = Row({"state": "in", "notes": f"n-{id}", **stored}, self._tick())
        self.values.update(stored.values())
        return id

    def edit(self, kind: str, id: str, name: str, value: Any) -> Any:
        row = self.rows[kind][id]
        row.data[name] = self._stored(value)
        row.version = self._tick()
        self.values.add(row.data[name])
        return row.data[name]

    def remove(self, kind: str, id: str) -> None:
        del self.rows[kind][id]

    def _stored(self, value: Any) -> Any:
        return self.store_as(value) if isinstance(value, str) else value

    # -- the five verbs ---------------------------------------------------------------------------------------------

    def describe(self) -> Description:
        fields = {kind: {n: FieldInfo("text") for n in names} for kind, names in FIELDS.items()}
        return Description(self.identity, "hostile", fields)

    def read(self, query: Query, since: str | None = None) -> Iterator[Page]:
        rows = [self._raw(query.collection, id) for id in self.rows[query.collection]]
        self.random.shuffle(rows)
        if query.collection in self.trouble.cut:
            self.trouble.cut.discard(query.collection)
            yield Page(tuple(rows[: len(rows) // 2]), complete=False)
            return
        broken = query.collection in self.trouble.broken
        self.trouble.broken.discard(query.collection)
        size = self.page_size
        pages = [tuple(rows[n : n + size]) for n in range(0, len(rows), size)] or [()]
        for n, page in enumerate(pages):
            if broken and n == len(pages) // 2:
                raise Retry("busy", "The other side is busy.")
            yield Page(page, complete=n == len(pages) - 1)

    def get(self, collection: str, id: str) -> Raw | None:
        return self._raw(collection, id) if id in self.rows[collection] else None

    def find(self, collection: str, marker: str) -> Raw | None:
        found = [id for id, row in self.rows[collection].items() if row.key == marker]
        return self._raw(collection, found[0]) if found else None

    def write(self, write: Write) -> Receipt:
        between, self.trouble.between = self.trouble.between, None
        if between is not None:
            between()
        trouble = self.trouble.writes.pop(0) if self.trouble.writes else ""
        if trouble == "crash-before":
            raise Crash
        if trouble == "lost-before":
            raise Unknown("lost", "The answer was lost.")
        receipt = self._write(write)
        if trouble == "crash-after":
            raise Crash
        if trouble == "lost-after":
            raise Unknown("lost", "The answer was lost.")
        return receipt

    def close(self) -> None:
        pass

    # -- inside -----------------------------------------------------------------------------------------------------

    def _raw(self, collection: str, id: str) -> Raw:
        row = self.rows[collection][id]
        return Raw(collection, id, str(row.version), {"id": id, **row.data})

    def _write(self, write: Write) -> Receipt:
        for name, value in write.values.items():
            if isinstance(value, str) and "REFUSED" in value:
                raise Reject("refused_value", "The value is refused.", field=name)
        created = write.id is None
        if write.id is None:
            twin = self.find(write.collection, write.key or "")
            if twin is not None:
                return Receipt(twin)
            id = f"{self.side[0]}{self._tick()}"
            self.rows[write.collection][id] = Row({"state": "in", "notes": f"n-{id}"}, 0, write.key)
        else:
            id = write.id
            if id not in self.rows[write.collection]:
                raise Stale("gone", "The record is gone.")
            if write.expected is not None and str(self.rows[write.collection][id].version) != write.expected:
                raise Stale("version", "The record changed.")
        self._store(write, id, created)
        return Receipt(self._raw(write.collection, id), created)

    def _store(self, write: Write, id: str, created: bool) -> None:
        row = self.rows[write.collection][id]
        stored = {n: self._stored(v) for n, v in write.values.items()}
        if not created:
            self.wide += [n for n, v in write.values.items() if _alike(v, row.data.get(n)) and n != "state"]
        self.retired += stored.get("state") == "out"
        row.data.update(stored)
        row.version = self._tick()
        self.values.update(stored.values())
        self.writes.append(write)


def _alike(a: Any, b: Any) -> bool:
    """Whether writing ``a`` over ``b`` says nothing new (spaces aside)."""
    return (a or "").split() == (b or "").split() if isinstance(a, str) else a == b
