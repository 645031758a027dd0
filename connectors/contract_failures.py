"""The contract suite's second half: broken connections, refusals, time limits, secrets, and what a manifest claims."""

from __future__ import annotations

import contextlib
import io
import logging
import socket
import threading
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import asdict
from typing import Any
from urllib.parse import urlsplit

from ..errors import Fatal, Retry, UchetError, Unknown
from .base import Connector, Query, Write
from .contract_kit import Subject, asked, create, creation, label, listing, made, opened, raised, token
from .contract_proxy import Fault, Proxy, Request, hang_up, lose_answer, stall, status, truncate
from .registry import available

__all__ = ["FailureChecks", "WriteFailureChecks"]

PAGE = "<html><body><h1>Bad gateway</h1></body></html>"
#: Seconds in which a call must have failed when the other side says nothing for ten.
PATIENCE = 8.0


def _creates(request: Request) -> bool:
    return request.method == "POST" and len(request.body) > 2


def _changes(request: Request) -> bool:
    return request.method in ("PATCH", "PUT")


class FailureChecks:
    """What goes wrong is told apart: nothing written, perhaps written, refused, wrong settings."""

    def test_a_wrong_password_is_fatal_and_tried_once(self, subject: Subject) -> None:
        with Proxy(subject.url) as proxy:
            with opened(subject.connect(proxy.url, password="wrong")) as connector:
                for _ in range(3):
                    error = raised(Fatal, connector.describe)
                assert error.hint, "no advice"
                raised(Fatal, lambda: list(connector.read(Query(subject.collection))))
            assert len(proxy.requests) == 1, "a refused login was tried again: accounts get locked"

    def test_missing_rights_are_fatal(self, subject: Subject) -> None:
        with _failing(subject, status(403, PAGE)) as connector:
            error = raised(Fatal, lambda: asked(subject, connector))
            assert error.hint, "no advice"

    def test_too_many_requests_say_when(self, subject: Subject) -> None:
        with _failing(subject, status(429, PAGE, Retry_After="77")) as connector:
            assert raised(Retry, lambda: asked(subject, connector)).after == 77
            write = creation(subject, label())
            if connector.capabilities.writes:
                assert raised(Retry, lambda: connector.write(write)).after == 77

    def test_a_failed_server_is_asked_again_for_reads(self, subject: Subject) -> None:
        for code in (500, 502, 503, 504):
            with _failing(subject, status(code, PAGE)) as connector:
                raised(Retry, lambda c=connector: asked(subject, c))  # type: ignore[misc]
                raised(Retry, lambda c=connector: list(c.read(Query(subject.collection))))  # type: ignore[misc]

    def test_a_read_that_breaks_is_retried_later(self, subject: Subject) -> None:
        for fault in (hang_up, truncate):
            with _failing(subject, fault) as connector:
                raised(Retry, lambda c=connector: asked(subject, c))  # type: ignore[misc]
                raised(Retry, lambda c=connector: list(c.read(Query(subject.collection))))  # type: ignore[misc]

    def test_a_foreign_page_is_not_an_answer(self, subject: Subject) -> None:
        """A proxy or a login form that answers 200 in the server's place."""
        with _failing(subject, status(200, PAGE)) as connector:
            raised(UchetError, lambda: list(connector.read(Query(subject.collection))))
            raised(UchetError, lambda: asked(subject, connector))

    def test_nobody_there(self, subject: Subject) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        with opened(subject.connect(f"http://127.0.0.1:{port}{urlsplit(subject.url).path}")) as connector:
            raised(Retry, connector.describe)
            if connector.capabilities.writes:
                raised(Retry, lambda: connector.write(creation(subject, label())))

    def test_every_question_has_a_time_limit(self, subject: Subject) -> None:
        with Proxy(subject.url) as proxy, opened(subject.connect(proxy.url, timeout=0.5)) as connector:
            raw = made(subject, connector)
            connector.describe()
            calls: list[Callable[[], Any]] = [
                connector.describe,
                lambda: list(connector.read(Query(subject.collection))),
            ]
            if connector.capabilities.single:
                calls.append(lambda: connector.get(subject.collection, raw.id))
                calls.append(lambda: connector.find(subject.collection, "uchet-none"))
            with proxy.failing(stall(10.0)):
                for call in calls:
                    raised(Retry, call, within=PATIENCE)

    def test_secrets_are_never_said(self, subject: Subject) -> None:
        said: list[str] = []
        handler = _Collector(said)
        root = logging.getLogger()
        level = root.level
        root.addHandler(handler)
        root.setLevel(logging.DEBUG)
        out = io.StringIO()
        try:
            with (
                redirect_stdout(out),
                redirect_stderr(out),
                Proxy(subject.url) as proxy,
                opened(subject.connect(proxy.url)) as connector,
            ):
                made(subject, connector)
                connector.describe()
                said.append(repr(connector))
                echo = status(400, f"{subject.secret} refused")
                for fault in (hang_up, truncate, status(500, subject.secret), echo, status(401, subject.secret)):
                    with proxy.failing(fault):
                        call = lambda c=connector: asked(subject, c)  # noqa: E731
                        error = raised(UchetError, call)
                        said += [str(error), error.text("ru"), repr(error.evidence), repr(error)]
        finally:
            root.removeHandler(handler)
            root.setLevel(level)
        assert said
        assert subject.secret not in "\n".join(said) + out.getvalue()

    def test_no_more_connections_than_allowed(self, subject: Subject) -> None:
        with Proxy(subject.url) as proxy, opened(subject.connect(proxy.url)) as connector:
            connector.describe()
            wrong: list[BaseException] = []

            def work() -> None:
                try:
                    for _ in range(3):
                        asked(subject, connector)
                except UchetError as error:
                    wrong.append(error)

            threads = [threading.Thread(target=work) for _ in range(connector.capabilities.connections + 3)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            assert not wrong
            assert proxy.busiest <= connector.capabilities.connections

    def test_the_manifest_is_true(self, subject: Subject) -> None:
        with opened(subject.connect(subject.url)) as connector:
            claimed = asdict(connector.capabilities)
        assert subject.name in available(), "no manifest"
        written = asdict(available()[subject.name].capabilities)
        for name in ("page_size", "connections"):  # settings may change these two
            claimed.pop(name)
            written.pop(name)
        assert claimed == written

    def test_closing_twice_is_harmless(self, subject: Subject) -> None:
        connector = subject.connect(subject.url)
        connector.describe()
        connector.close()
        connector.close()


class WriteFailureChecks:
    """What becomes of a write whose way or whose answer breaks."""

    def test_a_failed_server_leaves_a_write_open(self, subject: Subject) -> None:
        for code in (500, 502, 504):
            with _failing(subject, status(code, PAGE), _creates) as connector:
                raised(Unknown, lambda c=connector: c.write(creation(subject, label())))  # type: ignore[misc]

    def test_a_lost_answer_of_a_create_is_found_again(self, subject: Subject) -> None:
        for fault in (lose_answer, truncate):
            with Proxy(subject.url) as proxy, opened(subject.connect(proxy.url)) as connector:
                write = creation(subject, label())
                with proxy.failing(fault, on=_creates):
                    raised(Unknown, lambda c=connector, w=write: c.write(w))  # type: ignore[misc]
                found = connector.find(subject.collection, token(connector, write))
                assert found is not None, "the record was made and cannot be found"
                again = connector.write(write)
                assert (again.created, again.raw.id) == (False, found.id)
                assert len(listing(subject, connector, where={subject.text: write.values[subject.text]})) == 1

    def test_a_create_that_never_arrived_is_made_once(self, subject: Subject) -> None:
        with Proxy(subject.url) as proxy, opened(subject.connect(proxy.url)) as connector:
            write = creation(subject, label())
            with proxy.failing(hang_up, on=_creates):
                raised(Unknown, lambda: connector.write(write))
            assert connector.find(subject.collection, token(connector, write)) is None
            assert connector.write(write).created
            assert len(listing(subject, connector, where={subject.text: write.values[subject.text]})) == 1

    def test_a_lost_answer_of_a_change_is_open(self, subject: Subject) -> None:
        with Proxy(subject.url) as proxy, opened(subject.connect(proxy.url)) as connector:
            for fault, happened in ((lose_answer, True), (truncate, True), (hang_up, False)):
                raw = create(subject, connector).receipt.raw
                write = Write(raw.collection, raw.id, {subject.text: label()}, expected=raw.version)
                with proxy.failing(fault, on=_changes):
                    raised(Unknown, lambda w=write: connector.write(w))  # type: ignore[misc]
                now = connector.get(raw.collection, raw.id)
                assert now is not None
                assert (now.data[subject.text] == write.values[subject.text]) == happened

    def test_a_write_that_cannot_be_read_back_is_open(self, subject: Subject) -> None:
        """``Retry`` would say that nothing was written. A server that answers a write with the record needs no more."""
        with Proxy(subject.url) as proxy, opened(subject.connect(proxy.url)) as connector:
            connector.describe()
            proxy.requests.clear()  # a login is a POST too
            write = creation(subject, label())

            def after_the_write(request: Request) -> bool:
                return request.method == "GET" and any(_creates(sent) for sent in proxy.requests)

            with proxy.failing(hang_up, on=after_the_write), contextlib.suppress(Unknown):
                connector.write(write)
            proxy.requests.clear()
            assert connector.find(subject.collection, token(connector, write)) is not None

    def test_a_foreign_page_leaves_a_write_open(self, subject: Subject) -> None:
        with _failing(subject, status(200, PAGE), _creates) as connector:
            raised((Unknown, Fatal), lambda: connector.write(creation(subject, label())))

    def test_every_write_has_a_time_limit(self, subject: Subject) -> None:
        with Proxy(subject.url) as proxy, opened(subject.connect(proxy.url, timeout=2.0)) as connector:
            raw = create(subject, connector).receipt.raw
            change = Write(raw.collection, raw.id, {subject.text: label()})
            with proxy.failing(stall(10.0), on=_changes):
                raised(Unknown, lambda: connector.write(change), within=PATIENCE)
            with proxy.failing(stall(10.0), on=_creates):
                raised(Unknown, lambda: connector.write(creation(subject, label())), within=PATIENCE)


class _Collector(logging.Handler):
    def __init__(self, said: list[str]) -> None:
        super().__init__(logging.DEBUG)
        self._said = said

    def emit(self, record: logging.LogRecord) -> None:
        self._said.append(record.getMessage())


class _failing:
    """A connector that has learnt what is published and then meets ``fault``."""

    def __init__(self, subject: Subject, fault: Fault, on: Callable[[Request], bool] = lambda request: True) -> None:
        self._proxy = Proxy(subject.url)
        self._connector = subject.connect(self._proxy.url)
        self._fault = self._proxy.failing(fault, on)

    def __enter__(self) -> Connector:
        self._connector.describe()
        self._fault.__enter__()
        return self._connector

    def __exit__(self, *exc: Any) -> None:
        self._fault.__exit__(*exc)
        self._connector.close()
        self._proxy.__exit__()
