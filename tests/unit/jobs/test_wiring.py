"""From settings to connectors, mappings, rules and a store, with wrong settings told in an administrator's words."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from uchet.errors import Fatal
from uchet.jobs import wiring
from uchet.settings import Settings


def settings(tmp_path: Path, **changed: Any) -> Settings:
    book = {"connector": "onec", "mapping": "bp30", "url": "http://127.0.0.1:9/base", **changed.pop("book", {})}
    desk = {"connector": "roundup", "mapping": "roundup", "url": "http://127.0.0.1:9", "user": "u", "password": "p"}
    return Settings(book=book, desk=desk, **changed).model_copy(update={"path": tmp_path / "uchet.toml"})


def test_everything_is_wired_and_nothing_is_asked(tmp_path: Path) -> None:
    made = settings(tmp_path, state="deep/er/state.db", book_wins={"fields": ["equipment.cost"], "signed_by": "Главбух",
                                                                  "signed_on": "2026-11-01"})  # fmt: skip
    with wiring.wired(made) as parts:
        assert parts.pair.book.capabilities.create == "own_key"
        assert parts.pair.name == "main"
        assert parts.engine.settings.restore_book == {"equipment.cost"}
        assert str(parts.engine.settings.zone) == "Europe/Moscow"
    assert (tmp_path / "deep" / "er" / "state.db").is_file()


def test_guard_and_field_rules_reach_the_engine(tmp_path: Path) -> None:
    made = settings(tmp_path, guard={"change_max": 7}, fields={"equipment.serial": {"owner": "book"}})
    rules = wiring.engine_settings(made)
    assert (rules.guard.change_max, rules.guard.retire_max) == (7, 50)
    assert rules.fields == {"equipment.serial": {"owner": "book"}}


def test_budgets_are_asked_about_by_the_calendar_that_settings_name(tmp_path: Path) -> None:
    assert wiring.engine_settings(settings(tmp_path)).budget is None
    rules = wiring.engine_settings(settings(tmp_path, budget={"start": "2026-12-01"}))
    assert rules.budget is not None
    assert (rules.budget.day, rules.budget.weekday) == (25, "wednesday")
    assert not rules.workdays.works(date(2026, 11, 4))
    (tmp_path / "days.toml").write_text("worked = [2026-10-25]", "utf-8")
    rules = wiring.engine_settings(settings(tmp_path, budget={"start": "2026-12-01", "calendar": "days.toml"}))
    assert rules.workdays.works(date(2026, 10, 25))
    with pytest.raises(Fatal, match="cannot be read"):
        wiring.engine_settings(settings(tmp_path, budget={"start": "2026-12-01", "calendar": "none.toml"}))


@pytest.mark.parametrize("where", ["fields", "book_wins"])
def test_a_rule_about_no_field_is_refused(tmp_path: Path, where: str) -> None:
    rule: dict[str, Any] = {"fields": {"equipment.colour": {"owner": "desk"}}}
    if where == "book_wins":
        rule = {"book_wins": {"fields": ["equipment.colour"], "signed_by": "x", "signed_on": "2026-11-01"}}
    with pytest.raises(Fatal, match=r"equipment\.colour that does not exist"):
        wiring.engine_settings(settings(tmp_path, **rule))


@pytest.mark.parametrize(
    ("book", "says"),
    [
        ({"connector": "roundup"}, "The connector roundup cannot be the book"),
        ({"connector": "sap"}, "There is no connector called sap"),
        ({"extra": {"colour": "red"}}, "no setting colour"),
    ],
)
def test_connectors_that_do_not_fit_are_refused(tmp_path: Path, book: dict[str, Any], says: str) -> None:
    with pytest.raises(Fatal, match=says):
        wiring.connect(settings(tmp_path, book=book), "book")


def test_names_of_a_customised_base_may_be_given_nested_or_dotted(tmp_path: Path) -> None:
    wire = "ИнвентарныйНомерСтарый"
    dotted = settings(tmp_path, mapping={"book": {"kinds.equipment.fields.serial.wire": wire}})
    nested = settings(tmp_path, mapping={"book": {"kinds": {"equipment": {"fields": {"serial": {"wire": wire}}}}}})
    plain = wiring.system_map(settings(tmp_path), "book")
    for made in (dotted, nested):
        system = wiring.system_map(made, "book")
        assert system.kinds["equipment"].fields["serial"].wire == wire
        assert system.fingerprint != plain.fingerprint


def test_titles_of_additional_attributes_come_from_the_settings(tmp_path: Path) -> None:
    system = wiring.system_map(settings(tmp_path, properties={"model": "Модель техники"}), "book")
    assert system.properties["model"].title == "Модель техники"
    assert system.properties["room"].title == "ИТ: место"


def test_passwords_are_handed_over_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[Any] = []
    monkeypatch.setattr(wiring, "create", lambda *args: given.extend(args))
    made = settings(tmp_path, book={"password": "hush", "user": "me", "timeout": 7, "zone": "Asia/Omsk"})
    wiring.connect(made, "book")
    name, values, secrets = given
    assert (name, secrets) == ("onec", {"password": "hush"})
    assert values["timeout"] == 7
    assert values["zone"] == "Asia/Omsk"
    assert values["cache"] == tmp_path / "uchet-cache"
    assert "hush" not in str(values)
