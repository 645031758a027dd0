"""Names of people, organisations and things."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uchet.mappings.people import name_key, person_verdict, similarity, things_text


@pytest.mark.parametrize(
    ("a", "b", "verdict"),
    [
        ("Иванов И.И.", "И.И. Иванов", "initials"),
        ("Иванов И.И.", "Иван Иванович Иванов", "initials"),
        ("И. И. Иванов", "Иванов Иван Иванович", "initials"),
        ("Иванов Иван Иванович", "Иван Иванович Иванов", "full"),
        ("Иванов Иван", "Иванов Игорь", "different"),
        ("Семёнова А.П.", "Семенова Анна Петровна", "initials"),
        ("Семёнова Анна Петровна", "СЕМЕНОВА АННА ПЕТРОВНА", "full"),
        ("Петров П.С.", "Петров П.И.", "different"),
        ("Иванов Иван", "Иванов И.И.", "surname+partial"),
        ("Иванов", "Иванов И.И.", "surname+partial"),
        ("Абрамович Роман Аркадьевич", "Роман Аркадьевич Абрамович", "full"),
        ("Петрова-Водкина А.Б.", "Петрова-Водкина Анна Борисовна", "initials"),
        ("Петрова-Водкина А.Б.", "Петрова Анна Борисовна", "different"),
        ("Мамедов Али Вагиф оглы", "Мамедов Али Вагиф оглы", "full"),
        ("Иванов Иван Иванович", "Иванов Иван Игоревич", "different"),
        ("", "", "different"),
    ],
)
def test_verdicts(a: str, b: str, verdict: str) -> None:
    assert person_verdict(a, b) == verdict
    assert person_verdict(b, a) == verdict


@given(st.text(max_size=30), st.text(max_size=30))
def test_any_text_gets_a_symmetric_verdict(a: str, b: str) -> None:
    assert person_verdict(a, b) == person_verdict(b, a)


def test_names_of_organisations() -> None:
    assert name_key("ООО «Ромашка»") == name_key('ооо  "РОМАШКА"')
    assert name_key("ООО «Ромашка»") != name_key("ИП «Ромашка»")
    assert name_key("Отдел учёта") == name_key("отдел учета")
    assert name_key(" «» ") == ""


def test_models_in_two_spellings() -> None:
    assert similarity(things_text('Монитор Dell P2419H 24"'), things_text("Dell P2419H")) == 1
    assert things_text("8 Gb") == things_text("8ГБ") == "8gb"
    assert similarity(things_text("Ноутбук Lenovo ThinkPad T14"), things_text("МФУ Kyocera M2040dn")) < 0.5
    assert similarity("", "") == 0


@pytest.mark.parametrize(
    ("a", "b", "alike"),
    [
        ("Монитор Dell P2419H", "Монитор Dell P2422H", False),
        ("Монитор Dell P2419H", "Монитор", False),
        ("Ноутбук Dell", "Dell", False),
        ("Стул", "стул", True),
        ("МФУ Kyocera ECOSYS M2040dn", "Kyocera M2040", True),
        ("Ноутбук Lenovo ThinkPad T14 16Gb", "Lenovo ThinkPad T14 8 ГБ", False),
        ("Ноутбук Lenovo ThinkPad T14 16Gb", "ноутбук Lenovo ThinkPad T14", True),
        ("P2419H", "Монитор Dell P2419H", True),
    ],
)
def test_model_numbers_decide(a: str, b: str, alike: bool) -> None:
    assert (similarity(things_text(a), things_text(b)) >= 0.85) is alike
