"""Inventory, serial and unit keys: the tables of real-life spellings, and that keys are stable."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uchet.mappings.keys import (
    group_quantity,
    inv_junk,
    inv_key,
    last_number,
    serial_junk,
    serial_key,
    serial_skeleton,
    to_pieces,
    unit_key,
)
from uchet.mappings.text import clean, fold, relayout, squash

ALPHABET = st.text(alphabet="0123456789OoОоSsБбПпBPНн№-_/.: \u00a0\u200bEeЕе+,инвSN/:\u0456Ёё", max_size=24) | st.text(
    max_size=20
)


@pytest.mark.parametrize(
    ("a", "b", "equal", "last_equal"),
    [
        ("БП-000123", "БП-123", True, True),
        ("БП-000123", "бп 00000123", True, True),
        ("ОС-00017", "OC-17", True, True),
        ("000000123", "123", True, True),
        ("000000123", "123.0", True, True),
        ("инв. № 01380-0045", "1380/45", True, True),
        ("БП-000123", "BP-000123", False, True),
        ("10-0012", "100-12", False, True),
        ("1.23E+11", "123000000000", False, False),
        ("Инв.№5", "5", True, True),
        ("№ 5", "5", True, True),
        ("Инвентарный номер: 00017", "17", True, True),
        ("ИНВ-5", "5", False, True),
        ("1Е05", "1E5", True, True),
        ("БП\u00a0000\u200b123", "БП-123", True, True),
    ],
)
def test_inventory_numbers(a: str, b: str, equal: bool, last_equal: bool) -> None:
    one, two = inv_key(a), inv_key(b)
    assert (one == two) is equal
    assert (bool(last_number(one)) and last_number(one) == last_number(two)) is last_equal


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("1.23E+11", "excel"),
        ("1,23Е+11", "excel"),
        ("", "empty"),
        (None, "empty"),
        ("....", "empty"),
        ("000000000", "zeros"),
        ("б/н", "placeholder"),
        ("Нет", "placeholder"),
        ("инв. № б/н", "placeholder"),
        ("N/A", "placeholder"),
        ("123456789", None),
        ("БП-1", None),
    ],
)
def test_unusable_inventory_numbers(text: str | None, why: str | None) -> None:
    assert inv_junk(text) == why
    assert (inv_key(text) == ()) is (why is not None)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("S/N: 5CD8012345", "5cd8012345"),
        ("SN: 5CD-801-2345", "5CD8012345"),
        ("5CD8О12345", "5CD8O12345"),
        ("VNB3 К12345", "VNB3K12345"),
        ("S/N PF1ABCDE", "PF1ABCDE"),
        ("00012345A", "00012345a"),
    ],
)
def test_serial_numbers_equal(a: str, b: str) -> None:
    assert serial_key(a) == serial_key(b) != ""


def test_serial_prefix_needs_a_delimiter_and_zeros_stay() -> None:
    assert serial_key("SN12345") == "SN12345"
    assert serial_key("0054321") != serial_key("54321")
    assert serial_key("000123AB").startswith("000")


@pytest.mark.parametrize(
    "text",
    [
        "To be filled by O.E.M.", "Default string", "System Serial Number", "Chassis Serial Number", "None", "N/A",
        "No Asset Information", "Not Specified", "б/н", "нет", "отсутствует", "0000000", "0", "xxxxxxxx", "11111111",
        "123456789", "1234", "", None, "-----", "S/N: ",
    ],
)  # fmt: skip
def test_serial_placeholders(text: str | None) -> None:
    assert serial_key(text) == ""
    assert serial_junk(text) is not None
    assert serial_skeleton(text) == ""


@pytest.mark.parametrize(("a", "b"), [("5CD8О12345", "5CD8012345"), ("MXL1O3B8", "MXL10388"), ("ЗАВ12345", "3AB1Z345")])
def test_skeleton_suggests_what_the_key_refuses(a: str, b: str) -> None:
    assert serial_key(a) != serial_key(b)
    assert serial_skeleton(a) == serial_skeleton(b)


def test_scanner_in_russian_layout() -> None:
    assert relayout("ше-000045") == "it-000045"
    assert inv_key(relayout("ЩС-17")) == inv_key("ОС-00017")  # OC typed in Latin is ЩС in Russian


@pytest.mark.parametrize(
    ("text", "code"),
    [("шт", "796"), ("Шт.", "796"), ("796", "796"), ("упак", "778"), ("компл.", "839"), ("набор", "704"),
     ("пара", "715"), ("пачка", "728"), ("рул", "736"), ("лист", "625"), ("м", "006"), ("л", "112"), ("кг", "166"),
     ("ед", "642"), ("мес", "362"), ("вязанка", ""), ("", ""), (None, "")],
)  # fmt: skip
def test_units(text: str | None, code: str) -> None:
    assert unit_key(text) == code


def test_packs_become_whole_pieces_or_nothing() -> None:
    assert to_pieces(Decimal("2"), Decimal("500")) == Decimal(1000)
    assert to_pieces(Decimal("0.5"), Decimal("500")) == Decimal(250)
    assert to_pieces(Decimal("0.333"), Decimal("10")) is None


@pytest.mark.parametrize(("name", "many"), [("Мониторы (10 шт.)", 10), ("Стол (1 шт)", None), ("Монитор 24", None)])
def test_group_cards_are_a_suggestion(name: str, many: int | None) -> None:
    assert group_quantity(name) == many


@given(ALPHABET)
def test_keys_are_idempotent(text: str) -> None:
    key = inv_key(text)
    assert inv_key("-".join(key)) == key or inv_junk("-".join(key))
    serial = serial_key(text)
    assert serial_key(serial) == serial
    for change in (clean, fold, squash):
        assert change(change(text)) == change(text)


@given(
    st.from_regex(r"[А-Я]{1,3}-[0-9]{1,6}", fullmatch=True), st.integers(0, 5), st.sampled_from(["-", " ", "/", "_"])
)
def test_zeros_case_and_separators_never_matter(number: str, zeros: int, separator: str) -> None:
    head, _, digits = number.partition("-")
    assert inv_key(f"{head.lower()}{separator}{'0' * zeros}{digits}") == inv_key(number)
