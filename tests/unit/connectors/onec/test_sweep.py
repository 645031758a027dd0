"""Every set, every writable object and every virtual table of the shipped bases, through the connector."""

from __future__ import annotations

from typing import Any

import pytest
import sweep
import zoo

from uchet.connectors.http import Retries
from uchet.connectors.onec.odata import OnecConnector
from uchet.emulator import Emulator, bp30, erp25
from uchet.emulator.edmx import Model

BASES = {"bp30": bp30.model, "erp25": erp25.erp, "ut11": erp25.trade, "one of every kind": zoo.model}
#: Fields that the documents' own handlers empty, because they do not fit the operation.
HANDLED = {
    "bp30": {("Document_ПеремещениеТоваров", "Товары"), ("Document_СписаниеТоваров", "Товары")},
    "erp25": set(),
    "ut11": set(),
    "one of every kind": set(),
}


@pytest.mark.parametrize("name", BASES)
def test_everything_published_is_read_and_written(name: str, closing: Any) -> None:
    model: Model = BASES[name]()
    with Emulator(model) as base:
        connector = OnecConnector(base.url, retries=Retries(attempts=1))
        try:
            found = sweep.sweep(connector)
        finally:
            connector.close()
    assert found.done["sets"] == len(model.sets) == found.done["sets read"]
    writable = [n for n in model.sets if n.startswith(("Catalog_", "Document_")) and model.owner_of_part(n) is None]
    assert found.done["objects written"] == len(writable)
    assert set(found.handled) <= HANDLED[name]
    closing(f"sweep {name}: {found}")
