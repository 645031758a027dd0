"""IT assets seen inside 1C: additional attributes of cards, notes beside documents, and the register «ИТ-активы»."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from firm import CARD, MOVE, Firm, build, copies, guid, number

from uchet.mappings.model import Ref
from uchet.sync.orders import Order

SHOWN, NOTES = "InformationRegister_ИТАктивы", "InformationRegister_ДополнительныеСведения"


@pytest.fixture(scope="module")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Firm:
    return build(tmp_path_factory.mktemp("shown") / "firm")


@pytest.fixture
def firm(origin: Firm, tmp_path: Path) -> Iterator[Firm]:
    made = copies(origin, tmp_path / "firm")()
    yield made
    made.stop()


def rows(firm: Firm, name: str = SHOWN) -> dict[str, dict[str, Any]]:
    key = "Актив" if name == SHOWN else "Объект"
    return {row[key]: row for row in firm.world.rows(name)}


def installed(firm: Firm) -> None:
    """The extension is installed; the guard stops what it brings, and a person lets it pass."""
    firm.world.publish(SHOWN)
    firm.guarded()
    run = firm.night()
    assert (run.outcome, run.notes) == ("blocked", ("too_many_changes",))
    done = firm.approve(run)
    assert (done.writes, done.failed) == (14, 0), firm.history(done)


def test_without_the_register_nothing_is_missed(firm: Firm) -> None:
    firm.quiet()
    assert rows(firm) == {}


def test_every_thing_is_shown_also_one_without_a_card(firm: Firm) -> None:
    installed(firm)
    found = rows(firm)
    assert len(found) == 14  # twelve cards and two low-value things
    row = found[firm.thing("01")["id"]]
    assert row["ОсновноеСредство_Key"] == guid("asset 01")
    assert (row["МОЛ_Key"], row["Подразделение_Key"], row["Организация_Key"]) == (
        guid("anna"),
        guid("books"),
        guid("rose"),
    )
    assert (row["ИнвентарныйНомер"], row["Модель"], row["Место"]) == (number("01"), "OptiPlex 3090", "Комната 204")
    assert row["Ссылка"] == f"{firm.desk.url}/equipment{row['Актив']}"
    loose = found[firm.thing("p1")["id"]]
    assert (loose["Наименование"], loose["МОЛ_Key"]) == ("Телефон Panasonic", guid("anna"))
    assert set(loose["ОсновноеСредство_Key"]) <= {"0", "-"}
    firm.quiet()


def test_one_write_for_a_changed_thing_and_none_for_the_others(firm: Firm, closing: Callable[[str], None]) -> None:
    installed(firm)
    firm.work("02", status="faulty", user="boris")
    before = rows(firm)
    run = firm.night()
    assert run.failed == 0
    after = rows(firm)
    changed = [id for id in after if after[id] != before[id]]
    assert changed == [firm.thing("02")["id"]]
    (row,) = (after[id] for id in changed)
    assert (row["Состояние"], row["Пользователь"]) == ("Неисправно", "Борисов Борис Богданович")
    shown = [o for o in firm.store.operations("firm", run=run.id) if o.operation.kind == "shown"]
    assert len(shown) == 1
    cards = [o for o in firm.store.operations("firm", run=run.id) if o.operation.kind == "equipment"]
    assert len([o for o in cards if o.operation.side == "book"]) == 1, "all attributes of a card in one write"
    closing(f"IT assets in 1C: 1 changed thing, {len(shown)} write of the register, {run.writes} writes of the night")
    firm.quiet()


def test_what_left_the_desk_stays_as_out_of_service_and_an_edit_is_put_right(firm: Firm) -> None:
    installed(firm)
    firm.work("03", status="written_off")
    key = firm.thing("04")["id"]
    firm.world.edit(SHOWN, firm.base_key(SHOWN, key), {"Модель": "что-то иное"})
    firm.night()
    found = rows(firm)
    assert found[firm.thing("03")["id"]]["ВЭксплуатации"] is False
    assert found[key]["Модель"] == "OptiPlex 3090"
    assert len(found) == 14
    firm.quiet()


def test_a_write_whose_answer_was_lost_is_found(firm: Firm) -> None:
    firm.world.publish(SHOWN)
    firm.emulator.faults.add("drop_after", method="POST", collection=SHOWN)
    run = firm.approve(firm.night())
    assert run.failed == 1
    firm.night()
    assert len(rows(firm)) == 14, firm.history(run)
    firm.quiet()


def test_cards_carry_the_number_and_the_page_where_there_are_attributes_for_it(firm: Firm) -> None:
    keys = {title: firm.world.add_property(f"ИТ: {title}", guid(title)) for title in ("номер", "ссылка")}
    firm.night()
    id = firm.thing("05")["id"]
    held = {row["Свойство_Key"]: row["Значение"] for row in firm.card("05")["ДополнительныеРеквизиты"]}
    assert held[keys["номер"]] == id
    assert held[keys["ссылка"]] == f"{firm.desk.url}/equipment{id}"
    assert held[guid("модель")] == "OptiPlex 3090"
    firm.quiet()
    versions = {row["Ref_Key"]: row["DataVersion"] for row in firm.world.rows(CARD)}
    firm.work("05", model="OptiPlex 7090")
    assert firm.night().writes == 1
    after = {row["Ref_Key"]: row["DataVersion"] for row in firm.world.rows(CARD)}
    assert [key for key in after if after[key] != versions[key]] == [guid("asset 05")]


def test_documents_carry_the_desks_number_as_an_additional_property(firm: Firm) -> None:
    prop = firm.world.add_property("ИТ: номер обращения", guid("request"))
    order = Order(
        "write_off_stock", "event-1", "Заявка № 77",
        {"organization": Ref("book", "organization", guid("rose")), "place": Ref("book", "place", guid("warehouse"))},
        ({"item": Ref("book", "item", guid("item p3")), "quantity": 1},),
    )  # fmt: skip
    assert firm.engine().draft([order]).drafts == 1
    firm.work("01", department="it", custodian="boris")
    run = firm.night()
    assert (run.drafts, run.failed) == (1, 0)
    firm.night()
    found = rows(firm, NOTES)
    (move,) = firm.drafts()
    assert found[move["Ref_Key"]]["Значение"] == f"{firm.desk.url}/equipment{firm.thing('01')['id']}"
    (written,) = [row for row in found.values() if row["Объект_Type"].endswith("Document_СписаниеТоваров")]
    assert (written["Значение"], written["Свойство_Key"]) == ("Заявка № 77", prop)
    # A posted document carries it as well: it is not rewritten, and no closed period forbids it.
    firm.world.post(MOVE, move["Ref_Key"])
    firm.world.close_period("2026-03-31")
    firm.night()
    firm.night()
    firm.quiet()
