"""One record of the books for many things, and many for one: low-value positions, group cards, kits.

The books' quantity is held against what the desk's things take of it. A card is never split; which of five equal
monitors is whose is the desk's knowledge, so things of a person are counted against that person's positions.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from ...mappings.keys import group_quantity
from ...mappings.model import Ref, Value
from ...mappings.people import similarity, things_text
from ..match import MatchResult
from ..types import Record, position_of
from .classes import CLASSES
from .look import Look
from .telling import label_of
from .types import KEY, Allotment, Difference, Group

__all__ = ["Pools", "allotted", "compare_groups", "compare_kits", "compare_positions", "pools", "spoken_for"]

ZERO = Decimal(0)
CENT = Decimal("0.01")
#: From this likeness on a thing of the desk is one of a position's.
_SAME_ITEM = 0.85


def allotted(look: Look) -> dict[tuple[str, str], list[Allotment]]:
    """(kind, card) → what things take of it; things out of service or gone take nothing."""
    found: dict[tuple[str, str], list[Allotment]] = defaultdict(list)
    for one in look.snapshot.allotments:
        thing = look.snapshot.record("equipment", "desk", one.desk)
        if one.desk and thing is not None and not thing.retired:
            found[one.kind, one.card].append(one)
    return found


# -- low-value positions of more than one piece ------------------------------------------------------------------------


@dataclass(frozen=True)
class Pools:
    """``positions``: (organisation, person, item) → positions of more than one piece of it; ``things``: the same →
    desk ids that count against them, linked or not."""

    positions: Mapping[tuple[Value, Value, Value], tuple[Record, ...]]
    things: Mapping[tuple[Value, Value, Value], tuple[str, ...]]


def pools(look: Look, result: MatchResult) -> Pools:
    """Things of a person, counted against the positions of the same item that this person answers for.

    First what is linked to a unit or allotted, then unlinked low-value things of that person whose name fits one item
    only and that find free quantity.
    """
    snapshot = look.snapshot
    listing = snapshot.listing("position", "book")
    groups: dict[tuple[Value, Value, Value], list[Record]] = defaultdict(list)
    home: dict[str, tuple[Value, Value, Value]] = {}
    for record in sorted(listing.records.values(), key=lambda r: r.id) if listing else ():
        key = tuple(record.values.get(name) for name in ("organization", "custodian", "item"))
        home[record.id] = key  # type: ignore[assignment]
        if record.values.get("quantity") != 1:
            groups[key].append(record)  # type: ignore[index]
    taken: dict[tuple[Value, Value, Value], list[str]] = defaultdict(list)
    for position, desk in _tied(look):
        if home.get(position) in groups:
            taken[home[position]].append(desk)
    if snapshot.whole("equipment"):
        _counted_in(look, result, groups, taken)
    return Pools({k: tuple(v) for k, v in groups.items()}, {k: tuple(dict.fromkeys(v)) for k, v in taken.items()})


def _tied(look: Look) -> Iterator[tuple[str, str]]:
    """Position → thing, by links to its units and by allotments; things in service only."""
    for link in look.snapshot.links:
        position = position_of(link.book) if link.kind == "equipment" else ""
        if position:
            thing = look.snapshot.record("equipment", "desk", link.desk)
            if thing is not None and not thing.retired:
                yield position, link.desk
    for (kind, card), parts in allotted(look).items():
        if kind == "position":
            yield from ((card, part.desk) for part in parts for _ in range(int(part.quantity)))


def _counted_in(
    look: Look,
    result: MatchResult,
    groups: Mapping[tuple[Value, Value, Value], list[Record]],
    taken: dict[tuple[Value, Value, Value], list[str]],
) -> None:
    by_person: dict[tuple[Value, Value], list[tuple[Value, Value, Value]]] = defaultdict(list)
    for key in groups:
        by_person[key[0], key[1]].append(key)
    used = {desk for ids in taken.values() for desk in ids}
    for id in result.desk_only:
        thing = look.snapshot.record("equipment", "desk", id)
        if thing is None or id in used or thing.values.get("accounting") == "fixed_asset":
            continue
        home, person = (_ours(look, thing.values.get(name)) for name in ("organization", "custodian"))
        if home is None or person is None:
            continue
        fits = [key for key in by_person.get((home, person), ()) if _fits(groups[key][0], thing)]
        if len(fits) == 1 and len(taken[fits[0]]) < _held(groups[fits[0]]):
            taken[fits[0]].append(id)


def _ours(look: Look, value: Value) -> Value:
    """``value`` as the books call it; ``None`` without a twin there."""
    return look.index.on("book", value) if isinstance(value, Ref) else None


def _fits(position: Record, thing: Record) -> bool:
    name = things_text(str(position.values.get("name") or ""))
    own = [things_text(v) for n in ("model", "name") if isinstance(v := thing.values.get(n), str)]
    return any(similarity(name, words) >= _SAME_ITEM for words in own)


def _held(records: Iterable[Record]) -> Decimal:
    return sum((q for r in records if isinstance(q := r.values.get("quantity"), Decimal)), ZERO)


def compare_positions(look: Look, known: Pools) -> tuple[tuple[Difference, ...], int]:
    """Positions of more than one piece against the desk's things; a difference per item and person."""
    found: list[Difference] = []
    compared = 0
    if not (look.snapshot.whole("position", "book") and look.snapshot.whole("equipment", "desk")):
        return (), 0
    for key, records in sorted(known.positions.items(), key=str):
        if not look.scope.inside(look.snapshot, *records):
            continue
        compared += 1
        held, have = _held(records), Decimal(len(known.things.get(key, ())))
        counted = _seen(look, records, known.things.get(key, ()))
        if held != (have if counted is None else counted) or held != have:
            found.append(_position(look, records, known.things.get(key, ()), held, have, counted))
    return tuple(found), compared


def _seen(look: Look, records: Iterable[Record], things: Iterable[str]) -> Decimal | None:
    """How many of them were counted, piece by piece or as a heap (the same pieces); ``None`` without a count."""
    if look.counted is None or not look.counted.finished:
        return None
    found = {id: find for id in things if (find := look.counted.desk.get(id))}
    more = [find.quantity for r in records if (find := look.counted.book.get(r.id))]
    return max(sum((find.quantity for find in found.values()), ZERO), sum(more, ZERO))


def _position(
    look: Look,
    records: tuple[Record, ...],
    things: Iterable[str],
    held: Decimal,
    have: Decimal,
    counted: Decimal | None,
) -> Difference:
    first = records[0]
    fact = have if counted is None else counted
    costs = [c for r in records if isinstance(c := r.values.get("cost"), Decimal)]
    worth = abs(sum(costs, ZERO) / held * (fact - held)).quantize(CENT) if costs and held else None
    evidence: dict[str, Value] = {"custodian": first.values.get("custodian"), "things": ", ".join(sorted(things))}
    evidence["positions"] = ", ".join(r.id for r in records)
    return Difference(
        f"{KEY}position:{first.id}:quantity",
        "quantity",
        "position",
        str(first.values.get("name") or first.id),
        first.id,
        None,
        "quantity",
        held,
        have,
        counted,
        fact - held,
        "quantity_per_person",
        80,
        worth,
        "it",
        "link_things" if counted is None else "recount",
        look.snapshot.called(first.values.get("organization")),
        {name: value for name, value in evidence.items() if value},
    )


# -- group cards -------------------------------------------------------------------------------------------------------


def compare_groups(look: Look) -> tuple[tuple[Difference, ...], int]:
    """Cards that stand for many things: people say for how many, a name like «Мониторы (10 шт.)» only suggests it."""
    parts = allotted(look)
    known = {one.id: one for one in look.snapshot.groups}
    listing = look.snapshot.listing("equipment", "book")
    for one in look.snapshot.allotments:
        card = listing.records.get(one.card) if listing else None
        if one.kind == "equipment" and not one.desk and not one.role and card is not None and one.card not in known:
            known[one.card] = Group(one.card, str(card.values.get("name") or one.card), one.quantity)
    found = []
    for id, group in sorted(known.items()):
        card = look.snapshot.record("equipment", "book", id)
        if not look.scope.everything and not look.scope.inside(look.snapshot, card):
            continue
        have = sum((part.quantity for part in parts.get(("equipment", id), ())), ZERO)
        if group.quantity is None or group.quantity != have:
            found.append(_group(look, group, card, have))
    return tuple(found), len(known)


def _group(look: Look, group: Group, card: Record | None, have: Decimal) -> Difference:
    suggested = group_quantity(group.label)
    evidence: dict[str, Value] = {"suggested": Decimal(suggested)} if suggested else {}
    cost = card.values.get("cost") if card else None
    worth = None
    if isinstance(cost, Decimal) and group.quantity:
        worth = abs(cost / group.quantity * (have - group.quantity)).quantize(CENT)
    return Difference(
        f"{KEY}group:{group.id}:quantity",
        "quantity",
        "equipment",
        group.label,
        group.id,
        None,
        "quantity",
        group.quantity,
        have,
        None,
        have - group.quantity if group.quantity is not None else None,
        "allotment",
        100,
        worth,
        "it",
        "set_group" if group.quantity is None else "link_things",
        look.snapshot.called(card.values.get("organization")) if card else "",
        evidence,
    )


# -- kits --------------------------------------------------------------------------------------------------------------


def compare_kits(look: Look) -> tuple[Difference, ...]:
    """A card for several things with a role each: what is lacking makes the kit incomplete, no asset missing; a part
    that was found with another kit was exchanged."""
    roles = {a.card: a.role for a in look.snapshot.allotments if a.kind == "equipment" and not a.desk and a.role}
    parts = allotted(look)
    found: list[Difference] = []
    for card, wanted in sorted(roles.items()):
        record = look.snapshot.record("equipment", "book", card)
        if record is None or record.retired or not look.scope.inside(look.snapshot, record):
            continue
        have = parts.get(("equipment", card), [])
        lacking = [role for role in wanted.split(",") if role not in {part.role for part in have}]
        if lacking:
            found.append(_kit(look, record, wanted, ",".join(sorted(part.role for part in have)), lacking))
        found += _exchanged(look, record, have)
    return tuple(found)


def _kit(look: Look, record: Record, wanted: str, have: str, lacking: list[str]) -> Difference:
    known = CLASSES["kit"]
    return Difference(
        f"{KEY}kit:{record.id}:roles",
        "kit",
        "equipment",
        label_of(record),
        record.id,
        None,
        "kit",
        wanted,
        have,
        rule="allotment",
        score=100,
        owner=known.owner,
        proposal=known.proposal,
        organization=look.snapshot.called(record.values.get("organization")),
        evidence={"lacking": ", ".join(lacking)},
    )


def _exchanged(look: Look, record: Record, have: Iterable[Allotment]) -> Iterator[Difference]:
    """Parts of one kit that were counted in different places."""
    if look.counted is None:
        return
    places = {part.desk: find.place for part in have if (find := look.counted.desk.get(part.desk)) and find.place}
    common = max(sorted(set(places.values())), key=list(places.values()).count, default="")
    for desk, place in sorted(places.items()):
        if place != common:
            one = _kit(look, record, common, place, [])
            evidence: dict[str, Value] = {"part": desk}
            yield replace(one, key=f"{KEY}kit:{record.id}:{desk}", desk_id=desk, count=place, evidence=evidence)


def spoken_for(look: Look, known: Pools) -> frozenset[str]:
    """Ids of the desk that something of the books accounts for, and (``book:ID``) cards that share a thing."""
    things = {one.desk for parts in allotted(look).values() for one in parts}
    things |= {desk for ids in known.things.values() for desk in ids}
    cards = {f"book:{card}" for (kind, card), parts in allotted(look).items() if kind == "equipment" and parts}
    cards |= {f"book:{one.id}" for one in look.snapshot.groups}
    return frozenset(things | cards)
