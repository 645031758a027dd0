"""A form from what is kept: the snapshot of a reconciliation, what it found, and what a person adds in a file.

Nothing is read anew from a side. A source that could not be read when the reconciliation ran makes no empty form: it is
refused, or named on every sheet.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from ...errors import Fatal, Reject
from ...mappings.model import Side
from ...mappings.once import kind as kind_of
from ...mappings.people import person_verdict
from ...mappings.text import fold
from ...sync.pair import book_now
from ...sync.reconcile.look import Look
from ...sync.reconcile.scope import Asked, resolve
from ...sync.reconcile.types import ReconcileRules, Reconciliation, Snapshot, Source
from ...sync.store import Store
from ...sync.types import Listing, Record
from ..lookup import labels_of
from .catalog import forms, taking
from .counted import Count, read_counts, with_count
from .countsheet import write_count_sheet
from .facts import facts_of
from .filling import Filling, read_filling
from .html import write_html
from .inventory import COMPARED, SOURCES, sheets
from .lines import Facts
from .moves import DOCUMENTS, draft_sheets
from .pdf import write_pdf
from .session import as_filled, heading
from .types import Form, Paper, Sheet, Stamp
from .xlsx import write_xlsx

__all__ = ["SIDES_RU", "Wanted", "chosen", "count_sheet", "make", "named", "overlaid", "sources_told", "write"]

#: What a source must have been read of, whole: of the books, and of the desk where its figures stand for the fact.
_THINGS = (("equipment", "book"),)
_STOCK = (("item", "book"), ("holding", "book"), ("stock", "book"), ("position", "book"))
_NEEDS: Mapping[str, tuple[tuple[str, Side], ...]] = {
    "things": _THINGS,  # type: ignore[dict-item]  # the sides are literals
    "things_compared": _THINGS,  # type: ignore[dict-item]
    "stock": _STOCK,  # type: ignore[dict-item]
    "stock_compared": _STOCK,  # type: ignore[dict-item]
    "results": (*_THINGS, *_STOCK),  # type: ignore[dict-item]
    "rights": (("licence", "book"),),
    "custody": (("equipment", "book"), ("position", "book")),
    "order": (),
}
_DESK: tuple[tuple[str, Side], ...] = (("equipment", "desk"), ("supply", "desk"))
SIDES_RU: Mapping[str, str] = {"book": "учёт", "desk": "ИТ"}
#: Said on every sheet whose fact is the desk's word and no count.
BY_DESK = "Фактическое наличие показано по данным службы ИТ; осмотр и пересчёт не проводились."


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for. ``run``: a reconciliation (``None``: the last one); ``desk``: the desk's figures stand for
    the fact; ``counted``: filled count sheets do; ``count``: a session does; ``fill``: a file of a person's;
    ``draft``: the form of this draft; ``document``: of this document in the books.

    ``made_of``: what is read for it now (a key of ``live.MADE_OF``); then ``item`` and the days ``since`` and ``until``
    say of what."""

    form: Form
    run: str | None = None
    asked: Asked = field(default_factory=Asked)
    desk: bool = False
    fill: Path | None = None
    counted: tuple[Path, ...] = ()
    draft: str | None = None
    count: int | None = None
    document: str | None = None
    made_of: str = ""
    item: tuple[str, ...] = ()
    since: date | None = None
    until: date | None = None


def make(store: Store, pair: str, zone: ZoneInfo, wanted: Wanted) -> Paper:
    """The form with everything that is known in it. Raises ``Reject`` where there is nothing to fill it with, and
    ``Fatal`` for a file that cannot be understood."""
    form = wanted.form
    filling = read_filling(wanted.fill, form) if wanted.fill else Filling()
    if wanted.draft is not None:
        return _of_draft(store, pair, zone, wanted, filling)
    if form.source not in SOURCES:
        return Paper(form, (Sheet(form.name, filling.values, filling.rows),))
    if form.source in COMPARED and not (wanted.desk or wanted.counted or wanted.count):
        raise Reject(
            "form_without_fact",
            "{form} compares the books with a fact, and none was given.",
            hint="Give the filled count sheets with --counted, or --desk to take the desk's figures for the fact.",
            form=form.name,
        )
    session, count = as_filled(store, pair, wanted.count) if wanted.count else (None, None)
    made = chosen(store, pair, session.run if session else wanted.run)
    snapshot = named(store, pair, made.run)
    _check_read(wanted, snapshot, made)
    day = made.day or book_now(made.taken, zone).date()
    if session is not None:
        filling = replace(filling, values={**heading(session, form, snapshot, zone), **filling.values})
    elif wanted.counted:
        count = read_counts(wanted.counted)
    people = form.source == "custody"
    facts = gathered(store, pair, wanted.asked, made, snapshot, day, desk=wanted.desk, count=count, people=people)
    found = [overlaid(one, filling, wanted) for one in sheets(form.source, facts, day)]
    if not found:
        raise Reject(
            "form_empty",
            "Run {run} has nothing that belongs into {form}.",
            hint="Ask for another scope, or compare again: uchet reconcile.",
            run=made.run,
            form=form.name,
        )
    for one in found:
        _check_commission(one)
    stamp = Stamp(made.run, made.taken, made.day, made.fingerprint, tuple(sources_told(made.sources)))
    return Paper(form, tuple(found), stamp)


def _of_draft(store: Store, pair: str, zone: ZoneInfo, wanted: Wanted, filling: Filling) -> Paper:
    form, number = wanted.form, wanted.draft or ""
    if form.source not in DOCUMENTS:
        raise Reject(
            "form_of_no_draft",
            "{form} is not printed of a draft.",
            hint="Leave --draft out. These forms take it: {known}.",
            form=form.name,
            known=taking(DOCUMENTS),
        )
    last = next(iter(store.reconciliations(pair, 1)), None)
    sheets_, posted = draft_sheets(store, pair, zone, form, number, last.run if last else "")
    return Paper(form, tuple(overlaid(sheet, filling, wanted) for sheet in sheets_), posted=posted)


def count_sheet(
    store: Store,
    pair: str,
    zone: ZoneInfo,
    run: str | None,
    asked: Asked,
    path: Path,
    *,
    blind: bool,
    session: int | None = None,
) -> tuple[str, int]:
    """A sheet to count by, of the last comparison, of ``run`` or of a session (blind where that is): the run, and how
    many lines it has. Raises ``Reject`` where there is nothing to count, ``Fatal`` for a file that cannot be
    written."""
    begun = store.count(pair, session) if session is not None else None
    made = chosen(store, pair, begun.run if begun else run)
    snapshot = named(store, pair, made.run)
    day = made.day or book_now(made.taken, zone).date()
    for form in forms():
        if form.source in ("things", "stock"):
            _check_read(Wanted(form), snapshot, made)
    facts = gathered(store, pair, asked, made, snapshot, day, desk=False)
    stamp = Stamp(made.run, made.taken, made.day, made.fingerprint, tuple(sources_told(made.sources)))
    if not (facts.things or facts.stock or facts.held):
        raise Reject(
            "count_empty",
            "Run {run} has nothing to count inside this scope.",
            hint="Ask for another scope, or compare again: uchet reconcile.",
            run=made.run,
        )
    return made.run, write_count_sheet(facts, stamp, path, blind=blind or bool(begun and begun.blind))


def write(paper: Paper, path: Path) -> None:
    """As XLSX, HTML or PDF, by the ending of ``path``. Raises ``Fatal``."""
    if path.suffix.lower() == ".xlsx":
        write_xlsx(paper, path)
    elif path.suffix.lower() == ".pdf":
        write_pdf(paper, path)
    elif path.suffix.lower() in (".html", ".htm"):
        write_html(paper, path)
    else:
        raise Fatal(
            "form_ending",
            "{path}: a form is written as .xlsx, .html or .pdf.",
            hint="Give the file one of these endings.",
            path=str(path),
        )


# -- what is kept ------------------------------------------------------------------------------------------------------


def chosen(store: Store, pair: str, run: str | None) -> Reconciliation:
    """The reconciliation of ``run``, or the last one. Raises ``Reject``."""
    found = store.reconciliation(pair, run) if run else next(iter(store.reconciliations(pair, 1)), None)
    if found is None and run:
        raise Reject(
            "no_reconciliation",
            "The run {run} compared nothing.",
            hint="See the runs with «uchet reconcile --list».",
            run=run,
        )
    if found is None:
        raise Reject("nothing_compared", "Nothing was compared yet.", hint="Compare first: uchet reconcile.")
    return found


def named(store: Store, pair: str, run: str) -> Snapshot:
    """The snapshot of ``run`` with the names of people, which it does not keep itself: as last agreed on, else the
    personnel number."""
    snapshot = store.snapshot(pair, run)
    if snapshot is None:
        raise Reject(
            "no_reconciliation",
            "The run {run} compared nothing.",
            hint="See the runs with «uchet reconcile --list».",
            run=run,
        )
    labels = labels_of(store, pair)
    listings = dict(snapshot.listings)
    for key, listing in snapshot.listings.items():
        if key[0] == "person":
            listings[key] = _with_names(listing, labels)
    return replace(snapshot, listings=listings)


def _with_names(listing: Listing, labels: Mapping[tuple[Side, str, str], str]) -> Listing:
    def one(record: Record) -> Record:
        name = labels.get((record.side, "person", record.id))
        number = record.values.get("number")
        known = name or (f"таб. № {number}" if number else None)
        return replace(record, values={**record.values, "name": known}) if known else record

    return replace(listing, records={id: one(record) for id, record in listing.records.items()})


def _check_read(wanted: Wanted, snapshot: Snapshot, made: Reconciliation) -> None:
    """No form is made of what could not be read: it would look as if nothing were there."""
    needs = (*_NEEDS[wanted.form.source], *(_DESK if wanted.desk else ()))
    bad = [f"{SIDES_RU[side]}: {kind_of(kind).ru}" for kind, side in needs if snapshot.unsure(kind, side)]
    if bad:
        raise Reject(
            "form_unread",
            "Run {run} could not read everything that {form} needs: {what}.",
            hint="Compare again when it can be read: uchet reconcile.",
            run=made.run,
            form=wanted.form.name,
            what="; ".join(bad),
        )


def sources_told(sources: Iterable[Source]) -> Iterator[str]:
    """One line for each source that could not be read, then what was read of either side."""
    listed = list(sources)
    for one in listed:
        if one.failed or not one.complete:
            why = one.error_ru or "перечень неполон"
            yield f"НЕ ПРОЧИТАНО ({SIDES_RU[one.side]}, {kind_of(one.kind).ru}): {why}"
    for side, title in SIDES_RU.items():
        good = [f"{kind_of(s.kind).ru} {s.read}" for s in listed if s.side == side and s.complete and not s.failed]
        if good:
            yield f"Прочитано ({title}): {', '.join(good)}."


def gathered(
    store: Store,
    pair: str,
    asked: Asked,
    made: Reconciliation,
    snapshot: Snapshot,
    day: date,
    *,
    desk: bool,
    count: Count | None = None,
    people: bool = False,
) -> Facts:
    """The lines inside the scope of the comparison and inside what is ``asked``; the fact from the desk or a count.
    ``people``: with what the desk says of who holds what."""
    told: dict[str, Any] = {name: tuple(words) for name, words in made.scope.items()}
    ours, more = resolve(Asked(**told), snapshot), resolve(asked, snapshot)
    look = Look(snapshot, ours, ReconcileRules(), day)

    def inside(record: Record) -> bool:
        return ours.inside(snapshot, record) and more.inside(snapshot, record)

    accepted = {row.issue.key for row in store.issues(pair, None) if row.decision == "accept"}
    # A count too wants to know what is on its way, and the numbers of things that only the desk has.
    facts = facts_of(look, made, desk or count is not None, accepted.__contains__, inside, people=people)
    return facts if count is None else with_count(facts, count)


# -- what a person adds ------------------------------------------------------------------------------------------------


def overlaid(sheet: Sheet, filling: Filling, wanted: Wanted) -> Sheet:
    """The person's word goes over ours in the heading; rows are ours alone, unless there are none."""
    notes = (*sheet.notes, BY_DESK) if wanted.desk and wanted.form.source != "order" else sheet.notes
    return replace(sheet, values={**sheet.values, **filling.values}, rows=sheet.rows or filling.rows, notes=notes)


def _check_commission(sheet: Sheet) -> None:
    """Who answers for the things is no member of the commission that counts them. Raises ``Reject``."""
    custodian = sheet.values.get("custodian")
    if not isinstance(custodian, str):
        return
    given = (str(sheet.values.get(name) or "") for name in ("chairman", "members"))
    for text in given:
        for member in text.split(";"):
            name = member.rpartition(",")[2].strip()
            if fold(name) == fold(custodian) or person_verdict(name, custodian) in ("full", "initials"):
                raise Reject(
                    "custodian_in_commission",
                    "{name} answers for what is counted and cannot be a member of the commission.",
                    hint="Name another member, or leave this person's things out of the scope.",
                    name=name,
                )
