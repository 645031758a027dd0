"""Forgetting a person (152-ФЗ): whose name it is, every form of it that the state knows, and what is left beside it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from ..errors import Reject
from ..mappings.model import PERSON
from ..mappings.text import fold
from ..sync.store import Store
from ..sync.types import Link, Operation
from .lookup import parse_ref

__all__ = ["Done", "forget"]

_PERSONAL = tuple(field.name for field in PERSON.fields if field.personal)
_TTL = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Done:
    """``alias`` stands in the name's place now, in ``rows`` rows. ``copies``: older files beside the state that still
    hold the name (backups before an update, states set aside)."""

    book: str
    desk: str
    alias: str
    rows: int
    copies: tuple[Path, ...]


def forget(store: Store, pair: str, text: str, *, by: str, holder: str, cache: Path | None = None) -> Done:
    """Take the name of the person that ``text`` means (a name, an id of either side, ``book:person:ID``) out of the
    state, and delete the copies of listings in the folder ``cache``: the next run reads them anew. Asks neither side.
    Raises ``Reject`` where nobody, or more than one, is meant, ``Blocked`` while a run is at work or a write is open.
    """
    with store.locked(pair, holder, _TTL):
        person = _person(store, pair, text)
        names = _names(store, pair, person, text)
        gone = store.forget(pair, person, names, by=by)
        for copy in cache.rglob("*.rows") if cache is not None else ():
            copy.unlink(missing_ok=True)
    return Done(person.book, person.desk, gone.alias, gone.rows, _copies(store.path))


def _person(store: Store, pair: str, text: str) -> Link:
    found = [link for link in store.links(pair, PERSON.name) if _means(link, text)]
    if len(found) == 1:
        return found[0]
    if not found:
        raise Reject(
            "person_unknown",
            "The state knows nobody called {text}.",
            hint="Give the name as it was last agreed on, or the id: book:person:ID.",
            text=text,
        )
    raise Reject(
        "person_ambiguous",
        "{text} means more than one person: {found}.",
        hint="Give one of these instead.",
        text=text,
        found=", ".join(f"book:{link.kind}:{link.book}" for link in found),
    )


def _means(link: Link, text: str) -> bool:
    ref = parse_ref(text)
    if ref is not None:
        return ref.kind == link.kind and link.on(ref.side) == ref.id
    return text in (link.book, link.desk) or fold(text) in {fold(name) for name in _seen(link)}


def _seen(link: Link) -> set[str]:
    values = (side.get(name) for side in (link.seen.book, link.seen.desk) for name in _PERSONAL)
    return {value for value in values if isinstance(value, str) and fold(value)}


def _names(store: Store, pair: str, person: Link, text: str) -> set[str]:
    """As last agreed on, and every name the person had before."""
    rows = store.operations(pair, kind=person.kind, book=person.book)
    rows += store.operations(pair, kind=person.kind, desk=person.desk)
    names = _seen(person) | _changed(row.operation for row in rows)
    spoken = text not in (person.book, person.desk) and parse_ref(text) is None
    return names | ({text} if spoken else set())


def _changed(operations: Iterable[Operation]) -> set[str]:
    changes = (c for op in operations for c in op.changes if c.name in _PERSONAL)
    return {value for c in changes for value in (c.before, c.after) if isinstance(value, str) and fold(value)}


def _copies(path: Path | None) -> tuple[Path, ...]:
    if path is None:
        return ()
    beside = path.parent.glob(f"{path.name}.*")
    return tuple(sorted(one for one in beside if one.suffix in (".bak", ".old")))
