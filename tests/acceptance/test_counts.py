"""Counts on the real pair: 1C (emulated) and Roundup, from the order to frozen results, while life goes on."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import openpyxl
import pytest
from firm import LIMITS, MOVE, PAIR, ZONE, Firm, copies, guid, stocked

from uchet.cli import main
from uchet.errors import Blocked, Reject, Stale
from uchet.jobs import counting
from uchet.jobs import reconcile as comparisons
from uchet.jobs.counting import Collector, given_by
from uchet.jobs.forms.catalog import form
from uchet.jobs.forms.making import Wanted
from uchet.jobs.forms.making import make as make_form
from uchet.jobs.wiring import Wired
from uchet.settings import Settings
from uchet.sync.counts.session import Closing, Opening, close_count, open_count
from uchet.sync.counts.types import CountOrder, CountSession, Scan
from uchet.sync.pair import EngineSettings
from uchet.sync.reconcile.run import reconcile
from uchet.sync.reconcile.scope import Asked
from uchet.sync.reconcile.types import Reconciliation

COUNT = "Document_ИнвентаризацияОС"
STOCK = "Document_ИнвентаризацияТоваровНаСкладе"
GLEB, ANNA = "Гусев Глеб Григорьевич", "Андреева Анна Антоновна"
MEMBERS = ("Егоров Егор Егорович", "Дмитриева Дина Денисовна")


@pytest.fixture(scope="module")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Firm:
    return stocked(tmp_path_factory.mktemp("counts") / "origin")


@pytest.fixture
def firm(origin: Firm, tmp_path: Path) -> Iterator[Firm]:
    made = copies(origin, tmp_path / "firm")()
    made.settings = EngineSettings(guard=replace(LIMITS, change_max=10**6), zone=ZONE)
    made.night()
    yield made
    made.stop()


def opening(firm: Firm, chairman: str = GLEB, signed: str = "", **asked: tuple[str, ...]) -> Opening:
    day = firm.now.date()
    order = CountOrder("17-и", day, "смена МОЛ", day, day + timedelta(days=2), day + timedelta(days=5))
    return Opening(order, chairman, MEMBERS, Asked(**asked), signed=signed)


def begin(firm: Firm, **asked: tuple[str, ...]) -> CountSession:
    return open_count(firm.engine(), opening(firm, **asked), by="test")


def scan(firm: Firm, session: CountSession, *lines: str, counter: str = "анна") -> list[str]:
    """What was not taken, by code."""
    collector = Collector(firm.store, PAIR, session.number)
    taken = collector.take([given_by(one, str(n)) for n, one in enumerate(lines)], counter=counter)
    return [one.error.code for one in taken.refused]


@contextmanager
def refused(code: str) -> Iterator[None]:
    with pytest.raises(Reject) as caught:
        yield
    assert caught.value.code == code


def told(made: Reconciliation) -> set[tuple[str, str, str]]:
    return {(one.code, one.label, one.field_name) for one in made.differences}


def wires(firm: Firm) -> Wired:
    engine = firm.engine()
    return Wired(Settings.model_construct(reconcile=_Rules()), firm.store, engine.pair, engine)


class _Rules:
    timing_days = 14


def states(firm: Firm) -> dict[str, str]:
    return {r.issue.key: r.state for r in firm.store.issues(PAIR, None)}


def test_a_count_from_its_order_to_frozen_results_while_nights_go_on(firm: Firm) -> None:
    firm.work("01", custodian="vera")
    firm.night()
    [document] = firm.drafts()
    with refused("count_drafts"):
        begin(firm, department=("Бухгалтерия",))
    signed = open_count(firm.engine(), opening(firm, signed="расписка", department=("Бухгалтерия",)), by="test")
    today = f"{firm.now.astimezone(ZONE):%d.%m.%Y}"
    assert (signed.drafts, signed.signed) == ((f"Перемещение ОС {document['Number']} от {today}",), "расписка")
    firm.store.cancel_count(PAIR, signed.number, "проведём сначала", by="test")
    firm.world.post(MOVE, document["Ref_Key"])
    firm.night()
    with refused("custodian_in_commission"):
        open_count(firm.engine(), opening(firm, ANNA, department=("Бухгалтерия",)), by="test")
    session = begin(firm, department=("Бухгалтерия",))
    assert (session.number, session.drafts) == (2, ())
    assert set(session.custodians) == {guid("anna"), guid("vera")}

    # Two counters, one of them while a run is at work; a night between them; over midnight.
    with firm.store.locked(PAIR, "a run", timedelta(minutes=5)):
        assert scan(firm, session, "ОС-01", "ОС-02;;Комната 204", "ОС-04;;Комната 300;неисправен", "ОС-05;0") == []
        with pytest.raises(Blocked):
            close_count(firm.engine(), session.number, Closing(), by="test")
    firm.work("06", department="it", custodian="boris")
    firm.night()
    later = ("ЫТ77Ф02", "ОС-03", "ОС-07", "МЦ-p1", "НЕИЗВЕСТНЫЙ-1")
    assert scan(firm, session, *later, counter="глеб") == []
    days = {one.at.astimezone(ZONE).date() for one in firm.store.scans(PAIR, session.number) if one.at}
    assert len(days) == 2

    with refused("commission_absent"):
        close_count(firm.engine(), session.number, Closing(absent=(MEMBERS[0],)), by="test")
    absent = Closing(absent=(MEMBERS[0],), absence="болел, решение председателя")
    closed, made = close_count(firm.engine(), session.number, absent, by="test")
    assert (closed.state, closed.result, closed.absent) == ("closed", made.run, (guid("egor"),))
    assert told(made) == {
        ("not_found", "ОС-05", "presence"),
        ("timing", "ОС-06", "presence"),  # it left the department while they counted
        ("wrong_place", "ОС-04", "room"),
        ("state_conflict", "ОС-04", "condition"),
        ("wrong_place", "ОС-07", "room"),
        ("unknown_find", "НЕИЗВЕСТНЫЙ-1", "presence"),
    }
    assert {(one.side, one.label, one.field) for one in made.moved} >= {("desk", "ОС-06", "custodian")}
    assert (made.first, made.count) == (session.run, "2")

    # Frozen: nothing is added, nothing is read anew, a night and a look at both sides close nothing of it.
    with refused("count_closed"):
        scan(firm, session, "ОС-05")
    with refused("count_closed"):
        close_count(firm.engine(), session.number, absent, by="test")
    firm.night()
    reconcile(firm.engine(), Asked())
    assert firm.store.reconciliation(PAIR, made.run) == made
    missing = next(one.key for one in made.differences if one.code == "not_found")
    assert states(firm)[missing] == "open"
    parts = wires(firm)
    three = comparisons.reconcile(parts, None, None, session.number)
    assert ("not_found", "ОС-05", "presence") in told(three.made)
    assert three.made.count == "2"

    # The count's own documents, as drafts, once: one for each who answers.
    first, second = counting.draft(parts, session.number), counting.draft(parts, session.number)
    assert (first.drafts, second.drafts) == (2, 0)
    rows = {r["ОсновноеСредство_Key"]: r for d in firm.world.rows(COUNT) for r in d["ОС"]}
    present = {n for n in range(1, 13) if rows.get(guid(f"asset {n:02}"), {}).get("НаличиеФактическое")}
    assert (present, len(rows)) == ({1, 2, 3, 4}, 6)
    assert all(r["НаличиеПоДаннымУчета"] for r in rows.values())
    [hers] = [d for d in firm.world.rows(COUNT) if d["ОтветственноеЛицо_Key"] == guid("vera")]
    assert (hers["Posted"], hers["ДокументОснованиеНомер"], hers["ПричинаПроведенияИнвентаризации"]) == (
        False, "17-и", "смена МОЛ",
    )  # fmt: skip
    # The commission as it stands in the base: who was absent signs nothing.
    assert [
        [(r["ФизЛицо_Key"], r["Председатель"]) for r in d["ИнвентаризационнаяКомиссия"]] for d in firm.world.rows(COUNT)
    ] == [[(guid("gleb"), True), (guid("dina"), False)]] * 2
    assert counting.left_out(firm.store, PAIR, first) == ()
    # Whom the accountant adds to it before posting is no other document: it is posted as written.
    signed_by = [*hers["ИнвентаризационнаяКомиссия"], {"ФизЛицо_Key": guid("egor"), "Председатель": False}]
    firm.world.edit(COUNT, hers["Ref_Key"], {"ИнвентаризационнаяКомиссия": signed_by})
    firm.world.post(COUNT, hers["Ref_Key"])
    firm.night()
    assert [d.ref for d in firm.store.drafts(PAIR, ("agreed",)) if d.document == "count_assets"] == [hers["Ref_Key"]]

    # Another count finds it: only that settles the question.
    with refused("count_drafts"):  # the move of the sixth, which nobody posted; a count's own documents move nothing
        begin(firm, department=("Бухгалтерия",))
    again = open_count(firm.engine(), opening(firm, signed="расписка", department=("Бухгалтерия",)), by="test")
    assert len(again.drafts) == 1
    assert scan(firm, again, *(f"ОС-0{n}" for n in range(1, 7)), "МЦ-p1") == []
    _, better = close_count(firm.engine(), again.number, Closing(), by="test")
    assert ("not_found", "ОС-05", "presence") not in told(better)
    assert states(firm)[missing] == "closed"


def test_documents_of_her_own_stop_a_count_until_they_are_posted_or_signed_for(firm: Firm) -> None:
    """What the accountant entered in 1C and did not post, by any role of Anna's; nobody else's, none of a later day."""
    yesterday, today = (firm.now - timedelta(days=n) for n in (1, 0))

    def entered(collection: str, at: datetime, **said: Any) -> tuple[str, str, str]:
        body = {"Date": at.isoformat(timespec="seconds"), "Организация_Key": guid("rose"), **said}
        key = firm.world.write_document(collection, body, post=False)
        row = firm.world.get(collection, key)
        assert row is not None
        return key, row["Number"], f"{at:%d.%m.%Y}"

    asset, lamp = {"ОсновноеСредство_Key": guid("asset 01")}, {"Номенклатура_Key": guid("item p3"), "Количество": 1}
    scrapped = entered("Document_СписаниеОС", yesterday, ОС=[asset])
    issued = entered("Document_ТребованиеНакладная", today, ВидОперации="ПередачаСотруднику",
                     Склад_Key=guid("warehouse"), Сотрудник_Key=guid("anna"), Материалы=[lamp])  # fmt: skip
    hands = {"СотрудникОтправитель_Key": guid("vera"), "СотрудникПолучатель_Key": guid("anna")}
    between = {**hands, "ВидОперации": "ПередачаМеждуСотрудниками", "Материалы": [lamp]}
    passed = entered("Document_ПеремещениеТоваров", today, **between)
    entered("Document_СписаниеОС", today, ОС=[{"ОсновноеСредство_Key": guid("asset 07")}])
    entered("Document_СписаниеОС", firm.now + timedelta(days=9), ОС=[asset])
    gone = entered("Document_СписаниеОС", today, ОС=[asset])
    firm.world.mark("Document_СписаниеОС", gone[0])
    entered(COUNT, today, ОтветственноеЛицо_Key=guid("anna"), ОС=[asset])
    asked: list[str] = []
    real = firm.book._transport.rows  # type: ignore[attr-defined]

    def rows(path: str, *more: Any, **words: Any) -> Any:
        asked.append(unquote(path))
        return real(path, *more, **words)

    firm.book._transport.rows = rows  # type: ignore[attr-defined,method-assign]
    with pytest.raises(Reject) as caught:
        begin(firm, person=(ANNA,))
    firm.book._transport.rows = real  # type: ignore[attr-defined,method-assign]
    sets = [one for one in asked if one.startswith("Document_")]
    assert len(sets) == len(set(sets)), "each set of documents once"
    titles = ("Списание ОС", "Передача между сотрудниками", "Расход материалов (передача сотруднику)")
    waiting = zip(titles, (scrapped, passed, issued), strict=True)
    lines = [f"{title} {number} от {day}" for title, (_, number, day) in waiting]
    assert caught.value.code == "count_drafts"
    assert f"(3): {', '.join(lines)}." in caught.value.text("ru")
    assert f"Write-off of fixed assets {scrapped[1]} of {yesterday:%Y-%m-%d}" in caught.value.text("en")
    # Signed for: they are kept with the session. Posted, marked or deleted: nothing stands in the way, at once.
    signed = open_count(firm.engine(), opening(firm, signed="расписка", person=(ANNA,)), by="test")
    assert signed.drafts == tuple(lines)
    firm.store.cancel_count(PAIR, signed.number, "сначала документы", by="test")
    firm.world.remove("Document_СписаниеОС", scrapped[0])
    firm.world.mark("Document_ТребованиеНакладная", issued[0])
    firm.world.mark("Document_ПеремещениеТоваров", passed[0])
    assert begin(firm, person=(ANNA,)).drafts == ()


def test_a_set_that_cannot_be_read_is_told_and_a_draft_posted_today_needs_no_night(firm: Firm) -> None:
    firm.work("01", custodian="vera")
    firm.night()
    [document] = firm.drafts()
    with refused("count_drafts"):
        begin(firm, person=(ANNA,))
    firm.world.unpublish("Document_СписаниеОС")
    firm.emulator.switches.forbidden = ("Document_МодернизацияОС",)
    firm.world.post(MOVE, document["Ref_Key"])
    session = begin(firm, person=(ANNA,))
    assert (session.drafts, session.unread) == ((), ("Модернизация ОС", "Списание ОС"))


def test_stock_is_counted_whole_and_a_desk_that_is_lost_meanwhile_is_named(firm: Firm) -> None:
    session = begin(firm, warehouse=("Основной склад",))
    with refused("count_incomplete"):
        close_count(firm.engine(), session.number, Closing(), by="test")
    assert scan(firm, session, "toner", "toner;18") == ["scan_quantity"]
    assert scan(firm, session, "toner;17", counter="глеб") == []
    with refused("count_contradiction"):
        close_count(firm.engine(), session.number, Closing(), by="test")
    collector = Collector(firm.store, PAIR, session.number)
    collector.take([given_by("тонер;18", "1")], counter="глеб")  # nobody knows this code: a find, not a heap
    collector.take([given_by("toner;18", "1")], counter="глеб", recount=True)
    firm.desk.stop()
    _, made = close_count(firm.engine(), session.number, Closing(), by="test")
    [toner] = [one for one in made.differences if one.label == "Тонер"]
    assert (toner.code, toner.book, toner.desk, toner.count, toner.quantity) == ("quantity", 20, 20, 18, -2)
    lost = [one for one in made.after if one.side == "desk"]
    assert lost
    assert all(one.error and one.error_ru for one in lost)
    assert firm.store.runs(PAIR, 1)[0].outcome == "partial"
    [paper] = make_form(firm.store, PAIR, ZONE, Wanted(form("ИНВ-19"), count=session.number)).sheets
    [line] = paper.rows["lines"]
    assert (line["title"], line["shortage_quantity"], paper.values["basis_number"]) == ("Тонер", 2, "17-и")


def test_a_scan_that_comes_in_while_a_count_is_closed_is_not_lost(firm: Firm, monkeypatch: pytest.MonkeyPatch) -> None:
    session = begin(firm, warehouse=("Основной склад",))
    assert scan(firm, session, "toner;20") == []
    told_scans = firm.store.scans

    def slow(pair: str, number: int) -> list[Scan]:
        found = told_scans(pair, number)
        firm.store.add_scans(pair, number, [Scan("", "ЕЩЁ-ОДИН-1", counter="глеб")])
        return found

    monkeypatch.setattr(firm.store, "scans", slow)
    with pytest.raises(Stale):
        close_count(firm.engine(), session.number, Closing(), by="test")
    monkeypatch.undo()
    assert firm.store.count(PAIR, session.number).state == "open"
    firm.it.change("consumable", firm.it.find("consumable", "code", "toner"), quantity="15")
    closed, made = close_count(firm.engine(), session.number, Closing(), by="test")
    assert [one.code for one in made.differences] == ["unknown_find"]
    parts = wires(firm)
    assert counting.draft(parts, closed.number).drafts == 1
    [document] = firm.world.rows(STOCK)
    assert [(r["Количество"], r["КоличествоУчет"]) for r in document["Товары"]] == [(20, 20)]
    # The desk moved the heap since: of it the count says nothing any more.
    three = comparisons.reconcile(parts, None, None, closed.number)
    [toner] = [one for one in three.made.differences if one.label == "Тонер"]
    assert (toner.count, toner.quantity) == (None, Decimal(-5))


def run(capsys: pytest.CaptureFixture[str], file: Path, *words: str) -> tuple[int, Any]:
    code = main([*words, "--settings", str(file), "--json"])
    return code, json.loads(capsys.readouterr().out)


def test_the_command_line_counts_by_sheet_list_and_barcode_reader(
    firm: Firm, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = firm.settings_file(tmp_path / "uchet.toml")
    day = firm.now.date().isoformat()
    words = ["--order", "5", "--order-date", day, "--reason", "контрольная проверка", "--start", day, "--end", day]
    scope = ["--department", "Бухгалтерия", "--chairman", GLEB, "--member", MEMBERS[0], "--blind"]
    code, answer = run(capsys, file, "count", "open", *words, *scope)
    assert (code, answer["count"]["number"]) == (0, 1)
    sheet = tmp_path / "лист.xlsx"
    code, answer = run(capsys, file, "count", "sheet", "1", "--out", str(sheet))
    assert (code, answer["lines"]) == (0, 7)
    book = openpyxl.load_workbook(sheet)
    heads = {str(cell.value): n for n, cell in enumerate(book.worksheets[0][1], 1)}
    assert "По учёту" not in heads, "the count is blind"
    for row in range(2, 9):
        number = book.worksheets[0].cell(row, heads["Инвентарный номер"]).value
        if number in ("ОС-01", "ОС-02"):
            book.worksheets[0].cell(row, heads["ФАКТ"]).value = "да"
    book.save(sheet)
    code, answer = run(capsys, file, "count", "scan", "1", str(sheet), "--counter", "анна")
    assert (code, len(answer["scans"])) == (0, 2)
    (tmp_path / "терминал.csv").write_text("код;количество\nОС-03;\nОС-04;2\nМЦ-p1;1\n", "cp1251")
    code, answer = run(capsys, file, "count", "scan", "1", str(tmp_path / "терминал.csv"))
    assert (code, [one["code"] for one in answer["refused"]]) == (1, ["scan_not_one"])
    monkeypatch.setattr(sys, "stdin", io.StringIO("ЫТ77Ф04\n\nЧТО-ЭТО-1\nОС-05;пять\n"))
    code, answer = run(capsys, file, "count", "scan", "1", "--place", "Комната 204")
    assert (code, answer["refused"]) == (1, 1)
    assert [(one["target"].partition(":")[0], one["place"]) for one in answer["scans"]] == [
        ("thing", "Комната 204"), ("", "Комната 204"),
    ]  # fmt: skip
    main(["count", "show", "1", "--settings", str(file)])
    shown = capsys.readouterr().out
    assert "предметов 5" in shown
    assert "ЧТО-ЭТО-1" in shown
    code, answer = run(capsys, file, "count", "close", "1")
    assert (code, answer["classes"]) == (3, {"not_found": 2, "unknown_find": 1})
    code, again = run(capsys, file, "count", "show", "1")
    assert (code, again["fingerprint"], len(again["differences"])) == (3, answer["fingerprint"], 3)
    code, answer = run(capsys, file, "count", "list")
    assert [(one["number"], one["state"]) for one in answer["counts"]] == [(1, "closed")]
    code, answer = run(capsys, file, "form", "ИНВ-1", "--count", "1", "--out", str(tmp_path / "inv-1.xlsx"))
    assert code == 0
    cells = [c for row in openpyxl.load_workbook(tmp_path / "inv-1.xlsx").worksheets[0].values for c in row if c]
    assert any(GLEB in str(cell) for cell in cells)
    code, answer = run(capsys, file, "reconcile", "--count", "1")
    assert (code, answer["count"]) == (3, "1")
    code, answer = run(capsys, file, "count", "scan", "1", str(sheet))
    assert (code, answer["error"]["code"]) == (1, "count_closed")
