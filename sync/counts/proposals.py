"""From a closed count to the documents that accountants post: what the books have beside what was found. Pure.

A count of fixed assets is one document for each responsible person, a count of stock one for each warehouse. Surplus,
shortage and offsets become no document here: the count's own document shows them, people decide about them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from types import MappingProxyType

from ...i18n import N_, tr
from ...mappings.model import Ref, Value, Values
from ..feed_facts import Spot, spot_of
from ..orders import Order
from ..reconcile.look import Look
from ..reconcile.stock import arriving_account
from .tally import Tally
from .types import CountSession

__all__ = ["orders_of"]

ZERO = Decimal(0)
#: Who answers for what, of one document: organisation, department, person.
Hands = tuple[Ref, Value, Value]


def orders_of(session: CountSession, look: Look, counted: Tally, day: date, language: str) -> list[Order]:
    """One order for each document; the same count gives the same orders, so that none is written twice. ``day``: the
    books' calendar."""
    return [*_assets(session, look, counted, day, language), *_stock(session, look, counted, day, language)]


def _header(session: CountSession, language: str) -> dict[str, Value]:
    order = session.order
    return {
        "started": order.starts,
        "ended": order.ends,
        "reason": order.reason,
        "order_kind": tr(N_("order of the head"), language),
        "order_number": order.number,
        "order_date": order.day,
    }


def _order(
    session: CountSession,
    document: str,
    name: str,
    header: Mapping[str, Value],
    rows: list[Values],
    day: date,
    language: str,
) -> Order:
    said = {**_header(session, language), **header}
    commission: tuple[Values, ...] = tuple(
        {"person": Ref("book", "person", one.person), "chairman": one.chairman} for one in session.present
    )
    note = tr(N_("count {number}"), language, number=session.number)
    event = f"count:{session.run}:{document}:{name}"
    return Order(
        document,
        event,
        f"№{session.number}",
        MappingProxyType(said),
        tuple(rows),
        note,
        day,
        {"commission": commission},
    )


def _assets(session: CountSession, look: Look, counted: Tally, day: date, language: str) -> Iterator[Order]:
    """Cards in scope with what was found of them; one that was found and belongs elsewhere by the books is its own
    place's business."""
    found: dict[Hands, list[Values]] = defaultdict(list)
    listing = look.snapshot.listing("equipment", "book")
    for id, record in sorted(listing.records.items()) if listing else ():
        values = record.values
        home = values.get("organization")
        if record.retired or values.get("accounting") != "fixed_asset" or not isinstance(home, Ref):
            continue
        scan = counted.things.get(f"thing:{id}")
        if not look.scope.inside(look.snapshot, record) or (scan is None and not session.finished):
            continue
        present = scan is not None and bool(scan.quantity)
        row: dict[str, Value] = {"asset": record.ref, "expected": True, "present": present}
        found[home, values.get("department"), values.get("custodian")].append(row)
    for hands, rows in sorted(found.items(), key=str):
        header = dict(zip(("organization", "department", "person"), hands, strict=True))
        yield _order(session, "count_assets", "|".join(map(_id, hands)), header, rows, day, language)


def _id(value: Value) -> str:
    return value.id if isinstance(value, Ref) else ""


def _stock(session: CountSession, look: Look, counted: Tally, day: date, language: str) -> Iterator[Order]:
    """Heaps that were counted, all accounts of an item together: which account a difference belongs to, 1C knows."""
    books: dict[Spot, Decimal] = defaultdict(lambda: ZERO)
    listing = look.snapshot.listing(look.snapshot.book_quantity, "book")
    for record in listing.records.values() if listing else ():
        spot, quantity = spot_of(record, "item", "place"), record.values.get("quantity")
        if spot is not None and isinstance(quantity, Decimal) and not arriving_account(record.values.get("account")):
            books[spot] += quantity
    found: dict[tuple[str, str], list[Values]] = defaultdict(list)
    for heap in sorted(counted.heaps):
        kind, _, name = heap.partition(":")
        fact = counted.quantity(heap)
        item, organization, place = (*name.split("|"), "", "")[:3]
        if kind != "stock" or not place or fact is None:
            continue
        book = books[item, organization, place]
        if fact or book:
            row: dict[str, Value] = {"item": Ref("book", "item", item), "counted": fact, "expected": book}
            found[organization, place].append(row)
    for (organization, place), rows in sorted(found.items()):
        header: dict[str, Value] = {
            "organization": Ref("book", "organization", organization),
            "place": Ref("book", "place", place),
        }
        yield _order(session, "count_stock", f"{organization}|{place}", header, rows, day, language)
