"""What the books' warehouses hold of what purchase requests ask for: compared in the books' own unit, promised once.

A line is counted in the books' unit by the coefficient stored on the desk's card, or as it stands where both units are
the same: nothing is rounded, nothing converted by guess. Never across organisations. Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal

from ..mappings.model import Ref
from ..mappings.text import fold
from .feed_facts import drafted, exact
from .purchase import Line
from .purchase_books import Good, alike
from .purchase_rows import id_of
from .types import Draft, Listing
from .world import World

__all__ = ["Stock", "Taken", "in_books", "stock_of"]

ZERO = Decimal(0)
#: More than any warehouse holds.
EVERYTHING = Decimal(10) ** 12
#: (organisation of the desk, "" where the books keep stock for all of them together; item of the books).
Thing = tuple[str, str]
Label = Callable[[str, str], str | None]


def in_books(quantity: Decimal, factor: Decimal, *, unbroken: bool = False) -> Decimal | None:
    """A line's ``quantity`` in the books' unit, three places; ``None`` where it is no such number: nobody rounds it.
    ``unbroken``: nor a part of what the books count in packs."""
    return exact(quantity * factor, whole=unbroken and factor != 1)


@dataclass(frozen=True, slots=True)
class Taken:
    """What stock gives to a line. ``quantity`` in the line's unit; ``free``: what lay there, in the books' ``unit``.
    ``comparable``: whether the two units can be told in one another."""

    quantity: Decimal
    free: Decimal
    unit: str
    comparable: bool = True


@dataclass(frozen=True)
class Stock:
    """``free``: what may be given to requests, in the items' own units. ``named``: folded name → items so called;
    ``units``: item → its unit, where the books tell it; ``goods``: line → the item its card names."""

    free: Mapping[Thing, Decimal] = field(default_factory=dict)
    named: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    units: Mapping[str, str] = field(default_factory=dict)
    goods: Mapping[str, Good] = field(default_factory=dict)

    def give(self, organization: str, line: Line, wanted: Decimal, name: str) -> tuple[Taken | None, Stock]:
        """What lies there for ``wanted`` of ``line`` (called ``name``), and the stock without it; ``None``: nothing."""
        found, left = None, dict(self.free)
        for thing in self._things(organization, line, name):
            free, unit, factor = left[thing], self.units.get(thing[1], ""), self._factor(line, thing[1])
            if factor is None:
                found = found or Taken(ZERO, free, unit, comparable=False)
                continue
            before = found if found and found.comparable else Taken(ZERO, ZERO, unit)
            given = _most(wanted - before.quantity, free, factor)
            left[thing] = free - (in_books(given, factor) or ZERO)
            found = Taken(before.quantity + given, before.free + free, unit)
        return found, (replace(self, free=left) if found and found.quantity else self)

    def lies(self, organization: str, line: Line, name: str) -> Decimal | None:
        """All that lies there, in the line's own unit; ``None`` where nobody stored how to count in it."""
        taken, _ = self.give(organization, line, EVERYTHING, name)
        return ZERO if taken is None else taken.quantity if taken.comparable else None

    def _things(self, organization: str, line: Line, name: str) -> list[Thing]:
        good = self.goods.get(line.id)
        items = (good.item,) if good else self.named.get(fold(name), ())
        things = [(owner, item) for item in items for owner in dict.fromkeys((organization, ""))]
        return [thing for thing in things if self.free.get(thing, ZERO) > 0]

    def _factor(self, line: Line, item: str) -> Decimal | None:
        """The item's units in one of the line's; ``None`` where nobody stored that."""
        if (good := self.goods.get(line.id)) is not None:
            return good.factor
        # Books whose items do not tell their unit are counted in as the desk counts.
        return Decimal(1) if item not in self.units or alike(self.units[item], line.unit) else None


def _most(wanted: Decimal, free: Decimal, factor: Decimal) -> Decimal:
    """How much of ``wanted`` the ``free`` of the books covers: all of it, else whole units of the line."""
    if wanted <= 0 or free <= 0:
        return ZERO
    whole = in_books(wanted, factor)
    if whole is not None and whole <= free:
        return wanted
    most = free if factor == 1 else free // factor
    return min(most, wanted) if in_books(min(most, wanted), factor) is not None else ZERO


def stock_of(
    world: World, listing: Listing | None, label: Label, units: Mapping[str, str], goods: Mapping[str, Good]
) -> Stock:
    """What stands in the books' warehouses, all of them together, less what our own drafts will take once posted."""
    free: dict[Thing, Decimal] = {}
    named: dict[str, list[str]] = {}
    coming = _leaving(world.drafts)
    for record in listing.records.values() if listing else ():
        quantity, item, owner = record.values.get("quantity"), id_of(record, "item"), id_of(record, "organization")
        ours = world.index.on("desk", Ref("book", "organization", owner)) if owner else None
        if not isinstance(quantity, Decimal) or not item or (owner and ours is None):
            continue
        thing = (ours.id if ours else "", item)
        free[thing] = free.get(thing, coming.pop((owner, item), ZERO)) + quantity
        if (name := label("item", item)) and item not in named.setdefault(fold(name), []):
            named[fold(name)].append(item)
    return Stock(free, {name: tuple(sorted(items)) for name, items in named.items()}, units, goods)


def _leaving(drafts: Iterable[Draft]) -> dict[Thing, Decimal]:
    """(organisation, item) of the books → what drafts that nobody posted yet take out of it, never above nought."""
    found: dict[Thing, Decimal] = {}
    for draft in drafts:
        for member in draft.members if draft.state in ("open", "edited") else ():
            for (item, owner, _), quantity in drafted(member):
                for thing in ((owner, item), ("", item)):
                    found[thing] = found.get(thing, ZERO) + quantity
    return {thing: min(quantity, ZERO) for thing, quantity in found.items()}
