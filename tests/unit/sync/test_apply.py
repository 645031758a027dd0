"""What is settled with ourselves while a plan is applied; writes are tried by the laws and on real servers."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from uchet.sync.apply import Applier
from uchet.sync.pair import LinkIndex
from uchet.sync.store import Store
from uchet.sync.types import Draft, Operation, Plan


def _close(draft: str, state: str) -> Operation:
    return Operation(f"op-{draft}", "close", "book", "equipment", document=draft, rule=state)


def test_drafts_are_closed_whatever_their_number_by_one_look(monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[str] = []
    read = Store.drafts

    def looked(store: Store, pair: str, *states: Any) -> list[Draft]:
        looks.append(pair)
        return read(store, pair, *states)

    with Store.open(":memory:", clock=lambda: datetime(2026, 3, 1, tzinfo=UTC)) as store:
        for n in range(5):
            draft = Draft(f"d{n}", "consume", f"doc-{n}", "v1", "", "refused" if n == 3 else "posted")
            store.put_draft("main", draft, run="r1")
        targets: Any = SimpleNamespace(pair=SimpleNamespace(name="main"), index=LinkIndex())
        closes = (_close("d0", "agreed"), _close("d1", "agreed"), _close("d3", "gone"), _close("unknown", "agreed"))
        monkeypatch.setattr(Store, "drafts", looked)
        Applier(store, targets, "r2", lambda: datetime(2026, 3, 2, tzinfo=UTC)).apply(
            Plan("p", "main", closes, (), {}, {}, ""), None
        )
        assert looks == ["main"]
        found = {draft.id: draft.state for draft in read(store, "main", ("posted", "agreed", "refused", "gone"))}
    assert found == {"d0": "agreed", "d1": "agreed", "d2": "posted", "d3": "gone", "d4": "posted"}
