"""``explain NUMBER``: both records, how and why they were linked, history, pending drafts, open questions."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.text import Text

from ..i18n import N_
from ..jobs.lookup import Known, Story, explain
from ..mappings.once import kind as kind_named
from .frame import OK, Seat, command
from .links import reading
from .show import rows, table
from .words import Words

__all__: list[str] = []

NumberArgument = Annotated[str, typer.Argument(metavar="NUMBER", help="Inventory number, serial number or id.")]


@command("explain", help="Tell everything known of a thing, by inventory number, serial number or id.")
def explain_number(seat: Seat, number: NumberArgument) -> int:
    with reading(seat) as (parts, known):
        stories = explain(parts, known, number)
    words = seat.words(known.label)
    seat.emit({"stories": [_json(story, known, words) for story in stories]})
    for side, error in known.errors.items():
        seat.say(Text(f"! {words.side(side)}: {error.text(seat.language)}", "yellow"))
    for story in stories:
        _tell(seat, story, words)
    return OK


def _json(story: Story, known: Known, words: Words) -> dict[str, Any]:
    link = story.link
    return {
        "book": story.book,
        "desk": story.desk,
        "values": story.values,
        "remembered": story.remembered,
        "link": {"rule": link.rule, "why": words.rule(link.rule), "score": link.score, "by": link.by} if link else None,
        "history": [
            {"run": h.run, "state": h.state, "error": h.error, "at": h.finished or h.started, "operation": h.operation}
            for h in story.history
        ],
        "drafts": story.drafts,
        "issues": [{"id": r.id, "code": r.issue.code, "text": words.issue(r.issue)} for r in story.issues],
        "errors": {side: error.code for side, error in known.errors.items()},
    }


def _tell(seat: Seat, story: Story, words: Words) -> None:
    ref = story.book or story.desk
    assert ref is not None
    seat.say(Text(f"\n{words.kind(ref.kind)}: {_title(story)}", "bold"))
    made = table(words.t("Field"), words.t("Books"), words.t("Desk"))
    book, desk = story.values.get("book", {}), story.values.get("desk", {})
    for field in kind_named(ref.kind).fields:
        if field.name in book or field.name in desk:
            pair = [words.value(v[field.name]) if field.name in v else "" for v in (book, desk)]
            rows(made, [[words.field(ref.kind, field.name), *pair]])
    seat.say(made)
    for side in sorted(story.remembered):
        seat.say(Text(words.t("{side}: not read now, shown as last agreed.", side=words.side(side)), "yellow"))
    seat.say(f"{words.side('book')}: {story.book or '—'}", f"{words.side('desk')}: {story.desk or '—'}")
    _tell_link(seat, story, words)
    for line in story.history:
        seat.say(_history(line, words))
    for draft in story.drafts:
        seat.say(
            words.t(
                "Draft {number} in 1C: {state}.", number=draft.number or draft.ref, state=words.t(_DRAFTS[draft.state])
            )
        )
    for row in story.issues:
        seat.say(Text(words.t("Question {id}: {text}", id=row.id, text=words.issue(row.issue)), "yellow"))


def _title(story: Story) -> str:
    values = story.values.get("book") or story.values.get("desk") or {}
    parts = [values.get(name) for name in ("inventory_number", "name")]
    return "  ".join(str(part) for part in parts if part)


def _tell_link(seat: Seat, story: Story, words: Words) -> None:
    if story.link is None:
        seat.say(words.t("Not linked."))
        return
    why = words.rule(story.link.rule)
    seat.say(
        words.t("Linked by {by}: {why} (certainty {score} of 100).", by=story.link.by, why=why, score=story.link.score)
    )


def _history(line: Any, words: Words) -> str:
    op = line.operation
    names = ", ".join(words.field(op.kind, change.name) for change in op.changes)
    what = words.action(op.action) + (f" ({names})" if names else "")
    where = f" → {words.side(op.side)}" if op.remote else ""
    told = (
        f"{words.moment(line.finished or line.started)}  {what}{where}: {words.t(_STATES.get(line.state, line.state))}"
    )
    return f"{told} — {line.error}" if line.error else told


_DRAFTS = {
    "open": N_("waits for the accountant"),
    "posted": N_("posted"),
    "agreed": N_("posted and agreed"),
    "adopted": N_("posted otherwise than asked"),
    "refused": N_("deleted by a person"),
    "edited": N_("edited by a person, not posted"),
    "gone": N_("no longer there"),
}
_STATES = {
    "intent": N_("begun, outcome not known yet"),
    "done": N_("done"),
    "failed": N_("failed"),
    "stale": N_("skipped: changed since"),
    "rejected": N_("refused"),
    "abandoned": N_("given up"),
    "deferred": N_("put off"),
}
