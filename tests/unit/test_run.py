"""`run` on a machine without Python: it installs only where nobody can be asked and it may, else it prints the line."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

TOOLS = ("sh", "cat", "cksum", "dirname", "rm", "mkdir", "printf")


@dataclass(frozen=True)
class Machine:
    """A folder with `run` in it and a PATH on which there is no Python; calls of apt-get and sudo are noted."""

    home: Path

    def run(self, *arguments: str, uid: int = 1000, ci: bool = False) -> subprocess.CompletedProcess[str]:
        self.program("id", f"echo {uid}")
        environment = {"PATH": str(self.home / "bin"), "CI": "true"} if ci else {"PATH": str(self.home / "bin")}
        return subprocess.run(
            [str(self.home / "run"), *arguments],
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    def program(self, name: str, body: str) -> None:
        path = self.home / "bin" / name
        path.write_text(f"#!/bin/sh\n{body}\n", "utf-8")
        path.chmod(path.stat().st_mode | stat.S_IEXEC)

    def calls(self) -> str:
        log = self.home / "calls"
        return log.read_text("utf-8") if log.exists() else ""


@pytest.fixture
def machine(root: Path, tmp_path: Path) -> Machine:
    (tmp_path / "bin").mkdir()
    for name in TOOLS:
        (tmp_path / "bin" / name).symlink_to(shutil.which(name) or "/bin/" + name)
    shutil.copy(root / "run", tmp_path / "run")
    shutil.copy(root / "pyproject.toml", tmp_path / "pyproject.toml")
    made = Machine(tmp_path)
    made.program("apt-get", f'echo "apt-get $*" >>{tmp_path}/calls')
    made.program("sudo", f'echo "sudo $1" >>{tmp_path}/calls; exec "$@"')
    return made


def test_prints_the_line_and_installs_nothing_without_leave(machine: Machine) -> None:
    done = machine.run("demo")
    assert done.returncode == 1
    assert "apt-get install -y --no-install-recommends python3 python3-venv" in done.stderr
    assert machine.calls() == ""


def test_installs_as_root_without_a_terminal(machine: Machine) -> None:
    done = machine.run("test", uid=0)
    assert "apt-get update -qq\napt-get install" in machine.calls()
    assert "python3-venv" in machine.calls()
    assert "sudo" not in machine.calls()
    assert done.returncode != 0, "the false apt-get brought no Python"


def test_installs_in_ci_with_sudo(machine: Machine) -> None:
    machine.run("test", ci=True)
    assert machine.calls().startswith("sudo sh\napt-get update -qq\napt-get install")


def test_says_what_is_needed_without_apt(machine: Machine) -> None:
    (machine.home / "bin" / "apt-get").unlink()
    done = machine.run("demo", uid=0)
    assert done.returncode == 1
    assert "Python 3.11" in done.stderr


@pytest.mark.parametrize(("arguments", "code"), [(("nonsense",), 2), (("help",), 0), ((), 0)])
def test_tells_its_commands(machine: Machine, arguments: tuple[str, ...], code: int) -> None:
    done = machine.run(*arguments)
    assert done.returncode == code
    shown = done.stdout + done.stderr
    assert [word for word in ("demo", "test", "check", "laws", "acceptance") if word not in shown] == []


def test_is_executable(root: Path) -> None:
    assert os.access(root / "run", os.X_OK)
    assert os.access(root / ".ci" / "run", os.X_OK)
