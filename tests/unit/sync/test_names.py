"""The engine asks what a side can do and never which system it is: no connector is named in it."""

from __future__ import annotations

import re
from pathlib import Path

from uchet.connectors.registry import available


def test_the_engine_names_no_connector(root: Path) -> None:
    titles = {"Request Tracker", "Roundup"}
    words = "|".join(re.escape(word) for word in sorted({*available(), *titles}))
    named = re.compile(rf"""["']({words})["']|\b(Roundup|Request Tracker|OnecConnector)\b""")
    code = {path: path.read_text(encoding="utf-8") for path in (root / "sync").rglob("*.py")}
    assert len(code) > 30
    assert {path.name: found[0] for path, text in code.items() if (found := named.search(text))} == {}
