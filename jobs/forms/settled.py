"""How a difference of quantity is accounted for in ИНВ-19. Pure.

The identities of the form, by quantity and by sum, hold by construction: what is left is worked out, never given.

    8 = 12 + 18 + 24        10 = 15 + 21 + 27 + 29 + 31
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

__all__ = ["Amount", "Settled", "priced"]

ZERO = Decimal(0)
CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Amount:
    """``sum``: roubles, ``None`` where nobody knows a price: none is invented."""

    quantity: Decimal = ZERO
    sum: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Settled:
    """One line. ``difference``: fact less books; ``worth``: what all of it is worth. ``clarified``: the part that a
    document on its way explains, ``offset``: the part that the head offset against another line; both without a sign.
    Raises ``ValueError`` for parts that are more than the whole."""

    difference: Decimal
    worth: Decimal | None = None
    clarified: Decimal = ZERO
    offset: Decimal = ZERO

    def __post_init__(self) -> None:
        if self.clarified < 0 or self.offset < 0 or self.clarified + self.offset > abs(self.difference):
            raise ValueError(f"{self.clarified} + {self.offset} is no part of {self.difference}")

    @property
    def over(self) -> bool:
        return self.difference > 0

    def parts(self) -> tuple[Amount, Amount, Amount, Amount]:
        """The whole, what is clarified, what is offset, and what is left of it."""
        whole = abs(self.difference)
        worth = abs(self.worth) if self.worth is not None else None
        left = whole - self.clarified - self.offset
        clarified, offset = (_share(worth, part, whole) for part in (self.clarified, self.offset))
        rest = worth - (clarified or ZERO) - (offset or ZERO) if worth is not None else None
        return (
            Amount(whole, worth),
            Amount(self.clarified, clarified),
            Amount(self.offset, offset),
            Amount(left, rest),
        )


def _share(worth: Decimal | None, part: Decimal, whole: Decimal) -> Decimal | None:
    """What a part is worth; all of it takes all, so that no kopeck is left over."""
    if worth is None or not whole:
        return None
    return worth if part == whole else (worth * part / whole).quantize(CENT)


def priced(quantity: Decimal, book: Decimal, cost: Decimal) -> Decimal | None:
    """What ``quantity`` is worth at the books' price; all that the books have is worth exactly what they say."""
    if quantity == book:
        return cost
    if not quantity:
        return Decimal("0.00")
    return (cost / book * quantity).quantize(CENT) if book and cost else None
