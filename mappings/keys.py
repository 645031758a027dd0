"""Keys under which two spellings of one number are the same: inventory and serial numbers, quantities, units.

All functions are pure and take a text as a person typed it. An unusable text gives an empty key, which equals nothing.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Literal

from .text import fold, relayout, squash

__all__ = [
    "InvKey",
    "Junk",
    "group_quantity",
    "inv_junk",
    "inv_key",
    "key_skeleton",
    "last_number",
    "relayout",
    "serial_junk",
    "serial_key",
    "serial_skeleton",
    "to_pieces",
    "unit_key",
]

#: Segments of letters and of digits without leading zeros; look-alike letters as Latin capitals.
InvKey = tuple[str, ...]
Junk = Literal["empty", "excel", "placeholder", "zeros", "short"]

_INV_PREFIX = re.compile(
    r"^\W*(?:(?:инв|inv)(?:ентарный|entory)?(?=[\s.:№#])[\s.:№#]*"
    r"(?:(?:номер|number|ном|no|n)(?=[\s.:№#])[\s.:№#]*)?)+",
    re.IGNORECASE,
)
_EXCEL = re.compile(r"^(?:\d+(?:[.,]\d+)?E\+\d+|\d+[.,]\d+E\d+)$", re.ASCII)
_FLOAT = re.compile(r"^(\d+)[.,]0+$", re.ASCII)
_SEGMENT = re.compile(r"[0-9]+|[^\W\d_]+")
_SERIAL_PREFIX = re.compile(r"^\s*(?:(?:S/N|SN|C/H|S\.N|SERIAL(?:\s+(?:NUMBER|NO))?|СЕРИЙНЫЙ\s+НОМЕР)[\s:.#=-]+)+")
_SEPARATORS = re.compile(r"[-_/.:\s]+")
_SKELETON = str.maketrans("OQDILZSBGЗ", "0001125863")

#: What firmware makers and people write instead of a number, as it looks after ``squash`` and without separators.
_PLACEHOLDERS = frozenset(
    _SEPARATORS.sub("", squash(text))
    for text in (
        "To be filled by O.E.M.", "To be filled", "Default string", "System Serial Number", "Serial Number", "None",
        "N/A", "No Asset Information", "No Asset Tag", "Not Specified", "Not Available", "Not Applicable", "Unknown",
        "Invalid", "OEM", "O.E.M.", "INVALID", "Empty", "Null", "б/н", "без номера", "нет", "нет номера",
        "отсутствует", "неизвестно", "не указан", "123456789", "1234567890", "0123456789", "12345678", "1234567",
        "123456", "12345",
    )
)  # fmt: skip


#: Digits in a row may well be an inventory number, though never a serial one.
_WORDS = frozenset(word for word in _PLACEHOLDERS if not word.isdigit())


def inv_key(text: str | None) -> InvKey:
    """The inventory number without «инв. №», zeros in front, separators, case and look-alikes; ``()`` if unusable."""
    bare = _inv_bare(text or "")
    segments = _segments(bare)
    return () if _inv_why(bare, segments) else segments


def inv_junk(text: str | None) -> Junk | None:
    """Why this is not an inventory number at all: ``excel`` = a spreadsheet kept only its rounded form (1.23E+11)."""
    bare = _inv_bare(text or "")
    return _inv_why(bare, _segments(bare))


def _inv_bare(text: str) -> str:
    return squash(_INV_PREFIX.sub("", text.replace("\u00a0", " "))).strip()


def _segments(bare: str) -> InvKey:
    excel = _FLOAT.match(bare)
    parts = _SEGMENT.findall(excel[1] if excel else bare)
    return tuple((part.lstrip("0") or "0") if part.isdigit() else part for part in parts)


def _inv_why(bare: str, segments: InvKey) -> Junk | None:
    if _EXCEL.match(bare):
        return "excel"
    if not segments:
        return "empty"
    if all(part == "0" for part in segments):
        return "zeros"
    return "placeholder" if _SEPARATORS.sub("", bare) in _WORDS else None


def last_number(key: InvKey) -> str:
    """The last digit segment: weak evidence (10-0012 and 100-12 share it), good for suggestions only."""
    return next((part for part in reversed(key) if part.isdigit()), "")


def serial_key(text: str | None) -> str:
    """The serial number without ``S/N:``, separators, case and look-alikes; zeros stay. ``""`` if unusable."""
    bare = _serial_bare(text or "")
    return "" if _serial_why(bare) else bare


def serial_junk(text: str | None) -> Junk | None:
    """Why this is not a serial number: placeholders of firmware and people, one repeated character, too short."""
    return _serial_why(_serial_bare(text or ""))


def _serial_bare(text: str) -> str:
    # The prefix goes only where a delimiter follows, else "SN12345" would lose its head.
    return _SEPARATORS.sub("", _SERIAL_PREFIX.sub("", squash(text)))


def _serial_why(bare: str) -> Junk | None:
    if not bare:
        return "empty"
    if bare in _PLACEHOLDERS or bare.startswith(("CHASSIS", "TOBEFILLED")):
        return "placeholder"
    if len(set(bare)) == 1:
        return "zeros" if bare[0] == "0" else "placeholder"
    return "short" if len(bare) < 5 else None


def serial_skeleton(text: str | None) -> str:
    """``serial_key`` with letters taken for digits (O, I, S, B…) as those digits: to suggest only."""
    return key_skeleton(serial_key(text))


def key_skeleton(key: str) -> str:
    """The skeleton of a ``serial_key``."""
    return key.translate(_SKELETON)


#: ОКЕИ codes and the ways people write them.
_UNITS: dict[str, tuple[str, ...]] = {
    "796": ("шт", "штука", "штуки", "штук", "pcs", "pc", "ea"),
    "778": ("упак", "уп", "упаковка", "pack"),
    "839": ("компл", "комплект", "к-т", "kit"),
    "704": ("набор", "set"),
    "715": ("пара", "пар", "pair"),
    "728": ("пачка", "пач", "пачек"),
    "736": ("рул", "рулон", "roll"),
    "625": ("лист", "листов"),
    "006": ("м", "метр", "m", "пог м"),
    "112": ("л", "литр", "дм3"),
    "166": ("кг", "килограмм", "kg"),
    "642": ("ед", "единица"),
    "362": ("мес", "месяц"),
}
_UNIT_CODES = {fold(word): code for code, words in _UNITS.items() for word in (code, *words)}


def unit_key(text: str | None) -> str:
    """The ОКЕИ code of a unit of measure (``796`` for «шт.»), or ``""`` when it is not one of ours."""
    word = fold(text or "").rstrip(".").strip()
    return _UNIT_CODES.get(word, "")


def to_pieces(quantity: Decimal, coefficient: Decimal) -> Decimal | None:
    """``quantity`` packs in pieces by the item's own coefficient; ``None`` where it is not whole: never rounded."""
    pieces = quantity * coefficient
    return pieces.quantize(Decimal(1)) if pieces == pieces.to_integral_value() else None


_GROUP = re.compile(r"\(\s*(\d{1,5})\s*(?:шт|pcs)\.?\s*\)", re.IGNORECASE)


def group_quantity(name: str | None) -> int | None:
    """The N of «Мониторы (10 шт.)»: a suggestion that one card stands for N things, never a fact."""
    found = _GROUP.search(name or "")
    return int(found[1]) if found and int(found[1]) > 1 else None
