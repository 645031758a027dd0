"""Every text for people has its Russian, the compiled catalogue is the written one, and every question has words."""

from __future__ import annotations

import ast
import gettext
import io
import re
from collections import Counter
from pathlib import Path
from string import Formatter

import pytest

from uchet import i18n
from uchet.errors import Fatal
from uchet.i18n import N_, tr
from uchet.i18n.compile import PACKAGE, compiled, missing, read_catalogue, templates
from uchet.i18n.issues import ISSUES, choices, describe

HERE = i18n.CATALOGUES


def test_every_text_is_translated() -> None:
    assert missing("ru") == {}


def test_the_scan_finds_texts_of_every_sort() -> None:
    found = templates()
    assert len(found) > 300
    for text in (
        "There is no settings file {file}.",  # an error's template
        "Run “uchet init”, or name the file with --settings.",  # its hint
        "Show every operation, however many there are.",  # help of an option
        "This is the first load of the pair: {operations} operations wait.",  # a guard's reason
        "Nothing to change: both sides tell the same story.",  # said by a command
        "same inventory number",  # marked by N_
    ):
        assert text in found, text


def test_compiled_catalogue_is_the_written_one() -> None:
    def texts(mo: bytes) -> dict[str, str]:
        messages = gettext.GNUTranslations(io.BytesIO(mo))._catalog  # type: ignore[attr-defined]
        return {id: text for id, text in messages.items() if id}

    written = texts((HERE / "ru" / "LC_MESSAGES" / "uchet.mo").read_bytes())
    assert len(written) > 300
    assert written == texts(compiled("ru"))


def test_every_text_stands_once() -> None:
    """Two entries of one text, as a merge of two branches leaves them: the reader would keep whichever came last."""
    written = (HERE / "ru" / "LC_MESSAGES" / "uchet.po").read_text("utf-8")
    texts = re.findall(r'^msgid ((?:".*"\n)+)', written, re.MULTILINE)
    assert sorted(text for text, times in Counter(texts).items() if times > 1) == []


def test_translations_fill_the_same_places() -> None:
    def places(text: str) -> set[str]:
        return {name for _, name, _, _ in Formatter().parse(text) if name}

    for message in read_catalogue("ru"):
        if message.id:
            assert places(str(message.string)) <= places(str(message.id)), message.id


def test_translations_are_russian() -> None:
    bare = [str(m.string) for m in read_catalogue("ru") if m.id and not re.search("[а-яё]", str(m.string), re.I)]
    # Lists of answers read the same in both languages.
    assert [text for text in bare if not re.search(r"take-book|\{", text)] == []


def test_tr_fills_and_falls_back() -> None:
    assert tr("There is no plan {id}.", "ru", id="7a") == "Плана 7a нет."
    assert tr("There is no plan {id}.", "en", id="7a") == "There is no plan 7a."
    assert tr("Nobody translates this {x}.", "ru", x=1) == "Nobody translates this 1."
    assert N_("as it is") == "as it is"
    error = Fatal("settings_missing", "There is no settings file {file}.", file="a.toml")
    assert error.text("ru") == "Файла настроек a.toml нет."


def _codes(path: Path) -> set[str]:
    """Codes of questions that the engine asks: what is given to Issue, and to its helpers."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
            place = {"Issue": 1, "_issue": 1, "_question": 0, "_ask": 0, "problem": 0}.get(name)
            if place is not None and len(node.args) > place and isinstance(node.args[place], ast.Constant):
                found.add(str(node.args[place].value))
        if isinstance(node, ast.FunctionDef) and node.name == "_unfit":  # why a receiver cannot stand in a draft
            returned = [n.value for n in ast.walk(node) if isinstance(n, ast.Return)]
            found |= {str(value.value) for value in returned if isinstance(value, ast.Constant) and value.value}
    return found


def test_every_question_of_the_engine_has_words() -> None:
    asked = set().union(*(_codes(path) for path in (PACKAGE / "sync").glob("*.py")))
    assert len(asked) > 10
    assert asked - set(ISSUES) == set()


@pytest.mark.parametrize("code", sorted(ISSUES))
@pytest.mark.parametrize("language", ["ru", "en"])
def test_questions_read_even_with_places_unfilled(code: str, language: str) -> None:
    text = describe(code, {}, language)
    assert "{" not in text
    assert "ignore-until" in choices(code)


def test_a_record_problem_brings_its_own_text() -> None:
    params = {"template": "{label}: this card is a group of things, not one thing.", "label": "Мониторы"}
    assert describe("group_card", params, "en") == "Мониторы: this card is a group of things, not one thing."
    assert describe("never_heard_of", {}, "ru") == "never_heard_of"
