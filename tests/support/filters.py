"""Conditions of ``$filter`` made by chance, each with what it means in plain Python, apart from the emulator's own.

A pair is (text, meaning): the meaning takes a row as the test seeded it. Rows carry Python values: ``Decimal``,
``datetime``, ``str``; text compares without case and trailing blanks, as the collations usual under 1C do.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from random import Random
from typing import Any

__all__ = ["GOODS", "Made", "Maker", "rows"]

Row = dict[str, Any]
Meaning = Callable[[Row], Any]
GOODS = "Catalog_Товары"
WORDS = ("Мышь", "мышь", "Монитор 24", "Кабель (USB)", "О'Нил", "100%", "а_б", "", "Бумага А4", "бумага")
TYPES = ("Catalog_Склады", "Catalog_Партнеры")


@dataclass(frozen=True, slots=True)
class Made:
    """A condition and its meaning."""

    text: str
    meaning: Meaning


def fold(text: str) -> str:
    """Text as a collation sees it."""
    return text.rstrip(" ").casefold()


def rows(chance: Random, keys: list[str], partners: dict[str, str]) -> list[Row]:
    """Goods with every type of attribute; ``partners`` maps keys to names."""
    out = []
    for number in range(40):
        when = datetime(2026, 1, 1) + timedelta(hours=chance.randrange(24 * 500), minutes=chance.randrange(60))
        kind = chance.choice(["", *TYPES, "Edm.String"])
        held = "" if not kind else chance.choice(WORDS) if kind == "Edm.String" else chance.choice(keys)
        parts = [
            {"Код": chance.choice(WORDS)[:13], "Количество": Decimal(chance.randrange(-30, 60)) / 4}
            for _ in range(chance.randrange(4))
        ]
        out.append(
            {
                "number": number,
                "Description": chance.choice(WORDS),
                "Вес": Decimal(chance.randrange(-5000, 5000)) / 8,
                "Остаток": chance.randrange(-3, 10**11, 7) if chance.random() < 0.3 else chance.randrange(9),
                "Мест": chance.randrange(-9, 9),
                "Активен": chance.random() < 0.5,
                "Выпущен": when,
                "Поставщик_Key": chance.choice([*partners, ""]),
                "Поставщик": "",
                "Хранение": held,
                "Хранение_Type": kind,
                "Штрихкоды": parts,
            }
        )
        out[-1]["Поставщик"] = partners.get(out[-1]["Поставщик_Key"])
    return out


class Maker:
    """Makes conditions over ``rows``: ``chance`` decides everything, so a seed repeats them."""

    def __init__(self, chance: Random, keys: list[str], partners: list[str]) -> None:
        self._chance = chance
        self._keys = keys
        self._partners = partners

    def condition(self, depth: int = 3) -> Made:
        """A condition of at most ``depth`` levels of and, or, not."""
        roll = self._chance.random()
        if depth and roll < 0.25:
            return self._joined("and", all, depth)
        if depth and roll < 0.5:
            return self._joined("or", any, depth)
        if depth and roll < 0.6:
            inner = self.condition(depth - 1)
            return Made(f"not ({inner.text})", lambda row: not inner.meaning(row))
        makers = (self._number, self._text, self._words, self._date, self._flag, self._ref, self._pair, self._rows)
        return self._chance.choice(makers)()

    def _joined(self, word: str, join: Callable[[Any], bool], depth: int) -> Made:
        parts = [self.condition(depth - 1) for _ in range(self._chance.randrange(2, 4))]
        texts = [f"({part.text})" for part in parts]
        return Made(f" {word} ".join(texts), lambda row: join(part.meaning(row) for part in parts))

    # --- numbers

    def _operand(self, depth: int = 1) -> Made:
        roll = self._chance.random()
        if roll < 0.45:
            name = self._chance.choice(("Вес", "Остаток", "Мест"))
            return Made(name, lambda row: Decimal(row[name]))
        if roll < 0.7 or not depth:
            value = Decimal(self._chance.randrange(0, 4000)) / 8
            return Made(format(value, "f"), lambda row: value)
        if roll < 0.8:
            inner = self._operand(0)
            digits = self._chance.randrange(3)
            step = Decimal(1).scaleb(-digits)
            text = f"round({inner.text},{digits})"
            return Made(text, lambda row: inner.meaning(row).quantize(step, ROUND_HALF_UP))
        left, right = self._operand(0), self._operand(0)
        sign = self._chance.choice(("add", "sub", "mul"))
        count = {"add": lambda a, b: a + b, "sub": lambda a, b: a - b, "mul": lambda a, b: a * b}[sign]
        return Made(f"({left.text} {sign} {right.text})", lambda row: count(left.meaning(row), right.meaning(row)))

    def _number(self) -> Made:
        return self._compared(self._operand(), self._operand())

    def _compared(self, left: Made, right: Made, signs: tuple[str, ...] = ()) -> Made:
        sign = self._chance.choice(signs or ("eq", "ne", "gt", "ge", "lt", "le"))
        compare = {
            "eq": lambda a, b: a == b,
            "ne": lambda a, b: a != b,
            "gt": lambda a, b: a > b,
            "ge": lambda a, b: a >= b,
            "lt": lambda a, b: a < b,
            "le": lambda a, b: a <= b,
        }[sign]
        return Made(f"{left.text} {sign} {right.text}", lambda row: compare(left.meaning(row), right.meaning(row)))

    # --- text

    def _word(self) -> Made:
        roll = self._chance.random()
        if roll < 0.5:
            return Made("Description", lambda row: row["Description"])
        if roll < 0.6:
            # A reference to nothing has no name: equality with a text is then simply false.
            return Made("Description", lambda row: row["Description"])
        if roll < 0.75:
            start, length = self._chance.randrange(1, 4), self._chance.randrange(1, 5)
            text = f"substring(Description,{start},{length})"
            return Made(text, lambda row: row["Description"][start - 1 : start - 1 + length])
        tail = self._chance.choice(WORDS)
        quoted = tail.replace("'", "''")
        return Made(f"concat(Description,'{quoted}')", lambda row: row["Description"] + tail)

    def _text(self) -> Made:
        left, word = self._word(), self._chance.choice(WORDS)
        folded = Made(left.text, lambda row: fold(left.meaning(row)))
        return self._compared(folded, Made("'" + word.replace("'", "''") + "'", lambda row: fold(word)), ("eq", "ne"))

    def _words(self) -> Made:
        name = self._chance.choice(("startswith", "endswith", "substringof", "like"))
        word = self._chance.choice([w for w in WORDS if w])[: self._chance.randrange(1, 6)]
        quoted = word.replace("'", "''")
        if name == "substringof":
            return Made(
                f"substringof('{quoted}',Description)", lambda row: word.casefold() in row["Description"].casefold()
            )
        if name == "startswith":
            text = f"startswith(Description,'{quoted}')"
            return Made(text, lambda row: row["Description"].casefold().startswith(word.casefold()))
        if name == "endswith":
            text = f"endswith(Description,'{quoted}')"
            return Made(text, lambda row: row["Description"].rstrip(" ").casefold().endswith(word.casefold()))
        return self._like(word)

    def _like(self, word: str) -> Made:
        bare = re.sub(r"[%_\[\]']", "", word) or "а"
        shape = self._chance.choice(("{}%", "%{}%", "%{}", "_{}%", "[а-яМ]%{}%"))
        template = shape.format(bare)
        pattern = re.escape(bare)
        rule = {
            "{}%": f"{pattern}.*",
            "%{}%": f".*{pattern}.*",
            "%{}": f".*{pattern}",
            "_{}%": f".{pattern}.*",
            "[а-яМ]%{}%": f"[а-яМ].*{pattern}.*",
        }[shape]
        found = re.compile(rule, re.IGNORECASE | re.DOTALL)
        return Made(f"like(Description,'{template}')", lambda row: found.fullmatch(row["Description"]) is not None)

    # --- dates, flags, references

    def _date(self) -> Made:
        if self._chance.random() < 0.4:
            part, take = self._chance.choice(
                (
                    ("year", lambda when: when.year),
                    ("month", lambda when: when.month),
                    ("day", lambda when: when.day),
                    ("hour", lambda when: when.hour),
                    ("minute", lambda when: when.minute),
                    ("quarter", lambda when: (when.month - 1) // 3 + 1),
                    ("dayofweek", lambda when: when.weekday() + 1),
                    ("dayofyear", lambda when: when.timetuple().tm_yday),
                )
            )
            value = self._chance.choice((1, 2, 3, 7, 12, 30, 200, 2026, 2027))
            return self._compared(
                Made(f"{part}(Выпущен)", lambda row: take(row["Выпущен"])), Made(str(value), lambda _: value)
            )
        moment = datetime(2026, 1, 1) + timedelta(days=self._chance.randrange(500))
        right = Made(f"datetime'{moment.isoformat()}'", lambda row: moment)
        left = Made("Выпущен", lambda row: row["Выпущен"])
        if self._chance.random() < 0.3:
            days = self._chance.randrange(-40, 40)
            text = f"dateadd(Выпущен,'day',{days})" if days >= 0 else f"dateadd(Выпущен,'day',-{-days})"
            left = Made(text, lambda row: row["Выпущен"] + timedelta(days=days))
        return self._compared(left, right)

    def _flag(self) -> Made:
        if self._chance.random() < 0.5:
            return Made("Активен", lambda row: row["Активен"])
        value = self._chance.random() < 0.5
        return Made(f"Активен eq {str(value).lower()}", lambda row: row["Активен"] is value)

    def _ref(self) -> Made:
        if self._chance.random() < 0.5:
            key = self._chance.choice(self._partners)
            sign = self._chance.choice(("eq", "ne"))
            return Made(
                f"Поставщик_Key {sign} guid'{key}'", lambda row: (row["Поставщик_Key"] == key) is (sign == "eq")
            )
        word = self._chance.choice(("Свой", "чужой", "Никто"))
        return Made(
            f"Поставщик/Description eq '{word}'",
            lambda row: row["Поставщик"] is not None and fold(row["Поставщик"]) == fold(word),
        )

    def _pair(self) -> Made:
        roll, key = self._chance.random(), self._chance.choice(self._keys)
        kind = self._chance.choice(TYPES)
        if roll < 0.4:
            text = f"Хранение eq cast(guid'{key}','{kind}')"
            return Made(text, lambda row: (row["Хранение"], row["Хранение_Type"]) == (key, kind))
        if roll < 0.6:
            return Made(f"isof(Хранение,'{kind}')", lambda row: row["Хранение_Type"] == kind)
        if roll < 0.8:
            return Made(f"Хранение eq guid'{key}'", lambda row: False)
        word = self._chance.choice([w for w in WORDS if w])
        quoted = word.replace("'", "''")
        return Made(
            f"Хранение eq '{quoted}'",
            lambda row: row["Хранение_Type"] == "Edm.String" and fold(row["Хранение"]) == fold(word),
        )

    def _rows(self) -> Made:
        limit = Decimal(self._chance.randrange(-20, 60)) / 4
        word, join = self._chance.choice(("any", "all")), {"any": any, "all": all}
        inner = self._chance.choice(
            (
                (f"d/Количество gt {limit}", lambda part: part["Количество"] > limit),
                (f"d/Количество lt {limit}", lambda part: part["Количество"] < limit),
                ("d/Код eq 'Мышь'", lambda part: fold(part["Код"]) == "мышь"),
            )
        )
        text = inner[0].replace("gt -", "gt -").replace("lt -", "lt -")
        return Made(f"Штрихкоды/{word}(d: {text})", lambda row: join[word](inner[1](part) for part in row["Штрихкоды"]))
