"""The contract suite against the emulated 1C through an exchange node: what is read, and that no more is claimed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from by_service import subject_of

from uchet.connectors.contract import ReadOnlyContract, Subject
from uchet.connectors.contract_proxy import Answer, Request
from uchet.connectors.http import Retries
from uchet.connectors.onec.soap.connector import EnterpriseConnector
from uchet.emulator import Emulator

SECRET = "Пароль-1С-7713"
NODE = "uchet"


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    with Emulator(user="Обмен", password=SECRET, active_polls=0) as base:
        base.soap.exchange.add_node(NODE, "1.19")
        yield base


def grown(request: Request, forward: Callable[[], Answer]) -> Answer:
    """A newer configuration: every answer has one result more, before those that are known."""
    answer = forward()
    body = re.sub(rb"(Response xmlns:m=[^>]*>)", rb"\1<m:UchetUnexpected>?</m:UchetUnexpected>", answer.body)
    return Answer(answer.status, answer.headers, body)


@pytest.fixture(scope="module")
def subject(emulator: Emulator, tmp_path_factory: pytest.TempPathFactory) -> Subject:
    folder = tmp_path_factory.mktemp("node")

    def connect(
        url: str, *, page_size: int = 500, timeout: float = 10.0, password: str | None = None
    ) -> EnterpriseConnector:
        return EnterpriseConnector(
            url,
            "Обмен",
            SECRET if password is None else password,
            node=NODE,
            page_size=page_size,
            timeout=timeout,
            poll=0.01,
            cache=folder,
            retries=Retries(attempts=1),
        )

    return subject_of("onec_soap", emulator, connect, SECRET, newer=grown, empty="Document_ЗаказПоставщику")


class TestOnecSoap(ReadOnlyContract):
    """All checks of the suite."""


def test_the_fault_of_a_newer_server_is_one(subject: Subject) -> None:
    """The check would pass too if nothing were added to the answers."""
    answer = grown(Request("POST", "", b""), lambda: Answer(200, {}, b'<m:PingResponse xmlns:m="n"><m:return/>'))
    assert b"UchetUnexpected" in answer.body
