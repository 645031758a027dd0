"""What the contract suite must know of an RT on either database; the checks themselves are the same for both."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from rt_server import PASSWORDS, raised

from uchet.connectors.contract import Rejected, Sample, Subject
from uchet.connectors.http import Retries
from uchet.connectors.rt.connector import RtConnector
from uchet.connectors.rt.server import Database, seed

__all__ = ["assets", "people", "tickets"]

THINGS = "catalog:Оборудование"


@contextmanager
def assets(database: Database) -> Iterator[Subject]:
    """A running RT and its equipment."""
    with raised(database) as desk:
        organization, person = seed(
            desk.home,
            [
                ("catalog:Организации", {"Name": "ООО «Ромашка»"}),
                ("user", {"Name": "ivanov", "RealName": "Иванов Пётр Ильич"}),
            ],
        )

        def connect(
            url: str, *, page_size: int = 100, timeout: float = 20.0, password: str | None = None
        ) -> RtConnector:
            secret = PASSWORDS["uchet"] if password is None else password
            timeout = max(timeout, 2.0)  # a ticket takes its time on a busy machine
            return RtConnector(url, secret, "uchet", page_size=page_size, timeout=timeout, retries=Retries(attempts=1))

        def values(label: str) -> dict[str, Any]:
            return {
                "CF.Инвентарный номер": f"И-{label}",
                "CF.Примечание": label,
                "CF.Организация": organization,
                "CF.Состояние": "Используется",
            }

        yield Subject(
            name="rt",
            url=desk.url,
            connect=connect,
            secret=PASSWORDS["uchet"],
            collection=THINGS,
            text="CF.Примечание",
            values=values,
            empty="catalog:Места",
            missing_id="999999",
            longest=20_000,
            samples=(
                Sample("CF.Заводской номер", " пробелы по краям "),
                Sample("CF.Заводской номер", None),
                Sample("CF.Организация", None),
                Sample("CF.Первоначальная стоимость", Decimal("10.50"), "10.50"),
                Sample("CF.Введено в эксплуатацию", "2026-02-28"),
                Sample("CF.Введено в эксплуатацию", None),
                Sample("Owner", person),
                Sample("HeldBy", person),
                Sample("HeldBy", None),
                Sample("Name", "узел №1 'кавычки' \\ и \"ещё\""),
            ),
            rejected=(
                Rejected({"CF.Состояние": "неизвестно"}, "CF.Состояние"),
                Rejected({"CF.Введено в эксплуатацию": "28.02.2026"}, "CF.Введено в эксплуатацию"),
                Rejected({"CF.Первоначальная стоимость": "много"}, "CF.Первоначальная стоимость"),
                Rejected({"CF.Организация": "Ромашка"}, "CF.Организация"),
                Rejected({"Status": "bogus"}, "Status"),
                Rejected({"Owner": "ivanov"}, "Owner"),
                Rejected({"HeldBy": "nobody@example.org"}, "HeldBy"),
                Rejected({"HeldBy": "987654"}, "HeldBy"),
                Rejected({"Name": "12345"}, "Name"),
                Rejected({"Name": "ж" * 200}, "Name"),
            ),
            retire={"CF.Состояние": "Списано"},
        )


def tickets(subject: Subject) -> Subject:
    """The same RT by its tickets about consumables (a purchase request makes its approvals first)."""
    return replace(
        subject,
        collection="queue:Расходные материалы",
        text="CF.Номенклатура",
        values=lambda label: {"Subject": "Выдача", "CF.Номенклатура": label, "CF.Количество": "5"},
        empty="queue:General",
        longest=20_000,
        samples=(
            Sample("Due", datetime(2026, 12, 1, 10, tzinfo=UTC), "2026-12-01T10:00:00Z"),
            Sample("Due", None),
            Sample("CF.Передано в 1С", "2026-12-01T13:00:00+03:00", "2026-12-01T10:00:00Z"),
            Sample("CF.Передано в 1С", None),
            Sample("CF.Вид движения", "Выдача"),
            Sample("Priority", 20),
        ),
        rejected=(
            Rejected({"Due": "2026-12-01"}, "Due"),
            Rejected({"CF.Количество": "много"}, "CF.Количество"),
            Rejected({"Status": "bogus"}, "Status"),
            Rejected({"Subject": "ж" * 150}, "Subject"),
            Rejected({"RefersTo": ("asset:987654",)}, "RefersTo"),
        ),
        retire={"Status": "rejected"},
    )


def people(subject: Subject) -> Subject:
    """The same RT by its users."""
    return replace(
        subject,
        collection="user",
        text="RealName",
        values=lambda label: {"RealName": label, "CF.Табельный номер": "0000-00042"},
        empty="catalog:Места",
        longest=60,
        samples=(Sample("Enabled", False), Sample("Enabled", True), Sample("CF.Табельный номер", "17")),
        rejected=(
            Rejected({"RealName": "ж" * 61}, "RealName"),
            Rejected({"CF.Организация": "Ромашка"}, "CF.Организация"),
            Rejected({"Name": "ivanov2"}, "Name"),
        ),
        retire={"Enabled": False},
    )
