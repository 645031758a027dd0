"""The commission of a count in the document's own table: whom the books know stands there, of whom not is told."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from uchet.mappings.load import load_system
from uchet.mappings.model import Ref, Values
from uchet.sync.ids import operation_id
from uchet.sync.orders import Order, group_orders
from uchet.sync.pair import EngineSettings
from uchet.sync.tables import tables_of
from uchet.sync.types import Link, Listing, Operation, Record
from uchet.sync.world import World

HEAD, AUDITOR = Ref("book", "person", "head"), Ref("desk", "person", "17")
ASKED: tuple[Values, ...] = (
    {"person": HEAD, "chairman": True},
    {"person": AUDITOR, "chairman": False},
    {"person": Ref("book", "person", "left"), "chairman": False},
    {"person": Ref("book", "person", "nobody"), "chairman": False},
    {"person": Ref("desk", "person", "99"), "chairman": False},
)


def world(configuration: str = "bp30", undocumented: frozenset[str] = frozenset()) -> World:
    people = {id: Record("book", "person", id, {"name": id}) for id in ("head", "audit")}
    people["left"] = Record("book", "person", "left", {"name": "left"}, retired=True)
    links = (Link("person", "audit", "17"),)
    maps = load_system("book", configuration), load_system("desk", "roundup")
    found = Listing("person", "book", people, True)
    now = datetime(2026, 11, 2, tzinfo=UTC)
    return World(
        "p", (), *maps, EngineSettings(), (found,), links, (), {}, (), {}, now, "f", undocumented=undocumented
    )  # fmt: skip


def test_whom_the_books_know_stands_in_the_table_and_how_many_not_is_told() -> None:
    kept, left = tables_of(world(), "count_assets", {"commission": ASKED})
    audit = Ref("book", "person", "audit")
    assert kept == {"commission": ({"person": HEAD, "chairman": True}, {"person": audit, "chairman": False})}
    assert left == ("комиссия: 3 из 5 нет (уже нет) в базе, их нужно вписать вручную",)
    assert tables_of(world(), "count_assets", {"commission": ASKED[:2]})[1] == ()
    assert tables_of(world(), "count_assets", {"commission": ()}) == ({}, ())


@pytest.mark.parametrize(
    ("configuration", "document", "undocumented"),
    [("bp30", "count_assets", frozenset({"count_assets/commission"})), ("erp25", "count_stock", frozenset())],
)
def test_a_base_without_the_table_gets_none_and_the_comment_says_so(
    configuration: str, document: str, undocumented: frozenset[str]
) -> None:
    assert tables_of(world(configuration, undocumented), document, {"commission": ASKED[:1]}) == (
        {},
        ("комиссия: в этом документе здесь нет такой таблицы",),
    )


def test_a_draft_says_what_it_leaves_out() -> None:
    header: Values = {"organization": Ref("book", "organization", "o")}
    row: Values = {"asset": Ref("book", "equipment", "a"), "present": True}
    order = Order("count_assets", "e", "№1", header, (row,), "пересчёт 1", parts={"commission": ASKED})
    [draft], issues = group_orders(world(), [order])
    assert issues == []
    assert draft.header["@note"] == f"пересчёт 1; {draft.header['@left']}"
    assert [row["chairman"] for row in draft.parts["commission"]] == [True, False]


def test_another_commission_is_another_operation_and_none_is_the_one_it_always_was() -> None:
    bare = Operation("", "draft", "book", "order", key="k", document="count_assets")
    plain, one, two = (
        operation_id(Operation("", "draft", "book", "order", key="k", document="count_assets", parts=parts))
        for parts in ({}, {"commission": ASKED[:1]}, {"commission": ASKED[:2]})
    )
    assert plain == operation_id(bare)
    assert len({plain, one, two}) == 3
