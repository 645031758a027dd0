"""What is stored comes back exactly: types, zones, exponents, order of tuples."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uchet.sync.store.serial import canonical, dumps, load_as, loads
from uchet.sync.types import Draft, FieldChange, Issue, Link, Operation, Plan, Ref, Seen, Verdict

TEXT = st.text(max_size=8)
SIDE = st.sampled_from(["book", "desk"])
ZONE = st.none() | st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
VALUE = st.one_of(
    st.none(),
    TEXT,
    st.booleans(),
    st.integers(),
    st.decimals(allow_nan=False),
    st.dates(),
    st.datetimes(timezones=ZONE),
    st.builds(Ref, SIDE, TEXT, TEXT),
)
VALUES = st.dictionaries(st.one_of(TEXT, TEXT.map("${}".format)), VALUE, max_size=3)
ANYTHING = st.recursive(
    VALUE | st.floats(allow_nan=False),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.lists(inner, max_size=3).map(tuple),
        st.dictionaries(TEXT | st.tuples(SIDE, TEXT), inner, max_size=3),
        st.frozensets(VALUE, max_size=3),
    ),
    max_leaves=6,
)
NOTE = st.dictionaries(TEXT, ANYTHING, max_size=2)
MAYBE = st.none() | TEXT
SEEN = st.builds(Seen, VALUES, VALUES, st.booleans())
CHANGES = st.lists(st.builds(FieldChange, TEXT, VALUE, VALUE), max_size=2).map(tuple)
ACTION = st.sampled_from(["create", "update", "retire", "draft", "link", "agree", "close"])


def operations(members: st.SearchStrategy[tuple[Operation, ...]]) -> st.SearchStrategy[Operation]:
    return st.builds(
        Operation,
        id=TEXT,
        action=ACTION,
        side=SIDE,
        kind=TEXT,
        book=MAYBE,
        desk=MAYBE,
        changes=CHANGES,
        expected=MAYBE,
        seen=SEEN,
        rule=TEXT,
        score=st.integers(0, 100),
        scope=MAYBE,
        label=TEXT,
        document=MAYBE,
        header=VALUES,
        members=members,
    )


OPERATION = operations(st.lists(operations(st.just(())), max_size=2).map(tuple))
ISSUE = st.builds(Issue, TEXT, TEXT, TEXT, MAYBE, MAYBE, MAYBE, VALUES, NOTE, TEXT)
LINK = st.builds(Link, TEXT, TEXT, TEXT, TEXT, st.integers(), TEXT, SEEN)
DRAFT_STATE = st.sampled_from(["open", "posted", "agreed", "adopted", "refused", "edited", "gone"])
MEMBERS = st.lists(OPERATION, max_size=1).map(tuple)
DRAFT = st.builds(Draft, TEXT, TEXT, TEXT, MAYBE, TEXT, DRAFT_STATE, TEXT, MEMBERS)
ISSUES = st.lists(ISSUE, max_size=1).map(tuple)
COUNTS = st.dictionaries(TEXT | st.tuples(SIDE, TEXT), st.integers(), max_size=2)
PLAN = st.builds(Plan, TEXT, TEXT, MEMBERS, ISSUES, COUNTS, st.dictionaries(TEXT, st.booleans(), max_size=2), TEXT)
VERDICT = st.builds(Verdict, st.lists(st.tuples(TEXT, TEXT, NOTE), max_size=2).map(tuple))


def shape(value: Any) -> Any:
    """Type and text of every part: 1 == True == Decimal(1) must not hide a change."""
    if isinstance(value, (tuple, list)):
        return type(value), [shape(item) for item in value]
    if isinstance(value, dict):
        return [(shape(key), shape(item)) for key, item in value.items()]
    if isinstance(value, frozenset):
        return sorted(map(repr, value))
    return type(value), repr(value) if not isinstance(value, datetime) else (value.isoformat(), value.fold)


@given(ANYTHING)
def test_any_value_keeps_value_and_type(value: Any) -> None:
    back = loads(dumps(value))
    assert back == value
    assert shape(back) == shape(value)


@given(st.one_of(OPERATION, ISSUE, LINK, DRAFT, PLAN, VERDICT, SEEN))
def test_the_engines_own_values_come_back_exactly(value: Any) -> None:
    back = load_as(type(value), dumps(value))
    assert back == value
    assert repr(back) == repr(loads(dumps(back)))
    dumps(value).encode()


def test_tags_are_those_written_down() -> None:
    moment = datetime(2026, 3, 1, 10, tzinfo=timezone(timedelta(hours=3)))
    values = {"a": Decimal("1.50"), "b": moment, "c": date(2026, 3, 1), "d": Ref("desk", "place", "7")}
    assert dumps(values) == (
        '{"a":{"$d":"1.50"},"b":{"$t":"2026-03-01T10:00:00+03:00"},"c":{"$y":"2026-03-01"},"d":{"$ref":["desk","place","7"]}}'
    )


@pytest.mark.parametrize("value", [Decimal("1.50"), Decimal("-0"), Decimal("1E+3"), Decimal("NaN"), datetime.now(UTC)])
def test_exact_text_survives(value: Any) -> None:
    assert str(loads(dumps(value))) == str(value)


def test_lone_surrogates_do_not_break_the_database() -> None:
    text = dumps({"name": "a\ud800\0б"})
    text.encode()
    assert loads(text) == {"name": "a\ud800\0б"}


def test_canonical_does_not_depend_on_the_order_of_keys() -> None:
    assert canonical({"a": 1, "b": {"y": 1, "x": 2}}) == canonical({"b": {"x": 2, "y": 1}, "a": 1})


def test_what_has_no_stored_form_is_refused() -> None:
    with pytest.raises(TypeError):
        dumps(object())
    with pytest.raises(ValueError, match="unknown tag"):
        loads('{"$zzz":1}')
    with pytest.raises(ValueError, match="stored Seen"):
        load_as(Link, dumps(Seen()))
