"""The company as the desk keeps it: incomplete, with its own numbers and its own dirt."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from .company import Company, Person, Thing

__all__ = ["Seed", "fill_desk"]

#: Creates many items of a class at once; their ids in the same order.
Seed = Callable[[str, Iterable[Mapping[str, Any]]], Sequence[str]]
Ids = dict[str, str]


def fill_desk(seed: Seed, company: Company) -> Ids:
    """Put the desk's part of ``company`` into an empty tracker; our keys → its ids."""
    ids: Ids = {}

    def put(collection: str, rows: Mapping[str, Mapping[str, Any]]) -> None:
        ids.update(zip(rows, seed(collection, rows.values()), strict=True))

    put("organization", {o.key: {"name": o.desk_name, "inn": o.inn} for o in company.organizations})
    put("location", {p.key: {"name": p.name, "type": p.type} for p in company.places if p.on_desk})
    put(
        "department",
        {d.key: {"name": d.name, "organization": ids[d.organization]} for d in company.departments if d.on_desk},
    )
    put("employee", {p.key: _employee(p, ids) for p in company.people if p.desk_name})
    put("equipment", {t.key: _equipment(t, ids) for t in company.things})
    return ids


def _employee(person: Person, ids: Ids) -> dict[str, Any]:
    return {
        "name": person.desk_name,
        "number": person.main.number if person.number_on_desk else None,
        "organization": ids[person.main.organization],
        "department": ids.get(person.main.department),
        "active": True,
    }


def _equipment(thing: Thing, ids: Ids) -> dict[str, Any]:
    texts = {
        "inventory_number": thing.inventory,
        "name": thing.label,
        "serial": thing.serial,
        "model": thing.model,
        "status": thing.status,
        "accounting": thing.accounting,
        "notes": thing.notes,
    }
    links = {
        "organization": thing.organization,
        "department": thing.department,
        "custodian": thing.custodian,
        "location": thing.room,
        "user": thing.user,
    }
    return {name: text or None for name, text in texts.items()} | {
        name: ids.get(key) if key else None for name, key in links.items()
    }
