"""Between an operation and one wire write: references, drafts, what waits, and what is remembered afterwards."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from msgspec import structs
from rows import Rows

from uchet.connectors.base import Raw
from uchet.errors import Blocked, Reject
from uchet.mappings.load import load_system
from uchet.mappings.model import Ref, Side, Value
from uchet.sync.pair import LinkIndex, Pair
from uchet.sync.targets import Deferred, Targets
from uchet.sync.types import FieldChange, Link, Operation

NOW = datetime(2026, 11, 20, 9, 30)
EVENTS = "Catalog_СобытияОС"
MOVING = {"ВидСобытияОС": "ВнутреннееПеремещение", "DeletionMark": False}
LINKS = [
    *(Link("person", f"b-{name}", f"d-{name}") for name in ("petrov", "ivanova")),
    Link("department", "b-it", "d-it"),
    Link("equipment", "b-1", "d-1"),
]
UPDATE = Operation("u", "update", "desk", "equipment", "b-1", "d-1", expected="v1")
DRAFT = Operation(
    "x",
    "draft",
    "book",
    "equipment",
    document="move",
    key="key-1",
    label="БП-1, БП-2",
    header={"from_custodian": Ref("book", "person", "b-petrov"), "to_department": None},
    members=(
        Operation("m1", "update", "book", "equipment", "b-1", "d-1"),
        Operation("m2", "update", "book", "equipment", "b-2", "d-2"),
    ),
)


def person(side: Side, name: str) -> Ref:
    return Ref(side, "person", f"{side[0]}-{name}")


def targets(*events: dict[str, Any]) -> Targets:
    book = Rows({EVENTS: events or ({"Ref_Key": "event", **MOVING},)})
    pair = Pair("p", book, Rows({}), load_system("book", "bp30"), load_system("desk", "roundup"))
    sides: tuple[Side, ...] = ("book", "desk")
    return Targets(
        pair, LinkIndex(LINKS), {side: {} for side in sides}, {side: lambda kind, id: None for side in sides}
    )


def update(**after: Value) -> Operation:
    return replace(UPDATE, changes=tuple(FieldChange(n, None, v) for n, v in after.items()))


def raw(version: str | None = "v7", **data: Any) -> Raw:
    return Raw("equipment", "d-1", version, data)


# -- writes ---------------------------------------------------------------------------------------------------------


def test_a_reference_goes_out_as_the_target_calls_it() -> None:
    write = targets().write(update(custodian=person("book", "ivanova"), name="Монитор"), raw(), NOW)
    assert (write.collection, write.id) == ("equipment", "d-1")
    assert write.values["custodian"] == "d-ivanova"
    assert write.values["book_name"] == "Монитор"


def test_a_reference_of_the_target_itself_stays() -> None:
    write = targets().write(update(custodian=person("desk", "stranger")), raw(), NOW)
    assert write.values["custodian"] == "d-stranger"


def test_a_reference_without_a_twin_waits() -> None:
    with pytest.raises(Deferred, match="book:person:b-nobody"):
        targets().write(update(custodian=person("book", "nobody")), raw(), NOW)


def test_a_twin_made_in_this_run_is_found() -> None:
    one = targets()
    one.index.add(Link("person", "b-nobody", "d-9"))
    assert one.write(update(custodian=person("book", "nobody")), raw(), NOW).values["custodian"] == "d-9"


def test_the_newest_version_known_is_expected() -> None:
    assert targets().write(update(name="x"), raw("v7"), NOW).expected == "v7"
    assert targets().write(update(name="x"), raw(None), NOW).expected == "v1"
    assert targets().write(update(name="x"), None, NOW).expected == "v1"


def test_a_create_carries_its_key_and_no_id() -> None:
    op = Operation("c", "create", "desk", "person", "b-9", changes=(FieldChange("name", None, "Зуева"),), key="k")
    write = targets().write(op, None, NOW)
    assert (write.collection, write.id, write.key, write.marker, write.expected) == ("employee", None, "k", "k", None)
    assert write.values == {"name": "Зуева"}


def test_a_retirement_says_only_that() -> None:
    write = targets().write(replace(UPDATE, action="retire"), raw(), NOW)
    assert (write.id, write.values, write.expected) == ("d-1", {"status": "written_off"}, "v7")


def test_retired_is_a_mark_or_the_status() -> None:
    one = targets()
    assert one.retired("desk", "equipment", raw(status="written_off"))
    assert one.retired("desk", "equipment", structs.replace(raw(status="in_use"), retired=True))
    assert not one.retired("desk", "equipment", raw(status="in_use"))
    assert not one.retired("desk", "person", raw())  # a kind that nothing retires


# -- drafts ---------------------------------------------------------------------------------------------------------


def test_a_draft_is_a_document_nobody_has_posted() -> None:
    write = targets().write(DRAFT, None, NOW)
    assert (write.collection, write.id, write.key, write.marker) == ("Document_ПеремещениеОС", None, "key-1", "key-1")
    assert write.values["Date"] == NOW
    assert write.values["МОЛОрганизации_Key"] == "b-petrov"
    assert write.values["ПодразделениеПолучатель_Key"] is None
    assert write.values["НачислениеАмортизации"] == 0
    assert write.values["Комментарий"] == "uchet key-1 БП-1, БП-2"
    assert [row["ОсновноеСредство_Key"] for row in write.values["ОС"]] == ["b-1", "b-2"]
    assert [row["Количество"] for row in write.values["ОС"]] == [1, 1]
    assert not write.values.get("Posted")
    assert "Number" not in write.values


def test_what_a_document_needs_is_looked_up_once() -> None:
    """The event of a transfer: of several the same one every time, never one marked for deletion."""
    wrong = {"Ref_Key": "a-write-off", "ВидСобытияОС": "Списание", "DeletionMark": False}
    deleted = {"Ref_Key": "a-deleted", **MOVING, "DeletionMark": True}
    one = targets(wrong, {"Ref_Key": "e2", **MOVING}, deleted, {"Ref_Key": "e1", **MOVING})
    assert [one.write(DRAFT, None, NOW).values["СобытиеОС_Key"] for _ in range(2)] == ["e1", "e1"]
    assert isinstance(one.pair.book, Rows)
    assert len(one.pair.book.queries) == 1


def test_a_catalogue_without_that_item_is_refused_in_words() -> None:
    with pytest.raises(Reject) as caught:
        targets({"Ref_Key": "e", "ВидСобытияОС": "Списание"}).write(DRAFT, None, NOW)
    assert caught.value.code == "lookup_empty"
    assert "ВидСобытияОС = ВнутреннееПеремещение" in caught.value.text("en")


def test_a_draft_to_somebody_without_a_twin_waits() -> None:
    header = {"to_custodian": person("desk", "nobody")}
    with pytest.raises(Deferred):
        targets().write(replace(DRAFT, header=header), None, NOW)


def test_a_document_that_the_mapping_does_not_have() -> None:
    with pytest.raises(Blocked) as caught:
        targets().write(replace(DRAFT, document="gift"), None, NOW)
    assert caught.value.code == "no_document"


# -- before and after -----------------------------------------------------------------------------------------------


def test_whether_the_target_still_holds_what_was_seen() -> None:
    one = targets()
    change = FieldChange("custodian", person("desk", "petrov"), person("book", "ivanova"))
    op = replace(UPDATE, changes=(change, FieldChange("cost", Decimal("1.00"), Decimal(2))))
    seen: dict[str, Value] = {"custodian": person("desk", "petrov"), "cost": Decimal(1)}
    written: dict[str, Value] = {"custodian": person("desk", "ivanova"), "cost": Decimal("2.00")}
    assert one.holds(op, seen, after=False)
    assert not one.holds(op, seen, after=True)
    assert one.holds(op, written, after=True)
    assert not one.holds(op, {**written, "cost": Decimal(3)}, after=True)
    assert one.holds(op, {"cost": Decimal(2)}, after=True)  # what is not in the answer says nothing


def test_seen_is_what_was_used_and_what_was_read_back() -> None:
    """The desk cut the name: it is remembered as cut on that side, as sent on this one."""
    op = update(name="Монитор Dell P2419H", custodian=person("book", "ivanova"), cost=Decimal(1))
    back: dict[str, Value] = {"name": "Монитор", "custodian": person("desk", "ivanova"), "serial": "S1"}
    book, desk = targets().seen_after(op, back, op.changes)
    assert book == {"name": "Монитор Dell P2419H", "custodian": person("book", "ivanova")}
    assert desk == {"name": "Монитор", "custodian": person("desk", "ivanova")}


def test_seen_of_a_write_to_the_books_is_the_other_way_round() -> None:
    op = replace(update(serial="S2", custodian=person("desk", "ivanova")), side="book")
    back: dict[str, Value] = {"serial": "S2 ", "custodian": person("book", "ivanova")}
    book, desk = targets().seen_after(op, back, op.changes)
    assert (book, desk) == (back, {"serial": "S2", "custodian": person("desk", "ivanova")})


def test_seen_keeps_each_side_its_own_references() -> None:
    """A restored value points to the target's own record; the source must remember its own."""
    op = update(custodian=person("desk", "ivanova"))
    book, _ = targets().seen_after(op, {"custodian": person("desk", "ivanova")}, op.changes)
    assert book == {"custodian": person("book", "ivanova")}
