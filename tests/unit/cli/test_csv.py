"""The queue of questions in a spreadsheet."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from uchet.errors import Fatal
from uchet.jobs.tables import write_csv


def test_numbers_stay_text_and_excel_knows_the_encoding(tmp_path: Path) -> None:
    path = tmp_path / "вопросы.csv"
    write_csv(path, [{"№": "000123", "Текст": "«АБ»; и ещё"}, {"№": None, "Текст": 7}], ["№", "Текст"])
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    assert path.read_text(encoding="utf-8-sig").splitlines() == ["№;Текст", '000123;"«АБ»; и ещё"', ";7"]


def test_what_somebody_wrote_never_becomes_a_formula(tmp_path: Path) -> None:
    path = tmp_path / "differences.csv"
    said = ['=HYPERLINK("http://x")', "+7 900 cmd", "-2+3", "@SUM(A1)", "-12,5", "+7 900 123", "обычный"]
    write_csv(path, [{"Текст": text} for text in said], ["Текст"])
    with path.open(encoding="utf-8-sig", newline="") as file:
        read = [row[0] for row in csv.reader(file, delimiter=";")][1:]
    assert read == [*(f"'{text}" for text in said[:4]), *said[4:]]


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(Fatal) as caught:
        write_csv(tmp_path / "no" / "such.csv", [], ["№"])
    assert "such.csv" in caught.value.text("ru")
