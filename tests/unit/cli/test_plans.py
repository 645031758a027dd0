"""plan, approve, apply, run and resync: what they show, what they save, and their exit codes."""

from __future__ import annotations

import pytest

from uchet.cli import frame


def test_plan_shows_before_and_after_and_saves(cli, engine, store) -> None:
    engine()
    answer = cli("plan")
    assert answer.code == 3  # something would be written
    assert "Department: d9 → ИТ-отдел  (both changed; the owner's value wins)" in answer.out
    assert "Employed: yes" in answer.out
    assert "Equipment" in answer.out
    assert "Plan abcdef0123456789 is saved: “uchet apply abcdef0123456789”" in answer.out
    assert store.plan("abcdef").state == "waiting"


def test_plan_as_json(cli, engine, first) -> None:
    engine(verdict=first)
    answer = cli("plan", "--json")
    assert answer.code == 3
    assert (answer.json["plan"], answer.json["stopped"], answer.json["writes"]) == ("abcdef0123456789", True, 2)
    assert answer.json["reasons"] == [{"code": "first_load", "params": {"operations": 3}}]
    assert answer.json["operations"][1]["changes"][0]["after"] == "book:department:d1"


def test_a_plan_with_nothing_in_it_is_clean(cli, engine, empty_plan) -> None:
    engine(empty_plan)
    answer = cli("plan", "--lang", "ru")
    assert answer.code == 0
    assert "обе стороны рассказывают одно и то же" in answer.out


def test_long_plans_are_cut_unless_all_is_asked(cli, engine, monkeypatch: pytest.MonkeyPatch) -> None:
    from uchet.cli import plans

    engine()
    monkeypatch.setattr(plans, "SHOWN", 0)
    assert "… and 1 more (--all shows them)" in cli("plan").out
    assert "more (--all" not in cli("plan", "--all").out


def test_a_stopped_plan_waits_for_approval_and_then_goes(cli, engine, first, store) -> None:
    engine(verdict=first)
    stopped = cli("run", "nightly")
    assert "This is the first load of the pair: 3 operations wait." in cli("plan").out
    refused = cli("apply", "abc")
    assert refused.code == 3
    assert "waits for approval" in refused.err
    assert stopped.code == 0  # the fake says "changed"
    approved = cli("approve", "abc", "--json")
    assert (approved.code, approved.json["state"]) == (0, "approved")
    assert store.plan("abc").by
    done = cli("apply", "abc", "--json")
    assert (done.code, done.json["run"]["writes"]) == (0, 2)


@pytest.mark.parametrize(
    ("outcome", "code"), [("clean", 0), ("changed", 0), ("partial", 1), ("blocked", 3), ("failed", 4)]
)
def test_the_outcome_of_a_run_is_the_exit_code(cli, engine, outcome, code) -> None:
    engine(outcome=outcome)
    answer = cli("run", "nightly", "--json")
    assert (answer.code, answer.json["run"]["outcome"]) == (code, outcome)


def test_resync_says_whether_anything_differs(cli, engine) -> None:
    engine()
    assert cli("resync").code == 0
    engine(outcome="partial")
    answer = cli("resync")
    assert answer.code == 3
    assert "Serial number" in answer.out
    assert "Nothing was written." in answer.out


@pytest.mark.parametrize("words", [("approve", "zzz"), ("apply", "zzz")])
def test_an_unknown_plan_is_one_message(cli, engine, words) -> None:
    engine()
    answer = cli(*words)
    assert answer.code == 1
    assert answer.err.strip() == "There is no plan zzz. “uchet status” shows the plan that waits."


@pytest.mark.parametrize("words", [("run", "weekly"), ("plan", "--lang", "fr"), ("nonsense",), ("apply",)])
def test_usage_is_exit_2(cli, words) -> None:
    assert cli(*words).code == 2


def test_a_bug_is_a_message_and_not_a_traceback(cli, engine, monkeypatch: pytest.MonkeyPatch) -> None:
    fake = engine()
    monkeypatch.setattr(fake, "plan", lambda: 1 / 0)
    answer = cli("plan")
    assert answer.code == frame.FAILED
    assert answer.err.startswith("Unexpected error: ZeroDivisionError")
    assert "Traceback" not in answer.err


def test_a_person_may_say_no(cli, engine, first, store, monkeypatch: pytest.MonkeyPatch) -> None:
    engine(verdict=first)
    cli("plan")
    monkeypatch.setattr(frame.Seat, "interactive", True)
    monkeypatch.setattr(frame.Confirm, "ask", lambda *a, **k: False)
    answer = cli("approve", "abc")
    assert answer.code == 3
    assert "Not approved" in answer.out
    assert store.plan("abc").state == "waiting"


def test_progress_tells_what_is_read(capsys, monkeypatch: pytest.MonkeyPatch) -> None:
    from rich.console import Console

    seat = frame.Seat("en", err=Console(stderr=True, force_terminal=True, width=80))
    with seat.busy("Reading both sides…") as progress:
        progress("read book equipment", 0, 0)
        progress("write", 3, 10)
        seat.err.print("x")
    assert "\x1b" in capsys.readouterr().err
