"""Manifests are read, never executed; settings are checked before a connector is made."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from uchet.connectors import registry
from uchet.connectors.base import Capabilities, Connector
from uchet.connectors.registry import Manifest, available, create, parse_manifest
from uchet.errors import Fatal

GOOD: dict[str, Any] = {
    "name": "fake",
    "title": {"ru": "Пример", "en": "Example"},
    "version": "1.0",
    "kinds": ["desk"],
    "connector": "inside:Fake",
    "settings": {
        "url": {"type": "str", "required": True, "ru": "Адрес", "en": "Address"},
        "token": {"type": "str", "secret": True, "ru": "Ключ", "en": "Key"},
        "pages": {"type": "int", "default": 5, "ru": "Страниц", "en": "Pages"},
        "mode": {"type": "str", "default": "a", "choices": ["a", "b"], "ru": "Вид", "en": "Mode"},
    },
}


def _parse(**changes: Any) -> Manifest:
    return parse_manifest(repr({**GOOD, **changes}), "fake_package", "there")


def test_connectors_of_the_package_are_found() -> None:
    found = available()
    assert found["onec"].kinds == {"book"}
    assert found["onec"].capabilities.create == "own_key"
    assert [s.name for s in found["onec"].settings if s.secret] == ["password"]
    assert all(m.ru and m.en for m in found.values())


def test_a_connector_is_made_from_settings_and_secrets() -> None:
    made = create("onec", {"url": "http://h/base", "page_size": 7}, {"password": "x"})
    assert isinstance(made, Connector)
    assert made.capabilities.page_size == 7
    made.close()


def test_claimed_capabilities_are_those_of_the_connector() -> None:
    made = create("onec", {"url": "http://h/base"})
    assert made.capabilities == available()["onec"].capabilities
    made.close()


@pytest.mark.parametrize(
    ("settings", "secrets", "names"),
    [
        ({}, {}, "url"),
        ({"url": ""}, {}, "url"),
        ({"url": "http://h", "adress": "x"}, {}, "adress"),
        ({"url": "http://h", "password": "x"}, {}, "password"),
        ({"url": "http://h", "page_size": "many"}, {}, "page_size"),
        ({"url": "http://h", "page_size": True}, {}, "page_size"),
        ({"url": "http://h", "session": "always"}, {}, "session"),
    ],
)
def test_a_wrong_setting_is_named(settings: dict[str, Any], secrets: dict[str, str], names: str) -> None:
    with pytest.raises(Fatal) as caught:
        create("onec", settings, secrets)
    assert caught.value.code == "setting"
    assert caught.value.params["setting"] == names


def test_an_unknown_connector_is_named_with_the_known_ones() -> None:
    with pytest.raises(Fatal, match="onec"):
        create("sap", {})


def test_a_manifest_is_read() -> None:
    made = _parse(quality="proven", tested_with=["Fake 1"], capabilities={"versions": True}, extra_word=1)
    assert made.capabilities == Capabilities(versions=True)
    assert made.quality == "proven"
    assert made.extra == {"extra_word": 1}
    assert made.settings[3].choices == ("a", "b")


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"name": ""}, "name missing"),
        ({"kinds": ["cloud"]}, "kinds"),
        ({"kinds": []}, "kinds"),
        ({"connector": "inside"}, "module:Class"),
        ({"capabilities": {"flies": True}}, "flies"),
        ({"quality": "best"}, "quality"),
        ({"title": {"en": "x"}}, "ru"),
        ({"settings": {"a": {"type": "date", "ru": "", "en": ""}}}, "setting a"),
        ({"settings": {"a": {"type": "int", "default": "x", "ru": "", "en": ""}}}, "default"),
        ({"settings": {"a": {"typ": "int"}}}, "typ"),
    ],
)
def test_a_wrong_manifest_says_where_and_what(changes: dict[str, Any], says: str) -> None:
    with pytest.raises(Fatal) as caught:
        _parse(**changes)
    assert "there" in str(caught.value)
    assert says in str(caught.value)


def test_a_manifest_is_never_executed(tmp_path: Path) -> None:
    trap = tmp_path / "trap"
    for text in (f"__import__('pathlib').Path({str(trap)!r}).touch()", "[1]", "{", "(" * 500 + ")" * 500):
        with pytest.raises(Fatal, match="dict literal"):
            parse_manifest(text, "p", "there")
    assert not trap.exists()


def test_an_installed_connector_is_found_without_importing_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "outside_connector"
    package.mkdir()
    (package / "__init__.py").write_text("raise RuntimeError('imported')")
    (package / "__manifest__.py").write_text(repr(GOOD), encoding="utf-8")
    info = tmp_path / "outside-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: outside\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[uchet.connectors]\nfake = outside_connector\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert available()["fake"].package == "outside_connector"
    assert "outside_connector" not in sys.modules
    (info / "entry_points.txt").write_text("[uchet.connectors]\nfake = no_such_package_at_all\n")
    with pytest.raises(Fatal, match="no_such_package_at_all"):
        available()


def test_two_connectors_of_one_name_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    places = [*registry._places()]
    monkeypatch.setattr(registry, "_places", lambda: [places[0], places[0]])
    with pytest.raises(Fatal, match="is taken by"):
        available()
