"""A mapping held against what the other side really publishes, in the words of the administrator who must act."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from .system import Binding, KindMap, Problem, SystemMap

__all__ = ["PublishedField", "check", "check_binding"]

#: 1C renames an attribute that goes out of use to this prefix and drops it some releases later.
_DYING = "Удалить"


class PublishedField(Protocol):
    """What ``connectors.base.FieldInfo`` offers; only its presence is needed here."""

    @property
    def type(self) -> str: ...


Collections = Mapping[str, Mapping[str, PublishedField]]


def check(system: SystemMap, collections: Collections) -> list[Problem]:
    """Everything that the mapping names and the other side does not publish, each once, in a stable order."""
    found: dict[tuple[str, str], Problem] = {}
    rows = [(f"{one.collection}_{one.part}", tuple(one.row.values())) for one in system.documents.values()]
    # Rows of a tabular part are described with their object or not at all: asked only where they are.
    for collection, fields in [*_wanted(system), *(row for row in rows if row[0] in collections)]:
        published = _published(collection, collections)
        base = collection.partition("/")[0]
        if published is None:
            found.setdefault((base, ""), _no_collection(system, base, collection))
            continue
        for name in fields:
            where = collection if collection in collections else base
            problem = _field_problem(system, where, name, published)
            if problem is not None:
                found.setdefault((where, name), problem)
    return list(found.values())


def check_binding(system: SystemMap, binding: Binding) -> list[Problem]:
    """Additional attributes that nobody has created in this base yet."""
    template = (
        "The additional attribute «{title}» does not exist: create it for fixed assets "
        "(Administration, General settings, Additional attributes) with exactly this title and the type String."
    )
    return [
        Problem("property_missing", template, {"title": one.title, "name": one.name}, one.name)
        for one in system.properties.values()
        if not binding.get(one.name)
    ]


def _wanted(system: SystemMap) -> Iterable[tuple[str, tuple[str, ...]]]:
    for kind_map in system.kinds.values():
        for source in kind_map.sources:
            yield source.collection, (*source.fields, *source.where, *_written(kind_map, source.name))
    for document in system.documents.values():
        yield document.collection, (*document.header.values(), *document.constants, document.part)
        for lookup in document.lookups.values():
            yield str(lookup.get("collection", "")), (str(lookup.get("field", "")), *lookup.get("where", {}))
    yield from _options(system.options)


def _written(kind_map: KindMap, source: str) -> tuple[str, ...]:
    return (*kind_map.create, *kind_map.retire) if source == kind_map.main.name else ()


def _options(options: Mapping[str, Any]) -> Iterable[tuple[str, tuple[str, ...]]]:
    tables = [options.get("properties", {}), *options.get("accounts", {}).values(), *options.get("labels", {}).values()]
    for table in tables:
        if table.get("collection"):
            fields = [value for key, value in table.items() if key == "field" or key.endswith("_field")]
            yield table["collection"], tuple(one for one in fields if one != table.get("set_name_field"))
        if table.get("set_collection"):
            yield table["set_collection"], (table["set_name_field"],)


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


def _no_collection(system: SystemMap, base: str, collection: str) -> Problem:
    prefix, _, name = base.partition("_")
    section = system.options.get("publish", {}).get(prefix)
    params = {"collection": collection, "name": name.removesuffix("_RecordType"), "section": section}
    if section:
        template = (
            "{collection} is not published: in 1C open «Настройка стандартного интерфейса OData» "
            "(All functions) and tick «{section} → {name}»."
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
    else:
        template = "The class {collection} has no property {name}: add it to the tracker, or correct the mapping."
    return Problem("field_missing", template, params)
