"""Joining what one record's sources say into one canonical record, by the rule its mapping names."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from .decode import Job, decode_fields, is_retired
from .rules import RULE_NEEDS, RULES, position_as_equipment
from .system import Binding, Decoded, KindMap, Source, SystemMap

__all__ = ["RULES", "compose", "decode_main", "key_of", "needs", "position_as_equipment"]


def key_of(source: Source, row: Mapping[str, Any]) -> str:
    """Which record ``row`` belongs to: the values of the source's key fields joined with ``|``."""
    return "|".join(_text(row.get(name)) for name in source.key)


def _text(value: Any) -> str:
    if isinstance(value, Mapping):  # a link given as {"id": …}
        value = value.get("id")
    return "" if value is None else str(value)


def compose(
    system: SystemMap,
    kind_map: KindMap,
    id: str,
    parts: Mapping[str, Sequence[Mapping[str, Any]]],
    binding: Binding,
    label: Callable[[str, str], str | None],
) -> Decoded:
    """The record ``id`` out of its rows by source. ``label(kind, id)`` gives the text of a record it refers to.

    A source that was not read is missing from ``parts``: its fields are then absent, not empty. Never raises for data.
    """
    return RULES[kind_map.rule](Job(system, kind_map, id, parts, binding, label))


def decode_main(
    system: SystemMap,
    kind_map: KindMap,
    id: str,
    data: Mapping[str, Any],
    binding: Binding,
    label: Callable[[str, str], str | None],
) -> Decoded:
    """Only what the main source itself holds: how a record is read back after a write."""
    name = kind_map.main.name
    job = Job(system, kind_map, id, {name: (data,)}, binding, label)
    retired = is_retired(job, data)
    lost = kind_map.retire if retired else {}
    names = [n for n, field in kind_map.fields.items() if field.source == name and field.wire not in lost]
    values, problems = decode_fields(job, {name: data}, names)
    return Decoded(values, retired, tuple(problems))


def needs(kind_map: KindMap, source: str) -> tuple[str, ...]:
    """Wire fields that the rule itself reads from ``source``, besides the mapped ones."""
    role = "main" if source == kind_map.main.name else source
    wanted: list[str] = []
    for option in RULE_NEEDS[kind_map.rule].get(role, ()):
        value = kind_map.options.get(option)
        wanted.extend([value] if isinstance(value, str) else value or [])
    if role == "main" and any(field.write == "property" for field in kind_map.fields.values()):
        wanted.append(str(kind_map.options.get("part", {}).get("name", "")))
    return tuple(name for name in wanted if name)
