"""The packet of changes as it goes over the wire: an Atom feed with tombstones (RFC 6721)."""

from __future__ import annotations

import json
from collections.abc import Iterable
from xml.sax.saxutils import quoteattr

from . import atom
from .base import Base
from .edmx import EntityType
from .render import Selection, address, render_row
from .store import Body
from .wire import ODataError

__all__ = ["feed", "rows"]

_TOMBSTONE = "http://purl.org/atompub/tombstones/1.0"
Change = tuple[str, str, Body | None]


def feed(base: Base, root: str, changes: Iterable[Change], when: str) -> bytes:
    """All changes of published objects; raises 401 where the user may not read one of them."""
    entries = []
    for collection, kind, key, body in _published(base, changes):
        if body is None:
            place = root + address(kind, collection, _identity(kind, collection, key))
            entries.append(f'<at:deleted-entry xmlns:at="{_TOMBSTONE}" ref={quoteattr(place)} when="{when}"/>')
        else:
            out = render_row(base, kind, collection, body, Selection(), links=False)
            entries.append(atom.entry(kind, collection, out, address(kind, collection, body)))
    return atom.feed(root, "SelectChanges", entries, None)


def rows(base: Base, changes: Iterable[Change]) -> list[Body]:
    """The objects as JSON; deletions have no form there."""
    found = _published(base, changes)
    return [
        {
            "odata.type": f"StandardODATA.{collection}",
            **render_row(base, kind, collection, body, Selection(), links=False),
        }
        for collection, kind, _key, body in found
        if body is not None
    ]


def _published(base: Base, changes: Iterable[Change]) -> Iterable[tuple[str, EntityType, str, Body | None]]:
    for collection, key, body in changes:
        if collection in base.switches.forbidden:
            raise ODataError(401, 20, "Нарушение прав доступа!")
        kind = base.view.type_of(collection)
        if kind is not None:
            yield collection, kind, key, body


def _identity(kind: EntityType, collection: str, key: str) -> Body:
    """Key properties of an object that is gone, from the key it was stored under."""
    if kind.keys == ("Ref_Key",):
        return {"Ref_Key": key}
    if "RecordSet" in kind.properties:
        recorder_type, _, recorder = key.partition("|")
        return {"Recorder_Key": recorder, "Recorder": recorder, "Recorder_Type": recorder_type}
    return dict(zip(kind.keys, json.loads(key), strict=True)) if key.startswith("[") else {}
