"""The harness of ``./run bench`` at a small size: it measures what it says it measures. Its figures prove nothing."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import openpyxl

ROOT = Path(__file__).parents[2]
#: The small kinds of the company on paper, both sides together.
SMALL = 148


FORM = re.compile(r"bench (\S+) figure=\S+ goal=\S+ (?:ok|MISS) (?:uchet|100)=[\d.]+s\S* cpu=\S+ \+\d+MiB of \d+MiB .*")


def lines_of(folder: Path, *names: str) -> list[str]:
    words = [sys.executable, str(ROOT / "bench"), *names, "--scale", "0.001", "--runs", "1", "--folder", str(folder)]
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=240)
    assert "Traceback" not in done.stderr, done.stderr
    return done.stdout.splitlines()


def test_one_line_per_goal_with_both_sides(tmp_path: Path) -> None:
    lines = lines_of(tmp_path, "first-load", "nochange")
    names = [found[1] for line in lines if (found := FORM.fullmatch(line))]
    assert names == ["first-load", "nochange", "nochange-ordinary"], lines
    assert all(re.search(r"(orm|typed|plain)=[\d.]+s", line) for line in lines)
    # 100 things on each side were read whole by the engine, and nothing was found to do.
    assert f"'outcome': 'clean', 'reads': {200 + SMALL}, 'writes': 0, 'issues': 0" in lines[1]


def test_both_sides_of_the_report_are_one_workbook_and_the_cards_are_dirty(tmp_path: Path) -> None:
    lines = lines_of(tmp_path, "report", "matching")
    names = [found[1] for line in lines if (found := FORM.fullmatch(line))]
    assert names == ["report-time", "report-memory", "matching", "matching-growth"], lines
    ours, theirs = (workbook(tmp_path / f"report-{side}.xlsx") for side in ("uchet", "pandas"))
    assert ours == theirs
    assert len(ours) == 1 + 12 * 101
    found = re.search(r"'pairs': 100, 'linked': (\d+), 'false': 0, 'linked_or_suggested': (\d+)", lines[2])
    assert found, lines[2]
    assert 50 < int(found[1]) < 100
    assert int(found[2]) >= 95


def workbook(path: Path) -> list[tuple[object, ...]]:
    """What a person sees of the first sheet: its frame, then every cell with its looks."""
    sheet = openpyxl.load_workbook(path).worksheets[0]
    widths = tuple(int(sheet.column_dimensions[letter].width) for letter in "ABCDEFGHIJKL")
    looks: list[tuple[object, ...]] = [(sheet.title, sheet.freeze_panes, sheet.auto_filter.ref, widths)]
    for cell in (cell for row in sheet.iter_rows() for cell in row):
        fill, edge = (cell.fill.fgColor.rgb[2:] if cell.fill.fill_type else None), cell.border.top
        kind = None if cell.value is None else cell.data_type  # pandas writes an empty text where nothing is
        shape = (cell.number_format, cell.alignment.vertical, cell.alignment.wrap_text, cell.font.bold)
        looks.append((cell.coordinate, cell.value, kind, *shape, fill, edge.style if edge else None))
    return looks


def test_an_unknown_name_is_refused() -> None:
    done = subprocess.run([sys.executable, str(ROOT / "bench"), "speed"], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "no such bench: speed" in done.stderr
