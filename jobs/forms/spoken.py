"""Numbers and sums in Russian words (прописью), as the forms want them."""

from __future__ import annotations

from decimal import Decimal

from num2words import num2words

__all__ = ["number_words", "rubles"]


def number_words(value: Decimal) -> str:
    """«Двадцать один»; a part of one is told as a fraction, exactly."""
    whole = value == value.to_integral_value()
    return _capital(str(num2words(int(value) if whole else value.normalize(), lang="ru")))


def rubles(value: Decimal) -> str:
    """«Одна тысяча два рубля 05 копеек». ``value`` has two places at most."""
    return _capital(str(num2words(value, lang="ru", to="currency", currency="RUB", cents=False, separator="")))


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
