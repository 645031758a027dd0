"""The connector against scripted answers: faults, publication, sessions, the cache of ``$metadata``."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
import requests
import responses

from uchet.connectors.base import Connector, Query, Write
from uchet.connectors.onec.answers import Answers
from uchet.connectors.onec.odata import OnecConnector
from uchet.errors import Blocked, Fatal, Reject, Retry, Stale, UchetError, Unknown

Connect = Callable[..., OnecConnector]
GUID = "8d04ce3c-0000-11ec-80d6-000c29b2ed21"
PLACE = "Catalog_Склады"
DOCUMENT = "Document_Ввод"
MISSING = {"odata.error": {"code": "9", "message": {"lang": "ru", "value": "не найден"}}}
EXISTS = {"odata.error": {"code": "15", "message": {"lang": "ru", "value": "уже существует"}}}


def _place(**changes: Any) -> dict[str, Any]:
    return {
        "odata.metadata": "x",
        "Ref_Key": GUID,
        "DataVersion": "AAAAAQAAAAA=",
        "DeletionMark": False,
        "Code": "000000001",
        "Description": "Склад",
        "ТипСклада": "",
        "Комментарий": "",
        **changes,
    }


def _asked(web: responses.RequestsMock, method: str = "GET") -> list[str]:
    return [unquote(str(c.request.url)) for c in web.calls if c.request.method == method]


def test_it_is_a_connector(connect: Connect) -> None:
    connector = connect(password="s3cret", user="u")
    assert isinstance(connector, Connector)
    assert "s3cret" not in repr(connector)


@pytest.mark.parametrize(
    ("answer", "error", "code"),
    [
        ({"status": 401}, Fatal, "login"),
        ({"status": 404}, Fatal, "publication"),
        ({"status": 500, "body": "<html>no</html>"}, Retry, "server_failed"),
        ({"status": 500, "body": "<html>нет свободной лицензии</html>"}, Retry, "licence"),
        ({"body": "<html><form>Вход</form></html>"}, Fatal, "login_page"),
        ({"body": '{"value":[{"Ref_K'}, Retry, "answer_broken"),
        ({"body": '{"value":{}}'}, Retry, "answer_broken"),
        ({"body": '{"value":[1]}'}, Retry, "answer_broken"),
        ({"body": '{"value":[{"Code":"1"}]}'}, Retry, "answer_broken"),
        ({"body": "[]"}, Retry, "answer_broken"),
        ({"body": '[[{"Ref_Key":"1"}]]'}, Retry, "answer_broken"),
        ({"body": "<feed/>"}, Fatal, "not_json"),
        ({"body": requests.exceptions.ReadTimeout("late")}, Retry, "unreachable"),
        ({"body": requests.exceptions.ChunkedEncodingError("cut")}, Retry, "unreachable"),
    ],
)
def test_a_broken_listing_is_an_error_and_never_a_short_list(
    web: responses.RequestsMock, connect: Connect, root: str, answer: dict[str, Any], error: type[UchetError], code: str
) -> None:
    web.get(f"{root}/{PLACE}", **answer)
    for fields in ((), ("Description",)):  # as dictionaries, and straight into their types
        with pytest.raises(error) as caught:
            list(connect().read(Query(PLACE, fields)))
        assert caught.value.code == code


def test_what_is_unpublished_is_named_without_asking(web: responses.RequestsMock, connect: Connect) -> None:
    connector = connect()
    tries: list[Callable[[], object]] = [
        lambda: list(connector.read(Query("Catalog_Нет"))),
        lambda: connector.get("Catalog_Нет", GUID),
        lambda: connector.find("Catalog_Нет", "uchet:1"),
        lambda: connector.write(Write("Catalog_Нет", None, {})),
        lambda: list(connector.read(Query("Catalog_Нет/SliceLast"))),
    ]
    for attempt in tries:
        with pytest.raises(Blocked, match="Catalog_Нет"):
            attempt()
    with pytest.raises(Blocked, match="Этаж of Catalog_Склады"):
        list(connector.read(Query(PLACE, ("Этаж",))))
    with pytest.raises(Blocked, match="Этаж"):
        list(connector.read(Query(PLACE, where={"Этаж": 1})))
    assert len(_asked(web)) == 1


def test_a_set_unpublished_meanwhile_is_named(web: responses.RequestsMock, connect: Connect, root: str) -> None:
    web.get(f"{root}/{PLACE}", status=404, json={"odata.error": {"code": "8", "message": {"value": "x"}}})
    with pytest.raises(Blocked, match=PLACE):
        list(connect().read(Query(PLACE)))


def test_only_1c_itself_can_say_that_a_record_is_gone(web: responses.RequestsMock, connect: Connect, root: str) -> None:
    place = web.get(f"{root}/{PLACE}(guid'{GUID}')", status=404, json=MISSING)
    web.get(f"{root}/{PLACE}", json={"value": []})  # a base that gives its own keys would show it by its comment
    connector = connect()
    assert connector.get(PLACE, GUID) is None
    assert connector.find(PLACE, GUID.upper()) is None
    assert connector.get(PLACE, "not a key") is None
    assert place.call_count == 2
    web.replace(responses.GET, f"{root}/{PLACE}(guid'{GUID}')", status=404, body="<html>IIS</html>")
    with pytest.raises(Fatal):
        connector.get(PLACE, GUID)


def test_a_deletion_mark_retires(web: responses.RequestsMock, connect: Connect, root: str) -> None:
    web.get(f"{root}/{PLACE}(guid'{GUID}')", json=_place(DeletionMark=True))
    found = connect().get(PLACE, GUID)
    assert found is not None
    assert found.retired
    assert found.version == "AAAAAQAAAAA="


def test_filters_slices_and_balances_are_asked_for_as_1c_wants(
    web: responses.RequestsMock, connect: Connect, root: str
) -> None:
    web.get(url=_any(root), json={"value": []})
    connector = connect(zone="Asia/Yekaterinburg")
    connector.answers = Answers(condition=True, long_condition=True, case_sensitive=True)  # a base that was asked
    connector._obey()
    queries = [
        Query(PLACE, ("Code",), where={"Description": "O'Нил", "DeletionMark": False}),
        Query(DOCUMENT, where={"Основание": GUID, "Основание_Type": "StandardODATA.Catalog_Склады", "Склад_Key": None}),
        Query(PLACE, where={"Code": ("1", "2")}),
        Query(
            "InformationRegister_Места/SliceLast",
            ("Состояние",),
            params={"period": datetime(2026, 2, 1), "condition": {"Состояние": "На 'складе'", "Вещь_Key": GUID}},
        ),
        Query(
            "AccountingRegister_Учет/Balance",
            params={"period": datetime(2026, 1, 31, 19, tzinfo=UTC), "accounts": (GUID, GUID)},
        ),
        Query("InformationRegister_Места"),
        Query("InformationRegister_Сведения"),
    ]
    for query in queries:
        assert [page.complete for page in connector.read(query)] == [True]
    zero = "00000000-0000-0000-0000-000000000000"
    page = "&$top=500&$skip=0"
    assert [asked.removeprefix(root) for asked in _asked(web)[1:]] == [
        f"/{PLACE}?$select=Code,Ref_Key,DataVersion,DeletionMark"
        "&$filter=Description eq 'O''Нил' and DeletionMark eq false"
        f"&$orderby=Code,Ref_Key{page}",
        f"/{DOCUMENT}?$filter=Основание eq cast(guid'{GUID}','Catalog_Склады') and Склад_Key eq guid'{zero}'"
        f"&$orderby=Date,Number,Ref_Key{page}",
        f"/{PLACE}?$filter=(Code eq '1' or Code eq '2')&$orderby=Code,Ref_Key{page}",
        "/InformationRegister_Места_RecordType/SliceLast(Period=datetime'2026-02-01T00:00:00',"
        f"Condition='Состояние eq ''На ''''складе'''''' and Вещь_Key eq guid''{GUID}''')"
        "?$select=Состояние,Вещь_Key,Организация_Key",
        "/AccountingRegister_Учет/Balance(Period=datetime'2026-02-01T00:00:00',"
        f"AccountCondition='Account_Key eq guid''{GUID}'' or Account_Key eq guid''{GUID}''')",
        "/InformationRegister_Места",
        f"/InformationRegister_Сведения?$orderby=Объект,Объект_Type,Свойство_Key{page}",
    ]
    assert not any("+" in str(call.request.url) for call in web.calls)


def _any(root: str) -> Any:
    return re.compile(re.escape(root) + r"/(?!\$metadata).*")


@pytest.mark.parametrize(
    "params",
    [{"period": "2026"}, {"month": 1}, {"end": datetime(2026, 1, 1)}, {"accounts": ()}, {"accounts": ("1 or true",)}],
)
def test_wrong_parameters_are_refused(web: responses.RequestsMock, connect: Connect, params: dict[str, object]) -> None:
    with pytest.raises(Fatal, match="Balance"):
        list(connect().read(Query("AccountingRegister_Учет/Balance", params=params)))
    with pytest.raises(Fatal, match=PLACE):
        list(connect().read(Query(PLACE, params={"period": datetime(2026, 1, 1)})))


def test_rows_of_slices_and_balances_have_stable_ids(web: responses.RequestsMock, connect: Connect, root: str) -> None:
    thing, org = GUID, GUID.replace("8d", "9d")
    web.get(
        f"{root}/InformationRegister_Места_RecordType/SliceLast()",
        json={
            "value": [{"Period": "2026-01-01T00:00:00", "Вещь_Key": thing, "Организация_Key": org, "Состояние": "х "}]
        },
    )
    row = {"Account_Key": GUID, "ExtDimension1": org, "ExtDimension1_Type": "StandardODATA.Catalog_Склады"}
    web.get(
        f"{root}/AccountingRegister_Учет/Balance()",
        body=json.dumps({"value": [{**row, "КоличествоBalance": 1.250}, {**row, "КоличествоBalance": None}, row]}),
    )
    connector = connect()
    (page,) = connector.read(Query("InformationRegister_Места_RecordType/SliceLast"))
    assert [(raw.id, raw.data["Состояние"]) for raw in page.records] == [(f"{thing}|{org}", "х")]
    (page,) = connector.read(Query("AccountingRegister_Учет/Balance"))
    key = f"{GUID}|{org}|StandardODATA.Catalog_Склады"
    assert [raw.id for raw in page.records] == [key, f"{key}#2", f"{key}#3"]
    assert [str(raw.data["КоличествоBalance"]) for raw in page.records] == ["1.25", "0", "0"]


def test_records_of_a_register_are_addressed_by_their_whole_key(
    web: responses.RequestsMock, connect: Connect, root: str
) -> None:
    row = {"Объект": GUID, "Объект_Type": "StandardODATA.Catalog_Склады", "Свойство_Key": GUID, "Значение": "5"}
    key = f"(Объект='{GUID}',Объект_Type='StandardODATA.Catalog_Склады',Свойство_Key=guid'{GUID}')"
    web.get(f"{root}/InformationRegister_Сведения{key}", json=row)
    found = connect().get("InformationRegister_Сведения", f"{GUID}|StandardODATA.Catalog_Склады|{GUID}")
    assert found is not None
    assert found.data["Значение"] == "5"
    assert found.version is None


def test_describe(web: responses.RequestsMock, connect: Connect, root: str) -> None:
    names = [PLACE, DOCUMENT, "AccountingRegister_Учет"]
    web.get(root, json={"value": [{"name": n, "url": n} for n in names]})
    found = connect(url="http://1C.test/base/").describe()
    assert found.identity == "1c.test/base#empty"
    assert set(found.collections) == {*names, f"{DOCUMENT}/Строки", "AccountingRegister_Учет/Balance"}
    assert found.collections[PLACE]["Description"].length == 25
    web.replace(responses.GET, root, json={"value": []})
    with pytest.raises(Fatal, match="publishes nothing"):
        connect().describe()


def test_metadata_is_kept_between_runs_and_asked_for_anew_by_describe(
    web: responses.RequestsMock, connect: Connect, root: str, tmp_path: Path, edmx: bytes
) -> None:
    web.get(root, json={"value": [{"name": PLACE}]})
    web.get(f"{root}/{PLACE}", json={"value": []})
    list(connect(cache=tmp_path).read(Query(PLACE)))
    list(connect(cache=tmp_path).read(Query(PLACE)))
    assert sum("$metadata" in asked for asked in _asked(web)) == 1
    renamed = edmx.replace("ТипСклада".encode(), "ВидСклада".encode())
    web.replace(responses.GET, f"{root}/$metadata", body=renamed, headers={"ETag": "x1"})
    assert "ВидСклада" in connect(cache=tmp_path).describe().collections[PLACE]
    web.replace(responses.GET, f"{root}/$metadata", status=304)
    assert "ВидСклада" in connect(cache=tmp_path).describe().collections[PLACE]
    assert web.calls[-1].request.headers["If-None-Match"] == "x1"
    (tmp_path / next(p.name for p in tmp_path.iterdir())).write_bytes(b"broken")
    web.replace(responses.GET, f"{root}/$metadata", body=edmx)
    list(connect(cache=tmp_path).read(Query(PLACE, ("ТипСклада",))))


def test_a_create_sends_its_own_key_and_marker(web: responses.RequestsMock, connect: Connect, root: str) -> None:
    web.get(f"{root}/{PLACE}(guid'{GUID}')", status=404, json=MISSING)
    web.get(f"{root}/{PLACE}", json={"value": []})
    web.post(f"{root}/{PLACE}", status=201, json=_place(Комментарий="uchet:7"))
    receipt = connect().write(Write(PLACE, None, {"Description": "Склад"}, key=GUID, marker="uchet:7"))
    assert receipt.created
    assert receipt.raw.id == GUID
    sent = json.loads(web.calls[-1].request.body)
    assert sent == {"Ref_Key": GUID, "Description": "Склад", "Комментарий": "uchet:7"}
    assert "substringof('uchet:7',Комментарий)" in _asked(web)[-1]


def test_a_repeated_create_finds_its_twin_by_key_by_marker_or_by_refusal(
    web: responses.RequestsMock, connect: Connect, root: str
) -> None:
    write = Write(PLACE, None, {"Description": "Склад"}, key=GUID, marker="uchet:7")
    place = f"{root}/{PLACE}(guid'{GUID}')"
    web.get(place, json=_place())
    receipt = connect().write(write)
    assert (receipt.created, receipt.raw.id) == (False, GUID)
    other = GUID.replace("8d", "9d")
    web.replace(responses.GET, place, status=404, json=MISSING)
    found = web.get(f"{root}/{PLACE}", json={"value": [_place(Ref_Key=other)]})
    receipt = connect().write(write)
    assert (receipt.created, receipt.raw.id) == (False, other)
    assert _asked(web, "POST") == []
    web.remove(found)
    web.remove(responses.GET, place)
    web.get(f"{root}/{PLACE}", json={"value": []})
    web.get(place, status=404, json=MISSING)
    web.get(place, json=_place())
    web.post(f"{root}/{PLACE}", status=400, json=EXISTS)
    receipt = connect().write(write)
    assert (receipt.created, receipt.raw.id) == (False, GUID)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ({"body": requests.exceptions.ReadTimeout("late")}, Unknown),
        ({"body": requests.exceptions.ConnectionError("reset")}, Unknown),
        ({"status": 502, "body": "<html>Bad Gateway</html>"}, Unknown),
        ({"status": 201, "body": '{"Ref_Key":"8d04'}, Unknown),
        ({"status": 201, "body": "[]"}, Unknown),
        ({"status": 200, "body": "<html>login</html>"}, Fatal),
        ({"status": 500, "json": {"odata.error": {"code": "-1", "message": {"value": "нет"}}}}, Reject),
        ({"status": 500, "body": "Не обнаружено свободной лицензии!"}, Retry),
        ({"body": requests.exceptions.ConnectTimeout("away")}, Retry),
    ],
)
def test_what_becomes_of_a_write_that_was_not_answered(
    web: responses.RequestsMock, connect: Connect, root: str, answer: dict[str, Any], error: type[UchetError]
) -> None:
    web.get(f"{root}/{PLACE}(guid'{GUID}')", json=_place())
    sent = web.patch(f"{root}/{PLACE}(guid'{GUID}')", **answer)
    with pytest.raises(error):
        connect().write(Write(PLACE, GUID, {"Description": "Новый"}))
    if error is Unknown:
        assert sent.call_count == 1


def test_an_answer_that_cannot_be_read_back_leaves_the_write_unknown(
    web: responses.RequestsMock, connect: Connect, root: str
) -> None:
    place = f"{root}/{PLACE}(guid'{GUID}')"
    web.get(place, json=_place())
    web.get(place, status=503)
    web.patch(place, json={"Description": "Новый"})
    with pytest.raises(Unknown):
        connect().write(Write(PLACE, GUID, {"Description": "Новый"}))


@pytest.mark.parametrize("wrong", [{"Кратность": "пять"}, {"СуммаДокумента": "x"}, {"Строки": 5}, {"Срок": []}])
def test_a_value_of_a_wrong_type_is_a_broken_answer(
    web: responses.RequestsMock, connect: Connect, root: str, wrong: dict[str, Any]
) -> None:
    good = {"Ref_Key": GUID, "DataVersion": "A", "Number": "1", "Комментарий": ""}
    document = f"{root}/{DOCUMENT}(guid'{GUID}')"
    web.get(document, json={**good, **wrong})
    with pytest.raises(Retry, match="answer_broken"):
        connect().get(DOCUMENT, GUID)
    web.replace(responses.GET, document, json=good)
    web.patch(document, json={**good, **wrong, "Комментарий": "x"})
    with pytest.raises(Unknown, match="answer_broken"):
        connect().write(Write(DOCUMENT, GUID, {"Комментарий": "x"}))


def test_a_change_compares_the_version_first_and_sends_it(
    web: responses.RequestsMock, connect: Connect, root: str
) -> None:
    place = f"{root}/{PLACE}(guid'{GUID}')"
    web.get(place, json=_place())
    web.patch(place, json=_place(Description="Новый", DataVersion="AAAAAgAAAAA="))
    connector = connect()
    with pytest.raises(Stale):
        connector.write(Write(PLACE, GUID, {"Description": "Новый"}, expected="AAAAAAAAAAA="))
    assert _asked(web, "PATCH") == []
    receipt = connector.write(Write(PLACE, GUID, {"Description": "Новый"}, expected="AAAAAQAAAAA="))
    assert receipt.raw.version == "AAAAAgAAAAA="
    assert web.calls[-1].request.headers["If-Match"] == "AAAAAQAAAAA="
    assert json.loads(web.calls[-1].request.body) == {"Description": "Новый"}


def test_a_change_that_changes_nothing_is_not_sent(web: responses.RequestsMock, connect: Connect, root: str) -> None:
    web.get(f"{root}/{PLACE}(guid'{GUID}')", json=_place())
    receipt = connect().write(Write(PLACE, GUID, {"Description": "Склад"}, expected="AAAAAQAAAAA="))
    assert not receipt.created
    assert _asked(web, "PATCH") == []


@pytest.mark.parametrize("stored", ["Нов", "Новый!", ""])
def test_a_value_that_1c_changed_is_refused_by_name(
    web: responses.RequestsMock, connect: Connect, root: str, stored: str
) -> None:
    place = f"{root}/{PLACE}(guid'{GUID}')"
    web.get(place, json=_place())
    web.patch(place, json=_place(Description=stored))
    with pytest.raises(Reject) as caught:
        connect().write(Write(PLACE, GUID, {"Description": "Новый"}))
    assert (caught.value.code, caught.value.field) == ("value_changed_by_server", "Description")


def test_what_cannot_be_changed(web: responses.RequestsMock, connect: Connect, root: str) -> None:
    web.get(f"{root}/{DOCUMENT}(guid'{GUID}')", json={"Ref_Key": GUID, "Posted": True, "Комментарий": ""})
    web.get(f"{root}/{PLACE}(guid'{GUID}')", status=404, json=MISSING)
    connector = connect()
    with pytest.raises(Reject, match="posted"):
        connector.write(Write(DOCUMENT, GUID, {"Комментарий": "x"}))
    with pytest.raises(Stale, match="gone"):
        connector.write(Write(PLACE, GUID, {"Комментарий": "x"}))
    with pytest.raises(Fatal, match="not_writable"):
        connector.write(Write("InformationRegister_Места", None, {"Значение": "x"}))  # its recorder writes it
    with pytest.raises(Fatal, match="record_key"):
        connector.write(Write("InformationRegister_Сведения", None, {"Значение": "x"}))
    assert not any(c.request.method != "GET" for c in web.calls)


def test_find_by_marker(web: responses.RequestsMock, connect: Connect, root: str) -> None:
    dead, other = _place(DeletionMark=True), GUID.replace("8d", "9d")
    web.get(f"{root}/{PLACE}", json={"value": [dead, _place(Ref_Key=other)]})
    connector = connect()
    alive = connector.find(PLACE, "заявка 'Ё'")
    assert alive is not None
    assert alive.id == other
    assert "substringof('заявка ''Ё''',Комментарий)" in _asked(web)[-1]
    assert connector.find(PLACE, "") is None
    web.remove(responses.GET, f"{root}/{PLACE}")
    web.get(f"{root}/{PLACE}", json={"value": [_place(), _place(Ref_Key=other)]})
    with pytest.raises(Blocked, match="same marker"):
        connector.find(PLACE, "x")


def test_one_session_is_kept_and_ended(web: responses.RequestsMock, connect: Connect, root: str) -> None:
    place = f"{root}/{PLACE}(guid'{GUID}')"
    web.get(place, json=_place(), headers={"Set-Cookie": "ibsession=abc; path=/"})
    web.get(place, status=404)
    web.get(place, json=_place(), headers={"Set-Cookie": "ibsession=def; path=/"})
    finish = web.get(root, json={"value": []})
    connector = connect(session="ibsession", connections=5)
    assert connector.capabilities.connections == 1
    for _ in range(2):
        assert connector.get(PLACE, GUID) is not None
    connector.close()
    headers = [c.request.headers for c in web.calls]
    assert [h.get("IBSession") for h in headers] == ["start", "start", None, "start", "finish"]
    assert [h.get("Cookie") for h in headers] == [None, None, "ibsession=abc", None, "ibsession=def"]
    assert finish.call_count == 1


def test_login_is_utf8(web: responses.RequestsMock, connect: Connect, root: str) -> None:
    web.get(f"{root}/{PLACE}", json={"value": []})
    list(connect(user="Обмен", password="тайна").read(Query(PLACE)))
    header = web.calls[-1].request.headers["Authorization"]
    assert base64.b64decode(header.removeprefix("Basic ")).decode() == "Обмен:тайна"


@pytest.mark.parametrize(
    ("settings", "code"),
    [
        ({"url": "http://h/base?x=1"}, "address_form"),
        ({"url": "base"}, "address_form"),
        ({"url": "http://u:p@h/base"}, "address_login"),
        ({"zone": "Moscow"}, "zone"),
    ],
)
def test_wrong_settings(connect: Connect, settings: dict[str, str], code: str) -> None:
    with pytest.raises(Fatal) as caught:
        connect(**settings)
    assert caught.value.code == code


def test_since_never_gives_a_complete_listing(web: responses.RequestsMock, connect: Connect, root: str) -> None:
    web.get(f"{root}/{PLACE}", json={"value": []})
    assert [page.complete for page in connect().read(Query(PLACE), since="2026")] == [False]
