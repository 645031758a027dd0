"""The contract suite against the emulated 1C, and once more for the amounts and dates of a document."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from uchet.connectors.contract import ConnectorContract, Rejected, Sample, Subject
from uchet.connectors.contract_kit import create, listing, opened
from uchet.connectors.http import Retries
from uchet.connectors.onec.odata import OnecConnector
from uchet.emulator.server import Emulator

SECRET = "Пароль-1С-5521"
ORGANISATION = "6f0c2d6e-0000-4000-8000-000000000001"
NOBODY = "00000000-0000-0000-0000-000000000000"


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    with Emulator(user="Обмен", password=SECRET) as base:
        yield base


@pytest.fixture(scope="module")
def subject(emulator: Emulator) -> Subject:
    def connect(url: str, *, page_size: int = 500, timeout: float = 10.0, password: str | None = None) -> OnecConnector:
        secret = SECRET if password is None else password
        return OnecConnector(url, "Обмен", secret, page_size=page_size, timeout=timeout, retries=Retries(attempts=1))

    def values(label: str) -> dict[str, Any]:
        return {"Description": label, "НаименованиеПолное": label, "НедвижимоеИмущество": False}

    return Subject(
        name="onec",
        url=emulator.url,
        connect=connect,
        secret=SECRET,
        collection="Catalog_ОсновныеСредства",
        text="Description",
        values=values,
        empty="Catalog_Склады",
        missing_id=str(uuid.UUID(int=7)),
        longest=100,
        samples=(
            Sample("ЗаводскойНомер", "SN-1"),
            Sample("ЗаводскойНомер", ""),
            Sample("НедвижимоеИмущество", True),
            Sample("ДатаВыпуска", datetime(2024, 2, 29), "2024-02-29T00:00:00"),
            Sample("ДатаВыпуска", datetime(1, 1, 1), None),
            Sample("Parent_Key", NOBODY, None),
        ),
        rejected=(
            Rejected({"ДатаВыпуска": "не дата"}, "ДатаВыпуска"),
            # Without lengths in $metadata nobody knows before; 1C cuts in silence, which the answer shows.
            Rejected({"Description": "ж" * 2000}, "Description", stored=True),
        ),
        retire={"DeletionMark": True},
    )


class TestOnec(ConnectorContract):
    """All checks of the suite."""


class TestOnecDocument:
    """Values that the catalogue does not have."""

    @pytest.fixture
    def document(self, subject: Subject, emulator: Emulator) -> Subject:
        emulator.world.put("Catalog_Организации", {"Ref_Key": ORGANISATION, "Description": "ООО «Ромашка»"})
        return replace(
            subject,
            collection="Document_СписаниеТоваров",
            values=lambda label: {"Date": datetime(2026, 3, 1, 12, 30), "Организация_Key": ORGANISATION},
            samples=(Sample("Date", datetime(2026, 12, 31, 23, 59, 59), "2026-12-31T23:59:59"),),
        )

    def test_values_survive(self, document: Subject) -> None:
        ConnectorContract().test_values_survive(document)

    def test_amounts_in_rows_survive_exactly(self, document: Subject) -> None:
        sent = [("0.001", "19.99"), ("123456789012.125", "9999999999999.99"), ("3", "0.1")]
        rows = [{"Количество": Decimal(quantity), "Сумма": Decimal(amount)} for quantity, amount in sent]
        with opened(document.connect(document.url)) as connector:
            raw = create(document, connector, Товары=rows).receipt.raw
            for found in (raw, connector.get(raw.collection, raw.id), listing(document, connector)[raw.id]):
                assert found is not None
                kept = [(row["Количество"], row["Сумма"]) for row in found.data["Товары"]]
                assert kept == [(Decimal(q), Decimal(a)) for q, a in sent]
                assert all(isinstance(number, (int, Decimal)) for row in kept for number in row)
