"""Which records are the same thing: stored links first, then keys, then evidence that only a person may accept.

Pure: needs no network and no store. The same records in any order give the same answer; a pair once rejected never
comes back; a person's link is never touched.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from ..mappings.model import Kind
from .match_base import AUTO, LEAD, Matcher, MatchResult, SameRef
from .match_equipment import match_equipment
from .match_evidence import numbers_of
from .match_keys import key_parts, match_by_keys
from .types import OURS, Link, Listing, Record

__all__ = ["AUTO", "LEAD", "MatchResult", "keys_of", "match"]


def match(
    kind: Kind,
    book: Listing,
    desk: Listing,
    links: Sequence[Link],
    rejected: Collection[tuple[str, str]],
    same_ref: SameRef,
    positions: Listing | None = None,
    *,
    threshold: int = AUTO,
) -> MatchResult:
    """New links, suggestions and questions for one kind.

    ``links``: those in the store. ``rejected``: (book id, desk id) that a person has refused. ``same_ref(book value,
    desk value)``: whether two references are linked with each other, ``None`` if that is not known yet.
    ``positions``: low-value positions of more than one piece, which make a position of one piece uncertain.

    Records out of service without a link are left alone. From an incomplete listing nothing new is concluded at all
    (a key may be doubled in the part that is missing): only ``kept`` is filled then.
    """
    kept, conflicts = _keep(kind, links)
    if not (book.complete and desk.complete):
        return MatchResult(kept=kept)
    matcher = Matcher.start(kind, book, desk, kept, frozenset(rejected), same_ref, threshold)
    for link in conflicts:
        params = {"book": link.book, "desk": link.desk, "rule": link.rule}
        matcher.problem("match_link_conflict", [link.book], [link.desk], f"{link.book}:{link.desk}", params)
    if not matcher.free_book and not matcher.free_desk:
        return matcher.result(kept)  # everybody has a twin: no key could tell anything new
    if kind.name == "equipment":
        match_equipment(matcher, positions)
    elif kind.keys:
        match_by_keys(matcher)
    return matcher.result(kept)


def keys_of(kind: Kind, record: Record) -> frozenset[str]:
    """All by which another record could be taken for this one: those that share none of them never meet in ``match``,
    save as two that both have no twin."""
    found = numbers_of(record) if kind.name == "equipment" else key_parts(kind, record)
    return frozenset() if record.retired else frozenset(repr(key) for key in found)


def _keep(kind: Kind, links: Sequence[Link]) -> tuple[tuple[Link, ...], list[Link]]:
    """Links one-to-one, a person's before ours; what does not fit beside them comes back as the second value."""
    kept: list[Link] = []
    conflicts: list[Link] = []
    books: set[str] = set()
    desks: set[str] = set()
    ours = [link for link in links if link.kind == kind.name]
    for link in sorted(ours, key=lambda one: (one.by == OURS, -one.score, one.book, one.desk)):
        if link.book in books or link.desk in desks:
            conflicts.append(link)
            continue
        kept.append(link)
        books.add(link.book)
        desks.add(link.desk)
    return tuple(sorted(kept, key=lambda one: (one.book, one.desk))), conflicts
