"""One pair of records, field by field, against what was last seen: who changed, who wins, what must be asked.

    book changed | desk changed | owner: either | owner: book              | owner: desk
    no           | no           | nothing       | nothing                  | nothing
    yes          | no           | write desk    | write desk               | ask once
    no           | yes          | write book    | restore desk             | write book
    yes          | yes, equal   | agree         | agree                    | agree
    yes          | yes, differ  | conflict      | write desk               | ask once
    never seen, equal           → agree; never seen, different → the owner's value, else ask

A field missing from either answer is left alone. Pure: no clock, no network, no store.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from ..mappings.codecs import canon, equal
from ..mappings.model import Field, Kind, Ref, Side, Value
from .ids import field_key, fingerprint
from .types import Issue, Link, Record, Seen

__all__ = ["Choice", "FieldOutcome", "Pending", "Rules", "diff"]

#: What a person decided about a question, by its key: ``take-book`` or ``take-desk``.
Choice = Callable[[str, str], str | None]


@dataclass(frozen=True, slots=True)
class Pending:
    """A move that waits in a draft: the value the draft asks for, and what became of the draft."""

    wanted: Value
    state: str
    number: str
    draft: str


@dataclass(frozen=True, slots=True)
class Rules:
    """Everything the comparison needs beside the two records.

    ``same`` answers for references; ``choice(key, fingerprint)`` gives a person's decision on a question;
    ``writable(side, field)`` says how the field is written there: ``field``, ``document:NAME`` or ``never``.
    """

    same: Callable[[Value, Value], bool | None]
    choice: Choice
    writable: Callable[[Side, str], str]
    restore_book: Collection[str] = ()
    pending: Mapping[str, Pending] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class FieldOutcome:
    """What to do about one field: ``write`` names the side that gets the other's value; ``agree`` moves seen;
    ``ask`` is a question. ``loser`` is a value that the owner's value replaces."""

    name: str
    book: Value
    desk: Value
    write: Side | None = None
    how: str = "field"
    agree: bool = False
    ask: Issue | None = None
    note: str = ""
    #: What ``agree`` remembers where it is not the two values as they are now.
    agreed: tuple[Value, Value] | None = None


def diff(kind: Kind, link: Link, book: Record, desk: Record, rules: Rules) -> tuple[FieldOutcome, ...]:
    """The outcomes of all fields present on both sides, in the kind's order; untouched fields are left out."""
    found = []
    for f in kind.fields:
        if f.name in book.broken or f.name in desk.broken or f.mode == "once":
            continue
        if f.name in book.values and f.name in desk.values:
            mine, theirs = book.values[f.name], desk.values[f.name]
            if _settled(link.seen, f.name, mine, theirs):
                continue
            outcome = _Case(kind, f, link, mine, theirs, rules).decide()
            if outcome is not None:
                found.append(outcome)
    return tuple(found)


def _identical(a: Value, b: Value) -> bool:
    """The very same value: nearly all comparisons of an ordinary night need no canonical form."""
    return a == b and type(a) is type(b)


def _settled(seen: Seen, name: str, book: Value, desk: Value) -> bool:
    """Both sides hold the very value that both were seen with (a reference is called differently on each side, and is
    compared through its link)."""
    if not _identical(book, desk) or name not in seen.book or name not in seen.desk or isinstance(book, Ref):
        return False
    return _identical(book, seen.book[name]) and _identical(desk, seen.desk[name])


@dataclass(frozen=True, slots=True)
class _Case:
    kind: Kind
    field: Field
    link: Link
    book: Value
    desk: Value
    rules: Rules

    def decide(self) -> FieldOutcome | None:
        if self._same(self.book, self.desk):
            # Two empty values agree on nothing, unless an empty one says something.
            nothing = self.field.empty == "ignore" and canon(self.field, self.book) is None
            silent = self._seen_now() or (nothing and not self._has_seen())
            return None if silent else self._outcome(agree=True)
        waiting = self.rules.pending.get(self.field.name)
        if waiting is not None:
            return self._waiting(waiting)
        return self._table() if self._has_seen() else self._first()

    # -- what is known ----------------------------------------------------------------------------------------------

    def _same(self, a: Value, b: Value) -> bool:
        known = self.rules.same(a, b)
        return _identical(a, b) or equal(self.field, a, b) if known is None else known

    def _has_seen(self) -> bool:
        return self.field.name in self.link.seen.book and self.field.name in self.link.seen.desk

    def _seen_now(self) -> bool:
        return self._has_seen() and not self._changed("book") and not self._changed("desk")

    def _changed(self, side: Side) -> bool:
        now = self.book if side == "book" else self.desk
        seen = (self.link.seen.book if side == "book" else self.link.seen.desk)[self.field.name]
        return not _identical(now, seen) and canon(self.field, now) != canon(self.field, seen)

    def _says(self, side: Side) -> bool:
        """Whether the value of ``side`` says anything: an empty one does not, unless the field clears."""
        now = self.book if side == "book" else self.desk
        return self.field.empty == "clear" or canon(self.field, now) is not None

    # -- the table --------------------------------------------------------------------------------------------------

    def _table(self) -> FieldOutcome | None:
        book, desk = self._changed("book") and self._says("book"), self._changed("desk") and self._says("desk")
        owner = self.field.owner
        if not book and not desk:
            return self._unchanged()
        if book and not desk:
            if owner != "desk" or not self._says("desk"):
                return self._write("desk")
            if f"{self.kind.name}.{self.field.name}" in self.rules.restore_book:
                return self._write("book", note="restored")
            return self._question("book_edited_desk_field")
        if desk and not book:
            if owner == "book":
                return self._write("desk", note="restored") if self._says("book") else None
            return self._write("book")
        if owner == "book":
            return self._write("desk", note="overruled")
        return self._question("conflict" if owner == "either" else "book_edited_desk_field")

    def _unchanged(self) -> FieldOutcome | None:
        if self.field.owner == "book" and self._changed("desk") and self._says("book") and not self._says("desk"):
            return self._write("desk", note="restored")  # emptied on the desk, which has no say in it
        emptied = self._changed("book") or self._changed("desk")
        if emptied or not self._says("book") or not self._says("desk"):
            return None
        # Agreed on before and still not equal: a side stored something else than it was given, or the two records that
        # a reference leads to are no longer twins. Which of them is meant nobody knows but a person.
        return self._question("reference_parted" if self.field.type == "reference" else "lossy")

    def _first(self) -> FieldOutcome | None:
        if not self._says("book"):
            return self._write("book") if self.field.owner != "book" else None
        if not self._says("desk"):
            return self._write("desk")
        match self.field.owner:
            case "book":
                return self._write("desk")
            case "desk":
                return self._write("book")
            case _:
                return self._question("first_difference")

    # -- a move that waits in a draft -------------------------------------------------------------------------------

    def _waiting(self, waiting: Pending) -> FieldOutcome | None:
        wanted = self._same(waiting.wanted, self.desk)
        book_moved = self._has_seen() and self._changed("book")
        if waiting.state == "refused":
            if not wanted or book_moved:
                return self._table() if self._has_seen() else self._first()
            return self._question("draft_refused", number=waiting.number)
        if waiting.state == "adopted":
            if book_moved or not self._has_seen():
                return self._write("desk", note="adopted")
            # The accountant posted the rest and left this one where it was.
            return self._question("draft_refused", number=waiting.number)
        if waiting.state == "posted":
            return self._posted(waiting)
        if not wanted:
            return self._question("draft_outdated", number=waiting.number)
        return self._question("conflict", number=waiting.number) if book_moved else None

    def _posted(self, waiting: Pending) -> FieldOutcome | None:
        """Posted as written: the draft's value is what both sides agreed on; what differs from it came later."""
        shown = self._same(waiting.wanted, self.book)
        if not shown and self._has_seen() and not self._changed("book"):
            return self._question("draft_unshown", number=waiting.number)
        name = self.field.name
        # Seen of the books is only compared with their value now: anything else means "moved on since".
        seen = Seen({name: self.book if shown else None}, {name: waiting.wanted})
        later = replace(self, link=replace(self.link, seen=seen), rules=replace(self.rules, pending={})).decide()
        if not shown:
            return later
        return replace(later or self._outcome(), agree=True, agreed=(self.book, waiting.wanted))

    # -- outcomes ---------------------------------------------------------------------------------------------------

    def _outcome(self, *, agree: bool = False, ask: Issue | None = None, note: str = "") -> FieldOutcome:
        return FieldOutcome(self.field.name, self.book, self.desk, agree=agree, ask=ask, note=note)

    def _write(self, side: Side, note: str = "") -> FieldOutcome | None:
        if self.field.mode == "fill" and canon(self.field, self.book if side == "book" else self.desk) is not None:
            return None
        how = self.rules.writable(side, self.field.name)
        if how == "never":
            return self._question("not_writable") if note != "restored" else None
        return FieldOutcome(self.field.name, self.book, self.desk, write=side, how=how, note=note)

    def _question(self, code: str, **params: object) -> FieldOutcome | None:
        values = {"book": self.book, "desk": self.desk}
        key = field_key(self.kind.name, self.link.book, self.link.desk, self.field.name)
        mark = fingerprint({**values, **{n: str(v) for n, v in params.items()}})
        choice = self.rules.choice(key, mark)
        side: Side | None = "desk" if choice == "take-book" else "book" if choice == "take-desk" else None
        # A value that a side cannot store would be written, and come back changed, every night.
        vain = code in ("draft_outdated", "lossy")
        if side is not None and not vain:
            how = self.rules.writable(side, self.field.name)
            if how != "never":
                return FieldOutcome(self.field.name, self.book, self.desk, write=side, how=how, note="decided")
        issue = Issue(
            key,
            code,
            self.kind.name,
            self.link.book,
            self.link.desk,
            self.field.name,
            values,
            {"field": self.field.name, **params},
            mark,
        )
        return self._outcome(ask=issue)
