"""One HTTP connection: reads a request, meets faults, login, licence and session, and sends one buffered answer."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from dataclasses import replace
from http.cookies import CookieError, SimpleCookie
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, unquote_to_bytes

import msgspec

from .service import Request
from .sessions import Refused, no_licence
from .urls import options
from .wire import ODataError, Response, business, encode

if TYPE_CHECKING:
    from .server import Emulator, _Server

__all__ = ["Handler"]

_HTML = b"<html><head><title>500 - Internal server error.</title></head><body><h1>Server Error</h1></body></html>"
_PAGES = {"html500": 500, "unavailable": 503, "login_page": 200, "forbidden": 403, "not_found": 404, "bad_gateway": 502}


class Handler(BaseHTTPRequestHandler):
    """Speaks HTTP/1.1 with keep-alive."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def setup(self) -> None:
        """Remember the socket so that a stopped server leaves no connection behind."""
        super().setup()
        self.server.open.add(self.connection)

    def finish(self) -> None:
        """Forget the socket."""
        self.server.open.discard(self.connection)
        super().finish()

    def log_message(self, format: str, *args: Any) -> None:
        """Silent: addresses hold names of the base."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("do_"):
            return self._serve
        raise AttributeError(name)

    @property
    def _emulator(self) -> Emulator:
        return self.server.emulator

    def _serve(self) -> None:
        declared = self.headers.get("Content-Length")
        if declared is None and self.command in ("POST", "PATCH", "PUT", "MERGE"):
            self.close_connection = True
            self._send(Response(411, b"<html><body>Length Required</body></html>", "text/html"))
            return
        body = self.rfile.read(int(declared or 0))
        raw, _, query = self.path.partition("?")
        path = _decoded(raw)
        prefix = f"/{self._emulator.name}/"
        if path.startswith(f"{prefix}odata/standard.odata"):
            self._odata(path[len(f"{prefix}odata/standard.odata") :], query, body)
        elif path.startswith(f"{prefix}ws/"):
            self._web_service(path[len(f"{prefix}ws/") :], query, body)
        elif path.startswith(f"{prefix}emulator/") and self._emulator.switches.control:
            self._send(self._control(path[len(f"{prefix}emulator/") :], body))
        else:
            self._send(Response(404, b"<html><body>HTTP: Not found</body></html>", "text/html;charset=utf-8"))

    def _odata(self, path: str, query: str, body: bytes) -> None:
        self._emulator.requests[self.command] += 1
        limit = self._emulator.switches.segment_limit
        if limit is not None and any(len(part) > limit for part in path.split("/")):
            self._send(Response(400, b"<html><body><h2>Bad Request - Invalid URL</h2></body></html>", "text/html"))
            return
        collection = path.strip("/").partition("/")[0].partition("(")[0]
        acting = self._emulator.faults.take(self.command, collection, "$top" in unquote(query))
        self._meet(acting, lambda: self._inside(path, query, body, acting))

    def _web_service(self, name: str, query: str, body: bytes) -> None:
        soap = self._emulator.soap
        acting = self._emulator.faults.take(self.command, soap.subject(query, body), False)

        def answer() -> Response:
            with self._emulator.sessions.session("", None):
                return soap.answer(self.command, name, query, body, acting)

        self._meet(acting, answer)

    def _meet(self, acting: set[str], answer: Callable[[], Response]) -> None:
        """Send an answer with the faults that act on it."""
        slow = next((item for item in acting if item.startswith("slow:")), "slow:0")
        time.sleep(float(slow.partition(":")[2]))
        if "drop_before" in acting:
            self._drop()
            return
        try:
            response = self._faulty(acting) or answer()
        except Refused as refused:
            response = refused.response
        drip = next((float(item.partition(":")[2]) for item in acting if item.startswith("drip:")), None)
        if "drop_after" in acting:
            self._drop()
        else:
            self._send(response, cut="truncate" in acting, short="wrong_length" in acting, drip=drip)

    def _faulty(self, acting: set[str]) -> Response | None:
        authorization = self.headers.get("Authorization")
        if "unauthorized" in acting or not self._emulator.allowed(authorization):
            challenge = {"WWW-Authenticate": 'Basic realm="1C:Enterprise 8.3"'}
            return Response(401, b"", "text/plain", challenge)
        for kind, status in _PAGES.items():
            if kind in acting:
                return Response(status, _HTML, "text/html")
        if "licence" in acting:
            return no_licence(self._emulator.switches.licence_status, self._emulator.switches.licence_odata)
        return None

    def _inside(self, path: str, query: str, body: bytes, acting: set[str]) -> Response:
        with self._emulator.sessions.session(self.headers.get("IBSession", "").lower(), self._cookie()) as extra:
            headers = {name.lower(): value for name, value in self.headers.items()}
            request = Request(self.command, path, {}, headers, body)
            service = self._emulator.service
            try:
                given = options(query)
                top = int(given.get("$top", "0")) if given.get("$top", "0").isdigit() else 0
                shift = -top if "duplicate_page" in acting else 1 if "wrong_page" in acting else 0
                request = replace(request, options=given, shift=shift)
                if "lock" in acting:
                    raise business("Конфликт блокировок при выполнении транзакции")
                if self.command in ("POST", "PATCH", "PUT") and "xml" in headers.get("content-type", ""):
                    raise ODataError(415, 3, "Тип представления не поддерживается")
            except ODataError as error:
                return service.refusal(request, error)
            response = service.answer(request)
            response.headers.update(extra)
            return response

    def _cookie(self) -> str | None:
        try:
            found = SimpleCookie(self.headers.get("Cookie", "")).get("ibsession")
        except CookieError:
            return None
        return found.value if found else None

    def _control(self, what: str, body: bytes) -> Response:
        emulator = self._emulator
        if (what, self.command) == ("requests", "GET"):
            return Response(200, encode(dict(emulator.requests)))
        try:
            given = msgspec.json.decode(body) if body else {}
            if what == "faults" and self.command == "POST":
                emulator.faults.add(**given)
            elif what == "faults" and self.command == "DELETE":
                emulator.faults.clear()
            elif what == "publication" and self.command == "POST":
                emulator.world.unpublish(*given.get("unpublish", []))
                emulator.world.publish(*given.get("publish", []))
            elif what == "switches" and self.command == "POST":
                for name, value in given.items():
                    getattr(emulator.switches, name)
                    setattr(emulator.switches, name, tuple(value) if isinstance(value, list) else value)
            elif not (what == "faults" and self.command == "GET"):
                return Response(404)
        except (TypeError, ValueError, AttributeError) as error:
            return Response(400, encode({"error": str(error)}))
        waiting = [{"kind": fault.kind, "count": fault.count} for fault in emulator.faults.waiting()]
        return Response(200, encode({"faults": waiting}))

    def _drop(self) -> None:
        self.close_connection = True
        try:
            self.connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            return

    def _send(self, response: Response, *, cut: bool = False, short: bool = False, drip: float | None = None) -> None:
        body = response.body
        self.send_response(response.status)
        self.send_header("DataServiceVersion", "3.0")
        if response.status != 204:
            self.send_header("Content-Type", response.content_type)
            self.send_header("Content-Length", str(len(body) // 2 if short else len(body)))
        for name, value in response.headers.items():
            self.send_header(name, value.encode().decode("latin-1"))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            whole = body[: len(body) // 2] if cut else body
            size = max(1, len(whole)) if drip is None else 16
            for at in range(0, len(whole), size):
                self.wfile.write(whole[at : at + size])
                time.sleep(drip or 0.0)
        if cut or short:
            self._drop()


def _decoded(raw: str) -> str:
    """A path as UTF-8 text: percent-encoded, or raw bytes that the standard library read as latin-1."""
    return unquote_to_bytes(raw.encode("latin-1")).decode("utf-8", "replace")
