"""The comparison as a whole, in order: things, positions and group cards, stock, rights; what was unread is told."""

from __future__ import annotations

from collections.abc import Iterable

from ..types import Issue
from .allotting import compare_groups, compare_kits, compare_positions, pools, spoken_for
from .corrections import corrections
from .finds import unknown_finds
from .regrading import regradings
from .rights import compare_rights
from .stock import compare_stock
from .things import Look, compare_things
from .types import Difference, Snapshot, Verdicts

__all__ = ["compare", "corrections", "questions"]


def compare(look: Look) -> Verdicts:
    """All differences inside the scope, in a stable order; the same snapshot, the same answer."""
    known = pools(look, look.result)
    things = compare_things(look, spoken_for(look, known))
    positions, positions_compared = compare_positions(look, known)
    groups, groups_compared = compare_groups(look)
    stock = compare_stock(look)
    rights, rights_compared = compare_rights(look)
    found = [*things.found, *positions, *groups, *compare_kits(look), *stock.found, *rights, *unknown_finds(look)]
    found += regradings(look.snapshot, stock.found)
    compared = {
        "equipment": things.compared,
        "position": positions_compared,
        "group": groups_compared,
        "stock": stock.compared,
        "licence": rights_compared,
    }
    return Verdicts(_unique(found), compared, tuple(_unread(look.snapshot)))


def _unique(found: Iterable[Difference]) -> tuple[Difference, ...]:
    by_key: dict[str, Difference] = {}
    for one in found:
        by_key.setdefault(one.key, one)
    return tuple(by_key[key] for key in sorted(by_key))


def _unread(snapshot: Snapshot) -> Iterable[str]:
    """``side|kind`` of what could not be read, or not whole: nothing was concluded from it."""
    for one in snapshot.sources:
        if one.failed or not one.complete:
            yield f"{one.side}|{one.kind}"


def questions(look: Look) -> tuple[Issue, ...]:
    """What matching asks a person: suggestions with their reasons, doubled, crossed and destroyed numbers. They are the
    nightly run's own questions, word for word, so that each is asked once."""
    asked = [*look.result.suggestions, *look.result.problems]
    return tuple(issue for issue in asked if _about(look, issue))


def _about(look: Look, issue: Issue) -> bool:
    books = [id for id in (issue.book, *str(issue.params.get("books", "")).split(", ")) if id]
    desks = [id for id in (issue.desk, *str(issue.params.get("desks", "")).split(", ")) if id]
    records = [look.snapshot.record("equipment", "book", id) for id in books]
    records += [look.snapshot.record("equipment", "desk", id) for id in desks]
    return look.scope.inside(look.snapshot, *records)
