"""From the short lines of ``core.toml``, ``services.toml`` and ``extension.toml`` to packages and services."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any

from .model import XS, Element, ObjectType, Operation, Package, Parameter, QName, Service, ValueType

__all__ = ["core", "extension_services", "extension_types", "standard_services"]

_OCCURS = {"0..1": (0, 1), "0..n": (0, -1), "1..n": (1, -1)}
_DIRECTIONS = {"in": "In", "out": "Out", "inout": "InOut"}


@cache
def core() -> Package:
    """The platform's package ``http://v8.1c.ru/8.1/data/core``."""
    return _package(_read("core.toml"))


@cache
def standard_services() -> Mapping[str, Service]:
    """The standard services that the emulator publishes, by name."""
    return _services("services.toml")


@cache
def extension_services() -> Mapping[str, Service]:
    """The services that our extension of a configuration brings, by name."""
    return _services("extension.toml")


@cache
def extension_types() -> tuple[str, ...]:
    """The types of objects that the extension serves, as a configuration names them."""
    return tuple(_read("extension.toml")["types"])


def _services(file: str) -> Mapping[str, Service]:
    table = _read(file)
    packages = {"core": core(), **{name: _package(entry) for name, entry in table["packages"].items()}}
    spaces = {"xs": XS, **{name: package.namespace for name, package in packages.items()}}
    return {
        name: Service(
            name=name,
            namespace=entry["namespace"],
            file=f"{name}.1cws",
            packages=tuple(packages[used] for used in entry["packages"]),
            operations=tuple(_operation(key, lines, spaces) for key, lines in entry["operations"].items()),
        )
        for name, entry in table["services"].items()
    }


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads(resources.files(__package__).joinpath(name).read_text(encoding="utf-8"))


def _package(table: Mapping[str, Any]) -> Package:
    space = str(table["namespace"])
    values = [_value(name, entry, space) for name, entry in table.get("values", {}).items()]
    return Package(space, (*values, *(_object(name, entry, space) for name, entry in table["objects"].items())))


def _value(name: str, entry: Any, space: str) -> ValueType:
    if isinstance(entry, list):
        return ValueType(name, QName(XS, "string"), values=tuple(entry))
    base = _type(entry.get("base", "xs:string"), {"xs": XS}, space)
    return ValueType(name, base or QName(XS, "string"), pattern=entry.get("pattern"), length=entry.get("length"))


def _object(name: str, entry: Any, space: str) -> ObjectType:
    table: Mapping[str, Any] = {"elements": entry} if isinstance(entry, list) else entry
    base = QName(space, str(table["base"])) if "base" in table else None
    flags = {flag: bool(table.get(flag)) for flag in ("open", "abstract", "choice")}
    return ObjectType(name, tuple(_element(line, space) for line in table["elements"]), base, **flags)


def _element(line: str, space: str) -> Element:
    nested = re.fullmatch(r"(\w+) \{(.*)\}(.*)", line)
    if nested:
        inner = tuple(_element(part.strip(), space) for part in nested[2].split(";"))
        name, kind, rest = nested[1], None, nested[3].split()
    else:
        name, text, *rest = line.split()
        inner, kind = (), _type(text, {"xs": XS}, space)
    default = next((word[1:] for word in rest if word.startswith("=")), None)
    lower, upper = next((_OCCURS[word] for word in rest if word in _OCCURS), (0 if default is not None else 1, 1))
    return Element(name.lstrip("@"), kind, "?" in rest, lower, upper, name.startswith("@"), default, inner)


def _type(text: str, spaces: Mapping[str, str], own: str) -> QName | None:
    if text == "-":
        return None
    prefix, colon, name = text.rpartition(":")
    return QName(spaces[prefix] if colon else own, name)


def _operation(name: str, lines: list[str], spaces: Mapping[str, str]) -> Operation:
    returns, nillable, parameters = None, False, []
    for line in lines:
        head, *words = line.split()
        if head == "->":
            returns, nillable = _type(words[0], spaces, ""), "?" in words
            continue
        kind = _type(words[1], spaces, "")
        if kind is None:
            raise ValueError(f"{name}: a parameter needs a type: {line}")
        parameters.append(Parameter(words[0], kind, "?" in words, _DIRECTIONS[head]))  # type: ignore[arg-type]
    return Operation(name, tuple(parameters), returns, nillable)
