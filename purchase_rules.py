"""Rules of purchases that a company decides: ``[requests]``, ``[licences]`` and ``[budget]`` of ``uchet.toml``.

Sums are roubles as requests state them. A role of the approval matrix is asked where all conditions of a rule hold; an
empty condition holds always.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Literal, get_args

from pydantic import BaseModel, ConfigDict, Field

__all__ = [
    "ROLES",
    "WEEKDAYS",
    "ApprovalRule",
    "Approver",
    "BudgetRule",
    "Delegation",
    "LicenceRules",
    "Norm",
    "RequestRules",
    "Role",
]

Role = Literal["line_manager", "head_of_it", "budget_owner", "security", "director"]
ROLES: tuple[Role, ...] = ("line_manager", "head_of_it", "budget_owner", "security", "director")
Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
#: As ``date.weekday()`` counts them.
WEEKDAYS: tuple[Weekday, ...] = get_args(Weekday)


class _Rule(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class ApprovalRule(_Rule):
    """``role`` approves requests from ``above`` roubles on, of these ``categories`` and ``branches`` (names)."""

    role: Role
    above: Decimal = Decimal(0)
    categories: tuple[str, ...] = ()
    branches: tuple[str, ...] = ()


class Approver(_Rule):
    """``person`` (personnel number or full name, as the desk has it) holds ``role`` from ``since`` through ``until``,
    for these ``branches`` and ``departments`` (names)."""

    role: Role
    person: str = Field(min_length=1)
    branches: tuple[str, ...] = ()
    departments: tuple[str, ...] = ()
    since: date | None = None
    until: date | None = None


class Delegation(_Rule):
    """``to`` approves in place of ``of`` from ``since`` through ``until``, both days included."""

    of: str = Field(min_length=1)
    to: str = Field(min_length=1)
    since: date
    until: date


class Norm(_Rule):
    """No more than ``quantity`` of an item or category (name) in one request for one person."""

    item: str = Field(min_length=1)
    quantity: Decimal = Field(gt=0)


_MATRIX = (
    ApprovalRule(role="line_manager"),
    ApprovalRule(role="head_of_it"),
    ApprovalRule(role="budget_owner", above=Decimal(50_000)),
    ApprovalRule(role="security", categories=("software", "media", "network")),
    ApprovalRule(role="director", above=Decimal(300_000)),
)


class RequestRules(_Rule):
    """``mark`` is what stands in the comment of an order in 1C, by which it is found; ``{number}`` is the request's.
    ``standard``: names of the IT standard (empty: everything is standard). ``outside``: who approves beside the others
    what is not. ``limits``: budget article → roubles that all open requests together may ask for. ``drafts``: whether
    the order or invoice for an approved request is drafted in 1C; else it is asked for."""

    mark: str = Field(default="Заявка в ИТ № {number}", pattern=r"\{number\}")
    drafts: bool = True
    lead_days: int = Field(default=5, ge=0)
    duplicate_days: int = Field(default=30, ge=0)
    price_days: int = Field(default=90, ge=1)
    offer_above: Decimal = Field(default=Decimal(50_000), ge=0)
    tolerance_share: Decimal = Field(default=Decimal("0.10"), ge=0)
    tolerance_sum: Decimal = Field(default=Decimal(5_000), ge=0)
    standard: tuple[str, ...] = ()
    outside: Role = "director"
    matrix: tuple[ApprovalRule, ...] = _MATRIX
    approvers: tuple[Approver, ...] = ()
    delegations: tuple[Delegation, ...] = ()
    norms: tuple[Norm, ...] = ()
    limits: dict[str, Decimal] = Field(default_factory=dict)


class LicenceRules(_Rule):
    """``allowed``: products of the allow-list (empty: no list). ``days`` before its end a licence is told of."""

    allowed: tuple[str, ...] = ()
    days: tuple[int, ...] = (90, 60, 30, 7)


class BudgetRule(_Rule):
    """Budgets that are due from the day ``start`` are asked about: a month's on the ``day`` of the month (its last one
    where it is shorter), a week's on ``weekday``, each before the period by ``months_ahead`` and ``weeks_ahead``.
    ``calendar``: a file of working days instead of the shipped one, from the folder of ``uchet.toml``."""

    start: date
    periods: tuple[Literal["month", "week"], ...] = ("month", "week")
    day: int = Field(default=25, ge=1, le=31)
    weekday: Weekday = "wednesday"
    months_ahead: int = Field(default=1, ge=0, le=3)
    weeks_ahead: int = Field(default=1, ge=0, le=4)
    calendar: str = ""
