"""Count sheets out and back in: what Excel and people do to them, and what no one may guess."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import openpyxl
import pytest
from kept import PAIR, comparison_kept
from papers import Read, written

from uchet.cli import main
from uchet.errors import UchetError
from uchet.jobs.forms.catalog import form
from uchet.jobs.forms.counted import HEADINGS, read_counts
from uchet.jobs.forms.making import Wanted, make
from uchet.sync.reconcile.scope import Asked
from uchet.sync.store import Store

MOSCOW = ZoneInfo("Europe/Moscow")


@dataclass
class Kept:
    store: Store
    folder: Path

    def sheet(self, name: str, *options: str) -> Path:
        path = self.folder / name
        assert main(["count", "sheet", "--out", str(path), *options]) == 0
        return path

    def read(self, name: str, *counted: Path, **more: Any) -> list[Read]:
        paper = make(self.store, PAIR, MOSCOW, Wanted(form(name), counted=counted, **more))
        return written(paper, self.folder / "read.xlsx")


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Kept]:
    monkeypatch.chdir(tmp_path)
    with comparison_kept(tmp_path) as (store, _):
        yield Kept(store, tmp_path)


def fill(path: Path, facts: dict[str, Any], *added: dict[str, Any], shuffle: bool = False) -> Path:
    """Write facts by title, and rows of one's own below, as a person would."""
    book = openpyxl.load_workbook(path)
    sheet = book.worksheets[0]
    heads = {str(cell.value): n for n, cell in enumerate(sheet[1], 1)}
    last = max(row[0].row for row in sheet.iter_rows() if row[heads["Ключ строки"] - 1].value)
    for row in range(2, last + 1):
        title = sheet.cell(row, heads["Наименование"]).value
        if title in facts:
            sheet.cell(row, heads["ФАКТ"]).value = facts[title]
    for at, one in enumerate(added, last + 1):
        for name, value in one.items():
            sheet.cell(at, heads[HEADINGS[name]]).value = value
    if shuffle:
        sheet.insert_cols(1)
        sheet.insert_rows(1, 2)
    book.save(path)
    return path


ALL = {"Ноутбук": "да", "Монитор": 0, "Принтер": 1.0, "Тонер": "3,0 шт", "Бумага": 7}


def test_a_sheet_has_a_line_for_everything_in_scope(kept: Kept) -> None:
    sheet = openpyxl.load_workbook(kept.sheet("лист.xlsx")).worksheets[0]
    heads = [str(cell.value) for cell in sheet[1]]
    assert heads == list(HEADINGS.values())
    rows = [dict(zip(HEADINGS, row, strict=True)) for row in sheet.iter_rows(min_row=2, values_only=True)]
    assert {row["title"]: row["book"] for row in rows if row["key"]} == {
        "Ноутбук": 1, "Монитор": 1, "Принтер": 1, "Тонер": 5, "Бумага": 7,
    }  # fmt: skip
    assert sum(row["key"] is None for row in rows) == 20, "room for what stands on no line"
    number = next(cell for row in sheet.iter_rows(min_row=2) for cell in row if str(cell.value).startswith("БП-"))
    assert (number.data_type, number.number_format) == ("s", "@")
    blind = openpyxl.load_workbook(kept.sheet("слепой.xlsx", "--blind", "--warehouse", "Склад w1")).worksheets[0]
    assert "По учёту" not in [cell.value for cell in blind[1]]
    assert [row[1] for row in blind.iter_rows(min_row=2, values_only=True) if row[1]] == ["Тонер"]


@pytest.mark.parametrize("shuffle", [False, True])
def test_the_fact_comes_from_the_sheet(kept: Kept, shuffle: bool) -> None:
    path = fill(kept.sheet("лист.xlsx"), ALL, shuffle=shuffle)
    things = {row["title"]: row["fact_quantity"] for one in kept.read("ИНВ-1", path) for row in one.rows}
    assert things == {"Ноутбук": 1, "Монитор": 0, "Принтер": 1}
    [missing] = kept.read("ИНВ-18", path)
    assert [row["title"] for row in missing.rows] == ["Монитор"]
    [toner] = kept.read("ИНВ-19", path)
    assert (toner.rows[0]["title"], toner.rows[0]["shortage_quantity"], toner.rows[0]["shortage_sum"]) == (
        "Тонер",
        2,
        200,
    )


def test_what_nobody_counted_is_no_shortage(kept: Kept) -> None:
    path = fill(kept.sheet("лист.xlsx"), {"Тонер": "  ", "Бумага": 6})
    [paper] = kept.read("ИНВ-19", path)
    assert [row["title"] for row in paper.rows] == ["Бумага"]
    with pytest.raises(UchetError) as caught:
        kept.read("ИНВ-18", path)
    assert caught.value.code == "form_empty"


def test_an_added_row_is_known_by_its_number_in_either_column_and_layout(kept: Kept) -> None:
    snapshot = kept.store.snapshot(PAIR, kept.store.reconciliations(PAIR, 1)[0].run)
    assert snapshot is not None
    book = snapshot.listings["equipment", "book"].records
    laptop = next(r for r in book.values() if r.values["name"] == "Ноутбук")
    serial = str(laptop.values["serial"])
    wrong = serial.translate(str.maketrans("SNQABCDEF", "ЫТЙФИСВУА"))
    path = fill(kept.sheet("лист.xlsx"), {}, {"inventory_number": wrong, "fact": 1}, {"title": "Чайник", "fact": "1"},
                {"inventory_number": 55555.0, "fact": 1}, {"inventory_number": "55555", "fact": 1})  # fmt: skip
    read = {row["title"]: row["fact_quantity"] for one in kept.read("ИНВ-1", path) for row in one.rows}
    assert read == {"Ноутбук": 1, "Монитор": None, "Принтер": None}
    [surplus] = kept.read("ИНВ-18", path)
    assert sorted(str(row["title"]) for row in surplus.rows) == ["55555", "Чайник"], "one number is one thing"
    assert {row["surplus_quantity"] for row in surplus.rows} == {1}


def test_the_same_thing_on_two_sheets_is_counted_once_and_a_quarrel_is_refused(kept: Kept) -> None:
    one = fill(kept.sheet("один.xlsx"), {"Ноутбук": 1, "Тонер": 3})
    two = fill(kept.sheet("два.xlsx"), {"Ноутбук": "да", "Тонер": 3.0000000001})
    [paper] = kept.read("ИНВ-19", one, two)
    assert paper.whole["shortage_quantity"] == 2
    three = fill(kept.sheet("три.xlsx"), {"Тонер": 4})
    with pytest.raises(UchetError) as caught:
        read_counts([one, three])
    assert caught.value.code == "counted_twice"
    for word in ("три.xlsx", "один.xlsx", "4", "3"):
        assert word in caught.value.text("ru")


@pytest.mark.parametrize("given", [datetime(2026, 5, 1), "пять", -1, "1.23E+11", 2.5555, "1 2 3 кг"])
def test_a_quantity_that_means_nothing_is_told_with_its_cell(kept: Kept, given: Any) -> None:
    path = fill(kept.sheet("лист.xlsx"), {"Тонер": given})
    with pytest.raises(UchetError) as caught:
        read_counts([path])
    text = caught.value.text("ru")
    assert "лист.xlsx" in text
    assert "J" in text, "the cell"
    assert caught.value.text("en") != text


@pytest.mark.parametrize(("title", "given"), [("Ноутбук", 2), ("Ноутбук", "0,5")])
def test_a_thing_is_there_or_not(kept: Kept, title: str, given: Any) -> None:
    path = fill(kept.sheet("лист.xlsx"), {title: given})
    with pytest.raises(UchetError):
        read_counts([path])


def refused(call: Callable[[], object]) -> str:
    with pytest.raises(UchetError) as caught:
        call()
    assert caught.value.text("ru") != caught.value.text("en")
    return caught.value.code


def test_files_that_are_no_sheets_or_of_another_scope(kept: Kept) -> None:
    (kept.folder / "пустой.xlsx").write_bytes(b"nothing")
    assert refused(lambda: read_counts([kept.folder / "пустой.xlsx"])) == "count_unreadable"
    assert refused(lambda: read_counts([kept.folder / "нет.xlsx"])) == "count_unreadable"
    openpyxl.Workbook().save(kept.folder / "чужой.xlsx")
    assert refused(lambda: read_counts([kept.folder / "чужой.xlsx"])) == "count_headings"
    path = fill(kept.sheet("лист.xlsx"), {"Тонер": 3})
    asked = Asked(warehouse=("Склад w2",))
    assert refused(lambda: kept.read("ИНВ-19", path, asked=asked)) == "count_foreign"
    assert main(["count", "sheet", "--out", "л.xlsx", "--warehouse", "Склад w3"]) == 1
    assert main(["form", "ИНВ-19", "--desk", "--counted", str(path), "--out", "ф.xlsx"]) == 2


def test_excel_quantities_are_exact(kept: Kept) -> None:
    path = fill(kept.sheet("лист.xlsx"), {"Тонер": 0.1 + 0.2, "Бумага": "1\u00a0000,5"})
    facts = read_counts([path]).facts
    assert sorted(facts.values()) == [Decimal("0.300"), Decimal("1000.500")]
