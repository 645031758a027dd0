"""Movement lines of two sides: ``python movements.py write FOLDER N`` makes them, ``balances FOLDER`` compares what
they come to, from uchet's own store.

N lines a side of N / 100 items in twenty warehouses of two organisations, ten lines a document. On the desk 0.3 % of
the quantities are others and 0.1 % of the lines are missing. The peer's side is given the same lines as columns.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import child

from uchet.sync.store.lines import Line, Lines, Meaning, Move, Spot, lines_path

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Column = npt.NDArray[np.int64]

PAIR = "bench"
PLACES, ORGANIZATIONS, DAYS, PER_DOCUMENT = 20, 2, 730, 10
FIRST = date(2024, 1, 1)


def names(kind: str, count: int) -> list[str]:
    """Keys as 1C gives them."""
    return [f"{n:08x}-0000-4000-8000-{kind.encode().hex():.12}" for n in range(count)]


def spots(side: str, n: int) -> list[Spot]:
    """Every spot there is, in the words of a side: keys of 1C, ids of the desk."""
    items = max(1, n // 100)
    if side == "desk":
        return [(str(number), "", "") for number in range(items * PLACES)]
    item, place, organization = names("itemed", items), names("places", PLACES), names("organs", ORGANIZATIONS)
    return [(one, organization[n % ORGANIZATIONS], place[n]) for one in item for n in range(PLACES)]


def columns(n: int) -> dict[str, dict[str, Column]]:
    """side → number of the spot, thousandths, day since ``FIRST`` and document of each line."""
    import numpy as np

    rng = np.random.default_rng(n)
    where = rng.integers(0, max(1, n // 100) * PLACES, n)
    quantity = rng.integers(1, 20_000, n) * np.where(rng.random(n) < 0.45, -1, 1)
    document = np.arange(n) // PER_DOCUMENT
    book = {"spot": where, "quantity": quantity, "day": document * DAYS // document[-1], "document": document}
    others = np.where(rng.random(n) < 0.003, quantity + 1000, quantity)
    there = rng.random(n) >= 0.001
    return {"book": book, "desk": {name: one[there] for name, one in {**book, "quantity": others}.items()}}


def moves(side: str, given: dict[str, Column], named: list[Spot]) -> Iterator[Move]:
    """The lines, a document at a time."""
    days = [FIRST + timedelta(days=n) for n in range(DAYS + 1)]
    lines: list[Line] = []
    last = 0
    for number, quantity, day, document in zip(*(one.tolist() for one in given.values()), strict=True):
        if document != last:
            yield Move(f"{side}-{last}", "", tuple(lines))
            last, lines = document, []
        lines.append(Line(named[number], days[day], quantity))
    yield Move(f"{side}-{last}", "", tuple(lines))


def save(folder: Path, side: str, given: dict[str, Column], n: int) -> None:
    """The lines as columns with their dictionaries, for the peer."""
    import numpy as np

    item, place = np.divmod(given["spot"], PLACES)
    told = {"item": item, "organization": place % ORGANIZATIONS, "place": place}
    texts = {"items": names("itemed", max(1, n // 100)), "organizations": names("organs", ORGANIZATIONS)}
    rest = {name: given[name] for name in ("quantity", "day", "document")}
    np.savez(folder / f"{side}.npz", **told, **rest, **texts, places=names("places", PLACES))  # type: ignore[arg-type]


def write(folder: str, lines_a_side: str) -> None:
    import numpy as np

    n, place = int(lines_a_side), Path(folder)
    made = columns(n)
    named = {side: spots(side, n) for side in made}
    lines = Lines(lines_path(place / "state.db", PAIR))
    lines.begin()
    for side, given in made.items():
        save(place, side, given, n)
        lines.register(side, moves(side, given, named[side]))  # type: ignore[arg-type]
        lines.settle(side)  # type: ignore[arg-type]
    met = np.union1d(made["book"]["spot"], made["desk"]["spot"]).tolist()
    lines.mean(Meaning(named["desk"][number], named["book"][number]) for number in met)
    lines.keep("")
    lines.close()
    child.report(lambda: None)


def balances(folder: str) -> None:
    def work() -> dict[str, int]:
        lines = Lines(lines_path(Path(folder) / "state.db", PAIR))
        found = lines.balances()
        lines.close()
        return {"spots": len(found.spot), "differ": int((found.difference != 0).sum())}

    child.report(work)


if __name__ == "__main__":
    {"write": write, "balances": balances}[sys.argv[1]](*sys.argv[2:])
