"""``issues list``, ``show`` and ``decide``: the queue of questions for people."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.text import Text

from ..errors import Reject
from ..i18n import N_
from ..i18n.issues import choices
from ..jobs.lookup import labels_of
from ..jobs.state import open_store
from ..jobs.tables import write_csv
from ..sync.store import IssueRow, Store
from .frame import OK, Seat, command
from .plans import person
from .show import labels, rows, table
from .words import Words

__all__: list[str] = []

IdArgument = Annotated[int, typer.Argument(metavar="ID", help="Number of the question.")]
CHOICES = (
    "take-book",
    "take-desk",
    "ignore-until",
    "link",
    "reject",
    "retry",
    "accept",
    "repair",
    "modernization",
    "formed",
)


@command("list", group="issues", help="Questions that wait for a person.")
def list_issues(
    seat: Seat,
    everything: Annotated[bool, typer.Option("--all", help="Decided and closed ones too.")] = False,
    kind: Annotated[str, typer.Option("--kind", help="Only this kind, such as equipment.")] = "",
    code: Annotated[str, typer.Option("--code", help="Only this sort of question, such as conflict.")] = "",
    csv: Annotated[Path | None, typer.Option("--csv", help="Write them to this file, for a spreadsheet.")] = None,
) -> int:
    with open_store(seat.settings) as store:
        found = store.issues(seat.settings.pair, None if everything else "open")
        words = _words(seat, store)
    found = [r for r in found if kind in ("", r.issue.kind) and code in ("", r.issue.code)]
    seat.emit({"issues": [_json(row, words) for row in found]})
    if csv is not None:
        write_csv(csv, [_cells(row, words) for row in found], [words.t(name) for name in _COLUMNS])
        seat.say(words.t("{count} questions are written to {path}.", count=len(found), path=str(csv)))
        return OK
    for row in found:
        seat.say(*_lines(row, words))
    if not found:
        seat.say(words.t("No questions: nothing waits for a person."))
    else:
        seat.say(words.t("“uchet issues show ID” tells more, “uchet issues decide ID ANSWER” answers."))
    return OK


def _words(seat: Seat, store: Store) -> Words:
    pair = seat.settings.pair
    waiting = store.waiting(pair)
    return seat.words(labels(labels_of(store, pair), waiting.plan if waiting else None))


def _lines(row: IssueRow, words: Words) -> list[Text]:
    """The question, and the answers it takes beside putting it off."""
    state = "" if row.state == "open" else f"[{words.t(_STATES[row.state])}] "
    line = Text(f"{row.id:>4}  ", "bold").append(f"{state}{words.kind(row.issue.kind)}  ", "dim")
    line.append(words.issue(row.issue), "")
    answers = [choice for choice in choices(row.issue.code) if choice != "ignore-until"]
    return (
        [line, Text("      " + words.t("Answers: {answers}", answers=", ".join(answers)), "cyan")]
        if answers
        else [line]
    )


_COLUMNS = (N_("Question"), N_("State"), N_("Kind"), N_("Text"), N_("Answers"), N_("Asked"), N_("Decided by"))


def _cells(row: IssueRow, words: Words) -> dict[str, object]:
    answers = ", ".join(choices(row.issue.code))
    asked = words.moment(row.first)
    cells = (
        row.id,
        words.t(_STATES[row.state]),
        words.kind(row.issue.kind),
        words.issue(row.issue),
        answers,
        asked,
        row.by,
    )
    return dict(zip(map(words.t, _COLUMNS), cells, strict=True))


_STATES = {"open": N_("open"), "decided": N_("decided"), "ignored": N_("ignored"), "closed": N_("closed")}


def _json(row: IssueRow, words: Words) -> dict[str, Any]:
    issue = row.issue
    return {
        "id": row.id,
        "state": row.state,
        "code": issue.code,
        "kind": issue.kind,
        "book": issue.book,
        "desk": issue.desk,
        "field": issue.field_name,
        "values": issue.values,
        "params": issue.params,
        "text": words.issue(issue),
        "choices": choices(issue.code),
        "decision": row.decision,
        "until": row.until,
        "by": row.by,
        "at": row.at,
        "first": row.first,
        "last": row.last,
    }


@command("show", group="issues", help="One question with both values and the answers it takes.")
def show_issue(seat: Seat, id: IdArgument) -> int:
    with open_store(seat.settings) as store:
        row = _known(store, seat, id)
        words = _words(seat, store)
    seat.emit(_json(row, words))
    issue = row.issue
    seat.say(Text(f"№ {row.id}  {words.kind(issue.kind)}: {words.subject(issue)}", "bold"), words.issue(issue))
    made = table("", words.t("Value"))
    for name, value in issue.values.items():
        known = name in ("book", "desk")
        rows(made, [[words.side(name) if known else words.field(issue.kind, name), words.value(value)]])
    if issue.values:
        seat.say(made)
    for side, record in (("book", issue.book), ("desk", issue.desk)):
        if record:
            seat.say(f"{words.side(side)}: {side}:{issue.kind}:{record}")
    asked = words.t("Asked {first}, last seen {last}.", first=words.moment(row.first), last=words.moment(row.last))
    seat.say(asked, words.t("Answers: {answers}", answers=", ".join(choices(issue.code))))
    return OK


def _known(store: Store, seat: Seat, id: int) -> IssueRow:
    row = next((r for r in store.issues(seat.settings.pair, None) if r.id == id), None)
    if row is None:
        raise Reject("issue_unknown", "There is no question {id}.", hint="See them with uchet issues list.", id=id)
    return row


@command(
    "decide",
    group="issues",
    help="Answer: take-book, take-desk, ignore-until DATE, link, reject, retry, accept, repair, modernization, formed.",
)
def decide(
    seat: Seat,
    id: IdArgument,
    choice: Annotated[
        str,
        typer.Argument(
            metavar="ANSWER",
            help="take-book, take-desk, ignore-until, link, reject, retry, accept, repair, modernization or formed.",
        ),
    ],
    until: Annotated[str | None, typer.Argument(metavar="[DATE]", help="For ignore-until: the last quiet day.")] = None,
) -> int:
    if choice not in CHOICES:
        raise typer.BadParameter(seat.t("Answers: {answers}", answers=", ".join(CHOICES)))
    if (choice == "ignore-until") != (until is not None):
        raise typer.BadParameter(seat.t("A date belongs to ignore-until, and to it alone."))
    day = _day(seat, until) if until else None
    with open_store(seat.settings) as store:
        row = _known(store, seat, id)
        allowed = choices(row.issue.code)
        if choice not in allowed:
            raise Reject(
                "choice_unfit_here",
                "The question {id} cannot be answered with {choice}.",
                hint="Answers it takes: {answers}.",
                id=id,
                choice=choice,
                answers=", ".join(allowed),
            )
        done = store.decide(id, choice, by=person(), until=day)  # type: ignore[arg-type]  # checked above
        words = _words(seat, store)
    seat.emit(_json(done, words))
    if day:
        seat.say(words.t("Question {id} stays quiet through {day}.", id=id, day=words.value(day)))
    else:
        seat.say(words.t("Question {id} is answered: {choice}. The next run carries it out.", id=id, choice=choice))
    return OK


def _day(seat: Seat, text: str) -> date:
    day = seat.day(text)
    if day < datetime.now(UTC).date():
        raise typer.BadParameter(seat.t("The date {day} has passed.", day=text))
    return day
