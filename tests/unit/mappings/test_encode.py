"""What is sent: fields, references, choices, empties, and the part that is replaced whole."""

from __future__ import annotations

import copy
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from uchet.errors import Reject
from uchet.mappings.compose import decode_main
from uchet.mappings.encode import document_of, encode, writable
from uchet.mappings.load import load_system
from uchet.mappings.model import Ref, Values

BOOK = load_system("book", "bp30")
DESK = load_system("desk", "roundup")
CARD, THING = BOOK.kinds["equipment"], DESK.kinds["equipment"]
BINDING = {"model": "p-model", "room": "p-room", "user": "p-user", "condition": "p-condition"}
PART = "ДополнительныеРеквизиты"


def wire_id(ref: Ref) -> str:
    return f"{ref.kind}-{ref.id}"


def row(number: str, key: str, value: Any, **more: Any) -> dict[str, Any]:
    return {"LineNumber": number, "Свойство_Key": key, "Значение": value, "Значение_Type": "Edm.String",
            "ТекстоваяСтрока": ""} | more  # fmt: skip


def send(changes: Values, current: Any = None, binding: Any = BINDING) -> dict[str, Any]:
    return encode(BOOK, CARD, changes, current, binding, wire_id)


def test_desk_values() -> None:
    changes: Values = {
        "inventory_number": "БП-000123", "cost": Decimal("98500.5"), "commissioned": date(2024, 3, 5),
        "custodian": Ref("book", "person", "p1"), "department": None, "condition": "in_repair",
        "accounting": "low_value", "serial": None, "room": "Каб. 204",
    }  # fmt: skip
    assert encode(DESK, THING, changes, None, {}, wire_id) == {
        "inventory_number": "БП-000123", "cost": "98500.5", "commissioned": "2024-03-05",
        "custodian": "person-p1", "department": None, "status": "in_repair", "accounting": "low_value", "serial": None,
    }  # fmt: skip
    assert not writable(THING, "room")


def test_card_fields_and_what_is_never_sent() -> None:
    assert send({"serial": "PF1", "cost": Decimal(1), "name": "x", "custodian": Ref("desk", "person", "1")}) == {
        "ЗаводскойНомер": "PF1"
    }
    assert send({"serial": None}) == {"ЗаводскойНомер": ""}
    assert (document_of(CARD, "custodian"), document_of(CARD, "serial")) == ("move", None)
    assert not writable(CARD, "inventory_number")
    assert writable(CARD, "model")


def test_other_peoples_attributes_survive_byte_for_byte() -> None:
    theirs = row("1", "foreign", 5, Значение_Type="Edm.Double", Чужое="\u00a0 x ")
    before = {PART: [theirs, row("2", "p-model", "old", extra=1), row("3", "other", "y")]}
    untouched = copy.deepcopy(before)
    sent = send({"model": "ThinkPad", "room": "R-204", "condition": "in_stock"}, before)
    assert sent == {
        PART: [
            theirs,
            row("2", "p-model", "ThinkPad", extra=1),
            row("3", "other", "y"),
            row("4", "p-room", "R-204"),
            row("5", "p-condition", "На складе"),
        ]
    }
    assert before == untouched


def test_clearing_removes_the_row_and_renumbers() -> None:
    before = {PART: [row("1", "p-model", "x"), row("2", "p-model", "twice"), row("3", "foreign", "y")]}
    assert send({"model": None}, before) == {PART: [row("1", "foreign", "y")]}


def test_a_long_text_keeps_its_beginning_beside_the_whole() -> None:
    sent = send({"model": "x" * 2000}, {PART: []})[PART][0]
    assert (len(sent["Значение"]), len(sent["ТекстоваяСтрока"])) == (1024, 2000)


@pytest.mark.parametrize(
    ("changes", "current", "binding", "code"),
    [
        ({"model": "x"}, None, BINDING, "part_unread"),
        ({"model": "x"}, {"Ref_Key": "a"}, BINDING, "part_unread"),
        ({"model": "x"}, {PART: []}, {}, "property_missing"),
        ({"condition": "written_off"}, {PART: []}, BINDING, "bad_value"),
        ({"serial": Decimal(1)}, None, BINDING, "bad_value"),
    ],
)
def test_refusals_have_a_cause(changes: Values, current: Any, binding: Any, code: str) -> None:
    with pytest.raises(Reject) as caught:
        send(changes, current, binding)
    assert caught.value.code == code


KEYS = st.sampled_from(["foreign", "other", "p-model", "p-room", "p-user"])
ROWS = st.lists(st.builds(row, st.just("1"), KEYS, st.text(max_size=5)), max_size=6)


#: Soft hyphen, zero widths, marks and overrides of direction, invisible operators.
INVISIBLE = {0xAD, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2065), 0xFEFF}


def visible(text: str) -> bool:
    """Whether a person would see anything at all."""
    return any(not char.isspace() and ord(char) not in INVISIBLE for char in text)


@example([], {"model": "\xad"})
@given(
    ROWS, st.fixed_dictionaries({}, optional={n: st.none() | st.text(max_size=8) for n in ("model", "room", "user")})
)
def test_put_get_through_the_part(rows: Any, changes: Values) -> None:
    sent = send(changes, {PART: rows})
    back = decode_main(BOOK, CARD, "a", sent, BINDING, lambda _k, _i: None).values
    assert {name: back[name] for name in changes} == {n: (v if v and visible(v) else None) for n, v in changes.items()}
    for one in ("foreign", "other"):
        mine, theirs = (
            [r["Значение"] for r in part if r["Свойство_Key"] == one] for part in (rows, sent.get(PART, rows))
        )
        assert mine == theirs
    if changes:
        assert [r["LineNumber"] for r in sent[PART]] == [str(n) for n in range(1, len(sent[PART]) + 1)]
