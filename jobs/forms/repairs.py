"""The repair act and ОС-3 of repairs that the desk recorded: read from it now, a sheet for each act and contractor."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date

from ...errors import Reject
from ...mappings.model import Side
from ...sync.reconcile.scope import resolve
from ...sync.types import Record
from ..reports.works import RETURNED, repairs
from .sides import Made, Sides, needed
from .types import Cell, Row, Sheet

__all__ = ["accepted_back", "repair_acts"]

#: In order of reference, so that names are there when they are asked for.
_READ: Mapping[Side, tuple[str, ...]] = {
    "desk": ("organization", "department", "person", "place", "equipment", "warranty", "work"),
}
_NEEDED: tuple[tuple[str, Side], ...] = (("equipment", "desk"), ("work", "desk"))


def repair_acts(sides: Sides) -> Made:
    """Everything that was sent, back or not. Raises ``Reject`` where nothing was, and where the desk could not be read
    whole."""
    return _made(sides, _Fill())


def accepted_back(sides: Sides) -> Made:
    """ОС-3 of fixed assets that came back from repair. Raises as ``repair_acts``."""
    return _made(sides, _Accepted())


def _made(sides: Sides, fill: _Fill) -> Made:
    form, snapshot = sides.wanted.form, sides.read(_READ)
    needed(sides, snapshot, *_NEEDED)
    scope = resolve(sides.wanted.asked, snapshot)
    rows = repairs(snapshot, lambda record: scope.inside(snapshot, record) and fill.takes(record), sides.today)
    sheets = tuple(_sheets(form.name, rows, fill))
    if not sheets:
        raise Reject(
            "form_no_repair",
            "The desk recorded no repair of these things that belongs into {form}.",
            hint="See what was recorded: uchet report repairs --out repairs.xlsx.",
            form=form.name,
        )
    return Made(sheets, snapshot.sources)


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
