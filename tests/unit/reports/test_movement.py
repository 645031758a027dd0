"""Movement: who gave, who took and how it stands in 1C, each thing that happened in one row."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from planted import NOW, Company

from uchet.jobs.reports.movement import Known, moved
from uchet.jobs.reports.turnover import Stretch
from uchet.mappings.model import Ref
from uchet.sync.reconcile.types import Snapshot
from uchet.sync.store import OperationRow
from uchet.sync.types import Draft, Event, Listing, Operation

DAY = date(2026, 2, 2)
FEBRUARY = Stretch(date(2026, 2, 1), date(2026, 2, 28), date(2026, 3, 1))


def company() -> Company:
    made = Company(random.Random(1))
    made.twin("organization", "o1", name="Роза")
    for place, name in (("w1", "Склад"), ("w2", "Филиал")):
        made.twin("place", place, name=name)
    made.twin("department", "d1", name="Отдел")
    made.put("person", "desk", "p1", name="Анна")
    made.put("item", "book", "toner", name="Тонер", unit="шт")
    made.put("supply", "desk", "s1", name="Тонер", unit="шт", organization="o1", place="w1")
    made.put("supply", "desk", "s2", name="Тонер", unit="шт", organization="o1", place="w2")
    return made


def known(made: Company, *drafts: tuple[Draft, Operation], **events: Event) -> Known:
    listings = {(k, s): Listing(k, s, rows, complete=True) for (k, s), rows in made.rows.items()}
    at = datetime(2026, 2, 3, 9, tzinfo=UTC)
    written = {d.id: OperationRow(op, "1", "done", d.id, d.ref, None, None, None, at, at) for d, op in drafts}
    zone = ZoneInfo("Europe/Moscow")
    snapshot = Snapshot(None, NOW, (), listings, tuple(made.links))
    return Known(snapshot, events, {d.id: d for d, _ in drafts}, written, {"consume": "Требование-накладная"}, zone)


def rows(told: Known) -> list[dict[str, Any]]:
    return [dict(row) for row in moved(told, lambda record: True, FEBRUARY)]


@pytest.mark.parametrize(
    ("kind", "quantity", "more", "ends"),
    [
        ("receipt", 1, {}, (None, "Склад")),
        ("issue", 1, {"person": "p1", "department": "d1"}, ("Склад", "Анна, Отдел")),
        ("transfer", 1, {"to_supply": "s2"}, ("Склад", "Филиал")),
        ("return", 1, {"person": "p1"}, ("Анна", "Склад")),
        ("write_off", 1, {}, ("Склад", None)),
        ("correction", 1, {}, (None, "Склад")),
        ("correction", -1, {}, ("Склад", None)),
    ],
)
def test_who_gave_and_who_took(kind: str, quantity: int, more: dict[str, str], ends: tuple[str | None, ...]) -> None:
    made = company()
    refs = {"to_supply": "supply"}
    values = {name: Ref("desk", refs.get(name, name), id) for name, id in more.items()}
    made.put("movement", "desk", "1", type=kind, supply="s1", quantity=Decimal(quantity), date=DAY, **values)
    made.put("movement", "desk", "2", type=kind, supply="s1", quantity=Decimal(1), date=date(2026, 3, 1))
    [row] = rows(known(made))
    assert (row["from"], row["to"]) == ends
    assert (row["title"], row["organization"], row["state"]) == ("Тонер", "Роза", "не прочитано обменом")


def test_a_movement_and_its_draft_are_one_row_and_an_order_of_a_person_is_another() -> None:
    made = company()
    made.put("movement", "desk", "1", type="issue", supply="s1", quantity=Decimal(2), date=DAY, ticket="77")
    item = {"item": Ref("book", "item", "toner"), "quantity": Decimal(5)}
    from_desk = Operation("a", "draft", "book", "item", rule="order:desk:1@x", header=item, label="№1")
    ordered = Operation("b", "draft", "book", "item", rule="order:file:9", header=item, label="служебная 9")
    header = {"organization": Ref("book", "organization", "o1"), "place": Ref("book", "place", "w1")}
    both = Operation("c", "draft", "book", "item", key="D", members=(from_desk, ordered), header=header)
    draft = Draft("D", "consume", "ref", "1", "", "open", "0007", (from_desk, ordered))
    event = Event("desk:1@x", "1", "issue", "s1", Decimal(2), DAY, 1, state="drafted", draft="D")
    first, second = rows(known(made, (draft, both), **{"1": event}))
    assert (first["date"], first["quantity"], first["ticket"]) == (DAY, 2, "77")
    # The draft bears the day on which it was written where nothing else is said: by the books' calendar.
    assert (second["date"], second["quantity"], second["ticket"]) == (date(2026, 2, 3), 5, "служебная 9")
    assert (second["kind"], second["from"], second["unit"]) == ("по распоряжению", "Склад", "шт")
    for row in (first, second):
        assert (row["document"], row["number"], row["state"]) == ("Требование-накладная", "0007", "ждёт проведения")


@pytest.mark.parametrize(
    ("state", "reason", "told"),
    [
        ("pending", "", "ждёт черновика"),
        ("posted", "found", "проведён, найден в 1С"),
        ("refused", "draft", "отклонён бухгалтером"),
        ("refused", "taken_back", "отменено в ИТ"),
    ],
)
def test_what_became_of_one_without_a_draft(state: Any, reason: str, told: str) -> None:
    made = company()
    made.put("movement", "desk", "1", type="issue", supply="s1", quantity=Decimal(2), date=DAY)
    event = Event("desk:1@x", "1", "issue", "s1", Decimal(2), DAY, 1, state=state, reason=reason)
    [row] = rows(known(made, **{"1": event}))
    assert (row["state"], "document" in row) == (told, False)


def test_what_an_assembly_did_is_told_by_its_work() -> None:
    made = company()
    made.put("movement", "desk", "1", type="assembly_out", supply="s1", quantity=Decimal(2), date=DAY)
    [row] = rows(known(made))
    assert (row["kind"], row["state"]) == ("сборка: расход", "в составе сборки")
