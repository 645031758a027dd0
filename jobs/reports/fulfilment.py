"""How far purchase requests are: who approved and when, what was ordered, received and issued. Pure, in Russian."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from decimal import Decimal

from ...i18n import tr
from ...i18n.requests import ROLES, STATES
from ...sync.approvals import Approval
from ...sync.purchase import Line, amount
from ...sync.purchase_world import Purchases
from ...sync.purchasing import Review
from ...sync.requests import OPEN, Progress
from ..forms.types import Row

__all__ = ["asked_lines", "asked_requests", "line_title", "overdue", "stands"]

ZERO = Decimal(0)


def asked_requests(known: Purchases, reviews: Mapping[str, Review], day: date) -> Iterator[Row]:
    """One row for each request, the latest first; ``day``: today."""
    for one in sorted(reviews.values(), key=lambda one: (_numeric(one.request.id), one.request.id), reverse=True):
        request, rows = one.request, tuple(one.progress.values())
        given = known.approvals.get(request.id, ())
        yield {
            "number": request.id,
            "date": request.submitted,
            "initiator": _called(known, "person", request.initiator),
            "department": _called(known, "department", request.department),
            "title": request.title or None,
            "sum": request.total,
            "state": stands(one),
            "approvals": _approvals(known, one, given),
            "approved_in": _approved_in(one, given),
            "needed_by": request.needed_by,
            **_quantities(rows),
            "overdue": overdue(one, day),
            "documents": _documents(known, one),
        }


def _numeric(id: str) -> int:
    return int(id) if id.isdigit() else 0


def _called(known: Purchases, kind: str, id: str) -> str | None:
    return known.around.names.get(f"{kind}:{id}", id) or None


def stands(one: Review) -> str:
    """Where a request stands now, in words."""
    return tr(STATES.get(one.request.state, one.request.state), "ru")


def _approvals(known: Purchases, one: Review, given: Iterable[Approval]) -> str | None:
    """Each word that counts, with its day, then the roles that are awaited."""
    void = {id(approval) for approval, _ in one.judgement.void}
    told = [
        f"{_role(a.role)}: {'согласовано' if a.decision == 'approved' else 'отклонено'} {a.day:%d.%m.%Y}"
        f" ({_called(known, 'person', a.person)})"
        for a in sorted(given, key=lambda a: (a.day, a.number))
        if id(a) not in void
    ]
    if one.request.state in OPEN and one.request.state in ("on_check", "submitted", "approving"):
        told += [f"{_role(role)}: ждёт" for role in one.judgement.missing]
    return "; ".join(told) or None


def _role(name: str) -> str:
    return tr(ROLES.get(name, name), "ru")


def _approved_in(one: Review, given: Iterable[Approval]) -> int | None:
    """Days from submitting to the last approval, once all are given."""
    days = [a.day for a in given if a.decision == "approved"]
    if one.judgement.verdict != "approved" or not days or one.request.submitted is None:
        return None
    return max(0, (max(days) - one.request.submitted).days)


def _quantities(rows: Iterable[Progress]) -> Row:
    """Sums over the lines: pieces of different things, told as how far the whole is."""
    rows = tuple(rows)
    sums = {
        "wanted": sum((one.approved for one in rows), ZERO),
        "ordered": sum((one.ordered for one in rows), ZERO),
        "received": sum((one.received for one in rows), ZERO),
        "issued": sum((one.issued for one in rows), ZERO),
    }
    left = sum((max(one.approved - one.issued, ZERO) for one in rows), ZERO)
    return {**sums, "left": left}


def overdue(one: Review, day: date) -> int | None:
    """Days since the need-by date, while something is still to be received or issued; ``None`` where nothing is."""
    request = one.request
    waits = any(max(row.received, row.issued) < row.approved for row in one.progress.values())
    if request.state not in OPEN or request.needed_by is None or not waits or request.needed_by >= day:
        return None
    return (day - request.needed_by).days


def _documents(known: Purchases, one: Review) -> str | None:
    """Orders of the books, then what people and uchet noted of receipts and issues."""
    told = [f"заказ {o.number}{'' if o.posted else ' (черновик)'}" for o in one.orders]
    words = {"order": "заказ", "receipt": "поступление", "issue": "выдача", "return": "возврат"}
    orders = {order.id for order in one.orders}
    for given in known.allocations.get(one.request.id, ()):
        if given.document and given.document not in orders:
            told.append(f"{words.get(given.step, given.step)} {given.document}")
    return "; ".join(dict.fromkeys(told)) or None


def asked_lines(known: Purchases, reviews: Mapping[str, Review], day: date) -> Iterator[Row]:
    """One row for each line of each request."""
    for one in sorted(reviews.values(), key=lambda one: (_numeric(one.request.id), one.request.id), reverse=True):
        for line in one.request.lines:
            row = one.progress[line.id]
            yield {
                "number": one.request.id,
                "title": line_title(known, line),
                "unit": line.unit or None,
                "price": line.price,
                "sum": amount(line),
                "wanted": row.approved,
                "ordered": row.ordered,
                "received": row.received,
                "issued": row.issued,
                "left": max(row.approved - row.issued, ZERO),
                "needed_by": one.request.needed_by,
                "overdue": overdue(one, day) if max(row.received, row.issued) < row.approved else None,
            }


def line_title(known: Purchases, line: Line) -> str:
    """What a line asks for, by name."""
    return line.text or known.around.names.get(f"item:{line.item}", "") or line.name
