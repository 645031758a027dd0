"""A desk whose books are read through an exchange node alone: what 1C delivers again crosses once.

A real Roundup, the engine, and the emulated base in this process; only warehouses cross, night by night.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from enterprise import started
from firm import PAIR, Firm

from uchet.connectors.http import Retries
from uchet.connectors.onec.soap.connector import EnterpriseConnector
from uchet.errors import Retry

STORES, NODE = "Catalog_Склады", "uchet"


@pytest.fixture(scope="module")
def firm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Firm]:
    tmp_path = tmp_path_factory.mktemp("again")
    for made in started(tmp_path / "firm", "enterprisedata", None):
        made.book.close()
        made.emulator.switches.active_polls = 0
        made.world.put(STORES, {"Description": "Основной склад", "ТипСклада": "ОптовыйСклад"})
        made.emulator.soap.exchange.add_node(NODE)
        address = made.emulator.url.removesuffix("/odata/standard.odata/")
        made.book = EnterpriseConnector(  # type: ignore[assignment]
            address, node=NODE, poll=0.01, cache=tmp_path / "cache", retries=Retries(attempts=1)
        )
        made.approve(made.night())
        yield made
        made.book.close()


def places(firm: Firm) -> list[str]:
    return sorted(str(row["name"]) for row in firm.it.rows("location", ("name",)))


def test_what_was_not_confirmed_comes_again_and_crosses_once(firm: Firm) -> None:
    exchange = firm.emulator.soap.exchange
    before = places(firm)
    assert "Основной склад" in before
    for kind in ("job_canceled", "drop_before", "drop_after"):
        firm.world.put(STORES, {"Description": f"Склад {kind}", "ТипСклада": "ОптовыйСклад"})
        firm.emulator.faults.add(kind, collection="PutData")
        run = firm.night()
        assert (run.outcome, run.writes) == ("changed", 1), firm.history(run)
        # One look a night asks twice, so that a confirmation that was lost may be made good within the night.
        before = sorted([*before, f"Склад {kind}"])
        assert places(firm) == before
        assert firm.night().writes == 0
        assert (places(firm), exchange.waiting(NODE)) == (before, 0)
        assert firm.emulator.faults.waiting() == []
    assert len(firm.store.links(PAIR, "place")) == len(firm.world.rows(STORES))


def test_a_job_that_is_canceled_costs_one_night(firm: Firm) -> None:
    before = places(firm)
    firm.world.put(STORES, {"Description": "Подвал", "ТипСклада": "ОптовыйСклад"})
    for kind, where in (("job_canceled", "PrepareDataForGetting"), ("missing_part", "GetDataPart")):
        firm.emulator.faults.add(kind, collection=where)
        with pytest.raises(Retry):
            firm.night()
        assert places(firm) == before
    run = firm.night()
    assert (run.outcome, run.writes) == ("changed", 1), firm.history(run)
    assert places(firm) == sorted([*before, "Подвал"])
