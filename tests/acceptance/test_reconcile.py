"""Reconciliation on the real pair: 1C (emulated) and Roundup, with stock, a lost desk, late postings and decisions."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from firm import LIMITS, MOVE, PAIR, ZONE, Firm, copies, guid, receive, stocked

from uchet.cli import main
from uchet.connectors.roundup.server import seed
from uchet.errors import Blocked, Reject, UchetError
from uchet.jobs import reconcile as job
from uchet.jobs.forms.catalog import form
from uchet.jobs.forms.making import Wanted
from uchet.jobs.forms.making import make as make_form
from uchet.jobs.reports.making import Wanted as WantedReport
from uchet.jobs.reports.making import make as make_report
from uchet.jobs.reports.types import report
from uchet.jobs.wiring import Wired
from uchet.sync.pair import EngineSettings, FeedSettings
from uchet.sync.reconcile.proposals import orders_of
from uchet.sync.reconcile.run import Answer, reconcile
from uchet.sync.reconcile.scope import Asked
from uchet.sync.reconcile.types import Snapshot


@pytest.fixture(scope="module")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Firm:
    """The company in agreement, with toner in stock on both sides and all records linked."""
    return stocked(tmp_path_factory.mktemp("reconcile") / "origin")


@pytest.fixture
def firm(origin: Firm, tmp_path: Path) -> Iterator[Firm]:
    made = copies(origin, tmp_path / "firm")()
    made.settings = EngineSettings(guard=replace(LIMITS, change_max=10**6), zone=ZONE)
    made.night()
    yield made
    made.stop()


def told(answer: Answer) -> list[tuple[str, str, str]]:
    return sorted((one.code, one.label, one.field_name) for one in answer.made.differences)


def compare(firm: Firm, day: date | None = None, **asked: tuple[str, ...]) -> Answer:
    return reconcile(firm.engine(), Asked(**asked), day)


def again_snapshot(firm: Firm, answer: Answer) -> Snapshot:
    found = firm.store.snapshot(PAIR, answer.made.run)
    assert found is not None
    return found


def thing(firm: Firm, asset: str) -> str:
    return str(firm.it.find("equipment", "inventory_number", f"ОС-{asset}"))


LAMPS = ("quantity", "Лампа", "quantity")


def test_differences_are_asked_accepted_and_closed_by_a_look_that_finds_none(firm: Firm) -> None:
    quiet = compare(firm)
    assert told(quiet) == [LAMPS], "three lamps on МЦ.04, none on the desk"
    assert (quiet.made.compared["equipment"], quiet.made.compared["stock"]) == (14, 1)
    assert (quiet.run.outcome, quiet.made.unread) == ("clean", ())
    [lamps] = quiet.made.differences
    assert quiet.rows[lamps.key].issue.code == "position_difference", "the nightly run asks already: asked once"

    gleb = firm.it.find("employee", "name", "Гусев Глеб Григорьевич")
    firm.it.change("equipment", thing(firm, "01"), custodian=gleb)
    firm.it.change("equipment", thing(firm, "02"), serial="ДРУГОЙ-1")
    supply = firm.it.find("consumable", "code", "toner")
    firm.it.change("consumable", supply, quantity="17")
    answer = compare(firm)
    assert told(answer) == [
        ("attribute", "ОС-02", "serial"),
        LAMPS,
        ("quantity", "Тонер", "quantity"),
        ("wrong_person", "ОС-01", "custodian"),
    ]
    by_label = {one.label: answer.rows[one.key] for one in answer.made.differences}
    person = by_label["ОС-01"]
    firm.store.decide(person.id, "accept", by="anna")
    again = compare(firm)
    assert again.rows[person.issue.key].decision == "accept", "the same values: not asked again"
    assert again.made.fingerprint == answer.made.fingerprint

    # A look at something else leaves the question alone; a look at it that finds nothing closes it.
    firm.it.change("consumable", supply, quantity="20")
    compare(firm, room=("Нигде",))
    assert firm.store.issue(by_label["Тонер"].id).state == "open"  # type: ignore[union-attr]
    compare(firm, warehouse=("Основной склад",))
    assert firm.store.issue(by_label["Тонер"].id).state == "closed"  # type: ignore[union-attr]
    assert firm.store.issue(person.id).state == "decided"  # type: ignore[union-attr]
    # What was accepted is drafted once; the nightly run drafts no second one, and posting settles everything.
    parts = Wired(None, firm.store, firm.engine().pair, firm.engine())  # type: ignore[arg-type]  # no settings file here
    orders = orders_of(again, again_snapshot(firm, again), firm.now.date(), "ru")
    assert [order.document for order in orders] == ["move"]
    first, second = job.draft(parts, again), job.draft(parts, again)
    assert first is not None
    assert second is not None
    assert (first.drafts, second.drafts) == (1, 0)
    [document] = firm.world.rows(MOVE)
    sent = [document[f"{role}_Key"] for role in ("МОЛОрганизации", "МОЛПолучатель", "ПодразделениеПолучатель")]
    assert sent == [guid("anna"), guid("gleb"), guid("books")]
    assert "сверка" in document["Комментарий"]
    [timing] = [one for one in compare(firm).made.differences if one.label == "ОС-01"]
    assert (timing.code, timing.proposal) == ("timing", "wait")
    firm.night()
    assert len(firm.world.rows(MOVE)) == 1
    assert firm.store.issue(person.id).state == "open", "the nightly run closes nothing of ours"  # type: ignore[union-attr]
    firm.world.post(MOVE, document["Ref_Key"])
    firm.night()
    assert told(compare(firm)) == [LAMPS]
    assert firm.store.issue(person.id).state == "closed"  # type: ignore[union-attr]


def test_a_day_gone_by_is_kept_and_late_postings_are_corrections(firm: Firm) -> None:
    day = date(2026, 2, 2)
    first = compare(firm, day)
    assert {s.as_of for s in first.made.sources if s.side == "book"} == {day}
    assert not first.rows, "nobody is asked about a day gone by"
    assert first.made.corrections == ()
    receive(firm, "toner", 5, "2026-02-01")
    second = compare(firm, day)
    assert second.made.first == first.run.id
    [late] = second.made.corrections
    assert (late.kind, late.label, late.field, str(late.was), str(late.now)) == (
        "holding",
        "Тонер",
        "quantity",
        "20",
        "25",
    )
    # The first look stands as it was made.
    kept = firm.store.snapshot(PAIR, first.run.id)
    assert kept is not None
    assert [str(r.values["quantity"]) for r in kept.listings["holding", "book"].records.values()] == ["20"]
    before = compare(firm, date(2026, 1, 15))
    assert ("quantity", "Тонер", "quantity") in told(before), "before the receipt the books had none"

    # What moved on the desk since is left out of that day's stock.
    supply = firm.it.find("consumable", "code", "toner")
    today = firm.now.date()
    later = (today + timedelta(days=1)).isoformat()
    firm.it.change("consumable", supply, quantity="25")
    seed(firm.home, "movement", [{"type": "issue", "consumable": supply, "quantity": "4", "date": later}])
    firm.now += timedelta(days=2)
    assert told(compare(firm, today)) == [LAMPS]
    assert ("quantity", "Тонер", "quantity") in told(compare(firm))
    with pytest.raises(Reject):
        compare(firm, date(2027, 1, 1))


def test_a_movement_on_its_way_is_timing_and_too_late_a_difference(firm: Firm) -> None:
    firm.settings = replace(firm.settings, feed=FeedSettings(date(2026, 2, 1)))
    supply = firm.it.find("consumable", "code", "toner")
    anna = firm.it.find("employee", "name", "Андреева Анна Антоновна")
    row = {
        "type": "issue",
        "consumable": supply,
        "quantity": "4",
        "date": firm.now.date().isoformat(),
        "employee": anna,
    }
    seed(firm.home, "movement", [row])
    firm.night()
    [timing] = [one for one in compare(firm).made.differences if one.label == "Тонер"]
    assert (timing.code, str(timing.quantity), timing.proposal) == ("timing", "-4", "wait")
    firm.now += timedelta(days=15)
    [late] = [one for one in compare(firm).made.differences if one.label == "Тонер"]
    assert (late.code, late.key) == ("quantity", timing.key)


def test_a_lost_desk_is_told_and_nothing_is_concluded(firm: Firm) -> None:
    firm.it.change("equipment", thing(firm, "02"), serial="ДРУГОЙ-1")
    asked = compare(firm)
    firm.emulator.faults.add("html500", count=20, collection="AccountingRegister_Хозрасчетный")
    part = compare(firm)
    assert {"book|position", "book|holding"} <= set(part.made.unread)
    assert told(part) == [("attribute", "ОС-02", "serial")], "one failed register takes only its own with it"
    assert part.run.outcome == "partial"
    firm.emulator.faults.clear()
    firm.desk.stop()
    lost = compare(firm)
    assert lost.run.outcome == "partial"
    assert told(lost) == []
    desk = [s for s in lost.made.sources if s.side == "desk"]
    assert desk
    assert all(s.error and s.error_ru for s in desk)
    assert all(s.complete for s in lost.made.sources if s.side == "book")
    rows = {r.issue.key: r.state for r in firm.store.issues(PAIR, None)}
    assert all(rows[one.key] == "open" for one in asked.made.differences if one.key in rows), "open, not closed"
    firm.emulator.stop()
    with pytest.raises(UchetError):
        compare(firm)
    with firm.store.locked(PAIR, "somebody else", timedelta(minutes=1)), pytest.raises(Blocked):
        compare(firm)


def run(capsys: pytest.CaptureFixture[str], file: Path, *words: str) -> tuple[int, str]:
    code = main([*words, "--settings", str(file)])
    return code, capsys.readouterr().out


def page(root: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every block of docs/reconcile.md, one after the other, where uchet.toml lies."""
    monkeypatch.chdir(folder)
    text = (root / "docs" / "reconcile.md").read_text("utf-8")
    blocks = re.findall(r"^```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    assert len(blocks) >= 6
    names: dict[str, Any] = {}
    for number, block in enumerate(blocks, 1):
        exec(compile(block, f"docs/reconcile.md, block {number}", "exec"), names)
    assert dict(names["by_owner"]) == {"it": 1}


def test_the_command_line_and_the_notebook_tell_all_of_it(
    firm: Firm, root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    gleb = firm.it.find("employee", "name", "Гусев Глеб Григорьевич")
    firm.it.change("equipment", thing(firm, "02"), custodian=gleb)
    file = firm.settings_file(tmp_path / "uchet.toml", db=tmp_path / "own.db", pair="cli")
    numbers = tmp_path / "numbers.txt"
    numbers.write_text("ОС-02\nОС-03\n")
    code, out = run(capsys, file, "reconcile", "--json")
    answer = json.loads(out)
    assert code == 3
    assert answer["classes"] == {"quantity": 1, "wrong_person": 1}
    assert {"id", "by", "at", "first"} <= set(answer["differences"][0]["question"])
    code, out = run(capsys, file, "reconcile", "--numbers", str(numbers), "--csv", str(tmp_path / "d.csv"))
    assert code == 3
    assert "ОС-02" in out
    assert "Гусев Глеб Григорьевич" in out
    assert "черновик перемещения" in out
    assert (tmp_path / "d.csv").read_text("utf-8-sig").count("\n") == 2
    code, kept = run(capsys, file, "reconcile", "--show", answer["run"], "--json")
    assert code == 3
    assert [one["key"] for one in json.loads(kept)["differences"]] == [one["key"] for one in answer["differences"]]
    [number] = [one["question"]["id"] for one in answer["differences"] if one["class"] == "wrong_person"]
    code, out = run(capsys, file, "issues", "decide", str(number), "accept", "--json")
    assert (code, json.loads(out)["decision"]) == (0, "accept")
    code, out = run(capsys, file, "reconcile", "--list", "--json")
    assert len(json.loads(out)["reconciliations"]) == 2
    code, out = run(capsys, file, "run", "reconcile", "--json")
    assert (code, json.loads(out)["run"]["job"]) == (0, "reconcile")
    page(root, tmp_path, monkeypatch)
    firm.desk.stop()
    code, out = run(capsys, file, "reconcile")
    assert code == 1
    assert "НЕ ПРОЧИТАНО" in out


def test_forms_and_reports_are_made_of_what_was_kept(firm: Firm) -> None:
    supply = firm.it.find("consumable", "code", "toner")
    firm.it.change("consumable", supply, quantity="17")
    answer = compare(firm)
    book = again_snapshot(firm, answer).listings["equipment", "book"].records.values()
    cards = [r for r in book if not r.retired and r.values.get("accounting") == "fixed_asset"]

    def lines(name: str) -> list[Any]:
        paper = make_form(firm.store, PAIR, ZONE, Wanted(form(name), desk=True))
        return [row for sheet in paper.sheets for row in sheet.rows["lines"]]

    assert len(lines("ИНВ-1")) == len(cards) > 10
    [toner, lamps] = sorted(lines("ИНВ-19"), key=lambda row: str(row["title"]), reverse=True)
    assert (toner["title"], toner["shortage_quantity"], toner["final_shortage_quantity"]) == ("Тонер", 3, 3)
    assert (lamps["title"], lamps["shortage_quantity"]) == ("Лампа", 3)
    filled = make_report(firm.store, PAIR, ZONE, firm.now, WantedReport(report("reconciliation")))
    asked = {key: row.id for key, row in answer.rows.items()}
    assert {key: row.id for key, row in job.asked_of(firm.store, PAIR, answer.made).items()} == asked
    assert {str(row["question"]) for row in filled.rows["differences"]} == {str(r.id) for r in answer.rows.values()}
    assert filled.stamp.fingerprint == answer.made.fingerprint
