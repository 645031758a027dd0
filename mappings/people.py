"""Names of people and of things: how near two spellings are. Pure; of names of things the last are remembered."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from rapidfuzz import fuzz

from .text import fold

__all__ = ["PersonName", "Verdict", "name_key", "person", "person_verdict", "similarity", "things_text"]

Verdict = Literal["full", "initials", "surname+partial", "different"]
_PATRONYMIC = re.compile(r"(?:[оеё]вич|ьич|мич|кич|[оеё]вна|ична|инична|оглы|кызы|улы)$")
_TOKEN = re.compile(r"[^\W\d_]+(?:['’`-][^\W\d_]+)*")


@dataclass(frozen=True, slots=True)
class PersonName:
    """A name in parts, lower case, ``ё`` as ``е``. ``first`` and ``middle`` may be a single letter or empty."""

    surname: str = ""
    first: str = ""
    middle: str = ""

    @property
    def initials(self) -> tuple[str, str, str]:
        """The key under which «Иванов И.И.» meets «Иван Иванович Иванов»."""
        return self.surname, self.first[:1], self.middle[:1]

    @property
    def full(self) -> tuple[str, str, str] | None:
        """The whole name, or ``None`` where only initials (or a surname alone) are known."""
        whole = len(self.first) > 1 and len(self.middle) != 1 and self.surname
        return (self.surname, self.first, self.middle) if whole else None


def person(text: str | None) -> PersonName:
    """«Иванов Иван Иванович», «Иван Иванович Иванов», «И.И. Иванов», «Иванов И.» in parts.

    The patronymic's ending tells the order; without one the surname stands first. Hyphens stay.
    """
    tokens = _TOKEN.findall(fold(text or ""))
    if len(tokens) > 2 and tokens[-1] in ("оглы", "кызы", "улы"):
        tokens[-2:] = [" ".join(tokens[-2:])]
    words = [token for token in tokens if len(token) > 1]
    letters = [token for token in tokens if len(token) == 1]
    if len(words) <= 1:
        return _parts(words, letters)
    if letters:  # «Петрова-Водкина Анна С.»: words in order, the letter is what is left
        return PersonName(words[0], words[1], letters[0])
    return _ordered(words)


def _parts(words: list[str], letters: list[str]) -> PersonName:
    return PersonName(words[0] if words else "", *[*letters[:2], "", ""][:2])


def _ordered(words: list[str]) -> PersonName:
    marks = [bool(_PATRONYMIC.search(word)) for word in words]
    if len(words) == 2:
        return PersonName(words[0], words[1])
    if marks[1] and not marks[0]:  # Иван Иванович Иванов; also Роман Аркадьевич Абрамович
        return PersonName(" ".join(words[2:]), words[0], words[1])
    if marks[-1]:
        return PersonName(" ".join(words[:-2]), words[-2], words[-1])
    return PersonName(words[0], words[1], " ".join(words[2:]))


def person_verdict(a: str | None, b: str | None) -> Verdict:
    """How far two spellings of a name agree; only ``full`` (and ``initials`` inside one department) may be trusted."""
    one, two = person(a), person(b)
    if not one.surname or one.surname != two.surname:
        return "different"
    if not _agree(one.first, two.first) or not _agree(one.middle, two.middle):
        return "different"
    if one.full and one.full == two.full:
        return "full"
    return "initials" if all((one.first, two.first, one.middle, two.middle)) else "surname+partial"


def _agree(a: str, b: str) -> bool:
    if not a or not b:
        return True
    return a[0] == b[0] if 1 in (len(a), len(b)) else a == b


_PUNCTUATION = re.compile(r"[^\w+/-]+|_+")


def name_key(text: str | None) -> str:
    """The name of an organisation, department or place: quotes, punctuation, case and spaces do not count.

    Legal forms stay: ООО «Ромашка» and ИП «Ромашка» are two organisations.
    """
    return fold(_PUNCTUATION.sub(" ", fold(text or "")))


_LEGAL = frozenset(
    {
        "inc", "corp", "corporation", "ltd", "llc", "gmbh", "co", "company", "computer", "electronics",
        "ооо", "оао", "ао", "пао", "зао", "ип", "корп",
    }
)  # fmt: skip
_UNIT_WORDS = {
    "гб": "gb", "гбайт": "gb", "тб": "tb", "мб": "mb", "дюйм": "in", "дюймов": "in", "дюйма": "in", "inch": "in",
    "ггц": "ghz", "гц": "hz", "вт": "w", "шт": "",
}  # fmt: skip
_LATIN = str.maketrans(
    {
        "а": "a", "б": "b", "в": "v", "г": "g", "д": "d", "е": "e", "ж": "zh", "з": "z", "и": "i", "й": "i", "к": "k",
        "л": "l", "м": "m", "н": "n", "о": "o", "п": "p", "р": "r", "с": "s", "т": "t", "у": "u", "ф": "f", "х": "h",
        "ц": "ts", "ч": "ch", "ш": "sh", "щ": "sch", "ъ": "", "ы": "y", "ь": "", "э": "e", "ю": "yu", "я": "ya",
    }
)  # fmt: skip
_INCH = re.compile(r"(?<=\d)\s*(?:[\"″”“]|'')")
_JOINED = re.compile(r"(?<=\d)\s*(gb|tb|mb|ghz|hz|w|in)\b")
_WORD = re.compile(r"[^\W_]+(?:[.,]\d+)?")


@lru_cache(maxsize=1 << 14)  # a company has many things and few names for them
def things_text(text: str | None) -> str:
    """A thing's name or model as Latin tokens with units in one spelling and without makers' legal words."""
    words = [_UNIT_WORDS.get(word, word) for word in _split(_INCH.sub(" in ", fold(text or "")))]
    latin = " ".join(word.translate(_LATIN) for word in words if word and word not in _LEGAL)
    return _JOINED.sub(r"\1", latin)


def _split(text: str) -> list[str]:
    return [piece for word in _WORD.findall(text) for piece in re.split(r"(?<=\d)(?=[а-я]{2}$)", word)]


@lru_cache(maxsize=1 << 14)
def similarity(a: str, b: str) -> float:
    """0…1: how alike two results of ``things_text`` are, whatever the order of words and the additions.

    Model numbers decide: P2419H and P2422H are two things though nearly all their letters agree. One bare word
    («монитор», «dell») says nothing about a longer name.
    """
    if not a or not b:
        return 0.0
    one, two = a.split(), b.split()
    if _clash(one, two):
        return 0.0
    if min(len(one), len(two)) == 1 and not _NUMBERED.search(min(a, b, key=len)):
        return fuzz.ratio(a, b) / 100
    return fuzz.token_set_ratio(_cut(one, two), _cut(two, one)) / 100


_NUMBERED = re.compile(r"\d")
_UNIT = re.compile(r"^\d+(?:[.,]\d+)?(gb|tb|mb|ghz|hz|w|in)$")


def _cut(words: list[str], others: list[str]) -> str:
    """``words`` with every model number cut to the shorter form that the other side uses (M2040dn → m2040)."""
    short = {o for o in others if len(o) > 3 and _NUMBERED.search(o)}
    return " ".join(next((o for o in sorted(short) if word.startswith(o)), word) for word in words)


def _clash(one: list[str], two: list[str]) -> bool:
    """Each has a model number that the other has not, or they give one unit two values (8gb and 16gb)."""

    def sort(words: list[str]) -> tuple[list[str], dict[str, set[str]]]:
        units: dict[str, set[str]] = {}
        models = []
        for word in words:
            unit = _UNIT.match(word)
            if unit:
                units.setdefault(unit[1], set()).add(word)
            elif _NUMBERED.search(word):
                models.append(word)
        return models, units

    def foreign(words: list[str], others: list[str]) -> bool:
        return any(not any(w.startswith(o) or o.startswith(w) for o in others) for w in words)

    (mine, my_units), (theirs, their_units) = sort(one), sort(two)
    if any(my_units[unit].isdisjoint(their_units[unit]) for unit in my_units.keys() & their_units.keys()):
        return True
    return foreign(mine, theirs) and foreign(theirs, mine)
