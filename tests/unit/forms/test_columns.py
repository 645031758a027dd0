"""The forms have the official columns: what is written is read back and held against the table of the reference."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pytest

from uchet.jobs.forms.catalog import form, forms
from uchet.jobs.forms.fitting import fronted, page_height, room, scale
from uchet.jobs.forms.layout import DRAFT, depth
from uchet.jobs.forms.types import Paper, Sheet
from uchet.jobs.forms.xlsx import write_xlsx

NUMBERED = ("ИНВ-1", "ИНВ-1а", "ИНВ-3", "ИНВ-18", "ИНВ-19", "ИНВ-26", "М-11", "ОС-2", "М-4", "М-17")
#: Words of the reference that it says in short, or that are no part of a heading.
ASIDE = {"порядк", "краткая", "коротко", "излишко", "зачтённ", "зачтенн", "склады", "учёта"}


def told(text: str, name: str) -> Iterator[tuple[list[int], str]]:
    """Column numbers and what the reference calls them, for the form ``name``."""
    block = re.search(rf"^\*\*{name}\*\*.*?(?=^\*\*)", text, re.MULTILINE | re.DOTALL)
    assert block, name
    columns = block[0][block[0].index("1 ") if name in ("ИНВ-26", "М-4", "ИНВ-1а") else 0 :]
    first = re.search(r"(?:^|: |Columns: |lines: )1 (?=[а-я№])", columns, re.MULTILINE)
    assert first, name
    ends = r"(?<=[а-яё»])\. (?=[А-ЯЁ])| · Итого|Totals|Invariants|Отпустил|Per page"
    rest = re.split(ends, columns[first.start() :])[0]
    for part in re.split(r" · ", rest.lstrip(": ")):
        found = re.match(
            r"(?:[^\d]*: )?(?:Columns: |lines: )?((?:\d+(?:–\d+)?)(?:, \d+(?:–\d+)?)*) (.*)", part.strip(), re.DOTALL
        )
        assert found, (name, part)
        numbers: list[int] = []
        for span in found[1].split(", "):
            low, _, high = span.partition("–")
            numbers += range(int(low), int(high or low) + 1)
        yield numbers, found[2]


def stems(text: str) -> set[str]:
    bare = re.sub(r"\(e\.g\..*?\)", "", text).lower().replace("ё", "е").replace("бухучета", "бухгалтерского")
    words = re.findall(r"[а-я]{5,}", bare)
    return {word[:4] for word in words if not any(word.startswith(one.replace("ё", "е")[:6]) for one in ASIDE)}


def read_back(path: Path, columns: int, deep: int) -> tuple[list[str], dict[int, str]]:
    """The row of numbers as it stands in the file, and above each number the headings, merged cells included."""
    sheet = openpyxl.load_workbook(path).worksheets[0]
    wanted = [str(n) for n in range(1, columns + 1)]
    at = next(row[0].row for row in sheet.iter_rows() if [str(c.value) for c in row][:columns] == wanted)
    texts: dict[int, str] = {}
    for n in range(1, columns + 1):
        found = []
        for row in range(at - deep, at):
            cell = sheet.cell(row, n)
            area = next((a for a in sheet.merged_cells.ranges if cell.coordinate in a), None)
            found.append(str((sheet.cell(area.min_row, area.min_col) if area else cell).value or ""))
        texts[n] = " ".join(dict.fromkeys(found))
    return wanted, texts


@pytest.mark.shared
@pytest.mark.parametrize("name", NUMBERED)
def test_columns_are_those_of_the_reference(shared: Path, tmp_path: Path, name: str) -> None:
    one = form(name)
    [table] = one.tables
    path = tmp_path / "form.xlsx"
    write_xlsx(Paper(one, (Sheet("лист"),)), path)
    _, headings = read_back(path, len(table.columns), depth(table.columns))
    reference = list(told((shared / "reference" / "domain.md").read_text("utf-8"), name))
    assert [n for numbers, _ in reference for n in numbers] == list(range(1, len(table.columns) + 1))
    for numbers, text in reference:
        ours = {stem for n in numbers for stem in stems(headings[n])}
        assert stems(text) <= ours, (numbers, text, [headings[n] for n in numbers])


@pytest.mark.parametrize("one", forms(), ids=lambda one: one.slug)
def test_every_form_is_written_and_says_that_it_is_a_draft(tmp_path: Path, one) -> None:
    path = tmp_path / "form.xlsx"
    for posted in (False, True):
        write_xlsx(Paper(one, (Sheet("лист"),), posted=posted), path)
        [sheet] = openpyxl.load_workbook(path).worksheets
        texts = [str(cell.value) for row in sheet.iter_rows() for cell in row if cell.value]
        assert (DRAFT in texts) is not posted
        assert (DRAFT in str(sheet.oddFooter.left.text)) is not posted
        assert one.title in texts
        for table in one.tables:
            assert [str(n) for n in range(1, len(table.columns) + 1)] == [c.number for c in table.columns]
            assert len({c.name for c in table.columns}) == len(table.columns)
            assert {s.of for s in table.spoken} <= {"lines"} | {c.name for c in table.totals}
        assert [s.names for s in one.signatures if s.names and s.names not in {f.name for f in one.fields}] == []


@pytest.mark.parametrize("one", forms(), ids=lambda one: one.slug)
def test_a_full_page_fits_on_paper(one) -> None:
    for table in one.tables:
        assert page_height(table, table.lines) <= room(one), (table.name, room(one), scale(one))
    if one.tables and not one.front:
        table = one.tables[0]
        full = Sheet("x", rows={table.name: tuple({"n": n} for n in range(table.lines * 3))})
        short = Sheet("x", rows={table.name: ()})
        heading = 15 * (5 + len(one.fields)) + 30 * len(one.statements)
        assert fronted(one, full) or heading + page_height(table, table.lines) <= room(one)
        assert fronted(one, short) is (heading + page_height(table, 0) > room(one))
