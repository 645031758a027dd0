"""The contract suite: what every connector must do, ours or a third party's, against a real server or an emulator.

Use it from pytest: a ``subject`` fixture and a subclass are all there is to write::

    @pytest.fixture(scope="module")
    def subject() -> Subject:
        return Subject(name="mine", url=…, connect=…, …)


    class TestMine(ConnectorContract):
        pass

A connector that claims no writes passes ``ReadOnlyContract`` instead; neither passes the other's.
Every capability claimed is exercised; for one that is not claimed the suite checks that nothing is pretended. Faults
that no server gives when asked come from a loopback proxy, so the server itself stays as it is. Nothing is skipped.
"""

from __future__ import annotations

import contextlib

from ..errors import Blocked, Reject, Retry
from .base import Connector, Page, Query, Rows, Undecoded, Write
from .contract_failures import FailureChecks, WriteFailureChecks
from .contract_kit import (
    Rejected,
    Sample,
    Stock,
    Subject,
    change,
    everything,
    label,
    listing,
    made,
    opened,
    raised,
    several,
)
from .contract_proxy import Proxy, hang_up, repeat_first
from .contract_reading import ReadOnlyChecks
from .contract_stock import StockChecks
from .contract_writing import WritingChecks

__all__ = ["ConnectorContract", "ReadOnlyContract", "Rejected", "Sample", "Stock", "Subject"]


class ReadingChecks:
    """Listings, single records, and what is published."""

    def test_describes_what_it_publishes(self, subject: Subject) -> None:
        with opened(subject.connect(subject.url)) as connector:
            first, second = connector.describe(), connector.describe()
        assert subject.text in first.collections[subject.collection]
        assert subject.empty in first.collections
        assert first.identity, "no identity"
        assert first.identity == second.identity
        assert first.product

    def test_identity_tells_addresses_apart(self, subject: Subject) -> None:
        with Proxy(subject.url) as proxy, opened(subject.connect(proxy.url)) as there:
            copy = there.describe().identity
        with opened(subject.connect(subject.url)) as connector:
            assert connector.describe().identity != copy

    def test_an_unpublished_collection_is_blocked(self, subject: Subject) -> None:
        with opened(subject.connect(subject.url)) as connector:
            raised(Blocked, lambda: list(connector.read(Query("Нет_такого_набора"))))
            raised(Blocked, lambda: connector.get("Нет_такого_набора", subject.missing_id))
            raised(Blocked, lambda: connector.write(Write("Нет_такого_набора", None, {}, key=None, marker="m")))

    def test_an_unpublished_field_is_drift(self, subject: Subject) -> None:
        with opened(subject.connect(subject.url)) as connector:
            raw = made(subject, connector)
            query = Query(subject.collection, fields=(subject.text, "НетТакогоПоля"))
            raised((Blocked, Reject), lambda: list(connector.read(query)))
            raised((Blocked, Reject), lambda: connector.write(change(raw, {"НетТакогоПоля": "1"})))

    def test_only_the_last_page_is_complete(self, subject: Subject) -> None:
        with opened(subject.connect(subject.url, page_size=2)) as connector:
            ids = several(subject, connector, 5)
            pages = list(connector.read(Query(subject.collection)))
        assert len(pages) > 2, "the page size is not obeyed"
        assert [page.complete for page in pages] == [False] * (len(pages) - 1) + [True]
        assert ids <= everything(iter(pages)).keys(), "records are missing"

    def test_rows_left_undecoded_are_the_same_listing(self, subject: Subject) -> None:
        """Where the connector leaves the decoding to others: the same records, the same bytes every time."""
        query = Query(subject.collection, fields=(subject.text,))
        with opened(subject.connect(subject.url, page_size=2)) as connector:
            if not isinstance(connector, Undecoded):
                return
            several(subject, connector, 3)
            first, second = _undecoded(connector, query), _undecoded(connector, query)
            if first is None or second is None:
                return
            rows = [bytes(row) for page in first for row in page.rows]
            found = {raw.id: raw for raw in connector.decoded(query, rows)}
            read = everything(connector.read(query))
        assert [page.complete for page in first] == [False] * (len(first) - 1) + [True]
        assert len(found) == len(rows), "a row came twice"
        assert {id: (raw.version, dict(raw.data), raw.retired) for id, raw in found.items()} == {
            id: (raw.version, dict(raw.data), raw.retired) for id, raw in read.items()
        }
        again = [bytes(row) for page in second for row in page.rows]
        assert sorted(rows) == sorted(again), "the same record in other bytes"

    def test_undecoded_rows_of_a_broken_listing_are_never_complete(self, subject: Subject) -> None:
        query, seen = Query(subject.collection, fields=(subject.text,)), list[Rows]()
        with Proxy(subject.url) as proxy, opened(subject.connect(proxy.url, page_size=2)) as connector:
            if _undecoded(connector, query) is None:
                return
            several(subject, connector, 5)
            start = len(proxy.requests)
            with proxy.failing(hang_up, on=lambda request: len(proxy.requests) >= start + 2):
                raised(Retry, lambda: _undecoded(connector, query, seen))
        assert not any(page.complete for page in seen)

    def test_an_empty_collection_is_one_complete_page(self, subject: Subject) -> None:
        with opened(subject.connect(subject.url)) as connector:
            pages = list(connector.read(Query(subject.empty)))
        assert not everything(iter(pages))
        assert pages[-1].complete

    def test_a_broken_listing_is_never_complete(self, subject: Subject) -> None:
        with opened(subject.connect(subject.url, page_size=2)) as connector:
            several(subject, connector, 5)
        for broken in (2, 3):
            seen: list[Page] = []
            with Proxy(subject.url) as proxy, opened(subject.connect(proxy.url, page_size=2)) as connector:
                connector.describe()
                start = len(proxy.requests)
                with proxy.failing(hang_up, on=lambda r, p=proxy, n=start + broken: len(p.requests) >= n):  # type: ignore[misc]
                    raised(Retry, lambda c=connector, s=seen: s.extend(_taken(c, subject, s)))  # type: ignore[misc]
            assert not any(page.complete for page in seen)

    def test_a_repeating_page_is_noticed(self, subject: Subject) -> None:
        """An error, an incomplete listing, or the right one got some other way; never a wrong one called complete."""
        with opened(subject.connect(subject.url, page_size=2)) as connector:
            ids = several(subject, connector, 3)
        seen: list[Page] = []
        with Proxy(subject.url) as proxy, opened(subject.connect(proxy.url, page_size=2)) as connector:
            connector.describe()
            with proxy.failing(repeat_first()), contextlib.suppress(Retry, Blocked):
                _taken(connector, subject, seen)
        found = everything(iter(seen))
        assert not any(page.complete for page in seen) or ids <= found.keys()

    def test_only_the_fields_asked_for(self, subject: Subject) -> None:
        with opened(subject.connect(subject.url)) as connector:
            whole = made(subject, connector)
            part = listing(subject, connector, fields=(subject.text,))[whole.id]
        assert part.data[subject.text] == whole.data[subject.text]
        assert len(part.data) < len(whole.data)

    def test_an_unknown_field_of_a_newer_server_is_ignored(self, subject: Subject) -> None:
        with Proxy(subject.url) as proxy, opened(subject.connect(proxy.url)) as connector:
            raw = made(subject, connector)
            connector.describe()
            with proxy.failing(subject.newer, on=lambda request: request.method == subject.reads_by):
                found = listing(subject, connector)[raw.id]
        assert found.data[subject.text] == raw.data[subject.text]

    def test_equality_is_exact(self, subject: Subject) -> None:
        with opened(subject.connect(subject.url)) as connector:
            name = label()
            short = made(subject, connector, **{subject.text: name})
            longer = made(subject, connector, **{subject.text: name + "3"})
            found = listing(subject, connector, where={subject.text: short.data[subject.text]})
        assert short.id in found
        assert longer.id not in found, "equality found a longer text"

    def test_changes_are_found_as_claimed(self, subject: Subject) -> None:
        with opened(subject.connect(subject.url)) as connector:
            quiet, busy = (made(subject, connector) for _ in range(2))
            cursor = list(connector.read(Query(subject.collection)))[-1].cursor
            if connector.capabilities.changes == "full":
                pages = list(connector.read(Query(subject.collection), since=cursor or "x"))
                assert not any(page.complete for page in pages)
                assert {quiet.id, busy.id} <= everything(iter(pages)).keys()
                return
            assert cursor is not None
            name = label()
            connector.write(change(busy, {subject.text: name}))
            pages = list(connector.read(Query(subject.collection), since=cursor))
            changed = everything(iter(pages))
            assert not any(page.complete for page in pages)
            assert changed[busy.id].data[subject.text] == name
            assert quiet.id not in changed, "what did not change came again"
            assert pages[-1].cursor
            assert busy.id not in everything(connector.read(Query(subject.collection), since=pages[-1].cursor))

    def test_a_missing_record_is_none(self, subject: Subject) -> None:
        with opened(subject.connect(subject.url)) as connector:
            if not connector.capabilities.single:
                return
            assert connector.get(subject.collection, subject.missing_id) is None
            assert connector.get(subject.collection, "не ключ") is None
            assert connector.find(subject.collection, "uchet-00000000-0000-4000-8000-0000000000ff") is None

    def test_single_and_listed_record_are_equal(self, subject: Subject) -> None:
        with opened(subject.connect(subject.url)) as connector:
            raw = made(subject, connector)
            if not connector.capabilities.single:
                return
            single, listed = connector.get(subject.collection, raw.id), listing(subject, connector)[raw.id]
        assert single is not None
        assert (single.id, single.version) == (listed.id, listed.version)
        assert dict(single.data) == dict(listed.data)


class ConnectorContract(ReadingChecks, WritingChecks, FailureChecks, WriteFailureChecks, StockChecks):
    """All checks. A subclass gives the ``subject`` fixture."""


class ReadOnlyContract(ReadingChecks, ReadOnlyChecks, FailureChecks):
    """All checks of a connector that claims no writes; its ``subject`` says how records are made by other means."""


def _undecoded(connector: Connector, query: Query, seen: list[Rows] | None = None) -> list[Rows] | None:
    """The pages of a listing undecoded, also those before an error in ``seen``; ``None`` where it is read otherwise."""
    pages = connector.undecoded(query) if isinstance(connector, Undecoded) else None
    if pages is None:
        return None
    seen = [] if seen is None else seen
    for page in pages:
        seen.append(page)
    return seen


def _taken(connector: Connector, subject: Subject, seen: list[Page]) -> list[Page]:
    for page in connector.read(Query(subject.collection)):
        seen.append(page)
    return []
