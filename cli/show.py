"""Plans, runs and records as a person reads them: tables, colours, before and after."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from rich.table import Table
from rich.text import Text

from ..i18n import N_
from ..mappings.model import Ref, Side
from ..sync.types import Operation, Plan, Run, Verdict
from .words import OUTCOMES, Words

__all__ = ["labels", "plan_lines", "plan_table", "role", "rows", "run_lines", "table", "verdict_lines"]

_STYLES = {"create": "green", "update": "yellow", "retire": "red", "draft": "cyan"}
_OUTCOME_STYLES = {"clean": "green", "changed": "green", "partial": "yellow", "blocked": "yellow", "failed": "bold red"}


def labels(known: Mapping[tuple[Side, str, str], str], plan: Plan | None = None) -> Callable[[Ref], str]:
    """What a reference is called: a record the plan itself creates or touches, one last agreed on, else its id."""
    names = dict(known)
    for op in plan.operations if plan else ():
        for side, id in (("book", op.book), ("desk", op.desk)):
            if id and op.label:
                names.setdefault(("book" if side == "book" else "desk", op.kind, id), op.label)
    return lambda ref: names.get((ref.side, ref.kind, ref.id), ref.id)


def table(*columns: str) -> Table:
    """An empty table in the house style."""
    made = Table(show_edge=False, pad_edge=False, header_style="bold")
    for column in columns:
        made.add_column(column, overflow="fold")
    return made


def plan_table(plan: Plan, words: Words) -> Table:
    """Per kind and side, how many of each action."""
    made = table(words.t("Kind"), words.t("Where"), words.t("What"), words.t("How many"))
    for kind, side, action, ops in _groups(plan.operations):
        style = _STYLES.get(action, "")
        made.add_row(words.kind(kind), words.side(side) or "—", Text(words.action(action), style), str(len(ops)))
    return made


def plan_lines(plan: Plan, words: Words, limit: int | None) -> Iterator[Text]:
    """Every write of the plan with before and after per field; at most ``limit`` per kind and action."""
    for kind, side, action, ops in _groups(op for op in plan.operations if op.remote):
        title = f"{words.kind(kind)}: {words.action(action)} → {words.side(side)} ({len(ops)})"
        yield Text(f"\n{title}", "bold")
        for op in ops[:limit]:
            yield from _operation(op, words)
        if limit is not None and len(ops) > limit:
            yield Text("  " + words.t("… and {count} more (--all shows them)", count=len(ops) - limit), "dim")


def _groups(operations: Iterable[Operation]) -> Iterator[tuple[str, str, str, list[Operation]]]:
    """Kind, side (empty for what stays here), action, and their operations by name: a plan runs in the order of ids,
    which says nothing to a person."""
    groups: dict[tuple[str, str], dict[str, list[Operation]]] = {}
    for op in operations:
        sides = groups.setdefault((op.kind, op.action), {})
        sides.setdefault(op.side if op.remote else "", []).append(op)
    for (kind, action), sides in groups.items():
        for side in sorted(sides):
            yield kind, side, action, sorted(sides[side], key=lambda op: op.label)


def _operation(op: Operation, words: Words) -> Iterator[Text]:
    yield Text(f"  {op.label or op.book or op.desk}", _STYLES.get(op.action, ""))
    for name, value in op.header.items():
        if value is not None:
            yield Text(f"      {role(name, words)}: {words.value(value)}", "dim")
    for member in op.members:
        yield Text(f"    {member.label}")
        yield from _changes(member, words, "      ")
    yield from _changes(op, words, "    ")


def _changes(op: Operation, words: Words, indent: str) -> Iterator[Text]:
    for change in op.changes:
        line = Text(f"{indent}{words.field(op.kind, change.name)}: ")
        if op.action != "create":
            line.append(words.value(change.before), "red").append(" → ")
        line.append(words.value(change.after), "green")
        if change.note:
            line.append(f"  ({words.rule(change.note)})", "dim")
        yield line


_ROLES = {
    "organization": N_("organisation"),
    "date": N_("date"),
    "from_department": N_("from department"),
    "to_department": N_("to department"),
    "from_person": N_("from responsible person"),
    "to_person": N_("to responsible person"),
    "from_place": N_("from warehouse"),
    "to_place": N_("to warehouse"),
    "place": N_("warehouse"),
    "department": N_("department"),
    "person": N_("person"),
    "supplier": N_("supplier"),
    "item": N_("item"),
    "asset": N_("asset"),
    "quantity": N_("quantity"),
    "counted": N_("counted"),
    "expected": N_("by the books"),
    "inventory_number": N_("inventory number"),
    "price": N_("price"),
    "amount": N_("amount"),
    "reason": N_("reason"),
    "text": N_("contents"),
}


def role(name: str, words: Words) -> str:
    """What a role of a document is called; its own name where there is no other word."""
    return words.t(_ROLES.get(name, name))


def verdict_lines(verdict: Verdict, words: Words) -> Iterator[Text]:
    """Why the guard stopped the plan."""
    for _, template, params in verdict.reasons:
        said = {name: _said(name, value, words) for name, value in params.items()}
        yield Text("! " + words.t(template, **said), "bold yellow")


def _said(name: str, value: Any, words: Words) -> str:
    if name == "side":
        return words.side(str(value))
    if name == "kind":
        return words.kind(str(value))
    if name == "scope" and value:
        bare = str(value).strip(" ()")
        return f" ({words.label(Ref('book', 'organization', bare))})"
    return words.value(value) if value != "" else ""


def run_lines(run: Run, words: Words) -> Iterator[Text]:
    """One run in figures."""
    outcome = words.t(OUTCOMES[run.outcome])
    yield Text(words.t("Run {id}: {outcome}", id=run.id, outcome=outcome), _OUTCOME_STYLES[run.outcome])
    yield Text(
        words.t(
            "read {reads}, written {writes}, drafts {drafts}, skipped {skipped}, failed {failed}, "
            "questions open {issues}",
            reads=run.reads,
            writes=run.writes,
            drafts=run.drafts,
            skipped=run.skipped,
            failed=run.failed,
            issues=run.issues,
        )
    )


def rows(made: Table, lines: Iterable[Sequence[str]]) -> Table:
    """``made`` with ``lines`` added."""
    for line in lines:
        made.add_row(*(Text(cell) for cell in line))
    return made
