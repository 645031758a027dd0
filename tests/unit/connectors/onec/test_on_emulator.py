"""The connector against the emulated base: the same dialect over a real socket."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Iterator
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from uchet.connectors.base import Page, Query, Raw, Write
from uchet.connectors.http import Retries
from uchet.connectors.onec.odata import OnecConnector
from uchet.emulator.server import Emulator
from uchet.emulator.world import World
from uchet.errors import Blocked, Fatal, Reject, Retry, Stale, Unknown

ASSETS = "Catalog_ОсновныеСредства"
MOVES = "Document_ПеремещениеОС"
PLACES = "Catalog_Склады"
PERIOD = {"period": datetime(2026, 6, 1)}

Open = Callable[..., OnecConnector]


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    with Emulator(user="Обмен", password="тайна") as made:
        yield made


@pytest.fixture
def world(emulator: Emulator) -> World:
    return emulator.world


@pytest.fixture
def opened(emulator: Emulator) -> Iterator[Open]:
    made: list[OnecConnector] = []

    def opened(**settings: Any) -> OnecConnector:
        given = {"password": "тайна", "retries": Retries(attempts=3, first=0.001), **settings}
        made.append(OnecConnector(emulator.url, "Обмен", **given))
        return made[-1]

    yield opened
    for connector in made:
        connector.close()


@pytest.fixture
def base(opened: Open) -> OnecConnector:
    return opened(page_size=20)


def _all(pages: Iterator[Page]) -> tuple[list[Raw], bool]:
    found = list(pages)
    return [raw for page in found for raw in page.records], found[-1].complete


def _places(world: World, count: int) -> list[str]:
    return world.put_many(PLACES, ({"Code": f"{n:09}", "Description": f"Склад {n}"} for n in range(count)))


def test_the_base_describes_itself(base: OnecConnector, world: World) -> None:
    found = base.describe()
    assert found.identity.startswith("127.0.0.1:")
    for name in (f"{ASSETS}/ДополнительныеРеквизиты", f"{MOVES}/ОС", "AccountingRegister_Хозрасчетный/Balance"):
        assert name in found.collections
    assert "Состояние" in found.collections["InformationRegister_СостоянияОСОрганизаций_RecordType/SliceLast"]
    world.put("Catalog_Организации", {"Code": "000000001", "Description": "Ромашка"})
    one = base.describe().identity
    world.put("Catalog_Организации", {"Code": "000000002", "Description": "Лютик"})
    assert base.describe().identity == one


def test_what_is_taken_out_of_the_composition_is_seen_and_named(base: OnecConnector, world: World) -> None:
    base.describe()
    world.unpublish(PLACES, f"{ASSETS}/ЗаводскойНомер")
    with pytest.raises(Blocked, match=PLACES):
        list(base.read(Query(PLACES)))
    found = base.describe().collections
    assert PLACES not in found
    assert "ЗаводскойНомер" not in found[ASSETS]
    with pytest.raises(Blocked, match=f"ЗаводскойНомер of {ASSETS}"):
        list(base.read(Query(ASSETS, ("ЗаводскойНомер",))))


@pytest.mark.parametrize("count", [0, 1, 19, 20, 21, 95])
def test_every_row_comes_once(base: OnecConnector, world: World, count: int) -> None:
    keys = _places(world, count)
    rows, complete = _all(base.read(Query(PLACES, ("Description",))))
    assert complete
    assert sorted(raw.id for raw in rows) == sorted(keys)
    assert all(raw.version and raw.data["Description"].startswith("Склад") for raw in rows)


def test_tabular_parts_are_read_by_their_own_set(base: OnecConnector, world: World) -> None:
    row = {"Свойство_Key": world.add_property("ИТ: модель"), "Значение": "М", "Значение_Type": "Edm.String"}
    keys = world.put_many(ASSETS, ({"Description": f"{n}", "ДополнительныеРеквизиты": [row, row]} for n in range(15)))
    for name in (f"{ASSETS}/ДополнительныеРеквизиты", f"{ASSETS}_ДополнительныеРеквизиты"):
        rows, complete = _all(base.read(Query(name)))
        assert complete
        assert {raw.id for raw in rows} == {f"{key}|{line}" for key in keys for line in (1, 2)}


def test_nothing_is_lost_while_others_write(base: OnecConnector, world: World) -> None:
    """Rows are removed in front and added at the end all the time: pages slide under the reader."""
    stay = _places(world, 200)[100:]
    done = threading.Event()
    going = [raw.id for raw in _all(base.read(Query(PLACES, ("Code",))))[0] if raw.id not in set(stay)]

    def people() -> None:
        for number, key in enumerate(going):
            if done.wait(0.002):
                return
            world.remove(PLACES, key)
            world.put(PLACES, {"Code": f"9{number:08}", "Description": "Новый"})

    writer = threading.Thread(target=people)
    writer.start()
    try:
        for _ in range(4):
            rows, complete = _all(base.read(Query(PLACES, ("Code",))))
            ids = [raw.id for raw in rows]
            assert len(ids) == len(set(ids))
            assert not complete or set(stay) <= set(ids)
    finally:
        done.set()
        writer.join()
    assert complete


@pytest.mark.parametrize("kind", ["duplicate_page", "wrong_page"])
def test_pages_that_overlap_or_slide_lose_nothing(
    base: OnecConnector, emulator: Emulator, world: World, kind: str
) -> None:
    keys = _places(world, 90)
    emulator.faults.add(kind, collection=PLACES, after=1, count=2)
    rows, complete = _all(base.read(Query(PLACES, ("Code",))))
    assert complete
    assert sorted(raw.id for raw in rows) == sorted(keys)


def test_equality_filters(base: OnecConnector, world: World) -> None:
    keys = world.put_many(
        ASSETS,
        [
            {"Description": "O'Нил & «Ко»", "ЗаводскойНомер": "A+B 100%"},
            {"Description": "Папка", "IsFolder": True},
            {"Description": "Другой"},
        ],
    )
    for where, expected in (
        ({"Description": "O'Нил & «Ко»"}, keys[:1]),
        ({"ЗаводскойНомер": "A+B 100%"}, keys[:1]),
        ({"IsFolder": True}, keys[1:2]),
        ({"IsFolder": False, "Ref_Key": keys[2]}, keys[2:]),
        ({"Ref_Key": (keys[0], keys[2])}, [keys[0], keys[2]]),
    ):
        rows, complete = _all(base.read(Query(ASSETS, ("Description",), where=where)))
        assert complete
        assert sorted(raw.id for raw in rows) == sorted(expected)


@pytest.fixture
def company(world: World) -> dict[str, str]:
    """One organisation, two departments, two people and an asset accepted to the first of each."""
    org = world.put("Catalog_Организации", {"Code": "000000001", "Description": "Ромашка", "ИНН": "7701234567"})
    made = {"org": org, "event": str(world.rows("Catalog_СобытияОС")[0]["Ref_Key"])}
    for name in ("отдел1", "отдел2"):
        made[name] = world.put("Catalog_ПодразделенияОрганизаций", {"Description": name, "Owner_Key": org})
    for name in ("Иванов", "Петров"):
        made[name] = world.put("Catalog_ФизическиеЛица", {"Description": name})
    made["asset"] = world.put(ASSETS, {"Code": "000000007", "Description": "Принтер"})
    made["acceptance"] = world.write_document(
        "Document_ПринятиеКУчетуОС",
        {
            "Date": "2026-01-15T10:00:00",
            "Организация_Key": org,
            "МестонахождениеОС_Key": made["отдел1"],
            "МОЛБУ_Key": made["Иванов"],
            "СтоимостьБУ": Decimal("120000.50"),
            "СобытиеОС_Key": made["event"],
            "СчетУчета_Key": world.account("01.01"),
            "ОС": [{"ОсновноеСредство_Key": made["asset"], "ИнвентарныйНомер": "000000042"}],
        },
    )
    return made


def _move(company: dict[str, str], **changes: Any) -> dict[str, Any]:
    return {
        "Date": datetime(2026, 2, 10, 12),
        "Организация_Key": company["org"],
        "СобытиеОС_Key": company["event"],
        "ПодразделениеОрганизации_Key": company["отдел1"],
        "МОЛОрганизации_Key": company["Иванов"],
        "ПодразделениеПолучатель_Key": company["отдел2"],
        "МОЛПолучатель_Key": company["Петров"],
        "НачислениеАмортизации": 0,
        "СпособОтраженияРасходовПоАмортизации_Key": None,
        "ОС": [{"ОсновноеСредство_Key": company["asset"], "Количество": 1}],
        **changes,
    }


def _custodian(base: OnecConnector) -> Any:
    query = Query("InformationRegister_МестонахождениеОСБухгалтерскийУчет/SliceLast", ("МОЛ_Key",), params=PERIOD)
    rows, complete = _all(base.read(query))
    assert complete
    assert len(rows) == 1
    return rows[0]


def test_slices_tell_where_the_asset_is(base: OnecConnector, company: dict[str, str]) -> None:
    row = _custodian(base)
    assert row.id == f"{company['asset']}|{company['org']}"
    assert row.data["МОЛ_Key"] == company["Иванов"]
    initial = Query(
        "InformationRegister_ПервоначальныеСведенияОСБухгалтерскийУчет_RecordType/SliceLast",
        ("ИнвентарныйНомер", "ПервоначальнаяСтоимость", "Организация_Key"),
        params=PERIOD,
    )
    rows, _ = _all(base.read(initial))
    assert rows[0].id == company["asset"]
    assert rows[0].data["ИнвентарныйНомер"] == "000000042"
    assert rows[0].data["ПервоначальнаяСтоимость"] == Decimal("120000.50")
    base.probe()  # only a base that was asked is trusted with a condition in a slice
    state = Query(
        "InformationRegister_СостоянияОСОрганизаций/SliceLast",
        params={**PERIOD, "condition": {"Состояние": "ПринятоКУчету", "ОсновноеСредство_Key": company["asset"]}},
    )
    assert len(_all(base.read(state))[0]) == 1
    before = Query(state.collection, params={"period": datetime(2026, 1, 1)})
    assert _all(base.read(before)) == ([], True)


def test_low_value_items_come_from_the_balance(base: OnecConnector, world: World, company: dict[str, str]) -> None:
    item = world.put("Catalog_Номенклатура", {"Description": "Монитор"})
    world.write_document(
        "Document_ПередачаМатериаловВЭксплуатацию",
        {
            "Date": "2026-02-01T10:00:00",
            "Организация_Key": company["org"],
            "Склад_Key": world.put(PLACES, {"Description": "Основной"}),
            "ИнвентарьИХозяйственныеПринадлежности": [
                {
                    "Номенклатура_Key": item,
                    "Количество": 3,
                    "ФизЛицо_Key": company["Иванов"],
                    "СчетУчета_Key": world.account("10.09"),
                    "СпособОтраженияРасходов_Key": world.put(
                        "Catalog_СпособыОтраженияРасходовПоАмортизации", {"Description": "26"}
                    ),
                }
            ],
        },
    )
    fields = ("Организация_Key", "ExtDimension1", "ExtDimension2", "ExtDimension3", "КоличествоBalance")
    for accounts in ((world.account("МЦ.04"),), tuple(world.account(c) for c in ("МЦ.04", "01.01", "10.09", "МЦ.02"))):
        query = Query("AccountingRegister_Хозрасчетный/Balance", params={**PERIOD, "accounts": accounts})
        rows, complete = _all(base.read(query))
        mine = [raw for raw in rows if raw.data["Account_Key"] == world.account("МЦ.04")]
        assert complete
        assert len(mine) == 1
        data = mine[0].data
        assert (data["ExtDimension1"], data["ExtDimension3"]) == (item, company["Иванов"])
        assert data["ExtDimension2_Type"] == "StandardODATA.Document_ПередачаМатериаловВЭксплуатацию"
        assert Decimal(3) in (data.get("КоличествоBalance"), data.get("КоличествоBalanceDr"))
    published = base.describe().collections["AccountingRegister_Хозрасчетный/Balance"]
    chosen = tuple(name for name in fields if name in published)
    rows, _ = _all(base.read(Query(query.collection, chosen, params=query.params)))
    assert any(raw.data["ExtDimension1"] == item for raw in rows)


def test_a_draft_is_written_once_found_again_and_posted_by_a_person(
    base: OnecConnector, world: World, company: dict[str, str]
) -> None:
    key = str(uuid.uuid4())
    write = Write(MOVES, None, _move(company), key=key, marker="uchet:draft:1")
    receipt = base.write(write)
    assert receipt.created
    assert receipt.raw.id == key
    assert receipt.raw.data["Posted"] is False
    assert "uchet:draft:1" in receipt.raw.data["Комментарий"]
    again = base.write(write)
    assert (again.created, again.raw) == (False, receipt.raw)
    assert len(world.rows(MOVES)) == 1
    found = base.find(MOVES, "uchet:draft:1")
    assert found == receipt.raw
    assert base.find(MOVES, key) == receipt.raw
    assert base.find(MOVES, "uchet:draft:2") is None
    world.post(MOVES, key)
    assert _custodian(base).data["МОЛ_Key"] == company["Петров"]
    with pytest.raises(Reject, match="posted"):
        base.write(Write(MOVES, key, {"Комментарий": "x"}))
    world.unpost(MOVES, key)
    world.remove(MOVES, key)
    assert base.get(MOVES, key) is None


@pytest.mark.parametrize("kind", ["drop_before", "drop_after", "truncate"])
def test_a_lost_answer_is_unknown_and_a_repeat_makes_no_second_document(
    base: OnecConnector, emulator: Emulator, world: World, company: dict[str, str], kind: str
) -> None:
    write = Write(MOVES, None, _move(company), key=str(uuid.uuid4()), marker="uchet:draft:1")
    base.describe()
    emulator.faults.add(kind, method="POST", collection=MOVES)
    with pytest.raises(Unknown):
        base.write(write)
    receipt = base.write(write)
    assert receipt.created == (kind == "drop_before")
    assert len(world.rows(MOVES)) == 1


def test_a_base_that_gives_its_own_keys_still_makes_one_document() -> None:
    with Emulator(client_keys=False) as other:
        base = OnecConnector(other.url)
        org = other.world.put("Catalog_Организации", {"Description": "Ромашка"})
        write = Write(
            MOVES,
            None,
            {"Date": datetime(2026, 2, 10), "Организация_Key": org},
            key=str(uuid.uuid4()),
            marker="uchet:draft:1",
        )
        first, second = base.write(write), base.write(write)
        assert (first.created, second.created) == (True, False)
        assert first.raw.id == second.raw.id
        assert len(other.world.rows(MOVES)) == 1
        base.close()


def test_changes_others_made_are_not_overwritten(base: OnecConnector, world: World) -> None:
    key = world.put(ASSETS, {"Description": "Принтер"})
    seen = base.get(ASSETS, key)
    assert seen is not None
    world.edit(ASSETS, key, {"Комментарий": "от бухгалтера"})
    with pytest.raises(Stale):
        base.write(Write(ASSETS, key, {"ЗаводскойНомер": "S1"}, expected=seen.version))
    fresh = base.get(ASSETS, key)
    assert fresh is not None
    receipt = base.write(Write(ASSETS, key, {"ЗаводскойНомер": "S1"}, expected=fresh.version))
    assert receipt.raw.version != fresh.version
    assert receipt.raw.data["Комментарий"] == "от бухгалтера"
    assert base.get(ASSETS, key) == receipt.raw


def test_a_string_that_the_base_cuts_is_refused_by_name(base: OnecConnector, world: World) -> None:
    key = world.put(ASSETS, {"Description": "Принтер"})
    with pytest.raises(Reject) as caught:
        base.write(Write(ASSETS, key, {"ЗаводскойНомер": "X" * 101}))
    assert caught.value.field == "ЗаводскойНомер"
    assert caught.value.code in ("value_changed_by_server", "too_long")


@pytest.mark.parametrize("text", ["Ёж «O'Нил» & Ко <b> \\ \" + 100%", "𠜎 emoji 🖨", "Я" * 100, "a b"])
def test_any_text_survives(base: OnecConnector, world: World, text: str) -> None:
    key = world.put(ASSETS, {"Description": "Принтер"})
    assert base.write(Write(ASSETS, key, {"ЗаводскойНомер": text})).raw.data["ЗаводскойНомер"] == text
    got = base.get(ASSETS, key)
    assert got is not None
    assert got.data["ЗаводскойНомер"] == text


def test_other_peoples_attributes_survive_a_merge(base: OnecConnector, world: World) -> None:
    mine, theirs = world.add_property("ИТ: модель"), world.add_property("Гарантия до")
    rows = [
        {"Свойство_Key": theirs, "Значение": "2027-01-01T00:00:00", "Значение_Type": "Edm.DateTime"},
        {"Свойство_Key": theirs, "Значение": "1.50", "Значение_Type": "Edm.Double", "ТекстоваяСтрока": "с пробелом  "},
        {"Свойство_Key": mine, "Значение": "старая", "Значение_Type": "Edm.String"},
    ]
    key = world.put(ASSETS, {"Description": "Принтер", "ДополнительныеРеквизиты": rows})
    before = world.get(ASSETS, key)
    assert before is not None
    seen = base.get(ASSETS, key)
    assert seen is not None
    part = [
        {**row, "Значение": "новая"} if row["Свойство_Key"] == mine else row
        for row in seen.data["ДополнительныеРеквизиты"]
    ]
    extra = {"Свойство_Key": world.add_property("ИТ: место"), "Значение": "204", "Значение_Type": "Edm.String"}
    receipt = base.write(Write(ASSETS, key, {"ДополнительныеРеквизиты": [*part, extra]}, expected=seen.version))
    assert [row["LineNumber"] for row in receipt.raw.data["ДополнительныеРеквизиты"]] == [1, 2, 3, 4]
    after = world.get(ASSETS, key)
    assert after is not None
    assert after["ДополнительныеРеквизиты"][:2] == before["ДополнительныеРеквизиты"][:2]
    assert [row["Значение"] for row in after["ДополнительныеРеквизиты"][2:]] == ["новая", "204"]
    emptied = base.write(Write(ASSETS, key, {"ДополнительныеРеквизиты": []}))
    assert emptied.raw.data["ДополнительныеРеквизиты"] == ()


@pytest.mark.parametrize("plain", [False, True])
def test_a_closed_period_stops_drafts_and_marks(
    base: OnecConnector, emulator: Emulator, world: World, company: dict[str, str], plain: bool
) -> None:
    key = base.write(Write(MOVES, None, _move(company), key=str(uuid.uuid4()))).raw.id
    world.close_period("2026-02-28")
    emulator.switches.plain_refusal = plain
    for write in (
        Write(MOVES, None, _move(company), key=str(uuid.uuid4())),
        Write(MOVES, key, {"Комментарий": "x"}),
        Write(MOVES, key, {"DeletionMark": True}),
        Write(MOVES, key, {"Date": datetime(2026, 3, 1)}),
    ):
        with pytest.raises(Blocked):
            base.write(write)
    assert base.write(Write(MOVES, None, _move(company, Date=datetime(2026, 3, 1)), key=str(uuid.uuid4()))).created


def test_a_deletion_mark_retires(base: OnecConnector, world: World) -> None:
    key = world.put(PLACES, {"Description": "Склад"})
    assert base.write(Write(PLACES, key, {"DeletionMark": True})).raw.retired
    rows, _ = _all(base.read(Query(PLACES, ("Description",))))
    assert [raw.retired for raw in rows] == [True]


def test_faults_of_reading_are_waited_out(base: OnecConnector, emulator: Emulator, world: World) -> None:
    keys = _places(world, 45)
    base.describe()
    for kind in ("drop_before", "html500", "truncate"):
        emulator.faults.add(kind, method="GET", collection=PLACES, after=1)
        rows, complete = _all(base.read(Query(PLACES)))
        assert (len(rows), complete) == (len(keys), True)
    emulator.faults.add("html500", collection=PLACES, count=9)
    with pytest.raises(Retry):
        list(base.read(Query(PLACES)))


def test_no_licence_is_left_to_the_next_run(base: OnecConnector, emulator: Emulator) -> None:
    base.describe()
    emulator.faults.add("licence", collection=PLACES, count=99)
    with pytest.raises(Retry):
        list(base.read(Query(PLACES)))


def test_a_wrong_password_is_tried_once(opened: Open, emulator: Emulator) -> None:
    wrong = opened(password="ошибка")
    for _ in range(3):
        with pytest.raises(Fatal, match="login"):
            wrong.describe()


def test_one_kept_session_serves_all_requests(emulator: Emulator, opened: Open, world: World) -> None:
    emulator.switches.session_delay = 0.2
    keys = _places(world, 8)
    base = opened(session="ibsession")
    started = datetime.now()
    for key in keys:
        assert base.get(PLACES, key) is not None
    assert (datetime.now() - started).total_seconds() < 0.2 * len(keys)


def test_registers_written_one_by_one_are_read_by_key(
    base: OnecConnector, world: World, company: dict[str, str]
) -> None:
    world.put(
        "InformationRegister_ТекущиеКадровыеДанныеСотрудников",
        {
            "ФизическоеЛицо_Key": company["Иванов"],
            "ТекущееПодразделение_Key": company["отдел1"],
            "ДатаПриема": "2020-01-09T00:00:00",
        },
    )
    rows, complete = _all(base.read(Query("InformationRegister_ТекущиеКадровыеДанныеСотрудников", ("ДатаПриема",))))
    assert complete
    assert rows[0].id.startswith(f"{company['Иванов']}|")
    assert rows[0].data["ДатаПриема"] == "2020-01-09T00:00:00"
    world.set_constant("ИспользоватьДатыЗапретаИзменения", True)
    rows, _ = _all(base.read(Query("Constant_ИспользоватьДатыЗапретаИзменения")))
    assert rows[0].data["Value"] is True


REAL = Path(__file__).parents[4].parent / "shared/fixtures/onec/metadata-kz.xml"


@pytest.mark.shared
@pytest.mark.shared
def test_another_configuration_is_read_and_written_by_its_own_metadata() -> None:
    with Emulator(REAL) as other:
        base = OnecConnector(other.url)
        published = base.describe().collections
        assert len([name for name in published if "/" not in name]) == 64
        for name in published:
            if name.endswith("/ExtDimensionTypes"):
                continue  # rows that have no set of their own: they come with their account
            rows, complete = _all(base.read(Query(name)))
            assert (rows, complete) == ([], True), name
        write = Write(
            "Catalog_Контрагенты", None, {"Description": "ТОО «Алма»"}, key=str(uuid.uuid4()), marker="uchet:1"
        )
        receipt = base.write(write)
        assert receipt.raw.data["Description"] == "ТОО «Алма»"
        assert base.get("Catalog_Контрагенты", receipt.raw.id) == receipt.raw
        base.close()
