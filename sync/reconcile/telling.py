"""How a difference between two things is told: its key, its name, what is at risk."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from ...mappings.model import Value, Values
from ..types import Link, Record
from .classes import CLASSES
from .look import Look
from .types import KEY, Difference

__all__ = ["field_difference", "label_of", "presence_difference", "service_of", "state_difference"]


def _key(book: str | None, desk: str | None, name: str) -> str:
    return f"{KEY}equipment:{book or ''}:{desk or ''}:{name}"


def label_of(*records: Record | None) -> str:
    """What people call the thing: its number, else its name or serial number on whichever side has one, else its id."""
    for name in ("inventory_number", "name", "serial"):
        for record in records:
            if record is not None and record.values.get(name):
                return str(record.values[name])
    return next((record.id for record in records if record is not None), "")


def _cost(*records: Record | None) -> Decimal | None:
    costs = (record.values.get("cost") for record in records if record is not None)
    return next((cost for cost in costs if isinstance(cost, Decimal)), None)


def _home(look: Look, book: Record | None, desk: Record | None) -> str:
    record = book or desk
    return look.snapshot.called(record.values.get("organization")) if record else ""


def field_difference(
    look: Look, code: str, link: Link, book: Record, desk: Record, name: str, ours: Value, theirs: Value
) -> Difference:
    """Two records of one thing say different things of a field."""
    known = CLASSES[code]
    return Difference(
        _key(link.book, link.desk, name),
        code,
        "equipment",
        label_of(book, desk),
        link.book,
        link.desk,
        name,
        ours,
        theirs,
        rule=link.rule,
        score=link.score,
        at_risk=_cost(book, desk),
        owner=known.owner,
        proposal=known.proposal,
        organization=_home(look, book, desk),
    )


def presence_difference(
    look: Look,
    code: str,
    link: Link | None,
    book: Record | None,
    desk: Record | None,
    on_books: Value,
    on_desk: Value,
    counted: Value,
    evidence: Values | None = None,
) -> Difference:
    """Who of books, desk and count has the thing at all."""
    known = CLASSES[code]
    ids = (link.book, link.desk) if link else (book.id if book else None, desk.id if desk else None)
    return Difference(
        _key(*ids, "presence"),
        code,
        "equipment",
        label_of(book, desk),
        *ids,
        "presence",
        on_books,
        on_desk,
        counted,
        rule=link.rule if link else "",
        score=link.score if link else 0,
        at_risk=_cost(book, desk),
        owner=known.owner,
        proposal=known.proposal,
        organization=_home(look, book, desk),
        evidence=evidence or {},
    )


def state_difference(
    look: Look, link: Link, book: Record, desk: Record, proposal: str, told: Values, name: str = "state"
) -> Difference:
    """Two records of one thing contradict each other; ``told`` holds what each says and what speaks for it."""
    one = field_difference(look, "state_conflict", link, book, desk, name, told.get("book"), told.get("desk"))
    evidence = {n: v for n, v in told.items() if n not in ("book", "desk", "count")}
    owner = "accountant" if proposal in ("write_off", "new_custodian") else "it"
    return replace(one, owner=owner, proposal=proposal, count=told.get("count"), evidence=evidence)


def service_of(record: Record) -> str:
    """Whether the record is in service, in a word."""
    return "written_off" if record.retired else "in_service"
