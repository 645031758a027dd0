"""The harness of ``./run bench`` at a small size: it measures what it says it measures. Its figures prove nothing."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl

ROOT = Path(__file__).parents[2]
#: The small kinds of the company on paper, both sides together.
SMALL = 148
#: What both ``uchet`` and ``datacompy`` compare of a record.
FIELDS = ("inventory_number", "book_name", "accounting", "commissioned", "cost", "serial", "model", "status")


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


def test_the_exact_comparison_finds_every_row_that_differs(tmp_path: Path) -> None:
    def run(*words: object) -> dict[str, Any]:
        command = [sys.executable, str(ROOT / "bench" / "ours.py"), *map(str, words)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=240)
        assert done.returncode == 0, done.stderr
        found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])["found"]
        return found

    program = "import sys, twins, pathlib; print(twins.write(pathlib.Path(sys.argv[1]), 1000))"
    written = subprocess.run([sys.executable, "-c", program, tmp_path], cwd=ROOT / "bench", check=True,
                             capture_output=True, text=True)  # fmt: skip
    folder = Path(written.stdout.strip())
    sides = []
    for side in ("A", "B"):
        rows = [row for file in sorted((folder / side).glob("*.json")) for row in json.loads(file.read_bytes())]
        sides.append({row["id"]: {name: row[name] for name in FIELDS} for row in rows})
    a, b = sides
    state = tmp_path / "state.db"
    run("diff-state", 1000, state, folder)
    found = run("diff", state, folder)
    new, lonely = a.keys() - b.keys(), b.keys() - a.keys()
    gone = {id for id in lonely if int(id) <= 1000}
    differ = [id for id in a.keys() & b.keys() if a[id] != b[id]]
    assert (found["create"], found["retire"]) == (len(new), len(gone)) == (2, 1)
    assert found["update"] == len(differ) == 16
    # What only the desk has is asked about, and so is each record that changed on both sides.
    assert found["issues"] == len(lonely - gone) + 1


def test_balances_are_those_of_the_lines_that_the_peer_is_given(tmp_path: Path) -> None:
    def run(*words: object) -> Any:
        command = [sys.executable, str(ROOT / "bench" / "movements.py"), *map(str, words)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=240)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout.splitlines()[-1])["found"]

    run("write", tmp_path, 3000)
    sums: list[dict[tuple[int, ...], int]] = []
    for side in ("book", "desk"):
        given = np.load(tmp_path / f"{side}.npz")
        found: dict[tuple[int, ...], int] = {}
        for *key, quantity in zip(*(given[name].tolist() for name in ("item", "place", "quantity")), strict=True):
            found[tuple(key)] = found.get(tuple(key), 0) + quantity
        sums.append(found)
    book, desk = sums
    spots = book.keys() | desk.keys()
    differ = [key for key in spots if book.get(key, 0) != desk.get(key, 0)]
    assert differ
    assert run("balances", tmp_path) == {"spots": len(spots), "differ": len(differ)}


def test_an_unknown_name_is_refused() -> None:
    done = subprocess.run([sys.executable, str(ROOT / "bench"), "speed"], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "no such bench: speed" in done.stderr
