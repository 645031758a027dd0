"""``uchet demo --once --month``: a calendar month of a company, and an account of everything that happened in it.

Every working day people work at both systems, at night the nightly job runs under that day's clock. The same number of
pieces and the same seed give the same month, whenever it is played.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any, TextIO
from zoneinfo import ZoneInfo

from ...errors import Fatal
from ...i18n import N_
from ...settings import Settings, load_settings
from ...sync.types import Run
from ..wiring import open_store, wired
from . import screen
from .company import Company
from .month_account import account
from .month_books import Books
from .month_people import Shelf
from .month_plan import FIRST, HOME, ITEMS, PLACES, Act, calendar, how_much, month_of, rhythm
from .people import ZONE, Specialist
from .servers import Servers, free_ports, prepare
from .stage import print_json, stage

__all__ = ["LEAST", "play_month", "run_month"]

#: The smallest company in which everything can happen.
LEAST = 30

PERSON = "demo"
#: The most nights at the end in which the rest is cleared.
_CLEARING = 10
#: What people answer to what they are asked.
_ANSWERS: Mapping[str, str] = {
    "work_repair": "repair", "work_undecided": "repair", "work_modernization": "modernization",
    "work_paid": "take-book", "work_paid_warranty": "take-book", "work_replaced": "take-book",
    "order_changed": "take-book", "draft_refused": "take-desk", "request_step_conflict": "take-desk",
}  # fmt: skip
_RULES = """
[feed]
start = {start}

[requests]
matrix = [{{ role = "line_manager" }}, {{ role = "head_of_it" }}]
approvers = [{approvers}]
"""


@dataclass(slots=True)
class Month:
    """The month as it goes. ``now`` is the wall clock of the night."""

    settings: Settings
    books: Books
    shelf: Shelf
    shown: screen.Screen
    start: date
    today: date
    runs: list[tuple[date, Run]] = field(default_factory=list)
    answered: int = 0
    ticks: int = 0

    def clock(self) -> datetime:
        """Three in the morning after ``today``, each look at it a moment later."""
        self.ticks += 1
        at = datetime.combine(self.today + timedelta(days=1), time(3), ZoneInfo(ZONE))
        return (at + timedelta(milliseconds=self.ticks)).astimezone(UTC)

    def night(self) -> Run:
        """A nightly run; a plan that the guard stopped is read and approved in the morning."""
        with wired(self.settings, self.clock) as parts:
            run = parts.engine.run("nightly")
            self.runs.append((self.today, run))
            waits = parts.store.waiting(self.settings.pair)
            if run.outcome == "blocked" and waits is not None:
                parts.store.approve(waits.plan.id, by=PERSON)
                self.runs.append((self.today, parts.engine.apply(waits.plan.id)))
        self.shown.run(f"{self.today:%d.%m.%Y}", self.runs[-1][1])
        return self.runs[-1][1]

    @property
    def quiet(self) -> bool:
        """The last two runs wrote nothing: what the first of them asks for was not answered by the second."""
        return all(not run.writes and not run.drafts for _, run in self.runs[-2:])

    def answer(self) -> None:
        """People answer what only they can decide."""
        with open_store(self.settings, self.clock) as store:
            asked = store.issues(self.settings.pair)
            # In an order that does not hang on the keys of drafts, which differ from one play to another.
            for row in sorted(asked, key=lambda row: (row.issue.code, str(row.issue.params.get("name")))):
                choice = _ANSWERS.get(row.issue.code)
                if row.issue.code == "feed_refused":  # one in three stays out of the books
                    choice = "take-book" if self.answered % 3 == 2 else "take-desk"
                if choice:
                    store.decide(row.id, choice, by=PERSON)  # type: ignore[arg-type]  # of the table above
                    self.answered += 1


def run_month(assets: int, seed: int, as_json: bool, out: TextIO | None = None, language: str = "ru") -> int:
    """Play the month in a temporary folder, show or print its account. 4 where something is left unexplained or to do.

    Raises ``Fatal`` for a company that is too small, or where a server does not start.
    """
    if assets < LEAST:
        raise Fatal(
            "demo_assets",
            "A company of {assets} pieces is too small for everything that happens in the month.",
            hint="Choose {least} or more.",
            assets=assets,
            least=LEAST,
        )
    with stage(as_json, language, out) as (folder, shown):
        told = play_month(folder / "month", assets, seed, shown)
        shown.month(told)
        if as_json:
            print_json(told, out)
    return 4 if told["unexplained"] or not told["quiet"] else 0


def play_month(folder: Path, assets: int, seed: int, shown: screen.Screen) -> dict[str, Any]:
    """The month of a company with ``assets`` pieces of equipment (at least ``LEAST``), as one JSON object; see
    ``month_account.account``. Raises ``Fatal`` where a server does not start."""
    days = month_of(FIRST)
    with shown.busy(N_("making a 1C base and a service desk")):
        ports = free_ports()
        company = prepare(folder, assets, seed, ports, FIRST - timedelta(days=1))
        servers = Servers(folder, ports)
        _add_rules(servers.settings, company, FIRST)
        servers.start()
    try:
        settings = load_settings(servers.settings)
        with servers.accountant() as book, servers.specialist() as desk:
            books = Books(book, company, random.Random(seed))
            month = _opened(settings, books, desk, how_much(assets)["issue"] * 2, shown)
            acts = calendar(assets, days, seed)
            for n, day in enumerate(days, 1):
                month.today = day
                _day(month, acts[day], day, days)
                if n % rhythm(assets) == 0:
                    month.night()
            _clear(month)
            return account(month, assets, seed)
    finally:
        servers.stop()


def _add_rules(path: Path, company: Company, start: date) -> None:
    """Movements cross from the first day on; who approves requests."""
    names = [p.name for p in company.staff(HOME) if p.desk_name][:2]
    roles = ("line_manager", "head_of_it")
    approvers = ", ".join(f'{{ role = "{r}", person = "{n}" }}' for r, n in zip(roles, names, strict=True))
    with path.open("a", encoding="utf-8") as file:
        file.write(_RULES.format(start=start.isoformat(), approvers=approvers))


def _opened(settings: Settings, books: Books, desk: Specialist, stock: int, shown: screen.Screen) -> Month:
    """Both systems linked and their stock the same, on the evening before the month."""
    before = FIRST - timedelta(days=1)
    books.open_stock(before, stock)
    month = Month(settings, books, Shelf(desk, books.company, books.rng), shown, FIRST, before)
    for _ in range(2):
        month.night()
    month.shelf.settle(stock)
    month.night()
    return month


def _day(month: Month, acts: list[Act], day: date, days: list[date]) -> None:
    """What people do on ``day``: the accountant first, for the drafts of last night."""
    at = days.index(day)
    month.books.clear(whole=at == len(days) // 2)
    month.answer()
    if at == len(days) // 2:
        month.books.close(days[len(days) // 3])
    month.shelf.come_back(day)
    for act in acts:
        if act.kind == "receipt":
            item = str(act.told["item"])
            month.books.receive([(item, 5 * ITEMS[item][1])], PLACES[int(str(act.told["place"]))], day)
        elif act.kind == "scrap":
            month.books.scrap(day)
        else:
            month.shelf.do(act, day)
    month.shelf.follow_requests(day, month.books)


def _clear(month: Month) -> None:
    """The last drafts are posted, the last questions answered, until there is a night with nothing to do."""
    for _ in range(_CLEARING):
        month.books.clear(whole=True)
        month.answer()
        month.shelf.follow_requests(month.today, month.books)
        month.night()
        if month.quiet:
            return
