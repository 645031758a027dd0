"""``draft``: documents that a person orders in a file; shown first, written on a word, followed like any other."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from ..jobs.drafting import Document, Names, documents, orders_of, read_file
from ..jobs.lookup import labels_of
from ..jobs.wiring import system_map, utc_now, wired
from ..sync.orders import asked_about
from ..sync.types import Plan
from .frame import OK, WAITING, Seat, command
from .plans import EXIT, plan_json
from .show import labels, role, rows, run_lines, table, verdict_lines
from .words import Words

__all__: list[str] = []

FileArgument = Annotated[
    Path | None, typer.Argument(metavar="FILE", help="Orders in TOML or JSON; without it the documents are shown.")
]


@command("draft", help="Order drafts of documents in 1C from a file: shown first, written with --yes or on a word.")
def draft(seat: Seat, file: FileArgument = None) -> int:
    if file is None:
        return _documents(seat)
    asked = read_file(file)
    with seat.busy(seat.t("Reading both sides…")) as progress, wired(seat.settings, progress=progress) as parts:
        names = Names(parts, utc_now())
        made, verdict = parts.engine.plan_drafts(orders_of(asked, names))
        known = {**labels_of(parts.store, parts.pair.name), **names.labels}
        words = seat.words(labels(known, made))
        titles = {name: (one.title_ru, one.title_en) for name, one in parts.pair.book_map.documents.items()}
        _show(seat, made, words, titles)
        seat.say(*verdict_lines(verdict, words))
        if verdict.stopped or not made.operations or not _wanted(seat, made):
            return _left(seat, made, verdict.stopped, plan_json(made, verdict, "waiting"))
        run = parts.engine.apply(made.id, "draft")
    seat.emit({"run": run, **plan_json(made, verdict, "applied")})
    seat.say(*run_lines(run, seat.words()))
    return EXIT[run.outcome]


def _wanted(seat: Seat, made: Plan) -> bool:
    return seat.yes or seat.confirm(seat.t("Write {count} drafts?", count=len(made.operations)))


def _left(seat: Seat, made: Plan, stopped: bool, answer: dict[str, object]) -> int:
    """Nothing is written now: what can be done next."""
    seat.emit(answer)
    if stopped:
        seat.say(seat.t("Plan {id} is stopped: look at it, then “uchet approve {id}”.", id=made.id))
    elif made.operations:
        seat.say(seat.t("Plan {id} is saved: “uchet apply {id}” applies exactly this.", id=made.id))
    elif not made.issues:
        seat.say(seat.t("Nothing to write: each of these orders has its draft already."))
    return WAITING if made.operations or made.issues else OK


def _show(seat: Seat, made: Plan, words: Words, titles: Mapping[str, tuple[str, str]]) -> None:
    """Drafts with header and rows, then what becomes a question instead."""
    for op in made.operations:
        title = titles[str(op.document)][0 if words.language == "ru" else 1]
        seat.say(Text(f"{title}: {op.label}", "bold"))
        for name, value in op.header.items():
            if value is not None and not name.startswith("@"):
                seat.say(f"    {role(name, words)}: {words.value(value)}")
        for number, member in enumerate(op.members, 1):
            told = [f"{role(one.name, words)}: {words.value(one.after)}" for one in member.changes]
            seat.say(f"    {number}. " + "; ".join(told))
    asked = [issue for issue in made.issues if asked_about(issue.key)]
    if asked:
        seat.say(seat.t("Not drafted; a question for a person each:"), *(f"  {words.issue(one)}" for one in asked))


def _documents(seat: Seat) -> int:
    found = list(documents(system_map(seat.settings, "book")))
    seat.emit({"documents": found})
    titles = ("Name", "Document", "Header", "Row")
    made = table(*(seat.t(title) for title in titles))
    seat.say(rows(made, [_row(one, seat.language) for one in found]))
    seat.say(seat.t("Roles with * are needed. docs/commands.md shows a file of orders."))
    return OK


def _row(one: Document, language: str) -> list[str]:
    header = [*(f"{role}*" for role in one.needed), *one.more]
    row = [*(f"{role}*" for role in one.row_needed), *one.row_more]
    return [one.name, one.title_ru if language == "ru" else one.title_en, " ".join(header), " ".join(row)]
