"""What every way of matching shares: who may be matched, whose organisation is whose, candidates and their questions.

Pure. Everything is sorted before it is walked, so the order of a listing changes nothing.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from ..mappings.model import Kind, Value
from .types import Issue, Link, Listing, Record

__all__ = ["AUTO", "LEAD", "Candidate", "MatchResult", "Matcher", "SameRef", "group_by", "joined"]

K = TypeVar("K")

#: From this score on two records are linked without asking, if they lead the next candidate by ``LEAD``.
AUTO = 95
LEAD = 8

SameRef = Callable[[Value, Value], "bool | None"]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A pair that could be one thing. ``value``: what they share, shown to people (empty where it is personal)."""

    book: str
    desk: str
    score: int
    rule: str
    reasons: tuple[str, ...]
    value: str = ""


@dataclass(frozen=True, slots=True)
class MatchResult:
    """What matching found.

    ``found``: new automatic links. ``suggestions`` wait for "link" or "reject". ``problems``: duplicates, crossed
    evidence, ambiguous or destroyed numbers. ``book_only``/``desk_only``: alive, unlinked and not asked about: surely
    alone. ``waiting``: (side, id) of those that a suggestion or problem holds back until a person has decided.
    """

    kept: tuple[Link, ...] = ()
    found: tuple[Link, ...] = ()
    suggestions: tuple[Issue, ...] = ()
    problems: tuple[Issue, ...] = ()
    book_only: tuple[str, ...] = ()
    desk_only: tuple[str, ...] = ()
    waiting: frozenset[tuple[str, str]] = frozenset()


def group_by(ids: Iterable[str], key: Callable[[str], K | None]) -> dict[K, list[str]]:
    """``ids`` by ``key``; ids whose key is empty (``None``, ``""``, ``()``) belong nowhere."""
    groups: dict[K, list[str]] = defaultdict(list)
    for id in ids:
        found = key(id)
        if found:
            groups[found].append(id)
    return groups


def joined(ids: Iterable[str]) -> str:
    """Ids as one text, in a stable order."""
    return ", ".join(sorted(ids))


@dataclass
class Matcher:
    """The working state of one call. ``book``/``desk`` hold the records in service, linked ones included, because a
    key is unique only if nobody else on that side has it."""

    kind: Kind
    book: Mapping[str, Record]
    desk: Mapping[str, Record]
    rejected: Collection[tuple[str, str]]
    same_ref: SameRef
    threshold: int
    free_book: set[str]
    free_desk: set[str]
    found: list[Link] = field(default_factory=list)
    suggestions: dict[str, Issue] = field(default_factory=dict)
    problems: dict[str, Issue] = field(default_factory=dict)
    waiting_book: set[str] = field(default_factory=set)
    waiting_desk: set[str] = field(default_factory=set)
    _scopes: dict[Value, str | None] = field(default_factory=dict)

    @classmethod
    def start(
        cls,
        kind: Kind,
        book: Listing,
        desk: Listing,
        kept: Sequence[Link],
        rejected: Collection[tuple[str, str]],
        same_ref: SameRef,
        threshold: int,
    ) -> Matcher:
        alive_book = {id: book.records[id] for id in sorted(book.records) if not book.records[id].retired}
        alive_desk = {id: desk.records[id] for id in sorted(desk.records) if not desk.records[id].retired}
        free_book = set(alive_book) - {link.book for link in kept}
        free_desk = set(alive_desk) - {link.desk for link in kept}
        matcher = cls(kind, alive_book, alive_desk, rejected, same_ref, threshold, free_book, free_desk)
        matcher._map_scopes({*book.still} - {None})
        return matcher

    # ------------------------------------------------------------ organisations

    def _map_scopes(self, more: Collection[Value]) -> None:
        """Every organisation of the desk gets the book's name for it; a foreign one a name that the book never has.
        ``more`` organisations have records in the book that need no look."""
        if self.kind.scope is None:
            return
        ours = {r.values.get(self.kind.scope) for r in self.book.values()} - {None} | {*more}
        theirs = {r.values.get(self.kind.scope) for r in self.desk.values()} - {None}
        for value in ours:
            self._scopes["book", value] = f"book:{value}"  # type: ignore[index]
        for value in theirs:
            verdicts = {mine: self.same_ref(mine, value) for mine in sorted(ours, key=str)}
            twin = next((mine for mine, same in verdicts.items() if same), None)
            unknown = twin is None and None in verdicts.values()
            name = f"book:{twin}" if twin is not None else None if unknown else f"desk:{value}"
            self._scopes["desk", value] = name  # type: ignore[index]

    def scope(self, record: Record) -> str | None:
        """The record's organisation by the book's name; ``None`` when nobody knows it."""
        if self.kind.scope is None:
            return "all"
        value = record.values.get(self.kind.scope)
        return None if value is None else self._scopes.get((record.side, value))  # type: ignore[call-overload]

    # ------------------------------------------------------------ free records

    def open_book(self) -> list[str]:
        return sorted(self.free_book - self.waiting_book)

    def open_desk(self) -> list[str]:
        return sorted(self.free_desk - self.waiting_desk)

    def free(self, book: str, desk: str) -> bool:
        """Both ends may still be linked with each other without asking."""
        return (
            book in self.free_book
            and desk in self.free_desk
            and book not in self.waiting_book
            and desk not in self.waiting_desk
            and (book, desk) not in self.rejected
        )

    # ------------------------------------------------------------ decisions

    def decide(self, candidates: Iterable[Candidate]) -> None:
        """Links the pairs that reach the threshold and lead every other candidate of both their ends; the others that
        are left become suggestions: for each record its best one."""
        pairs: dict[tuple[str, str], Candidate] = {}
        for one in candidates:
            if self.free(one.book, one.desk):
                pairs[one.book, one.desk] = max(pairs.get((one.book, one.desk), one), one, key=_rank)
        ranked = sorted(pairs.values(), key=_rank, reverse=True)
        scores: dict[tuple[str, str], list[int]] = defaultdict(list)
        for one in ranked:
            scores["book", one.book].append(one.score)
            scores["desk", one.desk].append(one.score)
        for one in ranked:
            rivals = [*scores["book", one.book][1:2], *scores["desk", one.desk][1:2]]
            if one.score >= self.threshold and all(one.score - rival >= LEAD for rival in rivals):
                self.link(one)
        seen: set[tuple[str, str]] = set()
        for one in ranked:
            ends = {("book", one.book), ("desk", one.desk)}
            if one.book in self.free_book and one.desk in self.free_desk and not ends <= seen:
                seen |= ends
                self.suggest(one)

    def link(self, one: Candidate) -> None:
        rule = f"{one.rule}: {one.value}" if one.value else one.rule
        self.found.append(Link(self.kind.name, one.book, one.desk, rule, one.score))
        self.free_book.discard(one.book)
        self.free_desk.discard(one.desk)

    def suggest(self, one: Candidate) -> None:
        params = {"book": one.book, "desk": one.desk, "score": one.score, "rule": one.rule, "value": one.value}
        params["reasons"] = ",".join(one.reasons)
        self._ask(self.suggestions, "match_suggested", {one.book}, {one.desk}, params, f"{one.book}:{one.desk}")

    def problem(
        self, code: str, books: Iterable[str], desks: Iterable[str], about: str, params: Mapping[str, object]
    ) -> None:
        """Asks a question about a group of records; ``about`` (stable from night to night) makes it the same one."""
        books, desks = set(books), set(desks)
        full = {"books": joined(books), "desks": joined(desks), **params}
        self._ask(self.problems, code, books, desks, full, about)

    def _ask(
        self,
        target: dict[str, Issue],
        code: str,
        books: set[str],
        desks: set[str],
        params: Mapping[str, object],
        about: str,
    ) -> None:
        key = f"{code}:{self.kind.name}:{about}"
        digest = hashlib.sha256(repr(sorted((k, str(v)) for k, v in params.items())).encode()).hexdigest()[:16]
        target[key] = Issue(
            key=key,
            code=code,
            kind=self.kind.name,
            book=next(iter(books)) if len(books) == 1 else None,
            desk=next(iter(desks)) if len(desks) == 1 else None,
            params=dict(params),
            fingerprint=digest,
        )
        self.waiting_book |= books & self.free_book
        self.waiting_desk |= desks & self.free_desk

    def result(self, kept: tuple[Link, ...]) -> MatchResult:
        waiting = {("book", id) for id in self.waiting_book & self.free_book}
        waiting |= {("desk", id) for id in self.waiting_desk & self.free_desk}
        return MatchResult(
            kept=kept,
            found=tuple(sorted(self.found, key=lambda link: (link.book, link.desk))),
            suggestions=tuple(self.suggestions[key] for key in sorted(self.suggestions)),
            problems=tuple(self.problems[key] for key in sorted(self.problems)),
            book_only=tuple(self.open_book()),
            desk_only=tuple(self.open_desk()),
            waiting=frozenset(waiting),
        )


def _rank(one: Candidate) -> tuple[int, str, str, str]:
    return one.score, one.rule, one.book, one.desk
