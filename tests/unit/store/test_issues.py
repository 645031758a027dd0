"""A question is asked once, stays answered while the values stay, and is asked anew when they change."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uchet.errors import Reject
from uchet.sync.store import Decision, IssueRow, Store
from uchet.sync.types import Issue


def everything(_row: IssueRow) -> bool:
    return True


def nothing(_row: IssueRow) -> bool:
    return False


def keys(rows: tuple[IssueRow, ...] | list[IssueRow]) -> list[str]:
    return [row.issue.key for row in rows]


def test_reported_twice_is_one_issue(store: Store, clock, make) -> None:
    first = store.report_issues("main", "r1", [make.issue(), make.issue(), make.issue("k2")], everything)
    assert keys(first.new) == keys(first.open) == ["k1", "k2"]
    asked = clock.now
    clock.forward(days=1)
    again = store.report_issues("main", "r2", [make.issue(), make.issue("k2")], everything)
    assert (again.new, again.closed) == ((), ())
    assert [(row.first, row.last) for row in again.open] == [(asked, clock.now)] * 2
    assert keys(store.issues("main")) == ["k1", "k2"]
    assert store.issues("other") == []


def test_closed_only_where_this_run_looked(store: Store, make) -> None:
    store.report_issues("main", "r1", [make.issue("k1"), make.issue("k2")], everything)
    report = store.report_issues("main", "r2", [], lambda row: row.issue.key == "k1")
    assert keys(report.closed) == ["k1"]
    assert keys(store.issues("main")) == ["k2"]
    assert store.report_issues("main", "r3", [], nothing).closed == ()
    back = store.report_issues("main", "r4", [make.issue("k1")], nothing)
    assert keys(back.new) == ["k1"]
    assert len(store.issues("main", None)) == 2


def test_a_decision_holds_for_its_values(store: Store, make) -> None:
    (row,) = store.report_issues("main", "r1", [make.issue()], everything).new
    decided = store.decide(row.id, "take-book", by="anna")
    assert (decided.state, decided.decision, decided.by) == ("decided", "take-book", "anna")
    assert store.decisions("main") == {"k1": Decision("take-book", "f1")}
    quiet = store.report_issues("main", "r2", [make.issue()], everything)
    assert (quiet.new, quiet.open) == ((), ())
    absent = store.report_issues("main", "r2", [], nothing)
    assert absent.closed == ()
    assert store.issues("main", "decided") == [store.issue(row.id)]
    anew = store.report_issues("main", "r3", [make.issue(fingerprint="f2")], everything)
    assert [(x.state, x.decision, x.by, x.id) for x in anew.new] == [("open", None, None, row.id)]
    assert store.decisions("main") == {}


def test_a_decision_carried_out_is_spent(store: Store, make) -> None:
    (row,) = store.report_issues("main", "r1", [make.issue()], everything).new
    store.decide(row.id, "take-book", by="anna")
    assert [x.id for x in store.report_issues("main", "r2", [], everything).closed] == [row.id]
    assert store.decisions("main") == {}
    again = store.report_issues("main", "r3", [make.issue()], everything)
    assert [(x.id, x.state) for x in again.new] == [(row.id, "open")]


def test_other_values_of_an_open_issue_are_new(store: Store, make) -> None:
    store.report_issues("main", "r1", [make.issue(values={"cost": 1})], everything)
    report = store.report_issues("main", "r2", [make.issue(fingerprint="f2", values={"cost": 2})], everything)
    assert [row.issue.values for row in report.new] == [{"cost": 2}]
    assert len(store.issues("main", None)) == 1


def test_ignored_through_its_last_day(store: Store, clock, make) -> None:
    (row,) = store.report_issues("main", "r1", [make.issue()], everything).new
    store.decide(row.id, "ignore-until", by="anna", until=date(2026, 3, 2))
    clock.forward(days=1)
    assert store.report_issues("main", "r2", [make.issue()], everything).open == ()
    assert store.decisions("main") == {"k1": Decision("ignore-until", "f1", date(2026, 3, 2))}
    clock.forward(days=1)
    assert store.decisions("main") == {}
    assert keys(store.report_issues("main", "r3", [make.issue()], everything).new) == ["k1"]


def test_linking_and_rejecting_by_decision(store: Store, make) -> None:
    found = [
        make.issue("k1", book="b1", desk="d1"),
        make.issue("k2", book="b2", desk="d2"),
        make.issue("k3", book="b3"),
    ]
    one, two, three = store.report_issues("main", "r1", found, everything).new
    store.decide(one.id, "link", by="anna")
    assert [(x.book, x.desk, x.by, x.rule) for x in store.links("main")] == [("b1", "d1", "anna", "decision")]
    assert store.decide(two.id, "reject", by="anna").state == "closed"
    assert store.rejected("main") == {("equipment", "b2", "d2")}
    assert store.decide(three.id, "link", by="anna").state == "decided"
    with pytest.raises(Reject) as caught:
        store.decide(three.id, "reject", by="anna")
    assert caught.value.code == "choice_unfit"


def test_a_link_that_stands_keeps_what_was_seen(store: Store, make) -> None:
    anna = replace(make.link(1), by="anna")
    store.put_link("main", anna, by="anna")
    (row,) = store.report_issues("main", "r1", [make.issue(book="b1", desk="d1")], everything).new
    store.decide(row.id, "link", by="boris")
    assert store.links("main") == [anna]


def test_a_link_of_ours_becomes_that_of_who_confirms_it(store: Store, make) -> None:
    """Ours goes with a record that vanished, a person's stays (law 27)."""
    ours = replace(make.link(1), by="uchet")
    store.put_link("main", ours, by="uchet")
    (row,) = store.report_issues("main", "r1", [make.issue(book="b1", desk="d1")], everything).new
    store.decide(row.id, "link", by="boris")
    assert store.links("main") == [replace(ours, by="boris", rule="decision", score=100)]


def test_mistakes_are_named(store: Store, make) -> None:
    with pytest.raises(Reject) as caught:
        store.decide(7, "take-book", by="anna")
    assert caught.value.code == "issue_unknown"
    (row,) = store.report_issues("main", "r1", [make.issue()], everything).new
    with pytest.raises(Reject) as caught:
        store.decide(row.id, "maybe", by="anna")  # type: ignore[arg-type]
    assert caught.value.code == "choice_unknown"
    assert store.issue(row.id) == row
    assert store.issue(row.id + 1) is None


STEP = st.tuples(
    st.dictionaries(st.sampled_from("abc"), st.sampled_from("12"), max_size=3), st.booleans(), st.booleans()
)


@given(st.lists(STEP, max_size=6))
def test_never_doubled_and_every_found_one_known(steps: list[tuple[dict[str, str], bool, bool]]) -> None:
    with Store.open(":memory:") as store:
        for found, covered, decide in steps:
            issues = [Issue(key, "conflict", "equipment", fingerprint=value) for key, value in found.items()]
            report = store.report_issues("main", "r", issues * 2, everything if covered else nothing)
            rows = store.issues("main", None)
            assert len(rows) == len(set(keys(rows)))
            state = {row.issue.key: row for row in rows}
            assert all(state[key].issue.fingerprint == value for key, value in found.items())
            assert all(state[key].state in ("open", "decided") for key in found)
            assert not covered or set(keys(store.issues("main"))) <= set(found)
            if decide and report.open:
                store.decide(report.open[0].id, "take-desk", by="anna")
        assert store.verify("main") is None
