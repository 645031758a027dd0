"""Mapping files: what ships loads, overrides reach it, mistakes are named with their place."""

from __future__ import annotations

from typing import Any

import pytest

from uchet.errors import Fatal
from uchet.mappings.load import available, build_system, load_system
from uchet.mappings.model import KINDS
from uchet.mappings.once import kind


def small() -> dict[str, Any]:
    return {
        "name": "toy",
        "side": "desk",
        "kinds": {
            "place": {
                "sources": {"main": {"collection": "room", "key": ["id"]}},
                "fields": {"name": {"wire": "title", "write": "field"}},
            }
        },
    }


@pytest.mark.parametrize(
    ("side", "name"),
    [*(("book", n) for n in ("bp30", "erp25", "ut11", "bp_kz", "enterprisedata")), ("desk", "roundup")],
)
def test_shipped_mappings_load(side: Any, name: str) -> None:
    system = load_system(side, name)
    assert (system.side, system.name) == (side, name)
    assert name in available(side)
    assert load_system(side, name).fingerprint == system.fingerprint
    for kind_map in system.kinds.values():
        for field in kind_map.fields.values():
            assert field.field in kind(kind_map.kind).by_name
            computed = field.write == "property" or field.wire.startswith("@")
            assert computed or field.wire in next(s.fields for s in kind_map.sources if s.name == field.source)


def test_the_desk_can_hold_every_field_that_the_books_own() -> None:
    book, desk = load_system("book", "bp30"), load_system("desk", "roundup")
    for name, kind_map in desk.kinds.items():
        if kind(name) not in KINDS:
            continue  # read by features, merged by nobody
        fields = kind(name).fields
        owned = {f.name for f in fields if f.owner != "desk" and (f.name in book.kinds[name].fields)}
        assert owned <= {f for f, m in kind_map.fields.items() if m.write == "field"}


def test_nothing_that_accountants_own_is_ever_written_to_1c() -> None:
    book = load_system("book", "bp30")
    for name, kind_map in book.kinds.items():
        for field, where in kind_map.fields.items():
            if kind(name).by_name[field].owner == "book":
                assert where.write == "never", (name, field)
    assert {f for f, m in book.kinds["equipment"].fields.items() if m.write.startswith("document")} == {
        "department",
        "custodian",
    }


def test_sources_ask_for_what_the_rules_need() -> None:
    equipment = load_system("book", "bp30").kinds["equipment"]
    fields = {source.name: set(source.fields) for source in equipment.sources}
    assert equipment.main.name == "main"
    assert {"DeletionMark", "ЕдиницаУчета", "ДополнительныеРеквизиты", "ЗаводскойНомер"} <= fields["main"]
    assert {"Состояние", "ДатаСостояния", "Recorder_Type", "Организация_Key"} <= fields["state"]
    assert {"МОЛ_Key", "Местонахождение_Key", "Period"} <= fields["location"]
    assert "model" not in fields["main"]


def test_overrides_reach_the_map_and_change_the_fingerprint() -> None:
    plain = load_system("book", "bp30")
    changed = load_system(
        "book",
        "bp30",
        {"properties.model.title": "Модель", "kinds.equipment.fields.serial.wire": "НомерПаспорта"},
    )
    assert changed.properties["model"].title == "Модель"
    assert changed.kinds["equipment"].fields["serial"].wire == "НомерПаспорта"
    assert "НомерПаспорта" in changed.kinds["equipment"].main.fields
    assert changed.fingerprint != plain.fingerprint
    assert load_system("book", "bp30", {"title": "Наша база"}).fingerprint == plain.fingerprint


@pytest.mark.parametrize(
    ("path", "value", "named"),
    [
        ("kinds.place.rule", "magic", "kinds.place.rule"),
        ("kinds.place.colour", "red", "kinds.place.colour"),
        ("kinds.place.fields.wheels.wire", "w", "kinds.place.fields.wheels"),
        ("kinds.place.fields.name.codec", "utf-8", "kinds.place.fields.name.codec"),
        ("kinds.place.fields.name.source", "side", "kinds.place.fields.name.source"),
        ("kinds.place.fields.name.write", "document:move", "kinds.place.fields.name.write"),
        ("kinds.place.fields.name.write", "property", "kinds.place.fields.name.wire"),
        ("kinds.place.fields.name.wire", 5, "kinds.place.fields.name.wire"),
        ("kinds.place.fields.type", {"wire": "t", "choices": {"cellar": "x"}}, "kinds.place.fields.type.choices"),
        ("kinds.place.sources.main.key", [], "kinds.place.sources.main.key"),
        ("kinds.place.sources", {}, "kinds.place.sources"),
        ("kinds.spaceship", {"sources": {}}, "kinds.spaceship"),
        ("wire.empty_soul", "", "wire"),
        ("side", "book", "side"),
        ("name.first", "x", "name.first"),
        ("extra", 1, "extra"),
    ],
)
def test_mistakes_are_named(path: str, value: Any, named: str) -> None:
    build_system(small(), side="desk", where="toy.toml")
    with pytest.raises(Fatal) as caught:
        build_system(small(), side="desk", where="toy.toml", overrides={path: value})
    assert caught.value.code == "mapping_value"
    assert "toy.toml" in str(caught.value)
    assert named in str(caught.value)
    assert caught.value.hint


def test_an_unknown_mapping_says_which_there_are() -> None:
    with pytest.raises(Fatal) as caught:
        load_system("book", "../desk/roundup")
    assert caught.value.code == "mapping_unknown"
    assert "bp30" in str(caught.value)
