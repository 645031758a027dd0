"""The contract suite's part on creates, changes, versions and values."""

from __future__ import annotations

import uuid
from typing import Any

from ..errors import Reject, Stale
from .base import Write
from .contract_kit import Subject, change, create, creation, label, listing, opened, raised
from .contract_proxy import Answer, Proxy, Request

__all__ = ["WritingChecks"]

TEXTS = (
    "Ноутбук «Гранит» ёЁ № 5 — новый",
    """кавычки "двойные" 'одинарные' & <b>жирно</b> % + = ; # \\ /""",
    "четыре байта 😀 𝔘 и é",
)


class WritingChecks:
    """Creates, changes, versions, values."""

    def test_writes_and_single_records_are_claimed(self, subject: Subject) -> None:
        with opened(subject.connect(subject.url)) as connector:
            assert connector.capabilities.writes
            assert connector.capabilities.single
        assert subject.make is None

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
            after = connector.write(change(before, {subject.text: name}))
        assert not after.created
        assert after.raw.id == before.id
        own = set(subject.values("x")) - {subject.text}
        assert after.raw.data[subject.text] == name
        assert {n: after.raw.data[n] for n in own} == {n: before.data[n] for n in own}

    def test_a_missing_record_is_not_created_by_achange(self, subject: Subject) -> None:
        with opened(subject.connect(subject.url)) as connector:
            before = len(listing(subject, connector))
            write = Write(subject.collection, subject.missing_id, {subject.text: label()})
            raised((Stale, Reject), lambda: connector.write(write))
            assert len(listing(subject, connector)) == before

    def test_an_old_version_is_stale(self, subject: Subject) -> None:
        with opened(subject.connect(subject.url)) as connector:
            old = create(subject, connector).receipt.raw
            new = connector.write(change(old, {subject.text: label()})).raw
            raised(Stale, lambda: connector.write(change(old, {subject.text: label()}, old.version or "old")))
            kept = connector.get(subject.collection, old.id)
            assert kept is not None
            assert kept.data[subject.text] == new.data[subject.text], "written in spite of the version"
            connector.write(change(new, {subject.text: label()}, new.version))

    def test_versions_never_repeat(self, subject: Subject) -> None:
        with opened(subject.connect(subject.url)) as connector:
            raw = create(subject, connector).receipt.raw
            versions = [raw.version]
            for text in ("А", "Б", "А", "Б"):
                versions.append(connector.write(change(raw, {subject.text: text})).raw.version)
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
                other.write(change(raw, {subject.text: "обогнал"}))
                return forward()  # type: ignore[no-any-return]

            mine = change(raw, {subject.text: "опоздал"}, raw.version)
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
                refused = change(raw, case.values)
                error = raised(Reject, lambda w=refused: connector.write(w))  # type: ignore[misc]
                assert error.field == case.field
                kept = connector.get(subject.collection, raw.id)
                assert kept is not None
                assert case.stored or kept.data == raw.data, "a refused write left something behind"

    def test_leaving_service_as_claimed(self, subject: Subject) -> None:
        with opened(subject.connect(subject.url)) as connector:
            raw = create(subject, connector).receipt.raw
            how = connector.capabilities.retire
            assert bool(subject.retire) == (how != "none")
            after = connector.write(change(raw, subject.retire)).raw
            found = connector.get(subject.collection, raw.id)
        assert found is not None, "the record is gone"
        assert all(after.data[name] == value for name, value in subject.retire.items())
        assert found.retired == (how == "mark")

    def test_texts_survive(self, subject: Subject) -> None:
        with opened(subject.connect(subject.url)) as connector:
            raw = create(subject, connector).receipt.raw
            for text in (*(t[: subject.longest] for t in TEXTS), "ж" * subject.longest):
                stored = connector.write(change(raw, {subject.text: text})).raw
                assert stored.data[subject.text] == text

    def test_values_survive(self, subject: Subject) -> None:
        assert subject.samples, "name values of every type that the other side has"
        with opened(subject.connect(subject.url)) as connector:
            raw = create(subject, connector).receipt.raw
            for sample in subject.samples:
                stored = connector.write(change(raw, {sample.field: sample.sent})).raw.data[sample.field]
                assert (type(stored), stored) == (type(sample.expected), sample.expected), f"{sample}: {stored!r}"
                assert listing(subject, connector)[raw.id].data[sample.field] == sample.expected

    def test_no_number_is_a_float(self, subject: Subject) -> None:
        with opened(subject.connect(subject.url)) as connector:
            create(subject, connector)
            for raw in listing(subject, connector).values():
                floats = [name for name, value in raw.data.items() if isinstance(value, float)]
                assert not floats, floats

    def test_writing_what_is_there_changes_nothing(self, subject: Subject) -> None:
        with Proxy(subject.url) as proxy, opened(subject.connect(proxy.url)) as connector:
            raw = create(subject, connector).receipt.raw
            sent = len(proxy.writes)
            same = connector.write(change(raw, {subject.text: raw.data[subject.text]})).raw
            nothing = connector.write(change(raw, {})).raw
            assert len(proxy.writes) == sent, "a write went out that says nothing"
        assert same.version == nothing.version == raw.version
