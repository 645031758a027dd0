"""docs/reconcile.md names every column of every frame, as the code has them."""

from __future__ import annotations

from pathlib import Path

from planted import planted

from uchet.jobs.frames import COLUMNS, frames_of
from uchet.sync.reconcile.compare import compare
from uchet.sync.reconcile.types import Reconciliation


def test_the_page_has_every_column_and_its_meaning(root: Path) -> None:
    page = (root / "docs" / "reconcile.md").read_text("utf-8")
    tables = page.split("## The columns")[1]
    for name, columns in COLUMNS.items():
        section = tables.split(f"### {name}\n")[1].split("###")[0]
        rows = [line for line in section.splitlines() if line.startswith("| `")]
        assert rows == [f"| `{column}` | {meaning} |" for column, meaning in columns.items()]


def test_frames_hold_what_was_found_exactly() -> None:
    look = planted(5, agreeing=3, each=1).look()
    found = compare(look)
    made = Reconciliation("r1", None, look.snapshot.taken, {}, look.snapshot.sources, found.differences, found.compared)
    frames = frames_of(made, {}, {})
    assert list(frames.differences["key"]) == [one.key for one in found.differences]
    for name, columns in COLUMNS.items():
        assert list(getattr(frames, name).columns) == list(columns)
    known = [one.at_risk for one in found.differences if one.at_risk is not None]
    assert frames.differences["value_at_risk"].dropna().sum() == sum(known[1:], known[0])
    assert frames.classes["differences"].sum() == len(found.differences)
