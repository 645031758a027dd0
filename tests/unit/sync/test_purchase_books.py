"""Which rows of orders and receipts belong to which line: nothing of them is lost, nothing comes of nothing."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as some

from uchet.sync.purchase import Line, Request
from uchet.sync.purchase_books import BookLine, Good, Spread, spread

THREE = some.integers(1, 3_000_000).map(lambda number: Decimal(number) / 1000)
WHOLE = some.integers(1, 100_000).map(Decimal)
QUANTITIES = WHOLE | THREE
FACTORS = some.sampled_from([Decimal(1), Decimal(1), Decimal(12), Decimal(7), Decimal("0.5"), Decimal("0.3")])
ORDERS = {"1": {"o"}, "2": {"o"}}


def row(quantity: Decimal, place: int = 1) -> BookLine:
    return BookLine("receipt", "r", "П-1", "2026-02-10", str(place), "o", "mouse", "", "", quantity)


def spread_over(lines: list[tuple[Decimal, Decimal]], came: list[Decimal]) -> tuple[Spread, dict[str, Good]]:
    """``lines``: (asked for, units of the item in one of the line's), the first of request 1, the others of 2."""
    made = [Line(f"l{n}", text="Мышь", quantity=asked) for n, (asked, _) in enumerate(lines)]
    goods = {line.id: Good("mouse", factor) for line, (_, factor) in zip(made, lines, strict=True)}
    requests = [Request("1", "", "ordered", lines=tuple(made[:1])), Request("2", "", "ordered", lines=tuple(made[1:]))]
    return spread([row(quantity, n) for n, quantity in enumerate(came, 1)], requests, ORDERS, goods, {}, {}), goods


@settings(max_examples=300)
@given(some.lists(some.tuples(QUANTITIES, FACTORS), min_size=1, max_size=4), some.lists(QUANTITIES, max_size=4))
def test_all_that_came_is_given_to_a_line_or_told(lines: list[tuple[Decimal, Decimal]], came: list[Decimal]) -> None:
    found, goods = spread_over(lines, came)
    taken = sum(one.quantity * goods[one.line].factor for one in found.crossings)
    assert taken + sum(row.quantity for _, row in found.strange) == sum(came)
    assert all(one.quantity == one.quantity.quantize(Decimal("0.001")) > 0 for one in found.crossings)


def test_a_large_row_is_shared_to_the_last_piece() -> None:
    found, _ = spread_over([(Decimal(11_889), Decimal(1)), (Decimal(9_000), Decimal(1))], [Decimal(16_719)])
    assert [one.quantity for one in found.crossings] == [11_889, 4_830]
    assert not found.strange
