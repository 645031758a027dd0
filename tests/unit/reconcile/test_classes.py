"""Every class of difference, planted among things that agree: all found, nothing else; dirty keys deceive nobody."""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest
from planted import company, planted, scores, spoil, told

from uchet.sync.reconcile.classes import CLASSES
from uchet.sync.reconcile.compare import compare

PAIRS = int(os.environ.get("UCHET_PAIRS", "2000"))


@pytest.mark.parametrize("counted", [False, True], ids=["two-way", "three-way"])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_clean_keys_every_class_found_and_nothing_else(
    counted: bool, seed: int, closing: Callable[[str], None]
) -> None:
    made = planted(seed, counted=counted)
    found = [told(one) for one in compare(made.look(counted=counted)).differences]
    result = scores(made.truth, found)
    for name, score in result.items():
        figures = f"planted {score.planted}, recall {score.recall:.0%}, precision {score.precision:.0%}"
        if seed == 1:
            closing(f"{'three' if counted else 'two'}-way {name}: {figures}")
    assert set(found) == made.truth
    assert len(found) == len(set(found))
    only_counted = {"not_found", "not_in_desk", "not_in_books", "unknown_find"}
    assert set(result) == (set(CLASSES) if counted else set(CLASSES) - only_counted)


def test_dirty_keys_link_nothing_falsely_and_lose_little(closing: Callable[[str], None]) -> None:
    made = company(7)
    for _ in range(PAIRS):
        made.thing()
    spoil(made)
    result = made.look().result
    false = [link for link in result.found if made.twins[link.book] != link.desk]
    linked = {link.book for link in result.found}
    suggested = {i.book for i in result.suggestions if i.book and made.twins[i.book] == i.desk}
    share = len(linked | suggested) / PAIRS
    closing(
        f"dirty keys, {PAIRS} pairs: {len(linked)} linked, {len(false)} of them falsely, "
        f"{len(suggested - linked)} more suggested rightly, {share:.1%} together"
    )
    assert false == []
    assert share >= 0.95
    assert len(linked) < PAIRS  # the dirt is dirt
