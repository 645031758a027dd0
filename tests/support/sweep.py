"""Everything a base publishes, read and written once through the connector, with what came of it counted."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from uchet.connectors.base import Query, Write
from uchet.connectors.onec.metadata import EntityType, Index, Property
from uchet.connectors.onec.odata import OnecConnector
from uchet.errors import Reject

#: The platform's own: never sent.
_OWN = {"Ref_Key", "DataVersion", "Posted", "Predefined", "PredefinedDataName", "IsFolder", "LineNumber", "ThisNode"}
_SPAN = {"start": datetime(2026, 1, 1), "end": datetime(2026, 12, 31)}


@dataclass
class Swept:
    """What was done, and the fields that handlers of the base set anew (set, field)."""

    done: Counter[str] = field(default_factory=Counter)
    handled: list[tuple[str, str]] = field(default_factory=list)

    def __str__(self) -> str:
        total = sum(count for name, count in self.done.items() if name != "sets")
        parts = ", ".join(f"{count} {name}" for name, count in self.done.items() if name != "sets")
        return f"{self.done['sets']} sets, {total} operations ({parts})"


def sweep(connector: OnecConnector) -> Swept:
    """Read every set, write, re-read, change and mark every catalog and document, call every virtual table."""
    connector.describe()
    index, _ = connector._catalogue()
    out = Swept()
    for name in index.sets:
        out.done["sets"] += 1
        if name.startswith(("Catalog_", "Document_")) and index.types[index.sets[name]].key == ("Ref_Key",):
            _write(connector, index, name, out)
        pages = list(connector.read(Query(name)))
        assert pages[-1].complete, name
        out.done["sets read"] += 1
        for function in index.functions.get(name, {}).values():
            if function.returns:
                for params in _calls(function.params):
                    pages = list(connector.read(Query(f"{name}/{function.name}", params=params)))
                    assert pages[-1].complete, (name, function.name)
                    out.done["virtual tables called"] += 1
    return out


def _calls(names: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    yield {}
    if "Period" in names:
        yield {"period": datetime(2026, 6, 1)}
    if "StartPeriod" in names:
        yield dict(_SPAN)
    if "AccountCondition" in names:
        yield {"accounts": (str(uuid.uuid4()),)}


def _write(connector: OnecConnector, index: Index, name: str, out: Swept) -> None:
    entity = index.types[index.sets[name]]
    values = dict(_values(index, entity))
    raw = None
    while raw is None:
        key = str(uuid.uuid4())
        try:
            raw = connector.write(Write(name, None, values, key=key, marker=f"uchet {key}")).raw
        except Reject as error:
            if error.code != "value_changed_by_server":
                raise
            wire = str(error.params["wire"])
            out.handled.append((name, wire))
            values.pop(wire)
    out.done["objects written"] += 1
    again = connector.get(name, raw.id)
    assert again is not None
    assert dict(again.data) == dict(raw.data), name
    out.done["objects re-read"] += 1
    changed = connector.write(Write(name, raw.id, {"DeletionMark": True}, expected=raw.version)).raw
    assert changed.retired, name
    out.done["objects marked"] += 1


def _values(index: Index, entity: EntityType) -> Iterator[tuple[str, Any]]:
    for prop in entity.properties.values():
        if prop.name in _OWN or prop.name == "DeletionMark":
            continue
        if prop.rows is not None:
            rows = index.types.get(prop.rows)
            if rows is not None and prop.type.startswith("Collection(StandardODATA."):
                yield prop.name, tuple(dict(_values(index, rows)) for _ in range(2))
            continue
        value = _value(entity, prop)
        if value is not None:
            yield prop.name, value


def _value(entity: EntityType, prop: Property) -> Any:
    stem = prop.name.removesuffix("_Type")
    if stem != prop.name and stem in entity.properties:
        return "Edm.String" if entity.is_composite(stem) else None
    if f"{prop.name}_Base64Data" in entity.properties or prop.type in ("Edm.Stream", "Edm.Binary"):
        return None
    if prop.name == "Parent_Key" or prop.type.startswith("StandardODATA."):
        return None
    return {
        "Edm.String": "я",
        "Edm.Guid": str(uuid.uuid4()),
        "Edm.Boolean": True,
        "Edm.DateTime": datetime(2026, 3, 4, 5, 6, 7),
        "Edm.Double": Decimal("12.5"),
        "Edm.Int16": 7,
        "Edm.Int32": 7,
        "Edm.Int64": 7,
    }.get(prop.type)
