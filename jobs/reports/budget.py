"""What is to be bought in some days: lines of requests, licences that end, and what the reserve lacks. Pure; texts are
Russian. A price is that of the request, else the books' average of what they hold; there is none that nobody knows.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from ...purchase_rules import BudgetRule
from ...settings import ReserveRule
from ...sync.deadlines import due_of_month
from ...sync.licences import Licence
from ...sync.purchase import Line
from ...sync.purchase_world import Purchases
from ...sync.purchasing import Review
from ...sync.requests import OPEN
from ...workdays import Workdays
from ..forms.types import Row
from .fulfilment import line_title, stands
from .turnover import Stretch, Turnover

__all__ = ["Bought", "by_article", "due_told", "of_licences", "of_requests", "of_reserve", "planned"]

ZERO, CENT = Decimal(0), Decimal("0.01")
_DAY = timedelta(days=1)
_CATEGORIES = {
    "hardware": "оборудование",
    "consumable": "расходники",
    "spare": "ЗИП",
    "software": "ПО",
    "service": "услуги",
    "media": "носители информации",
    "network": "сетевое оборудование",
}
_VAT = {"with": "с НДС", "without": "без НДС"}
_REASONS = {
    "new": "новое",
    "replacement": "замена",
    "reserve": "резерв",
    "repair": "ремонт",
    "project": "проект",
}
_NO_ARTICLE = "статья не указана"


@dataclass(frozen=True, slots=True)
class Bought:
    """One line of the budget. ``vat``: whether the price holds it, in words; ``limit``: roubles of its article."""

    why: str
    title: str
    quantity: Decimal
    article: str = ""
    department: str = ""
    branch: str = ""
    category: str = ""
    unit: str = ""
    price: Decimal | None = None
    vat: str = ""
    needed_by: date | None = None
    start: date | None = None
    supplier: str = ""
    stock: Decimal | None = None
    ordered: Decimal | None = None
    received: Decimal | None = None
    issued: Decimal | None = None
    limit: Decimal | None = None
    state: str = ""
    note: str = ""

    @property
    def sum(self) -> Decimal | None:
        return None if self.price is None else (self.price * self.quantity).quantize(CENT)


def of_requests(known: Purchases, reviews: Mapping[str, Review], stretch: Stretch) -> Iterator[Bought]:
    """Lines of open requests that are needed in these days, and those needed earlier of which something is still to be
    bought."""
    for one in reviews.values():
        request = one.request
        if request.state not in OPEN or request.needed_by is None or request.needed_by > stretch.until:
            continue
        for line in request.lines:
            row = one.progress[line.id]
            late = request.needed_by < stretch.since
            if row.approved > 0 and (row.open > 0 or not late):
                quantity = row.open if late else row.approved
                yield replace(
                    _line(known, one, line),
                    quantity=quantity,
                    ordered=row.ordered,
                    received=row.received,
                    issued=row.issued,
                    note="перенос: не куплено в срок" if late else "",
                )


def _line(known: Purchases, one: Review, line: Line) -> Bought:
    request, around = one.request, known.around
    names, title = around.names, line_title(known, line)
    start = request.needed_by - timedelta(days=around.rules.lead_days) if request.needed_by else None
    reason = _REASONS.get(request.reason, request.reason)
    return Bought(
        f"заявка {request.id}" + (f": {reason}" if reason else ""),
        title,
        ZERO,
        request.article,
        names.get(f"department:{request.department}", request.department),
        names.get(f"place:{request.branch}", request.branch),
        _CATEGORIES.get(line.category, line.category),
        line.unit,
        line.price,
        _VAT.get(line.vat, line.vat),
        request.needed_by,
        start,
        request.offer,
        around.stock.lies(request.organization, line, title) if known.books else None,
        limit=around.rules.limits.get(request.article),
        state=stands(one),
    )


def of_licences(licences: Iterable[Licence], stretch: Stretch) -> Iterator[Bought]:
    """Licences that end in these days."""
    for one in licences:
        if one.expires is not None and stretch.holds(one.expires):
            yield Bought(
                f"лицензия до {one.expires:%d.%m.%Y}",
                one.product,
                one.seats if one.seats is not None else Decimal(1),
                category=_CATEGORIES["software"],
                unit="мест" if one.seats is not None else "",
                needed_by=one.expires,
                note="цена в заявках и учёте не ведётся",
            )


def of_reserve(found: Iterable[Turnover], rule: ReserveRule) -> Iterator[Bought]:
    """What is to be ordered so that the reserve is what it should be."""
    for one in found:
        quantity = one.to_order(rule)
        if quantity:
            price = one.price
            yield Bought(
                f"резерв: есть {_plain(one.available)}, точка заказа {_plain(one.point(rule))}",
                f"{one.title}, {one.place}" if one.place else one.title,
                quantity,
                category=_CATEGORIES["consumable"],
                unit=one.unit,
                price=price.quantize(CENT) if price is not None else None,
                vat="средняя учётная, без НДС" if price is not None else "",
                stock=one.book.closing if one.book else None,
                ordered=one.ordered,
            )


def _plain(value: Decimal | None) -> str:
    return "—" if value is None else f"{value.normalize() + 0:f}".replace(".", ",")


def planned(found: Iterable[Bought]) -> Iterator[Row]:
    """One row for each line, by article and the day it is needed, with what each article comes to so far."""
    running: dict[str, Decimal] = defaultdict(Decimal)
    order = sorted(found, key=lambda one: (one.article == "", one.article, one.needed_by or date.max, one.title))
    for n, one in enumerate(order, 1):
        running[one.article] += one.sum or ZERO
        yield {
            "n": n,
            "article": one.article or _NO_ARTICLE,
            "department": one.department or None,
            "branch": one.branch or None,
            "category": one.category or None,
            "title": one.title,
            "unit": one.unit or None,
            "why": one.why,
            "quantity": one.quantity,
            "price": one.price,
            "vat": one.vat or None,
            "sum": one.sum,
            "needed_by": one.needed_by,
            "start": one.start,
            "supplier": one.supplier or None,
            "stock": one.stock,
            "ordered": one.ordered,
            "received": one.received,
            "issued": one.issued,
            "limit": one.limit,
            "running": running[one.article],
            "state": one.state or None,
            "note": one.note or None,
        }


def by_article(found: Iterable[Bought]) -> Iterator[Row]:
    """Each article: how many lines, what they come to, how many have no price, and what is left of the limit."""
    groups: dict[str, list[Bought]] = defaultdict(list)
    for one in found:
        groups[one.article].append(one)
    for article in sorted(groups, key=lambda name: (name == "", name)):
        ours = groups[article]
        total = sum((one.sum or ZERO for one in ours), ZERO)
        limit = next((one.limit for one in ours if one.limit is not None), None)
        yield {
            "article": article or _NO_ARTICLE,
            "count": len(ours),
            "sum": total,
            "unpriced": sum(one.price is None for one in ours),
            "limit": limit,
            "left": limit - total if limit is not None else None,
        }


def due_told(rule: BudgetRule | None, workdays: Workdays, stretch: Stretch) -> Iterator[str]:
    """By when the budget of a calendar month is to be formed, where settings say so."""
    whole = stretch.since.day == 1 and stretch.until == (stretch.since + timedelta(days=32)).replace(day=1) - _DAY
    if rule is not None and "month" in rule.periods and whole:
        yield f"Бюджет этого месяца формируется не позднее {due_of_month(rule, workdays, stretch.since):%d.%m.%Y}."
