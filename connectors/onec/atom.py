"""The packet of ``SelectChanges``: an Atom feed of objects and tombstones (RFC 6721), read entry by entry.

Whether a base gives deletions in JSON is settled by no public source, so Atom it is. Values come as text with their
EDM type and are given on as JSON would have them.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import unquote

from lxml import etree

from .metadata import EntityType, Index

__all__ = ["Change", "changes"]

_ATOM = "{http://www.w3.org/2005/Atom}"
_DATA = "{http://schemas.microsoft.com/ado/2007/08/dataservices}"
_META = "{http://schemas.microsoft.com/ado/2007/08/dataservices/metadata}"
_TOMBSTONE = "{http://purl.org/atompub/tombstones/1.0}deleted-entry"


@dataclass(frozen=True, slots=True)
class Change:
    """One object of a set that was written, or (``row`` is ``None``) one that is gone; ``id`` joins its key values."""

    set: str
    id: str
    row: dict[str, Any] | None


def changes(content: bytes, index: Index) -> Iterator[Change]:
    """What the packet holds, objects of unknown sets left out. Raises ``ValueError`` for anything but a feed."""
    root = None
    try:
        for _, node in etree.iterparse(
            io.BytesIO(content), events=("end",), resolve_entities=False, no_network=True, load_dtd=False
        ):
            root = node
            if node.tag == f"{_ATOM}entry":
                found = _written(node, index)
            elif node.tag == _TOMBSTONE:
                found = _gone(node, index)
            else:
                continue
            if found is not None:
                yield found
            node.clear(keep_tail=False)
    except etree.XMLSyntaxError as error:
        raise ValueError("not XML") from error
    if root is None or root.tag != f"{_ATOM}feed":
        raise ValueError("not a feed")


def _written(node: Any, index: Index) -> Change | None:
    category = node.find(f"{_ATOM}category")
    name = str(category.get("term", "")).rpartition("StandardODATA.")[2] if category is not None else ""
    entity, properties = index.entity(name), next(node.iter(f"{_META}properties"), None)
    if entity is None or properties is None:
        return None
    row = {str(child.tag).removeprefix(_DATA): _value(child, index, entity) for child in properties}
    return Change(name, "|".join(_key_part(entity, part, row.get(part)) for part in entity.key), row)


def _value(node: Any, index: Index, entity: EntityType) -> Any:
    if node.get(f"{_META}null") == "true":
        return None
    name = str(node.tag).removeprefix(_DATA)
    prop = entity.properties.get(name)
    if prop is not None and prop.rows is not None:
        rows = index.types.get(prop.rows)
        return [_row(child, index, rows) for child in node] if rows is not None else []
    return _plain(prop.type if prop is not None else "Edm.String", "".join(map(str, node.itertext())))


def _row(node: Any, index: Index, rows: EntityType) -> dict[str, Any]:
    return {str(child.tag).removeprefix(_DATA): _value(child, index, rows) for child in node}


def _plain(edm: str, text: str) -> Any:
    if edm == "Edm.Boolean":
        return text == "true"
    if edm == "Edm.Double":
        return Decimal(text or "0")
    return int(text or "0") if edm in ("Edm.Int16", "Edm.Int32") else text


def _gone(node: Any, index: Index) -> Change | None:
    found = re.fullmatch(r"(?:.*/)?([^/()]+)\((.*)\)", unquote(str(node.get("ref", ""))), re.S)
    entity = index.entity(found[1]) if found else None
    if found is None or entity is None:
        return None
    parts = dict(_pairs(found[2]))
    single = parts.get("", "")
    values = [parts.get(name, single if len(entity.key) == 1 else "") for name in entity.key]
    return Change(found[1], "|".join(_literal(value) for value in values), None)


def _pairs(inner: str) -> Iterator[tuple[str, str]]:
    for part in re.findall(r"(?:[^,']|'[^']*')+", inner):
        found = re.match(r"(\w+)=(.*)", part, re.S)
        yield (found[1], found[2]) if found else ("", part)


def _literal(text: str) -> str:
    found = re.fullmatch(r"(?:guid|datetime)?'(.*)'", text, re.S)
    return (found[1] if found else text).replace("''", "'")


def _key_part(entity: EntityType, name: str, value: Any) -> str:
    text = "" if value is None else str(value)
    prop = entity.properties.get(name)
    return text.lower() if prop is not None and prop.type == "Edm.Guid" else text
