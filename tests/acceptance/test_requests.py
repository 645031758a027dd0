"""A purchase request from its first line to the last receipt, on a real desk and a 1C that answers over HTTP."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from firm import PAIR, Firm, build, copies, guid

from uchet.cli import main
from uchet.connectors.roundup.server import seed
from uchet.errors import Reject
from uchet.jobs import requests as purchases
from uchet.jobs.wiring import Wired
from uchet.purchase_rules import ApprovalRule, Approver, LicenceRules, RequestRules

INVOICE = "Document_СчетНаОплатуПоставщика"
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


def employee(firm: Firm, name: str) -> str:
    return firm.it.find("employee", "name", name)


def ask(firm: Firm, *, status: str = "submitted", **values: Any) -> str:
    """A request of Vera's for herself, filled in as it should be but for ``values``."""
    day = firm.now.date()
    whole = {
        "title": "Мышь",
        "status": status,
        "organization": firm.it.find("organization", "name", "ООО «Роза»"),
        "branch": firm.it.find("location", "name", "Комната 204"),
        "department": firm.it.find("department", "name", "Отдел ИТ"),
        "initiator": employee(firm, "Волкова Вера Викторовна"),
        "employee": employee(firm, "Волкова Вера Викторовна"),
        "reason": "new",
        "needed_by": day.replace(day=28).isoformat(),
        "submitted": day.isoformat(),
        "article": "ИТ",
        "contact": "204",
    }
    [id] = seed(firm.home, "request", [{**whole, **values}])
    return id


def line(firm: Firm, request: str, **values: Any) -> str:
    whole = {
        "request": request,
        "name": "Мышь беспроводная",
        "category": "hardware",
        "quantity": "2",
        "unit": "шт",
        "price": "900",
        "price_date": firm.now.date().isoformat(),
        "vat": "with",
        "location": firm.it.find("location", "name", "Основной склад"),
    }
    [id] = seed(firm.home, "request_line", [{**whole, **values}])
    return id


def approve(firm: Firm, request: str, role: str, name: str, decision: str = "approved") -> str:
    row = {"request": request, "role": role, "employee": employee(firm, name), "decision": decision}
    [id] = seed(firm.home, "approval", [row])
    return id


def shown(firm: Firm, request: str) -> dict[str, Any]:
    found: dict[str, Any] = firm.it.read("request", request)["attributes"]
    return found


def state(firm: Firm, request: str) -> str:
    return str(shown(firm, request)["status"])


def parts(firm: Firm) -> Wired:
    return Wired(None, firm.store, firm.engine().pair, firm.engine())  # type: ignore[arg-type]  # no settings file here


def read(firm: Firm) -> purchases.Desk:
    return purchases.read(parts(firm), firm.clock())


def invoice(firm: Firm, comment: str, **status: str) -> str:
    """The accountant's invoice, and what 1C says of it."""
    key = guid(f"invoice {comment}")
    body = {"Ref_Key": key, "Date": firm.now.isoformat(timespec="seconds"), "Комментарий": comment}
    body |= {"Организация_Key": guid("rose"), "Number": "0000-000055"}
    firm.world.put(INVOICE, body)
    row = {"Организация_Key": guid("rose"), "Документ": key, "Документ_Type": f"StandardODATA.{INVOICE}", **status}
    firm.world.put("InformationRegister_СтатусыДокументов", row)
    return key


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
    assert not [row for row in firm.world.rows(INVOICE) if row.get("Posted")], "nothing is posted"


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
    assert state(firm, id) == "approved", "five per cent"
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


def test_lost_memory_starts_no_request_anew(firm: Firm) -> None:
    id = ask(firm)
    line(firm, id)
    firm.night()
    approve(firm, id, "line_manager", "Андреева Анна Антоновна")
    approve(firm, id, "head_of_it", "Борисов Борис Богданович")
    firm.night()
    with firm.store._write() as connection:
        connection.exec_driver_sql("DELETE FROM request")
    quiet(firm)
    assert state(firm, id) == "approved"


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
