"""The account at the end of the month: where everything that happened stands, and what nobody could explain.

Asked of both servers and of uchet's own state; what people did is known from the people.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from ...sync.feed_plan import effects
from ...sync.ids import gone_key
from ...sync.store import Store
from ...sync.types import Event, Issue
from ..wiring import open_store
from .company import key_guid
from .month_books import WRITTEN
from .month_plan import ITEMS, PLACES

if TYPE_CHECKING:
    from .month import Month

__all__ = ["account", "explained"]

_BALANCE = "ExtDimension1,ExtDimension2,КоличествоBalance"
#: Reasons of a pending event about which nobody is asked: it waits for another one, for a contractor, for drafts.
_WAITS = frozenset({"feed_behind", "work_away", "work_moving"})
_STATES = ("open", "posted", "agreed", "refused", "edited", "adopted")


def account(month: Month, assets: int, seed: int) -> dict[str, Any]:
    """Every event and where it stands: posted, pending with its reason, refused with its reason. ``unexplained`` is the
    sum of ``gaps``: what people did and uchet does not know, what stands for no reason that anybody is told, stock that
    differs by more than that, requests that uchet sees otherwise than the desk, things written off in the books
    alone, documents that people did not post."""
    with open_store(month.settings, month.clock) as store:
        pair = month.settings.pair
        events, issues = store.all_events(pair), [row.issue for row in store.issues(pair)]
        drafts = {draft.id: draft.state for draft in store.drafts(pair, _STATES)}
        requests, strange = _requests(month, store, issues)
        asked = {issue.key for issue in issues}
        kept = _kept(month, store, asked)
    gaps = {
        "not_registered": month.shelf.moves + month.shelf.works - len(events),
        "no_reason": sum(not explained(event, drafts, asked) for event in events),
        "stock": sum(bool(rest) for rest in _stock(month, events).values()),
        "stock_asked": sum(issue.code == "feed_balance" for issue in issues),
        "requests": strange,
        "written_off": kept,
        "posted_by_nobody": len(_posted(month) - month.books.posted),
    }
    return {
        "month": f"{month.start:%Y-%m}",
        "assets": assets,
        "seed": seed,
        "runs": [
            {"day": f"{day}", "outcome": run.outcome, "reads": run.reads, "writes": run.writes, "drafts": run.drafts,
             "issues": run.issues}
            for day, run in month.runs
        ],
        "events": _stand(events),
        "kinds": dict(sorted(Counter(event.kind for event in events).items())),
        "requests": dict(sorted(requests.items())),
        "accountant": {
            "posted": len(month.books.posted), "edited": month.books.edited, "deleted": month.books.deleted,
            "scrapped": len(month.books.scrapped), "closed_until": f"{month.books.closed}",
        },
        "answered": month.answered,
        "open_issues": dict(sorted(Counter(issue.code for issue in issues).items())),
        "gaps": gaps,
        "unexplained": sum(abs(n) for n in gaps.values()),
        "quiet": month.quiet,
    }  # fmt: skip


def _stand(events: Collection[Event]) -> dict[str, Any]:
    """How many events stand where, by reason; one that is in a draft waits for the accountant."""
    found: dict[str, Counter[str]] = {"posted": Counter(), "pending": Counter(), "refused": Counter()}
    for event in events:
        state, reason = ("pending", "draft") if event.state == "drafted" else (event.state, event.reason)
        found[state][reason or "document"] += 1
    return {"total": len(events), **{state: dict(sorted(counts.items())) for state, counts in found.items()}}


def explained(event: Event, drafts: Mapping[str, str], asked: Collection[str]) -> bool:
    """Whether somebody who asks about ``event`` is told why it stands where it stands. ``drafts``: draft → its state,
    ``asked``: keys of the open questions."""
    state = drafts.get(event.draft)
    if event.state == "posted":
        return state in ("posted", "adopted", "agreed") if event.draft else bool(event.reason)
    if event.state == "drafted":
        return state in ("open", "edited")
    if event.state == "refused":
        return bool(event.reason)
    return event.reason in _WAITS or any(key.startswith(f"feed:{event.id}:") for key in asked)


def _kept(month: Month, store: Store, asked: Collection[str]) -> int:
    """How many pieces were written off in the books and not on the desk, and nobody is asked why."""
    twins = {link.book: link.desk for link in store.links(month.settings.pair) if link.kind == "equipment"}
    status = {str(row["id"]): row["status"] for row in month.shelf.desk.rows("equipment", ("status",))}
    gone = {book: twins.get(book, "") for book in (key_guid(asset.key) for asset in month.books.scrapped)}
    return sum(
        status.get(desk) != "written_off" and gone_key("equipment", book, desk, "book") not in asked
        for book, desk in gone.items()
    )


def _posted(month: Month) -> set[str]:
    """The documents of the month that stand posted in the books, of the kinds that anybody wrote."""
    return {
        str(row["Ref_Key"])
        for document in WRITTEN
        for row in month.books.book.rows(document, filter="Posted eq true", select="Ref_Key,Date")
        if str(row["Date"])[:10] >= month.start.isoformat()
    }


def _stock(month: Month, events: Iterable[Event]) -> dict[str, Decimal]:
    """Card → what its stock differs from the books' by, less what no posted document says; asked from both servers."""
    held: dict[tuple[str, str], Decimal] = {}
    for row in month.books.book.rows("AccountingRegister_Хозрасчетный/Balance", select=_BALANCE):
        key = (str(row["ExtDimension1"]), str(row["ExtDimension2"]))
        held[key] = held.get(key, Decimal(0)) + Decimal(str(row["КоличествоBalance"] or 0))
    open_: dict[str, Decimal] = {}
    for event in events:
        if event.state != "posted" and event.reason != "taken_back":
            for card, quantity in effects(event):
                open_[card] = open_.get(card, Decimal(0)) + quantity
    found = {}
    names = {id: key for key, id in month.shelf.cards.items()}
    for row in month.shelf.desk.rows("consumable", ("quantity",)):
        item, place = names[str(row["id"])]
        books = held.get((key_guid(item), key_guid(PLACES[place])), Decimal(0))
        rest = (Decimal(row["quantity"]) - open_.get(str(row["id"]), Decimal(0))) * ITEMS[item][1] - books
        found[f"{item} {place}"] = rest
    return found


def _requests(month: Month, store: Store, issues: list[Issue]) -> tuple[Counter[str], int]:
    """How many requests stand where; and those that uchet remembers at another stage and asks nothing about."""
    memory = store.requests(month.settings.pair)
    asked = {part for issue in issues if issue.kind == "request" for part in issue.key.split(":")}
    found: Counter[str] = Counter()
    strange = 0
    for row in month.shelf.desk.rows("request", ("status",)):
        id, status = str(row["id"]), str(row["status"])
        found[status] += 1
        known = memory.get(id)
        strange += (known is None or known.case.state != status) and id not in asked
    return found, strange
