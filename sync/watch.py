"""What became of our drafts: one cheap look each night.

The version tells whether anything happened; then the content tells what: posted as written (agreed once the register
shows it), posted otherwise (what the accountant posted is adopted), marked for deletion or gone (refused), edited and
not posted (no longer ours, never touched). Physical deletion answers as "no such instance".
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from ..connectors.base import Connector, Query, Raw
from ..mappings.model import Value
from ..mappings.shapes import SHAPES
from ..mappings.system import DocumentMap, SystemMap
from .types import Draft

__all__ = ["Trail", "content_of", "follow", "next_state", "said_beside", "trail"]

_AIMS = ("department", "from_department", "to_department", "person", "supplier", "contract", "basis")


def content_of(document: DocumentMap, raw: Raw, said: Collection[str] = ()) -> str:
    """A digest of what we said in the document. The comment, the number and what the server fills in are left out; of
    anything but a move also whatever a person is expected to fill in before posting: accounts, prices, the date.

    ``said``: roles of the header that were given beside those that the shape demands, such as the department of an
    issue.
    """
    rows = raw.data.get(document.part) or ()
    told: list[Any]
    if document.name == "move":
        header = [n for n in document.header if n not in ("number", "comment", "posted")]
        told = sorted(_plain(row.get(document.row["asset"])) for row in rows)
    else:
        shape = SHAPES[document.name]
        header = [n for n in (*shape.header, *said) if n in document.header]
        # What one configuration keeps in the header may stand in the rows of another.
        columns = [n for n in dict.fromkeys((*shape.rows, *shape.header)) if n in document.row]
        told = sorted([_plain(row.get(document.row[name])) for name in columns] for row in rows)
    roles = {n: _plain(raw.data.get(document.header[n])) for n in header}
    text = json.dumps([roles, told], ensure_ascii=False, sort_keys=True)
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def said_beside(document: DocumentMap, given: Mapping[str, Value]) -> tuple[str, ...]:
    """Where things go, to whom, on what basis: what ``given`` header of a draft says beside what its shape demands."""
    if document.name not in SHAPES:  # a move says the same things each time
        return ()
    demanded = SHAPES[document.name].header
    return tuple(n for n in _AIMS if given.get(n) is not None and n in document.header and n not in demanded)


def _plain(value: Any) -> str:
    if isinstance(value, Decimal):
        return f"{value.normalize() + 0:f}"
    return "" if value is None else value.isoformat() if hasattr(value, "isoformat") else str(value)


def next_state(draft: Draft, document: DocumentMap, raw: Raw | None) -> Draft:
    """``draft`` as it stands after looking at the document (``None``: physically deleted)."""
    if raw is None or raw.retired:
        return replace(draft, state="refused", version=raw.version if raw else None)
    posted = bool(raw.data.get(document.header.get("posted", "Posted")))
    ours = content_of(document, raw, draft.said) == draft.content
    number = str(raw.data.get(document.header.get("number", "Number")) or draft.number)
    if posted:
        return replace(draft, state="posted" if ours else "adopted", version=raw.version, number=number)
    return replace(draft, state="open" if ours else "edited", version=raw.version, number=number)


def follow(book: Connector, system: SystemMap, drafts: Iterable[Draft]) -> list[Draft]:
    """The drafts whose state or version changed since the last look. Versions are asked for many at a time where the
    connector can; only a document whose version is another, or that was not in the answer, is read whole."""
    known = [draft for draft in drafts if draft.document in system.documents]
    looked = _versions(book, system, known)
    changed = []
    for draft in known:
        document = system.documents[draft.document]
        if draft.version is not None and looked.get((document.collection, draft.ref)) == draft.version:
            continue
        raw = book.get(document.collection, draft.ref)
        if raw is not None and raw.version is not None and raw.version == draft.version:
            continue
        now = next_state(draft, document, raw)
        if now != draft:
            changed.append(now)
    return changed


def _versions(book: Connector, system: SystemMap, drafts: Iterable[Draft]) -> dict[tuple[str, str], str | None]:
    """(collection, id) → version of those documents that the other side still lists."""
    size, key = book.capabilities.many_ids, str(system.options.get("id", ""))
    found: dict[tuple[str, str], str | None] = {}
    ids: dict[str, list[str]] = {}
    for draft in drafts if size > 1 and key else ():
        ids.setdefault(system.documents[draft.document].collection, []).append(draft.ref)
    for collection, refs in ids.items():
        for start in range(0, len(refs), size):
            query = Query(collection, (key,), {key: tuple(refs[start : start + size])})
            for page in book.read(query):
                found.update({(collection, raw.id): raw.version for raw in page.records})
    return found


@dataclass(frozen=True, slots=True)
class Trail:
    """What the book still shows of our last drafts: how many were looked for, how many of those that were posted are
    ``gone``; ``older``: how many stand again as we wrote them, though they were seen in a later version."""

    looked: int = 0
    gone: int = 0
    older: int = 0


def trail(
    book: Connector, system: SystemMap, written: Iterable[tuple[Draft, str | None]], moved: Iterable[Draft]
) -> Trail:
    """``written``: drafts as they are remembered, each with the version in which it was written; ``moved``: those of
    them that wait and were just found otherwise. Only drafts that are settled are asked for."""
    known = [(draft, first) for draft, first in written if draft.document in system.documents]
    settled = [draft for draft, _ in known if draft.state == "agreed"]
    shown: dict[str, str | None] = {draft.id: draft.version for draft in moved}
    listed = _versions(book, system, settled)
    gone = 0
    for draft in settled:
        at = system.documents[draft.document].collection, draft.ref
        if at in listed:
            shown[draft.id] = listed[at]
        elif (raw := book.get(*at)) is not None:
            shown[draft.id] = raw.version
        else:
            gone += 1
    older = [d for d, first in known if first is not None and d.version != first == shown.get(d.id)]
    return Trail(len(settled) + sum(d.state != "agreed" for d in older), gone, len(older))
