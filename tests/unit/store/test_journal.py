"""Operations: intent before, everything together after, history by record."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from uchet.errors import Reject
from uchet.sync.store import Store
from uchet.sync.types import Draft, Operation, Seen


def test_an_intent_stands_until_settled(store: Store, clock, make) -> None:
    op = make.op()
    store.intend("main", "r1", op, "key-1")
    (intent,) = store.intents("main")
    assert (intent.operation, intent.key, intent.run, intent.started) == (op, "key-1", "r1", clock.now)
    assert store.intents("other") == []
    clock.forward(minutes=1)
    store.settle("main", "r1", op, state="done", ref="d1", before_version="v1", version="v2", link=make.link())
    assert store.intents("main") == []
    (receipt,) = store.receipts("main", "desk")
    assert (receipt.operation, receipt.ref, receipt.before_version, receipt.version) == (op, "d1", "v1", "v2")
    assert (receipt.finished, receipt.run) == (clock.now, "r1")
    assert store.receipts("main", "book") == []
    assert store.links("main") == [make.link()]
    assert store.verify("main") is None


def test_the_same_operation_in_a_later_run(store: Store, make) -> None:
    op = make.op()
    store.intend("main", "r1", op, "k")
    store.settle("main", "r1", op, state="done")
    with pytest.raises(Reject) as caught:
        store.intend("main", "r1", op, "k")
    assert caught.value.code == "already_done"
    store.intend("main", "r2", op, "k")
    assert [x.run for x in store.intents("main")] == ["r2"]
    store.settle("main", "r2", op, state="failed", error="broken")
    store.intend("main", "r2", op, "k2")
    assert [(x.run, x.key) for x in store.intents("main")] == [("r2", "k2")]
    assert [(x.run, x.state, x.error) for x in store.operations("main")] == [
        ("r1", "done", None),
        ("r2", "intent", None),
    ]


def test_settling_what_was_never_intended(store: Store, make) -> None:
    store.settle("main", "r1", make.op(), state="stale", error="changed")
    assert [(x.state, x.error, x.started == x.finished) for x in store.operations("main")] == [
        ("stale", "changed", True)
    ]
    assert store.receipts("main", "desk") == []


def test_a_contradicting_link_leaves_the_intent(store: Store, make) -> None:
    store.put_link("main", make.link(1), by="anna")
    store.intend("main", "r1", make.op(2), "k")
    head = store.head("main")
    with pytest.raises(Reject):
        store.settle("main", "r1", make.op(2), state="done", link=make.link(2, desk=1))
    assert len(store.intents("main")) == 1
    assert store.head("main") == head
    assert store.links("main") == [make.link(1)]


@pytest.mark.parametrize("many", [3, 50])
def test_many_local_operations_at_once(store: Store, make, many: int) -> None:
    store.put_link("main", make.link(0), by="anna")
    newer = Seen({"model": "X"})
    ops = [make.op(n, action="agree", desk=f"d{n}") for n in range(many)]
    store.settle_local("main", "r1", [(op, make.link(n, seen=newer)) for n, op in enumerate(ops)])
    assert [x.seen for x in store.links("main")] == [newer] * many
    store.settle_local("main", "r1", [(ops[0], None), (ops[0], None)])
    assert [(x.operation, x.state) for x in store.operations("main", run="r1")] == [(op, "done") for op in ops]
    store.settle_local("main", "r1", [])
    assert store.verify("main") is None
    before = store.head("main")
    fresh = [(make.op(n), make.link(n)) for n in range(many + 1, 2 * many)]
    with pytest.raises(Reject):
        store.settle_local("main", "r2", [*fresh, (make.op(999), make.link(999, desk=1))])
    assert store.operations("main", run="r2") == []
    assert len(store.links("main")) == many
    assert store.head("main") == before


def test_receipts_newest_first_and_remote_only(store: Store, clock, make) -> None:
    for number in range(5):
        clock.forward(seconds=1)
        store.settle("main", "r1", make.op(number), state="done", ref=f"d{number}")
    store.settle("main", "r1", make.op(8, action="agree"), state="done")
    store.settle("main", "r1", make.op(9), state="failed")
    assert [x.ref for x in store.receipts("main", "desk", limit=3)] == ["d4", "d3", "d2"]


def test_what_was_refused_last_is_refused_until_it_is_tried_again(store: Store, make) -> None:
    op, other = make.op(1), make.op(2)
    store.settle("main", "r1", op, state="rejected", error="closed period")
    store.settle("main", "r1", other, state="rejected", error="too long")
    store.settle("other", "r1", make.op(3), state="rejected", error="no rights")
    store.settle("other", "r2", op, state="done")
    assert store.refused("main") == {op.id: "closed period", other.id: "too long"}
    store.intend("main", "r2", op, "k")
    assert store.refused("main") == {other.id: "too long"}
    store.settle("main", "r2", op, state="rejected", error="still closed")
    assert store.refused("main") == {op.id: "still closed", other.id: "too long"}
    store.settle("main", "r3", op, state="done", ref="d1")
    assert store.refused("main") == {other.id: "too long"}


def test_a_long_journal_is_never_searched_row_by_row(store: Store, make) -> None:
    """Every night asks for these: one that looks at all that was ever linked would make a year's state ever slower."""
    store.settle("main", "r1", make.op(1), state="done", ref="d1")
    store.settle_local("main", "r1", [(make.op(n, action="agree"), None) for n in range(2, 30)])
    asked: list[str] = []
    with store._read() as connection:
        connection.connection.driver_connection.set_trace_callback(asked.append)
    store.refused("main"), store.receipts("main", "desk"), store.papers("main")
    found = [one for one in asked if one.startswith("SELECT")]
    assert len(found) == 3
    with store._read() as connection:
        for one in found:
            plan = [row.detail for row in connection.execute(text(f"EXPLAIN QUERY PLAN {one}"))]
            own = [step for step in plan if "operation" in step or "again" in step]
            assert all("number" in step or "state=?)" in step for step in own), plan
            assert not [step for step in plan if "SCAN" in step or "TEMP B-TREE" in step], plan


def test_history_of_a_record_on_either_side(store: Store, make) -> None:
    store.settle("main", "r1", make.op(1), state="done", ref="d1")
    store.settle("main", "r2", make.op(2, action="update", desk="d2"), state="done", ref="d2")
    moved = Operation("m1", "update", "book", "equipment", book="b1", desk="d1")
    paper = Operation("paper", "draft", "book", "equipment", document="ПеремещениеОС", members=(moved,))
    store.intend("main", "r3", paper, "k")
    store.settle("main", "r3", paper, state="done", ref="doc-1")

    def ids(**which: str) -> list[str]:
        return [row.operation.id for row in store.operations("main", **which)]

    assert ids(desk="d1") == ["op1", "paper"]
    assert ids(kind="equipment", book="b1") == ["op1", "paper"]
    assert ids(book="b1", desk="d2") == ["op1", "op2", "paper"]
    assert ids(kind="person", desk="d1") == []
    assert ids(desk="d1", run="r3") == ["paper"]
    assert ids(kind="equipment") == ids() == ["op1", "op2", "paper"]
    assert store.receipts("main", "book") == [], "drafts are told apart"


def test_many_drafts_leave_the_last_writes_to_records_to_be_seen(store: Store, clock, make) -> None:
    store.settle("main", "r0", make.op(0, side="book"), state="done", ref="b0", version="v1")
    for n in range(1, 13):
        clock.forward(minutes=1)
        paper = Operation(f"p{n}", "draft", "book", "order", key=f"p{n}", members=(make.op(n),))
        draft = Draft(f"p{n}", "consume", f"doc-{n}", "v2", "", "gone" if n == 12 else "agreed")
        store.intend("main", "r1", paper, paper.key)
        store.settle("main", "r1", paper, state="done", ref=f"doc-{n}", version="v1", draft=draft)
    assert [x.ref for x in store.receipts("main", "book", limit=10)] == ["b0"]
    papers = store.papers("main", limit=2)
    found = [(x.draft.ref, x.draft.version, x.written) for x in papers]
    assert found == [("doc-11", "v2", "v1"), ("doc-10", "v2", "v1")]


def test_drafts_move_on(store: Store, clock, make) -> None:
    draft = Draft("dr1", "ПеремещениеОС", "doc-1", "v1", "digest", "open", "0001", (make.op(),))
    store.settle("main", "r1", make.op(), state="done", draft=draft)
    clock.forward(seconds=1)
    other = Draft("dr2", "ПеремещениеОС", "doc-2", None, "digest", "refused")
    store.put_draft("main", other, run="r1")
    assert store.drafts("main") == [draft]
    assert store.drafts("main", ("open", "refused")) == [draft, other]
    assert store.drafts("main", ()) == []
    agreed = Draft("dr1", "ПеремещениеОС", "doc-1", "v2", "digest", "agreed")
    store.put_draft("main", agreed, run="r2")
    assert store.drafts("main") == []
    assert store.drafts("main", ["agreed"]) == [agreed]
    assert store.drafts("other", ["agreed"]) == []
