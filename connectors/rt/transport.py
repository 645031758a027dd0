"""One RT over HTTP: addresses of REST 2, JSON with exact numbers, and a session where the password is slow to check."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any
from urllib.parse import quote, urlencode

import requests

from ...errors import Fatal, Retry, UchetError, Unknown
from ..http import HttpClient, Retries, encode_json
from .errors import message_of, rt_errors

__all__ = ["Pairs", "Transport"]

Pairs = Sequence[tuple[str, str]]
#: RT hashes the password of every Basic request anew (bcrypt 12: 0.3 s). From this many seconds on a session is opened.
SLOW = 0.15
JSON = {"Content-Type": "application/json; charset=utf-8"}


class Transport:
    """``user`` empty: ``password`` is an authentication token. ``timeout`` in seconds.

    Redirects are followed by ``HttpClient`` on the same host only; the one RT sends is that of a refused login.
    """

    def __init__(
        self, url: str, user: str, password: str, *, timeout: float, connections: int, retries: Retries | None
    ) -> None:
        self.url = url.rstrip("/")
        self.user = user
        self._password = password
        self._http = HttpClient(
            self.url,
            user,
            password,
            timeout=(min(5.0, timeout), timeout),
            connections=connections,
            retries=retries,
            headers={} if user else {"Authorization": f"token {password}"},
            errors=rt_errors,
        )
        self._began = False

    def begin(self) -> str:
        """Log in by the first question of all; the product's name. A session spares the hashing where it is slow."""
        started = time.monotonic()
        version = self.json("rt").get("Version", "")
        if not self._began and self.user and time.monotonic() - started > SLOW:
            self._open_session()
        self._began = True
        return f"Request Tracker {version}".strip()

    def _open_session(self) -> None:
        """Where there is no such page (a single sign-on before RT, say), Basic goes on being sent."""
        body = urlencode({"user": self.user, "pass": self._password}).encode()
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        try:
            self._http.request("POST", "NoAuth/Login.html", data=body, headers=form, write=True)
        except Fatal as error:
            if error.code != "redirect":  # a redirect is how RT says yes; the session has its cookie by now
                raise
        except UchetError:
            return

    def get(self, path: str, pairs: Pairs = (), headers: Mapping[str, str] | None = None) -> requests.Response:
        """A read. 404 comes back as it is."""
        query = "&".join(f"{quote(n, safe='[]')}={quote(v, safe='')}" for n, v in pairs)
        return self._http.request("GET", f"REST/2.0/{path}", params_raw_query=query, headers=headers)

    def json(self, path: str, pairs: Pairs = ()) -> Any:
        """A read that must be there. Raises ``Fatal`` where the address leads nowhere, ``Retry`` for a foreign page."""
        response = self.get(path, pairs)
        if response.status_code == 404:
            hint = "Check the address of the desk: it is the one people open RT under, without /REST."
            raise Fatal("desk_address", "The desk does not know this address: {message}", hint=hint,
                        message=message_of(response))  # fmt: skip
        return self.parsed(response)

    def send(
        self, method: str, path: str, body: Mapping[str, Any], headers: Mapping[str, str] | None = None
    ) -> requests.Response:
        """A write; ``body`` as JSON in UTF-8, which alone RT stores as it is. 404 comes back as it is."""
        data = encode_json(body)
        return self._http.request(
            method, f"REST/2.0/{path}", data=data, headers={**JSON, **(headers or {})}, write=True
        )

    def parsed(self, response: requests.Response, write: bool = False) -> Any:
        """The JSON of an answer; one that cannot be read is no answer."""
        try:
            found = json.loads(response.content, parse_float=Decimal)
        except ValueError as error:
            raise _unreadable(write) from error
        if not isinstance(found, (dict, list)):
            raise _unreadable(write)
        return found

    def close(self) -> None:
        self._http.close()


def _unreadable(write: bool) -> UchetError:
    if write:
        return Unknown("desk_answer", "The desk took the write but its answer cannot be read.")
    hint = "Check that the address of the desk leads to RT itself."
    return Retry("desk_answer_read", "The desk's answer cannot be read.", hint=hint)
