"""JSON in and out of one base, and the session 1C keeps for us.

Without a kept session every request starts and ends a 1C session: seconds of latency and a licence each time. Where
the publication does not reuse sessions itself, ``IBSession: start`` asks for one and its cookie is sent back; a 400
or 404 that is not 1C's own then means that the session is gone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import requests
import structlog

from ...errors import Fatal, Retry, UchetError, Unknown
from ..http import HttpClient
from .errors import odata_errors
from .values import parse_json

__all__ = ["Transport"]

log = structlog.get_logger(__name__)

_COOKIE = "ibsession"


class Transport:
    """Every method raises from ``uchet.errors`` only."""

    def __init__(self, client: HttpClient, keep_session: bool = False) -> None:
        self._client = client
        self._keep = keep_session
        #: Answers received so far and the bytes of their bodies, unpacked.
        self.requests = self.received = 0

    def object(self, path: str, query: str = "", *, what: str = "") -> dict[str, Any]:
        """A JSON object. ``what`` names the set for the message when it is not published."""
        answer = self._json("GET", path, query, None, None, what)
        if not isinstance(answer, dict):
            raise _malformed(False)
        return answer

    def rows(
        self, path: str, query: str = "", *, what: str = "", decode: Callable[[bytes], list[Any]] | None = None
    ) -> list[Any]:
        """The ``value`` of a listing: read whole or not at all. ``decode`` gives typed rows; where an answer does not
        fit it, dictionaries come instead."""
        answer = self._json("GET", path, query, None, None, what, _either(decode))
        if isinstance(answer, list) and decode is not None:
            return answer
        rows = answer.get("value") if isinstance(answer, dict) else None
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise _malformed(False)
        return rows

    def send(
        self, method: str, path: str, body: Mapping[str, Any], headers: Mapping[str, str] | None = None, *, what: str
    ) -> dict[str, Any]:
        """A write; its answer is the whole object. A broken answer leaves the outcome ``Unknown``."""
        answer = self._json(method, path, "", body, headers, what)
        if not isinstance(answer, dict):
            raise _malformed(True)
        return answer

    def metadata(self, etag: str = "") -> tuple[bytes, str] | None:
        """The EDMX and its ETag; ``None`` where the server says that the one known is still right."""
        headers = {"Accept": "application/xml", **({"If-None-Match": etag} if etag else {})}
        response = self._call("GET", "$metadata", "", None, headers, _metadata_errors, "")
        return None if response.status_code == 304 else (response.content, response.headers.get("ETag", ""))

    def keep(self, keep_session: bool) -> None:
        """Whether one 1C session is kept from now on."""
        self._keep = keep_session

    def text(self, path: str) -> str:
        """An answer that is plain text."""
        return self._call("GET", path, "", None, {"Accept": "text/plain"}, odata_errors, "").content.decode("utf-8")

    def gives_session(self) -> bool:
        """Whether ``IBSession: start`` brings a cookie; the session is ended at once."""
        answer = self._call("GET", "", "", None, {"IBSession": "start"}, odata_errors, "")
        given = _COOKIE in answer.cookies
        if given and not self._keep:
            try:
                self._client.request("GET", "", headers={"IBSession": "finish"}, errors=odata_errors)
            finally:
                self._client.session.cookies.clear()
        return given

    def packet(self, verb: str, query: str) -> bytes:
        """A call of the exchange: a POST without a body that may be repeated, for its message carries a number."""
        headers = {"Accept": "application/atom+xml"}
        return bytes(self._call("POST", verb, query, None, headers, odata_errors, verb).content)

    def act(self, path: str, query: str, *, what: str) -> None:
        """An action with an effect and without a body (posting). A lost answer leaves the outcome ``Unknown``."""
        self._call("POST", path, query, None, {}, odata_errors, what, write=True)

    def close(self) -> None:
        """End the 1C session kept, which frees its licence, and the connections."""
        try:
            if self._keep and _COOKIE in self._client.session.cookies:
                self._client.request("GET", "", headers={"IBSession": "finish"}, errors=odata_errors)
        except UchetError as error:
            log.debug("session_not_finished", code=error.code)
        finally:
            self._client.close()

    def _json(
        self,
        method: str,
        path: str,
        query: str,
        body: Mapping[str, Any] | None,
        headers: Mapping[str, str] | None,
        what: str,
        parse: Callable[[bytes], Any] = parse_json,
    ) -> Any:
        parsed: list[Any] = []

        def table(response: requests.Response, write: bool) -> UchetError | None:
            error = odata_errors(response, write)
            if error is not None:
                return error
            try:
                parsed[:] = [parse(response.content)]
            except ValueError:
                return _not_json() if response.content.lstrip()[:1] == b"<" else _malformed(write)
            return None

        self._call(method, path, query, body, headers or {}, table, what)
        return parsed[0]

    def _call(
        self,
        method: str,
        path: str,
        query: str,
        body: Mapping[str, Any] | None,
        headers: Mapping[str, str],
        table: Any,
        what: str,
        write: bool = False,
    ) -> requests.Response:
        for last in (False, True):
            started = {"IBSession": "start"} if self._keep and not self._has_session() else {}
            try:
                answer = self._client.request(
                    method,
                    path,
                    params_raw_query=query,
                    json=body,
                    data=b"" if method == "POST" and body is None else None,
                    headers={**headers, **started},
                    write=body is not None or write,
                    errors=table,
                )
                self.requests += 1
                self.received += len(answer.content)
                return answer
            except UchetError as error:
                if last or not self._session_gone(error):
                    raise _named(error, what) from error.__cause__
                self._client.session.cookies.clear()
        raise AssertionError("unreachable")

    def _has_session(self) -> bool:
        return _COOKIE in self._client.session.cookies

    def _session_gone(self, error: UchetError) -> bool:
        status, shape = error.evidence.get("status"), error.evidence.get("shape")
        return self._keep and self._has_session() and status in (400, 404) and shape != "odata"


def _either(decode: Callable[[bytes], list[Any]] | None) -> Callable[[bytes], Any]:
    """Typed rows if they fit, else whatever JSON there is."""
    if decode is None:
        return parse_json

    def parse(content: bytes) -> Any:
        try:
            return decode(content)
        except (ValueError, RecursionError, Retry):  # ``msgspec``'s own are ``ValueError`` too
            answer = parse_json(content)
        if isinstance(answer, list):
            raise ValueError("a listing is an object: a bare list would pass for rows that were decoded")
        return answer

    return parse


def _metadata_errors(response: requests.Response, write: bool) -> UchetError | None:
    return None if response.status_code == 304 else odata_errors(response, write)


def _named(error: UchetError, what: str) -> UchetError:
    if error.code in ("not_published", "rights") and what:
        error.params["set"] = what
    return error


def _not_json() -> Fatal:
    return Fatal(
        "not_json",
        "The server answers with something else than JSON.",
        hint="Check that the address is that of the OData interface of 1C.",
    )


def _malformed(write: bool) -> UchetError:
    if write:
        return Unknown("answer_broken", "The answer to a write came broken.")
    return Retry("answer_broken", "The answer of 1C came broken.")
