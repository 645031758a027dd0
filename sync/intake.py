"""Read, compose, decode: from pages of raw records to canonical ones, with every bad record turned into a question.

Registers are read before the catalogue they describe: the reads are not one snapshot, and a card read last can only be
newer than its registers. A source that fails makes the kind unreadable for this run; a cut main listing makes it
incomplete, which proves no absence.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta
from decimal import Decimal
from itertools import chain
from typing import Any

from ..connectors.base import Connector, Page, Query, Raw, Rows, Undecoded
from ..errors import Blocked, Reject, Retry, Stale, UchetError, Unknown
from ..mappings.compose import compose, key_of
from ..mappings.model import KINDS, Side
from ..mappings.system import Binding, KindMap, Problem, Source, SystemMap
from .binding import all_records, records_there
from .lazy import Records
from .types import UNIT, Issue, Listing, Record

__all__ = ["MOVED", "PASSING", "Intake", "issue_of", "units_of", "with_units"]

#: The problem of a card whose thing lives on as a МЦ.04 position.
MOVED = "moved_to_low_value"
Label = Callable[[str, str], str | None]
#: Rows of a page that are decoded at a time.
_AT_ONCE = 1000
#: Held once: nearly all records have it.
_NONE = frozenset[str]()
#: What makes a source unreadable tonight, and no more than that.
PASSING = (Retry, Reject, Stale, Unknown, Blocked)


@dataclass(slots=True)
class Intake:
    """Reads one side, kind after kind; keeps labels of what it has read for fields that show them."""

    side: Side
    connector: Connector
    system: SystemMap
    today: datetime
    binding: Binding = field(default_factory=dict)
    issues: list[Issue] = field(default_factory=list)
    labels: dict[tuple[str, str], str] = field(default_factory=dict)
    #: Labels of records whose name the other side owns: (kind, id) → the name they will have after this run.
    given: dict[tuple[str, str], str] = field(default_factory=dict)
    errors: list[UchetError] = field(default_factory=list)
    #: Sets of kinds that a base may do without, where this one does.
    absent: frozenset[str] = frozenset()
    _bad: set[str] = field(default_factory=set)
    _shown: set[str] = field(default_factory=set)

    def label(self, kind: str, id: str) -> str | None:
        """The text that stands for a record of this side: the owner's name for it where it has a twin, else its own."""
        if kind in (self.system.options.get("labels") or {}) and kind not in self._shown:
            self._show(kind)
        return self.given.get((kind, id)) or self.labels.get((kind, id))

    def labels_for(self, kind: str) -> list[tuple[str, str, str]]:
        """(kind, id, text) of all that records of ``kind`` may be composed with, in order."""
        shown = {f.label_of for f in self.system.kinds[kind].fields.values() if f.label_of}
        for name in (shown & (self.system.options.get("labels") or {}).keys()) - self._shown:
            self._show(name)
        return sorted((k, id, text) for (k, id), text in (self.labels | self.given).items() if k in shown)

    def _show(self, kind: str) -> None:
        """Records that are no kind of ours and are read for their label alone."""
        self._shown.add(kind)
        place = self.system.options["labels"][kind]
        fields = tuple(place.get("fields", ()))
        # Of several catalogues a base publishes those it uses.
        many = [records_there(self.connector, Query(collection, fields)) for collection in place.get("collections", ())]
        for raw in chain(*many) if many else all_records(self.connector, Query(place["collection"], fields)):
            self.labels[(kind, raw.id)] = str(raw.data.get(place["field"]) or "").strip()

    def load(self, kind: str) -> Listing | None:
        """All records of ``kind``, or ``None`` if this side does not keep it or a source could not be read."""
        mapped = self.system.kinds.get(kind)
        if mapped is None or self.skipped(mapped.main):
            return None
        parts: dict[str, dict[str, list[Mapping[str, Any]]]] = {}
        try:
            for source, pages in self._registers(mapped):
                for page in pages:
                    self.noted(mapped.kind, page)
                    for raw in page.records:
                        parts.setdefault(key_of(source, raw.data), {}).setdefault(source.name, []).append(raw.data)
            raws, complete = self._main(mapped)
        except PASSING as error:
            self.failed(kind, error)
            return None
        return self.decode(mapped, raws, parts, complete)

    def pages(self, kind: str) -> Iterator[Listing]:
        """As ``load``, a page of the listing at a time, so that memory does not grow with it: the last one says whether
        that was all. Nothing where this side does not keep the kind or a register of it could not be read; records of
        several sources come in one piece."""
        mapped = self.system.kinds.get(kind)
        if mapped is None or self.skipped(mapped.main):
            return
        if len(mapped.sources) > 1 or mapped.rule == "position":
            whole = self.load(kind)
            yield from (whole,) if whole is not None else ()
            return
        try:
            for records, complete in self._parts(mapped):
                yield self.decode(mapped, {raw.id: [raw] for raw in records}, {}, complete)
        except PASSING as error:
            self.failed(kind, error)
            yield Listing(kind, self.side, {}, False)

    def _parts(self, mapped: KindMap) -> Iterator[tuple[Iterable[Raw], bool]]:
        """The pages of the main source; as rows where the connector hands them out, which it need not remember: they
        are decoded some at a time, for a page may be large and a record takes many times the memory of its row."""
        query, connector = self.query(mapped.main), self.connector
        if isinstance(connector, Undecoded) and (rows := connector.undecoded(query)) is not None:
            for part in rows:
                self.noted(mapped.kind, part)
                for start in range(0, max(len(part.rows), 1), _AT_ONCE):
                    last = start + _AT_ONCE >= len(part.rows)
                    some = map(bytes, part.rows[start : start + _AT_ONCE])
                    yield connector.decoded(query, some), part.complete and last
            return
        for page in connector.read(query):
            self.noted(mapped.kind, page)
            yield page.records, page.complete

    def probe(self) -> None:
        """Read the first page of every source of the merge: published is not yet allowed. Raises what the connector
        raises."""
        merged = {kind.name for kind in KINDS}
        for mapped in (m for m in self.system.kinds.values() if m.kind in merged):
            for source in mapped.sources:
                if not self.skipped(source):
                    next(iter(self.connector.read(self.query(source))), None)

    def query(self, source: Source) -> Query:
        where = {name: self._bound(value) for name, value in source.where.items()}
        return Query(source.collection, source.fields, where, {k: self._param(v) for k, v in source.params.items()})

    def _bound(self, value: Any) -> Any:
        """A condition by a property that each base has under a key of its own."""
        named = isinstance(value, str) and value.startswith("@property:")
        return self.binding.get(value[10:]) if named else value

    def _param(self, value: Any) -> Any:
        if value == "@tomorrow":
            return datetime.combine(self.today.date() + timedelta(days=1), time())
        if value == "@feed":
            return datetime.fromisoformat(self.binding["@feed"])
        if isinstance(value, str) and value.startswith("@days:"):
            return datetime.combine(self.today.date() - timedelta(days=int(value[6:])), time())
        if isinstance(value, str) and value.startswith("@accounts:"):
            return tuple(k for k in self.binding.get(value[1:], "").split(",") if k)
        return value

    def skipped(self, source: Source) -> bool:
        """A balance of accounts that this base does not have, or values of a property that it does not have: nothing
        to read, and nothing proved."""
        if source.collection in self.absent or any(self._bound(value) is None for value in source.where.values()):
            return True
        return any(
            isinstance(v, str) and v.startswith("@accounts:") and not self._param(v) for v in source.params.values()
        )

    def _registers(self, mapped: KindMap) -> Iterator[tuple[Source, list[Page]]]:
        """The pages of every source but the main one, as many read at once as connections are allowed."""
        sources = mapped.sources[:0:-1]
        width = self.connector.capabilities.connections
        if width == 1:
            yield from ((source, self._whole(source)) for source in sources)
            return
        with ThreadPoolExecutor(width, thread_name_prefix="source") as pool:
            yield from zip(sources, pool.map(self._whole, sources), strict=True)

    def _whole(self, source: Source) -> list[Page]:
        pages = list(self.connector.read(self.query(source)))
        if not pages or not pages[-1].complete:
            template = "The listing of {collection} is incomplete."
            raise Retry("source_incomplete", template, collection=source.collection)
        return pages

    def _main(self, mapped: KindMap) -> tuple[dict[str, list[Raw]], bool]:
        """Main rows by record id. A cut listing keeps what came and is incomplete."""
        found: dict[str, list[Raw]] = {}
        complete = False
        keyed = mapped.rule == "position"
        try:
            for page in self.connector.read(self.query(mapped.main)):
                self.noted(mapped.kind, page)
                for raw in page.records:
                    id = key_of(mapped.main, raw.data) if keyed else raw.id
                    rows = found.setdefault(id, [])
                    rows[:] = [*rows, raw] if keyed else [raw]
                complete = page.complete
        except PASSING as error:
            self.failed(mapped.kind, error)
            complete = False
        return found, complete

    def decode(
        self,
        mapped: KindMap,
        raws: Mapping[str, list[Raw]],
        parts: Mapping[str, Mapping[str, list[Mapping[str, Any]]]],
        complete: bool,
    ) -> Listing:
        records: dict[str, Record] = {}
        self._bad = set()
        # A source that was read and has nothing for this record is empty, not missing.
        nothing: dict[str, list[Mapping[str, Any]]] = {source.name: [] for source in mapped.sources}
        for id in sorted(raws):
            whole = {**nothing, **parts.get(id, {}), mapped.main.name: [r.data for r in raws[id]]}
            record = self._one(mapped, id, whole, raws[id][0])
            if record is not None:
                records[id] = record
                self._remember(mapped.kind, record)
        return Listing(mapped.kind, self.side, records, complete, frozenset(self._bad), len(raws))

    def _one(self, mapped: KindMap, id: str, parts: Mapping[str, list[Mapping[str, Any]]], raw: Raw) -> Record | None:
        try:
            decoded = compose(self.system, mapped, id, parts, self.binding, self.label)
        except Exception as error:  # noqa: BLE001  whatever one record contains, the others go on
            problem = Problem(
                "undecodable", "The record cannot be read: {why}.", {"why": f"{type(error).__name__}: {error}"}
            )
            self._ask(mapped.kind, id, problem)
            return None
        for problem in decoded.problems:
            self._ask(mapped.kind, id, problem)
        # A thing moved to low-value items left its card, not the company: the card is neither alive nor gone.
        if decoded.skip or any(p.fatal or p.code == MOVED for p in decoded.problems):
            return None
        broken = frozenset(p.field_name for p in decoded.problems if p.field_name) if decoded.problems else _NONE
        return Record(mapped.kind, self.side, id, decoded.values, raw.version, decoded.retired or raw.retired, broken)

    # -- questions and failures -------------------------------------------------------------------------------------

    def _remember(self, kind: str, record: Record) -> None:
        name = record.values.get("name")
        if isinstance(name, str):
            self.labels[(kind, record.id)] = name

    def _ask(self, kind: str, id: str, problem: Problem) -> None:
        self._bad.add(id)
        self.issues.append(issue_of(self.side, kind, id, problem))

    def noted(self, kind: str, page: Page | Rows) -> None:
        """What the connector wants a person to know although the listing is good: asked once."""
        for note in page.notes:
            params = {"side": self.side, "why": note.text("en"), "why_ru": note.text("ru")}
            issue = Issue(
                f"note:{self.side}:{kind}:{note.code}:{note.params.get('id', '')}", "side_note", kind, params=params
            )
            if issue.key not in {known.key for known in self.issues}:
                self.issues.append(issue)

    def failed(self, kind: str, error: UchetError) -> None:
        self.errors.append(error)
        params = {"kind": kind, "side": self.side, "why": error.text("en"), "why_ru": error.text("ru")}
        self.issues.append(Issue(f"source:{self.side}:{kind}", "source_failed", kind, params=params))


def issue_of(side: Side, kind: str, id: str, problem: Problem) -> Issue:
    """A problem with one record as a standing question."""
    key = f"record:{side}:{kind}:{id}:{problem.code}:{problem.field_name or ''}"
    book, desk = (id, None) if side == "book" else (None, id)
    params = {"template": problem.template, "side": side, **problem.params}
    return Issue(key, problem.code, kind, book, desk, problem.field_name, params=params)


def with_units(equipment: Listing, positions: Listing | None) -> Listing:
    """``equipment`` plus the МЦ.04 positions of exactly one piece, each as a thing of its own.

    Only there does the books' quantity mean one certain thing; larger quantities are compared as balances.
    """
    units = units_of(positions)
    if isinstance(equipment.records, Records):
        return replace(equipment, records=equipment.records.also(units), part={**equipment.looked, **units})
    return replace(equipment, records={**equipment.records, **units})


def units_of(positions: Listing | None) -> dict[str, Record]:
    """The positions of exactly one piece, as things."""
    units = {}
    for id, record in positions.records.items() if positions else ():
        if record.values.get("quantity") == Decimal(1):
            values = {n: v for n, v in record.values.items() if n != "quantity"}
            unit = f"{UNIT}{id}#1"
            values["accounting"] = "low_value"
            units[unit] = Record("equipment", "book", unit, values, None, record.retired, record.broken)
    return units
