"""A night after very many movements of the desk, or the one after that: ``python flood_run.py night|calm STATE BOOK
DESK``; both sides run apart."""

from __future__ import annotations

import json
import sys
import urllib.request
from datetime import UTC, datetime
from pathlib import Path

import child

sys.path.insert(0, str(Path(__file__).parent.parent / "tests" / "support"))

import flood

from uchet.sync.store import Store


def main(what: str, state: str, book: str, desk: str) -> None:
    control = book.partition("odata/")[0] + "emulator/requests"

    def answered() -> dict[str, int]:
        with urllib.request.urlopen(control, timeout=60) as answer:
            return dict(json.load(answer))

    def clock() -> datetime:
        return datetime(2026, 2, 17, tzinfo=UTC)

    flood.quiet()
    with Store.open(Path(state), clock=clock) as store:
        made = flood.engine(book, desk, store, clock)
        child.report(lambda: (flood.night if what == "night" else flood.calm)(made, answered))


if __name__ == "__main__":
    main(*sys.argv[1:])
