"""Finds things by what a person has in hand (an inventory number, a serial, an id) and tells all we know of them.

Both sides are read as a run reads them. A side that cannot be read now is named, and what was last agreed with it
stands in for its record, so that ``explain`` answers on a day when 1C is shut.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ..errors import Reject, UchetError
from ..i18n import N_
from ..mappings.check import unpublished
from ..mappings.keys import inv_key, serial_key
from ..mappings.model import KINDS, SIDES, Ref, Side, Values
from ..sync.binding import bind
from ..sync.intake import Intake, with_units
from ..sync.pair import book_now
from ..sync.store import Store
from ..sync.store.rows import IssueRow, OperationRow
from ..sync.types import Draft, Link, Listing, Record
from .wiring import Wired

__all__ = ["Known", "Story", "explain", "labels_of", "linked_matches", "parse_ref", "read_known", "resolve"]

THING = "equipment"
#: Drafts that a story tells of: those that wait for an accountant, the register or (refused) the desk, and agreed ones.
TOLD = ("open", "edited", "posted", "adopted", "refused", "agreed")


@dataclass(slots=True)
class Known:
    """What both sides hold now: records by kind, side and id, and why a side could not be read."""

    records: dict[tuple[str, Side], Mapping[str, Record]] = field(default_factory=dict)
    labels: dict[tuple[Side, str, str], str] = field(default_factory=dict)
    errors: dict[Side, UchetError] = field(default_factory=dict)

    def get(self, ref: Ref) -> Record | None:
        return self.records.get((ref.kind, ref.side), {}).get(ref.id)

    def label(self, ref: Ref) -> str:
        """What people call the record; its id where nothing better is known."""
        return self.labels.get((ref.side, ref.kind, ref.id), ref.id)


@dataclass(frozen=True, slots=True)
class Story:
    """One thing with everything known of it. ``remembered`` sides are told from memory, not from the side itself."""

    book: Ref | None
    desk: Ref | None
    values: Mapping[Side, Values]
    link: Link | None
    history: tuple[OperationRow, ...]
    drafts: tuple[Draft, ...]
    issues: tuple[IssueRow, ...]
    remembered: frozenset[Side] = frozenset()


def read_known(parts: Wired, now: datetime) -> Known:
    """All equipment of both sides, and the kinds it refers to for their names."""
    known = Known(labels=labels_of(parts.store, parts.pair.name))
    today = book_now(now, parts.engine.settings.zone)
    for side in SIDES:
        try:
            _read_side(parts, side, today, known)
        except UchetError as error:
            known.errors[side] = error
    return known


def _read_side(parts: Wired, side: Side, today: datetime, known: Known) -> None:
    connector, system = parts.pair.connector(side), parts.pair.mapping(side)
    absent = unpublished(system, connector.describe().collections)
    intake = Intake(side, connector, system, today, bind(connector, system), absent=absent)
    listings: dict[str, Listing | None] = {}
    for kind in KINDS:
        if kind.name in system.kinds and not intake.errors:  # a side that is shut is not asked once per kind
            listings[kind.name] = intake.load(kind.name)
    things = listings.get(THING)
    if side == "book" and things is not None:
        listings[THING] = with_units(things, listings.get("position"))
    for name, listing in listings.items():
        if listing is not None:
            known.records[(name, side)] = listing.records
    known.labels.update({(side, kind, id): text for (kind, id), text in intake.labels.items()})
    if intake.errors:
        known.errors[side] = intake.errors[0]


def labels_of(store: Store, pair: str) -> dict[tuple[Side, str, str], str]:
    """Names of linked records as last agreed, without asking anybody."""
    found: dict[tuple[Side, str, str], str] = {}
    for link in store.links(pair):
        for side in SIDES:
            seen = link.seen.book if side == "book" else link.seen.desk
            name = seen.get("name")
            if isinstance(name, str):
                found[(side, link.kind, link.on(side))] = name
    return found


def parse_ref(text: str) -> Ref | None:
    """``book:equipment:ID`` or ``desk:equipment:ID`` as a reference; ``None`` for anything else."""
    side, _, rest = text.partition(":")
    kind, _, id = rest.partition(":")
    if side in SIDES and any(k.name == kind for k in KINDS) and id:
        return Ref("book" if side == "book" else "desk", kind, id)
    return None


def resolve(known: Known, text: str, side: Side) -> Ref:
    """The one record of ``side`` that ``text`` means. Raises ``Reject`` where there is none, or more than one."""
    found = sorted(ref for ref in _matches(known, text) if ref.side == side)
    if len(found) == 1:
        return found[0]
    if known.errors.get(side) and not found:
        raise known.errors[side]
    if not found:
        nothing = {
            "book": N_("Nothing in the books has the number or id {text}."),
            "desk": N_("Nothing on the desk has the number or id {text}."),
        }
        raise Reject(
            "not_found",
            nothing[side],
            hint="Give an inventory number, a serial number or an id as “uchet explain” shows them.",
            text=text,
        )
    raise Reject(
        "ambiguous",
        "{text} means more than one record: {found}.",
        hint="Give one of these instead.",
        text=text,
        found=", ".join(str(ref) for ref in found),
    )


def _matches(known: Known, text: str) -> Iterator[Ref]:
    whole = parse_ref(text)
    for (kind, side), records in known.records.items():
        for record in records.values():
            if whole == record.ref or (kind == THING and _fits(record.values, record.id, text)):
                yield Ref(side, kind, record.id)


def _fits(values: Mapping[str, Any], id: str, text: str) -> bool:
    number, serial = values.get("inventory_number"), values.get("serial")
    return (
        id == text
        or bool(inv_key(text) and isinstance(number, str) and inv_key(number) == inv_key(text))
        or bool(serial_key(text) and isinstance(serial, str) and serial_key(serial) == serial_key(text))
    )


def explain(parts: Wired, known: Known, text: str) -> tuple[Story, ...]:
    """Every thing that ``text`` may mean. Raises ``Reject`` where nobody knows it."""
    pair, store = parts.pair.name, parts.store
    links = store.links(pair)
    by = {Ref(side, link.kind, link.on(side)): link for link in links for side in SIDES}
    refs = set(_matches(known, text)) | set(_remembered(links, text))
    stories: dict[tuple[Ref | None, Ref | None], Story] = {}
    for ref in sorted(refs):
        link = by.get(ref)
        book = Ref("book", link.kind, link.book) if link else ref if ref.side == "book" else None
        desk = Ref("desk", link.kind, link.desk) if link else ref if ref.side == "desk" else None
        stories[(book, desk)] = _story(store, pair, known, book, desk, link)
    if stories:
        return tuple(stories.values())
    if known.errors:
        raise next(iter(known.errors.values()))
    raise Reject(
        "unknown_number",
        "Neither side knows {text}.",
        hint="Give an inventory number, a serial number, or an id of either side.",
        text=text,
    )


def _remembered(links: list[Link], text: str) -> Iterator[Ref]:
    for link in links:
        for side in SIDES:
            yield from linked_matches(link, side, text)


def linked_matches(link: Link, side: Side, text: str) -> Iterator[Ref]:
    """The end of ``link`` on ``side`` if ``text`` means it, by its id or by its numbers as last agreed."""
    seen = link.seen.book if side == "book" else link.seen.desk
    ref = Ref(side, link.kind, link.on(side))
    if ref == parse_ref(text) or (link.kind == THING and _fits(seen, ref.id, text)):
        yield ref


def _story(store: Store, pair: str, known: Known, book: Ref | None, desk: Ref | None, link: Link | None) -> Story:
    values: dict[Side, Values] = {}
    remembered: set[Side] = set()
    for side, ref in (("book", book), ("desk", desk)):
        record = known.get(ref) if ref else None
        if record is not None:
            values[record.side] = record.values
        elif link is not None:
            values["book" if side == "book" else "desk"] = link.seen.book if side == "book" else link.seen.desk
            remembered.add("book" if side == "book" else "desk")
    kind = (book or desk or Ref("book", THING, "")).kind
    book_id, desk_id = book.id if book else None, desk.id if desk else None

    def about(its_book: str | None, its_desk: str | None) -> bool:
        return bool((book_id and its_book == book_id) or (desk_id and its_desk == desk_id))

    history = store.operations(pair, kind=kind, book=book_id, desk=None if book_id else desk_id)
    drafts = [d for d in store.drafts(pair, TOLD) if any(about(m.book, m.desk) for m in d.members)]
    issues = [r for r in store.issues(pair) if r.issue.kind == kind and _asks(r, book_id, desk_id)]
    return Story(book, desk, values, link, tuple(history), tuple(drafts), tuple(issues), frozenset(remembered))


def _asks(row: IssueRow, book: str | None, desk: str | None) -> bool:
    """Whether a question is about the thing: by its own ids, or as one of those it lists."""
    issue = row.issue
    books = {issue.book, *str(issue.params.get("books", "")).split(", ")}
    desks = {issue.desk, *str(issue.params.get("desks", "")).split(", ")}
    return bool((book and book in books) or (desk and desk in desks))
