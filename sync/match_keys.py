"""Matching of reference kinds (organisations, departments, people, places) by the keys of their kind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from ..mappings.keys import inv_key
from ..mappings.model import Field, Kind, Ref, Value
from ..mappings.people import name_key, person
from .match_base import Candidate, Matcher, group_by
from .types import Record

__all__ = ["key_parts", "match_by_keys"]

Key = tuple[object, ...]
#: Rule, value shown, ids of the books and of the desk that one key does not tell apart.
Unclear = tuple[str, str, list[str], list[str]]
#: Bigger groups of equal keys are one question, not a search.
_GROUP = 400


def match_by_keys(matcher: Matcher) -> None:
    """Group of keys after group, strongest first: linked where one key stands on exactly one record of each side.

    A pair that agrees on a weaker key while a stronger one differs is suggested, never linked (namesakes).
    """
    unclear: list[Unclear] = []
    for strength, names in enumerate(matcher.kind.keys):
        fields = [matcher.kind.by_name[name] for name in names]
        books = group_by(matcher.book, lambda id, f=fields: _key(matcher, matcher.book[id], f))  # type: ignore[misc]
        desks = group_by(matcher.desk, lambda id, f=fields: _key(matcher, matcher.desk[id], f))  # type: ignore[misc]
        candidates: list[Candidate] = []
        for key in sorted(books.keys() & desks.keys(), key=repr):
            sure, rest = _group(matcher, strength, fields, books[key], desks[key])
            candidates += sure
            unclear += rest
        matcher.decide(candidates)
    for rule, value, mine, theirs in unclear:
        held = set(mine) & set(matcher.open_book()), set(theirs) & set(matcher.open_desk())
        if all(held):  # no weaker key has told them apart (as names do for branches with one taxpayer number)
            matcher.problem("match_ambiguous", *held, f"{rule}:{min(mine)}", {"rule": rule, "value": value})
    if matcher.kind.name == "person":
        matcher.decide(_initials(matcher))


def _key(matcher: Matcher, record: Record, fields: Iterable[Field]) -> Key | None:
    parts = [_part(matcher, record, field) for field in fields]
    return tuple(parts) if all(parts) else None


def key_parts(kind: Kind, record: Record) -> list[tuple[object, ...]]:
    """Every key of ``kind`` as ``record`` has it, its organisation left out."""
    found = []
    for names in kind.keys:
        fields = [kind.by_name[name] for name in names if kind.by_name[name].type != "reference"]
        parts = [_text(record, field) for field in fields]
        if parts and all(parts):
            found.append((names, *parts))
    return found


def _part(matcher: Matcher, record: Record, field: Field) -> object:
    if field.type == "reference":
        return matcher.scope(record) if field.name == matcher.kind.scope else None
    return _text(record, field)


def _text(record: Record, field: Field) -> object:
    value = record.values.get(field.name)
    if not isinstance(value, str):
        return None if value is None or isinstance(value, Ref) else (str(value),)
    if field.type == "name":
        return person(value).full if record.kind == "person" else name_key(value)
    return inv_key(value)


def _group(
    matcher: Matcher, strength: int, fields: list[Field], books: list[str], desks: list[str]
) -> tuple[list[Candidate], list[Unclear]]:
    """What one key says: pairs that it names alone, and the records that it leaves unclear."""
    if matcher.free_book.isdisjoint(books) or matcher.free_desk.isdisjoint(desks):
        return [], []
    rule = "+".join(field.name for field in fields)
    value = "" if any(field.personal for field in fields) else _shown(matcher.book[books[0]], fields)
    if len(books) * len(desks) > _GROUP:
        return [], [(rule, value, books, desks)]
    pairs = [(b, d) for b in books for d in desks if (b, d) not in matcher.rejected]
    of_book, of_desk = Counter(b for b, _ in pairs), Counter(d for _, d in pairs)
    alone = [(b, d) for b, d in pairs if of_book[b] == of_desk[d] == 1]
    rest = [pair for pair in pairs if pair not in alone]
    sure = [_candidate(matcher, strength, fields, b, d, value) for b, d in alone if matcher.free(b, d)]
    return sure, [(rule, value, sorted({b for b, _ in rest}), sorted({d for _, d in rest}))] if rest else []


def _candidate(matcher: Matcher, strength: int, fields: list[Field], book: str, desk: str, value: str) -> Candidate:
    names = tuple(field.name for field in fields)
    if any(_differs(matcher, book, desk, group) for group in matcher.kind.keys[:strength]):
        return Candidate(book, desk, 88, "+".join(names), (*names, "key_differs"), value)
    return Candidate(book, desk, 98 - strength, "+".join(names), names, value)


def _differs(matcher: Matcher, book: str, desk: str, names: tuple[str, ...]) -> bool:
    fields = [matcher.kind.by_name[name] for name in names]
    one, two = _key(matcher, matcher.book[book], fields), _key(matcher, matcher.desk[desk], fields)
    return one is not None and two is not None and one != two


def _shown(record: Record, fields: list[Field]) -> str:
    texts = [record.values.get(field.name) for field in fields if field.type != "reference"]
    return ", ".join(str(text) for text in texts if text)


def _initials(matcher: Matcher) -> list[Candidate]:
    """«Иванов И.И.» and «Иванов Иван Иванович» of one organisation: a suggestion, and only if nobody else fits."""

    def key(record: Record) -> Key | None:
        name = record.values.get("name")
        parts = person(name).initials if isinstance(name, str) else ("", "", "")
        scope = matcher.scope(record)
        return (scope, *parts) if scope and all(parts) else None

    books = group_by(matcher.open_book(), lambda id: key(matcher.book[id]))
    desks = group_by(matcher.open_desk(), lambda id: key(matcher.desk[id]))
    return [
        Candidate(books[k][0], desks[k][0], 88, "initials", ("initials", "organization"))
        for k in sorted(books.keys() & desks.keys(), key=repr)
        if len(books[k]) == len(desks[k]) == 1 and not _namesakes(matcher, books[k][0], desks[k][0])
    ]


def _namesakes(matcher: Matcher, book: str, desk: str) -> bool:
    """Both whole names are known and differ: two people who share initials."""
    one, two = _name(matcher.book[book].values.get("name")), _name(matcher.desk[desk].values.get("name"))
    return one is not None and two is not None and one != two


def _name(value: Value) -> tuple[str, str, str] | None:
    return person(value).full if isinstance(value, str) else None
