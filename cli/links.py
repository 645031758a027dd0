"""``link``, ``unlink`` and ``reject``: a person says what is the same thing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Annotated

import typer

from ..jobs import decisions
from ..jobs.lookup import Known, read_known
from ..jobs.wiring import Wired, open_store, wired
from .frame import OK, Seat, command
from .plans import person

__all__ = ["reading"]

BookArgument = Annotated[
    str, typer.Argument(metavar="A", help="In the books: inventory number, serial, id or book:equipment:ID.")
]
DeskArgument = Annotated[
    str, typer.Argument(metavar="B", help="On the desk: inventory number, serial, id or desk:equipment:ID.")
]
OtherArgument = Annotated[
    str | None, typer.Argument(metavar="[B]", help="The other end, where the first one is not enough.")
]


@contextmanager
def reading(seat: Seat) -> Iterator[tuple[Wired, Known]]:
    """Both sides as they are now."""
    with wired(seat.settings) as parts:
        with seat.busy(seat.t("Reading both sides…")):
            known = read_known(parts, datetime.now(UTC))
        yield parts, known


@command("link", help="Say that a record of the books and one of the desk are the same thing.")
def link(seat: Seat, a: BookArgument, b: DeskArgument) -> int:
    with reading(seat) as (parts, known):
        made = decisions.link(parts, known, a, b, by=person(), across=seat.yes)
    seat.emit({"kind": made.kind, "book": made.book, "desk": made.desk, "rule": made.rule})
    seat.say(seat.t("Linked: {a} and {b}. The next run compares their fields.", a=a, b=b))
    return OK


@command("unlink", help="Take a link back; the records stay as they are.")
def unlink(seat: Seat, a: BookArgument, b: OtherArgument = None) -> int:
    settings = seat.settings
    with open_store(settings) as store:
        gone = decisions.linked(store, settings.pair, a, b)
        store.drop_link(settings.pair, gone.kind, gone.book, gone.desk, by=person())
    seat.emit({"kind": gone.kind, "book": gone.book, "desk": gone.desk})
    seat.say(seat.t("Unlinked: {a}. The same numbers would link it again: “uchet reject” prevents that for good.", a=a))
    return OK


@command("reject", help="Say that two records are not the same thing; they are not offered again.")
def reject(seat: Seat, a: BookArgument, b: DeskArgument) -> int:
    with reading(seat) as (parts, known):
        book, desk = decisions.reject(parts, known, a, b, by=person())
    seat.emit({"kind": book.kind, "book": book.id, "desk": desk.id})
    seat.say(seat.t("Remembered: {a} and {b} are not the same thing.", a=a, b=b))
    return OK
