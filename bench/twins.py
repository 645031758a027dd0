"""Two listings of flat records with known differences, as JSON pages on disk, and a connector that reads them.

Side A (the books): 1 % changed, 0.1 % gone, 0.2 % new. Side B (the desk): 0.5 % changed, 0.2 % new. A tenth of a per
cent has changed on both sides, to different values. Both uchet and diffsync read these very files.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec
import paper

from uchet.connectors.base import Capabilities, Description, FieldInfo, Page, Query, Raw, Receipt, Rows, Write
from uchet.mappings.load import build_system
from uchet.mappings.model import Side
from uchet.mappings.system import SystemMap

PAGE = 1000
#: canonical field → wire name; the wire record has 20 fields in all.
FIELDS = {
    "inventory_number": "inventory_number",
    "name": "book_name",
    "accounting": "accounting",
    "commissioned": "commissioned",
    "cost": "cost",
    "serial": "serial",
    "model": "model",
    "condition": "status",
}
_CHOICES = {
    "accounting": {"fixed_asset": "fixed_asset", "low_value": "low_value"},
    "condition": {"in_use": "in_use", "in_stock": "in_stock", "faulty": "faulty", "in_repair": "in_repair"},
}


def record(k: int, side: str) -> dict[str, Any]:
    row = {"Ref_Key": paper.guid(paper.CARD, k), **paper.thing(k)}
    if side == "A" and k % 100 == 7:
        row["book_name"] += " (ремонт)"
    if side == "B" and k % 200 == 11:
        row["serial"] += "-B"
    if k % 1000 == 13 and side != "base":
        row["inventory_number"] = f"{side}-{k}"
        row["status"] = "faulty" if side == "A" else "in_repair"
    return row


def keys(n: int, side: str) -> Iterator[int]:
    """The numbers of the records a side holds; new ones count on from N (books) and from 2N (desk)."""
    yield from (k for k in range(n) if side == "B" or k % 1000 != 17)
    start = n if side == "A" else 2 * n
    yield from range(start, start + n // 500)


def write(folder: Path, n: int) -> Path:
    place = folder / f"twins-{n}"
    if (place / "done").exists():
        return place
    for side in ("A", "B", "base"):
        (place / side).mkdir(parents=True, exist_ok=True)
        held = list(range(n)) if side == "base" else list(keys(n, side))
        for number, start in enumerate(range(0, len(held), PAGE)):
            rows = [record(k, side) for k in held[start : start + PAGE]]
            text = json.dumps(rows, ensure_ascii=False, separators=(",\n", ": "))  # indent=0 takes ten times as long
            (place / side / f"{number:05d}.json").write_text(text, encoding="utf-8")
    (place / "done").touch()
    return place


def mapping(side: Side) -> SystemMap:
    fields: dict[str, Any] = {name: {"wire": wire, "write": "field"} for name, wire in FIELDS.items()}
    for name, choices in _CHOICES.items():
        fields[name]["choices"] = choices
    source = {"main": {"collection": "equipment", "key": ["id"]}}
    kind = {"rule": "plain", "sources": source, "fields": fields}
    return build_system({"name": "twins", "side": side, "kinds": {"equipment": kind}}, side=side)


class Files:
    """A side that is a folder of pages. Read only."""

    capabilities = Capabilities(versions=True, page_size=PAGE)

    def __init__(self, folder: Path, side: Side) -> None:
        self.folder, self.side = folder, side
        self._decoder = msgspec.json.Decoder(list[dict[str, Any]])
        self._split = msgspec.json.Decoder(list[msgspec.Raw])
        self._row = msgspec.json.Decoder(dict[str, Any])

    def describe(self) -> Description:
        names = [*FIELDS.values(), "id"]
        return Description(self.side, "files", {"equipment": {n: FieldInfo("string") for n in names}})

    def read(self, query: Query, since: str | None = None) -> Iterator[Page]:
        files = sorted(self.folder.glob("*.json"))
        for number, file in enumerate(files, 1):
            rows = self._decoder.decode(file.read_bytes())
            yield Page(tuple(map(self._raw, rows)), complete=number == len(files))

    def undecoded(self, query: Query) -> Iterator[Rows]:
        files = sorted(self.folder.glob("*.json"))
        for number, file in enumerate(files, 1):
            rows = self._split.decode(file.read_bytes())
            yield Rows(rows, complete=number == len(files))

    def decoded(self, query: Query, rows: Iterable[bytes]) -> list[Raw]:
        return [self._raw(self._row.decode(row)) for row in rows]

    def _raw(self, row: dict[str, Any]) -> Raw:
        return Raw("equipment", row["id"], str(row["revision"]), row)

    def get(self, collection: str, id: str) -> Raw | None:
        return None

    def find(self, collection: str, marker: str) -> Raw | None:
        return None

    def write(self, write: Write) -> Receipt:
        raise NotImplementedError("a folder of pages is read only")

    def close(self) -> None:
        """Nothing is held."""


def values(k: int) -> Mapping[str, Any]:
    """What both sides agreed on about record ``k``, as wire values."""
    row = paper.thing(k)
    return {name: row[wire] for name, wire in FIELDS.items()}
