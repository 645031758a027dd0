"""The published part of a configuration: what is left when an administrator unticks sets or attributes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from lxml import etree

from .edmx import EntityType, Model

__all__ = ["published", "rebound"]

_TAILS = (
    "RowType",
    "Balance",
    "Turnover",
    "BalanceAndTurnover",
    "DrCrTurnover",
    "ExtDimensions",
    "RecordsWithExtDimensions",
    "ExtDimensionTypes",
)
EDM = "{http://schemas.microsoft.com/ado/2009/11/edm}"


def rebound(model: Model) -> Model:
    """The same base with its slices of recorder-subordinate registers bound to the registers' own sets."""
    functions = {}
    for (bound, name), function in model.functions.items():
        main = bound.removesuffix("_RecordType") if name in ("SliceLast", "SliceFirst") else bound
        functions[main, name] = replace(function, bound=main)
    root = etree.fromstring(model.source)
    for item in root.iter(f"{EDM}FunctionImport"):
        if item.get("Name") in ("SliceLast", "SliceFirst"):
            item[0].set("Type", str(item[0].get("Type")).removesuffix("_RecordType"))
    source = bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8"))
    return replace(model, functions=functions, source=source)


def published(model: Model, hidden: Iterable[str]) -> Model:
    """The model without hidden sets (``Set``, its parts and records too) and attributes (``Set/Attribute``)."""
    names = set(hidden)
    gone = {name for name in model.sets if name in names or _base(model, name) in names}
    attributes = {tuple(name.split("/", 1)) for name in names if "/" in name}
    types = {name: _trim(kind, gone, attributes) for name, kind in model.types.items() if name not in gone}
    return Model(
        types,
        {name: _trim(kind, gone, attributes) for name, kind in model.complex.items()},
        {name: kind for name, kind in model.sets.items() if name not in gone},
        {key: function for key, function in model.functions.items() if function.bound not in gone},
        _document(model, gone, attributes),
        model.contents,
        model.periods,
    )


def _base(model: Model, name: str) -> str:
    part = model.owner_of_part(name)
    return part[0] if part else model.record_set(name) or name


def _trim(kind: EntityType, gone: set[str], attributes: set[tuple[str, ...]]) -> EntityType:
    owner = kind.name.removesuffix("_RecordType").removesuffix("_RowType")
    lost = {a[1] for a in attributes if a[0] in (kind.name, owner)}
    return EntityType(
        kind.name,
        kind.keys,
        {name: prop for name, prop in kind.properties.items() if name not in lost},
        {n: link for n, link in kind.navigation.items() if link.target not in gone and f"{n}_Key" not in lost},
    )


def _document(model: Model, gone: set[str], attributes: set[tuple[str, ...]]) -> bytes:
    root = etree.fromstring(model.source)
    lost = {f"StandardODATA.{name}" for name in gone}
    relations = {
        item.get("Name"): item
        for item in root.iter(f"{EDM}Association")
        if any(end.get("Type") in lost for end in item)
    }
    doomed = list(relations.values())
    doomed += [item for item in root.iter(f"{EDM}EntityType", f"{EDM}EntitySet") if item.get("Name") in gone]
    rows = {f"{name}_{suffix}" for name in gone for suffix in _TAILS}
    doomed += [item for item in root.iter(f"{EDM}ComplexType") if item.get("Name") in rows]
    for item in root.iter(f"{EDM}FunctionImport"):
        if any(p.get("Type") in lost for p in item):
            doomed.append(item)
    links = {f"StandardODATA.{name}" for name in relations}
    doomed += [item for item in root.iter(f"{EDM}NavigationProperty") if item.get("Relationship") in links]
    for kind in root.iter(f"{EDM}EntityType", f"{EDM}ComplexType"):
        owner = str(kind.get("Name")).removesuffix("_RecordType").removesuffix("_RowType")
        names = {a[1] for a in attributes if a[0] in (kind.get("Name"), owner)}
        doomed += [p for p in kind if p.get("Name") in names]
        doomed += [p for p in kind.iter(f"{EDM}NavigationProperty") if f"{p.get('Name')}_Key" in names]
    for item in doomed:
        parent = item.getparent()
        if parent is not None:
            parent.remove(item)
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8"))
