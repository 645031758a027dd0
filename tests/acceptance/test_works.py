"""Work on equipment on the real pair: 1C (emulated) and Roundup. Repair, replacement, upgrade, swap, assembly.

What is asserted is read from the two servers, past the engine.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from firm import LIMITS, MOVE, PAIR, ZERO, ZONE, Firm, build, copies, guid

from uchet.connectors.roundup.server import seed
from uchet.emulator.defaults import known_key
from uchet.sync.pair import EngineSettings, FeedSettings

UPGRADE, KIT, ISSUE = "Document_МодернизацияОС", "Document_КомплектацияНоменклатуры", "Document_ТребованиеНакладная"
RECEIPT, WRITE_OFF = "Document_ОприходованиеТоваров", "Document_СписаниеТоваров"
#: Item → what there is of it; "pc" is put together from the others.
STOCK = {"ram": 20, "psu": 20, "case": 5, "pc": 0}


@pytest.fixture(scope="module")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Firm:
    """A company with a shelf of parts, of which both sides say the same."""
    made = build(tmp_path_factory.mktemp("works") / "origin").start()
    put = made.world.put
    put(
        "Catalog_СобытияОС",
        {"Ref_Key": guid("upgraded"), "Description": "Модернизация", "ВидСобытияОС": "Модернизация"},
    )
    put("Catalog_КлассификаторЕдиницИзмерения", {"Ref_Key": guid("unit"), "Code": "796", "Description": "шт"})
    for item, held in STOCK.items():
        row = {"Ref_Key": guid(f"item {item}"), "Code": item, "Description": item, "ЕдиницаИзмерения_Key": guid("unit")}
        put("Catalog_Номенклатура", row)
        if held:
            stock(made, RECEIPT, {item: held}, "2026-01-20")
    made.night()
    place = made.it.find("location", "name", "Основной склад")
    card = {"unit": "шт", "organization": made.it.find("organization", "name", "ООО «Роза»"), "location": place}
    made.stop()
    seed(
        made.home,
        "consumable",
        [{**card, "name": item, "code": item, "quantity": str(held)} for item, held in STOCK.items()],
    )
    return made


@pytest.fixture
def firm(origin: Firm, tmp_path: Path) -> Iterator[Firm]:
    made = copies(origin, tmp_path / "firm")()
    made.settings = EngineSettings(
        guard=replace(LIMITS, change_max=10**6), zone=ZONE, feed=FeedSettings(date(2026, 2, 1))
    )
    yield made
    made.stop()


def stock(firm: Firm, document: str, lines: dict[str, int], day: str) -> str:
    """A document of the accountant's own that brings things to the warehouse, or takes them away."""
    rows = [
        {"Номенклатура_Key": guid(f"item {item}"), "Количество": n, "СчетУчета_Key": known_key("account 10.09")}
        for item, n in lines.items()
    ]
    head = {"Date": f"{day}T09:00:00", "Организация_Key": guid("rose"), "Склад_Key": guid("warehouse")}
    more = {"СтатьяПрочихДоходовРасходов_Key": guid("income")} if document == RECEIPT else {}
    operation = {"ВидОперации": "СписаниеСоСклада"} if document == WRITE_OFF else {}
    return firm.world.write_document(document, {**head, **more, **operation, "Товары": rows})


def works(firm: Firm, kind: str, asset: str = "", **values: Any) -> str:
    """A specialist records a work; its id."""
    values |= {"type": kind}
    if asset:
        values["equipment"] = firm.thing(asset)["id"]
    if "item" in values:
        values["consumable"] = firm.it.find("consumable", "code", values.pop("item"))
    if "other" in values:
        values["other"] = firm.thing(values["other"])["id"]
    return firm.it.enter("work", **values)


def state(firm: Firm, work: str) -> tuple[str, str]:
    """Where the event of a work stands, and why."""
    (found,) = firm.store.events_of_records(PAIR, {f"work/{work}"}).values()
    return found.state, found.reason


def held(firm: Firm) -> dict[str, Decimal]:
    return {r["code"]: Decimal(r["quantity"]) for r in firm.it.rows("consumable", ("code", "quantity"))}


def in_books(firm: Firm) -> dict[str, Decimal]:
    """What the books' records say of the warehouse."""
    found = dict.fromkeys(STOCK, Decimal(0))
    names = {guid(f"item {item}"): item for item in STOCK}
    for row in firm.world.rows("AccountingRegister_Хозрасчетный"):
        for side, sign in (("Dr", 1), ("Cr", -1)):
            item = names.get(row.get(f"ExtDimension{side}1"))
            if item and row[f"Account{side}_Key"] == known_key("account 10.09"):
                found[item] += sign * Decimal(row[f"Количество{side}"] or 0)
    return found


def post(firm: Firm, document: str, **values: Any) -> list[dict[str, Any]]:
    """The accountant fills in what is hers and posts every draft of a kind; the drafts as they were."""
    drafts = [r for r in firm.world.rows(document) if not r["Posted"] and not r["DeletionMark"]]
    for row in drafts:
        if values:
            firm.world.edit(document, row["Ref_Key"], values)
        firm.world.post(document, row["Ref_Key"])
    return drafts


def test_repair_replacement_and_their_questions(firm: Firm) -> None:
    sent = works(firm, "sent", "01", contractor="Ремонт+", act="15", due="2026-02-03", date="2026-02-02")
    firm.work("05", warranty="2027-01-01")
    other = works(firm, "sent", "05", contractor="Ремонт+", act="16", date="2026-02-02")
    firm.nights(3)
    assert firm.thing("01")["status"] == "in_repair"
    assert [r for r in firm.card("01")["ДополнительныеРеквизиты"] if r["Значение"] == "В ремонте"]
    assert firm.asked("work_overdue").issue.params["act"] == "15"
    assert state(firm, other) == ("pending", "work_away")

    replaced = works(firm, "replaced", "01", follows=sent, serial="SN99B01", contractor="Ремонт+", date="2026-02-05")
    returned = works(firm, "returned", "05", follows=other, cost="4500", contractor="Ремонт+", date="2026-02-05")
    firm.nights(2)
    assert firm.card("01")["ЗаводскойНомер"] == "SN99B01"
    assert (state(firm, sent), state(firm, other)) == (("posted", "ended"), ("posted", "ended"))
    asked = firm.asked("work_replaced").issue.params
    assert (asked["old_serial"], asked["serial"]) == ("SN77A01", "SN99B01")
    assert firm.asked("work_paid_warranty").issue.params["cost"] == "4500"
    for code in ("work_replaced", "work_paid_warranty"):
        firm.decide(code, "take-book")
    firm.night()
    assert (state(firm, replaced), state(firm, returned)) == (("posted", "seen"), ("posted", "seen"))
    assert not [i for i in firm.codes() if i.startswith("work_")]
    firm.quiet()


def test_upgrade_and_swap(firm: Firm) -> None:
    day = {"date": "2026-02-02", "quantity": "1"}
    battery = works(firm, "upgrade", "02", item="psu", component="psu", **day)
    memory = works(firm, "upgrade", "03", item="ram", component="ram", size_before="8", size_after="16", **day)
    low = works(firm, "upgrade", "p1", item="ram", component="ram", **day)
    swap = works(firm, "swap", "04", other="07", act="А-7", date="2026-02-02")
    assert (held(firm)["ram"], held(firm)["psu"]) == (18, 19)
    history = {r["kind"]: r["fitted"] for r in firm.it.rows("component", ("kind", "fitted"))}
    assert history == {"psu": "2026-02-02", "ram": "2026-02-02"}
    assert firm.standing("07") == ("Бухгалтерия", "Андреева Анна Антоновна")

    run = firm.night()
    assert not run.failed, firm.history(run)
    assert firm.asked("work_repair").issue.params["part"] == "psu"
    assert firm.asked("work_modernization").issue.params["part"] == "ram"
    assert state(firm, low) == ("posted", "issue_only"), "a low-value thing has no value to raise"
    moves = firm.drafts()
    assert len(moves) == 2
    assert all("замена по акту А-7: ОС-04 → ОС-07" in row["Комментарий"] for row in moves), "one act, two movements"
    assert not firm.world.rows(UPGRADE), "nobody has said yet that it is one"

    firm.decide("work_repair", "repair")
    firm.decide("work_modernization", "modernization")
    post(firm, MOVE)
    post(firm, ISSUE, СчетЗатрат_Key=known_key("account 26"))
    firm.night()
    (draft,) = firm.world.rows(UPGRADE)
    assert [r["ОсновноеСредство_Key"] for r in draft["ОС"]] == [guid("asset 03")]
    assert (draft["ОбъектСтроительства_Key"], draft["Posted"]) == (ZERO, False)
    assert (state(firm, battery), state(firm, memory)) == (("posted", "repair"), ("drafted", ""))
    assert (firm.place("04"), firm.place("07")) == (("it", "boris"), ("books", "anna"))
    firm.night()
    assert state(firm, swap) == ("posted", "moved")
    assert in_books(firm) == held(firm)
    firm.quiet()


def test_assembly_is_a_draft_and_disassembly_a_task(firm: Firm) -> None:
    work = works(firm, "assembly", item="pc", quantity="2", date="2026-02-02")
    for item, n in (("ram", 4), ("psu", 2), ("case", 2)):
        card = firm.it.find("consumable", "code", item)
        firm.it.enter("work_part", work=work, consumable=card, quantity=str(n), share="1")
    assert held(firm)["pc"] == 0, "nothing happens before it is done"
    firm.it.change("work", work, status="done")
    assert held(firm) == {"ram": 16, "psu": 18, "case": 3, "pc": 2}
    with pytest.raises(RuntimeError, match="405"):
        firm.it.change("work", work, quantity="3")

    run = firm.night()
    assert (run.drafts, run.failed) == (1, 0), firm.history(run)
    (draft,) = post(firm, KIT)
    lines = {(r["Номенклатура_Key"], Decimal(r["Количество"])) for r in draft["Комплектующие"]}
    assert lines == {(guid(f"item {item}"), Decimal(n)) for item, n in (("ram", 4), ("psu", 2), ("case", 2))}
    assert (draft["Номенклатура_Key"], Decimal(draft["Количество"])) == (guid("item pc"), 2)
    firm.night()
    assert state(firm, work) == ("posted", "")
    assert in_books(firm) == held(firm), "what was drafted does not come back"

    apart = works(firm, "disassembly", item="pc", quantity="1", date="2026-02-03")
    firm.it.enter("work_part", work=apart, consumable=firm.it.find("consumable", "code", "case"), quantity="1")
    firm.it.change("work", apart, status="done")
    firm.night()
    assert "pc -1" in firm.asked("feed_kit_task").issue.params["lines"]
    # The accountant's own assembly, turned round: one document that takes the whole and brings the part.
    body = {
        "Date": "2026-02-03T12:00:00",
        "ВидОперации": "Комплектация",
        "Организация_Key": guid("rose"),
        "Склад_Key": guid("warehouse"),
        "Номенклатура_Key": guid("item case"),
        "Количество": 1,
        "Комплектующие": [{"Номенклатура_Key": guid("item pc"), "Количество": 1, "ДоляСтоимости": 1}],
    }
    firm.world.write_document(KIT, body)
    firm.night()
    assert state(firm, apart) == ("posted", "found")
    assert in_books(firm) == held(firm), "it is one with what the desk recorded"
    firm.quiet()


def test_an_assembly_where_the_base_has_no_document_for_it_is_a_task(firm: Firm) -> None:
    firm.world.unpublish(KIT)
    work = works(firm, "assembly", item="pc", quantity="1", date="2026-02-02")
    firm.it.enter("work_part", work=work, consumable=firm.it.find("consumable", "code", "case"), quantity="1")
    firm.it.change("work", work, status="done")
    run = firm.night()
    assert (run.drafts, run.failed) == (0, 0), firm.history(run)
    assert firm.asked("feed_kit_task").issue.params["lines"] == "pc +1.000, case -1.000"
    firm.quiet()
