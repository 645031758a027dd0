"""What is peculiar to Roundup; what every connector must do is in tests/contract."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal

import pytest
import requests
import responses

from uchet.connectors.base import Query, Raw, Write
from uchet.connectors.contract_proxy import Answer, Proxy, Request
from uchet.connectors.http import Retries
from uchet.connectors.roundup.connector import RoundupConnector
from uchet.connectors.roundup.errors import desk_errors
from uchet.connectors.roundup.server import Desk, seed
from uchet.connectors.roundup.values import ClassInfo, Cursor, Prop, decode, encode, ids_of, version_of
from uchet.errors import Blocked, Fatal, Reject, Retry, Stale, Unknown

Fresh = Callable[[], str]
INFO = ClassInfo(
    "thing",
    {"name": Prop("string"), "on": Prop("boolean"), "size": Prop("number"), "at": Prop("link", "place"),
     "all": Prop("multilink", "place"), "n": Prop("integer")},
    "name",
)  # fmt: skip


def _retire(desk: Desk, collection: str, id: str) -> None:
    """As the administrator does it: Roundup's own soft delete."""
    session = requests.Session()
    session.auth = ("admin", "админ".encode())
    session.headers.update({"X-Requested-With": "rest", "Origin": desk.url, "Content-Type": "application/json"})
    item = f"{desk.url}/rest/data/{collection}/{id}"
    tag = session.get(item, timeout=10).headers["ETag"]
    assert session.delete(item, headers={"If-Match": tag}, timeout=10).status_code == 200


def _all(connector: RoundupConnector, query: Query) -> list[Raw]:
    return [raw for page in connector.read(query) for raw in page.records]


def test_a_deleted_item_answers_by_id_and_nowhere_else(desk: Desk, connector: RoundupConnector, fresh: Fresh) -> None:
    name = fresh()
    raw = connector.write(Write("location", None, {"name": name}, marker=name)).raw
    _retire(desk, "location", raw.id)
    found = connector.get("location", raw.id)
    assert found is not None
    assert found.retired
    assert found.data["name"] == name
    assert raw.id not in {r.id for r in _all(connector, Query("location"))}
    assert connector.find("location", name) is None
    with pytest.raises(Reject, match="desk_retired"):
        connector.write(Write("location", raw.id, {"code": "1"}))
    with pytest.raises(Reject, match="desk_marker_taken"):
        connector.write(Write("location", None, {"name": fresh()}, marker=name))
    # A deleted item gives its key free.
    again = connector.write(Write("location", None, {"name": name}, marker=fresh()))
    assert again.created
    with pytest.raises(Reject, match="desk_duplicate") as caught:
        connector.write(Write("location", None, {"name": name}, marker=fresh()))
    assert caught.value.field == "name"


def test_a_row_that_slips_between_two_pages_is_fetched(desk: Desk, connector: RoundupConnector, fresh: Fresh) -> None:
    """An item of the first page is deleted while it is being read: the rest moves up by one."""
    ids = seed(desk.home, "consumable", [{"name": fresh()} for _ in range(8)])
    first = _all(connector, Query("consumable"))[0].id
    moved: list[str] = []

    def delete_first(request: Request, forward: Callable[[], Answer]) -> Answer:
        if not moved:
            moved.append(first)
            _retire(desk, "consumable", first)
        return forward()

    with Proxy(desk.url) as proxy:
        slow = RoundupConnector(proxy.url, "uchet", "интеграция", page_size=3, origin=desk.url)
        with proxy.failing(delete_first, on=lambda request: "page_index=2" in request.target):
            pages = list(slow.read(Query("consumable")))
    assert moved
    assert pages[-1].complete
    read = [raw.id for page in pages for raw in page.records]
    assert len(read) == len(set(read))
    assert set(ids) - {first} <= set(read)


@pytest.mark.parametrize("verb", ["read", "undecoded"])
def test_a_listing_of_one_page_is_asked_for_once(desk: Desk, fresh: Fresh, verb: str) -> None:
    """Several pages are held against the ids at their end."""
    seed(desk.home, "location", [{"name": fresh()} for _ in range(3)])
    asked: list[str] = []

    def note(request: Request, forward: Callable[[], Answer]) -> Answer:
        asked.append(request.target)
        return forward()

    def listing(page_size: int) -> int:
        asked.clear()
        with Proxy(desk.url) as proxy:
            there = RoundupConnector(proxy.url, "uchet", "интеграция", page_size=page_size, origin=desk.url)
            with proxy.failing(note, on=lambda request: "data/location" in request.target):
                list(getattr(there, verb)(Query("location")))
        return len(asked)

    assert listing(1000) == 1
    assert listing(2) > 2
    assert "page_index" not in asked[-1]


def test_a_link_is_searched_by_id_and_by_nothing(desk: Desk, connector: RoundupConnector, fresh: Fresh) -> None:
    [firm] = seed(desk.home, "organization", [{"name": fresh()}])
    with_firm, without = seed(desk.home, "department", [{"name": fresh(), "organization": firm}, {"name": fresh()}])
    assert [r.id for r in _all(connector, Query("department", where={"organization": firm}))] == [with_firm]
    assert without in {r.id for r in _all(connector, Query("department", where={"organization": None}))}
    with pytest.raises(Reject, match="desk_where_empty"):
        _all(connector, Query("department", where={"code": None}))


def test_flags_are_flags(connector: RoundupConnector, fresh: Fresh) -> None:
    """Roundup itself answers 0 and 1."""
    name = fresh()
    raw = connector.write(Write("employee", None, {"name": name, "active": False}, marker=name)).raw
    assert raw.data["active"] is False
    assert [r.id for r in _all(connector, Query("employee", where={"active": False, "uchet_key": name}))] == [raw.id]
    assert _all(connector, Query("employee", where={"active": True, "uchet_key": name})) == []
    assert connector.write(Write("employee", raw.id, {"active": None})).raw.data["active"] is None


def test_a_create_sends_no_empty_values(connector: RoundupConnector, fresh: Fresh) -> None:
    name = fresh()
    raw = connector.write(
        Write("department", None, {"name": name, "code": None, "organization": None}, marker=name)
    ).raw
    assert (raw.data["code"], raw.data["organization"]) == (None, None)


def test_a_create_without_a_marker_is_refused(connector: RoundupConnector) -> None:
    with pytest.raises(Reject, match="desk_marker_missing"):
        connector.write(Write("employee", None, {"name": "Иванов"}))


def test_overtaken_by_the_same_marker(desk: Desk, fresh: Fresh) -> None:
    """Between our look-up and our POST somebody else makes the record: it is theirs that we take."""
    name, theirs = fresh(), RoundupConnector(desk.url, "uchet", "интеграция")
    made: list[str] = []

    def overtake(request: Request, forward: Callable[[], Answer]) -> Answer:
        made.append(theirs.write(Write("employee", None, {"name": name}, marker=name)).raw.id)
        return forward()

    with Proxy(desk.url) as proxy:
        mine = RoundupConnector(proxy.url, "uchet", "интеграция", origin=desk.url)
        with proxy.failing(overtake, on=lambda request: request.method == "POST" and len(request.body) > 2):
            receipt = mine.write(Write("employee", None, {"name": name}, marker=name))
    assert (receipt.created, receipt.raw.id) == (False, made[0])


def test_marks_grow_and_count_the_deleted(desk: Desk, connector: RoundupConnector, fresh: Fresh) -> None:
    [id] = seed(desk.home, "organization", [{"name": fresh()}])
    assert connector.describe().marks["organization"] == id
    _retire(desk, "organization", id)
    description = connector.describe()
    assert description.marks["organization"] == id
    assert description.identity.startswith(desk.url + "#")
    assert len(description.identity) == len(desk.url) + 33
    assert description.collections["equipment"]["organization"].type == "link:organization"
    assert description.collections["equipment"]["inventory_number"].required


def test_another_address_than_the_tracker_s_own(desk: Desk, connector: RoundupConnector) -> None:
    wrong = RoundupConnector(desk.url, "uchet", "интеграция", origin="http://elsewhere.test")
    with pytest.raises(Fatal, match="desk_origin") as caught:
        wrong.describe()
    assert "config.ini" in caught.value.text("en")


@responses.activate
def test_a_tracker_without_our_schema_page() -> None:
    responses.get("http://desk.test/rest/uchet", status=404, json={"error": {"status": 404, "msg": "Nothing"}})
    connector = RoundupConnector("http://desk.test", "u", "p", retries=Retries(attempts=1))
    with pytest.raises(Fatal, match=r"interfaces\.py"):
        connector.describe()


def test_a_damaged_cursor(connector: RoundupConnector) -> None:
    for text in ("x", "{}", '{"at":"yesterday","seen":{}}', "[]"):
        with pytest.raises(Fatal, match="desk_cursor"):
            list(connector.read(Query("employee"), since=text))


def test_the_cursor_goes_back_and_forgets_when_too_much() -> None:
    cursor = Cursor("2026-11-22.00:00:30", {"1": "v"})
    assert cursor.start == "2026-11-21.23:59:30"
    assert Cursor.load(cursor.dump()) == cursor
    crowded = Cursor(cursor.at, {str(i): "v" for i in range(Cursor.REMEMBERED + 1)})
    assert Cursor.load(crowded.dump()).seen == {}


def test_values_from_the_wire() -> None:
    wire = {"id": "7", "name": "x", "on": 1, "size": Decimal("1.5"), "n": 3, "at": {"id": "4", "link": "…"},
            "all": [{"id": "1"}, "2"], "activity": "2026-11-22.00:00:00", "other": object()}  # fmt: skip
    assert decode(INFO, wire) == {
        "name": "x", "on": True, "size": Decimal("1.5"), "n": 3, "at": "4", "all": ("1", "2"),
        "activity": "2026-11-22.00:00:00",
    }  # fmt: skip
    assert decode(INFO, {"at": None, "on": None}) == {"at": None, "on": None}


def test_values_to_the_wire() -> None:
    sent = {"name": None, "on": False, "size": Decimal("1E+3"), "n": 3, "at": "4", "all": ("1", "2")}
    assert encode(INFO, sent) == {"name": "", "on": "no", "size": "1000", "n": "3", "at": "4", "all": ["1", "2"]}
    with pytest.raises(Blocked, match="desk_field_absent"):
        encode(INFO, {"colour": "red"})
    for wrong in (1.5, Decimal("NaN"), object()):
        with pytest.raises(Reject, match="desk_value"):
            encode(INFO, {"size": wrong})


def test_a_version_says_everything_and_nothing_of_order() -> None:
    assert version_of({"a": 1, "b": "x"}) == version_of({"b": "x", "a": 1})
    assert version_of({"a": 1}) != version_of({"a": 2})
    assert version_of({"a": None}) != version_of({})


FAILED = "Sun Nov 22 08:00:00 2026: An error occurred. Please check the server log for more information."


@pytest.mark.parametrize(
    ("status", "message", "write", "kind", "code"),
    [
        (400, FAILED, False, Retry, "desk_failed_read"),
        (400, FAILED, True, Unknown, "desk_failed"),
        (400, "Required Header Missing", True, Fatal, "desk_origin"),
        (400, "POE token 'x' not valid.", True, Retry, "desk_token"),
        (400, "Property x not found in class y", True, Reject, "desk_refused"),
        (401, "Invalid Login", False, Fatal, "login"),
        (403, "Forbidden.", False, Fatal, "rights"),
        (405, "status: 'x': in_use", True, Reject, "desk_refused"),
        (409, 'node with key "X" exists', True, Reject, "desk_duplicate"),
        (409, "organization has no node 999", True, Reject, "desk_reference"),
        (409, "uchet_key 'k': employee1", True, Reject, "desk_marker_taken"),
        (409, "Requested item is retired", True, Reject, "desk_retired"),
        (412, "If-Match is missing or does not match.", True, Stale, "desk_stale"),
        (429, "Slow down", True, Retry, "busy"),
        (500, "", True, Unknown, "answer_lost_status"),
        (503, "", False, Retry, "server_failed"),
    ],
)
def test_the_error_table(status: int, message: str, write: bool, kind: type[Exception], code: str) -> None:
    answer = requests.Response()
    answer.status_code = status
    answer._content = json.dumps({"error": {"status": status, "msg": message}}).encode()
    error = desk_errors(answer, write)
    assert isinstance(error, kind)
    assert error is not None
    assert error.code == code
    assert error.text("ru")


def test_the_ids_of_a_listing_are_texts_however_they_are_written() -> None:
    assert ids_of(b'{"data": {"@total_size": 2, "collection": [{"id": "1", "link": "x"}, {"id": "20"}]}}') == [
        "1",
        "20",
    ]
    assert ids_of(b'{"data": {"collection": [{"id": 1}, {"id": "20"}]}}') == ["1", "20"]
    assert ids_of(b'{"data": {"collection": []}}') == []
    for other in (b"{}", b"<html>", b"[]"):
        with pytest.raises((ValueError, LookupError, TypeError)):
            ids_of(other)
