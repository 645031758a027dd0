"""Addresses of the dialect taken apart: segments, keys, function arguments, query options.

The path is decoded first and then split outside quotes and parentheses, because arguments may hold slashes. A plus
sign in a query is refused with 400, as measured; blanks travel as ``%20``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote

from .values import guid, moment
from .wire import ODataError

__all__ = ["Segment", "literal", "options", "segments"]


@dataclass(frozen=True, slots=True)
class Segment:
    """One step of a path; ``arguments`` is None where there were no parentheses."""

    name: str
    arguments: Mapping[str, str] | None = None
    single: str | None = None


@dataclass(slots=True)
class _Splitter:
    depth: int = 0
    quoted: bool = False
    parts: list[str] = field(default_factory=lambda: [""])

    def feed(self, char: str, separator: str) -> None:
        if char == "'":
            self.quoted = not self.quoted
        elif not self.quoted:
            self.depth += (char == "(") - (char == ")")
            if char == separator and not self.depth:
                self.parts.append("")
                return
        self.parts[-1] += char


def _split(text: str, separator: str) -> list[str]:
    splitter = _Splitter()
    for char in text:
        splitter.feed(char, separator)
    return splitter.parts


def segments(path: str) -> list[Segment]:
    """The steps of a decoded path below the service root; raises 400 code 6 on shapes that are none."""
    return [_segment(part) for part in _split(path.strip("/"), "/") if part]


def _segment(text: str) -> Segment:
    found = re.fullmatch(r"([^()]+)(?:\((.*)\))?", text, re.DOTALL)
    if not found:
        raise ODataError(400, 6, f"Сегмент пути '{text}' не найден!")
    name, inner = found[1], found[2]
    if inner is None:
        return Segment(name)
    arguments, single = {}, None
    for part in _split(inner, ","):
        key, separator, value = part.strip().partition("=")
        if separator and re.fullmatch(r"\w+", key.strip()):
            arguments[key.strip()] = value.strip()
        elif part.strip():
            single = part.strip()
    return Segment(name, arguments, single)


def literal(text: str) -> str:
    """The value of a literal in a key or an argument: guid, datetime, quoted or bare; raises 400 code 1."""
    if text.startswith("guid'") and text.endswith("'"):
        return guid(text[5:-1])
    if text.startswith("datetime'") and text.endswith("'"):
        return moment(text[9:-1])
    if text.startswith("'") and text.endswith("'") and len(text) > 1:
        return text[1:-1].replace("''", "'")
    return text


def options(query: str) -> dict[str, str]:
    """The query's options; raises 400 on a plus sign."""
    if "+" in query:
        raise ODataError(400, 14, "Ошибка разбора опции запроса: недопустимый символ '+'")
    pairs = (item.partition("=") for item in query.split("&") if item)
    return {unquote(name): unquote(value) for name, _, value in pairs}
