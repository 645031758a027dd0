"""What one base was found to do where no public source settles it; until asked, the worse answer is assumed."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import msgspec

__all__ = ["INFORMATIONAL", "Answers", "load", "save"]

FORMAT = 1
#: Answers that change nothing in what the connector does, and why; they are kept for the report. It obeys all others.
INFORMATIONAL: Mapping[str, str] = MappingProxyType(
    {
        "count": "a number proves no listing: one row gone and one come leave it the same, so the keys are read again",
        "inline_pages": "as count; a listing is asked for without it",
        "compare_text": "the marker is a part of a comment, so it is looked for by substringof, never by eq",
        "changes_json": "JSON shows no deleted objects, so changes are always asked for as Atom",
        "renew_movements": "a posted document is never changed",
        "enum_as_text": "both forms of the type are read alike",
        "filter_predefined": "accounts are chosen on this side, by code, from the whole chart",
    }
)


class Answers(msgspec.Struct, frozen=True):
    """``None``: not asked. Numbers in brackets are those of the questions in ``probing.py``."""

    own_key: bool | None = None  # [1] Ref_Key in POST is taken
    repeat_refused: bool | None = None  # [1] a repeated key is refused
    if_match: bool | None = None  # [2] a stale If-Match is refused
    count: bool | None = None  # [3] $count answers
    inline_pages: bool | None = None  # [3] $top acts beside $inlinecount
    compare_text: bool | None = None  # [4] eq on texts of unlimited length
    condition: bool | None = None  # [5] a slice takes a condition with doubled quotes
    long_condition: bool | None = None  # [5] … and one of over 260 characters in the query string
    changes_json: bool | None = None  # [6] SelectChanges answers in JSON
    sessions: bool | None = None  # [7] IBSession gives a cookie
    renew_movements: bool | None = None  # [9] a change of a posted document renews its records
    closed_drafts: bool | None = None  # [10] an unposted draft passes a closed period
    case_sensitive: bool | None = None  # [11] texts compare by case
    enum_as_text: bool | None = None  # [12] an enumeration in a composite has the type Edm.String
    filter_predefined: bool | None = None  # [13] PredefinedDataName can be filtered by
    format: int = FORMAT

    def merged(self, newer: Answers) -> Answers:
        """What was found before, replaced where asked anew."""
        found = {n: v for n in self.__struct_fields__ if (v := getattr(newer, n)) is not None}
        return msgspec.structs.replace(self, **found)


def load(path: Path | None) -> Answers:
    """The stored answers; none known where there is no file or it is of another form."""
    try:
        found = msgspec.json.decode(path.read_bytes(), type=Answers) if path is not None else Answers()
    except (OSError, msgspec.DecodeError):
        return Answers()
    return found if found.format == FORMAT else Answers()


def save(path: Path, answers: Answers) -> None:
    """Keep the answers beside the copy of the base's ``$metadata``."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(f".{os.getpid()}.part")
    part.write_bytes(msgspec.json.encode(answers))
    part.replace(path)
