"""SIGKILL while the drafts of approved purchase requests are being written: each request has one, and all of its lines.

An eighth of ``UCHET_KILLS`` runs of the real command line are killed, at instants drawn by ``UCHET_SEED`` around the
writing of a draft. What came of them is counted by asking 1C (emulated) and the desk (a real Roundup).
"""

from __future__ import annotations

import os
import random
import re
import subprocess
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from asking import INVOICE, approve, ask, line, state
from firm import PAIR, ZERO, Firm, build, guid
from office import COMMAND

from uchet.connectors.roundup.server import seed

SEED = int(os.environ.get("UCHET_SEED", "1"))
#: Requests that are approved before one round of kills, and the kills of a round.
REQUESTS, ROUND = 6, 4
SETTINGS = """
[guard]
change_share = 1
change_max = 100000
[requests]
matrix = [{ role = "head_of_it" }]
[[requests.approvers]]
role = "head_of_it"
person = "Борисов Борис Богданович"
"""
MARK = re.compile(r"Заявка в ИТ № (\d+)")


@pytest.fixture
def firm(tmp_path: Path) -> Iterator[Firm]:
    made = build(tmp_path / "firm").start()
    yield made
    made.stop()


class Buying:
    """Requests as they are made, and the command line that is killed over them."""

    def __init__(self, firm: Firm) -> None:
        self.firm, self.rng = firm, random.Random(SEED)
        self.settings = firm.settings_file(firm.folder / "uchet.toml", SETTINGS)
        #: Request → what is asked for: the item's key or the words, and how much in the unit of the books.
        self.asked: dict[str, dict[str, Decimal]] = {}
        self.length = 0.0
        unit = {"Ref_Key": guid("unit"), "Code": "796", "Description": "шт"}
        firm.world.put("Catalog_КлассификаторЕдиницИзмерения", unit)
        row = {"Ref_Key": guid("item paper"), "Code": "paper", "Description": "Бумага офисная"}
        firm.world.put("Catalog_Номенклатура", {**row, "ЕдиницаИзмерения_Key": guid("unit")})
        owner = firm.it.find("organization", "name", "ООО «Роза»")
        card = {"name": "Бумага", "code": "paper", "unit": "упак", "factor": "10", "organization": owner}
        [self.paper] = seed(firm.home, "consumable", [{**card, "quantity": "0"}])

    def request(self) -> None:
        """One of one to three lines; the first may be packs of an item that the books count in pieces."""
        today = date.today()
        day = {"submitted": today.isoformat(), "needed_by": (today + timedelta(days=30)).isoformat()}
        # Each for a person of nobody's: the same thing for one person is a duplicate.
        id = ask(self.firm, employee=None, workplace=f"Место {len(self.asked)}", **day)
        wanted: dict[str, Decimal] = {}
        for n in range(self.rng.randint(1, 3)):
            packs = n == 0 and self.rng.random() < 0.5
            quantity = Decimal(self.rng.randint(1, 9))
            told = {"consumable": self.paper, "name": None, "unit": "упак"} if packs else {"name": f"Мышь {n}"}
            line(self.firm, id, quantity=f"{quantity}", price_date=today.isoformat(), **told)
            wanted[guid("item paper") if packs else f"Мышь {n}, шт"] = quantity * (10 if packs else 1)
        self.asked[id] = wanted

    def invoices(self) -> list[dict[str, object]]:
        return [row for row in self.firm.world.rows(INVOICE) if not row["DeletionMark"]]

    def run(self, after: Callable[[float], bool] | None = None) -> bool:
        """One nightly run; whether it was killed, the moment ``after(seconds)`` was true."""
        words = (str(COMMAND), "run", "nightly", "--json", "--settings", str(self.settings))
        began = time.monotonic()
        with (self.firm.folder / "cli.log").open("ab") as log:
            process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
            while process.poll() is None:
                if after is not None and after(time.monotonic() - began):
                    process.kill()
                    process.wait()
                    return process.returncode < 0
                time.sleep(0.01)
        self.length = time.monotonic() - began
        assert process.returncode in (0, 1), (self.firm.folder / "cli.log").read_text(encoding="utf-8")[-3000:]
        return False

    def kill(self) -> bool:
        """Kill a run while it writes: so many drafts later, and a moment more. Some before it has written any."""
        known, more = len(self.invoices()), self.rng.randint(0, 2)
        early, moment = self.rng.uniform(0.3, 1.0) * self.length, self.rng.uniform(0, 0.06)

        def now(seconds: float) -> bool:
            if more == 0:
                return seconds > early
            if len(self.invoices()) >= known + more:
                time.sleep(moment)
                return True
            return False

        return self.run(now)

    def check(self) -> int:
        """Every request has one draft and every line of it stands there once; how many drafts there are."""
        found: dict[str, list[dict[str, Decimal]]] = defaultdict(list)
        for row in self.invoices():
            assert not row["Posted"]
            rows: dict[str, Decimal] = defaultdict(Decimal)
            for part in row["Товары"]:  # type: ignore[attr-defined]
                given = part["Номенклатура_Key"] != ZERO
                rows[part["Номенклатура_Key"] if given else part["Содержание"]] += Decimal(str(part["Количество"]))
            [id] = MARK.findall(str(row["Комментарий"]))
            found[id].append(dict(rows))
        assert found == {id: [wanted] for id, wanted in self.asked.items()}
        assert {state(self.firm, id) for id in self.asked} == {"in_plan"}
        assert not self.firm.store.intents(PAIR)
        return len(found)


@pytest.mark.timeout(0)
def test_killed_while_drafts_are_written_each_request_has_one(
    firm: Firm, kills: int, closing: Callable[[str], None]
) -> None:
    buying, wanted, died = Buying(firm), max(2, kills // 8), 0
    while died < wanted:
        for _ in range(REQUESTS):
            buying.request()
        fresh = list(buying.asked)[-REQUESTS:]
        buying.run()
        for id in fresh:
            assert state(firm, id) == "approving", firm.it.read("request", id)["attributes"]["answer"]
            approve(firm, id, "head_of_it", "Борисов Борис Богданович")
        before = died
        for _ in range(min(ROUND, wanted - died)):
            died += buying.kill()
        assert died > before, "nothing was killed"
        buying.run()
    written = buying.invoices()
    buying.run()  # what was drafted last is seen as the order of its request
    assert buying.invoices() == written
    drafts = buying.check()
    closing(f"purchase drafts: {drafts} requests, {died} kills, each drafted once and whole")
