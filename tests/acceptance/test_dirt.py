"""A thousand bad answers through the real connectors: each ends as a question or a clear error, nobody else suffers.

What two real servers say in one night is heard once; then it is said again with one thing wrong. Each time the whole
way is gone: connector, intake, matching, plan.
"""

from __future__ import annotations

import logging
import os
import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

import pytest
import structlog
from dirt import Replay, Spoiled, spoil
from firm import CARD, PAIR, Firm, build, copies, guid

from uchet.errors import UchetError
from uchet.sync.plan import build as build_plan
from uchet.sync.sight import Contact, look
from uchet.sync.types import Operation, Plan

INPUTS = int(os.environ.get("UCHET_INPUTS", "200"))


@dataclass
class Night:
    """The firm with work to do, both of its connectors on a tape."""

    firm: Firm
    tapes: dict[str, Replay]
    clean: Plan
    outcomes: Counter[str] = field(default_factory=Counter)

    def plan(self) -> Plan:
        """What a run would plan now; nothing of it is kept, so that a thousand nights take no longer than they must."""
        engine = self.firm.engine()
        contact = Contact.make(engine.pair)
        sight = look(engine.pair, engine.store, engine.settings, engine.clock(), contact, lambda step: None)
        return build_plan(sight.world)


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Night]:
    folder = tmp_path_factory.mktemp("dirt")
    firm = copies(build(folder / "origin"), folder / "firm")()
    firm.transfer("01", "it", "vera")
    firm.world.edit(CARD, guid("asset 02"), {"Description": "Сервер резервный"})
    firm.work("03", serial="NEW-3", model="Новая")
    firm.work("04", department="it", custodian="boris")
    tapes = {"book": Replay(), "desk": Replay()}
    for client, name in ((firm.book._client, "book"), (firm.tracker._http, "desk")):
        client.session.get_adapter("http://").close()
        client.session.mount("http://", tapes[name])
    night = Night(firm, tapes, firm.engine().plan()[0])
    clean = night.plan()
    assert clean == night.clean
    assert {op.action for op in clean.operations} >= {"update", "draft"}
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    yield night
    structlog.reset_defaults()
    for tape in tapes.values():
        tape.close()
    firm.stop()


@pytest.mark.timeout(0)
def test_bad_input_harms_nobody_else(night: Night, closing: Callable[[str], None]) -> None:
    before = night.firm.photograph()
    choices = [
        (tape, url, answer)
        for tape in night.tapes.values()
        for url, answer in sorted(tape.heard.items())
        if "$metadata" not in url and answer.status == 200
    ]
    wrong: list[str] = []
    for number in range(INPUTS):
        rng = random.Random(number)
        tape, url, answer = rng.choice(choices)
        spoiled = spoil(answer, rng)
        tape.where, tape.spoiled = url, spoiled.answer
        try:
            _one(night, spoiled, f"input {number}: {spoiled.what} in {_path(url)} ({spoiled.row})")
        except AssertionError as error:
            wrong.append(str(error)[:500])
        finally:
            tape.spoiled = None
    assert not wrong, f"{len(wrong)} wrong:\n" + "\n".join(wrong[:40])
    assert night.plan().id == night.clean.id, "the dirt left something behind"
    assert night.firm.photograph() == before, "half of something was written"
    assert not any(tape.refused for tape in night.tapes.values())
    assert not night.firm.store.intents(PAIR)
    closing(f"bad inputs {INPUTS}: {', '.join(f'{name} {count}' for name, count in sorted(night.outcomes.items()))}")
    assert min(night.outcomes["question"], night.outcomes["error"], night.outcomes["others go on"]) > INPUTS // 50


def _one(night: Night, spoiled: Spoiled, where: str) -> None:
    plan = _planned(night, where)
    if plan is None:
        night.outcomes["error"] += 1
        return
    known = {issue.key for issue in night.clean.issues}
    new = [issue for issue in plan.issues if issue.key not in known]
    night.outcomes["question" if new else "nothing to ask"] += 1
    retired = [op for op in plan.operations if op.action == "retire"]
    # A row that names another organisation is another position: its thing may go, and nobody else's.
    assert len(retired) <= bool(spoiled.row), f"{where}: retired {retired}"
    if spoiled.row and all(plan.complete.values()) and not any(issue.code == "source_failed" for issue in new):
        night.outcomes["others go on"] += 1
        lost = _others(night.clean, plan, spoiled.row)
        touched = {id for issue in new for id in _named(issue.params) | {issue.book, issue.desk}}
        lost = [op for op in lost if not {op.book, op.desk} & touched]
        assert len(lost) <= len(night.clean.operations) // 2, f"{where}: {len(lost)} others do not sync: {lost}"


def _path(url: str) -> str:
    return unquote(urlsplit(url).path).rpartition("/")[2]


def _planned(night: Night, where: str) -> Plan | None:
    """The plan, or ``None`` where the run would have ended with an error that says what to do."""
    try:
        return night.plan()
    except UchetError as error:
        clear = error
    except Exception as error:
        raise AssertionError(f"{where}: {type(error).__name__}: {error}") from error
    assert clear.code, where
    assert all(clear.text(language) for language in ("en", "ru")), where
    return None


def _named(params: object) -> set[str | None]:
    """Every record that a question is about."""
    found: set[str | None] = set()
    for name in ("books", "desks", "book", "desk", "record"):
        found |= set(str(params.get(name, "")).split(", "))  # type: ignore[attr-defined]
    return found


def _others(clean: Plan, plan: Plan, row: str) -> list[Operation]:
    """Operations on other records that are planned on a clean night and not on this one."""
    there = {_bare(op) for op in plan.operations}
    return [op for op in clean.operations if row not in (op.book, op.desk) and _bare(op) not in there]


def _bare(op: Operation) -> tuple[object, ...]:
    members = tuple(sorted((m.book or "", m.desk or "") for m in op.members))
    return op.action, op.side, op.kind, op.book, op.desk, members
