"""What a sort of question consists of, and the answers that several sorts share."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["ACCEPT", "AGAIN", "FIELD", "IGNORE", "SAME", "IssueText"]

IGNORE = ("ignore-until",)
FIELD = ("take-book", "take-desk", "ignore-until")
SAME = ("link", "reject", "ignore-until")
AGAIN = ("retry", "ignore-until")
ACCEPT = ("accept", "ignore-until")


@dataclass(frozen=True, slots=True)
class IssueText:
    """``template`` asks, ``hint`` says what a person can do, ``choices`` are the answers ``issues decide`` takes."""

    template: str
    hint: str = ""
    choices: tuple[str, ...] = IGNORE
