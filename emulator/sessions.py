"""Sessions and licences: every request holds a licence while it runs, a kept session holds one until it is finished."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from .base import Switches
from .wire import Response, business, error_json

__all__ = ["NO_LICENCE", "Refused", "Sessions"]

#: What a base says when all licences are taken; the status differs between publications.
NO_LICENCE = "Не обнаружено свободной лицензии!"


class Refused(Exception):
    """The request gets ``response`` instead of the base's answer."""

    def __init__(self, response: Response) -> None:
        super().__init__(response.status)
        self.response = response


def no_licence(status: int, odata: bool = False) -> Response:
    """What stands for an exhausted licence: a page of the web server or, in other publications, 1C's own error."""
    if odata:
        return Response(500, error_json(business(NO_LICENCE)))
    page = f"<html><body><h1>1C:Enterprise 8 application error</h1>{NO_LICENCE}</body></html>"
    return Response(status, page.encode(), "text/html;charset=utf-8")


class Sessions:
    """Counts licences and keeps the ``ibsession`` cookies."""

    def __init__(self, switches: Switches) -> None:
        self._switches = switches
        self._lock = threading.Lock()
        self._used = 0
        self._kept: dict[str, threading.Lock] = {}

    def _take(self) -> None:
        with self._lock:
            limit = self._switches.licences
            if limit is not None and self._used >= limit:
                raise Refused(no_licence(self._switches.licence_status, self._switches.licence_odata))
            self._used += 1

    def _release(self) -> None:
        with self._lock:
            self._used -= 1

    @contextmanager
    def session(self, wish: str, cookie: str | None) -> Iterator[dict[str, str]]:
        """Hold a session for one request; yields headers to add. ``wish`` is the ``IBSession`` header."""
        if self._switches.sessions and cookie is not None:
            yield from self._reuse(wish, cookie)
            return
        self._take()
        keep = self._switches.sessions and wish == "start"
        try:
            time.sleep(self._switches.session_delay)
            name = secrets.token_hex(16)
            if keep:
                with self._lock:
                    self._kept[name] = threading.Lock()
            yield {"Set-Cookie": f"ibsession={name}; HttpOnly"} if keep else {}
        finally:
            if not keep:
                self._release()

    def _reuse(self, wish: str, cookie: str) -> Iterator[dict[str, str]]:
        with self._lock:
            held = self._kept.get(cookie)
        if held is None:
            raise Refused(Response(404, b"", "text/html"))
        with held:
            yield {}
        if wish == "finish":
            with self._lock:
                if self._kept.pop(cookie, None) is not None:
                    self._used -= 1
