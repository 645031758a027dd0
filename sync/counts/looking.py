"""What a count is held against, and what it comes to there: the picture of its opening, its scope, its heaps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal

from ...errors import Reject
from ...i18n import N_
from ...mappings.model import Ref
from ..feed_facts import spot_of
from ..reconcile.allotting import pools
from ..reconcile.counted import Counted
from ..reconcile.look import Look
from ..reconcile.scope import Asked, resolve
from ..reconcile.stock import arriving_account
from ..reconcile.types import ReconcileRules, Snapshot
from ..store import Store
from .identify import Index
from .tally import Tally, aged, counted_of, tally
from .types import CountSession

__all__ = ["asked_in", "check_tally", "count_of", "session_look", "uncounted", "where_of", "with_people"]


def session_look(store: Store, pair: str, session: CountSession, first: Mapping[str, date] | None = None) -> Look:
    """What a session is held against: the picture kept when it was opened, and its scope. ``first``: key → the day a
    difference was first seen. Raises ``Reject``."""
    snapshot = store.snapshot(pair, session.run)
    if snapshot is None:
        raise Reject(
            "no_reconciliation",
            "The run {run} compared nothing.",
            hint=N_("See the runs with «uchet reconcile --list»."),
            run=session.run,
        )
    snapshot = with_people(store, pair, snapshot)
    today = snapshot.day or snapshot.taken.date()
    return Look(snapshot, resolve(asked_in(session), snapshot), ReconcileRules(), today, first or {})


def with_people(store: Store, pair: str, snapshot: Snapshot) -> Snapshot:
    """A kept picture with the names of people, which it does not hold itself, as last agreed on."""
    names = {link.book: link.seen.book.get("name") for link in store.links(pair) if link.kind == "person"}
    listing = snapshot.listing("person", "book")
    if listing is None:
        return snapshot
    records = {
        id: replace(r, values={**r.values, "name": names[id]}) if names.get(id) else r
        for id, r in listing.records.items()
    }
    return replace(snapshot, listings={**snapshot.listings, ("person", "book"): replace(listing, records=records)})


def asked_in(session: CountSession) -> Asked:
    """The scope of a session, its people by their ids: names are not kept with a picture."""
    told = {name: tuple(words) for name, words in session.scope.items()}
    return Asked(**{**told, "person": session.people} if session.people else told)


def where_of(session: CountSession) -> str:
    """The place that was counted, in words; else the count itself."""
    words = [word for sort in ("room", "warehouse", "department") for word in session.scope.get(sort, ())]
    return ", ".join(words) or f"№ {session.number}"


def check_tally(look: Look, counted: Tally, *, unfinished: bool) -> None:
    """Nothing contradicts, and every heap in scope was counted. Raises ``Reject``."""
    if counted.conflicts:
        first = counted.conflicts[0]
        raise Reject(
            "count_contradiction",
            "{count} heaps were counted twice with different results; the first is {target}: {quantities}.",
            hint=N_("Count them anew with --recount: uchet count show tells which."),
            count=len(counted.conflicts),
            target=Index(look).title(first.target),
            quantities=", ".join(f"{one:f}" for one in first.quantities),
        )
    left = () if unfinished else uncounted(look, counted)
    if left:
        raise Reject(
            "count_incomplete",
            "{count} heaps in scope were not counted; the first is {first}.",
            hint=N_("Count them (nought where there is none), or close with --unfinished: then nothing is missing."),
            count=len(left),
            first=Index(look).title(left[0]),
        )


def uncounted(look: Look, counted: Tally) -> tuple[str, ...]:
    """Targets of heaps that the books have inside the scope and nobody counted. Things that nobody saw are no such: not
    seen is not found."""
    snapshot = look.snapshot
    found: set[str] = set()
    listing = snapshot.listing(snapshot.book_quantity, "book")
    for record in listing.records.values() if listing else ():
        spot, quantity = spot_of(record, "item", "place"), record.values.get("quantity")
        kept = isinstance(quantity, Decimal) and quantity and not arriving_account(record.values.get("account"))
        if spot is not None and kept and look.scope.inside(snapshot, record):
            found.add("stock:" + "|".join(spot))
    known = pools(look, look.result)
    seen = {target.partition(":")[2] for target, scan in counted.things.items() if scan.quantity}
    for key, records in known.positions.items():
        pieces = any(id in seen or _card(look, id) in seen for id in known.things.get(key, ()))
        direct = any(f"position:{record.id}" in counted.heaps for record in records)
        if look.scope.inside(snapshot, *records) and not pieces and not direct:
            found.update(f"position:{record.id}" for record in records)
    return tuple(sorted(found - set(counted.heaps)))


def _card(look: Look, desk: str) -> str:
    twin = look.index.on("book", Ref("desk", "equipment", desk))
    return twin.id if twin else ""


def count_of(store: Store, pair: str, number: int, now: Look) -> Counted:
    """What a closed count says of both sides as they are now. Raises ``Reject`` for one that is not closed."""
    session = store.count(pair, number)
    if session.state != "closed":
        raise Reject(
            "count_open",
            "Count {number} is not closed yet: it says nothing.",
            hint=N_("Close it first: uchet count close {number}."),
            number=number,
        )
    then = session_look(store, pair, session)
    told = counted_of(
        then, number, tally(store.scans(pair, number)), finished=session.finished, where=where_of(session)
    )
    return aged(told, then, now)
