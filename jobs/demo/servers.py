"""Both systems of the demo as processes of their own: made in a folder, started on loopback, stopped again.

They are separate processes so that a client that is killed leaves them standing, as real servers would, and so that
the folder (1C's state file, the tracker, our settings) can be copied while they are down: a copy is the same company.
"""

from __future__ import annotations

import os
import secrets
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import IO, Literal, Self

import requests

from ...emulator.server import Emulator
from ...errors import Fatal
from .book import fill_book
from .company import Company, Size, make_company
from .desks import PASSWORDS, ROUNDUP, DemoDesk
from .people import ZONE, Accountant, Specialist

__all__ = ["BASE", "BOOKS", "PASSWORDS", "Ports", "Servers", "free_port", "free_ports", "prepare", "settle"]

#: The name of the base in 1C's address.
BASE = "demo"
BOOK_LOGIN = ("Обмен uchet", "demo-1c")

#: How the books are read: all by OData, or what an exchange node is sent by EnterpriseData and the rest by OData.
BookWay = Literal["odata", "soap"]
BOOKS: tuple[BookWay, ...] = ("odata", "soap")
#: What a base of the second sort does not publish by OData.
BY_NODE = ("Catalog_Номенклатура", "Catalog_Склады")
_NODE = "uchet"

_STATE = "onec.db"
_DESK = "desk"
_WAIT = 60.0


@dataclass(frozen=True, slots=True)
class Ports:
    book: int
    desk: int


def free_ports() -> Ports:
    """Two ports that nobody listens on now, below those that systems lend to outgoing connections: a server that is
    stopped and started again must find its port still free."""
    return Ports(*(free_port() for _ in range(2)))


def free_port() -> int:
    for _ in range(200):
        port = 20_000 + secrets.randbelow(12_000)
        with socket.socket() as trial:
            try:
                trial.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise Fatal("demo_ports", "The demo found no free port on 127.0.0.1.")


def prepare(
    folder: Path,
    size: Size | int,
    number: int,
    ports: Ports,
    today: date,
    desk: DemoDesk = ROUNDUP,
    book: BookWay = "odata",
) -> Company:
    """Make both systems of company ``number`` in ``folder`` (created; must be empty) and the settings beside them."""
    company = make_company(size, number, today=today)
    settle(folder, company, ports, desk, book)
    return company


def settle(folder: Path, company: Company, ports: Ports, desk: DemoDesk = ROUNDUP, book: BookWay = "odata") -> None:
    """Both systems of ``company`` in ``folder`` (created; must be empty) and the settings beside them."""
    folder.mkdir(parents=True, exist_ok=True)
    base = Emulator(base=BASE, state=folder / _STATE, user=BOOK_LOGIN[0], password=BOOK_LOGIN[1])
    try:
        fill_book(base.world, company)
        if book == "soap":
            base.world.unpublish(*BY_NODE)
            base.soap.exchange.add_node(_NODE)
    finally:
        base.stop()
    desk.fill(folder / _DESK, ports.desk, company)
    (folder / "uchet.toml").write_text(_settings(ports, desk, book), encoding="utf-8")


def _settings(ports: Ports, desk: DemoDesk, book: BookWay) -> str:
    node = f'\n[book.extra]\nexchange_node = "{_NODE}"\npoll = 0.2\n' if book == "soap" else ""
    return f"""\
# Settings of the demo. Its passwords are known to everybody; yours belong into the environment or the keyring.
language = "ru"
state = "uchet.db"
pair = "demo"
allow_password_in_file = true

[book]
connector = "onec"
mapping = "bp30"
url = "http://127.0.0.1:{ports.book}/{BASE}"
user = "{BOOK_LOGIN[0]}"
password = "{BOOK_LOGIN[1]}"
zone = "{ZONE}"
{node}
[desk]
connector = "{desk.name}"
mapping = "{desk.name}"
url = "http://127.0.0.1:{ports.desk}"
user = "uchet"
password = "{desk.password}"
"""


class Servers:
    """1C and the desk of ``folder``, running. A context manager; ``stop`` may be called twice."""

    def __init__(self, folder: Path, ports: Ports, desk: DemoDesk = ROUNDUP) -> None:
        self.folder = folder
        self.desk = desk
        self.ports = ports
        self._running: list[subprocess.Popen[bytes]] = []
        self._logs: list[IO[bytes]] = []

    @property
    def book_url(self) -> str:
        return f"http://127.0.0.1:{self.ports.book}/{BASE}/odata/standard.odata"

    @property
    def desk_url(self) -> str:
        return f"http://127.0.0.1:{self.ports.desk}/"

    @property
    def settings(self) -> Path:
        return self.folder / "uchet.toml"

    def accountant(self) -> Accountant:
        return Accountant(self.book_url, *BOOK_LOGIN)

    def specialist(self) -> Specialist:
        """Somebody of IT support."""
        return self.desk.specialist(self.desk_url)

    def start(self) -> Self:
        """Start both and wait until they answer. Raises ``Fatal`` with the end of the server's log where one dies."""
        root = __package__.removesuffix(".jobs.demo")
        state = str(self.folder / _STATE)
        book = ("-m", f"{__package__}.onec", state, str(self.ports.book), BASE, *BOOK_LOGIN)
        desk = ("-m", f"{root}.{self.desk.server}", str(self.folder / _DESK), str(self.ports.desk))
        try:
            for name, command in (("onec", book), ("desk", desk)):
                self._run(name, command)
            self._wait("onec", self._running[0], f"{self.book_url}/")
            self._wait("desk", self._running[1], self.desk_url)
        except BaseException:
            self.stop()
            raise
        return self

    def _run(self, name: str, command: tuple[str, ...]) -> None:
        log = (self.folder / f"{name}.log").open("ab")
        self._logs.append(log)
        self._running.append(
            subprocess.Popen(
                (sys.executable, *command),
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                env={**os.environ, "TZ": ZONE},
            )
        )

    def _wait(self, name: str, process: subprocess.Popen[bytes], address: str) -> None:
        until = time.monotonic() + _WAIT
        with requests.Session() as http:
            http.trust_env = False
            if name == "onec":
                http.auth = (BOOK_LOGIN[0].encode(), BOOK_LOGIN[1].encode())  # type: ignore[assignment]
            while time.monotonic() < until and process.poll() is None:
                try:
                    if http.get(address, timeout=2).status_code < 500:
                        return
                except requests.RequestException:
                    time.sleep(0.05)
        tail = (self.folder / f"{name}.log").read_text(encoding="utf-8", errors="replace")[-2000:]
        raise Fatal("demo_server", "The demo's server {name} does not answer.", name=name, evidence={"log": tail})

    def stop(self) -> None:
        """End both; what they keep stays in the folder."""
        for process in self._running:
            process.terminate()
        for process in self._running:
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        for log in self._logs:
            log.close()
        self._running, self._logs = [], []

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *error: object) -> None:
        self.stop()
