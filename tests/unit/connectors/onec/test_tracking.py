"""Finding what changed on an emulated base: by exchange plan, by versions, by digests of a slice; what each costs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import zoo

from uchet.connectors.base import Delta, Query, Raw
from uchet.connectors.http import Retries
from uchet.connectors.onec.odata import OnecConnector
from uchet.emulator import Emulator
from uchet.errors import Fatal, Retry, UchetError

GOODS, STOCK = "Catalog_Товары", "AccumulationRegister_Запасы/Balance"
PLAN, NODE = "ExchangePlan_Обмен", zoo.key("узел")
Open = Callable[..., OnecConnector]


@pytest.fixture
def base() -> Iterator[Emulator]:
    with Emulator(zoo.model()) as started:
        zoo.populate(started)
        started.world.put_many(GOODS, ({"Description": f"Вещь {n}", "Артикул": str(n)} for n in range(300)))
        started.world.add_node(PLAN, "desk", NODE)
        yield started


@pytest.fixture
def opened(base: Emulator, tmp_path: Path) -> Iterator[Open]:
    made: list[OnecConnector] = []

    def start(way: str, collection: str = GOODS, **more: Any) -> OnecConnector:
        options = {"cache": tmp_path / way, "changes": {collection: way}, "plan": PLAN, "node": "desk", **more}
        made.append(OnecConnector(base.url, page_size=100, retries=Retries(attempts=1), **options))
        return made[-1]

    yield start
    for connector in made:
        connector.close()


def listing(connector: OnecConnector, query: Query | None = None) -> dict[str, Raw]:
    pages = list(connector.read(query or Query(GOODS)))
    assert [page.complete for page in pages] == [False] * (len(pages) - 1) + [True]
    found = [raw for page in pages for raw in page.records]
    assert len({raw.id for raw in found}) == len(found), "a record came twice"
    return {raw.id: raw for raw in found}


def delta(connector: OnecConnector, collection: str = GOODS) -> Delta:
    return connector.deltas[collection]


def touch(base: Emulator) -> None:
    """One changed, one new, one gone."""
    base.world.edit(GOODS, zoo.key("Мышь"), {"Description": "Мышь 2"})
    base.world.put(GOODS, {"Ref_Key": zoo.key("новый"), "Description": "Новый"})
    base.world.remove(GOODS, zoo.key("Кабель"))


@pytest.mark.parametrize("way", ["plan", "versions"])
def test_the_listing_is_the_one_a_full_reading_gives(base: Emulator, opened: Open, way: str) -> None:
    assert listing(opened(way)) == listing(opened("full"))
    touch(base)
    connector = opened(way)
    connector.describe()
    assert listing(connector) == listing(opened("full"))
    found = delta(connector)
    assert (found.way, found.total, found.changed, found.gone) == (way, 304, 2, 1)


def test_requests_for_changed_records_are_few(base: Emulator, opened: Open, closing: Any) -> None:
    full = opened("full")
    before = full._transport.received
    listing(full)
    whole = full._transport.received - before
    costs = {}
    for way in ("plan", "versions"):
        listing(opened(way))
    for name in ("Мышь", "Монитор", "Бумага"):
        base.world.edit(GOODS, zoo.key(name), {"Артикул": f"{name} 9"})
    for way in ("plan", "versions"):
        connector = opened(way)
        listing(connector)
        costs[way] = delta(connector)
        assert costs[way].changed == 3
    assert costs["plan"].requests <= 3, "the node, the packet, its confirmation"
    assert costs["versions"].requests == 2, "one list of versions, one fetch"
    assert costs["versions"].received < whole / 5
    assert costs["plan"].received < whole / 5
    text = ", ".join(f"{w} {c.requests} requests {c.received} bytes" for w, c in costs.items())
    closing(f"3 changed of 304: {text}; full {whole} bytes")


def test_a_message_is_confirmed_only_when_it_is_kept(base: Emulator, opened: Open, tmp_path: Path) -> None:
    listing(opened("plan"))
    base.world.edit(GOODS, zoo.key("Мышь"), {"Description": "Мышь 2"})
    base.faults.add("drop_before", collection="NotifyChangesReceived")
    with pytest.raises(Retry):
        listing(opened("plan"))
    assert base.base.changes.waiting(PLAN, NODE) == 1
    base.world.edit(GOODS, zoo.key("Монитор"), {"Description": "Монитор 2"})
    found = listing(opened("plan"))
    assert (found[zoo.key("Мышь")].data["Description"], found[zoo.key("Монитор")].data["Description"]) == (
        "Мышь 2",
        "Монитор 2",
    )
    assert base.base.changes.waiting(PLAN, NODE) == 0


def test_a_lost_packet_is_asked_for_again(base: Emulator, opened: Open) -> None:
    listing(opened("plan"))
    base.world.edit(GOODS, zoo.key("Мышь"), {"Description": "Мышь 2"})
    base.faults.add("truncate", collection="SelectChanges")
    with pytest.raises(UchetError):
        listing(opened("plan"))
    assert listing(opened("plan"))[zoo.key("Мышь")].data["Description"] == "Мышь 2"


def test_a_poisoned_packet_names_its_record_and_stops_nothing(base: Emulator, opened: Open) -> None:
    listing(opened("plan"))
    base.world.edit(GOODS, zoo.key("Мышь"), {"Артикул": "А\x02"})
    base.world.edit(GOODS, zoo.key("Монитор"), {"Description": "Монитор 2"})
    connector = opened("plan")
    pages = list(connector.read(Query(GOODS)))
    notes = [note for page in pages for note in page.notes]
    assert [(n.code, n.params["id"], n.params["field"]) for n in notes] == [
        ("packet_poisoned", zoo.key("Мышь"), "Артикул")
    ]
    records = {raw.id: raw for page in pages for raw in page.records}
    assert pages[-1].complete
    assert records[zoo.key("Монитор")].data["Description"] == "Монитор 2", "found by versions meanwhile"
    base.world.edit(GOODS, zoo.key("Мышь"), {"Артикул": "А-1"})
    later = opened("plan")
    assert listing(later)[zoo.key("Мышь")].data["Артикул"] == "А-1"
    assert delta(later).way.startswith("plan")


def test_back_dated_records_are_seen_in_a_slice(base: Emulator, opened: Open) -> None:
    rows = [{"RecordType": "Receipt", "Товар_Key": zoo.key("Мышь"), "Период": "", "Количество": "3"}]

    def record(day: int, quantity: str) -> None:
        recorder = {"Recorder": zoo.key(f"Приход {day}"), "Recorder_Type": "StandardODATA.Document_Приход"}
        period = f"2026-03-{day:02d}T10:00:00"
        row = {**rows[0], "Period": period, "Количество": quantity}
        base.world.put("AccumulationRegister_Запасы", {**recorder, "RecordSet": [row]})

    record(4, "3")
    query = Query(STOCK)
    for changed in (1, 0):
        connector = opened("slice", STOCK)
        listing(connector, query)
        assert delta(connector, STOCK).changed == changed
    record(1, "2")
    connector = opened("slice", STOCK)
    assert [raw.data["КоличествоBalance"] for raw in listing(connector, query).values()] == [5]
    assert (delta(connector, STOCK).way, delta(connector, STOCK).changed) == ("slice", 1)


def test_what_cannot_be_done_falls_back_to_the_next_best(base: Emulator, opened: Open) -> None:
    for way, collection, used in (
        ("auto", GOODS, "versions:first"),
        ("auto", STOCK, "slice:first"),
        ("versions", STOCK, "slice:first"),
        ("plan", "Catalog_Партнеры", "plan:first"),
    ):
        connector = opened(way, collection)
        listing(connector, Query(collection))
        assert delta(connector, collection).way == used
    bare = opened("versions", cache=None)
    listing(bare)
    assert not bare.deltas, "nowhere to keep a copy"


def test_a_broken_listing_keeps_the_old_copy_and_a_week_proves_it(base: Emulator, opened: Open) -> None:
    listing(opened("versions"))
    touch(base)
    base.faults.add("truncate", collection=GOODS, after=1)
    with pytest.raises(UchetError):
        listing(opened("versions"))
    connector = opened("versions")
    listing(connector)
    assert (delta(connector).way, delta(connector).changed) == ("versions", 2)
    later = opened("versions")
    later._tracker.clock = lambda: __import__("time").time() + 8 * 86400
    listing(later)
    assert delta(later).way == "versions:first"


def test_a_node_that_is_not_there_is_told(base: Emulator, opened: Open) -> None:
    connector = opened("plan", node="нет")
    notes = [note for page in connector.read(Query(GOODS)) for note in page.notes]
    assert [note.code for note in notes] == ["exchange_node"]
    with pytest.raises(Fatal):
        opened("sometimes")


def test_copies_are_for_their_owner_only(opened: Open, tmp_path: Path) -> None:
    listing(opened("versions"))
    copies = list(tmp_path.rglob("copy-*.rows"))
    assert copies
    assert all(path.stat().st_mode & 0o077 == 0 for path in copies)
