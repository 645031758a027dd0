"""One HTTP client for every connector: one session, time limits, a retry table, and no secrets in what it says.

``Retry`` means by definition that nothing was written, so it is the only error repeated here, for reads and writes
alike. A write whose answer was lost becomes ``Unknown`` and is never repeated here: the caller looks it up first.
"""

from __future__ import annotations

import base64
import random as _random
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urljoin, urlsplit

import msgspec
import requests
import structlog
import urllib3.exceptions
from requests.adapters import HTTPAdapter

from ..errors import Fatal, Reject, Retry, Stale, UchetError, Unknown
from .address import as_sent, checked, shown
from .body import TooLarge, whole
from .faults import fault_of
from .secrets import redact, spellings, without_end

__all__ = ["ErrorTable", "HttpClient", "Retries", "default_errors", "encode_json", "retry_after"]

log = structlog.get_logger(__name__)

#: Says what an answer means: ``None`` = good, else the error to raise. Called as ``table(response, write)``.
ErrorTable = Callable[[requests.Response, bool], UchetError | None]

_MAX_REDIRECTS = 3


@dataclass(frozen=True, slots=True)
class Retries:
    """How a ``Retry`` is repeated: exponential back-off with full jitter, in seconds.

    A wait that the other side asks for and that is longer than ``longest`` is not slept here: the error goes up and
    the next run tries again (a licence of 1C frees up in minutes, not while a command waits).
    """

    attempts: int = 4
    first: float = 0.5
    longest: float = 30.0

    def wait(self, attempt: int, after: float | None, roll: float) -> float | None:
        """Seconds before the next try, or ``None`` to give up. ``roll`` is uniform in [0, 1)."""
        if attempt >= self.attempts or (after is not None and after > self.longest):
            return None
        jitter = min(self.longest, self.first * 2.0 ** (attempt - 1)) * roll
        return (after or 0.0) + jitter


class HttpClient:
    """Requests to one address through one ``requests.Session``, at most ``connections`` at a time.

    ``base_url`` has no login in it; ``user``/``password`` travel as UTF-8 Basic in every request, unasked (1C names are
    Cyrillic; latin-1, the library's default, cannot say them). After a refused login nothing more is sent: some
    systems lock an account after a few tries.

    ``timeout`` bounds each wait on the socket, so a server that sends a byte now and then is never late: ``deadline``
    bounds a whole answer in seconds, ``largest`` its body in bytes (unpacked).
    """

    def __init__(
        self,
        base_url: str,
        user: str = "",
        password: str = "",
        *,
        timeout: tuple[float, float] = (10.0, 120.0),
        connections: int = 1,
        retries: Retries | None = None,
        headers: Mapping[str, str] | None = None,
        errors: ErrorTable | None = None,
        deadline: float | None = None,
        largest: int | None = None,
        sleep: Callable[[float], None] = time.sleep,
        random: Callable[[], float] = _random.random,
    ) -> None:
        self.base_url = checked(base_url)
        self._basic = _basic(user, password)
        self._secrets = tuple(s for s in (password, self._basic[6:]) if s)
        self._spellings = spellings(self._secrets)
        self._timeout = timeout
        self._retries = retries or Retries()
        self._errors = errors or default_errors
        self._deadline = deadline
        self._largest = largest
        self._sleep = sleep
        self._random = random
        self._slots = threading.BoundedSemaphore(max(1, connections))
        self._refused: Fatal | None = None
        #: Asked before each request: raises where a licence of the other side is not ours to use now.
        self.gate: Callable[[], None] | None = None
        self.session = _session(self.base_url, self._basic, max(1, connections), headers or {})

    def __repr__(self) -> str:
        return f"HttpClient({self.base_url!r})"

    def url(self, path_or_url: str, query: str = "") -> str:
        """The full address; ``query`` is already percent-encoded."""
        full = path_or_url
        if "://" not in path_or_url:
            full = f"{self.base_url}/{path_or_url.lstrip('/')}" if path_or_url else self.base_url
        return f"{full}{'&' if '?' in full else '?'}{query}" if query else full

    def request(
        self,
        method: str,
        path_or_url: str,
        *,
        params_raw_query: str = "",
        json: Any = None,
        data: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        write: bool = False,
        errors: ErrorTable | None = None,
    ) -> requests.Response:
        """One exchange, repeated while it is certain that nothing was written.

        ``params_raw_query`` is sent as it is. ``json`` may hold ``Decimal`` (written as a plain number).
        ``errors`` replaces the client's table for this call. Raises only ``uchet.errors``.
        """
        target = self.url(path_or_url, params_raw_query)
        sent = {"Accept": "application/json", **(headers or {})}
        if json is not None:
            data = encode_json(json)
            sent.setdefault("Content-Type", "application/json;charset=utf-8")
        attempt = 1
        while True:
            try:
                return self._once(method, target, data, sent, write, errors or self._errors)
            except Retry as error:
                wait = self._retries.wait(attempt, error.after, self._random())
                if wait is None:
                    raise
                log.debug("http_retry", method=method, path=shown(target), code=error.code, wait=round(wait, 3))
                self._sleep(wait)
                attempt += 1

    def redact(self, text: str) -> str:
        """``text`` without this client's password and login header."""
        return redact(text, self._secrets)

    def share_places(self, other: HttpClient) -> None:
        """Count this client's connections among those of ``other``: both together never hold more than its own."""
        self._slots = other._slots

    def close(self) -> None:
        """Close the connections held."""
        self.session.close()

    def _once(
        self, method: str, url: str, data: bytes | None, headers: Mapping[str, str], write: bool, errors: ErrorTable
    ) -> requests.Response:
        if self._refused is not None:
            raise self._refused
        if self.gate is not None:
            self.gate()
        with self._slots:
            response = self._send(method, url, data, headers, write)
        if response.status_code >= 400:
            self._clean(response)
        error = errors(response, write)
        if error is None:
            return response
        error.params = {name: self.redact(v) if isinstance(v, str) else v for name, v in error.params.items()}
        error.evidence = {
            "method": method,
            "path": shown(url),
            "status": response.status_code,
            **{name: self.redact(v) if isinstance(v, str) else v for name, v in error.evidence.items()},
        }
        if isinstance(error, Fatal) and error.code == "login":
            self._refused = error
        raise error

    def _clean(self, response: requests.Response) -> None:
        """An error page may repeat what it was sent: secrets are taken out before anybody reads, cuts or masks it."""
        body = response.content
        for spelling in self._spellings:
            body = without_end(body.replace(spelling, b"***"), spelling)
        response._content = body

    def _send(
        self, method: str, url: str, data: bytes | None, headers: Mapping[str, str], write: bool
    ) -> requests.Response:
        for _ in range(_MAX_REDIRECTS + 1):
            started = time.monotonic()
            try:
                response = whole(
                    self._answer(method, url, data, headers),
                    None if self._deadline is None else started + self._deadline,
                    self._largest,
                )
            except TooLarge as error:
                raise self._oversized(method, url, write) from error
            except (requests.exceptions.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
                log.debug("http_fault", method=method, path=shown(url), fault=type(error).__name__)
                raise self._lost(error, method, url, write) from error
            log.debug(
                "http",
                method=method,
                path=shown(url),
                status=response.status_code,
                bytes=len(response.content),
                ms=int(1000 * (time.monotonic() - started)),
            )
            if response.status_code not in (301, 302, 303, 307, 308) or "Location" not in response.headers:
                return response
            url = self._redirect(url, response.headers["Location"], write)
        raise _redirected(url)

    def _answer(self, method: str, url: str, data: bytes | None, headers: Mapping[str, str]) -> requests.Response:
        """One exchange, its body not read yet.

        The query is encoded already: the library would take the whole address apart and put it together again letter
        by letter, which for the long list of Cyrillic fields in a page's address takes as long as decoding the page's
        first five hundred rows (measured).
        """
        session, prepared = self.session, requests.PreparedRequest()
        address, mark, query = url.partition("?")
        prepared.prepare_method(method)
        prepared.url = f"{as_sent(address)}{mark}{query}"
        prepared.prepare_headers({**session.headers, **headers})
        prepared.prepare_cookies(session.cookies)
        prepared.prepare_body(data, None)
        prepared.prepare_auth(session.auth, prepared.url)
        around = session.merge_environment_settings(prepared.url, {}, True, None, None)
        return session.send(prepared, timeout=self._timeout, allow_redirects=False, **around)

    def _redirect(self, url: str, location: str, write: bool) -> str:
        """The next address, if it is the same host and no less protected; a write is never sent on."""
        target = urljoin(url, location)
        here, there = urlsplit(url), urlsplit(target)
        weaker = here.scheme == "https" and there.scheme != "https"
        ports_differ = here.scheme == there.scheme and here.port != there.port
        if write or here.hostname != there.hostname or weaker or ports_differ:
            raise _redirected(url)
        return target

    def _oversized(self, method: str, url: str, write: bool) -> UchetError:
        """The error for an answer that was not read to its end because of its size."""
        if write:
            return self._lost(requests.exceptions.ContentDecodingError(), method, url, write)
        return Fatal(
            "answer_too_large",
            "{host} sends more than {limit} MB in one answer.",
            hint="Check the address; if it is right, ask for less at a time.",
            evidence={"method": method, "path": shown(url)},
            host=urlsplit(url).netloc,
            limit=(self._largest or 0) // 1_000_000,
        )

    def _lost(self, error: BaseException, method: str, url: str, write: bool) -> UchetError:
        """The error for an exchange without an answer."""
        evidence = {"method": method, "path": shown(url), "fault": type(error).__name__}
        host = urlsplit(url).netloc
        fault = fault_of(error)
        if fault == "fatal":
            return Fatal(
                "address",
                "The address {host} cannot be used: {fault}.",
                hint="Check the address and the certificate of the server in the settings.",
                evidence=evidence,
                host=host,
                fault=type(error).__name__,
            )
        if write and fault != "retry":
            return Unknown(
                "answer_lost",
                "A write was sent to {host} and no answer came.",
                hint="Nothing to do: the next run finds out whether it was done.",
                evidence=evidence,
                host=host,
            )
        return Retry(
            "unreachable",
            "{host} does not answer.",
            hint="Check that the server is running and that this machine can reach it.",
            evidence=evidence,
            host=host,
        )


def default_errors(response: requests.Response, write: bool) -> UchetError | None:
    """The table for a plain REST service: status × (read or write) → error. Connectors refine it."""
    status = response.status_code
    params: dict[str, Any] = {"status": status}
    if status < 400:
        return None
    if status == 401:
        return Fatal("login", "The login was refused.", hint="Check the user and the password.")
    if status == 403:
        return Fatal("rights", "The user may not do this.", hint="Give the user the missing rights.")
    if status in (408, 425, 429):
        later = retry_after(response)
        return Retry("busy", "The server asks to come back later (HTTP {status}).", after=later, **params)
    if status in (409, 412):
        return Stale("stale", "The record was changed by somebody else.")
    if status < 500:
        return Reject("refused", "The server refused the request (HTTP {status}).", **params)
    if write:
        text = "The server failed (HTTP {status}); the write may have happened."
        return Unknown("answer_lost_status", text, **params)
    return Retry("server_failed", "The server failed (HTTP {status}).", after=retry_after(response), **params)


def retry_after(response: requests.Response) -> float | None:
    """Seconds of ``Retry-After`` (a number or an HTTP date), ``None`` where absent or unreadable."""
    value = response.headers.get("Retry-After", "").strip()
    if value.isdigit():
        return float(value)
    try:
        when = parsedate_to_datetime(value)
    except (TypeError, ValueError):
        return None
    if when.tzinfo is None:
        return None
    return max(0.0, (when - datetime.now(UTC)).total_seconds())


def encode_json(value: Any) -> bytes:
    """JSON in UTF-8; ``Decimal`` as a plain number without exponent; a ``float`` is a bug and is refused."""
    return msgspec.json.encode(_plain(value))


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        if not value.is_finite():
            raise ValueError("not a finite number")
        return msgspec.Raw(format(value, "f").encode())
    if isinstance(value, float):
        raise TypeError("float is not exact: use Decimal")
    if isinstance(value, Mapping):
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value


def _redirected(url: str) -> Fatal:
    return Fatal(
        "redirect",
        "{host} sends the request to another address.",
        hint="Write the final address of the server into the settings.",
        host=urlsplit(url).netloc,
    )


def _basic(user: str, password: str) -> str:
    if not user:
        return ""
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode("ascii")


class _Basic(requests.auth.AuthBase):
    """Sets (or leaves out) the login header; being an auth object it also keeps ``.netrc`` from replacing it."""

    def __init__(self, header: str) -> None:
        self._header = header

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self._header:
            request.headers["Authorization"] = self._header
        return request


def _session(base_url: str, basic: str, connections: int, headers: Mapping[str, str]) -> requests.Session:
    session = requests.Session()
    session.auth = _Basic(basic)
    session.headers["User-Agent"] = "uchet"
    session.headers.update(headers)
    adapter = HTTPAdapter(pool_connections=1, pool_maxsize=connections, max_retries=0)
    session.mount("http://", adapter)
    session.mount("https://", adapter)
    # A proxy of the environment never stands between this machine and itself.
    if urlsplit(base_url).hostname in ("127.0.0.1", "localhost", "::1"):
        session.trust_env = False
    return session
