"""Posting: what the accountant's click checks and writes, and the closed period."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from uchet.emulator import Emulator, ODataError

MOVE = "Document_ПеремещениеОС"
STATES = "InformationRegister_СостоянияОСОрганизаций_RecordType"
PLACES = "InformationRegister_МестонахождениеОСБухгалтерскийУчет_RecordType"
INITIAL = "InformationRegister_ПервоначальныеСведенияОСБухгалтерскийУчет_RecordType"


def at(collection: str, key: str) -> str:
    return f"{collection}(guid'{key}')"


def move(company: Any, **changes: Any) -> dict[str, Any]:
    return {
        "Date": "2026-02-10T12:00:00",
        "Организация_Key": company.org,
        "ПодразделениеОрганизации_Key": company.books,
        "МОЛОрганизации_Key": company.ivanov,
        "ПодразделениеПолучатель_Key": company.store,
        "МОЛПолучатель_Key": company.petrov,
        "ОС": [{"LineNumber": "1", "ОсновноеСредство_Key": company.notebook}],
        **changes,
    }


def post(client: Any, key: str) -> Any:
    return client.call("POST", f"{at(MOVE, key)}/Post", query="PostingModeOperational=false")


def test_acceptance_writes_the_three_registers(client: Any, company: Any) -> None:
    initial, state, place = client.value(INITIAL)[0], client.value(STATES)[0], client.value(PLACES)[0]
    assert (initial["ИнвентарныйНомер"], initial["ПервоначальнаяСтоимость"]) == ("000000017", 50000.5)
    assert (state["Состояние"], state["ДатаСостояния"]) == ("ПринятоКУчету", "2026-01-10T10:00:00")
    assert (place["МОЛ_Key"], place["Местонахождение_Key"]) == (company.ivanov, company.books)
    assert place["Recorder"] == company.acceptance
    assert place["Recorder_Type"] == "StandardODATA.Document_ПринятиеКУчетуОС"


def test_a_move_is_a_draft_until_posted_and_unpost_takes_it_back(client: Any, company: Any) -> None:
    made = client.call("POST", MOVE, move(company)).json()
    assert made["Posted"] is False
    assert len(client.value(PLACES)) == 1
    answer = post(client, made["Ref_Key"])
    assert (answer.status_code, answer.content) == (200, b"")
    assert client.get(at(MOVE, made["Ref_Key"]))["Posted"] is True
    last = client.value(f"{PLACES}/SliceLast()")[0]
    assert (last["МОЛ_Key"], last["Местонахождение_Key"]) == (company.petrov, company.store)
    assert post(client, made["Ref_Key"]).status_code == 200, "a repeat reposts"
    assert len(client.value(PLACES)) == 2
    assert client.call("POST", f"{at(MOVE, made['Ref_Key'])}/Unpost").status_code == 200
    assert client.value(f"{PLACES}/SliceLast()")[0]["МОЛ_Key"] == company.ivanov
    again = client.call("POST", MOVE, move(company, Date="2026-02-11T12:00:00")).json()["Ref_Key"]
    assert post(client, again).status_code == 200, "the asset stands with its first sender again"


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"МОЛОрганизации_Key": None}, "не отражалось в учете за МОЛ"),
        ({"ПодразделениеОрганизации_Key": None}, "не отражалось в учете в местонахождении"),
        ({"Date": "2026-01-10T09:59:59"}, "не принадлежит организации"),
        ({"Организация_Key": None}, 'Поле "Организация" не заполнено'),
        ({"ОС": []}, "Не введено ни одной строки"),
    ],
)
def test_posting_refuses_with_the_reason(client: Any, company: Any, changes: dict[str, Any], text: str) -> None:
    key = client.call("POST", MOVE, move(company, **changes)).json()["Ref_Key"]
    answer = post(client, key)
    error = answer.json()["odata.error"]
    assert (answer.status_code, error["code"]) == (500, "-1")
    assert text in error["message"]["value"]
    assert client.get(at(MOVE, key))["Posted"] is False


def test_a_repeated_asset_and_a_marked_document_are_refused(client: Any, company: Any) -> None:
    rows = [{"LineNumber": n, "ОсновноеСредство_Key": company.notebook} for n in (1, 2)]
    key = client.call("POST", MOVE, move(company, ОС=rows)).json()["Ref_Key"]
    assert "повторяется" in post(client, key).text
    client.call("PATCH", at(MOVE, key), {"DeletionMark": True})
    assert "Помеченный на удаление" in post(client, key).text


def test_real_time_posting_is_refused(client: Any, company: Any) -> None:
    key = client.call("POST", MOVE, move(company)).json()["Ref_Key"]
    refused = client.refused("POST", f"{at(MOVE, key)}/Post", query="PostingModeOperational=true")
    assert refused[:2] == (500, "-1")


def test_write_off_takes_the_asset_off_and_a_second_one_is_refused(client: Any, emulator: Any, company: Any) -> None:
    body = {
        "Date": "2026-03-01T00:00:00",
        "Организация_Key": company.org,
        "ОС": [{"ОсновноеСредство_Key": company.notebook}],
    }
    emulator.world.write_document("Document_СписаниеОС", body)
    assert client.value(f"{STATES}/SliceLast()")[0]["Состояние"] == "СнятоСУчета"
    with pytest.raises(ODataError, match="не принято к учету"):
        emulator.world.write_document("Document_СписаниеОС", {**body, "Date": "2026-03-02T00:00:00"})
    assert len(emulator.world.rows("Document_СписаниеОС")) == 1, "a refused document of a person is not kept"


def test_editing_a_posted_document_keeps_its_records_until_reposted(emulator: Any, company: Any) -> None:
    world = emulator.world
    key = world.write_document(MOVE, move(company))
    assert world.edit(MOVE, key, {"МОЛПолучатель_Key": company.ivanov})["Posted"] is True
    records = [row for row in world.rows(PLACES.removesuffix("_RecordType")) if row["Recorder"] == key]
    assert records[0]["МОЛ_Key"] == company.petrov
    world.post(MOVE, key)
    records = [row for row in world.rows(PLACES.removesuffix("_RecordType")) if row["Recorder"] == key]
    assert records[0]["МОЛ_Key"] == company.ivanov
    assert world.mark(MOVE, key)["Posted"] is False
    assert len(world.rows(PLACES)) == 1


def hand_out(emulator: Any, company: Any, item: str, count: str, day: str = "2026-01-11") -> str:
    world = emulator.world
    stock = world.put("Catalog_Склады", {"Description": "Основной"})
    way = world.put("Catalog_СпособыОтраженияРасходовПоАмортизации", {"Description": "26"})
    return str(
        world.write_document(
            "Document_ПередачаМатериаловВЭксплуатацию",
            {
                "Date": f"{day}T10:00:00",
                "Организация_Key": company.org,
                "Склад_Key": stock,
                "ИнвентарьИХозяйственныеПринадлежности": [
                    {
                        "Номенклатура_Key": item,
                        "Количество": count,
                        "ФизЛицо_Key": company.ivanov,
                        "СчетУчета_Key": world.account("10.09"),
                        "СпособОтраженияРасходов_Key": way,
                    }
                ],
            },
        )
    )


def balances(client: Any, emulator: Any, period: str = "2026-04-01T00:00:00") -> dict[tuple[str, str], Any]:
    condition = f"Account_Key eq guid''{emulator.world.account('МЦ.04')}''"
    call = f"Balance(Period=datetime'{period}',AccountCondition='{condition}')"
    rows = client.value(f"AccountingRegister_Хозрасчетный/{call}")
    return {(row["ExtDimension2"], row["ExtDimension3"]): row["КоличествоBalanceDr"] for row in rows}


def test_low_value_items_live_on_mc04_with_their_batch(client: Any, emulator: Any, company: Any) -> None:
    item = emulator.world.put("Catalog_Номенклатура", {"Description": "Монитор"})
    batch = hand_out(emulator, company, item, "5")
    assert balances(client, emulator) == {(batch, company.ivanov): 5}
    assert balances(client, emulator, "2026-01-11T10:00:00") == {}, "a balance excludes its own moment"
    assert balances(client, emulator, "2026-01-11T10:00:01") == {(batch, company.ivanov): 5}
    pass_on = {
        "Date": "2026-02-01T00:00:00",
        "Организация_Key": company.org,
        "ВидОперации": "ПередачаМеждуСотрудниками",
        "СотрудникОтправитель_Key": company.ivanov,
        "СотрудникПолучатель_Key": company.petrov,
        "Материалы": [{"Номенклатура_Key": item, "Количество": "2"}],
    }
    key = emulator.world.write_document("Document_ПеремещениеТоваров", pass_on)
    assert balances(client, emulator) == {(batch, company.ivanov): 3, (batch, company.petrov): 2}
    with pytest.raises(ODataError, match="не хватает 1"):
        emulator.world.write_document(
            "Document_ПеремещениеТоваров", {**pass_on, "Материалы": [{"Номенклатура_Key": item, "Количество": 4}]}
        )
    emulator.world.unpost("Document_ПеремещениеТоваров", key)
    assert balances(client, emulator) == {(batch, company.ivanov): 5}


def test_batches_go_out_oldest_first_and_write_off_empties_them(client: Any, emulator: Any, company: Any) -> None:
    item = emulator.world.put("Catalog_Номенклатура", {"Description": "Мышь"})
    hand_out(emulator, company, item, "1", "2026-01-11")
    newer = hand_out(emulator, company, item, "1.5", "2026-01-12")
    emulator.world.write_document(
        "Document_СписаниеТоваров",
        {
            "Date": "2026-02-01T00:00:00",
            "Организация_Key": company.org,
            "ВидОперации": "СписаниеССотрудника",
            "Сотрудник_Key": company.ivanov,
            "Материалы": [{"Номенклатура_Key": item, "Количество": "1.25"}],
        },
    )
    assert {k: Decimal(str(v)) for k, v in balances(client, emulator).items()} == {
        (newer, company.ivanov): Decimal("1.25")
    }


def test_demand_leaves_a_balance_only_when_watched(client: Any, emulator: Any, company: Any) -> None:
    world = emulator.world
    item = world.put("Catalog_Номенклатура", {"Description": "Клавиатура"})
    body = {
        "Date": "2026-02-01T00:00:00",
        "Организация_Key": company.org,
        "ВидОперации": "ПередачаСотруднику",
        "Склад_Key": world.put("Catalog_Склады", {"Description": "С"}),
        "СчетЗатрат_Key": world.account("26"),
        "Сотрудник_Key": company.petrov,
        "Материалы": [{"Номенклатура_Key": item, "Количество": 1}],
    }
    world.write_document("Document_ТребованиеНакладная", body)
    assert balances(client, emulator) == {}
    watched = world.write_document(
        "Document_ТребованиеНакладная", {**body, "СпособУчетаМатериаловПоСотруднику": "РасходИОстатки"}
    )
    assert balances(client, emulator) == {(watched, company.petrov): 1}


def test_a_downgraded_asset_leaves_account_01_and_appears_on_mc04(client: Any, emulator: Any, company: Any) -> None:
    item = emulator.world.put("Catalog_Номенклатура", {"Description": "Ноутбук Lenovo"})
    key = emulator.world.write_document(
        "Document_ПереводОСВМалоценноеОборудование",
        {
            "Date": "2026-03-01T00:00:00",
            "Организация_Key": company.org,
            "ОС": [{"ОсновноеСредство_Key": company.notebook, "Номенклатура_Key": item, "Количество": 1}],
        },
    )
    assert client.value(f"{STATES}/SliceLast()")[0]["Состояние"] == "СнятоСУчета"
    assert balances(client, emulator) == {(key, company.ivanov): 1}


def test_closed_period_stops_drafts_marks_and_moves_in_either_direction(
    client: Any, emulator: Any, company: Any
) -> None:
    key = client.call("POST", MOVE, move(company)).json()["Ref_Key"]
    emulator.world.close_period("2026-02-28", company.org)
    status, code, text = client.refused("POST", MOVE, move(company))
    assert (status, code) == (500, "-1")
    assert "невозможно поместить в запрещенный период" in text
    assert "Запрещено изменять данные с датой ранее 28.02.2026 (включительно)." in text
    for change in ({"DeletionMark": True}, {"Комментарий": "x"}, {"Date": "2026-03-01T00:00:00"}):
        assert "невозможно изменить в запрещенном периоде" in client.refused("PATCH", at(MOVE, key), change)[2]
    assert "удалить в запрещенном периоде" in client.refused("DELETE", at(MOVE, key))[2]
    assert "изменить в запрещенном" in post(client, key).json()["odata.error"]["message"]["value"]
    later = client.call("POST", MOVE, move(company, Date="2026-03-01T00:00:00"))
    assert later.status_code == 201
    moved = client.refused("PATCH", at(MOVE, later.json()["Ref_Key"]), {"Date": "2026-02-28T23:59:59"})
    assert "поместить в запрещенный период" in moved[2]
    other = emulator.world.put("Catalog_Организации", {"Description": "Другая"})
    assert client.call("POST", MOVE, move(company, Организация_Key=other)).status_code == 201
    assert client.call("PATCH", at("Catalog_ОсновныеСредства", company.notebook), {}).status_code == 200


def test_closed_period_obeys_its_constant_and_relative_dates(connect: Any) -> None:
    with Emulator(clock=lambda: datetime(2026, 3, 3)) as emulator:  # the server's wall clock
        client, register = connect(emulator.url), "InformationRegister_ДатыЗапретаИзменения"
        emulator.world.close_period("2020-01-01")
        row = emulator.world.rows(register)[0]
        emulator.world.put(register, {**row, "ОписаниеДатыЗапрета": "КонецПрошлогоМесяца\n5"})
        assert client.call("POST", MOVE, {"Date": "2026-02-01T00:00:00"}).status_code == 201, "grace of five days"
        assert client.refused("POST", MOVE, {"Date": "2026-01-31T00:00:00"})[0] == 500
        emulator.world.put(register, {**row, "ОписаниеДатыЗапрета": "КонецПрошлогоМесяца"})
        assert client.refused("POST", MOVE, {"Date": "2026-02-28T00:00:00"})[0] == 500
        emulator.switches.plain_refusal = True
        assert "период" not in client.refused("POST", MOVE, {"Date": "2026-02-28T00:00:00"})[2]
        emulator.world.set_constant("ИспользоватьДатыЗапретаИзменения", False)
        assert client.call("POST", MOVE, {"Date": "2020-01-01T00:00:00"}).status_code == 201


def test_a_refused_act_inside_a_batch_leaves_nothing_behind(emulator: Any, company: Any) -> None:
    world = emulator.world
    with world.batch():
        with pytest.raises(ODataError):
            world.write_document(MOVE, move(company, МОЛОрганизации_Key=company.petrov))
        world.put("Catalog_Должности", {"Description": "осталась"})
    assert world.rows(MOVE) == []
    assert len(world.rows("Catalog_Должности")) == 1
