"""How a listing is asked for where nobody knows, or it is known to fail, that a base takes it in one piece.

Three answers of ``answers.py`` decide. A call too long for a path segment goes into the query string only where that
was seen to work (``long_condition``), else its list of accounts is asked for in shorter lists. A slice takes a
condition only where that was seen to work (``condition``), else it comes whole. Texts are compared once more on this
side (``case_sensitive``), because most bases find "ООО" where "ооо" is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

from msgspec import structs

from ...errors import Fatal
from ..base import Page, Query, Raw
from .answers import Answers
from .metadata import Index
from .query import resolve

__all__ = ["Wanted", "divided", "joined"]

#: Whether a record that came is one that was asked for.
Wanted = Callable[[Raw], bool]
_LISTS = ("accounts", "debit", "credit")


def divided(index: Index, query: Query, zone: ZoneInfo, answers: Answers) -> tuple[list[Query], Wanted | None]:
    """The queries that together ask for ``query``, and what must be left out of their answers (``None``: nothing).

    Raises ``Fatal`` for a condition on a slice that only the base itself could apply.
    """
    query, checks = _unconditioned(index, query, zone, answers)
    texts = {} if answers.case_sensitive else _texts(index, query, zone)
    if texts and query.fields:
        query = replace(query, fields=tuple(dict.fromkeys((*query.fields, *texts))))
    checks = {**texts, **checks}
    pieces = [query] if answers.long_condition else list(_pieces(index, query, zone))
    return pieces, (
        lambda raw: all(_is(raw.data.get(name), value) for name, value in checks.items())
    ) if checks else None


def joined(pages: Iterator[Page], known: set[str]) -> Iterator[Page]:
    """Pages of one piece of several: rows that only look like those of another piece stay apart by a running number."""
    for page in pages:
        records = []
        for raw in page.records:
            name, number = raw.id, 1
            while raw.id in known:
                number += 1
                raw = structs.replace(raw, id=f"{name}#{number}")
            known.add(raw.id)
            records.append(raw)
        yield replace(page, records=tuple(records))


def _unconditioned(index: Index, query: Query, zone: ZoneInfo, answers: Answers) -> tuple[Query, Mapping[str, Any]]:
    """A slice without its condition where the base may not take one; what was asked is checked in the answer then."""
    condition = query.params.get("condition")
    slices = query.collection.rpartition("/")[2] in ("SliceLast", "SliceFirst")
    if not condition or not slices or answers.condition:
        return query, {}
    params = {name: value for name, value in query.params.items() if name != "condition"}
    dimensions = resolve(index, replace(query, params=params), zone).key
    strange = [name for name in condition if name.removesuffix("_Type") not in dimensions]
    if strange:
        raise Fatal(
            "slice_condition",
            "{set} can be asked for by {field} only where 1C takes conditions in slices.",
            hint="Ask the base with “uchet probe”; until then name dimensions of the register alone.",
            set=query.collection,
            field=strange[0],
        )
    fields = tuple(dict.fromkeys((*query.fields, *condition))) if query.fields else ()
    return replace(query, params=params, fields=fields), condition


def _texts(index: Index, query: Query, zone: ZoneInfo) -> dict[str, Any]:
    """The conditions of a listing that compare texts."""
    if not any(isinstance(value, str | tuple) for value in query.where.values()):
        return {}
    entity, found = resolve(index, query, zone).entity, {}
    for name, value in query.where.items():
        words = value if isinstance(value, tuple) else (value,)
        plain = name in entity.properties and entity.properties[name].type == "Edm.String"
        part_of_composite = entity.is_composite(name) or name.endswith("_Type")
        if plain and not part_of_composite and all(isinstance(word, str) for word in words):
            found[name] = value
    return found


def _pieces(index: Index, query: Query, zone: ZoneInfo) -> Iterator[Query]:
    """``query``, or halves of its longest list while the call does not fit a path segment."""
    lists = {name: value for name, value in query.params.items() if name in _LISTS and len(value) > 1}
    if not lists or not resolve(index, query, zone).query:
        yield query
        return
    name, values = max(lists.items(), key=lambda item: len(item[1]))
    middle = len(values) // 2
    for part in (values[:middle], values[middle:]):
        yield from _pieces(index, replace(query, params={**query.params, name: tuple(part)}), zone)


def _is(held: Any, wanted: Any) -> bool:
    """Equality as it was asked for: padding says nothing, and neither does an empty text beside none."""
    return any(_bare(held) == _bare(one) for one in (wanted if isinstance(wanted, tuple) else (wanted,)))


def _bare(value: Any) -> Any:
    return (
        (value.rstrip(" ").lower() if _guid(value) else value.rstrip(" ")) or None if isinstance(value, str) else value
    )


def _guid(value: str) -> bool:
    return len(value) == 36 and value.count("-") == 4
