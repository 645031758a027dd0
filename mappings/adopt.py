"""A mapping proposed for a configuration nobody has described: by names and types, for a person to confirm.

For each kind of the shipped mappings and each of its sources the published set that resembles it most is looked for;
then each field the same way. What is proposed is a part of the settings with a share of certainty beside every line;
nothing of it is used before a person has read it and named it in ``uchet.toml``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from rapidfuzz import fuzz

from .check import Collections, Want, published_type
from .review import fits
from .system import DocumentMap, KindMap, SystemMap

__all__ = ["Proposal", "Row", "propose"]

#: A set or a name that resembles less is not proposed.
_SURE = 0.78
#: Letters that two forms of one word must share, in per cent (Поставщик, Поставщику).
_SAME_WORD = 84
_PREFIXES = frozenset(
    ("Catalog", "Document", "InformationRegister", "AccountingRegister", "AccumulationRegister", "ChartOfAccounts")
)
#: What separates the words of a 1C name: a capital after a small letter.
_WORDS = re.compile(r"(?<=[а-яёa-z0-9])(?=[А-ЯЁA-Z])|_")


@dataclass(frozen=True, slots=True)
class Row:
    """One name proposed. ``share`` 1 = the very name; ``why`` is ``same`` (name and type), ``alike`` or ``none``."""

    owner: str
    name: str
    known: str
    proposed: str
    share: float
    why: str


@dataclass(frozen=True, slots=True)
class Proposal:
    """``base``: the shipped mapping that fits best, ``fit`` by what it has found less half of what it has not;
    ``rows``: what of it is there and what stands in for the rest;
    ``overrides``: dotted path → value, to be written under ``[mapping.book]``; ``left``: kinds and documents that
    nothing in this base resembles."""

    base: str
    fit: float
    rows: tuple[Row, ...]
    overrides: Mapping[str, str]
    left: tuple[str, ...]


def propose(systems: Iterable[SystemMap], collections: Collections) -> Proposal:
    """The best proposal of all shipped mappings of the books; deterministic."""
    found = [_proposal(system, collections) for system in systems]
    return max(found, key=lambda one: (round(one.fit, 6), one.base))


def _proposal(system: SystemMap, collections: Collections) -> Proposal:
    rows: list[Row] = []
    overrides: dict[str, str] = {}
    left: list[str] = []
    for kind_map in system.kinds.values():
        _kind(kind_map, collections, rows, overrides, left)
    for document in system.documents.values():
        _document(document, collections, rows, overrides, left)
    fit = sum(row.share if row.proposed else -0.5 for row in rows)
    return Proposal(system.name, fit, tuple(rows), overrides, tuple(left))


def _kind(
    kind_map: KindMap, collections: Collections, rows: list[Row], overrides: dict[str, str], left: list[str]
) -> None:
    place = f"kinds.{kind_map.kind}"
    for source in kind_map.sources:
        found = _set(source.collection, collections)
        rows.append(_row(place, source.name, source.collection, found))
        if found is None:
            left.append(f"{place}.sources.{source.name}")
            continue
        if found[0] != source.collection:
            overrides[f"{place}.sources.{source.name}.collection"] = found[0]
        for field in kind_map.fields.values():
            if field.source == source.name and field.write != "property" and not field.wire.startswith("@"):
                name = _name(field.wire, field.codec.partition(":")[0], found[0], collections)
                rows.append(_row(place, field.field, field.wire, name))
                if name and name[0] != field.wire:
                    overrides[f"{place}.fields.{field.field}.wire"] = name[0]


def _document(
    document: DocumentMap, collections: Collections, rows: list[Row], overrides: dict[str, str], left: list[str]
) -> None:
    place = f"documents.{document.name}"
    found = _set(document.collection, collections)
    rows.append(_row(place, "", document.collection, found))
    if found is None:
        left.append(place)
        return
    if found[0] != document.collection:
        overrides[f"{place}.collection"] = found[0]
    for role, wire in document.header.items():
        name = _name(wire, "reference" if wire.endswith("_Key") else "", found[0], collections)
        rows.append(_row(place, role, wire, name))
        if name and name[0] != wire:
            overrides[f"{place}.header.{role}"] = name[0]


def _row(owner: str, name: str, known: str, found: tuple[str, float] | None) -> Row:
    proposed, share = found or ("", 0.0)
    return Row(owner, name, known, proposed, share, "none" if not proposed else "same" if share == 1 else "alike")


def _set(known: str, collections: Collections) -> tuple[str, float] | None:
    """The published set (virtual table and all) that resembles ``known``; only sets of the same sort are compared."""
    prefix, tail = known.partition("_")[0], known.partition("/")[2]
    objects = prefix in ("Catalog", "Document")
    alike = [
        name
        for name, fields in collections.items()
        if name.partition("_")[0] == prefix and name.partition("/")[2] == tail
        if not objects or "DataVersion" in fields  # rows of tabular parts are sets too
    ]
    return _best(known, alike)


def _name(known: str, type_: str, collection: str, collections: Collections) -> tuple[str, float] | None:
    """The attribute of a set that resembles ``known`` and can hold what it is for; never one that is going out."""
    fits_type = [
        name
        for name in collections.get(collection, {})
        if not name.startswith("Удалить")
        and name.endswith("_Key") == known.endswith("_Key")
        and fits(type_, published_type(collections, Want("", "", collection, name)))
    ]
    return _best(known, fits_type)


def _best(known: str, names: Iterable[str]) -> tuple[str, float] | None:
    shares = sorted(((_alike(known, name), name) for name in names), key=lambda pair: (-pair[0], pair[1]))
    share, name = shares[0] if shares else (0.0, "")
    runner = shares[1][0] if len(shares) > 1 else 0.0
    # Two names that resemble it equally are no proposal: a person must look.
    return (name, round(share, 2)) if share == 1 or (share >= _SURE and share > runner) else None


def _alike(known: str, name: str) -> float:
    """How much of the words of two names is the same: one word too many is likely the same thing, another word in its
    place is another thing (Поставщика is not Покупателю, however alike the letters)."""
    if known == name:
        return 1.0
    mine, theirs = _split(known), _split(name)
    left = list(theirs)
    for word in mine:
        twin = next((other for other in left if fuzz.ratio(word, other) >= _SAME_WORD), None)
        if twin is not None:
            left.remove(twin)
    return min(2 * (len(theirs) - len(left)) / (len(mine) + len(theirs)), 0.99)


def _split(name: str) -> list[str]:
    plain = name.removesuffix("_Key").partition("/")[0]
    prefix, _, own = plain.partition("_")
    return [word.casefold() for word in _WORDS.split(own if prefix in _PREFIXES else plain) if word]
