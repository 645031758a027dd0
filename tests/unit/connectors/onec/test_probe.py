"""Each open question, answered either way by the emulator: the probe finds out, and the connector acts on it."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from uchet.connectors.base import Probing, Query, Write
from uchet.connectors.http import Retries
from uchet.connectors.onec.odata import OnecConnector
from uchet.emulator import Emulator
from uchet.errors import Blocked, Retry, Stale

MOVE, PLACES = "Document_ПеремещениеОС", "Catalog_Склады"
BETTER: dict[str, Any] = {
    "if_match": True,
    "inline_pages": True,
    "compare_text": True,
    "closed_drafts": True,
    "renew_movements": True,
    "enum_as_text": True,
    "refuse_repeats": False,
}
WORSE: dict[str, Any] = {
    "client_keys": False,
    "counts": False,
    "sessions": False,
    "case_sensitive": True,
    "slices_on_main": True,
    "filter_predefined": False,
    "licence_odata": True,
    "segment_limit": 260,
    "slice_conditions": False,
    "long_conditions": False,
}
Start = Callable[..., Emulator]


@pytest.fixture
def start() -> Iterator[Start]:
    made: list[Emulator] = []

    def begin(**switches: Any) -> Emulator:
        base = Emulator(user="Обмен", password="тайна", clock=lambda: datetime(2026, 3, 10, 12), **switches)
        made.append(base.start())
        world = base.world
        world.put_many(PLACES, ({"Description": f"Склад {n}"} for n in range(3)))
        world.put("Catalog_Организации", {"Description": "ООО Ромашка"})
        world.close_period("2026-01-31")
        return base

    yield begin
    for base in made:
        base.stop()


def opened(base: Emulator, folder: Path, **more: Any) -> OnecConnector:
    connector = OnecConnector(base.url, "Обмен", "тайна", cache=folder, retries=Retries(attempts=1), **more)
    connector._periods.today = lambda: date(2026, 3, 10)
    return connector


def expected(switches: dict[str, Any]) -> dict[str, bool]:
    given = {"client_keys": True, "counts": True, "sessions": True, "filter_predefined": True, **switches}
    return {
        "own_key": given["client_keys"],
        "if_match": bool(given.get("if_match")),
        "count": given["counts"],
        "inline_pages": bool(given.get("inline_pages")),
        "compare_text": bool(given.get("compare_text")),
        "condition": given.get("slice_conditions", True),
        "long_condition": given.get("slice_conditions", True) and given.get("long_conditions", True),
        "sessions": given["sessions"],
        "closed_drafts": bool(given.get("closed_drafts")),
        "case_sensitive": bool(given.get("case_sensitive")),
        "enum_as_text": bool(given.get("enum_as_text")),
        "filter_predefined": given["filter_predefined"],
    }


@pytest.mark.parametrize("switches", [{}, BETTER, WORSE], ids=["as measured", "better", "worse"])
def test_the_probe_finds_out(start: Start, tmp_path: Path, switches: dict[str, Any]) -> None:
    base = start(**switches)
    connector = opened(base, tmp_path)
    assert isinstance(connector, Probing)
    connector.probe(write=True)
    known = connector.known_answers()
    assert {name: known[name] for name in expected(switches)} == expected(switches)
    refused = None if not switches.get("client_keys", True) else switches.get("refuse_repeats", True)
    assert known["repeat_refused"] is refused
    assert known["renew_movements"] is None, "nothing is posted to find out"
    drafts = [row for name in base.base.model.sets if name.startswith("Document_") for row in _all(base, name)]
    assert drafts
    assert all(row["DeletionMark"] for row in drafts if row["Date"] > "2026-02")
    connector.close()
    again = opened(base, tmp_path)
    assert again.known_answers() == known, "kept for the next run"
    again.close()


def _all(base: Emulator, name: str) -> list[dict[str, Any]]:
    return [row for row in base.world.rows(name) if "Ref_Key" in row and "Date" in row]


def test_without_write_nothing_is_written(start: Start, tmp_path: Path) -> None:
    base = start()
    before = base.base.version_count()
    connector = opened(base, tmp_path)
    asked = connector.probe()
    assert base.base.version_count() == before
    assert connector.known_answers()["own_key"] is None
    assert {item.question for item in asked} >= {"count", "compare_text", "condition", "case_sensitive"}
    told = json.dumps([[item.question, item.holds, item.status, item.code] for item in asked], ensure_ascii=False)
    assert "Склад" not in told
    assert "Ромашка" not in told
    connector.close()


@pytest.mark.parametrize("switches", [BETTER, WORSE], ids=["better", "worse"])
@pytest.mark.parametrize("probed", [False, True], ids=["not asked", "asked"])
def test_a_draft_lives_its_life_under_either_answer(
    start: Start, tmp_path: Path, switches: dict[str, Any], probed: bool
) -> None:
    base = start(**switches)
    org = base.world.rows("Catalog_Организации")[0]["Ref_Key"]
    connector = opened(base, tmp_path)
    if probed:
        connector.probe(write=True)
    key = str(uuid.uuid4())
    draft = Write(MOVE, None, {"Date": datetime(2026, 3, 5), "Организация_Key": org}, key=key, marker=f"uchet {key}")
    before = len(base.world.rows(MOVE))
    base.faults.add("drop_after", method="POST", collection=MOVE)
    with pytest.raises(Exception, match="answer_lost"):
        connector.write(draft)
    found = connector.find(MOVE, key)
    assert found is not None, "found by its key, or by the marker in its comment"
    made = connector.write(draft)
    assert (made.created, made.raw.id) == (False, found.id)
    assert len(base.world.rows(MOVE)) == before + 1, "once"
    changed = connector.write(Write(MOVE, made.raw.id, {"Комментарий": "x"}, expected=made.raw.version)).raw
    with pytest.raises(Stale):
        connector.write(Write(MOVE, made.raw.id, {"Комментарий": "y"}, expected=made.raw.version))
    listed = [raw for page in connector.read(Query(MOVE)) for raw in page.records if raw.id == made.raw.id]
    assert [raw.version for raw in listed] == [changed.version]
    closed = Write(MOVE, None, {"Date": datetime(2026, 1, 5), "Организация_Key": org}, key=str(uuid.uuid4()))
    if probed and switches.get("closed_drafts"):
        assert connector.write(closed).created, "the base lets drafts pass, and that is known"
    else:
        with pytest.raises(Blocked):
            connector.write(closed)
    claimed = connector.capabilities
    assert claimed.conditional_write is (probed and bool(switches.get("if_match")))
    assert claimed.create == ("marker_field" if probed and not switches.get("client_keys", True) else "own_key")
    base.switches.licences = 0
    with pytest.raises(Retry) as caught:
        connector.describe()
    assert caught.value.code == "licence"
    base.switches.licences = None
    connector.close()
