"""What was counted and is in service on neither side: left it, or was never known."""

from __future__ import annotations

from collections.abc import Iterator

from ...mappings.keys import inv_key, serial_key
from ...mappings.text import fold
from .classes import CLASSES
from .look import Look
from .telling import presence_difference
from .types import KEY, Difference

__all__ = ["retired_finds", "unknown_finds"]


def retired_finds(look: Look) -> Iterator[Difference]:
    """What left service on the only side that knows it, and was found all the same."""
    counted, linked = look.counted, {(link.book, link.desk) for link in look.result.kept}
    books, desks = {book for book, _ in linked}, {desk for _, desk in linked}
    for id in sorted(counted.book if counted else ()):
        record = look.snapshot.record("equipment", "book", id)
        if record is not None and record.retired and id not in books:
            yield presence_difference(look, "state_conflict", None, record, None, "written_off", "no", "yes")
    for id in sorted(counted.desk if counted else ()):
        record = look.snapshot.record("equipment", "desk", id)
        if record is not None and record.retired and id not in desks:
            yield presence_difference(look, "not_in_books", None, None, record, "no", "written_off", "yes")


def unknown_finds(look: Look) -> Iterator[Difference]:
    """One difference for each text that nobody could tell; the same text twice is one find."""
    known = CLASSES["unknown_find"]
    for find in look.counted.unknown if look.counted else ():
        mark = "".join(inv_key(find.text)) or serial_key(find.text) or fold(find.text)
        yield Difference(
            f"{KEY}find:{look.counted.id if look.counted else ''}:{mark}",
            "unknown_find",
            "equipment",
            find.text,
            field_name="presence",
            book="no",
            desk="no",
            count="yes",
            quantity=find.quantity,
            owner=known.owner,
            proposal=known.proposal,
            evidence={"place": find.place, "condition": find.condition},
        )
