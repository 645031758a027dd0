"""Reading: sources in order, what is missing and what is empty, one bad record, labels, keys that differ by base."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from rows import Rows

from uchet.connectors.base import Query, Raw
from uchet.connectors.base import Rows as Page
from uchet.errors import Retry
from uchet.mappings import compose
from uchet.mappings.load import load_system
from uchet.mappings.model import Ref
from uchet.sync.binding import bind
from uchet.sync.intake import Intake, with_units
from uchet.sync.types import Listing, Record

BOOK, DESK = load_system("book", "bp30"), load_system("desk", "roundup")
TODAY = datetime(2026, 11, 20, 9, 30)
CARD = "Catalog_ОсновныеСредства"
INITIAL = "InformationRegister_ПервоначальныеСведенияОСБухгалтерскийУчет_RecordType/SliceLast"
STATE = "InformationRegister_СостоянияОСОрганизаций_RecordType/SliceLast"
LOCATION = "InformationRegister_МестонахождениеОСБухгалтерскийУчет_RecordType/SliceLast"
BALANCE = "AccountingRegister_Хозрасчетный/Balance"
ACCOUNTS = "ChartOfAccounts_Хозрасчетный"
PROPERTIES = "ChartOfCharacteristicTypes_ДополнительныеРеквизитыИСведения"
SETS = "Catalog_НаборыДополнительныхРеквизитовИСведений"
BOUND = {"model": "p-model", "condition": "p-condition"}

Rowset = Mapping[str, Sequence[Mapping[str, Any]]]


def card(id: str, **more: Any) -> dict[str, Any]:
    return {"Ref_Key": id, "Description": f"Монитор {id}", "DeletionMark": False, "IsFolder": False, **more}


def book(*ids: str, **more: Any) -> dict[str, list[dict[str, Any]]]:
    """Accepted cards ``ids`` with their registers; ``more`` goes into each card."""
    asset = "ОсновноеСредство_Key"
    state = {"Состояние": "ПринятоКУчету", "ДатаСостояния": "2025-03-14T00:00:00", "Организация_Key": "o"}
    initial = {"ИнвентарныйНомер": "БП-1", "ПервоначальнаяСтоимость": Decimal("45200"), "Period": "2025-03-14T00:00:00"}
    place = {"Организация_Key": "o", "Местонахождение_Key": "it", "МОЛ_Key": "petrov", "Period": "2025-03-14T00:00:00"}
    return {
        CARD: [card(id, **{"ЗаводскойНомер": "S1", "ДополнительныеРеквизиты": [], **more}) for id in ids],
        INITIAL: [{asset: id, **initial} for id in ids],
        STATE: [{asset: id, **state} for id in ids],
        LOCATION: [{asset: id, **place} for id in ids],
    }


def intake(rows: Rowset, **how: Any) -> Intake:
    return Intake("book", Rows(rows, **how), BOOK, TODAY, dict(BOUND))


def desk(rows: Rowset) -> Intake:
    return Intake("desk", Rows(rows), DESK, TODAY)


def read(one: Intake, kind: str = "equipment") -> Listing:
    listing = one.load(kind)
    assert listing is not None
    return listing


def asked(one: Intake) -> list[tuple[str, str | None, str | None]]:
    return [(i.code, i.book or i.desk, i.field_name) for i in one.issues]


# -- sources --------------------------------------------------------------------------------------------------------


def test_a_card_and_its_registers_are_one_record() -> None:
    listing = read(intake(book("a")))
    assert listing.complete
    assert listing.read == 1
    values = listing.records["a"].values
    assert values["inventory_number"] == "БП-1"
    assert values["cost"] == Decimal("45200")
    assert values["department"] == Ref("book", "department", "it")
    assert values["commissioned"] == date(2025, 3, 14)
    assert values["serial"] == "S1"
    assert values["accounting"] == "fixed_asset"


def test_registers_are_read_before_the_cards_as_of_tomorrow() -> None:
    """A card read last can only be newer than its registers; a document dated today counts."""
    rows = Rows(book("a"))
    read(Intake("book", rows, BOOK, TODAY, dict(BOUND)))
    assert [q.collection for q in rows.queries] == [LOCATION, STATE, INITIAL, CARD]
    assert {q.params.get("period") for q in rows.queries[:3]} == {datetime(2026, 11, 21)}


@pytest.mark.parametrize("source", [INITIAL, STATE, LOCATION])
def test_a_register_that_fails_or_is_cut_makes_the_kind_unreadable(source: str) -> None:
    """Half of a record is no record: its other half would look empty."""
    for how in ({"broken": {source: Retry("timeout", "Timed out.")}}, {"cut": [source]}):
        one = intake(book("a", "b"), **how)
        assert one.load("equipment") is None
        assert asked(one) == [("source_failed", None, None)]
        assert len(one.errors) == 1


def test_a_main_listing_that_breaks_keeps_what_came_and_is_incomplete() -> None:
    one = intake(book("a", "b"), broken={CARD: Retry("timeout", "Timed out.")})
    listing = read(one)
    assert list(listing.records) == ["a"]
    assert not listing.complete
    assert asked(one) == [("source_failed", None, None)]


def test_a_cut_main_listing_is_incomplete_and_no_question() -> None:
    one = intake(book("a", "b"), cut=[CARD])
    assert not read(one).complete
    assert one.issues == []


def test_an_error_of_ours_is_not_a_source_that_failed() -> None:
    one = intake(book("a", "b"), broken={CARD: ValueError("a bug")})
    with pytest.raises(ValueError, match="a bug"):
        one.load("equipment")


def test_a_kind_that_this_side_does_not_keep() -> None:
    assert desk({}).load("position") is None


# -- missing and empty ----------------------------------------------------------------------------------------------


def test_nothing_in_a_register_that_was_read_is_empty() -> None:
    rows = book("a")
    rows[LOCATION] = []
    values = read(intake(rows)).records["a"].values
    assert (values["department"], values["custodian"]) == (None, None)


def test_a_column_that_is_not_in_the_answer_is_missing() -> None:
    rows = book("a")
    del rows[LOCATION][0]["МОЛ_Key"], rows[CARD][0]["ЗаводскойНомер"], rows[CARD][0]["ДополнительныеРеквизиты"]
    values = read(intake(rows)).records["a"].values
    assert {"custodian", "serial", "model", "condition"}.isdisjoint(values)
    assert "department" in values


def test_an_attribute_without_a_row_is_empty_and_one_without_a_key_is_missing() -> None:
    values = read(intake(book("a"))).records["a"].values
    assert values["model"] is None
    assert "room" not in values  # not bound in this base


# -- one bad record -------------------------------------------------------------------------------------------------


def test_a_bad_value_costs_its_field_alone() -> None:
    rows = book("a", "b")
    rows[INITIAL][0]["ПервоначальнаяСтоимость"] = "много"
    one = intake(rows)
    listing = read(one)
    assert set(listing.records) == {"a", "b"}
    assert listing.records["a"].broken == {"cost"}
    assert "cost" not in listing.records["a"].values
    assert listing.records["b"].broken == frozenset()
    assert [(id, name) for _, id, name in asked(one)] == [("a", "cost")]


def test_a_card_on_the_books_of_two_organisations_is_there_all_the_same() -> None:
    """Present and unreadable: never "gone", and the others go on."""
    rows = book("a", "b")
    rows[STATE].append({**rows[STATE][0], "Организация_Key": "another"})
    one = intake(rows)
    listing = read(one)
    assert list(listing.records) == ["b"]
    assert listing.bad == {"a"}
    assert listing.read == 2
    assert len(one.issues) == 1


def test_whatever_the_decoder_raises_is_a_question(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = compose.RULES["fixed_asset"]

    def rule(job: Any) -> Any:
        if job.id == "a":
            raise ZeroDivisionError("strange")
        return honest(job)

    monkeypatch.setitem(compose.RULES, "fixed_asset", rule)
    one = intake(book("a", "b"))
    assert list(read(one).records) == ["b"]
    assert asked(one) == [("undecodable", "a", None)]
    assert "strange" in str(one.issues[0].params["why"])


def test_a_question_about_a_record_has_a_key_of_its_own() -> None:
    rows = book("a", "b")
    for row in rows[INITIAL]:
        row["ПервоначальнаяСтоимость"] = "много"
    keys = []
    for _ in range(2):
        one = intake(rows)
        read(one)
        keys.append([issue.key for issue in one.issues])
    assert keys[0] == keys[1]
    assert len(set(keys[0])) == 2


def test_a_thing_moved_to_low_value_items_has_left_its_card_only() -> None:
    """Neither alive nor gone: the thing lives on as a position of МЦ.04, and its twin must not be retired."""
    rows = book("a", "b")
    mover = "StandardODATA.Document_ПереводОСВМалоценноеОборудование"
    rows[STATE][0] |= {"Состояние": "СнятоСУчета", "Recorder_Type": mover}
    rows[STATE][1] |= {"Состояние": "СнятоСУчета", "Recorder_Type": "StandardODATA.Document_СписаниеОС"}
    one = intake(rows)
    listing = read(one)
    assert listing.bad == {"a"}
    assert {id: record.retired for id, record in listing.records.items()} == {"b": True}
    assert asked(one) == [("moved_to_low_value", "a", None)]


# -- labels ---------------------------------------------------------------------------------------------------------

TICKET = {"id": "7", "inventory_number": "БП-1", "location": {"id": "3"}, "user": {"id": "5"}, "status": "in_use"}
DESK_ROWS: Rowset = {
    "location": [{"id": "3", "name": "каб. 214", "type": "room"}],
    "employee": [{"id": "5", "name": "Петров П.И."}],
    "equipment": [TICKET],
}


def test_a_label_is_the_name_of_what_was_read_before() -> None:
    one = desk(DESK_ROWS)
    for kind in ("person", "place"):
        read(one, kind)
    values = read(one).records["7"].values
    assert (values["room"], values["user"]) == ("каб. 214", "Петров П.И.")


def test_the_owner_of_a_name_gives_the_label() -> None:
    """This run renames the desk's record: its old name in 1C would come back as a change tomorrow."""
    one = desk(DESK_ROWS)
    for kind in ("person", "place"):
        read(one, kind)
    one.given["person", "5"] = "Петров Павел Ильич"
    assert read(one).records["7"].values["user"] == "Петров Павел Ильич"


# -- МЦ.04 ----------------------------------------------------------------------------------------------------------

ROW = {
    "Организация_Key": "o",
    "ExtDimension1": "chair",
    "ExtDimension2": "batch",
    "ExtDimension3": "petrov",
    "ExtDimension3_Type": "StandardODATA.Catalog_ФизическиеЛица",
    "КоличествоBalanceDr": 2,
    "СуммаBalanceDr": Decimal(100),
}
ITEMS = [{"Ref_Key": "chair", "Description": "Кресло"}]


def positions(rows: Sequence[Mapping[str, Any]], accounts: str = "mc,mc1") -> Intake:
    found = Rows({BALANCE: rows, "Catalog_Номенклатура": ITEMS})
    return Intake("book", found, BOOK, TODAY, {"accounts:mc04": accounts})


def test_rows_of_one_position_are_summed() -> None:
    listing = read(positions([ROW, {**ROW, "ExtDimension3": "ivanova", "КоличествоBalanceDr": 3}]), "position")
    (position,) = listing.records.values()
    assert position.id == "o|chair|batch"
    assert position.values["name"] == "Кресло"
    assert position.values["quantity"] == Decimal(5)
    assert "custodian" not in position.values  # two people: whose it is, the books do not say


def test_the_balance_is_asked_for_the_account_and_what_is_below_it() -> None:
    one = positions([ROW])
    read(one, "position")
    assert isinstance(one.connector, Rows)
    asked_for = next(q for q in one.connector.queries if q.collection == BALANCE)
    assert asked_for.params == {"period": datetime(2026, 11, 21), "accounts": ("mc", "mc1")}


def test_without_the_account_nothing_is_read_and_nothing_is_proved() -> None:
    one = positions([ROW], accounts="")
    assert one.load("position") is None
    assert one.issues == []
    assert isinstance(one.connector, Rows)
    assert one.connector.queries == []


def test_one_piece_is_a_thing_more_are_not() -> None:
    records = {
        id: Record("position", "book", id, {"name": id, "quantity": quantity}, retired=False)
        for id, quantity in {"one": Decimal(1), "two": Decimal(2), "half": Decimal("0.5"), "unknown": None}.items()
    }
    cards = Listing("equipment", "book", {"a": Record("equipment", "book", "a", {})}, True, read=1)
    whole = with_units(cards, Listing("position", "book", records, True))
    assert sorted(whole.records) == ["a", "position:one#1"]
    assert whole.records["position:one#1"].values == {"name": "one", "accounting": "low_value"}
    assert with_units(cards, None).records == cards.records


def test_probing_asks_every_source_for_its_first_page() -> None:
    """Published is not yet allowed: what may not be read shows before the night does."""
    rows = Rows(book("a", "b"))
    one = Intake("book", rows, BOOK, TODAY, dict(BOUND))
    one.probe()
    assert {CARD, INITIAL, STATE, LOCATION} <= {q.collection for q in rows.queries}
    assert BALANCE not in {q.collection for q in rows.queries}  # this base has no such account
    assert one.issues == []


# -- keys that differ from base to base ------------------------------------------------------------------------------


def title(id: str, text: str, owner: str = "", deleted: bool = False) -> dict[str, Any]:
    return {"Ref_Key": id, "Заголовок": text, "НаборСвойств_Key": owner, "DeletionMark": deleted}


def test_attributes_are_found_by_title_those_of_fixed_assets_first() -> None:
    found = bind(
        Rows(
            {
                PROPERTIES: [
                    title("1", "ИТ: модель", "assets"),
                    title("2", "ИТ: модель", "items"),
                    title("3", " ИТ: место "),
                    title("4", "ИТ: состояние", deleted=True),
                    title("5", "Модель"),
                ],
                SETS: [
                    {"Ref_Key": "items", "PredefinedDataName": "Справочник_Номенклатура"},
                    {"Ref_Key": "assets", "PredefinedDataName": "Справочник_ОсновныеСредства"},
                ],
            }
        ),
        BOOK,
    )
    assert {name: key for name, key in found.items() if ":" not in name} == {"model": "1", "room": "3"}


def test_an_account_comes_with_everything_below_it() -> None:
    rows = [
        {"Ref_Key": "mc", "Code": "МЦ", "Parent_Key": ""},
        {"Ref_Key": "mc04", "Code": "МЦ.04 ", "Parent_Key": "mc"},
        {"Ref_Key": "deep", "Code": "МЦ.04.1.1", "Parent_Key": "low"},
        {"Ref_Key": "low", "Code": "МЦ.04.1", "Parent_Key": "mc04"},
        {"Ref_Key": "mc05", "Code": "МЦ.05", "Parent_Key": "mc"},
    ]
    assert bind(Rows({ACCOUNTS: rows}), BOOK)["accounts:mc04"] == "mc04,low,deep"
    assert bind(Rows({}), BOOK)["accounts:mc04"] == ""


def test_a_desk_without_such_keys_binds_nothing() -> None:
    assert bind(Rows({}), DESK) == {}


class Undecoded(Rows):
    """Hands out two pages of rows as they came; the last may be empty."""

    def undecoded(self, query: Query) -> Iterator[Page]:
        for page in self.read(query):
            yield Page([json.dumps(raw.data).encode() for raw in page.records], page.complete)

    def decoded(self, query: Query, rows: Iterable[bytes]) -> list[Raw]:
        return [self._raw(query.collection, 0, json.loads(row)) for row in rows]


@pytest.mark.parametrize("cut", [True, False])
@pytest.mark.parametrize(("rows", "pieces"), [(0, [0, 0]), (1, [0, 1]), (10, [2, 2, 1, 2, 2, 1])])
def test_a_large_page_is_decoded_in_pieces(
    rows: int, pieces: list[int], cut: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("uchet.sync.intake._AT_ONCE", 2)
    listed = {"movement": [{"id": f"{n}", "type": "issue"} for n in range(rows)]}
    reader = Intake("desk", Undecoded(listed, cut=["movement"] if cut else []), DESK, TODAY)
    found = list(reader.pages("movement"))
    assert [len(one.records) for one in found] == pieces
    assert [one.complete for one in found] == [*[False] * (len(pieces) - 1), not cut], "the last one says it"
    assert sorted(id for one in found for id in one.records) == sorted(f"{n}" for n in range(rows))
