"""Mapping files → ``SystemMap``: read, overridden per field from settings, checked, and given a fingerprint.

A mapping holds names and values only; a mistake in it is a ``Fatal`` that names the file, the key, the value and
what to do. Nothing here touches the other systems; ``check.py`` compares a mapping with what they publish.
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any, cast

from ..errors import Fatal
from .codecs import CODECS, wire_of
from .compose import RULES, needs
from .model import Kind, Side
from .once import ALL_KINDS
from .once import kind as kind_named
from .shapes import PARTS, READ, SHAPES
from .system import DocumentMap, FieldMap, KindMap, PartMap, PropertyMap, Source, SystemMap

__all__ = ["available", "build_system", "fingerprint", "load_system"]

_HERE = Path(__file__).parent
_KIND_NAMES = frozenset(k.name for k in ALL_KINDS)
_TOP = frozenset({"name", "side", "title", "wire", "kinds", "properties", "documents", "options"})
_KIND_KEYS = frozenset({"rule", "sources", "fields", "create", "retire", "options"})
_SOURCE_KEYS = frozenset({"collection", "key", "fields", "where", "params"})
_FIELD_KEYS = frozenset({"source", "wire", "codec", "write", "choices", "label_of"})
_DOCUMENT_KEYS = frozenset(
    {"collection", "header", "part", "row", "parts", "constants", "row_constants", "lookups"}
    | {"title_ru", "title_en", "unproven"}
)


def available(side: Side) -> tuple[str, ...]:
    """Names of the mappings that come with the package for ``side``."""
    return tuple(sorted(path.stem for path in (_HERE / side).glob("*.toml")))


def load_system(side: Side, name: str, overrides: Mapping[str, Any] | None = None) -> SystemMap:
    """``mappings/{side}/{name}.toml`` with ``overrides`` (dotted path → value) laid over it.

    Raises ``Fatal`` for an unknown name, a broken file, an unknown key, kind, field, codec, rule or override.
    """
    path = _HERE / side / f"{name}.toml"
    if name not in available(side):
        raise Fatal(
            "mapping_unknown",
            "There is no mapping called {name} for this side.",
            hint="Choose one of: {known}.",
            name=name,
            known=", ".join(available(side)),
        )
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise Fatal(
            "mapping_syntax",
            "The mapping file {file} is not valid TOML: {error}.",
            hint="Correct the line named, or install the package again.",
            file=str(path),
            error=str(error),
        ) from None
    return build_system(data, side=side, where=path.name, overrides=overrides)


def build_system(
    data: Mapping[str, Any], *, side: Side, where: str = "mapping", overrides: Mapping[str, Any] | None = None
) -> SystemMap:
    """A ``SystemMap`` from the contents of a TOML file; ``where`` names it in errors."""
    table = _Table(where, "", _overridden(where, data, overrides or {}))
    table.only(_TOP)
    if table.text("side") != side:
        raise table.bad("side", table.data.get("side"), side)
    options = {**table.table("options").data, "wire": table.table("wire").data, "title": table.data.get("title", "")}
    properties = {
        n: PropertyMap(n, t.text("title"), t.data.get("optional") is True)
        for n, t in table.table("properties").tables()
    }
    documents = {n: _document(n, t) for n, t in table.table("documents").tables()}
    kinds = {n: _kind(n, t, properties, documents, options) for n, t in table.table("kinds").tables()}
    system = SystemMap(
        name=table.text("name"),
        side=side,
        kinds=MappingProxyType(kinds),
        documents=MappingProxyType(documents),
        properties=MappingProxyType(properties),
        options=MappingProxyType(options),
        fingerprint=fingerprint({k: v for k, v in table.data.items() if k != "title"}),
    )
    try:
        wire_of(system)
    except TypeError:
        raise table.bad("wire", sorted(options["wire"]), "empty_text, empty_date, date, number…") from None
    return system


def fingerprint(data: Mapping[str, Any]) -> str:
    """A digest of what a mapping says; comments, order of keys and titles do not count."""
    return hashlib.sha256(json.dumps(data, sort_keys=True, ensure_ascii=False, default=str).encode()).hexdigest()


class _Table:
    """One table of the file with its path, so that every complaint names the place."""

    def __init__(self, where: str, path: str, data: Mapping[str, Any]) -> None:
        self.where, self.path, self.data = where, path, data

    def at(self, key: str) -> str:
        return f"{self.path}.{key}" if self.path else key

    def bad(self, key: str, value: object, wanted: str) -> Fatal:
        return Fatal(
            "mapping_value",
            "{file}: {key} = {value} is not allowed.",
            hint="Expected: {wanted}. Correct it in the mapping file or in the overrides of uchet.toml.",
            file=self.where,
            key=self.at(key),
            value=repr(value),
            wanted=wanted,
        )

    def only(self, allowed: frozenset[str]) -> None:
        for key in self.data:
            if key not in allowed:
                raise self.bad(key, self.data[key], "one of the keys " + ", ".join(sorted(allowed)))

    def text(self, key: str, default: str | None = None) -> str:
        value = self.data.get(key, default)
        if not isinstance(value, str) or not value:
            raise self.bad(key, value, "a text")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        value = self.data.get(key, [])
        if not isinstance(value, list) or not all(isinstance(one, str) and one for one in value):
            raise self.bad(key, value, "a list of texts")
        return tuple(value)

    def table(self, key: str) -> _Table:
        value = self.data.get(key, {})
        if not isinstance(value, Mapping):
            raise self.bad(key, value, "a table")
        return _Table(self.where, self.at(key), value)

    def tables(self) -> list[tuple[str, _Table]]:
        return [(key, self.table(key)) for key in self.data]

    def words(self, key: str) -> Mapping[str, str]:
        table = self.table(key)
        return MappingProxyType({name: table.text(name) for name in table.data})

    def frozen(self, key: str) -> Mapping[str, Any]:
        return MappingProxyType(dict(self.table(key).data))


def _overridden(where: str, data: Mapping[str, Any], overrides: Mapping[str, Any]) -> dict[str, Any]:
    result = cast(dict[str, Any], _copy(data))
    for path, value in overrides.items():
        *parents, last = path.split(".")
        place: Any = result
        for parent in parents:
            place = place.setdefault(parent, {}) if isinstance(place, dict) else None
        if not isinstance(place, dict):
            raise _Table(where, "", data).bad(path, value, "a path that leads through tables")
        place[last] = value
    return result


def _copy(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _copy(one) for key, one in value.items()}
    return list(value) if isinstance(value, (list, tuple)) else value


def _document(name: str, table: _Table) -> DocumentMap:
    table.only(_DOCUMENT_KEYS)
    known = (*sorted(SHAPES), *READ)
    if name not in known:
        raise table.bad("collection", name, "one of the documents " + ", ".join(known))
    lookups = {key: MappingProxyType(dict(one.data)) for key, one in table.table("lookups").tables()}
    return DocumentMap(
        name=name,
        collection=table.text("collection"),
        header=table.words("header"),
        part=table.text("part"),
        row=table.words("row"),
        constants=table.frozen("constants"),
        lookups=MappingProxyType(lookups),
        title_ru=table.text("title_ru"),
        title_en=table.text("title_en"),
        row_constants=table.frozen("row_constants"),
        parts=MappingProxyType({key: _part(key, one) for key, one in table.table("parts").tables()}),
        unproven=table.data.get("unproven") is True,
    )


def _part(name: str, table: _Table) -> PartMap:
    table.only(frozenset({"part", "row"}))
    if name not in PARTS:
        raise table.bad("part", name, "one of the tables " + ", ".join(PARTS))
    return PartMap(table.text("part"), table.words("row"))


def _kind(
    name: str,
    table: _Table,
    properties: Mapping[str, PropertyMap],
    documents: Mapping[str, DocumentMap],
    options: Mapping[str, Any],
) -> KindMap:
    table.only(_KIND_KEYS)
    if name not in _KIND_NAMES:
        raise table.bad("rule", name, "one of the kinds " + ", ".join(sorted(_KIND_NAMES)))
    rule = table.text("rule", "plain")
    if rule not in RULES:
        raise table.bad("rule", rule, ", ".join(sorted(RULES)))
    sources = {key: _source(key, one) for key, one in table.table("sources").tables()}
    if not sources:
        raise table.bad("sources", {}, "at least the source main")
    fields = {key: _field(kind_named(name), key, one, sources) for key, one in table.table("fields").tables()}
    _check_writes(table.table("fields"), fields, properties, documents)
    kind_map = KindMap(
        kind=name,
        rule=rule,
        sources=tuple(sources.values()),
        fields=MappingProxyType(fields),
        create=table.frozen("create"),
        retire=table.frozen("retire"),
        options=MappingProxyType({**table.table("options").data, "part": options.get("part", {})}),
    )
    return _with_fields(kind_map)


def _source(name: str, table: _Table) -> Source:
    table.only(_SOURCE_KEYS)
    key = table.texts("key")
    if not key:
        raise table.bad("key", [], "the fields that tell which record a row belongs to")
    params = {k: _plain(v) for k, v in table.table("params").data.items()}
    return Source(
        name, table.text("collection"), key, table.texts("fields"), table.frozen("where"), MappingProxyType(params)
    )


def _plain(value: Any) -> Any:
    if isinstance(value, date) and not isinstance(value, datetime):
        return datetime(value.year, value.month, value.day)
    return tuple(value) if isinstance(value, list) else value


def _field(kind: Kind, name: str, table: _Table, sources: Mapping[str, Source]) -> FieldMap:
    table.only(_FIELD_KEYS)
    field = kind.by_name.get(name)
    if field is None:
        raise table.bad("wire", name, "one of the fields " + ", ".join(kind.by_name))
    label_of = table.data.get("label_of")
    codec = table.text("codec", "label" if label_of else field.type)
    if codec.partition(":")[0] not in CODECS:
        raise table.bad("codec", codec, ", ".join(CODECS))
    source = table.text("source", next(iter(sources)))
    if source not in sources:
        raise table.bad("source", source, ", ".join(sources))
    choices = table.words("choices")
    for choice in choices:
        if choice not in field.choices:
            raise table.bad("choices", choice, ", ".join(field.choices) or "no choices for this field")
    return FieldMap(name, source, table.text("wire"), codec, table.text("write", "never"), choices, label_of)


def _check_writes(
    table: _Table,
    fields: Mapping[str, FieldMap],
    properties: Mapping[str, PropertyMap],
    documents: Mapping[str, DocumentMap],
) -> None:
    for name, field in fields.items():
        way, _, document = field.write.partition(":")
        if way == "property" and field.wire not in properties:
            raise table.bad(f"{name}.wire", field.wire, "a name of [properties]: " + ", ".join(properties))
        known = document in documents if way == "document" else field.write in ("field", "property", "never")
        if not known:
            wanted = ", ".join(["field", "property", "never", *(f"document:{one}" for one in documents)])
            raise table.bad(f"{name}.write", field.write, wanted)


def _with_fields(kind_map: KindMap) -> KindMap:
    """The same kind with ``Source.fields`` filled in: what the field maps and the rule need, in a stable order."""
    sources = []
    for source in kind_map.sources:
        wanted = dict.fromkeys(source.key)
        wanted.update(dict.fromkeys(source.fields))
        for field in kind_map.fields.values():
            computed = field.write == "property" or field.wire.startswith("@")
            if field.source == source.name and not computed:
                wanted[field.wire] = None
        wanted.update(dict.fromkeys(needs(kind_map, source.name)))
        if source is kind_map.main:
            wanted.update(dict.fromkeys(kind_map.retire))
        sources.append(Source(source.name, source.collection, source.key, tuple(wanted), source.where, source.params))
    return KindMap(
        kind_map.kind, kind_map.rule, tuple(sources), kind_map.fields, kind_map.create, kind_map.retire,
        kind_map.options,
    )  # fmt: skip
