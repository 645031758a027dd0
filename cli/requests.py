"""``requests list``, ``show``, ``check`` and ``approve``: purchase requests, their gaps and their approvals."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from rich.table import Table

from ..i18n import N_
from ..i18n.requests import ROLES, answer_text, order_text
from ..jobs import requests as desk_requests
from ..jobs.wiring import Wired, wired
from ..sync.filling import gaps_of
from ..sync.purchasing import Review
from ..sync.requests import OPEN
from .frame import OK, WAITING, Seat, command
from .plans import person
from .words import Words

__all__: list[str] = []

_HEADS = ("№", N_("Subject"), N_("Sum"), N_("Now"), N_("Next"), N_("Awaited"))

IdArgument = Annotated[str, typer.Argument(metavar="ID", help="Number of a request on the desk.")]
AllOption = Annotated[bool, typer.Option("--all", help="Ended requests too.")]
RoleOption = Annotated[
    str, typer.Option("--role", help="line_manager, head_of_it, budget_owner, security or director.")
]
PersonOption = Annotated[str, typer.Option("--person", help="Who approves: personnel number or full name.")]
RejectOption = Annotated[bool, typer.Option("--reject", help="Reject instead of approving.")]
CommentOption = Annotated[str, typer.Option("--comment", help="What the requester reads.")]
VersionOption = Annotated[str | None, typer.Option("--version", help="The contents you looked at (requests show).")]


@contextmanager
def _reading(seat: Seat) -> Iterator[tuple[Wired, desk_requests.Desk]]:
    with wired(seat.settings) as parts:
        with seat.busy(seat.t("Reading both sides…")):
            desk = desk_requests.read(parts, datetime.now(UTC))
        yield parts, desk


def _told(desk: desk_requests.Desk, one: Review, language: str) -> list[str]:
    """Everything that is to be said of a request, in words."""
    names = desk.known.around.names
    told = [
        (gap.code, {n: names.get(f"person:{v}", v) if n == "person" else v for n, v in gap.params.items()})
        for gap in one.gaps
    ]
    return [line for line in answer_text(told, language).split("\n") if line]


def _json(desk: desk_requests.Desk, one: Review, language: str) -> dict[str, Any]:
    request = one.request
    return {
        "id": request.id,
        "title": request.title,
        "state": request.state,
        "next": one.state,
        "problem": one.merge.problem,
        "version": one.version,
        "total": request.total,
        "gaps": [{"code": gap.code, "line": gap.line} for gap in one.gaps],
        "text": _told(desk, one, language),
        "required": one.judgement.required,
        "missing": one.judgement.missing,
        "orders": [{"number": o.number, "state": o.state, "delivery": o.delivery} for o in one.orders],
        "lines": {id: _line(row) for id, row in one.progress.items()},
    }


def _line(row: Any) -> dict[str, Any]:
    names = ("wanted", "cancelled", "ordered", "received", "issued", "open")
    return {name: getattr(row, name) for name in names}


@command("list", group="requests", help="Purchase requests: where each stands, and what the next run makes of it.")
def list_requests(seat: Seat, show_all: AllOption = False) -> int:
    with _reading(seat) as (_, desk):
        rows = [one for one in desk.reviews.values() if show_all or {one.request.state, one.state} & OPEN]
        seat.emit({"requests": [_json(desk, one, seat.language) for one in rows]})
        words = seat.words()
        table = Table(*(seat.t(head) for head in _HEADS), box=None)
        for one in rows:
            roles = ", ".join(words.value(role) for role in one.judgement.missing) if one.state == "approving" else ""
            state, after = words.value(one.request.state), words.value(one.state)
            table.add_row(one.request.id, one.request.title, words.value(one.request.total), state, after, roles)
    seat.say(table if rows else seat.t("There are no open requests."))
    return OK


@command("show", group="requests", help="One purchase request: contents, gaps, approvals, orders, lines.")
def show(seat: Seat, id: IdArgument) -> int:
    with _reading(seat) as (_, desk):
        one = desk_requests.find(desk, id)
        seat.emit(_json(desk, one, seat.language))
        words = seat.words()
        for line in _story(desk, one, words):
            seat.say(line)
    return OK


def _story(desk: desk_requests.Desk, one: Review, words: Words) -> Iterator[str]:
    request, t = one.request, words.t
    yield t("Request № {id} {title}: {state}", id=request.id, title=request.title, state=words.value(request.state))
    yield t("Sum {total}, version {version}", total=words.value(request.total), version=one.version)
    for line in request.lines:
        row = one.progress[line.id]
        figures = {name: words.value(value) for name, value in _line(row).items()}
        template = "  {name}: wanted {wanted}, ordered {ordered}, received {received}, issued {issued}, open {open}"
        yield t(template, name=line.name, **figures)
    yield from (f"  {text}" for text in _told(desk, one, words.language))
    for spoken in desk.known.approvals.get(request.id, ()):
        who = desk.known.around.names.get(f"person:{spoken.person}", spoken.person)
        said = words.value(spoken.decision)
        role = words.value(spoken.role) if spoken.role in ROLES else spoken.role
        yield f"  {words.value(spoken.day)} {role}: {said}, {who} {spoken.comment}".rstrip()
    yield from (f"  {text}" for text in order_text(one.orders, words.language).split("\n") if text)


@command("check", group="requests", help="Is a request filled in well enough? All gaps at once. Exit 3: it has gaps.")
def check(seat: Seat, id: IdArgument) -> int:
    with _reading(seat) as (_, desk):
        one = desk_requests.find(desk, id)
        seat.emit(_json(desk, one, seat.language))
        for text in _told(desk, one, seat.language):
            seat.say(text)
    gaps = gaps_of(one.gaps)
    if not gaps:
        seat.say(seat.t("Request {id} has no gaps.", id=one.request.id))
    return WAITING if gaps else OK


@command("approve", group="requests", help="Keep an approval of a request, as it counts beside those of the desk.")
def approve(
    seat: Seat,
    id: IdArgument,
    role: RoleOption,
    person_name: PersonOption,
    refuse: RejectOption = False,
    comment: CommentOption = "",
    version: VersionOption = None,
) -> int:
    if role not in ROLES:
        raise typer.BadParameter(seat.t("Roles: {roles}.", roles=", ".join(ROLES)))
    decision = "rejected" if refuse else "approved"
    with _reading(seat) as (parts, desk):
        words = {"comment": comment, "by": person(), "version": version}
        given = desk_requests.approve(parts, desk, id, role, person_name, decision, **words)  # type: ignore[arg-type]
    seat.emit({"request": given.request, "role": given.role, "decision": given.decision, "version": given.version})
    seat.say(seat.t("Kept for request {id}. The next run goes on from there.", id=given.request))
    return OK
