"""Records out of their sources: recipe of a fixed asset, a person, a department, a position of МЦ.04."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from uchet.mappings.compose import compose, decode_main, key_of, position_as_equipment
from uchet.mappings.load import load_system
from uchet.mappings.model import Ref
from uchet.mappings.system import Decoded, FieldMap, KindMap, Source, SystemMap

BOOK = load_system("book", "bp30")
DESK = load_system("desk", "roundup")
ZERO = "00000000-0000-0000-0000-000000000000"
BINDING = {"model": "p-model", "room": "p-room", "user": "p-user", "condition": "p-condition"}
MOVED = "StandardODATA.Document_ПереводОСВМалоценноеОборудование"


def no_label(_kind: str, _id: str) -> str | None:
    return None


def card(**more: Any) -> dict[str, Any]:
    part = [
        {"LineNumber": "1", "Свойство_Key": "foreign", "Значение": "x", "Значение_Type": "Edm.String"},
        {"LineNumber": "2", "Свойство_Key": "p-model", "Значение": "ThinkPad T14", "ТекстоваяСтрока": ""},
        {"LineNumber": "3", "Свойство_Key": "p-condition", "Значение": "В ремонте", "ТекстоваяСтрока": ""},
    ]
    return {
        "Ref_Key": "a1", "Description": "Ноутбук", "ЗаводскойНомер": "PF123456", "DeletionMark": False,
        "IsFolder": False, "ЕдиницаУчета": "Объект", "ДополнительныеРеквизиты": part,
    } | more  # fmt: skip


def state(organization: str = "org1", value: str = "ПринятоКУчету", day: str = "2024-03-05", **more: Any) -> Any:
    return {"ОсновноеСредство_Key": "a1", "Организация_Key": organization, "Состояние": value,
            "ДатаСостояния": f"{day}T00:00:00", "Recorder_Type": "StandardODATA.Document_X"} | more  # fmt: skip


def asset(main: Mapping[str, Any] | None = None, states: Any = None, locations: Any = None, **parts: Any) -> Decoded:
    initial = {"ИнвентарныйНомер": "БП-000123", "ПервоначальнаяСтоимость": 98500, "Организация_Key": "org1"}
    location = {"Организация_Key": "org1", "МОЛ_Key": "p1", "Местонахождение_Key": "d1", "Period": "2024-03-05"}
    parts = {
        "main": [card() if main is None else main],
        "initial": [initial],
        "state": [state()] if states is None else states,
        "location": [location] if locations is None else locations,
    } | parts
    return compose(BOOK, BOOK.kinds["equipment"], "a1", parts, BINDING, no_label)


def test_a_fixed_asset_is_joined_from_four_sources() -> None:
    found = asset()
    assert found.values == {
        "name": "Ноутбук",
        "inventory_number": "БП-000123",
        "cost": Decimal(98500),
        "organization": Ref("book", "organization", "org1"),
        "commissioned": date(2024, 3, 5),
        "department": Ref("book", "department", "d1"),
        "custodian": Ref("book", "person", "p1"),
        "serial": "PF123456",
        "model": "ThinkPad T14",
        "room": None,
        "user": None,
        "condition": "in_repair",
        "accounting": "fixed_asset",
    }
    assert (found.retired, found.skip, found.problems) == (False, False, ())


def test_the_organisation_is_the_one_that_accepted_it() -> None:
    moved = [state("org1", "СнятоСУчета", "2025-01-01"), state("org2", "ПринятоКУчету", "2025-01-01")]
    where = [
        {"Организация_Key": "org1", "МОЛ_Key": "old", "Местонахождение_Key": "old", "Period": "2025-06-01"},
        {"Организация_Key": "org2", "МОЛ_Key": "p2", "Местонахождение_Key": ZERO, "Period": "2025-01-01"},
    ]
    for states in (moved, moved[::-1]):
        found = asset(states=states, locations=where)
        assert found.values["organization"] == Ref("book", "organization", "org2")
        assert found.values["custodian"] == Ref("book", "person", "p2")
        assert found.values["department"] is None
        assert not found.retired


def test_a_removal_after_the_acceptance_elsewhere_changes_nothing() -> None:
    late = [state("org1", "СнятоСУчета", "2025-03-01"), state("org2", "ПринятоКУчету", "2025-01-01")]
    found = asset(states=late)
    assert found.values["organization"] == Ref("book", "organization", "org2")
    assert found.values["commissioned"] == date(2025, 1, 1)
    assert not found.retired


def test_two_organisations_at_once_are_a_question() -> None:
    found = asset(states=[state("org1"), state("org2")])
    assert [p.code for p in found.problems] == ["two_organizations"]
    assert found.problems[0].fatal
    assert not found.values


def test_a_card_without_acceptance_is_not_on_the_books() -> None:
    found = asset(states=[])
    assert found.skip
    assert [p.code for p in found.problems] == ["never_accepted"]
    assert asset(card(DeletionMark=True), states=[]).problems == ()


def test_folders_are_no_records() -> None:
    found = asset(card(IsFolder=True))
    assert found.skip
    assert not found.problems


@pytest.mark.parametrize(
    ("main", "states", "retired", "codes"),
    [
        (card(), [state(value="СнятоСУчета", day="2025-05-05")], True, []),
        (card(DeletionMark=True), [state()], True, []),
        (card(), [state(value="СнятоСУчета", Recorder_Type=MOVED)], False, ["moved_to_low_value"]),
        (card(), [state()], False, []),
    ],
)
def test_leaving_service(main: Any, states: Any, retired: bool, codes: list[str]) -> None:
    found = asset(main, states)
    assert found.retired is retired
    assert [p.code for p in found.problems] == codes
    assert found.values["organization"] == Ref("book", "organization", "org1")
    assert ("commissioned" in found.values) is (states[0]["Состояние"] == "ПринятоКУчету")


def test_a_group_card_is_not_merged() -> None:
    found = asset(card(ЕдиницаУчета="ГрупповойОбъект"))
    assert [(p.code, p.fatal) for p in found.problems] == [("group_card", True)]


def test_absent_is_not_empty() -> None:
    whole = card()
    del whole["ДополнительныеРеквизиты"], whole["ЗаводскойНомер"]
    parts = {"main": [whole], "state": [state()]}
    found = compose(BOOK, BOOK.kinds["equipment"], "a1", parts, {}, no_label)
    assert set(found.values) == {"name", "organization", "commissioned", "accounting"}
    found = asset(initial=[])
    assert found.values["inventory_number"] is None
    unbound = compose(BOOK, BOOK.kinds["equipment"], "a1", {"main": [card()], "state": [state()]}, {}, no_label)
    assert "model" not in unbound.values


def test_a_bad_value_costs_one_field() -> None:
    rows = card()
    rows["ДополнительныеРеквизиты"][2]["Значение"] = "Сгорел"
    found = asset(rows, states=[state(day="позавчера")])
    assert {p.field_name for p in found.problems} == {"condition", "commissioned"}
    assert "condition" not in found.values
    assert found.values["serial"] == "PF123456"
    assert not any(p.fatal for p in found.problems)


def test_long_attribute_texts_are_read_whole() -> None:
    rows = card()
    rows["ДополнительныеРеквизиты"][1] |= {"Значение": "Thin", "ТекстоваяСтрока": "ThinkPad T14 Gen 3"}
    assert asset(rows).values["model"] == "ThinkPad T14 Gen 3"


def test_reading_back_a_card_sees_the_card_alone() -> None:
    found = decode_main(BOOK, BOOK.kinds["equipment"], "a1", card(), BINDING, no_label)
    assert set(found.values) == {"name", "serial", "model", "room", "user", "condition"}
    assert not found.retired


# ---------------------------------------------------------------- people


def staff(employee: str, day: str = "0001-01-01", main: bool = True, hired: str = "2020-01-01", **more: Any) -> Any:
    return {"ФизическоеЛицо_Key": "f1", "Сотрудник_Key": employee, "ТекущаяОрганизация_Key": "org1",
            "ТекущееПодразделение_Key": "d1", "ДатаУвольнения": f"{day}T00:00:00", "ДатаПриема": hired,
            "ОсновноеРабочееМестоВОрганизации": main} | more  # fmt: skip


def human(employees: Any = None, work: Any = None, binding: Any = None, **main: Any) -> Decoded:
    row = {"Ref_Key": "f1", "Description": "Иванов Иван Иванович", "DeletionMark": False, "IsFolder": False} | main
    e1 = {"ФизическоеЛицо_Key": "f1", "Ref_Key": "e1", "Code": "0000-00012", "ВАрхиве": False, "DeletionMark": False}
    parts = {"main": [row], "employee": [e1] if employees is None else employees,
             "staff": [staff("e1")] if work is None else work}  # fmt: skip
    return compose(BOOK, BOOK.kinds["person"], "f1", parts, binding or {}, no_label)


def test_a_person_at_the_main_workplace() -> None:
    e2 = {"ФизическоеЛицо_Key": "f1", "Ref_Key": "e2", "Code": "0000-00099", "ВАрхиве": False, "DeletionMark": False}
    e1 = e2 | {"Ref_Key": "e1", "Code": "0000-00012"}
    jobs = [staff("e2", main=False, hired="2025-01-01", ТекущееПодразделение_Key="d9"), staff("e1")]
    for work in (jobs, jobs[::-1]):
        found = human([e2, e1], work)
        assert found.values == {
            "name": "Иванов Иван Иванович",
            "number": "0000-00012",
            "organization": Ref("book", "organization", "org1"),
            "department": Ref("book", "department", "d1"),
            "active": True,
        }


def test_dismissal() -> None:
    gone = human(work=[staff("e1", "2025-05-31")])
    assert (gone.values["active"], gone.retired) == (False, False)
    assert human(work=[staff("e1", "2025-05-31"), staff("e1", hired="2025-06-01")]).values["active"] is True
    rehired = [staff("e1", "2025-05-31", main=True), staff("e1", main=False, ТекущееПодразделение_Key="d2")]
    assert human(work=rehired).values["department"] == Ref("book", "department", "d2")
    assert human(work=[staff("e1", "2025-05-31")], binding={"@today": "2025-05-31"}).values["active"] is True
    assert human(work=[staff("e1", "2025-05-31")], binding={"@today": "2025-06-01"}).values["active"] is False


def test_people_who_are_not_employed_here() -> None:
    assert human([], []).skip
    assert human(DeletionMark=True).retired
    assert human(DeletionMark=True).values["active"] is False


def test_a_dissolved_department_has_left_service() -> None:
    row = {"Ref_Key": "d1", "Description": "Бухгалтерия", "Code": "1", "Owner_Key": "org1", "Расформировано": True}
    found = compose(BOOK, BOOK.kinds["department"], "d1", {"main": [row]}, {}, no_label)
    assert found.retired
    assert found.values["organization"] == Ref("book", "organization", "org1")


# ---------------------------------------------------------------- МЦ.04


def balance(person: str, quantity: Any, amount: Any = 0, **more: Any) -> Any:
    return {"Организация_Key": "org1", "ExtDimension1": "item1", "ExtDimension2": "batch1", "ExtDimension3": person,
            "ExtDimension3_Type": "StandardODATA.Catalog_ФизическиеЛица", "КоличествоBalanceDr": quantity,
            "СуммаBalanceDr": amount} | more  # fmt: skip


def batch(*rows: Any) -> Decoded:
    def label(kind: str, id: str) -> str | None:
        return "Монитор Dell P2419H" if (kind, id) == ("item", "item1") else None

    return compose(BOOK, BOOK.kinds["position"], "org1|item1|batch1", {"main": rows}, {}, label)


def test_a_position_is_a_quantity() -> None:
    source = BOOK.kinds["position"].main
    assert key_of(source, balance("p1", 1)) == "org1|item1|batch1"
    found = batch(balance("p1", Decimal("2.000"), 1000))
    assert found.values == {
        "name": "Монитор Dell P2419H",
        "item": Ref("book", "item", "item1"),
        "organization": Ref("book", "organization", "org1"),
        "custodian": Ref("book", "person", "p1"),
        "quantity": Decimal(2),
        "cost": Decimal(1000),
    }
    assert position_as_equipment(found.values) is None


def test_several_people_on_one_batch() -> None:
    found = batch(balance("p1", 2), balance("p2", 1))
    assert found.values["quantity"] == 3
    assert "custodian" not in found.values
    returned = batch(balance("p1", 0), balance("p2", 1))
    assert returned.values["custodian"] == Ref("book", "person", "p2")


def test_one_piece_stands_for_one_thing() -> None:
    values = position_as_equipment(batch(balance("p1", 1, 500)).values)
    assert values is not None
    assert values["accounting"] == "low_value"
    assert values["name"] == "Монитор Dell P2419H"
    assert "inventory_number" not in values


@pytest.mark.parametrize(
    ("rows", "code", "fatal"),
    [
        ([balance("p1", -1)], "negative_quantity", True),
        ([balance("p1", 2), balance("p2", -1)], "negative_quantity", True),
        ([balance("p1", None, 500)], "amount_without_quantity", True),
        ([balance("p1", Decimal("0.5"))], "fractional_quantity", False),
    ],
)
def test_positions_that_need_an_accountant(rows: Any, code: str, fatal: bool) -> None:
    found = batch(*rows)
    assert [(p.code, p.fatal) for p in found.problems] == [(code, fatal)]
    assert not found.skip


def test_nothing_left_is_no_position_and_no_person_is_no_person() -> None:
    assert batch(balance("p1", 0)).skip
    nobody = batch(balance("junk", 1, ExtDimension3_Type="StandardODATA.Undefined"))
    assert nobody.values["custodian"] is None


# ---------------------------------------------------------------- plain


def test_the_desk_reads_plainly_and_labels_texts() -> None:
    row = {
        "id": "7",
        "inventory_number": "БП-123",
        "status": "in_use",
        "cost": "98500.00",
        "commissioned": "2024-03-05",
        "location": {"id": "3"},
        "user": "9",
        "organization": "1",
        "custodian": None,
    }
    labels = {("place", "3"): "Каб. 204", ("person", "9"): "Петров П.П."}
    found = compose(DESK, DESK.kinds["equipment"], "7", {"main": [row]}, {}, lambda k, i: labels.get((k, i)))
    assert found.values["room"] == "Каб. 204"
    assert found.values["user"] == "Петров П.П."
    assert found.values["cost"] == Decimal(98500)
    assert found.values["condition"] == "in_use"
    assert found.values["organization"] == Ref("desk", "organization", "1")
    assert found.values["custodian"] is None
    assert "serial" not in found.values
    gone = compose(DESK, DESK.kinds["equipment"], "7", {"main": [row | {"status": "written_off"}]}, {}, no_label)
    assert gone.retired
    assert "condition" not in gone.values
    assert {p.field_name for p in gone.problems} == {"room", "user"}


def test_a_map_written_in_code_works_for_kinds_of_ones_own() -> None:
    main = Source("main", "thing", ("id",))
    fields = {
        "name": FieldMap("name", "main", "n", "name", write="field"),
        "owner": FieldMap("owner", "main", "o", "reference:person", write="field"),
    }
    kinds = {"thing": KindMap("thing", "plain", (main,), fields, retire={"gone": True})}
    system = SystemMap("toy", "desk", kinds, {}, {}, {}, "f")
    found = compose(
        system, kinds["thing"], "1", {"main": [{"id": "1", "n": "A", "o": "5", "gone": True}]}, {}, no_label
    )
    assert found == Decoded({"name": "A", "owner": Ref("desk", "person", "5")}, retired=True)
    assert compose(system, kinds["thing"], "1", {"main": []}, {}, no_label).skip
