"""The forms as they lie in ``*.toml`` beside this module, read into ``Form``."""

from __future__ import annotations

import tomllib
from collections.abc import Container, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from ...errors import Reject
from ...mappings.text import fold
from .types import Column, Field, Form, Signature, Spoken, Table

__all__ = ["form", "forms", "taking"]

HERE = Path(__file__).parent
_SIGNED = ("должность", "подпись", "расшифровка подписи")


@cache
def forms() -> tuple[Form, ...]:
    """Every form, in the order in which the catalogue lists them."""
    order = tomllib.loads((HERE / "catalog.toml").read_text("utf-8"))
    heads = {name: tuple(_field(one) for one in rows) for name, rows in order["headings"].items()}
    files = (tomllib.loads((HERE / f"{slug}.toml").read_text("utf-8")) | {"slug": slug} for slug in order["forms"])
    return tuple(_form(data, heads) for data in files)


def form(name: str) -> Form:
    """The form called ``name``, however it is written: ИНВ-3, инв3, inv-3. Raises ``Reject``."""
    wanted = _key(name)
    for one in forms():
        if wanted in (_key(one.name), _key(one.slug)):
            return one
    raise Reject(
        "form_unknown",
        "There is no form {name}.",
        hint="Forms: {known}.",
        name=name,
        known=", ".join(one.name for one in forms()),
    )


def taking(sources: Container[str]) -> str:
    """The names of the forms that are filled from one of ``sources``, for people."""
    return ", ".join(one.name for one in forms() if one.source in sources)


def _key(name: str) -> str:
    return fold(name).replace("-", "").replace(" ", "").replace("_", "")


def _form(data: Mapping[str, Any], heads: Mapping[str, tuple[Field, ...]]) -> Form:
    return Form(
        data["name"],
        data["slug"],
        data["title"],
        (*heads[data.get("heading", "own")], *(_field(one) for one in data.get("fields", ()))),
        tuple(_table(one) for one in data.get("tables", ())),
        tuple(_signature(one) for one in data.get("signatures", ())),
        data.get("source", ""),
        data.get("okud", ""),
        data.get("approved", ""),
        data.get("landscape", True),
        data.get("front", False),
        tuple(data.get("statements", ())),
    )


def _field(data: Mapping[str, Any]) -> Field:
    return Field(data["name"], data["text"], data.get("type", "text"))


def _table(data: Mapping[str, Any]) -> Table:
    columns = tuple(
        Column(
            one["no"],
            one["name"],
            one["head"],
            tuple(one.get("under", ())),
            one.get("type", "text"),
            one.get("width", 10),
            one.get("total", False),
        )
        for one in data["columns"]
    )
    spoken = tuple(Spoken(one["text"], one["of"], one.get("money", False)) for one in data.get("spoken", ()))
    return Table(data["name"], data.get("title", ""), columns, data.get("lines", 20), spoken)


def _signature(data: Mapping[str, Any]) -> Signature:
    return Signature(data["role"], tuple(data.get("parts", _SIGNED)), data.get("names", ""))
