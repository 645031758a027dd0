"""The real Kazakhstan base's metadata, swept: every set, every writable object, every virtual table."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import sweep

from uchet.connectors.http import Retries
from uchet.connectors.onec.odata import OnecConnector
from uchet.emulator import Emulator

pytestmark = pytest.mark.shared


def test_everything_published_is_read_and_written(closing: Any) -> None:
    folders = Path(__file__).resolve().parents
    path = next(p for f in folders if (p := f.parent / "shared" / "fixtures" / "onec" / "metadata-kz.xml").exists())
    with Emulator(path, base="kz") as base:
        connector = OnecConnector(base.url, retries=Retries(attempts=1))
        try:
            found = sweep.sweep(connector)
        finally:
            connector.close()
    assert found.done["sets"] == 64
    assert found.done["objects written"] == 22
    assert found.handled == []
    closing(f"sweep metadata-kz: {found}")
