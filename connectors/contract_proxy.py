"""A loopback HTTP proxy that fails on demand: what no server does when asked, the contract suite makes it do."""

from __future__ import annotations

import http.client
import json
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

__all__ = ["Answer", "Fault", "Proxy", "Request"]


@dataclass(frozen=True, slots=True)
class Request:
    """One request as the proxy sees it; ``target`` is path and query."""

    method: str
    target: str
    body: bytes

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back to the client; ``cut`` sends that part of the body and hangs up."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    cut: float | None = None


#: Given the request and a function that really forwards it; ``None`` hangs up without a word.
Fault = Callable[[Request, Callable[[], Answer]], Answer | None]


class Proxy:
    """Stands between a connector and its server at ``url``; counts what passes."""

    def __init__(self, target: str) -> None:
        self.target = urlsplit(target)
        self.requests: list[Request] = []
        self.busiest = 0
        self._busy = 0
        self._lock = threading.Lock()
        self._faults: list[tuple[Callable[[Request], bool], Fault]] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        """The address to connect to instead of the server's."""
        return f"http://127.0.0.1:{self._server.server_address[1]}{self.target.path}"

    @property
    def writes(self) -> list[Request]:
        """Requests that could change something."""
        return [r for r in self.requests if r.method not in ("GET", "HEAD", "OPTIONS")]

    def __enter__(self) -> Proxy:
        return self

    def __exit__(self, *exc: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @contextmanager
    def failing(self, fault: Fault, on: Callable[[Request], bool] = lambda request: True) -> Iterator[None]:
        """Every request for which ``on`` is true meets ``fault``."""
        self._faults.append((on, fault))
        try:
            yield
        finally:
            self._faults.pop()

    def exchange(self, request: Request, headers: Mapping[str, str]) -> Answer | None:
        """One request through the fault in force, if any."""
        with self._lock:
            self.requests.append(request)
            self._busy += 1
            self.busiest = max(self.busiest, self._busy)
        try:
            for on, fault in reversed(self._faults):
                if on(request):
                    return fault(request, lambda: self._forward(request, headers))
            return self._forward(request, headers)
        finally:
            with self._lock:
                self._busy -= 1

    def _forward(self, request: Request, headers: Mapping[str, str]) -> Answer:
        connection = http.client.HTTPConnection(self.target.hostname or "127.0.0.1", self.target.port, timeout=60)
        sent = {k: v for k, v in headers.items() if k.lower() not in ("host", "connection", "accept-encoding")}
        sent["Host"] = self.target.netloc
        try:
            connection.request(
                request.method, request.target, request.body or None, {**sent, "Host": self.target.netloc}
            )
            answer = connection.getresponse()
            kept = {k: v for k, v in answer.getheaders() if k.lower() not in _HOP}
            return Answer(answer.status, kept, answer.read())
        finally:
            connection.close()


_HOP = ("connection", "transfer-encoding", "content-length", "content-encoding", "keep-alive")


def _handler(proxy: Proxy) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_one_request(self) -> None:
            try:
                super().handle_one_request()
            except OSError:
                self.close_connection = True

        def _pass(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            answer = proxy.exchange(Request(self.command, self.path, body), dict(self.headers.items()))
            if answer is None:
                self._hang_up()
                return
            self.send_response_only(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            if answer.status not in (204, 304):
                self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body if answer.cut is None else answer.body[: int(len(answer.body) * answer.cut)])
            if answer.cut is not None:
                self._hang_up()

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = do_HEAD = _pass

        def _hang_up(self) -> None:
            self.close_connection = True
            try:
                self.wfile.flush()
                self.connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                self.close_connection = True

        def log_message(self, format: str, *args: Any) -> None:
            """Silent: the suite looks at ``requests``."""

    return Handler


# --- faults


def hang_up(request: Request, forward: Callable[[], Answer]) -> None:
    """The connection breaks before the server has seen anything."""


def lose_answer(request: Request, forward: Callable[[], Answer]) -> None:
    """The server does its work and nobody hears of it."""
    forward()


def truncate(request: Request, forward: Callable[[], Answer]) -> Answer:
    """The answer breaks off in the middle."""
    answer = forward()
    return Answer(answer.status, answer.headers, answer.body, cut=0.5)


def stall(seconds: float) -> Fault:
    """The server says nothing for so long."""

    def fault(request: Request, forward: Callable[[], Answer]) -> None:
        time.sleep(seconds)

    return fault


def status(code: int, body: str = "", **headers: str) -> Fault:
    """A canned answer instead of the server's."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}

    def fault(request: Request, forward: Callable[[], Answer]) -> Answer:
        return Answer(code, {"Content-Type": "text/html; charset=utf-8", **named}, body.encode())

    return fault


def repeat_first() -> Fault:
    """The server does not heed the offset: every page of a listing is its first."""
    first: dict[str, Answer] = {}

    def fault(request: Request, forward: Callable[[], Answer]) -> Answer:
        asked = re.sub(r"((?:skip|offset|start|page|page_index)=)\d+", r"\1", request.target, flags=re.IGNORECASE)
        return first.setdefault(f"{request.method} {asked}", forward())

    return fault


def add_unknown(request: Request, forward: Callable[[], Answer]) -> Answer:
    """A newer server: every object in a list has one more member."""
    answer = forward()
    try:
        body = json.loads(answer.body)
    except ValueError:
        return answer
    return Answer(answer.status, answer.headers, json.dumps(_grown(body), ensure_ascii=False).encode())


def _grown(value: Any, listed: bool = False) -> Any:
    if isinstance(value, dict):
        grown = {name: _grown(item) for name, item in value.items()}
        return {**grown, "UchetUnexpected": "?"} if listed else grown
    return [_grown(item, True) for item in value] if isinstance(value, list) else value
