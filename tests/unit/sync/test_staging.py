"""What makes a pair be looked at that the histories of tests/laws seldom meet."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from company import PAIR, Company
from parts import looked_at, seen

from uchet.connectors.base import FieldInfo
from uchet.errors import Retry
from uchet.mappings.model import EQUIPMENT, Ref
from uchet.sync.context import _rule
from uchet.sync.match import keys_of, match
from uchet.sync.pair import LinkIndex
from uchet.sync.staging import Staging
from uchet.sync.store import Past, Stage, Store
from uchet.sync.types import Link, Listing, Record


def quiet_company() -> Company:
    company = Company(seed=1)
    room = {side: company.add(side, "room", {"name": "r1"}) for side in ("book", "desk")}  # type: ignore[arg-type]
    for n in range(3):
        data = {"name": f"n{n}", "label": "a", "note": "b", "serial": f"s{n}", "cost": "1"}
        for side in ("book", "desk"):
            company.add(side, "thing", {**data, "room": room[side]})  # type: ignore[arg-type]
    company.settle()
    company.sync()
    assert looked_at(company.engine(), "thing") is not None
    return company


def test_a_field_of_another_type_is_decoded_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    company = quiet_company()
    before = company.desk.describe()
    things = {**before.collections["thing"], "label": FieldInfo("number")}
    other = replace(before, collections={**before.collections, "thing": things})
    monkeypatch.setattr(company.desk, "describe", lambda: other)
    assert looked_at(company.engine(), "thing") is None


def test_a_night_that_read_it_otherwise_leaves_nothing_to_compare_with(monkeypatch: pytest.MonkeyPatch) -> None:
    """Between two staged nights one read everything: what it did to links is not known to the third."""
    company = quiet_company()
    with monkeypatch.context() as otherwise:
        otherwise.setattr(company.desk, "undecoded", lambda query: None)
        company.sync()
    assert looked_at(company.engine(), "thing") is None
    company.sync()
    assert looked_at(company.engine(), "thing") is not None


def test_rules_are_told_alike_in_every_process() -> None:
    """A set is told in another order by another process: most nights would look at everything."""
    kind = replace(EQUIPMENT, creates=frozenset({"desk", "book"}))
    assert not any(isinstance(part, frozenset) for part in (*_rule(kind), *kind.fields))
    assert ["book", "desk"] in _rule(kind)


def test_links_found_tonight_count_as_known() -> None:
    index = LinkIndex([Link("room", "b1", "d1"), Link("thing", "b2", "d2")])
    index.add(Link("room", "b0", "d3"))
    assert index.pairs({"room"}) == [("room", "b0", "d3"), ("room", "b1", "d1")]


def test_a_piece_without_a_twin_brings_those_who_share_its_number() -> None:
    """A position of one piece is no row of the staged kind, and may carry an inventory number (ERP)."""
    stage = Stage(None)
    card = Record("equipment", "book", "card", {"inventory_number": "000000123"}, None)
    numbers = sorted(keys_of(EQUIPMENT, card))
    stage.note("equipment", "book", [Past("card", False, "null", numbers), Past("other", False, "null", [])], None)
    stage.note("equipment", "desk", [Past("5", False, "null", [])], None)
    with Store.open(":memory:") as store:
        store.put_link("p", Link("equipment", "card", "5"), by="uchet")
        pair: Any = SimpleNamespace(name="p")
        staging = Staging(pair, store, stage, (), {"book": (), "desk": ()}, "", lambda one: one)
        piece = Record("equipment", "book", "position:1#1", {"inventory_number": "123"}, None)
        nobody: dict[Any, set[str]] = {"book": set(), "desk": set()}
        assert staging._rivals(EQUIPMENT, [piece], (), nobody) == {"book": {"card"}, "desk": {"5"}}
        assert staging._rivals(EQUIPMENT, [piece], (), {**nobody, "desk": {"5"}}) == {"book": {"card"}, "desk": set()}
        assert staging._rivals(EQUIPMENT, [piece], {("book", piece.id)}, nobody) == nobody


def test_twins_of_those_looked_at_are_looked_at_too() -> None:
    with Store.open(":memory:") as store:
        for book, desk in (("b1", "d1"), ("b2", "d2"), ("b3", "d3"), ("position:1#1", "9")):
            store.put_link("p", Link("equipment", book, desk), by="uchet")
        pair: Any = SimpleNamespace(name="p")
        staging = Staging(pair, store, Stage(None), (), {"book": (), "desk": ()}, "", lambda one: one)
        ids: dict[Any, set[str]] = {"book": {"b1", "alone"}, "desk": {"d2", "5"}}
        linked = staging._with_twins(EQUIPMENT, ids, "position:")
        assert ids == {"book": {"b1", "b2", "alone"}, "desk": {"d1", "d2", "9", "5"}}
        assert {id for side, id in linked if side == "desk"} == {"d1", "d2", "9"}
        assert {id for side, id in linked if side == "book"} == {"b1", "b2", "position:1#1"}


def test_an_organisation_of_records_that_need_no_look_is_still_the_books() -> None:
    """A desk's thing is foreign only if none of the books' records is of its organisation, looked at or not."""
    ours, theirs = Ref("book", "organization", "o1"), Ref("desk", "organization", "1")
    unknown = Ref("book", "organization", "o2")

    def same(one: object, other: object) -> bool | None:
        return None if unknown in (one, other) else {one, other} == {ours, theirs}

    book = {"b": Record("equipment", "book", "b", {"serial": "SN-77123", "organization": unknown}, None)}
    desk = {"d": Record("equipment", "desk", "d", {"serial": "SN-77123", "organization": theirs}, None)}
    whole = {**book, "q": Record("equipment", "book", "q", {"serial": "QQ-1", "organization": ours}, None)}
    link = Link("equipment", "q", "gone")
    listing = Listing("equipment", "desk", desk, complete=True)
    full = match(EQUIPMENT, Listing("equipment", "book", whole, complete=True), listing, [link], set(), same)
    part = Listing("equipment", "book", book, complete=True, part=book, still={ours: 1})
    assert match(EQUIPMENT, part, listing, [], set(), same) == replace(full, kept=())


def test_rows_that_cannot_be_read_any_more_end_the_run_and_are_begun_anew() -> None:
    company = quiet_company()
    listing = next(one for one in seen(company.engine(), part=True)[1].world.listings if one.kind == "thing")
    company.store._stages[PAIR]._database.execute("DROP TABLE row")
    with pytest.raises(Retry) as raised:
        len(listing.records)
    assert raised.value.code == "rows_lost"
    assert looked_at(company.engine(), "thing") is None
    assert company.night().outcome == "clean"
