"""Many movements at once: drafts are made a slice at a time, and they are those that one plan would hold."""

from __future__ import annotations

import gc
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from shop import ANNA, CELLAR, PAIR, SHELF, START, Firm

from uchet.sync import feed_queue, intake
from uchet.sync.pair import EngineSettings, GuardLimits
from uchet.sync.store import feeding
from uchet.sync.types import Draft, Event

DAYS = 3


def busy(firm: Firm) -> None:
    """Some days of many small movements, their kinds and items mixed."""
    for day in (firm.today - timedelta(days=back) for back in range(DAYS, 0, -1)):
        for _ in range(3):
            for item in ("toner", "paper"):
                firm.record("issue", f"{item}-{SHELF}", Decimal(1), day)
                firm.record("issue", f"{item}-{SHELF}", Decimal(1), day, person=ANNA)
                firm.record("transfer", f"{item}-{SHELF}", Decimal(1), day, to_supply=f"{item}-{CELLAR}")
                firm.record("write_off", f"{item}-{CELLAR}", Decimal(1), day)


def drafts(firm: Firm) -> dict[str, tuple[str, str, list[Any]]]:
    return {id: (doc.kind, str(doc.data["date"]), doc.data["rows"]) for id, doc in firm.book.docs.items()}


def rows(draft: Draft) -> int:
    return len(draft.members)


@pytest.mark.parametrize("group", ["day", "ticket"])
def test_slices_of_any_size_give_the_drafts_that_one_plan_gives(group: str) -> None:
    found = []
    for size in (1, 7, 2000):
        firm = Firm(group, size)
        busy(firm)
        run = firm.night()
        assert (run.outcome, run.failed, run.drafts) == ("changed", 0, len(firm.book.docs))
        assert {event.state for event in firm.store.open_events(PAIR)} == {"drafted"}
        found.append(drafts(firm))
        calm = firm.night()
        assert (calm.writes, calm.drafts) == (0, 0)
    assert found[0] == found[1] == found[2]


def test_no_draft_is_divided_by_a_slice() -> None:
    firm = Firm(size=2)
    for _ in range(9):
        firm.record("issue", f"toner-{SHELF}", Decimal(1), date(2026, 2, 5))
    firm.night()
    assert [rows(draft) for draft in firm.store.drafts(PAIR, ("open",))] == [9]


def test_a_plan_shows_the_first_part_and_says_how_much_follows() -> None:
    firm = Firm(size=1)
    busy(firm)
    plan, verdict = firm.engine().plan()
    assert not verdict.stopped
    shown = sum(len(op.members) for op in plan.operations)
    assert shown
    assert sum(plan.later.values()) == len(firm.events) - shown
    firm.engine().apply(plan.id)
    assert sum(rows(draft) for draft in firm.store.drafts(PAIR, ("open",))) == shown, "what is shown is what is applied"


def test_the_guard_counts_what_follows_before_anything_is_written() -> None:
    firm = Firm(size=1)
    busy(firm)
    firm.settings = replace(firm.settings, guard=GuardLimits(change_max=len(firm.events) - 1))
    run = firm.night()
    assert (run.outcome, run.drafts, firm.ours()) == ("blocked", 0, [])
    firm.settings = replace(firm.settings, guard=GuardLimits(change_max=len(firm.events)))
    assert firm.night().outcome == "changed"


def test_questions_of_later_parts_are_asked_and_stay_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    firm = Firm(size=1)
    busy(firm)
    whole = firm.book.describe()
    poor = replace(whole, collections={name: f for name, f in whole.collections.items() if name != "issue_person"})
    monkeypatch.setattr(firm.book, "describe", lambda: poor)  # a base without that document
    for _ in range(2):
        firm.night()
        events = [event for event in firm.store.open_events(PAIR) if event.person]
        assert {event.reason for event in events} == {"order_no_document"}
        asked = {row.issue.key for row in firm.store.issues(PAIR)}
        assert asked == {f"feed:{event.id}:order" for event in events}
    monkeypatch.undo()
    firm.night()
    assert not firm.store.issues(PAIR), "settled by the night that looked at all parts"


def test_a_crash_between_two_parts_is_a_pause() -> None:
    calm = Firm(size=1)
    busy(calm)
    calm.night()
    for fuse in (5, 12, 19, 30):
        firm = Firm(size=1)
        busy(firm)
        firm.store.fuse = fuse
        firm.crash()
        firm.night()
        assert drafts(firm) == drafts(calm)


def test_movements_that_wait_do_not_stay_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feeding, "_AT_ONCE", 5)
    firm = Firm(size=1)
    busy(firm)

    def alive() -> int:
        return sum(type(one) is Event for one in gc.get_objects())

    gc.collect()
    held: list[int] = []
    write, before = firm.book.write, alive()

    def counted(*given: Any) -> Any:
        held.append(0 if len(held) % 5 else alive() - before)
        return write(*given)

    monkeypatch.setattr(firm.book, "write", counted)
    firm.night()
    assert len(firm.events) > 60
    assert len(held) > 10
    assert max(held) <= 15, "those of one draft and of the part that is read"


def test_later_movements_stand_later_when_the_seconds_of_a_day_are_used_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed_queue, "_SECONDS", 5)
    firm = Firm()
    for _ in range(8):  # each waits for the one before: eight drafts
        firm.record("transfer", f"toner-{SHELF}", Decimal(5), date(2026, 2, 5), to_supply=f"toner-{CELLAR}")
        firm.record("transfer", f"toner-{CELLAR}", Decimal(5), date(2026, 2, 5), to_supply=f"toner-{SHELF}")
    firm.night()
    moments = [(doc.tickets, str(doc.data["date"])) for doc in firm.book.docs.values()]
    in_time = [tickets for tickets, _ in sorted(moments, key=lambda one: one[1])]
    assert len({moment for _, moment in moments}) == len(moments) > 5
    assert in_time == sorted(in_time, key=lambda tickets: int(tickets[0][1:]))


def test_events_are_numbered_as_the_desk_recorded_them_in_whatever_order_they_are_listed() -> None:
    firm = Firm()
    busy(firm)
    firm.desk.rows["movement"] = dict(reversed(firm.desk.rows["movement"].items()))
    firm.night()
    events = list(firm.store.open_events(PAIR))
    assert [int(event.record) for event in events] == sorted(int(event.record) for event in events)


def test_a_ticket_that_was_renamed_is_what_the_draft_says() -> None:
    firm = Firm()
    firm.settings = EngineSettings(guard=GuardLimits(change_max=0), kinds=firm.settings.kinds, feed=firm.settings.feed)
    id = firm.record("issue", f"toner-{SHELF}", Decimal(1), START)
    assert firm.night().outcome == "blocked"
    firm.desk.rows["movement"][id]["ticket"] = "T77"
    firm.settings = replace(firm.settings, guard=GuardLimits())
    firm.night()
    assert [doc.tickets for doc in firm.book.docs.values()] == [("T77",)]


@pytest.mark.parametrize("bad", [True, False])
def test_only_what_the_desk_surely_no_longer_has_is_withdrawn(bad: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    firm = Firm()
    firm.settings = replace(firm.settings, guard=GuardLimits(change_max=0))
    id = firm.record("issue", f"toner-{SHELF}", Decimal(1), START)
    assert firm.night().outcome == "blocked"
    if bad:  # it is there, and cannot be read
        compose = intake.compose

        def failing(system: Any, mapped: Any, *rest: Any) -> Any:
            if mapped.kind == "movement":
                raise ValueError("no record that anybody knows")
            return compose(system, mapped, *rest)

        monkeypatch.setattr(intake, "compose", failing)
    else:
        del firm.desk.rows["movement"][id]
    firm.settings = replace(firm.settings, guard=GuardLimits())
    firm.night()
    (event,) = firm.store.open_events(PAIR)
    assert (event.state, event.reason) == (("drafted", "") if bad else ("refused", "withdrawn"))
