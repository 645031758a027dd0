"""``$metadata`` of any base, read as a stream into a small model (real ones weigh 14 to 17 MB).

A parser of real EDMX must not insist on unique names (``AllowedLength`` appears twice in real ones), nor on the
presence of every association's target.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

from lxml import etree

__all__ = ["EntityType", "Function", "Model", "Navigation", "Property", "parse"]

NAMESPACE = "StandardODATA."


@dataclass(frozen=True, slots=True)
class Property:
    """One attribute; ``type`` is ``Edm.X``, a complex type's name or, with ``many``, the row type of a part.

    ``length``: characters kept (negative: padded to them), 0 where there is no limit, None where nobody knows.
    """

    name: str
    type: str
    many: bool = False
    length: int | None = None


@dataclass(frozen=True, slots=True)
class Navigation:
    """A reference that can be followed: ``target`` is an entity type (equal to its set's name in 1C)."""

    name: str
    target: str


@dataclass(slots=True)
class EntityType:
    """An entity or complex type: a mutable builder while parsing, read-only afterwards by agreement."""

    name: str
    keys: tuple[str, ...] = ()
    properties: dict[str, Property] = field(default_factory=dict)
    navigation: dict[str, Navigation] = field(default_factory=dict)

    def composite(self, name: str) -> bool:
        """True for ``X`` of a pair ``X`` + ``X_Type`` (value storages, which also have data, excluded)."""
        prop = self.properties.get(name)
        return (
            prop is not None
            and prop.type == "Edm.String"
            and f"{name}_Type" in self.properties
            and f"{name}_Base64Data" not in self.properties
        )


@dataclass(frozen=True, slots=True)
class Function:
    """A FunctionImport bound to an entity type (``Post``, ``SliceLast``, ``Balance``…)."""

    name: str
    bound: str
    parameters: tuple[str, ...]
    returns: str | None
    changes: bool


@dataclass(slots=True)
class Model:
    """One base: its sets, types and functions, and the bytes of the ``$metadata`` it came from.

    ``contents`` (sets of exchange plans and document journals) and ``periods`` (how registers round theirs) are known
    of described bases only: ``$metadata`` does not tell them.
    """

    types: dict[str, EntityType] = field(default_factory=dict)
    complex: dict[str, EntityType] = field(default_factory=dict)
    sets: dict[str, str] = field(default_factory=dict)
    functions: dict[tuple[str, str], Function] = field(default_factory=dict)
    source: bytes = b""
    contents: dict[str, tuple[str, ...]] = field(default_factory=dict)
    periods: dict[str, str] = field(default_factory=dict)

    def type_of(self, collection: str) -> EntityType | None:
        """The entity type of a set, None where the set is not published."""
        name = self.sets.get(collection)
        return self.types.get(name) if name is not None else None

    def owner_of_part(self, collection: str) -> tuple[str, str] | None:
        """``(owner set, part)`` of a tabular-part set: names may hold underscores, so the model decides."""
        kind = self.type_of(collection)
        if kind is None or kind.keys != ("Ref_Key", "LineNumber"):
            return None
        head, separator, _ = collection.rpartition("_")
        while separator:
            owner = self.type_of(head)
            part = collection[len(head) + 1 :]
            if owner is not None and part in owner.properties and owner.properties[part].many:
                return head, part
            head, separator, _ = head.rpartition("_")
        return None

    def record_set(self, collection: str) -> str | None:
        """The record set behind a ``_RecordType`` set, None for every other set."""
        base = collection.removesuffix("_RecordType")
        if base == collection or base not in self.sets:
            return None
        return base if self.is_record_set(base) else None

    def is_record_set(self, collection: str) -> bool:
        """True where the set holds record sets by recorder."""
        kind = self.type_of(collection)
        return kind is not None and "RecordSet" in kind.properties and kind.properties["RecordSet"].many

    def row_type(self, collection: str, part: str) -> EntityType | None:
        """The row type of a tabular part."""
        kind = self.type_of(collection)
        prop = kind.properties.get(part) if kind else None
        return self.complex.get(prop.type) or self.types.get(prop.type) if prop is not None and prop.many else None


def parse(source: bytes, lengths: Mapping[tuple[str, str], int] | None = None) -> Model:
    """Read EDMX bytes; ``lengths`` adds string lengths by (type, attribute), which ``$metadata`` does not tell."""
    reader = _Reader(lengths or {})
    for _event, element in etree.iterparse(BytesIO(source), events=("end",), huge_tree=True):
        if reader.take(etree.QName(element).localname, element):
            element.clear()
    reader.model.source = source
    reader.resolve()
    return reader.model


def _strip(name: str) -> tuple[str, bool]:
    many = name.startswith("Collection(")
    if many:
        name = name[len("Collection(") : -1]
    return name.removeprefix(NAMESPACE), many


class _Reader:
    def __init__(self, lengths: Mapping[tuple[str, str], int]) -> None:
        self.model = Model()
        self._lengths = lengths
        self._ends: dict[str, str] = {}
        self._links: list[tuple[EntityType, str, str]] = []

    def take(self, tag: str, element: Any) -> bool:
        """Consume a finished element; True when its memory may be released."""
        if tag == "EntityType":
            kind = self._type(element)
            self.model.types[kind.name] = kind
        elif tag == "ComplexType":
            kind = self._type(element)
            self.model.complex[kind.name] = kind
        elif tag == "Association":
            for end in element:
                if end.get("Role") == "End":
                    self._ends[element.get("Name")] = _strip(end.get("Type"))[0]
        elif tag == "EntitySet":
            self.model.sets[element.get("Name")] = _strip(element.get("EntityType"))[0]
        elif tag == "FunctionImport":
            self._function(element)
        else:
            return False
        return True

    def _type(self, element: Any) -> EntityType:
        kind = EntityType(element.get("Name"))
        for child in element:
            if not isinstance(child.tag, str):
                continue
            tag = etree.QName(child).localname
            if tag == "Key":
                kind.keys = tuple(ref.get("Name") for ref in child if isinstance(ref.tag, str))
            elif tag == "Property":
                name, (base, many) = child.get("Name"), _strip(child.get("Type"))
                declared = child.get("MaxLength")
                length = int(declared) if declared and declared.isdigit() else self._lengths.get((kind.name, name))
                kind.properties[name] = Property(name, base, many, length)
            elif tag == "NavigationProperty":
                self._links.append((kind, child.get("Name"), _strip(child.get("Relationship"))[0]))
        return kind

    def _function(self, element: Any) -> None:
        parameters = {p.get("Name"): p.get("Type") for p in element if p.get("Name") is not None}
        bound = _strip(parameters.pop("bindingParameter", "") or "")[0]
        returns = element.get("ReturnType")
        self.model.functions[bound, element.get("Name")] = Function(
            element.get("Name"),
            bound,
            tuple(parameters),
            _strip(returns)[0] if returns else None,
            element.get("IsSideEffecting") == "true",
        )

    def resolve(self) -> None:
        """Point navigation at its targets once all associations are known."""
        for kind, name, relation in self._links:
            target = self._ends.get(relation)
            if target is not None:
                kind.navigation[name] = Navigation(name, target)
