"""Holds the settings against what both sides really publish; reads only, writes nothing on either side."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ..connectors.base import Connector, Description, Reviews
from ..errors import UchetError
from ..i18n import N_, tr
from ..mappings.check import check as drift
from ..mappings.check import check_binding, unpublished
from ..mappings.model import KINDS, SIDES, Side
from ..mappings.review import Line, review, sets
from ..mappings.system import SystemMap
from ..settings import Settings
from ..sync.binding import bind
from ..sync.intake import Intake
from ..sync.pair import book_now
from .wiring import check_state, connect, engine_settings, system_map, utc_now

__all__ = ["Finding", "SideCheck", "check", "describe", "sets_text"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing an administrator must put right, or (``note``) should only know."""

    code: str
    template: str
    hint: str = ""
    params: Mapping[str, Any] = field(default_factory=dict)
    note: bool = False

    def text(self, language: str) -> str:
        """The finding and what to do about it."""
        message = tr(self.template, language, **self.params)
        advice = tr(self.hint, language, **self.params) if self.hint else ""
        return f"{message} {advice}".strip()


@dataclass(frozen=True, slots=True)
class SideCheck:
    """What one side answered: its product and identity where it answered at all, and what is wrong with it."""

    side: Side
    product: str = ""
    identity: str = ""
    findings: tuple[Finding, ...] = ()
    #: Every name of the mapping and what became of it here, needed by the nightly job or not.
    lines: tuple[Line, ...] = ()
    #: What to publish: section, object, needed by the nightly job, published already.
    sets: tuple[tuple[str, str, bool, bool], ...] = ()

    @property
    def ready(self) -> bool:
        """Nothing has to be put right before a run."""
        return all(finding.note for finding in self.findings)


def check(settings: Settings) -> tuple[SideCheck, ...]:
    """Both sides. Raises ``Fatal`` only where the settings themselves are wrong."""
    rules = engine_settings(settings)
    check_state(settings)
    return tuple(_side(settings, side, book_now(utc_now(), rules.zone)) for side in SIDES)


def describe(settings: Settings, side: Side) -> Description:
    """What ``side`` says of itself. Raises what the connector raises: the login or the address may be wrong."""
    with closing(connect(settings, side)) as connector:
        return connector.describe()


def _side(settings: Settings, side: Side, today: datetime) -> SideCheck:
    system = system_map(settings, side)
    with closing(connect(settings, side)) as connector:
        try:
            described = connector.describe()
        except UchetError as error:
            return SideCheck(side, findings=(_of_error(error),))
        findings = [Finding(p.code, p.template, params=p.params) for p in drift(system, described.collections)]
        if not findings:
            findings = list(_unbound(side, connector, system, today, unpublished(system, described.collections)))
        if isinstance(connector, Reviews):
            findings += [_of_error(error) for error in connector.review()]
        lines = review(system, described.collections)
        wrong = [line.problem for line in lines if line.state == "wrong_type" and line.want.needed and line.problem]
        findings += [Finding(p.code, p.template, params=p.params) for p in wrong]
        published = sets(system, lines) if system.options.get("publish") else ()
        return SideCheck(side, described.product, described.identity, tuple(findings), lines, published)


def _unbound(
    side: Side, connector: Connector, system: SystemMap, today: datetime, absent: frozenset[str]
) -> Iterator[Finding]:
    """Additional attributes and accounts that this base does not have, and listings that the user may not read."""
    try:
        binding = bind(connector, system)
        Intake(side, connector, system, today, binding, absent=absent).probe()
    except UchetError as error:
        yield _of_error(error)
        return
    for problem in check_binding(system, binding):
        yield Finding(
            problem.code,
            problem.template,
            'Or write the title it has in this base into [properties]: {name} = "…".',
            problem.params,
        )
    merged = [system.kinds[kind.name] for kind in KINDS if kind.name in system.kinds]
    asked = {value for kind in merged for source in kind.sources for value in source.params.values()}
    for name, accounts in (system.options.get("accounts") or {}).items():
        if f"@accounts:{name}" in asked and not binding.get(f"accounts:{name}"):
            yield Finding(
                "account_missing",
                "The chart of accounts in 1C has no account {code}.",
                "Add the account, or change its code in the mapping (options.accounts.{name}.code).",
                {"code": ", ".join(accounts.get("codes") or [accounts.get("code", name)]), "name": name},
                note=True,  # many a base never kept low-value items there: nothing is concluded from that
            )


def sets_text(found: Iterable[SideCheck], language: str) -> str:
    """The list for the administrator of 1C: what to tick, needed first, and what of it is published already."""
    title = tr("What to tick in «Настройка стандартного интерфейса OData» (All functions)", language)
    lines = [f"# {title}", ""]
    for needed in (True, False):
        heading = N_("For the nightly job") if needed else N_("For drafts and reports, as you need them")
        lines += [f"## {tr(heading, language)}", ""]
        for section, name, wanted, there in (row for side in found for row in side.sets):
            if wanted is needed:
                lines.append(f"- [{'x' if there else ' '}] {section} → {name}")
        lines.append("")
    return "\n".join(lines)


def _of_error(error: UchetError) -> Finding:
    return Finding(error.code, error.template, error.hint, error.params)
