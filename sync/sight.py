"""One look at both sides: everything read for one planning, and the signs that a side is not what it was."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from typing import Any

from ..connectors.base import Description
from ..errors import Fatal
from ..i18n import N_
from ..mappings.check import check as drift
from ..mappings.check import check_binding, unpublished
from ..mappings.model import SIDES, Kind, Side, Value
from ..mappings.shapes import SHAPES
from ..mappings.system import Problem, SystemMap
from .binding import bind
from .context import Context, staging_of
from .feed_facts import KIND as MOVEMENT
from .feed_facts import FeedFacts, followed
from .feed_look import FEED, keeps, look_at_feed
from .forget import withheld
from .guard import SideFacts
from .ids import operation_id
from .intake import Intake, units_of, with_units
from .ledger import Ledger
from .match import match
from .pair import EngineSettings, LinkIndex, Pair, book_now
from .past import facts_of
from .staging import Staging, staged_kinds
from .store import BesideError, SideState, Store
from .types import OURS, Draft, Link, Listing, Operation, Plan, Seen
from .world import WAITING, World

__all__ = [
    "Contact",
    "Sight",
    "bound",
    "forgetting",
    "forgotten",
    "look",
    "published",
    "reader",
    "remember",
]

#: All states of a draft: the planning must know how often a move was drafted before.
_KNOWN = (*WAITING, "agreed", "gone")
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
        described = {side: published(pair, side) for side in SIDES}
        return cls(described, {side: bound(pair, side) for side in SIDES})

    def page(self, pair: Pair) -> str:
        """Where a thing's page is on the desk, with ``{id}`` for its id; "" where nobody says."""
        address, pattern = self.descriptions["desk"].address, str(pair.desk_map.options.get("page", ""))
        return f"{address.rstrip('/')}/{pattern}" if address and pattern else ""


def _numbered(listing: Listing, binding: Mapping[str, str], page: str) -> Listing:
    """The desk's things with their own number and page, where the card in the books has a place for them."""
    if (listing.kind, listing.side) != ("equipment", "desk") or not {"desk_number", "desk_link"} & binding.keys():
        return listing
    records = {}
    for id, record in listing.records.items():
        more: dict[str, Value] = {"desk_number": id} if "desk_number" in binding else {}
        more |= {"desk_link": page.format(id=id)} if page and "desk_link" in binding else {}
        records[id] = replace(record, values={**record.values, **more})
    return replace(listing, records=records)


def _demand(problems: list[Problem]) -> None:
    """Nothing is planned on a side that lacks what the mapping names: the first thing to put right ends the run."""
    if problems:
        first = problems[0]
        hint = N_("“uchet check” names everything that is missing, and what to do.")
        raise Fatal(first.code, first.template, hint=hint, **dict[str, Any](first.params))


def published(pair: Pair, side: Side) -> Description:
    """What ``side`` publishes. Raises ``Fatal`` where that is not all that the mapping needs, and what ``describe``
    raises."""
    described = pair.connector(side).describe()
    _demand(drift(pair.mapping(side), described.collections))
    return described


def bound(pair: Pair, side: Side) -> dict[str, str]:
    """The keys of ``side`` that differ from base to base. Raises ``Fatal`` where one that is needed is not there."""
    binding = bind(pair.connector(side), pair.mapping(side))
    _demand(check_binding(pair.mapping(side), binding))
    return binding


def reader(pair: Pair, side: Side, described: Description, binding: Mapping[str, str], today: datetime) -> Intake:
    """What reads ``side`` as of ``today`` (the books' wall clock)."""
    system = pair.mapping(side)
    absent = unpublished(system, described.collections)
    return Intake(side, pair.connector(side), system, today, {**binding, "@today": f"{today:%Y-%m-%d}"}, absent=absent)


@dataclass(frozen=True, slots=True)
class Sight:
    """What one planning sees, with what only the conductor needs beside it."""

    world: World
    facts: tuple[SideFacts, ...]
    contact: Contact
    intakes: Mapping[Side, Intake]
    first: bool
    #: Sides that are not what they were: another base, or an older copy of this one.
    back: frozenset[Side] = frozenset()
    #: Links to records that a side no longer has because it went back: for the planning they do not exist.
    lost: tuple[Link, ...] = ()
    #: What was read of large kinds, to be kept once the run has ended well.
    staging: Staging | None = None


def look(
    pair: Pair,
    store: Store,
    settings: EngineSettings,
    now: datetime,
    contact: Contact,
    progress: Callable[[str], None],
    moved: Iterable[Draft] = (),
    *,
    part: bool = False,
) -> Sight:
    """Read both sides and everything remembered about the pair. Writes nothing, save that new events are written down.

    ``part``: of large kinds only what planning must look at, where that is known;
    ``moved``: drafts as they stand now where that is not what is remembered; a base that went back says nothing.
    """
    try:
        return _look(pair, store, settings, now, contact, progress, moved, part=part)
    except BesideError:  # a full disk, a damaged file: everything is looked at
        store.drop_stage(pair.name)
        return _look(pair, store, settings, now, contact, progress, moved, part=False)


def _look(
    pair: Pair,
    store: Store,
    settings: EngineSettings,
    now: datetime,
    contact: Contact,
    progress: Callable[[str], None],
    moved: Iterable[Draft],
    *,
    part: bool,
) -> Sight:
    today = book_now(now, settings.zone)
    intakes = {s: reader(pair, s, contact.descriptions[s], contact.bindings[s], today) for s in SIDES}
    rejected = store.rejected(pair.name)
    page = contact.page(pair)
    staging = staging_of(pair, store, lambda one: _numbered(one, contact.bindings["book"], page)) if part else None
    ahead = [kind.name for kind in staged_kinds(pair)] if staging else []
    every = tuple(store.links_beside(pair.name, ahead))
    crossed = tuple(link for link in every if link.kind == MOVEMENT)
    known = tuple(link for link in every if link.kind != MOVEMENT)
    context = Context(pair, settings, contact.descriptions, contact.bindings, page) if staging else None
    read = _listings(pair, intakes, known, rejected, progress, staging, context)
    known += tuple(staging.links) if staging else ()
    numbered = [one if one.part is not None else _numbered(one, contact.bindings["book"], page) for one in read]
    listings = withheld(pair.kinds, numbered, known, store.forgotten(pair.name))
    moved = tuple(moved)
    facts = tuple(facts_of(pair, store, side, contact.descriptions[side], listings, moved) for side in SIDES)
    back = frozenset(f.side for f in facts if f.went_back)
    if back and staging is not None:  # what was agreed on with such a side is compared as on the first day
        staging.stage.leave()
        return _look(pair, store, settings, now, contact, progress, moved, part=False)
    first = not known and store.count_links(pair.name) == len(crossed)
    drafts = cache(lambda: _drafts(pair, store, () if "book" in back else moved))
    fed, ledger = None, None
    if settings.feed is not None and keeps(pair) and not first:
        ledger = Ledger(store, pair.name)
        intakes["book"].binding = {**intakes["book"].binding, FEED: settings.feed.start.isoformat()}
        sides = (intakes["book"], intakes["desk"])
        fed = look_at_feed(pair, store, settings.feed, *sides, crossed, drafts, progress, ledger.note)
    state = store.side(pair.name, "book")
    world = World(
        pair.name,
        pair.kinds,
        pair.book_map,
        pair.desk_map,
        settings,
        tuple(listings),
        known,
        rejected,
        {key: (d.choice, d.fingerprint) for key, d in store.decisions(pair.name).items()},
        drafts(),
        store.refused(pair.name),
        today,
        pair.fingerprint,
        tuple(issue for intake in intakes.values() for issue in intake.issues),
        allow_retire=not back and (state is None or state.fingerprint == pair.fingerprint),
        binding=contact.bindings["book"],
        page=page,
        undocumented=_undocumented(pair.book_map, contact.descriptions["book"]),
        feed=followed(fed, drafts()) if fed and not back else None,
        more=staging.link if staging else lambda ref: None,
    )
    if ledger is not None:
        ledger.keep(fed, world.index, intakes["book"])
    # What was agreed with a side that went back in time is no longer known to hold.
    # A person's link stays a person's to undo: what became of its other end is asked.
    ours = [ln for ln in known if ln.by == OURS]
    lost = tuple(ln for ln in ours if any(world.gone(ln.kind, side, ln.on(side)) for side in back))
    if back:
        world = forgotten(replace(world, links=tuple(ln for ln in known if ln not in lost)))
    lost += _forgot(crossed, fed) if "desk" in back else ()
    return Sight(world, facts, contact, intakes, first, back, lost, staging)


def _drafts(pair: Pair, store: Store, moved: Iterable[Draft]) -> tuple[Draft, ...]:
    """All drafts there ever were, those that ``moved`` as they stand now."""
    now = {draft.id: draft for draft in moved}
    return tuple(now.get(draft.id, draft) for draft in store.drafts(pair.name, _KNOWN))


def _undocumented(system: SystemMap, described: Description) -> frozenset[str]:
    """Documents that cannot be drafted here: not published, or without an attribute that every draft of them fills;
    and (``document/table``) tables that a document of this base has not got."""
    found = set()
    for document in system.documents.values():
        fields, shape = described.collections.get(document.collection), SHAPES.get(document.name)
        wanted = [document.header[role] for role in shape.header if role in document.header] if shape else []
        if fields is None or any(wire not in fields for wire in wanted):
            found.add(document.name)
        found |= {f"{document.name}/{n}" for n, one in document.parts.items() if one.part not in (fields or {})}
    return frozenset(found)


def _forgot(crossed: Iterable[Link], fed: FeedFacts | None) -> tuple[Link, ...]:
    """Movements that a restored desk no longer has: they cross again once a person has accepted it."""
    if fed is None or not fed.complete:
        return ()
    return tuple(link for link in crossed if link.desk not in fed.shown)


def _listings(
    pair: Pair,
    intakes: Mapping[Side, Intake],
    links: tuple[Link, ...],
    rejected: Collection[tuple[str, str, str]],
    progress: Callable[[str], None],
    staging: Staging | None,
    context: Context | None,
) -> list[Listing]:
    """Kind after kind on both sides, in order of reference, so that a label can be the name its owner gives it."""
    found: dict[tuple[str, Side], Listing] = {}
    index = LinkIndex(links)
    staged = [kind.name for kind in staged_kinds(pair)]
    for kind in sorted(pair.kinds, key=lambda kind: kind.name in staged):
        if staging is not None and context is not None and kind.name in staged:
            progress(kind.name)
            pieces = units_of(found.get(("position", "book"))) if kind.name == "equipment" else {}
            listings = staging.read(kind, intakes, context.digest(kind, intakes, index), pieces.values())
            found |= {(kind.name, side): listing for side, listing in listings.items()}
            continue
        for side, listing in _both(kind, intakes, progress):
            if listing is not None:
                found[(kind.name, side)] = listing
        if kind.name in _LABELLED:
            _name_twins(kind, found, links, rejected, index, intakes["desk"])
    if ("equipment", "book") in found:
        found[("equipment", "book")] = with_units(found[("equipment", "book")], found.get(("position", "book")))
    return list(found.values())


def _both(
    kind: Kind, intakes: Mapping[Side, Intake], progress: Callable[[str], None]
) -> Iterator[tuple[Side, Listing | None]]:
    """A kind as both sides list it: one side after the other, or both at once where more than one connection is
    allowed."""
    if max(intake.connector.capabilities.connections for intake in intakes.values()) == 1:
        for side in SIDES:
            progress(f"{side} {kind.name}")
            yield side, intakes[side].load(kind.name)
        return
    progress(kind.name)
    with ThreadPoolExecutor(len(SIDES), thread_name_prefix="side") as pool:
        yield from zip(SIDES, pool.map(lambda side: intakes[side].load(kind.name), SIDES), strict=True)


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


def forgotten(world: World) -> World:
    """``world`` without memory of earlier agreements: values are compared as on the first day."""
    return replace(world, links=tuple(_unseen(link) for link in world.links))


def _unseen(link: Link) -> Link:
    return replace(link, seen=Seen(retired=link.seen.retired))


def forgetting(link: Link) -> tuple[Operation, Link]:
    """The local operation that takes back what was agreed on for ``link``, and the link without it."""
    op = Operation("", "agree", "desk", link.kind, link.book, link.desk, rule="forgotten")
    return replace(op, id=operation_id(op)), _unseen(link)


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
