"""Drift: what is not published or called otherwise, in the administrator's words."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from uchet.i18n import tr
from uchet.mappings.check import check, check_binding
from uchet.mappings.load import load_system
from uchet.mappings.system import Problem, SystemMap

BOOK = load_system("book", "bp30")
DESK = load_system("desk", "roundup")


@dataclass(frozen=True)
class Published:
    type: str = "Edm.String"


def everything(system: SystemMap) -> dict[str, dict[str, Published]]:
    """A base that publishes exactly what the mapping asks for: grown from the complaints themselves."""
    found: dict[str, dict[str, Published]] = {}
    while problems := check(system, found):
        for problem in problems:
            name = str(problem.params["collection"])
            if problem.code == "not_published":
                found[name.partition("/")[0] if name.endswith("SliceLast") else name] = {"?": Published()}
            else:
                found[name][str(problem.params["name"])] = Published()
    return found


def text(problem: Problem, language: str = "en") -> str:
    return tr(problem.template, language, **problem.params)


@pytest.mark.parametrize("system", [BOOK, DESK])
def test_what_fits_is_quiet_and_every_missing_field_is_named(system: SystemMap) -> None:
    published = everything(system)
    assert check(system, published) == []
    for collection, fields in published.items():
        for field in fields:
            if field != "?":
                less = {**published, collection: {k: v for k, v in fields.items() if k != field}}
                problems = check(system, less)
                assert [str(p.params["name"]) for p in problems] == [field], (collection, field)
                assert collection in text(problems[0])


def test_an_unpublished_set_says_what_to_tick() -> None:
    published = everything(BOOK)
    del published["Catalog_ОсновныеСредства"]
    (problem,) = check(BOOK, published)
    assert problem.code == "not_published"
    assert "Справочники → ОсновныеСредства" in text(problem)
    assert "Настройка стандартного интерфейса OData" in text(problem)


def test_a_retired_name_is_not_taken() -> None:
    published = everything(BOOK)
    card = published["Catalog_ОсновныеСредства"]
    card["УдалитьЗаводскойНомер"] = card.pop("ЗаводскойНомер")
    (problem,) = check(BOOK, published)
    assert problem.code == "field_retired"
    assert "УдалитьЗаводскойНомер" in text(problem)
    stubborn = load_system("book", "bp30", {"kinds.equipment.fields.serial.wire": "УдалитьЗаводскойНомер"})
    assert [p.code for p in check(stubborn, published)] == ["field_dying"]


def test_virtual_tables_are_published_by_their_register() -> None:
    published = everything(BOOK)
    published["AccountingRegister_Хозрасчетный"] = published.pop("AccountingRegister_Хозрасчетный/Balance")
    assert check(BOOK, published) == []
    del published["AccountingRegister_Хозрасчетный"]
    assert [p.code for p in check(BOOK, published)] == ["not_published"]


def test_a_missing_class_of_the_desk() -> None:
    published = everything(DESK)
    del published["equipment"]
    (problem,) = check(DESK, published)
    assert "equipment" in text(problem)
    assert "1C" not in text(problem)


def test_attributes_nobody_has_created() -> None:
    problems = check_binding(BOOK, {"model": "k1", "room": "k2", "user": ""})
    assert [p.params["title"] for p in problems] == ["ИТ: пользователь", "ИТ: состояние"]
    assert "ИТ: пользователь" in text(problems[0])
    assert check_binding(DESK, {}) == []
