"""A unified form, and one that is filled in. Values only; nothing here reads or writes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Literal

__all__ = ["Cell", "Column", "Field", "Form", "Paper", "Row", "Sheet", "Signature", "Spoken", "Stamp", "Table"]

#: What stands in a cell; ``None``: it is left empty, for a pen.
Cell = None | str | int | Decimal | date
Row = Mapping[str, Cell]
CellType = Literal["text", "number", "quantity", "money", "date"]
EMPTY: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Column:
    """``number``: the official one, as printed; ``under``: the headings above, outermost first; ``width``: in
    characters; ``total``: summed per page and in the end."""

    number: str
    name: str
    heading: str
    under: tuple[str, ...] = ()
    type: CellType = "text"
    width: int = 10
    total: bool = False


@dataclass(frozen=True, slots=True)
class Spoken:
    """What is told in words below a page and in the end: ``of``: ``lines``, or the column it sums."""

    text: str
    of: str
    money: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """``lines``: how many rows stand on one page."""

    name: str
    title: str
    columns: tuple[Column, ...]
    lines: int = 20
    spoken: tuple[Spoken, ...] = ()

    @property
    def totals(self) -> tuple[Column, ...]:
        return tuple(column for column in self.columns if column.total)


@dataclass(frozen=True, slots=True)
class Field:
    """One blank of the heading."""

    name: str
    text: str
    type: CellType = "text"


@dataclass(frozen=True, slots=True)
class Signature:
    """Who signs, and the parts of a signature, left to right. ``names``: the blank of the heading that holds the names;
    one line for each."""

    role: str
    parts: tuple[str, ...]
    names: str = ""


@dataclass(frozen=True, slots=True)
class Form:
    """``name``: as people call it (ИНВ-3); ``slug``: for files and the command line (inv-3). ``front``: the heading
    stands on a page of its own. ``statements``: texts above the table, with ``{blanks}`` of the heading in them."""

    name: str
    slug: str
    title: str
    fields: tuple[Field, ...]
    tables: tuple[Table, ...]
    signatures: tuple[Signature, ...]
    source: str = ""
    okud: str = ""
    approved: str = ""
    landscape: bool = True
    front: bool = False
    statements: tuple[str, ...] = ()

    def table(self, name: str) -> Table:
        return next(one for one in self.tables if one.name == name)


@dataclass(frozen=True, slots=True)
class Sheet:
    """One form filled in, for one place and person. ``title`` tells it from the others of its file; ``values``: the
    blanks of the heading; ``rows``: table → rows. ``notes`` say what a reader must know of the figures."""

    title: str
    values: Mapping[str, Cell] = field(default_factory=lambda: EMPTY)
    rows: Mapping[str, tuple[Row, ...]] = field(default_factory=lambda: EMPTY)
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Stamp:
    """What the figures stand on. ``taken``: UTC; ``day``: the books as of its end (``None``: as of ``taken``);
    ``sources``: one line each, those that could not be read first."""

    run: str = ""
    taken: datetime | None = None
    day: date | None = None
    fingerprint: str = ""
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Paper:
    """A file of one form. ``posted``: its document stands in the books; until then every page says that it is a
    draft."""

    form: Form
    sheets: tuple[Sheet, ...]
    stamp: Stamp = Stamp()
    posted: bool = False
