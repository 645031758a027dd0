"""Repair or modernization: what the rule proposes from what the desk says of a component."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from uchet.sync.works import proposal

SMALL, LARGE = Decimal(8), Decimal(16)


@pytest.mark.parametrize(
    ("told", "wanted"),
    [
        # The same function restored.
        ({"component": "psu"}, "repair"),
        ({"component": "ups_battery"}, "repair"),
        ({"component": "keyboard"}, "repair"),
        ({"component": "disk", "size_before": LARGE, "size_after": LARGE}, "repair"),
        ({"component": "ram", "size_before": LARGE, "size_after": LARGE}, "repair"),
        ({"component": "board", "effect": "restored"}, "repair"),
        # Better than before.
        ({"component": "ram"}, "modernization"),
        ({"component": "cpu"}, "modernization"),
        ({"component": "video"}, "modernization"),
        ({"component": "network"}, "modernization"),
        ({"component": "disk", "size_before": SMALL, "size_after": LARGE}, "modernization"),
        ({"component": "psu", "effect": "improved"}, "modernization"),
        # Not told by the rule: the accountant is asked without a proposal.
        ({"component": "disk"}, ""),
        ({"component": "board"}, ""),
        ({"component": "disk", "size_before": LARGE, "size_after": SMALL}, ""),
        ({}, ""),
    ],
)
def test_the_proposal(told: dict[str, Any], wanted: str) -> None:
    assert proposal(told) == wanted
