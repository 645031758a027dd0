"""What stock gives to the lines of requests: in the books' unit, no piece of it twice, and nothing of it overlooked."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as some

from uchet.mappings.load import load_system
from uchet.mappings.model import Ref
from uchet.purchase_rules import RequestRules
from uchet.sync.filling import Around, check, from_stock
from uchet.sync.pair import EngineSettings
from uchet.sync.purchase import Line, Request
from uchet.sync.purchase_books import Good
from uchet.sync.purchase_stock import Stock, in_books, stock_of
from uchet.sync.types import Draft, FieldChange, Link, Listing, Operation, Record
from uchet.sync.world import World

TODAY = date(2026, 3, 2)
THREE = some.integers(1, 300_000).map(lambda number: Decimal(number) / 1000)
WHOLE = some.integers(1, 40).map(Decimal)
QUANTITIES = WHOLE | THREE
FACTORS = some.sampled_from([Decimal(1), Decimal(1), Decimal(12), Decimal(10), Decimal("0.1"), Decimal("0.333")])
#: One line: (what it asks for, units of the item in one of its own, of which item, whether it is repaired instead).
LINES = some.lists(
    some.tuples(QUANTITIES, FACTORS, some.sampled_from(["mouse", "toner"]), some.booleans()), min_size=1, max_size=4
)
FREE = some.integers(0, 60).map(Decimal) | THREE
STOCK = some.dictionaries(some.tuples(some.sampled_from(["o", "p", ""]), some.sampled_from(["mouse", "toner"])), FREE)


def asked(lines: list[tuple[Decimal, Decimal, str, bool]], free: dict[tuple[str, str], Decimal]) -> Around:
    goods = {f"l{n}": Good(item, factor) for n, (_, factor, item, _) in enumerate(lines)}
    made = tuple(
        Line(f"l{n}", text="x", quantity=quantity, asset="broken" if repaired else "")
        for n, (quantity, _, _, repaired) in enumerate(lines)
    )
    warranty = {"broken": TODAY + timedelta(days=1)}
    others = (Request("1", organization="o", lines=made),)
    return Around(TODAY, RequestRules(), warranty=warranty, stock=Stock(free, goods=goods), others=others)


@settings(max_examples=200)
@given(LINES, STOCK)
def test_no_piece_is_given_twice_and_none_that_fits_is_left(
    lines: list[tuple[Decimal, Decimal, str, bool]], free: dict[tuple[str, str], Decimal]
) -> None:
    around = asked(lines, free)
    [request] = around.others
    given, left = from_stock(request, around)
    used: dict[str, Decimal] = defaultdict(Decimal)
    for id, taken in given.items():
        quantity, factor, item, repaired = lines[int(id[1:])]
        base = in_books(taken.quantity, factor)
        assert not repaired
        assert Decimal(0) <= taken.quantity <= quantity
        assert base is not None, "counted to the last thousandth in both units"
        assert factor == 1 or taken.quantity in (quantity, taken.quantity.to_integral_value()), "no part of a pack"
        used[item] += base
    for item in ("mouse", "toner"):
        before, after = (sum(one.get((org, item), Decimal(0)) for org in ("o", "")) for one in (free, left.free))
        assert after == before - used[item] >= 0
        assert left.free.get(("p", item)) == free.get(("p", item)), "another organisation's stays where it is"
    for id, (quantity, factor, item, repaired) in ((f"l{n}", line) for n, line in enumerate(lines)):
        taken_here = given[id].quantity if id in given else Decimal(0)
        if not repaired and factor in (1, 10, 12) and in_books(quantity, factor) is not None:
            most = max(left.free.get((org, item), Decimal(0)) for org in ("o", ""))
            assert taken_here == quantity or most < min(factor, (quantity - taken_here) * factor), "it was overlooked"


@settings(max_examples=100)
@given(LINES, STOCK)
def test_what_is_repaired_is_as_if_it_were_not_asked_for(
    lines: list[tuple[Decimal, Decimal, str, bool]], free: dict[tuple[str, str], Decimal]
) -> None:
    around = asked(lines, free)
    [request] = around.others
    rest = replace(request, lines=tuple(line for line in request.lines if not line.asset))
    assert from_stock(request, around) == from_stock(rest, around)


@settings(max_examples=100)
@given(WHOLE, some.sampled_from([2, 10, 12]), some.integers(0, 400).map(Decimal))
def test_packs_and_their_pieces_are_one_quantity(packs: Decimal, size: int, pieces: Decimal) -> None:
    """What a line asks for in packs and another in pieces takes the same of whole packs, and is told the same way."""
    whole = pieces - pieces % size
    free = {("o", "mouse"): whole}
    in_packs, in_pieces = (
        asked([(quantity, factor, "mouse", False)], free)
        for quantity, factor in ((packs, Decimal(size)), (packs * size, Decimal(1)))
    )
    given_packs, left_packs = from_stock(in_packs.others[0], in_packs)
    given_pieces, left_pieces = from_stock(in_pieces.others[0], in_pieces)
    assert left_packs.free == left_pieces.free
    told = {gap.code for gap in check(in_packs.others[0], in_packs)} & {"stock_available"}
    assert bool(told) == (whole > 0)
    assert [t.quantity * size for t in given_packs.values()] == [t.quantity for t in given_pieces.values()]


def test_what_lies_there_is_told_in_the_lines_own_unit() -> None:
    stock = Stock({("o", "mouse"): Decimal(25), ("p", "mouse"): Decimal(99)}, {"мышь": ("mouse",)}, {"mouse": "шт"})
    packs = replace(stock, goods={"1": Good("mouse", Decimal(10))})
    line = Line("1", text="Мышь", quantity=Decimal(1), unit="шт")
    assert packs.lies("o", line, "Мышь") == 2, "a third pack is not whole"
    assert stock.lies("o", line, "Мышь") == 25
    assert stock.lies("o", replace(line, unit="упак"), "Мышь") is None, "nobody said how many there are in a pack"
    assert stock.lies("o", line, "Тонер") == 0


def test_what_our_drafts_will_take_is_not_free_nor_what_belongs_to_nobody_known() -> None:
    def ref(kind: str, id: str) -> Ref:
        return Ref("book", kind, id)

    def level(id: str, quantity: int, owner: str | None) -> Record:
        owned = {"organization": ref("organization", owner)} if owner else {}
        return Record("stock", "book", id, {"item": ref("item", "m"), "quantity": Decimal(quantity), **owned})

    row = {"item": ref("item", "m"), "organization": ref("organization", "rose"), "place": ref("place", "w")}
    changes = tuple(FieldChange(name, None, value) for name, value in {**row, "quantity": Decimal(2)}.items())
    member = Operation("m", "update", "book", "item", "m", None, changes)
    systems = load_system("book", "bp30"), load_system("desk", "roundup")
    linked = (Link("organization", "rose", "o"),)

    def free(state: str, *levels: Record) -> dict[tuple[str, str], Decimal]:
        draft = Draft("d", "consume", "r", "1", "c", state, "7", (member,))  # type: ignore[arg-type]
        now = datetime(2026, 3, 2)
        world = World("p", (), *systems, EngineSettings(), (), linked, (), {}, (draft,), {}, now, "f")
        listing = Listing("stock", "book", {one.id: one for one in levels}, complete=True)
        return dict(stock_of(world, listing, lambda kind, id: "Мышь", {}, {}).free)

    owned = (level("1", 4, "rose"), level("2", 1, "rose"), level("3", 9, "nobody"))
    assert free("open", *owned) == {("o", "m"): Decimal(3)}
    assert free("agreed", *owned) == {("o", "m"): Decimal(5)}
    assert free("edited", level("1", 5, None)) == {("", "m"): Decimal(3)}, "books that keep stock for all"
