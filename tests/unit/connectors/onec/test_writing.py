"""How documents are written: closed periods, users' defaults, and posting as an act of its own."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from datetime import date, datetime
from typing import Any

import pytest

from uchet.connectors.base import Write
from uchet.connectors.http import Retries
from uchet.connectors.onec.odata import OnecConnector
from uchet.emulator import Emulator
from uchet.errors import Blocked, Fatal, Reject, Stale

MOVE, BILL = "Document_ПеремещениеОС", "Document_СчетНаОплатуПоставщика"
Open = Callable[..., OnecConnector]


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    with Emulator(user="Обмен", password="тайна", clock=lambda: datetime(2026, 3, 10, 12)) as made:
        yield made


@pytest.fixture
def opened(emulator: Emulator) -> Iterator[Open]:
    made: list[OnecConnector] = []

    def start(**settings: Any) -> OnecConnector:
        made.append(OnecConnector(emulator.url, "Обмен", "тайна", retries=Retries(attempts=1), **settings))
        made[-1]._periods.today = lambda: date(2026, 3, 10)
        return made[-1]

    yield start
    for connector in made:
        connector.close()


@pytest.fixture
def org(emulator: Emulator) -> str:
    return emulator.world.put("Catalog_Организации", {"Description": "ООО Ромашка"})


def draft(org: str, day: datetime = datetime(2026, 3, 5), **more: Any) -> Write:
    return Write(MOVE, None, {"Date": day, "Организация_Key": org, **more}, key=str(uuid.uuid4()))


def documents(emulator: Emulator) -> int:
    return len(emulator.world.rows(MOVE))


@pytest.mark.parametrize(
    ("description", "until"),
    [
        ("", date(2026, 2, 15)),
        ("КонецПрошлогоМесяца", date(2026, 2, 28)),
        ("КонецПрошлогоМесяца\n20", date(2026, 1, 31)),
        ("КонецПрошлогоКвартала", date(2025, 12, 31)),
        ("КонецПрошлогоГода", date(2025, 12, 31)),
        ("КонецПрошлойНедели", date(2026, 3, 8)),
        ("ПредыдущийДень", date(2026, 3, 9)),
    ],
)
def test_the_closing_date_is_known_as_the_base_reckons_it(
    emulator: Emulator, opened: Open, org: str, description: str, until: date
) -> None:
    emulator.world.close_period("2026-02-15")
    row = emulator.world.rows("InformationRegister_ДатыЗапретаИзменения")[0]
    emulator.world.put("InformationRegister_ДатыЗапретаИзменения", {**row, "ОписаниеДатыЗапрета": description})
    connector = opened()
    assert connector._periods.until(org) == until
    from uchet.emulator.rules import closed_until

    assert closed_until(emulator.base, org) == until, "both reckon alike"


def test_the_nearest_date_wins(emulator: Emulator, opened: Open, org: str) -> None:
    emulator.world.close_period("2026-01-31")
    emulator.world.close_period("2025-12-31", org)
    connector = opened()
    assert connector._periods.until(org) == date(2025, 12, 31)
    assert connector._periods.until(str(uuid.uuid4())) == date(2026, 1, 31)


def test_a_closed_date_is_never_sent(emulator: Emulator, opened: Open, org: str) -> None:
    emulator.world.close_period("2026-03-06")
    emulator.faults.add("unavailable", method="POST", collection=MOVE, count=9)
    with pytest.raises(Blocked) as caught:
        opened().write(draft(org))
    assert (caught.value.code, caught.value.params["until"]) == ("closed_period", "2026-03-06")
    assert len(emulator.faults.waiting()) == 1, "no write left the house"


@pytest.mark.parametrize("plain", [False, True])
def test_a_period_that_closes_between_reading_and_writing(
    emulator: Emulator, opened: Open, org: str, plain: bool
) -> None:
    connector = opened()
    assert connector.write(draft(org)).created
    emulator.switches.plain_refusal = plain
    emulator.world.close_period("2026-03-06")
    with pytest.raises(Blocked) as caught:
        connector.write(draft(org))
    assert caught.value.code == "closed_period"
    assert documents(emulator) == 1


def test_dates_that_the_base_does_not_publish_come_from_the_settings(
    emulator: Emulator, opened: Open, org: str
) -> None:
    emulator.world.unpublish("InformationRegister_ДатыЗапретаИзменения")
    assert opened().write(draft(org)).created
    for given in ({org: "2026-03-06"}, {"*": "2026-03-06"}):
        with pytest.raises(Blocked):
            opened(closed_until=given).write(draft(org))


def test_users_defaults_do_not_slip_in(emulator: Emulator, opened: Open, org: str) -> None:
    person = emulator.world.put("Catalog_ФизическиеЛица", {"Description": "Иванов"})
    emulator.world.set_user_defaults({"МОЛОрганизации_Key": person, "ПодразделениеОрганизации_Key": str(uuid.uuid4())})
    key = opened().write(draft(org)).raw.id
    stored = emulator.world.get(MOVE, key) or {}
    assert (stored["МОЛОрганизации_Key"], stored["ПодразделениеОрганизации_Key"]) == (str(uuid.UUID(int=0)),) * 2
    user = emulator.world.find("Catalog_Пользователи", Description="Обмен") or {}
    assert stored["Ответственный_Key"] == user["Ref_Key"], "the writer is responsible"


def bill(emulator: Emulator, org: str) -> str:
    """A supplier's invoice with all that posting wants."""
    supplier = emulator.world.put("Catalog_Контрагенты", {"Description": "ООО «Поставка»"})
    body = {"Date": "2026-03-05T00:00:00", "Организация_Key": org, "Контрагент_Key": supplier}
    rows = [{"Содержание": "Картридж", "Количество": 1, "СтавкаНДС": "БезНДС"}]
    return emulator.world.write_document(BILL, {**body, "Товары": rows}, post=False)


class TestPosting:
    def test_is_off_unless_allowed(self, emulator: Emulator, opened: Open, org: str) -> None:
        key = emulator.world.write_document(BILL, {"Date": "2026-03-05T00:00:00", "Организация_Key": org}, post=False)
        with pytest.raises(Fatal) as caught:
            opened().post(BILL, key)
        assert caught.value.code == "posting_off"
        assert (emulator.world.get(BILL, key) or {})["Posted"] is False

    def test_is_verified_and_taken_back(self, emulator: Emulator, opened: Open, org: str) -> None:
        key = bill(emulator, org)
        connector = opened(posting=True)
        assert connector.post(BILL, key).data["Posted"] is True
        version = (emulator.world.get(BILL, key) or {})["DataVersion"]
        assert connector.post(BILL, key).version == version, "a posted document is not posted again"
        assert connector.unpost(BILL, key).data["Posted"] is False

    def test_refusals_keep_their_reasons(self, emulator: Emulator, opened: Open, org: str) -> None:
        key = emulator.world.write_document(MOVE, {"Date": "2026-03-05T00:00:00", "Организация_Key": org}, post=False)
        with pytest.raises(Reject) as caught:
            opened(posting=True).post(MOVE, key)
        assert caught.value.code == "refused"
        emulator.world.close_period("2026-03-06")
        with pytest.raises(Blocked):
            opened(posting=True).post(MOVE, key)
        with pytest.raises(Stale):
            opened(posting=True).post(MOVE, str(uuid.uuid4()))

    def test_a_lost_answer_is_settled_by_reading(self, emulator: Emulator, opened: Open, org: str) -> None:
        key = bill(emulator, org)
        emulator.faults.add("drop_after", method="POST", collection=BILL)
        assert opened(posting=True).post(BILL, key).data["Posted"] is True
