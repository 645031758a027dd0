"""What a form reads of both sides while it is made: kinds, as any report reads them, and whole documents of the books.

A source that could not be read is told on every sheet; one that a form cannot do without refuses it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any, NoReturn
from uuid import UUID

from ...connectors.base import Raw
from ...errors import Reject
from ...mappings.model import Ref, Side
from ...mappings.once import kind as kind_of
from ...mappings.system import DocumentMap
from ...mappings.text import parse_day
from ...sync.documents import documents
from ...sync.intake import PASSING
from ...sync.reconcile.types import Snapshot, Source
from ..standpoint import Standpoint
from .making import SIDES_RU, Wanted
from .types import Sheet

__all__ = ["Made", "Paperwork", "Sides", "called", "day_of", "needed", "noted"]


@dataclass(frozen=True)
class Made:
    """Sheets of a form and what they stand on. ``day``: the books as of its end (``None``: now)."""

    sheets: tuple[Sheet, ...]
    sources: tuple[Source, ...]
    posted: bool = False
    day: date | None = None


@dataclass(frozen=True)
class Paperwork:
    """One document of the books. ``maps``: the mapping's words for it, those first that fit what it says of itself;
    ``numbered``: the field of the number where the mapping has no words for it."""

    raw: Raw
    maps: tuple[DocumentMap, ...]
    numbered: str = ""

    @classmethod
    def of(cls, raw: Raw, maps: Iterable[DocumentMap], numbered: str = "") -> Paperwork:
        def unlike(one: DocumentMap) -> int:
            return sum(raw.data.get(name) != value for name, value in one.constants.items())

        return cls(raw, tuple(sorted(maps, key=unlike)), numbered)

    def head(self, role: str) -> Any:
        """What the header holds in that role; ``None`` where it has no such thing, or nothing in it."""
        found = (self.raw.data.get(one.header[role]) for one in self.maps if role in one.header)
        return next((value for value in found if value not in (None, "")), None)

    def rows(self, one: DocumentMap) -> Iterator[Mapping[str, Any]]:
        """The rows of a table by role."""
        for row in self.raw.data.get(one.part) or ():
            yield {role: row.get(wire) for role, wire in one.row.items()}

    @property
    def number(self) -> str:
        return str(self.head("number") or self.raw.data.get(self.numbered) or "").strip()

    @property
    def day(self) -> date | None:
        return day_of(self.head("date"))

    @property
    def posted(self) -> bool:
        return bool(self.head("posted"))


@dataclass(frozen=True)
class Sides(Standpoint):
    """What one form was asked for, and where it reads."""

    wanted: Wanted

    def labels(self, kind: str, ids: Iterable[Any]) -> dict[str, str]:
        """What the books call records that are read for their names alone (suppliers). Raises what reading raises."""
        place = (self.parts.pair.book_map.options.get("labels") or {}).get(kind)
        wanted = sorted({str(id) for id in ids if id})
        if not place or not wanted:
            return {}
        rows = documents(self.parts.pair.book, place["collection"], place["key_field"], wanted)
        return {raw.id: name for raw in rows if (name := str(raw.data.get(place["field"]) or "").strip())}

    def maps_of(self, collection: str) -> tuple[DocumentMap, ...]:
        """The mapping's documents of that set."""
        return tuple(one for one in self.parts.pair.book_map.documents.values() if one.collection == collection)

    def by_id(self, collection: str, ids: Iterable[str]) -> dict[str, Paperwork]:
        """Whole documents of one set. Raises what reading raises."""
        options, maps = self.parts.pair.book_map.options, self.maps_of(collection)
        key, number = (str(options.get(name, "")) for name in ("id", "number"))
        found = documents(self.parts.pair.book, collection, key, sorted(set(ids))) if key else ()
        return {raw.id: Paperwork.of(raw, maps, number) for raw in found}

    def document(self, names: Iterable[str]) -> Paperwork:
        """The document that is asked for, of the kinds called ``names``, by its number or its key. Raises ``Reject``
        where there is none, or several, and what reading raises."""
        asked, mapped = self.wanted.document or "", self.parts.pair.book_map.documents
        maps = [mapped[name] for name in names if name in mapped]
        found: dict[str, Paperwork] = {}
        for one in {m.collection: m for m in maps}.values():
            mine = tuple(m for m in maps if m.collection == one.collection)
            fields = [one.header["number"]] + ([str(self.parts.pair.book_map.options.get("id"))] if _key(asked) else [])
            for name in fields:
                for raw in documents(self.parts.pair.book, one.collection, name, [asked]):
                    found[raw.id] = Paperwork.of(raw, mine)
        live = {id: one for id, one in found.items() if not one.raw.retired}
        return _one(self.wanted, asked, maps, live)


def _key(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def _one(wanted: Wanted, asked: str, maps: Sequence[DocumentMap], found: Mapping[str, Paperwork]) -> Paperwork:
    if len(found) == 1:
        return next(iter(found.values()))
    if found:
        told = "; ".join(f"{id} ({one.day:%d.%m.%Y})" if one.day else id for id, one in sorted(found.items()))
        raise Reject(
            "document_ambiguous",
            "There are {count} documents with the number {number}.",
            hint="Give the key instead: {keys}.",
            count=len(found),
            number=asked,
            keys=told,
        )
    raise Reject(
        "document_unknown",
        "There is no document {number} in 1C that {form} is printed of.",
        hint="It is printed of: {known}.",
        number=asked,
        form=wanted.form.name,
        known=", ".join(dict.fromkeys(one.title_ru.partition(":")[0] for one in maps)) or "—",
    )


def day_of(value: Any) -> date | None:
    """A day as the wire has it; ``None`` for an empty one."""
    day = parse_day(str(value or "")[:10])
    return day if day is not None and day.year > 1 else None


def needed(sides: Sides, snapshot: Snapshot, *kinds: tuple[str, Side]) -> None:
    """Raises ``Reject`` where one of ``kinds`` is not there whole: the form would look as if nothing were there."""
    bad = [(kind, side) for kind, side in kinds if snapshot.listing(kind, side) is None or snapshot.unsure(kind, side)]
    if bad:
        _unread(sides, [f"{SIDES_RU[side]}: {kind_of(kind).ru}" for kind, side in bad])


def _unread(sides: Sides, what: Iterable[str]) -> NoReturn:
    raise Reject(
        "form_sides_unread",
        "Not everything that {form} needs could be read: {what}.",
        hint="Ask again when it can be read.",
        form=sides.wanted.form.name,
        what="; ".join(what),
    )


@contextmanager
def noted(notes: list[str], what: str) -> Iterator[None]:
    """What cannot be read inside of it is a line for the sheet."""
    try:
        yield
    except PASSING as error:
        notes.append(f"НЕ ПРОЧИТАНО (учёт, {what}): {error.text('ru')}")


def called(snapshot: Snapshot, kind: str, id: Any) -> str | None:
    """The books' name of a record; ``None`` where it was not read, or there is none."""
    ref = Ref("book", kind, str(id or ""))
    return snapshot.called(ref) if snapshot.record(kind, "book", ref.id) else None
