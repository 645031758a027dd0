"""A mapping held against a base, name by name: found, missing, renamed, of another type.

``check`` says what stops the nightly merge; this says everything, for the administrator who publishes sets and for the
person who adapts a mapping to a base.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from .check import Collections, Want, problem_of, published_type, wants
from .system import Problem, SystemMap

__all__ = ["Line", "State", "fits", "review", "sets"]

State = Literal["found", "unpublished", "missing", "renamed", "wrong_type", "undescribed"]

_NUMBERS = frozenset({"Edm.Double", "Edm.Int16", "Edm.Int32", "Edm.Int64", "Edm.Decimal"})
#: Canonical type → published types that can hold it.
_HOLDS = {
    "text": frozenset({"Edm.String", "composite", "Edm.Int64", "Edm.Int32", "Edm.Int16"}),
    "name": frozenset({"Edm.String"}),
    "choice": frozenset({"Edm.String"}),
    "number": _NUMBERS,
    "money": _NUMBERS,
    "quantity": _NUMBERS,
    "date": frozenset({"Edm.DateTime"}),
    "flag": frozenset({"Edm.Boolean"}),
    "reference": frozenset({"Edm.Guid", "composite"}),
    "label": frozenset({"Edm.Guid", "composite"}),
    "label_or_id": frozenset({"Edm.Guid", "composite"}),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One name of a mapping and what became of it in this base. ``published``: its type there, "" where unknown."""

    want: Want
    state: State
    published: str = ""
    problem: Problem | None = None

    @property
    def good(self) -> bool:
        return self.state in ("found", "undescribed")


def review(system: SystemMap, collections: Collections) -> tuple[Line, ...]:
    """Every name of ``system``, each once per use, in the order of the mapping."""
    return tuple(_line(system, collections, want) for want in dict.fromkeys(wants(system)))


def _line(system: SystemMap, collections: Collections, want: Want) -> Line:
    problem = problem_of(system, collections, want)
    if problem is not None:
        return Line(want, _STATES[problem.code], problem=problem)
    published = published_type(collections, want)
    if not published:
        return Line(want, "undescribed" if want.wire else "found")
    if not fits(want.type, published):
        return Line(want, "wrong_type", published, _wrong_type(want, published))
    return Line(want, "found", published)


_STATES: dict[str, State] = {
    "not_published": "unpublished",
    "field_missing": "missing",
    "field_retired": "renamed",
    "field_dying": "renamed",
}


def fits(type_: str, published: str) -> bool:
    """Whether a published type can hold a canonical one; types of systems other than 1C are taken on trust."""
    if type_ == "rows":
        return published.startswith("Collection(")
    known = _HOLDS.get(type_)
    return known is None or published in known or not published.startswith(("Edm.", "Collection(", "composite"))


def _wrong_type(want: Want, published: str) -> Problem:
    template = "{collection}.{name} is of the type {published}, which cannot hold “{type}”: map the field elsewhere."
    params = {"collection": want.collection, "name": want.wire, "published": published, "type": want.type}
    return Problem("field_type", template, params)


def sets(system: SystemMap, lines: Iterable[Line]) -> tuple[tuple[str, str, bool, bool], ...]:
    """What to tick in «Настройка стандартного интерфейса OData»: (section, object, needed, published), needed first."""
    found: dict[tuple[str, str], tuple[bool, bool]] = {}
    for line in lines:
        prefix, _, name = line.want.collection.partition("/")[0].removesuffix("_RecordType").partition("_")
        section = str(system.options.get("publish", {}).get(prefix, prefix))
        needed, there = found.get((section, name), (False, True))
        found[section, name] = needed or line.want.needed, there and line.state != "unpublished"
    rows = [(section, name, needed, there) for (section, name), (needed, there) in found.items()]
    return tuple(sorted(rows, key=lambda row: (not row[2], row[0], row[1])))
