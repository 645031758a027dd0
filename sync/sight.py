"""One look at both sides: everything read for one planning, and the signs that a side is not what it was."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from ..connectors.base import Connector, Description
from ..errors import Fatal
from ..i18n import N_
from ..mappings.check import check as drift
from ..mappings.check import check_binding
from ..mappings.model import Kind, Side
from ..mappings.system import Problem
from .guard import SideFacts
from .intake import Intake, bind, with_units
from .match import match
from .pair import EngineSettings, LinkIndex, Pair, book_now
from .store import SideState, Store
from .types import Draft, Link, Listing, Plan, Seen
from .world import World

__all__ = ["SIDES", "Contact", "Sight", "forgotten", "look", "remember"]

SIDES: tuple[Side, ...] = ("book", "desk")
#: Drafts the planning must know of; ``refused`` ones keep a refused move from being drafted again by itself.
_KNOWN = ("open", "edited", "posted", "adopted", "refused")
#: How many of our last writes are looked up to see whether a side went back in time.
_RECEIPTS = 10
#: Kinds that other records refer to, and may show by name.
_LABELLED = frozenset({"organization", "department", "person", "place"})


@dataclass(frozen=True, slots=True)
class Contact:
    """Both sides answered: what they publish, and the keys that differ from base to base."""

    descriptions: Mapping[Side, Description]
    bindings: Mapping[Side, Mapping[str, str]]

    @classmethod
    def make(cls, pair: Pair) -> Contact:
        """Raises ``Fatal`` or ``Blocked`` where a side cannot be reached, entered or read, and ``Fatal`` where it does
        not publish what the mapping needs: half of a record read is half of a record written."""
        described = {side: pair.connector(side).describe() for side in SIDES}
        for side in SIDES:
            _demand(drift(pair.mapping(side), described[side].collections))
        bindings = {side: bind(pair.connector(side), pair.mapping(side)) for side in SIDES}
        for side in SIDES:
            _demand(check_binding(pair.mapping(side), bindings[side]))
        return cls(described, bindings)


def _demand(problems: list[Problem]) -> None:
    """Nothing is planned on a side that lacks what the mapping names: the first thing to put right ends the run."""
    if problems:
        first = problems[0]
        hint = N_("“uchet check” names everything that is missing, and what to do.")
        raise Fatal(first.code, first.template, hint=hint, **first.params)


@dataclass(frozen=True, slots=True)
class Sight:
    """What one planning sees, with what only the conductor needs beside it."""

    world: World
    facts: tuple[SideFacts, ...]
    contact: Contact
    intakes: Mapping[Side, Intake]
    first: bool


def look(
    pair: Pair, store: Store, settings: EngineSettings, now: datetime, contact: Contact, progress: Callable[[str], None]
) -> Sight:
    """Read both sides and everything remembered about the pair. Writes nothing."""
    today = book_now(now, settings.zone)
    intakes = {
        s: Intake(s, pair.connector(s), pair.mapping(s), today, {**contact.bindings[s], "@today": f"{today:%Y-%m-%d}"})
        for s in SIDES
    }
    links = tuple(store.links(pair.name))
    rejected = store.rejected(pair.name)
    listings = _listings(pair, intakes, links, rejected, progress)
    facts = tuple(_facts(pair, store, side, contact.descriptions[side]) for side in SIDES)
    back = any(f.vanished or f.missing_mark or (f.known or f.identity) != f.identity for f in facts)
    state = store.side(pair.name, "book")
    world = World(
        pair.name,
        pair.kinds,
        pair.book_map,
        pair.desk_map,
        settings,
        tuple(listings),
        links,
        rejected,
        {key: (d.choice, d.fingerprint) for key, d in store.decisions(pair.name).items()},
        _drafts(store, pair.name),
        store.refused(pair.name),
        today,
        pair.fingerprint,
        tuple(issue for intake in intakes.values() for issue in intake.issues),
        allow_retire=not back and (state is None or state.fingerprint == pair.fingerprint),
    )
    # What was agreed with a side that went back in time is no longer known to hold.
    return Sight(forgotten(world) if back else world, facts, contact, intakes, first=not links)


def _drafts(store: Store, pair: str) -> tuple[Draft, ...]:
    return tuple(store.drafts(pair, _KNOWN))


def _listings(
    pair: Pair,
    intakes: Mapping[Side, Intake],
    links: tuple[Link, ...],
    rejected: Collection[tuple[str, str, str]],
    progress: Callable[[str], None],
) -> list[Listing]:
    """Kind after kind on both sides, in order of reference, so that a label can be the name its owner gives it."""
    found: dict[tuple[str, Side], Listing] = {}
    index = LinkIndex(links)
    for kind in pair.kinds:
        for side in SIDES:
            progress(f"{side} {kind.name}")
            listing = intakes[side].load(kind.name)
            if listing is not None:
                found[(kind.name, side)] = listing
        if kind.name in _LABELLED:
            _name_twins(kind, found, links, rejected, index, intakes["desk"])
    if ("equipment", "book") in found:
        found[("equipment", "book")] = with_units(found[("equipment", "book")], found.get(("position", "book")))
    return list(found.values())


def _name_twins(
    kind: Kind,
    found: Mapping[tuple[str, Side], Listing],
    links: tuple[Link, ...],
    rejected: Collection[tuple[str, str, str]],
    index: LinkIndex,
    desk: Intake,
) -> None:
    """Give the desk's records the names their twins have in the books, where the books own the name.

    The run itself will rename them; a text taken from the old name would come back as a change the next night.
    """
    book_listing, desk_listing = found.get((kind.name, "book")), found.get((kind.name, "desk"))
    if book_listing is None or desk_listing is None:
        return
    mine = [link for link in links if link.kind == kind.name]
    refused = {(b, d) for k, b, d in rejected if k == kind.name}
    for link in [*mine, *match(kind, book_listing, desk_listing, mine, refused, index.same).found]:
        index.add(link)
        book = book_listing.records.get(link.book)
        name = book.values.get(kind.label) if book else None
        if isinstance(name, str) and kind.by_name[kind.label].owner == "book":
            desk.given[(kind.name, link.desk)] = name


def _facts(pair: Pair, store: Store, side: Side, described: Description) -> SideFacts:
    """Who this side is and whether it still remembers what we wrote."""
    state = store.side(pair.name, side)
    if state is None:
        return SideFacts(side, described.identity)
    connector = pair.connector(side)
    marks = {c: id for c, id in state.marks.items() if not c.startswith("@")}
    missing = [f"{c} {id}" for c, id in marks.items() if connector.get(c, id) is None]
    looked, vanished = _receipts(pair, store, side, connector, state.marks.get("@since", ""))
    return SideFacts(side, described.identity, state.identity, state.sizes, looked, vanished, ", ".join(missing))


def _receipts(pair: Pair, store: Store, side: Side, connector: Connector, since: str) -> tuple[int, int]:
    """How many of our last writes were looked up, and how many of them the side no longer shows.

    A version never repeats: one from before our write proves that the side was put back.
    """
    rows = [
        row
        for row in store.receipts(pair.name, side, _RECEIPTS)
        if row.ref is not None and row.operation.action != "draft" and row.finished.isoformat() > since
    ]
    newest = {(row.operation.kind, row.ref): row for row in reversed(rows)}
    vanished = 0
    for (kind, ref), row in newest.items():
        raw = connector.get(pair.mapping(side).kinds[kind].main.collection, ref or "")
        vanished += raw is None or (row.before_version is not None and raw.version == row.before_version)
    return len(newest), vanished


def forgotten(world: World) -> World:
    """``world`` without memory of earlier agreements: values are compared as on the first day."""
    return replace(world, links=tuple(_unseen(link) for link in world.links))


def _unseen(link: Link) -> Link:
    return replace(link, seen=Seen(retired=link.seen.retired))


def remember(store: Store, pair: Pair, sight: Sight, plan: Plan, accepted: str) -> None:
    """Who each side is and how much it held, once a plan was applied. ``accepted``: the time (ISO, UTC) at which a
    person accepted a side as it is now; our writes before it prove nothing any more. Empty in an ordinary run."""
    for side in SIDES:
        old = store.side(pair.name, side)
        sizes = dict(old.sizes) if old else {}
        for listing in sight.world.listings:
            if listing.side == side and listing.complete:
                sizes[listing.kind] = plan.read.get(f"{side}|{listing.kind}", listing.read)
        marks = {
            **sight.contact.descriptions[side].marks,
            "@since": accepted or (old.marks.get("@since", "") if old else ""),
        }
        state = SideState(sight.contact.descriptions[side].identity, marks, sizes, pair.fingerprint)
        if state != old:
            store.put_side(pair.name, side, state)
