"""What became of a move: the desk moves a thing, a draft waits in 1C, the accountant answers in her own way.

Every scenario ends at rest: nothing is written twice, nothing is asked every night anew, nothing waits for ever.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from firm import MOVE, PAIR, ZERO, Firm, build, copies, guid, number


@pytest.fixture(scope="module")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Firm:
    return build(tmp_path_factory.mktemp("drafts") / "firm")


@pytest.fixture
def firm(origin: Firm, tmp_path: Path) -> Iterator[Firm]:
    made = copies(origin, tmp_path / "firm")()
    yield made
    made.stop()


def moved(firm: Firm, asset: str = "01", department: str = "it", custodian: str = "boris") -> str:
    """The desk moves a thing, a night passes, the key of the draft."""
    before = {row["Ref_Key"] for row in firm.transfers()}
    firm.work(asset, department=department, custodian=custodian)
    run = firm.night()
    assert run.drafts == 1, (firm.history(run), firm.codes())
    (key,) = {row["Ref_Key"] for row in firm.transfers()} - before
    return str(key)


def state(firm: Firm, key: str) -> str:
    states = ("open", "posted", "agreed", "adopted", "refused", "edited", "gone")
    (found,) = [d.state for d in firm.store.drafts(PAIR, states) if d.ref == key]
    return found


# -- the draft itself --------------------------------------------------------------------------------------------------


def test_one_draft_per_sender_and_receiver(firm: Firm) -> None:
    for asset in ("01", "02"):
        firm.work(asset, department="it", custodian="boris")
    firm.work("03", department="it", custodian="vera")
    firm.work("11", department="store", custodian="egor")
    run = firm.night()
    assert (run.drafts, run.failed) == (3, 0)
    found = {
        (r["Организация_Key"], r["ПодразделениеОрганизации_Key"], r["МОЛОрганизации_Key"],
         r["ПодразделениеПолучатель_Key"], r["МОЛПолучатель_Key"],
         frozenset(row["ОсновноеСредство_Key"] for row in r["ОС"]))
        for r in firm.drafts()
    }  # fmt: skip
    sender = (guid("rose"), guid("books"), guid("anna"), guid("it"))
    assert found == {
        (*sender, guid("boris"), frozenset({guid("asset 01"), guid("asset 02")})),
        (*sender, guid("vera"), frozenset({guid("asset 03")})),
        (guid("lily"), guid("shop"), guid("dina"), guid("store"), guid("egor"), frozenset({guid("asset 11")})),
    }
    assert not any(r["Posted"] for r in firm.drafts())
    assert any(number("01") in r["Комментарий"] for r in firm.drafts())
    firm.quiet()
    for row in firm.drafts():
        firm.world.post(MOVE, row["Ref_Key"])
    assert firm.night().writes == 0
    firm.quiet()
    assert firm.place("02") == ("it", "boris")
    assert firm.codes() == ["position_difference"]


def test_a_move_of_the_person_alone_repeats_the_department(firm: Firm) -> None:
    firm.work("01", custodian="gleb")
    assert firm.night().drafts == 1
    (draft,) = firm.drafts()
    assert (draft["ПодразделениеПолучатель_Key"], draft["МОЛПолучатель_Key"]) == (guid("books"), guid("gleb"))
    firm.world.post(MOVE, draft["Ref_Key"])
    firm.night()
    firm.quiet()
    assert (firm.place("01"), firm.thing("01")["department"]) == (("books", "gleb"), firm.thing("02")["department"])


def test_an_asset_of_nobody_moves_from_an_empty_sender(firm: Firm) -> None:
    key = moved(firm, "10", "books", "anna")
    (draft,) = firm.drafts()
    assert draft["МОЛОрганизации_Key"] == ZERO
    firm.world.post(MOVE, key)
    firm.night()
    firm.quiet()
    assert state(firm, key) == "agreed"


def test_posted_as_written_is_agreed(firm: Firm) -> None:
    key = moved(firm)
    firm.quiet()
    firm.world.post(MOVE, key)
    firm.night()
    firm.quiet()
    assert state(firm, key) == "agreed"
    assert firm.place("01") == ("it", "boris")


def test_the_same_way_again_is_another_draft(firm: Firm) -> None:
    keys = []
    for department, person in (("it", "boris"), ("books", "anna")) * 2:
        keys.append(moved(firm, "01", department, person))
        firm.world.post(MOVE, keys[-1])
        firm.night()
    assert len(set(keys)) == 4
    firm.quiet()
    assert {state(firm, key) for key in keys} == {"agreed"}


def test_posted_otherwise_is_adopted(firm: Firm) -> None:
    key = moved(firm)
    firm.world.edit(MOVE, key, {"МОЛПолучатель_Key": guid("vera")})
    firm.world.post(MOVE, key)
    firm.night()
    assert firm.standing("01") == ("Отдел ИТ", "Волкова Вера Викторовна")
    firm.night()
    firm.quiet()
    # Settled: the thing may move on like any other.
    again = moved(firm, "01", "it", "boris")
    assert again != key
    firm.world.post(MOVE, again)
    firm.night()
    firm.quiet()


def test_an_asset_taken_out_of_the_posted_draft_is_asked_about(firm: Firm) -> None:
    for asset in ("01", "02"):
        firm.work(asset, department="it", custodian="boris")
    firm.night()
    (draft,) = firm.drafts()
    rows = [row for row in draft["ОС"] if row["ОсновноеСредство_Key"] == guid("asset 01")]
    firm.world.edit(MOVE, draft["Ref_Key"], {"ОС": rows})
    firm.world.post(MOVE, draft["Ref_Key"])
    firm.night()
    left = [row.issue for row in firm.open("draft_refused")]
    assert {(one.book, one.field_name) for one in left} == {
        (guid("asset 02"), "department"),
        (guid("asset 02"), "custodian"),
    }
    firm.quiet()
    for row in firm.open("draft_refused"):
        firm.store.decide(row.id, "take-book", by="person")
    firm.night()
    assert firm.standing("02") == firm.standing("03")
    firm.night()
    firm.quiet()
    assert firm.codes() == ["position_difference"]


def test_edited_and_not_posted_is_left_alone(firm: Firm) -> None:
    key = moved(firm)
    firm.world.edit(MOVE, key, {"МОЛПолучатель_Key": guid("vera")})
    firm.quiet()
    firm.quiet()
    assert state(firm, key) == "edited"
    firm.world.post(MOVE, key)
    firm.nights(2)
    firm.quiet()
    assert firm.standing("01") == ("Отдел ИТ", "Волкова Вера Викторовна")


# -- refused -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("how", "choice"), [("mark", "take-book"), ("remove", "take-desk")])
def test_a_deleted_draft_is_asked_about_once(firm: Firm, how: str, choice: str) -> None:
    key = moved(firm)
    getattr(firm.world, how)(MOVE, key)
    run = firm.night()
    assert (run.writes, run.drafts) == (0, 0)
    assert len(firm.open("draft_refused")) == 2  # the department and the person
    firm.quiet()
    for row in firm.open("draft_refused"):
        firm.store.decide(row.id, choice, by="person")  # type: ignore[arg-type]
    run = firm.night()
    if choice == "take-book":
        assert firm.standing("01") == firm.standing("02")
        assert not firm.drafts()
    else:
        (draft,) = firm.drafts()
        assert draft["Ref_Key"] != key
        firm.quiet()
        firm.world.post(MOVE, draft["Ref_Key"])
    firm.night()
    firm.quiet()
    assert firm.codes() == ["position_difference"]
    # Whatever was decided then says nothing of the next such move.
    assert firm.place("01") == (("books", "anna") if choice == "take-book" else ("it", "boris"))
    again = moved(firm, "01", "it", "vera")
    firm.world.post(MOVE, again)
    firm.night()
    firm.quiet()


def test_refused_asked_again_about_the_next_refusal(firm: Firm) -> None:
    for _ in range(2):
        (draft,) = firm.drafts() or [{"Ref_Key": moved(firm, "01", "it", "anna")}]
        firm.world.mark(MOVE, draft["Ref_Key"])
        firm.night()
        firm.decide("draft_refused", "take-desk")
        assert firm.night().drafts == 1
    assert len(firm.transfers()) == 3
    firm.world.mark(MOVE, firm.drafts()[0]["Ref_Key"])
    firm.night()
    firm.decide("draft_refused", "take-book")
    firm.nights(2)
    firm.quiet()


def test_a_refused_move_made_again_after_a_change_of_mind(firm: Firm) -> None:
    key = moved(firm, "01", "it", "anna")
    firm.world.mark(MOVE, key)
    firm.night()
    firm.work("01", department="books")
    firm.nights(2)
    assert firm.codes() == ["position_difference"]
    firm.work("01", department="it")
    assert firm.night().drafts == 1
    (draft,) = firm.drafts()
    assert draft["Ref_Key"] != key
    firm.quiet()


def test_a_mark_taken_off_again_revives_the_draft(firm: Firm) -> None:
    key = moved(firm)
    firm.world.mark(MOVE, key)
    firm.night()
    firm.world.mark(MOVE, key, on=False)
    firm.night()
    assert state(firm, key) == "open"
    assert firm.codes() == ["position_difference"]
    firm.world.post(MOVE, key)
    firm.night()
    firm.quiet()


# -- minds changed while the draft waits -------------------------------------------------------------------------------


def test_the_desk_takes_the_move_back(firm: Firm) -> None:
    key = moved(firm)
    firm.work("01", department="books", custodian="anna")
    run = firm.night()
    assert (run.writes, run.drafts) == (0, 0)
    assert "draft_needless" in firm.codes()
    firm.quiet()
    firm.world.mark(MOVE, key)
    firm.night()
    assert firm.codes() == ["position_difference"]
    firm.quiet()


def test_a_draft_taken_back_and_posted_all_the_same(firm: Firm) -> None:
    key = moved(firm)
    firm.work("01", department="books", custodian="anna")
    firm.night()
    firm.world.post(MOVE, key)
    firm.night()
    # The books say IT, the desk says Anna: the difference is the desk's later word, and becomes a draft back.
    assert firm.standing("01") == firm.standing("02")
    (draft,) = firm.drafts()
    assert draft["ПодразделениеПолучатель_Key"] == guid("books")
    firm.world.post(MOVE, draft["Ref_Key"])
    firm.night()
    firm.quiet()
    assert firm.codes() == ["position_difference"]


def test_a_second_move_is_held_until_the_first_is_posted(firm: Firm) -> None:
    first = moved(firm)
    firm.work("01", custodian="vera")
    run = firm.night()
    assert (run.writes, run.drafts) == (0, 0)
    assert "draft_outdated" in firm.codes()
    firm.quiet()
    firm.world.post(MOVE, first)
    firm.night()
    (second,) = firm.drafts()
    assert (second["МОЛОрганизации_Key"], second["МОЛПолучатель_Key"]) == (guid("boris"), guid("vera"))
    firm.quiet()
    firm.world.post(MOVE, second["Ref_Key"])
    firm.night()
    firm.quiet()
    assert firm.place("01") == ("it", "vera")
    assert firm.codes() == ["position_difference"]


def test_a_second_move_after_the_first_was_deleted(firm: Firm) -> None:
    first = moved(firm)
    firm.work("01", custodian="vera")
    firm.night()
    firm.world.mark(MOVE, first)
    firm.night()
    # The person is another one, so this is another move; the department is the one that was refused.
    for row in firm.open("draft_refused"):
        firm.store.decide(row.id, "take-desk", by="person")
    firm.nights(2)
    (draft,) = firm.drafts()
    for _ in range(3):
        draft = firm.drafts()[0]
        firm.world.post(MOVE, draft["Ref_Key"])
        firm.night()
        if not firm.drafts():
            break
    firm.night()
    firm.quiet()
    assert firm.place("01") == ("it", "vera")


def test_the_book_moved_by_the_accountant_meanwhile_is_a_conflict(firm: Firm) -> None:
    key = moved(firm, "01", "it", "anna")
    firm.transfer("01", "books", "gleb")
    firm.now = firm.now.replace(hour=11)
    firm.transfer("02", "books", "gleb")
    firm.night()
    assert firm.thing("01")["custodian"] == firm.thing("02")["custodian"]  # the other field goes on
    firm.transfer("01", "it", "gleb")
    firm.night()
    assert "draft_needless" in firm.codes()  # the accountant did it herself
    firm.world.mark(MOVE, key)
    firm.night()
    firm.quiet()
    assert firm.codes() == ["position_difference"]


@pytest.mark.parametrize("choice", ["take-book", "take-desk"])
def test_a_conflict_while_a_draft_waits(firm: Firm, choice: str) -> None:
    key = moved(firm, "01", "books", "gleb")
    firm.transfer("01", "books", "boris")
    firm.night()
    firm.asked("conflict")
    firm.quiet()
    firm.decide("conflict", choice)
    firm.night()
    if choice == "take-book":
        assert firm.standing("01")[1] == "Борисов Борис Богданович"
    firm.world.mark(MOVE, key)
    firm.nights(2)
    if choice == "take-desk":
        for code in ("conflict", "draft_refused"):
            for row in firm.open(code):
                firm.store.decide(row.id, "take-desk", by="person")
        firm.night()
        (draft,) = firm.drafts()
        assert (draft["МОЛОрганизации_Key"], draft["МОЛПолучатель_Key"]) == (guid("boris"), guid("gleb"))
        firm.world.post(MOVE, draft["Ref_Key"])
        firm.night()
    firm.quiet()
    assert firm.codes() == ["position_difference"]


# -- no draft can be made ----------------------------------------------------------------------------------------------


def test_a_low_value_thing_goes_from_person_to_person(firm: Firm) -> None:
    firm.work("p1", custodian="vera")
    run = firm.night()
    assert (run.writes, run.drafts) == (1, 1)
    assert [one.document for one in firm.store.drafts(PAIR, {"open"})] == ["custody"]
    firm.quiet()
    firm.work("p1", custodian="anna")
    firm.night()
    assert firm.codes() == ["draft_needless", "position_difference"]
    firm.quiet()


def test_a_dismissed_receiver(firm: Firm) -> None:
    staff = "InformationRegister_ТекущиеКадровыеДанныеСотрудников"
    row = firm.world.find(staff, ФизическоеЛицо_Key=guid("vera"))
    firm.world.put(staff, {**(row or {}), "ДатаУвольнения": "2026-01-31T00:00:00"})
    firm.work("01", custodian="vera")
    assert firm.night().drafts == 0
    firm.asked("receiver_dismissed")
    firm.quiet()
    firm.work("01", custodian="gleb")
    assert firm.night().drafts == 1
    assert not firm.open("receiver_dismissed")


def test_a_receiver_of_another_organisation(firm: Firm) -> None:
    firm.work("01", department="shop")
    assert firm.night().drafts == 0
    firm.asked("receiver_foreign")
    firm.quiet()


def test_a_receiver_the_books_do_not_know(firm: Firm) -> None:
    organization = firm.thing("01")["organization"]["id"]
    id = firm.it._send(
        "POST", firm.it._address("employee"), headers=firm.it._headers(),
        json={"name": "Новенький Иван Ильич", "organization": organization, "active": "1"},
    ).json()["data"]["id"]  # fmt: skip
    firm.it.change("equipment", firm.thing("01")["id"], custodian=str(id))
    assert firm.night().drafts == 0
    firm.asked("receiver_unknown")
    firm.quiet()


def test_a_closed_period_is_one_clear_question(firm: Firm) -> None:
    firm.world.close_period("2026-12-31")
    firm.work("01", department="it", custodian="boris")
    firm.work("11", department="store", custodian="egor")
    run = firm.night()
    assert (run.writes, run.drafts, run.outcome) == (0, 0, "partial")
    assert not firm.transfers()
    asked = [(row.id, row.issue.params["code"]) for row in firm.open("write_failed")]
    assert [code for _, code in asked] == ["closed_period", "closed_period"]
    firm.night()
    assert [(row.id, row.issue.params["code"]) for row in firm.open("write_failed")] == asked
    firm.world.close_period("2026-01-31")
    assert firm.night().drafts == 2
    firm.quiet()
    assert firm.codes() == ["position_difference"]
