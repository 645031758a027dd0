"""The harness of ``./run bench`` at a small size: it measures what it says it measures. Its figures prove nothing."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
#: The small kinds of the company on paper, both sides together.
SMALL = 148


def test_one_line_per_goal_with_both_sides(tmp_path: Path) -> None:
    words = [sys.executable, str(ROOT / "bench"), "first-load", "nochange", "--scale", "0.001", "--runs", "1"]
    done = subprocess.run([*words, "--folder", str(tmp_path)], capture_output=True, text=True, check=False, timeout=240)
    assert "Traceback" not in done.stderr, done.stderr
    lines = done.stdout.splitlines()
    form = re.compile(r"bench (\S+) figure=\S+ goal=\S+ (?:ok|MISS) uchet=[\d.]+s\S* cpu=\S+ \+\d+MiB of \d+MiB .*")
    names = [found[1] for line in lines if (found := form.fullmatch(line))]
    assert names == ["first-load", "nochange", "nochange-ordinary"], lines
    assert all(re.search(r"(orm|typed|plain)=[\d.]+s", line) for line in lines)
    # 100 things on each side were read whole by the engine, and nothing was found to do.
    assert f"'outcome': 'clean', 'reads': {200 + SMALL}, 'writes': 0, 'issues': 0" in lines[1]


def test_an_unknown_name_is_refused() -> None:
    done = subprocess.run([sys.executable, str(ROOT / "bench"), "speed"], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "no such bench: speed" in done.stderr
