"""Bases that change under a run's feet or allow less than they should: each ends true, and tells why.

Real servers in this process; what is asserted is read from them, past the engine.
"""

from __future__ import annotations

import os
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


#: Every question that the emulator can be set to answer: the switch, its better and its worse setting.
QUESTIONS: dict[str, tuple[Any, Any]] = {
    "if_match": (True, False),
    "client_keys": (True, False),
    "refuse_repeats": (True, False),
    "counts": (True, False),
    "inline_pages": (True, False),
    "compare_text": (True, False),
    "slice_conditions": (True, False),
    "long_conditions": (True, False),
    "changes_json": (True, False),
    "sessions": (True, False),
    "licence_odata": (True, False),
    "renew_movements": (True, False),
    "closed_drafts": (True, False),
    "case_sensitive": (True, False),
    "enum_as_text": (True, False),
    "filter_predefined": (True, False),
    "segment_limit": (None, 260),
}
GOOD, BAD = ({name: pair[n] for name, pair in QUESTIONS.items()} for n in (0, 1))


def _weeks() -> Iterator[Any]:
    """All good and all bad, by a base that was probed and one that was not; with ``UCHET_ANSWERS`` each question alone
    against all others as well."""
    for title, answers in (("all good", GOOD), ("all bad", BAD)):
        for probed in (False, True):
            yield pytest.param(answers, probed, id=f"{title}, {'probed' if probed else 'not asked'}")
    for name, (good, bad) in QUESTIONS.items() if os.environ.get("UCHET_ANSWERS") else ():
        yield pytest.param({**GOOD, name: bad}, True, id=f"{name} alone is bad")
        yield pytest.param({**BAD, name: good}, True, id=f"{name} alone is good")


@pytest.mark.parametrize(("answers", "probed"), tuple(_weeks()))
def test_a_week_is_the_same_whatever_the_base_answers(firm: Firm, answers: dict[str, Any], probed: bool) -> None:
    """Each question that no public source settles, answered one way and the other."""
    for name, value in answers.items():
        setattr(firm.emulator.switches, name, value)
    firm.world.close_period("2026-01-31")
    if probed:
        firm.book.probe(write=True)
        assert firm.book.known_answers()["own_key"] is answers["client_keys"]
    firm.work("01", department="it", custodian="boris")
    firm.work("02", serial="NEW-2")
    firm.emulator.faults.add("drop_after", method="POST", collection="Document_ПеремещениеОС", count=1)
    firm.night()  # the answer to the draft is lost on the way
    firm.night()
    assert len(_ours(firm)) == 1, "written once"
    assert firm.card("02")["ЗаводскойНомер"].strip() == "NEW-2"
    firm.quiet()
    firm.world.post("Document_ПеремещениеОС", _ours(firm)[0]["Ref_Key"])
    firm.night()
    assert firm.place("01") == ("it", "boris")
    firm.quiet()
    assert len(_ours(firm)) == 1, "one move, one document"


def _ours(firm: Firm) -> list[dict[str, Any]]:
    """Transfers that are not the probe's own, which it has marked for deletion."""
    return [row for row in firm.transfers() if not row["DeletionMark"]]
