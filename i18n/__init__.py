"""Russian and English texts: ``tr`` looks a message up in the gettext catalogue and fills it in.

English is the language of the source (the message id); ``locale/ru/LC_MESSAGES/uchet.po`` holds the Russian.
"""

from __future__ import annotations

import gettext
from dataclasses import dataclass
from functools import cache
from pathlib import Path

__all__ = ["CATALOGUES", "LANGUAGES", "N_", "Worded", "tr"]

LANGUAGES = ("ru", "en")
#: Data only, so that this folder of the checkout never hides the standard library's module of the same name.
CATALOGUES = Path(__file__).resolve().parents[1] / "locale"


@dataclass(frozen=True, slots=True)
class Worded:
    """What fills a place of a text and is itself said differently in each language, such as a document's title."""

    en: str
    ru: str

    def __str__(self) -> str:
        return self.en

    def said(self, language: str) -> str:
        """In ``language``."""
        return self.ru if language == "ru" else self.en


@cache
def _catalogue(language: str) -> gettext.NullTranslations:
    return gettext.translation("uchet", CATALOGUES, languages=[language], fallback=True)


def tr(message: str, language: str = "en", /, **params: object) -> str:
    """``message`` in ``language``, its ``{name}`` places filled from ``params``; unknown messages stay English."""
    text = _catalogue(language).gettext(message) if message else ""
    filled = {n: value.said(language) if isinstance(value, Worded) else value for n, value in params.items()}
    return text.format(**filled) if filled else text


def N_(message: str) -> str:
    """Marks a literal for the catalogue where it is written down and only later given to ``tr``."""
    return message
