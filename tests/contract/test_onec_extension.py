"""The contract suite against the emulated 1C through our extension's web service: what is read, and that no more is
claimed."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

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

    def make(values: Mapping[str, Any]) -> str:
        return str(emulator.world.put("Catalog_ОсновныеСредства", dict(values)))

    return Subject(
        name="onec_extension",
        url=emulator.url.removesuffix("/odata/standard.odata/"),
        connect=connect,
        secret=SECRET,
        collection="Catalog_ОсновныеСредства",
        text="Description",
        values=lambda label: {"Description": label, "ЗаводскойНомер": "SN-1"},
        empty="Catalog_Склады",
        missing_id=str(uuid.UUID(int=7)),
        longest=100,
        make=make,
        newer=grown,
        reads_by="POST",
    )


class TestOnecExtension(ReadOnlyContract):
    """All checks of the suite."""
