"""What the benchmarks share: the folder of pages, servers on paper, prepared states, and peers' environments."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import child
import paper
import twins

HERE = Path(__file__).parent
FLOOD = HERE.parent / "tests" / "support" / "flood.py"


@dataclass(frozen=True, slots=True)
class Server:
    """A server on paper; ``log`` holds the addresses asked for since it started."""

    port: str

    def log(self, target: Path) -> Path:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/log", timeout=60) as answer:
            target.write_bytes(answer.read())
        return target


@dataclass(frozen=True, slots=True)
class Stage:
    """``folder`` keeps pages and peers' environments between calls; of ``runs`` repetitions the median counts."""

    folder: Path
    runs: int

    def path(self, name: str) -> Path:
        return self.folder / name

    @contextmanager
    def server(self, n: int, *, changed: bool = False, delay_ms: int = 0) -> Iterator[Server]:
        pages = paper.write(self.folder, n, changed)
        port_file = self.path("port")
        port_file.unlink(missing_ok=True)
        words = [sys.executable, str(HERE / "paper.py"), str(pages), str(n), str(port_file), str(delay_ms), self.port()]
        process = subprocess.Popen(words)
        try:
            yield Server(_port(port_file, process))
        finally:
            process.terminate()
            process.wait()

    def port(self) -> str:
        """The port of all servers of this folder: the address is part of a side's identity, which a state remembers."""
        kept = self.path("port-number")
        if not kept.exists():
            with socket.socket() as free:
                free.bind(("127.0.0.1", 0))
                kept.write_text(str(free.getsockname()[1]))
        return kept.read_text()

    def state(self, n: int) -> Path:
        """The state of a pair of N linked and agreed things that one run has found quiet."""
        kept = self.path(f"state-{n}.db")
        done = self.path(f"state-{n}.done")
        if not done.exists():
            _remove(kept)
            with self.server(n) as server:
                child.run("ours.py", "prepare", n, kept, server.port)
            done.touch()
        return kept

    def twins(self, n: int) -> tuple[Path, Path]:
        """The state and the folder of pages of the three-way diff."""
        folder = twins.write(self.folder, n)
        kept = self.path(f"twins-{n}.db")
        done = self.path(f"twins-{n}.done")
        if not done.exists():
            _remove(kept)
            child.run("ours.py", "diff-state", n, kept, folder)
            done.touch()
        return kept, folder

    def movements(self, n: int) -> Path:
        """The folder with N movement lines a side: in uchet's store, and in the files of the peer's engines."""
        folder = self.path(f"movements-{n}")
        if not (folder / "done").exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            child.run("movements.py", "write", folder, n)
            child.run("peer_balances.py", "convert", folder, python=self.peer("datacompy"))
            (folder / "done").touch()
        return folder

    def copy(self, state: Path) -> Path:
        """A copy of a state, so that every repetition starts from the same."""
        target = self.path("work.db")
        _remove(target)
        for part in _parts(state):
            shutil.copy(part, target.with_name(part.name.replace(state.name, target.name)))
        return target

    def flood(self, n: int) -> Path:
        """A company on whose desk N movements were recorded since last night; made anew, for a night uses it up."""
        folder = self.path("flood")
        shutil.rmtree(folder, ignore_errors=True)
        subprocess.run([sys.executable, str(FLOOD), "build", str(folder), str(n), str(max(20, n // 100))], check=True)
        return folder

    @contextmanager
    def served(self, folder: Path) -> Iterator[tuple[str, str]]:
        """Its two sides in a process of their own: the addresses of the emulated 1C and of Roundup."""
        words = [sys.executable, str(FLOOD), "serve", str(folder)]
        process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
        try:
            book, desk = json.loads(process.stdout.readline() if process.stdout else "")
            yield book, desk
        finally:
            process.terminate()
            process.wait()

    def empty(self) -> Path:
        target = self.path("work.db")
        _remove(target)
        return target

    def peer(self, package: str) -> str:
        """The Python of an environment of the peer's own; made once."""
        place = self.folder / package
        python = place / "bin" / "python"
        if not (place / "done").exists():
            subprocess.run([sys.executable, "-m", "venv", "--clear", str(place)], check=True)
            subprocess.run([str(python), "-m", "pip", "install", "--quiet", package], check=True)
            (place / "done").touch()
        return str(python)


def _port(file: Path, process: subprocess.Popen[bytes]) -> str:
    for _ in range(600):
        if file.exists() and (port := file.read_text()):
            return port
        if process.poll() is not None:
            break
        time.sleep(0.05)
    raise RuntimeError("the server on paper did not start")


def _parts(state: Path) -> list[Path]:
    """The state, what SQLite keeps beside it, and the rows of the last night."""
    return sorted(state.parent.glob(f"{state.name}*"))


def _remove(state: Path) -> None:
    for part in _parts(state):
        part.unlink()
