"""From an accepted proposal to the document it asks for: moves and transfers between warehouses, nothing else.

Surplus, shortage, offsets and everything between organisations stay proposals: those are people's documents.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date

from ...i18n import N_, tr
from ...mappings.model import Ref, Value
from ..orders import Order
from ..types import UNIT
from .run import Answer
from .types import Difference, Snapshot

__all__ = ["orders_of"]

#: Field of a difference → the role of the move's header that it changes.
_ENDS = {"custodian": "to_custodian", "department": "to_department"}


def orders_of(answer: Answer, snapshot: Snapshot, today: date, language: str) -> list[Order]:
    """The orders for all differences that a person answered with ``accept``; one for each thing and each balance.

    The values that the books still have are the sender's, those of the desk the receiver's; what does not differ is
    repeated, because the posted document writes both. ``language``: that of the document's comment.
    """
    accepted = [one for one in answer.made.differences if _accepted(answer, one)]
    moves: dict[str, list[Difference]] = {}
    for one in accepted:
        if one.proposal == "move" and one.field_name in _ENDS and one.book_id and not one.book_id.startswith(UNIT):
            moves.setdefault(one.book_id, []).append(one)
    found = [_move(answer, snapshot, id, ones) for id, ones in sorted(moves.items())]
    found += [_transfer(answer, one) for one in accepted if one.proposal == "transfer"]
    note = tr(N_("reconciliation {run}"), language, run=answer.made.run)
    return [replace(order, note=note, day=today) for order in found]


def _accepted(answer: Answer, one: Difference) -> bool:
    row = answer.rows.get(one.key)
    return row is not None and (row.state, row.decision) == ("decided", "accept")


def _move(answer: Answer, snapshot: Snapshot, id: str, ones: list[Difference]) -> Order:
    values = snapshot.values(Ref("book", "equipment", id))
    department, custodian = values.get("department"), values.get("custodian")
    header: dict[str, Value] = {"organization": values.get("organization")}
    header |= {"from_department": department, "from_custodian": custodian}
    header |= {"to_department": department, "to_custodian": custodian}
    header |= {_ENDS[one.field_name]: one.desk for one in ones}
    # The row names the receiver too: so the nightly run knows what this draft is about to change.
    row: dict[str, Value] = {"asset": Ref("book", "equipment", id), **{one.field_name: one.desk for one in ones}}
    return Order("move", _event(answer, ones), ones[0].label, header, (row,))


def _transfer(answer: Answer, one: Difference) -> Order:
    item, org, _ = (one.book_id or "||").split("|")
    header: Mapping[str, Value] = {
        "organization": Ref("book", "organization", org),
        "from_place": one.book,
        "to_place": one.desk,
    }
    row: Mapping[str, Value] = {"item": Ref("book", "item", item), "quantity": one.quantity}
    return Order("stock_transfer", _event(answer, [one]), one.label, header, (row,))


def _event(answer: Answer, ones: Iterable[Difference]) -> str:
    """The question and when it was answered: the same answer is carried out once, another one anew."""
    rows = [answer.rows[one.key] for one in ones]
    return "reconcile:" + "+".join(f"{row.id}@{row.at:%Y%m%d%H%M%S}" if row.at else str(row.id) for row in rows)
