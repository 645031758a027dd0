"""Wire values of 1C and ours."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uchet.connectors.onec.metadata import Index
from uchet.connectors.onec.values import EMPTY_DATE, UNDEFINED, ZERO, Codec, parse_json
from uchet.errors import Blocked, Fatal, Reject

GUID = "8d04ce3c-0000-11ec-80d6-000c29b2ed21"
SET = "Document_Ввод"


def _decode(index: Index, codec: Codec, **data: Any) -> dict[str, Any]:
    entity = index.entity(SET)
    assert entity is not None
    return codec.decode(entity, data)


def _encode(index: Index, codec: Codec, **values: Any) -> dict[str, Any]:
    entity = index.entity(SET)
    assert entity is not None
    return codec.encode(SET, entity, values)


def test_json_with_a_byte_order_mark_exact_fractions_and_control_characters() -> None:
    body = b'\xef\xbb\xbf{"a":0.1,"b":15,"c":"x\x02y","d":12345678901234567.89}'
    assert parse_json(body) == {"a": Decimal("0.1"), "b": 15, "c": "x\x02y", "d": Decimal("12345678901234567.89")}
    exact = parse_json(b'{"a":0.1,"b":12345678901234567.89}')
    assert exact == {"a": Decimal("0.1"), "b": Decimal("12345678901234567.89")}
    assert all(isinstance(value, Decimal) for value in exact.values())
    for bad in (b"", b'{"a":', b'{"a":NaN}', b"<html>", b"\xff\xfe"):
        with pytest.raises(ValueError, match=r".*"):
            parse_json(bad)


def test_decoding(index: Index, codec: Codec) -> None:
    got = _decode(
        index,
        codec,
        **{
            "odata.metadata": "x",
            "Ref_Key": GUID.upper(),
            "Склад_Key": ZERO,
            "Склад@navigationLinkUrl": "x",
            "Date": "2026-02-10T12:00:00",
            "Number": "ПО-1     ",
            "Кратность": "12345678901",
            "Срок": 7,
            "СуммаДокумента": 1200,
            "Основание": "",
            "Основание_Type": UNDEFINED,
            "Комментарий": "",
            "Чужое": 1,
        },
    )
    assert got == {
        "Ref_Key": GUID,
        "Склад_Key": None,
        "Date": "2026-02-10T12:00:00",
        "Number": "ПО-1",
        "Кратность": 12345678901,
        "Срок": 7,
        "СуммаДокумента": Decimal(1200),
        "Основание": None,
        "Основание_Type": UNDEFINED,
        "Комментарий": "",
    }
    assert isinstance(got["СуммаДокумента"], Decimal)


def test_empty_forms(index: Index, codec: Codec) -> None:
    assert _decode(index, codec, Date=EMPTY_DATE, Склад_Key=None) == {"Date": None, "Склад_Key": None}
    place = index.entity("Catalog_Склады")
    assert place is not None
    assert codec.decode(place, {"ТипСклада": ""}) == {"ТипСклада": None}
    reference = _decode(index, codec, Основание=ZERO, Основание_Type="StandardODATA.Catalog_Склады")
    assert reference["Основание"] is None


def test_rows_are_decoded(index: Index, codec: Codec) -> None:
    row = {"Ref_Key": GUID, "LineNumber": "1", "Количество": 2, "Имя": "а  ", "Лишнее": 1}
    assert _decode(index, codec, Строки=[row])["Строки"] == (
        {"Ref_Key": GUID, "LineNumber": 1, "Количество": Decimal(2), "Имя": "а"},
    )


@pytest.mark.parametrize(
    ("field", "value", "wire"),
    [
        ("Склад_Key", GUID, GUID),
        ("Склад_Key", None, ZERO),
        ("Date", datetime(2026, 2, 10, 12, 30, 1, 999), "2026-02-10T12:30:01"),
        ("Date", datetime(2026, 2, 10, 21, tzinfo=UTC), "2026-02-11T00:00:00"),
        ("Date", date(2026, 2, 10), "2026-02-10T00:00:00"),
        ("Date", "2026-02-10T12:00:00", "2026-02-10T12:00:00"),
        ("Date", None, EMPTY_DATE),
        ("Кратность", 5, "5"),
        ("Кратность", Decimal("5.0"), "5"),
        ("Срок", 5, 5),
        ("Срок", None, 0),
        ("СуммаДокумента", Decimal("12.30"), Decimal("12.30")),
        ("СуммаДокумента", 12, Decimal(12)),
        ("DeletionMark", True, True),
        ("Комментарий", None, ""),
        ("Комментарий", "Ёж «O'Нил» & Ко 𠜎", "Ёж «O'Нил» & Ко 𠜎"),
    ],
)
def test_encoding(index: Index, codec: Codec, field: str, value: Any, wire: Any) -> None:
    assert _encode(index, codec, **{field: value}) == {field: wire}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("Склад_Key", "not a guid"),
        ("Date", "yesterday"),
        ("Date", 5),
        ("Кратность", "5"),
        ("Кратность", Decimal("5.5")),
        ("Кратность", 2**63),
        ("Срок", 2**15),
        ("Срок", True),
        ("СуммаДокумента", 1.5),
        ("СуммаДокумента", "12"),
        ("СуммаДокумента", Decimal("NaN")),
        ("DeletionMark", 1),
        ("Комментарий", 5),
        ("Комментарий", "a\x02b"),
        ("Строки", "ab"),
        ("Основание", 1.5),
    ],
)
def test_wrong_values_are_refused_by_field(index: Index, codec: Codec, field: str, value: Any) -> None:
    with pytest.raises(Reject) as caught:
        _encode(index, codec, **{field: value, "Основание_Type": "Edm.Double"})
    assert caught.value.field == field
    assert field in caught.value.text("ru")


def test_lengths_are_checked_in_rows_too(index: Index, codec: Codec) -> None:
    assert _encode(index, codec, Строки=[{"Имя": "1234567890"}])["Строки"][0]["Имя"] == "1234567890"
    with pytest.raises(Reject, match="10 characters") as caught:
        _encode(index, codec, Строки=[{"Имя": "12345678901"}])
    assert caught.value.field == "Имя"


def test_rows_are_numbered_and_announced(index: Index, codec: Codec) -> None:
    body = _encode(index, codec, Строки=[{"LineNumber": 9, "Имя": "а"}, {"Ref_Key": GUID, "Имя": "б"}])
    assert body == {
        "Строки@odata.type": "Collection(StandardODATA.Document_Ввод_Строки_RowType)",
        "Строки": [{"LineNumber": "1", "Имя": "а"}, {"LineNumber": "2", "Имя": "б"}],
    }


@pytest.mark.parametrize(
    ("value", "kind", "wire"),
    [
        ("R-204", "Edm.String", "R-204"),
        (Decimal("1.50"), "Edm.Double", "1.50"),
        (True, "Edm.Boolean", "true"),
        (date(2026, 1, 2), "Edm.DateTime", "2026-01-02T00:00:00"),
        (GUID, "StandardODATA.Catalog_Склады", GUID),
        (None, UNDEFINED, ""),
        ("забыто", None, ""),
    ],
)
def test_composites_travel_as_text_with_their_type(
    index: Index, codec: Codec, value: Any, kind: str | None, wire: str
) -> None:
    body = _encode(index, codec, Основание=value, Основание_Type=kind)
    assert body == {"Основание": wire, "Основание_Type": kind or ""}


def test_unpublished_and_forbidden_fields(index: Index, codec: Codec) -> None:
    with pytest.raises(Blocked, match="Нет of Document_Ввод"):
        _encode(index, codec, Нет=1)
    with pytest.raises(Blocked, match="Document_Ввод/Строки"):
        _encode(index, codec, Строки=[{"Нет": 1}])
    for name in ("Posted", "DataVersion"):
        with pytest.raises(Fatal):
            _encode(index, codec, **{name: True})


_values: dict[str, st.SearchStrategy[Any]] = {
    "Склад_Key": st.none() | st.uuids().map(str),
    "Date": st.none() | st.datetimes(min_value=datetime(1, 1, 2)).map(lambda d: d.replace(microsecond=0).isoformat()),
    "Кратность": st.integers(-(2**63), 2**63 - 1),
    "Срок": st.integers(-(2**15), 2**15 - 1),
    "СуммаДокумента": st.decimals(
        allow_nan=False, allow_infinity=False, places=2, min_value=-(10**13), max_value=10**13
    ),
    "DeletionMark": st.booleans(),
    "Комментарий": st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff")),
}


@given(st.fixed_dictionaries({}, optional=_values))
def test_what_is_encoded_decodes_to_itself(index: Index, values: dict[str, Any]) -> None:
    codec = Codec(index, ZoneInfo("Europe/Moscow"))
    body = _encode(index, codec, **values)
    if "Комментарий" in values:
        values["Комментарий"] = values["Комментарий"].rstrip(" ")
    assert _decode(index, codec, **body) == values
