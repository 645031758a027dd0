"""Conditions built by type: the known traps cannot be written, and what is written means on a base what it says."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
import zoo

from uchet.connectors.http import Retries
from uchet.connectors.onec import metadata, url
from uchet.connectors.onec.conditions import QUERY_LIMIT, Condition, Fields, batches
from uchet.connectors.onec.odata import OnecConnector
from uchet.emulator import Emulator
from uchet.errors import Blocked

INDEX = metadata.parse(zoo.model().source)
SET = "Catalog_Товары"
GOODS = Fields(INDEX, INDEX.types[SET], SET)
KEY = zoo.key("Главный")


@pytest.mark.parametrize(
    ("made", "text"),
    [
        (GOODS.eq("Description", "О'Нил"), "Description eq 'О''Нил'"),
        (GOODS.eq("Поставщик_Key", KEY), f"Поставщик_Key eq guid'{KEY}'"),
        (GOODS.eq("Поставщик_Key", None), f"Поставщик_Key eq guid'{'0' * 8}-0000-0000-0000-{'0' * 12}'"),
        (GOODS.eq("Хранение", url.Cast(KEY, "StandardODATA.Catalog_Склады")),
         f"Хранение eq cast(guid'{KEY}','Catalog_Склады')"),
        (GOODS.compare("Вес", "ge", Decimal("1E+3")), "Вес ge 1000"),
        (GOODS.compare("Выпущен", "lt", datetime(26, 1, 2)), "Выпущен lt datetime'0026-01-02T00:00:00'"),
        (GOODS.any_of("Мест", (1, 2)), "(Мест eq 1 or Мест eq 2)"),
        (~GOODS.eq("Активен", True), "not (Активен eq true)"),
        (GOODS.eq("Мест", 1) & (GOODS.eq("Мест", 2) | GOODS.eq("Мест", 3)), "Мест eq 1 and (Мест eq 2 or Мест eq 3)"),
        (GOODS.contains("Описание", "а+б"), "substringof('а+б',Описание)"),
        (GOODS.isof("Хранение", "Catalog_Склады"), "isof(Хранение,'Catalog_Склады')"),
        (GOODS.row("Штрихкоды", lambda r: r.eq("Код", "1")), "Штрихкоды/any(r: r/Код eq '1')"),
    ],
)  # fmt: skip
def test_what_is_written(made: Condition, text: str) -> None:
    assert str(made) == text


@pytest.mark.parametrize(
    "trap",
    [
        lambda: GOODS.eq("Хранение", KEY),  # a bare guid on a composite: silently nothing
        lambda: GOODS.eq("Поставщик_Key", url.Cast(KEY, "Catalog_Партнеры")),
        lambda: GOODS.compare("Ref_Key", "gt", KEY),  # ends as 500
        lambda: GOODS.eq("Поставщик_Key", "не ключ"),
        lambda: GOODS.eq("Штрихкоды", "1"),
        lambda: GOODS.eq("Вес", 1.5),  # a float is not exact
        lambda: GOODS.compare("Вес", "like", 1),
        lambda: GOODS.any_of("Мест", ()),
        lambda: GOODS.contains("Вес", "1"),
        lambda: GOODS.isof("Description", "Edm.String"),
    ],
)
def test_what_cannot_be_written(trap: Callable[[], Any]) -> None:
    with pytest.raises(ValueError, match=r"."):
        trap()


def test_names_that_are_not_published_are_refused_before_anything_is_sent() -> None:
    for wrong in (lambda: GOODS.eq("Нет", 1), lambda: GOODS.row("Нет", lambda r: r.eq("Код", "1"))):
        with pytest.raises(Blocked):
            wrong()


def test_many_keys_are_split_by_what_an_address_may_weigh() -> None:
    keys = [zoo.key(str(number)) for number in range(200)]
    parts = list(batches(GOODS, "Ref_Key", keys, "Description eq 'Мышь'"))
    assert sorted(key for part in parts for key in keys if key in part) == sorted(keys)
    encoded = [url.options(_filter=part) for part in parts]
    assert all(len(text) <= QUERY_LIMIT + len("$filter=") for text in encoded)
    assert len(parts) < 12
    assert all("+" not in text and "%20" in text for text in encoded)


@pytest.fixture
def opened() -> Iterator[tuple[Emulator, OnecConnector]]:
    with Emulator(zoo.model(), segment_limit=260) as base:
        zoo.populate(base)
        connector = OnecConnector(base.url, retries=Retries(attempts=1))
        yield base, connector
        connector.close()


def test_a_base_understands_them(opened: tuple[Emulator, OnecConnector]) -> None:
    base, connector = opened
    held = {"Хранение": KEY, "Хранение_Type": "StandardODATA.Catalog_Склады", "Описание": "а+б & в"}
    base.world.edit(SET, zoo.key("Мышь"), {**held, "Description": "О'Нил + Ко", "Штрихкоды": [{"Код": "46"}]})
    for condition in (
        GOODS.eq("Description", "О'Нил + Ко"),
        GOODS.eq("Хранение", url.Cast(KEY, "Catalog_Склады")),
        GOODS.isof("Хранение", "Catalog_Склады"),
        GOODS.contains("Описание", "+б & в"),
        GOODS.like("Description", "О_Нил%"),
        GOODS.row("Штрихкоды", lambda row: row.eq("Код", "46")),
        GOODS.eq("Description", "О'Нил + Ко") & (GOODS.eq("Мест", 5) | ~GOODS.eq("Активен", True)),
    ):
        rows = connector._transport.rows(url.segment(SET), url.options(_filter=str(condition)), what=SET)
        assert [row["Ref_Key"] for row in rows] == [zoo.key("Мышь")], condition


def test_long_conditions_of_a_table_go_into_the_query_string(opened: tuple[Emulator, OnecConnector]) -> None:
    from uchet.connectors.base import Query

    base, connector = opened
    keys = tuple(zoo.key(name) for name in ("Бумага", "Мышь", "Монитор", "Кабель", "нет", "тоже нет"))
    row = {"Period": "2026-03-01T10:00:00", "RecordType": "Receipt", "Товар_Key": keys[0], "Количество": "2"}
    recorder = {"Recorder": zoo.key("Приход 1"), "Recorder_Type": "StandardODATA.Document_Приход"}
    base.world.put("AccumulationRegister_Запасы", {**recorder, "RecordSet": [row]})
    query = Query(
        "AccumulationRegister_Запасы/BalanceAndTurnovers",
        params={
            "start": datetime(2026, 1, 1),
            "end": datetime(2026, 12, 31),
            "condition": {"Товар_Key": keys},
            "dimensions": ("Товар_Key",),
        },
    )
    found = [raw.data for page in connector.read(query) for raw in page.records]
    assert [(data["Товар_Key"], data["КоличествоClosingBalance"]) for data in found] == [(keys[0], Decimal(2))]
