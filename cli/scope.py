"""The options that say what a command is about: one spelling for every command that takes a scope."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import typer

from ..sync.reconcile.scope import Asked

__all__ = ["Department", "Number", "Organization", "Person", "Warehouse", "asked", "option"]

Words = list[str] | None


def option(name: str, help: str) -> Any:
    """An option that is not called as its parameter is."""
    return typer.Option(f"--{name}", help=help)


Organization = Annotated[Words, option("organization", "Only this organisation.")]
Department = Annotated[Words, option("department", "Only this department.")]
Warehouse = Annotated[Words, option("warehouse", "Only this warehouse.")]
Person = Annotated[Words, option("person", "Only what this person answers for or uses.")]
Number = Annotated[Words, option("number", "Only this inventory or serial number.")]


def asked(**words: Sequence[str] | None) -> Asked:
    """What the options name, by the names of ``Asked``."""
    return Asked(**{sort: tuple(one or ()) for sort, one in words.items()})
