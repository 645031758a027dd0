"""From everything read to a list of operations and questions: deterministic, pure, saved before anything is written.

Kinds are planned in order of reference, so that a department is linked (or about to be created) before the equipment
that stands in it. What one pair of records needs is in ``pairing.py``; moves that need a 1C document are grouped in
``drafts.py``; quantities on МЦ.04 are compared in ``balance.py``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from typing import Any

from ..mappings.keys import inv_key
from ..mappings.model import SIDES, Kind, Ref, Side, Value
from .balance import compare_positions
from .covers import covers_of
from .drafts import Move, closings, group_moves
from .feed import Rest, plan_events
from .feed_balance import remainders
from .feed_book import marks, plan_entries
from .feed_plan import FeedPlan
from .ids import create_key, operation_id, plan_id
from .intake import MOVED
from .match import match
from .mirror import MIRRORS, mirror
from .naming import named, refs_of
from .orders import Order, group_orders, question_about
from .pair import other
from .pairing import Pairing
from .refusals import refusal, unreached
from .types import EMPTY, UNIT, Covers, FieldChange, Issue, Link, Listing, Operation, Plan, Record, Seen
from .world import World, label_of

__all__ = ["Examined", "build", "build_orders", "examine"]

_ORDER = ("link", "create", "update", "retire", "draft", "agree", "close", "mark")


def build(world: World) -> Plan:
    """The plan for ``world``. The same world gives the same plan, id included."""
    return examine(world)[0]


@dataclass(frozen=True, slots=True)
class Examined:
    """What planning found beside the plan. ``quiet``: the pairs (kind, book id, desk id) that need nothing: while their
    records, their link and what these are compared by stay as they are, the plan is the same without them.

    ``parts``: plans of drafts that follow the plan in the same run (``Plan.later``), made one after the other;
    ``covers``: which questions all of them together look into."""

    quiet: frozenset[tuple[str, str, str]]
    parts: Iterator[Plan]
    covers: Covers


def examine(world: World) -> tuple[Plan, Examined]:
    """The plan, and what else was found."""
    builder = _Builder(world)
    for kind in world.kinds:
        builder.add(kind)
    plan = builder.plan()
    return plan, Examined(
        frozenset(builder.quiet), builder.parts(), covers_of(builder.world, replace(plan, later=EMPTY))
    )


def build_orders(world: World, orders: Collection[Order]) -> Plan:
    """The plan that drafts ``orders`` and does nothing else: nothing is complete in it."""
    builder = _Builder(world)
    builder.issues = []
    for kind in world.kinds:  # shares are of what stands in the books now
        listing = world.listing(kind.name, "book")
        builder.count(kind, listing.records.values() if listing else ())
    operations, issues = group_orders(world, orders)
    for op in operations:
        builder.put(op)
    covers = Covers(keys=frozenset(question_about(order.event) for order in orders))
    return replace(builder.whole([*builder.issues, *issues]), complete={}, covers=covers)


class _Builder:
    def __init__(self, world: World) -> None:
        self.world = replace(world)  # its own index of links: planning changes nothing that it was given
        self.operations: list[Operation] = []
        # Once its thing on the desk is linked with the position, the old card is nobody's question any more.
        self.issues: list[Issue] = [i for i in world.problems if i.code != MOVED or self._linked(i)]
        self.moves: list[Move] = []
        self.quiet: set[tuple[str, str, str]] = set()
        self.bases: dict[str, int] = {}
        self.rest: Rest | None = None
        self.order = {kind.name: n for n, kind in enumerate(world.kinds)}
        self.asked: dict[str, Set[Ref]] = {}

    # -- one kind ---------------------------------------------------------------------------------------------------

    def add(self, kind: Kind) -> None:
        book, desk = self.world.listing(kind.name, "book"), self.world.listing(kind.name, "desk")
        if kind.name == "position" and book is not None:
            self.issues.extend(compare_positions(self.world, book))
            return
        if kind.name in MIRRORS and book is not None:
            for op in mirror(self.world, kind, book):
                name = f"{kind.name}|{op.scope}"
                self.bases[name] = max(len(book.records), self.bases.get(name, 0))
                self.put(op)
        if book is None or desk is None:
            return
        for listing in (book, desk):
            self.count(kind, listing.looked.values(), listing.still)
        book, desk = (replace(one, records=one.looked) for one in (book, desk))
        links = [link for link in self.world.links if link.kind == kind.name]
        rejected = {(b, d) for k, b, d in self.world.rejected if k == kind.name}
        result = match(kind, book, desk, links, rejected, self.world.index.same, self.world.listing("position", "book"))
        self.issues += [*result.suggestions, *result.problems]
        for link in result.found:
            self.world.index.add(link)
        for link in links:
            self._pair(kind, link, new=False)
        for link in result.found:
            self._pair(kind, link, new=True)
        self._alone(kind, result.book_only, result.desk_only, desk)

    def _linked(self, issue: Issue) -> bool:
        return self.world.index.of(Ref("book", issue.kind, issue.book or "")) is not None

    def count(self, kind: Kind, records: Iterable[Record], still: Mapping[Any, int] = EMPTY) -> None:
        """Records in service per organisation, ``still`` more of them: of the two sides the one that has more."""
        counted = Counter(self._scope(kind, record) for record in records if not record.retired)
        for value, count in still.items():
            counted[self._home(value)] += count
        for scope, count in counted.items():
            name = f"{kind.name}|{scope}"
            self.bases[name] = max(count, self.bases.get(name, 0))

    def _scope(self, kind: Kind, record: Record) -> str:
        """The book's id of the record's organisation ("" where there is none)."""
        return self._home(record.values.get(kind.scope) if kind.scope else None)

    def _home(self, value: Value) -> str:
        if not isinstance(value, Ref):
            return ""
        known = self.world.index.on("book", value)
        return known.id if known else str(value)

    # -- pairs ------------------------------------------------------------------------------------------------------

    def _pair(self, kind: Kind, link: Link, *, new: bool) -> None:
        pairing = Pairing(self.world, kind, link)
        outcome = pairing.outcome()
        if not new and outcome.empty and pairing.settled:
            self.quiet.add((kind.name, link.book, link.desk))
        self.issues += outcome.issues
        self.moves += outcome.moves
        record = pairing.book or pairing.desk
        scope = self._scope(kind, record) if record else ""
        if new:
            link_op = Operation("", "link", "desk", kind.name, link.book, link.desk, seen=outcome.seen or Seen())
            self.put(replace(link_op, rule=link.rule, score=link.score), scope=scope, label=pairing.label)
        elif outcome.seen is not None:
            self.put(Operation("", "agree", "desk", kind.name, link.book, link.desk, seen=outcome.seen, scope=scope))
        for op in outcome.operations:
            self.put(op, scope=scope, label=pairing.label)

    def put(self, op: Operation, **told: Any) -> None:
        """``op`` under its id, with what is ``told`` of it beside what it does (no part of the id)."""
        if op.action in ("create", "update"):
            changes = tuple(c for c in op.changes if self._reachable(op.side, c.after))
            if op.action == "update" and len(changes) < len(op.changes):
                self._wait(op, [c for c in op.changes if c not in changes], told.get("label", op.label))
            if not changes:
                return
            op = op if len(changes) == len(op.changes) else replace(op, changes=changes)
        op = replace(op, id=operation_id(op), **told)
        if op.remote and op.id in self.world.refused:
            self.issues.append(refusal(op, self.world.refused[op.id]))
        else:
            self.operations.append(op)

    def _reachable(self, side: Side, value: Value) -> bool:
        """A reference can be written once its record has a twin on ``side`` or gets one in this plan; until then the
        field waits (a question says why) and the others go on."""
        if not isinstance(value, Ref) or self.world.index.on(side, value) is not None:
            return True
        return any(op.action == "create" and op.side == side and _source(op) == value for op in self.operations)

    def _wait(self, op: Operation, changes: Iterable[FieldChange], label: str) -> None:
        """Ask why these references are not carried over, where no question is about the record they lead to (such a
        record need not be one: a desk may have more places than the books)."""
        for change in changes:
            value = change.after
            if not isinstance(value, Ref) or value in self._asked(value.kind):
                continue
            if all(self._complete(value.kind, side) for side in SIDES):
                self.issues.append(unreached(op, change, label))

    def _asked(self, kind: str) -> Set[Ref]:
        """The records of ``kind`` that questions are about. Kinds are planned in order of reference: there are no more
        to come."""
        if kind not in self.asked:
            ends = (refs_of(issue) for issue in self.issues if issue.kind == kind)
            self.asked[kind] = frozenset(ref for found in ends for ref in found)
        return self.asked[kind]

    # -- records without a twin -------------------------------------------------------------------------------------

    def _alone(self, kind: Kind, book: Sequence[str], desk: Sequence[str], listing: Listing) -> None:
        waiting = self._waiting_numbers(kind, set(desk), listing)
        for id in book:
            record = self.world.record(kind.name, "book", id)
            if record is not None and not record.retired and self._number(record) not in waiting:
                self._create(kind, record)
        if "desk" in kind.lonely and self._complete(kind.name, "book"):
            for id in desk:
                record = self.world.record(kind.name, "desk", id)
                if record is not None and not record.retired:
                    self._lonely(kind, record)

    def _complete(self, kind: str, side: Side) -> bool:
        listing = self.world.listing(kind, side)
        return listing is not None and listing.complete

    def _number(self, record: Record) -> object:
        return inv_key(str(record.values.get("inventory_number") or "")) or None

    def _waiting_numbers(self, kind: Kind, free: set[str], listing: Listing) -> set[object]:
        """Inventory numbers of desk records about which a person is being asked: a card with such a number may be
        theirs, so no second record is made for it."""
        if "inventory_number" not in kind.by_name:
            return set()
        records = [r for id, r in listing.records.items() if id not in free and self.world.index.of(r.ref) is None]
        return {self._number(record) for record in records} - {None}

    def _create(self, kind: Kind, record: Record) -> None:
        label = label_of(kind, record)
        if record.id.startswith(UNIT):
            key = f"position:{record.id}:no-twin"
            params = {"name": label, "custodian": record.values.get("custodian")}
            self.issues.append(
                Issue(key, "position_without_twin", kind.name, record.id, values=record.values, params=params)
            )
            return
        # An incomplete desk may hold the twin already: creating now could make a second one.
        if "desk" not in kind.creates or not self._complete(kind.name, "desk"):
            return
        fields = [f for f in kind.fields if f.name in record.values and f.name not in record.broken]
        changes = tuple(
            FieldChange(f.name, None, record.values[f.name])
            for f in fields
            if record.values[f.name] is not None and self.world.how("desk", kind.name, f.name) == "field"
        )
        # A twin that a person told apart carries the old key: only another key makes another record.
        apart = sorted(desk for k, book, desk in self.world.rejected if (k, book) == (kind.name, record.id))
        key = create_key(self.world.pair, kind.name, "|".join([record.id, *apart]))
        create = Operation("", "create", "desk", kind.name, record.id, changes=changes, key=key, label=label)
        self.put(replace(create, scope=self._scope(kind, record)))

    def _lonely(self, kind: Kind, record: Record) -> None:
        if record.values.get("accounting") == "low_value" and self.world.short_positions:
            return  # counted in the position's own difference
        label = label_of(kind, record)
        key = f"{kind.name}:desk:{record.id}:no-twin"
        self.issues.append(Issue(key, "desk_only", kind.name, desk=record.id, params={"name": label}))

    # -- the whole --------------------------------------------------------------------------------------------------

    def plan(self) -> Plan:
        drafts, questions = group_moves(self.world, self.moves)
        self.issues += questions
        for op in drafts:
            self.put(op)
        self.feed()
        closed, needless = closings(self.world)
        self.issues += needless
        for op in closed:
            self.put(op)
        whole = replace(self.whole(self.issues), later=self.rest.rows if self.rest else EMPTY)
        return replace(whole, covers=covers_of(self.world, whole))

    def feed(self) -> None:
        """What happened once, on either side, where both keep it."""
        facts = self.world.feed
        if facts is None:
            return
        feed, self.rest = plan_events(self.world, facts)
        plan_entries(self.world, facts, feed)
        self.issues += remainders(self.world, facts, feed)
        self._fill(feed)

    def _fill(self, feed: FeedPlan) -> None:
        self.issues += feed.issues
        for op in [*feed.operations, *marks(feed)]:
            self.put(op)

    def parts(self) -> Iterator[Plan]:
        """The plans that follow: drafts and the questions about them, and nothing else is complete in them."""
        for feed in self.rest.parts() if self.rest else ():
            self.operations, self.issues = [], []
            self._fill(feed)
            if self.operations or self.issues:
                yield replace(self.whole(self.issues), read=EMPTY, complete=EMPTY, bases=EMPTY)

    def whole(self, asked: Iterable[Issue]) -> Plan:
        issues = tuple(sorted((named(self.world, i) for i in {i.key: i for i in asked}.values()), key=lambda i: i.key))
        operations = tuple(sorted(self.operations, key=self._rank))
        return Plan(
            plan_id(operations, issues, self.world.fingerprint),
            self.world.pair,
            operations,
            issues,
            {f"{one.side}|{one.kind}": one.read for one in self.world.listings} | self._fed(read=True),
            {f"{one.side}|{one.kind}": one.complete for one in self.world.listings} | self._fed(read=False),
            self.world.fingerprint,
            self.bases,
        )

    def _fed(self, *, read: bool) -> dict[str, Any]:
        """How much of the feed was read, or whether that was all of it."""
        facts = self.world.feed
        if facts is None:
            return {}
        desk, book = (facts.read, facts.entries.read) if read else (facts.complete, facts.entries.complete)
        return {"desk|movement": desk, "book|movement": book}

    def _rank(self, op: Operation) -> tuple[int, int, str, str, str]:
        return (_ORDER.index(op.action), self.order.get(op.kind, 99), op.book or "", op.desk or "", op.id)


def _source(op: Operation) -> Ref:
    """The record a create makes a twin of."""
    side = other(op.side)
    return Ref(side, op.kind, (op.book if side == "book" else op.desk) or "")
