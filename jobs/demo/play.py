"""``uchet demo``: raise both systems, load them the first time, and either play a week or leave them to a person."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, TextIO
from zoneinfo import ZoneInfo

from ...errors import Fatal
from ...i18n import N_
from ...settings import Settings, load_settings
from ...sync.types import Run
from .. import run_job
from ..wiring import open_store, wired
from . import screen
from .company import Company, Size
from .desks import DESKS, ROUNDUP, DemoDesk
from .people import ZONE
from .servers import BOOKS, BY_NODE, BookWay, Servers, free_ports, prepare
from .stage import print_json, stage
from .twin import Snapshot, differences, snapshot
from .week import DAYS

__all__ = ["SEED", "Week", "decide_conflict", "first_load", "play_week", "run_demo"]

#: The company of the demo; any number gives another one.
SEED = 1
#: Who approves and decides in the journal of the demo.
PERSON = "demo"
#: What EnterpriseData does not carry, and what the base does not publish by OData then.
_NOT_CARRIED = ("location.code", *BY_NODE)
#: How often the guard may stop the first nights before the demo gives up.
_APPROVALS = 3


@dataclass(slots=True)
class Week:
    """What the nightly runs of the week did, in order."""

    runs: list[tuple[str, Run]] = field(default_factory=list)

    def add(self, day: str, run: Run) -> Run:
        self.runs.append((day, run))
        return run

    @property
    def quiet(self) -> bool:
        """Nothing was left to write: both systems tell the same story."""
        return bool(self.runs) and not self.runs[-1][1].writes and not self.runs[-1][1].drafts


def run_demo(
    once: bool,
    as_json: bool,
    desk: str = "roundup",
    book: str = "odata",
    out: TextIO | None = None,
    language: str = "ru",
    size: Size = "demo",
    compare: bool = True,
) -> int:
    """``once``: play a whole week in a temporary folder and end; else stay up until Ctrl-C. Returns an exit code.

    ``compare``: play a week of another desk, or of books read another way, once more as the demo's own and compare.

    Raises ``Fatal`` where a desk is asked for that the demo cannot raise, or a server does not start.
    """
    if desk not in DESKS:
        raise Fatal(
            "demo_desk",
            "The demo has no desk called {desk}.",
            hint="The demo can raise {known}; connect others with “uchet init”.",
            desk=desk,
            known=", ".join(DESKS),
        )
    way = next((known for known in BOOKS if known == book), None)
    if way is None or (way != "odata" and desk != ROUNDUP.name):
        raise Fatal(
            "demo_book",
            "The demo cannot read its books by {book} with the desk {desk}.",
            hint="Choose odata, or soap with the desk roundup.",
            book=book,
            desk=desk,
        )
    with stage(as_json, language, out) as (folder, shown):
        if not once:
            return _stay(folder, shown, DESKS[desk], size, way)
        told = _once(folder, shown, DESKS[desk], size, way, compare)
        if as_json:
            print_json(told, out)
        return 0 if told["quiet"] and not told.get("comparison", {}).get("differences") else 4


def raise_company(
    folder: Path, size: Size, desk: DemoDesk = ROUNDUP, book: BookWay = "odata"
) -> tuple[Company, Servers]:
    """A company of ``size`` in ``folder`` and its servers, not yet started."""
    ports = free_ports()
    company = prepare(folder, size, SEED, ports, datetime.now(ZoneInfo(ZONE)).date(), desk, book)
    return company, Servers(folder, ports, desk)


def first_load(settings: Settings) -> Iterator[tuple[str, Run]]:
    """The first nights as they end: each that the guard stops is approved by a person and applied, until one is not."""
    for _ in range(_APPROVALS):
        run = run_job(settings, "nightly")
        if run.outcome != "blocked" or run.plan is None:
            yield "the night after it", run
            return
        yield "first load: stopped until a person approves it", run
        with wired(settings) as parts:
            parts.store.approve(run.plan, by=PERSON)
            applied = parts.engine.apply(run.plan)
        yield "first load: approved and applied", applied


def decide_conflict(settings: Settings, choice: Literal["take-book", "take-desk"] = "take-book") -> int:
    """A person answers what both sides said about one custodian; how many questions were answered."""
    with open_store(settings) as store:
        found = [row for row in store.issues(settings.pair) if row.issue.code == "conflict"]
        for row in found:
            store.decide(row.id, choice, by=PERSON)
        return len(found)


def play_week(company: Company, servers: Servers, settings: Settings, shown: screen.Screen) -> Week:
    """Days of people's work and a nightly run after each; the conflict decided; two runs at the end."""
    week = Week()

    def night(day: str, title: str) -> None:
        with shown.busy(title):
            run = week.add(day, run_job(settings, "nightly"))
        shown.run(title, run)

    with shown.busy("first load"):
        for title, run in first_load(settings):
            shown.run(title, week.add("day 1", run))
    with servers.accountant() as book, servers.specialist() as desk:
        for number, (words, happen) in enumerate(DAYS, 2):
            happen(company, book, desk)
            night(f"day {number}", words)
    decide_conflict(settings)
    night("end 1", "the conflict decided")
    night("end 2", "once more, with nothing to do")
    return week


def _once(
    folder: Path, shown: screen.Screen, desk: DemoDesk, size: Size, book: BookWay, compare: bool
) -> dict[str, Any]:
    """The week on ``desk``. Another desk or another way to the books than the demo's own is compared with those: the
    same company, the same week."""
    plain = not compare or (desk is ROUNDUP and book == "odata")
    aside = () if book == "odata" else _NOT_CARRIED
    name, title = (book, "EnterpriseData") if desk is ROUNDUP else (desk.name, desk.title)
    told, end = _played(folder / name, shown, desk, size, book, aside)
    if not plain:
        own_name, own_title = ("odata", "OData") if desk is ROUNDUP else (ROUNDUP.name, ROUNDUP.title)
        shown.title(N_("The same week on {desk}, to compare"), desk=own_title)
        own, own_end = _played(folder / own_name, shown, ROUNDUP, size, "odata", aside)
        told["comparison"] = {
            "with": own_name,
            "quiet": own["quiet"],
            "records": {section: [len(end[section]), len(rows)] for section, rows in own_end.items()},
            "differences": differences(own_end, end),
        }
        shown.comparison(title, own_title, told["comparison"])
    shown.closing(told)
    return told


def _played(
    folder: Path, shown: screen.Screen, desk: DemoDesk, size: Size, way: BookWay, aside: tuple[str, ...]
) -> tuple[dict[str, Any], Snapshot]:
    with shown.busy("making a 1C base and a service desk"):
        company, servers = raise_company(folder, size, desk, way)
        servers.start()
    try:
        settings = load_settings(servers.settings)
        week = play_week(company, servers, settings, shown)
        with servers.accountant() as book, servers.specialist() as specialist:
            return summary(company, settings, week), snapshot(book, specialist, settings, aside)
    finally:
        servers.stop()


def summary(company: Company, settings: Settings, week: Week) -> dict[str, Any]:
    """The week as one JSON object: runs, whether the last was quiet, and counts without addresses or names."""
    with open_store(settings) as store:
        links = Counter(link.kind for link in store.links(settings.pair))
        issues = Counter(row.issue.code for row in store.issues(settings.pair))
        drafts = Counter(draft.state for draft in store.drafts(settings.pair, ("open", "posted", "agreed", "refused")))
    return {
        "runs": [
            {
                "day": day,
                "outcome": run.outcome,
                "reads": run.reads,
                "writes": run.writes,
                "drafts": run.drafts,
                "issues": run.issues,
            }
            for day, run in week.runs
        ],
        "quiet": week.quiet,
        "company": {
            "organizations": len(company.organizations),
            "people": len(company.people),
            "places": len(company.places),
            "equipment": len(company.assets) + sum(p.quantity for p in company.positions),
            "on_desk": len(company.things),
        },
        "links": dict(sorted(links.items())),
        "open_issues": dict(sorted(issues.items())),
        "drafts": dict(sorted(drafts.items())),
    }


def _stay(folder: Path, shown: screen.Screen, desk: DemoDesk, size: Size, book: BookWay) -> int:
    with shown.busy("making a 1C base and a service desk"):
        _, servers = raise_company(folder, size, desk, book)
        servers.start()
    try:
        settings = load_settings(servers.settings)
        with shown.busy("first load"):
            for title, run in first_load(settings):
                shown.run(title, run)
        shown.invitation(servers)
        _wait()
    except KeyboardInterrupt:
        pass
    finally:
        servers.stop()
    return 0


def _wait() -> None:
    """Until Ctrl-C or SIGTERM."""
    while True:
        time.sleep(3600)
