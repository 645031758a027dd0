"""A server that says every secret it is told: in headers, pages, JSON and XML, plain and escaped."""

from __future__ import annotations

import base64
import html
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

__all__ = ["SHAPES", "Echo", "echoing"]

#: How the body of an answer repeats what it heard.
SHAPES = ("odata", "xml", "html", "text", "rest", "rows", "cut")


class Echo:
    """``status`` and ``shape`` of the next answers; ``metadata`` is served whole, so that a connector gets past it."""

    def __init__(self, metadata: bytes = b"") -> None:
        self.status = 500
        self.shape = "text"
        self.metadata = metadata
        self.heard: set[str] = set()
        self.url = ""

    def answer(self, path: str, login: str) -> tuple[int, str, bytes]:
        if self.metadata and path.endswith("$metadata"):
            return 200, "application/xml", self.metadata
        token = login.removeprefix("Basic ")
        secret = base64.b64decode(token).decode().partition(":")[2] if token else ""
        self.heard |= {token, secret}
        said = f"The property is {secret} wrong: {login}"
        return self.status, *_body(self.shape, said)


def _body(shape: str, said: str) -> tuple[str, bytes]:
    bodies: dict[str, Any] = {
        "odata": {"odata.error": {"code": "-1", "message": {"lang": "ru", "value": said}}},
        "rest": {"error": {"status": 400, "msg": said}},
        "rows": {"value": [{"Ref_Key": said, "name": said}], "data": {"collection": [{"id": said, "name": said}]}},
    }
    if shape in bodies:
        return "application/json", json.dumps(bodies[shape]).encode()
    if shape == "xml":
        text = f'<m:error xmlns:m="urn:m"><m:code>7</m:code><m:message>{html.escape(said)}</m:message></m:error>'
        return "application/xml", text.encode()
    if shape == "html":
        return "text/html; charset=utf-8", f"<!DOCTYPE html><html><p>{html.escape(said)}</p></html>".encode()
    if shape == "cut":
        return "application/json", json.dumps({"odata.error": {"message": {"value": said}}})[:-9].encode()
    return "text/plain; charset=utf-8", said.encode()


@contextmanager
def echoing(echo: Echo) -> Iterator[Echo]:
    """The server at ``echo.url``."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = 65_536  # headers and body in one packet

        def _any(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, kind, body = echo.answer(self.path, self.headers.get("Authorization", ""))
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = _any

        def log_message(self, format: str, *args: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        echo.url = f"http://127.0.0.1:{server.server_address[1]}"
        try:
            yield echo
        finally:
            server.shutdown()
            thread.join()
