"""Two hostile fakes for the laws: systems that trim, cut, refuse, forget to answer, lie about completeness and crash.

Each fake keeps its own count of what really happened to it, so that the laws never ask the engine about itself.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from uchet.connectors.base import Capabilities, Description, FieldInfo, Page, Query, Raw, Receipt, Rows, Write
from uchet.errors import Reject, Retry, Stale, Unknown
from uchet.mappings.model import Field, Kind, Side
from uchet.mappings.system import FieldMap, KindMap, Source, SystemMap

#: Kinds of the model world: a room that things refer to, and a thing with a field per owner, type and empty rule.
ROOM = Kind("room", "Комната", "Room", (Field("name", "text", "Имя", "Name"),), keys=(("name",),))
THING = Kind(
    "thing",
    "Вещь",
    "Thing",
    (
        Field("name", "name", "Имя", "Name"),
        Field("label", "text", "Метка", "Label", owner="either"),
        Field("note", "text", "Заметка", "Note", owner="either", empty="clear"),
        Field("serial", "text", "Серийный", "Serial", owner="desk"),
        Field("cost", "money", "Цена", "Cost"),
        Field("since", "date", "Дата", "Since"),
        Field("room", "reference", "Комната", "Room", owner="either", of="room"),
    ),
    keys=(("name",),),
    lonely=frozenset({"desk"}),
)
KINDS = (ROOM, THING)
FIELDS = {kind.name: [f.name for f in kind.fields] for kind in KINDS}
OWN = frozenset({"id", "state", "notes"})

Stored = Callable[[Any], Any]


class Crash(BaseException):
    """The process is killed here: nothing after this line runs, no handler sees it."""


def system(side: Side, fingerprint: str = "1") -> SystemMap:
    """A mapping in which wire names are our names."""
    kinds = {}
    for kind in KINDS:
        fields = {
            f.name: FieldMap(f.name, "main", f.name, f"reference:{f.of}" if f.of else f.type, "field")
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


@dataclass(frozen=True)
class Done:
    """One write of the engine as it really happened: the record before (``None``: created) and after."""

    collection: str
    id: str
    values: Mapping[str, Any]
    before: Mapping[str, Any] | None
    after: Mapping[str, Any]

    @property
    def retired(self) -> bool:
        return self.after["state"] == "out" and (self.before or {}).get("state") != "out"


@dataclass
class Trouble:
    """What goes wrong next; each entry is used up by the write or read it hits.

    ``writes``: per write from now on, one of "" (fine), "busy", "crash-before", "crash-after", "lost-before",
    "lost-after".
    ``cut``: collections whose next listing is cut in half; ``broken``: those whose next listing fails in the middle.
    ``between``: called once, just before the next write, or the next look at one record where ``early`` (a person at
    work between plan and apply). ``hidden``: ids that listings leave out, though the listing claims to be whole.
    """

    writes: list[str] = field(default_factory=list)
    cut: set[str] = field(default_factory=set)
    broken: set[str] = field(default_factory=set)
    between: Callable[[], None] | None = None
    early: bool = False
    hidden: set[str] = field(default_factory=set)


class HostileSide:
    """A system of its own: ids, versions, normalisation, refusals. Implements ``connectors.base.Connector``.

    ``stores`` says, per field, what the system makes of a value. A side that is not ``conditional`` ignores the version
    it is given, as 1C does.
    """

    def __init__(
        self,
        side: Side,
        *,
        own_key: bool,
        seed: int = 0,
        stores: Mapping[str, Stored] | None = None,
        conditional: bool = True,
    ) -> None:
        self.side = side
        self.capabilities = Capabilities(
            versions=True,
            conditional_write=conditional,
            create="own_key" if own_key else "marker_field",
            retire="status",
            page_size=3,
        )
        self.rows: dict[str, dict[str, Row]] = {kind.name: {} for kind in KINDS}
        self.gone: dict[str, dict[str, Row]] = {kind.name: {} for kind in KINDS}
        self.trouble = Trouble()
        self.stores = dict(stores or {})
        self.conditional = conditional
        self.random = random.Random(seed)
        self.page_size = 3
        self.clock = 0
        self.identity = f"hostile-{side}"
        # What really happened, for the oracle.
        self.log: list[Done] = []
        #: Per collection the ids that the last listing delivered.
        self.shown: dict[str, set[str]] = {}

    @property
    def retired(self) -> int:
        """How many records the engine took out of service here."""
        return sum(done.retired for done in self.log)

    # -- people at work ---------------------------------------------------------------------------------------------

    def _tick(self) -> int:
        self.clock += 1
        return self.clock

    def add(self, kind: str, data: Mapping[str, Any]) -> str:
        id = f"{self.side[0]}{self._tick()}"
        stored = {n: self.stored(n, v) for n, v in data.items()}
        self.rows[kind][id] = Row({**_blank(kind, id), **stored}, self._tick())
        return id

    def edit(self, kind: str, id: str, name: str, value: Any) -> Any:
        row = self.rows[kind][id]
        row.data[name] = self.stored(name, value)
        row.version = self._tick()
        return row.data[name]

    def remove(self, kind: str, id: str) -> None:
        self.gone[kind][id] = self.rows[kind].pop(id)

    def bring_back(self, kind: str, id: str) -> None:
        """A deleted record is there again as it was, or one out of service is in service again."""
        if id in self.gone[kind]:
            self.rows[kind][id] = self.gone[kind].pop(id)
        elif id in self.rows[kind]:
            self.edit(kind, id, "state", "in")

    def stored(self, name: str, value: Any) -> Any:
        rule = self.stores.get(name)
        return rule(value) if rule and value not in (None, "") else value

    # -- the five verbs ---------------------------------------------------------------------------------------------

    def describe(self) -> Description:
        fields = {kind: {n: FieldInfo("text") for n in (*OWN, *names)} for kind, names in FIELDS.items()}
        return Description(self.identity, "hostile", fields)

    def read(self, query: Query, since: str | None = None) -> Iterator[Page]:
        ids = [id for id in self.rows[query.collection] if id not in self.trouble.hidden]
        rows = [self._raw(query.collection, id) for id in ids]
        self.random.shuffle(rows)
        self.shown[query.collection] = set()
        if query.collection in self.trouble.cut:
            self.trouble.cut.discard(query.collection)
            part = tuple(rows[: len(rows) // 2])
            self.shown[query.collection] = {raw.id for raw in part}
            yield Page(part, complete=False)
            return
        broken = query.collection in self.trouble.broken
        self.trouble.broken.discard(query.collection)
        size = self.page_size
        pages = [tuple(rows[n : n + size]) for n in range(0, len(rows), size)] or [()]
        for n, page in enumerate(pages):
            if broken and n == len(pages) // 2:
                raise Retry("busy", "The other side is busy.")
            self.shown[query.collection] |= {raw.id for raw in page}
            yield Page(page, complete=n == len(pages) - 1)

    def undecoded(self, query: Query) -> Iterator[Rows]:
        for page in self.read(query):
            rows = [json.dumps([raw.id, raw.version, raw.data]).encode() for raw in page.records]
            yield Rows(rows, page.complete)

    def decoded(self, query: Query, rows: Iterable[bytes]) -> list[Raw]:
        return [Raw(query.collection, *json.loads(row)) for row in rows]

    def get(self, collection: str, id: str) -> Raw | None:
        if self.trouble.early:
            self._between()
        return self._raw(collection, id) if id in self.rows[collection] else None

    def find(self, collection: str, marker: str) -> Raw | None:
        found = [id for id, row in self.rows[collection].items() if row.key == marker]
        return self._raw(collection, found[0]) if found else None

    def write(self, write: Write) -> Receipt:
        if not self.trouble.early:
            self._between()
        trouble = self.trouble.writes.pop(0) if self.trouble.writes else ""
        if trouble == "busy":
            raise Retry("busy", "The other side is busy.")
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

    def _between(self) -> None:
        between, self.trouble.between = self.trouble.between, None
        if between is not None:
            between()

    def _raw(self, collection: str, id: str) -> Raw:
        row = self.rows[collection][id]
        return Raw(collection, id, str(row.version), {"id": id, **row.data})

    def _write(self, write: Write) -> Receipt:
        for name, value in write.values.items():
            if isinstance(value, str) and "REFUSED" in value:
                raise Reject("refused_value", "The value is refused.", field=name)
        before = None
        if write.id is None:
            twin = self.find(write.collection, write.key or "")
            if twin is not None:
                return Receipt(twin)
            id = f"{self.side[0]}{self._tick()}"
            self.rows[write.collection][id] = Row(_blank(write.collection, id), 0, write.key)
        else:
            id = write.id
            if id not in self.rows[write.collection]:
                raise Stale("gone", "The record is gone.")
            row = self.rows[write.collection][id]
            if self.conditional and write.expected is not None and str(row.version) != write.expected:
                raise Stale("version", "The record changed.")
            before = dict(row.data)
        row = self.rows[write.collection][id]
        row.data.update({n: self.stored(n, v) for n, v in write.values.items()})
        row.version = self._tick()
        self.log.append(Done(write.collection, id, dict(write.values), before, dict(row.data)))
        return Receipt(self._raw(write.collection, id), write.id is None)


def _blank(kind: str, id: str) -> dict[str, Any]:
    """A new record: every field is published, most are empty."""
    return {"state": "in", "notes": f"n-{id}", **dict.fromkeys(FIELDS[kind])}
