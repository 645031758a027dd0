"""``status``: the command people type most, so it loads neither the engine nor a connector."""

from __future__ import annotations

from typing import Any

from rich.text import Text

from ..jobs.state import open_store
from ..settings import Settings
from ..sync.store import Store
from .frame import OK, Seat, command
from .show import rows, table
from .words import OUTCOMES

__all__: list[str] = []

#: Drafts that wait for an accountant, or for the register to show what was posted.
PENDING = ("open", "edited", "posted", "adopted")


@command("status", help="Last runs, what waits for whom, and when the next run is due. Asks neither side.")
def status(seat: Seat) -> int:
    settings = seat.settings
    with open_store(settings) as store:
        data = _status(store, settings)
        runs = store.runs(settings.pair, 10)
    words = seat.words()
    seat.emit({"pair": settings.pair, "runs": runs, **data})
    seat.say(Text(words.t("Pair {pair}", pair=settings.pair), "bold"))
    made = table(words.t("Started"), words.t("Job"), words.t("Outcome"), words.t("Written"), words.t("Plan"))
    for one in runs:
        outcome = words.t(OUTCOMES[one.outcome])
        rows(made, [[words.moment(one.started), one.job, outcome, str(one.writes), (one.plan or "—")[:12]]])
    seat.say(made if runs else words.t("No run yet: “uchet plan” shows what the first one would do."))
    plan = data["waiting_plan"]
    if plan:
        seat.say(words.t("Plan {id} waits ({count} writes).", id=plan["id"], count=plan["writes"]))
    seat.say(
        words.t(
            "Links {links}, drafts with the accountant {drafts}, open questions {issues}.",
            links=data["links"],
            drafts=len(data["drafts"]),
            issues=data["open_issues"],
        )
    )
    if data["job"]:
        seat.say(words.t("Next scheduled run: {next}.", next=words.moment(data["job"].next)))
    broken = data["audit_broken"]
    if broken is not None:
        seat.say(
            Text(words.t("The audit chain is broken at row {row}: the state was edited by hand.", row=broken), "red")
        )
    return OK


def _status(store: Store, settings: Settings) -> dict[str, Any]:
    pair = settings.pair
    waiting = store.waiting(pair)
    plan = None
    if waiting is not None:
        plan = {"id": waiting.plan.id, "writes": waiting.plan.writes, "stopped": waiting.verdict.stopped}
    return {
        "waiting_plan": plan,
        "links": store.count_links(pair),
        "drafts": [{"number": d.number, "state": d.state} for d in store.drafts(pair, PENDING)],
        "open_issues": len(store.issues(pair)),
        "job": store.job(f"nightly@{pair}"),
        "audit_head": store.head(pair),
        "audit_broken": store.verify(pair),
    }
