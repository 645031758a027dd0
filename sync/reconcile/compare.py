"""The comparison as a whole, in order: things, positions and group cards, stock, rights; what was unread is told."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from ...mappings.model import Side
from ..types import Issue
from .allotting import compare_groups, compare_kits, compare_positions, pools, spoken_for
from .finds import retired_finds, unknown_finds
from .look import Look
from .regrading import regradings
from .rights import compare_rights
from .stock import compare_stock
from .things import compare_things
from .types import Difference, Snapshot, Verdicts

__all__ = ["compare", "questions"]


def compare(look: Look) -> Verdicts:
    """All differences inside the scope, in a stable order; the same snapshot, the same answer."""
    known = pools(look, look.result)
    things = compare_things(look, spoken_for(look, known))
    positions, positions_compared = compare_positions(look, known)
    groups, groups_compared = compare_groups(look)
    stock = compare_stock(look)
    rights, rights_compared = compare_rights(look)
    found = [*things.found, *positions, *groups, *compare_kits(look), *stock.found, *rights]
    found += [*retired_finds(look), *unknown_finds(look)]
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
    return tuple(_named(look, issue) for issue in asked if _about(look, issue))


def _named(look: Look, issue: Issue) -> Issue:
    """With the names of the records it is about, as the nightly run gives them."""
    labels = {}
    for side, id in _ends(issue):
        record = look.snapshot.record("equipment", side, id)
        parts = [record.values.get(name) for name in ("inventory_number", "name")] if record else []
        if told := " ".join(str(part) for part in parts if part):
            labels[f"{side}:{id}"] = told
    return replace(issue, params={**issue.params, "labels": labels}) if labels else issue


def _ends(issue: Issue) -> Iterator[tuple[Side, str]]:
    sides: tuple[Side, ...] = ("book", "desk")
    for side in sides:
        ids = (getattr(issue, side), *str(issue.params.get(f"{side}s", "")).split(", "))
        yield from ((side, str(id)) for id in dict.fromkeys(ids) if id)


def _about(look: Look, issue: Issue) -> bool:
    records = [look.snapshot.record("equipment", side, id) for side, id in _ends(issue)]
    return look.scope.inside(look.snapshot, *records)
