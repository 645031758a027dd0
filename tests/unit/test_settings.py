"""Settings: what wins over what, and one clear message for everything that can be wrong."""

from __future__ import annotations

from pathlib import Path

import keyring
import pytest
from keyring.backend import KeyringBackend

from uchet.errors import Fatal
from uchet.settings import Settings, keyring_entry, load_settings

BASE = """
language = "en"
[book]
connector = "onec"
mapping = "bp30"
url = "http://server/base/"
user = "uchet"
{book}
[desk]
connector = "roundup"
mapping = "roundup"
url = "http://desk/"
{desk}
{rest}
"""


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    for name in list(os.environ):
        if name.startswith("UCHET_"):
            monkeypatch.delenv(name)


@pytest.fixture
def write(tmp_path: Path):
    def write(top: str = "", book: str = "", desk: str = "", rest: str = "") -> Path:
        path = tmp_path / "uchet.toml"
        path.write_text(top + BASE.format(book=book, desk=desk, rest=rest), encoding="utf-8")
        return path

    return write


def test_defaults_are_the_documented_ones(write) -> None:
    settings = load_settings(write())
    assert settings.schedule.nightly.isoformat() == "02:30:00"
    assert settings.guard.model_dump() == {
        "change_share": 0.10,
        "change_from": 5,
        "retire_share": 0.02,
        "retire_from": 2,
        "change_max": 500,
        "retire_max": 50,
        "source_share": 0.80,
    }
    assert settings.book.url == "http://server/base"
    assert settings.state_url == settings.path.parent / "uchet.db"  # type: ignore[union-attr]


def test_environment_wins_and_gives_passwords(write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UCHET_BOOK_PASSWORD", "s3cret")
    monkeypatch.setenv("UCHET_BOOK__URL", "https://other/base")
    monkeypatch.setenv("UCHET_GUARD__CHANGE_MAX", "7")
    settings = load_settings(write())
    assert settings.book.password is not None
    assert settings.book.password.get_secret_value() == "s3cret"
    assert (settings.book.url, settings.guard.change_max) == ("https://other/base", 7)
    assert "s3cret" not in repr(settings)


def test_settings_cannot_be_changed_after_reading(write) -> None:
    settings = load_settings(write())
    with pytest.raises(ValueError, match="frozen"):
        settings.pair = "other"  # type: ignore[misc]


def test_a_password_in_the_file_is_refused_unless_allowed(write) -> None:
    with pytest.raises(Fatal) as caught:
        load_settings(write(book='password = "geheim-7"'))
    assert caught.value.code == "settings_password_in_file"
    assert "UCHET_BOOK_PASSWORD" in caught.value.text("ru")
    assert "geheim-7" not in str(caught.value)
    settings = load_settings(write(top="allow_password_in_file = true\n", book='password = "geheim-7"'))
    assert settings.book.password is not None


class Memory(KeyringBackend):
    priority = 1  # type: ignore[assignment]

    def __init__(self) -> None:
        super().__init__()
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[(service, username)] = password


def test_keyring_is_asked_only_where_the_side_says_so(write) -> None:
    before, memory = keyring.get_keyring(), Memory()
    keyring.set_keyring(memory)
    try:
        memory.set_password(*keyring_entry("main", "desk"), "from ring")
        assert load_settings(write()).desk.password is None
        settings = load_settings(write(desk="keyring = true"))
        assert settings.desk.password is not None
        assert settings.desk.password.get_secret_value() == "from ring"
        memory.kept.clear()
        with pytest.raises(Fatal, match="settings_keyring"):
            load_settings(write(desk="keyring = true"))
    finally:
        keyring.set_keyring(before)


WRONG = [
    ({"book": "timeout = 0"}, "book.timeout", "0", "too small"),
    ({"book": "conections = 2"}, "book.conections", "2", "no such setting"),
    ({"rest": "[guard]\nchange_max = 'many'"}, "guard.change_max", "many", "whole number"),
    ({"rest": "[guard]\nchange_share = 2.0"}, "guard.change_share", "2.0", "too big"),
    ({"rest": "[schedule]\nnightly = 'at night'"}, "schedule.nightly", "at night", "time of day"),
    ({"rest": "[schedule]\nzone = 'Moscow'"}, "schedule.zone", "Moscow", "Europe/Moscow"),
    ({"rest": '[fields."equipment.serial"]\nowner = "me"'}, "fields.equipment.serial.owner", "me", "'book', 'desk'"),
    ({"rest": "[fields.serial]\nowner = 'desk'"}, "fields", "", "point between"),
    ({"rest": '[book_wins]\nfields = ["equipment.cost"]'}, "book_wins", "", "signed_by"),
]


@pytest.mark.parametrize(("parts", "field", "value", "advice"), WRONG)
def test_a_wrong_setting_is_named_with_file_value_and_advice(write, parts, field, value, advice) -> None:
    path = write(**parts)
    with pytest.raises(Fatal) as caught:
        load_settings(path)
    text = caught.value.text("en")
    assert str(path) in text
    assert field in text
    assert value in text
    assert advice in text
    assert caught.value.text("ru") != text


def test_missing_section_and_bad_variable_are_named(tmp_path: Path, write, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "half.toml"
    path.write_text('[desk]\nconnector="roundup"\nmapping="roundup"\nurl="http://d"', encoding="utf-8")
    with pytest.raises(Fatal, match=r"book.connector is wrong .* required"):
        load_settings(path)
    monkeypatch.setenv("UCHET_GUARD__RETIRE_MAX", "x")
    with pytest.raises(Fatal, match=r"UCHET_GUARD__RETIRE_MAX: the setting guard\.retire_max"):
        load_settings(write())


def test_an_address_with_a_login_is_refused_and_not_repeated(write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UCHET_BOOK__URL", "http://me:hush@server/base")
    with pytest.raises(Fatal) as caught:
        load_settings(write())
    assert "hush" not in caught.value.text("en")
    assert "login" in caught.value.text("en")


@pytest.mark.parametrize("text", ["language = en", "language = 'en'\nlanguage = 'ru'", "[book\n"])
def test_broken_toml_says_where(tmp_path: Path, text: str) -> None:
    path = tmp_path / "uchet.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(Fatal, match=r"settings_unreadable.*cannot be read: .*(line|document)"):
        load_settings(path)


def test_no_file_says_init(tmp_path: Path) -> None:
    with pytest.raises(Fatal, match="uchet init"):
        load_settings(tmp_path / "none.toml")


def test_state_may_be_a_database_url(write) -> None:
    settings = load_settings(write(top='state = "postgresql+psycopg://db/uchet"\n'))
    assert settings.state_url == "postgresql+psycopg://db/uchet"
    assert isinstance(settings, Settings)
