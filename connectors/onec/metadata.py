"""A small index of ``$metadata``: what the base publishes, with types.

A real EDMX of 1C has up to 17 MB and thousands of sets, so it is parsed as a stream into a compact index, which is
kept on disk under the digest of the EDMX it came from. External entities are never resolved.
"""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
from lxml import etree

from ...errors import Fatal
from ..base import FieldInfo

__all__ = ["EntityType", "Function", "Index", "Property", "load", "parse", "save"]

#: Raised whenever the stored form changes: an older file is then ignored and fetched again.
FORMAT = 1
_NS = "StandardODATA."


class Property(msgspec.Struct, frozen=True):
    """One attribute. ``length`` is in characters, where the EDMX gives it; ``rows`` names a tabular part's row type."""

    name: str
    type: str
    nullable: bool = True
    length: int | None = None

    @property
    def rows(self) -> str | None:
        inner = _collection(self.type)
        return inner if inner != self.type else None

    @property
    def is_enum(self) -> bool:
        """A member of an enumeration by name: an EDM type of the base's own."""
        return self.type.startswith(_NS)


class EntityType(msgspec.Struct, frozen=True):
    """An entity or a complex type. ``key`` is empty for complex types."""

    name: str
    key: tuple[str, ...]
    properties: dict[str, Property]
    navigation: dict[str, str]

    def is_composite(self, name: str) -> bool:
        """True for ``X`` of a pair ``X``, ``X_Type`` (a value storage is not one: its ``X`` is a stream)."""
        mine = self.properties.get(name)
        pair = f"{name}_Type" in self.properties and f"{name}_Base64Data" not in self.properties
        return pair and mine is not None and mine.type == "Edm.String"


class Function(msgspec.Struct, frozen=True):
    """A virtual table or an action. ``returns`` is the row type, empty for actions."""

    name: str
    params: tuple[str, ...]
    returns: str


class Index(msgspec.Struct, frozen=True):
    """What one base publishes. ``sets``: set → type; ``functions``: set → function name → function."""

    digest: str
    sets: dict[str, str]
    types: dict[str, EntityType]
    functions: dict[str, dict[str, Function]]
    etag: str = ""
    format: int = FORMAT

    def entity(self, name: str) -> EntityType | None:
        """The type of a set, ``None`` if the set is not published."""
        return self.types.get(self.sets.get(name, ""))

    def virtual(self, name: str, function: str) -> tuple[str, Function] | None:
        """The set a virtual table is bound to and the function.

        Slices of registers written by documents are bound to the ``_RecordType`` set, others to the register itself;
        only the base knows, so either spelling finds the right one.
        """
        plain = name.removesuffix("_RecordType")
        for candidate in (name, plain, f"{plain}_RecordType"):
            found = self.functions.get(candidate, {}).get(function)
            if found is not None:
                return candidate, found
        return None

    def collections(self) -> dict[str, dict[str, FieldInfo]]:
        """Every set, its tabular parts as ``Set/Part`` and its virtual tables as ``Set/Function``."""
        return dict(self._collections())

    def _collections(self) -> Iterator[tuple[str, dict[str, FieldInfo]]]:
        for name, type_name in self.sets.items():
            entity = self.types.get(type_name)
            if entity is None:
                continue
            yield name, _fields(entity)
            for prop in entity.properties.values():
                rows = self.types.get(prop.rows or "")
                if rows is not None and prop.name != "RecordSet":
                    yield f"{name}/{prop.name}", _fields(rows)
            for function in self.functions.get(name, {}).values():
                result = self.types.get(function.returns)
                if result is not None:
                    yield f"{name}/{function.name}", _fields(result)


def parse(content: bytes, etag: str = "") -> Index:
    """The index of an EDMX. Raises ``Fatal`` where it is not one."""
    sets: dict[str, str] = {}
    types: dict[str, EntityType] = {}
    bound: list[tuple[str, Function]] = []
    ends: dict[tuple[str, str], str] = {}
    links: dict[str, list[tuple[str, str, str]]] = {}
    try:
        for tag, node in _stream(content):
            name = node.get("Name", "")
            if tag in ("EntityType", "ComplexType"):
                types[name] = _entity(node)
                links[name] = _links(node)
            elif tag == "Association":
                for end in _children(node, "End"):
                    ends[name, end.get("Role", "")] = _short(end.get("Type", ""))
            elif tag == "EntitySet":
                sets[name] = _short(node.get("EntityType", ""))
            elif tag == "FunctionImport":
                bound.extend(_function(node))
    except (etree.XMLSyntaxError, ValueError) as error:
        raise Fatal(
            "metadata",
            "The description of the base ($metadata) cannot be read.",
            hint="Open …/odata/standard.odata/$metadata in a browser: the server must answer with XML.",
            evidence={"fault": str(error)[:200]},
        ) from error
    for name, found in links.items():
        types[name].navigation.update({nav: ends.get((relation, role), "") for nav, relation, role in found})
    by_type = {type_name: name for name, type_name in sets.items()}
    functions: dict[str, dict[str, Function]] = {}
    for type_name, function in bound:
        if type_name in by_type:
            functions.setdefault(by_type[type_name], {})[function.name] = function
    return Index(hashlib.sha256(content).hexdigest(), sets, types, functions, etag)


def load(path: Path) -> Index | None:
    """The stored index, ``None`` if there is none or it is of another form."""
    try:
        index = msgspec.msgpack.decode(path.read_bytes(), type=Index)
    except (OSError, msgspec.DecodeError, ValueError):
        return None
    return index if index.format == FORMAT else None


def save(index: Index, path: Path) -> None:
    """Store the index, replacing the file at once so that another process never sees half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(f".{os.getpid()}.part")
    try:
        part.write_bytes(msgspec.msgpack.encode(index))
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


_WANTED = ("EntityType", "ComplexType", "Association", "EntitySet", "FunctionImport")


def _stream(content: bytes) -> Iterator[tuple[str, Any]]:
    parser = etree.iterparse(
        io.BytesIO(content), events=("end",), resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False
    )
    root = ""
    for _, node in parser:
        tag = _tag(node)
        if tag in _WANTED:
            yield tag, node
            node.clear(keep_tail=False)
            while node.getprevious() is not None:
                del node.getparent()[0]
        root = tag
    if root != "Edmx":
        raise ValueError(f"the root is {root}")


def _tag(node: Any) -> str:
    return str(node.tag).rpartition("}")[2]


def _children(node: Any, tag: str) -> list[Any]:
    return [child for child in node if _tag(child) == tag]


def _short(type_name: str) -> str:
    return _collection(type_name).removeprefix(_NS)


def _collection(type_name: str) -> str:
    if type_name.startswith("Collection(") and type_name.endswith(")"):
        return type_name[11:-1].removeprefix(_NS)
    return type_name


def _entity(node: Any) -> EntityType:
    keys = [ref.get("Name", "") for part in _children(node, "Key") for ref in _children(part, "PropertyRef")]
    properties = {}
    for child in _children(node, "Property"):
        length = child.get("MaxLength", "")
        properties[child.get("Name", "")] = Property(
            child.get("Name", ""),
            child.get("Type", "Edm.String"),
            child.get("Nullable", "true") != "false",
            int(length) if length.isdigit() and int(length) > 0 else None,
        )
    return EntityType(node.get("Name", ""), tuple(keys), properties, {})


def _links(node: Any) -> list[tuple[str, str, str]]:
    return [
        (n.get("Name", ""), n.get("Relationship", "").removeprefix(_NS), n.get("ToRole", ""))
        for n in _children(node, "NavigationProperty")
    ]


def _function(node: Any) -> Iterator[tuple[str, Function]]:
    params = {p.get("Name", ""): p.get("Type", "") for p in _children(node, "Parameter")}
    owner = params.pop("bindingParameter", None)
    if owner is not None:
        yield _short(owner), Function(node.get("Name", ""), tuple(params), _short(node.get("ReturnType", "")))


def _fields(entity: EntityType) -> dict[str, FieldInfo]:
    return {p.name: FieldInfo(p.type, p.length, not p.nullable) for p in entity.properties.values()}
