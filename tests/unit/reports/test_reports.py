"""Reports in files: the data's own figures in every format, typed, stamped, with nothing that a spreadsheet runs."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import openpyxl
import pypdfium2
import pytest
from kept import PAIR, comparison_kept
from planted import TODAY, company, planted

from uchet.cli import main
from uchet.errors import UchetError
from uchet.jobs.forms.types import Stamp
from uchet.jobs.reports.comparison import differences, licences
from uchet.jobs.reports.making import Wanted, make
from uchet.jobs.reports.quality import quality
from uchet.jobs.reports.types import Filled, report, reports
from uchet.jobs.reports.writing import write
from uchet.sync.reconcile.compare import compare
from uchet.sync.reconcile.run import issue_for
from uchet.sync.reconcile.scope import Asked
from uchet.sync.reconcile.types import Reconciliation, Source
from uchet.sync.store import Store
from uchet.sync.types import Draft, Operation

MOSCOW, NOW = ZoneInfo("Europe/Moscow"), datetime(2026, 3, 9, 12, tzinfo=UTC)


@dataclass
class Kept:
    store: Store
    folder: Path
    made: Reconciliation

    def report(self, name: str, **wanted: Any) -> Filled:
        return make(self.store, PAIR, MOSCOW, NOW, Wanted(report(name), **wanted))


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Kept]:
    monkeypatch.chdir(tmp_path)
    with comparison_kept(tmp_path) as (store, made):
        yield Kept(store, tmp_path, made)


def evil(filled: Filled) -> Filled:
    """The same report with texts that want to be formulas, a big sum, and a number with zeros in front."""
    [table, *_] = filled.report.tables
    row = {"title": "=1+1", "inventory_number": "000123", "quantity": Decimal("-1.500"), "sum": Decimal("1234567.89")}
    more = {"issued": date(2026, 1, 31), "serial": "@SUM(A1)", "department": "<b>x</b>", "custodian": "-2+3"}
    return replace(filled, rows={table.name: ({**row, **more},)})


def test_every_difference_stands_in_the_report_with_its_question_and_decision(kept: Kept) -> None:
    one = kept.made.differences[0]
    kept.store.report_issues(PAIR, kept.made.run, [issue_for(d) for d in kept.made.differences], lambda row: True)
    row = next(r for r in kept.store.issues(PAIR) if r.issue.key == one.key)
    kept.store.decide(row.id, "accept", by="anna")
    filled = kept.report("reconciliation")
    rows = filled.rows["differences"]
    assert len(rows) == len(kept.made.differences) == 2
    mine = next(r for r in rows if r["question"] == row.id)
    assert (mine["decision"], mine["by"]) == ("accept", "anna")
    by_class = {r["class"]: r for r in rows}
    assert by_class["расходится количество"]["quantity"] == Decimal(-2)
    assert by_class["расходится количество"]["book_place"] == "Склад w1"
    gone = next(r for name, r in by_class.items() if name != "расходится количество")
    assert gone["book_name"] == "Монитор"
    assert gone["book_custodian"] == "Сотрудник o1 1", "the snapshot keeps no names; the report tells them"
    assert gone["at_risk"] == kept.made.differences[[d.kind for d in kept.made.differences].index("equipment")].at_risk
    totals = filled.rows["classes"]
    assert sum(r["count"] for r in totals) == 2  # type: ignore[misc]
    assert all(r["days"] is not None for r in totals)


def test_a_scope_narrows_stock_and_things(kept: Kept) -> None:
    def told(**asked: tuple[str, ...]) -> list[object]:
        found = kept.report("reconciliation", asked=Asked(**asked)).rows["differences"]
        return [row["book_name"] for row in found]

    assert told(warehouse=("Склад w1",)) == ["Тонер"]
    assert told(warehouse=("Склад w2",)) == []
    assert told(person=("Сотрудник o1 1",)) == ["Монитор"]
    assert told(person=("Сотрудник o1 2",)) == []


def test_custody_tells_what_each_person_has(kept: Kept) -> None:
    rows = kept.report("custody").rows["lines"]
    assert sorted((str(r["custodian"]), str(r["title"])) for r in rows) == [
        ("Сотрудник o1 1", "Монитор"),
        ("Сотрудник o1 1", "Ноутбук"),
        ("Сотрудник o1 2", "Принтер"),
    ]
    assert {r["personnel_number"] for r in rows} == {"1", "2"}


def test_seats_add_up() -> None:
    made = company(1)
    made.put("licence", "desk", "l1", name="Офис", seats=Decimal(2), organization="o1", expires=date(2026, 4, 1))
    right = {"right": "подписка", "document": "Договор 7", "responsible": "o1p1", "book_object": "Право на сервер"}
    made.put("licence", "desk", "l2", name="Сервер", organization="o1", **right)
    for account, cost in (("97.21", 700), ("04.01", 300)):
        made.put("licence", "book", account, name="Право на сервер", account=account, cost=Decimal(cost))
    for n in range(3):
        made.put("installation", "desk", f"n{n}", name="Офис", licence="l1")
    office, server = licences(made.snapshot(), lambda record: True, TODAY)
    assert (office["bought"], office["installed"], office["free"], office["over"]) == (2, 3, 0, 1)
    assert office["days"] == 30
    assert (server["bought"], server["free"], server["over"]) == (None, None, None)
    assert (server["right"], server["document"], server["responsible"]) == ("подписка", "Договор 7", "Сотрудник o1 1")
    # An object of the books that stands on two accounts is one object.
    assert (server["account"], server["cost"]) == ("04.01, 97.21", 1000)


def test_quality_names_what_is_wrong_with_the_records() -> None:
    made = company(1)
    good, _ = made.thing(organization="o1")
    for values in ({"inventory_number": "б/н"}, {"serial": "Default string"}, {"inventory_number": ""}):
        made.thing("book", organization="o1", **values)
    for _ in range(2):
        made.thing("book", organization="o1", inventory_number="Д-1")
    made.thing("book", organization="o1", custodian="o1p3")
    made.change("person", "book", "o1p3", active=False)
    look = made.look()
    found = Reconciliation("r", None, look.snapshot.taken, {}, (), compare(look).differences, {})
    rows = list(quality(look.snapshot, found, lambda record: True))
    problems = [str(row["problem"]) for row in rows if row["side"] == "учёт"]
    for text, count in {
        "инвентарный номер негоден": 1,
        "заводской номер негоден": 1,
        "инвентарный номер не заполнен": 1,
        "инвентарный номер повторяется": 2,
        "ответственное лицо уволено": 1,
        "нет записи в ИТ": 4,  # of the two with one number, matching asks by itself
    }.items():
        assert problems.count(text) >= count, text
    assert [
        row["problem"] for row in rows if row["id"] == good and row["problem"] != "ответственное лицо уволено"
    ] == []


def test_drafts_and_runs_come_from_the_journal(kept: Kept) -> None:
    member = Operation("m", "update", "book", "equipment", "g1", "1", label="БП-1")
    draft = Draft("d1", "move", "r-1", None, "c", "open", "0001", (member,))
    write_it = Operation("o", "draft", "book", "equipment", key="d1", header={"@note": "заявка 7"}, members=(member,))
    kept.store.intend(PAIR, kept.made.run, write_it, "k")
    kept.store.put_draft(PAIR, draft, run=kept.made.run)
    kept.store.put_draft(PAIR, replace(draft, id="d2", ref="r-2", state="agreed"), run=kept.made.run)
    [row] = kept.report("drafts", titles={"move": "Перемещение ОС"}).rows["lines"]
    assert (row["document"], row["number"], row["things"]) == ("Перемещение ОС", "0001", "БП-1")
    assert row["note"] == "заявка 7"
    assert isinstance(row["date"], date)
    assert row["age"] == (NOW.date() - row["date"]).days
    [run] = kept.report("exchange").rows["lines"]
    assert (run["run"], run["outcome"]) == (kept.made.run, "не завершён")
    with pytest.raises(UchetError) as caught:
        kept.report("exchange", asked=Asked(organization=("x",)))
    assert caught.value.code == "report_scope"
    with pytest.raises(UchetError):
        report("никакой")


def test_xlsx_has_real_numbers_dates_filters_and_no_formula(kept: Kept) -> None:
    path = kept.folder / "r.xlsx"
    write(evil(kept.report("custody")), path)
    book = openpyxl.load_workbook(path)
    sheet, stamp = book.worksheets
    heads = [column.name for column in report("custody").tables[0].columns]
    cells = dict(zip(heads, sheet[2], strict=True))
    assert (cells["title"].value, cells["title"].data_type) == ("=1+1", "s")
    assert (cells["serial"].data_type, cells["custodian"].data_type) == ("s", "s")
    assert cells["inventory_number"].value == "000123"
    assert (cells["quantity"].value, cells["sum"].value) == (-1.5, 1234567.89)
    assert cells["issued"].value == datetime(2026, 1, 31)
    assert cells["issued"].number_format == "dd.mm.yyyy"
    assert sheet.freeze_panes == "A2"
    assert sheet.auto_filter.ref == "A1:L2"
    texts = [str(row[0].value) for row in stamp.iter_rows()]
    assert texts[0] == "Имущество за сотрудниками"
    assert "fedcba" in texts[1]
    assert kept.made.run in texts[1]
    assert any(text.startswith("Прочитано (ИТ)") for text in texts)


def test_csv_opens_in_a_russian_excel(kept: Kept) -> None:
    path = kept.folder / "r.csv"
    write(evil(kept.report("custody")), path)
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    lines = list(csv.reader(path.read_text("utf-8-sig").splitlines(), delimiter=";"))
    row = dict(zip(lines[0], lines[1], strict=True))
    assert (row["Объект"], row["Заводской номер"], row["Сотрудник"]) == ("'=1+1", "'@SUM(A1)", "'-2+3")
    assert (row["Количество"], row["Стоимость, руб."], row["Дата ввода (выдачи)"]) == (
        "-1,5",
        "1234567,89",
        "31.01.2026",
    )
    assert any("fedcba" in cell for line in lines[2:] for cell in line)


def test_json_is_exact_and_html_is_escaped(kept: Kept) -> None:
    filled = evil(kept.report("custody"))
    write(filled, kept.folder / "r.json")
    told = json.loads((kept.folder / "r.json").read_text("utf-8"))
    [row] = told["tables"]["lines"]
    assert (row["quantity"], row["sum"], row["issued"]) == ("-1.500", "1234567.89", "2026-01-31")
    assert told["stamp"]["fingerprint"] == "fedcba"
    write(filled, kept.folder / "r.html")
    page = (kept.folder / "r.html").read_text("utf-8")
    assert "<b>x</b>" not in page
    assert "&lt;b&gt;x" in page
    with pytest.raises(UchetError) as caught:
        write(filled, kept.folder / "r.odt")
    assert ".csv" in caught.value.text("ru")


def test_pdf_holds_every_figure_the_stamp_and_no_end_of_paper(kept: Kept) -> None:
    filled = evil(kept.report("custody"))
    [row] = filled.rows["lines"]
    write(replace(filled, rows={"lines": (row,) * 200}), kept.folder / "r.pdf")
    with closing(pypdfium2.PdfDocument(kept.folder / "r.pdf")) as document:
        texts = ["".join(page.get_textpage().get_text_range().split()) for page in document]
    assert len(texts) > 2
    assert "fedcba" in texts[0]
    for n, text in enumerate(texts, 1):
        assert f"Имуществозасотрудниками,лист{n}из{len(texts)}" in text
        assert "Инвентарныйномер" in text, "headings stand on each page"
    together = "".join(texts)
    for told in ("=1+1", "000123", "-1,5", "1234567,89", "31.01.2026", "@SUM(A1)", "<b>x</b>", "-2+3"):
        assert together.count(told) >= 200, told
    many = replace(filled, rows={"lines": (row,) * 5001})
    with pytest.raises(UchetError) as caught:
        write(many, kept.folder / "many.pdf")
    assert caught.value.code == "report_pdf_long"


def test_a_source_that_failed_is_printed_in_every_format(kept: Kept) -> None:
    sources = (Source("desk", "equipment", kept.made.taken, error="lost", error_ru="связь потеряна"),)
    run = kept.store.start_run("reconcile", PAIR)
    snapshot = kept.store.snapshot(PAIR, kept.made.run)
    assert snapshot is not None
    kept.store.put_reconciliation(PAIR, replace(kept.made, run=run.id, sources=sources), snapshot)
    for ending in (".csv", ".json", ".html"):
        path = kept.folder / f"lost{ending}"
        write(kept.report("quality", run=run.id), path)
        assert "связь потеряна" in path.read_text("utf-8-sig")


def test_all_differences_of_every_class_can_be_told() -> None:
    look = planted(5, agreeing=2, each=1).look()
    found = compare(look)
    rows = list(differences(look, found.differences, {}))
    assert [row["at_risk"] for row in rows] == [one.at_risk for one in found.differences]
    columns = {column.name for column in report("reconciliation").tables[0].columns}
    assert {name for row in rows for name in row} <= columns


@pytest.mark.parametrize("one", reports(), ids=lambda one: one.name)
def test_an_empty_report_is_written_with_its_headings(tmp_path: Path, one) -> None:
    filled = Filled(one, {}, Stamp())
    for ending in (".xlsx", ".pdf", ".csv", ".json", ".html"):
        write(filled, tmp_path / f"r{ending}")
    sheet = openpyxl.load_workbook(tmp_path / "r.xlsx").worksheets[0]
    assert [cell.value for cell in sheet[1]] == [column.heading for column in one.tables[0].columns]


def test_the_command(kept: Kept, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", "reconciliation", "--out", "r.xlsx", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["rows"] == {"differences": 2, "classes": 2}
    assert len(openpyxl.load_workbook("r.xlsx").worksheets[1]._charts) == 1
    assert main(["report", "--list", "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)["reports"]) == 13
    assert main(["report", "custody"]) == 2
    assert main(["report", "custody", "--since", "01.02.2026", "--out", "r.csv"]) == 1
    assert "нет периода" in capsys.readouterr().err
    assert main(["report", "turnover", "--out", "t.csv"]) == 4, "the desk's password is missing"
    assert not Path("t.csv").exists()
    assert main(["report", "custody", "--out", "нет/r.csv"]) == 4
    assert "нет/r.csv" in capsys.readouterr().err
