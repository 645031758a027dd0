"""The subject of the contract suite for an emulated 1C that is read through a web service: its fixed assets."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from typing import Any

from uchet.connectors.base import Connector
from uchet.connectors.contract import Subject
from uchet.connectors.contract_proxy import Fault
from uchet.emulator import Emulator

__all__ = ["subject_of"]


def subject_of(
    name: str, emulator: Emulator, connect: Callable[..., Connector], secret: str, *, newer: Fault, empty: str
) -> Subject:
    """``newer``: what a newer server adds to its answers; ``empty``: a set without records."""

    def make(values: Mapping[str, Any]) -> str:
        return str(emulator.world.put("Catalog_ОсновныеСредства", dict(values)))

    return Subject(
        name=name,
        url=emulator.url.removesuffix("/odata/standard.odata/"),
        connect=connect,
        secret=secret,
        collection="Catalog_ОсновныеСредства",
        text="Description",
        values=lambda label: {"Description": label, "ЗаводскойНомер": "SN-1"},
        empty=empty,
        missing_id=str(uuid.UUID(int=7)),
        longest=100,
        make=make,
        newer=newer,
        reads_by="POST",
    )
