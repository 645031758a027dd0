"""Wire rows → canonical fields, one field at a time: a bad value costs that field, never the record or the run."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..errors import Reject
from .codecs import codec_of, context
from .model import Value
from .system import Binding, FieldMap, KindMap, Problem, SystemMap

__all__ = ["Job", "Row", "decode_fields", "flag", "is_retired", "part_rows", "property_text"]

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Job:
    """One record to be composed: its rows by source. A source that was not read is missing from ``parts``;
    an empty sequence means "read, and there is nothing for this record"."""

    system: SystemMap
    kind_map: KindMap
    id: str
    parts: Mapping[str, Sequence[Row]]
    binding: Binding
    label: Callable[[str, str], str | None]

    def option(self, name: str) -> str:
        return str(self.kind_map.options.get(name, ""))

    def rows(self, source: str) -> Sequence[Row]:
        return self.parts.get(source, ())

    @property
    def main(self) -> Row:
        return next(iter(self.rows(self.kind_map.main.name)), {})


def flag(row: Row, name: str) -> bool:
    """A yes/no of the row itself; a name that is not mapped or not in the answer counts as no."""
    return bool(name) and row.get(name) in (True, "true", 1)


def is_retired(job: Job, row: Row) -> bool:
    """A deletion mark, a "dissolved" flag, or every wire value that the mapping writes to retire a record."""
    retire = job.kind_map.retire
    return (
        flag(row, job.option("deleted"))
        or flag(row, job.option("dissolved"))
        or (bool(retire) and all(name in row and row[name] == value for name, value in retire.items()))
    )


def decode_fields(
    job: Job, rows: Mapping[str, Row | None], names: Iterable[str] | None = None
) -> tuple[dict[str, Value], list[Problem]]:
    """The canonical fields found in ``rows`` (source → the row chosen, or ``None``: read, nothing there).

    A field is missing from the result when its source or its wire name was not in the answer, or when its value was
    bad (then a ``Problem`` names it).
    """
    values: dict[str, Value] = {}
    problems: list[Problem] = []
    for name in job.kind_map.fields if names is None else names:
        field = job.kind_map.fields.get(name)
        if field is None or field.source not in rows:
            continue
        try:
            _decode(job, field, rows[field.source], values)
        except Reject as error:
            problems.append(Problem(error.code, error.template, {**error.params, "field": name}, name))
    return values, problems


def _decode(job: Job, field: FieldMap, row: Row | None, values: dict[str, Value]) -> None:
    if row is None:
        values[field.field] = None
        return
    if field.write == "property":
        known, wire = property_text(job, row, field.wire)
    else:
        known, wire = field.wire in row, row.get(field.wire)
    if known:
        kind = job.kind_map.kind
        ctx = context(job.system, kind, field, label=job.label) if field.label_of else context(job.system, kind, field)
        values[field.field] = codec_of(field).decode(wire, ctx)


def part_rows(row: Row, part: Mapping[str, Any]) -> list[Row] | None:
    """The rows of additional attributes, or ``None`` when the part was not in the answer."""
    rows = row.get(str(part.get("name", "")))
    return None if rows is None or isinstance(rows, str) else [one for one in rows if isinstance(one, Mapping)]


def property_text(job: Job, row: Row, name: str) -> tuple[bool, Any]:
    """(known, value) of an additional attribute: unknown when it is not bound in this base or the part is not there."""
    part = job.system.options.get("part", {})
    key = job.binding.get(name)
    rows = part_rows(row, part)
    if not key or rows is None:
        return False, None
    for one in rows:
        if one.get(part["key"]) == key:
            return True, one.get(part["text"]) or one.get(part["value"])
    return True, None
