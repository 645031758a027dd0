"""Stock by item and warehouse: the books' balances against the desk's cards, less what is on its way.

Quantities are ``Decimal`` in the books' unit with three places, nothing is rounded to fit. Only items that stand on a
card of the desk, in warehouses where it keeps some card, are compared: what it never kept it cannot lack.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from ...mappings.model import Ref, Value
from ...mappings.text import clean
from ..feed_facts import Card, Spot, cards_of, spot_of
from ..types import Listing, Record
from .classes import CLASSES
from .counted import Find
from .look import Look
from .types import KEY, Difference

__all__ = ["Balance", "Stock", "arriving_account", "balances", "compare_stock", "stock_key"]

ZERO = Decimal(0)
CENT = Decimal("0.01")
#: Card problems that are about units; the others are about what the card stands for.
_UNITS = frozenset({"feed_unit"})


@dataclass(frozen=True, slots=True)
class Balance:
    """One item at one place. ``fact``: what was counted, else what the desk has; ``waiting``: part of the desk's
    quantity that the books do not know yet."""

    spot: Spot
    book: Decimal = ZERO
    cost: Decimal = ZERO
    desk: Decimal = ZERO
    waiting: Decimal = ZERO
    counted: Decimal | None = None
    accounts: tuple[str, ...] = ()
    cards: tuple[str, ...] = ()

    @property
    def difference(self) -> Decimal:
        """Fact less books, as far as nothing on its way explains it."""
        return (self.desk - self.waiting if self.counted is None else self.counted) - self.book

    @property
    def price(self) -> Decimal | None:
        return self.cost / self.book if self.book and self.cost else None


@dataclass(frozen=True, slots=True)
class Stock:
    found: tuple[Difference, ...]
    compared: int


def arriving_account(account: Value) -> bool:
    """Whether an account holds what is bought and not in use yet (08): no stock of the desk's."""
    return isinstance(account, str) and account.startswith("08")


def stock_key(spot: Spot) -> str:
    return f"{KEY}stock:{'|'.join(spot)}:quantity"


def compare_stock(look: Look) -> Stock:
    """Every balance inside the scope; nothing at all where one of the listings is missing or cut."""
    cards, inside, ours = _compared(look)
    found = [*_unfit(look, cards, inside), *_moved(look, [one for one in ours if one.difference])]
    found += [_timing(look, one) for one in ours if one.waiting and not one.difference and one.counted is None]
    return Stock(tuple(found), len(ours))


def balances(look: Look) -> tuple[Balance, ...]:
    """Every balance inside the scope that can be compared, whether it differs or not."""
    return tuple(_compared(look)[2])


def _compared(look: Look) -> tuple[Mapping[str, Card], set[str], list[Balance]]:
    """The desk's cards, which of them are inside the scope, and the balances to compare."""
    snapshot = look.snapshot
    supplies, items = snapshot.listing("supply", "desk"), snapshot.listing("item", "book")
    held = snapshot.listing(snapshot.book_quantity, "book")
    if supplies is None or items is None or held is None:
        return {}, set(), []
    if not (supplies.complete and items.complete and held.complete):
        return {}, set(), []
    cards = cards_of(items, supplies, look.index)
    inside = {id for id in cards if look.scope.inside(snapshot, supplies.records[id])}
    rows = {spot: r for r in held.records.values() if (spot := spot_of(r, "item", "place")) is not None}
    found = _balances(look, cards, _untold(cards, supplies, items))
    return cards, inside, [one for one in found if _within(look, one, inside, rows)]


def _within(look: Look, one: Balance, inside: set[str], rows: Mapping[Spot, Record]) -> bool:
    return any(card in inside for card in one.cards) or look.scope.inside(look.snapshot, rows.get(one.spot))


# -- balances ----------------------------------------------------------------------------------------------------------


def _untold(cards: Mapping[str, Card], supplies: Listing, items: Listing) -> frozenset[str]:
    """Items of which some card of the desk cannot be told in the books' unit: how much there is, nobody knows."""
    codes = {clean(str(supplies.records[id].values.get("code") or "")) for id, card in cards.items() if _inexact(card)}
    return frozenset(id for id, r in items.records.items() if clean(str(r.values.get("code") or "")) in codes - {""})


def _inexact(card: Card) -> bool:
    return bool(card.problem) or card.to_book(card.quantity) is None


def _balances(look: Look, cards: Mapping[str, Card], untold: Container[str]) -> list[Balance]:
    books = _books(look)
    desks = _desks(look, cards, books)
    counted = _counted(look)
    kept, items = {(spot[1], spot[2]) for spot in desks}, {spot[0] for spot in desks}
    found = []
    for spot in sorted(books.keys() | desks.keys() | counted.keys()):
        ours = spot in desks or (spot[0] in items and (spot[1], spot[2]) in kept)
        if spot not in counted and (spot[0] in untold or not ours):
            continue
        one = desks.get(spot, Balance(spot))
        book = books.get(spot)
        if book:
            one = replace(one, book=book.book, cost=book.cost, accounts=book.accounts)
        if (
            look.counted is not None
            and "|".join(spot) not in look.counted.stale
            and (spot in counted or look.counted.finished)
        ):
            one = replace(one, counted=counted.get(spot, ZERO))
        found.append(one)
    return found


def _books(look: Look) -> dict[Spot, Balance]:
    """All accounts of stock together, by spot."""
    found: dict[Spot, Balance] = {}
    listing = look.snapshot.listing(look.snapshot.book_quantity, "book")
    for record in listing.records.values() if listing else ():
        spot, values = spot_of(record, "item", "place"), record.values
        account = values.get("account")
        if spot is None or arriving_account(account):
            continue
        known = found.get(spot, Balance(spot))
        quantity, cost = values.get("quantity"), values.get("cost")
        found[spot] = replace(
            known,
            book=known.book + (quantity if isinstance(quantity, Decimal) else ZERO),
            cost=known.cost + (cost if isinstance(cost, Decimal) else ZERO),
            accounts=tuple(sorted({*known.accounts, str(account)} if account else known.accounts)),
        )
    return found


def _desks(look: Look, cards: Mapping[str, Card], books: Mapping[Spot, Balance]) -> dict[Spot, Balance]:
    """The desk's cards by spot; where the books keep no warehouses for an item, by organisation."""
    placed = {(item, org) for item, org, place in books if place}
    found: dict[Spot, Balance] = {}
    for card in cards.values():
        if _inexact(card):
            continue
        item, org, _ = card.spot
        bare = (item, org, "")
        spot = bare if bare in books and (item, org) not in placed else card.spot
        known = found.get(spot, Balance(spot))
        waiting = look.snapshot.waiting.get(card.id, ZERO) * card.factor
        found[spot] = replace(
            known,
            desk=known.desk + card.quantity * card.factor,
            waiting=known.waiting + waiting,
            cards=(*known.cards, card.id),
        )
    return found


def _counted(look: Look) -> dict[Spot, Decimal]:
    found: dict[Spot, Decimal] = {}
    for key, find in (look.counted.stock if look.counted else dict[str, Find]()).items():
        item, _, rest = key.partition("|")
        org, _, place = rest.partition("|")
        found[item, org, place] = find.quantity
    return found


# -- what differs ------------------------------------------------------------------------------------------------------


def _unfit(look: Look, cards: Mapping[str, Card], inside: set[str]) -> Iterator[Difference]:
    """Cards that mean nothing in the books: their unit has no coefficient, their code or place no twin."""
    for id, card in cards.items():
        if id not in inside or not _inexact(card):
            continue
        code = "unit" if not card.problem or card.problem in _UNITS else "desk_only"
        known = CLASSES[code]
        yield Difference(
            f"{KEY}stock:{id}:card",
            code,
            "supply",
            card.label,
            None,
            id,
            "unit" if code == "unit" else "presence",
            None,
            card.quantity,
            owner=known.owner,
            proposal=known.proposal,
            evidence={"units": card.units or card.unit, "why": card.problem or "feed_quantity"},
        )


def _moved(look: Look, unequal: Iterable[Balance]) -> Iterator[Difference]:
    """What is missing at one warehouse and too much, by the same, at another of the organisation is in the wrong one.

    With more than one candidate of the same quantity nobody knows which: then all stay differences of quantity.
    """
    unequal = list(unequal)
    over: dict[tuple[str, str, Decimal], list[Balance]] = defaultdict(list)
    under: dict[tuple[str, str, Decimal], list[Balance]] = defaultdict(list)
    for one in unequal:
        item, org, _ = one.spot
        (over if one.difference > 0 else under)[item, org, abs(one.difference)].append(one)
    paired: set[Spot] = set()
    for key in sorted(over.keys() & under.keys(), key=str):
        if len(over[key]) == len(under[key]) == 1:
            there, here = over[key][0], under[key][0]
            paired |= {there.spot, here.spot}
            yield _warehouse(look, here, there)
    yield from (_quantity(look, one) for one in unequal if one.spot not in paired)


def _warehouse(look: Look, here: Balance, there: Balance) -> Difference:
    """Booked ``here``, found ``there``."""
    one = _difference(look, "wrong_warehouse", here)
    places = (Ref("book", "place", here.spot[2]), Ref("book", "place", there.spot[2]))
    return replace(
        one,
        field_name="place",
        book=places[0],
        desk=places[1],
        quantity=there.difference,
        at_risk=_worth(here, there.difference),
        desk_id=there.cards[0] if there.cards else one.desk_id,
    )


def _quantity(look: Look, one: Balance) -> Difference:
    found = _difference(look, "quantity", one)
    if one.book < 0:
        found = replace(found, owner="accountant")
    return found


def _timing(look: Look, one: Balance) -> Difference:
    """Explained by what is on its way; after too long a time it is a difference like any other."""
    found = replace(_difference(look, "timing", one), quantity=one.waiting)
    if look.overdue(found.key):
        known = CLASSES["quantity"]
        return replace(found, code="quantity", owner="accountant", proposal=known.proposal)
    return found


def _difference(look: Look, code: str, one: Balance) -> Difference:
    known = CLASSES[code]
    item = Ref("book", "item", one.spot[0])
    evidence: dict[str, Value] = {"item": item, "place": Ref("book", "place", one.spot[2]) if one.spot[2] else None}
    if one.waiting:
        evidence["waiting"] = one.waiting
    if one.accounts:
        evidence["account"] = ", ".join(one.accounts)
    return Difference(
        stock_key(one.spot),
        code,
        "stock",
        look.snapshot.called(item),
        "|".join(one.spot),
        one.cards[0] if one.cards else None,
        "quantity",
        one.book,
        one.desk,
        one.counted,
        one.difference,
        "code",
        100 if one.cards else 0,
        _worth(one, one.difference),
        known.owner,
        known.proposal,
        look.snapshot.called(Ref("book", "organization", one.spot[1])),
        evidence,
    )


def _worth(one: Balance, quantity: Decimal) -> Decimal | None:
    return abs(one.price * quantity).quantize(CENT) if one.price is not None else None
