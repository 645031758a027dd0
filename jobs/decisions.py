"""What a person decides about two records: the same thing, not the same, no longer linked."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from ..errors import Reject
from ..mappings.model import Ref, Side
from ..sync.reconcile.types import Allotment
from ..sync.store import Store
from ..sync.types import UNIT, Link
from .lookup import THING, Known, linked_matches, parse_ref, resolve
from .wiring import Wired

__all__ = ["allot", "link", "linked", "reject", "two", "unallot"]

POSITION = "position"


def two(parts: Wired, known: Known, first: str, second: str) -> tuple[Ref, Ref]:
    """The book's record and the desk's that two words mean, in either order. Raises ``Reject``."""
    turned = [parse_ref(word) for word in (first, second)]
    if (turned[0] and turned[0].side == "desk") or (turned[1] and turned[1].side == "book"):
        first, second = second, first
    book, desk = resolve(known, first, "book"), resolve(known, second, "desk")
    if book.kind == POSITION and desk.kind == THING:
        return _unit(parts, known, book), desk
    if book.kind != desk.kind:
        raise Reject(
            "kinds_differ",
            "{book} and {desk} are records of different kinds.",
            hint="Give two records of the same kind.",
            book=str(book),
            desk=str(desk),
        )
    return book, desk


def _unit(parts: Wired, known: Known, position: Ref) -> Ref:
    """The first unit of a low-value position that nothing is linked to yet."""
    record = known.get(position)
    quantity = record.values.get("quantity") if record else None
    taken = {ln.book for ln in parts.store.links(parts.pair.name, THING) if ln.book.startswith(f"{UNIT}{position.id}#")}
    for number in _numbers(quantity):
        if (unit := f"{UNIT}{position.id}#{number}") not in taken:
            return Ref("book", THING, unit)
    raise Reject(
        "position_full",
        "Every piece of this low-value position already has its thing on the desk ({count}).",
        hint="Unlink one of them, or correct the quantity in 1C.",
        count=len(taken),
    )


def _numbers(quantity: object) -> Iterator[int]:
    yield from range(1, int(str(quantity).partition(".")[0] or 0) + 1 if quantity is not None else 1)


def link(parts: Wired, known: Known, first: str, second: str, *, by: str, across: bool = False) -> Link:
    """Link two records by a person's word. ``across`` allows two organisations. Raises ``Reject``."""
    book, desk = two(parts, known, first, second)
    if not across and _foreign(parts, known, book, desk):
        raise Reject(
            "other_organization",
            "{book} and {desk} belong to different organisations.",
            hint="If that is really meant, repeat the command with --yes.",
            book=str(book),
            desk=str(desk),
        )
    made = Link(book.kind, book.id, desk.id, rule="person", by=by)
    parts.store.put_link(parts.pair.name, made, by=by)
    return made


def _foreign(parts: Wired, known: Known, book: Ref, desk: Ref) -> bool:
    ours, theirs = (record.values.get("organization") if (record := known.get(ref)) else None for ref in (book, desk))
    if not isinstance(ours, Ref) or not isinstance(theirs, Ref):
        return False
    same = parts.store.find_link(parts.pair.name, ours.kind, "book", ours.id)
    return same is not None and same.desk != theirs.id


def reject(parts: Wired, known: Known, first: str, second: str, *, by: str) -> tuple[Ref, Ref]:
    """Remember that two records are not the same thing. Raises ``Reject``."""
    book, desk = two(parts, known, first, second)
    parts.store.reject(parts.pair.name, book.kind, book.id, desk.id, by=by)
    return book, desk


def allot(
    parts: Wired,
    known: Known,
    card: str,
    thing: str | None,
    quantity: Decimal,
    role: str,
    reason: str,
    *,
    by: str,
) -> Allotment:
    """Remember that ``thing`` is part of ``card``, or (without one) what the card stands for. Raises ``Reject``."""
    made = Allotment(*_card(known, card), _thing(known, thing), quantity, role, reason)
    parts.store.allot(parts.pair.name, made, by=by)
    return made


def unallot(parts: Wired, known: Known, card: str, thing: str | None, *, by: str) -> Allotment:
    """Take that back. Raises ``Reject`` where nothing was said."""
    gone = Allotment(*_card(known, card), _thing(known, thing))
    if not parts.store.drop_allotment(parts.pair.name, gone.kind, gone.card, gone.desk, by=by):
        raise Reject(
            "no_allotment",
            "Nothing was said about {card} and {thing}.",
            hint="Give them as they were given to uchet allot.",
            card=card,
            thing=thing or "—",
        )
    return gone


def _card(known: Known, text: str) -> tuple[str, str]:
    """Kind and id of a card. A group card is no single thing and so not among those read: its reference is believed."""
    ref = parse_ref(text)
    if ref is None or ref.side != "book" or ref.kind not in (THING, POSITION):
        ref = resolve(known, text, "book")
    return ref.kind, ref.id


def _thing(known: Known, text: str | None) -> str:
    return resolve(known, text, "desk").id if text else ""


def linked(store: Store, pair: str, first: str, second: str | None = None) -> Link:
    """The one link that the words mean, from memory alone. Raises ``Reject`` where there is none, or more than one."""
    links = store.links(pair)
    found = [ln for ln in links if _means(ln, first) and (second is None or _means(ln, second))]
    if len(found) == 1:
        return found[0]
    if not found:
        raise Reject(
            "no_such_link",
            "There is no link of {text}.",
            hint="“uchet explain” shows what a number is linked to.",
            text=" + ".join(filter(None, (first, second))),
        )
    raise Reject(
        "ambiguous",
        "{text} means more than one record: {found}.",
        hint="Give one of these instead.",
        text=first,
        found=", ".join(str(Ref("book", ln.kind, ln.book)) for ln in found),
    )


def _means(link: Link, text: str) -> bool:
    sides: tuple[Side, ...] = ("book", "desk")
    return any(True for side in sides for _ in linked_matches(link, side, text))
