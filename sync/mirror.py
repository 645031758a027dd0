"""What the desk knows, shown inside the books: rows that nobody but us writes, compared with what they should say.

Two places: a register of IT assets (one row a thing, also for things without a card) and notes beside documents that
cannot carry an attribute (the request's number). A row's id is its key, so there is nothing to match; a row whose thing
left the desk says so and stays.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from ..mappings.codecs import equal
from ..mappings.model import Kind, Ref, Value, Values
from .ids import create_key
from .orders import is_order
from .types import UNIT, Draft, FieldChange, Listing, Operation, Record
from .world import World

__all__ = ["MIRRORS", "mirror"]

#: Fields of a thing that are shown as they are.
_SAME = ("name", "inventory_number", "serial", "model", "organization", "department", "custodian", "user", "room")
_SETTLED = frozenset({"refused", "gone"})


def mirror(world: World, kind: Kind, held: Listing) -> list[Operation]:
    """The writes that bring the rows of ``kind`` up to date; none while either side is read in part."""
    if not held.complete:
        return []
    wanted = MIRRORS[kind.name](world, held)
    found: list[Operation] = []
    for id in sorted(wanted):
        label, desk, values = wanted[id]
        there = held.records.get(id)
        changes = tuple(_changes(world, kind, values, there))
        if not changes:
            continue
        scope = values.get("organization")
        home = world.index.on("book", scope) if isinstance(scope, Ref) else None
        op = Operation("", "update", "book", kind.name, id, desk, changes, label=label, scope=home.id if home else "")
        if there is None:
            op = replace(op, action="create", book=None, key=create_key(world.pair, kind.name, id))
        found.append(op)
    return found


def _changes(world: World, kind: Kind, values: Values, there: Record | None) -> list[FieldChange]:
    changes = []
    for f in kind.fields:
        after = values.get(f.name)
        before = there.values.get(f.name) if there else None
        if f.name not in values or world.how("book", kind.name, f.name) != "field":
            continue
        if isinstance(after, Ref) and world.index.on("book", after) is None:
            continue  # shown once its record has a twin
        known = world.index.same(before, after)
        if not (equal(f, before, after) if known is None else known):
            changes.append(FieldChange(f.name, before, after))
    return changes


#: id of the row → (what people call it, the desk's id, values).
Wanted = Mapping[str, tuple[str, str, Values]]


def _assets(world: World, held: Listing) -> Wanted:
    listing = world.listing("equipment", "desk")
    if listing is None or not listing.complete:
        return {}
    found: dict[str, tuple[str, str, Values]] = {}
    for id, record in listing.records.items():
        if not record.retired or id in held.records:
            found[id] = (str(record.values.get("inventory_number") or id), id, _asset(world, record))
    for id, row in held.records.items():
        if id not in listing.records and id not in listing.bad:
            found[id] = (str(row.values.get("inventory_number") or id), id, {"in_service": False})
    return found


def _asset(world: World, record: Record) -> Values:
    values: dict[str, Value] = {name: record.values[name] for name in _SAME if name in record.values}
    values["number"] = record.id
    values["in_service"] = not record.retired
    if not record.retired and "condition" in record.values:
        values["condition"] = record.values["condition"]
    twin = world.index.on("book", record.ref)
    values["card"] = twin if twin is not None and not twin.id.startswith(UNIT) else None
    if world.page:
        values["link"] = world.page.format(id=record.id)
    return values


def _notes(world: World, held: Listing) -> Wanted:
    """The number of the request, or of the thing, beside each draft of ours that is still there."""
    options = world.book_map.kinds[held.kind].options
    key = world.binding.get(str(options.get("property", "")))
    found: dict[str, tuple[str, str, Values]] = {}
    for draft in world.drafts if key else ():
        document = world.book_map.documents.get(draft.document)
        if document is None or draft.state in _SETTLED:
            continue
        kind = f"{options.get('type_prefix', '')}{document.collection}"
        text = _numbers(world, draft)
        values: Values = {
            "object": draft.ref, "type": kind, "property": key, "value": text,
            "value_type": str(options.get("text_type", "")),
        }  # fmt: skip
        found[f"{draft.ref}|{kind}|{key}"] = (draft.number or draft.id, draft.id, values)
    return found


def _numbers(world: World, draft: Draft) -> str:
    """What people call the events; for moves of things the pages of the things on the desk."""
    pages = [world.page.format(id=m.desk) if world.page and m.desk else m.label for m in draft.members]
    told = [m.label if is_order(m) else page for m, page in zip(draft.members, pages, strict=True)]
    return ", ".join(dict.fromkeys(told))


MIRRORS = {"shown": _assets, "note": _notes}
