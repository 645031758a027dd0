"""Scenario scripts: a small company in TOML, as an accountant would tell it, and its plan in words.

A script names things (``monitor``, ``petrov``); the books call them ``b-monitor``, the desk ``d-monitor``, so an id
that strays to the wrong side shows. Each thing begins with what both sides last agreed on; ``book`` and ``desk`` then
say what has changed since. See tests/scenarios/README.md.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from uchet.mappings.load import load_system
from uchet.mappings.model import KINDS, Field, Kind, Ref, Side, Value
from uchet.mappings.system import SystemMap
from uchet.sync.ids import operation_id
from uchet.sync.intake import with_units
from uchet.sync.mirror import MIRRORS
from uchet.sync.pair import EngineSettings
from uchet.sync.plan import build
from uchet.sync.types import UNIT, Draft, FieldChange, Issue, Link, Listing, Operation, Plan, Record, Seen
from uchet.sync.world import World

__all__ = ["Scenario", "read", "render"]

SIDES: tuple[Side, ...] = ("book", "desk")
#: Words that are about the record and not one of its fields.
_NOTES = frozenset({"out of service", "not in the answer", "unreadable", "version"})
_STATUSES = frozenset({"linked", "never seen", "retired", "not linked"})
_KEYS = frozenset({"like", "agreed", "agreed_in_books", "agreed_on_desk", "book", "desk", "status", "unit_of", "by"})
_TOP = frozenset(
    {
        *("title", "why", "today", "settings", "incomplete", "unreadable", "mapping_changed", "without"),
        *("draft", "answered", "refused", "rejected", "undecodable"),
    }
)


@cache
def systems() -> tuple[SystemMap, SystemMap]:
    """The mappings we ship: 1С:Бухгалтерия 3.0 and our Roundup tracker."""
    return load_system("book", "bp30"), load_system("desk", "roundup")


def read(path: Path) -> Scenario:
    """The script at ``path`` with the office it happens in; a word that no script may hold is an ``AssertionError``."""
    office = tomllib.loads((path.parent / "office.toml").read_text("utf-8"))
    script = tomllib.loads(path.read_text("utf-8"))
    assert set(script) <= _TOP | {k.name for k in KINDS}, set(script) - _TOP
    return Scenario(script, office)


@dataclass
class Scenario:
    """One script. ``world()`` is what the engine would see, answers of people included."""

    script: Mapping[str, Any]
    office: Mapping[str, Any]
    things: dict[str, dict[str, Mapping[str, Any]]] = field(init=False)

    def __post_init__(self) -> None:
        without = set(self.script.get("without", ()))
        self.things = {}
        for kind in KINDS:
            mine = {**self.office.get(kind.name, {}), **self.script.get(kind.name, {})}
            self.things[kind.name] = {n: self._thing(t) for n, t in mine.items() if not {n, kind.name} & without}

    def _thing(self, told: Mapping[str, Any]) -> Mapping[str, Any]:
        assert set(told) <= _KEYS, set(told) - _KEYS
        assert told.get("status", "linked") in _STATUSES, told["status"]
        like = self.office["like"][told["like"]] if "like" in told else {}
        return {**told, "agreed": {**like, **told.get("agreed", {})}}

    @property
    def settings(self) -> EngineSettings:
        told = self.script.get("settings", {})
        return EngineSettings(fields=told.get("fields", {}), restore_book=frozenset(told.get("restore_book", ())))

    # -- records and links ------------------------------------------------------------------------------------------

    def id(self, side: Side, kind: str, name: str) -> str:
        thing = self.things.get(kind, {}).get(name, {})
        if side == "book" and "unit_of" in thing:
            position, _, number = thing["unit_of"].partition("#")
            return f"{UNIT}b-{position}#{number or 1}"
        return f"{side[0]}-{name}"

    def value(self, side: Side, f: Field, told: Any) -> Value:
        """What the script says of a field as the engine holds it; an empty text is an empty value."""
        if told == "":
            return None
        match f.type:
            case "reference":
                return Ref(side, f.of or "", self.id(side, f.of or "", told))
            case "money" | "quantity" | "number":
                return Decimal(str(told))
        assert isinstance(told, bool | str | date), told
        return told

    def values(self, side: Side, kind: Kind, told: Mapping[str, Any]) -> dict[str, Value]:
        return {n: self.value(side, kind.by_name[n], v) for n, v in told.items()}

    def agreed(self, side: Side, thing: Mapping[str, Any]) -> dict[str, Any]:
        own = thing.get("agreed_in_books" if side == "book" else "agreed_on_desk", {})
        return {**thing["agreed"], **own}

    def record(self, side: Side, kind: Kind, name: str, thing: Mapping[str, Any]) -> Record | None:
        told = thing.get(side, {})
        if told is False or (side == "book" and "unit_of" in thing):
            return None
        fields = {**self.agreed(side, thing), **{n: v for n, v in told.items() if n not in _NOTES}}
        gone = {*told.get("not in the answer", ()), *told.get("unreadable", ())}
        return Record(
            kind.name,
            side,
            self.id(side, kind.name, name),
            self.values(side, kind, {n: v for n, v in fields.items() if n not in gone}),
            told.get("version", f"{side} v1"),
            bool(told.get("out of service", False)),
            frozenset(told.get("unreadable", ())),
        )

    def listing(self, side: Side, kind: Kind) -> Listing | None:
        if kind.name in MIRRORS:
            return None  # this base has no place for it
        told = f"{side} {kind.name}"
        if told in self.script.get("unreadable", ()) or (kind.name == "position" and side == "desk"):
            return None
        found = {r.id: r for n, t in self.things[kind.name].items() if (r := self.record(side, kind, n, t))}
        bad = frozenset(self.id(side, kind.name, n) for n in self.script.get("undecodable", {}).get(told, ()))
        records = {id: record for id, record in found.items() if id not in bad}
        return Listing(kind.name, side, records, told not in self.script.get("incomplete", ()), bad, len(found))

    def listings(self) -> tuple[Listing, ...]:
        found = {(k.name, s): entry for k in KINDS for s in SIDES if (entry := self.listing(s, k))}
        if ("equipment", "book") in found:
            units = with_units(found["equipment", "book"], found.get(("position", "book")))
            found["equipment", "book"] = units
        return tuple(found.values())

    def links(self) -> tuple[Link, ...]:
        return tuple(
            self.link(kind, name, thing)
            for kind in KINDS
            if kind.name != "position"
            for name, thing in self.things[kind.name].items()
            if thing.get("status", "linked") != "not linked"
        )

    def link(self, kind: Kind, name: str, thing: Mapping[str, Any]) -> Link:
        book, desk = (self.values(side, kind, self.agreed(side, thing)) for side in SIDES)
        status = thing.get("status")
        seen = Seen() if status == "never seen" else Seen(book, desk, status == "retired")
        ids = self.id("book", kind.name, name), self.id("desk", kind.name, name)
        return Link(kind.name, *ids, by=thing.get("by", "uchet"), seen=seen)

    # -- drafts, answers, refusals ----------------------------------------------------------------------------------

    def draft(self, told: Mapping[str, Any]) -> Draft:
        members = tuple(self.member(name, wanted) for name, wanted in told["moves"].items())
        ref = f"ref-{told['number']}"
        return Draft(told["number"], "move", ref, "v1", "digest", told["state"], told["number"], members)

    def member(self, name: str, wanted: Mapping[str, Any]) -> Operation:
        kind = next(k for k in KINDS if k.name == "equipment")
        before = self.values("book", kind, self.things["equipment"][name]["agreed"])
        after = self.values("desk", kind, wanted)
        changes = tuple(FieldChange(n, before[n], v) for n, v in after.items())
        ids = self.id("book", "equipment", name), self.id("desk", "equipment", name)
        member = Operation("", "update", "book", "equipment", *ids, changes)
        label = self.things["equipment"][name]["agreed"]["inventory_number"]
        return replace(member, id=operation_id(member), label=label)

    def _answers(self, world: World) -> dict[str, tuple[str, str]]:
        """What people have answered, each to the question that the same evening without answers asks."""
        asked = build(world).issues
        found = {}
        for told in self.script.get("answered", ()):
            issue = next(i for i in asked if i.code == told["question"] and told["about"] in f"{i.book} {i.desk}")
            found[issue.key] = (told["answer"], "other values" if told.get("outdated") else issue.fingerprint)
        return found

    def _refusals(self, world: World) -> dict[str, str]:
        planned = build(world).operations
        return {
            op.id: told["why"]
            for told in self.script.get("refused", ())
            for op in planned
            if op.action == told["action"] and told["about"] in f"{op.book} {op.desk} {op.label}"
        }

    def world(self) -> World:
        book_map, desk_map = systems()
        told = self.script
        world = World(
            "romashka",
            tuple(self.settings.apply_to(k) for k in KINDS),
            book_map,
            desk_map,
            self.settings,
            self.listings(),
            self.links(),
            {(k, self.id("book", k, b), self.id("desk", k, d)) for k, b, d in told.get("rejected", ())},
            {},
            tuple(self.draft(d) for d in told.get("draft", ())),
            {},
            told.get("today", datetime(2026, 11, 20, 9, 30)),
            "fingerprint",
            allow_retire=not told.get("mapping_changed", False),
        )
        world = replace(world, choices=self._answers(world))
        return replace(world, refused=self._refusals(world))


# -- the plan in words ----------------------------------------------------------------------------------------------


_HIDDEN = frozenset({"labels", "template", "why_ru", "operation", "field"})


def render(world: World, plan: Plan) -> str:
    """The plan as text that stays the same: an operation a line, its fields below; then the questions."""
    lines = [line for op in plan.operations for line in _operation(world, op)]
    lines += [line for issue in plan.issues for line in _issue(world, issue)]
    return "\n".join(lines or ["nothing to do, nothing to ask"]) + "\n"


def _operation(world: World, op: Operation) -> Iterable[str]:
    where = "in the books" if op.side == "book" else "on the desk"
    scope = f" of {world.record('organization', 'book', op.scope).values['name']}" if op.scope else ""  # type: ignore[union-attr]
    match op.action:
        case "link":
            yield f"link {op.kind} «{op.label}»: {op.book} = {op.desk} ({op.rule}, {op.score})"
        case "agree":
            yield f"agree {op.kind}: {op.book} = {op.desk}"
        case "close":
            yield f"close draft {op.document}: {op.rule}"
        case "draft":
            yield f"draft «{op.document}» {where}{scope}: {op.label}"
        case _:
            expected = f" (if it is still {op.expected})" if op.expected else ""
            yield f"{op.action} {where}: {op.kind}{scope} «{op.label}»{expected}"
    for name in op.header:
        yield f"    {name}: {_text(world, op.header[name])}"
    for member in op.members:
        yield f"  {member.label} ({member.book} = {member.desk})"
        yield from (f"    {name}: {_text(world, value)}" for name, value in member.header.items())
        yield from (_change(world, change) for change in member.changes)
    yield from (_change(world, change) for change in op.changes)
    if op.action == "agree" and not op.seen.book and not op.seen.retired:
        yield "    both in service again"
    if op.action in ("link", "agree"):
        for name in op.seen.book:
            yield f"    {name}: {_text(world, op.seen.book[name])} = {_text(world, op.seen.desk[name])}"
        if op.seen.retired:
            yield "    both out of service"


def _change(world: World, change: FieldChange) -> str:
    note = f" ({change.note})" if change.note else ""
    return f"    {change.name}: {_text(world, change.before)} → {_text(world, change.after)}{note}"


def _issue(world: World, issue: Issue) -> Iterable[str]:
    about = " = ".join(part for part in (issue.book, issue.desk) if part)
    where = f", {issue.field_name}" if issue.field_name else ""
    yield f"ask {issue.code}: {issue.kind} {about}{where}".rstrip()
    if issue.field_name and set(issue.values) == {"book", "desk"}:
        yield f"    the books say {_text(world, issue.values['book'])}, the desk {_text(world, issue.values['desk'])}"
    for name in sorted(set(issue.params) - _HIDDEN):
        value = issue.params[name]
        if value not in (None, ""):
            yield f"    {name}: {_text(world, value) if isinstance(value, Ref) else value}"


def _text(world: World, value: Value) -> str:
    match value:
        case None:
            return "—"
        case bool():
            return "yes" if value else "no"
        case Ref():
            record = world.record(value.kind, value.side, value.id)
            return f"{record.values.get('name') if record else value.id} [{value.side}]"
        case datetime():
            return f"{value:%Y-%m-%d %H:%M}"
        case str():
            return f"«{value}»"
        case _:
            return str(value)
