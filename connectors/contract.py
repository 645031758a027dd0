"""The contract suite: what every connector must do, ours or a third party's, against a real server or an emulator.

Use it from pytest: a ``subject`` fixture and a subclass are all there is to write::

    @pytest.fixture(scope="module")
    def subject() -> Subject:
        return Subject(name="mine", url=…, connect=…, …)


    class TestMine(ConnectorContract):
        pass

Every capability claimed is exercised; for one that is not claimed the suite checks that nothing is pretended. Faults
that no server gives when asked come from a loopback proxy, so the server itself stays as it is. Nothing is skipped.
"""

from __future__ import annotations

import contextlib
import uuid
from decimal import Decimal
from typing import Any

from ..errors import Blocked, Reject, Retry, Stale
from .base import Connector, Page, Query, Raw, Write
from .contract_failures import FailureChecks
from .contract_kit import (
    Rejected,
    Sample,
    Subject,
    create,
    creation,
    everything,
    label,
    listing,
    opened,
    raised,
)
from .contract_proxy import Answer, Proxy, Request, add_unknown, hang_up, repeat_first

__all__ = ["ConnectorContract", "Rejected", "Sample", "Subject"]

TEXTS = (
    "Ноутбук «Гранит» ёЁ № 5 — новый",
    """кавычки "двойные" 'одинарные' & <b>жирно</b> % + = ; # \\ /""",
    "четыре байта 😀 𝔘 и é",
)


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
            made = create(subject, connector)
            query = Query(subject.collection, fields=(subject.text, "НетТакогоПоля"))
            raised((Blocked, Reject), lambda: list(connector.read(query)))
            raised((Blocked, Reject), lambda: connector.write(_change(made.receipt.raw, {"НетТакогоПоля": "1"})))

    def test_only_the_last_page_is_complete(self, subject: Subject) -> None:
        with opened(subject.connect(subject.url, page_size=2)) as connector:
            ids = {create(subject, connector).receipt.raw.id for _ in range(5)}
            pages = list(connector.read(Query(subject.collection)))
        assert len(pages) > 2, "the page size is not obeyed"
        assert [page.complete for page in pages] == [False] * (len(pages) - 1) + [True]
        assert ids <= everything(iter(pages)).keys(), "records are missing"

    def test_an_empty_collection_is_one_complete_page(self, subject: Subject) -> None:
        with opened(subject.connect(subject.url)) as connector:
            pages = list(connector.read(Query(subject.empty)))
        assert not everything(iter(pages))
        assert pages[-1].complete

    def test_a_broken_listing_is_never_complete(self, subject: Subject) -> None:
        with opened(subject.connect(subject.url, page_size=2)) as connector:
            for _ in range(5):
                create(subject, connector)
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
            ids = {create(subject, connector).receipt.raw.id for _ in range(3)}
        seen: list[Page] = []
        with Proxy(subject.url) as proxy, opened(subject.connect(proxy.url, page_size=2)) as connector:
            connector.describe()
            with proxy.failing(repeat_first()), contextlib.suppress(Retry, Blocked):
                _taken(connector, subject, seen)
        found = everything(iter(seen))
        assert not any(page.complete for page in seen) or ids <= found.keys()

    def test_only_the_fields_asked_for(self, subject: Subject) -> None:
        with opened(subject.connect(subject.url)) as connector:
            made = create(subject, connector)
            whole = made.receipt.raw
            part = listing(subject, connector, fields=(subject.text,))[whole.id]
        assert part.data[subject.text] == whole.data[subject.text]
        assert len(part.data) < len(whole.data)

    def test_an_unknown_field_of_a_newer_server_is_ignored(self, subject: Subject) -> None:
        with Proxy(subject.url) as proxy, opened(subject.connect(proxy.url)) as connector:
            made = create(subject, connector)
            with proxy.failing(add_unknown, on=lambda request: request.method == "GET"):
                found = listing(subject, connector)[made.receipt.raw.id]
        assert found.data[subject.text] == made.receipt.raw.data[subject.text]

    def test_equality_is_exact(self, subject: Subject) -> None:
        with opened(subject.connect(subject.url)) as connector:
            name = label()
            short = connector.write(creation(subject, name)).raw
            longer = connector.write(creation(subject, name + "3")).raw
            found = listing(subject, connector, where={subject.text: short.data[subject.text]})
        assert short.id in found
        assert longer.id not in found, "equality found a longer text"

    def test_changes_are_found_as_claimed(self, subject: Subject) -> None:
        with opened(subject.connect(subject.url)) as connector:
            quiet, busy = (create(subject, connector).receipt.raw for _ in range(2))
            cursor = list(connector.read(Query(subject.collection)))[-1].cursor
            if connector.capabilities.changes == "full":
                pages = list(connector.read(Query(subject.collection), since=cursor or "x"))
                assert not any(page.complete for page in pages)
                assert {quiet.id, busy.id} <= everything(iter(pages)).keys()
                return
            assert cursor is not None
            name = label()
            connector.write(_change(busy, {subject.text: name}))
            pages = list(connector.read(Query(subject.collection), since=cursor))
            changed = everything(iter(pages))
            assert not any(page.complete for page in pages)
            assert changed[busy.id].data[subject.text] == name
            assert quiet.id not in changed, "what did not change came again"
            assert pages[-1].cursor
            assert busy.id not in everything(connector.read(Query(subject.collection), since=pages[-1].cursor))

    def test_a_missing_record_is_none(self, subject: Subject) -> None:
        with opened(subject.connect(subject.url)) as connector:
            assert connector.get(subject.collection, subject.missing_id) is None
            assert connector.get(subject.collection, "не ключ") is None
            assert connector.find(subject.collection, "uchet-00000000-0000-4000-8000-0000000000ff") is None

    def test_single_and_listed_record_are_equal(self, subject: Subject) -> None:
        with opened(subject.connect(subject.url)) as connector:
            raw = create(subject, connector).receipt.raw
            single, listed = connector.get(subject.collection, raw.id), listing(subject, connector)[raw.id]
        assert single is not None
        assert (single.id, single.version) == (listed.id, listed.version)
        assert dict(single.data) == dict(listed.data)


class WritingChecks:
    """Creates, changes, versions, values."""

    def test_what_is_created_is_what_was_sent(self, subject: Subject) -> None:
        with opened(subject.connect(subject.url)) as connector:
            write = creation(subject, label())
            receipt = connector.write(write)
            found = connector.get(subject.collection, receipt.raw.id)
        assert receipt.created
        assert found is not None
        assert found.version == receipt.raw.version
        for name, value in write.values.items():
            assert found.data[name] == value, name

    def test_a_repeated_create_finds_the_first(self, subject: Subject) -> None:
        with opened(subject.connect(subject.url)) as connector:
            write = creation(subject, label())
            first, second = connector.write(write), connector.write(write)
            if connector.capabilities.create == "none":
                return
            assert (first.created, second.created) == (True, False)
            assert first.raw.id == second.raw.id
            text = write.values[subject.text]
            assert len(listing(subject, connector, where={subject.text: text})) == 1

    def test_a_record_is_found_by_its_token(self, subject: Subject) -> None:
        with opened(subject.connect(subject.url)) as connector:
            made = create(subject, connector)
            found = connector.find(subject.collection, made.token)
            own_key = connector.capabilities.create == "own_key"
            near = str(uuid.uuid4()) if own_key else made.token[:-4]
            other = connector.find(subject.collection, near)
        assert found is not None
        assert found.id == made.receipt.raw.id
        assert other is None, "another token was enough"

    def test_a_change_touches_nothing_else(self, subject: Subject) -> None:
        with opened(subject.connect(subject.url)) as connector:
            before = create(subject, connector).receipt.raw
            name = label()
            after = connector.write(_change(before, {subject.text: name}))
        assert not after.created
        assert after.raw.id == before.id
        own = set(subject.values("x")) - {subject.text}
        assert after.raw.data[subject.text] == name
        assert {n: after.raw.data[n] for n in own} == {n: before.data[n] for n in own}

    def test_a_missing_record_is_not_created_by_a_change(self, subject: Subject) -> None:
        with opened(subject.connect(subject.url)) as connector:
            before = len(listing(subject, connector))
            write = Write(subject.collection, subject.missing_id, {subject.text: label()})
            raised((Stale, Reject), lambda: connector.write(write))
            assert len(listing(subject, connector)) == before

    def test_an_old_version_is_stale(self, subject: Subject) -> None:
        with opened(subject.connect(subject.url)) as connector:
            old = create(subject, connector).receipt.raw
            new = connector.write(_change(old, {subject.text: label()})).raw
            raised(Stale, lambda: connector.write(_change(old, {subject.text: label()}, old.version or "old")))
            kept = connector.get(subject.collection, old.id)
            assert kept is not None
            assert kept.data[subject.text] == new.data[subject.text], "written in spite of the version"
            connector.write(_change(new, {subject.text: label()}, new.version))

    def test_versions_never_repeat(self, subject: Subject) -> None:
        with opened(subject.connect(subject.url)) as connector:
            raw = create(subject, connector).receipt.raw
            versions = [raw.version]
            for text in ("А", "Б", "А", "Б"):
                versions.append(connector.write(_change(raw, {subject.text: text})).raw.version)
        if not connector.capabilities.versions:
            return
        assert None not in versions
        assert len(set(versions)) == len(versions), "a version came back"

    def test_a_write_in_between_is_refused_where_claimed(self, subject: Subject) -> None:
        """Another writer comes after our own comparison, at the last moment: only the server can notice that."""
        with (
            opened(subject.connect(subject.url)) as other,
            Proxy(subject.url) as proxy,
            opened(subject.connect(proxy.url)) as connector,
        ):
            raw = create(subject, connector).receipt.raw

            def overtake(request: Request, forward: Any) -> Answer:
                other.write(_change(raw, {subject.text: "обогнал"}))
                return forward()  # type: ignore[no-any-return]

            mine = _change(raw, {subject.text: "опоздал"}, raw.version)
            with proxy.failing(overtake, on=lambda request: request.method in ("PATCH", "PUT")):
                if connector.capabilities.conditional_write:
                    raised(Stale, lambda: connector.write(mine))
                else:
                    connector.write(mine)
            kept = connector.get(subject.collection, raw.id)
        assert kept is not None
        claimed = connector.capabilities.conditional_write
        assert kept.data[subject.text] == ("обогнал" if claimed else "опоздал")

    def test_a_refused_value_names_its_field(self, subject: Subject) -> None:
        assert subject.rejected, "name at least one value that the other side refuses"
        with opened(subject.connect(subject.url)) as connector:
            raw = create(subject, connector).receipt.raw
            for case in subject.rejected:
                change = _change(raw, case.values)
                error = raised(Reject, lambda w=change: connector.write(w))  # type: ignore[misc]
                assert error.field == case.field
                kept = connector.get(subject.collection, raw.id)
                assert kept is not None
                assert case.stored or kept.data == raw.data, "a refused write left something behind"

    def test_leaving_service_as_claimed(self, subject: Subject) -> None:
        with opened(subject.connect(subject.url)) as connector:
            raw = create(subject, connector).receipt.raw
            how = connector.capabilities.retire
            assert bool(subject.retire) == (how != "none")
            after = connector.write(_change(raw, subject.retire)).raw
            found = connector.get(subject.collection, raw.id)
        assert found is not None, "the record is gone"
        assert all(after.data[name] == value for name, value in subject.retire.items())
        assert found.retired == (how == "mark")

    def test_texts_survive(self, subject: Subject) -> None:
        with opened(subject.connect(subject.url)) as connector:
            raw = create(subject, connector).receipt.raw
            for text in (*(t[: subject.longest] for t in TEXTS), "ж" * subject.longest):
                stored = connector.write(_change(raw, {subject.text: text})).raw
                assert stored.data[subject.text] == text

    def test_values_survive(self, subject: Subject) -> None:
        assert subject.samples, "name values of every type that the other side has"
        with opened(subject.connect(subject.url)) as connector:
            raw = create(subject, connector).receipt.raw
            for sample in subject.samples:
                stored = connector.write(_change(raw, {sample.field: sample.sent})).raw.data[sample.field]
                assert (type(stored), stored) == (type(sample.expected), sample.expected), f"{sample}: {stored!r}"
                assert listing(subject, connector)[raw.id].data[sample.field] == sample.expected

    def test_no_number_is_a_float(self, subject: Subject) -> None:
        with opened(subject.connect(subject.url)) as connector:
            create(subject, connector)
            for raw in listing(subject, connector).values():
                floats = [name for name, value in raw.data.items() if isinstance(value, float)]
                assert not floats, floats
        assert isinstance(Decimal("1"), Decimal)

    def test_writing_what_is_there_changes_nothing(self, subject: Subject) -> None:
        with Proxy(subject.url) as proxy, opened(subject.connect(proxy.url)) as connector:
            raw = create(subject, connector).receipt.raw
            sent = len(proxy.writes)
            same = connector.write(_change(raw, {subject.text: raw.data[subject.text]})).raw
            nothing = connector.write(_change(raw, {})).raw
            assert len(proxy.writes) == sent, "a write went out that says nothing"
        assert same.version == nothing.version == raw.version


class ConnectorContract(ReadingChecks, WritingChecks, FailureChecks):
    """All checks. A subclass gives the ``subject`` fixture."""


def _change(raw: Raw, values: Any, expected: str | None = None) -> Write:
    return Write(raw.collection, raw.id, values, expected=expected)


def _taken(connector: Connector, subject: Subject, seen: list[Page]) -> list[Page]:
    for page in connector.read(Query(subject.collection)):
        seen.append(page)
    return []
