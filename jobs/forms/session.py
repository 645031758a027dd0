"""A counted session as forms see it: a filled sheet, and what order and commission write into the heading."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from zoneinfo import ZoneInfo

from ...mappings.model import Ref
from ...sync.counts.tally import tally
from ...sync.counts.types import CONDITIONS, CountSession, Scan
from ...sync.pair import book_now
from ...sync.reconcile.types import Snapshot
from ...sync.store import Store
from .counted import Count, Find
from .lines import POSITION_ACCOUNT
from .types import Cell, Form

__all__ = ["as_filled", "heading"]


def as_filled(store: Store, pair: str, number: int) -> tuple[CountSession, Count]:
    """A session as if it were a filled sheet. Raises ``Reject``."""
    session = store.count(pair, number)
    made = tally(store.scans(pair, number))
    facts: dict[str, Decimal] = {}
    conditions: dict[str, str] = {}
    for target, scan in made.things.items():
        key = f"thing:{target.partition(':')[2]}"
        facts[key] = scan.quantity
        if scan.condition:
            conditions[key] = CONDITIONS[scan.condition]
    heaps: dict[str, Decimal] = {}
    for heap, parts in made.heaps.items():
        kind, _, name = heap.partition(":")
        if kind == "position":
            facts[f"stock:{heap}|{POSITION_ACCOUNT}"] = sum(parts.values(), Decimal(0))
        elif set(parts) == {""}:
            heaps[name] = parts[""]
        else:
            facts |= {f"stock:{name}|{account}": quantity for account, quantity in parts.items()}
    added = tuple(_find(scan) for scan in made.unknown)
    return session, Count(facts, conditions, added, heaps, session.finished)


def _find(scan: Scan) -> Find:
    return Find("", scan.text, "", scan.quantity, CONDITIONS.get(scan.condition, ""))


def heading(session: CountSession, form: Form, snapshot: Snapshot, zone: ZoneInfo) -> Mapping[str, Cell]:
    """Blanks of ``form`` that the order and the commission fill."""

    def called(person: str) -> str:
        return snapshot.called(Ref("book", "person", person))

    order = session.order
    there = [m.person for m in session.present if not m.chairman]
    ended = book_now(session.closed, zone).date() if session.closed else order.ends
    told: dict[str, Cell] = {
        "basis": "приказ",
        "basis_number": order.number,
        "basis_date": order.day,
        "started": order.starts,
        "finished": ended,
        "chairman": called(session.chairman),
        "members": "; ".join(called(person) for person in there),
        "reason": order.reason,
        "hand_in": order.hand_in,
    }
    known = {one.name for one in form.fields}
    return {name: value for name, value in told.items() if name in known and value}
