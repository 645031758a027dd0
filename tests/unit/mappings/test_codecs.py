"""Codec laws (PutGet, GetPut, canon idempotent) and what bad values cost."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from wires import DESK, ONEC, ZERO, ctx, field

from uchet.errors import Reject
from uchet.mappings.codecs import CODECS, Context, equal
from uchet.mappings.model import Ref, Value
from uchet.mappings.system import FieldMap


@pytest.mark.parametrize(
    ("type", "wire"),
    [
        ("number", "twelve"), ("money", 1.5), ("money", "NaN"), ("quantity", True), ("date", "31.12.2025"),
        ("date", 5), ("flag", "maybe"), ("choice", "Сломано"), ("reference", ["x"]), ("text", 1.5), ("label", "7"),
    ],
)  # fmt: skip
def test_bad_values_are_named(type: str, wire: Any) -> None:
    with pytest.raises(Reject) as caught:
        CODECS[type].decode(wire, ctx(type, ONEC))
    assert "X" in str(caught.value)


@pytest.mark.parametrize(
    ("type", "wire", "value"),
    [
        ("text", "", None), ("text", "  \u00a0", None), ("text", " A ", " A "), ("date", "0001-01-01T00:00:00", None),
        ("date", "2026-02-10T12:34:00", date(2026, 2, 10)), ("date", "2026-02-10.12:34:00", date(2026, 2, 10)),
        ("date", datetime(2026, 2, 10, 5), date(2026, 2, 10)), ("reference", ZERO, None), ("reference", "", None),
        ("reference", {"id": "7", "link": "u"}, Ref("desk", "person", "7")), ("number", "12", Decimal(12)),
        ("money", Decimal("1.50"), Decimal("1.50")), ("flag", "true", True), ("flag", None, None),
        ("choice", "на  СКЛАДЕ", "in_stock"), ("choice", "", None), ("label_or_id", "7", "7"),
    ],
)  # fmt: skip
def test_decoding(type: str, wire: Any, value: Value) -> None:
    assert CODECS[type].decode(wire, ctx(type, ONEC)) == value


def test_empty_values_as_each_system_clears_them() -> None:
    cleared = {type: CODECS[type].encode(None, ctx(type, ONEC)) for type in ("text", "date", "reference", "money")}
    assert cleared == {"text": "", "date": "0001-01-01T00:00:00", "reference": ZERO, "money": 0}
    assert {CODECS[type].encode(None, ctx(type, DESK)) for type in ("text", "date", "reference", "money")} == {None}


def test_wire_forms() -> None:
    assert CODECS["money"].encode(Decimal("1E+3"), ctx("money", DESK)) == "1000"
    assert str(CODECS["money"].encode(Decimal("1E+3"), ctx("money", ONEC))) == "1000"
    assert CODECS["date"].encode(date(2026, 2, 10), ctx("date", ONEC)) == "2026-02-10T00:00:00"
    assert CODECS["date"].encode(date(2026, 2, 10), ctx("date", DESK)) == "2026-02-10"


def test_a_label_is_read_only() -> None:
    context = Context("desk", FieldMap("room", "main", "location", "label", label_of="place"), "place", DESK,
                      label=lambda kind, id: {("place", "7"): "Каб. 204"}.get((kind, id)))  # fmt: skip
    assert CODECS["label"].decode("7", context) == "Каб. 204"
    with pytest.raises(Reject):
        CODECS["label"].encode("Каб. 204", context)
    with pytest.raises(Reject):
        CODECS["label"].decode("8", context)


@pytest.mark.parametrize(
    ("type", "a", "b", "same"),
    [
        ("text", "A\u00a0 B ", "A B", True), ("text", "a", "A", False), ("text", "", None, True),
        ("name", "Семёнов  И", "СЕМЕНОВ И", True), ("name", "Иванов", "Петров", False),
        ("money", Decimal("1.5"), Decimal("1.50"), True), ("money", Decimal("1.004"), Decimal("1"), True),
        ("money", Decimal("1.01"), Decimal("1"), False), ("quantity", Decimal("1.0004"), Decimal("1"), True),
        ("quantity", Decimal("1.001"), Decimal("1"), False), ("money", Decimal("-0.00"), Decimal(0), True),
        ("reference", Ref("desk", "person", "1"), Ref("desk", "person", "1"), True),
        ("reference", Ref("desk", "person", "1"), Ref("book", "person", "1"), False),
        ("flag", False, None, False), ("text", "й", "и\u0306", True),
        ("date", datetime(2026, 1, 1, 5), date(2026, 1, 1), True),
    ],
)  # fmt: skip
def test_equality(type: str, a: Value, b: Value, same: bool) -> None:
    assert equal(field(type), a, b) is same
