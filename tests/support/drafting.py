"""Every kind of draft of a configuration in the accountant's hands: ordered, handled four ways, followed by a night.

A ``Case`` says what a feature of the desk orders and what judgement the accountant adds. Each kind is drafted four
times in one run (each on a day of its own, so that none share a document): one is posted, one edited, one marked for
deletion, one deleted.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from firm import PAIR, Firm, guid

from uchet.emulator.defaults import known_key
from uchet.mappings.model import Ref, Values
from uchet.mappings.shapes import SHAPES
from uchet.sync.orders import Order

FATES = ("posted", "edited", "marked", "deleted")
STATES = ("open", "posted", "agreed", "adopted", "refused", "edited", "gone")
#: The state of each fate one night later.
FOLLOWED = {"posted": "agreed", "edited": "edited", "marked": "refused", "deleted": "refused"}
FIRST = date(2026, 2, 2)


@dataclass(frozen=True)
class Case:
    """``orders``: shape → header and one row. ``filled`` and ``rows``: what the accountant fills in before posting, in
    the header and in every row. ``edits``: shape → another change than the usual one. ``names``: pieces of the company
    whose keys the golden file shows by name. ``parts``: shape → what stands in its other tables. ``golden``: that
    file."""

    orders: Mapping[str, tuple[Values, Values]]
    golden: Path
    organization: Ref
    filled: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    rows: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    edits: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    names: Iterable[str] = ()
    accounts: Iterable[str] = ()
    parts: Mapping[str, Mapping[str, tuple[Values, ...]]] = field(default_factory=dict)

    def ordered(self, fates: Iterable[str] = FATES) -> list[Order]:
        head = {"organization": self.organization}
        return [
            Order(
                name,
                f"{name}-{fate}",
                f"№ {n}{fate[0]}",
                {**head, **header},
                (row,),
                f"для {fate}",
                FIRST + timedelta(days=FATES.index(fate)),
                self.parts.get(name, {}),
            )
            for n, (name, (header, row)) in enumerate(self.orders.items(), 101)
            for fate in fates
        ]


def sent(firm: Firm, case: Case) -> dict[str, dict[str, Any]]:
    """Draft everything in one run; shape → the body that went over the wire for the one that will be posted."""
    bodies: dict[str, dict[str, Any]] = {}
    numbers = {f"{n}p": name for n, name in enumerate(case.orders, 101)}
    real = firm.book._transport.send  # type: ignore[attr-defined]

    def send(method: str, path: str, body: Any = None, *more: Any, **words: Any) -> Any:
        if method == "POST" and body and "Комментарий" in body:
            number = body["Комментарий"].partition("№ ")[2].partition(";")[0]
            if number in numbers:
                bodies[numbers[number]] = {"set": unquote(path), **body}
        return real(method, path, body, *more, **words)

    firm.book._transport.send = send  # type: ignore[attr-defined,method-assign]
    try:
        run = firm.engine().draft(case.ordered())
    finally:
        firm.book._transport.send = real  # type: ignore[attr-defined,method-assign]
    assert (run.drafts, run.failed, run.skipped) == (4 * len(case.orders), 0, 0), (firm.history(run), firm.codes())
    return bodies


def golden(case: Case, bodies: Mapping[str, Mapping[str, Any]]) -> None:
    """The bodies are those of the golden file; ``UCHET_GOLDEN=update`` writes it anew."""
    known = {guid(name): name for name in case.names}
    known |= {known_key(f"account {code}"): f"account {code}" for code in case.accounts}
    told = json.dumps(dict(bodies), ensure_ascii=False, indent=1, sort_keys=True, default=str) + "\n"
    for key, name in known.items():
        told = told.replace(key, name)
    told = re.sub(r"[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}", "OWN-KEY", told)
    if os.environ.get("UCHET_GOLDEN") == "update":
        case.golden.write_text(told, "utf-8")
    assert len(bodies) == len(case.orders)
    assert told == case.golden.read_text("utf-8"), "another body; if it is right: UCHET_GOLDEN=update"


def draft_of(firm: Firm, name: str, fate: str) -> Any:
    """The draft of one order."""
    rule = f"order:{name}-{fate}"
    (found,) = [d for d in firm.store.drafts(PAIR, STATES) if any(m.rule == rule for m in d.members)]
    return found


def handle(firm: Firm, case: Case) -> None:
    """The accountant fills in and posts one of each kind, edits one, marks one for deletion, deletes one for good."""
    for name in case.orders:
        collection = firm.book_map.documents[name].collection
        _post(firm, case, name, draft_of(firm, name, "posted").ref)
        firm.world.edit(collection, draft_of(firm, name, "edited").ref, _edit(firm, case, name))
        firm.world.mark(collection, draft_of(firm, name, "marked").ref)
        firm.world.remove(collection, draft_of(firm, name, "deleted").ref)


def fates(firm: Firm, case: Case) -> dict[str, dict[str, str]]:
    """shape → fate → state of the draft."""
    return {name: {fate: draft_of(firm, name, fate).state for fate in FATES} for name in case.orders}


def _post(firm: Firm, case: Case, name: str, key: str) -> None:
    document = firm.book_map.documents[name]
    changes = dict(case.filled.get(name, {}))
    if name in case.rows:
        row = firm.world.get(document.collection, key)
        assert row is not None
        changes[document.part] = [{**one, **case.rows[name]} for one in row[document.part]]
    if changes:
        with pytest.raises(Exception, match="заполнен"):
            firm.world.post(document.collection, key)  # what needs judgement keeps it from being posted as it is
        firm.world.edit(document.collection, key, changes)
    firm.world.post(document.collection, key)


def _edit(firm: Firm, case: Case, name: str) -> Mapping[str, Any]:
    """Another place, person or department, by default."""
    if name in case.edits:
        return case.edits[name]
    document = firm.book_map.documents[name]
    asked = [r for r in (*SHAPES[name].header, *SHAPES[name].group) if r in document.header]
    role = next(r for r in asked if r in ("place", "from_place", "from_person", "person", "department"))
    value = {"place": "cellar", "from_place": "cellar", "from_person": "boris", "person": "boris"}.get(role, "it")
    return {document.header[role]: guid(value)}
