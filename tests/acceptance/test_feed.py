"""Movements of consumables on the real pair: 1C (emulated) and Roundup, the command line killed at random instants.

``UCHET_MOVEMENTS`` movements (40) are recorded on the desk and posted in 1C, some before each run that is killed, half
of ``UCHET_KILLS`` of them. What crossed is counted by asking the two servers, past the engine.
"""

from __future__ import annotations

import os
import random
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from firm import LIMITS, MOVE, PAIR, ZONE, Firm, build, copies, guid
from office import COMMAND

from uchet.connectors.base import Query
from uchet.connectors.onec.odata import OnecConnector
from uchet.connectors.roundup.server import seed
from uchet.emulator import objects, posting
from uchet.emulator.defaults import known_key
from uchet.errors import Fatal
from uchet.jobs.reports.making import Wanted, make
from uchet.jobs.reports.types import Filled, report
from uchet.jobs.state import utc_now
from uchet.sync.context import RECEIPTS
from uchet.sync.pair import EngineSettings, FeedSettings
from uchet.sync.store import Store

MOVEMENTS = int(os.environ.get("UCHET_MOVEMENTS", "40"))
SEED = int(os.environ.get("UCHET_SEED", "1"))
START = date(2026, 2, 1)
ITEMS = ("toner", "paper", "mouse")
OPENING = 10 * MOVEMENTS
#: Killed runs between two that nobody disturbs.
BETWEEN = 10
DRAFTS = ("Document_ТребованиеНакладная", "Document_ПеремещениеТоваров", "Document_СписаниеТоваров")
RECEIPT = "Document_ОприходованиеТоваров"
FIELDS = ("id", "type", "consumable", "to_consumable", "quantity", "document", "origin", "uchet_key")
SIGN = {"receipt": 1, "correction": 1, "issue": -1, "write_off": -1, "transfer": -1, "expense": -1}
#: Nobody approves here; what happened since the start crosses.
SETTINGS = """
[guard]
change_share = 1
change_max = 100000
[feed]
start = 2026-02-01
"""


def receipt(item: str, place: str, quantity: int, day: str) -> dict[str, Any]:
    account = known_key("account 10.09")
    row = {"Номенклатура_Key": guid(f"item {item}"), "Количество": quantity, "СчетУчета_Key": account}
    return {
        "Date": f"{day}T09:00:00",
        "Организация_Key": guid("rose"),
        "Склад_Key": guid(place),
        "СтатьяПрочихДоходовРасходов_Key": guid("income"),
        "Товары": [row],
    }


@pytest.fixture(scope="module")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Firm:
    """A company whose two sides agree on stock before the feed begins."""
    made = build(tmp_path_factory.mktemp("feed") / "origin").start()
    put = made.world.put
    put("Catalog_Склады", {"Ref_Key": guid("cellar"), "Code": "2", "Description": "Подвал"})
    unit = {"Ref_Key": guid("unit"), "Code": "796", "Description": "шт"}
    put("Catalog_КлассификаторЕдиницИзмерения", unit)
    for item in ITEMS:
        row = {"Ref_Key": guid(f"item {item}"), "Code": item, "Description": item, "ЕдиницаИзмерения_Key": guid("unit")}
        put("Catalog_Номенклатура", row)
        for place in ("warehouse", "cellar"):
            made.world.write_document(RECEIPT, receipt(item, place, OPENING, "2026-01-20"))
    made.night()
    names = {"warehouse": "Основной склад", "cellar": "Подвал"}
    places = {key: made.it.find("location", "name", name) for key, name in names.items()}
    organization = made.it.find("organization", "name", "ООО «Роза»")
    made.stop()
    card = {"unit": "шт", "quantity": str(OPENING), "organization": organization}
    cards = [
        {**card, "name": item, "code": item, "location": places[p]} for item in ITEMS for p in ("warehouse", "cellar")
    ]
    seed(made.home, "consumable", cards)
    return made


@pytest.fixture
def firm(origin: Firm, tmp_path: Path) -> Iterator[Firm]:
    made = copies(origin, tmp_path / "firm")()
    made.settings = EngineSettings(guard=replace(LIMITS, change_max=10**6), zone=ZONE, feed=FeedSettings(START))
    yield made
    made.stop()


class Shop:
    """People at both sides, and what they find there."""

    def __init__(self, firm: Firm) -> None:
        self.firm, self.rng = firm, random.Random(SEED)
        self.people = [r["id"] for r in firm.it.rows("employee", ("id", "name", "organization"))
                       if r["name"].startswith(("Андреева", "Борисов"))]  # fmt: skip
        self.departments = [firm.it.find("department", "name", "Отдел ИТ")]
        self.tickets: dict[str, str] = {}

    def cards(self) -> dict[str, dict[str, Any]]:
        names = ("id", "code", "location", "quantity")
        return {row["id"]: row for row in self.firm.it.rows("consumable", names)}

    def record(self, number: int) -> None:
        """Movements of the desk, as a specialist records them."""
        cards = list(self.cards())
        rows = []
        for n in range(number):
            kind = self.rng.choice(["issue", "issue", "issue", "write_off", "transfer"])
            at = self.rng.randrange(len(cards))
            day = f"2026-02-{self.rng.randint(2, 5):02}"
            row = {"type": kind, "consumable": cards[at], "quantity": str(self.rng.randint(1, 4)), "date": day}
            if kind == "transfer":
                row["to_consumable"] = cards[at ^ 1]
            elif kind == "issue":
                row |= {"employee": self.rng.choice(self.people)} if n % 2 else {"department": self.departments[0]}
            rows.append(row)
        seed(self.firm.home, "movement", rows)

    def receive(self, number: int) -> None:
        """Receipts that the accountant posts."""
        for _ in range(number):
            item, place = self.rng.choice(ITEMS), self.rng.choice(["warehouse", "cellar"])
            self.firm.world.write_document(RECEIPT, receipt(item, place, self.rng.randint(1, 9), "2026-02-04"))

    def post(self) -> int:
        """The accountant fills in the account of expenses and posts every draft."""
        done = 0
        world = self.firm.world
        for collection in DRAFTS:
            for row in world.rows(collection):
                if not row["Posted"] and not row["DeletionMark"]:
                    if collection == DRAFTS[0]:
                        world.edit(collection, row["Ref_Key"], {"СчетЗатрат_Key": known_key("account 26")})
                    world.post(collection, row["Ref_Key"])
                    done += 1
        return done

    def movements(self) -> list[dict[str, Any]]:
        return self.firm.it.rows("movement", FIELDS)

    def rows_in_books(self) -> Counter[str]:
        """Ticket label → in how many rows of living documents of ours it stands."""
        found: Counter[str] = Counter()
        for collection in DRAFTS:
            for row in self.firm.world.rows(collection):
                if not row["DeletionMark"]:
                    labels = row["Комментарий"].partition(" ")[2].partition(" ")[2].partition(";")[0]
                    found.update(label for label in labels.split(", ") if label)
        return found

    def stock(self) -> dict[tuple[str, str], Decimal]:
        """(item, place) → what the books' records say."""
        held: dict[tuple[str, str], Decimal] = {}
        for row in self.firm.world.rows("AccountingRegister_Хозрасчетный"):
            for side, sign in (("Dr", 1), ("Cr", -1)):
                if row.get(f"Account{side}_Key") == known_key("account 10.09"):
                    key = (row[f"ExtDimension{side}1"], row[f"ExtDimension{side}2"])
                    held[key] = held.get(key, Decimal(0)) + sign * Decimal(row[f"Количество{side}"] or 0)
        return held

    def places(self) -> dict[str, str]:
        """The desk's warehouses and what the books call them."""
        places = {"warehouse": "Основной склад", "cellar": "Подвал"}
        return {self.firm.it.find("location", "name", name): guid(key) for key, name in places.items()}

    def check(self) -> tuple[int, int]:
        """Every movement crossed once, and both sides end alike; (from the desk, from the books)."""
        rows = self.movements()
        own = [r for r in rows if r["origin"] != "book"]
        theirs = [r for r in rows if r["origin"] == "book"]
        assert self.rows_in_books() == Counter({f"№{r['id']}": 1 for r in own})
        receipts = [r for r in self.firm.world.rows(RECEIPT) if r["Date"] >= "2026-02"]
        assert len({r["uchet_key"] for r in theirs}) == len(theirs)
        assert Counter(r["document"] for r in theirs) == Counter(str(r["Number"]) for r in receipts)
        stock, names = self.stock(), self.places()
        for id, card in self.cards().items():
            moved = sum(SIGN[r["type"]] * Decimal(r["quantity"]) for r in rows if r["consumable"] == id)
            came = sum(Decimal(r["quantity"]) for r in rows if r["to_consumable"] == id)
            assert Decimal(card["quantity"]) == OPENING + moved + came
            assert Decimal(card["quantity"]) == stock[(guid(f"item {card['code']}"), names[card["location"]])]
        return len(own), len(theirs)


def test_movements_cross_both_ways_and_nothing_returns(firm: Firm, monkeypatch: pytest.MonkeyPatch) -> None:
    shop = Shop(firm)
    shop.record(12)
    shop.receive(3)
    run = firm.night()
    assert (run.failed, run.skipped) == (0, 0), firm.history(run)
    assert run.drafts
    assert not any(row["Posted"] for c in DRAFTS for row in firm.world.rows(c)), "posting is the accountant's"
    assert shop.post() == run.drafts
    firm.night()
    assert shop.check() == (12, 3)
    asked: list[str] = []
    read = OnecConnector.read

    def reading(connector: OnecConnector, query: Query, *more: Any) -> Any:
        if query.collection in (*DRAFTS, RECEIPT):
            asked.extend(query.where.get("Ref_Key") or ())
        return read(connector, query, *more)

    monkeypatch.setattr(OnecConnector, "read", reading)
    calm = firm.night()
    assert len(asked) <= RECEIPTS < run.drafts, "beside our last drafts, what crossed is asked for no more"
    assert (calm.writes, calm.drafts) == (0, 0), firm.history(calm)
    assert not [i for i in firm.open() if i.issue.code.startswith("feed_")], [i.issue for i in firm.open()]


def test_the_kept_lines_tell_what_makes_a_difference(firm: Firm) -> None:
    """Both stocks as their lines say, asking neither side: equal, then not, by what only one side has."""
    shop = Shop(firm)
    shop.record(8)
    shop.receive(2)
    firm.night()
    shop.post()
    firm.night()

    def told() -> Filled:
        return make(firm.store, PAIR, ZONE, utc_now(), Wanted(report("remainders")))

    made = told()
    assert made.rows == {"lines": (), "spots": ()}, "everything crossed"
    assert f"Сравнено остатков: {2 * len(ITEMS)}, расходятся: 0." in made.notes
    lines = firm.store.lines(PAIR)
    assert lines is not None
    found = lines.balances()
    names = lines.named(found.spot)
    stock = {(names[n].title, names[n].at): found.quantity(q) for n, q in zip(found.spot, found.desk, strict=True)}
    places = {firm.it.find("location", "name", name): name for name in ("Основной склад", "Подвал")}
    cards = shop.cards().values()
    assert stock == {(card["code"], places[card["location"]]): Decimal(str(card["quantity"])) for card in cards}
    firm.world.write_document(RECEIPT, receipt("toner", "cellar", 7, "2026-02-05"))
    shop.record(1)
    firm.night()
    rows = told().rows["lines"]
    alone = [row for row in rows if row["note"] == "нет движения ИТ"]
    assert [(row["title"], row["place"], row["book"], row["date"]) for row in alone] == [
        ("toner", "Подвал", 7, date(2026, 2, 5))
    ]
    assert alone[0]["document"], "as people know it"
    waits = [row for row in rows if row not in alone]
    assert waits
    assert all(str(row["note"]).endswith("ждёт проведения") and row["record"] for row in waits)
    firm.night()
    assert not [row for row in told().rows["lines"] if row["note"] == "нет движения ИТ"], "it has crossed"


def test_a_base_put_back_after_movements_were_delivered_is_blocked_and_doubles_nothing(firm: Firm) -> None:
    """Last night's copy of 1C knows neither our posted drafts nor the receipts that crossed to the desk since."""
    shop = Shop(firm)
    copy = firm.keep()
    shop.record(10)
    shop.receive(3)
    firm.night()
    shop.post()
    firm.nights(2)
    assert shop.check() == (10, 3)

    firm.put_back(copy, firm.state)
    documents = {c: len(firm.world.rows(c)) for c in (*DRAFTS, RECEIPT)}
    moved = len(shop.movements())
    run = firm.night()
    assert (run.outcome, run.writes, run.drafts) == ("blocked", 0, 0), firm.history(run)
    assert "went_back" in run.notes, run
    assert {c: len(firm.world.rows(c)) for c in (*DRAFTS, RECEIPT)} == documents
    assert len(shop.movements()) == moved

    for _ in range(3):
        firm.approve(run)
        run = firm.night()
        for row in firm.open("first_difference"):
            firm.store.decide(row.id, "take-desk", by="person")
        if run.outcome != "blocked":
            break
    firm.night()
    own = [r for r in shop.movements() if r["origin"] != "book"]
    assert shop.rows_in_books() == Counter({f"№{r['id']}": 1 for r in own}), "each is drafted anew, once"
    shop.post()
    firm.nights(2)
    assert shop.rows_in_books() == Counter({f"№{r['id']}": 1 for r in own})
    stock, names = shop.stock(), shop.places()
    for card in shop.cards().values():
        assert Decimal(card["quantity"]) == stock[(guid(f"item {card['code']}"), names[card["location"]])]
    calm = firm.night()
    assert (calm.writes, calm.drafts) == (0, 0), firm.history(calm)


def test_nothing_is_posted_unless_the_settings_sign_for_it(firm: Firm, monkeypatch: pytest.MonkeyPatch) -> None:
    """Asked of the emulator itself: who is on the other end of HTTP posts nothing; the accountant is in this thread."""
    over_http: list[str] = []
    post = posting.post

    def watched(base: Any, collection: str, key: str, **more: Any) -> Any:
        if threading.current_thread() is not threading.main_thread():
            over_http.append(key)
        return post(base, collection, key, **more)

    monkeypatch.setattr(posting, "post", watched)
    monkeypatch.setattr(objects, "post", watched)
    shop = Shop(firm)
    shop.record(8)
    shop.receive(2)
    firm.work("01", custodian="boris", department="it")
    firm.it.enter("work", type="sent", equipment=firm.thing("02")["id"], contractor="Ремонт+", date="2026-02-02")
    run = firm.night()
    assert run.drafts > 2
    ours = [(c, row["Ref_Key"]) for c in (*DRAFTS, MOVE) for row in firm.world.rows(c) if not row["Posted"]]
    assert len(ours) == run.drafts, "drafts, every one"
    firm.night()
    assert not over_http
    document, key = next(one for one in ours if one[0] == MOVE)
    with pytest.raises(Fatal) as caught:
        firm.book.post(document, key)
    assert (caught.value.code, over_http) == ("posting_off", [])
    signed = OnecConnector(firm.emulator.url, timeout=10, posting=True)
    assert signed.post(document, key).data["Posted"] is True
    signed.close()
    assert over_http == [key], "the signature is what made the difference"


@pytest.mark.timeout(0)
def test_killed_at_random_instants_every_movement_crosses_once(
    firm: Firm, kills: int, closing: Callable[[str], None]
) -> None:
    night = Nights(firm)
    kills = max(1, kills // 2)
    shop = Shop(firm)
    night.whole()
    for turn in range(kills):
        share = MOVEMENTS * (turn + 1) // kills - MOVEMENTS * turn // kills
        received = share // 5
        shop.record(share - received)
        shop.receive(received)
        night.killed()
        if turn % BETWEEN == BETWEEN - 1:  # a run that nobody disturbs, and the accountant catches up
            night.whole()
            shop.post()
    night.whole()
    shop.post()
    for _ in range(2):
        night.whole()
    own, theirs = shop.check()
    assert own + theirs == MOVEMENTS
    told = "each crossed once; opening + in - out = closing everywhere"
    closing(f"feed: {own + theirs} movements, {night.kills} kills, {told}")
    closing(f"feed: kills inside a write {night.inside}")
    assert night.kills == kills


class Nights:
    """The command line, whole and killed."""

    def __init__(self, firm: Firm) -> None:
        self.firm, self.rng = firm, random.Random(SEED)
        self.settings = firm.settings_file(firm.folder / "uchet.toml", SETTINGS)
        firm.store.close()
        self.length = 0.0
        self.kills = self.inside = 0

    def killed(self) -> None:
        """Runs until one is killed at a random instant of the time that a run takes; one that was faster tells it."""
        for _ in range(10):
            if self._run(self.rng.uniform(0.25, 1.0) * self.length):
                self.kills += 1
                with Store.open(self.firm.db) as store:
                    self.inside += bool(store.intents(PAIR))
                return

    def whole(self) -> None:
        """A run that nobody disturbs."""
        assert not self._run(None)

    def _run(self, after: float | None) -> bool:
        """One nightly run; whether it was killed, ``after`` so many seconds."""
        words = (str(COMMAND), "run", "nightly", "--json", "--settings", str(self.settings))
        began = time.monotonic()
        with (self.firm.folder / "cli.log").open("ab") as log:
            process = subprocess.Popen(words, cwd=self.firm.folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
            try:
                code = process.wait(timeout=after or 900)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                return True
        assert code in (0, 1), (code, (self.firm.folder / "cli.log").read_text(encoding="utf-8")[-3000:])
        self.length = time.monotonic() - began
        return False
