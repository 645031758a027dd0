"""Every answer that a probe keeps is obeyed, or changes nothing and says why."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from uchet.connectors.base import Query, Write
from uchet.connectors.http import Retries
from uchet.connectors.onec.answers import INFORMATIONAL, Answers
from uchet.connectors.onec.odata import OnecConnector
from uchet.emulator import Emulator
from uchet.errors import Fatal, UchetError

MOVE, PLACES, LEDGER = "Document_ПеремещениеОС", "Catalog_Склады", "AccountingRegister_Хозрасчетный/Balance"
SLICE = "InformationRegister_СостоянияОСОрганизаций_RecordType/SliceLast"
ASSET = str(uuid.uuid5(uuid.NAMESPACE_OID, "asset"))
#: Without an answer the worse one holds; but a session is asked for where settings want one, because asking harms
#: nothing, and a key of ours is sent, because looking by the marker as well covers both.
UNASKED: Mapping[str, bool] = {"sessions": True}


@pytest.fixture(scope="module")
def base() -> Iterator[Emulator]:
    with Emulator(clock=lambda: datetime(2026, 3, 10, 12)) as started:
        world = started.world
        world.put(PLACES, {"Description": "Основной", "Code": "1"})
        world.put("Catalog_Организации", {"Description": "ООО Ромашка"})
        world.close_period("2026-01-31")
        yield started


class Watched:
    """A connector that was told ``answers``, and what it sends."""

    def __init__(self, base: Emulator, folder: Path, **answers: bool | None) -> None:
        self.base = base
        self.connector = OnecConnector(base.url, cache=folder, retries=Retries(attempts=1), session="ibsession")
        self.connector._periods.today = lambda: date(2026, 3, 10)
        self.connector.answers = Answers(**answers)
        self.connector._obey()
        self.sent: list[Any] = []
        real = self.connector._client.request

        def request(method: str, path: str, *more: Any, **words: Any) -> Any:
            started = "IBSession" in (words.get("headers") or {})
            self.sent.append((method, path.partition("(guid")[0], words.get("params_raw_query"), started))
            return real(method, path, *more, **words)

        self.connector._client.request = request  # type: ignore[method-assign]

    def read(self, collection: str, fields: tuple[str, ...], **more: Any) -> Any:
        return [raw.id for page in self.connector.read(Query(collection, fields, **more)) for raw in page.records]

    def create(self, day: date) -> Any:
        key = str(uuid.uuid4())
        org = self.base.world.rows("Catalog_Организации")[0]["Ref_Key"]
        values = {"Date": datetime(day.year, day.month, day.day), "Организация_Key": org}
        return self.connector.write(Write(MOVE, None, values, key=key, marker=f"uchet {key}")).created

    def accounts(self) -> Any:
        keys = tuple(row["Ref_Key"] for row in self.base.world.rows("ChartOfAccounts_Хозрасчетный"))
        assert len(keys) > 10
        return self.read(LEDGER, ("Account_Key",), params={"accounts": keys})


Deed = Callable[[Watched], Any]
#: What each answer is about. An informational one must change none of them.
DEEDS: Mapping[str, Deed] = {
    "own_key": lambda w: (w.connector.capabilities.create, w.connector.find(MOVE, str(uuid.UUID(int=7)))),
    "repeat_refused": lambda w: w.create(date(2026, 3, 5)),
    "if_match": lambda w: w.connector.capabilities.conditional_write,
    "condition": lambda w: w.read(SLICE, ("Состояние",), params={"condition": {"ОсновноеСредство_Key": ASSET}}),
    "long_condition": lambda w: w.accounts(),
    "sessions": lambda w: w.read(PLACES, ("Description",)),
    "closed_drafts": lambda w: w.create(date(2026, 1, 5)),
    "case_sensitive": lambda w: w.read(PLACES, ("Code",), where={"Description": "основной"}),
}


def done(base: Emulator, folder: Path, deed: Deed, **answers: bool | None) -> Any:
    """What a deed sends and gives under ``answers``; keys are not told."""
    watched = Watched(base, folder, **answers)
    base.switches.closed_drafts = bool(answers.get("closed_drafts"))
    try:
        found = deed(watched)
    except UchetError as error:
        found = error.code
    finally:
        base.switches.closed_drafts = False
        watched.connector.close()
    told = [(m, p, q if q is None or "substringof" not in q else "…", s) for m, p, q, s in watched.sent if p]
    return told, found


def test_every_answer_is_obeyed_or_says_why_not() -> None:
    fields = set(Answers.__struct_fields__) - {"format"}
    assert set(DEEDS) | set(INFORMATIONAL) == fields
    assert not set(DEEDS) & set(INFORMATIONAL)
    assert all(len(reason) > 20 for reason in INFORMATIONAL.values())


@pytest.mark.parametrize("name", DEEDS)
def test_each_answer_changes_what_is_done_and_without_one_the_worse_holds(
    base: Emulator, tmp_path: Path, name: str
) -> None:
    aside = {"own_key": True} if name == "repeat_refused" else {}
    Watched(base, tmp_path).connector.describe()  # $metadata is in its place
    yes, no, unasked = (done(base, tmp_path, DEEDS[name], **aside, **{name: answer}) for answer in (True, False, None))
    assert yes != no
    if name != "own_key":
        assert unasked == (yes if UNASKED.get(name) else no)


@pytest.mark.parametrize("name", INFORMATIONAL)
def test_an_informational_answer_changes_nothing(base: Emulator, tmp_path: Path, name: str) -> None:
    Watched(base, tmp_path).connector.describe()
    for deed in DEEDS.values():
        assert done(base, tmp_path, deed, **{name: True}) == done(base, tmp_path, deed, **{name: False})


@pytest.mark.parametrize("known", [True, False])
def test_a_long_list_of_accounts_gives_the_same_rows_either_way(base: Emulator, tmp_path: Path, known: bool) -> None:
    base.switches.long_conditions = known
    debit, credit = (base.world.account(code) for code in ("10.09", "26"))
    row = {"Period": "2026-02-01T10:00:00", "AccountDr_Key": debit, "AccountCr_Key": credit, "Сумма": 5}
    source = {"Recorder": str(uuid.UUID(int=9)), "Recorder_Type": f"StandardODATA.{MOVE}"}
    base.world.put("AccountingRegister_Хозрасчетный", {**source, "RecordSet": [row]})
    watched = Watched(base, tmp_path, long_condition=known)
    try:
        assert len(watched.accounts()) == 2
    finally:
        base.switches.long_conditions = True
        watched.connector.close()


def test_a_slice_is_never_asked_for_by_what_only_the_base_could_apply(base: Emulator, tmp_path: Path) -> None:
    watched = Watched(base, tmp_path)
    with pytest.raises(Fatal) as caught:
        watched.read(SLICE, ("Состояние",), params={"condition": {"Состояние": "ПринятоКУчету"}})
    assert caught.value.code == "slice_condition"
    watched.connector.close()
