"""Atom, the format that answers have when nobody asks for JSON."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from .edmx import EntityType
from .wire import ODataError

__all__ = ["document", "entry", "feed"]

_HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<{tag} xmlns="http://www.w3.org/{space}" xmlns:d="http://schemas.microsoft.com/ado/2007/08/dataservices" '
    'xmlns:m="http://schemas.microsoft.com/ado/2007/08/dataservices/metadata"{base}>'
)
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return f"{value:f}"
    text = str(value)
    if _FORBIDDEN.search(text):
        raise ODataError(400, 1, "Текст содержит символы, недопустимые в XML")
    return escape(text)


def _property(kind: EntityType, name: str, value: Any) -> str:
    prop = kind.properties.get(name)
    edm = prop.type if prop else "Edm.String"
    full = edm if edm.startswith("Edm.") else f"StandardODATA.{edm}"
    mark = "" if edm == "Edm.String" else f" m:type={quoteattr(full)}"
    if value is None:
        return f'<d:{name}{mark} m:null="true"/>'
    if isinstance(value, list):
        many = "".join(_element(item) for item in value)
        return f'<d:{name} m:type="Collection(StandardODATA.{edm})">{many}</d:{name}>'
    return f"<d:{name}{mark}>{_text(value)}</d:{name}>"


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _element(item: Any) -> str:
    if not isinstance(item, dict):
        return f"<d:element>{_text(item)}</d:element>"
    inner = "".join(f"<d:{n}>{_text(v)}</d:{n}>" for n, v in item.items() if v is not None)
    return f"<d:element>{inner}</d:element>"


def entry(kind: EntityType, collection: str, row: dict[str, Any], address: str, *, root: str | None = None) -> str:
    """One object; ``root`` (the service root) makes it a whole document."""
    values = "".join(_property(kind, name, value) for name, value in row.items() if "@" not in name)
    links = "".join(
        f'<link rel="http://schemas.microsoft.com/ado/2007/08/dataservices/related/{name.partition("@")[0]}" '
        f'type="application/atom+xml;type=entry" title="{name.partition("@")[0]}" href={quoteattr(str(value))}/>'
        for name, value in row.items()
        if name.endswith("@navigationLinkUrl")
    )
    head = _HEAD.format(tag="entry", space="2005/Atom", base=f" xml:base={quoteattr(root)}") if root else "<entry>"
    return (
        f'{head}<id>{escape(address)}</id><category term="StandardODATA.{collection}" '
        'scheme="http://schemas.microsoft.com/ado/2007/08/dataservices/scheme"/>'
        f'<title type="text"/><updated>{_now()}</updated><author/>'
        f'<link rel="edit" href={quoteattr(address)} title="edit-link"/>{links}'
        f'<content type="application/xml"><m:properties>{values}</m:properties></content></entry>'
    )


def feed(root: str, collection: str, entries: Iterable[str], count: int | None) -> bytes:
    """A list of objects."""
    head = _HEAD.format(tag="feed", space="2005/Atom", base=f" xml:base={quoteattr(root)}")
    counted = f"<m:count>{count}</m:count>" if count is not None else ""
    body = "".join(entries)
    return f'{head}<id>{escape(root + collection)}</id><title type="text"/>{counted}{body}</feed>'.encode()


def document(root: str, names: Iterable[str]) -> bytes:
    """The service document."""
    head = _HEAD.format(tag="service", space="2007/app", base=f" xml:base={quoteattr(root)}")
    items = "".join(
        f'<collection href="{name}"><atom:title xmlns:atom="http://www.w3.org/2005/Atom">{name}</atom:title></collection>'
        for name in names
    )
    return f"{head}<workspace>{items}</workspace></service>".encode()
