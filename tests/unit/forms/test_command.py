"""``uchet form`` on a kept comparison: what it writes, and what it refuses and why."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from kept import PAIR, comparison_kept
from papers import Read, written

from uchet.cli import main
from uchet.errors import UchetError
from uchet.jobs.forms.catalog import form
from uchet.jobs.forms.making import BY_DESK, Wanted, make
from uchet.sync.reconcile.scope import Asked
from uchet.sync.reconcile.types import Reconciliation, Source
from uchet.sync.store import Store

MOSCOW = ZoneInfo("Europe/Moscow")


@dataclass
class Kept:
    """A store with one comparison in it, and the settings file beside it."""

    store: Store
    folder: Path
    made: Reconciliation

    def make(self, name: str, **wanted: Any) -> Any:
        return make(self.store, PAIR, MOSCOW, Wanted(form(name), **wanted))


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Kept]:
    monkeypatch.chdir(tmp_path)
    with comparison_kept(tmp_path) as (store, made):
        yield Kept(store, tmp_path, made)


def refused(call: Callable[[], object], code: str) -> UchetError:
    with pytest.raises(UchetError) as caught:
        call()
    assert caught.value.code == code
    for language in ("ru", "en"):
        assert "{" not in caught.value.text(language)
    assert caught.value.text("ru") != caught.value.text("en")
    return caught.value


def read(kept: Kept, name: str, **wanted: Any) -> list[Read]:
    return written(kept.make(name, **wanted), kept.folder / "read.xlsx")


def test_people_are_called_by_name_though_the_snapshot_keeps_none(kept: Kept) -> None:
    paper = kept.make("инв1")
    assert [one.values["custodian"] for one in paper.sheets] == ["Сотрудник o1 1", "Сотрудник o1 2"]
    assert paper.stamp.run == kept.made.run
    [one] = kept.make("inv-1", asked=Asked(person=("Сотрудник o1 2",))).sheets
    assert [row["title"] for row in one.rows["lines"]] == ["Принтер"]


def test_the_scope_narrows_and_the_stamp_tells_what_it_stands_on(kept: Kept) -> None:
    [one] = read(kept, "ИНВ-3", asked=Asked(warehouse=("Склад w1",)))
    assert [row["title"] for row in one.rows] == ["Тонер"]
    assert any("fedcba" in text and kept.made.run in text for text in one.texts)
    assert any(text.startswith("Прочитано (учёт)") for text in one.texts)
    [two] = read(kept, "ИНВ-18", desk=True)
    assert [row["title"] for row in two.rows] == ["Монитор"]
    assert BY_DESK in two.texts


def test_what_cannot_be_made_is_refused_in_words(kept: Kept) -> None:
    refused(lambda: kept.make("ИНВ-19"), "form_without_fact")
    refused(lambda: kept.make("ИНВ-1", run="никогда"), "no_reconciliation")
    refused(lambda: kept.make("ИНВ-1а"), "form_empty")
    refused(lambda: form("ИНВ-99"), "form_unknown")
    lost = replace(kept.store.snapshot(PAIR, kept.made.run), taken=kept.made.taken)  # type: ignore[type-var]
    sources = (Source("desk", "equipment", kept.made.taken, error="lost", error_ru="потеряно"),)
    run = kept.store.start_run("reconcile", PAIR)
    made = replace(kept.made, run=run.id, sources=sources, unread=("desk|equipment",))
    kept.store.put_reconciliation(PAIR, made, replace(lost, sources=sources))  # type: ignore[type-var]
    error = refused(lambda: kept.make("ИНВ-18", desk=True, run=run.id), "form_unread")
    assert "Оборудование" in error.text("ru")
    [sheet] = [one for one in read(kept, "ИНВ-1", run=run.id) if any("Принтер" in t for t in one.texts)]
    assert any("НЕ ПРОЧИТАНО" in text and "потеряно" in text for text in sheet.texts), "named, though it needs it not"


def test_nothing_compared_yet(tmp_path: Path) -> None:
    with Store.open(tmp_path / "new.db") as store:
        refused(lambda: make(store, PAIR, MOSCOW, Wanted(form("ИНВ-1"))), "nothing_compared")


def test_a_file_fills_the_blanks_and_rows(kept: Kept) -> None:
    file = kept.folder / "приказ.toml"
    file.write_text(
        'number = "17"\ndate = "22.11.2026"\ngave = "кладовщик, Иванов И. И."\n'
        '[[lines]]\ntitle = "=Тонер"\nrequested = "1 000,5"\nprice = 10\n[[lines]]\ntitle = "Бумага"\nsum = "2,30"\n',
        "utf-8",
    )
    [one] = read(kept, "М-11", fill=file)
    assert [row["title"] for row in one.rows] == ["=Тонер", "Бумага"]
    assert (one.rows[0]["requested"], one.rows[0]["price"], one.rows[1]["sum"]) == (1000.5, 10, 2.3)
    assert {"17", "22.11.2026", "кладовщик, Иванов И. И."} <= set(one.texts)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('nmber = "17"', "nmber"),
        ('date = "вчера"', "вчера"),
        ("lines = 5", "lines"),
        ('[[lines]]\nprice = "дорого"', "lines 1: price"),
        ('[[lines]]\ncolour = "red"', "lines 1: colour"),
    ],
)
def test_a_file_that_means_nothing_is_told_with_its_place(kept: Kept, text: str, told: str) -> None:
    file = kept.folder / "приказ.toml"
    file.write_text(text, "utf-8")
    error = refused(lambda: kept.make("М-11", fill=file), "filling_value")
    assert told in error.text("ru")
    assert "приказ.toml" in error.text("en")
    file.write_text("not toml", "utf-8")
    refused(lambda: kept.make("М-11", fill=file), "filling_unreadable")
    refused(lambda: kept.make("М-11", fill=kept.folder / "нет.toml"), "filling_unreadable")


def test_who_answers_for_the_things_does_not_count_them(kept: Kept) -> None:
    file = kept.folder / "приказ.toml"
    file.write_text('chairman = "инженер, Орлов О. О."\nmembers = ["техник, Сотрудник o1 2", "Котов К."]', "utf-8")
    error = refused(lambda: kept.make("ИНВ-1", fill=file), "custodian_in_commission")
    assert "Сотрудник o1 2" in error.text("ru")
    [one] = read(kept, "ИНВ-1", fill=file, asked=Asked(person=("Сотрудник o1 1",)))
    assert one.texts.count("(должность) / (подпись) / (расшифровка подписи)") == 5, "a line for each member"


def test_the_command_writes_lists_and_complains(kept: Kept, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["form", "ИНВ-3", "--out", "опись.xlsx", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["form"] == "ИНВ-3"
    assert [one["lines"] for one in told["sheets"]] == [1, 1]
    assert (kept.folder / "опись.xlsx").stat().st_size > 0
    assert main(["form", "ОС-2", "--out", "бланк.html"]) == 0
    assert "ЧЕРНОВИК" in (kept.folder / "бланк.html").read_text("utf-8")
    capsys.readouterr()
    assert main(["form", "--json"]) == 0
    listed = {one["name"]: one for one in json.loads(capsys.readouterr().out)["forms"]}
    assert listed["ИНВ-3"]["filled"]
    assert not listed["М-4"]["filled"]
    assert listed["М-17"]["options"] == ["movements"]
    assert listed["ОС-4"]["options"] == ["document", "write-off"]
    assert listed["ИНВ-19"]["tables"]["lines"]["final_surplus_quantity"].startswith("24 ")
    assert main(["form", "ИНВ-3", "--out", "опись.pdf"]) == 0
    assert (kept.folder / "опись.pdf").read_bytes().startswith(b"%PDF")
    assert main(["form", "ИНВ-3", "--out", "опись.docx"]) == 4
    assert ".xlsx" in capsys.readouterr().err
    assert main(["form", "ИНВ-3", "--out", "нет/опись.xlsx"]) == 4
    assert main(["form", "ИНВ-3"]) == 2


@pytest.mark.parametrize(
    "options",
    [
        ["--movements", "--write-off"],
        ["--movements", "--draft", "1"],
        ["--document", "1", "--desk"],
        ["--document", "1", "--run", "1"],
        ["--write-off", "--repairs"],
        ["--item", "Тонер"],
        ["--since", "2026-01-01"],
    ],
)
def test_sources_are_given_one_at_a_time(kept: Kept, options: list[str]) -> None:
    assert main(["form", "М-17", "--out", "карточка.xlsx", *options]) == 2
    assert not (kept.folder / "карточка.xlsx").exists()
