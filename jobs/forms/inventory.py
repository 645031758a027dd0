"""Sheets of the inventory forms: one for each place and responsible person, filled from the facts. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal

from .lines import ONE, POSITION_ACCOUNT, Facts, Person, Right, StockLine, Thing
from .settled import ZERO
from .types import Cell, Row, Sheet

__all__ = ["COMPARED", "CONDITIONS", "SOURCES", "sheets"]

#: Sources that make no sense without a fact.
COMPARED = frozenset({"things_compared", "stock_compared", "results"})
#: Conditions of a thing, as the desk keeps them → in words.
CONDITIONS = {"in_use": "в эксплуатации", "in_stock": "на складе", "faulty": "неисправен", "in_repair": "в ремонте"}
_ACCOUNTS = {
    "01": "Основные средства",
    "10": "Материалы",
    "10.05": "Запасные части",
    "10.06": "Прочие материалы",
    "10.09": "Инвентарь и хозяйственные принадлежности",
    "10.21": "Малоценное оборудование и запасы",
    "МЦ.04": "Инвентарь и хозяйственные принадлежности в эксплуатации",
}


def sheets(source: str, facts: Facts, day: date) -> tuple[Sheet, ...]:
    """The sheets of a form whose ``source`` that is; ``day``: as of which the figures are."""
    return tuple(SOURCES[source](facts, day))


# -- headings ----------------------------------------------------------------------------------------------------------


def _values(facts: Facts, at: Person, day: date, place: str = "") -> dict[str, Cell]:
    given: dict[str, Cell] = {
        "organization": facts.called("organization", at.organization) if at.organization else None,
        "department": facts.called("department", at.department) if at.department else None,
        "custodian": facts.called("person", at.custodian) if at.custodian else None,
        "personnel_number": facts.numbers.get(at.custodian) or None,
        "place": facts.called("place", place) if place else None,
        "as_of": day,
    }
    return {name: value for name, value in given.items() if value is not None}


def _title(values: Mapping[str, Cell], *names: str) -> str:
    return " ".join(str(values[name]) for name in names if values.get(name)) or "Без ответственного лица"


def _numbered(rows: Iterable[Row]) -> tuple[Row, ...]:
    return tuple({"n": n, **row} for n, row in enumerate(rows, 1))


# -- things ------------------------------------------------------------------------------------------------------------


def _by_person(things: Iterable[Thing]) -> Iterator[tuple[Person, list[Thing]]]:
    found: dict[Person, list[Thing]] = defaultdict(list)
    for one in things:
        found[one.at].append(one)
    for at in sorted(found, key=lambda at: (at.organization, at.department, at.custodian)):
        yield at, sorted(found[at], key=lambda one: (one.title, one.inventory_number, one.id))


def _things(facts: Facts, day: date) -> Iterator[Sheet]:
    """ИНВ-1: the books' cards; the fact where it is known."""
    for at, found in _by_person(one for one in facts.things if one.book):
        values = _values(facts, at, day) | {
            "subject": "компьютеры, оборудование",
            "held": "в собственности организации",
        }
        rows = _numbered(_thing(one) for one in found)
        yield Sheet(_title(values, "custodian", "department"), values, {"lines": rows})


def _told(one: Thing) -> dict[str, Cell]:
    return {
        "title": one.title,
        "year": one.commissioned.year if one.commissioned else None,
        "inventory_number": one.inventory_number or None,
        "serial": one.serial or None,
    }


def _thing(one: Thing) -> Row:
    fact = one.fact
    worth = None if fact is None else one.cost if fact else Decimal("0.00")
    return {
        **_told(one),
        "fact_quantity": fact,
        "fact_sum": worth,
        "book_quantity": one.book,
        "book_sum": one.cost,
    }


def _things_compared(facts: Facts, day: date) -> Iterator[Sheet]:
    """ИНВ-18: only what differs."""
    for at, found in _by_person(one for one in facts.things if one.fact is not None and one.fact != one.book):
        values = _values(facts, at, day)
        rows = _numbered(_thing_compared(one) for one in found)
        yield Sheet(_title(values, "custodian", "department"), values, {"lines": rows})


def _thing_compared(one: Thing) -> Row:
    over = one.fact is not None and one.fact > one.book
    name = "surplus" if over else "shortage"
    # What a surplus is worth people decide: no price is invented.
    return {**_told(one), f"{name}_quantity": Decimal(1), f"{name}_sum": None if over else one.cost}


# -- stock -------------------------------------------------------------------------------------------------------------


def _by_place(facts: Facts, wanted: Callable[[StockLine], bool]) -> Iterator[tuple[Person, str, list[StockLine]]]:
    """Stock by organisation and warehouse, then what people hold by person."""
    found: dict[tuple[Person, str], list[StockLine]] = defaultdict(list)
    for one in (*facts.stock, *facts.held):
        if wanted(one):
            at = one.at if one.account == POSITION_ACCOUNT else Person(one.at.organization)
            found[at, one.place].append(one)
    for at, place in sorted(found, key=lambda key: (key[0].custodian != "", key[0].organization, key[1], str(key[0]))):
        yield at, place, sorted(found[at, place], key=lambda one: (one.title, one.account, one.key))


def _stock(facts: Facts, day: date) -> Iterator[Sheet]:
    """ИНВ-3: the books' balances; what only the desk has stands in it with nought in the books."""
    for at, place, found in _by_place(facts, lambda one: bool(one.book or one.cost or one.fact)):
        values = _values(facts, at, day, place) | {"held": "в собственности организации"}
        rows = _numbered(_stock_row(one) for one in found)
        yield Sheet(_title(values, "place", "custodian"), values, {"lines": rows}, _unseen(found))


def _unseen(found: list[StockLine]) -> tuple[str, ...]:
    """Where some lines have a fact and others none, the reader is told how many have none."""
    blank = sum(one.fact is None for one in found)
    return (f"Строк без фактических данных: {blank} из {len(found)}.",) if 0 < blank < len(found) else ()


def _item(one: StockLine) -> dict[str, Cell]:
    return {"title": one.title, "code": one.code or None, "okei": one.okei or None, "unit": one.unit or None}


def _stock_row(one: StockLine) -> Row:
    return {
        "account": one.account or None,
        **_item(one),
        "price": one.price,
        "fact_quantity": one.fact,
        "fact_sum": one.fact_sum,
        "book_quantity": one.book,
        "book_sum": one.cost,
    }


def _stock_compared(facts: Facts, day: date) -> Iterator[Sheet]:
    """ИНВ-19: only what differs; numbers of offset lines point at each other."""
    for at, place, found in _by_place(facts, lambda one: one.settled is not None):
        values = _values(facts, at, day, place)
        lines = {one.key: n for n, one in enumerate(found, 1)}
        rows = _numbered(_settled_row(one, lines) for one in found)
        yield Sheet(_title(values, "place", "custodian"), values, {"lines": rows})


def _settled_row(one: StockLine, lines: Mapping[str, int]) -> Row:
    settled = one.settled
    if settled is None:
        return _item(one)
    name = "surplus" if settled.over else "shortage"
    whole, clarified, offset, left = settled.parts()
    row: dict[str, Cell] = {**_item(one), f"{name}_quantity": whole.quantity, f"{name}_sum": whole.sum}
    if clarified.quantity:
        row |= {f"clarified_{name}_quantity": clarified.quantity, f"clarified_{name}_sum": clarified.sum}
        row[f"clarified_{name}_account"] = one.account or None
    if offset.quantity:
        row |= {f"offset_{name}_quantity": offset.quantity, f"offset_{name}_sum": offset.sum}
        row[f"offset_{name}_line"] = lines.get(one.pair)
    if left.quantity:
        row |= {f"final_{name}_quantity": left.quantity, f"final_{name}_sum": left.sum}
        if settled.over:
            row["final_surplus_account"] = one.account or None
    return row


# -- the rest ----------------------------------------------------------------------------------------------------------


def _results(facts: Facts, day: date) -> Iterator[Sheet]:
    """ИНВ-26: surplus and shortage of each account, in roubles."""
    found: dict[str, dict[str, dict[str, Decimal]]] = defaultdict(lambda: defaultdict(lambda: defaultdict(Decimal)))
    unpriced: dict[str, int] = defaultdict(int)
    for org, account, name, worth in _outcomes(facts):
        if worth is None:
            unpriced[org] += 1
            found[org][account].setdefault(name, ZERO)
        else:
            found[org][account][name] += worth
    for org in sorted(found):
        values = _values(facts, Person(org), day)
        rows = _numbered(
            {"account": account or None, "title": _account(account), **{f"{n}_sum": v for n, v in sums.items() if v}}
            for account, sums in sorted(found[org].items())
        )
        notes = (f"Без стоимости (её определяет комиссия): {unpriced[org]}.",) if unpriced[org] else ()
        yield Sheet(_title(values, "organization"), values, {"lines": rows}, notes)


def _outcomes(facts: Facts) -> Iterator[tuple[str, str, str, Decimal | None]]:
    """(organisation, account, which column, roubles)."""
    for one in facts.things:
        if one.fact is not None and one.fact != one.book:
            over = one.fact > one.book
            yield one.at.organization, "01", "surplus" if over else "shortage", None if over else one.cost
    for line in (*facts.stock, *facts.held):
        if settled := line.settled:
            whole, _, offset, _ = settled.parts()
            yield line.at.organization, line.account, "surplus" if settled.over else "shortage", whole.sum
            if offset.quantity and not settled.over:
                yield line.at.organization, line.account, "offset", offset.sum


def _account(code: str) -> str:
    known = [name for name in _ACCOUNTS if code == name or code.startswith(f"{name}.")]
    return _ACCOUNTS[max(known, key=len)] if known else ""


def _rights(facts: Facts, day: date) -> Iterator[Sheet]:
    """ИНВ-1а: rights of use that the books keep."""
    found: dict[str, list[Right]] = defaultdict(list)
    for one in facts.rights:
        found[one.at.organization].append(one)
    for org in sorted(found):
        values = _values(facts, Person(org), day)
        ordered = sorted(found[org], key=lambda one: one.title)
        rows = _numbered({"title": one.title, "book_sum": one.cost} for one in ordered)
        yield Sheet(_title(values, "organization"), values, {"lines": rows})


def _order(facts: Facts, day: date) -> Iterator[Sheet]:
    """ИНВ-22: one order for each organisation of the scope."""
    lines: tuple[Thing | StockLine | Right, ...] = (*facts.things, *facts.stock, *facts.held, *facts.rights)
    for org in sorted({one.at.organization for one in lines}):
        values = _values(facts, Person(org), day)
        yield Sheet(_title(values, "organization"), values)


def _custody(facts: Facts, day: date) -> Iterator[Sheet]:
    """What each person answers for: cards, low-value things in use, and what only the desk has with them."""
    found: dict[Person, list[Row]] = defaultdict(list)
    notes: dict[Person, list[str]] = defaultdict(list)
    for one in sorted(facts.things, key=lambda one: (one.title, one.inventory_number)):
        if one.book and one.at.custodian:
            at = replace(one.at, department="")
            found[at].append({**_held(one, "01"), "issued": one.commissioned, "sum": one.cost})
            if one.id in facts.desk.other:
                notes[at].append(f"В учёте ИТ не у сотрудника: {_named(one)} ({facts.desk.other[one.id]}).")
    for line in sorted(facts.held, key=lambda one: one.title):
        if line.at.custodian and line.book:
            row: Row = {"title": line.title, "account": line.account, "quantity": line.book, "sum": line.cost}
            found[replace(line.at, department="")].append(row)
    for one in sorted(facts.desk.only, key=lambda one: (one.title, one.inventory_number)):
        found[one.at].append(_held(one, BY_DESK))
    everywhere = (*(one.at for one in facts.things), *(line.at for line in facts.held))
    departments = {at.custodian: at.department for at in everywhere}
    for at in sorted(found, key=lambda at: (at.organization, facts.called("person", at.custodian))):
        whole = replace(at, department=departments.get(at.custodian, ""))
        values = _values(facts, whole, day)
        told = (
            [] if facts.desk.read else ["Учёт ИТ не прочитан: числится ли там за сотрудником ещё что-то, неизвестно."]
        )
        if any(row.get("account") == BY_DESK for row in found[at]):
            told.append(f"Строки со счетом «{BY_DESK}» числятся за сотрудником только в учёте ИТ.")
        yield Sheet(_title(values, "custodian"), values, {"lines": _numbered(found[at])}, (*told, *notes[at]))


#: Stands for the account of what only the desk has with somebody.
BY_DESK = "ИТ"


def _held(one: Thing, account: str) -> Row:
    told: dict[str, Cell] = {"account": account, "quantity": ONE, "condition": CONDITIONS.get(one.condition) or None}
    return {**_told(one), **told}


def _named(one: Thing) -> str:
    return " ".join(filter(None, (one.inventory_number, one.title)))


SOURCES: Mapping[str, Callable[[Facts, date], Iterator[Sheet]]] = {
    "things": _things,
    "things_compared": _things_compared,
    "stock": _stock,
    "stock_compared": _stock_compared,
    "results": _results,
    "rights": _rights,
    "order": _order,
    "custody": _custody,
}
