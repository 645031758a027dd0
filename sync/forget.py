"""Names that are not to be kept: how they are found in a text, and records read without them. Pure.

A forgotten person may still stand in the books and on the desk. The link (two ids) goes on working; the name is taken
out of what was read before anything is planned, so that it can get into no plan, question or agreement.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from ..mappings.model import SIDES, Kind, Side
from ..mappings.people import person
from ..mappings.text import fold
from .types import Link, Listing, Record

__all__ = ["Eraser", "withheld"]


class Eraser:
    """Finds ``names`` in any case, spacing and order of words, with initials too, and puts ``alias`` there."""

    def __init__(self, names: Iterable[str], alias: str) -> None:
        self.alias = alias
        forms = sorted({form for name in names for form in _forms(name)}, key=len, reverse=True)
        self._found = re.compile("|".join(forms) or r"(?!)", re.IGNORECASE)

    def suspects(self, text: str) -> bool:
        """Whether ``text`` may hold a name: plainly, or hidden by JSON's escapes."""
        return "\\" in text or self._found.search(text) is not None

    def text(self, text: str) -> str:
        """``text`` without the names."""
        return self._found.sub(self.alias, text)


_GAP = r"[\s.,\u00a0]*"


def _forms(name: str) -> set[str]:
    """Patterns for one name: as given, surname first and last, without the patronymic, with initials."""
    if not fold(name):
        return set()
    found = {_words(re.findall(r"\S+", name))}
    parts = person(name)
    if parts.full:
        surname, first, middle = parts.surname, parts.first, parts.middle
        orders = [(surname, first, middle), (first, middle, surname), (surname, first), (first, surname)]
        found |= {_words([word for word in order if word]) for order in orders}
        short = [first[:1], middle[:1]] if middle else [first[:1]]
        initials = r"\.\s*".join(map(_letters, short)) + r"\."
        found |= {rf"(?<!\w){_letters(surname)}\s+{initials}", rf"(?<!\w){initials}\s*{_letters(surname)}(?!\w)"}
    return found


def _words(words: Sequence[str]) -> str:
    return r"(?<!\w)" + r"[\s\u00a0]+".join(map(_letters, words)) + r"(?!\w)"


def _letters(word: str) -> str:
    return re.sub("[её]", "[её]", re.escape(word.lower()))


def withheld(
    kinds: Iterable[Kind],
    listings: Sequence[Listing],
    links: Iterable[Link],
    forgotten: Collection[tuple[str, str, str]],
) -> list[Listing]:
    """``listings`` without the personal fields of forgotten people, wherever such a field names one of them.

    A field that is not there is left alone on both sides. One of them without a link cannot be told from a stranger and
    is not looked at, like a record that could not be read.
    """
    if not forgotten:
        return list(listings)
    personal = {kind.name: frozenset(f.name for f in kind.fields if f.personal) for kind in kinds}
    ids = {(kind, side, book if side == "book" else desk) for kind, book, desk in forgotten for side in SIDES}
    named = [r for one in listings for r in one.records.values() if (one.kind, one.side, r.id) in ids]
    names = {fold(str(r.values.get(n) or "")) for r in named for n in personal.get(r.kind, ())} - {""}
    linked = {(link.kind, side, link.on(side)) for link in links for side in SIDES}
    found = []
    for one in listings:
        fields = personal.get(one.kind, frozenset())
        found.append(_without(one, fields, ids, linked, names) if fields else one)
    return found


_Ids = Collection[tuple[str, Side, str]]


def _without(listing: Listing, fields: frozenset[str], ids: _Ids, linked: _Ids, names: Collection[str]) -> Listing:
    def own(id: str) -> bool:
        return (listing.kind, listing.side, id) in ids

    def hidden(record: Record, name: str) -> bool:
        return name in fields and (own(record.id) or fold(str(record.values.get(name) or "")) in names)

    strangers = {id for id in listing.records if own(id) and (listing.kind, listing.side, id) not in linked}
    records = {
        id: replace(r, values={n: v for n, v in r.values.items() if not hidden(r, n)})
        if any(hidden(r, n) for n in r.values)
        else r
        for id, r in listing.records.items()
        if id not in strangers
    }
    return replace(listing, records=records, bad=listing.bad | strangers)
