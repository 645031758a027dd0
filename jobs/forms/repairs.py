"""The repair act and ОС-3 of repairs that the desk recorded: read from it now, a sheet for each act and contractor."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, datetime

from ...errors import Reject
from ...mappings.model import Side
from ...mappings.once import kind as kind_of
from ...sync.pair import book_now
from ...sync.reconcile.reading import read_kinds
from ...sync.reconcile.scope import resolve
from ...sync.reconcile.types import Snapshot
from ...sync.types import Record
from ..reports.making import digest_of
from ..reports.works import RETURNED, repairs
from ..wiring import Wired
from .catalog import taking
from .filling import Filling, read_filling
from .making import Wanted, overlaid, sources_told
from .types import Cell, Paper, Row, Sheet, Stamp

__all__ = ["REPAIRED", "make_repairs"]

#: In order of reference, so that names are there when they are asked for.
_READ: Mapping[Side, tuple[str, ...]] = {
    "desk": ("organization", "department", "person", "place", "equipment", "warranty", "work"),
}
_NEEDED = ("equipment", "work")


def make_repairs(
    parts: Wired, now: datetime, wanted: Wanted, progress: Callable[[str], None] = lambda step: None
) -> Paper:
    """The form of every repair of the things that are asked for. ``now``: UTC. Raises ``Reject`` for a form that is
    made of no repair, where there was none, and where the desk could not be read whole; what reading raises."""
    form, fill = wanted.form, _FILLS.get(wanted.form.source)
    if fill is None:
        raise Reject(
            "form_of_no_repair",
            "{form} is not made of a repair.",
            hint="Leave --repairs out. These forms take it: {known}.",
            form=form.name,
            known=taking(REPAIRED),
        )
    filling = read_filling(wanted.fill, form) if wanted.fill else Filling()
    settings = parts.engine.settings
    snapshot = read_kinds(parts.pair, parts.store, settings, now, _READ, progress=progress)
    _check_read(snapshot, form.name)
    scope = resolve(wanted.asked, snapshot)
    today = book_now(now, settings.zone).date()
    rows = tuple(repairs(snapshot, lambda record: scope.inside(snapshot, record) and fill.takes(record), today))
    found = [overlaid(sheet, filling, wanted) for sheet in _sheets(form.name, rows, fill)]
    if not found:
        raise Reject(
            "form_no_repair",
            "The desk recorded no repair of these things that belongs into {form}.",
            hint="See what was recorded: uchet report repairs --out repairs.xlsx.",
            form=form.name,
        )
    last = next(iter(parts.store.runs(parts.pair.name, 1)), None)
    digest = digest_of({"repairs": rows})
    stamp = Stamp(last.id if last else "—", now, None, digest, tuple(sources_told(snapshot.sources)))
    return Paper(form, tuple(found), stamp)


def _check_read(snapshot: Snapshot, form: str) -> None:
    bad = [k for k in _NEEDED if snapshot.listing(k, "desk") is None or snapshot.unsure(k, "desk")]
    if bad:
        raise Reject(
            "form_desk_unread",
            "The desk did not give everything that {form} needs: {what}.",
            hint="Ask again when it can be read; a desk that records no repairs fills no such form.",
            form=form,
            what=", ".join(kind_of(kind).ru for kind in bad),
        )


def _sheets(name: str, rows: Iterable[Row], fill: _Fill) -> Iterator[Sheet]:
    acts: dict[tuple[str, ...], list[Row]] = {}
    for row in rows:
        if fill.wants(row):
            key = tuple(str(row.get(n) or "") for n in ("sent", "contractor", "act", "organization"))
            acts.setdefault(key, []).append(row)
    for _, found in sorted(acts.items()):
        first = found[0]
        told: dict[str, Cell] = {
            "organization": first.get("organization"),
            "contractor": first.get("contractor"),
            "number": first.get("act"),
            "ticket": ", ".join(dict.fromkeys(str(row["ticket"]) for row in found if row.get("ticket"))) or None,
            "by_contract": _span(first.get("sent"), first.get("due")),
            "actual": _span(first.get("sent"), first.get("returned")),
        }
        known = {n: value for n, value in told.items() if value is not None and n in fill.blanks}
        title = " ".join(str(part) for part in (name, first.get("act") or first.get("sent")) if part)
        yield Sheet(title, known, fill.rows(found))


def _span(since: Cell, until: Cell) -> str | None:
    if not (isinstance(since, date) and isinstance(until, date)):
        return None
    return f"{since:%d.%m.%Y} – {until:%d.%m.%Y}"


def _thing(row: Row) -> dict[str, Cell]:
    """As it was sent: another unit may have come back."""
    return {
        "title": row.get("title"),
        "inventory_number": row.get("inventory_number"),
        "serial": row.get("old_serial") or row.get("serial"),
    }


class _Fill:
    """The repair act: everything that was sent, back or not."""

    blanks = frozenset({"organization", "contractor", "number", "ticket"})

    def takes(self, thing: Record) -> bool:
        return True

    def wants(self, row: Row) -> bool:
        return True

    def rows(self, found: Iterable[Row]) -> Mapping[str, tuple[Row, ...]]:
        names = {"sent": "sent", "due": "due", "returned": "returned", "new_serial": "new_serial", "sum": "cost"}
        lines = ({"n": n, **_thing(row), **{o: row.get(i) for o, i in names.items()}} for n, row in enumerate(found, 1))
        return {"lines": tuple(lines)}


class _Accepted(_Fill):
    """ОС-3: fixed assets that came back from repair. What they are worth stays empty: accounting knows."""

    blanks = frozenset({"organization", "contractor", "number", "by_contract", "actual"})

    def takes(self, thing: Record) -> bool:
        return thing.values.get("accounting") != "low_value"

    def wants(self, row: Row) -> bool:
        return row.get("outcome") == RETURNED

    def rows(self, found: Iterable[Row]) -> Mapping[str, tuple[Row, ...]]:
        listed = list(enumerate(found, 1))
        costs = ({"n": n, "title": r.get("title"), "work": "ремонт", "repair": r.get("cost")} for n, r in listed)
        return {"objects": tuple({"n": n, **_thing(r)} for n, r in listed), "costs": tuple(costs)}


_FILLS: Mapping[str, _Fill] = {"repairs": _Fill(), "upgraded": _Accepted()}
#: Sources of forms that repairs fill.
REPAIRED = frozenset(_FILLS)
