"""How real hands spoil a number: every trap of matching that a desk and a base have been seen to hold.

Pure functions; ``Dirt`` names say what happened, so that a test can ask for the piece that carries a given trap.
"""

from __future__ import annotations

import random
from collections.abc import Callable

__all__ = ["INVENTORY", "SERIAL", "Spoil", "excel_power", "initials", "serial_number", "transliterated"]

Spoil = Callable[[str], str]

NBSP = "\u00a0"
ZERO_WIDTH = "\u200b"
_TO_LATIN = str.maketrans("АВЕКМНОРСТУХ", "ABEKMHOPCTYX")
_TO_CYRILLIC = str.maketrans("ABEKMHOPCTYX", "АВЕКМНОРСТУХ")


def _parts(number: str) -> tuple[str, str]:
    head = number.rstrip("0123456789")
    return head, number[len(head) :]


def _no_zeros(number: str) -> str:
    head, digits = _parts(number)
    return head + (digits.lstrip("0") or "0")


def _more_zeros(number: str) -> str:
    head, digits = _parts(number)
    return f"{head.rstrip('-').lower()} {digits.zfill(8)}".strip()


def lookalike(text: str) -> str:
    """Cyrillic letters that look Latin become Latin (ОС → OC)."""
    return text.translate(_TO_LATIN)


def cyrillic(text: str) -> str:
    """The other direction: a serial typed in the Russian layout keeps its look (5CD8O → 5СD8О)."""
    return text.translate(_TO_CYRILLIC)


def transliterated(number: str) -> str:
    """БП → BP: a person sees the same number, a key does not, so it may only be suggested."""
    return number.replace("БП", "BP").replace("ОС", "OS")


def _sign(number: str) -> str:
    return f"инв. №{NBSP}{number}"


def _numero(number: str) -> str:
    return f"№ {number}"


def _nbsp(number: str) -> str:
    return f"{number}{NBSP}"


def _zero_width(number: str) -> str:
    return number[:2] + ZERO_WIDTH + number[2:]


def _excel(number: str) -> str:
    head, digits = _parts(number)
    return number if head else f"{int(digits)}.0"


def excel_power(number: str) -> str:
    """What Excel leaves of a long number: not usable, only reported."""
    return "1.23E+11"


#: Spoilt inventory numbers that the key still recognises.
INVENTORY: tuple[tuple[str, Spoil], ...] = (
    ("leading zeros lost", _no_zeros),
    ("lower case, more zeros", _more_zeros),
    ("Latin look-alikes", lookalike),
    ("«инв. №»", _sign),
    ("№", _numero),
    ("NBSP", _nbsp),
    ("zero-width space", _zero_width),
    ("Excel float", _excel),
)


def _prefixed(serial: str) -> str:
    return f"S/N: {serial}"


def _dashed(serial: str) -> str:
    return f"{serial[:3]}-{serial[3:7]}-{serial[7:]}"


#: Spoilt serial numbers that the key still recognises.
SERIAL: tuple[tuple[str, Spoil], ...] = (
    ("S/N prefix", _prefixed),
    ("dashes", _dashed),
    ("lower case", str.lower),
    ("Cyrillic look-alikes", cyrillic),
    ("spaces", lambda serial: f" {serial[:4]} {serial[4:]} "),
)


def initials(name: str) -> str:
    """«Иванов Иван Иванович» → «Иванов И.И.»."""
    surname, *rest = name.split()
    return f"{surname} {''.join(part[0] + '.' for part in rest[:2])}"


def serial_number(rng: random.Random, prefix: str) -> str:
    """A plausible factory number without letters that read as digits."""
    return prefix + "".join(rng.choice("ACEFHJKMNPRTUVWXY3479") for _ in range(9 - len(prefix) + 2))
