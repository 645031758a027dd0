"""The part of the contract suite for connectors that only read: what is not claimed is not pretended."""

from __future__ import annotations

import uuid

from ..errors import Blocked
from .contract_kit import Subject, change, creation, label, listing, made, opened, raised
from .contract_proxy import Proxy

__all__ = ["ReadOnlyChecks"]


class ReadOnlyChecks:
    """``Capabilities.writes`` and ``Capabilities.single`` where they are not claimed."""

    def test_nothing_is_claimed_that_needs_a_write(self, subject: Subject) -> None:
        with opened(subject.connect(subject.url)) as connector:
            claimed = connector.capabilities
        assert not claimed.writes
        assert (claimed.create, claimed.retire, claimed.conditional_write) == ("none", "none", False)
        assert not claimed.movements
        assert not claimed.works
        assert subject.make is not None, "say how a record is made by other means"

    def test_every_write_is_refused_and_none_is_sent(self, subject: Subject) -> None:
        with Proxy(subject.url) as proxy, opened(subject.connect(proxy.url)) as connector:
            raw = made(subject, connector)
            sent = len(proxy.requests)
            new = creation(subject, label())
            for write in (new, change(raw, {subject.text: label()}), change(raw, {})):
                assert raised(Blocked, lambda w=write: connector.write(w)).hint, "no advice"  # type: ignore[misc]
            assert len(proxy.requests) == sent
            connector.describe()
            found = listing(subject, connector)
        assert found[raw.id].data == raw.data
        assert new.values[subject.text] not in {one.data[subject.text] for one in found.values()}

    def test_no_single_record_is_asked_for_where_none_can_be(self, subject: Subject) -> None:
        with Proxy(subject.url) as proxy, opened(subject.connect(proxy.url)) as connector:
            raw = made(subject, connector)
            sent = len(proxy.requests)
            if connector.capabilities.single:
                assert connector.get(subject.collection, raw.id) is not None
                return
            raised(Blocked, lambda: connector.get(subject.collection, raw.id))
            raised(Blocked, lambda: connector.find(subject.collection, str(uuid.uuid4())))
            assert len(proxy.requests) == sent

    def test_what_comes_later_is_read_too(self, subject: Subject) -> None:
        with opened(subject.connect(subject.url)) as connector:
            first = made(subject, connector)
            second = made(subject, connector)
            found = listing(subject, connector)
        assert {first.id, second.id} <= found.keys()

    def test_no_number_is_a_float(self, subject: Subject) -> None:
        with opened(subject.connect(subject.url)) as connector:
            made(subject, connector)
            for raw in listing(subject, connector).values():
                floats = [name for name, value in raw.data.items() if isinstance(value, float)]
                assert not floats, floats
