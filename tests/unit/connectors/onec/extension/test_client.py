"""Every operation of our extension's web service on the emulator: written once whatever is lost, changes until they are
acknowledged, and two clients that agree."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Literal

import pytest
from plain_soap import Inner, PlainClient, PlainFault
from sending import everything

from uchet.connectors.base import Query
from uchet.connectors.http import HttpClient, Retries
from uchet.connectors.onec.extension.client import SERVICE, Attribute, ExtensionClient, Object, Part, Row
from uchet.connectors.onec.extension.connector import ExtensionConnector
from uchet.connectors.onec.odata import OnecConnector
from uchet.emulator import Emulator
from uchet.errors import Blocked, Fatal, Reject, Retry, UchetError, Unknown

SPACE = "urn:uchet:1c:v1"
TYPES = f'xmlns="{SPACE}:types"'
STORE, MOVE = "Справочник.Склады", "Документ.ПеремещениеТоваров"
STORES, MOVES = "Catalog_Склады", "Document_ПеремещениеТоваров"
ASSETS, SHOWN = "РегистрСведений.ИТАктивы", "InformationRegister_ИТАктивы"


@pytest.fixture(scope="module")
def running() -> Iterator[Emulator]:
    with Emulator(active_polls=0) as base:
        everything(base)
        yield base


@pytest.fixture
def base(running: Emulator) -> Iterator[Emulator]:
    yield running
    running.faults.clear()
    running.soap.extension.broken = False


def address(base: Emulator) -> str:
    return base.url.removesuffix("/odata/standard.odata/")


def client(base: Emulator, version: Literal["1.1", "1.2"] = "1.1") -> ExtensionClient:
    http = HttpClient(address(base), retries=Retries(attempts=1), timeout=(5.0, 20.0))
    return ExtensionClient(http, address(base), version=version)


def key() -> str:
    return str(uuid.uuid4())


def warehouse(name: str, **more: Any) -> Object:
    return Object(STORE, attribute=[Attribute("Наименование", "text", name)], **more)


def names(base: Emulator) -> list[str]:
    return [row["Description"] for row in base.world.rows(STORES)]


# --- reading


@pytest.mark.parametrize("version", ["1.1", "1.2"])
def test_the_service_says_what_it_is_and_serves(base: Emulator, version: Any) -> None:
    found = client(base, version).ping()
    assert (found.service_version, found.max_batch) == ("1.0", 200)
    assert found.infobase_id == client(base).ping().infobase_id
    now = datetime.now(UTC).replace(tzinfo=None)
    assert abs((now - found.server_time_utc).total_seconds()) < 600
    kinds = {kind.name: {item.name: item.kind for item in kind.attribute} for kind in found.type}
    assert kinds[STORE]["Наименование"] == "text"
    assert kinds[MOVE]["СкладОтправитель"] == "ref"
    assert [name for name in kinds if name.startswith("Регистр")] == [ASSETS]
    assert kinds[ASSETS]["ОсновноеСредство"] == "ref"


def test_objects_come_page_by_page_and_by_key(base: Emulator) -> None:
    reader, found, after = client(base), list[Object](), None
    while True:
        page = reader.objects(STORE, after=after, limit=1)
        found += page.object
        after = page.after
        if not page.has_more:
            break
    assert [item.ref for item in found] == sorted(row["Ref_Key"] for row in base.world.rows(STORES))
    one = reader.objects(STORE, [found[1].ref or "", key(), "не ключ"]).object
    assert [item.ref for item in one] == [found[1].ref]
    moved = reader.objects(MOVE).object[0]
    cells = {item.name: item.value for item in moved.part[0].row[0].attribute}
    assert Decimal(cells["Количество"] or "") == Decimal("2.5")


def test_a_type_that_is_not_served_and_a_kind_of_balance_that_nobody_keeps(base: Emulator) -> None:
    for ask in (
        lambda: client(base).objects("Справочник.Пользователи"),
        lambda: client(base).balances("souls"),  # type: ignore[arg-type]
    ):
        with pytest.raises(Blocked) as caught:
            ask()
        assert caught.value.code == "extension_refused"


def test_balances_by_warehouse_and_moment(base: Emulator) -> None:
    item = next(row["Ref_Key"] for row in base.world.rows("Catalog_Номенклатура") if row.get("Артикул") == "CF276A")
    held = client(base).balances("stock", item=item)
    assert sum(row.quantity for row in held) == Decimal("2.5")  # bought; moving it changes no sum
    assert {type(row.amount) for row in held} == {Decimal}
    one = client(base).balances("stock", item=item, warehouse=held[0].warehouse)
    assert one == [row for row in held if row.warehouse == held[0].warehouse]
    assert client(base).balances("stock", datetime(2026, 1, 1)) == []


# --- writing


def test_a_lost_answer_is_asked_for_and_the_object_is_there_once(base: Emulator) -> None:
    name, done = f"Склад {key()}", key()
    base.faults.add("drop_after", collection="PutObjects")
    (result,) = client(base).put(done, [warehouse(name, external_id=key())])
    assert result.status == "created"
    assert names(base).count(name) == 1
    assert client(base).operation(done).status == "Completed"
    (again,) = client(base).put(done, [warehouse(name, external_id=result.external_id)])
    assert again == result
    assert names(base).count(name) == 1


def test_a_call_that_never_arrived_is_made_again(base: Emulator) -> None:
    name, lost = f"Склад {key()}", key()
    base.faults.add("drop_before", collection="PutObjects")
    (result,) = client(base).put(lost, [warehouse(name, external_id=key())])
    assert result.status == "created"
    assert names(base).count(name) == 1


def test_a_call_that_broke_off_halfway_is_ended_by_its_key(base: Emulator) -> None:
    used, sent = key(), [warehouse(f"Склад {key()}", external_id=key()) for _ in range(3)]
    base.soap.extension.broken = True
    with pytest.raises(UchetError):
        client(base).put(used, sent)
    assert client(base).operation(used).status == "Active"
    base.soap.extension.broken = False
    found = client(base).put(used, sent)
    assert [item.status for item in found] == ["created"] * 3
    assert [names(base).count(item.attribute[0].value or "") for item in sent] == [1, 1, 1]
    assert client(base).operation(used).result.result == found  # type: ignore[union-attr]


def test_a_key_stands_for_one_request(base: Emulator) -> None:
    used = key()
    client(base).put(used, [warehouse("А", external_id=key())])
    with pytest.raises(Blocked, match="key_reused"):
        client(base).put(used, [warehouse("Б", external_id=key())])
    assert "Б" not in names(base)


def test_what_is_wrong_with_one_object_is_said_and_the_others_are_written(base: Emulator) -> None:
    name = f"Склад {key()}"
    sent = [
        warehouse(name, external_id=key()),
        warehouse("Никто", ref=key()),
        Object("Справочник.Пользователи", external_id=key()),
        Object(STORE, external_id=key(), attribute=[Attribute("Цвет", "text", "синий")]),
        warehouse("ж" * 300, external_id=key()),
        warehouse("Без ключа"),
    ]
    found = client(base).put(key(), sent)
    assert [item.error_code for item in found] == [
        None, "not_found", "type_unknown", "attribute_unknown", "value", "refused"
    ]  # fmt: skip
    assert all(item.message for item in found[1:])
    assert names(base).count(name) == 1
    with pytest.raises(Blocked, match="batch_too_large"):
        client(base).put(key(), [warehouse("много", external_id=key())] * 201)


def test_a_change_needs_the_version_that_was_read_and_says_when_nothing_changed(base: Emulator) -> None:
    writer = client(base)
    (made,) = writer.put(key(), [warehouse("Старый", external_id=key())])
    (changed,) = writer.put(key(), [warehouse("Новый", ref=made.ref, data_version=made.data_version)])
    assert (changed.status, changed.ref) == ("updated", made.ref)
    (late,) = writer.put(key(), [warehouse("Поздний", ref=made.ref, data_version=made.data_version)])
    assert (late.status, late.error_code) == ("rejected", "version_differs")
    (same,) = writer.put(key(), [warehouse("Новый", ref=made.ref)])
    assert (same.status, same.data_version) == ("unchanged", changed.data_version)
    assert names(base).count("Новый") == 1


def test_a_document_is_drafted_posted_once_and_then_left_alone(base: Emulator) -> None:
    writer = client(base)
    (like,) = [item for item in writer.objects(MOVE).object if item.part][:1]
    head = [item for item in like.attribute if item.name not in ("Номер", "Проведен", "ПометкаУдаления")]
    rows = [Row([cell for cell in row.attribute if cell.name != "Сумма"]) for row in like.part[0].row]
    draft = Object(MOVE, external_id=key(), attribute=head, part=[Part(like.part[0].name, rows)])
    (made,) = writer.put(key(), [draft])
    assert made.ref
    assert base.world.get(MOVES, made.ref)["Posted"] is False  # type: ignore[index]
    once = key()
    base.faults.add("drop_after", collection="PostDocument")
    posted = writer.post(once, MOVE, made.ref, expected=made.data_version)
    assert (posted.status, posted.error_code) == ("updated", None)
    assert base.world.get(MOVES, made.ref)["Posted"] is True  # type: ignore[index]
    assert writer.post(once, MOVE, made.ref, expected=made.data_version) == posted
    assert writer.operation(once).result.result == [posted]  # type: ignore[union-attr]
    (refused,) = writer.put(key(), [Object(MOVE, ref=made.ref, attribute=[Attribute("Комментарий", "text", "?")])])
    assert (refused.status, refused.error_code) == ("rejected", "posted")
    assert writer.post(key(), MOVE, made.ref, expected="старая").error_code == "version_differs"
    assert writer.post(key(), MOVE, made.ref, mode="unpost").status == "updated"
    assert writer.post(key(), MOVE, key()).error_code == "not_found"


def line(asset: str, name: str, **more: Any) -> Object:
    """One line of the register «ИТ-активы»."""
    card = more.pop("card", None)
    cells = [Attribute("Наименование", "text", name), Attribute("ВЭксплуатации", "flag", "true")]
    cells += [Attribute("ОсновноеСредство", "ref", card)] if card else []
    return Object(ASSETS, attribute=[*cells, *more.pop("also", ())], **{more.pop("by", "external_id"): asset}, **more)


def test_a_line_of_the_register_is_written_once_changed_and_read_as_over_odata(base: Emulator) -> None:
    writer, card = client(base), base.world.rows("Catalog_ОсновныеСредства")[0]["Ref_Key"]
    one, other = f"a{key()}", f"Б-{key()}"
    base.faults.add("drop_after", collection="PutObjects")
    found = writer.put(key(), [line(one, "Ноутбук", card=card), line(other, "Монитор")])
    assert [(item.ref, item.status, item.data_version) for item in found] == [
        (one, "created", None), (other, "created", None)
    ]  # fmt: skip
    (again,) = writer.put(key(), [line(one, "Другое")])  # it is there: a key makes no second line and changes none
    assert again.status == "unchanged"
    (changed,) = writer.put(key(), [line(other, "Монитор 27", by="ref")])
    (same,) = writer.put(key(), [line(other, "Монитор 27", by="ref")])
    assert (changed.status, same.status) == ("updated", "unchanged")
    rows = {row["Актив"]: row for row in base.world.rows(SHOWN)}
    assert (rows[one]["Наименование"], rows[one]["ОсновноеСредство_Key"]) == ("Ноутбук", card)
    assert rows[other]["Наименование"] == "Монитор 27"
    with closing_both(base) as (through, odata):
        for query in (Query(SHOWN), Query(SHOWN, fields=("Наименование",), where={"Актив": other})):
            mine, theirs = (
                {raw.id: (raw.version, raw.data) for page in side.read(query) for raw in page.records}
                for side in (through, odata)
            )
            assert {*mine} == {*theirs} >= {other}
            for id, (version, data) in mine.items():
                assert version is theirs[id][0] is None
                wanted = theirs[id][1]
                assert {name: wanted[name] for name in data if name != "Ref_Key"} == dict(data), id
        got = through.get(SHOWN, other)  # a dimension is a text: it is asked for as it stands
        assert got is not None
        assert (got.id, got.data["Наименование"]) == (other, "Монитор 27")
        assert through.get(SHOWN, "нет такого") is None


def test_what_is_wrong_with_a_line_of_the_register_is_said(base: Emulator) -> None:
    there = f"a{key()}"
    client(base).put(key(), [line(there, "Ноутбук")])
    sent = [
        line(f"x{key()}", "Нет такой", by="ref"),
        line(there, "Ноутбук 2", by="ref", data_version="AAA="),
        line(there, "Ноутбук 2", by="ref", also=[Attribute("Актив", "text", "другой")]),
        line(there, "Ноутбук 2", by="ref", also=[Attribute("Цвет", "text", "синий")]),
        Object(ASSETS, attribute=[Attribute("Наименование", "text", "Ничей")]),
    ]
    found = client(base).put(key(), sent)
    assert [item.error_code for item in found] == [
        "not_found", "version_differs", "value", "attribute_unknown", "refused"
    ]  # fmt: skip
    assert {row["Наименование"] for row in base.world.rows(SHOWN) if row["Актив"] == there} == {"Ноутбук"}
    with pytest.raises(Reject, match="не обслуживается"):  # nobody is told of changes of a register
        client(base).changes(f"uchet {key()}", [ASSETS], None, 10)


@contextmanager
def closing_both(base: Emulator) -> Iterator[tuple[ExtensionConnector, OnecConnector]]:
    through = ExtensionConnector(address(base), page_size=1, retries=Retries(attempts=1))
    odata = OnecConnector(base.url)
    try:
        yield through, odata
    finally:
        through.close()
        odata.close()


def test_what_was_done_is_known_after_a_restart(tmp_path: Any) -> None:
    done, outer = key(), key()
    with Emulator(state=tmp_path / "base.db") as first:
        (made,) = client(first).put(done, [warehouse("Один", external_id=outer)])
    with Emulator(state=tmp_path / "base.db") as second:
        assert client(second).put(done, [warehouse("Один", external_id=outer)]) == [made]
        assert names(second).count("Один") == 1


# --- changes


def test_changes_come_again_until_they_are_acknowledged(base: Emulator) -> None:
    reader, consumer, types = client(base), f"uchet {key()}", [STORE, MOVE]
    assert reader.changes(consumer, types, None, 10).change == []  # what was there is read by GetObjects
    first, second = (base.world.put(STORES, {"Description": f"Склад {n}"}) for n in (1, 2))
    base.world.put("Catalog_Номенклатура", {"Description": "Не спрошено"})
    page = reader.changes(consumer, types, None, 1)
    assert [change.ref for change in page.change] == [first]
    assert page.has_more
    rest = reader.changes(consumer, types, page.next_token, 10)
    assert [change.ref for change in rest.change] == [second]
    assert not rest.has_more
    again = reader.changes(consumer, types, None, 10)  # nothing was acknowledged
    assert [change.ref for change in again.change] == [first, second]
    reader.acknowledge(consumer, page.next_token)
    assert [change.ref for change in reader.changes(consumer, types, None, 10).change] == [second]
    base.world.edit(STORES, second, {"Description": "Склад 2а"})
    reader.acknowledge(consumer, rest.next_token)  # what changed after it was told is told again
    (late,) = reader.changes(consumer, types, None, 10).change
    assert late.object is not None
    assert {item.name: item.value for item in late.object.attribute}["Наименование"] == "Склад 2а"
    base.world.remove(STORES, second)
    (gone,) = reader.changes(consumer, types, None, 10).change
    assert (gone.ref, gone.deleted, gone.object) == (second, True, None)


def test_a_consumer_keeps_its_types_and_others_are_apart(base: Emulator) -> None:
    reader, consumer = client(base), f"uchet {key()}"
    reader.changes(consumer, [STORE], None, 10)
    with pytest.raises(Blocked, match="types_differ"):
        reader.changes(consumer, [STORE, MOVE], None, 10)
    with pytest.raises(Reject):  # a fault of the service: the call is wrong
        reader.acknowledge("никто", "1")


# --- the wire


def plain(base: Emulator, version: str) -> PlainClient:
    return PlainClient(f"{address(base)}/ws/{SERVICE}.1cws", SPACE, version)


@pytest.mark.parametrize("version", ["1.1", "1.2"])
def test_a_client_written_by_hand_agrees(base: Emulator, version: Any) -> None:
    mine, typed = plain(base, version), client(base, version)
    info = mine.call("Ping", ClientVersion="1.0")["return"]
    assert info["InfobaseId"] == typed.ping().infobase_id
    refs = Inner(f"<Item {TYPES}>{typed.objects(STORE).object[0].ref}</Item>")
    page = mine.call("GetObjects", Type=STORE, Refs=refs, After=None, Limit=5)["return"]
    assert page["HasMore"] == "false"
    assert page["Object"]["DataVersion"] == typed.objects(STORE).object[0].data_version
    told = {item["Name"]: item.get("Value", "") for item in page["Object"]["Attribute"]}
    assert told == {item.name: item.value or "" for item in typed.objects(STORE).object[0].attribute}
    asked = {"AtMoment": None, "Warehouse": None, "Person": None, "Item": None}
    rows = mine.call("GetBalances", Kind="stock", **asked)["return"]["Row"]
    assert len(rows if isinstance(rows, list) else [rows]) == len(typed.balances("stock"))
    used, id = key(), key()
    sent = f"<Object {TYPES}><Type>{STORE}</Type><ExternalId>{id}</ExternalId></Object>"
    result = mine.call("PutObjects", IdempotencyKey=used, Objects=Inner(sent))["return"]["Result"]
    (same,) = typed.put(used, [Object(STORE, external_id=id)])
    assert (result["Ref"], result["Status"], result["DataVersion"]) == (same.ref, same.status, same.data_version)
    done = mine.call("GetOperation", OperationId=used)["return"]
    assert (done["Status"], done["Result"]["Result"]) == ("Completed", result)
    mine.call("GetChanges", ConsumerId=used, Types=Inner(f"<Item {TYPES}>{STORE}</Item>"), AfterToken=None, Limit=9)
    assert mine.call("AckChanges", ConsumerId=used, Token="0") == {"return": ""}
    nobody = {"Type": MOVE, "Ref": id, "ExpectedDataVersion": None, "Mode": "post"}
    refused = mine.call("PostDocument", IdempotencyKey=key(), **nobody)["return"]
    assert (refused["Status"], refused["ErrorCode"]) == ("rejected", "not_found")


@pytest.mark.parametrize(
    "inside",
    [
        f"<Item {TYPES}/><Other {TYPES}/>",
        '<Item xmlns="urn:other"/>',
        "<Item/>",
    ],
)
def test_what_the_package_does_not_know_is_the_senders_fault(base: Emulator, inside: str) -> None:
    with pytest.raises(PlainFault, match="XDTO"):
        plain(base, "1.1").call("GetObjects", Type=STORE, Refs=Inner(inside), After=None, Limit=5)


FAULTS: dict[str, type[Exception]] = {
    "soap_fault": Fatal,
    "unauthorized": Fatal,
    "forbidden": Fatal,
    "not_found": Fatal,
    "html500": Retry,
    "bad_gateway": Retry,
    "truncate": Retry,
    "wrong_length": Retry,
    "drop_before": Retry,
    "dtd": Fatal,
    "entities": Fatal,
    "external": Fatal,
}


@pytest.mark.parametrize("kind", FAULTS)
def test_every_fault_ends_in_its_error(base: Emulator, kind: str) -> None:
    base.faults.add(kind, collection="Ping")
    with pytest.raises(FAULTS[kind]) as caught:
        client(base).ping()
    assert kind in ("html500", "bad_gateway", "wrong_length") or caught.value.hint  # type: ignore[attr-defined]


def test_a_write_whose_answer_cannot_be_read_is_asked_for(base: Emulator) -> None:
    name = f"Склад {key()}"
    base.faults.add("truncate", collection="PutObjects")
    (result,) = client(base).put(key(), [warehouse(name, external_id=key())])
    assert (result.status, names(base).count(name)) == ("created", 1)
    base.faults.add("drop_after", collection="PutObjects")
    base.faults.add("drop_before", collection="GetOperation")
    with pytest.raises((Unknown, Retry)):
        client(base).put(key(), [warehouse(f"{name} 2", external_id=key())])
    assert names(base).count(f"{name} 2") == 1
