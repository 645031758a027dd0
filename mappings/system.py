"""How one system says our words: sources, field names and ways of writing, as read from a TOML file.

The types are here; ``load.py`` reads them from TOML, ``compose.py`` joins the sources of a record,
``codecs.py`` turns wire values into canonical ones and back.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from .model import Side, Values

__all__ = [
    "Binding",
    "Decoded",
    "DocumentMap",
    "FieldMap",
    "KindMap",
    "PartMap",
    "Problem",
    "PropertyMap",
    "Source",
    "SystemMap",
]

EMPTY: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Source:
    """One listing a record is composed from. The first source of a kind is its *main* one: it gives the record's id
    and version and is what ``get`` and ``write`` address.

    ``key``: wire fields whose values, joined with ``|``, tell which record a row belongs to.
    ``fields``: wire fields to ask for (the loader fills it from the field maps and the rules' needs).
    """

    name: str
    collection: str
    key: tuple[str, ...]
    fields: tuple[str, ...] = ()
    where: Mapping[str, Any] = field(default_factory=lambda: EMPTY)
    params: Mapping[str, Any] = field(default_factory=lambda: EMPTY)


@dataclass(frozen=True, slots=True, eq=False)  # a place in one mapping: the same only as itself, so it can be a key
class FieldMap:
    """Where a canonical field is kept. ``source`` names a ``Source``; ``wire`` the wire field in it.

    ``codec`` names a codec of ``codecs.CODECS``; ``choices`` maps canonical choice → wire value.
    ``write``: ``field`` (set the wire field), ``property`` (a row of additional attributes, ``wire`` is then the name
    of a property in ``SystemMap.properties``), ``document:NAME`` (a draft of that document), ``never``.
    ``label_of``: the wire value is a reference of this kind and the canonical value is that record's label text.
    """

    field: str
    source: str
    wire: str
    codec: str
    write: str = "never"
    choices: Mapping[str, str] = dataclasses.field(default_factory=lambda: EMPTY)
    label_of: str | None = None


@dataclass(frozen=True, slots=True)
class KindMap:
    """One kind in one system. ``rule`` names the composing rule (``compose.RULES``); ``create`` are wire constants
    sent with every create; ``marker`` is the wire field that carries our marker; ``retire`` the wire values that put
    a record out of service."""

    kind: str
    rule: str
    sources: tuple[Source, ...]
    fields: Mapping[str, FieldMap]
    create: Mapping[str, Any] = field(default_factory=lambda: EMPTY)
    retire: Mapping[str, Any] = field(default_factory=lambda: EMPTY)
    options: Mapping[str, Any] = field(default_factory=lambda: EMPTY)

    @property
    def main(self) -> Source:
        return self.sources[0]


@dataclass(frozen=True, slots=True)
class PropertyMap:
    """An additional attribute (ДополнительныеРеквизиты) that holds a desk-owned field: found by ``title``. A base that
    has not got an ``optional`` one does without."""

    name: str
    title: str
    optional: bool = False


@dataclass(frozen=True, slots=True)
class PartMap:
    """A tabular part of a document beside its rows: its wire name, and role → wire name in its rows."""

    part: str
    row: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class DocumentMap:
    """A draft document: canonical roles (``organization``, ``from_department`` …) → wire names.

    ``lookups``: role → the catalogue item that settings name by conditions (``collection``, ``field``, ``where``); with
    ``row = true`` for each row, with ``by = {wire = role}`` looked for by what the row says first.
    ``parts``: what else a document has tables for, such as the ``commission`` of a count.
    ``unproven``: names that no published list of the configuration confirms; only the live base can.
    """

    name: str
    collection: str
    header: Mapping[str, str]
    part: str
    row: Mapping[str, str]
    constants: Mapping[str, Any]
    lookups: Mapping[str, Mapping[str, Any]]
    title_ru: str
    title_en: str
    row_constants: Mapping[str, Any] = field(default_factory=lambda: EMPTY)
    parts: Mapping[str, PartMap] = field(default_factory=lambda: EMPTY)
    unproven: bool = False


@dataclass(frozen=True, slots=True, eq=False)  # the same only as itself, as its fields are
class SystemMap:
    """One system's mapping. ``fingerprint`` digests its meaning: a changed one forbids retirements in that run."""

    name: str
    side: Side
    kinds: Mapping[str, KindMap]
    documents: Mapping[str, DocumentMap]
    properties: Mapping[str, PropertyMap]
    options: Mapping[str, Any]
    fingerprint: str


#: What must be looked up on the other side before decoding: property name → its wire key, and the like.
Binding = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong with a record or a mapping, in words: ``code`` is stable, ``template`` goes through ``tr``."""

    code: str
    template: str
    params: Mapping[str, object] = field(default_factory=lambda: EMPTY)
    field_name: str | None = None
    #: The record as a whole cannot be used (otherwise only ``field`` is absent).
    fatal: bool = False


@dataclass(frozen=True, slots=True)
class Decoded:
    """One canonical record out of its parts; fields that were not in the answer are missing from ``values``."""

    values: Values
    retired: bool = False
    problems: tuple[Problem, ...] = ()
    #: Not part of this kind at all (a folder, a card never accepted): skip it, but report its problems.
    skip: bool = False
