"""``uchet probe``: asks the books what no public source settles, keeps the answers, writes a report without names."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from ..connectors.base import Asked, Probing
from ..errors import Fatal
from ..i18n import N_
from ..settings import Settings
from .wiring import connect, utc_now

__all__ = ["QUESTIONS", "Probed", "probe"]

#: What each question asks, in the words of an administrator.
QUESTIONS: Mapping[str, str] = {
    "own_key": N_("Does 1C take the key that we choose for a new object?"),
    "repeat_refused": N_("Is a repeated key refused?"),
    "if_match": N_("Does 1C itself refuse a write to a version that is old?"),
    "count": N_("Does $count answer?"),
    "inline_pages": N_("Does $top act beside $inlinecount?"),
    "compare_text": N_("Can texts of unlimited length be compared?"),
    "condition": N_("Does a slice take a condition with doubled quotes?"),
    "long_condition": N_("Does a slice take a long condition in the query string?"),
    "changes_json": N_("Does SelectChanges answer in JSON?"),
    "sessions": N_("Can a session be kept (IBSession)?"),
    "renew_movements": N_("Does a change of a posted document renew its records?"),
    "closed_drafts": N_("Does an unposted draft pass a closed period?"),
    "case_sensitive": N_("Do texts compare by case?"),
    "enum_as_text": N_("Does an enumeration in a composite attribute come as text?"),
    "filter_predefined": N_("Can predefined objects be found by name?"),
}


@dataclass(frozen=True, slots=True)
class Probed:
    """The answers of this time, what is known altogether, and where the report lies."""

    asked: tuple[Asked, ...]
    known: Mapping[str, bool | None]
    report: Path


def probe(settings: Settings, folder: Path, *, write: bool = False) -> Probed:
    """Ask the books; raises ``Fatal`` where their connector has nothing to ask or cannot be reached."""
    with closing(connect(settings, "book")) as book:
        if not isinstance(book, Probing):
            raise Fatal(
                "nothing_to_probe",
                "The connector {connector} has no open questions.",
                hint="Only connectors whose system differs from installation to installation are probed.",
                connector=settings.book.connector,
            )
        asked = tuple(book.probe(write=write))
        known = dict(book.known_answers())
    return Probed(asked, known, _report(folder, asked, known, utc_now()))


def _report(folder: Path, asked: tuple[Asked, ...], known: Mapping[str, bool | None], now: datetime) -> Path:
    """Questions, answers, statuses and codes: nothing that names the base, its objects or its people."""
    content = {
        "uchet_probe": 1,
        "date": now.date().isoformat(),
        "asked": [{"question": a.question, "holds": a.holds, "status": a.status, "code": a.code} for a in asked],
        "known": dict(known),
    }
    path = folder / f"probe-{now:%Y%m%d-%H%M%S}.json"
    folder.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    return path
