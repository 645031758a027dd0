"""``uchet init`` and ``uchet check`` with a Request Tracker that lacks what uchet needs, then with one that has it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from rt_server import raised

from uchet.connectors.rt.server import insert
from uchet.emulator.server import Emulator

LOGIN, PASSWORD = "exchange", "exchange-secret-4471"


def uchet(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("UCHET_")}
    secrets = {"UCHET_BOOK_PASSWORD": "book-secret", "UCHET_DESK_PASSWORD": PASSWORD}
    return subprocess.run(
        (sys.executable, "-m", "uchet", *words), cwd=folder, env={**kept, **secrets}, stdin=subprocess.DEVNULL,
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


def test_init_writes_what_an_administrator_must_load_and_check_is_content_afterwards(tmp_path: Path) -> None:
    with raised("sqlite") as desk, Emulator(user="Обмен", password="book-secret") as book:
        words = ["init", "--book-url", book.url, "--book-user", "Обмен", "--desk-connector", "rt"]
        words += ["--desk-mapping", "rt", "--desk-url", desk.url, "--desk-user", LOGIN]
        first = uchet(tmp_path, *words)
        assert first.returncode == 4, "the account is not there yet"
        file = tmp_path / "uchet-rt.initialdata"
        assert f"--datafile {file}" in first.stdout + first.stderr
        assert PASSWORD not in file.read_text(encoding="utf-8") + first.stdout + first.stderr
        assert not (tmp_path / "uchet.toml").exists()
        insert(desk.home, file, {"UCHET_DESK_PASSWORD": PASSWORD})
        second = uchet(tmp_path, *words)
        assert second.returncode == 0, second.stdout + second.stderr
        assert "initialdata" not in second.stdout + second.stderr, "nothing is missing any more"
        checked = uchet(tmp_path, "check", "--json")
        sides = {side["side"]: side for side in json.loads(checked.stdout)["sides"]}
    assert sides["desk"]["problems"] == [], checked.stdout
    assert sides["desk"]["product"].startswith("Request Tracker 5")
