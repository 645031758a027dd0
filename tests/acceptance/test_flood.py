"""Very many movements of the desk in one night, here a few hundred: requests to 1C are counted at the emulator, and
drafts that are made in slices are those that one plan would hold."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import flood
import pytest
from firm import PAIR, Firm

from uchet.jobs.demo.servers import Ports
from uchet.sync.store import Store

EVENTS, SIZE = 300, 70


def clock() -> datetime:
    return datetime(2026, 2, 17, tzinfo=UTC)


@pytest.fixture
def firm(tmp_path: Path) -> Iterator[Firm]:
    folder = tmp_path / "flood"
    flood.flood(folder, EVENTS, 10)
    made = Firm(folder, Ports(*flood.ports(folder))).start()
    yield made
    made.stop()


def test_requests_to_1c_are_drafts_and_pages_and_a_few(firm: Firm, closing: Callable[[str], None]) -> None:
    with Store.open(firm.db, clock=clock) as store:
        made = flood.engine(firm.emulator.url, firm.desk.url, store, clock, SIZE)
        whole, _ = made.plan()
        assert sum(whole.later.values()) > EVENTS / 2, "most of it follows in parts"
        cost = flood.night(made, lambda: dict(firm.emulator.requests))
        assert cost["posts"] == cost["drafts"]
        assert cost["requests"] <= cost["drafts"] + cost["pages"] + 20
        rows = [len(draft.members) for draft in store.drafts(PAIR, ("open",)) if draft.document != "move"]
        assert sum(rows) == EVENTS, "each movement is a row of a draft, once"
        assert not [row for row in store.issues(PAIR) if row.issue.kind in ("movement", "order")]
        calm = made.run()
        assert (calm.writes, calm.drafts) == (0, 0)
    closing(f"flood: {EVENTS} movements, {cost['drafts']} drafts, {cost['requests']} requests, {cost['pages']} pages")
