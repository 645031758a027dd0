"""The shared HTTP client: time limits, what is repeated and what is not, and no secrets in what it says."""

from __future__ import annotations

import base64
import inspect
import socket
import threading
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import requests
import requests.exceptions
import responses
import structlog
import zeep.exceptions
from structlog.testing import capture_logs

from uchet.connectors.faults import HTTP_FAULTS, SOAP_FAULTS, fault_of
from uchet.connectors.http import HttpClient, Retries, encode_json, retry_after
from uchet.errors import Fatal, Reject, Retry, Stale, UchetError, Unknown

URL = "http://desk.test/api"
PASSWORD = "пароль-s3cret"


class Naps(list[float]):
    """Counts the sleeps instead of sleeping."""

    def __call__(self, seconds: float) -> None:
        self.append(seconds)


@pytest.fixture
def naps() -> Naps:
    return Naps()


@pytest.fixture
def client(naps: Naps) -> Iterator[HttpClient]:
    made = HttpClient(URL, "Администратор", PASSWORD, sleep=naps, random=lambda: 1.0)
    yield made
    made.close()


def _classes(module: object, base: type[BaseException]) -> list[type[BaseException]]:
    found = {c for _, c in inspect.getmembers(module, inspect.isclass) if issubclass(c, base)}
    return sorted(found, key=lambda c: f"{c.__module__}.{c.__qualname__}")


def _own_http_errors() -> list[type[BaseException]]:
    found = _classes(requests.exceptions, requests.exceptions.RequestException)
    assert len(found) >= 20
    return found


@pytest.mark.parametrize("cls", _own_http_errors())
def test_every_exception_of_requests_is_in_the_table(cls: type[BaseException]) -> None:
    assert cls in HTTP_FAULTS, f"{cls.__name__} is not mapped"


def test_every_exception_of_zeep_is_in_the_table() -> None:
    names = {c.__name__ for c in _classes(zeep.exceptions, BaseException)}
    assert names == set(SOAP_FAULTS)


@pytest.mark.parametrize("write", [False, True])
@pytest.mark.parametrize("cls", [*_own_http_errors(), OSError, ConnectionResetError, TimeoutError])
def test_every_transport_exception_becomes_one_of_ours(
    cls: type[BaseException], write: bool, naps: Naps, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = HttpClient(URL, retries=Retries(attempts=1), sleep=naps)

    def broken(*_: object, **__: object) -> requests.Response:
        raise cls.__new__(cls)

    monkeypatch.setattr(client.session, "send", broken)
    with pytest.raises(UchetError) as caught:
        client.request("POST" if write else "GET", "x", write=write)
    expected: dict[str, type[UchetError]] = {"fatal": Fatal, "retry": Retry, "sent": Unknown if write else Retry}
    assert type(caught.value) is expected[fault_of(cls.__new__(cls))]


@responses.activate
def test_a_transient_failure_of_a_read_is_repeated_with_growing_waits(client: HttpClient, naps: Naps) -> None:
    for _ in range(3):
        responses.get(f"{URL}/x", status=503)
    responses.get(f"{URL}/x", json={"ok": True})
    assert client.request("GET", "x").json() == {"ok": True}
    assert naps == [0.5, 1.0, 2.0]


@responses.activate
def test_a_failed_write_is_never_repeated(client: HttpClient, naps: Naps) -> None:
    answer = responses.post(f"{URL}/x", status=500)
    with pytest.raises(Unknown):
        client.request("POST", "x", json={}, write=True)
    assert answer.call_count == 1
    assert naps == []


@responses.activate
def test_a_refused_write_is_repeated_when_the_server_says_when(client: HttpClient, naps: Naps) -> None:
    responses.post(f"{URL}/x", status=429, headers={"Retry-After": "7"})
    responses.post(f"{URL}/x", status=201, json={})
    assert client.request("POST", "x", json={}, write=True).status_code == 201
    assert naps == [7.5]


@responses.activate
def test_a_long_wait_is_left_to_the_next_run(client: HttpClient, naps: Naps) -> None:
    responses.get(f"{URL}/x", status=429, headers={"Retry-After": "600"})
    with pytest.raises(Retry) as caught:
        client.request("GET", "x")
    assert caught.value.after == 600
    assert naps == []


@pytest.mark.parametrize(
    ("value", "seconds"), [("12", 12.0), ("", None), ("soon", None), ("Wed, 01 Jan 2020 00:00:00 GMT", 0.0)]
)
def test_retry_after(value: str, seconds: float | None) -> None:
    answer = requests.Response()
    answer.headers["Retry-After"] = value
    assert retry_after(answer) == seconds


def test_retry_after_as_a_date_in_the_future() -> None:
    answer = requests.Response()
    answer.headers["Retry-After"] = format_datetime(datetime.now(UTC) + timedelta(seconds=100), usegmt=True)
    assert 90 < (retry_after(answer) or 0) <= 100


@responses.activate
@pytest.mark.parametrize(
    ("status", "error"), [(400, Reject), (401, Fatal), (403, Fatal), (404, Reject), (409, Stale), (412, Stale)]
)
def test_statuses_of_a_plain_service(client: HttpClient, status: int, error: type[UchetError]) -> None:
    responses.get(f"{URL}/x", status=status)
    with pytest.raises(error):
        client.request("GET", "x")


@responses.activate
def test_after_a_refused_login_nothing_more_is_sent(client: HttpClient) -> None:
    answer = responses.get(f"{URL}/x", status=401)
    for _ in range(3):
        with pytest.raises(Fatal, match="login"):
            client.request("GET", "x")
    assert answer.call_count == 1


@responses.activate
def test_login_travels_unasked_in_utf8_and_ignores_netrc(client: HttpClient) -> None:
    responses.get(f"{URL}/x", json={})
    client.request("GET", "x")
    header = responses.calls[0].request.headers["Authorization"]
    assert base64.b64decode(header.removeprefix("Basic ")).decode() == f"Администратор:{PASSWORD}"


@responses.activate
def test_the_query_goes_as_it_was_given(client: HttpClient) -> None:
    responses.get(f"{URL}/x", json={})
    client.request("GET", "x", params_raw_query="$filter=a%20eq%20'%D0%B1%2B'")
    assert responses.calls[0].request.url == f"{URL}/x?$filter=a%20eq%20'%D0%B1%2B'"


@responses.activate
def test_secrets_are_neither_logged_nor_kept_as_evidence(client: HttpClient) -> None:
    basic = base64.b64encode(f"Администратор:{PASSWORD}".encode()).decode()
    responses.get(f"{URL}/x", status=400, body=f"{PASSWORD} {basic}")

    def table(response: requests.Response, write: bool) -> UchetError:
        return Reject("refused", "no", evidence={"body": response.text})

    with capture_logs() as logs, pytest.raises(Reject) as caught:
        client.request("GET", "x", params_raw_query="$filter=secret", errors=table)
    said = f"{logs} {caught.value.evidence} {caught.value!r} {client!r}"
    assert logs
    assert "***" in said
    for secret in (PASSWORD, basic, "Authorization", "secret"):
        assert secret not in said
    structlog.reset_defaults()


@responses.activate
@pytest.mark.parametrize(
    "location", ["http://other.test/x", "https://desk.test:8443/x:", "//evil.test/", "http://desk.test:81/x"]
)
def test_the_login_follows_no_redirect_to_another_address(client: HttpClient, location: str) -> None:
    responses.get(f"{URL}/x", status=302, headers={"Location": location})
    foreign = responses.get("http://other.test/x", json={})
    if location.startswith("https://desk"):
        responses.get(location, json={})
        assert client.request("GET", "x").ok
        return
    with pytest.raises(Fatal, match="redirect"):
        client.request("GET", "x")
    assert foreign.call_count == 0


@responses.activate
def test_a_read_follows_its_own_host_and_a_write_follows_nothing(client: HttpClient) -> None:
    responses.get(f"{URL}/x", status=301, headers={"Location": "/api/y"})
    responses.get(f"{URL}/y", json=1)
    assert client.request("GET", "x").json() == 1
    responses.post(f"{URL}/x", status=307, headers={"Location": "/api/y"})
    with pytest.raises(Fatal, match="redirect"):
        client.request("POST", "x", json={}, write=True)


@responses.activate
def test_a_circle_of_redirects_ends(client: HttpClient) -> None:
    responses.get(f"{URL}/x", status=302, headers={"Location": "/api/x"})
    with pytest.raises(Fatal, match="redirect"):
        client.request("GET", "x")


@pytest.mark.parametrize("url", ["desk.test/api", "ftp://desk.test", "http://", "http://user:pw@desk.test"])
def test_wrong_addresses_are_refused_without_showing_a_password(url: str) -> None:
    with pytest.raises(Fatal) as caught:
        HttpClient(url)
    assert "pw" not in str(caught.value)


def test_json_is_exact() -> None:
    body = {"a": Decimal("1200.50"), "b": Decimal("1E+3"), "c": Decimal("0.0000001"), "d": [Decimal(7)], "e": "Ё"}
    assert encode_json(body) == '{"a":1200.50,"b":1000,"c":0.0000001,"d":[7],"e":"Ё"}'.encode()
    for bad in (Decimal("NaN"), Decimal("Infinity")):
        with pytest.raises(ValueError, match="finite"):
            encode_json({"a": bad})
    with pytest.raises(TypeError, match="float"):
        encode_json([1.5])


class _Server(ThreadingHTTPServer):
    """Answers after ``pause`` seconds, or closes the connection without a word."""

    daemon_threads = True
    pause = 0.0
    drop = False
    busy = 0
    busiest = 0
    seen = 0


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def _answer(self) -> None:
        server = self.server
        server.seen += 1
        server.busy += 1
        server.busiest = max(server.busiest, server.busy)
        time.sleep(server.pause)
        server.busy -= 1
        if server.drop:
            self.close_connection = True
            return
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    do_GET = do_POST = _answer

    def log_message(self, *_: object) -> None:
        return None


@contextmanager
def _served() -> Iterator[tuple[_Server, str]]:
    server = _Server(("127.0.0.1", 0), _Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server, f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_every_request_has_a_time_limit() -> None:
    with _served() as (server, url):
        server.pause = 0.5
        client = HttpClient(url, timeout=(1.0, 0.1), retries=Retries(attempts=1))
        with pytest.raises(Retry, match="unreachable"):
            client.request("GET", "x")
        with pytest.raises(Unknown, match="answer_lost"):
            client.request("POST", "x", json={}, write=True)
        client.close()


def test_a_dropped_answer_leaves_a_write_unknown_and_repeats_a_read() -> None:
    with _served() as (server, url):
        server.drop = True
        client = HttpClient(url, sleep=lambda _: None)
        with pytest.raises(Unknown, match="answer_lost"):
            client.request("POST", "x", json={}, write=True)
        assert server.seen == 1
        with pytest.raises(Retry):
            client.request("GET", "x")
        assert server.seen == 5
        client.close()


def test_a_write_that_met_no_server_was_not_executed() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    client = HttpClient(f"http://127.0.0.1:{port}", sleep=lambda _: None)
    with pytest.raises(Retry, match="unreachable"):
        client.request("POST", "x", json={}, write=True)
    client.close()


def test_no_more_connections_than_allowed() -> None:
    with _served() as (server, url), warnings.catch_warnings():
        server.pause = 0.05
        client = HttpClient(url, connections=2)
        threads = [threading.Thread(target=client.request, args=("GET", "x")) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert server.seen == 8
        assert server.busiest == 2
        client.close()


def test_own_machine_is_reached_without_the_proxy_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "")
    with _served() as (_, url):
        client = HttpClient(url, retries=Retries(attempts=1))
        assert client.request("GET", "x").ok
        client.close()
