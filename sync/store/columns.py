"""Movement lines side by side: the columns that make sums over millions of them quick, and how they are stored."""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # a command that only opens the state needs no arrays, which take long to load
    import numpy as np
    import numpy.typing as npt

    Numbers = npt.NDArray[np.int64]
    Codes = npt.NDArray[np.int32]

__all__ = ["Buffer", "Columns", "codes", "quantities"]

#: What fits into 32 bits takes half the room, and half the time to read.
_NARROW = 2**31


@dataclass(frozen=True, slots=True)
class Columns:
    """``spot``, ``event``, ``line``: numbers. ``quantity``: thousandths, signed as stock goes. ``day``:
    ``date.toordinal`` of the books' calendar."""

    spot: Codes
    quantity: Numbers
    day: Codes
    event: Codes
    line: Codes

    def __len__(self) -> int:
        return len(self.spot)

    def at(self, chosen: Any) -> Columns:
        """Those that ``chosen`` (a mask or places) says, in that order."""
        return Columns(*(getattr(self, name)[chosen] for name in _NAMES))

    def ordered(self) -> Columns:
        """In ascending order of spots: sums then go through memory in one direction, and a spot is found at once."""
        import numpy as np

        return self.at(np.argsort(self.spot, kind="stable"))

    def negated(self) -> Columns:
        return replace(self, quantity=-self.quantity)

    def blobs(self) -> tuple[bytes, ...]:
        """As ``codes`` and ``quantities`` read them again."""
        import numpy as np

        narrow = not len(self) or -_NARROW <= self.quantity.min() <= self.quantity.max() < _NARROW
        quantity = self.quantity.astype(np.int32) if narrow else self.quantity
        return (self.spot.tobytes(), quantity.tobytes(), self.day.tobytes(), self.event.tobytes(), self.line.tobytes())


_NAMES = ("spot", "quantity", "day", "event", "line")


def codes(blob: bytes) -> Codes:
    """A column of numbers."""
    import numpy as np

    return np.frombuffer(blob, np.int32)


def quantities(blob: bytes, lines: int) -> Numbers:
    """The column of quantities of so many lines, in whichever width it was stored."""
    import numpy as np

    return np.frombuffer(blob, np.int64 if len(blob) == 8 * lines else np.int32).astype(np.int64, copy=False)


@dataclass(slots=True)
class Buffer:
    """Lines on their way into a segment."""

    spot: array[int] = field(default_factory=lambda: array("i"))
    quantity: array[int] = field(default_factory=lambda: array("q"))
    day: array[int] = field(default_factory=lambda: array("i"))
    event: array[int] = field(default_factory=lambda: array("i"))
    line: array[int] = field(default_factory=lambda: array("i"))

    def __len__(self) -> int:
        return len(self.spot)

    def add(self, event: int, lines: Iterable[tuple[int, int, int]]) -> None:
        """``lines``: (spot, day, quantity) of one event, in its order."""
        for place, (spot, day, quantity) in enumerate(lines):
            self.spot.append(spot)
            self.quantity.append(quantity)
            self.day.append(day)
            self.event.append(event)
            self.line.append(place)

    def columns(self) -> Columns:
        return Columns(
            codes(self.spot.tobytes()),
            quantities(self.quantity.tobytes(), len(self)),
            *(codes(getattr(self, name).tobytes()) for name in _NAMES[2:]),
        )
