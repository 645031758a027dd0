"""diffsync's two-way diff of the two folders of pages: ``python peer_diffsync.py FOLDER``, in its own environment."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import child
from diffsync import Adapter, DiffSyncModel

ATTRIBUTES = ("inventory_number", "book_name", "accounting", "commissioned", "cost", "serial", "model", "status")


class Equipment(DiffSyncModel):
    _modelname = "equipment"
    _identifiers = ("id",)
    _attributes = ATTRIBUTES

    id: str
    inventory_number: str
    book_name: str
    accounting: str
    commissioned: str
    cost: str
    serial: str
    model: str
    status: str


class Side(Adapter):
    equipment = Equipment
    top_level = ("equipment",)

    def load(self, folder: Path) -> None:
        for file in sorted(folder.glob("*.json")):
            for row in json.loads(file.read_bytes()):
                self.add(Equipment(id=row["id"], **{name: row[name] for name in ATTRIBUTES}))


def main(folder: Path) -> None:
    def work() -> dict[str, int]:
        book, desk = Side(), Side()
        book.load(folder / "A")
        desk.load(folder / "B")
        summary: dict[str, int] = book.diff_to(desk).summary()
        return summary

    child.report(work)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
