"""The law of reading: a listing called complete has every record that was there all the time.

The other side here is the paging of 1C alone: rows in an order, ``$top`` and ``$skip``, and people who add, remove
and rename rows between any two requests. The same is tried on the emulator in ``test_on_emulator.py``.
"""

from __future__ import annotations

import json
import re
import threading
import uuid
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uchet.connectors.base import Page, Query
from uchet.connectors.onec.metadata import Index
from uchet.connectors.onec.reader import Reader
from uchet.connectors.onec.values import Codec
from uchet.errors import Retry

SET = "Catalog_Склады"


class Shelf:
    """Rows of one set; ``before`` runs before every request. ``typed``: answers go through the decoder asked for."""

    def __init__(self, count: int, before: Callable[[Shelf], None] = lambda _: None) -> None:
        self.rows = {str(uuid.UUID(int=n + 1)): f"{n:04}" for n in range(count)}
        self.removed: set[str] = set()
        self.before = before
        self.asked: list[dict[str, str]] = []
        self.ignore_skip = self.typed = False

    def object(self, path: str, query: str = "", *, what: str = "") -> dict[str, Any]:
        raise AssertionError("the reader asks for listings only")

    def listing(self, path: str, query: str = "", *, what: str = "", decode: Any = None) -> list[Any]:
        options = {name: value[0] for name, value in parse_qs(query).items()}
        self.asked.append(options)
        self.before(self)
        keys = sorted(self.rows, key=lambda k: (self.rows[k], k))
        wanted = re.findall(r"guid'([^']+)'", options.get("$filter", ""))
        keys = [k for k in keys if not wanted or k in wanted]
        skip = 0 if self.ignore_skip else int(options.get("$skip", 0))
        top = int(options.get("$top", 10**9))
        rows = [{"Ref_Key": k, "Code": self.rows[k], "DataVersion": "v"} for k in keys[skip : skip + top]]
        if not self.typed or decode is None:
            return rows
        return list(decode(json.dumps({"value": [{**row, "DeletionMark": False} for row in rows]}).encode()))

    def remove(self, position: int) -> None:
        key = sorted(self.rows, key=lambda k: self.rows[k])[position % len(self.rows)]
        del self.rows[key]
        self.removed.add(key)


def _reader(shelf: Shelf, index: Index, size: int = 5, connections: int = 1) -> Reader:
    class Transport:
        rows = staticmethod(shelf.listing)

    codec = Codec(index, ZoneInfo("UTC"))
    return Reader(Transport(), lambda: (index, codec), ZoneInfo("UTC"), size, connections)  # type: ignore[arg-type]


def _read(shelf: Shelf, index: Index, size: int = 5) -> tuple[list[str], list[Page]]:
    pages = list(_reader(shelf, index, size).pages(Query(SET, ("Code",))))
    assert not any(page.complete for page in pages[:-1])
    ids = [raw.id for page in pages for raw in page.records]
    assert len(ids) == len(set(ids)), "a record came twice"
    return ids, pages


_edit = st.tuples(st.sampled_from(["remove", "add", "rename", "rest"]), st.integers(0, 200))


@given(st.integers(0, 40), st.lists(_edit, max_size=25), st.integers(1, 7), st.booleans())
def test_a_complete_listing_lost_nothing(
    index: Index, count: int, edits: list[tuple[str, int]], size: int, typed: bool
) -> None:
    waiting = list(edits)

    def people(shelf: Shelf) -> None:
        for _ in range(2):
            what, number = waiting.pop() if waiting else ("rest", 0)
            if what == "remove" and shelf.rows:
                shelf.remove(number)
            elif what == "add":
                shelf.rows[str(uuid.uuid4())] = f"{number:04}"
            elif what == "rename" and shelf.rows:
                shelf.rows[sorted(shelf.rows)[number % len(shelf.rows)]] = f"{number:04}"

    shelf = Shelf(count, people)
    shelf.typed = typed
    start = set(shelf.rows)
    ids, pages = _read(shelf, index, size)
    if pages[-1].complete:
        assert start - shelf.removed <= set(ids)


def test_a_row_that_slides_under_the_page_border_is_not_lost(index: Index) -> None:
    def remove_first(shelf: Shelf) -> None:
        if len(shelf.asked) == 2:
            shelf.remove(0)

    shelf = Shelf(12, remove_first)
    ids, pages = _read(shelf, index)
    assert pages[-1].complete
    assert set(shelf.rows) <= set(ids)
    assert len(ids) == 12
    assert any("guid" in asked.get("$filter", "") for asked in shelf.asked)


def test_a_small_listing_costs_one_request(index: Index) -> None:
    for count in (0, 4):
        shelf = Shelf(count)
        ids, pages = _read(shelf, index)
        assert (len(ids), len(pages), pages[-1].complete, len(shelf.asked)) == (count, 1, True, 1)


def test_keys_are_read_again_without_the_other_fields(index: Index) -> None:
    shelf = Shelf(12)
    _read(shelf, index)
    assert shelf.asked[0]["$select"] == "Code,Ref_Key,DataVersion,DeletionMark"
    assert shelf.asked[0]["$orderby"] == "Code,Ref_Key"
    assert shelf.asked[-1]["$select"] == "Ref_Key"
    assert [a["$skip"] for a in shelf.asked] == ["0", "5", "10", "0"]


def test_a_listing_that_never_rests_is_not_called_complete(index: Index) -> None:
    def churn(shelf: Shelf) -> None:
        shelf.remove(0)
        shelf.rows[str(uuid.uuid4())] = "9999"

    _, pages = _read(Shelf(150, churn), index, size=2)
    assert not pages[-1].complete


@pytest.mark.parametrize("typed", [True, False])
def test_a_server_that_ignores_skip_does_not_loop(index: Index, typed: bool) -> None:
    shelf = Shelf(200)
    shelf.ignore_skip, shelf.typed = True, typed
    ids, pages = _read(shelf, index, size=5)
    assert not pages[-1].complete
    assert len(shelf.asked) < 60
    shelf = Shelf(50)
    shelf.ignore_skip, shelf.typed = True, typed
    ids, pages = _read(shelf, index, size=5)
    assert pages[-1].complete
    assert set(ids) == set(shelf.rows)


def test_typed_records_are_those_of_dictionaries(index: Index) -> None:
    found = []
    for typed in (True, False):
        shelf = Shelf(12)
        shelf.typed = typed
        pages = _reader(shelf, index).pages(Query(SET, ("Ref_Key", "Code")))
        found.append([(raw.id, raw.version, raw.data["Code"]) for page in pages for raw in page.records])
    assert found[0] == found[1]
    assert len(found[0]) == 12


def test_an_object_that_comes_twice_in_a_page_is_one_record(index: Index) -> None:
    shelf = Shelf(1)

    def twice(path: str, query: str = "", *, what: str = "", decode: Any) -> list[Any]:
        return list(decode(json.dumps({"value": [{"Ref_Key": "A"}, {"Ref_Key": "a"}, {"Ref_Key": "b"}]}).encode()))

    shelf.listing = twice  # type: ignore[method-assign]
    rows = [[bytes(row) for row in page.rows] for page in _reader(shelf, index).rows(Query(SET, ("Code",))) or ()]
    assert rows == [[b'{"Ref_Key": "A"}', b'{"Ref_Key": "b"}']]


def test_an_object_without_its_key_is_a_broken_answer(index: Index) -> None:
    shelf = Shelf(1)

    def keyless(path: str, query: str = "", *, what: str = "", decode: Any) -> list[Any]:
        return list(decode(json.dumps({"value": [{"Ref_Key": ""}]}).encode()))

    shelf.listing = keyless  # type: ignore[method-assign]
    with pytest.raises(Retry, match="answer_broken"):
        list(_reader(shelf, index).rows(Query(SET, ("Code",))) or ())


def test_an_error_in_the_middle_ends_the_listing(index: Index) -> None:
    def fail(shelf: Shelf) -> None:
        if len(shelf.asked) == 2:
            raise Retry("unreachable", "away")

    pages = _reader(Shelf(12, fail), index).pages(Query(SET))
    assert not next(pages).complete
    with pytest.raises(Retry):
        next(pages)


def test_pages_are_asked_for_over_all_connections_allowed_and_come_in_order(index: Index) -> None:
    shelf = Shelf(60)
    together = threading.Barrier(3, timeout=20)  # passes only while three requests are under way at once

    def wait(here: Shelf) -> None:
        asked = here.asked[-1]
        if asked.get("$top") == "5" and 0 < int(asked["$skip"]) <= 45:
            together.wait()

    shelf.before = wait
    pages = list(_reader(shelf, index, 5, 3).pages(Query(SET, ("Code",))))
    assert [raw.id for page in pages for raw in page.records] == list(shelf.rows)
    assert pages[-1].complete


def test_a_listing_of_one_page_is_one_request_however_many_connections(index: Index) -> None:
    shelf = Shelf(3)
    assert len(list(_reader(shelf, index, 5, 4).pages(Query(SET, ("Code",))))) == 1
    assert len(shelf.asked) == 1


@pytest.mark.parametrize("row", [b"null", b"5", b'{"Code":"\xff"}', b'{"Ref_Key":1'], ids=repr)
def test_a_row_left_undecoded_that_is_no_record_is_a_broken_answer(index: Index, row: bytes) -> None:
    with pytest.raises(Retry) as raised:
        _reader(Shelf(0), index).decoded(Query(SET, ("Code",)), [row])
    assert raised.value.code == "answer_broken"


def test_a_row_that_no_json_can_hold_is_a_broken_answer(index: Index) -> None:
    shelf = Shelf(1)
    shelf.rows = dict.fromkeys(shelf.rows, "\ud800")
    with pytest.raises(Retry):
        list(_reader(shelf, index).rows(Query(SET, ("Code",))))
