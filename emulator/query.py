"""Reading a set: filter, order, page. Without ``$orderby`` the order is whatever it is, and changes with writes.

Measured on live bases: no order is promised without ``$orderby``; ``$orderby=Ref_Key`` orders by presentation;
record-set sets ignore ``$orderby``; pages of a tabular-part set lose and repeat rows unless ordered by
``Ref_Key,LineNumber``; with ``$inlinecount=allpages`` the manual says that ``$top`` and ``$skip`` do not act.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from hashlib import blake2b
from typing import Any

from .base import Base
from .comparing import fold
from .edmx import EntityType
from .filters import compile_filter, compile_path
from .store import Body
from .wire import ODataError

__all__ = ["OPTIONS", "Page", "check_options", "read_page"]

OPTIONS = {
    "$format",
    "$filter",
    "$select",
    "$expand",
    "$orderby",
    "$top",
    "$skip",
    "$inlinecount",
    "allowedOnly",
    "$allowedOnly",
}


@dataclass(frozen=True, slots=True)
class Page:
    """Rows of one page and, when asked for, the count of all."""

    rows: list[Body]
    count: int | None


def check_options(given: Mapping[str, str], also: set[str] = frozenset()) -> None:  # type: ignore[assignment]
    """Refuse an option that the interface does not know: 400 code 0, naming it."""
    for name in given:
        if name not in OPTIONS and name not in also:
            raise ODataError(400, 0, f"Параметр {name} не поддерживается")


def _count(given: Mapping[str, str], name: str) -> int | None:
    text = given.get(name)
    if text is None:
        return None
    if not text.isdigit():
        raise ODataError(400, 14, f"Ошибка разбора опции запроса {name}")
    return int(text)


def read_page(
    base: Base, collection: str, kind: EntityType, rows: list[Body], given: Mapping[str, str], shift: int = 0
) -> Page:
    """Apply the options to rows; ``shift`` moves the page (a fault that proxies and retries cause)."""
    condition = given.get("$filter")
    if condition:
        predicate = compile_filter(condition, kind, base_view(base))
        rows = [row for row in rows if predicate(row)]
    top, skip = _count(given, "$top"), _count(given, "$skip") or 0
    rows = _ordered(base, collection, kind, rows, given.get("$orderby", ""), skip)
    counting = given.get("$inlinecount") == "allpages"
    total = len(rows) if counting else None
    if not counting or base.switches.inline_pages:
        start = max(skip + shift, 0)
        rows = rows[start:] if top is None else rows[start : start + top]
    return Page(rows, total)


def base_view(base: Base) -> Any:
    """A lookup whose names are the published ones."""
    return _View(base)


class _View:
    def __init__(self, base: Base) -> None:
        self.model = base.view
        self.compare_text = base.switches.compare_text
        self.case_sensitive = base.switches.case_sensitive
        self.filter_predefined = base.switches.filter_predefined
        self._base = base

    def follow(self, collection: str, key: str) -> Body | None:
        return self._base.follow(collection, key)


def _ordered(base: Base, collection: str, kind: EntityType, rows: list[Body], order: str, skip: int) -> list[Body]:
    part = base.model.owner_of_part(collection)
    wanted = [item.strip() for item in order.split(",") if item.strip()]
    if base.model.is_record_set(collection):
        wanted = []
    names = [item.split()[0] for item in wanted]
    seed = f"{base.version_count()}:{skip}" if part and names[:2] != ["Ref_Key", "LineNumber"] else ""
    rows = sorted(rows, key=_shuffle(kind, seed or str(base.version_count())))
    for item in reversed(wanted):
        path, _, direction = item.partition(" ")
        if direction.strip() not in ("", "asc", "desc"):
            raise ODataError(400, 14, "Ошибка разбора опции запроса $orderby")
        rows.sort(key=_sort_key(base, collection, kind, path, part), reverse=direction.strip() == "desc")
    return rows


def _shuffle(kind: EntityType, seed: str) -> Callable[[Body], bytes]:
    def key(row: Body) -> bytes:
        text = seed + "|".join(str(row.get(name)) for name in kind.keys or row)
        return blake2b(text.encode(), digest_size=8).digest()

    return key


def _sort_key(
    base: Base, collection: str, kind: EntityType, path: str, part: tuple[str, str] | None
) -> Callable[[Body], Any]:
    if path == "Ref_Key":
        owner = part[0] if part else collection
        return lambda row: fold(base.presentation(owner, row["Ref_Key"])) + ("\0" + row["Ref_Key"] if part else "")
    expression = compile_path(path, kind, base_view(base))

    def key(row: Body) -> Any:
        value = expression.value({"": row})
        if isinstance(value, tuple):
            value = str(value[0])
        if expression.kind == "guid":
            target = kind.navigation.get(path.removesuffix("_Key"))
            return fold(base.presentation(target.target, value or "")) if target else str(value)
        if expression.kind == "number":
            return Decimal(value or 0)
        return fold(value) if isinstance(value, str) else (value is not None and value) or ""

    return key
