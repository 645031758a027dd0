"""Writing: what is accepted silently, what is refused, and what the server changes by itself."""

from __future__ import annotations

import http.client
import uuid
from typing import Any
from urllib.parse import quote

import pytest

from uchet.emulator import Emulator

ASSETS = "Catalog_ОсновныеСредства"
ZERO = "00000000-0000-0000-0000-000000000000"


def at(collection: str, key: str) -> str:
    return f"{collection}(guid'{key}')"


def test_create_answers_201_with_the_whole_object_and_a_raw_location(client: Any) -> None:
    answer = client.call("POST", "Catalog_Склады", {"Description": "Центральный", "Нет": 1})
    row = answer.json()
    assert answer.status_code == 201
    assert row["Code"] == "00-000001"
    assert answer.headers["Location"].encode("latin-1").decode() == client.url + at("Catalog_Склады", row["Ref_Key"])


def test_client_chosen_key_is_kept_and_a_repeat_is_code_15(client: Any) -> None:
    key = str(uuid.uuid4())
    body = {"Ref_Key": key, "Description": "x"}
    assert client.call("POST", ASSETS, body).json()["Ref_Key"] == key
    assert client.refused("POST", ASSETS, body)[:2] == (400, "15")
    assert client.call("POST", ASSETS, {"Ref_Key": ZERO}).json()["Ref_Key"] != ZERO


def test_patch_changes_given_attributes_and_always_the_version(client: Any, company: Any) -> None:
    seen = set()
    for body in ({"ЗаводскойНомер": "SN-2"}, {"ЗаводскойНомер": "SN-2"}, {"Ref_Key": ZERO, "Нет": 1}):
        answer = client.call("PATCH", at(ASSETS, company.notebook), body)
        assert answer.status_code == 200
        row = answer.json()
        assert (row["ЗаводскойНомер"], row["Description"]) == ("SN-2", "Ноутбук Lenovo")
        assert row["Ref_Key"] == company.notebook
        seen.add(row["DataVersion"])
    assert len(seen) == 3


def test_strings_are_cut_and_null_clears(client: Any, company: Any) -> None:
    row = client.call("PATCH", at(ASSETS, company.notebook), {"ЗаводскойНомер": "7" * 150}).json()
    assert row["ЗаводскойНомер"] == "7" * 100
    row = client.call("PATCH", at(ASSETS, company.notebook), {"ЗаводскойНомер": None, "ДатаВыпуска": None}).json()
    assert (row["ЗаводскойНомер"], row["ДатаВыпуска"]) == ("", "0001-01-01T00:00:00")
    assert client.call("POST", "Catalog_Склады", {"Code": "7"}).json()["Code"] == "7        ", "fixed length pads"


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"КодПоОКОФ_Key": "не гуид"}, 400, "1"),
        ({"DeletionMark": "да"}, 400, "1"),
        ({"ДатаВыпуска": "вчера"}, 400, "1"),
        ({"Description": ["x"]}, 500, "-1"),
        ({"ДополнительныеРеквизиты": [{"ТекстоваяСтрока": "x"}]}, 500, "-1"),
        ({"ДополнительныеРеквизиты": [{"LineNumber": "2"}]}, 400, "4"),
        ({"ДополнительныеРеквизиты": [{"LineNumber": 1, "Значение": "x", "Значение_Type": "string"}]}, 400, "4"),
    ],
)
def test_values_that_are_refused(client: Any, company: Any, body: dict[str, Any], status: int, code: str) -> None:
    assert client.refused("PATCH", at(ASSETS, company.notebook), body)[:2] == (status, code)


def test_text_in_an_int64_is_dropped_and_broken_json_is_500(client: Any, company: Any) -> None:
    rows = [{"LineNumber": "1", "ОсновноеСредство_Key": company.notebook, "Количество": "много"}]
    answer = client.call("POST", "Document_ПеремещениеОС", {"Date": "2026-03-01T00:00:00", "ОС": rows})
    assert (answer.status_code, answer.json()["ОС"][0]["Количество"]) == (201, "0")
    url, headers = client.url + quote(ASSETS), {"Accept": "application/json"}
    broken = client.session.post(url, data=b"{", headers=headers, timeout=9)
    assert (broken.status_code, broken.json()["odata.error"]["code"]) == (500, "-1")


def test_parts_are_replaced_whole_and_kept_when_left_out(client: Any, company: Any) -> None:
    def rows(*values: str) -> list[dict[str, Any]]:
        return [{"LineNumber": n, "Значение": v, "Значение_Type": "Edm.String"} for n, v in enumerate(values, 1)]

    key = at(ASSETS, company.notebook)
    client.call("PATCH", key, {"ДополнительныеРеквизиты": rows("a", "b")})
    client.call("PATCH", key, {"ЗаводскойНомер": "z"})
    assert [r["Значение"] for r in client.get(key)["ДополнительныеРеквизиты"]] == ["a", "b"]
    client.call("PATCH", key, {"ДополнительныеРеквизиты": rows("c")})
    part = client.value(f"{ASSETS}_ДополнительныеРеквизиты", f"$filter=Ref_Key eq guid'{company.notebook}'")
    assert [(row["LineNumber"], row["Значение"]) for row in part] == [("1", "c")]
    assert client.refused("POST", f"{ASSETS}_ДополнительныеРеквизиты", {})[:2] == (400, "13")


def test_composites_need_their_type(client: Any, company: Any) -> None:
    rows = [
        {"LineNumber": 1, "Значение": company.org, "Значение_Type": "StandardODATA.Catalog_Организации"},
        {"LineNumber": 2, "Значение": "без типа"},
    ]
    answer = client.call("PATCH", at(ASSETS, company.notebook), {"ДополнительныеРеквизиты": rows}).json()
    one, two = answer["ДополнительныеРеквизиты"]
    assert (one["Значение"], one["Значение_Type"]) == (company.org, "StandardODATA.Catalog_Организации")
    assert (two["Значение"], two["Значение_Type"]) == ("", "StandardODATA.Undefined")


def test_if_match_is_ignored_until_switched_on(client: Any, emulator: Any, company: Any) -> None:
    key = at(ASSETS, company.notebook)
    assert client.call("PATCH", key, {"ЗаводскойНомер": "1"}, If_Match="stale").status_code == 200
    emulator.switches.if_match = True
    assert client.call("PATCH", key, {"ЗаводскойНомер": "2"}, If_Match="stale").status_code == 412
    version = client.get(key)["DataVersion"]
    assert client.call("PATCH", key, {"ЗаводскойНомер": "3"}, If_Match=version).status_code == 200
    assert client.get(key)["ЗаводскойНомер"] == "3"


def test_independent_register_answers_200_and_refuses_a_repeat(client: Any, company: Any) -> None:
    register = "InformationRegister_ДополнительныеСведения"
    kind = "StandardODATA.Catalog_ОсновныеСредства"
    body = {
        "Объект": company.notebook,
        "Объект_Type": kind,
        "Свойство_Key": ZERO,
        "Значение": "1",
        "Значение_Type": "Edm.String",
    }
    answer = client.call("POST", register, body)
    assert answer.status_code == 200
    assert "DataVersion" not in answer.json()
    assert client.refused("POST", register, {**body, "Значение": "2"})[0] == 400
    key = f"{register}(Объект='{company.notebook}',Объект_Type='{kind}',Свойство_Key=guid'{ZERO}')"
    assert client.get(key)["Значение"] == "1"
    assert client.call("PATCH", key, {"Значение": "3"}).json()["Значение"] == "3"
    assert client.call("DELETE", key).status_code == 204
    assert client.value(register) == []


def test_delete_is_physical_and_checks_nothing(client: Any, company: Any) -> None:
    answer = client.call("DELETE", at(ASSETS, company.notebook))
    assert (answer.status_code, answer.content) == (204, b"")
    assert client.refused("GET", at(ASSETS, company.notebook))[:2] == (404, "9")


def test_constants_are_read_and_changed(client: Any) -> None:
    name = "Constant_ИспользоватьДатыЗапретаИзменения"
    assert client.value(name)[0]["Value"] is False
    assert client.call("PATCH", at(name, ZERO), {"Value": True}).status_code == 200
    assert client.value(name)[0]["Value"] is True


def test_user_defaults_fill_what_is_left_out_but_not_what_is_sent_empty(client: Any, emulator: Any) -> None:
    org = emulator.world.put("Catalog_Организации", {"Description": "По умолчанию"})
    emulator.world.set_user_defaults({"Организация_Key": org})
    draft = {"Date": "2026-03-01T00:00:00"}
    assert client.call("POST", "Document_ПеремещениеОС", draft).json()["Организация_Key"] == org
    sent = client.call("POST", "Document_ПеремещениеОС", {**draft, "Организация_Key": ZERO}).json()
    assert sent["Организация_Key"] == ZERO


def test_handlers_change_what_was_sent(client: Any, emulator: Any) -> None:
    rows = [{"LineNumber": 1, "Количество": 1}]
    made = client.call("POST", "Document_ТребованиеНакладная", {"ВидОперации": "ПередачаСотруднику", "Материалы": rows})
    assert made.json()["СпособУчетаМатериаловПоСотруднику"] == "Расход"
    assert uuid.UUID(made.json()["Материалы"][0]["ИдентификаторСтроки"])
    assert made.json()["Материалы"][0]["Счет_Key"] == emulator.world.account("10.09")
    event = client.call("POST", "Document_ПеремещениеОС", {}).json()["СобытиеОС_Key"]
    assert client.get(at("Catalog_СобытияОС", event))["ВидСобытияОС"] == "ВнутреннееПеремещение"


def test_numbers_run_per_organisation_and_year(client: Any, company: Any) -> None:
    def number(date: str, org: str) -> str:
        body = {"Date": f"{date}T00:00:00", "Организация_Key": org}
        return str(client.call("POST", "Document_ПеремещениеОС", body).json()["Number"])

    assert [number("2026-01-01", company.org), number("2026-05-01", company.org)] == ["00РМ-000001", "00РМ-000002"]
    assert [number("2027-01-01", company.org), number("2026-01-01", ZERO)] == ["00РМ-000001", "0000-000001"]


def test_post_without_content_length_is_411(emulator: Any, company: Any) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", emulator.port, timeout=9)
    path = f"/base/odata/standard.odata/{at('Document_ПринятиеКУчетуОС', company.acceptance)}/Post"
    connection.putrequest("POST", quote(path, safe="/()'"))
    connection.endheaders()
    assert connection.getresponse().status == 411


def test_data_load_mode_skips_the_handlers(client: Any) -> None:
    headers = {"1C-OData-DataLoadMode": "true"}
    url = client.url + quote("Document_ПеремещениеОС")
    usual = client.session.post(url, json={}, headers={"Accept": "application/json"}, timeout=9).json()
    assert usual["СобытиеОС_Key"] != ZERO
    headers = {"1C_OData-DataLoadMode": "true", "Accept": "application/json"}
    assert client.session.post(url, json={}, headers=headers, timeout=9).json()["СобытиеОС_Key"] == ZERO


def test_chosen_keys_can_be_switched_off(connect: Any) -> None:
    with Emulator(client_keys=False) as emulator:
        key = str(uuid.uuid4())
        assert connect(emulator.url).call("POST", ASSETS, {"Ref_Key": key}).json()["Ref_Key"] != key


def test_posted_in_a_body_is_not_assigned(client: Any) -> None:
    made = client.call("POST", "Document_ПеремещениеОС", {"Posted": True}).json()
    assert made["Posted"] is False
    answer = client.call("PATCH", at("Document_ПеремещениеОС", made["Ref_Key"]), {"Posted": True}).json()
    assert answer["Posted"] is False


def test_put_wants_everything(client: Any, emulator: Any) -> None:
    key = emulator.world.put("Catalog_Должности", {"Description": "Инженер"})
    assert client.refused("PUT", at("Catalog_Должности", key), {"Description": "x"})[:2] == (400, "5")
    whole = client.get(at("Catalog_Должности", key))
    answer = client.call("PUT", at("Catalog_Должности", key), {**whole, "Description": "Техник"})
    assert (answer.status_code, answer.json()["Description"]) == (200, "Техник")


def test_record_sets_by_recorder(client: Any, company: Any) -> None:
    register = "InformationRegister_МестонахождениеОСБухгалтерскийУчет"
    recorder = f"Recorder='{company.acceptance}',Recorder_Type="
    key = f"{register}({recorder}'StandardODATA.Document_ПринятиеКУчетуОС')"
    record_set = client.get(key)["RecordSet"]
    assert record_set[0]["МОЛ_Key"] == company.ivanov
    assert client.refused("GET", f"{register}({recorder}'Document_ПринятиеКУчетуОС')")[:2] == (400, "4")
    assert client.refused("GET", f"{register}(Recorder='{company.acceptance}')")[:2] == (400, "7")
    changed = client.call("PATCH", key, {"RecordSet": [{**record_set[0], "МОЛ_Key": company.petrov}]})
    assert changed.status_code == 200
    assert client.value(f"{register}_RecordType")[0]["МОЛ_Key"] == company.petrov
    assert client.refused("POST", f"{register}_RecordType", {})[:2] == (405, "19")


def test_odata_bind_sets_a_reference(client: Any, company: Any) -> None:
    body = {"Владелец@odata.bind": "x", "Организация@odata.bind": f"Catalog_Организации(guid'{company.org}')"}
    assert client.call("POST", "Document_ПеремещениеОС", body).json()["Организация_Key"] == company.org
