"""Rows on pages, with what each page and all of them come to. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from .spoken import number_words, rubles
from .types import Column, Row, Spoken, Table

__all__ = ["Page", "Sums", "pages", "said", "sums"]


@dataclass(frozen=True, slots=True)
class Sums:
    """What rows come to: how many they are, and the sum of each column that has one. A column without a single figure
    has none: nought would be a figure that nobody gave."""

    lines: int
    columns: Mapping[str, Decimal]


@dataclass(frozen=True, slots=True)
class Page:
    """``first``: the number of its first row, from 1."""

    number: int
    of: int
    first: int
    rows: tuple[Row, ...]
    sums: Sums


def pages(table: Table, rows: Sequence[Row]) -> Iterator[Page]:
    """``rows`` page by page; a table without rows is one empty page."""
    many = max(1, -(-len(rows) // table.lines))
    for at in range(many):
        start = at * table.lines
        part = tuple(rows[start : start + table.lines])
        yield Page(at + 1, many, start + 1, part, sums(table.totals, part))


def sums(columns: Iterable[Column], rows: Sequence[Row]) -> Sums:
    found: dict[str, Decimal] = {}
    for column in columns:
        given = [Decimal(v) for row in rows if isinstance(v := row.get(column.name), Decimal | int)]
        if given:
            found[column.name] = sum(given[1:], given[0])
    return Sums(len(rows), found)


def said(spoken: Spoken, of: Sums) -> str:
    """A sum in words; empty where there is nothing to tell yet."""
    if spoken.of == "lines":
        return number_words(Decimal(of.lines)) if of.lines else ""
    value = of.columns.get(spoken.of)
    if value is None:
        return ""
    return rubles(value) if spoken.money else number_words(value)
