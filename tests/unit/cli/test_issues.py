"""The queue of questions: asked in words, answered by number."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from uchet.sync.types import Issue

PAIR = "main"
QUESTIONS = [
    Issue("k1", "conflict", "equipment", "g1", "21", "cost", {"book": Decimal("1.50"), "desk": None}),
    Issue(
        "k2", "match_suggested", "equipment", "g5", "25",
        params={"book": "g5", "desk": "25", "score": 88, "reasons": "serial_looks_alike,model"},
    ),
    Issue("k3", "group_card", "equipment", "g7", params={
        "template": "{label}: this card is a group of things, not one thing.", "label": "Мониторы", "side": "book",
    }),
]  # fmt: skip


@pytest.fixture(autouse=True)
def asked(store) -> None:
    run = store.start_run("nightly", PAIR)
    store.report_issues(PAIR, run.id, QUESTIONS, lambda row: True)


def test_list_reads_as_questions(cli) -> None:
    out = cli("issues", "list").out
    assert "Сервер: “Initial cost” was changed on both sides: books 1.50, desk —. Decide which one is right." in out
    assert (
        "Are g5 in the books and 25 on the desk the same thing? "
        "Certainty 88: serial numbers that look alike, same model." in out
    )
    assert "Мониторы: this card is a group of things" in out
    assert "Answers: take-book, take-desk" in out


def test_list_in_russian_and_filtered(cli) -> None:
    out = cli("issues", "list", "--lang", "ru", "--code", "conflict").out
    assert "Сервер: поле «Первоначальная стоимость» изменено с обеих сторон: в 1С — 1,50, в системе заявок — —." in out
    assert "Мониторы" not in out
    assert [i["code"] for i in cli("issues", "list", "--kind", "equipment", "--json").json["issues"]] == [
        "conflict", "match_suggested", "group_card",
    ]  # fmt: skip


def test_show_has_both_values_and_the_records(cli) -> None:
    answer = cli("issues", "show", "1")
    assert answer.code == 0
    assert "book:equipment:g1" in answer.out
    assert "Answers: take-book, take-desk, ignore-until" in answer.out
    assert cli("issues", "show", "1", "--json").json["values"] == {"book": "1.50", "desk": None}


def test_decide_keeps_who_and_what(cli, store) -> None:
    answer = cli("issues", "decide", "1", "take-book")
    assert "The next run carries it out." in answer.out
    row = store.issue(1)
    assert (row.state, row.decision) == ("decided", "take-book")
    assert row.by


@pytest.mark.parametrize("form", ["%Y-%m-%d", "%d.%m.%Y"])
def test_ignore_until_takes_both_ways_of_writing_a_date(cli, store, form) -> None:
    day = datetime.now(UTC).date() + timedelta(days=9)
    assert cli("issues", "decide", "3", "ignore-until", day.strftime(form)).code == 0
    assert (store.issue(3).state, store.issue(3).until) == ("ignored", day)
    assert "Мониторы" not in cli("issues", "list").out
    assert "[ignored]" in cli("issues", "list", "--all").out


def test_link_and_reject_act_at_once(cli, store) -> None:
    assert cli("issues", "decide", "2", "link").code == 0
    assert store.find_link(PAIR, "equipment", "book", "g5").desk == "25"


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("9", "take-book"), 1, "There is no question 9."),
        (("3", "take-book"), 1, "cannot be answered with take-book. Answers it takes: ignore-until."),
        (("1", "maybe"), 2, "take-book, take-desk"),
        (("1", "ignore-until"), 2, "A date belongs to ignore-until"),
        (("1", "take-book", "2030-01-01"), 2, "A date belongs to ignore-until"),
        (("1", "ignore-until", "soon"), 2, "is not a date"),
        (("1", "ignore-until", "2020-01-01"), 2, "has passed"),
    ],
)  # fmt: skip
def test_wrong_answers_change_nothing(cli, store, words, code, says) -> None:
    answer = cli("issues", "decide", *words)
    assert answer.code == code
    assert says in answer.err
    assert all(row.state == "open" for row in store.issues(PAIR, None))


def test_records_are_called_by_name_where_the_question_knows_it(cli, store) -> None:
    names = {"book:g8": "ОС-8", "desk:28": "ПК-8", "desk:29": "ПК-9"}
    params = {"books": "g8", "desks": "28, 29", "rule": "serial", "value": "X", "labels": names}
    bad = {"record": "28", "value": "1E+5", "labels": names}
    run = store.start_run("nightly", PAIR)
    found = [
        Issue("k8", "match_duplicate", "equipment", "g8", params=params),
        Issue("k9", "match_bad_number", "equipment", desk="28", params=bad),
    ]
    store.report_issues(PAIR, run.id, found, lambda row: False)
    out = cli("issues", "list").out
    assert "The same Serial number (X)" in out
    assert "in the books ОС-8, on the desk ПК-8, ПК-9" in out
    assert "ПК-8: a spreadsheet has destroyed the inventory number (1E+5)." in out


def test_nothing_to_ask(cli, store) -> None:
    run = store.start_run("nightly", PAIR)
    store.report_issues(PAIR, run.id, [], lambda row: True)
    assert "nothing waits for a person" in cli("issues", "list").out
