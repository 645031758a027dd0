"""A count from its order to its results: opened on a picture of both sides, scanned, closed once and for good.

Opening and closing read both sides under the pair's lock, as a reconciliation does; scanning needs neither, so that
nights go on while people count. Nothing is written to a side.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from ...errors import Reject, UchetError
from ...i18n import N_, Worded
from ...mappings.model import Value
from ..engine import Engine
from ..pair import book_now
from ..reconcile.compare import compare
from ..reconcile.look import Look
from ..reconcile.reading import read_sides, stored_form
from ..reconcile.run import ages, ask, keep, made_of
from ..reconcile.scope import Asked, Scope, resolve
from ..reconcile.types import ReconcileRules, Reconciliation, Snapshot, Source
from ..store import Store
from ..types import Draft, Run
from .looking import check_tally, session_look, where_of
from .movements import explained, movements
from .papers import Paper, Unread, read_papers, titled
from .rules import check_commission, check_order, check_quorum, concerns, custodians_of, unposted
from .tally import counted_of, tally
from .types import CountOrder, CountSession, Member

__all__ = ["JOB", "Closing", "Opening", "close_count", "open_count"]

JOB = "count"
#: How many documents that wait one message names.
_TOLD = 20
#: Of the books, what must have been read whole before anything can be called missing or counted.
_NEEDED = ("equipment", "position", "item", "holding", "stock")


@dataclass(frozen=True, slots=True)
class Opening:
    """What a count is opened with. People in words, as they are called in the books. ``signed``: why it begins although
    drafts wait."""

    order: CountOrder
    chairman: str
    members: tuple[str, ...]
    asked: Asked = field(default_factory=Asked)
    day: date | None = None
    blind: bool = False
    signed: str = ""


@dataclass(frozen=True, slots=True)
class Closing:
    """``absent``: members that were not there, in words; ``absence``: why the chairman lets the results stand;
    ``unfinished``: not everything in scope was looked at, so that nothing is missing."""

    absent: tuple[str, ...] = ()
    absence: str = ""
    unfinished: bool = False


def open_count(engine: Engine, wanted: Opening, *, by: str) -> CountSession:
    """Begin a count: read both sides, keep the picture, check order, commission and drafts.

    Raises ``Reject`` where a rule forbids it (with the drafts that wait), ``Blocked`` while another run is at work.
    """
    check_order(wanted.order)
    store, pair = engine.store, engine.pair.name
    today = book_now(engine.clock(), engine.settings.zone).date()
    with engine.running(JOB) as run:
        snapshot = read_sides(engine.pair, store, engine.settings, engine.clock(), wanted.day, engine.reading)
        scope = resolve(wanted.asked, snapshot)
        _check_read(snapshot)
        members = _commission(snapshot, wanted)
        picture = stored_form(snapshot)
        custodians = custodians_of(picture, scope)
        check_commission(snapshot, members, custodians)
        waiting, unread = _waiting(engine, snapshot, scope, custodians, wanted.day or today)
        if waiting and not wanted.signed:
            raise _drafts_wait(waiting)
        language = engine.settings.language
        look = Look(snapshot, scope, ReconcileRules(), today)
        made = made_of(store, pair, run, wanted.asked.told(), look, compare(look))
        begun = CountSession(
            0,
            wanted.order,
            members,
            custodians,
            run.id,
            wanted.asked.told(),
            tuple(sorted(ref.id for ref in scope.refs.get("person", ()) if ref.side == "book")),
            blind=wanted.blind,
            drafts=tuple(one.said(language) for one in waiting),
            signed=wanted.signed if waiting else "",
            unread=tuple(one.title.said(language) for one in unread),
        )
        session = store.open_count(pair, begun, made, picture, by=by)
        keep(engine, run, made)
        return session


def _check_read(snapshot: Snapshot) -> None:
    bad = [kind for kind in _NEEDED if snapshot.unsure(kind, "book")]
    if bad:
        raise Reject(
            "count_unread",
            "The books could not be read whole ({what}): nothing could be held against them.",
            hint=N_("Open the count when they can be read: uchet reconcile shows what fails."),
            what=", ".join(bad),
        )


def _commission(snapshot: Snapshot, wanted: Opening) -> tuple[Member, ...]:
    chairman = _person(snapshot, wanted.chairman)
    return (Member(chairman, chairman=True), *(Member(_person(snapshot, word)) for word in wanted.members))


def _person(snapshot: Snapshot, word: str) -> str:
    """The one person of the books that ``word`` means. Raises ``Reject``."""
    found = resolve(Asked(person=(word,)), snapshot).refs["person"]
    for ref in sorted(found):
        if ref.side == "book":
            return ref.id
    raise Reject(
        "scope_unknown",
        "There is no {sort} called {word}.",
        hint=N_("Give the name, the code or the number as one of the sides has it."),
        sort="person",
        word=word,
    )


def _with_headers(store: Store, pair: str) -> list[tuple[Draft, Mapping[str, Value]]]:
    """Drafts that wait, each with what its header says."""
    found = []
    for draft in store.drafts(pair, ("open", "edited")):
        first = draft.members[0] if draft.members else None
        rows = store.operations(pair, kind=first.kind, book=first.book) if first else []
        headers = [r.operation.header for r in rows if r.operation.action == "draft" and r.operation.key == draft.id]
        found.append((draft, headers[-1] if headers else {}))
    return found


def _waiting(
    engine: Engine, snapshot: Snapshot, scope: Scope, custodians: Collection[str], until: date
) -> tuple[list[Worded], list[Unread]]:
    """Every document about what is counted that is not posted, ours first, by title, number and day; and the sets that
    could not be looked at. ``until``: the last day of the books' calendar that is looked at."""
    pair, documents = engine.pair, engine.pair.book_map.documents
    found = list(read_papers(pair.book, pair.book_map))
    papers = {one.id: one for one in found if isinstance(one, Paper)}
    unread = [one for one in found if isinstance(one, Unread)]
    sets = {one.collection for one in documents.values()} - {one.collection for one in unread}
    drafts = _with_headers(engine.store, pair.name)
    told: list[Worded] = []
    for draft in unposted(snapshot, scope, custodians, drafts):
        there, document = papers.get(draft.ref), documents.get(draft.document)
        if there is not None:
            told.append(_called(there.title, there.number, there.day))
        elif document is None or document.collection not in sets:  # else it was posted or deleted since the last night
            told.append(_called(titled(document) if document else Worded(*[draft.document] * 2), draft.number, None))
    ours = {draft.ref for draft, _ in drafts}
    others = [one for id, one in papers.items() if id not in ours and (one.day or until) <= until]
    about = [one for one in others if concerns(snapshot, scope, custodians, one)]
    told += [
        _called(o.title, o.number, o.day) for o in sorted(about, key=lambda o: (o.day or until, o.title.ru, o.number))
    ]
    return told, unread


def _called(title: Worded, number: str, day: date | None) -> Worded:
    en, ru = f"{title.en} {number}", f"{title.ru} {number}"
    return Worded(f"{en} of {day:%Y-%m-%d}", f"{ru} от {day:%d.%m.%Y}") if day else Worded(en, ru)


def _drafts_wait(told: Collection[Worded]) -> Reject:
    first, more = list(told)[:_TOLD], len(told) > _TOLD
    en, ru = (
        ", ".join([*(one.said(language) for one in first), *(["…"] if more else [])]) for language in ("en", "ru")
    )
    return Reject(
        "count_drafts",
        "{count} documents about what is counted are not posted: {drafts}.",
        hint=N_("Have them posted or deleted in 1C, or give a signed reason with --signed."),
        count=len(told),
        drafts=Worded(en, ru),
    )


# -- closing -----------------------------------------------------------------------------------------------------------


def close_count(engine: Engine, number: int, closing: Closing, *, by: str) -> tuple[CountSession, Reconciliation]:
    """Work out the result against the picture of the opening, freeze it, and ask about what differs.

    What moved meanwhile is read and told beside it; a side that cannot be read now is named. Raises ``Reject`` for
    heaps that nobody counted, contradictions, a commission that was not there; ``Stale`` when scans came in meanwhile.
    """
    store, pair = engine.store, engine.pair.name
    with engine.running(JOB) as run:
        session = store.count(pair, number)
        _check_open(session)
        then = session_look(store, pair, session, ages(store, pair))
        absent = tuple(_person(then.snapshot, word) for word in closing.absent)
        check_quorum(session.members, absent, closing.absence)
        scans = store.scans(pair, number)
        counted = tally(scans)
        check_tally(then, counted, unfinished=closing.unfinished)
        told = counted_of(then, number, counted, finished=not closing.unfinished, where=where_of(session))
        made, look = _result(engine, run, session, replace(then, counted=told))
        done = replace(
            session,
            state="closed",
            absent=absent,
            absence=closing.absence,
            finished=not closing.unfinished,
            result=run.id,
        )
        last = max((scan.number for scan in scans), default=0)
        frozen = store.close_count(pair, done, made, stored_form(look.snapshot), last, by=by)
        if then.snapshot.day is None:
            ask(engine, run, look, made)
        keep(engine, run, made)
        return frozen, made


def _check_open(session: CountSession) -> None:
    if session.state != "open":
        raise Reject(
            "count_closed",
            "Count {number} is closed: its results stand.",
            hint=N_("Open another one: uchet count open."),
            number=session.number,
        )


def _result(engine: Engine, run: Run, session: CountSession, look: Look) -> tuple[Reconciliation, Look]:
    """The result, and what moved meanwhile as far as it can be read."""
    verdicts = compare(look)
    after, now = _now(engine, look.scope)
    moved = movements(look, now) if now else ()
    differences = explained(verdicts.differences, look, now) if now else verdicts.differences
    made = made_of(engine.store, engine.pair.name, run, session.scope, look, replace(verdicts, differences=differences))
    made = replace(made, first=session.run, count=str(session.number), moved=moved, after=after)
    return made, look


def _now(engine: Engine, scope: Scope) -> tuple[tuple[Source, ...], Look | None]:
    """Both sides as they are at the end of a count: what could be read of them, and its sources."""
    clock = engine.clock()
    try:
        snapshot = read_sides(engine.pair, engine.store, engine.settings, clock, None, engine.reading)
    except UchetError as error:
        told = (error.text("en"), error.text("ru"))
        both: tuple[Source, ...] = (
            Source("book", "equipment", clock, 0, False, None, *told),
            Source("desk", "equipment", clock, 0, False, None, *told),
        )
        return both, None
    today = book_now(clock, engine.settings.zone).date()
    return snapshot.sources, Look(stored_form(snapshot), scope, ReconcileRules(), today)
