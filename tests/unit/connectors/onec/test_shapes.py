"""Typed reading gives what the slow way gives, and gives way to it where an answer does not fit."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
import zoo

from uchet.connectors.onec import metadata
from uchet.connectors.onec.shapes import keys, shape, undecoded
from uchet.connectors.onec.values import Codec, parse_json

INDEX = metadata.parse(zoo.model().source)
CODEC = Codec(INDEX, ZoneInfo("Europe/Moscow"))
GOODS = INDEX.types["Catalog_Товары"]
NAMES = ("Ref_Key", "DataVersion", "DeletionMark", "Description", "Вес", "Остаток", "Мест", "Активен", "Выпущен")
NAMES += ("Поставщик_Key", "Метка", "Штрихкоды")
ROW: dict[str, Any] = {
    "Ref_Key": "8D04CE3C-0000-4000-8000-000000000001",
    "DataVersion": "AAAAAQAAAAA=",
    "DeletionMark": True,
    "Description": "Мышь   ",
    "Вес": 12.125,
    "Остаток": "123456789012",
    "Мест": 7,
    "Активен": False,
    "Выпущен": "0001-01-01T00:00:00",
    "Поставщик_Key": "00000000-0000-0000-0000-000000000000",
    "Метка": "8d04ce3c-0000-4000-8000-000000000002",
    "Штрихкоды": [{"LineNumber": "1", "Код": "46 ", "Количество": 1.5, "Склад_Key": None}],
    "Поставщик@navigationLinkUrl": "…",
}


def both(row: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    content = json.dumps({"odata.metadata": "…", "value": [row]}, ensure_ascii=False).encode()
    made = shape(CODEC, GOODS, "Catalog_Товары", NAMES)
    assert made is not None
    (raw,) = made(content)
    assert (raw.id, raw.version, raw.retired) == (row["Ref_Key"].lower(), row["DataVersion"], row["DeletionMark"])
    slow = CODEC.decode(GOODS, parse_json(content)["value"][0])
    return dict(raw.data), slow


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"Description": "", "Вес": 3, "Выпущен": "2026-03-01T00:00:00", "Штрихкоды": []},
        {"Вес": None, "Остаток": None, "Выпущен": None, "Поставщик_Key": None, "Активен": None, "Description": None},
        {"Вес": -0.001, "Остаток": "-5", "Мест": 0},
    ],
)
def test_both_ways_give_the_same(changes: dict[str, Any]) -> None:
    fast, slow = both({**ROW, **changes})
    assert fast == slow
    assert all(type(fast[name]) is type(slow[name]) for name in fast)
    assert fast["Вес"] is None or isinstance(fast["Вес"], Decimal)


@pytest.mark.parametrize("content", [b'{"value":[{}]}', b'{"value":[{"Ref_Key":1}]}', b'{"value":{}}', b"<html>", b"{"])
def test_what_does_not_fit_is_refused_here(content: bytes) -> None:
    made = shape(CODEC, GOODS, "Catalog_Товары", NAMES)
    assert made is not None
    with pytest.raises(msgspec.DecodeError):
        made(content)


def test_a_number_that_is_none_is_refused_here() -> None:
    made = shape(CODEC, GOODS, "Catalog_Товары", NAMES)
    assert made is not None
    with pytest.raises(ValueError, match="invalid literal"):
        made(json.dumps({"value": [{**ROW, "Остаток": "много"}]}).encode())


def test_records_of_one_answer_share_nothing() -> None:
    made = shape(CODEC, GOODS, "Catalog_Товары", NAMES)
    assert made is not None
    first, second = made(json.dumps({"value": [ROW, {**ROW, "Description": "Стол"}]}).encode())
    assert (first.data["Description"], second.data["Description"]) == ("Мышь", "Стол")
    assert first.data is not second.data


def test_keys_alone() -> None:
    content = b'\xef\xbb\xbf{"value":[{"Ref_Key":"8D04CE3C-0000-4000-8000-000000000001","more":1}]}'
    assert keys(content) == [ROW["Ref_Key"].lower()]
    assert [row.id for row in undecoded(content)] == [ROW["Ref_Key"].lower()]
    with pytest.raises(msgspec.DecodeError):
        keys(b'{"value":[{"Key":"1"}]}')


def test_composites_and_partial_rows_are_left_to_the_slow_way() -> None:
    for names in (("Ref_Key", "Хранение", "Хранение_Type"), ("Ref_Key", "Штрихкоды/Код"), ("Description",)):
        assert shape(CODEC, GOODS, "Catalog_Товары", names) is None
