"""What the engine must never do: lose, double, overwrite behind the accountant's back, or carry on with a wrong base.

Real servers in this process; what is asserted is read from them, past the engine.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal

import pytest
from firm import CARD, MOVE, PAIR, Firm, acceptance, build, card, copies, guid, number

from uchet.errors import Blocked, UchetError, Unknown


@pytest.fixture(scope="module")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Firm:
    return build(tmp_path_factory.mktemp("guards") / "firm")


@pytest.fixture
def firm(origin: Firm, tmp_path: Path) -> Iterator[Firm]:
    made = copies(origin, tmp_path / "firm")()
    yield made
    made.stop()


def rows_of(firm: Firm, asset: str) -> dict[str, Any]:
    return {row["Свойство_Key"]: row["Значение"] for row in firm.card(asset)["ДополнительныеРеквизиты"]}


def things(firm: Firm) -> list[str]:
    return sorted(str(row["inventory_number"]) for row in firm.it.rows("equipment", ("inventory_number",)))


# -- what 1C changes reaches the desk ----------------------------------------------------------------------------------


def test_the_books_reach_the_desk(firm: Firm) -> None:
    """Custody, a rename, a new asset, a write-off: one night."""
    firm.transfer("01", "it", "vera")
    firm.world.edit(CARD, guid("asset 02"), {"Description": "Сервер резервный"})
    firm.world.edit("Catalog_ФизическиеЛица", guid("gleb"), {"Description": "Гусев Глеб Германович"})
    card(firm.world, "13")
    firm.world.write_document("Document_ПринятиеКУчетуОС", acceptance("13", "2026-02-05", ("it", "boris")))
    firm.write_off("03")
    firm.night()
    assert firm.standing("01") == ("Отдел ИТ", "Волкова Вера Викторовна")
    assert firm.thing("02")["book_name"] == "Сервер резервный"
    assert firm.it.find("employee", "name", "Гусев Глеб Германович")
    made = firm.thing("13")
    assert (made["serial"], made["cost"]) == ("SN77A13", "60000.00")
    assert made["uchet_key"] == firm.store.operations(PAIR, kind="equipment", book=guid("asset 13"))[0].key
    assert firm.thing("03")["status"] == "written_off"
    assert things(firm).count(number("13")) == 1
    firm.night()
    firm.quiet()
    assert firm.codes() == ["position_difference"]


def test_others_attributes_survive(firm: Firm) -> None:
    row = {"Свойство_Key": guid("foreign"), "Значение": "ИП Гаврилов", "Значение_Type": "Edm.String"}
    kept = firm.card("01")["ДополнительныеРеквизиты"]
    firm.world.edit(CARD, guid("asset 01"), {"ДополнительныеРеквизиты": [row, *kept]})
    firm.night()
    firm.work("01", model="ThinkCentre", serial="NEW-77", user="anna")
    firm.night()
    found = rows_of(firm, "01")
    assert found[guid("foreign")] == "ИП Гаврилов"
    assert found[guid("модель")] == "ThinkCentre"
    assert found[guid("пользователь")] == "Андреева Анна Антоновна"
    assert firm.card("01")["ЗаводскойНомер"] == "NEW-77"
    firm.quiet()


def test_an_edited_twin_of_a_written_off_asset_is_asked_about(firm: Firm) -> None:
    firm.work("01", notes="", model="Другая")
    firm.write_off("01")
    firm.night()
    asked = firm.asked("gone_but_edited")
    assert firm.thing("01")["status"] == "in_use"
    firm.quiet()
    firm.store.decide(asked.id, "take-book", by="person")
    firm.night()
    assert firm.thing("01")["status"] == "written_off"
    firm.quiet()
    assert firm.codes() == ["position_difference"]


def test_moved_to_low_value_is_not_retired(firm: Firm) -> None:
    item = {"Ref_Key": guid("item pc"), "Code": "pc", "Description": "Компьютер 01"}
    firm.world.put("Catalog_Номенклатура", item)
    batch = firm.write_off("01", "Document_ПереводОСВМалоценноеОборудование", Номенклатура_Key=guid("item pc"))
    run = firm.night()
    assert firm.thing("01")["status"] == "in_use"
    assert run.writes == 0
    firm.asked("moved_to_low_value")
    firm.quiet()
    # A person says what it is now: the thing is the piece of that position.
    (link,) = [ln for ln in firm.store.links(PAIR, "equipment") if ln.book == guid("asset 01")]
    position = f"position:{guid('rose')}|{guid('item pc')}|{batch}#1"
    firm.store.drop_link(PAIR, "equipment", link.book, link.desk, by="person")
    firm.store.put_link(PAIR, replace(link, book=position, by="person", seen=type(link.seen)()), by="person")
    firm.nights(2)
    firm.quiet()
    assert things(firm).count(number("01")) == 1
    assert firm.thing("01")["accounting"] == "low_value"
    assert firm.codes() == ["position_difference"]


def test_a_card_handed_over_to_the_other_organisation(firm: Firm) -> None:
    firm.write_off("01")
    firm.now += timedelta(hours=1)
    firm.world.write_document(
        "Document_ПринятиеКУчетуОС", acceptance("01", firm.now.date().isoformat(), ("shop", "dina"))
    )
    firm.nights(2)
    assert firm.standing("01") == ("Магазин", "Дмитриева Дина Денисовна")
    assert firm.thing("01")["organization"]["id"] == firm.thing("11")["organization"]["id"]
    assert things(firm).count(number("01")) == 1
    firm.quiet()


def test_a_thing_brought_back_on_both_sides_lives_again(firm: Firm) -> None:
    document = firm.write_off("01")
    firm.night()
    firm.world.unpost("Document_СписаниеОС", document)
    firm.night()
    firm.asked("back_in_service")
    firm.quiet()
    firm.work("01", status="in_use")
    firm.night()
    assert firm.codes() == ["position_difference"]
    firm.quiet()
    firm.work("01", model="Живая")
    firm.night()
    assert rows_of(firm, "01")[guid("модель")] == "Живая"


# -- conflicts ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("choice", ["take-book", "take-desk"])
def test_a_decided_conflict_is_carried_out_once(firm: Firm, choice: str) -> None:
    firm.work("01", serial="DESK-1")
    firm.world.edit(CARD, guid("asset 01"), {"ЗаводскойНомер": "BOOK-1"})
    firm.night()
    firm.asked("book_edited_desk_field")
    firm.quiet()
    firm.decide("book_edited_desk_field", choice)
    firm.night()
    won = "BOOK-1" if choice == "take-book" else "DESK-1"
    assert (firm.card("01")["ЗаводскойНомер"], firm.thing("01")["serial"]) == (won, won)
    firm.quiet()
    assert firm.codes() == ["position_difference"]
    # The same two values another year are another question: the old answer is spent.
    firm.work("01", serial="SN77A01")
    firm.nights(2)
    firm.work("01", serial="DESK-1")
    firm.world.edit(CARD, guid("asset 01"), {"ЗаводскойНомер": "BOOK-1"})
    firm.night()
    assert (firm.card("01")["ЗаводскойНомер"], firm.thing("01")["serial"]) == ("BOOK-1", "DESK-1")
    firm.asked("book_edited_desk_field")


def test_a_question_put_off_comes_back_on_its_day(firm: Firm) -> None:
    firm.world.edit(CARD, guid("asset 01"), {"ЗаводскойНомер": "BOOK-1"})
    firm.night()
    until = (firm.now + timedelta(days=2)).date()
    firm.decide("book_edited_desk_field", "ignore-until", until=until)
    firm.nights(2)
    assert firm.codes() == ["position_difference"]
    firm.night()
    firm.asked("book_edited_desk_field")
    # Settled by the people themselves: it closes.
    firm.world.edit(CARD, guid("asset 01"), {"ЗаводскойНомер": "SN77A01"})
    firm.night()
    assert firm.codes() == ["position_difference"]


def test_questions_neither_double_nor_close_over_a_side_that_was_not_read(firm: Firm) -> None:
    firm.world.edit(CARD, guid("asset 01"), {"ЗаводскойНомер": "BOOK-1"})
    firm.night()
    before = [row.id for row in firm.open()]
    firm.emulator.faults.add("html500", count=9, collection="InformationRegister_СостоянияОСОрганизаций_RecordType")
    run = firm.night()
    firm.emulator.faults.clear()
    assert run.outcome == "partial"
    assert [row.id for row in firm.open() if row.issue.code != "source_failed"] == before
    firm.night()
    assert [row.id for row in firm.open()] == before
    assert len({row.issue.key for row in firm.store.issues(PAIR, None)}) == len(firm.store.issues(PAIR, None))


# -- back in time ------------------------------------------------------------------------------------------------------


def a_day(firm: Firm) -> None:
    """What happens between the copy and the accident: a new asset, custody, a desk's number, a draft."""
    card(firm.world, "13")
    firm.world.write_document(
        "Document_ПринятиеКУчетуОС", acceptance("13", firm.now.date().isoformat(), ("it", "boris"))
    )
    firm.transfer("02", "it", "vera")
    firm.work("03", serial="DAY-3")
    firm.work("04", department="it", custodian="boris")
    firm.nights(2)


def stopped(firm: Firm, code: str) -> None:
    before = firm.photograph()
    run = firm.night()
    assert (run.outcome, run.writes) == ("blocked", 0)
    assert code in run.notes
    report = firm.resync()
    assert report.verdict.stopped
    assert firm.photograph() == before
    assert not firm.store.intents(PAIR)
    firm.approve(run)


def settled(firm: Firm, choice: Literal["take-book", "take-desk"]) -> None:
    """People say that the side that was not put back is right; then nothing is lost and nothing is twice."""
    for _ in range(3):
        run = firm.night()
        if run.outcome == "blocked":
            firm.approve(run)
        for row in firm.open():
            if row.issue.code in ("first_difference", "conflict", "book_edited_desk_field", "draft_refused"):
                firm.store.decide(row.id, choice, by="person")
    firm.night()
    firm.quiet()
    found = things(firm)
    assert len(found) == len(set(found))
    assert {number(f"{n:02}") for n in range(1, 13)} <= set(found)
    alive = [r for r in firm.transfers() if not r["DeletionMark"]]
    moved = [row["ОсновноеСредство_Key"] for r in alive if not r["Posted"] for row in r["ОС"]]
    assert len(moved) == len(set(moved))


def test_yesterdays_base_is_not_written_to(firm: Firm) -> None:
    copy = firm.keep()
    a_day(firm)
    firm.put_back(copy, firm.state)
    stopped(firm, "went_back")
    settled(firm, "take-desk")
    assert firm.thing("03")["serial"] == firm.card("03")["ЗаводскойНомер"] == "DAY-3"
    # The draft went with the base; the move is drafted again, once.
    assert [row["ОсновноеСредство_Key"] for r in firm.drafts() for row in r["ОС"]].count(guid("asset 04")) == 1
    # The accountant enters the lost asset again: it finds its thing.
    (id,) = [r["id"] for r in firm.it.rows("equipment", ("inventory_number",)) if r["inventory_number"] == number("13")]
    card(firm.world, "13", Ref_Key=guid("asset 13 again"))
    again = acceptance("13", firm.now.date().isoformat(), ("it", "boris"))
    again["ОС"][0]["ОсновноеСредство_Key"] = guid("asset 13 again")
    firm.world.write_document("Document_ПринятиеКУчетуОС", again)
    firm.night()
    link = firm.store.find_link(PAIR, "equipment", "book", guid("asset 13 again"))
    assert link is not None
    assert link.desk == str(id)
    firm.night()
    firm.quiet()


def test_yesterdays_desk_is_not_written_to(firm: Firm) -> None:
    copy = firm.keep()
    a_day(firm)
    firm.put_back(copy, firm.home)
    assert number("13") not in things(firm)
    stopped(firm, "went_back")
    settled(firm, "take-book")
    assert things(firm).count(number("13")) == 1
    assert firm.standing("02") == ("Отдел ИТ", "Волкова Вера Викторовна")


def test_our_own_memory_of_yesterday_harms_nobody(firm: Firm) -> None:
    copy = firm.keep()
    a_day(firm)
    before, drafts = firm.photograph(), firm.drafts()
    firm.put_back(copy, firm.db)
    firm.nights(2)
    assert firm.drafts() == drafts
    assert firm.photograph() == before
    firm.world.post(MOVE, drafts[0]["Ref_Key"])
    firm.night()
    firm.quiet()
    assert firm.place("04") == ("it", "boris")


def test_our_own_memory_of_before_a_draft_was_deleted(firm: Firm) -> None:
    copy = firm.keep()
    firm.work("04", department="it", custodian="boris")
    firm.night()
    firm.world.mark(MOVE, firm.drafts()[0]["Ref_Key"])
    firm.night()
    firm.put_back(copy, firm.db)
    firm.nights(2)
    assert len(firm.transfers()) == 1
    assert len(firm.open("draft_refused")) == 2
    firm.quiet()


def test_a_copy_of_the_base_is_another_base(firm: Firm) -> None:
    a_day(firm)
    with firm.down():
        firm.base = "copy"
    stopped(firm, "identity_changed")
    settled(firm, "take-book")


def test_an_approved_plan_does_not_fit_another_base(firm: Firm) -> None:
    copy = firm.keep()
    a_day(firm)
    firm.guarded(change_from=1, change_share=0.01)
    firm.work("05", serial="FIVE")
    run = firm.night()
    assert run.outcome == "blocked"
    firm.put_back(copy, firm.state)
    firm.store.approve(run.plan or "", by="person")
    with pytest.raises(Blocked) as caught:
        firm.engine().apply(run.plan or "")
    assert caught.value.code == "went_back"
    assert firm.card("05")["ЗаводскойНомер"] == "SN77A05"


def test_one_deleted_record_is_not_a_trip_through_time(firm: Firm) -> None:
    firm.work("05", serial="FIVE")
    firm.night()
    firm.world.remove(CARD, guid("asset 05"))
    run = firm.night()
    assert run.outcome != "blocked"
    assert firm.codes() == ["position_difference"]
    assert firm.thing("05")["status"] == "written_off"
    firm.quiet()


# -- limits ------------------------------------------------------------------------------------------------------------


def test_a_source_that_shrank_stops_the_run(firm: Firm) -> None:
    for n in range(1, 5):
        firm.world.remove(CARD, guid(f"asset {n:02}"))
    before = firm.photograph()
    run = firm.night()
    assert run.outcome == "blocked"
    assert "source_shrunk" in run.notes
    assert firm.photograph() == before


def test_limits_count_per_organisation(firm: Firm) -> None:
    firm.guarded()
    for asset in ("11", "12"):
        firm.write_off(asset)
    run = firm.night()
    assert run.notes == ("too_many_retirements",)
    (reason,) = firm.store.plan(run.plan or "").verdict.reasons  # type: ignore[union-attr]
    assert (reason[2]["count"], reason[2]["base"]) == (2, 2)
    assert firm.thing("11")["status"] == "in_use"


def test_a_mass_change_waits_for_a_person(firm: Firm) -> None:
    firm.guarded()
    for n in range(1, 6):
        firm.work(f"{n:02}", model=f"M{n}")
    run = firm.night()
    assert run.notes == ("too_many_changes",)
    assert rows_of(firm, "01")[guid("модель")] == "OptiPlex 3090"
    firm.approve(run)
    assert rows_of(firm, "05")[guid("модель")] == "M5"
    firm.quiet()


def test_another_mapping_retires_nothing_in_that_run(firm: Firm) -> None:
    firm.book_map = replace(firm.book_map, fingerprint="another")
    firm.write_off("01")
    firm.night()
    assert firm.thing("01")["status"] == "in_use"
    firm.night()
    assert firm.thing("01")["status"] == "written_off"
    firm.quiet()


# -- lost answers ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", ["drop_after", "drop_before", "html500", "truncate"])
def test_a_lost_answer_is_neither_lost_nor_doubled(firm: Firm, fault: str) -> None:
    """Both ways of writing to 1C at once: a draft is created, a card is changed."""
    firm.work("01", department="it", custodian="boris")
    firm.work("02", serial="LOST-2", model="Модель")
    for method, collection in (("POST", MOVE), ("PATCH", CARD)):
        firm.emulator.faults.add(fault, method=method, collection=collection)
    try:
        firm.night()
    except UchetError:
        firm.now += timedelta(hours=1)
    assert not firm.emulator.faults.waiting()
    firm.night()
    assert len(firm.transfers()) == 1
    assert [row["ОсновноеСредство_Key"] for row in firm.drafts()[0]["ОС"]] == [guid("asset 01")]
    assert firm.card("02")["ЗаводскойНомер"] == "LOST-2"
    assert rows_of(firm, "02")[guid("модель")] == "Модель"
    firm.quiet()
    assert firm.codes() == ["position_difference"]


def test_the_desk_that_dies_in_the_middle(firm: Firm) -> None:
    """Its server goes away between two nights' writes: created once, changed once."""
    card(firm.world, "13")
    firm.world.write_document("Document_ПринятиеКУчетуОС", acceptance("13", "2026-02-05", ("it", "boris")))
    firm.transfer("02", "it", "vera")
    whole = firm.tracker._http.request
    sent: list[str] = []

    def lossy(method: str, path: str, **more: Any) -> Any:
        answer = whole(method, path, **more)
        if method in ("POST", "PATCH") and not path.endswith("@poe") and len(sent) < 2:
            sent.append(path)
            raise Unknown("answer_lost", "The answer was lost.")
        return answer

    firm.tracker._http.request = lossy  # type: ignore[method-assign]
    run = firm.night()
    assert run.failed == len(sent) == 2
    firm.nights(2)
    assert things(firm).count(number("13")) == 1
    assert firm.standing("02") == ("Отдел ИТ", "Волкова Вера Викторовна")
    firm.quiet()
    assert firm.codes() == ["position_difference"]
