"""Rights of use: objects of the books (accounts that settings name) against the desk's licences and their seats."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal

from ...mappings.model import Ref
from ...mappings.text import fold
from ..types import Record
from .classes import CLASSES
from .look import Look
from .types import KEY, Difference

__all__ = ["compare_rights"]


def compare_rights(look: Look) -> tuple[tuple[Difference, ...], int]:
    """Objects without a licence, licences whose object the books do not have, seats overrun. A licence that names no
    object is one that the books need not know."""
    snapshot = look.snapshot
    book, desk = snapshot.listing("licence", "book"), snapshot.listing("licence", "desk")
    if desk is None or not desk.complete:
        return (), 0
    licences = [r for r in desk.records.values() if not r.retired and look.scope.inside(snapshot, r)]
    found = list(_overrun(look, licences)) if snapshot.whole("installation", "desk") else []
    if book is not None and book.complete:
        found += _objects(look, licences, list(book.records.values()))
    return tuple(found), len(licences)


def _overrun(look: Look, licences: list[Record]) -> Iterator[Difference]:
    listing = look.snapshot.listing("installation", "desk")
    taken = Counter(ref.id for r in listing.records.values() if not r.retired
                    and isinstance(ref := r.values.get("licence"), Ref)) if listing else Counter()  # fmt: skip
    for one in licences:
        seats = one.values.get("seats")
        if isinstance(seats, Decimal) and taken[one.id] > seats:
            yield _difference(look, "quantity", one, "seats", seats, Decimal(taken[one.id]), "buy_seats")


def _objects(look: Look, licences: list[Record], books: list[Record]) -> Iterator[Difference]:
    keys = {key: one.id for one in books for key in (fold(str(one.values.get("name") or "")), fold(one.id)) if key}
    named = set()
    for one in licences:
        wanted = str(one.values.get("book_object") or "")
        if not wanted:
            continue
        if (id := keys.get(fold(wanted))) is None:
            yield _difference(look, "not_in_books" if look.counted else "desk_only", one, "presence", "no", "yes", "")
        else:
            named.add(id)
    for one in books:
        if one.id not in named and look.scope.inside(look.snapshot, one):
            yield _difference(look, "book_only", one, "presence", "yes", "no", "name_object")


def _difference(
    look: Look, code: str, record: Record, name: str, book: str | Decimal, desk: str | Decimal, proposal: str
) -> Difference:
    known = CLASSES[code]
    cost = record.values.get("cost")
    on_books = record.side == "book"
    over = desk - book if isinstance(desk, Decimal) and isinstance(book, Decimal) else None
    return Difference(
        f"{KEY}licence:{record.side}:{record.id}:{name}",
        code,
        "licence",
        str(record.values.get("name") or record.id),
        record.id if on_books else None,
        None if on_books else record.id,
        name,
        book,
        desk,
        quantity=over,
        rule="book_object",
        at_risk=cost if isinstance(cost, Decimal) else None,
        owner="it" if proposal else known.owner,
        proposal=proposal or known.proposal,
        organization=look.snapshot.called(record.values.get("organization")),
    )
