"""``reconcile``: what the books and the desk do not agree on, over any scope, as of now or of a day."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any

from rich.text import Text

from ..i18n import N_
from ..jobs import reconcile as job
from ..jobs.state import open_store
from ..jobs.tables import write_csv
from ..jobs.wiring import wired
from ..mappings.model import Ref
from ..sync.reconcile.classes import CLASSES, OWNERS, PROPOSALS
from ..sync.reconcile.run import Answer
from ..sync.reconcile.types import Correction, Difference, Reconciliation, Source
from ..sync.store import IssueRow
from ..sync.types import Run
from .frame import OK, PARTIAL, WAITING, Seat, command
from .scope import Department, Number, Organization, Person, Warehouse, asked, option
from .show import labels, rows, run_lines, table
from .words import Words

__all__: list[str] = []


@command("reconcile", help="Compare books and desk and explain every difference. Exit 3: there are differences.")
def reconcile(
    seat: Seat,
    organization: Organization = None,
    branch: Annotated[
        list[str] | None, option("branch", "Only this branch: an organisation, department or place.")
    ] = None,
    department: Department = None,
    warehouse: Warehouse = None,
    room: Annotated[list[str] | None, option("room", "Only what stands in this room.")] = None,
    person_name: Person = None,
    model: Annotated[list[str] | None, option("model", "Only things of this model.")] = None,
    kinds: Annotated[
        list[str] | None, option("class", "Only this class: fixed_asset, low_value, stock or licence.")
    ] = None,
    number: Number = None,
    numbers: Annotated[Path | None, option("numbers", "Only the numbers in this file, one a line.")] = None,
    day: Annotated[str | None, option("date", "As of the end of this day.")] = None,
    count: Annotated[int | None, option("count", "Three ways: with what this closed count found.")] = None,
    show: Annotated[str | None, option("show", "What that run found, as it was kept; nothing is read.")] = None,
    recent: Annotated[bool, option("list", "The last comparisons.")] = False,
    csv: Annotated[Path | None, option("csv", "Write the differences to this file, for a spreadsheet.")] = None,
    drafts: Annotated[bool, option("drafts", "Then write the drafts that were accepted.")] = False,
) -> int:
    if recent:
        return _list(seat)
    if show:
        return _show(seat, show, csv)
    listed = (*(number or ()), *(job.numbers_of(numbers) if numbers else ()))
    about = asked(
        organization=organization,
        branch=branch,
        department=department,
        warehouse=warehouse,
        room=room,
        person=person_name,
        model=model,
        kind=kinds,
        numbers=listed,
    )
    with seat.busy(seat.t("Reading both sides…")) as progress, wired(seat.settings, progress=progress) as parts:
        answer = job.reconcile(parts, about, seat.day(day) if day else None, count)
        names = {**job.names_of(parts.store, parts.pair.name, answer.made.run), **answer.names}
        written = job.draft(parts, answer) if drafts else None
    return tell(seat, answer.made, seat.words(labels(names)), answer.rows, answer, csv, written)


def _show(seat: Seat, run: str, csv: Path | None) -> int:
    with open_store(seat.settings) as store:
        made = job.kept(store, seat.settings.pair, run)
        names = job.names_of(store, seat.settings.pair, run)
        standing = job.asked_of(store, seat.settings.pair, made)
    return tell(seat, made, seat.words(labels(names)), standing, None, csv, None)


def _list(seat: Seat) -> int:
    with open_store(seat.settings) as store:
        found = store.reconciliations(seat.settings.pair)
    words = seat.words()
    seat.emit({"reconciliations": [_head(one) for one in found]})
    made = table(*map(words.t, (N_("Run"), N_("As of"), N_("Scope"), N_("Differences"))))
    for one in found:
        rows(made, [[one.run, words.value(one.day or one.taken), _scope(one, words), str(len(one.differences))]])
    seat.say(made if found else words.t("Nothing was compared yet."))
    return OK


# -- what is told ------------------------------------------------------------------------------------------------------


def tell(
    seat: Seat,
    made: Reconciliation,
    words: Words,
    standing: Mapping[str, IssueRow],
    answer: Answer | None,
    csv: Path | None,
    written: Run | None,
) -> int:
    seat.emit({**_json(made, words, standing, answer), "drafts": written})
    if csv is not None:
        cells = [_cells(one, words, standing.get(one.key)) for one in made.differences]
        write_csv(csv, cells, [words.t(name) for name in _COLUMNS])
    seat.say(*_stamp(made, words))
    if made.differences:
        seat.say(*_classes(made, words), _table(made, words, standing))
    seat.say(*_corrections(made, words), *moved(made, words), *_end(made, words, answer))
    if csv is not None:
        seat.say(words.t("{count} differences are written to {path}.", count=len(made.differences), path=str(csv)))
    if written is not None:
        seat.say(*run_lines(written, words))
    return PARTIAL if written and written.outcome == "partial" else code_of(made)


def code_of(made: Reconciliation) -> int:
    """The exit code that a comparison asks for."""
    if made.unread or any(one.failed or not one.complete for one in made.after):
        return PARTIAL
    return WAITING if made.differences else OK


def _stamp(made: Reconciliation, words: Words) -> Iterator[Text]:
    """What the figures stand on: every source with its time, and loudly what could not be read."""
    moment = words.moment(made.taken)
    yield Text(
        words.t("Run {run}, read {moment}: {scope}", run=made.run, moment=moment, scope=_scope(made, words)), "bold"
    )
    if made.count:
        yield Text(words.t("With what count {number} found.", number=made.count), "bold")
    for side in ("book", "desk"):
        mine = [one for one in made.sources if one.side == side]
        good = [one for one in mine if one.complete and not one.failed]
        as_of = [one for one in good if one.as_of is not None]
        when = words.t("as of the end of {day}", day=words.value(as_of[0].as_of)) if as_of else words.t("as of now")
        parts = ", ".join(f"{words.kind(one.kind)} {one.read}" for one in good)
        yield Text(f"{words.side(side)}, {when}: {parts or '—'}")
        if as_of and len(as_of) < len(good):
            now = ", ".join(words.kind(one.kind) for one in good if one.as_of is None)
            yield Text("  " + words.t("as of now, not of that day: {kinds}", kinds=now), "yellow")
        yield from (_bad(one, words) for one in mine if one.failed or not one.complete)


def _bad(one: Source, words: Words) -> Text:
    why = (one.error_ru if words.language == "ru" else one.error) or words.t("the listing is incomplete")
    text = words.t("{side}, {kind}: NOT READ, nothing of it was compared. {why}",
                   side=words.side(one.side), kind=words.kind(one.kind), why=why)  # fmt: skip
    return Text("! " + text, "bold red")


def _scope(made: Reconciliation, words: Words) -> str:
    if not made.scope:
        return words.t("everything")
    return "; ".join(f"{words.t(_SORTS[sort])}: {', '.join(told)}" for sort, told in made.scope.items())


_SORTS = {
    "organization": N_("organisation"),
    "branch": N_("branch"),
    "department": N_("department"),
    "warehouse": N_("warehouse"),
    "room": N_("room"),
    "person": N_("person"),
    "model": N_("model"),
    "kind": N_("class"),
    "numbers": N_("numbers"),
}


def _classes(made: Reconciliation, words: Words) -> Iterator[Any]:
    """One line per class: how many, what they are worth, who must act."""
    counts = Counter(one.code for one in made.differences)
    shown = table(*map(words.t, (N_("Class"), N_("Differences"), N_("Value at risk"), N_("Owner"))))
    for code in CLASSES:
        if counts[code]:
            worth = [one.at_risk for one in made.differences if one.code == code and one.at_risk is not None]
            owners = sorted({one.owner for one in made.differences if one.code == code})
            total = words.value(sum(worth, Decimal(0))) if worth else "—"
            who = ", ".join(words.t(OWNERS[owner]) for owner in owners)
            rows(shown, [[words.t(CLASSES[code].title), str(counts[code]), total, who]])
    yield shown
    yield Text("")


_COLUMNS = (
    *(N_("Question"), N_("Class"), N_("Record"), N_("Organisation"), N_("Field"), N_("Books"), N_("Desk")),
    *(N_("Counted"), N_("Quantity"), N_("Value at risk"), N_("Matched by"), N_("Certainty"), N_("Owner")),
    *(N_("Proposal"), N_("Since"), N_("State"), N_("Decision"), N_("Decided by"), N_("Decided at")),
)


def _cells(one: Difference, words: Words, row: IssueRow | None) -> dict[str, object]:
    field = words.field(one.kind, one.field_name)
    mine = (row.id, words.t(CLASSES[one.code].title)) if row else ("", words.t(CLASSES[one.code].title))
    values = (words.value(one.book), words.value(one.desk), words.value(one.count), words.value(one.quantity))
    told = (
        words.rule(one.rule) if one.rule else "—",
        one.score or "—",
        words.t(OWNERS[one.owner]),
        proposal(one, words),
    )
    since: tuple[object, ...] = ("",) * 5
    if row:
        since = (words.value(row.first.date()), row.state, row.decision or "", row.by or "", words.moment(row.at))
    cells = (*mine, one.label, one.organization, field, *values, words.value(one.at_risk), *told, *since)
    return dict(zip(map(words.t, _COLUMNS), cells, strict=True))


def proposal(one: Difference, words: Words) -> str:
    """What to do, in words."""
    return words.t(PROPOSALS[one.proposal], account=one.evidence.get("account", "—")) if one.proposal else "—"


def _table(made: Reconciliation, words: Words, standing: Mapping[str, IssueRow]) -> Any:
    names = (
        N_("Question"),
        N_("Class"),
        N_("Record"),
        N_("Field"),
        N_("Books"),
        N_("Desk"),
        N_("Counted"),
        N_("Proposal"),
    )
    shown = table(*map(words.t, names))
    for one in made.differences:
        cells = _cells(one, words, standing.get(one.key))
        rows(shown, [[str(cells[words.t(name)]) for name in names]])
    return shown


def _corrections(made: Reconciliation, words: Words) -> Iterator[Any]:
    if not made.corrections:
        return
    text = words.t(
        "Posted late: what the books say of that day differs from what they said in run {run}.", run=made.first
    )
    yield Text(text, "bold")
    shown = table(*map(words.t, (N_("Kind"), N_("Record"), N_("Field"), N_("Was"), N_("Is"))))
    rows(shown, [_correction(one, words) for one in made.corrections])
    yield shown


def moved(made: Reconciliation, words: Words) -> Iterator[Any]:
    """What either side changed while a count was on, and loudly what could not be read at its end."""
    for one in made.after:
        if one.failed or not one.complete:
            why = (one.error_ru if words.language == "ru" else one.error) or words.t("the listing is incomplete")
            template = N_("{side}, {kind}: NOT READ at the end of the count; what moved there is not known. {why}")
            text = words.t(template, side=words.side(one.side), kind=words.kind(one.kind), why=why)
            yield Text("! " + text, "bold red")
    if not made.moved:
        return
    yield Text(words.t("Moved while the count was on:"), "bold")
    names = (N_("Where"), N_("Kind"), N_("Record"), N_("Field"), N_("Was"), N_("Is"))
    shown = table(*map(words.t, names))
    rows(shown, [[words.side(one.side), *_correction(one, words)] for one in made.moved])
    yield shown


def _correction(one: Correction, words: Words) -> list[str]:
    field = words.t(N_("is there at all")) if one.field == "*" else words.field(one.kind, one.field)
    return [words.kind(one.kind), one.label, field, words.value(one.was), words.value(one.now)]


def _end(made: Reconciliation, words: Words, answer: Answer | None) -> Iterator[Text]:
    compared = ", ".join(f"{words.t(_COMPARED[name])} {count}" for name, count in made.compared.items())
    yield Text(words.t("Compared: {compared}. Differences: {count}.", compared=compared, count=len(made.differences)))
    if answer and answer.asked:
        numbers = ", ".join(str(row.id) for row in answer.asked)
        yield Text(
            words.t("Matching asks about {count} more: questions {numbers}.", count=len(answer.asked), numbers=numbers)
        )
    if made.day is not None and made.differences:
        yield Text(words.t("This shows a day gone by: nobody is asked about it."), "dim")
    yield Text(words.t("Fingerprint {fingerprint}", fingerprint=made.fingerprint), "dim")


_COMPARED = {
    "equipment": N_("pairs of things"),
    "position": N_("positions in use"),
    "group": N_("group cards"),
    "stock": N_("balances of stock"),
    "licence": N_("licences"),
}


# -- for programs ------------------------------------------------------------------------------------------------------


def _head(made: Reconciliation) -> dict[str, Any]:
    return {
        "run": made.run,
        "day": made.day,
        "taken": made.taken,
        "scope": made.scope,
        "fingerprint": made.fingerprint,
        "differences": len(made.differences),
        "classes": dict(sorted(Counter(one.code for one in made.differences).items())),
    }


def _json(
    made: Reconciliation, words: Words, standing: Mapping[str, IssueRow], answer: Answer | None
) -> dict[str, Any]:
    return {
        **_head(made),
        "sources": made.sources,
        "unread": made.unread,
        "compared": made.compared,
        "differences": [_one(one, words, standing.get(one.key)) for one in made.differences],
        "corrections": made.corrections,
        "first": made.first,
        "count": made.count or None,
        "moved": made.moved,
        "after": made.after,
        "questions": [row.id for row in answer.asked] if answer else [],
    }


def _one(one: Difference, words: Words, row: IssueRow | None) -> dict[str, Any]:
    def called(value: Any) -> Any:
        return words.label(value) if isinstance(value, Ref) else value

    question = {n: getattr(row, n) for n in ("id", "state", "decision", "by", "at", "first", "until")} if row else None
    return {
        "key": one.key,
        "class": one.code,
        "kind": one.kind,
        "label": one.label,
        "organization": one.organization,
        "book_id": one.book_id,
        "desk_id": one.desk_id,
        "field": one.field_name,
        "book": called(one.book),
        "desk": called(one.desk),
        "count": called(one.count),
        "quantity": one.quantity,
        "value_at_risk": one.at_risk,
        "matched_by": one.rule,
        "score": one.score,
        "owner": one.owner,
        "proposal": one.proposal,
        "evidence": {name: called(value) for name, value in one.evidence.items()},
        "question": question,
    }
