"""HTTP on loopback: logins, sessions and licences, faults, and the sockets under the service."""

from __future__ import annotations

import base64
import hmac
import socket
import sqlite3
import sys
import threading
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any

from lxml.etree import XMLSyntaxError

from ..errors import Fatal
from . import bp30
from .base import Base, Switches
from .defaults import seed
from .edmx import Model, parse
from .faults import Faults
from .handler import Handler
from .service import Service
from .sessions import Sessions
from .soap.publication import Publication
from .store import Store
from .world import World

__all__ = ["Emulator", "serve"]


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64
    emulator: Emulator

    def __init__(self, address: tuple[str, int]) -> None:
        super().__init__(address, Handler)
        self.open: set[socket.socket] = set()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is no news; anything else is told by the default."""
        if not isinstance(sys.exc_info()[1], (ConnectionError, TimeoutError, OSError)):
            super().handle_error(request, client_address)


class Emulator:
    """A 1C base served at ``url`` (``http://127.0.0.1:PORT/NAME/odata/standard.odata/``); a context manager.

    Its standard web services stand beside it under ``soap.url`` (``…/NAME/ws/``).

    ``metadata`` is the path of any base's ``$metadata``, a described ``Model``, or None: the shipped БП 3.0 subset;
    ``state`` the path of its SQLite file (None: memory). ``switches`` are the fields of ``base.Switches``. The password
    is never printed.
    """

    def __init__(
        self,
        metadata: Path | str | Model | None = None,
        port: int = 0,
        base: str = "base",
        state: Path | str | None = None,
        user: str | None = None,
        password: str | None = None,
        clock: Callable[[], datetime] = datetime.now,
        **switches: Any,
    ) -> None:
        self.name = base
        self.switches = Switches(**switches)
        self.faults = Faults()
        #: OData requests so far, by method.
        self.requests: Counter[str] = Counter()
        self.sessions = Sessions(self.switches)
        model = _model(metadata)
        self._store = _open(state)
        self.base = Base(model, self._store, self.switches, clock, user)
        self.world = World(self.base)
        if metadata is None:
            seed(self.world)
        login = f"{user}:{password or ''}".encode()
        self._login = b"Basic " + base64.b64encode(login) if user is not None else None
        self._server = _bind(port)
        self._server.emulator = self
        self.port = int(self._server.server_address[1])
        self.url = f"http://127.0.0.1:{self.port}/{base}/odata/standard.odata/"
        self.service = Service(self.base, self.url)
        self.soap = Publication(self.base, f"http://127.0.0.1:{self.port}/{base}/ws/")
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Emulator:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def __repr__(self) -> str:
        return f"Emulator({self.url!r})"

    def allowed(self, authorization: str | None) -> bool:
        """Whether a login passes: Basic in UTF-8, compared in constant time."""
        return self._login is None or hmac.compare_digest((authorization or "").encode("latin-1"), self._login)

    def start(self) -> Emulator:
        """Serve in a thread of this process."""
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True, name="emulator")
        self._thread.start()
        return self

    def run(self) -> None:
        """Serve in this thread until interrupted."""
        try:
            self._server.serve_forever(0.2)
        finally:
            self._server.server_close()
            self._store.close()

    def stop(self) -> None:
        """Stop, break what is still connected, close the state."""
        if self._thread is not None:
            self._server.shutdown()
            self._thread.join()
            self._thread = None
        self._server.server_close()
        for connection in list(self._server.open):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue
        self._store.close()


def _model(metadata: Path | str | Model | None) -> Model:
    if metadata is None:
        return bp30.model()
    return metadata if isinstance(metadata, Model) else _load(Path(metadata))


def _load(path: Path) -> Model:
    try:
        model = parse(path.read_bytes())
    except (OSError, XMLSyntaxError) as error:
        raise Fatal(
            "emulator.metadata",
            "The metadata file {path} cannot be read.",
            hint="Save the answer of …/odata/standard.odata/$metadata of a 1C base to a file and name that file.",
            evidence={"error": str(error)},
            path=str(path),
        ) from error
    if not model.sets:
        raise Fatal(
            "emulator.metadata_empty",
            "The metadata file {path} describes no sets.",
            hint="Publish objects for OData in the 1C base and save its $metadata again.",
            path=str(path),
        )
    return model


def _open(state: Path | str | None) -> Store:
    try:
        return Store(state)
    except sqlite3.Error as error:
        raise Fatal(
            "emulator.state",
            "The state file {path} cannot be used.",
            hint="Name a file that this emulator made, or a new file in a folder that can be written.",
            evidence={"error": str(error)},
            path=str(state),
        ) from error


def _bind(port: int) -> _Server:
    try:
        return _Server(("127.0.0.1", port))
    except (OSError, OverflowError) as error:
        raise Fatal(
            "emulator.port",
            "Port {port} cannot be used.",
            hint="Stop the program that listens there, or choose another port (0 takes a free one).",
            evidence={"error": str(error)},
            port=port,
        ) from error


def serve(
    metadata: Path | str | None = None,
    port: int = 0,
    base: str = "base",
    state: Path | str | None = None,
    user: str | None = None,
    password: str | None = None,
    **switches: Any,
) -> None:
    """Serve until interrupted; the first line printed is the address of the base."""
    emulator = Emulator(metadata, port, base, state, user, password, **switches)
    sys.stdout.write(f"{emulator.url}\n")
    sys.stdout.flush()
    try:
        emulator.run()
    except KeyboardInterrupt:
        return
