"""What moved in some days: consumables as the desk recorded them, equipment as the drafts in the books say, and how
each of it stands in 1C. Pure; texts are Russian, as the headings are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from operator import itemgetter
from typing import Any
from zoneinfo import ZoneInfo

from ...mappings.model import Ref, Value, Values
from ...sync.feed_look import KIT_MOVES
from ...sync.orders import DESK
from ...sync.pair import book_now
from ...sync.reconcile.types import Snapshot
from ...sync.store import OperationRow
from ...sync.types import EMPTY, Draft, Event, Operation, Record, ordered
from ..forms.moves import DOCUMENTS, dated, said, waybill
from ..forms.types import Cell, Row
from .comparison import Inside, rows_of
from .turnover import MOVED_RU, Stretch
from .works import DRAFTS

__all__ = ["Known", "moved"]

#: What stands behind an event that is in no draft.
_REASONS = {"found": "проведён, найден в 1С", "taken_back": "отменено в ИТ", "draft": "отклонён бухгалтером"}
_STATES = {"pending": "ждёт черновика", "posted": "проведён", "refused": "отклонён"}
#: Kinds of document by which something changes its place or its holder.
_MOVES = DOCUMENTS["moves"] | DOCUMENTS["stock_moves"] | DOCUMENTS["issued"] | DOCUMENTS["returned"]


@dataclass(frozen=True, slots=True)
class Known:
    """``events``: the desk's record → the event as it stands; ``drafts`` by id, ``written``: the write that made each;
    ``titles``: kind of document → what 1C calls it; ``zone``: of the books' calendar."""

    snapshot: Snapshot
    events: Mapping[str, Event]
    drafts: Mapping[str, Draft]
    written: Mapping[str, OperationRow]
    titles: Mapping[str, str]
    zone: ZoneInfo

    def day(self, draft: Draft) -> date | None:
        """The date of the document as we wrote it."""
        its = self.written.get(draft.id)
        if its is None:
            return None
        return dated(its.operation.header) or book_now(its.started, self.zone).date()

    def document(self, draft: Draft | None) -> dict[str, Cell]:
        if draft is None:
            return {}
        return {
            "document": self.titles.get(draft.document, draft.document),
            "number": draft.number or None,
            "written": self.day(draft),
            "state": DRAFTS[draft.state],
        }

    def called(self, value: Value) -> str | None:
        return self.snapshot.called(value) or None


def moved(known: Known, inside: Inside, stretch: Stretch) -> Iterator[Row]:
    """Everything that is inside and of those days, by day; a movement and the draft for it are one row."""
    found = [*_of_desk(known, inside, stretch), *_of_drafts(known, inside, stretch)]
    yield from sorted(found, key=itemgetter("date"))


# -- consumables -------------------------------------------------------------------------------------------------------


def _of_desk(known: Known, inside: Inside, stretch: Stretch) -> Iterator[dict[str, Cell]]:
    for record in rows_of(known.snapshot, "movement", "desk"):
        day = record.values.get("date")
        if isinstance(day, date) and stretch.holds(day) and not record.retired and inside(_whose(known, record)):
            yield {"date": day, **_movement(known, record), **_stands(known, record)}


def _whose(known: Known, record: Record) -> Record:
    """A movement with what only its card says: the organisation and the place."""
    card, values = known.snapshot.values(record.values.get("supply")), record.values
    told: dict[str, Any] = {name: card.get(name) for name in ("organization", "place")}
    told |= {"custodian": values.get("person"), "department": values.get("department"), "name": card.get("name")}
    return Record("movement", "desk", record.id, told)


def _movement(known: Known, record: Record) -> dict[str, Cell]:
    values, called = record.values, known.called
    card, other = (known.snapshot.values(values.get(name)) for name in ("supply", "to_supply"))
    kind, quantity = str(values.get("type") or ""), values.get("quantity")
    store, people = called(card.get("place")), _joined(called(values.get("person")), called(values.get("department")))
    gives, takes = _ends(kind, quantity, store, called(other.get("place")), people)
    return {
        "organization": called(card.get("organization")),
        "kind": MOVED_RU.get(kind, kind),
        "from": gives,
        "to": takes,
        "title": called(values.get("supply")),
        "quantity": quantity if isinstance(quantity, Decimal) else None,
        "unit": str(values.get("unit") or card.get("unit") or "") or None,
        "ticket": str(values.get("ticket") or "") or None,
    }


def _ends(
    kind: str, quantity: Value, store: str | None, other: str | None, people: str | None
) -> tuple[str | None, str | None]:
    """Who or what gives, and who or what takes."""
    if kind == "transfer":
        return store, other
    incoming = kind in ("receipt", "return", "assembly_in")
    if kind == "correction":
        incoming = isinstance(quantity, Decimal) and quantity > 0
    return (people, store) if incoming else (store, people)


def _joined(*names: str | None) -> str | None:
    return ", ".join(name for name in names if name) or None


def _stands(known: Known, record: Record) -> dict[str, Cell]:
    """The document of the books and what became of it."""
    event = known.events.get(record.id)
    if event is None:
        if record.values.get("origin") == "book":
            return {"number": _text(record.values.get("document")), "state": "проведён, из 1С"}
        # An assembly's own movements are no events: the work says it as a whole.
        return {"state": "в составе сборки" if record.values.get("type") in KIT_MOVES else "не прочитано обменом"}
    draft = known.drafts.get(event.draft)
    state = _REASONS.get(event.reason) or _STATES.get(event.state, event.state)
    return {"state": state, **known.document(draft)}


# -- equipment, and what a person ordered ------------------------------------------------------------------------------


def _of_drafts(known: Known, inside: Inside, stretch: Stretch) -> Iterator[dict[str, Cell]]:
    """Rows of the drafts that stand for no movement of the desk."""
    for draft in known.drafts.values():
        day, its = known.day(draft), known.written.get(draft.id)
        if draft.document not in _MOVES or its is None or day is None or not stretch.holds(day):
            continue
        for member in draft.members:
            thing = known.snapshot.record("equipment", "desk", member.desk)
            if not _of_movement(member) and inside(thing or _as_record(member)):
                yield {"date": day, **_member(known, its.operation.header, member, thing), **known.document(draft)}


def _of_movement(member: Operation) -> bool:
    return member.kind != "equipment" and any(key.startswith(DESK) for key in ordered((member,)))


def _as_record(member: Operation) -> Record:
    """What a row says, for a scope to look at; its references are the books'."""
    return Record(member.kind, "book", member.book or "", said(member))


def _member(known: Known, header: Values, member: Operation, thing: Record | None) -> dict[str, Cell]:
    ends = waybill({**header, **said(member)}, known.called)
    told, values = said(member), thing.values if thing else EMPTY
    item, quantity = told.get("item"), told.get("quantity")
    return {
        "organization": ends["organization"],
        "kind": "перемещение" if thing else "по распоряжению",
        "from": _joined(*map(_text, (ends["gave"], ends["from"]))),
        "to": _joined(*dict.fromkeys(map(_text, (ends["received"], ends["to"])))),
        "title": _text(values.get("name") or values.get("model")) or known.called(item) or member.label,
        "inventory_number": _text(values.get("inventory_number")),
        "serial": _text(values.get("serial")),
        "quantity": quantity if isinstance(quantity, Decimal) else Decimal(1) if thing else None,
        "unit": "шт" if thing else _unit(known, item),
        "ticket": _text(header.get("@note")) or (member.label if thing is None else None),
    }


def _unit(known: Known, item: Value) -> str | None:
    return _text(known.snapshot.values(item).get("unit")) if isinstance(item, Ref) else None


def _text(value: object) -> str | None:
    return str(value) if value not in (None, "") else None
