"""What the configurations are known to hold: names and types of objects, kept as data beside this module.

``bp30.txt`` (Бухгалтерия предприятия 3.0.151.27) and ``erp25.txt`` (ERP 2.5.17.95) are in the notation of
``describe.py``: a base can be built from them, and a mapping can be held against them. ``common.txt`` holds what both
have from the vendor's standard library (properties, closing dates, statuses) and is written by hand. Two things are
to the notation: an enumeration is named after the letter (``e:ТипыСкладов``), its members stand in a line ``enum``.

``convert`` makes these files out of a list of names in Markdown (one chapter per configuration, ``# A. …``). Such a
list says which attributes a configuration has, not which of them a base publishes.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from functools import cache
from pathlib import Path

__all__ = ["convert", "enumerations", "objects", "text"]

_HERE = Path(__file__).parent
_KINDS = {
    "Catalog": "catalog",
    "Document": "document",
    "InformationRegister": "information",
    "AccumulationRegister": "accumulation",
    "AccountingRegister": "accounting",
    "ChartOfAccounts": "chart",
}
_HEADS = frozenset({*_KINDS.values(), "kinds", "constant"})
_HEADING = re.compile(rf"### ({'|'.join(_KINDS)})_(\S+)$")
_ITEM = re.compile(r"`([^`]+)`")
#: What a row of every chart of accounts holds (standard names of the platform and the flags of the chart).
_EXT_DIMENSIONS = (
    "ExtDimensionType >ChartOfCharacteristicTypes_ВидыСубконтоХозрасчетные; Predefined b; TurnoversOnly b; "
    "Суммовой b; Валютный b; Количественный b"
)
_TYPE = re.compile(r"(\w+)(?:\(([\d.]+)\))?$")


@cache
def objects(name: str) -> Mapping[str, str]:
    """``kind Name`` → the lines that describe the object, heading included; what all have comes last."""
    found: dict[str, list[str]] = {}
    for line in _lines(name) + _lines(f"{name}-more") + _lines("common"):
        head, *rest = line.split()
        if head in _HEADS:
            own = found.setdefault(f"{head} {rest[0]}", [])
            skip = bool(own)  # the configuration's own description wins
        if head != "enum" and not skip:
            own.append(line)
    return {key: "\n".join(lines) for key, lines in found.items()}


def text(name: str, only: Collection[str] = ()) -> str:
    """The objects of a configuration (``kind Name``, all of them or ``only`` these) for ``describe.read``."""
    known = objects(name)
    return "\n".join(known[key] for key in only or known)


@cache
def enumerations(name: str) -> Mapping[str, frozenset[str]]:
    """Enumeration → its members, the strings that travel in JSON."""
    lines = _lines("common") + _lines(f"{name}-more") + _lines(name)
    found = (line.split() for line in lines if line.startswith("enum "))
    return {head: frozenset(members) for _, head, *members in found}


def _lines(name: str) -> list[str]:
    lines = (_HERE / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def convert(markdown: str, chapter: str) -> str:
    """The contents of a names file out of ``chapter`` (its letter) of a list of names in Markdown."""
    body = markdown.partition(f"\n# {chapter}. ")[2]
    body = re.split(r"\n# [A-Z]\. ", body)[0]
    return "\n".join([*_objects(body), *_enumerations(body)]) + "\n"


def _objects(body: str) -> Iterator[str]:
    for section in re.split(r"\n(?=### )", body):
        head, _, rest = section.strip().partition("\n")
        match = _HEADING.match(head)
        if match is None or "absent in this configuration" in rest:
            continue
        kind = _KINDS[match[1]]
        lines = rest.strip().splitlines()
        yield " ".join([kind, match[2], *_options(kind, lines[0])])
        for line in lines:
            yield from _line(line, match[1] + "_" + match[2])
        if kind == "chart":
            yield from ("tab ExtDimensionTypes", _EXT_DIMENSIONS)


def _options(kind: str, title: str) -> Iterator[str]:
    if "(folders+items)" in title:
        yield "folders"
    if "hierarchical (items)" in title:
        yield "tree"
    owners = re.search(r"owners: ([^;]+)", title)
    if owners and "," not in owners[1]:
        yield "owner=" + owners[1].replace(".", "_")
    code = re.search(r"Code String\((\d+)\) (\w+)", title)
    if code:
        yield "code=" + ("none" if code[1] == "0" else ("f" if code[2] == "Fixed" else "") + code[1])
    name = re.search(r"Description\((\d+)\)", title)
    if name:
        yield "name=" + name[1]
    yield from _register_options(kind, title)
    if kind == "accounting":
        yield "chart=ChartOfAccounts_Хозрасчетный"


def _register_options(kind: str, title: str) -> Iterator[str]:
    every = re.search(r"periodicity (\w+)", title)
    period = every[1].lower() if every else ""
    if "RecorderSubordinate" in title or kind in ("accounting", "accumulation"):
        yield "subordinate"
        if period and period != "recorderposition":
            yield "every=" + period.replace("nonperiodical", "none")
    elif kind == "information" and period != "nonperiodical":
        yield from ("periodic", "every=" + period)
    if kind == "accumulation" and "type Turnover" in title:
        yield "turnover"


def _line(line: str, owner: str) -> Iterator[str]:
    tab = re.match(rf"- \*\*tab `{owner}_(\w+)`\*\*: (.*)", line)
    plain = re.match(r"- \*\*(\w+)\*\*: (.*)", line)
    if tab is None and (plain is None or plain[1] == "ExtDimensionAccountingFlag"):
        return
    if tab:
        yield f"tab {tab[1]}"
    items = [_attribute(one) for one in _ITEM.findall((tab or plain)[2])]  # type: ignore[index]
    register = "Register_" in owner
    mark = {"dimensions": " dim", "attributes": " attr"}.get(plain[1], "") if plain and register else ""
    if items:
        yield "; ".join(f"{one}{mark}" for one in items if one)


def _attribute(item: str) -> str:
    reference = re.match(r"(\w+)_Key→(\w+)$", item)
    if reference:
        return f"{reference[1]} >{reference[2]}"
    composite = re.match(r"(\w+) \+ \w+_Type", item)
    if composite:
        return f"{composite[1]} *"
    name, _, kind = item.partition(":")
    if kind.startswith("enum "):
        return f"{name} e:{kind.removeprefix('enum ')}"
    match = _TYPE.match(kind)
    if match is None:
        return ""  # a value storage: nothing of ours
    letter, size = match[1], match[2] or ""
    if letter == "str":
        return f"{name} s{size if size != '0' else ''}"
    if letter == "num":
        digits, _, fraction = size.partition(".")
        return f"{name} n{digits if fraction in ('', '0') else size}"
    return f"{name} {({'bool': 'b', 'date': 'd', 'uuid': 'g', 'guid': 'g'}).get(letter, 's')}"


def _enumerations(body: str) -> Iterator[str]:
    for line in body.splitlines():
        match = re.match(r"- `(\w+)`[^:]*: (.+)", line)
        if match and not re.search(r"Ref\.|[`—]", match[2]):
            yield f"enum {match[1]} " + " ".join(re.findall(r"\w+", match[2]))
