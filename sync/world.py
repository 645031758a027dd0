"""All that one planning sees: what both sides hold now, what we remember, what people decided. Nothing else."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from ..mappings.model import Kind, Ref, Side
from ..mappings.system import SystemMap
from .diff import Pending
from .feed_facts import FeedFacts
from .pair import EngineSettings, LinkIndex
from .types import Draft, Issue, Link, Listing, Record, position_of

__all__ = ["WAITING", "World", "label_of"]

#: States of a draft about which something is still open; in the others it is history.
WAITING = frozenset({"open", "edited", "posted", "adopted", "refused"})


def label_of(kind: Kind, record: Record) -> str:
    """What people call a record: its inventory number where it has one, else its name."""
    return str(record.values.get("inventory_number") or record.values.get(kind.label) or record.id)


@dataclass(frozen=True)
class World:
    """``today`` is the book's wall clock; ``choices``: question → (decision, fingerprint of its values);
    ``drafts``: all there ever were, oldest first; ``refused``: operation id → why the other side refused it;
    ``problems``: questions that reading raised."""

    pair: str
    kinds: tuple[Kind, ...]
    book_map: SystemMap
    desk_map: SystemMap
    settings: EngineSettings
    listings: tuple[Listing, ...]
    links: tuple[Link, ...]
    rejected: Collection[tuple[str, str, str]]
    choices: Mapping[str, tuple[str, str]]
    drafts: tuple[Draft, ...]
    refused: Mapping[str, str]
    today: datetime
    fingerprint: str
    problems: tuple[Issue, ...] = ()
    allow_retire: bool = True
    #: Keys that differ from base to base (the book's), and the address of a thing's page on the desk, ``{id}`` in it.
    binding: Mapping[str, str] = field(default_factory=dict)
    page: str = ""
    #: Documents of the mapping that this base does not publish, or not with all attributes that we would fill; and
    #: (``document/table``) tables that they have not got here.
    undocumented: frozenset[str] = frozenset()
    #: What happened once, where both sides keep it and settings ask for it.
    feed: FeedFacts | None = None
    #: Gives the link of a record that planning need not look at.
    more: Callable[[Ref], Link | None] = lambda ref: None
    index: LinkIndex = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "index", LinkIndex(self.links, self.more))

    def listing(self, kind: str, side: Side) -> Listing | None:
        """What was read of a kind on a side, or ``None`` if it was not readable this time."""
        return self._listings.get((kind, side))

    @cached_property
    def _listings(self) -> dict[tuple[str, Side], Listing]:
        return {(entry.kind, entry.side): entry for entry in self.listings}

    def record(self, kind: str, side: Side, id: str) -> Record | None:
        listing = self.listing(kind, side)
        return listing.records.get(id) if listing else None

    def gone(self, kind: str, side: Side, id: str) -> bool:
        """Whether a record is surely no longer there: absence proves it only on a complete listing."""
        if side == "book" and (position := position_of(id)):
            return self.gone("position", "book", position)
        listing = self.listing(kind, side)
        return listing is not None and listing.complete and id not in listing.records and id not in listing.bad

    def how(self, side: Side, kind: str, name: str) -> str:
        """How a field is written on a side: ``field``, ``property``, ``document:NAME`` or ``never``."""
        system = self.book_map if side == "book" else self.desk_map
        mapped = system.kinds.get(kind)
        return mapped.fields[name].write if mapped and name in mapped.fields else "never"

    def choice(self, key: str, mark: str) -> str | None:
        """A person's decision on a question, while the values it was taken on are still the same."""
        taken = self.choices.get(key)
        return taken[0] if taken and taken[1] == mark else None

    @cached_property
    def pending(self) -> Mapping[tuple[str, str], Mapping[str, Pending]]:
        """(kind, book id) → field → the move that waits in the latest draft for it."""
        found: dict[tuple[str, str], dict[str, Pending]] = {}
        for draft in (d for d in self.drafts if d.state in WAITING):
            for member in draft.members:
                fields = found.setdefault((member.kind, member.book or ""), {})
                for change in member.changes:
                    fields[change.name] = Pending(change.after, draft.state, draft.number, draft.id)
        return found

    @cached_property
    def short_positions(self) -> bool:
        """Whether some МЦ.04 position still lacks desk things for its quantity."""
        listing = self.listing("position", "book")
        if listing is None:
            return True
        linked: dict[str, int] = {}
        for link in self.links:
            if position := position_of(link.book):
                linked[position] = linked.get(position, 0) + 1
        return any((r.values.get("quantity") or 0) > linked.get(r.id, 0) for r in listing.records.values())  # type: ignore[operator]
