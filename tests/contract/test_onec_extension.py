"""The contract suite against the emulated 1C through our extension's web service: what is read, and that no more is
claimed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from by_service import subject_of

from uchet.connectors.contract import ReadOnlyContract, Subject
from uchet.connectors.contract_proxy import Answer, Request
from uchet.connectors.http import Retries
from uchet.connectors.onec.extension.connector import ExtensionConnector
from uchet.emulator import Emulator

SECRET = "Пароль-1С-6604"


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    with Emulator(user="Обмен", password=SECRET) as base:
        yield base


def grown(request: Request, forward: Callable[[], Answer]) -> Answer:
    """A newer extension: every object has one property more, before those that are known."""
    answer = forward()
    body = re.sub(rb"(<Object[^>]*>)(\s*<Type>)", rb"\1<UchetUnexpected>?</UchetUnexpected>\2", answer.body)
    assert request.method != "POST" or b"UchetUnexpected" in body or b"<Object" not in answer.body
    return Answer(answer.status, answer.headers, body)


@pytest.fixture(scope="module")
def subject(emulator: Emulator) -> Subject:
    def connect(
        url: str, *, page_size: int = 200, timeout: float = 10.0, password: str | None = None
    ) -> ExtensionConnector:
        secret = SECRET if password is None else password
        return ExtensionConnector(
            url, "Обмен", secret, page_size=page_size, timeout=timeout, retries=Retries(attempts=1)
        )

    return subject_of("onec_extension", emulator, connect, SECRET, newer=grown, empty="Catalog_Склады")


class TestOnecExtension(ReadOnlyContract):
    """All checks of the suite."""
