"""What is said of a purchase request: every rule of filling and approving in words, for the requester."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Protocol

from . import N_, tr

__all__ = ["DELIVERIES", "ROLES", "RULES", "STATES", "STEPS", "answer_text", "order_text"]

RULES: Mapping[str, str] = MappingProxyType(
    {
        # -- the header
        "no_organization": N_("Name the organisation."),
        "no_branch": N_("Name the branch."),
        "no_initiator": N_("Say who asks."),
        "no_beneficiary": N_("Say for whom it is: an employee or a workplace."),
        "no_reason": N_("Say why: new, replacement, reserve, repair or project."),
        "no_needed_by": N_("Say by which day it is needed."),
        "no_article": N_("Name the budget article."),
        "no_contact": N_("Leave a contact."),
        "no_lines": N_("The request has no lines."),
        "no_offer": N_("Attach the supplier's offer: the sum is above {limit}."),
        "unknown_department": N_("The department is not named, or is unknown."),
        "beneficiary_dismissed": N_("{person} no longer works here."),
        "too_soon": N_("It cannot be here before {soonest}."),
        "duplicate": N_("Request № {other} already asks for the same ({items}) for the same person."),
        "over_budget": N_("The limit of {article} is {limit}; all open requests together ask for {asked}."),
        # -- the lines
        "line_no_item": N_("A line names neither an item nor a description."),
        "line_no_category": N_("{line}: the class is missing."),
        "line_no_quantity": N_("{line}: the quantity must be above nought."),
        "line_no_unit": N_("{line}: the unit is missing."),
        "line_no_price": N_("{line}: the estimated price is missing."),
        "line_no_vat": N_("{line}: say whether the price is with VAT or without."),
        "line_no_place": N_("{line}: name the warehouse it goes to."),
        "line_no_asset": N_("{line}: name the thing that it replaces."),
        "line_no_term": N_("{line}: for how long is the licence?"),
        "line_no_seats": N_("{line}: how many seats?"),
        "line_no_platform": N_("{line}: for which platform?"),
        "line_no_security_mark": N_("{line}: storage media need the mark of the security department."),
        "price_old": N_("{line}: the price is older than {days} days, or its date is missing."),
        "not_standard": N_("{line}: not in the IT standard, so one more approval is needed: {role}."),
        "stock_available": N_("{line}: {free} in stock; issue {issue} instead of buying."),
        "stock_other_unit": N_(
            "{line}: {free} in stock; no stock card says how many of these one of the unit asked for ({unit}) is."
        ),
        "asset_not_theirs": N_("{asset} is in the custody of somebody else."),
        "under_warranty": N_("{asset} is under warranty until {until}: repair it instead of replacing it."),
        "over_norm": N_("{line}: above the norm of {norm}."),
        # -- approvals
        "missing_approval": N_("Approval is awaited: {role}."),
        "approver_is_initiator": N_("An approval does not count ({role}): nobody approves a request of his own."),
        "approver_not_in_matrix": N_("An approval does not count ({role}): {person} did not hold that role that day."),
        "approver_dismissed": N_("An approval does not count ({role}): {person} no longer works here."),
        "approval_outdated": N_("An approval does not count ({role}): the request was changed after it."),
        "rejected": N_("Rejected ({role}). {comment}"),
    }
)
ROLES: Mapping[str, str] = MappingProxyType(
    {
        "line_manager": N_("line manager"),
        "head_of_it": N_("head of IT support"),
        "budget_owner": N_("budget owner"),
        "security": N_("security department"),
        "director": N_("director"),
    }
)
STATES: Mapping[str, str] = MappingProxyType(
    {
        "draft": N_("draft"),
        "submitted": N_("submitted"),
        "on_check": N_("being checked"),
        "returned_for_correction": N_("returned for correction"),
        "approving": N_("awaits approval"),
        "approved": N_("approved"),
        "rejected": N_("rejected"),
        "withdrawn": N_("withdrawn"),
        "in_plan": N_("in the plan"),
        "ordered": N_("ordered"),
        "partially_received": N_("received in part"),
        "received": N_("received"),
        "issued_partially": N_("issued in part"),
        "issued": N_("issued"),
        "closed": N_("closed"),
        "cancelled": N_("cancelled"),
        "on_hold": N_("on hold"),
    }
)
STEPS: Mapping[str, str] = MappingProxyType(
    {"order": N_("order"), "receipt": N_("receipt"), "issue": N_("issue"), "return": N_("return")}
)
DELIVERIES: Mapping[str, str] = MappingProxyType(
    {"none": N_("not received"), "part": N_("received in part"), "whole": N_("received")}
)
_ORDERS: Mapping[str, str] = MappingProxyType(
    {
        "open": N_("not paid or not agreed"),
        "agreed": N_("agreed"),
        "ordered": N_("confirmed"),
        "paid": N_("paid"),
        "closed": N_("closed"),
    }
)


class Ordered(Protocol):
    """What an order of the books shows of itself."""

    @property
    def number(self) -> str: ...
    @property
    def day(self) -> date | None: ...
    @property
    def state(self) -> str: ...
    @property
    def delivery(self) -> str: ...
    @property
    def posted(self) -> bool: ...


def answer_text(told: Iterable[tuple[str, Mapping[str, Any]]], language: str) -> str:
    """All that is to be said, a line each, without repeats."""
    lines = [tr(RULES[code], language, **_shown(params, language)).strip() for code, params in told]
    return "\n".join(dict.fromkeys(lines))


def order_text(orders: Iterable[Ordered], language: str) -> str:
    """Number, day and standing of every order, a line each."""
    lines = []
    for one in orders:
        day = f" {_value(one.day, language)}" if one.day else ""
        standing = [_ORDERS.get(one.state, one.state), DELIVERIES.get(one.delivery, one.delivery)]
        standing = standing if one.posted else [N_("draft, not posted")]
        said = ", ".join(tr(word, language) for word in standing if word)
        lines.append(f"{one.number}{day}{': ' if said else ''}{said}")
    return "\n".join(lines)


def _shown(params: Mapping[str, Any], language: str) -> dict[str, str]:
    shown = {name: _value(value, language) for name, value in params.items()}
    if "role" in params:
        role = str(params["role"])
        shown["role"] = tr(ROLES[role], language) if role in ROLES else role
    return shown


def _value(value: Any, language: str) -> str:
    if isinstance(value, date):
        return value.strftime("%d.%m.%Y") if language == "ru" else value.isoformat()
    if isinstance(value, tuple):  # a quantity and its unit
        return " ".join(filter(None, (_value(part, language) for part in value)))
    if isinstance(value, Decimal):
        text = f"{value.normalize() + 0:f}"
        return text.replace(".", ",") if language == "ru" else text
    return str(value)
