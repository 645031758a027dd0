"""What a kept reconciliation says of things and stock, line by line, as forms need it. Pure.

The books' figures are those of the snapshot. For the fact stands what the desk has, where a person asked for that; a
line that the desk never kept, or that could not be read, has no fact: an empty cell, never nought.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal

from ...mappings.model import Ref, Value
from ...sync.feed_facts import Spot, spot_of
from ...sync.reconcile.look import Look
from ...sync.reconcile.stock import Balance, arriving_account, balances
from ...sync.reconcile.types import Difference, Reconciliation, Snapshot
from ...sync.types import Record
from .lines import ONE, POSITION_ACCOUNT, DeskSide, Facts, Person, Right, StockLine, Thing
from .settled import ZERO

__all__ = ["facts_of"]


def facts_of(
    look: Look,
    made: Reconciliation,
    desk: bool,
    decided: Callable[[str], bool],
    inside: Callable[[Record], bool],
    *,
    people: bool = False,
) -> Facts:
    """Everything ``inside``. ``desk``: the desk's figures stand for the fact. ``decided``: whether a person accepted
    the difference of that key. ``people``: with what the desk says of who holds what."""
    snapshot = look.snapshot
    stock = _stock(look, desk, inside)
    kinds = ("organization", "department", "person", "place")
    names = {(kind, r.id): snapshot.called(r.ref) for kind in kinds for r in _rows(snapshot, kind)}
    return Facts(
        tuple(_things(look, made, desk, inside)),
        tuple(_offset(stock, made, decided) if desk else stock),
        tuple(_held(look, made, desk, inside)),
        tuple(_rights(snapshot, inside)),
        names,
        {record.id: _text(record.values.get("number")) for record in _rows(snapshot, "person")},
        _desk_side(look, inside) if people else DeskSide(),
    )


def _rows(snapshot: Snapshot, kind: str) -> Iterable[Record]:
    """Records of the books."""
    listing = snapshot.listing(kind, "book")
    return listing.records.values() if listing else ()


# -- things ------------------------------------------------------------------------------------------------------------


def _things(look: Look, made: Reconciliation, desk: bool, inside: Callable[[Record], bool]) -> Iterator[Thing]:
    """Cards of fixed assets in service; with the desk for a fact also what only the desk has."""
    snapshot = look.snapshot
    missing = {one.book_id for one in _present(made, "book_only", "not_found") if one.book_id}
    for record in _rows(snapshot, "equipment"):
        if record.retired or record.values.get("accounting") != "fixed_asset" or not inside(record):
            continue
        yield _thing(look, record, ONE, (ZERO if record.id in missing else ONE) if desk else None)
    if not desk:
        return
    for one in _present(made, "desk_only", "not_in_books"):
        found = snapshot.record("equipment", "desk", one.desk_id)
        if found and found.values.get("accounting") != "low_value" and inside(found):
            yield _thing(look, found, ZERO, ONE)


def _present(made: Reconciliation, *codes: str) -> Iterator[Difference]:
    for one in made.differences:
        if one.code in codes and one.kind == "equipment" and one.field_name == "presence":
            yield one


def _thing(look: Look, record: Record, book: Decimal, fact: Decimal | None) -> Thing:
    values = record.values
    title = _text(values.get("name") or values.get("model"))
    cost, commissioned = values.get("cost"), values.get("commissioned")
    return Thing(
        record.id,
        _at(look, record),
        title,
        _text(values.get("inventory_number")),
        _text(values.get("serial")) or _twin_text(look, record, "serial"),
        commissioned if isinstance(commissioned, date) else None,
        cost if isinstance(cost, Decimal) else None,
        _text(values.get("condition")) or _twin_text(look, record, "condition"),
        book,
        fact,
    )


def _twin_text(look: Look, record: Record, name: str) -> str:
    """What the desk's twin says where the card says nothing: the desk owns these."""
    if record.side == "desk":
        return ""
    twin = look.index.on("desk", record.ref)
    return _text(look.snapshot.values(twin).get(name)) if twin else ""


def _at(look: Look, record: Record) -> Person:
    """Organisation, department and custodian as the books know them."""

    def own(name: str) -> str:
        ref = record.values.get(name)
        if isinstance(ref, Ref) and ref.side == "desk":
            ref = look.index.on("book", ref)
        return ref.id if isinstance(ref, Ref) else ""

    return Person(own("organization"), own("department"), own("custodian"))


def _text(value: Value) -> str:
    return value if isinstance(value, str) else ""


# -- stock -------------------------------------------------------------------------------------------------------------


def _stock(look: Look, desk: bool, inside: Callable[[Record], bool]) -> list[StockLine]:
    """The books' balances by item, warehouse and account; of the desk's figures those that can be compared."""
    snapshot = look.snapshot
    known = {one.spot: one for one in balances(look)} if desk else {}
    lines: dict[tuple[Spot, str], StockLine] = {}
    for record in _rows(snapshot, snapshot.book_quantity):
        spot, account = spot_of(record, "item", "place"), _text(record.values.get("account"))
        if spot is not None and not arriving_account(account) and inside(record):
            old = lines.get((spot, account)) or _line(snapshot, spot, account)
            lines[spot, account] = _more(old, record)
    by_spot: dict[Spot, list[StockLine]] = {}
    for (spot, _), line in sorted(lines.items()):
        by_spot.setdefault(spot, []).append(line)
    for spot in known.keys() - by_spot.keys():
        if known[spot].desk and _card_inside(look, known[spot], inside):
            by_spot[spot] = [_line(snapshot, spot, "")]
    return [line for spot in sorted(by_spot) for line in _counted(by_spot[spot], known.get(spot))]


def _card_inside(look: Look, one: Balance, inside: Callable[[Record], bool]) -> bool:
    records = (look.snapshot.record("supply", "desk", card) for card in one.cards)
    return any(record is not None and inside(record) for record in records)


def _line(snapshot: Snapshot, spot: Spot, account: str) -> StockLine:
    item = snapshot.values(Ref("book", "item", spot[0]))
    name, code, unit = (_text(item.get(n)) for n in ("name", "code", "unit"))
    at = Person(organization=spot[1])
    return StockLine("|".join(spot), at, spot[2], account, name or spot[0], code, unit, ZERO, ZERO)


def _more(line: StockLine, record: Record) -> StockLine:
    quantity, cost = record.values.get("quantity"), record.values.get("cost")
    return replace(
        line,
        book=line.book + (quantity if isinstance(quantity, Decimal) else ZERO),
        cost=line.cost + (cost if isinstance(cost, Decimal) else ZERO),
    )


def _counted(lines: list[StockLine], balance: Balance | None) -> Iterator[StockLine]:
    """The fact of one item at one warehouse, over its accounts: each takes what it has, the last one the difference."""
    if balance is None:
        yield from lines
        return
    left = balance.desk if balance.counted is None else balance.counted
    for line in lines[:-1]:
        fact = max(ZERO, min(line.book, left))
        yield replace(line, fact=fact)
        left -= fact
    yield replace(lines[-1], fact=left, waiting=balance.waiting)


def _offset(lines: list[StockLine], made: Reconciliation, decided: Callable[[str], bool]) -> list[StockLine]:
    """Pairs that the head offset: what was only proposed changes nothing."""
    found: dict[str, tuple[str, Decimal]] = {}
    for one in made.differences:
        if one.code == "regrading" and one.quantity is not None and decided(one.key):
            ends = [str(one.evidence.get(n) or "").split(":") for n in ("shortage", "surplus")]
            short, long = (end[2] if len(end) > 2 else "" for end in ends)
            found[short], found[long] = (long, abs(one.quantity)), (short, abs(one.quantity))
    made_lines = []
    for line in lines:
        pair, quantity = found.get(line.key, ("", ZERO))
        whole = line.fact is not None and abs(line.fact - line.book) >= quantity > 0
        made_lines.append(replace(line, offset=quantity, pair=pair) if whole else line)
    return made_lines


# -- what people hold, and rights --------------------------------------------------------------------------------------


def _held(look: Look, made: Reconciliation, desk: bool, inside: Callable[[Record], bool]) -> Iterator[StockLine]:
    """Low-value things in use (МЦ.04) by person."""
    unlike = {one.book_id: one for one in made.differences if one.kind == "position" and one.field_name == "quantity"}
    for record in _rows(look.snapshot, "position"):
        if record.retired or not inside(record):
            continue
        values = record.values
        item = look.snapshot.values(values.get("item"))
        line = StockLine(
            f"position:{record.id}",
            _at(look, record),
            "",
            POSITION_ACCOUNT,
            _text(values.get("name")) or _text(item.get("name")) or record.id,
            _text(item.get("code")),
            _text(item.get("unit")),
            ZERO,
            ZERO,
        )
        line = _more(line, record)
        if desk:
            one = unlike.get(record.id)
            said = one.desk if one else line.book
            line = replace(line, fact=said if isinstance(said, Decimal) else None)
        yield line


def _desk_side(look: Look, inside: Callable[[Record], bool]) -> DeskSide:
    """Where the desk has a thing with somebody else than the books, or the books have it with nobody."""
    listing = look.snapshot.listing("equipment", "desk")
    twins = {link.desk: link.book for link in (*look.result.kept, *look.result.found)}
    only: list[Thing] = []
    other: dict[str, str] = {}
    for record in listing.records.values() if listing else ():
        person = record.values.get("custodian")
        if record.retired or not isinstance(person, Ref):
            continue
        holder, twin = look.index.on("book", person), twins.get(record.id)
        card = look.snapshot.record("equipment", "book", twin) if twin else None
        theirs = card.values.get("custodian") if card and not card.retired else None
        if holder is not None and holder == theirs:
            continue
        if twin is not None and isinstance(theirs, Ref):
            other[twin] = look.snapshot.called(holder or person)
        if holder is not None and inside(record):
            home = _at(look, record).organization or _home(look, holder)
            only.append(replace(_thing(look, record, ZERO, None), at=Person(home, "", holder.id)))
    return DeskSide(listing is not None and not look.snapshot.unsure("equipment", "desk"), tuple(only), other)


def _home(look: Look, person: Ref) -> str:
    organization = look.snapshot.values(person).get("organization")
    return organization.id if isinstance(organization, Ref) else ""


def _rights(snapshot: Snapshot, inside: Callable[[Record], bool]) -> Iterator[Right]:
    for record in _rows(snapshot, "licence"):
        if not record.retired and inside(record):
            cost, org = record.values.get("cost"), record.values.get("organization")
            at = Person(org.id if isinstance(org, Ref) else "")
            name = _text(record.values.get("name")) or record.id
            yield Right(at, name, cost if isinstance(cost, Decimal) else None)
