"""Purchase requests for people: what stands where and why, and an approval given here. Nothing is written to the desk:
the next run carries out what follows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from ..errors import Reject
from ..i18n import N_
from ..mappings.text import fold
from ..sync.approvals import Approval, judge
from ..sync.purchase_run import Reading, read_purchases
from ..sync.purchase_world import Purchases
from ..sync.purchasing import Review, review_all
from ..sync.sight import Contact, look
from .wiring import Wired

__all__ = ["Desk", "approve", "find", "read"]


@dataclass(frozen=True)
class Desk:
    """All requests as they are now, each with what the next run would make of it."""

    known: Purchases
    reviews: Mapping[str, Review]


def read(parts: Wired, now: datetime, progress: Callable[[str], None] = lambda step: None) -> Desk:
    """Read both sides; nothing is written anywhere. Raises ``Reject`` where the desk keeps no requests."""
    contact = Contact.make(parts.pair)
    sight = look(parts.pair, parts.store, parts.engine.settings, now, contact, progress)
    reading = Reading(sight)
    known = read_purchases(parts.pair, parts.store, reading)
    if known is None:
        raise Reject(
            "no_requests",
            "The desk keeps no purchase requests, or they could not be read.",
            hint="Run uchet check; the tracker of uchet keeps them.",
        )
    memories = parts.store.requests(parts.pair.name)
    return Desk(known, {one.request.id: one for one in review_all(known, memories, sight.world.choice)})


def find(desk: Desk, id: str) -> Review:
    """The request with that number. Raises ``Reject``."""
    one = desk.reviews.get(id.strip().removeprefix("№").strip())
    if one is None:
        raise Reject("request_unknown", "There is no request {id}.", hint="See uchet requests list.", id=id)
    return one


def approve(
    parts: Wired,
    desk: Desk,
    id: str,
    role: str,
    person: str,
    decision: Literal["approved", "rejected"],
    *,
    comment: str,
    by: str,
    version: str | None = None,
) -> Approval:
    """Keep a word about a request as it is now. ``version``: the contents the person looked at, where he says so.

    Raises ``Reject`` where the request does not await approval, was changed since, or the word would not count.
    """
    one = find(desk, id)
    if one.state != "approving":
        raise Reject(
            "request_not_approving",
            "Request {id} does not await approval.",
            hint="Its gaps are told by uchet requests check.",
            id=one.request.id,
        )
    if version is not None and version != one.version:
        raise Reject(
            "request_changed",
            "Request {id} was changed since version {version}.",
            hint="Look at it again: uchet requests show {id}.",
            id=one.request.id,
            version=version,
        )
    given = Approval(
        one.request.id, role, _person(desk, person), decision, desk.known.around.today, one.version, comment, "uchet"
    )
    _would_count(desk, one, given)
    parts.store.approve_request(parts.pair.name, given, by=by)
    return given


def _person(desk: Desk, name: str) -> str:
    """The one employee of the desk who works here and is called so."""
    people = next(iter(desk.known.who.values())).people
    found = [
        id
        for id, texts in sorted(people.items())
        if id in desk.known.around.active and fold(name) in {fold(text) for text in texts}
    ]
    if len(found) != 1:
        raise Reject(
            "person_unclear",
            "{name} means {count} employees of the desk.",
            hint="Give the personnel number or the full name of somebody who works here.",
            name=name,
            count=len(found),
        )
    return found[0]


def _would_count(desk: Desk, one: Review, given: Approval) -> None:
    """A word that does not count is not kept: better told now than found out by the next run."""
    known = desk.known
    judged = judge(
        one.request,
        [given],
        known.around.rules,
        known.who[one.request.id],
        same=lambda version: version == one.version,
        extra=one.judgement.required,
        active=lambda person: person in known.around.active,
    )
    if given.role not in one.judgement.required:
        raise Reject(
            "role_not_asked",
            "The role {role} is not asked about request {id}.",
            hint="Asked: {roles}.",
            role=given.role,
            id=one.request.id,
            roles=", ".join(one.judgement.required) or "—",
        )
    if judged.void:
        person = known.around.names.get(f"person:{given.person}", given.person)
        code = judged.void[0][1]
        own = N_("Nobody approves a request of his own.")
        raise Reject(
            "approval_void",
            own if code == "initiator" else N_("{person} does not hold the role {role} for this request today."),
            hint="Who holds which role stands in [requests] of uchet.toml.",
            person=person,
            role=given.role,
        )
