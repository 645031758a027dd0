"""The contract suite against a real Roundup."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from uchet.connectors.contract import ConnectorContract, Rejected, Sample, Stock, Subject
from uchet.connectors.http import Retries
from uchet.connectors.roundup.connector import RoundupConnector
from uchet.connectors.roundup.server import Desk, install, seed

SECRET = "desk-Пароль-9137"


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    home = tmp_path_factory.mktemp("contract") / "desk"
    install(home, url="http://127.0.0.1:1/", passwords={"admin": "a", "uchet": SECRET}, rounds=1000)
    seed(home, "organization", [{"name": "ООО «Ромашка»"}])
    seed(home, "consumable", [{"name": "Бумага", "code": "1", "unit": "упак", "quantity": "10", "organization": "1"}])
    with Desk(home) as running:
        yield running


@pytest.fixture(scope="module")
def subject(desk: Desk) -> Subject:
    def connect(
        url: str, *, page_size: int = 1000, timeout: float = 10.0, password: str | None = None
    ) -> RoundupConnector:
        return RoundupConnector(
            url,
            "uchet",
            SECRET if password is None else password,
            page_size=page_size,
            timeout=timeout,
            retries=Retries(attempts=1),
            origin=desk.url,
        )

    def values(label: str) -> dict[str, Any]:
        return {"inventory_number": f"И-{label}", "notes": label, "organization": "1", "status": "in_use"}

    return Subject(
        name="roundup",
        url=desk.url,
        connect=connect,
        secret=SECRET,
        collection="equipment",
        text="notes",
        values=values,
        empty="licence",
        missing_id="999999",
        longest=20_000,
        samples=(
            Sample("serial", "SN-1"),
            Sample("serial", None),
            Sample("organization", None),
            Sample("organization", "1"),
            Sample("cost", "123456789.10"),
            Sample("cost", Decimal("10.50"), "10.50"),
            Sample("commissioned", "2026-02-28"),
            Sample("commissioned", None),
        ),
        rejected=(
            Rejected({"status": "unknown"}, "status"),
            Rejected({"organization": "999"}, "organization"),
            Rejected({"organization": "нет такой"}, "organization"),
            Rejected({"commissioned": "28.02.2026"}, "commissioned"),
            Rejected({"inventory_number": None}, "inventory_number"),
        ),
        retire={"status": "written_off"},
        stock=Stock(
            collection="movement",
            card="consumable",
            id="1",
            level="quantity",
            amount=Decimal("2.5"),
            values={"type": "receipt", "consumable": "1", "quantity": "2.5", "date": "2026-02-02"},
            edit={"quantity": "3"},
            refused={"quantity": "-1"},
        ),
    )


class TestRoundup(ConnectorContract):
    """All checks of the suite."""
