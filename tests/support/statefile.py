"""A state file with something in every table; ``python statefile.py FILE`` makes one.

One such file per released schema is kept under ``tests/fixtures`` and never made anew: every later version opens it.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from uchet.mappings.model import Ref
from uchet.sync.approvals import Approval
from uchet.sync.counts.types import CountOrder, CountSession, Member, Scan
from uchet.sync.reconcile.types import Allotment, Difference, Reconciliation, Snapshot, Source
from uchet.sync.requests import Case, Memory
from uchet.sync.store import JobRow, SideState, Store
from uchet.sync.types import Draft, FieldChange, Issue, Link, Listing, Operation, Plan, Record, Seen, Verdict

PAIR = "main"
PERSON, THING = "Ёлкина Анна Петровна", "БП-000017"


class _Clock:
    now = datetime(2026, 3, 1, 22, 30, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now


def fill(path: Path) -> None:
    """Links of three kinds, a plan, done, refused and open operations, a draft, questions in every state, a run, both
    sides, a job, an audit chain of some twenty rows."""
    seen = {"name": PERSON, "number": "0042", "active": True}
    thing = {
        "inventory_number": THING,
        "cost": Decimal("61234.50"),
        "commissioned": date(2026, 1, 15),
        "user": PERSON,
        "custodian": Ref("book", "person", "p1"),
    }
    change = FieldChange("name", None, PERSON)
    create = Operation("op1", "create", "desk", "person", "p1", None, (change,), key="k1", label=PERSON)
    update = Operation(
        "op2",
        "update",
        "book",
        "equipment",
        "b1",
        "d1",
        (FieldChange("user", None, PERSON), FieldChange("cost", Decimal(1), Decimal("2.5"))),
        label=THING,
    )
    member = Operation(
        "op3",
        "update",
        "book",
        "equipment",
        "b1",
        "d1",
        (FieldChange("custodian", None, Ref("desk", "person", "7")),),
        label=THING,
    )
    moved = Operation("op4", "draft", "book", "equipment", members=(member,), key="k4", document="move")
    with Store.open(path, clock=_Clock()) as store:
        run = store.start_run("nightly", PAIR)
        for op in (create, update, moved):
            store.intend(PAIR, run.id, op, op.key)
        person = Link("person", "p1", "7", "created", seen=Seen(seen, seen))
        store.settle(PAIR, run.id, create, state="done", ref="7", version="v1", link=person)
        store.settle(
            PAIR, run.id, update, state="rejected", error=f"The value {PERSON} is refused.\nне принято {PERSON}"
        )
        draft = Draft("k4", "move", "doc1", "v1", "digest", "open", "0000-000007", (member,))
        store.settle(PAIR, run.id, moved, state="done", ref="doc1", version="v1", draft=draft)
        store.put_link(PAIR, Link("equipment", "b1", "d1", "inventory_number", seen=Seen(thing, thing)), by="uchet")
        store.put_link(
            PAIR, Link("place", "l1", "3", "name", 98, seen=Seen({"name": "Зал"}, {"name": "Зал"})), by="anna"
        )
        store.reject(PAIR, "equipment", "b2", "d2", by="anna")
        issues = [
            Issue(
                f"field:equipment:b{n}:d{n}:user",
                "conflict",
                "equipment",
                f"b{n}",
                f"d{n}",
                "user",
                {"book": PERSON, "desk": None},
                {"name": f"{PERSON} ({n})"},
                f"f{n}",
            )
            for n in range(4)
        ]
        rows = store.report_issues(PAIR, run.id, issues, lambda _: True).new
        store.decide(rows[0].id, "take-book", by="anna")
        store.decide(rows[1].id, "ignore-until", by="anna", until=date(2030, 1, 1))
        store.report_issues(PAIR, run.id, issues[:3], lambda row: row.issue.book == "b3")
        plan = Plan("9f" * 12, PAIR, (update,), tuple(issues), {"book|person": 1}, {"book|person": True}, "fp+fp")
        store.save_plan(PAIR, plan, Verdict((("first_load", "{operations} wait.", {"operations": 1}),)), run.id)
        store.put_side(PAIR, "book", SideState("base", {"person": "p1"}, {"person": 1}, "fp+fp"))
        store.put_side(PAIR, "desk", SideState("desk", {}, {"person": 1}, "fp+fp"))
        store.put_job(JobRow("nightly@main", _Clock.now, _Clock.now + timedelta(days=1), "partial"))
        store.finish_run(run)
        case = Case("approving", frozenset({"4"}))
        store.put_requests(PAIR, {"31": Memory(case, "v1", {"v1": {"1": ("||hardware", "2", "10")}})}, {}, run.id)
        spoken = Approval("31", "head_of_it", "7", "approved", date(2026, 3, 1), "v1", "по звонку", "uchet")
        store.approve_request(PAIR, spoken, by="anna")
        store.allot(PAIR, Allotment("equipment", "b9", "d9", Decimal(2), "monitor", "по описи"), by="anna")
        now = _Clock.now
        record = Record("equipment", "book", "b1", {"name": THING, "custodian": Ref("book", "person", "p1")})
        listing = Listing("equipment", "book", {"b1": record}, True, read=1)
        source = Source("book", "equipment", now, 1, True)
        shown = Snapshot(None, now, (source,), {("equipment", "book"): listing})
        found = Difference("difference:equipment:b1::presence", "book_only", "equipment", THING, "b1")
        made = Reconciliation(run.id, None, now, {"room": (PERSON,)}, (source,), (found,), {"equipment": 1})
        store.put_reconciliation(PAIR, made, shown)
        order = CountOrder("17-и", date(2026, 2, 27), "смена МОЛ", *[date(2026, 3, 1)] * 3)
        begun = CountSession(
            0, order, (Member("p2", chairman=True), Member("p3")), ("p1",), "count-1", {"person": (PERSON,)}
        )
        opened = replace(made, run="count-1")
        session = store.open_count(PAIR, begun, opened, shown, by="anna")
        store.add_scans(PAIR, session.number, [Scan("thing:b1", THING, place=f"у {PERSON}", counter="anna")])


if __name__ == "__main__":
    fill(Path(sys.argv[1]))
