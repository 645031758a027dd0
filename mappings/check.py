"""A mapping held against what the other side really publishes, in the words of the administrator who must act."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from .model import KINDS
from .shapes import ROLE_TYPES
from .system import Binding, DocumentMap, KindMap, Problem, SystemMap

__all__ = [
    "Collections",
    "PublishedField",
    "Want",
    "check",
    "check_binding",
    "problem_of",
    "published_type",
    "unpublished",
    "wants",
]

#: 1C renames an attribute that goes out of use to this prefix and drops it some releases later.
_DYING = "Удалить"


class PublishedField(Protocol):
    """What ``connectors.base.FieldInfo`` offers; only its presence is needed here."""

    @property
    def type(self) -> str: ...


Collections = Mapping[str, Mapping[str, PublishedField]]


def check(system: SystemMap, collections: Collections) -> list[Problem]:
    """Everything the nightly merge needs and the other side does not publish, each once, in a stable order.

    Kinds that features read by name and documents that no field is written through are told by ``review.review``.
    """
    found: dict[tuple[str, str], Problem] = {}
    for want in wants(system):
        if not want.needed:
            continue
        problem = problem_of(system, collections, want)
        if problem is not None:
            found.setdefault((str(problem.params["collection"]), str(problem.params["name"])), problem)
    return list(found.values())


def problem_of(system: SystemMap, collections: Collections, want: Want) -> Problem | None:
    """What is wrong with one name that a mapping uses, or ``None``."""
    # Rows of a tabular part are described with their object or not at all: asked only where they are.
    if want.part and want.collection not in collections:
        return None
    published = _published(want.collection, collections)
    base = want.collection.partition("/")[0]
    if published is None:
        return _no_collection(system, base, want.collection)
    if not want.wire:
        return None
    return _field_problem(system, want.collection if want.collection in collections else base, want.wire, published)


def unpublished(system: SystemMap, collections: Collections) -> frozenset[str]:
    """Sets of optional kinds that this base does not publish: it is read without them."""
    wanted = {kind.main.collection for kind in system.kinds.values() if kind.options.get("optional") is True}
    return frozenset(wanted - collections.keys())


def check_binding(system: SystemMap, binding: Binding) -> list[Problem]:
    """Additional attributes that nobody has created in this base yet."""
    template = (
        "The additional attribute «{title}» does not exist: create it for fixed assets "
        "(Administration, General settings, Additional attributes) with exactly this title and the type String."
    )
    return [
        Problem("property_missing", template, {"title": one.title, "name": one.name}, one.name)
        for one in system.properties.values()
        if not binding.get(one.name) and not one.optional
    ]


@dataclass(frozen=True, slots=True)
class Want:
    """One name that a mapping uses. ``owner``: the kind or document, ``name``: the field or role it is for ("" where
    the rule itself needs it). ``wire`` is empty for the set itself. ``part``: a row of a tabular part.
    ``type``: the canonical type that the published one must be able to hold, "" where any will do."""

    owner: str
    name: str
    collection: str
    wire: str
    type: str = ""
    needed: bool = True
    part: bool = False


def wants(system: SystemMap) -> Iterator[Want]:
    """Every name of a mapping, kinds first."""
    merged = {kind.name for kind in KINDS}
    for kind_map in system.kinds.values():
        yield from _of_kind(kind_map, kind_map.kind in merged)
    writes = [f.write for k in system.kinds.values() for f in k.fields.values()]
    writes += [str(way) for k in system.kinds.values() for way in k.options.get("moves", {}).values()]
    used = {way.partition(":")[2] for way in writes}
    for document in system.documents.values():
        yield from _of_document(document, document.name in used)
    yield from _of_options(system, merged)


def _of_kind(kind_map: KindMap, needed: bool) -> Iterator[Want]:
    owner = f"kind {kind_map.kind}"
    needed = needed and kind_map.options.get("optional") is not True
    for source in kind_map.sources:
        names: dict[str, tuple[str, str]] = dict.fromkeys(source.fields, ("", ""))
        for field in kind_map.fields.values():
            if field.source == source.name and field.wire in names:
                # A key kept as text is a reference there, and no record of a kind of ours.
                kind = "" if field.codec == "text:key" else field.codec.partition(":")[0]
                names[field.wire] = (field.field, kind)
        extra = [*source.where, *(_written(kind_map) if source is kind_map.main else ())]
        yield Want(owner, "", source.collection, "", needed=needed)
        for wire, (name, kind) in {**dict.fromkeys(extra, ("", "")), **names}.items():
            yield Want(owner, name, source.collection, wire, kind, needed)


def _written(kind_map: KindMap) -> tuple[str, ...]:
    return (*kind_map.create, *kind_map.retire)


def _of_document(document: DocumentMap, needed: bool) -> Iterator[Want]:
    owner, own = f"document {document.name}", document.collection
    yield Want(owner, "", own, "", needed=needed)
    for role, wire in document.header.items():
        yield Want(owner, role, own, wire, ROLE_TYPES.get(role, ""), needed)
    for wire, value in document.constants.items():
        yield Want(owner, "", own, wire, _type_of(value), needed)
    yield Want(owner, "", own, document.part, "rows", needed)
    for role, wire in document.row.items():
        yield Want(owner, role, f"{own}/{document.part}", wire, ROLE_TYPES.get(role, ""), needed, part=True)
    for wire, value in document.row_constants.items():
        yield Want(owner, "", f"{own}/{document.part}", wire, _type_of(value), needed, part=True)
    for table in document.parts.values():
        # A document is whole without them: what this base has no table for is left out.
        yield Want(owner, "", own, table.part, "rows", needed=False)
        for role, wire in table.row.items():
            yield Want(owner, role, f"{own}/{table.part}", wire, ROLE_TYPES.get(role, ""), needed=False, part=True)
    for lookup in document.lookups.values():
        names = (str(lookup.get("field", "")), *lookup.get("where", {}))
        yield from (Want(owner, "", str(lookup.get("collection", "")), name, "", needed) for name in names)
        if lookup.get("by_collection"):
            names = (str(lookup.get("by_field", "")), *lookup.get("by", {}))
            yield from (Want(owner, "", str(lookup["by_collection"]), name, "", needed) for name in names)


def _type_of(value: Any) -> str:
    if isinstance(value, bool):
        return "flag"
    return "number" if isinstance(value, int) else ""


def _of_options(system: SystemMap, merged: Collection[str]) -> Iterator[Want]:
    options = system.options
    kinds = [k for k in system.kinds.values() if k.kind in merged]
    asked = {str(v) for k in kinds for s in k.sources for v in s.params.values()}
    shown = {f.label_of for k in kinds for f in k.fields.values()}
    tables = [(options.get("properties", {}), any(not one.optional for one in system.properties.values()))]
    tables += [(t, f"@accounts:{name}" in asked) for name, t in options.get("accounts", {}).items()]
    tables += [(t, name in shown) for name, t in options.get("labels", {}).items()]
    for table, needed in tables:
        if table.get("collection"):
            fields = [value for key, value in table.items() if key == "field" or key.endswith("_field")]
            for name in fields:
                if name != table.get("set_name_field"):
                    yield Want("options", "", table["collection"], name, "", needed)
        for collection in table.get("collections", ()):
            yield from (Want("options", "", collection, table[name], "", False) for name in ("key_field", "field"))
        if table.get("set_collection"):
            yield Want("options", "", table["set_collection"], table["set_name_field"], "", needed)


def _published(collection: str, collections: Collections) -> Mapping[str, PublishedField] | None:
    """The fields of a collection; an empty mapping = it is there, but its columns are not described."""
    if collection in collections:
        return collections[collection]
    base, _, table = collection.partition("/")
    for name in (base, base.removesuffix("_RecordType")) if table else ():
        if name in collections:
            same_columns = table in ("SliceLast", "SliceFirst") and name == base
            return collections[name] if same_columns else {}
    return None


def published_type(collections: Collections, want: Want) -> str:
    """The published type of a name ("" where it is not described); a composite one is ``composite``."""
    fields = _published(want.collection, collections) or {}
    found = fields.get(want.wire)
    if found is None:
        return ""
    return "composite" if f"{want.wire}_Type" in fields and found.type == "Edm.String" else found.type


def _no_collection(system: SystemMap, base: str, collection: str) -> Problem:
    prefix, _, name = base.partition("_")
    section = system.options.get("publish", {}).get(prefix)
    params = {"collection": collection, "name": name.removesuffix("_RecordType"), "section": section}
    if section:
        template = (
            "{collection} is not published: in 1C open «Настройка стандартного интерфейса OData» "
            "(All functions) and tick «{section} → {name}»."
        )
    elif system.options.get("exchange"):
        template = (
            "{collection} is not sent through the exchange node: let the rules of its exchange send it "
            "(in 1C, «Настройки синхронизации данных»)."
        )
    else:
        template = "The class {collection} does not exist: add it to the tracker, or correct the mapping."
    return Problem("not_published", template, params, fatal=True)


def _field_problem(system: SystemMap, base: str, name: str, published: Mapping[str, PublishedField]) -> Problem | None:
    params = {"collection": base, "name": name, "old": _DYING + name}
    if name.startswith(_DYING):
        template = "{collection}.{name} has gone out of use and must not be mapped: choose another field."
        return Problem("field_dying", template, params)
    if not published or name in published:
        return None
    if _DYING + name in published:
        template = (
            "{collection}.{name} has gone out of use in this release (it is called {old} now): "
            "map the field to its successor in uchet.toml."
        )
        return Problem("field_retired", template, params)
    if system.options.get("publish"):
        template = (
            "{collection} has no attribute {name}: this release or customised base calls it otherwise. "
            "Name the right one in the mapping overrides of uchet.toml, or restrict it no longer by rights."
        )
    elif system.options.get("exchange"):
        template = (
            "EnterpriseData does not carry {collection}.{name}: name another attribute in the mapping overrides of "
            "uchet.toml."
        )
    else:
        template = "The class {collection} has no property {name}: add it to the tracker, or correct the mapping."
    return Problem("field_missing", template, params)
