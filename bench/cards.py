"""Dirty cards matched: what it takes beside reading the same cards and sorting them.

The cards are those of the tests that know every true pair (``tests/support/planted.py``): the desk's numbers are
spoiled as people and programs do. Sides for ``child.run``: ``write FOLDER N`` makes the pages, ``read FOLDER`` reads
both sides through the engine's own intake and sorts them by number, ``bare FOLDER`` does the same with the JSON alone,
``match FOLDER`` matches what was read.
"""

from __future__ import annotations

import json
import sys
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import child
import twins

from uchet.mappings.load import build_system
from uchet.mappings.model import EQUIPMENT, SIDES, Ref, Side
from uchet.sync.intake import Intake
from uchet.sync.match import match
from uchet.sync.pair import LinkIndex
from uchet.sync.types import Link, Listing

SUPPORT = Path(__file__).parents[1] / "tests" / "support"
FIELDS = (
    "inventory_number", "serial", "model", "name", "organization", "department", "custodian", "cost", "commissioned",
    "accounting",
)  # fmt: skip


def write(folder: str, n: str) -> None:
    sys.path.insert(0, str(SUPPORT))
    from planted import company, spoil

    made = company(7)
    for _ in range(int(n)):
        made.thing()
    spoil(made)
    for side in SIDES:
        records = list(made.rows["equipment", side].values())
        place = Path(folder) / side
        place.mkdir(parents=True, exist_ok=True)
        for number, start in enumerate(range(0, len(records), twins.PAGE)):
            rows = [
                {"id": one.id, "revision": 1} | {name: _plain(one.values.get(name)) for name in FIELDS}
                for one in records[start : start + twins.PAGE]
            ]
            (place / f"{number:05d}.json").write_text(json.dumps(rows, ensure_ascii=False), encoding="utf-8")
    same = [(link.kind, link.book, link.desk) for link in made.links]
    (Path(folder) / "truth.json").write_text(json.dumps({"links": same, "twins": made.twins}), encoding="utf-8")
    child.report(lambda: len(made.twins))


def _plain(value: Any) -> Any:
    if isinstance(value, Ref):
        return value.id
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value


def load(folder: Path, side: Side) -> Listing:
    fields: dict[str, Any] = {name: {"wire": name} for name in FIELDS}
    fields["accounting"]["choices"] = {"fixed_asset": "fixed_asset", "low_value": "low_value"}
    kind = {"rule": "plain", "sources": {"main": {"collection": "equipment", "key": ["id"]}}, "fields": fields}
    system = build_system({"name": "cards", "side": side, "kinds": {"equipment": kind}}, side=side)
    listing = Intake(side, twins.Files(folder / side, side), system, datetime(2026, 3, 2)).load("equipment")
    assert listing is not None
    assert not listing.bad
    return listing


def read(folder: str) -> None:
    def work() -> int:
        sides = [load(Path(folder), side) for side in SIDES]
        for one in sides:
            sorted(one.records.values(), key=lambda r: (str(r.values.get("inventory_number") or ""), r.id))
        return sum(len(one.records) for one in sides)

    child.report(work)


def bare(folder: str) -> None:
    """The same pages and the same order, nothing decoded but the JSON."""

    def work() -> int:
        count = 0
        for side in SIDES:
            pages = (json.loads(file.read_bytes()) for file in sorted((Path(folder) / side).glob("*.json")))
            rows = sorted((row for page in pages for row in page), key=lambda r: (r["inventory_number"] or "", r["id"]))
            count += len(rows)
        return count

    child.report(work)


def matched(folder: str) -> None:
    truth = json.loads((Path(folder) / "truth.json").read_text("utf-8"))
    index, known = LinkIndex([Link(*one) for one in truth["links"]]), truth["twins"]
    book, desk = (load(Path(folder), side) for side in SIDES)

    def work() -> dict[str, int]:
        found = match(EQUIPMENT, book, desk, [], frozenset(), index.same)
        false = sum(known[link.book] != link.desk for link in found.found)
        asked = {one.book for one in found.suggestions if one.book and known[one.book] == one.desk}
        told = len(asked | {link.book for link in found.found})
        return {"pairs": len(known), "linked": len(found.found), "false": false, "linked_or_suggested": told}

    child.report(work)


if __name__ == "__main__":
    {"write": write, "read": read, "bare": bare, "match": matched}[sys.argv[1]](*sys.argv[2:])
