"""Reading a 1C catalogue of 100,000 rows: uchet against the Python clients for 1C and against bare requests.

``python bench/odata.py [--size N] [--runs N] [--folder PATH] [--json]``; needs nothing running. The emulator makes the
rows once; a small server then hands out the same bytes to every client, page by page, so that what is timed is the
client. Each client is a process of its own, in turns; medians count. The clients are installed in an environment of
their own (``PyOData1C==0.0.9``, ``python-1c-odata==0.6.0``). Peak memory is that of the process.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import threading
import time
import uuid
import venv
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import parse_qs, quote, unquote, urlsplit

PEERS = ("PyOData1C==0.0.9", "python-1c-odata==0.6.0")
SET = "Catalog_ОсновныеСредства"
FIELDS = (
    "Ref_Key",
    "DataVersion",
    "DeletionMark",
    "Code",
    "Description",
    "Parent_Key",
    "IsFolder",
    "НаименованиеПолное",
    "Изготовитель",
    "ЗаводскойНомер",
    "НомерПаспорта",
    "ДатаВыпуска",
    "КодПоОКОФ_Key",
    "ГруппаОС",
    "АмортизационнаяГруппа",
    "Комментарий",
    "ТипОС",
    "НедвижимоеИмущество",
    "ЕдиницаУчета",
    "ПрослеживаемыйТовар",
)
PAGE = 1000


# --- the rows and their server


def fill(world: Any, size: int) -> None:
    """``size`` cards."""
    world.put_many(
        SET,
        (
            {
                "Ref_Key": str(uuid.uuid5(uuid.NAMESPACE_OID, f"card {n}")),
                "Code": f"{n:09d}",
                "Description": f"Ноутбук Lenovo ThinkPad {n}",
                "НаименованиеПолное": f"Ноутбук Lenovo ThinkPad T14 Gen 3, инвентарный {n}",
                "Изготовитель": "Lenovo (Beijing) Limited",
                "ЗаводскойНомер": f"PF{n:08X}",
                "ДатаВыпуска": f"2024-{n % 12 + 1:02d}-15T00:00:00",
                "ГруппаОС": "МашиныИОборудованиеКромеОфисного",
                "Комментарий": f"uchet {n}",
            }
            for n in range(size)
        ),
    )


class Tape:
    """Whole listings of the emulator, cut into pages: every client gets the bytes the emulator made."""

    def __init__(self, root: str) -> None:
        self.root = root
        self.requests = self.sent = 0
        self._rows: dict[str, list[bytes]] = {}
        self._metadata = b""
        self._lock = threading.Lock()

    def metadata(self) -> bytes:
        """``$metadata`` as the emulator gives it."""
        import requests

        with self._lock:
            self._metadata = self._metadata or requests.get(f"{self.root}$metadata", timeout=600).content
        return self._metadata

    def rows(self, path: str, query: dict[str, str]) -> list[bytes]:
        """A listing whole, each row as it was printed."""
        import msgspec
        import requests

        asked = {n: v for n, v in query.items() if n in ("$select", "$filter")}
        key = f"{path}?{sorted(asked.items())}"
        with self._lock:
            if key not in self._rows:
                tail = "&".join(f"{n}={quote(v, safe='')}" for n, v in {**asked, "$format": "json"}.items())
                answer = requests.get(f"{self.root}{path}?{tail}&$orderby=Code", timeout=600)
                found = msgspec.json.decode(answer.content, type=dict[str, msgspec.Raw])["value"]
                self._rows[key] = [bytes(row) for row in msgspec.json.decode(found, type=list[msgspec.Raw])]
            return self._rows[key]

    def change(self, some: Callable[[], None]) -> None:
        """Let something change in the base; listings are made anew."""
        some()
        with self._lock:
            self._rows.clear()


@contextmanager
def played(tape: Tape, prefix: str) -> Iterator[str]:
    """The tape over HTTP."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def log_message(self, *_: object) -> None:
            pass

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            query = {n: v[0] for n, v in parse_qs(parts.query, keep_blank_values=True).items()}
            path = unquote(parts.path).partition("/odata/standard.odata")[2].strip("/")
            if path == "$metadata":
                body, kind = tape.metadata(), "application/xml;charset=utf-8"
            else:
                rows = tape.rows(path, query) if path else [json.dumps({"name": SET, "url": SET}).encode()]
                skip, top = int(query.get("$skip", 0)), int(query.get("$top", len(rows) or 1))
                body = b'{"value":[' + b",".join(rows[skip : skip + top]) + b"]}"
                kind = "application/json;charset=utf-8"
            tape.requests += 1
            tape.sent += len(body)
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/{prefix}"
    finally:
        server.shutdown()
        server.server_close()


def serve(size: int, changes: int) -> None:
    """Child: raise the emulator and the tape, print the address, then change rows when told to by a line."""
    from uchet.emulator import Emulator

    with Emulator(base="base") as base:
        fill(base.world, size)
        tape = Tape(base.url)
        with played(tape, "base") as address:
            tape.rows(SET, {})
            tape.rows(SET, {"$select": ",".join(FIELDS)})
            print(address, flush=True)
            for line in sys.stdin:
                if line.strip() == "change":
                    tape.change(lambda: _touch(base.world, size, changes))
                print(json.dumps([tape.requests, tape.sent]), flush=True)


def _touch(world: Any, size: int, changes: int) -> None:
    with world.batch():
        for n in range(0, size, max(1, size // changes)):
            world.edit(SET, str(uuid.uuid5(uuid.NAMESPACE_OID, f"card {n}")), {"Изготовитель": "другой"})


# --- the clients, each as a child of its own


def read_ours(address: str, cache: str = "") -> Callable[[], int]:
    """uchet's connector: pages as the engine takes them; with ``cache`` by version scan."""
    import logging

    import structlog

    from uchet.connectors.base import Query
    from uchet.connectors.onec.odata import OnecConnector

    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    options: dict[str, Any] = {"cache": cache, "changes": {SET: "versions"}} if cache else {}

    def read() -> int:
        connector = OnecConnector(address, page_size=PAGE, **options)
        try:
            return sum(len(page.records) for page in connector.read(Query(SET, FIELDS)))
        finally:
            connector.close()

    return read


def _kinds() -> dict[str, Any]:
    from datetime import datetime

    flags = ("DeletionMark", "IsFolder", "НедвижимоеИмущество", "ПрослеживаемыйТовар")
    return {**dict.fromkeys(flags, bool), "ДатаВыпуска": datetime}


def read_bare(address: str) -> Callable[[], int]:
    """requests with a typed decode, a single pass and no check of anything: the floor."""
    import msgspec
    import requests

    kinds = _kinds()
    row = msgspec.defstruct("Row", [(name, kinds.get(name, str)) for name in FIELDS])
    decoder = msgspec.json.Decoder(msgspec.defstruct("Page", [("value", list[row])]))

    def read() -> int:
        count = 0
        session = requests.Session()
        session.trust_env = False
        while True:
            query = f"$select={quote(','.join(FIELDS))}&$orderby=Code&$top={PAGE}&$skip={count}"
            answer = session.get(f"{address}/odata/standard.odata/{quote(SET)}?{query}", timeout=60)
            rows = decoder.decode(answer.content).value
            count += len(rows)
            if len(rows) < PAGE:
                return count

    return read


def read_pyodata1c(address: str) -> Callable[[], int]:
    """PyOData1C as its manual shows it: a model, and pages by top and skip (it has no loop of its own)."""
    import pydantic
    import requests
    from PyOData1C.http import Connection
    from PyOData1C.models import ODataModel
    from PyOData1C.odata import OData

    kinds = {**_kinds(), "Ref_Key": uuid.UUID}
    fields = {f"f{n}": (kinds.get(name, str), pydantic.Field(alias=name)) for n, name in enumerate(FIELDS)}
    model = pydantic.create_model("Card", __base__=ODataModel, **fields)  # type: ignore[call-overload]
    cards = type("Cards", (OData,), {"database": "base", "entity_model": model, "entity_name": SET})
    login = requests.auth.HTTPBasicAuth("u", "p")

    def read() -> int:
        count = 0
        with Connection(host=urlsplit(address).netloc, protocol="http", authentication=login) as connection:
            connection._session.trust_env = False
            while True:
                rows = cards.manager(connection).skip(count).top(PAGE).all()
                count += len(rows)
                if len(rows) < PAGE:
                    return count

    return read


def read_python_1c_odata(address: str, page: int = PAGE) -> Callable[[], int]:
    """python-1c-odata: its asynchronous iteration over a catalogue, plain dicts and no types."""
    import asyncio

    from python_1c_odata import Catalog, Infobase

    parts = urlsplit(address)

    async def read() -> int:
        async with Infobase(f"{parts.scheme}://{parts.netloc}", "base", "u", "p") as base:
            count = 0
            catalog = Catalog(base, SET.partition("_")[2])
            async for _ in catalog.iterate(page_size=page, select=list(FIELDS), orderby="Code"):
                count += 1
            return count

    return lambda: asyncio.run(read())


#: Each imports what it needs and returns what is timed.
CLIENTS: dict[str, Callable[..., Callable[[], int]]] = {
    "uchet": read_ours,
    "bare": read_bare,
    "PyOData1C": read_pyodata1c,
    "python-1c-odata": read_python_1c_odata,
    "python-1c-odata, its own page size of 100": lambda address: read_python_1c_odata(address, 100),
}


def child(name: str, *arguments: str) -> None:
    """Child: read once and print seconds, seconds of its own processor time, peak MiB and rows."""
    read = CLIENTS[name](*arguments)
    started, worked = time.perf_counter(), time.process_time()
    rows = read()
    seconds, cpu = time.perf_counter() - started, time.process_time() - worked
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps([seconds, cpu, peak, rows]))


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
