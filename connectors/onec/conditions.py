"""Conditions of ``$filter`` and ``Condition``, built by type so that the known traps cannot be written.

1C answers some wrong conditions with silence: a composite attribute compared with a bare guid finds nothing, and so
does a recorder compared with text. Others end as 400 or 500: an order between references, a text without quotes, an
address longer than the web server takes. Here every name is looked up in the set's type and every value is written as
that type wants it; what cannot be right raises ``ValueError`` before anything is sent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from . import url
from .metadata import EntityType, Index
from .values import EMPTY_DATE, ZERO, not_published

__all__ = ["Condition", "Fields", "batches"]

#: IIS answers 404.15 to a query string over 2048 characters: what a condition may take once encoded.
QUERY_LIMIT = 1700
_SIGNS = ("eq", "ne", "gt", "ge", "lt", "le")


@dataclass(frozen=True, slots=True)
class Condition:
    """A piece of a filter; ``&``, ``|`` and ``~`` join pieces with the parentheses they need."""

    text: str

    def __and__(self, other: Condition) -> Condition:
        return Condition(f"{self._inner(' or ')} and {other._inner(' or ')}")

    def __or__(self, other: Condition) -> Condition:
        return Condition(f"{self.text} or {other.text}")

    def __invert__(self) -> Condition:
        return Condition(f"not ({self.text})")

    def __str__(self) -> str:
        return self.text

    def _inner(self, loose: str) -> str:
        return f"({self.text})" if loose in self.text else self.text

    def literal(self) -> str:
        """As the parameter of a virtual table: a string, its inner quotes doubled."""
        return url.text(self.text)


class Fields:
    """The attributes of a type, as conditions. ``collection`` is for messages, ``before`` a lambda's variable."""

    def __init__(self, index: Index, entity: EntityType, collection: str, before: str = "") -> None:
        self._index = index
        self._entity = entity
        self._collection = collection
        self._before = before

    def compare(self, name: str, sign: str, value: Any) -> Condition:
        """``name sign value``. Raises ``Blocked`` for a name not published, ``ValueError`` for what makes no sense."""
        prop = self._entity.properties.get(name)
        if prop is None:
            raise not_published(self._collection, name)
        if sign not in _SIGNS or prop.rows is not None or prop.type in ("Edm.Stream", "Edm.Binary"):
            raise ValueError(f"{name} cannot be compared so")
        if sign not in ("eq", "ne") and (prop.type == "Edm.Guid" or isinstance(value, url.Cast)):
            raise ValueError("references have no order")
        if self._entity.is_composite(name) and url.is_guid(value):
            raise ValueError(f"{name} holds values of several types: a key needs its type")
        if isinstance(value, url.Cast) and not self._entity.is_composite(name):
            raise ValueError(f"{name} holds one type only")
        text = url.literal(_empty(prop.type) if value is None else value, prop.type)
        return Condition(f"{self._before}{name} {sign} {text}")

    def eq(self, name: str, value: Any) -> Condition:
        """Equality; ``None`` means empty, a reference inside a composite is a ``url.Cast``."""
        return self.compare(name, "eq", value)

    def any_of(self, name: str, values: Iterable[Any]) -> Condition:
        """Equal to one of the values. Raises ``ValueError`` for none."""
        parts = [self.eq(name, value).text for value in values]
        if not parts:
            raise ValueError(f"no values for {name}")
        return Condition(parts[0] if len(parts) == 1 else f"({' or '.join(parts)})")

    def contains(self, name: str, text: str) -> Condition:
        """The way to look into a text of unlimited length, which 1C does not compare by ``eq``."""
        self._text(name)
        return Condition(f"substringof({url.text(text)},{self._before}{name})")

    def like(self, name: str, template: str, escape: str = "") -> Condition:
        """The template language of ПОДОБНО (``%``, ``_``, ``[…]``)."""
        self._text(name)
        tail = f",{url.text(escape)}" if escape else ""
        return Condition(f"like({self._before}{name},{url.text(template)}{tail})")

    def isof(self, name: str, type_name: str) -> Condition:
        """The composite attribute holds a value of a type (named without ``StandardODATA.``)."""
        if not self._entity.is_composite(name):
            raise ValueError(f"{name} holds one type only")
        return Condition(f"isof({self._before}{name},{url.text(type_name.removeprefix('StandardODATA.'))})")

    def row(self, part: str, inner: Callable[[Fields], Condition]) -> Condition:
        """Some row of a tabular part or a record set meets ``inner``."""
        prop = self._entity.properties.get(part)
        rows = self._index.types.get(prop.rows or "") if prop is not None else None
        if rows is None:
            raise not_published(self._collection, part)
        one = inner(Fields(self._index, rows, f"{self._collection}/{part}", "r/"))
        return Condition(f"{self._before}{part}/any(r: {one.text})")

    def _text(self, name: str) -> None:
        prop = self._entity.properties.get(name)
        if prop is None:
            raise not_published(self._collection, name)
        if prop.type != "Edm.String":
            raise ValueError(f"{name} is no text")


def _empty(edm: str) -> Any:
    return {"Edm.Guid": ZERO, "Edm.DateTime": EMPTY_DATE, "Edm.Boolean": False}.get(edm, "")


def batches(
    fields: Fields, name: str, values: Iterable[Any], also: str = "", limit: int = QUERY_LIMIT
) -> Iterator[str]:
    """``name`` equal to any of many values, as few conditions as the web server's limit allows; ``also`` joins each."""
    room = limit - _encoded(also) - _encoded(" and ()")
    parts: list[str] = []
    used = 0
    for value in values:
        part = fields.eq(name, value).text
        need = _encoded(part) + _encoded(" or ")
        if parts and used + need > room:
            yield _joined(parts, also)
            parts, used = [], 0
        parts.append(part)
        used += need
    if parts:
        yield _joined(parts, also)


def _joined(parts: list[str], also: str) -> str:
    keys = " or ".join(parts)
    return f"({keys}) and {also}" if also else keys


def _encoded(text: str) -> int:
    return len(url.options(_filter=text)) - len("$filter=") if text else 0
