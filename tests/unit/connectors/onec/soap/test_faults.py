"""Every kind of fault with the error it ends in and the advice it gives, numbered, and what is survived."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

import pytest
from soap_calls import PASSWORD, PEER, PLAN, USER, exchange, fill, http, outgoing

from uchet.connectors.base import Query
from uchet.connectors.onec.soap.book import EnterpriseBook
from uchet.connectors.onec.soap.connector import EnterpriseConnector
from uchet.connectors.onec.soap.exchange import Waiting, message
from uchet.emulator import Emulator
from uchet.emulator.faults import KINDS
from uchet.emulator.soap.message import packed
from uchet.errors import Blocked, Fatal, Reject, Retry, UchetError, Unknown


def receive(base: Emulator, folder: Path) -> None:
    exchange(base).receive(folder / "in.zip")


def send(base: Emulator, folder: Path) -> None:
    node = base.soap.exchange.node(PLAN, PEER)
    exchange(base).send(outgoing(folder, base, int((node or {})["ReceivedNo"]) + 1))


def greet(base: Emulator, _: Path) -> None:
    exchange(base).test()


Step = Callable[[Emulator, Path], None]

#: Number, kind, the operation that meets it (``wsdl``: the description), what is asked, the error and its code.
FAULTS: list[tuple[int, str, str, Step, type[UchetError], str]] = [
    (1, "soap_fault", "GetDataPart", receive, Fatal, "rights_exchange"),
    (2, "soap_fault", "PutData", send, Fatal, "rights_exchange"),
    (3, "error_message", "PrepareDataForGetting", receive, Retry, "exchange_busy"),
    (4, "error_message", "PutFilePart", send, Retry, "exchange_busy"),
    (5, "error_message", "TestConnection", greet, Blocked, "exchange_refused"),
    (6, "job_failed", "PrepareDataForGetting", receive, Blocked, "exchange_failed"),
    (7, "job_failed", "PutData", send, Blocked, "exchange_failed"),
    (8, "job_canceled", "PrepareDataForGetting", receive, Retry, "job_canceled"),
    (9, "job_canceled", "PutData", send, Unknown, "message_lost"),
    (10, "job_stuck", "PrepareDataForGetting", receive, Retry, "job_endless"),
    (11, "job_stuck", "PutData", send, Unknown, "message_lost"),
    (12, "unauthorized", "Ping", greet, Fatal, "login"),
    (13, "forbidden", "Ping", greet, Fatal, "forbidden"),
    (14, "not_found", "Ping", greet, Fatal, "web_service"),
    (15, "not_found", "wsdl", greet, Fatal, "web_service"),
    (16, "login_page", "wsdl", greet, Fatal, "login_page"),
    (17, "login_page", "Ping", greet, Fatal, "login_page"),
    (18, "html500", "Ping", greet, Retry, "server_failed"),
    (19, "html500", "PutData", send, Unknown, "answer_lost_status"),
    (20, "bad_gateway", "GetDataPart", receive, Retry, "server_failed"),
    (21, "unavailable", "PutData", send, Unknown, "answer_lost_status"),
    (22, "licence", "Ping", greet, Retry, "licence"),
    (23, "drop_before", "Ping", greet, Retry, "unreachable"),
    (24, "drop_before", "PutData", send, Unknown, "answer_lost"),
    (25, "drop_after", "PutData", send, Unknown, "answer_lost"),
    (26, "truncate", "GetDataPart", receive, Retry, "unreachable"),
    (27, "truncate", "PutData", send, Unknown, "answer_lost"),
    (28, "wrong_length", "GetDataPart", receive, Retry, "malformed"),
    (29, "wrong_length", "PutData", send, Unknown, "answer_unread"),
    (30, "dtd", "Ping", greet, Fatal, "document_type"),
    (31, "dtd", "wsdl", greet, Fatal, "description"),
    (32, "entities", "Ping", greet, Fatal, "document_type"),
    (33, "entities", "wsdl", greet, Fatal, "description"),
    (34, "external", "Ping", greet, Fatal, "document_type"),
    (35, "external", "wsdl", greet, Fatal, "description"),
    (36, "huge_text", "Ping", greet, Blocked, "huge_text"),
    (37, "missing_part", "GetDataPart", receive, Retry, "part_missing"),
    (38, "localised", "TestConnection", greet, Reject, "answer_value"),
    (39, "localised", "PrepareDataActionResult", receive, Reject, "answer_value"),
]


#: Code → what the advice says; every error of the table gives one.
ADVICE: Mapping[str, str] = {
    "rights_exchange": "role «Выполнение синхронизации данных»",
    "exchange_busy": "tries again",
    "exchange_refused": "the code of the node",
    "exchange_failed": "event log of the exchange",
    "job_canceled": "the next run starts it anew",
    "message_lost": "finds out whether it was done",
    "job_endless": "among the background jobs",
    "login": "UCHET_BOOK_PASSWORD",
    "forbidden": "the publication of the 1C base",
    "web_service": "in default.vrd",
    "login_page": "the address at which 1C itself answers",
    "server_failed": "the logs of the web server",
    "answer_lost_status": "finds out whether it was done",
    "licence": "Close unused 1C sessions",
    "unreachable": "the server is running",
    "answer_lost": "finds out whether it was done",
    "malformed": "the next run reads it again",
    "answer_unread": "finds out whether it was done",
    "document_type": "something else answers there",
    "description": "with ?wsdl",
    "huge_text": "huge_texts = true",
    "part_missing": "asks for the message anew",
    "answer_value": "the version of the configuration",
}

#: What an emulated service must be able to do to a client (the reference of the protocol, 6 d) → its numbers here.
ASKED: Mapping[str, tuple[int, ...]] = {
    "SOAP fault with a Russian text": (1, 2),
    "ErrorMessage": (3, 4, 5),
    "Failed": (6, 7),
    "Canceled after a restart": (8, 9, 44),
    "never ends": (10, 11),
    "401": (12,),
    "403": (13,),
    "404": (14, 15),
    "an HTML page with 500, 502 or 503; a login page; no licence": (16, 17, 18, 19, 20, 21, 22),
    "a connection that breaks": (23, 24, 25),
    "truncated body": (26, 27),
    "wrong Content-Length": (28, 29),
    "a document type, entities, a file": (30, 31, 32, 33, 34, 35),
    "oversized text and message": (36, 43, 45, 48),
    "missing or duplicate part": (37, 46),
    "localised booleans, commas in numbers": (38, 39),
    "extra elements": (40,),
    "slow answer, slow drip": (41, 42),
    "repeated delivery of unconfirmed changes": (47,),
}


def test_the_table_is_whole() -> None:
    """Every number stands once, at a row above or at a test whose text begins with it; every kind of fault is met."""
    texts = [text.__doc__ or "" for name, text in vars(sys.modules[__name__]).items() if name.startswith("test_")]
    told = [int(one) for text in texts for one in re.findall(r"\d+", (re.match(r"[\d, ]+:", text) or [""])[0])]
    numbers = sorted([row[0] for row in FAULTS] + told)
    assert numbers == [*range(1, len(numbers) + 1)] == sorted(one for group in ASKED.values() for one in group)
    of_services = {*KINDS[KINDS.index("soap_fault") :]}
    source = Path(__file__).read_text(encoding="utf-8")
    assert not {kind for kind in of_services if f'"{kind}"' not in source}
    assert {row[5] for row in FAULTS} == {*ADVICE}


@pytest.mark.parametrize(
    ("number", "kind", "where", "step", "error", "code"), FAULTS, ids=[f"{f[0]}-{f[1]}" for f in FAULTS]
)
def test_every_fault_ends_in_its_error(
    base: Emulator, tmp_path: Path, number: int, kind: str, where: str, step: Step, error: type[UchetError], code: str
) -> None:
    base.faults.add(kind, collection=where)
    with pytest.raises(UchetError) as found:
        step(base, tmp_path)
    assert (type(found.value), found.value.code) == (error, code), found.value
    assert ADVICE[code] in found.value.hint
    assert base.faults.waiting() == []
    for secret in (PASSWORD, "0J7QsdC80LXQvQ"):  # the password, and the login as it travels
        assert secret not in f"{found.value} {found.value.evidence}"
    assert found.value.text("ru") != found.value.text("en")


def test_a_part_that_comes_twice_is_a_damaged_message(base: Emulator, tmp_path: Path) -> None:
    """46: the archive's sums tell."""
    fill(base)
    base.faults.add("duplicate_part", collection="GetDataPart", after=1)
    with pytest.raises(Retry, match="archive_broken"):
        receive(base, tmp_path)


@pytest.mark.parametrize("kind", ["extra_element", "slow"])
def test_what_is_accepted(base: Emulator, kind: str) -> None:
    """40, 41: an element that no description names, and an answer that is late but in time."""
    base.faults.add(kind, collection="TestConnection", seconds=0.3)
    exchange(base).test()
    assert base.faults.waiting() == []


def test_a_slow_drip_is_left_at_the_deadline(base: Emulator) -> None:
    """42: every piece is in time, the whole is not."""
    client = exchange(base, client=http(base, deadline=2))
    client.test()
    base.faults.add("drip", collection="Ping", seconds=0.5)
    begun = time.monotonic()
    with pytest.raises(Retry, match="unreachable"):
        client.test()
    assert time.monotonic() - begun < 10


def test_an_answer_beyond_the_limit_is_not_read(base: Emulator) -> None:
    """43: eleven million characters where one is allowed."""
    client = exchange(base, client=http(base, largest=1_000_000))
    base.faults.add("huge_text", collection="Ping")
    with pytest.raises(Fatal, match="answer_too_large"):
        client.test()


def test_huge_texts_by_setting_alone(base: Emulator, tmp_path: Path) -> None:
    """48: the setting that the advice names."""
    address = base.url.removesuffix("/odata/standard.odata/")
    base.soap.exchange.add_node("третий")
    for allowed in (True, False):
        base.faults.add("huge_text", collection="Ping")
        options = {"node": "третий", "cache": tmp_path, "poll": 0.01, "huge_texts": allowed}
        connector = EnterpriseConnector(address, USER, PASSWORD, **options)  # type: ignore[arg-type]
        if allowed:
            assert connector.describe().collections
        else:
            with pytest.raises(Blocked, match="huge_text"):
                connector.describe()
        connector.close()


def test_a_restart_of_the_server_costs_one_attempt(base: Emulator, tmp_path: Path) -> None:
    """44: the job is unknown afterwards; nothing is lost, the next message brings the same again."""
    waiting = base.soap.exchange.waiting(PEER)
    client = exchange(base, sleep=lambda _: base.soap.exchange.restart())
    with pytest.raises(Retry, match="job_canceled"):
        client.receive(tmp_path / "in.zip")
    assert base.soap.exchange.waiting(PEER) == waiting > 0
    receive(base, tmp_path)


def test_an_unknown_node_and_a_wrong_password(base: Emulator, tmp_path: Path) -> None:
    with pytest.raises(Blocked, match="exchange_refused"):
        exchange(base, "чужой").test()
    with pytest.raises(Blocked, match="exchange_failed"):
        exchange(base, "чужой").receive(tmp_path / "in.zip")
    with pytest.raises(Fatal, match="login"):
        exchange(base, client=http(base, password="другой")).test()


def test_a_message_that_unpacks_to_too_much_is_not_unpacked(tmp_path: Path) -> None:
    """45: a bomb says its size before it goes off."""
    file = tmp_path / "in.zip"
    file.write_bytes(packed(b"<a>" + b" " * 5_000_000 + b"</a>"))
    with pytest.raises(Blocked, match="message_too_large"), message(file, largest=4_000_000):
        pass


# --- what is survived: the same node read again, as the next run does

#: Kind, and the operation that meets it: what the connector reads by, and what it confirms by.
TROUBLE = [
    *(("job_failed", where) for where in ("PrepareDataForGetting", "PutData")),
    *(("job_canceled", where) for where in ("PrepareDataForGetting", "PutData")),
    *(("job_stuck", where) for where in ("PrepareDataForGetting", "PutData")),
    *(("drop_before", where) for where in ("GetDataPart", "PutData")),
    *(("drop_after", where) for where in ("PrepareDataForGetting", "ConfirmGettingFile", "PutData")),
    ("missing_part", "GetDataPart"),
    ("error_message", "PutFilePart"),
]
STORES, OTHER = "Catalog_Склады", "второй"


@pytest.fixture(scope="module")
def book(running: Emulator, tmp_path_factory: pytest.TempPathFactory) -> EnterpriseBook:
    """A node of its own, before anything went wrong."""
    running.soap.exchange.add_node(OTHER)
    address = running.url.removesuffix("/odata/standard.odata/")
    client = http(running, timeout=(10.0, 30.0), deadline=60.0)
    waiting = Waiting(every=0.02, longest=0.1)
    running.switches.active_polls = 0  # whatever ends has ended at the first look: no clock of a busy machine counts
    made = EnterpriseBook(client, address, PLAN, OTHER, tmp_path_factory.mktemp("kept"), waiting=waiting)
    listed(made)
    return made


def listed(book: EnterpriseBook) -> list[tuple[str, str]]:
    """Keys and names of all warehouses as one run sees them."""
    book.describe()
    return sorted((raw.id, raw.data["Description"]) for page in book.pages(Query(STORES)) for raw in page.records)


@pytest.mark.parametrize(("kind", "where"), TROUBLE)
def test_the_next_run_has_everything_once(base: Emulator, book: EnterpriseBook, kind: str, where: str) -> None:
    """47: whatever happened to a message or to its confirmation, what is delivered again is there once."""
    there = [(row["Ref_Key"], row["Description"]) for row in base.world.rows(STORES)]
    new = (base.world.put(STORES, {"Description": f"{kind} {where}"}), f"{kind} {where}")
    number = _sent(base)
    base.switches.active_polls = 0
    base.faults.add(kind, collection=where)
    if where in ("PutData", "PutFilePart", "ConfirmGettingFile") and kind != "drop_after":
        assert listed(book) == sorted([*there, new]), "a confirmation that fails spoils no listing"
    else:
        with suppress(UchetError):
            listed(book)
    assert base.faults.waiting() == []
    assert listed(book) == sorted([*there, new])
    assert base.soap.exchange.waiting(OTHER) == 0
    assert _sent(base) > number + 1, "1C was asked again"


def _sent(base: Emulator) -> int:
    node = base.soap.exchange.node(PLAN, OTHER)
    assert node is not None
    return int(node["SentNo"])
