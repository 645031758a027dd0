"""Matching laws 25–28: one-to-one, symmetric, order-free, never by junk, never over a person's word."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from matching import low, run, thing

from uchet.mappings.keys import inv_key, serial_key
from uchet.sync.types import Link

NUMBERS = st.sampled_from([None, "", "БП-1", "бп 001", "BP-1", "2", "002", "10-2", "б/н", "000", "...", "1.2E+11", "3"])
SERIALS = st.sampled_from([None, "", "PF12345", "pf-12345", "PF1Z345", "MXL1O3B8", "MXL10388", "None", "00000", "нет"])
RECORDS = st.fixed_dictionaries(
    {"inventory_number": NUMBERS, "serial": SERIALS, "organization": st.sampled_from(["A", "A", "B", None])},
    optional={
        "model": st.sampled_from(["Lenovo T14", "Kyocera M2040"]),
        "custodian": st.sampled_from(["p", "q"]),
        "retired": st.just(True),
    },
)
SIDES = st.lists(RECORDS, max_size=7)
LOWS = st.lists(st.builds(low, st.sampled_from(["Lenovo T14", "Стул"]), st.sampled_from(["p", "q", None])), max_size=3)


def numbered(prefix: str, rows: Sequence[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {f"{prefix}{n}": row for n, row in enumerate(rows)}


@given(SIDES, LOWS, SIDES)
def test_law_25_one_to_one_and_everybody_is_accounted_for(book: Any, units: Any, desk: Any) -> None:
    books, desks = numbered("b", [*book, *units]), numbered("d", desk)
    result = run(books, desks)
    linked = [link.book for link in result.found], [link.desk for link in result.found]
    for ids in linked:
        assert len(ids) == len(set(ids))
    for side, rows, mine, alone in (
        ("book", books, linked[0], result.book_only),
        ("desk", desks, linked[1], result.desk_only),
    ):
        waiting = [id for where, id in result.waiting if where == side]
        alive = [id for id, row in rows.items() if not row.get("retired")]
        assert sorted([*mine, *alone, *waiting]) == sorted(alive)


@given(SIDES, SIDES)
def test_law_25_swapping_the_sides_mirrors_the_links(book: Any, desk: Any) -> None:
    there = run(numbered("x", book), numbered("y", desk))
    back = run(numbered("y", desk), numbered("x", book))
    assert {(a.book, a.desk, a.score) for a in there.found} == {(b.desk, b.book, b.score) for b in back.found}


@given(SIDES, LOWS, SIDES, st.randoms(use_true_random=False))
def test_law_25_order_does_not_matter(book: Any, units: Any, desk: Any, rng: random.Random) -> None:
    books, desks = list(numbered("b", [*book, *units]).items()), list(numbered("d", desk).items())
    first = run(dict(books), dict(desks))
    rng.shuffle(books)
    rng.shuffle(desks)
    assert run(dict(books), dict(desks)) == first


@given(SIDES, SIDES)
def test_law_26_automatic_links_have_a_real_key_and_one_organisation(book: Any, desk: Any) -> None:
    books, desks = numbered("b", book), numbered("d", desk)
    for link in run(books, desks).found:
        one, two = books[link.book], desks[link.desk]
        assert one["organization"] == two["organization"] is not None
        by_inv = inv_key(one["inventory_number"]) == inv_key(two["inventory_number"]) != ()
        by_serial = serial_key(one["serial"]) == serial_key(two["serial"]) != ""
        assert by_inv or by_serial
        for rows, id, row in ((books, link.book, one), (desks, link.desk, two)):
            if by_inv and not by_serial:
                assert not [
                    other
                    for key, other in rows.items()
                    if key != id
                    and not other.get("retired")
                    and other["organization"] == row["organization"]
                    and inv_key(other["inventory_number"]) == inv_key(row["inventory_number"])
                ]


@given(SIDES, SIDES, st.integers(0, 6), st.integers(0, 6), st.sampled_from(["ivanov", "uchet"]))
def test_law_27_stored_links_stand(book: Any, desk: Any, b: int, d: int, by: str) -> None:
    link = Link("equipment", f"b{b}", f"d{d}", "manual", 100, by=by)
    result = run(numbered("b", book), numbered("d", desk), links=[link])
    assert result.kept == (link,)
    assert all(found.book != link.book and found.desk != link.desk for found in result.found)
    assert link.book not in result.book_only


@given(SIDES, SIDES, st.integers(90, 100), st.integers(0, 10))
def test_law_28_raising_the_threshold_never_adds(book: Any, desk: Any, threshold: int, more: int) -> None:
    books, desks = numbered("b", book), numbered("d", desk)
    loose = {(x.book, x.desk) for x in run(books, desks, threshold=threshold).found}
    strict = {(x.book, x.desk) for x in run(books, desks, threshold=threshold + more).found}
    assert strict <= loose


@given(SIDES, SIDES)
def test_law_27_a_rejected_pair_never_comes_back(book: Any, desk: Any) -> None:
    books, desks = numbered("b", book), numbered("d", desk)
    first = run(books, desks)
    refused = {(x.book, x.desk) for x in first.found} | {(i.book or "", i.desk or "") for i in first.suggestions}
    second = run(books, desks, rejected=refused)
    again = {(x.book, x.desk) for x in second.found} | {(i.book or "", i.desk or "") for i in second.suggestions}
    assert not again & refused


@given(SIDES, LOWS, SIDES)
def test_law_25_the_next_night_asks_the_same_and_links_nothing_more(book: Any, units: Any, desk: Any) -> None:
    books, desks = numbered("b", [*book, *units]), numbered("d", desk)
    first = run(books, desks)
    second = run(books, desks, links=first.found)
    assert second.kept == first.found
    assert not second.found
    assert {i.key for i in second.suggestions} == {i.key for i in first.suggestions}
    assert {i.key for i in second.problems} <= {i.key for i in first.problems}


@given(SIDES, SIDES, st.sampled_from(["", "б/н", "000", "...", "None", "to be filled", "нет", "1.2E+11", "-"]))
def test_law_26_junk_links_nothing(book: Any, desk: Any, junk: str) -> None:
    """Two records that have nothing but junk in common are not the same thing, whoever stands beside them."""
    books = {**numbered("b", book), "bx": thing(junk, junk)}
    desks = {**numbered("d", desk), "dx": thing(junk, junk)}
    linked = {(link.book, link.desk) for link in run(books, desks).found}
    assert not any("bx" in pair or "dx" in pair for pair in linked)


@given(SIDES, SIDES, st.integers(0, 6), st.integers(0, 6), st.integers(0, 6))
def test_law_27_a_persons_link_stands_before_ours(book: Any, desk: Any, b: int, d: int, other: int) -> None:
    """Two links contradict each other (a person linked, our own run was half through): the person's stands."""
    ours, theirs = (
        Link("equipment", f"b{b}", f"d{d}", "serial", 100),
        Link("equipment", f"b{b}", f"d{other}", by="anna"),
    )
    result = run(numbered("b", book), numbered("d", desk), links=[ours, theirs] if d != other else [theirs])
    assert result.kept == (theirs,)
