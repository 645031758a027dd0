"""Rows of the reports that a kept reconciliation fills. Pure; texts are Russian, as the headings are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from decimal import Decimal

from ...i18n import tr
from ...i18n.issues import REASONS
from ...mappings.model import Ref, Side, Value
from ...mappings.once import ALL_KINDS
from ...sync.feed_facts import spot_of
from ...sync.reconcile.classes import CLASSES, OWNERS, PROPOSALS
from ...sync.reconcile.look import Look
from ...sync.reconcile.scope import Scope
from ...sync.reconcile.types import Difference, Snapshot
from ...sync.store import IssueRow
from ...sync.types import Record
from ..forms.layout import shown
from ..forms.types import Cell, Row

__all__ = ["classes", "concerns", "differences", "licences", "rows_of"]

_KINDS = {kind.name: kind for kind in ALL_KINDS}
Inside = Callable[[Record], bool]


def differences(look: Look, found: Iterable[Difference], rows: Mapping[str, IssueRow]) -> Iterator[Row]:
    """Every difference with both records as they were read."""
    for one in found:
        book = look.snapshot.record(one.kind, "book", one.book_id)
        desk = look.snapshot.record("supply" if one.kind == "stock" else one.kind, "desk", one.desk_id)
        yield {
            "class": _ru(CLASSES[one.code].title),
            "organization": one.organization or None,
            **_told(look.snapshot, "book", book),
            **_told(look.snapshot, "desk", desk),
            **_stock(look.snapshot, one),
            "field": _field(one),
            "book": _value(look.snapshot, one.book),
            "desk": _value(look.snapshot, one.desk),
            "quantity": one.quantity,
            "at_risk": one.at_risk,
            "rule": _rule(one),
            "score": one.score or None,
            "owner": _ru(OWNERS[one.owner]),
            "proposal": _proposal(one),
            **_asked(rows.get(one.key)),
        }


def concerns(snapshot: Snapshot, scope: Scope, one: Difference) -> bool:
    """Whether a difference is about something inside: one of its two records, of stock also a balance of the books."""
    ends: tuple[tuple[str, Side, str | None], ...] = (
        (one.kind, "book", one.book_id),
        (one.kind, "desk", one.desk_id),
        ("supply", "desk", one.desk_id if one.kind in ("stock", "supply") else None),
    )
    if scope.everything or scope.inside(snapshot, *(snapshot.record(kind, side, id) for kind, side, id in ends)):
        return True
    balances = rows_of(snapshot, snapshot.book_quantity, "book") if one.kind == "stock" else []
    spot = tuple((one.book_id or "").split("|"))
    return any(spot_of(r, "item", "place") == spot and scope.inside(snapshot, r) for r in balances)


def _ru(text: str) -> str:
    return tr(text, "ru")


def _told(snapshot: Snapshot, side: Side, record: Record | None) -> dict[str, Cell]:
    """Number, serial, name, person and place of one record."""
    if record is None:
        return {}
    values = record.values
    department, place = (snapshot.called(values.get(name)) for name in ("department", "place"))
    places = (department, str(values.get("room") or ""), place)
    person = {"book_custodian": snapshot.called(values.get("custodian"))} if side == "book" else {
        "desk_user": str(values.get("user") or "") or snapshot.called(values.get("custodian"))
    }  # fmt: skip
    told = {
        f"{side}_number": str(values.get("inventory_number") or ""),
        f"{side}_serial": str(values.get("serial") or ""),
        f"{side}_name": str(values.get("name") or values.get("model") or ""),
        f"{side}_place": ", ".join(place for place in places if place),
        **person,
    }
    return {name: text or None for name, text in told.items()}


def _stock(snapshot: Snapshot, one: Difference) -> dict[str, Cell]:
    found: dict[str, Cell] = {"account": str(one.evidence.get("account") or "") or None}
    if one.kind == "stock":
        found["book_name"] = one.label
        found["book_place"] = snapshot.called(one.evidence.get("place")) or None
    return found


def _field(one: Difference) -> str:
    if one.field_name == "presence":
        return "наличие"
    known = _KINDS[one.kind].by_name.get(one.field_name) if one.kind in _KINDS else None
    return known.ru if known else one.field_name


def _value(snapshot: Snapshot, value: Value) -> Cell:
    match value:
        case Ref():
            return snapshot.called(value)
        case "yes":
            return "есть"
        case "no":
            return "нет"
        case bool():
            return "да" if value else "нет"
        case None:
            return None
        case _:
            return shown(value)


def _rule(one: Difference) -> str | None:
    name, colon, value = one.rule.partition(": ")
    if not name:
        return None
    if name in REASONS:
        return f"{_ru(REASONS[name])}{colon}{value}"
    known = _KINDS["equipment"].by_name
    return f"{' + '.join(known[f].ru if f in known else f for f in name.split('+'))}{colon}{value}"


def _proposal(one: Difference) -> str | None:
    if not one.proposal:
        return None
    return tr(PROPOSALS[one.proposal], "ru", account=str(one.evidence.get("account") or "—"))


def _asked(row: IssueRow | None) -> dict[str, Cell]:
    if row is None:
        return {}
    when = row.at.date() if row.at else None
    return {"question": row.id, "since": row.first.date(), "decision": row.decision, "by": row.by, "at": when}


def classes(found: Iterable[Difference], rows: Mapping[str, IssueRow], day: date) -> Iterator[Row]:
    """One line per class: how many, what they are worth, how old, who must act."""
    listed = list(found)
    for code, known in CLASSES.items():
        ours = [one for one in listed if one.code == code]
        if not ours:
            continue
        worth = [one.at_risk for one in ours if one.at_risk is not None]
        first = [rows[one.key].first.date() for one in ours if one.key in rows]
        yield {
            "class": _ru(known.title),
            "count": len(ours),
            "at_risk": sum(worth[1:], worth[0]) if worth else None,
            "days": max(0, (day - min(first)).days) if first else None,
            "owner": ", ".join(sorted({_ru(OWNERS[one.owner]) for one in ours})),
        }


# -- licences ----------------------------------------------------------------------------------------------------------


def licences(snapshot: Snapshot, inside: Inside, day: date) -> Iterator[Row]:
    """The desk's licences with their seats, and what the books hold for them."""
    taken = Counter(
        ref.id
        for record in rows_of(snapshot, "installation", "desk")
        if not record.retired and isinstance(ref := record.values.get("licence"), Ref)
    )
    held: dict[str, list[Record]] = {}
    for record in rows_of(snapshot, "licence", "book"):
        held.setdefault(str(record.values.get("name") or record.id), []).append(record)
    for record in rows_of(snapshot, "licence", "desk"):
        if record.retired or not inside(record):
            continue
        values = record.values
        seats, expires, its = values.get("seats"), values.get("expires"), str(values.get("book_object") or "")
        left = seats - taken[record.id] if isinstance(seats, Decimal) else None
        # One object may stand on several accounts: whoever names it names all of it.
        book = held.get(its, [])
        costs = [cost for one in book if isinstance(cost := one.values.get("cost"), Decimal)]
        yield {
            "organization": snapshot.called(values.get("organization")) or None,
            "product": str(values.get("name") or record.id),
            "right": str(values.get("right") or "") or None,
            "document": str(values.get("document") or "") or None,
            "expires": expires if isinstance(expires, date) else None,
            "days": (expires - day).days if isinstance(expires, date) else None,
            "bought": seats if isinstance(seats, Decimal) else None,
            "installed": Decimal(taken[record.id]),
            "free": max(left, Decimal(0)) if left is not None else None,
            "over": -left if left is not None and left < 0 else None,
            "responsible": snapshot.called(values.get("responsible")) or None,
            "book_object": its or None,
            "account": ", ".join(sorted({str(a) for one in book if (a := one.values.get("account"))})) or None,
            "cost": sum(costs, Decimal(0)) if costs else None,
        }


def rows_of(snapshot: Snapshot, kind: str, side: Side) -> list[Record]:
    """In the order of names; of a listing that is not there nothing."""
    listing = snapshot.listing(kind, side)
    found = listing.records.values() if listing else ()
    return sorted(found, key=lambda r: (str(r.values.get("name") or r.values.get("model") or ""), r.id))
