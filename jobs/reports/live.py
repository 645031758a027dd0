"""A report from what both sides have now: each reads just what it needs, writes to neither, and names every source."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from ...errors import Reject
from ...mappings.model import SIDES, Side
from ...sync.feed_look import WORK
from ...sync.purchase_run import Reading, read_licences, read_purchases
from ...sync.purchase_world import Purchases
from ...sync.purchasing import Review, review_all
from ...sync.reconcile.scope import Scope, resolve
from ...sync.reconcile.types import Snapshot, Source
from ...sync.sight import Contact, look
from ...sync.types import DRAFT_STATES, Record
from ..forms.making import sources_told
from ..forms.types import Row, Stamp
from ..standpoint import Progress, Standpoint, lost
from ..wiring import Wired
from .budget import by_article, due_told, of_licences, of_requests, of_reserve, planned
from .fulfilment import asked_lines, asked_requests
from .making import Wanted, digest_of, refuse_period, written_drafts
from .movement import Known, moved
from .turnover import Stretch, Turnover, turnover
from .turnover_rows import by_department, ending, lines
from .types import Filled
from .works import repairs, upgrades, warranties

__all__ = ["make_live"]

#: In order of reference, so that names are there when they are asked for.
_STOCK: Mapping[Side, Sequence[str]] = {
    "book": ("organization", "place", "item", "stock", "movement"),
    "desk": (
        *("organization", "department", "person", "place", "supply", "movement"),
        *("request", "request_line", "allocation"),
    ),
}
_OPENING: Mapping[Side, Sequence[str]] = {"book": ("stock",)}
_WORKS: Mapping[Side, Sequence[str]] = {
    "desk": ("organization", "department", "person", "place", "equipment", "warranty", "work"),
}
_UPGRADES: Mapping[Side, Sequence[str]] = {
    "desk": (
        *("organization", "department", "person", "place", "equipment", "work", "component", "supply", "movement"),
    ),
}
_MOVEMENT: Mapping[Side, Sequence[str]] = {
    "book": ("organization", "department", "person", "place", "item"),
    "desk": ("organization", "department", "person", "place", "equipment", "supply", "movement"),
}
Tables = dict[str, tuple[Row, ...]]


@dataclass(frozen=True)
class _Look(Standpoint):
    """What one report was asked for, and where it reads."""

    wanted: Wanted


@dataclass(frozen=True)
class _Made:
    rows: Tables
    sources: tuple[Source, ...]
    notes: tuple[str, ...] = ()
    day: date | None = None


def make_live(parts: Wired, now: datetime, wanted: Wanted, progress: Progress = lambda step: None) -> Filled:
    """The report with its rows. ``now``: UTC. Raises ``Reject`` for words that mean nothing, for a period or a run that
    this report does not take, and where the desk keeps nothing of the kind; what a side raises where none answers."""
    refuse_period(wanted)
    if wanted.run:
        raise Reject(
            "report_no_run",
            "The report {name} is made of what both sides have now.",
            hint="Leave --run out.",
            name=wanted.report.name,
        )
    made = _MAKERS[wanted.report.name](_Look(parts, now, progress, wanted))
    last = next(iter(parts.store.runs(parts.pair.name, 1)), None)
    stamp = Stamp(last.id if last else "—", now, made.day, digest_of(made.rows), tuple(sources_told(made.sources)))
    return Filled(wanted.report, made.rows, stamp, made.notes)


def _stretch(look_: _Look) -> Stretch:
    """The days a report is about. Raises ``Reject`` where they do not follow each other."""
    first = look_.today.replace(day=1)
    since, until = first, look_.today
    if look_.wanted.report.period == "next_month":
        since = (first + timedelta(days=32)).replace(day=1)
        until = (since + timedelta(days=32)).replace(day=1) - timedelta(days=1)
    since = look_.wanted.since or since
    until = look_.wanted.until or max(until, since)
    return Stretch(since, until, look_.today).checked()


def _days(stretch: Stretch) -> str:
    return f"Период: {stretch.since:%d.%m.%Y} – {stretch.until:%d.%m.%Y}, оба дня включительно."


def _inside(snapshot: Snapshot, scope: Scope) -> Callable[[Record], bool]:
    return lambda record: scope.inside(snapshot, record)


# -- stock -------------------------------------------------------------------------------------------------------------


def _turnover(look_: _Look) -> _Made:
    stretch = _stretch(look_).checked(past=True)
    snapshot, opening, found = _stock(look_, stretch)
    rule = look_.parts.settings.reserve
    rows: Tables = {
        "lines": tuple(lines(found, rule)),
        "departments": tuple(by_department(snapshot, found, stretch)),
        "reserve": tuple(ending(found, rule)) if stretch.until == look_.today else (),
    }
    day = stretch.until if stretch.until < look_.today else None
    return _Made(rows, (*snapshot.sources, *lost(opening)), (_days(stretch),), day)


def _stock(look_: _Look, stretch: Stretch) -> tuple[Snapshot, Snapshot, list[Turnover]]:
    snapshot = look_.read(_STOCK, stretch.until, stretch.since)
    opening = look_.read(_OPENING, stretch.since - timedelta(days=1))
    scope = resolve(look_.wanted.asked, snapshot)
    return snapshot, opening, turnover(snapshot, opening, stretch, scope, look_.parts.settings.reserve)


# -- works -------------------------------------------------------------------------------------------------------------


def _repairs(look_: _Look) -> _Made:
    snapshot = look_.read(_WORKS)
    inside = _inside(snapshot, resolve(look_.wanted.asked, snapshot))
    rows: Tables = {
        "repairs": tuple(repairs(snapshot, inside, look_.today)),
        "warranties": tuple(warranties(snapshot, inside, look_.today)),
    }
    return _Made(rows, snapshot.sources)


def _upgrades(look_: _Look) -> _Made:
    snapshot = look_.read(_UPGRADES)
    inside = _inside(snapshot, resolve(look_.wanted.asked, snapshot))
    store, pair = look_.parts.store, look_.parts.pair.name
    ids = [f"{WORK}{id}" for id in _ids(snapshot, "work")] + _ids(snapshot, "movement")
    drafts = {draft.id: draft for draft in store.drafts(pair, DRAFT_STATES)}
    rows: Tables = {"lines": tuple(upgrades(snapshot, inside, store.events_of_records(pair, ids), drafts))}
    return _Made(rows, snapshot.sources)


def _ids(snapshot: Snapshot, kind: str) -> list[str]:
    listing = snapshot.listing(kind, "desk")
    return list(listing.records) if listing else []


# -- movement ----------------------------------------------------------------------------------------------------------


def _movement(look_: _Look) -> _Made:
    stretch, store, pair = _stretch(look_), look_.parts.store, look_.parts.pair.name
    snapshot = look_.read(_MOVEMENT)
    known = Known(
        snapshot,
        store.events_of_records(pair, _ids(snapshot, "movement")),
        {draft.id: draft for draft in store.drafts(pair, DRAFT_STATES)},
        written_drafts(store, pair),
        look_.wanted.titles,
        look_.parts.engine.settings.zone,
    )
    rows = moved(known, _inside(snapshot, resolve(look_.wanted.asked, snapshot)), stretch)
    return _Made({"lines": tuple(rows)}, snapshot.sources, (_days(stretch),))


# -- requests ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Asked:
    """All requests as they are now, and what was read for them."""

    known: Purchases
    reviews: Mapping[str, Review]
    reading: Reading
    sources: tuple[Source, ...]


def _asked(look_: _Look) -> _Asked:
    """Raises ``Reject`` where the desk keeps no requests, or they could not be read."""
    parts, pair = look_.parts, look_.parts.pair
    settings = parts.engine.settings
    sight = look(pair, parts.store, settings, look_.now, Contact.make(pair), look_.progress)
    reading = Reading(sight)
    known = read_purchases(pair, parts.store, reading)
    if known is None:
        raise Reject(
            "no_requests",
            "The desk keeps no purchase requests, or they could not be read.",
            hint="Run uchet check; the tracker of uchet keeps them.",
        )
    reviewed = review_all(known, parts.store.requests(pair.name), sight.world.choice)
    listings = {(one.kind, one.side): one for one in sight.world.listings}
    snapshot = Snapshot(None, look_.now, (), listings, sight.world.links)
    scope = resolve(look_.wanted.asked, snapshot)
    reviews = {one.request.id: one for one in reviewed if scope.inside(snapshot, known.records[one.request.id])}
    return _Asked(known, reviews, reading, tuple(_sources(look_.now, reading)))


def _sources(now: datetime, reading: Reading) -> Iterator[Source]:
    """What was read beside the merge's own kinds; what failed with the question that says why."""
    why = {(i.params.get("side"), i.kind): i.params for i in reading.issues if i.code == "source_failed"}
    for side in SIDES:
        for kind in reading.whole:
            listing = reading.listings.get((kind, side))
            failed = why.get((side, kind))
            if failed is not None:
                yield Source(side, kind, now, 0, False, None, str(failed["why"]), str(failed["why_ru"]))
            elif listing is not None:
                yield Source(side, kind, now, listing.read, listing.complete)


def _requests(look_: _Look) -> _Made:
    asked = _asked(look_)
    rows: Tables = {
        "requests": tuple(asked_requests(asked.known, asked.reviews, look_.today)),
        "lines": tuple(asked_lines(asked.known, asked.reviews, look_.today)),
    }
    return _Made(rows, asked.sources)


def _budget(look_: _Look) -> _Made:
    stretch, rule = _stretch(look_), look_.parts.settings.reserve
    asked = _asked(look_)
    licences = read_licences(look_.parts.pair, asked.reading)
    now = Stretch(look_.today.replace(day=1), look_.today, look_.today)
    snapshot, _, stock = _stock(look_, now)
    found = [
        *of_requests(asked.known, asked.reviews, stretch),
        *of_licences(licences.licences if licences else (), stretch),
        *of_reserve(stock, rule),
    ]
    undated = sum(one.request.needed_by is None for one in asked.reviews.values() if one.progress)
    due = due_told(look_.parts.engine.settings.budget, look_.parts.engine.settings.workdays, stretch)
    notes = (_days(stretch), *due, *([f"Заявок без даты потребности, не вошедших: {undated}."] if undated else []))
    rows: Tables = {"lines": tuple(planned(found)), "articles": tuple(by_article(found))}
    sources = {(one.side, one.kind): one for one in (*snapshot.sources, *_sources(look_.now, asked.reading))}
    return _Made(rows, tuple(sources.values()), notes)


_MAKERS: Mapping[str, Callable[[_Look], _Made]] = {
    "turnover": _turnover,
    "movement": _movement,
    "requests": _requests,
    "budget": _budget,
    "repairs": _repairs,
    "upgrades": _upgrades,
}
