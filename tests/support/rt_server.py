"""A Request Tracker 5 on loopback out of Debian's packages, on SQLite or PostgreSQL, for tests and to try things out.

By hand, until Ctrl-C: ``.venv/bin/python tests/support/rt_server.py [sqlite|postgres] [PORT]``.

Where the packages are missing, tests that need an RT are reported as not run, and fail in CI (``./run test`` installs
them there). An installed RT is copied rather than set up again: three seconds once for a session and database.
"""

from __future__ import annotations

import atexit
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

import pytest

from uchet.connectors.rt.server import Database, Desk, install, installed
from uchet.jobs.demo.servers import free_port

__all__ = ["DATABASES", "PASSWORDS", "folder", "fresh", "raised", "requires_rt"]

DATABASES: tuple[Database, ...] = ("sqlite", "postgres")
#: ASCII: RT takes no other password over Basic.
PASSWORDS = {"root": "root-secret-5512", "uchet": "desk-secret-9137"}
#: Where big trees may lie in memory: a test's RT does not have to outlive the machine.
SHM = Path("/dev/shm")


@contextmanager
def folder() -> Iterator[Path]:
    """An empty folder that other users may pass through: PostgreSQL does not run as root, and root's own are closed."""
    path = Path(tempfile.mkdtemp(prefix="uchet-rt-", dir=SHM if os.access(SHM, os.W_OK) else None))
    path.chmod(0o711)
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def requires_rt(database: Database = "sqlite") -> None:
    """Skip the test (in CI: fail it) where there is nothing to raise."""
    if not installed(database):
        pytest.skip("needs Debian's packages of Request Tracker 5 (./run test installs them)")


@cache
def _kept() -> Path:
    """Freshly installed RTs of this process, removed at its end."""
    path = Path(tempfile.mkdtemp(prefix="uchet-rt-new-", dir=SHM if os.access(SHM, os.W_OK) else None))
    path.chmod(0o711)
    atexit.register(shutil.rmtree, path, ignore_errors=True)
    return path


def fresh(home: Path, database: Database) -> None:
    """An RT in ``home`` as after ``install``, not running."""
    origin = _kept() / database
    if not origin.exists():
        install(origin, passwords=PASSWORDS, database=database, approvers=())
    shutil.copytree(origin, home, ignore=shutil.ignore_patterns("mason", "session", "run"))


@contextmanager
def raised(database: Database, port: int = 0) -> Iterator[Desk]:
    """A new RT, running."""
    requires_rt(database)
    with folder() as place:
        fresh(place / "rt", database)
        with Desk(place / "rt", port or free_port()) as desk:
            yield desk


if __name__ == "__main__":
    chosen: Database = "postgres" if "postgres" in sys.argv[1:] else "sqlite"
    ports = [int(word) for word in sys.argv[1:] if word.isdigit()]
    with raised(chosen, *ports) as running:
        print(f"{running.url}  root / {PASSWORDS['root']}, uchet / {PASSWORDS['uchet']}", flush=True)
        with suppress(KeyboardInterrupt):
            running.wait()
