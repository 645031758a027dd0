"""How the record of a kind is put together from its sources. Wire names come from the mapping's options.

Every rule takes a ``Job`` and gives a ``Decoded``; none raises for bad data.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from .decode import Job, Row, decode_fields, flag, is_retired
from .model import Value, Values
from .system import Decoded, Problem

__all__ = [
    "RULES",
    "RULE_NEEDS",
    "department",
    "fixed_asset",
    "person",
    "plain",
    "position",
    "position_as_equipment",
    "stock",
]


def plain(job: Job) -> Decoded:
    """The main source and one row of every other. Fields that the retirement overwrote say nothing: left out."""
    row = job.main
    if not row or flag(row, job.option("folder")):
        return Decoded({}, skip=True)
    retired = is_retired(job, row)
    lost = job.kind_map.retire if retired else {}
    names = [name for name, field in job.kind_map.fields.items() if field.wire not in lost]
    main = job.kind_map.main.name
    rows: dict[str, Row | None] = {n: _latest(found, "Period") for n, found in job.parts.items() if n != main}
    values, problems = decode_fields(job, {**rows, main: row}, names)
    return Decoded(values, retired, tuple(problems))


def department(job: Job) -> Decoded:
    """As ``plain``; a dissolved department (Расформировано) has left service."""
    return plain(job)


# ---------------------------------------------------------------- fixed assets


def fixed_asset(job: Job) -> Decoded:
    """Card + initial data + state + location of one fixed asset (БП 3.0).

    The asset and its organisation meet only in registers: the organisation is the one whose last state is "accepted".
    A transfer to low-value items takes the asset off the books but the thing stays: it is not retired.
    """
    card = job.main
    if not card or flag(card, job.option("folder")):
        return Decoded({}, skip=True)
    if card.get(job.option("unit")) == job.option("group_unit"):
        return _unusable(job, card, "group_card", "{label}: this card is a group of things, not one thing.")
    states = job.rows("state")
    accepted = [row for row in states if row.get(job.option("state")) == job.option("accepted")]
    if len({row.get(job.option("state_organization")) for row in accepted}) > 1:
        return _unusable(job, card, "two_organizations", "{label}: on the books of two organisations at once.")
    if not states and "state" in job.parts:
        return _never_accepted(job, card)
    state = _latest(accepted or states, job.option("state_date"))
    return _asset(job, card, state, bool(accepted))


def _asset(job: Job, card: Row, state: Row | None, accepted: bool) -> Decoded:
    organization = (state or {}).get(job.option("state_organization"))
    rows: dict[str, Row | None] = {job.kind_map.main.name: card}
    rows |= {"state": state} if "state" in job.parts else {}
    if "initial" in job.parts:
        rows["initial"] = _latest(job.rows("initial"), "Period")
    if "location" in job.parts:
        own = [r for r in job.rows("location") if r.get(job.option("location_organization")) == organization]
        rows["location"] = _latest(own, "Period")
    values, problems = decode_fields(job, rows)
    if not accepted:
        values.pop("commissioned", None)  # the date of its removal, not of its commissioning
    values["accounting"] = job.option("accounting")
    moved = not accepted and (state or {}).get(job.option("state_recorder_type")) == job.option("moved_recorder")
    if moved:
        template = "{label}: transferred to low-value items in use; the thing itself stays."
        problems.append(Problem("moved_to_low_value", template, {"label": _label(card, job)}))
    removed = state is not None and not accepted and not moved
    return Decoded(values, removed or is_retired(job, card), tuple(problems))


def _never_accepted(job: Job, card: Row) -> Decoded:
    if is_retired(job, card):
        return Decoded({}, skip=True)
    template = "{label}: the card was never accepted for accounting."
    return Decoded({}, skip=True, problems=(Problem("never_accepted", template, {"label": _label(card, job)}),))


def _unusable(job: Job, card: Row, code: str, template: str) -> Decoded:
    return Decoded({}, is_retired(job, card), (Problem(code, template, {"label": _label(card, job)}, fatal=True),))


def _label(row: Row, job: Job) -> str:
    field = job.kind_map.fields.get("name")
    return str(row.get(field.wire) if field else "") or job.id


def _latest(rows: Sequence[Row], by: str) -> Row | None:
    """The newest row; ISO texts sort as their dates do. Ties are broken by content, so that order does not matter."""
    if len(rows) == 1:
        return rows[0]
    return max(rows, key=lambda row: (str(row.get(by) or ""), repr(sorted(row.items(), key=str))), default=None)


# ---------------------------------------------------------------- people


def person(job: Job) -> Decoded:
    """A natural person who is or was employed: name from the person, number from the employee's card, organisation
    and department from the current staff data of the main workplace. Dismissed everywhere → not active.

    The binding may carry ``@today`` (ISO date, the book's wall clock): a dismissal after that day is still to come.
    """
    row = job.main
    if not row or flag(row, job.option("folder")):
        return Decoded({}, skip=True)
    employees = [e for e in job.rows("employee") if not flag(e, job.option("employee_deleted"))]
    staff = job.rows("staff")
    if not employees and not staff and {source.name for source in job.kind_map.sources} <= set(job.parts):
        return Decoded({}, skip=True)  # a counterparty's or client's person
    work = max(staff, key=lambda r: _work_rank(job, r), default=None)
    rows: dict[str, Row | None] = {job.kind_map.main.name: row}
    if "staff" in job.parts:
        rows["staff"] = work
    if "employee" in job.parts:
        rows["employee"] = _employee(job, employees, work)
    values, problems = decode_fields(job, rows, [name for name in job.kind_map.fields if name != "active"])
    retired = is_retired(job, row)
    if "staff" in job.parts or "employee" in job.parts:
        values["active"] = not retired and _works(job, work, employees)
    return Decoded(values, retired, tuple(problems))


def _works(job: Job, work: Row | None, employees: Sequence[Row]) -> bool:
    if work is not None:
        return not _dismissed(job, work)
    return any(not flag(one, job.option("employee_archived")) for one in employees)


def _dismissed(job: Job, row: Row) -> bool:
    day = str(row.get(job.option("staff_dismissed")) or "")[:10]
    if not day or day.startswith("0001"):
        return False
    today = job.binding.get("@today", "")
    return not today or day < today


def _work_rank(job: Job, row: Row) -> tuple[bool, bool, str, str]:
    return (
        not _dismissed(job, row),
        flag(row, job.option("staff_main")),
        str(row.get(job.option("staff_hired")) or ""),
        str(row.get(job.option("staff_employee")) or ""),
    )


def _employee(job: Job, employees: Sequence[Row], work: Row | None) -> Row | None:
    key = (work or {}).get(job.option("staff_employee"))
    chosen = [one for one in employees if one.get(job.option("employee_id")) == key]
    return chosen[0] if chosen else employees[0] if len(employees) == 1 else None


# ---------------------------------------------------------------- low-value items in use


def position(job: Job) -> Decoded:
    """One (organisation, item, batch) of МЦ.04 as a quantity: its rows differ by person only.

    A transfer between people keeps item and batch, so the person is an attribute, absent where there are several.
    A nought is no position; a nought with an amount, a fraction or a minus is a question for the accountant.
    """
    rows = [_defined(job, row) for row in job.rows(job.kind_map.main.name)]
    decoded = [decode_fields(job, {job.kind_map.main.name: row}) for row in rows]
    if not decoded:
        return Decoded({}, skip=True)
    values = dict(decoded[0][0])
    problems = {problem.code + str(problem.field_name): problem for _, found in decoded for problem in found}
    quantities = [_number(v.get("quantity")) for v, _ in decoded]
    values["quantity"], values["cost"] = sum(quantities, Decimal(0)), sum((_number(v.get("cost")) for v, _ in decoded))
    people = {v.get("custodian") for (v, _), quantity in zip(decoded, quantities, strict=True) if quantity}
    values.pop("custodian", None)
    if len(people) == 1:
        values["custodian"] = people.pop()
    trouble = _trouble(values, quantities)
    if trouble:
        params = {"label": values.get("name") or job.id, "quantity": values["quantity"], "cost": values["cost"]}
        problems["quantity"] = Problem(trouble[0], trouble[1], params, "quantity", fatal=trouble[2])
    empty = not values["quantity"] and not trouble
    return Decoded({} if empty else values, skip=empty, problems=tuple(problems.values()))


def _trouble(values: Values, quantities: Sequence[Decimal]) -> tuple[str, str, bool] | None:
    total = _number(values.get("quantity"))
    if min(quantities) < 0:
        return "negative_quantity", "{label}: a negative quantity ({quantity}) in use.", True
    if not total and _number(values.get("cost")):
        return "amount_without_quantity", "{label}: an amount of {cost} is left, but the quantity is zero.", True
    if total != total.to_integral_value():
        return "fractional_quantity", "{label}: a fractional quantity ({quantity}) of things.", False
    return None


def _number(value: Value | None) -> Decimal:
    """An empty resource is absent or null in a virtual table and means zero."""
    return value if isinstance(value, Decimal) else Decimal(0)


def _defined(job: Job, row: Row) -> Row:
    """A composite column of type "undefined" holds nothing, whatever stands in it."""
    suffix = job.option("type_suffix")
    empty = {
        name.removesuffix(suffix): None
        for name in job.kind_map.options.get("types", ())
        if row.get(name) == job.option("undefined")
    }
    return {**row, **empty}


# ---------------------------------------------------------------- stock


def stock(job: Job) -> Decoded:
    """One row of a balance of stock: item, warehouse, quantity.

    Where the mapping names ``columns`` instead of fixed ones, the item and the warehouse are told by the type of what
    stands in a column: their order is a setting of the base. No warehouse = the base keeps none for that account.
    """
    row = dict(job.main)
    for name in job.kind_map.options.get("columns", ()):
        for role in ("item", "place"):
            if row.get(f"{name}{job.option('type_suffix')}") == job.option(f"{role}_type"):
                row[f"@{role}"] = row.get(name)
    if "columns" in job.kind_map.options:
        row = {"@item": None, "@place": None, **row}
    values, problems = decode_fields(job, {job.kind_map.main.name: row})
    quantity = _number(values.get("quantity"))
    if values.get("item") is None or not (quantity or _number(values.get("cost"))):
        return Decoded({}, skip=True)
    if quantity < 0:
        template = "{label}: a negative quantity ({quantity}) on stock."
        problems.append(Problem("negative_quantity", template, {"label": job.id, "quantity": quantity}, "quantity"))
    return Decoded(values, problems=tuple(problems))


def entry(job: Job) -> Decoded:
    """One record of a double-entry register: what left stock on its credit side, what came on its debit side.

    A side counts where its account is one of those bound as ``accounts``; its item and warehouse are told by the type
    of what stands in a column. A record of neither is none of stock's. One without quantities says nothing either.
    """
    row = dict(job.main)
    accounts = set(job.binding.get(job.option("accounts"), "").split(",")) - {""}
    if job.option("active") in row and not flag(row, job.option("active")):
        return Decoded({}, skip=True)
    for side, before in (("Cr", "@"), ("Dr", "@to_")):
        row |= _stock_side(job, row, side, before, accounts)
    if row["@item"] is None and row["@to_item"] is None:
        return Decoded({}, skip=True)
    values, problems = decode_fields(job, {job.kind_map.main.name: row})
    return Decoded(values, problems=tuple(problems))


def _stock_side(job: Job, row: Mapping[str, Any], side: str, before: str, accounts: set[str]) -> dict[str, Any]:
    found: dict[str, Any] = dict.fromkeys((f"{before}item", f"{before}place", f"{before}quantity"))
    quantity = row.get(job.option("quantity").format(side=side))
    if row.get(job.option("account").format(side=side)) not in accounts or not quantity:
        return found
    found[f"{before}quantity"] = quantity
    for name in job.kind_map.options.get("columns", ()):
        column = str(name).format(side=side)
        for role in ("item", "place"):
            if row.get(f"{column}{job.option('type_suffix')}") == job.option(f"{role}_type"):
                found[f"{before}{role}"] = row.get(column)
    return found


def position_as_equipment(values: Values) -> Values | None:
    """The equipment record that a position of exactly one piece stands for (no inventory number, no department)."""
    if values.get("quantity") != Decimal(1):
        return None
    shared = ("name", "item", "organization", "custodian", "cost", "department", "inventory_number")
    kept = {name: values[name] for name in shared if name in values}
    return {**kept, "accounting": "low_value"}


RULES: Mapping[str, Callable[[Job], Decoded]] = {
    "plain": plain,
    "department": department,
    "fixed_asset": fixed_asset,
    "person": person,
    "position": position,
    "stock": stock,
    "entry": entry,
}

#: Which options name wire fields that a rule reads, by source: the loader asks for those fields too.
RULE_NEEDS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "plain": {"main": ("deleted", "folder")},
    "department": {"main": ("deleted", "folder", "dissolved")},
    "fixed_asset": {
        "main": ("deleted", "folder", "unit"),
        "initial": ("initial_organization",),
        "state": ("state", "state_date", "state_organization", "state_recorder_type"),
        "location": ("location_organization",),
    },
    "person": {
        "main": ("deleted", "folder"),
        "employee": ("employee_id", "employee_archived", "employee_deleted"),
        "staff": ("staff_employee", "staff_main", "staff_hired", "staff_dismissed"),
    },
    "position": {"main": ("types",)},
    "stock": {"main": ("columns", "types")},
    "entry": {"main": ("reads",)},
}
