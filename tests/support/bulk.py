"""Thousands of movements on a real Roundup in a second: written into its database, as its own rules would have done.

Roundup's library takes some 20 ms a movement. A movement that the library recorded is the pattern: every column that is
not given is taken from it, the cards' stock changes by the sum, and the history and the counter of ids go along.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from uchet.connectors.roundup.server import seed

SIGN = {"receipt": 1, "issue": -1, "write_off": -1, "transfer": -1}


def record(home: Path, rows: Iterable[Mapping[str, Any]]) -> list[str]:
    """Movements recorded one after the other; their ids. The first goes through the library."""
    first, *others = rows
    [pattern] = seed(home, "movement", [first])
    ids = [pattern]
    with sqlite3.connect(home / "db" / "db", timeout=60) as db:
        db.row_factory = sqlite3.Row
        columns = dict(db.execute("select * from _movement where id = ?", (pattern,)).fetchone())
        journal = dict(db.execute("select * from movement__journal where nodeid = ?", (pattern,)).fetchone())
        number = int(db.execute("select num from ids where name = 'movement'").fetchone()[0])
        number = max(number, int(pattern) + 1)
        moved: dict[str, Decimal] = {}
        made, told = [], []
        for row in others:
            blank = {f"_{name}": None for name in ("to_consumable", "employee", "department")}
            made.append({**columns, **blank, **{f"_{n}": v for n, v in row.items()}, "id": number})
            told.append({**journal, "nodeid": number})
            ids.append(str(number))
            number += 1
            amount = Decimal(row["quantity"])
            for card, sign in ((row["consumable"], SIGN[row["type"]]), (row.get("to_consumable"), 1)):
                if card:
                    moved[str(card)] = moved.get(str(card), Decimal(0)) + sign * amount
        _insert(db, "_movement", made)
        _insert(db, "movement__journal", told)
        db.execute("update ids set num = ? where name = 'movement'", (number,))
        for card, amount in moved.items():
            held = Decimal(db.execute("select _quantity from _consumable where id = ?", (card,)).fetchone()[0])
            told_now = (format((held + amount).normalize() + 0, "f"), card)
            db.execute("update _consumable set _quantity = ?, _revision = _revision + 1 where id = ?", told_now)
    return ids


def _insert(db: sqlite3.Connection, table: str, rows: list[dict[str, Any]]) -> None:
    if rows:
        names = list(rows[0])
        places = ", ".join("?" for _ in names)
        db.executemany(f"insert into {table} ({', '.join(names)}) values ({places})", [tuple(r.values()) for r in rows])
