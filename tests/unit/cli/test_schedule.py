"""``uchet schedule`` as a process: it says when the next run is due, and SIGTERM ends it in peace."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path


def test_schedule_runs_until_sigterm(file: Path) -> None:
    command = [sys.executable, "-P", "-m", "uchet", "schedule", "--settings", str(file), "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ}) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(4)]
        process.send_signal(signal.SIGTERM)
        code = process.wait(timeout=30)
    assert '"job": "nightly@main"' in "".join(lines)
    assert '"next": "' in "".join(lines)
    assert code == 0


def test_python_m_uchet_works_inside_the_checkout(root: Path) -> None:
    """Nothing at the root of the checkout may hide a module of the standard library."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONSAFEPATH"}
    command = [sys.executable, "-m", "uchet", "addons", "list", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=root, env=environment, timeout=60)
    assert done.returncode == 0, done.stderr
    assert '"onec"' in done.stdout
