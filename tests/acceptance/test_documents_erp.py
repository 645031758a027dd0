"""Every kind of draft of ERP 2.5 and of УТ 11: what is sent, byte for byte, and what becomes of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from drafting import FOLLOWED, Case, fates, golden, handle, sent
from enterprise import fill, first_load, rest, started
from firm import ZERO, Firm, guid

from uchet.emulator import erp25
from uchet.mappings.load import load_system
from uchet.mappings.model import Ref, Values
from uchet.mappings.shapes import READ
from uchet.sync.orders import Order

HERE = Path(__file__).parent


def ref(kind: str, key: str) -> Ref:
    return Ref("book", kind, guid(key))


ROSE, PLACE, OTHER, BOOKS = (
    ref("organization", "rose"),
    ref("place", "warehouse"),
    ref("place", "cellar"),
    ref("department", "books"),
)
ANNA, BORIS = ref("person", "anna"), ref("person", "boris")
#: Who counted. Of stock neither configuration keeps it: there the comment says so.
COMMISSION: tuple[Values, ...] = ({"person": BORIS, "chairman": True}, {"person": ANNA, "chairman": False})
PHONE, ASSET = ref("item", "phone"), ref("equipment", "asset 01")
LINE: Values = {"item": PHONE, "quantity": Decimal(1)}
NUMBERED: Values = {**LINE, "inventory_number": "Т-000001"}
STOCK: dict[str, tuple[Values, Values]] = {
    "stock_transfer": ({"from_place": PLACE, "to_place": OTHER}, LINE),
    "consume": ({"place": PLACE, "department": BOOKS}, LINE),
    "write_off_stock": ({"place": PLACE}, LINE),
    "surplus": ({"place": PLACE}, LINE),
    "order": ({"place": PLACE}, LINE),
    "count_stock": ({"place": PLACE}, {"item": PHONE, "counted": Decimal(3), "expected": Decimal(2)}),
}
#: The documents of things in use and of fixed assets; УТ has none of them.
REST: dict[str, tuple[Values, Values]] = {
    "custody": (
        {"from_person": ANNA, "to_person": BORIS, "from_department": BOOKS, "to_department": BOOKS},
        NUMBERED,
    ),
    "issue_person": ({"place": PLACE, "person": ANNA, "department": BOOKS}, LINE),
    "scrap_in_use": ({"department": BOOKS}, {**NUMBERED, "person": BORIS, "batch": Ref("book", "batch", ZERO)}),
    "upgrade": ({"department": BOOKS}, {"asset": ASSET}),
    "count_assets": ({"department": BOOKS, "person": ANNA}, {"asset": ASSET, "present": True}),
    "count_in_use": ({"department": BOOKS}, {"item": PHONE, "counted": Decimal(1)}),
}
#: A surplus wants its price and income, an order its agreement and kind of price, an upgrade its project: judgement.
FILLED: dict[str, dict[str, Any]] = {
    "surplus": {"СтатьяДоходов_Key": guid("income")},
    "order": {"Партнер_Key": guid("partner"), "Соглашение_Key": guid("agreement")},
    "upgrade": {"ОбъектСтроительства_Key": guid("project")},
}
ROWS: dict[str, dict[str, Any]] = {"surplus": {"Цена": 100}, "order": {"ВидЦеныПоставщика_Key": guid("price")}}
EDITS: dict[str, dict[str, Any]] = {
    "upgrade": {"ОС": [{"ОсновноеСредство_Key": guid("asset 02")}]},
    "count_assets": {
        "ОС": [{"ОбъектУчета": guid("asset 02"), "ОбъектУчета_Type": "StandardODATA.Catalog_ОбъектыЭксплуатации"}]
    },
    "custody": {"ПодразделениеПолучатель_Key": guid("it")},
}
NAMES = ("rose", "warehouse", "cellar", "anna", "boris", "books", "phone", "asset 01")


def case(name: str, orders: dict[str, tuple[Values, Values]]) -> Case:
    parts = {one: {"commission": COMMISSION} for one in ("count_assets", "count_stock", "count_in_use")}
    return Case(orders, HERE / f"drafts-{name}.json", ROSE, FILLED, ROWS, EDITS, NAMES, parts=parts)


CASES = {"erp25": case("erp25", {**STOCK, **REST}), "ut11": case("ut11", STOCK)}


@dataclass
class Handled:
    """A base in which everything was drafted, and what was sent for it."""

    name: str
    firm: Firm
    case: Case
    bodies: dict[str, dict[str, Any]]


@pytest.fixture(scope="module", params=CASES)
def done(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Handled]:
    """All drafted in one run, handled by the accountant, and a night has passed."""
    name = str(request.param)
    folder = tmp_path_factory.mktemp(name)
    for firm in started(folder, name, erp25.erp() if name == "erp25" else erp25.trade()):
        fill(firm) if name == "erp25" else _fill_trade(firm)
        # A user's defaults must not get into what we leave out.
        firm.world.set_user_defaults({"Склад_Key": guid("cellar"), "Подразделение_Key": guid("it")})
        first_load(firm)
        bodies = sent(firm, CASES[name])
        handle(firm, CASES[name])
        firm.night()
        yield Handled(name, firm, CASES[name], bodies)


def _fill_trade(firm: Firm) -> None:
    world = firm.world
    with world.batch():
        world.unpublish("InformationRegister_ИТАктивы")
        world.put("Catalog_Организации", {"Ref_Key": guid("rose"), "Description": "ООО «Роза»", "ИНН": "7701000001"})
        for key, title in (("books", "Бухгалтерия"), ("it", "Отдел ИТ")):
            world.put("Catalog_СтруктураПредприятия", {"Ref_Key": guid(key), "Description": title, "Code": key})
        for key, title in (("warehouse", "Основной склад"), ("cellar", "Подвал")):
            world.put("Catalog_Склады", {"Ref_Key": guid(key), "Description": title, "ТипСклада": "ОптовыйСклад"})
        world.put("Catalog_Номенклатура", {"Ref_Key": guid("phone"), "Code": "1", "Description": "Телефон Panasonic"})


@pytest.mark.parametrize("name", CASES)
def test_every_document_of_the_mapping_is_ordered_here_or_moves_by_itself(name: str) -> None:
    documents = set(load_system("book", name).documents) - set(READ)
    assert set(CASES[name].orders) | ({"move"} if name == "erp25" else set()) == documents


def test_what_is_sent(done: Handled) -> None:
    golden(done.case, done.bodies)


def test_each_fate_is_found_and_followed(done: Handled) -> None:
    assert {name: found for name, found in fates(done.firm, done.case).items() if found != FOLLOWED} == {}
    assert Counter(done.firm.codes())["order_refused"] == 2 * len(done.case.orders)


def test_afterwards_all_is_quiet_and_nothing_is_written_anew(done: Handled) -> None:
    rest(done.firm)
    assert done.firm.engine().draft(done.case.ordered()).drafts == 0


def test_what_a_configuration_has_no_document_for_is_a_question(done: Handled) -> None:
    order = Order("invoice", "bill", "№ 9", {"organization": ROSE, "supplier": ref("supplier", "x")}, (LINE,))
    assert done.firm.engine().draft([order]).drafts == 0
    assert "order_no_document" in done.firm.codes()
