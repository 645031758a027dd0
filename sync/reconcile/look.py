"""What one comparison looks at: the snapshot, what is asked about, and who is whose twin. Worked out once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

from ...mappings.model import EQUIPMENT
from ..match import MatchResult, match
from ..pair import LinkIndex
from .counted import Counted
from .scope import Scope
from .types import Coming, ReconcileRules, Snapshot

__all__ = ["Look"]


@dataclass(frozen=True)
class Look:
    """All that a comparison needs beside the two listings. ``first``: key → the day a difference was first seen;
    ``today``: the books' wall clock."""

    snapshot: Snapshot
    scope: Scope
    rules: ReconcileRules
    today: date
    first: Mapping[str, date] = field(default_factory=dict)
    counted: Counted | None = None

    @cached_property
    def result(self) -> MatchResult:
        """Who is whose twin; worked out once."""
        return _matched(self.snapshot, self.index)

    @cached_property
    def index(self) -> LinkIndex:
        return LinkIndex(list(self.snapshot.links))

    @cached_property
    def coming(self) -> Mapping[tuple[str, str], Mapping[str, Coming]]:
        """(kind, id in the books) → field → what a draft is about to say of it."""
        found: dict[tuple[str, str], dict[str, Coming]] = {}
        for one in self.snapshot.coming:
            found.setdefault((one.kind, one.book), {})[one.field] = one
        return found

    def overdue(self, key: str) -> bool:
        """Whether something has been on its way for longer than settings allow."""
        since = self.first.get(key)
        return since is not None and (self.today - since).days > self.rules.timing_days


def _matched(snapshot: Snapshot, index: LinkIndex) -> MatchResult:
    """Stored links, and what matching adds: one-to-one inside an organisation, a rejected pair never again."""
    book, desk = snapshot.listing("equipment", "book"), snapshot.listing("equipment", "desk")
    links = [link for link in snapshot.links if link.kind == "equipment"]
    if book is None or desk is None:
        return MatchResult(kept=tuple(links))
    refused = {(b, d) for kind, b, d in snapshot.rejected if kind == "equipment"}
    return match(EQUIPMENT, book, desk, links, refused, index.same, snapshot.listing("position", "book"))
