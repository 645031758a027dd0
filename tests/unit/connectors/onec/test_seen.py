"""Rows told apart, and what a second listing of the keys says of the first."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uchet.connectors.base import Raw
from uchet.connectors.onec.seen import Listed, unseen, within
from uchet.errors import Retry

IDS = st.lists(st.sampled_from("abcdef"), max_size=8)


def rows(*ids: str) -> list[Raw]:
    return [Raw("Catalog_X", id, None, {"n": n}) for n, id in enumerate(ids)]


def listed(seen: list[str], *pages: list[str]) -> tuple[object, object]:
    known = dict.fromkeys(seen).keys()
    found = Listed(known)
    for page in pages:
        found.add(page)
    return found.ids(), known


def test_a_quiet_base_lists_the_same_again() -> None:
    now, known = listed(["b", "a", "c"], ["b", "a"], ["c"])
    assert now is known


@given(seen=st.lists(st.sampled_from("abcdef"), unique=True), pages=st.lists(IDS, max_size=4))
def test_whatever_is_listed_is_told_as_it_is(seen: list[str], pages: list[list[str]]) -> None:
    now, known = listed(seen, *pages)
    assert now == {id for page in pages for id in page}
    assert now is not known or now == set(seen)


@given(seen=st.lists(st.sampled_from("abcdef"), unique=True), cut=st.integers(0, 6), more=IDS)
def test_a_pass_that_begins_like_the_first_and_goes_on_otherwise(seen: list[str], cut: int, more: list[str]) -> None:
    now, _ = listed(seen, seen[:cut], more)
    assert now == {*seen[:cut], *more}


@given(first=IDS, second=IDS)
def test_no_row_twice(first: list[str], second: list[str]) -> None:
    seen: dict[str, None] = {}
    found = [unseen(rows(*page), seen) for page in (first, second)]
    ids = [row.id for page in found for row in page]
    assert ids == list(dict.fromkeys(first + second)) == list(seen)
    assert all(row.data["n"] == first.index(row.id) for row in found[0]), "the first of those that look alike"


def test_a_row_without_its_key_is_a_broken_answer() -> None:
    with pytest.raises(Retry):
        unseen(rows("a", ""), {})


@given(ids=IDS.filter(bool), others=IDS)
def test_within(ids: list[str], others: list[str]) -> None:
    assert within(ids, others) is (set(ids) <= set(others))
