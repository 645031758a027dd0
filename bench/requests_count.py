"""Requests per changed record, counted on the 1C emulator and a real Roundup: ``python requests_count.py FOLDER``.

Eight serial numbers are edited on the desk and eight names in the books; what is counted is every request that one
night sends from the moment it begins to write.
"""

from __future__ import annotations

import shutil
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import child
import requests

sys.path.insert(0, str(Path(__file__).parent.parent / "tests" / "support"))

from firm import build, guid

from uchet.sync.apply import Applier

ASSETS = tuple(f"{n:02}" for n in range(1, 9))


def main(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    firm = build(folder)
    firm.start()
    try:
        child.report(lambda: {"book": desk_edits(firm), "desk": book_edits(firm)})
    finally:
        firm.stop()


def desk_edits(firm: Any) -> dict[str, Any]:
    for asset in ASSETS:
        firm.work(asset, serial=f"NEW{asset}Z")
    return counted(firm, firm.emulator.url)


def book_edits(firm: Any) -> dict[str, Any]:
    for asset in ASSETS:
        firm.world.put("Catalog_ОсновныеСредства", {**firm.card(asset), "Ref_Key": guid(f"asset {asset}"),
                                                    "Description": f"Новое имя {asset}"})  # fmt: skip
    return counted(firm, firm.desk.url)


def counted(firm: Any, url: str) -> dict[str, Any]:
    """One night; requests to ``url`` while its plan is applied."""
    sent: Counter[str] = Counter()
    send, one = requests.Session.send, Applier._one
    writing = False

    def counting(self: requests.Session, request: requests.PreparedRequest, **options: Any) -> requests.Response:
        if writing and str(request.url).startswith(url):
            sent[str(request.method)] += 1
        return send(self, request, **options)

    def apply_one(self: Applier, op: Any, zone: object) -> None:
        nonlocal writing
        writing = True
        one(self, op, zone)
        writing = False

    requests.Session.send, Applier._one = counting, apply_one  # type: ignore[method-assign]
    try:
        run = firm.night()
    finally:
        requests.Session.send, Applier._one = send, one  # type: ignore[method-assign]
    assert run.writes == len(ASSETS), (run, firm.codes())
    return {"requests": dict(sent), "records": run.writes, "per_record": sum(sent.values()) / run.writes}


if __name__ == "__main__":
    main(Path(sys.argv[1]))
