"""Goals of reconciliation and of what it writes."""

from __future__ import annotations

import child
from figures import Result, added, busy, ratio, told
from stage import Stage


def report(stage: Stage, n: int) -> list[tuple[str, Result]]:
    """A styled report of N rows by the writer of ``uchet report``, and whether its memory grows with the rows."""
    ours, theirs, small = [], [], []
    for _ in range(stage.runs):
        ours.append(child.run("sheets.py", "uchet", n, stage.path("report-uchet.xlsx")))
        theirs.append(child.run("sheets.py", "pandas", n, stage.path("report-pandas.xlsx")))
        small.append(child.run("sheets.py", "uchet", n // 10, stage.path("report-small.xlsx")))
    sides = f"{told('uchet', ours)} {told('pandas+openpyxl', theirs)}"
    grown = f"{told(str(n), ours)} {told(str(n // 10), small)}"
    return [
        ("report-time", Result(ratio(theirs, ours), 2.5, "x", sides, least=True)),
        ("report-memory", Result(added(ours) - added(small), 5, "MiB", grown)),
    ]


def matching(stage: Stage, n: int) -> list[tuple[str, Result]]:
    """N x N dirty cards matched, against reading and sorting them; and against a tenth of them, where comparing all
    pairs would take a hundred times as long."""
    folders = {}
    for size in (n // 10, n):
        folders[size] = stage.path(f"cards-{size}")
        if not (folders[size] / "truth.json").exists():
            child.run("cards.py", "write", folders[size], size)
    ours, reading, bare, small = [], [], [], []
    for _ in range(stage.runs):
        ours.append(child.run("cards.py", "match", folders[n]))
        reading.append(child.run("cards.py", "read", folders[n]))
        bare.append(child.run("cards.py", "bare", folders[n]))
        small.append(child.run("cards.py", "match", folders[n // 10]))
    sides = f"{told('uchet', ours)} {told('reading', reading)} {told('json', bare)} found={ours[0].found}"
    grown = f"{told(str(n), ours)} {told(str(n // 10), small)}"
    return [
        ("matching", Result(ratio(ours, reading), 3, "x", sides)),
        ("matching-growth", Result(busy(ours) / busy(small), 15, "x", grown)),
    ]


def exact(stage: Stage, n: int) -> list[tuple[str, Result]]:
    """Two sides of N rows as JSON, by the rows of last night in ``sync/store``, against both engines of datacompy."""
    state, folder = stage.twins(n)
    python = stage.peer("datacompy")
    ours, pandas, polars = [], [], []
    for _ in range(stage.runs):
        ours.append(child.run("ours.py", "diff", stage.copy(state), folder))
        pandas.append(child.run("peer_datacompy.py", "pandas", folder, python=python))
        polars.append(child.run("peer_datacompy.py", "polars", folder, python=python))
    mine = f"{told('uchet', ours)} found={ours[0].found}"
    sides = f"{mine} {told('datacompy-pandas', pandas)} found={pandas[0].found}"
    memory = added(pandas) / max(added(ours), 0.1)
    return [
        ("exact-pandas", Result(ratio(pandas, ours), 2.5, "x", sides, least=True)),
        ("exact-memory", Result(memory, 10, "x", sides, least=True)),
        (
            "exact-polars",
            Result(ratio(polars, ours), 2, "x", f"{mine} {told('datacompy-polars', polars)}", least=True),
        ),
    ]


def balances(stage: Stage, n: int) -> list[tuple[str, Result]]:
    """N movement lines a side to balances that are compared, whole processes: from uchet's own store, against both
    engines of datacompy from parquet."""
    folder = stage.movements(n)
    python = stage.peer("datacompy")
    ours, pandas, polars = [], [], []
    for _ in range(stage.runs):
        ours.append(child.run("movements.py", "balances", folder).entire)
        pandas.append(child.run("peer_balances.py", "pandas", folder, python=python).entire)
        polars.append(child.run("peer_balances.py", "polars", folder, python=python).entire)
    mine = f"{told('uchet', ours)} found={ours[0].found}"
    lines = []
    for name, theirs in (("pandas", pandas), ("polars", polars)):
        sides = f"{mine} {told(f'datacompy-{name}', theirs)} found={theirs[0].found}"
        lines.append((f"balances-{name}", Result(ratio(theirs, ours), 5, "x", sides, least=True)))
    return lines
