"""The wheel as a newcomer without the repository has it: built from a copy of the tree, installed by itself."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

__all__ = ["build", "called", "install"]


def build(root: Path, base: Path) -> Path:
    """A folder with the sdist, and the wheel made from that sdist, of a copy of the tree."""
    copy = base / "copy"
    ignore = shutil.ignore_patterns(".*", "__pycache__", "*.egg-info", "build", "dist", "tests", "docs", "bench")
    shutil.copytree(root, copy, ignore=ignore)
    out = base / "out"
    made = subprocess.run(
        [sys.executable, "-P", "-m", "build", "--no-isolation", "--outdir", str(out), str(copy)],
        cwd=base,
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0, made.stdout + made.stderr
    return out


def install(wheel: Path, home: Path) -> Path:
    """``home``, a new virtual environment with the wheel in it.

    Its libraries are those of the environment the tests run in, lent through a ``.pth`` file: a folder named there is
    put on the path, but the ``.pth`` of our editable install inside that folder is not read.
    """
    venv.create(home, with_pip=False, symlinks=True)
    pip = [sys.executable, "-P", "-m", "pip", "--disable-pip-version-check", "--python", str(home / "bin" / "python")]
    subprocess.run([*pip, "install", "--quiet", "--no-deps", "--no-index", str(wheel)], cwd=home, check=True)
    packages = next(home.glob("lib/python*/site-packages"))
    libraries = next(path for path in sys.path if path.endswith("site-packages"))
    (packages / "libraries.pth").write_text(libraries, "utf-8")
    return home


def called(home: Path, program: str, *arguments: str, given: str = "", **environment: str) -> str:
    """What a program of the virtual environment ``home`` prints, started outside the checkout."""
    done = subprocess.run(
        [str(home / "bin" / program), *arguments],
        cwd=home,
        env={"PATH": os.environ["PATH"], "HOME": str(home), "LANG": "C.UTF-8", **environment},
        input=given,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
