"""Finding things by what a person types, and a person's word about two of them."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from uchet.errors import Fatal, Reject
from uchet.jobs import decisions
from uchet.jobs.lookup import Known, explain, labels_of, parse_ref, resolve
from uchet.mappings.model import Ref
from uchet.sync.store import Store
from uchet.sync.types import Draft, FieldChange, Issue, Link, Operation, Record, Seen

PAIR = "main"
ORG = {"book": Ref("book", "organization", "o1"), "desk": Ref("desk", "organization", "1")}


def record(side: Any, id: str, kind: str = "equipment", **values: Any) -> Record:
    return Record(kind, side, id, values)


@pytest.fixture
def store() -> Iterator[Store]:
    with Store.open(":memory:") as store:
        store.put_link(PAIR, Link("organization", "o1", "1", seen=Seen({"name": "Вектор"}, {"name": "Вектор"})), by="t")
        yield store


@pytest.fixture
def parts(store: Store) -> Any:
    return SimpleNamespace(store=store, pair=SimpleNamespace(name=PAIR))


@pytest.fixture
def known() -> Known:
    known = Known()
    book = [
        record("book", "g1", inventory_number="БП-000123", serial="PF3AK9X7", organization=ORG["book"]),
        record("book", "g2", inventory_number="БП-000124", organization=ORG["book"]),
        record("book", "g3", inventory_number="БП-124", organization=ORG["book"]),
    ]
    desk = [
        record("desk", "21", inventory_number="инв. № бп-123", organization=ORG["desk"]),
        record(
            "desk",
            "22",
            inventory_number="TMP-1",
            serial="S/N: PF3AK9X7",
            organization=Ref("desk", "organization", "9"),
        ),
    ]
    known.records = {
        ("equipment", "book"): {r.id: r for r in book},
        ("equipment", "desk"): {r.id: r for r in desk},
        ("position", "book"): {"p|1": record("book", "p|1", "position", quantity=Decimal(2), name="Монитор")},
    }
    return known


@pytest.mark.parametrize("text", ["БП-000123", "бп-123", "бП 0123", "g1", "book:equipment:g1", "SN: PF3AK9X7"])
def test_one_record_by_any_of_its_names(known: Known, text: str) -> None:
    assert resolve(known, text, "book") == Ref("book", "equipment", "g1")


def test_ambiguous_and_unknown_are_told_with_what_to_do(known: Known) -> None:
    with pytest.raises(Reject, match="book:equipment:g2, book:equipment:g3"):
        resolve(known, "БП-124", "book")
    with pytest.raises(Reject, match="Nothing on the desk has the number or id XX-1"):
        resolve(known, "XX-1", "desk")
    assert parse_ref("book:nonsense:1") is None
    assert parse_ref("21") is None


def test_an_unreadable_side_is_blamed_rather_than_the_number(known: Known) -> None:
    known.errors["book"] = Fatal("unreachable", "1C does not answer.")
    with pytest.raises(Fatal, match="does not answer"):
        resolve(known, "XX-1", "book")


def test_link_takes_its_ends_in_either_order(parts: Any, known: Known, store: Store) -> None:
    made = decisions.link(parts, known, "desk:equipment:21", "БП-000123", by="anna")
    assert (made.book, made.desk, made.rule, made.by) == ("g1", "21", "person", "anna")
    assert store.find_link(PAIR, "equipment", "desk", "21") == made
    with pytest.raises(Reject, match="already linked"):
        decisions.link(parts, known, "g2", "21", by="anna")


def test_link_across_organisations_needs_a_second_word(parts: Any, known: Known) -> None:
    with pytest.raises(Reject, match="different organisations"):
        decisions.link(parts, known, "g1", "22", by="anna")
    assert decisions.link(parts, known, "g1", "22", by="anna", across=True).desk == "22"


def test_pieces_of_a_position_are_linked_one_by_one(parts: Any, known: Known) -> None:
    known.records[("equipment", "desk")] = {  # three things for two pieces
        n: record("desk", n, inventory_number=f"M-{n}") for n in ("31", "32", "33")
    }
    made = [decisions.link(parts, known, "book:position:p|1", n, by="anna").book for n in ("31", "32")]
    assert made == ["position:p|1#1", "position:p|1#2"]
    with pytest.raises(Reject, match=r"already has its thing on the desk \(2\)"):
        decisions.link(parts, known, "book:position:p|1", "33", by="anna")


def test_reject_is_remembered_and_unlink_needs_no_network(parts: Any, known: Known, store: Store) -> None:
    decisions.reject(parts, known, "g1", "22", by="anna")
    assert ("equipment", "g1", "22") in store.rejected(PAIR)
    seen = Seen({"inventory_number": "БП-000124"}, {})
    store.put_link(PAIR, Link("equipment", "g2", "21", seen=seen), by="anna")
    assert decisions.linked(store, PAIR, "бп-124").desk == "21"
    assert decisions.linked(store, PAIR, "g2", "desk:equipment:21").book == "g2"
    with pytest.raises(Reject, match="no link of g2 \\+ 22"):
        decisions.linked(store, PAIR, "g2", "22")


def test_explain_tells_the_whole_story(parts: Any, known: Known, store: Store) -> None:
    decisions.link(parts, known, "g1", "21", by="anna")
    run = store.start_run("nightly", PAIR)
    change = FieldChange("serial", None, "PF3AK9X7")
    op = Operation("op1", "update", "book", "equipment", "g1", "21", (change,))
    store.settle(PAIR, run.id, op, state="done", ref="g1")
    store.put_draft(PAIR, Draft("d1", "transfer", "ref", None, "", "open", "0007", (op,)), run=run.id)
    store.report_issues(PAIR, run.id, [Issue("k", "conflict", "equipment", "g1", "21", "department")], lambda row: True)
    (story,) = explain(parts, known, "БП-123")
    assert (story.book, story.desk) == (Ref("book", "equipment", "g1"), Ref("desk", "equipment", "21"))
    assert story.link is not None
    assert story.link.rule == "person"
    assert [h.operation.id for h in story.history] == ["op1"]
    assert [d.number for d in story.drafts] == ["0007"]
    assert [r.issue.code for r in story.issues] == ["conflict"]
    assert story.remembered == frozenset()


def test_explain_tells_of_an_agreed_draft_too(parts: Any, store: Store, known: Known) -> None:
    store.put_link(PAIR, Link("equipment", "g1", "21", rule="person", by="anna"), by="anna")
    run = store.start_run("nightly", PAIR)
    member = Operation("op1", "update", "book", "equipment", "g1", "21")
    for number, state in (("0007", "agreed"), ("0008", "gone")):
        store.put_draft(PAIR, Draft(number, "move", number, None, "", state, number, (member,)), run=run.id)  # type: ignore[arg-type]
    (story,) = explain(parts, known, "БП-123")
    assert [(d.number, d.state) for d in story.drafts] == [("0007", "agreed")]


def test_explain_answers_from_memory_when_a_side_is_shut(parts: Any, store: Store) -> None:
    seen = Seen({"inventory_number": "БП-1", "name": "Сервер"}, {"inventory_number": "БП-1"})
    store.put_link(PAIR, Link("equipment", "g9", "29", seen=seen), by="anna")
    shut = Known(errors={"book": Fatal("unreachable", "1C does not answer.")}, labels=labels_of(store, PAIR))
    (story,) = explain(parts, shut, "БП-0001")
    assert story.values["book"]["name"] == "Сервер"
    assert story.remembered == {"book", "desk"}
    assert shut.label(Ref("book", "organization", "o1")) == "Вектор"
    with pytest.raises(Fatal, match="does not answer"):
        explain(parts, shut, "БП-7777")


def test_explain_shows_a_record_without_a_twin(parts: Any, known: Known) -> None:
    (story,) = explain(parts, known, "TMP-1")
    assert (story.book, story.link) == (None, None)
    assert len(explain(parts, known, "PF3AK9X7")) == 2
    with pytest.raises(Reject, match="Neither side knows"):
        explain(parts, known, "нет такого")
