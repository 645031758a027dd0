"""Late postings: what the books say of a day now, held against what they said when that day was first looked at."""

from __future__ import annotations

from collections.abc import Iterator

from ...mappings.once import kind as kind_named
from ..types import Record
from .scope import Scope
from .telling import service_of
from .types import Correction, Snapshot

__all__ = ["corrections"]

#: Kinds whose figures a posting changes.
_POSTED = ("equipment", "position", "holding", "stock", "licence")


def corrections(first: Snapshot, now: Snapshot, scope: Scope) -> Iterator[Correction]:
    """Every field of the books that changed for the same day; a record that came or went is one with ``*``. A listing
    that is not whole in both snapshots says nothing."""
    for kind in _POSTED:
        before, after = first.listing(kind, "book"), now.listing(kind, "book")
        if before is None or after is None or not (before.complete and after.complete):
            continue
        for id in sorted(before.records.keys() | after.records.keys()):
            was, is_ = before.records.get(id), after.records.get(id)
            if scope.inside(first, was) or scope.inside(now, is_):
                yield from _of_record(first, now, kind, id, was, is_)


def _of_record(
    first: Snapshot, now: Snapshot, kind: str, id: str, was: Record | None, is_: Record | None
) -> Iterator[Correction]:
    record = is_ or was
    snapshot = now if is_ else first
    label = str((record and (record.values.get("inventory_number") or record.values.get("name"))) or "")
    label = label or snapshot.called(record.values.get("item") if record else None) or id
    if was is None or is_ is None:
        yield Correction(kind, id, label, "*", "yes" if was else "no", "yes" if is_ else "no")
        return
    if was.retired != is_.retired:
        yield Correction(kind, id, label, "state", service_of(was), service_of(is_))
    for field in kind_named(kind).fields:
        if field.personal or field.name not in was.values or field.name not in is_.values:
            continue
        if was.values[field.name] != is_.values[field.name]:
            yield Correction(kind, id, label, field.name, was.values[field.name], is_.values[field.name])
