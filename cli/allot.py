"""``allot`` and ``unallot``: which things of the desk one card of the books stands for."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Annotated

import typer

from ..jobs import decisions
from ..sync.reconcile.types import Allotment
from .frame import OK, Seat, command
from .links import reading
from .plans import person

__all__: list[str] = []

CardArgument = Annotated[
    str,
    typer.Argument(metavar="CARD", help="In the books: inventory number, id, book:equipment:ID or book:position:ID."),
]
ThingArgument = Annotated[
    str | None, typer.Argument(metavar="[THING]", help="On the desk: inventory number, serial or id.")
]


@command("allot", help="Say which thing of the desk a group card, kit or position of the books stands for.")
def allot(
    seat: Seat,
    card: CardArgument,
    thing: ThingArgument = None,
    quantity: Annotated[str, typer.Option("--quantity", help="How many; without a thing: how many in all.")] = "1",
    role: Annotated[str, typer.Option("--role", help="Its part in a kit; without a thing: all parts, by commas.")] = "",
    reason: Annotated[str, typer.Option("--reason", help="Why, where one thing has several cards.")] = "",
) -> int:
    with reading(seat) as (parts, known):
        made = decisions.allot(parts, known, card, thing, _number(seat, quantity), role, reason, by=person())
    seat.emit(_json(made))
    if thing:
        seat.say(seat.t("Remembered: {thing} is part of {card}.", thing=thing, card=card))
    else:
        seat.say(seat.t("Remembered: {card} stands for {quantity}.", card=card, quantity=role or quantity))
    return OK


@command("unallot", help="Take back what was said about a card and a thing, or about the card alone.")
def unallot(seat: Seat, card: CardArgument, thing: ThingArgument = None) -> int:
    with reading(seat) as (parts, known):
        gone = decisions.unallot(parts, known, card, thing, by=person())
    seat.emit(_json(gone))
    seat.say(seat.t("Taken back: {card}.", card=card))
    return OK


def _number(seat: Seat, text: str) -> Decimal:
    try:
        return Decimal(text.replace(",", "."))
    except InvalidOperation:
        raise typer.BadParameter(seat.t("{text} is not a number.", text=text)) from None


def _json(one: Allotment) -> dict[str, object]:
    ends = {"kind": one.kind, "card": one.card, "desk": one.desk or None}
    return {**ends, "quantity": one.quantity, "role": one.role, "reason": one.reason}
