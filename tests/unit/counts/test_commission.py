"""Who may count: the order's days, the commission, its quorum, and drafts that stop a count."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from planted import Company, company

from uchet.connectors.base import Page, Query, Raw
from uchet.errors import Blocked, Reject
from uchet.i18n import Worded, tr
from uchet.mappings.load import load_system
from uchet.mappings.model import Ref, Value
from uchet.sync.counts.papers import Paper, Unread, read_papers
from uchet.sync.counts.rules import check_commission, check_order, check_quorum, concerns, custodians_of, unposted
from uchet.sync.counts.types import CountOrder, Member, condition_of
from uchet.sync.reconcile.scope import Asked, resolve
from uchet.sync.types import ORDER, Draft, FieldChange, Operation

BOSS, HELP = Member("o1p0", chairman=True), Member("o1p1")


@pytest.fixture
def made() -> Company:
    found = company(5)
    found.thing(organization="o1", custodian="o1p3", department="o1d0", room="214")
    found.thing(organization="o1", custodian="o1p4", department="o1d1", room="215")
    found.put(
        "position", "book", "p1", name="Телефон", item="i1", quantity=Decimal(2), organization="o1", custodian="o1p5"
    )
    return found


def refused(call: Any, *args: Any) -> str:
    with pytest.raises(Reject) as caught:
        call(*args)
    return caught.value.code


def test_the_days_of_an_order_follow_one_another() -> None:
    days = [date(2026, 3, n) for n in (1, 2, 3, 4)]
    check_order(CountOrder("1", days[0], "смена МОЛ", *days[1:]))
    check_order(CountOrder("1", days[0], "смена МОЛ", *[days[0]] * 3))
    for wrong in ((1, 0, 2, 3), (0, 2, 1, 3), (0, 1, 3, 2)):
        first, *rest = [days[n] for n in wrong]
        assert refused(check_order, CountOrder("1", first, "", *rest)) == "count_order"


def test_who_answers_for_things_is_found_by_scope(made: Company) -> None:
    snapshot = made.snapshot()
    assert custodians_of(snapshot, resolve(Asked(), snapshot)) == ("o1p3", "o1p4", "o1p5")
    assert custodians_of(snapshot, resolve(Asked(kind=("low_value",)), snapshot)) == ("o1p5",)
    assert custodians_of(snapshot, resolve(Asked(room=("214",)), snapshot)) == ("o1p3",)
    assert custodians_of(snapshot, resolve(Asked(person=("o1p2",)), snapshot)) == ("o1p2",), "named, with nothing yet"


def test_a_commission_is_none_of_those_who_answer(made: Company) -> None:
    snapshot = made.snapshot()
    check_commission(snapshot, (BOSS, HELP), ("o1p3",))
    assert refused(check_commission, snapshot, (BOSS, Member("o1p3")), ("o1p3",)) == "custodian_in_commission"
    assert refused(check_commission, snapshot, (BOSS,), ()) == "commission_small"
    assert refused(check_commission, snapshot, (BOSS, Member("o1p0")), ()) == "commission_small"
    assert refused(check_commission, snapshot, (Member("o1p0"), HELP), ()) == "commission_small"
    made.change("person", "book", "o1p1", active=False)
    assert refused(check_commission, made.snapshot(), (BOSS, HELP), ()) == "member_dismissed"


def test_a_fifth_of_the_commission_absent_needs_the_chairmans_word() -> None:
    five = (BOSS, *(Member(f"o1p{n}") for n in range(1, 5)))
    six = (*five, Member("o1p5"))
    check_quorum(five, (), "")
    check_quorum(six, ("o1p1",), "")
    assert refused(check_quorum, five, ("o1p1",), "") == "commission_absent", "exactly a fifth"
    check_quorum(five, ("o1p1",), "болел, пересчитали с заместителем")
    assert refused(check_quorum, six, ("o1p1", "o1p2"), "") == "commission_absent"
    assert refused(check_quorum, five, ("чужой",), "да") == "absent_stranger"


def draft(number: str, member: Operation, state: Any = "open") -> Draft:
    return Draft(number, "move", number, "v", "c", state, number, (member,))


def test_drafts_of_those_who_answer_stop_a_count(made: Company) -> None:
    snapshot = made.snapshot()

    def found(asked: Asked, one: Draft, header: dict[str, Value] | None = None) -> list[str]:
        scope = resolve(asked, snapshot)
        waiting = unposted(snapshot, scope, custodians_of(snapshot, scope), [(one, header or {})])
        return [it.number for it in waiting]

    here, there = Asked(room=("214",)), Asked(room=("215",))
    moved = Operation("1", "update", "book", "equipment", "b1", "d1")
    assert found(here, draft("7", moved)) == ["7"]
    assert found(there, draft("7", moved)) == []
    assert found(there, draft("7", moved, "posted")) == found(here, draft("7", moved, "posted")) == []
    assert found(here, draft("7", moved, "edited")) == ["7"]
    assert found(here, replace(draft("7", moved), document="count_assets")) == [], "an earlier count moves nothing"
    to = FieldChange("custodian", None, Ref("desk", "person", "o1p4"))
    assert found(there, draft("7", Operation("1", "update", "book", "equipment", "b1", "d1", (to,)))) == ["7"], (
        "receives"
    )
    row = Operation("2", "update", "book", "item", "i9", rule=f"{ORDER}e1")
    assert found(Asked(), draft("8", row)) == ["8"], "everything is counted"
    assert found(Asked(warehouse=("Склад w1",)), draft("8", row), {"from_place": Ref("book", "place", "w1")}) == ["8"]
    assert found(Asked(warehouse=("Склад w1",)), draft("8", row), {"from_place": Ref("book", "place", "w2")}) == []


def test_a_document_in_the_books_concerns_whom_what_and_where_it_names(made: Company) -> None:
    snapshot = made.snapshot()
    sorts = ("person", "place", "department", "organization", "asset")

    def about(asked: Asked, **named: str) -> bool:
        scope = resolve(asked, snapshot)
        ids = {sort: frozenset({named[sort]} if sort in named else ()) for sort in sorts}
        paper = Paper("k", Worded("Transfer", "Перемещение"), "7", None, ids)
        return concerns(snapshot, scope, custodians_of(snapshot, scope), paper)

    assert about(Asked()), "everything is counted"
    here = Asked(room=("214",))
    assert about(here, person="o1p3")
    assert about(here, asset="b1")
    assert [about(here, person="o1p4"), about(here, asset="b2"), about(here, department="o1d0")] == [False] * 3
    assert about(Asked(warehouse=("Склад w1",)), place="w1")
    assert not about(Asked(warehouse=("Склад w1",)), place="w2", organization="o1")
    assert about(Asked(organization=("o1",)), organization="o1", department="o1d4")
    assert not about(Asked(organization=("o1",)), organization="o2")
    assert about(Asked(organization=("o1",), department=("o1d0",)), organization="o1", department="o1d0")
    assert not about(Asked(organization=("o1",), department=("o1d0",)), organization="o1", department="o1d1")
    assert not about(Asked(organization=("o1",), kind=("stock",)), organization="o1"), "of one class only"


class Books:
    """A base that publishes some sets and has one page of each; the last page of ``cut`` never comes."""

    def __init__(self, rows: dict[str, list[dict[str, Any]]], cut: str = "") -> None:
        self.rows, self.cut, self.asked = rows, cut, list[Query]()

    def read(self, query: Query, since: str | None = None) -> Iterator[Page]:
        self.asked.append(query)
        if query.collection not in self.rows:
            raise Blocked("not_published", "1C does not publish {set}.", set=query.collection)
        rows = self.rows[query.collection]
        raws = tuple(Raw(query.collection, str(row["Ref_Key"]), None, row) for row in rows)
        yield Page(raws, query.collection != self.cut)


def test_what_waits_in_the_books_is_read_by_the_mapping_set_by_set() -> None:
    system = load_system("book", "bp30")
    hands = {"СотрудникОтправитель_Key": "p1", "СотрудникПолучатель_Key": None, "Организация_Key": "o1"}
    kind = {"ВидОперации": "ПередачаМеждуСотрудниками"}
    moved = {"Ref_Key": "m1", "Number": "0000-000007 ", "Date": "2026-02-04T12:00:00", **kind, **hands}
    rows = {"ИнвентарьИХозяйственныеПринадлежности": ({"ФизЛицо_Key": "p2"},)}
    put = {"Ref_Key": "u1", "Number": "8", "Date": None, **rows}
    goods, use = "Document_ПеремещениеТоваров", "Document_ПередачаМатериаловВЭксплуатацию"
    books = Books({goods: [moved], use: [put]}, cut=use)
    found = list(read_papers(books, system))  # type: ignore[arg-type]
    papers = [one for one in found if isinstance(one, Paper)]
    between, given = papers
    assert (between.title.ru, between.number, between.day) == (
        "Передача между сотрудниками",
        "0000-000007",
        date(2026, 2, 4),
    )
    assert (between.named["person"], between.named["organization"]) == ({"p1"}, {"o1"})
    assert (given.day, given.named["person"]) == (None, {"p2"})
    unread = {one.collection for one in found if isinstance(one, Unread)}
    assert use in unread, "its listing was not whole"
    assert "Document_СписаниеОС" in unread
    assert goods not in unread
    sets = [query.collection for query in books.asked]
    assert len(sets) == len(set(sets)) == 14
    assert not {"Document_СчетНаОплатуПоставщика", "Document_ИнвентаризацияОС"} & set(sets), "they move nothing"
    assert all(query.where == {"Posted": False, "DeletionMark": False} for query in books.asked)


def test_a_documents_title_is_said_in_the_readers_language() -> None:
    title = Worded("Transfer", "Перемещение")
    assert [tr("{what}: {count}", language, what=title, count=2) for language in ("en", "ru")] == [
        "Transfer: 2", "Перемещение: 2",
    ]  # fmt: skip
    assert str(title) == "Transfer"


def test_a_condition_is_a_word_of_the_sheet_or_ours() -> None:
    assert [condition_of(one) for one in ("", " Неисправен ", "in_use", "ТРЕБУЕТ  ремонта")] == [
        "", "faulty", "in_use", "needs_repair",
    ]  # fmt: skip
    assert refused(condition_of, "так себе") == "count_condition"
