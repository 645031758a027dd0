"""Which keys does this base have for what every base has under keys of its own?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ..connectors.base import Connector, Query, Raw
from ..errors import Blocked
from ..mappings.system import SystemMap

__all__ = ["all_records", "bind", "records_there"]


def bind(connector: Connector, system: SystemMap) -> dict[str, str]:
    """Keys that differ from base to base: additional attributes by title (in the set that the mapping names, where two
    sets have the same title), accounts by code with their sub-accounts.

    Returns the property's name → its key for each property found, ``accounts:NAME`` → keys joined by commas.
    """
    found: dict[str, str] = {}
    place = system.options.get("properties")
    if place and system.properties:
        titles = _titles(connector, place)
        for prop in system.properties.values():
            if prop.title in titles:
                found[prop.name] = titles[prop.title]
    charts: dict[tuple[str, ...], list[Raw]] = {}
    for name, accounts in (system.options.get("accounts") or {}).items():
        asked = (accounts["collection"], *accounts.get("fields", ()))
        if asked not in charts:
            charts[asked] = records_there(connector, Query(asked[0], asked[1:]))
        found[f"accounts:{name}"] = ",".join(_branch(charts[asked], accounts))
    return found


def records_there(connector: Connector, query: Query) -> list[Raw]:
    """All records; none where a base does not publish them (what the merge needs of them was demanded before)."""
    try:
        return all_records(connector, query)
    except Blocked as error:
        if error.code != "not_published":
            raise
        return []


def _titles(connector: Connector, place: Mapping[str, Any]) -> dict[str, str]:
    """Title → key of the additional attributes in use; those of the wanted set win over namesakes elsewhere."""
    rows = [
        r for r in records_there(connector, Query(place["collection"], tuple(place.get("fields", ())))) if not r.retired
    ]
    wanted: set[str] = set()
    if place.get("set_collection"):
        sets = all_records(connector, Query(place["set_collection"], (place["key_field"], place["set_name_field"])))
        wanted = {r.id for r in sets if r.data.get(place["set_name_field"]) == place["set_name"]}
    rows.sort(key=lambda r: (r.data.get(place.get("set_field", "")) in wanted, r.id))
    return {str(r.data.get(place["title_field"]) or "").strip(): r.id for r in rows}


def all_records(connector: Connector, query: Query) -> list[Raw]:
    """All records of a listing. Raises what the connector raises."""
    return [raw for page in connector.read(query) for raw in page.records]


def _branch(rows: Iterable[Raw], accounts: Mapping[str, Any]) -> list[str]:
    """The accounts with the given ``code`` or ``codes`` (an account's ``codes`` win) and everything below them."""
    rows = list(rows)
    codes = accounts.get("codes") or [accounts["code"]]
    keys = [r.id for r in rows if str(r.data.get(accounts["code_field"]) or "").strip() in codes]
    for key in keys:  # grows while it is walked: children, then theirs
        keys += [r.id for r in rows if r.data.get(accounts["parent_field"]) == key and r.id not in keys]
    return keys
