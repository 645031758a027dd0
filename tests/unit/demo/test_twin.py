"""Twins made twice are alike, and whatever somebody changes on either server is seen as a difference."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest

from uchet.jobs.demo.company import Company, key_guid
from uchet.jobs.demo.servers import Servers, free_ports, prepare
from uchet.jobs.demo.twin import Snapshot, differences, snapshot
from uchet.jobs.demo.week import asset, move, thing

TODAY = date(2026, 11, 22)


def photograph(servers: Servers) -> Snapshot:
    with servers.accountant() as book, servers.specialist() as desk:
        return snapshot(book, desk)


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Company, Servers, Servers]]:
    ports, company, servers = [free_ports(), free_ports()], None, []
    for number, place in enumerate(ports):
        folder = tmp_path_factory.mktemp(f"company{number}")
        company = prepare(folder, "small", 1, place, TODAY)
        servers.append(Servers(folder, place))
    assert company is not None
    with servers[0], servers[1]:
        yield company, servers[0], servers[1]


def test_twins_are_alike_and_every_change_shows(pair: tuple[Company, Servers, Servers]) -> None:
    company, one, two = pair
    origin = photograph(one)
    assert len(origin["desk equipment"]) == len(company.things)
    assert len(origin["cards"]) > len(company.assets), "folders are read too"
    assert differences(origin, photograph(two)) == []

    with two.specialist() as desk:
        desk.equipment(thing(company, 20).label, serial="CHANGED1")
    seen = differences(origin, photograph(two))
    assert len(seen) == 2
    assert all("desk equipment" in line for line in seen)
    assert "CHANGED1" in seen[1]

    with two.accountant() as book:
        book.change("Catalog_ОсновныеСредства", key_guid(asset(company, 21).key), Description="Переименовано")
    seen = differences(origin, photograph(two))
    assert sum("Переименовано" in line for line in seen) == 1
    assert len(seen) == 4


def test_a_document_of_the_accountant_shows_and_its_posting_too(pair: tuple[Company, Servers, Servers]) -> None:
    company, _, two = pair
    piece = asset(company, 22)
    person = next(p for p in company.staff(piece.organization) if p.key != piece.custodian)
    before = photograph(two)
    with two.accountant() as book:
        draft = book.create("Document_ПеремещениеОС", move(piece, person, f"{TODAY.isoformat()}T10:00:00"))
        assert [row["Ref_Key"] for row in book.drafts("Document_ПеремещениеОС")] == [draft["Ref_Key"]]
        written = photograph(two)
        assert [line[:8] for line in differences(before, written)] == ["+ moves:"]
        book.post("Document_ПеремещениеОС", draft["Ref_Key"])
        assert book.drafts("Document_ПеремещениеОС") == []
    posted = differences(written, photograph(two))
    assert any("МестонахождениеОС" in line and key_guid(person.key) in line for line in posted)


def test_names_of_documents_do_not_count_but_their_content_does() -> None:
    one: Snapshot = {"moves": ('{"a": 1}', '{"a": 1}')}
    assert differences(one, {"moves": ('{"a": 1}',)}) == ['- moves: {"a": 1}'], "a double is a difference"
    assert differences({"x": ("1",)}, {"y": ("1",)}) == ["- x: 1", "+ y: 1"]
