"""Reports of what both sides have now, on the real pair: 1C (emulated) and Roundup. Each figure was entered there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from firm import LIMITS, ZONE, Firm, build, copies, guid

from uchet.connectors.roundup.server import seed
from uchet.emulator.defaults import known_key
from uchet.errors import Reject
from uchet.jobs.forms.catalog import form
from uchet.jobs.forms.live import make_live as printed
from uchet.jobs.forms.making import Wanted as Printed
from uchet.jobs.forms.types import Paper
from uchet.jobs.reports.live import make_live
from uchet.jobs.reports.making import Wanted
from uchet.jobs.reports.types import Filled, report
from uchet.jobs.reports.writing import write
from uchet.jobs.wiring import Wired
from uchet.purchase_rules import ApprovalRule, Approver, RequestRules
from uchet.settings import load_settings
from uchet.sync.pair import EngineSettings, FeedSettings
from uchet.sync.reconcile.scope import Asked

ISSUE, RECEIPT, WRITE_OFF = (
    f"Document_{name}" for name in ("ТребованиеНакладная", "ОприходованиеТоваров", "СписаниеТоваров")
)
STOCK = {"ram": 20, "psu": 20}
RULES = RequestRules(
    matrix=(ApprovalRule(role="line_manager"),),
    approvers=(Approver(role="line_manager", person="Андреева Анна Антоновна"),),
    limits={"ИТ": Decimal(5000)},
    drafts=False,
)


@pytest.fixture(scope="module")
def firm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Firm]:
    """A month of a company: parts fitted, used up and written off, a repair, requests, a licence that ends."""
    folder = tmp_path_factory.mktemp("reports")
    made = build(folder / "origin").start()
    put = made.world.put
    put("Catalog_КлассификаторЕдиницИзмерения", {"Ref_Key": guid("unit"), "Code": "796", "Description": "шт"})
    put("Catalog_СобытияОС", {"Ref_Key": guid("up"), "Description": "Модернизация", "ВидСобытияОС": "Модернизация"})
    for item, held in STOCK.items():
        row = {"Ref_Key": guid(f"item {item}"), "Code": item, "Description": item, "ЕдиницаИзмерения_Key": guid("unit")}
        put("Catalog_Номенклатура", row)
        stock(made, RECEIPT, item, held, "2026-01-20")
    made.night()
    place = made.it.find("location", "name", "Основной склад")
    card = {"unit": "шт", "organization": made.it.find("organization", "name", "ООО «Роза»"), "location": place}
    made.stop()
    rows = [{**card, "name": item, "code": item, "quantity": str(held)} for item, held in STOCK.items()]
    seed(made.home, "consumable", [{**row, "minimum": "25"} if row["code"] == "psu" else row for row in rows])
    firm = copies(made, folder / "firm")()
    guard = replace(LIMITS, change_max=10**6)
    firm.settings = EngineSettings(guard=guard, zone=ZONE, requests=RULES, feed=FeedSettings(date(2026, 2, 1)))
    happen(firm)
    yield firm
    firm.stop()


def stock(firm: Firm, document: str, item: str, quantity: int, day: str) -> None:
    """A document of the accountant's own."""
    row = {"Номенклатура_Key": guid(f"item {item}"), "Количество": quantity, "Сумма": 100 * quantity}
    head = {"Date": f"{day}T09:00:00", "Организация_Key": guid("rose"), "Склад_Key": guid("warehouse")}
    more = {"СтатьяПрочихДоходовРасходов_Key": guid("income")} if document == RECEIPT else {}
    operation = {"ВидОперации": "СписаниеСоСклада"} if document == WRITE_OFF else {}
    rows = [{**row, "СчетУчета_Key": known_key("account 10.09")}]
    firm.world.write_document(document, {**head, **more, **operation, "Товары": rows})


def happen(firm: Firm) -> None:
    """What the specialist, the requester and the accountant did."""
    it = firm.it

    def thing(asset: str) -> str:
        return str(firm.thing(asset)["id"])

    def card(item: str) -> str:
        return it.find("consumable", "code", item)

    old = seed(firm.home, "component", [{"equipment": thing("03"), "kind": "ram", "name": "DIMM 8", "serial": "D-8"}])
    upgrade = {"type": "upgrade", "date": "2026-02-02", "quantity": "1"}
    it.enter("work", equipment=thing("02"), consumable=card("psu"), component="psu", **upgrade)
    it.enter("work", equipment=thing("03"), consumable=card("ram"), component="ram", size_before="8", size_after="16",
             removes=old[0], serial="D-16", **upgrade)  # fmt: skip
    sent = {"type": "sent", "contractor": "Ремонт+", "date": "2026-02-02"}
    first = it.enter("work", equipment=thing("05"), act="15", due="2026-02-03", warranty="2027-01-01", **sent)
    it.enter("work", equipment=thing("06"), act="16", due="2026-02-03", **sent)
    it.enter("work", type="replaced", equipment=thing("05"), follows=first, serial="SN99B05", cost="0",
             contractor="Ремонт+", date="2026-02-05", warranty="2028-01-01")  # fmt: skip
    vera = it.find("employee", "name", "Волкова Вера Викторовна")
    ask = {
        "title": "Мышь",
        "status": "submitted",
        "organization": it.find("organization", "name", "ООО «Роза»"),
        "branch": it.find("location", "name", "Комната 204"),
        "department": it.find("department", "name", "Отдел ИТ"),
        "initiator": vera,
        "employee": vera,
        "reason": "new",
        "submitted": "2026-02-02",
        "article": "ИТ",
        "contact": "204",
    }
    mice, batteries = seed(
        firm.home, "request", [{**ask, "needed_by": "2026-03-05"}, {**ask, "title": "Блоки", "needed_by": "2026-03-20"}]
    )
    line = {"category": "hardware", "unit": "шт", "price": "900", "price_date": "2026-02-01", "vat": "with",
            "location": it.find("location", "name", "Основной склад")}  # fmt: skip
    seed(firm.home, "request_line", [
        {**line, "request": mice, "name": "Мышь", "quantity": "2"},
        {**line, "request": batteries, "name": "psu", "consumable": card("psu"), "category": "spare", "quantity": "3"},
    ])  # fmt: skip
    seed(
        firm.home,
        "licence",
        [{"name": "Офис", "seats": "5", "expires": "2026-03-15", "organization": ask["organization"]}],
    )
    firm.work("01", department="it", custodian="boris")
    firm.night()
    anna = it.find("employee", "name", "Андреева Анна Антоновна")
    for request in (mice, batteries):
        yes = {"request": request, "role": "line_manager", "employee": anna, "decision": "approved"}
        seed(firm.home, "approval", [yes])
    stock(firm, WRITE_OFF, "ram", 2, "2026-02-04")
    firm.night()
    firm.it.change("request", batteries, status="in_plan")
    firm.it.change("request", batteries, status="ordered")
    [its] = [row["id"] for row in it.rows("request_line", ("id", "name")) if row["name"] == "psu"]
    seed(firm.home, "allocation", [{"request_line": its, "step": "order", "document": "77", "quantity": "3"}])
    seed(firm.home, "allocation", [{"request_line": its, "step": "receipt", "document": "78", "quantity": "1"}])
    for row in firm.world.rows(ISSUE):
        if not row["Posted"] and any(one["Номенклатура_Key"] == guid("item psu") for one in row["Материалы"]):
            firm.world.edit(ISSUE, row["Ref_Key"], {"СчетЗатрат_Key": known_key("account 26")})
            firm.world.post(ISSUE, row["Ref_Key"])
    firm.night()
    firm.now = datetime(2026, 2, 10, 12)


def filled(firm: Firm, name: str, **wanted: Any) -> Filled:
    engine = firm.engine()
    settings = load_settings(firm.settings_file(firm.folder / "uchet.toml"))
    return make_live(Wired(settings, firm.store, engine.pair, engine), firm.clock(), Wanted(report(name), **wanted))


def by(rows: Any, name: str, value: object) -> dict[str, Any]:
    [row] = [dict(one) for one in rows if one.get(name) == value]
    return row


def test_turnover_adds_up_on_both_sides_and_says_what_to_order(firm: Firm, tmp_path: Path) -> None:
    made = filled(firm, "turnover", since=date(2026, 2, 1))
    rows = made.rows["lines"]
    psu, ram = by(rows, "title", "psu"), by(rows, "title", "ram")
    flow = [f"{side}_{part}" for side in ("book", "desk") for part in ("opening", "in", "out", "closing")]
    # Both parts stand in one requisition, which was posted; the books' own write-off came to the desk.
    assert [psu[name] for name in flow] == [20, 0, 1, 19, 20, 0, 1, 19]
    assert [ram[name] for name in flow] == [20, 0, 3, 17, 20, 0, 3, 17]
    assert (psu["difference"], psu["note"]) == (0, None)
    assert (psu["ordered"], psu["reserved"], psu["minimum"], psu["point"]) == (2, 1, 25, 25)
    # One in nine days: 25 and what thirty days take, less 19 + 2 - 1 available.
    assert (psu["used"], psu["days"], psu["to_order"]) == (Decimal("0.111"), 180, 9)
    assert by(made.rows["departments"], "title", "psu")["quantity"] == 1
    assert made.rows["reserve"][0]["title"] == "psu, Основной склад"
    assert any(line.startswith("Прочитано (учёт)") for line in made.told)
    assert "Период: 01.02.2026 – 10.02.2026, оба дня включительно." in made.told
    write(made, tmp_path / "t.xlsx")
    [chart] = openpyxl.load_workbook(tmp_path / "t.xlsx").worksheets[2]._charts
    assert len(chart.series) == 2

    january = filled(firm, "turnover", since=date(2026, 1, 1), until=date(2026, 1, 31))
    assert [by(january.rows["lines"], "title", "psu")[name] for name in flow] == [0, 20, 0, 20, 20, 0, 0, 20]
    past = by(january.rows["lines"], "title", "psu")
    assert [past[name] for name in ("ordered", "reserved", "minimum", "point", "to_order")] == [None] * 5
    assert january.rows["reserve"] == ()
    assert filled(firm, "turnover", asked=Asked(organization=("ООО «Лилия»",))).rows["lines"] == ()
    with pytest.raises(Reject, match="has not come"):
        filled(firm, "turnover", until=date(2026, 2, 11))


def test_a_side_that_does_not_answer_is_named_and_leaves_no_figure(firm: Firm) -> None:
    before = firm.tracker
    try:
        firm.tracker = type(before)("http://127.0.0.1:9/", "uchet", "x", timeout=1)
        made = filled(firm, "turnover", since=date(2026, 2, 1))
    finally:
        firm.tracker.close()
        firm.tracker = before
    psu = by(made.rows["lines"], "title", "psu")
    assert (psu["book_closing"], psu.get("desk_closing"), psu["difference"]) == (19, None, None)
    assert any(line.startswith("НЕ ПРОЧИТАНО (ИТ, Расходный материал)") for line in made.told)


def test_repairs_and_warranties(firm: Firm) -> None:
    made = filled(firm, "repairs")
    back, away = made.rows["repairs"]
    assert (back["inventory_number"], back["outcome"], back["act"]) == ("ОС-05", "заменено", "15")
    assert (back["sent"], back["returned"], back["days"], back["overdue"]) == (
        date(2026, 2, 2), date(2026, 2, 5), 3, 2,
    )  # fmt: skip
    assert (back["old_serial"], back["new_serial"], back["warranty"]) == ("SN77A05", "SN99B05", date(2027, 1, 1))
    assert (away["inventory_number"], away["outcome"], away["days"], away["overdue"]) == ("ОС-06", "в ремонте", 8, 7)
    [warranty] = made.rows["warranties"]
    assert (warranty["inventory_number"], warranty["until"]) == ("ОС-05", date(2028, 1, 1))
    assert filled(firm, "repairs", asked=Asked(numbers=("ОС-06",))).rows["repairs"] == (away,)


def test_repairs_as_forms_to_sign(firm: Firm) -> None:
    def made(name: str, **asked: Any) -> Paper:
        engine = firm.engine()
        settings = load_settings(firm.settings_file(firm.folder / "uchet.toml"))
        parts = Wired(settings, firm.store, engine.pair, engine)
        return printed(parts, firm.clock(), Printed(form(name), asked=Asked(**asked), made_of="repairs"))

    first, second = made("Акт ремонта").sheets
    assert (first.title, second.title) == ("Акт ремонта 15", "Акт ремонта 16")
    assert first.values == {"organization": "ООО «Роза»", "contractor": "Ремонт+", "number": "15"}
    [row] = first.rows["lines"]
    assert (row["n"], row["inventory_number"], row["serial"], row["new_serial"]) == (1, "ОС-05", "SN77A05", "SN99B05")
    assert (row["sent"], row["due"], row["returned"], row["sum"]) == (
        date(2026, 2, 2), date(2026, 2, 3), date(2026, 2, 5), 0,
    )  # fmt: skip
    [away] = second.rows["lines"]
    assert (away["inventory_number"], away["returned"], away["sum"]) == ("ОС-06", None, None)
    assert [one.title for one in made("Акт ремонта", numbers=("ОС-06",)).sheets] == ["Акт ремонта 16"]
    # One is still away, in place of the other a new one came: no repaired fixed asset was taken back.
    with pytest.raises(Reject) as caught:
        made("ОС-3")
    assert caught.value.code == "form_no_repair"
    with pytest.raises(Reject) as caught:
        made("М-11")
    assert (caught.value.code, "Акт ремонта" in caught.value.text("ru")) == ("form_other_source", True)
    it, sent = firm.it, str(firm.thing("06")["id"])
    it.enter("work", type="returned", equipment=sent, follows=it.find("work", "act", "16"), cost="1500.50",
             date="2026-02-06")  # fmt: skip
    [sheet] = made("ОС-3").sheets
    assert sheet.values == {
        "organization": "ООО «Роза»", "contractor": "Ремонт+", "number": "16",
        "by_contract": "02.02.2026 – 03.02.2026", "actual": "02.02.2026 – 06.02.2026",
    }  # fmt: skip
    assert sheet.rows["objects"] == (
        {"n": 1, "title": "Компьютер 06", "inventory_number": "ОС-06", "serial": "SN77A06"},
    )
    assert sheet.rows["costs"] == ({"n": 1, "title": "Компьютер 06", "work": "ремонт", "repair": Decimal("1500.50")},)


def test_movement_of_consumables_and_things_with_their_documents(firm: Firm) -> None:
    asked = {"since": date(2026, 2, 1), "titles": {"move": "Перемещение ОС", "consume": "Требование"}}
    rows = filled(firm, "movement", **asked).rows["lines"]
    assert [row["date"] for row in rows] == sorted(row["date"] for row in rows)
    used = {(row["title"], row["kind"]): row for row in rows}
    psu, spent, thing = used["psu", "выдача"], used["ram", "расход по учёту"], by(rows, "inventory_number", "ОС-01")
    assert (psu["quantity"], psu["unit"], psu["from"], psu["state"]) == (1, "шт", "Основной склад", "проведён")
    assert (psu["document"], psu["number"]) == ("Требование", used["ram", "выдача"]["number"])
    # The books' own write-off: no draft of ours stands behind it.
    assert (spent["quantity"], spent["state"], spent.get("document")) == (2, "проведён, из 1С", None)
    assert spent["number"] == firm.world.rows(WRITE_OFF)[0]["Number"]
    assert (thing["kind"], thing["quantity"], thing["document"]) == ("перемещение", 1, "Перемещение ОС")
    assert (thing["from"], thing["to"], thing["state"]) == (
        "Андреева Анна Антоновна, Бухгалтерия", "Борисов Борис Богданович, Отдел ИТ", "ждёт проведения",
    )  # fmt: skip
    assert len(rows) == 4, "a movement and its draft are one row"
    assert filled(firm, "movement", **asked, asked=Asked(numbers=("ОС-01",))).rows["lines"] == (thing,)
    assert filled(firm, "movement", asked=Asked(organization=("ООО «Лилия»",))).rows["lines"] == ()
    january = filled(firm, "movement", since=date(2026, 1, 1), until=date(2026, 1, 31))
    assert january.rows["lines"] == ()


def test_requests_and_the_budget_of_the_next_month(firm: Firm) -> None:
    rows = filled(firm, "requests").rows
    mice, blocks = by(rows["requests"], "title", "Мышь"), by(rows["requests"], "title", "Блоки")
    assert (mice["initiator"], mice["sum"], mice["state"]) == ("Волкова Вера Викторовна", 1800, "согласована")
    # The desk dates a word itself, by its own clock.
    day = max(date.fromisoformat(row["date"]) for row in firm.it.rows("approval", ("id", "date")))
    assert mice["approvals"] == f"руководитель подразделения: согласовано {day:%d.%m.%Y} (Андреева Анна Антоновна)"
    assert (mice["approved_in"], mice["overdue"]) == ((day - date(2026, 2, 2)).days, None)
    assert [blocks[name] for name in ("wanted", "ordered", "received", "issued", "left")] == [3, 3, 1, 0, 3]
    assert blocks["documents"] == "заказ 77; поступление 78"
    assert by(rows["lines"], "title", "psu")["number"] == blocks["number"]

    made = filled(firm, "budget")
    assert "Период: 01.03.2026 – 31.03.2026, оба дня включительно." in made.told
    budget = made.rows["lines"]
    first, second = by(budget, "title", "Мышь"), by(budget, "title", "psu")
    assert (first["quantity"], first["sum"], first["running"], first["limit"]) == (2, 1800, 1800, 5000)
    assert (first["needed_by"], first["start"]) == (date(2026, 3, 5), date(2026, 2, 28))
    assert (second["sum"], second["running"], second["ordered"], second["received"]) == (2700, 4500, 3, 1)
    assert by(budget, "title", "Офис")["quantity"] == 5
    reserve = by(budget, "title", "psu, Основной склад")
    # Nobody knows what one costs: the books hold quantities here and no sums.
    assert (reserve["quantity"], reserve["price"], reserve["sum"]) == (9, None, None)
    article = by(made.rows["articles"], "article", "ИТ")
    assert (article["sum"], article["limit"], article["left"]) == (4500, 5000, 500)
    with pytest.raises(Reject, match="no period"):
        filled(firm, "requests", since=date(2026, 2, 1))


def test_upgrades_with_requisition_and_decision(firm: Firm) -> None:
    battery, memory = sorted(filled(firm, "upgrades").rows["lines"], key=lambda row: str(row["inventory_number"]))
    assert (battery["component"], battery["proposal"], battery["decision"]) == (
        "блок питания",
        "ремонт",
        "ждёт решения",
    )
    assert str(battery["requisition"]).endswith("(проведён)")
    assert (memory["fitted"], memory["fitted_serial"], memory["removed"], memory["removed_serial"]) == (
        "ram", "D-16", "DIMM 8", "D-8",
    )  # fmt: skip
    assert (memory["before"], memory["after"], memory["proposal"]) == (8, 16, "модернизация")
    assert memory["document"] is None
    [row] = [r for r in firm.store.issues("firm") if r.issue.code == "work_modernization"]
    firm.store.decide(row.id, "modernization", by="anna")
    firm.night()
    memory = by(filled(firm, "upgrades").rows["lines"], "inventory_number", "ОС-03")
    assert memory["decision"] == "модернизация"
    assert str(memory["document"]).endswith("(ждёт проведения)")
