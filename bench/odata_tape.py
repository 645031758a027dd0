"""A catalogue of 1C as the emulator prints it, handed out page by page from memory: what is timed is the client.

Run by ``bench/odata.py`` as a process of its own.
"""

from __future__ import annotations

import json
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, quote, unquote, urlsplit

from odata_clients import FIELDS, SET


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
        #: Seconds that every answer is waited for.
        self.delay = 0.0
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
            time.sleep(tape.delay)
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
    """Child: raise the emulator and the tape and print the address; then ``change`` rows, ``delay SECONDS`` every
    answer or nothing but ``count``, as lines tell."""
    from uchet.emulator import Emulator

    with Emulator(base="base") as base:
        fill(base.world, size)
        tape = Tape(base.url)
        with played(tape, "base") as address:
            tape.rows(SET, {})
            tape.rows(SET, {"$select": ",".join(FIELDS)})
            print(address, flush=True)
            for line in sys.stdin:
                word, *rest = line.split()
                if word == "change":
                    tape.change(lambda: _touch(base.world, size, changes))
                elif word == "delay":
                    tape.delay = float(rest[0])
                print(json.dumps([tape.requests, tape.sent]), flush=True)


def _touch(world: Any, size: int, changes: int) -> None:
    with world.batch():
        for n in range(0, size, max(1, size // changes)):
            world.edit(SET, str(uuid.uuid5(uuid.NAMESPACE_OID, f"card {n}")), {"Изготовитель": "другой"})
