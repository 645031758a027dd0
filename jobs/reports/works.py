"""Warranty, repair and modernization, as the desk recorded them and as the books answered. Pure; texts are Russian."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal

from ...mappings.model import Ref
from ...sync.feed_look import WORK
from ...sync.reconcile.types import Snapshot
from ...sync.types import Draft, Event, Record
from ...sync.works import MODERNIZATION, proposal
from ..forms.types import Cell, Row
from .comparison import Inside, rows_of

__all__ = ["DRAFTS", "RETURNED", "repairs", "upgrades", "warranties"]

_ENDS = frozenset({"returned", "replaced"})
#: What is told of a thing that came back as it was.
RETURNED = "возвращено"
_OUTCOMES = {"returned": RETURNED, "replaced": "заменено"}
_COMPONENTS = {
    "ram": "память",
    "disk": "диск",
    "cpu": "процессор",
    "board": "материнская плата",
    "psu": "блок питания",
    "ups_battery": "батарея ИБП",
    "video": "видеокарта",
    "network": "сетевая карта",
    "sound": "звуковая карта",
    "drive": "привод",
    "keyboard": "клавиатура",
    "other": "прочее",
}
_PROPOSALS = {"repair": "ремонт", "modernization": "модернизация", "": "не определяется"}
#: What became of a draft.
DRAFTS = {
    "open": "ждёт проведения",
    "edited": "изменён, ждёт проведения",
    "posted": "проведён",
    "agreed": "проведён",
    "adopted": "проведён иначе",
    "refused": "удалён или помечен на удаление",
    "gone": "удалён",
}


def repairs(snapshot: Snapshot, inside: Inside, day: date) -> Iterator[Row]:
    """Every thing that was sent to repair, with what became of it; ``day``: today."""
    works = [one for one in rows_of(snapshot, "work", "desk") if one.values.get("recorded") and not one.retired]
    ends = {str(w.values.get("follows") or ""): w for w in works if w.values.get("type") in _ENDS}
    sent = {w.id: w for w in works if w.values.get("type") == "sent"}
    pairs: list[tuple[Record | None, Record | None]] = [(one, ends.get(id)) for id, one in sent.items()]
    pairs += [(None, w) for first, w in ends.items() if first not in sent]
    for one, end in sorted(pairs, key=lambda pair: _date(pair[0] or pair[1], "date") or date.min):
        thing = _thing(snapshot, one or end)
        if thing is not None and inside(thing):
            yield _repair(snapshot, thing, one, end, day)


def _date(record: Record | None, name: str) -> date | None:
    value = record.values.get(name) if record else None
    return value if isinstance(value, date) else None


def _thing(snapshot: Snapshot, work: Record | None) -> Record | None:
    asset = work.values.get("asset") if work else None
    return snapshot.record("equipment", "desk", asset.id) if isinstance(asset, Ref) else None


def _repair(snapshot: Snapshot, thing: Record, one: Record | None, end: Record | None, day: date) -> Row:
    sent, due, back = _date(one, "date"), _date(one, "due"), _date(end, "date")
    until = back or day
    cost = end.values.get("cost") if end else None
    replaced = end is not None and end.values.get("type") == "replaced"
    return {
        **_told(snapshot, thing),
        "warranty": _warranty(snapshot, thing, one, end),
        "sent": sent,
        "contractor": _text(one, "contractor") or _text(end, "contractor"),
        "act": "; ".join(dict.fromkeys(a for a in (_text(one, "act"), _text(end, "act")) if a)) or None,
        "due": due,
        "returned": back,
        "outcome": _OUTCOMES[str(end.values["type"])] if end else "в ремонте",
        "days": (until - sent).days if sent else None,
        "overdue": max(0, (until - due).days) if due else None,
        "old_serial": _text(end, "old_serial") if replaced else None,
        "new_serial": _text(end, "serial") if replaced else None,
        "cost": cost if isinstance(cost, Decimal) else None,
        "ticket": _text(one, "ticket") or _text(end, "ticket"),
    }


def _warranty(snapshot: Snapshot, thing: Record, one: Record | None, end: Record | None) -> date | None:
    """As it stood when the thing was sent, else as it stands now."""
    now = _date(snapshot.record("warranty", "desk", thing.id), "until")
    return _date(one, "warranty") or (_date(end, "warranty") if not one else None) or now


def _text(record: Record | None, name: str) -> str | None:
    value = record.values.get(name) if record else None
    return str(value) if value not in (None, "") else None


def _told(snapshot: Snapshot, thing: Record) -> dict[str, Cell]:
    return {
        "organization": snapshot.called(thing.values.get("organization")) or None,
        "title": _text(thing, "name") or _text(thing, "model"),
        "inventory_number": _text(thing, "inventory_number"),
        "serial": _text(thing, "serial"),
    }


def warranties(snapshot: Snapshot, inside: Inside, day: date) -> Iterator[Row]:
    """Things in service whose warranty is known, those that end first on top."""
    found = []
    for thing in rows_of(snapshot, "equipment", "desk"):
        until = _date(snapshot.record("warranty", "desk", thing.id), "until")
        if until is not None and not thing.retired and inside(thing):
            found.append((until, thing))
    for until, thing in sorted(found, key=lambda one: (one[0], one[1].id)):
        held = snapshot.called(thing.values.get("custodian")) or None
        yield {**_told(snapshot, thing), "custodian": held, "until": until, "days": (until - day).days}


# -- modernization -----------------------------------------------------------------------------------------------------


def upgrades(
    snapshot: Snapshot, inside: Inside, events: Mapping[str, Event], drafts: Mapping[str, Draft]
) -> Iterator[Row]:
    """Every component that was fitted. ``events``: the desk's record → the event as it stands; ``drafts`` by id."""
    fitted = {ref.id: one for one in rows_of(snapshot, "component", "desk") if (ref := _ref(one, "work"))}
    for work in sorted(rows_of(snapshot, "work", "desk"), key=lambda one: (_date(one, "date") or date.min, one.id)):
        thing = _thing(snapshot, work)
        wanted = work.values.get("type") == "upgrade" and work.values.get("recorded") and not work.retired
        if not wanted or thing is None or not inside(thing):
            continue
        removes = _ref(work, "removes")
        out = snapshot.record("component", "desk", removes.id if removes else None)
        event, issue = events.get(f"{WORK}{work.id}"), _issue(snapshot, work, events)
        quantity = work.values.get("quantity")
        yield {
            "date": _date(work, "date"),
            **_told(snapshot, thing),
            "component": _COMPONENTS.get(str(work.values.get("component") or ""), _text(work, "component")),
            "fitted": snapshot.called(work.values.get("supply")) or None,
            "fitted_serial": _text(work, "serial") or _text(fitted.get(work.id), "serial"),
            "removed": _text(out, "name"),
            "removed_serial": _text(out, "serial"),
            "quantity": quantity if isinstance(quantity, Decimal) else None,
            "unit": _text(work, "unit"),
            "before": _number(work, "size_before"),
            "after": _number(work, "size_after"),
            "requisition": _document(issue, drafts),
            "proposal": _PROPOSALS[proposal(work.values)],
            "decision": _decision(event),
            "document": _document(event, drafts),
            "ticket": _text(work, "ticket"),
        }


def _ref(record: Record, name: str) -> Ref | None:
    value = record.values.get(name)
    return value if isinstance(value, Ref) else None


def _number(record: Record, name: str) -> Decimal | None:
    value = record.values.get(name)
    return value if isinstance(value, Decimal) else None


def _issue(snapshot: Snapshot, work: Record, events: Mapping[str, Event]) -> Event | None:
    """The issue by which the part left stock: the one of that day, material, quantity and ticket. Where there are two,
    nobody knows which."""
    names = ("supply", "quantity", "date", "ticket")
    told = [work.values.get(name) or None for name in names]
    found = [
        one.id
        for one in rows_of(snapshot, "movement", "desk")
        if one.values.get("type") == "issue" and [one.values.get(name) or None for name in names] == told
    ]
    return events.get(found[0]) if len(found) == 1 else None


def _document(event: Event | None, drafts: Mapping[str, Draft]) -> str | None:
    draft = drafts.get(event.draft) if event and event.draft else None
    if draft is None:
        return None
    return f"{draft.number or 'без номера'} ({DRAFTS.get(draft.state, draft.state)})"


def _decision(event: Event | None) -> str:
    """What the accountant said, or what keeps her from it."""
    if event is None:
        return "не прочитано обменом"
    if event.draft or event.reason == MODERNIZATION:
        return "модернизация"
    if event.reason == "repair":
        return "ремонт"
    if event.reason == "issue_only":
        return "не требуется: малоценное имущество"
    return "ждёт решения" if event.state == "pending" else "—"
