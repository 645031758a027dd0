"""What became of our drafts: one cheap look each night.

The version tells whether anything happened; then the content tells what: posted as written (agreed once the register
shows it), posted otherwise (what the accountant posted is adopted), marked for deletion or gone (refused), edited and
not posted (no longer ours, never touched). Physical deletion answers as "no such instance".
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from ..connectors.base import Connector, Raw
from ..mappings.system import DocumentMap, SystemMap
from .types import Draft

__all__ = ["content_of", "follow", "next_state"]


def content_of(document: DocumentMap, raw: Raw) -> str:
    """A digest of what we said in the document: header roles, and the assets of its rows. The comment, the number and
    what the server fills in by itself are left out."""
    roles = {n: _plain(raw.data.get(w)) for n, w in document.header.items() if n not in ("number", "comment", "posted")}
    rows = raw.data.get(document.part) or ()
    assets = sorted(_plain(row.get(document.row["asset"])) for row in rows)
    text = json.dumps([roles, assets], ensure_ascii=False, sort_keys=True)
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def _plain(value: Any) -> str:
    return "" if value is None else value.isoformat() if hasattr(value, "isoformat") else str(value)


def next_state(draft: Draft, document: DocumentMap, raw: Raw | None) -> Draft:
    """``draft`` as it stands after looking at the document (``None``: physically deleted)."""
    if raw is None or raw.retired:
        return replace(draft, state="refused", version=raw.version if raw else None)
    posted = bool(raw.data.get(document.header.get("posted", "Posted")))
    ours = content_of(document, raw) == draft.content
    number = str(raw.data.get(document.header.get("number", "Number")) or draft.number)
    if posted:
        return replace(draft, state="posted" if ours else "adopted", version=raw.version, number=number)
    return replace(draft, state="open" if ours else "edited", version=raw.version, number=number)


def follow(book: Connector, system: SystemMap, drafts: Iterable[Draft]) -> list[Draft]:
    """The drafts whose state or version changed since the last look."""
    changed = []
    for draft in drafts:
        document = system.documents[draft.document]
        raw = book.get(document.collection, draft.ref)
        if raw is not None and raw.version is not None and raw.version == draft.version:
            continue
        now = next_state(draft, document, raw)
        if now != draft:
            changed.append(now)
    return changed
