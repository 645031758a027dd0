"""What was counted and belongs to nothing on either side."""

from __future__ import annotations

from collections.abc import Iterator

from ...mappings.keys import inv_key, serial_key
from ...mappings.text import fold
from .classes import CLASSES
from .look import Look
from .types import KEY, Difference

__all__ = ["unknown_finds"]


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
