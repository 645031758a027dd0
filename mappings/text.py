"""Spelling alone: invisible characters, spaces, case, letters that look alike, days as people write them. Pure."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, date, datetime
from functools import lru_cache

__all__ = ["LOOKALIKES", "clean", "fold", "parse_day", "relayout", "squash"]

#: Cyrillic capitals (and their foreign relatives) that are drawn like Latin ones.
LOOKALIKES = str.maketrans("АВЕЁКМНОРСТУХІЅЈ", "ABEEKMHOPCTYXISJ")

_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")
_PLAIN = re.compile(r"[\x00-\x7fА-яЁё]*")
_SPACES = re.compile(r"\s+")
_QWERTY = str.maketrans(
    "йцукенгшщзхъфывапролджэячсмитьбюЙЦУКЕНГШЩЗХЪФЫВАПРОЛДЖЭЯЧСМИТЬБЮёЁ",
    "qwertyuiop[]asdfghjkl;'zxcvbnm,.QWERTYUIOP{}ASDFGHJKL:\"ZXCVBNM<>`~",
)


@lru_cache(maxsize=4096)
def clean(text: str) -> str:
    """``text`` in NFC without invisible characters, every run of white space (NBSP too) one space, none at the ends."""
    if text.isascii():  # nothing to compose and nothing invisible
        return " ".join(text.split())
    bare = _INVISIBLE.sub("", unicodedata.normalize("NFC", text))
    return _SPACES.sub(" ", unicodedata.normalize("NFC", bare)).strip()


@lru_cache(maxsize=4096)
def fold(text: str) -> str:
    """``clean`` and without case; ``ё`` counts as ``е``."""
    previous, now = "", text
    while previous != now:  # folding can produce decomposed letters and the other way round: go on until it is stable
        previous, now = now, clean(now.casefold().replace("ё", "е"))
    return now


def squash(text: str) -> str:
    """Capitals in NFKC without «№» and invisible characters, look-alike letters as Latin ones.

    «№» goes first because NFKC would turn it into the letters ``No``. Accents that belong to no letter are dropped.
    """
    previous, now = "", text.replace("№", " ")
    if _PLAIN.fullmatch(now):  # nearly all numbers: nothing to normalise
        return now.upper().translate(LOOKALIKES)
    while previous != now:
        bare = _INVISIBLE.sub("", unicodedata.normalize("NFKC", now).upper())
        bare = "".join(char for char in unicodedata.normalize("NFKC", bare) if not unicodedata.combining(char))
        previous, now = now, bare.translate(LOOKALIKES)
    return now


def relayout(text: str) -> str:
    """What a scanner "typed" while the keyboard was switched to Russian: ``ше-000045`` → ``it-000045``."""
    return text.translate(_QWERTY)


def parse_day(text: str) -> date | None:
    """A day as people write it, 2026-11-22 or 22.11.2026; ``None`` for anything else."""
    for form in ("%Y-%m-%d", "%d.%m.%Y"):
        try:
            return datetime.strptime(text, form).replace(tzinfo=UTC).date()
        except ValueError:
            continue
    return None
