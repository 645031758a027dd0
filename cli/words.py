"""How values, fields and questions read to a person."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from ..i18n import N_, tr
from ..i18n.issues import ISSUES, REASONS, describe
from ..i18n.requests import ROLES, STATES, STEPS
from ..mappings.model import Kind, Ref
from ..mappings.once import ALL_KINDS
from ..sync.reconcile.classes import OWNERS, PROPOSALS
from ..sync.types import Issue

__all__ = ["ACTIONS", "OUTCOMES", "Words"]

_CHOICES = {
    "fixed_asset": N_("fixed asset"),
    "low_value": N_("low-value"),
    "in_use": N_("in use"),
    "in_stock": N_("in stock"),
    "faulty": N_("faulty"),
    "in_repair": N_("in repair"),
    "branch": N_("branch"),
    "warehouse": N_("warehouse"),
    "room": N_("room"),
    "in_service": N_("in service"),
    "written_off": N_("written off"),
    **STATES,
    **ROLES,
    **{name: word for name, word in STEPS.items() if name not in STATES},
}
ACTIONS = {
    "create": N_("create"),
    "update": N_("change"),
    "retire": N_("retire"),
    "draft": N_("draft document"),
    "link": N_("link"),
    "agree": N_("agree"),
    "close": N_("close draft"),
}
OUTCOMES = {
    "clean": N_("clean: nothing to do"),
    "changed": N_("changed"),
    "partial": N_("partial: some records were left out"),
    "blocked": N_("stopped: waits for a person"),
    "failed": N_("failed"),
}
#: What questions are about that is no record of either side.
_TOPICS = {"budget": N_("budget")}
_SIDES = {"book": N_("books"), "desk": N_("desk")}
#: How a link came to be, and notes of a change; other rules are the names of fields that are equal.
_RULES = {
    "position": N_("the only piece of a low-value position"),
    "person": N_("linked by a person"),
    "decision": N_("linked by a person's decision"),
    "created": N_("created from the other side's record"),
    "restored": N_("restored: the other side owns this field"),
    "overruled": N_("both changed; the owner's value wins"),
    "adopted": N_("as the accountant posted it"),
    "decided": N_("by a person's decision"),
}


class Words:
    """One language, and the names of records that references point to."""

    def __init__(self, language: str, label: Callable[[Ref], str] = lambda ref: ref.id) -> None:
        self.language = language
        self.label = label
        self._kinds: dict[str, Kind] = {kind.name: kind for kind in ALL_KINDS}

    def t(self, template: str, /, **params: object) -> str:
        return tr(template, self.language, **params)

    def side(self, side: str) -> str:
        return self.t(_SIDES.get(side, side))

    def kind(self, name: str) -> str:
        kind = self._kinds.get(name)
        if kind is None:
            return self.t(_TOPICS[name]) if name in _TOPICS else name
        return kind.ru if self.language == "ru" else kind.en

    def field(self, kind: str, name: str) -> str:
        known = self._kinds.get(kind)
        field = known.by_name.get(name) if known else None
        return name if field is None else field.ru if self.language == "ru" else field.en

    def rule(self, rule: str, kind: str = "equipment") -> str:
        """Why two records are linked, or why a value was chosen; the shared value follows where it is known."""
        name, colon, value = rule.partition(": ")
        if name in _RULES:
            said = self.t(_RULES[name])
        elif name in REASONS:
            said = self.t(REASONS[name])
        else:
            said = self.t(N_("same {fields}"), fields=" + ".join(self.field(kind, f) for f in name.split("+")))
        return f"{said}{colon}{value}" if name else "—"

    def action(self, action: str) -> str:
        return self.t(ACTIONS[action]) if action in ACTIONS else action

    def value(self, value: Any) -> str:
        """A value as a person writes it; an empty one is a dash."""
        match value:
            case None | "":
                return "—"
            case bool():
                return self.t(N_("yes")) if value else self.t(N_("no"))
            case Decimal():
                return f"{value:f}".replace(".", ",") if self.language == "ru" else f"{value:f}"
            case datetime():
                return self.moment(value)
            case date():
                return value.strftime("%d.%m.%Y") if self.language == "ru" else value.isoformat()
            case Ref():
                return self.label(value)
            case list() | tuple() | set() | frozenset():
                return ", ".join(self.value(v) for v in value) or "—"
            case _:
                return self.t(_CHOICES[value]) if isinstance(value, str) and value in _CHOICES else str(value)

    def moment(self, moment: datetime | None) -> str:
        """A time on this machine's wall clock (a naive one is somebody's wall clock already)."""
        if moment is None:
            return "—"
        local = moment.astimezone() if moment.tzinfo else moment
        return local.strftime("%d.%m.%Y %H:%M" if self.language == "ru" else "%Y-%m-%d %H:%M")

    def issue(self, issue: Issue) -> str:
        """The question in one or two sentences."""
        params = {name: self.value(value) for name, value in issue.params.items()}
        params |= {side: self._end(issue, side) for side in ("book", "desk")}
        params |= {f"{side}s": self._ends(issue, side) for side in ("book", "desk")}
        params["kind"] = self.kind(issue.kind)
        params["side"] = self.side(str(issue.params.get("side", "")))
        params["name"] = self.subject(issue)
        if self.language == "ru" and "document_ru" in issue.params:
            params["document"] = str(issue.params["document_ru"])
        known = self._kinds.get(issue.kind)
        if issue.field_name and known and issue.field_name in known.by_name:
            params["field"] = self.field(issue.kind, issue.field_name)
        if "rule" in issue.params:
            params["rule"] = " + ".join(self.field(issue.kind, f) for f in str(issue.params["rule"]).split("+"))
        if "count" in issue.values:
            params["count"] = self.value(issue.values["count"])
        if issue.params.get("proposal") in PROPOSALS:
            account = self.value(issue.params.get("account"))
            params["proposal"] = self.t(PROPOSALS[issue.params["proposal"]], account=account)
            params["owner"] = self.t(OWNERS.get(str(issue.params.get("owner")), "—"))
        if "reasons" in issue.params:
            reasons = str(issue.params["reasons"]).split(",")
            params["reasons"] = ", ".join(self.t(REASONS[r]) if r in REASONS else r for r in reasons)
        if "record" in issue.params:
            params["record"] = self._called(issue, "book" if issue.book else "desk", str(issue.params["record"]))
        if self.language == "ru" and "why_ru" in issue.params:
            params["why"] = str(issue.params["why_ru"])
        if issue.code not in ISSUES:
            params |= {name: self.value(value) for name, value in issue.params.items()}
        return describe(issue.code, params, self.language)

    def _end(self, issue: Issue, side: str) -> str:
        """One side of the question: its value where a field is asked about, else the record's name."""
        if side in issue.values:
            return self.value(issue.values[side])
        id = getattr(issue, side)
        given = issue.params.get(side, id)
        return self.value(given) if given != id or id is None else self._called(issue, side, str(id))

    def _ends(self, issue: Issue, side: str) -> str:
        ids = [id for id in str(issue.params.get(f"{side}s", "")).split(", ") if id]
        return ", ".join(self._called(issue, side, id) for id in ids) or "—"

    def _called(self, issue: Issue, side: str, id: str) -> str:
        """What a record is called: as the question itself names it (``labels``: ``side:id`` → name), else as known."""
        named = issue.params.get("labels") or {}
        ref = Ref("book" if side == "book" else "desk", issue.kind, id)
        return str(named.get(f"{side}:{id}") or self.label(ref))

    def subject(self, issue: Issue) -> str:
        """What the question is about: the name of its record."""
        if name := issue.params.get("name"):
            return self.value(name)
        for side, id in (("book", issue.book), ("desk", issue.desk)):
            if id:
                return self._called(issue, side, id)
        return self.kind(issue.kind)
