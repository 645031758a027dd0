"""A purchase request from its first line to the last receipt, on a real desk and a 1C that answers over HTTP."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from asking import INVOICE, approve, ask, employee, line, shown, state
from firm import PAIR, Firm, build, copies, guid
from firm import receive as in_stock

from uchet.cli import main
from uchet.connectors.roundup.server import _database, seed
from uchet.emulator.values import ZERO
from uchet.errors import Reject
from uchet.jobs import requests as purchases
from uchet.jobs.wiring import Wired
from uchet.mappings.load import load_system
from uchet.purchase_rules import WEEKDAYS, ApprovalRule, Approver, BudgetRule, LicenceRules, RequestRules

RECEIPT = "Document_ПоступлениеТоваровУслуг"
RULES = RequestRules(
    matrix=(ApprovalRule(role="line_manager"), ApprovalRule(role="head_of_it", above=Decimal(1000))),
    approvers=(
        Approver(role="line_manager", person="Андреева Анна Антоновна"),
        Approver(role="head_of_it", person="Борисов Борис Богданович"),
    ),
)


@pytest.fixture(scope="module")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Firm:
    return build(tmp_path_factory.mktemp("requests") / "firm")


@pytest.fixture
def firm(origin: Firm, tmp_path: Path) -> Iterator[Firm]:
    made = copies(origin, tmp_path / "firm")()
    made.settings = replace(made.settings, requests=RULES)
    yield made
    made.stop()


def parts(firm: Firm) -> Wired:
    return Wired(None, firm.store, firm.engine().pair, firm.engine())  # type: ignore[arg-type]  # no settings file here


def read(firm: Firm) -> purchases.Desk:
    return purchases.read(parts(firm), firm.clock())


def invoice(firm: Firm, comment: str, **status: str) -> str:
    """The accountant's posted invoice, and what 1C says of it."""
    body = {"Date": firm.now.isoformat(timespec="seconds"), "Комментарий": comment, "Number": "0000-000055"}
    body |= {"Организация_Key": guid("rose"), "Контрагент_Key": guid("supplier")}
    rows = [{"Содержание": "Доставка", "Количество": 1, "СтавкаНДС": "НДС20"}]
    key = firm.world.write_document(INVOICE, {**body, "Товары": rows})
    row = {"Организация_Key": guid("rose"), "Документ": key, "Документ_Type": f"StandardODATA.{INVOICE}", **status}
    firm.world.put("InformationRegister_СтатусыДокументов", row)
    return key


def buy(firm: Firm, draft: dict[str, Any], *more: dict[str, Any]) -> None:
    """The buyer fills in what only a buyer knows, and posts."""
    rows = [{**row, "СтавкаНДС": "НДС20"} for row in (*draft["Товары"], *more)]
    firm.world.edit(INVOICE, draft["Ref_Key"], {"Контрагент_Key": guid("supplier"), "Товары": rows})
    firm.world.post(INVOICE, draft["Ref_Key"])


def quiet(firm: Firm) -> None:
    before = [shown(firm, str(row["id"])) for row in firm.it.rows("request", ("id",))]
    run = firm.night()
    assert (run.writes, run.failed, run.skipped) == (0, 0, 0), firm.history(run)
    assert [shown(firm, str(row["id"])) for row in firm.it.rows("request", ("id",))] == before


def test_all_gaps_at_once_then_corrected_approved_on_both_sides_ordered_received(firm: Firm) -> None:
    id = ask(firm, contact=None, department=None)
    one = line(firm, id, quantity=None, price="900")
    firm.night()
    assert state(firm, id) == "returned_for_correction"
    assert shown(firm, id)["answer"].split("\n") == [
        "Укажите контакт.",
        "Подразделение не указано или неизвестно.",
        "Мышь беспроводная: количество должно быть больше нуля.",
    ]
    quiet(firm)
    with pytest.raises(Exception, match="ещё не проверено"):
        approve(firm, id, "line_manager", "Андреева Анна Антоновна")

    it = firm.it.find("department", "name", "Отдел ИТ")
    firm.it.change("request_line", one, quantity="2")
    firm.it.change("request", id, contact="204", department=it, status="submitted")
    firm.night()
    assert state(firm, id) == "approving"
    assert "Ждём согласования: руководитель подразделения." in shown(firm, id)["answer"]
    quiet(firm)

    # One approval on the desk, the other in uchet: they count alike.
    approve(firm, id, "line_manager", "Андреева Анна Антоновна")
    firm.night()
    assert state(firm, id) == "approving"
    purchases.approve(
        parts(firm), read(firm), id, "head_of_it", "Борисов Борис Богданович", "approved", comment="", by="t"
    )
    firm.settings = replace(firm.settings, requests=RULES.model_copy(update={"drafts": False}))
    firm.night()
    assert state(firm, id) == "approved"
    assert firm.asked("request_to_order").issue.params["mark"] == f"Заявка в ИТ № {id}"

    invoice(firm, f"по просьбе; Заявка в ИТ № {id}, мыши", Статус="НеОплачен", ДополнительныйСтатус="НеПолучен")
    invoice(firm, f"Заявка в ИТ № {id}7", Статус="НеОплачен", ДополнительныйСтатус="Получен")
    firm.night()
    assert state(firm, id) == "ordered"
    assert shown(firm, id)[
        "orders"
    ] == f"0000-000055 {firm.now:%d.%m.%Y}: не оплачен или не согласован, не получено".replace(
        f"{firm.now:%d}", f"{firm.now.day - 1:02}", 1
    )
    assert not firm.open("request_to_order")

    seed(firm.home, "allocation", [{"request_line": one, "step": "receipt", "document": "55", "quantity": "1"}])
    firm.night()
    assert state(firm, id) == "partially_received"
    assert firm.it.read("request_line", one)["attributes"]["status"] == "partially_received"
    seed(firm.home, "allocation", [{"request_line": one, "step": "receipt", "document": "56", "quantity": "2"}])
    firm.night()
    assert state(firm, id) == "received"
    excess = firm.asked("request_excess").issue.params
    assert (excess["step"], excess["have"], excess["most"]) == ("receipt", 3, 2)
    seed(firm.home, "allocation", [{"request_line": one, "step": "return", "document": "57", "quantity": "1"}])
    seed(firm.home, "allocation", [{"request_line": one, "step": "issue", "document": "А-1", "quantity": "2"}])
    firm.night()
    assert state(firm, id) == "issued"
    assert not firm.open("request_excess")
    quiet(firm)
    firm.it.change("request", id, status="closed")
    quiet(firm)
    assert firm.store.requests(PAIR)[id].case.state == "closed"
    rows = sorted(firm.store.audit(PAIR, 10_000), key=lambda row: row.id)
    assert [step for row in rows if row.what == "request_step" for step in row.details["steps"]] == [
        *("submitted", "on_check", "returned_for_correction", "submitted", "on_check", "approving", "approved"),
        *("in_plan", "ordered", "partially_received", "received", "issued", "closed"),
    ]


def drafts(firm: Firm) -> list[dict[str, Any]]:
    return [row for row in firm.world.rows(INVOICE) if not row["DeletionMark"]]


def approved(firm: Firm, **values: Any) -> tuple[str, str]:
    """A request of two mice on which both have said yes, and its line."""
    id = ask(firm)
    one = line(firm, id, **values)
    firm.night()
    approve(firm, id, "line_manager", "Андреева Анна Антоновна")
    approve(firm, id, "head_of_it", "Борисов Борис Богданович")
    firm.night()
    return id, one


def receive(firm: Firm, number: str, order: str, *rows: tuple[str, int], part: str = "Товары") -> str:
    """The accountant posts a receipt for an order: (item or words, quantity)."""
    told = []
    for name, quantity in rows:
        item = {"Содержание": name} if part == "Услуги" else {"Номенклатура_Key": guid(f"item {name}")}
        told.append({**item, "Количество": quantity})
    body = {"Number": number, "Организация_Key": guid("rose"), "Склад_Key": guid("warehouse"), part: told}
    body |= {"СчетНаОплатуПоставщика_Key": order, "Date": firm.now.isoformat(timespec="seconds")}
    return firm.world.write_document(RECEIPT, body)


def item(firm: Firm, name: str) -> None:
    firm.world.put("Catalog_Номенклатура", {"Ref_Key": guid(f"item {name}"), "Code": name, "Description": name})


def allocated(firm: Firm) -> list[tuple[str, str, str]]:
    names = ("id", "request_line", "step", "document", "quantity")
    return [(r["step"], r["document"], r["quantity"]) for r in firm.it.rows("allocation", names)]


def test_an_approved_request_is_drafted_once_and_comes_back_line_by_line(firm: Firm) -> None:
    item(firm, "mouse")
    item(firm, "mat")
    unit = {"unit": "шт", "organization": firm.it.find("organization", "name", "ООО «Роза»")}
    [card] = seed(firm.home, "consumable", [{"name": "Мышь", "code": "mouse", "quantity": "0", **unit}])
    unit_key = {"Ref_Key": guid("unit"), "Code": "796", "Description": "шт"}
    firm.world.put("Catalog_КлассификаторЕдиницИзмерения", unit_key)
    firm.world.edit("Catalog_Номенклатура", guid("item mouse"), {"ЕдиницаИзмерения_Key": guid("unit")})
    id, _ = approved(firm, consumable=card, name=None)
    [draft] = drafts(firm)
    assert not draft["Posted"]
    assert f"Заявка в ИТ № {id}" in draft["Комментарий"]
    [row] = draft["Товары"]
    assert (row["Номенклатура_Key"], row["Количество"], row["Цена"], row["Сумма"]) == (guid("item mouse"), 2, 900, 1800)
    assert draft["СуммаВключаетНДС"]
    assert draft["Контрагент_Key"] == ZERO, "whom to buy from is the buyer's to say"
    firm.night()
    assert state(firm, id) == "in_plan", "a draft orders nothing"
    assert "черновик, не проведён" in shown(firm, id)["orders"]
    quiet(firm)

    buy(firm, draft, {"Номенклатура_Key": guid("item mat"), "Количество": 1})  # something else along with it
    firm.night()
    assert state(firm, id) == "ordered"
    assert allocated(firm) == [("order", draft["Number"], "2")]
    firm.decide("order_changed", "take-book")
    firm.night()
    quiet(firm)

    first = receive(firm, "П-1", draft["Ref_Key"], ("mouse", 1), ("mat", 1))
    firm.night()
    assert (state(firm, id), allocated(firm)[1:]) == ("partially_received", [("receipt", "П-1", "1")])
    assert not firm.open("request_receipt_strange"), "the mat was ordered beside it"
    receive(firm, "П-2", draft["Ref_Key"], ("mouse", 2), part="Оборудование")
    firm.night()
    assert (state(firm, id), allocated(firm)[2:]) == ("received", [("receipt", "П-2", "2")])
    excess = firm.asked("request_excess").issue.params
    assert (excess["step"], excess["have"], excess["most"]) == ("receipt", 3, 2)
    quiet(firm)

    # The accountant takes the first receipt back: what had come from it is nought, and the request goes with it.
    firm.world.unpost(RECEIPT, first)
    firm.night()
    assert not firm.open("request_excess")
    assert allocated(firm)[1:] == [("receipt", "П-1", "0"), ("receipt", "П-2", "2")]
    with firm.store._write() as connection:
        connection.exec_driver_sql("DELETE FROM link WHERE kind = 'allocation'")
    before = allocated(firm)
    firm.night()
    assert allocated(firm) == before, "lost memory doubles nothing"
    quiet(firm)


def test_a_substitute_is_asked_about_and_a_persons_row_is_the_word_on_its_document(firm: Firm) -> None:
    item(firm, "trackball")
    id, one = approved(firm)
    [draft] = drafts(firm)
    assert [r["Содержание"] for r in draft["Товары"]] == ["Мышь беспроводная, шт"]
    buy(firm, draft)
    receive(firm, "П-7", draft["Ref_Key"], ("trackball", 2))
    receive(firm, "П-8", draft["Ref_Key"], ("мышь  беспроводная", 1), part="Услуги")
    firm.night()
    assert firm.asked("request_receipt_strange").issue.params["document"] == "П-7"
    assert sorted(allocated(firm)) == [("order", draft["Number"], "2"), ("receipt", "П-8", "1")]
    seed(firm.home, "allocation", [{"request_line": one, "step": "receipt", "document": "П-7", "quantity": "1"}])
    firm.night()
    assert not firm.open("request_receipt_strange")
    assert state(firm, id) == "received"
    # A person takes away what uchet wrote: it is not made again, and does not count.
    [mine] = [r["id"] for r in firm.it.rows("allocation", ("id", "document")) if r["document"] == "П-8"]
    with _database(firm.home) as db:
        db.getclass("allocation").retire(mine)
    firm.night()
    assert (state(firm, id), len(allocated(firm))) == ("partially_received", 2)
    quiet(firm)


def test_what_is_in_stock_is_issued_what_is_under_warranty_repaired(firm: Firm) -> None:
    item(firm, "mouse")
    firm.world.edit("Catalog_Номенклатура", guid("item mouse"), {"Description": "Мышь беспроводная"})
    in_stock(firm, "mouse", 1, "2026-01-20")
    id, _ = approved(firm)
    [draft] = drafts(firm)
    assert [r["Количество"] for r in draft["Товары"]] == [1], "one of the two is in stock"
    assert firm.asked("request_other_way")
    firm.night()
    quiet(firm)

    pc = firm.it.find("equipment", "inventory_number", "ОС-01")
    firm.it.change("equipment", pc, warranty="2027-01-01")
    holder = firm.it.read("equipment", pc)["attributes"]["custodian"]["id"]
    broken = ask(firm, title="Новый ПК", reason="replacement", equipment=pc, employee=holder)
    line(firm, broken, name="Компьютер", quantity="1")
    firm.night()
    firm.it.change("request", id, status="withdrawn")
    firm.night()
    assert state(firm, broken) == "approving", shown(firm, broken)["answer"]
    approve(firm, broken, "line_manager", "Андреева Анна Антоновна")
    firm.night()
    assert (state(firm, broken), len(drafts(firm))) == ("approved", 1), "repaired, not bought"
    assert firm.asked("request_order_needless").issue.params["number"] == draft["Number"]
    [asked] = [row for row in firm.open("request_other_way") if row.issue.desk == broken]
    firm.store.decide(asked.id, "take-desk", by="person")
    firm.night()
    assert len(drafts(firm)) == 2, "bought all the same, on a person's word"


def test_a_draft_of_other_contents_is_told_and_another_version_is_another_draft(firm: Firm) -> None:
    id, one = approved(firm)
    [first] = drafts(firm)
    firm.it.change("request_line", one, quantity="5")
    firm.night()
    assert (state(firm, id), len(drafts(firm))) == ("approving", 1)
    assert firm.asked("request_order_outdated").issue.params["number"] == first["Number"]
    approve(firm, id, "line_manager", "Андреева Анна Антоновна")
    approve(firm, id, "head_of_it", "Борисов Борис Богданович")
    firm.night()
    assert len(drafts(firm)) == 1, "two orders of one request are never open at once"
    firm.world.mark(INVOICE, first["Ref_Key"])
    firm.nights(2)
    [second] = drafts(firm)
    assert [r["Количество"] for r in second["Товары"]] == [5]
    firm.world.mark(INVOICE, second["Ref_Key"])
    firm.nights(3)
    assert drafts(firm) == [], "what a person deleted is not made again"
    assert firm.asked("request_to_order")
    assert not [row for row in firm.world.rows(INVOICE) if row["Posted"]], "nothing is posted"


def test_a_change_after_approval_within_and_beyond_the_tolerance(firm: Firm) -> None:
    id = ask(firm)
    one = line(firm, id)
    firm.night()
    approve(firm, id, "line_manager", "Андреева Анна Антоновна")
    approve(firm, id, "head_of_it", "Борисов Борис Богданович")
    firm.night()
    assert state(firm, id) == "approved"
    firm.it.change("request_line", one, price="950")
    firm.night()
    assert state(firm, id) == "in_plan", "five per cent; its order is drafted"
    firm.it.change("request_line", one, price="1000")
    firm.night()
    assert state(firm, id) == "approving", "eleven per cent of what was approved, though five of the last change"
    assert "заявку после него изменили" in shown(firm, id)["answer"]
    approve(firm, id, "line_manager", "Андреева Анна Антоновна")
    approve(firm, id, "head_of_it", "Борисов Борис Богданович", "rejected")
    firm.night()
    assert state(firm, id) == "rejected"
    assert shown(firm, id)["answer"] == "Отклонено (руководитель ИТ)."


def test_who_may_not_approve(firm: Firm) -> None:
    id = ask(firm, initiator=employee(firm, "Андреева Анна Антоновна"))
    line(firm, id)
    firm.night()
    approve(firm, id, "line_manager", "Андреева Анна Антоновна")
    approve(firm, id, "head_of_it", "Гусев Глеб Григорьевич")
    firm.night()
    assert state(firm, id) == "approving"
    assert "свою заявку не согласуют" in shown(firm, id)["answer"]
    assert "Гусев Глеб Григорьевич не исполняет эту роль" in shown(firm, id)["answer"]
    desk = read(firm)
    for role, name, code in (
        ("line_manager", "Андреева Анна Антоновна", "approval_void"),
        ("head_of_it", "Гусев Глеб Григорьевич", "approval_void"),
        ("director", "Борисов Борис Богданович", "role_not_asked"),
        ("head_of_it", "Никто", "person_unclear"),
    ):
        with pytest.raises(Reject) as caught:
            purchases.approve(parts(firm), desk, id, role, name, "approved", comment="", by="t")
        assert caught.value.code == code
    with pytest.raises(Reject) as caught:
        purchases.approve(
            parts(firm), desk, id, "head_of_it", "Борисов Борис Богданович", "approved",
            comment="", by="t", version="0",
        )  # fmt: skip
    assert caught.value.code == "request_changed"
    assert firm.store.approvals(PAIR) == []


def test_a_step_that_is_none_and_two_different_ones(firm: Firm) -> None:
    id = ask(firm, status="approved")
    line(firm, id)
    firm.night()
    assert firm.asked("request_step_refused").issue.params["step"] == "approved"
    assert state(firm, id) == "approved", "asked before it is put back"
    firm.decide("request_step_refused", "take-book")
    firm.night()
    assert state(firm, id) == "draft"
    firm.it.change("request", id, status="submitted")
    firm.night()
    approve(firm, id, "line_manager", "Андреева Анна Антоновна")
    approve(firm, id, "head_of_it", "Борисов Борис Богданович")
    firm.it.change("request", id, status="withdrawn")
    firm.night()
    assert firm.asked("request_step_conflict").issue.params["seen"] == "approving"
    assert state(firm, id) == "withdrawn"
    firm.decide("request_step_conflict", "take-desk")
    firm.night()
    assert (state(firm, id), firm.codes().count("request_step_conflict")) == ("withdrawn", 0)
    quiet(firm)


def test_packs_are_asked_for_and_pieces_lie_in_stock(firm: Firm) -> None:
    """The books count pieces: fifteen are one pack of ten, and the other one is bought."""
    item(firm, "paper")
    firm.world.put(
        "Catalog_КлассификаторЕдиницИзмерения", {"Ref_Key": guid("unit"), "Code": "796", "Description": "шт"}
    )
    firm.world.edit("Catalog_Номенклатура", guid("item paper"), {"ЕдиницаИзмерения_Key": guid("unit")})
    in_stock(firm, "paper", 15, "2026-01-20")
    owner = firm.it.find("organization", "name", "ООО «Роза»")
    card = {"name": "Бумага", "code": "paper", "unit": "упак", "factor": "10", "quantity": "0", "organization": owner}
    [paper] = seed(firm.home, "consumable", [card])
    id, _ = approved(firm, consumable=paper, name=None, unit="упак")
    assert "на складе есть 15 шт; выдайте 1 упак" in shown(firm, id)["answer"]
    [draft] = drafts(firm)
    [row] = draft["Товары"]
    assert (row["Номенклатура_Key"], row["Количество"]) == (guid("item paper"), 10)
    firm.night()
    assert "на складе есть 15 шт; выдайте 1 упак" in shown(firm, id)["answer"], "kept for it until it is issued"
    quiet(firm)


def test_lost_memory_starts_no_request_anew(firm: Firm) -> None:
    id = ask(firm)
    line(firm, id)
    firm.night()
    approve(firm, id, "line_manager", "Андреева Анна Антоновна")
    approve(firm, id, "head_of_it", "Борисов Борис Богданович")
    firm.nights(2)
    assert (state(firm, id), len(drafts(firm))) == ("in_plan", 1)
    with firm.store._write() as connection:
        connection.exec_driver_sql("DELETE FROM request")
    quiet(firm)
    assert (state(firm, id), len(drafts(firm))) == ("in_plan", 1)


def test_a_budget_is_asked_about_until_somebody_says_that_it_is_formed(firm: Firm) -> None:
    """Due on the first night; on the second the head of IT is asked."""
    due = firm.now.date() + timedelta(days=1)
    rule = BudgetRule(start=due, periods=("week",), weekday=WEEKDAYS[due.weekday()])
    firm.settings = replace(firm.settings, budget=rule)
    firm.night()
    assert firm.asked("budget_due").issue.params["days"] == 0
    firm.night()
    assert firm.asked("budget_overdue").issue.params["head"] == "Борисов Борис Богданович"
    firm.decide("budget_overdue", "formed")
    firm.night()
    assert "budget" not in {row.issue.kind for row in firm.open()}


def test_licences(firm: Firm) -> None:
    firm.settings = replace(firm.settings, licences=LicenceRules(allowed=("Офис", "САПР")))
    ends = date(2026, 3, 1)
    office, cad = seed(
        firm.home,
        "licence",
        [
            {"name": "Офис", "seats": "1", "expires": ends.isoformat()},
            {"name": "САПР", "seats": "5", "book_object": "нет такого"},
        ],
    )
    pc = firm.it.find("equipment", "inventory_number", "ОС-01")
    rows = [{"name": "Офис", "licence": office, "equipment": pc} for _ in range(2)]
    seed(firm.home, "installation", [*rows, {"name": "Игра", "equipment": pc}])
    firm.night()
    asked = {row.issue.code: row.issue for row in firm.open() if row.issue.kind == "licence"}
    assert set(asked) == {
        "licence_overused", "licence_expires", "installation_unlicensed", "installation_not_allowed",
    }  # fmt: skip
    assert asked["licence_expires"].params["days"] == 30
    quiet(firm)
    firm.it.change("licence", office, seats="2", expires="2027-01-01")
    firm.night()
    assert {row.issue.code for row in firm.open() if row.issue.kind == "licence"} == {
        "installation_unlicensed", "installation_not_allowed",
    }  # fmt: skip
    assert cad


def right(firm: Firm, code: str, catalog: str, name: str) -> None:
    """A right of use on an account of the books, kept by a record of ``catalog``."""
    firm.world.put("ChartOfAccounts_Хозрасчетный", {"Ref_Key": guid(code), "Code": code, "Type": "Active"})
    firm.world.put(catalog, {"Ref_Key": guid(name), "Description": name})
    record = {
        "Period": "2026-01-15T10:00:00", "Организация_Key": guid("rose"), "AccountDr_Key": guid(code),
        "ExtDimensionDr1": guid(name), "ExtDimensionDr1_Type": f"StandardODATA.{catalog}", "Сумма": 12000,
    }  # fmt: skip
    source = {"Recorder": guid(f"entry {name}"), "Recorder_Type": f"StandardODATA.{RECEIPT}"}
    firm.world.put("AccountingRegister_Хозрасчетный", {**source, "RecordSet": [record]})


def test_rights_of_use_on_every_account_one_to_many_seats(firm: Firm) -> None:
    """04.01, 97.21 and an account that settings name; what was expensed stands on none and is not asked about."""
    codes = ["04.01", "97.21", "012.1"]
    firm.book_map = load_system("book", "bp30", {"options.accounts.licence.codes": codes})
    right(firm, "04.01", "Catalog_НематериальныеАктивы", "Право на САПР")
    right(firm, "97.21", "Catalog_РасходыБудущихПериодов", "Подписка на офис")
    right(firm, "012.1", "Catalog_Номенклатура", "Антивирус")
    rows = [
        {"name": "Офис", "seats": "10", "book_object": "подписка на ОФИС"},
        {"name": "Офис для склада", "seats": "5", "book_object": "Подписка на офис"},
        {
            "name": "Антивирус",
            "seats": "50",
            "book_object": guid("Антивирус"),
        },  # by its key: this catalogue is not read
        {"name": "Архиватор", "seats": "3"},
    ]
    seed(firm.home, "licence", rows)
    firm.night()
    assert firm.asked("licence_book_only").issue.params["name"] == "Право на САПР"
    assert not firm.open("licence_object_unknown")
    quiet(firm)
    [cad] = seed(firm.home, "licence", [{"name": "САПР", "seats": "2", "book_object": "Право на САП"}])
    firm.night()
    assert firm.asked("licence_object_unknown").issue.params["object"] == "Право на САП"
    firm.it.change("licence", cad, book_object="право на САПР")
    firm.night()
    assert not [row for row in firm.open() if row.issue.kind == "licence"]


def test_the_command_line_with_rules_from_the_settings_file(
    firm: Firm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    good, bad = ask(firm), ask(firm, contact=None, title="Без контакта")
    for id in (good, bad):
        line(firm, id, price_date=date.today().isoformat(), price="500")
    firm.night()
    more = """
[requests]
matrix = [{ role = "security" }]
[[requests.approvers]]
role = "security"
person = "Гусев Глеб Григорьевич"
"""
    file = firm.settings_file(tmp_path / "uchet.toml", more)

    def cli(*words: str) -> tuple[int, str]:
        capsys.readouterr()
        code = main(["--settings" if w == "@" else w for w in (*words, "@", str(file))])
        return code, capsys.readouterr().out

    code, out = cli("requests", "check", bad)
    assert (code, out.strip().split("\n")) == (
        3,
        ["Укажите контакт.", f"В заявке № {good} уже просят то же самое (мышь беспроводная) для того же человека."],
    )
    code, out = cli("requests", "list", "--json")
    found = {one["id"]: one for one in json.loads(out)["requests"]}
    assert (found[good]["next"], found[good]["missing"]) == ("approving", ["security"])
    word = ("requests", "approve", good, "--role", "security", "--person")
    assert cli(*word, "Борисов Борис Богданович")[0] == 1
    assert firm.store.approvals(PAIR) == []
    code, out = cli(*word, "Гусев Глеб Григорьевич", "--comment", "носителей нет")
    assert (code, out.strip()) == (0, f"Записано по заявке {good}. Следующий запуск продолжит с этого места.")
    code, out = cli("requests", "show", good)
    assert "служба безопасности: согласована, Гусев Глеб Григорьевич носителей нет" in out
    assert json.loads(cli("requests", "list", "--json")[1])["requests"][0]["next"] == "approved"
    assert state(firm, good) == "approving", "the command line writes to neither side"
