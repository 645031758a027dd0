"""The catalogue's tools: ``python -m uchet.i18n.compile`` writes every .mo from its .po and names what is missing.

A text for people is an English literal in the code. ``templates`` finds them all: what is given to ``tr``, ``t`` or
``N_``, the template and the hint of an error, a problem or a guard's reason, and the help of a command.
"""

from __future__ import annotations

import ast
import io
import re
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from . import CATALOGUES

__all__ = ["compiled", "main", "missing", "read_catalogue", "templates"]

PACKAGE = CATALOGUES.parent
#: Folders of the checkout that hold no product code.
_ASIDE = {"tests", "docs", "bench", "build", "dist", ".venv", "migrations", "tracker"}
_TRANSLATORS = {"tr", "t", "N_"}
_KEYWORDS = {"hint", "help", "template"}
_CODE = re.compile(r"[a-z][a-z0-9_]*")
_SENTENCE = re.compile(r"[A-Z{“«№].*\s.*", re.DOTALL)


def templates(package: Path = PACKAGE) -> dict[str, str]:
    """Every English text for people → the first place (file:line) where it stands."""
    found: dict[str, str] = {}
    for path in sorted(package.rglob("*.py")):
        if _ASIDE.isdisjoint(path.relative_to(package).parts[:-1]):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                for text in _texts(node):
                    found.setdefault(text, f"{path.relative_to(package)}:{getattr(node, 'lineno', 0)}")
    return found


def _texts(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Call(func=function, args=args, keywords=keywords):
            name = function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")
            if name in _TRANSLATORS and args:
                yield from _literals(args[0])
            for keyword in keywords:
                if keyword.arg in _KEYWORDS:
                    yield from _literals(keyword.value)
            yield from _coded(args)
        case ast.Tuple(elts=elements):
            yield from _coded(elements)
        case ast.Assign(targets=[ast.Name(id="template" | "hint")], value=value):
            yield from _literals(value)


def _coded(elements: list[ast.expr]) -> Iterator[str]:
    """A stable code followed by its sentence."""
    for code, text in pairwise(elements):
        if isinstance(code, ast.Constant) and isinstance(code.value, str) and _CODE.fullmatch(code.value):
            yield from (literal for literal in _literals(text) if _SENTENCE.fullmatch(literal))


def _literals(node: ast.expr) -> Iterator[str]:
    match node:
        case ast.Constant(value=str(text)) if text:
            yield text
        case ast.IfExp(body=one, orelse=other):
            yield from _literals(one)
            yield from _literals(other)


def read_catalogue(language: str = "ru") -> Catalog:
    """The translations of ``language`` as people edit them."""
    with (CATALOGUES / language / "LC_MESSAGES" / "uchet.po").open("rb") as file:
        return read_po(file, locale=language)


def compiled(language: str = "ru") -> bytes:
    """What the .mo file must hold."""
    buffer = io.BytesIO()
    write_mo(buffer, read_catalogue(language))
    return buffer.getvalue()


def missing(language: str = "ru") -> dict[str, str]:
    """Texts without a translation → where they stand."""
    known = {message.id for message in read_catalogue(language) if message.id and message.string}
    return {text: place for text, place in templates().items() if text not in known}


def main() -> int:
    """Write every .mo; returns how many texts have no translation."""
    count = 0
    for path in sorted(CATALOGUES.glob("*/LC_MESSAGES/uchet.po")):
        language = path.parent.parent.name
        path.with_suffix(".mo").write_bytes(compiled(language))
        for text, place in missing(language).items():
            count += 1
            sys.stderr.write(f"{language}: {place}: {text}\n")
    return count


if __name__ == "__main__":
    sys.exit(1 if main() else 0)
