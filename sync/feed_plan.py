"""What is planned of the feed so far: operations, questions, and where each event will stand. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from .types import Claim, Event, Issue, Operation

__all__ = ["INCOMING", "KITS", "UNSTOCKED", "FeedPlan", "effects", "mark"]

#: Kinds of movement that raise the desk's stock; an assembly's own two are told by its work, and never events.
INCOMING = frozenset({"receipt", "return", "assembly_in"})
#: Kinds of event that move no stock themselves: what is fitted leaves it by a movement of its own.
UNSTOCKED = frozenset({"sent", "returned", "replaced", "upgrade", "swap"})
#: Kinds of event that make one thing of several, or several of one.
KITS = frozenset({"assembly", "disassembly"})


@dataclass
class FeedPlan:
    """What is planned so far. ``after``: event → where it will stand, where this plan says so; ``before``: those events
    as they were."""

    operations: list[Operation] = field(default_factory=list)
    issues: list[Issue] = field(default_factory=list)
    after: dict[str, Event] = field(default_factory=dict)
    before: dict[str, Event] = field(default_factory=dict)

    def set(self, event: Event, state: str, reason: str = "", draft: str = "", attempt: int | None = None) -> None:
        """``event`` stands there once this plan was applied."""
        self.before.setdefault(event.id, event)
        told = event.attempt if attempt is None else attempt
        self.after[event.id] = replace(event, state=state, reason=reason, draft=draft, attempt=told)  # type: ignore[arg-type]

    def found(self, event: Event, claims: Iterable[Claim]) -> None:
        """``event`` is what a document of the books says: the two are one, and nothing is asked about it any more."""
        self.before.setdefault(event.id, event)
        self.after[event.id] = replace(event, state="posted", reason="found", draft="", claims=tuple(claims))
        self.issues = [i for i in self.issues if not i.key.startswith(f"feed:{event.id}:")]

    def now(self, event: Event) -> Event:
        """``event`` as far as this plan has come."""
        return self.after.get(event.id, event)


def effects(event: Event) -> list[tuple[str, Decimal]]:
    """(card, signed quantity in its unit): what the desk's stock did when the event was recorded."""
    if event.kind == "transfer":
        return [(event.supply, -event.quantity), (event.to, event.quantity)]
    if event.kind in KITS:
        sign = 1 if event.kind == "assembly" else -1
        return [(event.supply, sign * event.quantity), *((p.supply, -sign * p.quantity) for p in event.parts)]
    if event.kind in UNSTOCKED or not event.supply:
        return []
    if event.kind in INCOMING or event.kind == "correction":
        return [(event.supply, event.quantity)]
    return [(event.supply, -event.quantity)]


def mark(event: Event) -> Operation:
    """The local operation that says where ``event`` stands now."""
    stands: Mapping[str, Any] = {"rule": event.state, "label": event.reason, "document": event.draft}
    return Operation(
        "", "mark", "desk", "movement", event.id, event.record, key=str(event.attempt), claims=event.claims, **stands
    )
