"""Every form as PDF, drawn page by page: the columns of the XLSX, every figure, nothing cut off, the pages counted."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import openpyxl
import pypdfium2
import pytest
from PIL import ImageOps

from uchet.errors import UchetError
from uchet.jobs.forms import pdf
from uchet.jobs.forms.catalog import form, forms
from uchet.jobs.forms.fitting import fronted
from uchet.jobs.forms.layout import DRAFT, shown
from uchet.jobs.forms.making import write
from uchet.jobs.forms.paging import pages, sums
from uchet.jobs.forms.types import Cell, Column, Form, Paper, Row, Sheet, Stamp, Table

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
STAMP = Stamp("run-7", NOW, None, "abcdef", ("Прочитано (учёт): Оборудование 3.",))


@dataclass
class Leaf:
    """One page: its text without spaces, and how far the drawing stays from each edge, in points."""

    text: str
    edges: tuple[int, int, int, int]


def bare(text: str) -> str:
    """Lines may break anywhere, and a hyphen may stand where one did."""
    return re.sub(r"[\s\u00a0\u00ad\ufffe\x02-]+", "", text)


def drawn(path: Path) -> list[Leaf]:
    """Each page as an image and as text."""
    found = []
    with closing(pypdfium2.PdfDocument(path)) as document:
        for page in document:
            image = page.render(scale=1, grayscale=True).to_pil()
            left, top, right, bottom = (
                ImageOps.invert(image).point(lambda v: 255 if v > 40 else 0).getbbox() or (0,) * 4
            )
            edges = left, top, image.width - right, image.height - bottom
            found.append(Leaf(bare(page.get_textpage().get_text_range()), edges))
    return found


def value(column: Column, n: int) -> Cell:
    """Something different in every cell; names are longer than their column is wide."""
    match column.type:
        case "money":
            return Decimal(f"{1000 + n}.25")
        case "quantity":
            return Decimal(n) + Decimal("0.5")
        case "number":
            return n
        case "date":
            return date(2026, 1 + n % 12, 1 + n % 28)
        case _:
            return f"{column.name[:4]}{n} Щёлочь№«7»" if column.name == "title" else f"Ы{n}"


def filled(one: Form, pages: int = 2) -> Paper:
    """A sheet with every blank of its heading, and so many pages of each table."""
    values: dict[str, Cell] = {
        f.name: date(2026, 3, 2) if f.type == "date" else f"Значение {n}" for n, f in enumerate(one.fields)
    }
    rows: dict[str, tuple[Row, ...]] = {
        t.name: tuple({c.name: value(c, n) for c in t.columns} for n in range(1, t.lines * (pages - 1) + 3))
        for t in one.tables
    }
    return Paper(one, (Sheet(one.name, values, rows, ("Примечание к листу.",)),), STAMP)


def headings(given: Paper, folder: Path) -> list[str]:
    """Every heading above the row of numbers, as the XLSX has it."""
    write(given, folder / "form.xlsx")
    sheet = openpyxl.load_workbook(folder / "form.xlsx").worksheets[0]
    rows = [[str(v) for v in row if v is not None] for row in sheet.iter_rows(values_only=True)]
    found: list[str] = []
    for table in given.form.tables:
        at = rows.index([c.number for c in table.columns])
        deep = max(len(c.under) for c in table.columns) + 1
        found += [text for row in rows[at - deep : at] for text in row]
    return found


def sections(given: Paper) -> Iterator[tuple[Table | None, tuple[Row, ...]]]:
    """The pages that the form breaks into: which table stands on each, and its rows."""
    [sheet] = given.sheets
    if fronted(given.form, sheet) or not given.form.tables:
        yield None, ()
    for table in given.form.tables:
        yield from ((table, page.rows) for page in pages(table, sheet.rows[table.name]))


@pytest.mark.parametrize("name", [one.name for one in forms()])
def test_each_page_has_its_columns_and_figures_and_nothing_is_cut_off(name: str, tmp_path: Path) -> None:
    given = filled(form(name))
    write(given, tmp_path / "form.pdf")
    leaves, wanted = drawn(tmp_path / "form.pdf"), list(sections(given))
    assert len(leaves) == len(wanted)
    for n, (leaf, (table, rows)) in enumerate(zip(leaves, wanted, strict=True), 1):
        assert min(leaf.edges) >= 10, "something reaches over the margin of the paper"
        assert bare(f"{name}, лист {n} из {len(wanted)}") in leaf.text
        assert bare(DRAFT) in leaf.text
        if table is None:
            continue
        assert bare("".join(c.number for c in table.columns)) in leaf.text
        cells = [shown(row[c.name], c.type) for row in rows for c in table.columns]
        assert [text for text in cells if bare(text) not in leaf.text] == []
    together = "".join(leaf.text for leaf in leaves)
    told = [*headings(given, tmp_path), *(f.text for f in given.form.fields), *(s.role for s in given.form.signatures)]
    told += [str(v) for v in given.sheets[0].values.values() if isinstance(v, str)]
    # Word by word: neighbours that stand on one line are read together.
    assert [word for text in told for word in text.split() if bare(word) not in together] == []
    for table in given.form.tables:
        whole = sums(table.totals, given.sheets[0].rows[table.name])
        for column in table.totals:
            assert bare(shown(whole.columns[column.name], column.type)) in together
    assert bare("Запуск run-7, отпечаток abcdef") in together


def test_a_posted_document_is_no_draft_and_a_text_too_long_for_its_page_goes_on(tmp_path: Path) -> None:
    one = form("ИНВ-3")
    text = " ".join(f"слово{n}" for n in range(900))
    rows: tuple[Row, ...] = ({"n": 1, "title": text}, {"n": 2, "title": "<b>&amp;=1+1"})
    paper = Paper(one, (Sheet("a", {}, {"lines": rows}),), posted=True)
    write(paper, tmp_path / "long.pdf")
    leaves = drawn(tmp_path / "long.pdf")
    together = "".join(leaf.text for leaf in leaves)
    assert all(f"слово{n}" in together for n in range(900))
    assert "<b>&amp;=1+1" in together
    assert bare("ЧЕРНОВИК") not in together
    numbers = "".join(c.number for c in one.table("lines").columns)
    assert sum(numbers in leaf.text for leaf in leaves) >= 2, "the headings stand on the next page again"


def test_without_the_library_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "font_roboto", None)
    with pytest.raises(UchetError) as caught:
        pdf.write_pdf(filled(form("М-11")), tmp_path / "m.pdf")
    assert (caught.value.code, "uchet[pdf]" in caught.value.text("ru")) == ("pdf_missing", True)
    monkeypatch.undo()
    with pytest.raises(UchetError) as caught:
        pdf.write_pdf(filled(form("М-11")), tmp_path / "нет" / "m.pdf")
    assert caught.value.code == "table_unwritable"
