"""ОС-4 of fixed assets that are to be written off: all that the books know of them, and nothing that they do not.

Of which ones: those of a write-off that stands in 1C, those that a person names, or those whose write-off somebody
ordered (a task for the accountant) or the last comparison proposed. Reason, precious metals and conclusion are the
commission's: they stay empty, for a pen.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from ...errors import Reject
from ...mappings.model import Ref, Side, Value
from ...sync.pair import LinkIndex
from ...sync.reconcile.scope import resolve
from ...sync.reconcile.types import Snapshot
from ...sync.types import Record
from ..reports.coming import quantity_of, whole
from .making import chosen
from .moves import served
from .settled import CENT
from .sides import Made, Paperwork, Sides, needed
from .types import Cell, Row, Sheet

__all__ = ["write_off_acts"]

#: In order of reference, so that names are there when they are asked for.
_READ: Mapping[Side, Sequence[str]] = {
    "book": ("organization", "department", "person", "equipment", "depreciation"),
    "desk": ("organization", "department", "person", "place", "equipment"),
}
_DOCUMENT = ("write_off_asset",)
#: What a comparison proposes where the desk has a thing no longer.
_PROPOSED = "write_off"


def write_off_acts(sides: Sides) -> Made:
    """An act for each responsible person. Raises ``Reject`` where there is no such document or no such thing, and where
    the cards could not be read whole."""
    paper = sides.document(_DOCUMENT) if sides.wanted.document else None
    day = _before(paper, sides.today) if paper else None
    snapshot = sides.read(_READ, day)
    needed(sides, snapshot, ("equipment", "book"))
    asked = {} if paper else _asked_for(sides)
    cards = _cards(sides, snapshot, paper, asked)
    if not cards:
        raise Reject(
            "form_no_write_off",
            "No fixed asset is to be written off.",
            hint="Name them (--number), or a write-off in 1C (--document); "
            "without either, those whose write-off was asked for or proposed by the last comparison are taken.",
        )
    act = _Act(snapshot, sides.today, day, paper, asked, _depreciation(snapshot), LinkIndex(list(snapshot.links)))
    acts = _acts(cards)
    sheets = tuple(act.sheet(place, acts[place]) for place in sorted(acts))
    return Made(sheets, snapshot.sources, posted=bool(paper and paper.posted), day=day)


def _before(paper: Paperwork, today: date) -> date | None:
    """The last day before the document: from its own day on the books have the things no longer."""
    day = paper.day - timedelta(days=1) if paper.day else today
    return day if day < today else None


# -- which ones --------------------------------------------------------------------------------------------------------


def _cards(sides: Sides, snapshot: Snapshot, paper: Paperwork | None, asked: Mapping[str, list[str]]) -> list[Record]:
    listing = snapshot.listing("equipment", "book")
    owned = [one for one in (listing.records.values() if listing else ()) if _fixed(one)]
    if paper is not None:
        ids = [str(row.get("asset") or "") for one in paper.maps[:1] for row in paper.rows(one)]
        known = {one.id: one for one in owned}
        if unknown := [id for id in ids if id not in known]:
            raise _unknown(unknown)
        return [known[id] for id in dict.fromkeys(ids)]
    live = [one for one in owned if not one.retired]
    if not sides.wanted.asked.told():
        proposed = _proposed(sides)
        return [one for one in live if one.id in proposed or one.id in asked]
    scope = resolve(sides.wanted.asked, snapshot)
    return [one for one in live if scope.inside(snapshot, one)]


def _fixed(record: Record) -> bool:
    return record.values.get("accounting") == "fixed_asset"


def _unknown(ids: Iterable[str]) -> Reject:
    return Reject(
        "form_cards_unknown",
        "The document names cards that were not read: {ids}.",
        hint="See what is wrong with them: uchet report quality --out quality.xlsx.",
        ids=", ".join(ids),
    )


def _asked_for(sides: Sides) -> dict[str, list[str]]:
    """Card → what people call the orders for its write-off that wait for the accountant."""
    found: dict[str, list[str]] = {}
    for row in sides.parts.store.issues(sides.parts.pair.name):
        told = row.issue.params
        for card in told.get("cards", ()) if row.issue.code == "order_task" and told["document"] in _DOCUMENT else ():
            found.setdefault(str(card), []).append(str(told["name"]))
    return found


def _proposed(sides: Sides) -> frozenset[str]:
    """Cards whose write-off the comparison proposed, and nobody decided otherwise."""
    store, pair = sides.parts.store, sides.parts.pair.name
    if not (sides.wanted.run or store.reconciliations(pair, 1)):
        return frozenset()
    made = chosen(store, pair, sides.wanted.run)
    declined = {row.issue.key for row in store.issues(pair, None) if row.decision and row.decision != "accept"}
    found = (one for one in made.differences if one.proposal == _PROPOSED and one.key not in declined)
    return frozenset(one.book_id for one in found if one.kind == "equipment" and one.book_id)


# -- one act -----------------------------------------------------------------------------------------------------------

#: Ids of the books: organisation, department, responsible person; "" where they name none.
_Place = tuple[str, str, str]


def _acts(cards: Iterable[Record]) -> dict[_Place, list[Record]]:
    found: dict[_Place, list[Record]] = {}
    for card in cards:
        organization, department, custodian = (
            _id(card.values.get(name)) for name in ("organization", "department", "custodian")
        )
        found.setdefault((organization, department, custodian), []).append(card)
    return found


def _id(value: Value) -> str:
    return value.id if isinstance(value, Ref) and value.side == "book" else ""


def _depreciation(snapshot: Snapshot) -> dict[str, Decimal] | None:
    """Card → what its accounts of 02 hold, all that have any; ``None`` where these balances were not read whole."""
    rows = whole(snapshot, "depreciation", "book")
    if rows is None:
        return None
    found: dict[str, Decimal] = {}
    for row in rows.values():
        card = _id(row.values.get("asset"))
        found[card] = found.get(card, Decimal(0)) + quantity_of(row, "amount")
    return found


@dataclass(frozen=True)
class _Act:
    """What all acts of one asking share. ``day``: the books as of its end; ``asked``: card → orders for its write-off;
    ``written``: card → its depreciation."""

    snapshot: Snapshot
    today: date
    day: date | None
    paper: Paperwork | None
    asked: Mapping[str, list[str]]
    written: Mapping[str, Decimal] | None
    index: LinkIndex

    @property
    def made(self) -> date:
        """The day of the act."""
        return (self.paper.day if self.paper else None) or self.today

    def sheet(self, place: _Place, cards: Sequence[Record]) -> Sheet:
        kinds, number = ("organization", "department", "person"), self.paper.number if self.paper else ""
        refs = [Ref("book", kind, id) if id else None for kind, id in zip(kinds, place, strict=True)]
        organization, department, custodian = (self.snapshot.called(ref) if ref else None for ref in refs)
        values: dict[str, Cell] = {
            "organization": organization,
            "department": department,
            "number": number or None,
            "date": self.made,
            "written_off": self.made if self.paper and self.paper.posted else None,
            "basis": ", ".join(dict.fromkeys(n for card in cards for n in self.asked.get(card.id, ()))) or None,
            "custodian": custodian,
            "personnel_number": str(self.snapshot.values(refs[2]).get("number") or "") or None,
        }
        told = {name: value for name, value in values.items() if value is not None}
        rows = tuple(self._object(card) for card in sorted(cards, key=_by_number))
        return Sheet(" ".join(filter(None, ("ОС-4", number, custodian))), told, {"objects": rows}, (self._note(),))

    def _object(self, card: Record) -> Row:
        values, cost, commissioned = card.values, card.values.get("cost"), card.values.get("commissioned")
        accepted = commissioned if isinstance(commissioned, date) else None
        known = cost if isinstance(cost, Decimal) else None
        # A card without a balance has nothing written off; balances that were not read say nothing of any card.
        written = None if self.written is None else self.written.get(card.id, Decimal(0)).quantize(CENT)
        return {
            "title": str(values.get("name") or values.get("model") or card.id),
            "inventory_number": str(values.get("inventory_number") or "") or None,
            "serial": self._serial(card) or None,
            "accepted": accepted,
            "service": served(accepted, self.made),
            "cost": known,
            "depreciation": written,
            "residual": known - written if known is not None and written is not None else None,
        }

    def _serial(self, card: Record) -> str:
        """The card's own, else that of its twin on the desk."""
        twin = self.index.on("desk", card.ref)
        return str(card.values.get("serial") or self.snapshot.values(twin).get("serial") or "")

    def _note(self) -> str:
        if self.written is None:
            return "Амортизация не прочитана: графы 8 и 9 заполняет бухгалтерия."
        return f"Амортизация: остаток счёта 02 на конец {self.day or self.today:%d.%m.%Y}."


def _by_number(card: Record) -> tuple[str, str]:
    return str(card.values.get("inventory_number") or ""), card.id
