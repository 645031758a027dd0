"""Bases that change under a run's feet or allow less than they should: each ends true, and tells why.

Real servers in this process; what is asserted is read from them, past the engine.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from firm import Firm, build, copies, guid

from uchet.connectors.http import Retries
from uchet.connectors.onec.odata import OnecConnector
from uchet.errors import Fatal, Retry

NOBODY = "00000000-0000-0000-0000-000000000000"
CARDS, PEOPLE = "Catalog_ОсновныеСредства", "Catalog_ФизическиеЛица"


@pytest.fixture(scope="module")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Firm:
    return build(tmp_path_factory.mktemp("hard") / "firm")


@pytest.fixture
def firm(origin: Firm, tmp_path: Path) -> Iterator[Firm]:
    made = copies(origin, tmp_path / "firm")()
    yield made
    made.stop()


@pytest.mark.parametrize("plain", [False, True], ids=["said by 1C", "found out"])
def test_a_period_that_closes_between_reading_and_writing(firm: Firm, plain: bool) -> None:
    """The plan was made while the period was open: nothing gets in, and the question names the reason either way."""
    firm.emulator.switches.plain_refusal = plain
    firm.work("01", department="it", custodian="boris")
    firm.book.write = _after(firm.book.write, lambda: firm.world.close_period("2026-12-31"))  # type: ignore[method-assign]
    run = firm.night()
    assert (run.drafts, run.outcome) == (0, "partial")
    assert not firm.transfers()
    assert [row.issue.params["code"] for row in firm.open("write_failed")] == ["closed_period"]
    del firm.book.write  # type: ignore[attr-defined]
    firm.world.close_period("2026-01-31")
    assert firm.night().drafts == 1
    firm.quiet()


def _after(write: Callable[..., Any], happen: Callable[[], Any]) -> Callable[..., Any]:
    """``write`` with something that happens just before it, as a colleague would."""

    def call(*arguments: Any) -> Any:
        happen()
        return write(*arguments)

    return call


def test_a_base_that_fills_users_defaults_gets_none_into_a_draft(firm: Firm) -> None:
    firm.world.set_user_defaults(
        {"СпособОтраженияРасходовПоАмортизации_Key": guid("чужой способ"), "МОЛОрганизации_Key": guid("gleb")}
    )
    firm.work("01", department="it", custodian="boris")
    assert firm.night().drafts == 1
    draft = firm.drafts()[0]
    assert draft["СпособОтраженияРасходовПоАмортизации_Key"] == NOBODY
    assert draft["МОЛОрганизации_Key"] == guid(firm.place("01")[1])
    firm.quiet()


@pytest.mark.parametrize("collection", [CARDS, PEOPLE])
def test_a_user_without_rights_on_one_set_stops_the_run_and_names_the_set(firm: Firm, collection: str) -> None:
    firm.work("01", department="it", custodian="boris")
    before = firm.photograph()
    firm.emulator.switches.forbidden = (collection,)
    with pytest.raises(Fatal) as caught:
        firm.night()
    assert (caught.value.code, caught.value.params["set"]) == ("rights", collection)
    assert collection in caught.value.text("ru")
    assert firm.photograph() == before, "half of a base is no base: nothing was written on either side"
    firm.emulator.switches.forbidden = ()
    assert firm.night().drafts == 1
    firm.quiet()


def test_a_licence_taken_by_others_for_an_hour(firm: Firm) -> None:
    """Twelve tries in the hour write nothing and say why; the first one after it does the night's work."""
    firm.work("01", department="it", custodian="boris")
    before = firm.photograph()
    firm.emulator.switches.licences = 0
    for _ in range(12):
        with pytest.raises(Retry) as caught:
            firm.engine().run()
        assert (caught.value.code, caught.value.after) == ("licence", 300.0)
    assert firm.photograph() == before
    firm.emulator.switches.licences = None
    assert firm.night().drafts == 1
    firm.quiet()


def test_a_licence_lost_in_the_middle_of_writing(firm: Firm) -> None:
    """What was written stays once, the rest waits: nothing is repeated blindly."""
    for asset in ("01", "02", "11"):
        firm.work(asset, serial=f"NEW-{asset}")
    firm.emulator.faults.add("licence", method="PATCH", collection=CARDS, after=1, count=9)
    run = firm.night()
    assert (run.outcome, run.failed) == ("partial", 2)
    assert [row.issue.params["code"] for row in firm.open("write_failed")] == ["licence", "licence"]
    firm.emulator.faults.clear()
    firm.night()
    for asset in ("01", "02", "11"):
        assert firm.card(asset)["ЗаводскойНомер"].strip() == f"NEW-{asset}"
    firm.quiet()


@pytest.mark.parametrize("way", ["versions", "plan"])
def test_nights_are_the_same_where_changes_are_tracked(firm: Firm, tmp_path: Path, way: str) -> None:
    """Cards and people found by versions or by an exchange plan: the same drafts, writes and quiet nights."""
    collections = (CARDS, PEOPLE, "Catalog_ПодразделенияОрганизаций")
    options: dict[str, Any] = {"cache": tmp_path / "cache", "changes": dict.fromkeys(collections, way)}
    firm.book.close()
    firm.book = OnecConnector(firm.emulator.url, retries=Retries(attempts=2, first=0.01), timeout=10, **options)
    firm.night()
    firm.quiet()
    firm.world.edit(CARDS, guid("asset 02"), {"Description": "Сервер резервный"})
    firm.work("01", department="it", custodian="boris")
    assert firm.night().drafts == 1
    assert firm.thing("02")["book_name"] == "Сервер резервный"
    delta = firm.book.deltas[CARDS]
    assert (delta.way, delta.changed <= 3) == ("versions", True), "without an exchange plan the next best is taken"
    firm.quiet()
    firm.book.close()


@pytest.mark.parametrize(
    "answers",
    [
        {"if_match": True, "inline_pages": True, "compare_text": True, "closed_drafts": True, "renew_movements": True},
        {"client_keys": False, "counts": False, "sessions": False, "case_sensitive": True, "filter_predefined": False,
         "enum_as_text": True, "licence_odata": True, "segment_limit": 260},
    ],
    ids=["better", "worse"],
)  # fmt: skip
def test_a_week_is_the_same_whatever_the_base_answers(firm: Firm, answers: dict[str, Any]) -> None:
    """Each question that no public source settles, answered one way and the other: nobody has probed this base."""
    for name, value in answers.items():
        setattr(firm.emulator.switches, name, value)
    firm.work("01", department="it", custodian="boris")
    firm.work("02", serial="NEW-2")
    assert firm.night().drafts == 1
    assert firm.card("02")["ЗаводскойНомер"].strip() == "NEW-2"
    firm.quiet()
    firm.world.post("Document_ПеремещениеОС", firm.drafts()[0]["Ref_Key"])
    firm.night()
    assert firm.place("01") == ("it", "boris")
    firm.quiet()
    assert len(firm.transfers()) == 1, "one move, one document"
