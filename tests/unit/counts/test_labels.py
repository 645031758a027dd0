"""Labels: each code is one that a reader types under any layout, and means the thing it sticks on."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import segno
from kept import comparison_kept
from planted import company

from uchet.cli import main
from uchet.jobs.forms.labels import labels_of, write_labels
from uchet.sync.counts.identify import Index
from uchet.sync.types import Link

LATIN = "qwertyuiop[]asdfghjkl;'zxcvbnm,.QWERTYUIOP{}ASDFGHJKL:\"ZXCVBNM<>"
RUSSIAN = "йцукенгшщзхъфывапролджэячсмитьбюЙЦУКЕНГШЩЗХЪФЫВАПРОЛДЖЭЯЧСМИТЬБЮ"


def test_every_code_means_its_own_thing_in_either_layout(tmp_path: Path) -> None:
    made = company(7)
    numbers = ("IT-000041", "БП-000042", "IT-77", "IT-77", "", "a;b")
    for number in numbers:
        book, desk = made.thing(inventory_number=number or None, name=f"Ноутбук <{number}>")
        made.links.append(Link("equipment", book, desk))
    made.thing("desk", inventory_number="D-1")
    made.put("equipment", "book", "old", retired=True, inventory_number="IT-1", organization="o1")
    made.stock("Тонер", "w1", 5, 5, item="toner-1")
    look = made.look()
    index = Index(look)
    labels = list(labels_of(look))
    assert len(labels) == len(numbers) + 2
    assert [one.code for one in labels[:4]] == ["IT-000041", "b2", "b3", "b4"]
    for one in labels:
        assert one.code.isascii()
        typed = one.code.translate(str.maketrans(LATIN, RUSSIAN))
        assert index.means(one.code) == index.means(typed) == (one.target,), one
    path = tmp_path / "labels.html"
    assert write_labels(labels, path, "Этикетки") == len(labels)
    text = path.read_text("utf-8")
    assert text.count("<svg") == len(labels)
    assert "Ноутбук &lt;IT-000041&gt;" in text
    assert not re.search(r"(src|href)=", text), "nothing is loaded from elsewhere"
    drawn = segno.make_qr("b2", error="m").svg_inline(omitsize=True, border=2)
    assert f'data-code="b2">{drawn}' in text


def test_the_command_writes_them_of_a_kept_comparison(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    with comparison_kept(tmp_path):
        assert main(["count", "labels", "--out", "all.html"]) == 0
        assert main(["count", "labels", "--out", "one.html", "--warehouse", "Склад w1"]) == 0
    capsys.readouterr()
    assert (tmp_path / "all.html").read_text("utf-8").count("<svg") == 5
    assert (tmp_path / "one.html").read_text("utf-8").count("<svg") == 1
