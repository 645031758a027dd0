"""Reading a 1C catalogue of 100,000 rows: uchet against the Python clients for 1C and against bare requests.

``python bench/odata.py [--size N] [--runs N] [--folder PATH] [--json]``; needs nothing running. The emulator makes the
rows once; a small server then hands out the same bytes to every client, page by page, so that what is timed is the
client. Each client is a process of its own, in turns; medians count. The clients are installed in an environment of
their own (``PyOData1C==0.0.9``, ``python-1c-odata==0.6.0``). Peak memory is that of the process.
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

from odata_clients import CLIENTS, child
from odata_tape import serve

PEERS = ("PyOData1C==0.0.9", "python-1c-odata==0.6.0")

# --- the harness


def peers(folder: Path) -> Path:
    """Python of an environment with the peers in it, made once."""
    python = folder / "bin" / "python"
    if not (folder / "ready").exists():
        venv.create(folder, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "-q", *PEERS], check=True)
        (folder / "ready").touch()
    return python


Taken = tuple[float, float, float, int]


def run(python: Path | str, *words: str) -> Taken:
    """One client once."""
    done = subprocess.run([str(python), __file__, *words], capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    seconds, cpu, peak, rows = json.loads(done.stdout.strip().splitlines()[-1])
    return seconds, cpu, peak, rows


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
    pythons = {"uchet": sys.executable, "bare": sys.executable}
    out: dict[str, Any] = {"size": size, "runs": runs, "clients": {}}
    try:
        taken: dict[str, list[Taken]] = {name: [] for name in CLIENTS}
        for name in CLIENTS:  # the server makes each client's listing when first asked
            run(pythons.get(name, python), name, server.address)
        for _ in range(runs):
            for name in CLIENTS:
                taken[name].append(run(pythons.get(name, python), name, server.address))
        for name, figures in taken.items():
            assert all(f[3] == size for f in figures), (name, figures)
            cpu = [f[1] for f in figures]
            out["clients"][name] = {
                "seconds": statistics.median(f[0] for f in figures),
                "cpu": statistics.median(cpu),
                "range": [min(cpu), max(cpu)],
                "peak": statistics.median(f[2] for f in figures),
            }
        out["scan"] = _scan(server, size)
    finally:
        server.stop()
    return out


def _scan(server: Server, size: int) -> dict[str, int]:
    """Bytes and requests of a full reading and of the version scan after 1 % has changed."""
    with TemporaryDirectory() as cache:
        at = server.ask("count")
        run(sys.executable, "uchet", server.address)
        full = server.ask("count")
        run(sys.executable, "uchet", server.address, cache)
        server.ask("change")
        before = server.ask("count")
        run(sys.executable, "uchet", server.address, cache)
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

    Clients are compared by their own processor time: the server answers them all from memory, and a wall clock on a
    busy machine measures the neighbours.
    """
    clients, scan = found["clients"], found["scan"]
    ours, bare = clients["uchet"], clients["bare"]
    told = {name: _told(name, client) for name, client in clients.items()}
    for name in (n for n in CLIENTS if n not in ("uchet", "bare")):
        yield name, clients[name]["cpu"] / ours["cpu"], 3.0, "x", f"{told['uchet']} {told[name]}", True
    yield "bare", ours["cpu"] / bare["cpu"], 1.3, "x", f"{told['uchet']} {told['bare']}", False
    yield "memory", ours["peak"] / bare["peak"], 2.0, "x", "peak against bare requests", False
    tail = f"{scan['changed']} changed: {scan['scan_requests']} requests, {scan['scan_bytes']} bytes"
    whole = f"full {scan['full_requests']} and {scan['full_bytes']}"
    yield "scan", scan["scan_bytes"] / scan["full_bytes"], 0.2, "", f"{tail}; {whole}", False


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
        child(*words)
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
