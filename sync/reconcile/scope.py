"""What a reconciliation is about: words of a person turned into records of both sides, and who is inside."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from ...errors import Reject
from ...mappings.keys import inv_key, serial_key
from ...mappings.model import Ref, Value
from ...mappings.people import name_key, person, similarity, things_text
from ...mappings.text import clean, fold
from ..pair import LinkIndex
from ..types import Record
from .types import Snapshot

__all__ = ["CLASSES_OF_THINGS", "Asked", "Scope", "resolve"]

CLASSES_OF_THINGS = ("fixed_asset", "low_value", "stock", "licence")
#: From this likeness on a name is that of the model asked for.
_SAME_MODEL = 0.9


@dataclass(frozen=True, slots=True)
class Asked:
    """What a person asked for, in words: names, codes, numbers or ids. Nothing at all means everything; several words
    of one sort mean any of them, several sorts all of them."""

    organization: tuple[str, ...] = ()
    branch: tuple[str, ...] = ()
    department: tuple[str, ...] = ()
    warehouse: tuple[str, ...] = ()
    room: tuple[str, ...] = ()
    person: tuple[str, ...] = ()
    model: tuple[str, ...] = ()
    kind: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()

    def told(self) -> dict[str, tuple[str, ...]]:
        """What was asked for, without what was not."""
        return {f.name: getattr(self, f.name) for f in fields(self) if getattr(self, f.name)}


@dataclass(frozen=True)
class Scope:
    """``refs``: sort → records of both sides; ``texts``: sort → keys of texts that stand on things (rooms, users)."""

    refs: Mapping[str, frozenset[Ref]] = field(default_factory=dict)
    texts: Mapping[str, frozenset[str]] = field(default_factory=dict)
    models: tuple[str, ...] = ()
    kinds: frozenset[str] = frozenset()
    inventory: frozenset[tuple[str, ...]] = frozenset()
    serials: frozenset[str] = frozenset()

    @property
    def everything(self) -> bool:
        return not (self.refs or self.texts or self.models or self.kinds or self.inventory or self.serials)

    def inside(self, snapshot: Snapshot, *records: Record | None) -> bool:
        """Whether one of these records of the same thing is inside."""
        return any(record is not None and self._holds(snapshot, record) for record in records)

    def _holds(self, snapshot: Snapshot, record: Record) -> bool:
        if self.everything:
            return True
        return (
            self._in_organization(record)
            and self._in_department(snapshot, record)
            and self._in_place(record)
            and self._in_hands(record)
            and (not self.models or _is_model(record, self.models))
            and (not self.kinds or not self.kinds.isdisjoint(_classes_of(record)))
            and (not (self.inventory or self.serials) or self._numbered(record))
        )

    def _in_organization(self, record: Record) -> bool:
        wanted = self.refs.get("organization")
        return wanted is None or record.values.get("organization") in wanted

    def _in_department(self, snapshot: Snapshot, record: Record) -> bool:
        own = record.values.get("department") or snapshot.values(record.values.get("custodian")).get("department")
        wanted = self.refs.get("department")
        if wanted is not None and own not in wanted:
            return False
        branch = self.refs.get("branch")
        if branch is None:
            return True
        rooms = self.texts.get("branch", frozenset())
        return own in branch or record.values.get("organization") in branch or _room(record) in rooms

    def _in_place(self, record: Record) -> bool:
        for sort in ("warehouse", "room"):
            wanted = self.refs.get(sort)
            if wanted is None:
                continue
            if record.values.get("place") not in wanted and _room(record) not in self.texts.get(sort, frozenset()):
                return False
        return True

    def _in_hands(self, record: Record) -> bool:
        wanted = self.refs.get("person")
        if wanted is None:
            return True
        user = record.values.get("user")
        named = isinstance(user, str) and fold(user) in self.texts.get("person", frozenset())
        return named or record.values.get("custodian") in wanted

    def _numbered(self, record: Record) -> bool:
        number, serial = record.values.get("inventory_number"), record.values.get("serial")
        mine = inv_key(number) if isinstance(number, str) else ()
        own = serial_key(serial) if isinstance(serial, str) else ""
        return (mine != () and mine in self.inventory) or (own != "" and own in self.serials)


def _room(record: Record) -> str:
    value = record.values.get("room")
    return name_key(value) if isinstance(value, str) else ""


def _is_model(record: Record, models: Iterable[str]) -> bool:
    own = [things_text(v) for n in ("model", "name") if isinstance(v := record.values.get(n), str)]
    return any(similarity(one, wanted) >= _SAME_MODEL for one in own for wanted in models)


def _classes_of(record: Record) -> Collection[str]:
    if record.kind == "equipment":
        given = record.values.get("accounting")
        return (str(given),) if given else ("fixed_asset", "low_value")
    return {"position": ("low_value",), "licence": ("licence",), "installation": ("licence",)}.get(
        record.kind, ("stock",)
    )


# -- from words --------------------------------------------------------------------------------------------------------

_KINDS: Mapping[str, tuple[str, ...]] = {
    "organization": ("organization",),
    "branch": ("organization", "department", "place"),
    "department": ("department",),
    "warehouse": ("place",),
    "room": ("place",),
    "person": ("person",),
}


def resolve(asked: Asked, snapshot: Snapshot) -> Scope:
    """The scope that the words mean. Raises ``Reject`` for a word that names nothing, or several people."""
    index = LinkIndex(list(snapshot.links))
    refs: dict[str, frozenset[Ref]] = {}
    texts: dict[str, frozenset[str]] = {}
    for sort, kinds in _KINDS.items():
        words = getattr(asked, sort)
        if words:
            found = [ref for word in words for ref in _named(snapshot, index, sort, kinds, word)]
            refs[sort] = frozenset(found)
            texts[sort] = frozenset(_written(snapshot, sort, found, words))
    for name in asked.kind:
        if name not in CLASSES_OF_THINGS:
            raise _unknown("class", name, hint="Classes: {known}.", known=", ".join(CLASSES_OF_THINGS))
    inventory = frozenset(key for word in asked.numbers if (key := inv_key(word)))
    serials = frozenset(own for word in asked.numbers if (own := serial_key(word)))
    models = tuple(things_text(word) for word in asked.model)
    return Scope(refs, texts, models, frozenset(asked.kind), inventory, serials)


def _named(snapshot: Snapshot, index: LinkIndex, sort: str, kinds: Iterable[str], word: str) -> Iterator[Ref]:
    """Records of both sides that ``word`` names, twins included."""
    found = {ref for kind in kinds for ref in _records(snapshot, kind, word)}
    found |= {twin for ref in found for side in ("book", "desk") if (twin := index.on(side, ref))}
    if not found and sort != "room":  # a room may be no record at all, but a text on things
        raise _unknown(sort, word, hint="Give the name, the code or the number as one of the sides has it.")
    if sort == "person" and any(sum(ref.side == side for ref in found) > 1 for side in ("book", "desk")):
        raise Reject(
            "scope_ambiguous",
            "{word} means several people.",
            hint="Give the personnel number or the whole name.",
            word=word,
        )
    yield from sorted(found)


def _records(snapshot: Snapshot, kind: str, word: str) -> Iterator[Ref]:
    for side in ("book", "desk"):
        listing = snapshot.listing(kind, side)
        for record in listing.records.values() if listing else ():
            if _means(record, word):
                yield record.ref


def _means(record: Record, word: str) -> bool:
    if record.id == word:
        return True
    values = record.values
    for key in ("code", "number", "inn"):
        given = values.get(key)
        if isinstance(given, str) and given and fold(given) == fold(word):
            return True
    name = values.get("name")
    if not isinstance(name, str):
        return False
    if record.kind == "person":
        one, two = person(name), person(word)
        return fold(name) == fold(word) or (one.full is not None and one.full == two.full)
    return name_key(name) == name_key(word)


def _written(snapshot: Snapshot, sort: str, found: Iterable[Ref], words: Iterable[str]) -> Iterator[str]:
    """The texts by which things name these records: rooms, warehouses and users stand on them as words."""
    key = fold if sort == "person" else name_key
    names: list[Value] = [snapshot.values(ref).get("name") for ref in found]
    if sort == "room":
        names += words
    yield from (key(clean(name)) for name in names if isinstance(name, str) and name)


def _unknown(sort: str, word: str, *, hint: str, **params: Any) -> Reject:
    return Reject("scope_unknown", "There is no {sort} called {word}.", hint=hint, sort=sort, word=word, **params)
