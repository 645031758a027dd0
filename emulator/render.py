"""Stored rows as the JSON of the dialect: flat objects, Int64 as strings, links, presentations, folders with nulls."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from .base import Base
from .edmx import EntityType
from .filters import unknown_segment
from .store import Body
from .values import ZERO, is_reference, render

__all__ = ["Selection", "render_row", "selection"]

_PRESENTATION = "____Presentation"
_FOLDER = {
    "Ref_Key",
    "DataVersion",
    "DeletionMark",
    "Parent_Key",
    "IsFolder",
    "Code",
    "Description",
    "Predefined",
    "PredefinedDataName",
    "Owner_Key",
    "Owner",
    "Owner_Type",
}


@dataclass(slots=True)
class Selection:
    """What ``$select`` and ``$expand`` ask for; ``names`` None means everything."""

    names: set[str] | None = None
    parts: bool = True
    columns: dict[str, set[str]] = field(default_factory=dict)
    presentations: set[str] = field(default_factory=set)
    everyone: bool = False
    expand: dict[str, Selection] = field(default_factory=dict)
    links: bool = True


def selection(base: Base, kind: EntityType, select: str | None, expand: str | None) -> Selection:
    """Read ``$select`` and ``$expand``; raises 400 code 6 on a name that the set does not have."""
    chosen = Selection()
    for item in [part.strip() for part in (select or "").split(",") if part.strip()]:
        _select(base, kind, chosen, item)
    for item in [part.strip() for part in (expand or "").split(",") if part.strip()]:
        _expand(base, kind, chosen, item)
    return chosen


def _select(base: Base, kind: EntityType, chosen: Selection, item: str) -> None:
    head, _, tail = item.partition("/")
    if item in ("*", "**"):
        chosen.parts = item == "*"
        return
    if chosen.names is None:
        chosen.names, chosen.links = set(), False
    if item.endswith(_PRESENTATION) or item == "Presentation":
        stem = item.removesuffix(_PRESENTATION)
        if stem == "*":
            chosen.everyone = True
        elif item == "Presentation" or _known(kind, stem):
            chosen.presentations.add(stem if item != "Presentation" else "")
        else:
            raise unknown_segment(item)
    elif tail and head in kind.properties and kind.properties[head].many:
        row = base.view.complex.get(kind.properties[head].type)
        if row is not None and tail not in row.properties:
            raise unknown_segment(tail)
        chosen.names.add(head)
        chosen.columns.setdefault(head, set()).add(tail)
    elif head in kind.navigation:
        chosen.names.add(head)
        if tail:
            chosen.columns.setdefault(head, set()).add(tail)
    elif not tail and head in kind.properties:
        chosen.names.add(head)
    else:
        raise unknown_segment(item)


def _known(kind: EntityType, stem: str) -> bool:
    return stem in kind.properties or f"{stem}_Key" in kind.properties


def _expand(base: Base, kind: EntityType, chosen: Selection, item: str) -> None:
    head, _, tail = item.partition("/")
    names = list(kind.navigation) if head == "*" else [head]
    for name in names:
        if name not in kind.navigation:
            raise unknown_segment(name)
        if chosen.names is not None and name not in chosen.names:
            continue
        columns = chosen.columns.get(name)
        inner = chosen.expand.setdefault(name, Selection(names=columns, links=columns is None))
        target = base.view.types.get(kind.navigation[name].target)
        if tail and target is not None:
            if inner.names is not None:
                inner.names.add(tail.partition("/")[0])
            _expand(base, target, inner, tail)


def render_row(
    base: Base, kind: EntityType, collection: str, row: Body, chosen: Selection, *, links: bool = True
) -> dict[str, Any]:
    """One row as a JSON object; ``links`` False leaves the navigation annotations out."""
    folder = bool(row.get("IsFolder")) and "IsFolder" in kind.properties
    out: dict[str, Any] = {}
    for name, prop in kind.properties.items():
        if chosen.names is not None and name not in chosen.names:
            continue
        if prop.many:
            if chosen.parts:
                out[name] = _part(base, prop.type, row.get(name) or [], chosen.columns.get(name))
        elif folder and name not in _FOLDER:
            out[name] = None
        else:
            out[name] = render(prop, row.get(name))
            if base.switches.enum_as_text and name.endswith("_Type") and _enumeration(out[name]):
                out[name] = "Edm.String"
    if links and chosen.links:
        out.update(_links(kind, collection, row))
    for name, inner in chosen.expand.items():
        out[name] = _expanded(base, kind, name, row, inner, links)
    _presentations(base, kind, collection, row, chosen, out)
    return out


def _enumeration(type_name: object) -> bool:
    """``StandardODATA.X`` that is neither an object's type nor undefined."""
    text = str(type_name)
    return is_reference(text) and "_" not in text


def _part(base: Base, type_name: str, rows: list[Any], columns: set[str] | None) -> list[Any]:
    kind = base.view.complex.get(type_name) or base.view.types.get(type_name)
    if kind is None:
        return rows
    wanted = [p for p in kind.properties.values() if columns is None or p.name in columns]
    return [{prop.name: render(prop, row.get(prop.name)) for prop in wanted if prop.name in row} for row in rows]


def address(kind: EntityType, collection: str, row: Body) -> str:
    """The key address of a row, relative to the service root."""
    if kind.keys == ("Ref_Key",):
        return f"{collection}(guid'{row['Ref_Key']}')"
    values = []
    for name in kind.keys:
        edm = kind.properties[name].type if name in kind.properties else "Edm.String"
        mark = {"Edm.Guid": "guid", "Edm.DateTime": "datetime"}.get(edm, "")
        quote = "'" if edm in ("Edm.Guid", "Edm.DateTime", "Edm.String") else ""
        values.append(f"{name}={mark}{quote}{row.get(name)}{quote}")
    return f"{collection}({','.join(values)})"


def _links(kind: EntityType, collection: str, row: Body) -> dict[str, str]:
    found = [name for name in kind.navigation if row.get(f"{name}_Key", ZERO) not in (ZERO, None)]
    if not found or ("Ref_Key" not in row and "Recorder" not in row):
        return {}
    head = address(kind, collection, row)
    return {f"{name}@navigationLinkUrl": f"{head}/{name}" for name in found}


def _expanded(base: Base, kind: EntityType, name: str, row: Body, inner: Selection, links: bool) -> Any:
    target = kind.navigation[name].target
    found, target_kind = base.follow(target, row.get(f"{name}_Key", ZERO)), base.view.types.get(target)
    if found is None or target_kind is None:
        return None
    return render_row(base, target_kind, target, found, inner, links=links)


def _presentations(
    base: Base, kind: EntityType, collection: str, row: Body, chosen: Selection, out: dict[str, Any]
) -> None:
    names = set(chosen.presentations)
    if chosen.everyone:
        names |= {name.removesuffix("_Key") for name in kind.properties if name.endswith("_Key")} - {"Ref"}
    for name in names:
        if not name:
            out["Presentation"] = base.title(collection, row)
        elif name in kind.navigation or f"{name}_Key" in kind.properties:
            link = kind.navigation.get(name)
            target = link.target if link else ""
            out[name + _PRESENTATION] = base.presentation(target, row.get(f"{name}_Key", ZERO))
        elif is_reference(str(row.get(f"{name}_Type"))):
            target = str(row[f"{name}_Type"]).removeprefix("StandardODATA.")
            out[name + _PRESENTATION] = base.presentation(target, row[name])
        else:
            out[name + _PRESENTATION] = str(row.get(name, ""))
