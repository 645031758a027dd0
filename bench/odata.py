"""Reading a 1C catalogue of 100,000 rows: uchet against the Python clients for 1C and against bare requests.

``python bench/odata.py [--size N] [--runs N] [--folder PATH] [--json]``; needs nothing running. The emulator makes the
rows once; a small server then hands out the same bytes to every client, page by page, so that what is timed is the
client; once more with ``DELAY`` before each answer, as a base that works for it. Each client is a process of its own,
in turns; medians count. The clients are installed in an environment of their own (``PyOData1C==0.0.9``,
``python-1c-odata==0.6.0``). Peak memory is that of the process.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import venv
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import odata_clients
from child import Figure, run
from odata_clients import CLIENTS, PYODATA, PYTHON_1C
from odata_tape import serve

SCRIPT = Path(__file__).name
PEERS = ("PyOData1C==0.0.9", "python-1c-odata==0.6.0")
#: Seconds that 1C takes for an answer where it is played to be slow.
DELAY = 0.1
OWN, FOUR = "uchet as it comes", "uchet on 4 connections"
#: Who is compared with whom: pages of 1,000 with the same, what is given no setting with the same.
PAIRS = (("uchet", PYODATA), ("uchet", PYTHON_1C), (OWN, f"{PYTHON_1C} as it comes"))
SLOW_PAIRS = ((FOUR, PYODATA), (FOUR, PYTHON_1C), (OWN, f"{PYTHON_1C} as it comes"))

# --- the harness


def peers(folder: Path) -> Path:
    """Python of an environment with the peers in it, made once."""
    python = folder / "bin" / "python"
    if not (folder / "ready").exists():
        venv.create(folder, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "-q", *PEERS], check=True)
        (folder / "ready").touch()
    return python


class Server:
    """The tape in a process of its own."""

    def __init__(self, size: int, changes: int) -> None:
        words = [sys.executable, __file__, "serve", str(size), str(changes)]
        self._process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.address = self._line()

    def _line(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline().strip()
        if not line:
            raise RuntimeError("the server did not start")
        return line

    def ask(self, what: str) -> tuple[int, int]:
        """Requests answered and bytes sent so far; ``change`` changes rows first."""
        assert self._process.stdin is not None
        self._process.stdin.write(what + "\n")
        self._process.stdin.flush()
        requests, sent = json.loads(self._line())
        return requests, sent

    def stop(self) -> None:
        """End it."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(30)


def measure(size: int, runs: int, folder: Path) -> dict[str, Any]:
    """All figures of one size: seconds, peaks, rows, and what a version scan costs when 1 % has changed."""
    python = peers(folder / "peers")
    server = Server(size, max(1, size // 100))
    out: dict[str, Any] = {"size": size, "runs": runs}
    try:
        _rounds(server, python, 1)  # the server makes each client's listing when first asked
        out["clients"] = {n: _summed(f, size) for n, f in _rounds(server, python, runs).items()}
        server.ask(f"delay {DELAY}")
        out["slow"] = {n: _summed(f, size) for n, f in _rounds(server, python, 1).items()}
        server.ask("delay 0")
        out["scan"] = _scan(server, size)
    finally:
        server.stop()
    return out


def _rounds(server: Server, python: Path, runs: int) -> dict[str, list[Figure]]:
    """Every client in turns."""
    taken: dict[str, list[Figure]] = {name: [] for name in CLIENTS}
    for _ in range(runs):
        for name in CLIENTS:
            own = name.split()[0] in ("uchet", "bare")
            taken[name].append(run(SCRIPT, name, server.address, python=sys.executable if own else str(python)))
    return taken


def _summed(figures: Sequence[Figure], size: int) -> dict[str, Any]:
    """Medians of one client's runs. Raises ``RuntimeError`` for one that did not read every row."""
    if any(f.found != size for f in figures):
        raise RuntimeError(f"{size} rows were to be read: {figures}")
    cpu = [f.cpu for f in figures]
    return {
        "seconds": statistics.median(f.work for f in figures),
        "cpu": statistics.median(cpu),
        "range": [min(cpu), max(cpu)],
        "peak": statistics.median(f.peak for f in figures),
    }


def _scan(server: Server, size: int) -> dict[str, int]:
    """Bytes and requests of a full reading and of the version scan after 1 % has changed."""
    with TemporaryDirectory() as cache:
        at = server.ask("count")
        run(SCRIPT, "uchet", server.address)
        full = server.ask("count")
        run(SCRIPT, "uchet", server.address, cache)
        server.ask("change")
        before = server.ask("count")
        run(SCRIPT, "uchet", server.address, cache)
        after = server.ask("count")
    return {
        "changed": len(range(0, size, max(1, size // max(1, size // 100)))),
        "full_requests": full[0] - at[0],
        "full_bytes": full[1] - at[1],
        "scan_requests": after[0] - before[0],
        "scan_bytes": after[1] - before[1],
    }


Goal = tuple[str, float, float, str, str, bool]


def goals(found: dict[str, Any]) -> Iterator[Goal]:
    """Name, figure, goal, unit, both sides in words, and whether the figure must be at least the goal.

    Where answers come from memory, clients are compared by their own processor time: a wall clock on a busy machine
    measures the neighbours. Where each answer is waited for, as one of 1C is, they are compared by the clock.
    """
    clients, slow, scan = found["clients"], found["slow"], found["scan"]
    for ours, theirs in PAIRS:
        name = theirs.replace(" ", "-")
        yield name, clients[theirs]["cpu"] / clients[ours]["cpu"], 3.0, "x", _both(clients, ours, theirs), True
    for ours, theirs in SLOW_PAIRS:
        name = f"clock.{theirs.replace(' ', '-')}"
        yield name, slow[theirs]["seconds"] / slow[ours]["seconds"], 3.0, "x", _both(slow, ours, theirs), True
    bare = clients["bare"]
    yield "bare", clients["uchet"]["cpu"] / bare["cpu"], 1.3, "x", _both(clients, "uchet", "bare"), False
    yield "memory", clients["uchet"]["peak"] / bare["peak"], 2.0, "x", "peak against bare requests", False
    tail = f"{scan['changed']} changed: {scan['scan_requests']} requests, {scan['scan_bytes']} bytes"
    whole = f"full {scan['full_requests']} and {scan['full_bytes']}"
    yield "scan", scan["scan_bytes"] / scan["full_bytes"], 0.2, "", f"{tail}; {whole}", False


def _both(clients: dict[str, Any], *names: str) -> str:
    return " ".join(_told(name.replace(" ", "-"), clients[name]) for name in names)


def _told(name: str, client: dict[str, Any]) -> str:
    low, high = client["range"]
    return f"{name}={client['cpu']:.2f}s[{low:.2f}-{high:.2f}] (wall {client['seconds']:.2f}s) {client['peak']:.0f}MiB"


def line(goal: Goal) -> tuple[str, bool]:
    """One line for a goal, and whether it is met."""
    name, figure, wanted, unit, sides, least = goal
    ok = figure >= wanted if least else figure <= wanted
    sign = ">=" if least else "<="
    told = f"figure={figure:.3g}{unit} goal={sign}{wanted:.3g}{unit} {'ok' if ok else 'MISS'} {sides}"
    return f"bench odata.{name} {told}", ok


def main(arguments: Sequence[str] | None = None) -> int:
    """Print a line per goal; 1 if one is missed."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    if words and words[0] == "serve":
        serve(int(words[1]), int(words[2]))
        return 0
    if words and words[0] in CLIENTS:
        odata_clients.child(*words)
        return 0
    parser = argparse.ArgumentParser(prog="bench/odata.py", description=__doc__)
    parser.add_argument("--size", type=int, default=100_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--folder", type=Path, default=Path(sys.prefix) / "bench")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(words)
    options.folder.mkdir(parents=True, exist_ok=True)
    found = measure(options.size, options.runs, options.folder)
    if options.json:
        print(json.dumps(found, ensure_ascii=False, indent=2))
    told = [line(goal) for goal in goals(found)]
    for text, _ in told:
        print(text)
    return 0 if all(ok for _, ok in told) else 1


if __name__ == "__main__":
    sys.exit(main())
