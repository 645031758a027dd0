"""Whether a count may begin and whether its results may stand. Pure.

The rules are those of ФСБУ 28/2023 (order of the Ministry of Finance 4н, 2023-01-13): who answers for things is no
member of the commission that counts them (20); results may be invalid where a fifth of it was absent (21); before it
starts, the responsible people declare that all their documents are with accounting.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from ...errors import Reject
from ...i18n import N_
from ...mappings.model import Ref, Value
from ...mappings.shapes import STILL
from ..pair import LinkIndex
from ..reconcile.scope import Scope
from ..reconcile.types import Snapshot
from ..types import Draft, Record, position_of
from .papers import PEOPLE, PLACES, Paper
from .types import CountOrder, Member

__all__ = ["Unposted", "check_commission", "check_order", "check_quorum", "concerns", "custodians_of", "unposted"]

#: Kinds of the books that somebody answers for.
_HELD = ("equipment", "position")


@dataclass(frozen=True, slots=True)
class Unposted:
    """A draft that waits although somebody whose things are counted stands in it. ``document``: our name of its kind,
    ``ref``: its key in the books."""

    number: str
    document: str
    ref: str = ""


def check_order(order: CountOrder) -> None:
    """Its days follow one another. Raises ``Reject``."""
    if not (order.day <= order.starts <= order.ends <= order.hand_in):
        raise Reject(
            "count_order",
            "The days of order {number} do not follow one another.",
            hint=N_("Order, beginning, end and handing in come in this order, the same day at the earliest."),
            number=order.number,
        )


def custodians_of(snapshot: Snapshot, scope: Scope) -> tuple[str, ...]:
    """Who answers, by the books, for anything inside the scope; and the people that the scope itself names."""
    found = {ref.id for ref in scope.refs.get("person", ()) if ref.side == "book"}
    for kind in _HELD:
        listing = snapshot.listing(kind, "book")
        for record in listing.records.values() if listing else ():
            one = record.values.get("custodian")
            if isinstance(one, Ref) and not record.retired and scope.inside(snapshot, record):
                found.add(one.id)
    return tuple(sorted(found))


def check_commission(snapshot: Snapshot, members: Collection[Member], custodians: Collection[str]) -> None:
    """One chairman, nobody twice, nobody dismissed, nobody who answers for what is counted. Raises ``Reject``."""
    people = [one.person for one in members]
    if sum(one.chairman for one in members) != 1 or len(members) < 2 or len(set(people)) != len(people):
        raise Reject(
            "commission_small",
            "A commission is a chairman and at least one member, each of them once.",
            hint=N_("Name them with --chairman and --member."),
        )
    for person in people:
        name = snapshot.called(Ref("book", "person", person))
        if person in custodians:
            raise Reject(
                "custodian_in_commission",
                "{name} answers for what is counted and cannot be a member of the commission.",
                hint=N_("Name another member, or leave this person's things out of the scope."),
                name=name,
            )
        if snapshot.values(Ref("book", "person", person)).get("active") is False:
            raise Reject(
                "member_dismissed",
                "{name} was dismissed and cannot be a member of the commission.",
                hint=N_("Name another member."),
                name=name,
            )


def check_quorum(members: Collection[Member], absent: Collection[str], reason: str) -> None:
    """Whether enough of the commission was there, or the chairman said that the results stand. Raises ``Reject``."""
    known = {one.person for one in members}
    if strangers := set(absent) - known:
        raise Reject(
            "absent_stranger",
            "{count} of those who were absent are not in the commission.",
            hint=N_("Name members of the commission with --absent."),
            count=len(strangers),
        )
    if 5 * len(set(absent)) >= len(known) and not reason:
        raise Reject(
            "commission_absent",
            "{absent} of {all} members of the commission were absent: a fifth or more, the results may be invalid.",
            hint=N_("Count again with all of them, or give the chairman's reason with --absence."),
            absent=len(set(absent)),
            all=len(known),
        )


def unposted(
    snapshot: Snapshot,
    scope: Scope,
    custodians: Collection[str],
    drafts: Iterable[tuple[Draft, Mapping[str, Value]]],
) -> tuple[Unposted, ...]:
    """Drafts (each with its header) that are not posted and are about those people, their things, or a warehouse that
    is counted."""
    index = LinkIndex(list(snapshot.links))
    return tuple(
        Unposted(draft.number or draft.ref, draft.document, draft.ref)
        for draft, header in drafts
        if draft.state in ("open", "edited")
        and draft.document not in STILL
        and _concerns(snapshot, scope, index, set(custodians), draft, header)
    )


def _concerns(
    snapshot: Snapshot, scope: Scope, index: LinkIndex, people: set[str], draft: Draft, header: Mapping[str, Value]
) -> bool:
    if scope.everything:
        return True

    def own(value: Value) -> str:
        if isinstance(value, Ref) and value.side == "desk":
            value = index.on("book", value)
        return value.id if isinstance(value, Ref) else ""

    places = {ref.id for sort in ("warehouse", "room", "branch") for ref in scope.refs.get(sort, ())}
    for member in draft.members:
        said = {**header, **member.header, **{change.name: change.after for change in member.changes}}
        if any(own(said.get(role)) in people for role in PEOPLE if said.get(role)):
            return True
        if any(own(said.get(role)) in places for role in PLACES if said.get(role)):
            return True
        if scope.inside(snapshot, *_records(snapshot, member.kind, member.book)):
            return True
    return False


def _records(snapshot: Snapshot, kind: str, id: str | None) -> tuple[Record | None, ...]:
    if kind not in _HELD:
        return ()
    return (snapshot.record(kind, "book", id), snapshot.record("position", "book", position_of(id or "")))


def concerns(snapshot: Snapshot, scope: Scope, custodians: Collection[str], paper: Paper) -> bool:
    """Whether a document that waits is about what is counted: one of those who answer, a place that is counted, or a
    thing inside the scope stands in it; where only organisations or departments are counted, one of these."""
    if scope.everything or not paper.named["person"].isdisjoint(custodians):
        return True
    places = {ref.id for sort in ("warehouse", "room", "branch") for ref in scope.refs.get(sort, ())}
    if not paper.named["place"].isdisjoint(places):
        return True
    if any(scope.inside(snapshot, snapshot.record("equipment", "book", id)) for id in paper.named["asset"]):
        return True
    sort = "department" if "department" in scope.refs else "organization"
    narrower = scope.refs.keys() - {"organization", "department"} or scope.models or scope.kinds
    counted = {ref.id for ref in scope.refs.get(sort, ())}
    return not (narrower or scope.inventory or scope.serials) and not paper.named[sort].isdisjoint(counted)
