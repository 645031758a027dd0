"""Between a canonical operation and one wire write: translate, encode, read back. Shared by apply and recover."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ..connectors.base import Query, Raw, Write
from ..errors import Blocked, Reject
from ..mappings.codecs import equal
from ..mappings.compose import decode_main
from ..mappings.encode import encode
from ..mappings.model import Kind, Ref, Side, Value, Values
from ..mappings.once import kind as kind_named
from ..mappings.shapes import body
from ..mappings.system import DocumentMap, KindMap
from .intake import Label
from .orders import is_order
from .pair import LinkIndex, Pair, other
from .types import FieldChange, Operation

__all__ = ["Deferred", "Targets"]


class Deferred(Exception):
    """A reference points to a record that has no twin on the target yet; the operation waits for the next run."""


@dataclass(slots=True)
class Targets:
    """Knows both sides' mappings, bindings and links; turns operations into writes and answers into values."""

    pair: Pair
    index: LinkIndex
    bindings: Mapping[Side, Mapping[str, str]]
    labels: Mapping[Side, Label]
    _lookups: dict[str, str] = field(default_factory=dict)

    def kind(self, name: str) -> Kind:
        return next((k for k in self.pair.kinds if k.name == name), None) or kind_named(name)

    def mapped(self, side: Side, kind: str) -> KindMap:
        return self.pair.mapping(side).kinds[kind]

    def collection(self, op: Operation) -> str:
        if op.action == "draft":
            return self.document(op).collection
        return self.mapped(op.side, op.kind).main.collection

    def document(self, op: Operation) -> DocumentMap:
        document = self.pair.mapping("book").documents.get(op.document or "")
        if document is None:
            raise Blocked("no_document", "The mapping of the books has no document «{name}».", name=op.document)
        return document

    def target_id(self, op: Operation) -> str | None:
        return op.desk if op.side == "desk" else op.book

    # -- values -----------------------------------------------------------------------------------------------------

    def wire_id(self, side: Side, ref: Ref) -> str:
        found = self.index.on(side, ref)
        if found is None:
            raise Deferred(str(ref))
        return found.id

    def decode(self, side: Side, kind: str, raw: Raw) -> Values:
        """The canonical values kept in the main record of ``kind`` as ``raw`` shows them."""
        decoded = decode_main(
            self.pair.mapping(side), self.mapped(side, kind), raw.id, raw.data, self.bindings[side], self.labels[side]
        )
        return decoded.values

    def retired(self, side: Side, kind: str, raw: Raw) -> bool:
        """Whether the main record says that it left service."""
        if raw.retired:
            return True
        wanted = self.mapped(side, kind).retire
        return bool(wanted) and all(raw.data.get(name) == value for name, value in wanted.items())

    def same(self, kind: str, change: FieldChange, now: Value, then: Value) -> bool:
        """Whether a field holds ``then`` now, references compared through links."""
        known = self.index.same(now, then)
        return equal(self.kind(kind).by_name[change.name], now, then) if known is None else known

    def holds(self, op: Operation, values: Values, *, after: bool) -> bool:
        """Whether the target's ``values`` are what ``op`` saw (or, ``after``, what it wrote)."""
        return all(
            self.same(op.kind, c, values[c.name], c.after if after else c.before)
            for c in op.changes
            if c.name in values
        )

    # -- writes -----------------------------------------------------------------------------------------------------

    def write(self, op: Operation, current: Raw | None, now: datetime) -> Write:
        """The wire write of ``op``; ``current`` is the target as it is now (``None`` for a create or a draft).

        Raises ``Deferred`` while a referred record has no twin, ``Reject`` where a value has no wire form.
        """
        if op.action == "draft":
            return self._draft(op, now)
        mapped = self.mapped(op.side, op.kind)
        if op.action == "retire":
            return Write(mapped.main.collection, self.target_id(op), dict(mapped.retire), self._expected(op, current))
        changes = {c.name: c.after for c in op.changes}
        values = encode(
            self.pair.mapping(op.side),
            mapped,
            changes,
            current.data if current else None,
            self.bindings[op.side],
            lambda ref: self.wire_id(op.side, ref),
        )
        if op.action == "create":
            values = {**mapped.create, **values}
            return Write(mapped.main.collection, None, values, key=op.key, marker=op.key)
        return Write(mapped.main.collection, self.target_id(op), values, self._expected(op, current))

    def _expected(self, op: Operation, current: Raw | None) -> str | None:
        return (current.version if current else None) or op.expected

    def _draft(self, op: Operation, now: datetime) -> Write:
        document = self.document(op)
        header: dict[str, Any] = {n: self._role(op.side, v) for n, v in op.header.items() if not n.startswith("@")}
        header["date"] = op.header.get("date") or now
        header["comment"] = self._comment(op, document)
        rows = [self._row(op, member) for member in op.members]
        self._look_up(document, header, rows)
        parts = {
            name: [{role: self._role(op.side, value) for role, value in row.items()} for row in told]
            for name, told in op.parts.items()
        }
        return Write(document.collection, None, body(document, header, rows, parts), key=op.key, marker=op.key)

    def _comment(self, op: Operation, document: DocumentMap) -> str:
        """Our key, by which the draft is found again, the desk's numbers, and what has no attribute of its own."""
        told = [f"uchet {op.key} {op.label}", op.header.get("@note")]
        told += [op.header.get(role) for role in ("basis_text", "reason") if role not in document.header]
        return "; ".join(str(one) for one in told if one)

    def _row(self, op: Operation, member: Operation) -> dict[str, Any]:
        if is_order(op):
            return {c.name: self._role(op.side, c.after) for c in member.changes}
        # A thing that the books know as a quantity brings its item along; any other is its card.
        thing = {n: self._role(op.side, v) for n, v in member.header.items()} or {"asset": member.book}
        return {**thing, "quantity": 1}

    def _role(self, side: Side, value: Value) -> Any:
        return self.wire_id(side, value) if isinstance(value, Ref) else value

    def _look_up(self, document: DocumentMap, header: dict[str, Any], rows: list[dict[str, Any]]) -> None:
        """Roles that settings name by conditions; one that nobody named stays empty, for 1C or a person to fill."""
        for role, where in document.lookups.items():
            for place in rows if where.get("row") else [header]:
                if place.get(role) is None:
                    found = self._by(where, {**header, **place}) or self._lookup(where)
                    if found is not None:
                        place[role] = found

    def _by(self, where: Mapping[str, Any], known: Mapping[str, Any]) -> str | None:
        """What the base itself says of this very row (the account it keeps an item on, say)."""
        conditions = {wire: known.get(role) for wire, role in where.get("by", {}).items()}
        if not conditions or any(value is None for value in conditions.values()):
            return None
        query = Query(where["by_collection"], (where["by_field"],), conditions)
        found = {raw.data.get(where["by_field"]) for page in self.pair.book.read(query) for raw in page.records} - {
            None
        }
        return str(found.pop()) if len(found) == 1 else None

    def _lookup(self, where: Mapping[str, Any]) -> str | None:
        """The one catalogue item that the mapping describes by conditions (the event of a transfer, say)."""
        conditions = dict(where.get("where", {}))
        if not all(value not in ("", None) for value in conditions.values()):
            return None
        key = repr((where["collection"], sorted(conditions.items())))
        if key not in self._lookups:
            query = Query(where["collection"], tuple(where.get("fields", ())), conditions)
            rows = [raw for page in self.pair.book.read(query) for raw in page.records if not raw.retired]
            if not rows:
                raise Reject(
                    "lookup_empty",
                    "{collection} has no item with {conditions}.",
                    hint="Create it in 1C or change the mapping.",
                    collection=where["collection"],
                    conditions=", ".join(f"{k} = {v}" for k, v in conditions.items()),
                )
            self._lookups[key] = min(raw.id for raw in rows)
        return self._lookups[key]

    # -- what seen becomes ------------------------------------------------------------------------------------------

    def seen_after(
        self, op: Operation, values: Values, changes: Iterable[FieldChange]
    ) -> tuple[dict[str, Value], dict[str, Value]]:
        """The seen pair for ``changes``: the source's value as used in the plan, the target's as read back."""
        source: dict[str, Value] = {}
        target: dict[str, Value] = {}
        for change in changes:
            if change.name in values:
                source[change.name] = self._own(other(op.side), change.after)
                target[change.name] = values[change.name]
        return (source, target) if op.side == "desk" else (target, source)

    def _own(self, side: Side, value: Value) -> Value:
        """A source's reference as that side itself calls it."""
        return (self.index.on(side, value) or value) if isinstance(value, Ref) else value
