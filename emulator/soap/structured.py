"""Values with elements of their own, read and written as their package describes them: names, order, occurrence."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from .model import XS, Element, ObjectType, Package, QName
from .printing import Node, node

__all__ = ["printed_value", "read_value"]

_NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"


def _flag(text: str) -> bool:
    return {"true": True, "1": True, "false": False, "0": False}[text]


_READERS: Mapping[str, Callable[[str], Any]] = {
    "boolean": _flag,
    "int": int,
    "decimal": Decimal,
    "dateTime": lambda text: datetime.fromisoformat(text).isoformat(),
}


def read_value(package: Package, kind: QName, element: Any) -> dict[str, Any]:
    """Names to values, lists where a property may repeat. Raises ValueError where the package is not obeyed."""
    out: dict[str, Any] = {}
    waiting = [child for child in element if isinstance(child.tag, str)]
    for item in _type(package, kind).elements:
        tag, found = f"{{{package.namespace}}}{item.name}", list[Any]()
        while waiting and waiting[0].tag == tag and (item.upper < 0 or len(found) < item.upper):
            found.append(_read(package, item, waiting.pop(0)))
        if len(found) < item.lower:
            raise ValueError(f"свойство {item.name} не указано")
        if item.upper != 1:
            out[item.name] = found
        elif found:
            out[item.name] = found[0]
    if waiting:
        raise ValueError(f"неизвестное свойство {waiting[0].tag.rpartition('}')[2]}")
    return out


def _read(package: Package, item: Element, child: Any) -> Any:
    if item.type is not None and item.type.namespace != XS:
        return read_value(package, item.type, child)
    if child.get(_NIL) in ("true", "1"):
        raise ValueError(f"{item.name} не может быть пустым")
    text = child.text or ""
    reader = _READERS.get(item.type.name if item.type else "")
    try:
        return text if reader is None else reader(text.strip())
    except (ValueError, KeyError, InvalidOperation):
        raise ValueError(f"неверное значение {item.name}") from None


def printed_value(package: Package, kind: QName, value: Mapping[str, Any]) -> list[Node]:
    """The elements of a value; each declares the package's namespace, which its own children inherit."""
    return [*_nodes(package, kind, value, [("xmlns", package.namespace)])]


def _nodes(package: Package, kind: QName, value: Mapping[str, Any], spaces: list[tuple[str, str]]) -> list[Node]:
    made = []
    items = _type(package, kind).elements
    unknown = value.keys() - {item.name for item in items}
    if unknown:
        raise TypeError(f"{kind.name} has no {sorted(unknown)}")
    for item in items:
        held = value.get(item.name)
        many = [] if held is None else held if item.upper != 1 else [held]
        if len(many) < item.lower:
            raise TypeError(f"{kind.name} needs {item.name}")
        for one in many:
            if item.type is not None and item.type.namespace != XS:
                made.append(node(item.name, *_nodes(package, item.type, one, []), attributes=spaces))
            else:
                text = str(one).lower() if isinstance(one, bool) else str(one)
                made.append(node(item.name, text=text, attributes=spaces))
    return made


def _type(package: Package, kind: QName) -> ObjectType:
    return next(found for found in package.types if isinstance(found, ObjectType) and found.name == kind.name)
