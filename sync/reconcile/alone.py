"""Things that one side has and the other has not: what the count, a number or an account says of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal

from ...mappings.keys import inv_key, serial_key
from ...mappings.model import Value, Values
from ...mappings.people import similarity, things_text
from ..match import MatchResult
from ..types import Link, Record
from .counted import Find
from .look import Look
from .telling import presence_difference
from .types import Difference, Snapshot

__all__ = ["alone", "one_sided"]

#: From this likeness on a thing of the desk may be what waits on an account for its acceptance.
_SAME_ITEM = 0.85


def alone(look: Look, result: MatchResult, spoken_for: frozenset[str]) -> Iterator[Difference]:
    snapshot, counted = look.snapshot, look.counted
    for id in result.book_only:
        record = snapshot.record("equipment", "book", id)
        find = counted.of(id, None) if counted else None
        if record and f"book:{id}" not in spoken_for and (find or look.scope.inside(snapshot, record)):
            yield one_sided(look, record, find, {}, None)
    retired = _retired_numbers(snapshot)
    arriving = _arriving(snapshot)
    for id in result.desk_only:
        record = snapshot.record("equipment", "desk", id)
        if record and record.values.get("accounting") != "fixed_asset" and snapshot.unsure("position", "book"):
            continue  # it may be one of the positions that could not be read
        find = counted.of(None, id) if counted else None
        if record and id not in spoken_for and (find or look.scope.inside(snapshot, record)):
            yield one_sided(look, record, find, _about(record, retired, arriving), None)


def one_sided(look: Look, record: Record, find: Find | None, evidence: Values, link: Link | None) -> Difference:
    """There on one side only: which class that is, the count decides."""
    there = find is not None
    on_books = record.side == "book"
    code = ("not_in_desk" if there else "book_only") if on_books else ("not_in_books" if there else "desk_only")
    book, desk = ("yes", "no") if on_books else ("no", "yes")
    # What an unfinished count has not found, it may not have looked for.
    count = "yes" if there else "no" if look.counted is not None and look.counted.finished else None
    one = presence_difference(
        look, code, link, record if on_books else None, None if on_books else record, book, desk, count, evidence
    )
    if "written_off" in evidence:
        return replace(one, proposal="retire_desk")
    if "account" in evidence:
        return replace(one, owner="accountant", proposal="in_transit")
    return one


def _retired_numbers(snapshot: Snapshot) -> dict[object, str]:
    """Number → the card that was written off with it."""
    listing = snapshot.listing("equipment", "book")
    found: dict[object, str] = {}
    for record in listing.records.values() if listing else ():
        if record.retired:
            found.update(dict.fromkeys(_numbers(record), record.id))
    return found


def _numbers(record: Record) -> Iterator[object]:
    number, serial = record.values.get("inventory_number"), record.values.get("serial")
    if isinstance(number, str) and inv_key(number):
        yield inv_key(number)
    if isinstance(serial, str) and serial_key(serial):
        yield serial_key(serial)


def _arriving(snapshot: Snapshot) -> dict[str, set[tuple[str, str]]]:
    """What was bought and is not in use yet (bought equipment, and what lies in stock), by each word of its name:
    (account, whole name)."""
    listing = snapshot.listing(snapshot.book_quantity, "book")
    found: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for record in listing.records.values() if listing else ():
        quantity, account = record.values.get("quantity"), record.values.get("account")
        if isinstance(quantity, Decimal) and quantity > 0 and account:
            words = things_text(snapshot.called(record.values.get("item")))
            for word in words.split():
                found[word].add((str(account), words))
    return found


#: A word that stands in more names than this tells nothing.
_COMMON = 100


def _about(
    record: Record, retired: Mapping[object, str], arriving: Mapping[str, set[tuple[str, str]]]
) -> dict[str, Value]:
    """What speaks about a thing that the books do not have: written off, or bought and waiting."""
    for number in _numbers(record):
        if number in retired:
            return {"written_off": retired[number]}
    own = [things_text(v) for n in ("model", "name") if isinstance(v := record.values.get(n), str)]
    near = {
        one for text in own for word in text.split() if len(found := arriving.get(word, ())) <= _COMMON for one in found
    }
    for account, words in sorted(near):
        if any(similarity(one, words) >= _SAME_ITEM for one in own):
            return {"account": account}
    return {}
